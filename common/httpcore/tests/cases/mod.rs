//! The table of raw requests, what it needs on disk, and how an answer is judged.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "not every test that includes it needs all of it")]

pub(crate) mod table;

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use httpcore::Why;

/// What the last answer of a case must hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Check {
    Nothing,
    /// A line of its head starts with this.
    Field(&'static str),
    Body(&'static str),
    Both(&'static str, &'static str),
    /// It is a refusal that names this rule.
    Fault(Why),
}

/// What a client does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Send(Vec<u8>),
    HalfClose,
}

/// One answer as a client reads it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// A 100 came before it.
    pub(crate) interim: bool,
}

/// The folder that the cases ask for files of; a secret lies beside it. Returns the folder.
pub(crate) fn make_tree(dir: &Path) -> std::path::PathBuf {
    let root = dir.join("www");
    for folder in ["sub", "list"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    let mut big: Vec<u8> = (0..=255).collect::<Vec<u8>>().repeat(1171);
    big.resize(300_000, 0);
    for (name, content) in [
        ("index.html", &b"<h1>root</h1>\n"[..]),
        ("hello.txt", b"hello world\n"),
        ("empty.txt", b""),
        ("big.bin", &big),
        ("a b.txt", b"space\n"),
        ("a+b.txt", b"plus\n"),
        ("ü.txt", b"umlaut\n"),
        ("100% x.txt", b"percent\n"),
        ("style.css", b"p{c:d}\n"),
        ("x.zzz", b"?\n"),
        ("sub/index.html", b"<h1>sub</h1>\n"),
        ("list/a.txt", b"a"),
        ("list/<b>&.txt", b"b"),
        (".hidden", b"h\n"),
    ] {
        fs::write(root.join(name), content).unwrap();
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        File::options().write(true).open(root.join(name)).unwrap().set_modified(old).unwrap();
    }
    fs::write(dir.join("secret.txt"), "TOPSECRET\n").unwrap();
    std::os::unix::fs::symlink("../secret.txt", root.join("link-out.txt")).unwrap();
    std::os::unix::fs::symlink("hello.txt", root.join("link-in.txt")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(root.join("pipe")).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo failed");
    root
}

/// The acts that a case's text stands for.
pub(crate) fn acts(text: &str) -> Vec<Act> {
    const GET: &str = "GET /hello.txt HTTP/1.1⏎Host: localhost⏎";
    let text = text
        .replace("{N}", &format!("{GET}Connection: close⏎⏎"))
        .replace("{G}", GET)
        .replace("{P}", "POST /count HTTP/1.1⏎Host: localhost⏎")
        .replace("{V}", "HTTP/1.1⏎Host: localhost⏎")
        // The validators of hello.txt: its time in nanoseconds and its length, both in hexadecimal.
        .replace("@ETAG@", "\"17979cfe362a0000-c\"")
        .replace("@LM@", "Tue, 14 Nov 2023 22:13:20 GMT");
    let mut acts = vec![Act::Send(Vec::new())];
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let Some(Act::Send(bytes)) = acts.last_mut() else {
            panic!("bytes behind {{FIN}}: {text}")
        };
        rest = &rest[c.len_utf8()..];
        match c {
            '⏎' => bytes.extend(b"\r\n"),
            '␊' => bytes.push(b'\n'),
            '␍' => bytes.push(b'\r'),
            '⇥' => bytes.push(b'\t'),
            '{' => {
                let (word, behind) = rest.split_once('}').unwrap();
                rest = behind;
                match word.split_once('*') {
                    _ if word == "FIN" => acts.push(Act::HalfClose),
                    Some(("fields", n)) => {
                        (0..n.parse().unwrap())
                            .for_each(|i: u32| bytes.extend(format!("X-{i}: y\r\n").bytes()));
                    }
                    Some((what, n)) => bytes.extend(what.repeat(n.parse().unwrap()).bytes()),
                    None => bytes.push(u8::from_str_radix(word, 16).unwrap()),
                }
            }
            c => bytes.extend(c.to_string().bytes()),
        }
    }
    acts
}

/// Takes what a server sent apart. `head_only`: the first request was HEAD.
pub(crate) fn answers(mut sent: &[u8], head_only: bool) -> Result<Vec<Answer>, String> {
    let (mut answers, mut interim) = (Vec::new(), false);
    while !sent.is_empty() {
        let end = find(sent, b"\r\n\r\n").ok_or("a head without an end")?;
        let head = String::from_utf8(sent[..end + 2].to_vec()).map_err(|e| e.to_string())?;
        sent = &sent[end + 4..];
        let words: Vec<_> = head.lines().next().unwrap_or_default().splitn(3, ' ').collect();
        let &["HTTP/1.1", status, _] = &words[..] else {
            return Err(format!("status line of {head:?}"));
        };
        let status: u16 = status.parse().map_err(|_| format!("status of {head:?}"))?;
        if status == 100 {
            interim = true;
            continue;
        }
        if !head.contains("\r\nDate: ") {
            return Err(format!("no Date in {head:?}"));
        }
        let bodiless = (head_only && answers.is_empty()) || matches!(status, 204 | 304);
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let length = match length {
            _ if bodiless => 0,
            Some(length) => length.parse().map_err(|_| format!("length of {head:?}"))?,
            None => return Err(format!("no length in {head:?}")),
        };
        let body = sent.get(..length).ok_or("a body cut short")?.to_vec();
        sent = &sent[length..];
        answers.push(Answer { status, head, body, interim: std::mem::take(&mut interim) });
    }
    Ok(answers)
}

/// Compares what a server sent, and whether it closed, with what the case wants.
pub(crate) fn judge(row: &table::Row, sent: &[u8], closed: bool) -> Result<(), String> {
    let &(id, name, text, want, rfc, check) = row;
    let answers =
        answers(sent, text.starts_with("HEAD")).map_err(|e| format!("{id} {name}: {e}"))?;
    let shown: Vec<_> = answers
        .iter()
        .map(|answer| format!("{}{}", if answer.interim { "100>" } else { "" }, answer.status))
        .collect();
    let got = match (shown.is_empty(), closed) {
        (true, false) => "none".to_owned(),
        (true, true) => "eof".to_owned(),
        (false, closed) => format!("{} {}", shown.join(","), if closed { "close" } else { "keep" }),
    };
    let mut wrong = (got != want).then(|| format!("want {want}, got {got}"));
    if let Some(last) = answers.last() {
        let has = |field: &str| last.head.lines().any(|line| line.starts_with(field));
        let holds = |body: &str| last.body == body.as_bytes();
        let fits = match check {
            Check::Nothing => true,
            Check::Field(field) => has(field),
            Check::Body(body) => holds(body),
            Check::Both(field, body) => has(field) && holds(body),
            Check::Fault(why) => String::from_utf8_lossy(&last.body).contains(why.text().1),
        };
        if !fits && wrong.is_none() {
            let body = last.body.escape_ascii().to_string();
            wrong = Some(format!("want {check:?}, got {} {}", last.head, body));
        }
        if closed != has("Connection: close") && wrong.is_none() {
            wrong = Some(format!("closed: {closed}, but announced: {}", last.head));
        }
    }
    if find(sent, b"TOPSECRET").is_some() {
        wrong = Some("the secret got out".to_owned());
    }
    wrong.map_or(Ok(()), |wrong| Err(format!("{id} {name} (RFC {rfc}): {wrong}")))
}

pub(crate) fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
