//! A client that sends each line that is typed, and prints the answer.

use super::connected;
use crate::{Client, Result, Running, Subject, patience};

/// It connects.
///
/// # Errors
///
/// It does not.
pub fn it_connects(subject: &Subject) -> Result {
    connected(subject).map(drop)
}

/// What is typed is sent, with a newline or without.
///
/// # Errors
///
/// It is not.
pub fn a_line_is_sent(subject: &Subject) -> Result {
    let (mut program, mut peer) = connected(subject)?;
    program.type_in("hello\n")?;
    line(&mut peer, "hello")
}

/// The answer is printed.
///
/// # Errors
///
/// It is not.
pub fn its_answer_is_printed(subject: &Subject) -> Result {
    prints_answers(subject, &[("hello", "an answer")])
}

/// An answer that is no ASCII is printed.
///
/// # Errors
///
/// It is not.
pub fn an_answer_in_chinese_is_printed(subject: &Subject) -> Result {
    prints_answers(subject, &[("你好", "谢谢")])
}

/// Three lines have their answers in their order.
///
/// # Errors
///
/// They have not.
pub fn each_line_has_its_answer(subject: &Subject) -> Result {
    prints_answers(subject, &[("one", "answer A"), ("two", "answer B"), ("three", "answer C")])
}

/// When its input ends it ends, with any exit code, and closes the connection.
///
/// # Errors
///
/// It goes on.
pub fn the_end_of_input_ends_it(subject: &Subject) -> Result {
    let (mut program, peer) = connected(subject)?;
    program.close_input();
    ended(&program, peer)
}

/// When the server has gone it ends, at the latest with the next lines.
///
/// # Errors
///
/// It goes on.
pub fn it_ends_when_the_server_has_gone(subject: &Subject) -> Result {
    let (mut program, peer) = connected(subject)?;
    peer.close();
    for _ in 0..3 {
        std::thread::sleep(std::time::Duration::from_millis(200));
        if program.exit_status()?.is_some() || program.type_in("more\n").is_err() {
            break;
        }
    }
    program.wait_exit(patience()).map(drop)
}

/// Each line is answered when it comes; in the end all answers are on standard output, in order.
fn prints_answers(subject: &Subject, talk: &[(&str, &str)]) -> Result {
    let (mut program, mut peer) = connected(subject)?;
    for (said, answer) in talk {
        program.type_in(format!("{said}\n"))?;
        line(&mut peer, said)?;
        peer.send(answer)?;
    }
    program.close_input();
    ended(&program, peer)?;
    let printed = program.stdout();
    let mut rest = printed.as_str();
    for (_, answer) in talk {
        let Some(at) = rest.find(answer) else {
            return Err(program.failure("the answer is not printed").compared(answer, rest));
        };
        rest = &rest[at + answer.len()..];
    }
    Ok(())
}

/// The next line: the end of the one before may still be there.
fn line(peer: &mut Client, text: &str) -> Result {
    peer.skip_line_ends()?;
    peer.expect(text)
}

/// The program leaves, and ends.
fn ended(program: &Running, mut peer: Client) -> Result {
    // Some say first that they send no more, and then wait for what is still to come.
    peer.expect_closed()?;
    peer.close();
    program.wait_exit(patience()).map(drop)
}
