//! Files from a folder: listings, compressed twins, ranges, and a store that stays small.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod drive;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use drive::drive;
use httpcore::{Files, Http};

fn get(http: &Arc<Http>, path: &str, fields: &str) -> String {
    get_at(http, path, fields, Instant::now())
}

fn get_at(http: &Arc<Http>, path: &str, fields: &str, now: Instant) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: l\r\n{fields}\r\n");
    String::from_utf8_lossy(&drive(http, [request.as_bytes()], usize::MAX, now).sent).into_owned()
}

fn serve(root: &Path) -> Arc<Http> {
    Http::new(Files::new(root).unwrap())
}

fn field<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next().unwrap();
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[test]
fn a_listing_has_folders_first_and_every_name_as_a_link_that_works() {
    let dir = tempfile::tempdir().unwrap();
    let names = ["b.txt", "a b&<c>.txt", "q?#%.txt", "中.txt", "c:d"];
    for name in names {
        fs::write(dir.path().join(name), name).unwrap();
    }
    fs::create_dir(dir.path().join("zoo")).unwrap();
    fs::write(dir.path().join(".hidden"), "").unwrap();
    std::os::unix::fs::symlink("/etc", dir.path().join("etc")).unwrap();
    let http = serve(dir.path());
    let page = get(&http, "/", "");
    let links: Vec<_> =
        page.split("href=\"./").skip(1).map(|l| l.split('"').next().unwrap()).collect();
    assert_eq!(links.len(), 6, "{page}");
    assert_eq!(links[0], "zoo/");
    for link in &links[1..] {
        let answer = get(&http, &format!("/{link}"), "");
        let body = answer.split("\r\n\r\n").nth(1).unwrap();
        assert!(names.contains(&body), "{link} leads to {answer}");
    }
    assert!(page.contains("a b&amp;&lt;c&gt;.txt") && page.contains("5 B"), "{page}");
    assert!(page.contains("prefers-color-scheme") || page.contains("light-dark("), "no dark mode");
    assert!(
        !page.contains("<script") && !page.contains(".hidden") && !page.contains("etc/"),
        "{page}"
    );
    assert!(get(&http, "/zoo/", "").contains("<a href=\"/zoo/\">zoo</a>"));
}

#[test]
fn a_listing_can_be_forbidden() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("a")).unwrap();
    let http = Http::new(Files::new(dir.path()).unwrap().listing(false));
    assert!(get(&http, "/a/", "").starts_with("HTTP/1.1 403 "));
    assert!(get(&http, "/b/", "").starts_with("HTTP/1.1 404 "));
    fs::write(dir.path().join("a/index.html"), "here").unwrap();
    assert!(get(&http, "/a/", "").ends_with("\r\n\r\nhere"));
}

#[test]
fn a_compressed_twin_is_sent_to_who_takes_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("p.html"), "plain").unwrap();
    fs::write(dir.path().join("p.html.gz"), "zipped").unwrap();
    let http = serve(dir.path());
    let plain = get(&http, "/p.html", "");
    let zipped = get(&http, "/p.html", "Accept-Encoding: br;q=1, GZip ; q=0.5\r\n");
    assert!(plain.ends_with("\r\n\r\nplain") && zipped.ends_with("\r\n\r\nzipped"));
    for answer in [&plain, &zipped] {
        assert_eq!(field(answer, "Vary"), Some("Accept-Encoding"));
        assert_eq!(field(answer, "Content-Type"), Some("text/html; charset=utf-8"));
    }
    assert_eq!(field(&zipped, "Content-Encoding"), Some("gzip"));
    assert_ne!(field(&plain, "ETag"), field(&zipped, "ETag"));
    for no in ["gzip;q=0", "gzip; q=0.000", "br", "x-gzipped"] {
        assert!(
            get(&http, "/p.html", &format!("Accept-Encoding: {no}\r\n")).ends_with("plain"),
            "{no}"
        );
    }
    // A twin that is older than its original is out of date.
    let old = std::time::SystemTime::now() - Duration::from_secs(60);
    fs::File::options()
        .write(true)
        .open(dir.path().join("p.html.gz"))
        .unwrap()
        .set_modified(old)
        .unwrap();
    let stale = get(&serve(dir.path()), "/p.html", "Accept-Encoding: gzip\r\n");
    assert!(stale.ends_with("\r\n\r\nplain") && field(&stale, "Vary").is_none(), "{stale}");
}

#[test]
fn several_ranges_come_in_parts_whose_length_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let text: String = (0..100_000).map(|n| char::from(b'a' + (n % 26) as u8)).collect();
    fs::write(dir.path().join("f.txt"), &text).unwrap();
    let http = serve(dir.path());
    let answer = get(&http, "/f.txt", "Range: bytes=0-1, 50000-89999,-3\r\n");
    assert!(answer.starts_with("HTTP/1.1 206 "), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(field(&answer, "Content-Length"), Some(body.len().to_string().as_str()));
    let kind = field(&answer, "Content-Type").unwrap();
    let mark = kind.strip_prefix("multipart/byteranges; boundary=").unwrap();
    let parts: Vec<_> = body.split(&format!("\r\n--{mark}")).collect();
    assert_eq!((parts.len(), parts[4]), (5, "--\r\n"));
    for (part, range) in parts[1..4].iter().zip([0..2, 50_000..90_000, 99_997..100_000]) {
        let (head, bytes) = part.split_once("\r\n\r\n").unwrap();
        let told = format!("Content-Range: bytes {}-{}/100000", range.start, range.end - 1);
        assert!(head.contains(&told) && head.contains("Content-Type: text/plain"), "{head}");
        assert!(bytes == &text[range]);
    }
    // More parts than anybody needs, or more bytes than the file has: the whole file.
    let many = (0..17).map(|n| format!("{n}-{n}")).collect::<Vec<_>>().join(",");
    for silly in [many.as_str(), "0-,0-", "0-5,x"] {
        let answer = get(&http, "/f.txt", &format!("Range: bytes={silly}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 200 "), "{silly}");
    }
    let etag = field(&answer, "ETag").unwrap();
    for (tag, status) in [(etag, "206"), ("\"other\"", "200"), (&format!("W/{etag}"), "200")] {
        let answer = get(&http, "/f.txt", &format!("Range: bytes=1-2\r\nIf-Range: {tag}\r\n"));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{tag}");
    }
}

#[test]
fn a_change_shows_when_the_second_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    fs::write(&path, "one").unwrap();
    let (http, now) = (serve(dir.path()), Instant::now());
    let first = get_at(&http, "/f", "", now);
    fs::write(&path, "three").unwrap();
    assert!(get_at(&http, "/f", "", now + Duration::from_millis(999)).ends_with("one"));
    let second = get_at(&http, "/f", "", now + Duration::from_millis(1001));
    assert!(second.ends_with("three"));
    assert_ne!(field(&first, "ETag"), field(&second, "ETag"));
    fs::remove_file(&path).unwrap();
    assert!(get_at(&http, "/f", "", now + Duration::from_secs(3)).starts_with("HTTP/1.1 404 "));
}

#[test]
fn however_many_files_are_asked_for_few_are_held_open() {
    let dir = tempfile::tempdir().unwrap();
    for n in 0..300 {
        fs::write(dir.path().join(n.to_string()), n.to_string()).unwrap();
    }
    let http = serve(dir.path());
    for n in 0..300 {
        assert!(get(&http, &format!("/{n}"), "").ends_with(&format!("\r\n\r\n{n}")));
    }
    let held = fs::read_dir("/proc/self/fd").unwrap().flatten().filter(|fd| {
        fs::read_link(fd.path()).is_ok_and(|to| to.starts_with(dir.path()) && to != dir.path())
    });
    assert!(held.count() <= 64);
}
