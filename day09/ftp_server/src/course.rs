//! `--course`: the course's own file protocol, as its homework clients speak it.
//!
//! ```text
//! client                server
//! L                     OK, a pause, name#name#name#      (or a reason)
//! G name                OK, a pause, the file, a pause, ##
//! P name                OK
//!   the file, a pause, ##
//! Q                     closes
//! ```
//!
//! Nothing in it says where one message ends and the next begins: each side takes whatever one `recv`
//! brings for one message, and the pauses are there so that TCP does not join two of them. So a file
//! loses its end where a chunk of it ends with `##`, and a slow network can join what the pauses were
//! to keep apart. FTP needs neither mark nor pause: a file has a connection of its own, and ends when
//! that ends.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::folder::Kind;
use common::stop;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::path::resolve;
use crate::settings::Settings;
use crate::upload::{Upload, is_temporary};

/// Between two messages, so that they do not arrive as one.
const PAUSE: Duration = Duration::from_millis(100);
const END: &[u8] = b"##";

/// Serves one client until it says Q, leaves, or is let go; says which.
///
/// # Errors
///
/// The connection breaks.
pub fn serve(socket: BorrowedFd<'_>, settings: &Settings) -> io::Result<&'static str> {
    let mut client = TcpStream::from(socket.try_clone_to_owned()?);
    client.set_read_timeout(Some(settings.idle_timeout))?;
    client.set_write_timeout(Some(settings.idle_timeout))?;
    let mut buffer = [0; 1024];
    loop {
        if !readable(&client, settings.idle_timeout, true) {
            return Ok("let go");
        }
        let n = client.read(&mut buffer)?;
        let line = buffer[..n].trim_ascii_end();
        log::info!("course: received \"{}\"", line.escape_ascii());
        match *line {
            [] | [b'Q', ..] => return Ok("left"),
            [b'L', ..] => list(&mut client, settings)?,
            [b'G', b' ', ref name @ ..] => get(&mut client, settings, name)?,
            [b'P', b' ', ref name @ ..] => put(&mut client, settings, name)?,
            _ => client.write_all(b"L, G name, P name or Q")?,
        }
    }
}

fn list(client: &mut TcpStream, settings: &Settings) -> io::Result<()> {
    let mut entries = settings.folder.list("/")?;
    entries.retain(|e| e.meta.kind == Kind::File && !is_temporary(&e.name));
    entries.retain(|e| !e.name.as_bytes().starts_with(b"."));
    if entries.is_empty() {
        return client.write_all("文件库为空 / no files".as_bytes());
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let names: Vec<u8> = entries.iter().flat_map(|e| [e.name.as_bytes(), b"#"].concat()).collect();
    ok(client)?;
    client.write_all(&names)
}

fn get(client: &mut TcpStream, settings: &Settings, name: &[u8]) -> io::Result<()> {
    let path = resolve(Path::new("/"), OsStr::from_bytes(name));
    let Some(mut file) = settings.folder.open(path).ok().and_then(regular) else {
        return client.write_all("文件不存在 / no such file".as_bytes());
    };
    ok(client)?;
    io::copy(&mut file, client)?;
    sleep(PAUSE);
    client.write_all(END)
}

fn put(client: &mut TcpStream, settings: &Settings, name: &[u8]) -> io::Result<()> {
    let path = resolve(Path::new("/"), OsStr::from_bytes(name));
    let upload = if settings.accounts.anonymous_write {
        Upload::replacing(&settings.folder, &path)
    } else {
        Err(io::Error::new(io::ErrorKind::PermissionDenied, "the server has no --anonymous-write"))
    };
    let mut upload = match upload {
        Ok(upload) => upload,
        Err(why) => {
            let why = format!("上传失败 / refused: {}", common::reason(&why));
            return client.write_all(why.as_bytes());
        }
    };
    client.write_all(b"OK")?;
    if receive(client, upload.file(), settings)? { upload.keep() } else { Ok(()) }
}

/// Whether the mark of the end came: a chunk that ends with it, and nothing after it for a moment.
fn receive(client: &mut TcpStream, file: &mut File, settings: &Settings) -> io::Result<bool> {
    let mut chunk = vec![0; 64 << 10];
    // What may turn out to be the mark is held back.
    let mut held: &[u8] = b"";
    while readable(client, settings.idle_timeout, false) {
        let n = client.read(&mut chunk)?;
        if n == 0 {
            return Ok(false);
        }
        // Of the mark itself one byte may have come before.
        let all = [held, &chunk[..n]].concat();
        let keep = if all.ends_with(END) { 2 } else { usize::from(all.ends_with(b"#")) };
        file.write_all(&all[..all.len() - keep])?;
        held = &END[..keep];
        if keep == 2 && !readable(client, PAUSE / 2, false) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn ok(client: &mut TcpStream) -> io::Result<()> {
    client.write_all(b"OK")?;
    sleep(PAUSE);
    Ok(())
}

fn regular((file, meta): (File, common::folder::Meta)) -> Option<File> {
    (meta.kind == Kind::File).then_some(file)
}

/// Whether something comes within `limit`; with `idle`, a stop of the program ends the wait.
fn readable(client: &TcpStream, limit: Duration, idle: bool) -> bool {
    let end = Instant::now() + limit;
    loop {
        let mut events = vec![PollFd::new(client.as_fd(), PollFlags::POLLIN)];
        let stop = stop::event().filter(|_| idle);
        events.extend(stop.map(|event| PollFd::new(event, PollFlags::POLLIN)));
        let left = end.saturating_duration_since(Instant::now()).as_millis();
        match poll(&mut events, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)) {
            Err(nix::errno::Errno::EINTR) => {}
            Err(_) => return false,
            Ok(_) => return events[0].any().unwrap_or(false),
        }
    }
}
