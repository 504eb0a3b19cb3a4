//! A client that sends each line that is typed as a datagram, and prints the answer.

use std::net::{SocketAddr, UdpSocket};

use crate::{Result, Running, Subject, patience};

/// The program, and the socket that it talks to.
struct Talk {
    program: Running,
    socket: UdpSocket,
}

impl Talk {
    fn start(subject: &Subject) -> Result<Talk> {
        let socket = UdpSocket::bind(("127.0.0.1", subject.port_of_a_server()))?;
        socket.set_read_timeout(Some(patience()))?;
        let port = socket.local_addr()?.port().to_string();
        let program = subject.on_port(&port).keyboard().spawn()?;
        Ok(Talk { program, socket })
    }

    /// The next datagram is this line, with a newline or without; gives the address it came from.
    fn receives(&self, text: &str) -> Result<SocketAddr> {
        self.program.note(format!("our server expects the datagram {text:?}"));
        let mut buffer = vec![0; 65_536];
        let received = self.socket.recv_from(&mut buffer);
        let (count, from) = received.map_err(|why| self.program.failure(why))?;
        match buffer[..count].trim_ascii_end() == text.as_bytes() {
            true => Ok(from),
            false => {
                let failure = self.program.failure("another datagram came");
                Err(failure.compared(text, &buffer[..count]))
            }
        }
    }

    fn answers(&self, text: &str, to: SocketAddr) -> Result {
        self.program.note(format!("our server answers {text:?}"));
        self.socket.send_to(text.as_bytes(), to)?;
        Ok(())
    }
}

/// What is typed is sent as one datagram.
///
/// # Errors
///
/// It is not.
pub fn a_line_is_a_datagram(subject: &Subject) -> Result {
    let mut talk = Talk::start(subject)?;
    talk.program.type_in("hello\n")?;
    talk.receives("hello").map(drop)
}

/// It sends something when a line is typed.
///
/// # Errors
///
/// It does not.
pub fn it_sends_something(subject: &Subject) -> Result {
    let mut talk = Talk::start(subject)?;
    talk.program.type_in("hello\n")?;
    talk.program.note("our server expects a datagram");
    let received = talk.socket.recv_from(&mut [0; 2048]);
    received.map(drop).map_err(|why| talk.program.failure(format!("none came: {why}")))
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

/// When its input ends it ends, with any exit code.
///
/// # Errors
///
/// It goes on.
pub fn the_end_of_input_ends_it(subject: &Subject) -> Result {
    let mut talk = Talk::start(subject)?;
    talk.program.type_in("hello\n")?;
    let from = talk.receives("hello")?;
    talk.answers("an answer", from)?;
    talk.program.close_input();
    talk.program.wait_exit(patience()).map(drop)
}

/// An answer that never comes does not keep it from sending the next line.
///
/// # Errors
///
/// It does.
pub fn a_lost_answer_is_not_waited_for_for_ever(subject: &Subject) -> Result {
    let mut talk = Talk::start(subject)?;
    talk.program.type_in("lost\n")?;
    talk.receives("lost")?;
    talk.program.type_in("next\n")?;
    talk.receives("next").map(drop)
}

fn prints_answers(subject: &Subject, lines: &[(&str, &str)]) -> Result {
    let mut talk = Talk::start(subject)?;
    for (said, answer) in lines {
        talk.program.type_in(format!("{said}\n"))?;
        let from = talk.receives(said)?;
        talk.answers(answer, from)?;
    }
    talk.program.close_input();
    talk.program.wait_exit(patience())?;
    let printed = talk.program.stdout();
    let mut rest = printed.as_str();
    for (_, answer) in lines {
        let Some(at) = rest.find(answer) else {
            let failure = talk.program.failure("the answer is not printed");
            return Err(failure.compared(answer, rest));
        };
        rest = &rest[at + answer.len()..];
    }
    Ok(())
}
