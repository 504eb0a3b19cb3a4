//! What holds for every input: no panic, no answer that depends on how the bytes were cut, no answer
//! that a client could not take apart, nothing held beyond the limits.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod drive;

use std::time::Instant;

use cases::answers;
use drive::drive;
use httpcore::{Http, site};
use proptest::prelude::*;

/// Pieces that requests are made of, good and bad, in any order.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => proptest::sample::select(vec![
            "GET /hello HTTP/1.1\r\n", "POST /count HTTP/1.1\r\n", "POST /form HTTP/1.0\r\n", "OPTIONS * HTTP/1.1\r\n",
            "GET /%2e%2e/x?q HTTP/1.1\r\n", "BREW / HTTP/1.1\r\n", "GET / HTTP/2.0\r\n", "GET http://h/time HTTP/1.1\r\n",
            "Host: l\r\n", "Content-Length: 5\r\n", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n",
            "Connection: close\r\n", "Connection: keep-alive\r\n", "Expect: 100-continue\r\n", "X: y\r\n", "\r\n",
            "\r\n\r\n", "hello", "5\r\nhello\r\n", "0\r\n\r\n", "0\r\nT: 1\r\n\r\n", "\n", "\r", " ", "X : 1\r\n", ": \r\n",
            "Content-Type: application/x-www-form-urlencoded\r\n", "a=1&b=%zz+",
        ]).prop_map(|s| s.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ]
}

/// Sometimes whole requests, so that more than refusals is tried out.
fn input() -> impl Strategy<Value = Vec<u8>> {
    let request =
        (0..4usize, proptest::collection::vec(piece(), 0..3)).prop_map(|(kind, extra)| {
            let start = ["GET /hello", "POST /count", "GET /nothing", "POST /form"][kind];
            let body = [
                "",
                "Content-Length: 5\r\n\r\nhello",
                "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                "\r\n",
            ];
            let mut bytes = format!("{start} HTTP/1.1\r\nHost: l\r\n").into_bytes();
            extra.iter().for_each(|piece| bytes.extend(piece));
            bytes.extend(if kind == 0 { b"\r\n" } else { body[kind].as_bytes() });
            bytes
        });
    proptest::collection::vec(prop_oneof![request, piece()], 0..12)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_input_is_answered_alike_in_every_split(
        input in input(),
        places in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
        most in 1..200usize,
        ends in any::<bool>(),
    ) {
        let http = Http::new(site::new(None, true).unwrap());
        let now = Instant::now();
        let end = ends.then_some(&b""[..]);
        let whole = drive(&http, Some(&input[..]).filter(|i| !i.is_empty()).into_iter().chain(end), usize::MAX, now);
        let mut places: Vec<_> = places.iter().map(|place| place.index(input.len() + 1)).collect();
        places.extend([0, input.len()]);
        places.sort_unstable();
        let pieces = places.windows(2).map(|w| &input[w[0]..w[1]]).filter(|piece| !piece.is_empty());
        let split = drive(&http, pieces.chain(end), most, now);
        prop_assert_eq!(whole.sent.escape_ascii().to_string(), split.sent.escape_ascii().to_string());
        prop_assert_eq!(whole.closed, split.closed);
        // None of the pieces is HEAD, so that every body is there.
        let taken_apart = answers(&whole.sent, false);
        prop_assert!(taken_apart.is_ok(), "{:?}", taken_apart);
        prop_assert!(whole.closed || !ends, "it goes on although the client has ended");
    }

    #[test]
    fn no_path_leads_out(segments in proptest::collection::vec(
        proptest::sample::select(vec!["..", ".", "", "%2e%2e", "%2E.", "a", "sub", "..%2f", "%00", "%", "..\\", "link"]), 0..8)) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        std::fs::create_dir_all(root.join("sub")).unwrap();
        std::fs::write(dir.path().join("a"), "SECRET").unwrap();
        std::os::unix::fs::symlink("..", root.join("link")).unwrap();
        let http = Http::new(site::new(Some(&root), true).unwrap());
        let request = format!("GET /{} HTTP/1.1\r\nHost: l\r\n\r\n", segments.join("/"));
        let sent = drive(&http, [request.as_bytes()], usize::MAX, Instant::now()).sent;
        prop_assert!(!String::from_utf8_lossy(&sent).contains("SECRET"), "{}", request);
    }
}
