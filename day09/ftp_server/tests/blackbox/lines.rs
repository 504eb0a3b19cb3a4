//! What may come over a control connection, and what must not matter.

use grade::Result;

use crate::ftp::{Ftp, Site};

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

/// Every line gets a reply, whatever it is, and none ends the session.
#[test]
fn a_hundred_thousand_random_lines() -> Result {
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
    let mut ftp = site.log_in()?;
    let noise = grade::random_bytes(7, 100_000 * 12);
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
        ftp.control.send(&text)?;
        for _ in batch.chunks(12) {
            let reply = ftp.reply()?;
            assert!((200..600).contains(&reply.code) && reply.code != 421, "{reply:?}");
        }
    }
    assert_eq!(sent, 100_000);
    ftp.run("QUIT", "221")?;
    site.server.stop()
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
