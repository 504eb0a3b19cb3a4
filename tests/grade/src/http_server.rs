//! What an HTTP server of any make is looked at for: pages of a folder, simple data for the rest.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::{Client, Result, Running, random_bytes};

pub mod answers;
pub mod browsers;
pub mod requests;

pub(crate) const INDEX: &[u8] = "<!DOCTYPE html>\n<title>首页</title>\n<h1>index</h1>\n".as_bytes();
pub(crate) const ABOUT: &[u8] = b"<!DOCTYPE html>\n<h1>about</h1>\n";
pub(crate) const SECRET: &[u8] = b"TOPSECRET";

/// Makes the pages: two small ones, a large one, and a secret beside the folder.
///
/// # Errors
///
/// They cannot be written.
pub fn make_pages(folder: &Path) -> Result {
    fs::write(folder.join("index.html"), INDEX)?;
    fs::write(folder.join("about.html"), ABOUT)?;
    fs::write(folder.join("large.html"), large_page())?;
    fs::write(folder.join("../secret.html"), SECRET)?;
    // For a program that has `./static` written in.
    symlink(".", folder.join("static"))?;
    Ok(())
}

/// 8 MB of text: several times what a socket holds.
fn large_page() -> Vec<u8> {
    let text = random_bytes(9, 1 << 20).into_iter().map(|byte| b'a' + byte % 26);
    text.collect::<Vec<_>>().repeat(8)
}

/// What came for one request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The status line and the fields, with the empty line.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// The length that the head announces.
    pub(crate) length: Option<usize>,
}

/// A request without a body, as it is sent.
pub(crate) fn request(method: &str, target: &str, last: bool) -> String {
    let connection = if last { "close" } else { "keep-alive" };
    format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n\r\n")
}

/// A new client asks for something, as the last thing on its connection.
pub(crate) fn get(running: &Running, target: &str) -> Result<Answer> {
    let mut client = running.connect()?;
    client.send(request("GET", target, true))?;
    answer(&mut client)
}

/// A new client asks for the index page and gets it; it stays.
pub(crate) fn served(running: &Running) -> Result<Client> {
    let mut client = running.connect()?;
    client.send(request("GET", "/", false))?;
    let answer = answer(&mut client)?;
    match answer.status {
        200 => Ok(client),
        status => Err(client.failure(format!("the status is {status} instead of 200"))),
    }
}

/// The next answer: its head, and its body by the announced length or to the end.
pub(crate) fn answer(client: &mut Client) -> Result<Answer> {
    let head = head(client)?;
    let body = match head.length {
        Some(length) => client.receive_exactly(length)?,
        None => client.read_to_end()?,
    };
    Ok(Answer { body, ..head })
}

/// The next answer without its body.
pub(crate) fn head(client: &mut Client) -> Result<Answer> {
    let bytes = client.receive_until("\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let line = head.lines().next().unwrap_or_default();
    let mut words = line.split(' ');
    let version = words.next().is_some_and(|word| matches!(word, "HTTP/1.1" | "HTTP/1.0"));
    let code = words.next().filter(|code| code.len() == 3).and_then(|code| code.parse().ok());
    let Some(status) = code.filter(|_| version) else {
        let why = client.failure("this is no status line");
        return Err(why.compared("HTTP/1.1 200 OK", line));
    };
    let length = field(&head, "content-length").and_then(|value| value.parse().ok());
    Ok(Answer { status, head, body: Vec::new(), length })
}

/// The value of a field, whose name is given in lower case.
pub(crate) fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    fields.filter(|(n, _)| n.to_ascii_lowercase() == name).map(|(_, value)| value.trim()).next()
}
