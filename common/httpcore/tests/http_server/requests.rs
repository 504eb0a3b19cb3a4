//! Ordinary requests, and those of the table.

use grade::{Client, Result, Running, wait_until};

use super::cases::table::{Row, TABLE};
use super::cases::{Act, acts, answers, judge};
use super::{Program, get, last, peak, probe};

/// Every case of the table over a socket: an open connection shows by a further request.
pub(crate) fn raw_cases(program: &Program) -> Result {
    let site = program.serve_tree(&["--quiet"])?;
    let mut wrong = Vec::new();
    for row in TABLE {
        let mut client = site.server.connect()?;
        let (sent, closed) = play(&mut client, row)?;
        wrong.extend(judge(row, &sent, closed).err());
    }
    site.server.check(wrong.is_empty(), format!("{} cases:\n{}", wrong.len(), wrong.join("\n")))?;
    site.server.stop()
}

/// What the server sent, and whether it closed.
fn play(client: &mut Client, row: &Row) -> Result<(Vec<u8>, bool)> {
    let acts = acts(row.2);
    for act in &acts {
        match act {
            // A server that refuses may have stopped reading.
            Act::Send(bytes) => drop(client.send(bytes)),
            Act::HalfClose => client.half_close()?,
        }
    }
    if row.3 == "none" {
        client.expect_silence()?;
        return Ok((Vec::new(), false));
    }
    if !row.3.ends_with("keep") {
        return Ok((client.read_to_end()?, true));
    }
    client.send(last("/hello"))?;
    let sent = client.read_to_end()?;
    // Take the further answer off again.
    let mark = b"\r\n\r\nHello World";
    let head = sent.strip_suffix(mark).and_then(|head| find_last(head, b"HTTP/1.1 200 OK\r\n"));
    Ok(head.map_or((sent.clone(), true), |end| (sent[..end].to_vec(), false)))
}

fn find_last(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).rposition(|window| window == what)
}

/// 20 MB, by length and in chunks; the memory does not grow with it.
pub(crate) fn a_body_of_any_size_is_counted(program: &Program) -> Result {
    const SIZE: usize = 20 << 20;
    let server = program.with(&["--quiet"]).start()?;
    let mut client = server.connect()?;
    let head = "POST /count HTTP/1.1\r\nHost: l\r\n";
    client.send(format!("{head}Content-Length: {SIZE}\r\n\r\n"))?;
    client.send(vec![b'x'; SIZE])?;
    client.receive_until(format!("\r\n\r\n{SIZE}\n"))?;
    client.send(format!("{head}Transfer-Encoding: chunked\r\n\r\n"))?;
    let chunk = [format!("{:x}\r\n", 1 << 20).as_bytes(), &vec![b'y'; 1 << 20], b"\r\n"].concat();
    for _ in 0..20 {
        client.send(&chunk)?;
    }
    client.send("0\r\n\r\n")?;
    client.receive_until(format!("\r\n\r\n{SIZE}\n"))?;
    server.check(peak(&server) < 32 << 20, format!("it took {} bytes", peak(&server)))?;
    server.stop()
}

pub(crate) fn pipelined_requests_take_bounded_memory(program: &Program) -> Result {
    const COUNT: usize = 100_000;
    let server = program.with(&["--quiet"]).start()?;
    let mut client = server.connect()?;
    let got = client.exchange(get("/hello").repeat(COUNT))?;
    let answers = got.windows(15).filter(|w| *w == b"\r\n\r\nHello World").count();
    server.check(answers == COUNT, format!("{answers} answers"))?;
    server.check(peak(&server) < 32 << 20, format!("it took {} bytes", peak(&server)))?;
    server.stop()
}

pub(crate) fn clients_are_answered_in_any_order(program: &Program) -> Result {
    let server = program.with(&[]).start()?;
    let mut clients = (0..20).map(|_| server.connect()).collect::<Result<Vec<_>>>()?;
    for client in clients.iter_mut().rev() {
        client.send(get("/hello"))?;
        client.receive_until("Hello World")?;
    }
    server.stop()
}

pub(crate) fn the_bundled_site_has_one_of_each_class(program: &Program) -> Result {
    let server = program.with(&[]).start()?;
    let ask = |request: &str| -> Result<(u16, String, String)> {
        let mut client = server.connect()?;
        client.send(request)?;
        let answer = answers(&client.read_to_end()?, false)?.remove(0);
        Ok((answer.status, answer.head, String::from_utf8_lossy(&answer.body).into_owned()))
    };
    let index = ask(&last("/"))?.2;
    for (path, status, holds) in [
        ("/", 200, "style.css"),
        ("/style.css", 200, "color-scheme"),
        ("/picture.svg", 200, "<svg"),
        ("/icon.svg", 200, "<svg"),
        ("/hello", 200, "Hello World"),
        ("/hello?name=%E5%B0%8F%E6%98%8E", 200, "Hello 小明"),
        ("/time", 200, " GMT"),
        ("/request", 200, "Host: l"),
        ("/old", 301, "/hello"),
        ("/private", 401, "student"),
        ("/nothing", 404, "404"),
        ("/boom", 500, "500"),
    ] {
        let (got, head, body) = ask(&last(path))?;
        server.check(got == status && body.contains(holds), format!("{path}: {head}{body}"))?;
        let linked = index.contains(&format!("href=\"{path}\""))
            || index.contains(&format!("src=\"{path}\""));
        server.check(path == "/" || path.contains('?') || linked, format!("no link to {path}"))?;
    }
    server.check(ask(&last("/old"))?.1.contains("\r\nLocation: /hello\r\n"), "Location")?;
    server.check(
        ask(&last("/private"))?.1.contains("\r\nWWW-Authenticate: Basic "),
        "WWW-Authenticate",
    )?;
    let known = "Authorization: Basic c3R1ZGVudDoxMjM0NTY=\r\nConnection";
    server.check(
        ask(&last("/private").replace("Connection", known))?.0 == 200,
        "the user is not let in",
    )?;
    probe(&server)?;
    let error = server.stderr().lines().filter(|line| line.contains("panicked")).count();
    server.check(error == 1, "a panic is one line in the log")?;
    server.stop()
}

pub(crate) fn the_log_has_a_line_for_each_answer(program: &Program) -> Result {
    let site = program.serve_tree(&[])?;
    let mut client = site.server.connect()?;
    client.send(get("/hello") + &get("/big.bin") + "GET /\x1b[31m\r\n\r\n")?;
    client.read_to_end()?;
    for line in [
        "\"GET /hello HTTP/1.1\" 200 11\n",
        "\"GET /big.bin HTTP/1.1\" 200 300000\n",
        "\"GET /\\x1b[31m\" 400 ",
    ] {
        site.server.wait_stderr(line)?;
    }
    let log = site.server.stderr();
    let line = log.lines().find(|line| line.contains("/hello")).unwrap_or_default();
    let shape = line.starts_with("127.0.0.1 - - [") && line.contains(" +0000] \"GET");
    site.server.check(shape, format!("no line of the common format: {line}"))?;
    site.server.stop()
}

pub(crate) fn a_change_is_seen_within_a_second(program: &Program) -> Result {
    let site = program.serve_tree(&["--quiet"])?;
    let body = |server: &Running| -> Result<Vec<u8>> {
        let mut client = server.connect()?;
        client.send(last("/hello.txt"))?;
        Ok(answers(&client.read_to_end()?, false)?.remove(0).body)
    };
    assert_eq!(body(&site.server)?, b"hello world\n");
    let path = site.folder.path().join("www/hello.txt");
    std::fs::write(&path, "HELLO WORLD\n")?;
    wait_until("the new content is served", || {
        body(&site.server).is_ok_and(|b| b == b"HELLO WORLD\n")
    })?;
    std::fs::remove_file(&path)?;
    wait_until("the file is gone", || body(&site.server).is_ok_and(|b| b.starts_with(b"404")))?;
    site.server.stop()
}

pub(crate) fn a_large_file_arrives_whole(program: &Program) -> Result {
    const SIZE: u64 = 50 << 20;
    let site = program.serve_zeros(SIZE, &["--quiet"])?;
    let mut client = site.server.connect()?;
    client.send(last("/big"))?;
    client.receive_until("\r\n\r\n")?;
    let body = client.read_to_end()?;
    site.server.check(body.len() as u64 == SIZE, format!("{} bytes", body.len()))?;
    site.server.check(peak(&site.server) < 32 << 20, "it read the file into its memory")?;
    // Cut short on the disk while it is being sent: the answer ends early, and the connection with it.
    let mut client = site.server.connect()?;
    client.send(get("/big"))?;
    client.receive_until("\r\n\r\n")?;
    std::fs::File::create(site.folder.path().join("big"))?.set_len(SIZE / 2)?;
    let body = client.read_to_end()?;
    site.server.check((body.len() as u64) < SIZE, "it sent what is not there")?;
    probe(&site.server)?;
    site.server.stop()
}
