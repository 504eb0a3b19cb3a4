//! The client of the file server: `list`, `get NAME`, `put FILE`, `quit` are typed, one a line.
//!
//! The check plays the server, in FTP or in the course's own protocol: an FTP client says nothing
//! before it is greeted, the course's asks at once.

use std::fs;
use std::path::Path;

use super::connected;
use crate::{Client, Result, Running, Subject, patience, random_bytes};

mod course;
mod real;

const HELLO: &[u8] = b"hello world\n";

/// Makes the file to upload.
///
/// # Errors
///
/// It cannot be written.
pub fn make_files(folder: &Path) -> Result {
    Ok(fs::write(folder.join("mine.bin"), large())?)
}

fn large() -> Vec<u8> {
    // No `#`: two of them would end a file of the course's.
    random_bytes(4, 200_000)
        .into_iter()
        .map(|byte| if byte == b'#' { b'.' } else { byte })
        .collect()
}

/// What the played server has to give.
fn file(name: &str) -> Option<Vec<u8>> {
    match name.rsplit('/').next() {
        Some("hello.txt") => Some(HELLO.to_vec()),
        Some("large.bin") => Some(large()),
        _ => None,
    }
}

/// What the played server has seen.
#[derive(Debug, Default)]
struct Seen {
    lists: usize,
    uploads: Vec<(String, Vec<u8>)>,
    goodbye: bool,
}

/// Types these lines and plays the server until the client has left; the program has then ended.
fn talk(subject: &Subject, typed: &str) -> Result<(Running, Seen)> {
    let (mut program, mut peer) = connected(subject)?;
    program.type_in(typed)?;
    program.close_input();
    let mut seen = Seen::default();
    if speaks_first(&program, &peer)? {
        course::serve(&program, &mut peer, &mut seen)?;
    } else {
        real::serve(&program, &mut peer, &mut seen)?;
    }
    peer.close();
    program.wait_exit(patience())?;
    Ok((program, seen))
}

/// Whether it says something before anybody has greeted it; it is asked only once it sleeps.
fn speaks_first(program: &Running, peer: &Client) -> Result<bool> {
    program.wait_until("it says something, or waits to be greeted", || {
        peer.has_something() || program.processes().iter().all(|process| process.sleeps())
    })?;
    Ok(peer.has_something_soon())
}

/// It connects.
///
/// # Errors
///
/// It does not.
pub fn it_connects(subject: &Subject) -> Result {
    connected(subject).map(drop)
}

/// `list` prints the names of the server's files.
///
/// # Errors
///
/// It does not.
pub fn list_prints_the_names(subject: &Subject) -> Result {
    let (program, seen) = talk(subject, "list\nquit\n")?;
    program.check(seen.lists > 0, "it has not asked for the list")?;
    subject.reached(1, 2);
    for name in ["hello.txt", "large.bin"] {
        let printed = program.stdout();
        program.check(printed.contains(name), format!("{name} is not printed"))?;
    }
    Ok(())
}

/// `get NAME` makes a file of that name, whole: a small one and one of 200 kB.
///
/// # Errors
///
/// It does not.
pub fn get_makes_the_file(subject: &Subject) -> Result {
    for (part, name) in (1..).zip(["hello.txt", "large.bin"]) {
        let (program, _) = talk(subject, &format!("get {name}\nquit\n"))?;
        let got = fs::read(program.folder().join(name)).unwrap_or_default();
        let expected = file(name).unwrap_or_default();
        if got != expected {
            let failure = program.failure(format!("{name} is missing, or another file"));
            return Err(failure.compared(expected, got));
        }
        subject.reached(part, 2);
    }
    Ok(())
}

/// `put FILE` brings the file to the server, whole.
///
/// # Errors
///
/// It does not.
pub fn put_sends_the_file(subject: &Subject) -> Result {
    let (program, seen) = talk(subject, "put mine.bin\nquit\n")?;
    let Some((_, got)) = seen.uploads.iter().find(|(name, _)| name.ends_with("mine.bin")) else {
        return Err(program.failure("no upload of that name came"));
    };
    subject.reached(1, 2);
    match *got == large() {
        true => Ok(()),
        false => Err(program.failure("another file came").compared(large(), got)),
    }
}

/// A name that the server refuses makes no file, and the next command is obeyed.
///
/// # Errors
///
/// It does, or is not.
pub fn a_refused_name_makes_no_file(subject: &Subject) -> Result {
    let (program, seen) = talk(subject, "get no-such-file.txt\nlist\nquit\n")?;
    let there = program.folder().join("no-such-file.txt").exists();
    program.check(!there, "there is now a file no-such-file.txt")?;
    program.check(seen.lists > 0, "it has not asked for the list after that")
}

/// `quit` says goodbye to the server, and ends it.
///
/// # Errors
///
/// It does not.
pub fn quit_says_goodbye(subject: &Subject) -> Result {
    let (program, seen) = talk(subject, "quit\n")?;
    program.check(seen.goodbye, "it has left without QUIT (the course's: Q)")
}
