//! What may come over a control connection, and what must not matter.

use std::io::{BufRead, BufReader, Write};

use grade::Result;

use crate::ftp::{Ftp, PASSWORD, Site, USER, connect};

/// L09, L10, L11
#[test]
fn lines_long_cut_and_ended_by_lf() -> Result {
    let site = Site::start(&[])?;
    let mut ftp = site.log_in()?;
    ftp.run(&format!("NOOP {}", "x".repeat(20_000)), "500")?;
    ftp.run("NOOP", "200")?;
    ftp.control.send("NO")?;
    ftp.control.expect_silence()?;
    ftp.control.send("OP\r\nSYST\r\n")?;
    ftp.expect("200")?;
    ftp.expect("215")?;
    ftp.control.send("NOOP\n")?;
    ftp.expect("200")?;
    site.server.stop()
}

#[test]
fn ten_thousand_random_lines() -> Result {
    random_lines(10_000)
}

#[test]
#[ignore = "heavy: half a minute"]
fn a_hundred_thousand_random_lines() -> Result {
    random_lines(100_000)
}

/// Every line gets a reply, whatever it is, and none ends the session.
fn random_lines(count: usize) -> Result {
    const VERBS: &[&str] = &[
        "RETR",
        "STOR",
        "APPE",
        "STOU",
        "LIST",
        "NLST",
        "MLSD",
        "MLST",
        "STAT",
        "SIZE",
        "MDTM",
        "MFMT",
        "CWD",
        "CDUP",
        "PWD",
        "MKD",
        "RMD",
        "DELE",
        "RNFR",
        "RNTO",
        "TYPE",
        "MODE",
        "STRU",
        "REST",
        "ABOR",
        "ALLO",
        "PORT",
        "EPRT",
        "FEAT",
        "OPTS",
        "SYST",
        "HELP",
        "NOOP",
        "ACCT",
        "SITE CHMOD",
        "OPTS MLST",
        "EPSV 7",
        "FOO",
        "\u{ff}",
        "",
    ];
    let site = Site::start(&["--quiet"])?;
    let mut control = connect(site.server.addr())?;
    let mut replies = BufReader::new(control.try_clone()?);
    control.write_all(format!("USER {USER}\r\nPASS {PASSWORD}\r\n").as_bytes())?;
    for wanted in [220, 331, 230] {
        assert_eq!(code(&mut replies)?, wanted);
    }
    let noise = grade::random_bytes(7, count * 12);
    let mut sent = 0;
    for batch in noise.chunks(12 * 500) {
        let mut text = Vec::new();
        for seed in batch.chunks(12) {
            text.extend_from_slice(VERBS[usize::from(seed[0]) % VERBS.len()].as_bytes());
            text.push(b' ');
            // PORT with an argument that is one would make the transfers wait for a connection.
            let argument = &seed[2..2 + usize::from(seed[1]) % 10];
            text.extend(argument.iter().filter(|&&b| !matches!(b, b'\r' | b'\n' | b',')));
            text.extend_from_slice(b"\r\n");
            sent += 1;
        }
        control.write_all(&text)?;
        for _ in batch.chunks(12) {
            let code = code(&mut replies)?;
            assert!((200..600).contains(&code) && code != 421, "{code}");
        }
    }
    assert_eq!(sent, count);
    control.write_all(b"QUIT\r\n")?;
    assert_eq!(code(&mut replies)?, 221);
    site.server.stop()
}

/// The code of the next reply, whose last line has a space after it.
fn code(replies: &mut impl BufRead) -> Result<u16> {
    loop {
        let mut line = Vec::new();
        replies.read_until(b'\n', &mut line)?;
        let line = String::from_utf8_lossy(&line);
        match (line.get(..3).and_then(|code| code.parse().ok()), line.get(3..4)) {
            (Some(code), Some(" ")) => return Ok(code),
            _ if line.is_empty() => return Err("the server closed the connection".into()),
            _ => {}
        }
    }
}

#[test]
fn facts_are_those_that_opts_asked_for() -> Result {
    let site = Site::start(&[])?;
    site.put("f", "x")?;
    let mut ftp = Ftp::anonymous(&site.server)?;
    let reply = ftp.run("OPTS MLST size;type;", "200")?;
    assert!(reply.text.contains("MLST OPTS type;size;"), "{reply:?}");
    assert_eq!(ftp.transfer("MLSD", None, None)?.1, b"type=file;size=1; f\r\n");
    site.server.stop()
}
