//! What comes back for one request.

use super::{ABOUT, Answer, INDEX, SECRET, answer, field, get, large_page, request};
use crate::{Client, Result, Running, Subject};

/// `/` is the page `index.html`, `/about.html` that page, both whole.
///
/// # Errors
///
/// They are not.
pub fn a_page_is_a_file_of_the_folder(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let pages = [("/", INDEX), ("/about.html", ABOUT)];
    for (part, (target, page)) in (0..).zip(pages) {
        let mut client = running.connect()?;
        client.send(request("GET", target, true))?;
        let answer = answer(&mut client)?;
        has_status(&client, &answer, &[200])?;
        subject.reached(2 * part + 1, 4);
        same(&client, page, &answer.body)?;
        subject.reached(2 * part + 2, 4);
    }
    Ok(())
}

/// What is no page, `/hello` or `/time`, is something simple.
///
/// # Errors
///
/// Both are not 200, or empty.
pub fn simple_data_for_what_is_no_page(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    for target in ["/hello", "/time"] {
        let answer = get(&running, target)?;
        if answer.status == 200 && !answer.body.is_empty() {
            return Ok(());
        }
    }
    Err(running.failure("neither /hello nor /time is answered with 200 and some text"))
}

/// What is not there is 404.
///
/// # Errors
///
/// It is not.
pub fn what_is_not_there_is_404(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let mut client = running.connect()?;
    client.send(request("GET", "/no-such-page.html", true))?;
    let answer = answer(&mut client)?;
    has_status(&client, &answer, &[404])
}

/// A head of a status line and fields; a body of the announced length, or to the end of the connection.
///
/// # Errors
///
/// The answer has another form.
pub fn an_answer_has_its_form(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    for target in ["/", "/no-such-page.html"] {
        let mut client = running.connect()?;
        client.send(request("GET", target, true))?;
        let answer = answer(&mut client)?;
        for line in answer.head.lines().skip(1).filter(|line| !line.is_empty()) {
            let name = line.split_once(':').map(|(name, _)| name);
            let good = name.is_some_and(|name| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            });
            if !good {
                return Err(client.failure("this is no field").compared("Content-Type: …", line));
            }
        }
        // Whatever comes after the announced length is no part of any answer.
        client.expect_eof()?;
    }
    subject.reached(1, 2);
    let index = get(&running, "/")?;
    let kind = field(&index.head, "content-type").unwrap_or_default().to_lowercase();
    running.check(kind.contains("html"), format!("the Content-Type of a page is {kind:?}"))
}

/// HEAD is answered as GET is, without the body.
///
/// # Errors
///
/// It is not.
pub fn head_has_no_body(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let mut client = running.connect()?;
    client.send(request("HEAD", "/", true))?;
    let answer = super::head(&mut client)?;
    has_status(&client, &answer, &[200])?;
    client.expect_eof()
}

/// No way leads out of the folder.
///
/// # Errors
///
/// One does.
pub fn nothing_outside_the_folder_is_served(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    for target in [
        "/../secret.html",
        "/static/../../secret.html",
        "/%2e%2e/secret.html",
        "/..%2fsecret.html",
        "//../secret.html",
    ] {
        let mut client = running.connect()?;
        client.send(request("GET", target, true))?;
        let got = client.read_to_end()?;
        let leaked = got.windows(SECRET.len()).any(|window| window == SECRET);
        running.check(!leaked, format!("{target} gives a file from outside the folder"))?;
    }
    // Whoever has served nothing at all has not passed.
    let index = get(&running, "/")?;
    running.check(index.status == 200, format!("/ is answered with {}", index.status))
}

/// A page of 8 MB arrives whole, also if the browser reads slowly.
///
/// # Errors
///
/// Bytes are missing, or others.
pub fn a_large_page_arrives_whole(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let mut client = running.connect_narrow()?;
    client.send(request("GET", "/large.html", true))?;
    // It fills whatever the server may send ahead.
    client.wait_a_moment();
    let answer = answer(&mut client)?;
    has_status(&client, &answer, &[200])?;
    same(&client, &large_page(), &answer.body)
}

/// What is no request is answered with 400, or not at all; the next browser is served.
///
/// # Errors
///
/// It is taken for a request, or ends the server.
pub fn what_is_no_request_harms_nobody(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    for bytes in
        [&b"\x16\x03\x01\x02\x00\x01\r\n\r\n"[..], b"hello\r\n\r\n", b"GET\r\n\r\n", b"\r\n\r\n"]
    {
        let mut client = running.connect()?;
        client.send(bytes)?;
        client.half_close()?;
        let got = client.read_to_end()?;
        let refused =
            got.is_empty() || got.starts_with(b"HTTP/1.1 4") || got.starts_with(b"HTTP/1.0 4");
        if !refused {
            let why = client.failure("it is answered as if it were a request");
            return Err(why.compared("HTTP/1.1 400 Bad Request", &got[..got.len().min(200)]));
        }
        still_serves(&running)?;
    }
    Ok(())
}

/// A new browser gets the index page.
pub(super) fn still_serves(running: &Running) -> Result {
    let answer = get(running, "/")?;
    running.check(answer.body == INDEX, "a new browser does not get the index page")
}

fn has_status(client: &Client, answer: &Answer, wanted: &[u16]) -> Result {
    if wanted.contains(&answer.status) {
        return Ok(());
    }
    let line = answer.head.lines().next().unwrap_or_default();
    Err(client.failure("another status came").compared(format!("HTTP/1.1 {}", wanted[0]), line))
}

fn same(client: &Client, expected: &[u8], got: &[u8]) -> Result {
    if expected == got {
        return Ok(());
    }
    Err(client.failure("another body came").compared(expected, got))
}
