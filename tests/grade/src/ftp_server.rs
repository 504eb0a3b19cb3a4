//! What a file server is looked at for, whichever language it speaks: FTP, or the course's own.
//!
//! Who greets with `220` speaks FTP. The course's server says nothing until it is asked: `L` lists,
//! `G name` downloads, `P name` uploads, `Q` leaves; `OK` or a reason comes back, `##` ends a file.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::any_server;
use crate::ftp::Ftp;
use crate::{Client, Result, Running, Subject, patience, proc, random_bytes};

const HELLO: &[u8] = b"hello world\n";
const SECRET: &[u8] = b"TOPSECRET";
/// The course's server sends mark and file apart by such pauses.
const PAUSE: Duration = Duration::from_millis(150);

/// Makes the files: a small one, one of 300 kB, and a secret beside the folder.
///
/// # Errors
///
/// They cannot be written.
pub fn make_files(folder: &Path) -> Result {
    fs::write(folder.join("hello.txt"), HELLO)?;
    fs::write(folder.join("large.bin"), large())?;
    fs::write(folder.join("../secret.txt"), SECRET)?;
    Ok(())
}

fn large() -> Vec<u8> {
    // No `#`: the course's server would take two of them for the end.
    random_bytes(3, 300_000)
        .into_iter()
        .map(|byte| if byte == b'#' { b'.' } else { byte })
        .collect()
}

/// One client of either kind.
enum Session {
    Ftp(Ftp),
    Course(Client),
}

impl Session {
    fn open(running: &Running) -> Result<Session> {
        let mut control = running.connect()?;
        // Asked only if nothing comes by itself; a slow greeting comes all the same, and first.
        let first = match control.receive_for_a_moment()? {
            Some(greeting) => greeting,
            None => {
                control.send("L\r\n")?;
                control.receive(4)?
            }
        };
        drop(control);
        if first.starts_with(b"220") {
            return Ftp::anonymous(running).map(Session::Ftp);
        }
        running.connect().map(Session::Course)
    }

    fn control(&mut self) -> &mut Client {
        match self {
            Session::Ftp(ftp) => &mut ftp.control,
            Session::Course(client) => client,
        }
    }

    /// The names of the files, in whatever form.
    fn list(&mut self) -> Result<String> {
        let bytes = match self {
            Session::Ftp(ftp) => {
                let (reply, bytes) = ftp.transfer("LIST", None, None)?;
                match reply.code {
                    226 | 250 => bytes,
                    _ => return Err(ftp.control.failure(format!("LIST: {:?}", reply.text))),
                }
            }
            Session::Course(client) => {
                client.send("L")?;
                client.expect("OK")?;
                let mut names = client.receive(1 << 16)?;
                while let Some(rest) =
                    client.receive_for_a_moment()?.filter(|rest| !rest.is_empty())
                {
                    names.extend(rest);
                }
                names
            }
        };
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn get(&mut self, name: &str) -> Result<Vec<u8>> {
        match self {
            Session::Ftp(ftp) => ftp.get(name),
            Session::Course(client) => {
                client.send(format!("G {name}"))?;
                client.expect("OK")?;
                let mut bytes = client.receive_until("##")?;
                bytes.truncate(bytes.len() - 2);
                Ok(bytes)
            }
        }
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result {
        match self {
            Session::Ftp(ftp) => ftp.put(name, bytes),
            Session::Course(client) => {
                client.send(format!("P {name}"))?;
                client.expect("OK")?;
                client.send(bytes)?;
                std::thread::sleep(PAUSE);
                client.send("##")
            }
        }
    }

    /// What is not to be had is refused, by a code or in words; the session goes on.
    fn refuses(&mut self, name: &str) -> Result {
        match self {
            Session::Ftp(ftp) => {
                let (reply, got) = ftp.transfer(&format!("RETR {name}"), None, None)?;
                match reply.code {
                    400.. => Ok(()),
                    _ => Err(ftp.control.failure(format!(
                        "it is not refused: {:?} and {} bytes",
                        reply.text,
                        got.len()
                    ))),
                }
            }
            Session::Course(client) => {
                client.send(format!("G {name}"))?;
                let reply = client.receive(1 << 10)?;
                match reply.is_empty() || reply.starts_with(b"OK") {
                    true => Err(client.failure("it is not refused").compared("a reason", &reply)),
                    false => Ok(()),
                }
            }
        }
    }

    /// Says goodbye, and sees the server close.
    fn quit(mut self) -> Result {
        match &mut self {
            Session::Ftp(ftp) => drop(ftp.run("QUIT", "221")?),
            Session::Course(client) => client.send("Q")?,
        }
        self.control().expect_eof()
    }
}

/// A client that has been answered, and stays.
fn served(running: &Running) -> Result<Client> {
    let mut session = Session::open(running)?;
    session.list()?;
    match session {
        Session::Ftp(ftp) => Ok(ftp.control),
        Session::Course(client) => Ok(client),
    }
}

/// The list names the files of the folder.
///
/// # Errors
///
/// One is missing.
pub fn the_list_names_the_files(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let mut session = Session::open(&running)?;
    for (part, name) in (1..).zip(["hello.txt", "large.bin"]) {
        let list = session.list()?;
        running.check(list.contains(name), format!("{name} is not in the list: {list:?}"))?;
        subject.reached(part, 2);
    }
    Ok(())
}

/// A small file and one of 300 kB arrive whole.
///
/// # Errors
///
/// One does not.
pub fn downloads_arrive_whole(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let mut session = Session::open(&running)?;
    for (part, (name, bytes)) in (1..).zip([("hello.txt", HELLO.to_vec()), ("large.bin", large())])
    {
        let got = session.get(name)?;
        if got != bytes {
            return Err(running.failure(format!("{name} is another file")).compared(bytes, got));
        }
        subject.reached(part, 2);
    }
    Ok(())
}

/// An upload of a few bytes and one of 300 kB are then in the folder.
///
/// # Errors
///
/// One is not, or not whole.
pub fn uploads_arrive_whole(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let mut session = Session::open(&running)?;
    for (part, (name, bytes)) in (1..).zip([("small.txt", HELLO.to_vec()), ("new.bin", large())]) {
        session.put(name, &bytes)?;
        let file = running.folder().join(name);
        let mut there = Vec::new();
        let whole = crate::wait::poll(patience(), || {
            there = fs::read(&file).unwrap_or_default();
            there == bytes
        });
        if !whole {
            return Err(running.failure(format!("{name} did not arrive")).compared(bytes, there));
        }
        subject.reached(part, 2);
        // The course's server may still hold the mark of the end.
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// A file that is not there is refused, and the client is served on.
///
/// # Errors
///
/// It is not.
pub fn what_is_not_there_is_refused(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let mut session = Session::open(&running)?;
    session.refuses("no-such-file.txt")?;
    subject.reached(1, 2);
    session.list().map(drop)
}

/// Nothing outside the folder is to be had.
///
/// # Errors
///
/// It is.
pub fn nothing_outside_the_folder_is_served(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let mut session = Session::open(&running)?;
    session.refuses("../secret.txt")?;
    session.list().map(drop)
}

/// A client that says goodbye is let go.
///
/// # Errors
///
/// The connection stays open.
pub fn goodbye_closes_the_connection(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    Session::open(&running)?.quit()
}

/// Clients are served beside each other, the last one first.
///
/// # Errors
///
/// One waits for another.
pub fn clients_are_served_beside_each_other(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let mut sessions = (0..3).map(|_| Session::open(&running)).collect::<Result<Vec<_>>>()?;
    for session in sessions.iter_mut().rev() {
        running.check(session.get("hello.txt")? == HELLO, "hello.txt is another file")?;
    }
    Ok(())
}

/// A child process for each client, gone when it leaves.
///
/// # Errors
///
/// It is another model.
pub fn a_child_for_each_client(subject: &Subject) -> Result {
    const CLIENTS: usize = 5;
    let running = subject.start(&[])?;
    let clients = (0..CLIENTS).map(|_| served(&running)).collect::<Result<Vec<_>>>()?;
    // Also children of children: the course's server forks twice.
    let more = proc::tree(running.pid()).len().saturating_sub(1);
    running.check(more >= CLIENTS, format!("{more} child processes for {CLIENTS} clients"))?;
    subject.reached(2, 3);
    drop(clients);
    running.wait_until("no child is left, zombies included", || running.children().is_empty())
}

/// Twenty clients come and go, and no zombie is left.
///
/// # Errors
///
/// One is.
pub fn no_zombie_is_left(subject: &Subject) -> Result {
    any_server::no_zombie_is_left(subject, served)
}

/// A client that breaks off in the middle of a download harms nobody.
///
/// # Errors
///
/// The next one is not served.
pub fn a_broken_download_harms_nobody(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    for _ in 0..3 {
        match Session::open(&running)? {
            Session::Ftp(mut ftp) => {
                let data = ftp.passive()?;
                ftp.send("RETR large.bin")?;
                drop(data);
                ftp.control.reset()?;
            }
            Session::Course(mut client) => {
                client.send("G large.bin")?;
                client.receive(100)?;
                client.reset()?;
            }
        }
    }
    let got = Session::open(&running)?.get("hello.txt")?;
    running.check(got == HELLO, "the next client gets another file")
}

/// Ctrl-C ends it, with any exit code, also while clients are connected.
///
/// # Errors
///
/// It goes on.
pub fn ctrl_c_ends_it(subject: &Subject) -> Result {
    any_server::ctrl_c_ends_it(subject, served)
}
