//! 64 sequences of commands and what must come of them, with the RFC that says so.
//!
//! `<X` is X and reading the data connection, `>X` X and an upload of `xy`; `A<` and `E<` have the
//! server connect (PORT, EPRT). A third part is text that the reply, or the data, must have.

use std::fs;
use std::io::{Read, Write};
use std::time::UNIX_EPOCH;

use grade::{Failure, Result};

use crate::ftp::{Ftp, PASSWORD, Site, USER, connect, matches};

type Step = (&'static str, &'static str, &'static str);

/// Id, RFC and section, steps.
const TABLE: &[(&str, &str, &[Step])] = &[
    (
        "L01",
        "959 5.4",
        &[
            ("NOOP", "200", ""),
            ("SYST", "215", ""),
            ("PWD", "257", "257 \"/\""),
            ("QUIT", "221", ""),
            ("!eof", "", ""),
        ],
    ),
    ("L02", "959 5.4", &[("USER ann", "331", ""), ("PASS secret word", "230", "")]),
    (
        "L08",
        "959 5.3.1",
        &[("FOO", "500|502", ""), ("NOOP", "200", ""), ("noop", "200", ""), ("NoOp", "200", "")],
    ),
    ("L12", "959 5.4", &[("RETR", "501", ""), ("DELE", "501", ""), ("MKD", "501", "")]),
    (
        "P01",
        "959 3.1.1",
        &[
            ("TYPE A", "200", ""),
            ("TYPE I", "200", ""),
            ("TYPE A N", "200", ""),
            ("TYPE L 8", "200", ""),
        ],
    ),
    ("P02", "959 5.4", &[("TYPE E", "504", ""), ("TYPE ?", "504", "")]),
    (
        "P03",
        "959 5.4",
        &[
            ("MODE S", "200", ""),
            ("MODE B", "504", ""),
            ("STRU F", "200", ""),
            ("STRU P", "504", ""),
        ],
    ),
    (
        "P04",
        "2389 3.2",
        &[
            ("FEAT", "211", "\n EPSV"),
            ("FEAT", "211", "\n MDTM"),
            ("FEAT", "211", "\n SIZE"),
            ("FEAT", "211", "\n REST STREAM"),
        ],
    ),
    ("P05", "2389 4", &[("OPTS UTF8 ON", "200|202", ""), ("OPTS FOO", "501", "")]),
    (
        "P06",
        "959 5.4",
        &[("HELP", "214", "RETR"), ("STAT", "211", "ann"), ("ALLO 10", "200|202", "")],
    ),
    ("P07", "959 5.4", &[("REST abc", "501", ""), ("REST -1", "501", "")]),
    (
        "P08",
        "959 5.4",
        &[("ACCT x", "202", ""), ("SMNT /", "502", ""), ("REIN", "220", ""), ("PWD", "530", "")],
    ),
    (
        "D01",
        "959 5.4",
        &[
            ("CWD sub", "250", ""),
            ("PWD", "257", "\"/sub\""),
            ("CWD deep", "250", ""),
            ("CDUP", "250", ""),
            ("CDUP", "250", ""),
            ("PWD", "257", "\"/\""),
        ],
    ),
    ("D02", "959 5.4", &[("CWD nope", "550", ""), ("CWD hello.txt", "550", "")]),
    (
        "D03",
        "959 5.4",
        &[
            ("MKD n", "257", "\"/n\""),
            ("MKD n", "550|521", ""),
            ("RMD n", "250", ""),
            ("RMD sub", "550", ""),
        ],
    ),
    (
        "D04",
        "775",
        &[
            ("XPWD", "257", ""),
            ("XCWD sub", "250", ""),
            ("XCUP", "250", ""),
            ("XMKD x", "257", ""),
            ("XRMD x", "250", ""),
        ],
    ),
    (
        "D06",
        "959 5.4",
        &[("DELE long.txt", "250", ""), ("DELE long.txt", "550", ""), ("DELE sub", "550", "")],
    ),
    (
        "D07",
        "959 5.4",
        &[
            ("RNTO x", "503", ""),
            ("RNFR nope", "550", ""),
            ("RNFR long.txt", "350", ""),
            ("RNTO sub/l2", "250", ""),
            ("SIZE sub/l2", "213", "213 100"),
        ],
    ),
    ("D09", "policy", &[("RMD /", "5..", ""), ("DELE /", "5..", ""), ("RNFR /", "550", "")]),
    (
        "D10",
        "959 5.4",
        &[
            ("RNFR hello.txt", "350", ""),
            ("RNTO long.txt", "250", ""),
            ("SIZE long.txt", "213", "213 12"),
        ],
    ),
    ("R01", "959 5.4", &[("<RETR hello.txt", "226", "hello world\n")]),
    (
        "R02",
        "959 5.4",
        &[
            ("<RETR nope", "550", ""),
            ("<RETR sub", "550", ""),
            ("<RETR hello.txt", "226", "hello world\n"),
        ],
    ),
    (
        "R04",
        "3659 5",
        &[
            ("REST 6", "350", ""),
            ("<RETR hello.txt", "226", "world\n"),
            ("<RETR hello.txt", "226", "hello world\n"),
        ],
    ),
    ("R05", "959 5.4", &[("RETR hello.txt", "425", "")]),
    (
        "R06",
        "3659 5.3",
        &[
            ("REST 13", "350", ""),
            ("<RETR hello.txt", "554|550", ""),
            ("<RETR hello.txt", "226", "hello"),
        ],
    ),
    (
        "R07",
        "2640",
        &[
            ("<RETR ü.txt", "226", "umlaut\n"),
            ("<RETR sp ace.txt", "226", "space\n"),
            ("<RETR link-in", "226", "hello"),
        ],
    ),
    ("T07", "959 5.4", &[(">STOR nodir/x", "553|550", ""), (">STOR sub", "553|550", "")]),
    (
        "A01",
        "3659 4",
        &[
            ("SIZE hello.txt", "213", "213 12\r\n"),
            ("SIZE sub", "550", ""),
            ("SIZE nope", "550", ""),
        ],
    ),
    (
        "A02",
        "3659 3",
        &[("MDTM hello.txt", "213", "213 20231114221320\r\n"), ("MDTM nope", "550", "")],
    ),
    (
        "A04",
        "959 5.4",
        &[
            ("<LIST", "226", "-rw-"),
            ("<LIST", "226", "          12 Nov 14  2023 hello.txt\r\n"),
            ("<LIST -la", "226", "hello.txt\r\n"),
            ("<LIST -la sub", "226", "in.txt\r\n"),
        ],
    ),
    (
        "A05",
        "959 5.4",
        &[
            ("<NLST", "226", "hello.txt\r\n"),
            ("<NLST sub", "226", "sub/in.txt\r\n"),
            ("<NLST empty", "226", ""),
        ],
    ),
    (
        "A07",
        "3659 7.2",
        &[
            ("<MLSD", "226", "type=file;size=12;modify=20231114221320;"),
            ("<MLSD hello.txt", "501", ""),
        ],
    ),
    (
        "A08",
        "3659 7.2",
        &[
            ("MLST hello.txt", "250", "\n type=file;size=12;"),
            ("MLST hello.txt", "250", "; /hello.txt\r\n250 "),
            ("MLST nope", "550", ""),
        ],
    ),
    ("A09", "959 5.4", &[("<LIST nope", "450|550", ""), ("<NLST nope", "450|550", "")]),
    (
        "A10",
        "959 4.1.3",
        &[("STAT hello.txt", "213", "hello.txt\r\n213 "), ("STAT sub", "212", "in.txt\r\n212 ")],
    ),
    (
        "A11",
        "3659 4",
        &[
            ("TYPE A", "200", ""),
            ("SIZE lines.txt", "550", ""),
            ("<RETR lines.txt", "226", "a\r\nb\r\nc"),
        ],
    ),
    (
        "X01",
        "2428 3",
        &[("PASV", "227", "(127,0,0,1,"), ("EPSV", "229", "(|||"), ("EPSV 1", "229", "(|||")],
    ),
    ("X02", "2428 2", &[("EPSV 2", "522", "(1)"), ("EPSV 9", "522", "")]),
    (
        "X03",
        "959 4.1.2",
        &[
            ("A<RETR hello.txt", "226", "hello world\n"),
            ("E<RETR hello.txt", "226", "hello world\n"),
        ],
    ),
    (
        "X05",
        "2577 3",
        &[("PORT 10,1,2,3,200,0", "50.", ""), ("EPRT |1|10.1.2.3|51200|", "50.", "")],
    ),
    ("X06", "2577 3", &[("PORT 127,0,0,1,0,22", "50.", "")]),
    (
        "X07",
        "2428 2",
        &[
            ("PORT 1,2,3", "501", ""),
            ("PORT 256,0,0,1,200,1", "501", ""),
            ("EPRT |3|1.1.1.1|2000|", "522", ""),
        ],
    ),
    ("X08", "959 5.4", &[("ABOR", "225|226", ""), ("NOOP", "200", "")]),
    (
        "X09",
        "2428 4",
        &[
            ("EPSV ALL", "200", ""),
            ("PASV", "503", ""),
            ("PORT 127,0,0,1,200,1", "503", ""),
            ("EPSV", "229", ""),
        ],
    ),
    (
        "S01",
        "CWE-22",
        &[
            ("<RETR ../outside.txt", "550", ""),
            ("<RETR /../outside.txt", "550", ""),
            ("<RETR /etc/passwd", "550", ""),
        ],
    ),
    ("S02", "CWE-22", &[("CWD ../../..", "250|550", ""), ("PWD", "257", "\"/\"")]),
    (
        "S03",
        "CWE-59",
        &[
            ("<RETR link-out", "550", ""),
            ("SIZE link-out", "550", ""),
            ("MDTM link-out", "550", ""),
        ],
    ),
    (
        "S04",
        "CWE-59",
        &[
            ("CWD dir-out", "550", ""),
            ("<RETR dir-out/passwd", "550", ""),
            ("<LIST dir-out", "550", ""),
            (">STOR dir-out/x", "553", ""),
        ],
    ),
    (
        "S06",
        "CWE-22",
        &[
            ("RNFR hello.txt", "350", ""),
            ("RNTO ../moved.txt", "250", ""),
            ("SIZE moved.txt", "213", ""),
        ],
    ),
];

#[test]
fn each_sequence_of_the_table() -> Result {
    for (id, rfc, steps) in TABLE {
        let site = Site::start(&[])?;
        site.fill()?;
        let mut ftp = site.log_in()?;
        for &(line, wanted, text) in *steps {
            step(&mut ftp, line, wanted, text)
                .map_err(|e| Failure::from(format!("{id} (RFC {rfc}) {line}: {e}")))?;
        }
        site.server.stop()?;
    }
    Ok(())
}

fn step(ftp: &mut Ftp, line: &str, wanted: &str, text: &str) -> Result {
    if line == "!eof" {
        return ftp.control.expect_eof();
    }
    let active = line.strip_prefix('A').map(|_| "PORT").filter(|_| line.starts_with("A<"));
    let active = active.or(line.starts_with("E<").then_some("EPRT"));
    let bare = line.trim_start_matches("A<").trim_start_matches("E<");
    let (reply, got) = match bare.strip_prefix(['<', '>']) {
        Some(command) => ftp.transfer(command, bare.starts_with('>').then_some(b"xy"), active)?,
        None if active.is_some() => ftp.transfer(bare, None, active)?,
        None => {
            ftp.send(line)?;
            let reply = ftp.reply()?;
            let text = reply.text.clone().into_bytes();
            (reply, text)
        }
    };
    if !matches(reply.code, wanted) {
        return Err(ftp.control.failure(format!("wanted {wanted}, got {:?}", reply.text)));
    }
    let got = String::from_utf8_lossy(&got).into_owned();
    if got.contains("TOPSECRET") || got.contains("root:") || !got.contains(text) {
        return Err(ftp.control.failure(format!("wanted {text:?}, got {got:?}")));
    }
    Ok(())
}

/// L03: a name that nobody has is answered as one that somebody has.
#[test]
fn unknown_names_are_answered_as_known_ones() -> Result {
    let site = Site::start(&[])?;
    let mut ftp = Ftp::connect(&site.server)?;
    let unknown = ftp.run("USER nosuchuser", "331")?;
    ftp.run("PASS x", "530")?;
    let known = ftp.run(&format!("USER {USER}"), "331")?;
    assert_eq!(known.text, unknown.text);
    ftp.run(&format!("PASS {PASSWORD}"), "230")?;
    site.server.stop()
}

/// L04, L05
#[test]
fn nothing_is_done_before_login() -> Result {
    let site = Site::start(&[])?;
    site.fill()?;
    let mut ftp = Ftp::connect(&site.server)?;
    ftp.run("PASS x", "503")?;
    for line in [
        "PWD",
        "LIST",
        "RETR hello.txt",
        "PASV",
        "CWD /",
        "MKD x",
        "DELE hello.txt",
        "ABOR",
        "STAT",
    ] {
        ftp.run(line, "530")?;
    }
    for line in ["FEAT", "OPTS UTF8 ON", "SYST", "NOOP", "HELP"] {
        ftp.run(line, "2..")?;
    }
    assert!(site.home().join("hello.txt").exists());
    site.server.stop()
}

/// L06
#[test]
fn wrong_passwords_are_slow_and_three_are_the_end() -> Result {
    let site = Site::start(&[])?;
    let mut ftp = Ftp::connect(&site.server)?;
    for wanted in ["530", "530", "421"] {
        let begin = std::time::Instant::now();
        ftp.run(&format!("USER {USER}"), "331")?;
        ftp.run("PASS wrong", wanted)?;
        assert!(begin.elapsed().as_millis() >= 900);
    }
    ftp.control.expect_eof()?;
    site.server.stop()
}

/// R08
#[test]
fn a_data_connection_that_breaks_ends_the_transfer_only() -> Result {
    let site = Site::start(&[])?;
    site.put("big", vec![7; 20_000_000])?;
    let mut ftp = site.log_in()?;
    let mut data = ftp.passive()?;
    ftp.run("RETR big", "150")?;
    data.read_exact(&mut [0; 1000])?;
    drop(data);
    ftp.expect("426")?;
    ftp.run("NOOP", "200")?;
    assert_eq!(ftp.get("big")?.len(), 20_000_000);
    site.server.stop()
}

/// R09, T01, T02, T05
#[test]
fn files_arrive_as_they_were_sent() -> Result {
    let site = Site::start(&[])?;
    let bytes = grade::random_bytes(1, 512_000).repeat(10);
    let mut ftp = site.log_in()?;
    ftp.put("f", &bytes)?;
    assert!(fs::read(site.home().join("f"))? == bytes);
    assert!(ftp.get("f")? == bytes);
    ftp.put("f", b"xy")?;
    assert_eq!(fs::read(site.home().join("f"))?, b"xy");
    for text in ["1\n", "2\n"] {
        let (reply, _) = ftp.transfer("APPE log", Some(text.as_bytes()), None)?;
        assert_eq!(reply.code, 226);
    }
    assert_eq!(fs::read(site.home().join("log"))?, b"1\n2\n");
    assert_eq!(site.names(), ["f", "log"]);
    site.server.stop()
}

/// T04
#[test]
fn rest_continues_an_upload() -> Result {
    let site = Site::start(&[])?;
    site.fill()?;
    let mut ftp = site.log_in()?;
    ftp.run("REST 10", "350")?;
    assert_eq!(ftp.transfer("STOR long.txt", Some(b"XX"), None)?.0.code, 226);
    assert!(fs::read(site.home().join("long.txt"))?.starts_with(b"0123456789XX"));
    ftp.run("REST 1000", "350")?;
    assert_eq!(ftp.transfer("STOR long.txt", Some(b"XX"), None)?.0.code, 553);
    // Forgotten after one transfer.
    ftp.put("long.txt", b"new")?;
    assert_eq!(fs::read(site.home().join("long.txt"))?, b"new");
    site.server.stop()
}

/// T06
#[test]
fn stou_finds_a_new_name_each_time() -> Result {
    let site = Site::start(&[])?;
    let mut ftp = site.log_in()?;
    let mut named = Vec::new();
    for _ in 0..2 {
        let mut data = ftp.passive()?;
        let reply = ftp.run("STOU", "150")?;
        named.push(reply.text.split("FILE: ").nth(1).unwrap_or_default().trim().to_owned());
        data.write_all(b"1")?;
        drop(data);
        ftp.expect("226")?;
    }
    assert_eq!(site.names(), named);
    site.server.stop()
}

/// A03
#[test]
fn mfmt_and_chmod_set_what_they_say() -> Result {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::start(&[])?;
    site.fill()?;
    let mut ftp = site.log_in()?;
    ftp.run("MFMT 20170921013410 hello.txt", "213")?;
    ftp.run("SITE CHMOD 600 hello.txt", "200")?;
    let meta = fs::metadata(site.home().join("hello.txt"))?;
    let time = meta.modified()?.duration_since(UNIX_EPOCH).unwrap();
    assert_eq!(time.as_secs(), 1_505_957_650);
    assert_eq!(meta.permissions().mode() & 0o777, 0o600);
    site.server.stop()
}

/// X11
#[test]
fn data_may_be_connected_late() -> Result {
    let site = Site::start(&[])?;
    site.fill()?;
    let mut ftp = site.log_in()?;
    let address = ftp.passive_address()?;
    ftp.send("RETR hello.txt")?;
    ftp.control.expect_silence()?;
    let mut text = String::new();
    connect(address)?.read_to_string(&mut text)?;
    assert_eq!(text, "hello world\n");
    ftp.expect("150")?;
    ftp.expect("226")?;
    site.server.stop()
}

/// S04: an upload to a link that leads out replaces the link, and touches nothing outside.
#[test]
fn an_upload_does_not_follow_a_link_out() -> Result {
    let site = Site::start(&[])?;
    site.fill()?;
    site.log_in()?.put("link-out", b"evil")?;
    assert_eq!(fs::read_to_string(site.outside())?, "TOPSECRET\n");
    assert_eq!(fs::read(site.home().join("link-out"))?, b"evil");
    site.server.stop()
}

/// Anonymous clients read, and change nothing.
#[test]
fn anonymous_may_read_only_unless_said_otherwise() -> Result {
    let site = Site::start(&[])?;
    site.fill()?;
    let mut ftp = Ftp::anonymous(&site.server)?;
    assert_eq!(ftp.get("hello.txt")?, b"hello world\n");
    for line in [
        "STOR x",
        "APPE x",
        "STOU",
        "DELE hello.txt",
        "MKD x",
        "RMD empty",
        "RNFR hello.txt",
        "RNTO x",
        "MFMT 20170921013410 hello.txt",
        "SITE CHMOD 600 hello.txt",
    ] {
        ftp.run(line, "550")?;
    }
    let open = Site::start(&["--anonymous-write"])?;
    Ftp::anonymous(&open.server)?.put("x", b"y")?;
    assert_eq!(open.names(), ["x"]);
    open.server.stop()?;
    site.server.stop()
}
