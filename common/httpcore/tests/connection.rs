//! The connection's promises: time, memory, bodies, streams, panics, the end.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod drive;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use drive::drive;
use httpcore::{
    Connection, Http, Limits, Request, Response, Router, Service, Status, Step, Upload, site,
};

const GET: &[u8] = b"GET /hello HTTP/1.1\r\nHost: l\r\n\r\n";

fn http() -> Arc<Http> {
    Http::new(site::new(None, true).unwrap())
}

/// Everything the connection wants to send now, taken at once; `FIN` where it closes its half.
fn take(connection: &mut Connection, now: Instant) -> String {
    let mut sent = Vec::new();
    loop {
        let count = match connection.step() {
            Step::Send { bytes, .. } => {
                sent.extend_from_slice(bytes);
                bytes.len()
            }
            Step::HalfClose => {
                sent.extend_from_slice(b"FIN");
                continue;
            }
            _ => return String::from_utf8(sent).unwrap(),
        };
        connection.sent(count as u64, now);
    }
}

fn answer(http: &Arc<Http>, request: &str) -> String {
    let outcome = drive(http, [request.as_bytes()], usize::MAX, Instant::now());
    String::from_utf8(outcome.sent).unwrap()
}

#[test]
fn a_head_that_drips_is_cut_off_ten_seconds_after_its_first_byte() {
    let (http, start) = (http(), Instant::now());
    let mut connection = Connection::new(&http, "c", start);
    assert!(matches!(connection.step(), Step::Receive));
    assert_eq!(connection.deadline(), start + Duration::from_secs(15));
    let first = start + Duration::from_secs(3);
    for second in 0..9 {
        let now = first + Duration::from_secs(second);
        connection.feed(&GET[second as usize..=second as usize], now);
        assert!(matches!(connection.step(), Step::Receive));
        assert_eq!(connection.deadline(), first + Duration::from_secs(10));
        connection.expire(now);
        assert!(matches!(connection.step(), Step::Receive), "let go too early");
    }
    let late = first + Duration::from_secs(10);
    connection.expire(late);
    let sent = take(&mut connection, late);
    assert!(sent.starts_with("HTTP/1.1 408 ") && sent.ends_with("FIN"), "{sent}");
    assert!(matches!(connection.step(), Step::Receive));
    connection.expire(connection.deadline());
    assert!(matches!(connection.step(), Step::Close));
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let (http, start) = (http(), Instant::now());
    let mut connection = Connection::new(&http, "c", start);
    connection.feed(GET, start);
    let answered = start + Duration::from_secs(1);
    assert!(take(&mut connection, answered).ends_with("Hello World"));
    assert!(matches!(connection.step(), Step::Receive));
    assert_eq!(connection.deadline(), answered + Duration::from_secs(15));
    connection.expire(connection.deadline());
    assert!(matches!(connection.step(), Step::Close));
}

#[test]
fn a_body_that_drips_is_given_up_and_one_that_flows_is_not() {
    let (http, start) = (http(), Instant::now());
    let head = b"POST /count HTTP/1.1\r\nHost: l\r\nContent-Length: 100000\r\n\r\n";
    let mut slow = Connection::new(&http, "c", start);
    slow.feed(head, start);
    for second in 1..15 {
        slow.feed(b"x", start + Duration::from_secs(second));
    }
    assert_eq!(slow.deadline(), start + Duration::from_secs(15));
    slow.expire(slow.deadline());
    assert!(take(&mut slow, start).starts_with("HTTP/1.1 408 "));

    let mut steady = Connection::new(&http, "c", start);
    steady.feed(head, start);
    let mut now = start;
    for _ in 0..100 {
        now += Duration::from_secs(14);
        steady.feed(&[b'x'; 1000], now);
        steady.expire(now);
    }
    assert!(take(&mut steady, now).ends_with("\r\n\r\n100000\n"));
}

#[test]
fn a_client_that_does_not_read_is_let_go() {
    let (http, start) = (http(), Instant::now());
    let mut connection = Connection::new(&http, "c", start);
    connection.feed(GET, start);
    assert!(matches!(connection.step(), Step::Send { .. }));
    let later = start + Duration::from_secs(14);
    connection.sent(1, later);
    assert_eq!(connection.deadline(), later + Duration::from_secs(15));
    connection.expire(connection.deadline());
    assert!(matches!(connection.step(), Step::Close));
}

#[test]
fn many_pipelined_requests_take_bounded_memory() {
    let (http, now) = (http(), Instant::now());
    let mut connection = Connection::new(&http, "c", now);
    let (piece, mut answers, mut fed) = (GET.repeat(500), 0, 0);
    while answers < 100_000 {
        let mut most = 0;
        while let Step::Send { bytes, .. } = connection.step() {
            most = most.max(bytes.len());
            answers += bytes.windows(11).filter(|w| *w == b"Hello World").count();
            let count = bytes.len() as u64;
            connection.sent(count, now);
        }
        assert!(most < 64 * 1024, "{most} bytes are waiting to be sent");
        assert!(matches!(connection.step(), Step::Receive));
        if fed < 100_000 {
            connection.feed(&piece, now);
            fed += 500;
        }
    }
    assert_eq!(answers, 100_000);
}

#[test]
fn while_it_owes_it_does_not_ask_for_more() {
    let (http, now) = (http(), Instant::now());
    let mut connection = Connection::new(&http, "c", now);
    connection.feed(GET, now);
    for _ in 0..3 {
        assert!(matches!(connection.step(), Step::Send { .. }));
    }
}

#[test]
fn a_panic_costs_its_client_a_500_and_the_connection_goes_on() {
    let both = "GET /boom HTTP/1.1\r\nHost: l\r\n\r\nGET /hello HTTP/1.1\r\nHost: l\r\n\r\n";
    let sent = answer(&http(), both);
    assert!(sent.starts_with("HTTP/1.1 500 Internal Server Error\r\n"), "{sent}");
    assert!(sent.ends_with("Hello World"), "{sent}");
}

/// Panics, or breaks off, in the middle of a body.
struct Odd(bool);

impl Upload for Odd {
    fn data(&mut self, _: &[u8]) -> ControlFlow<Response> {
        assert!(!self.0, "in the middle");
        ControlFlow::Break(Response::error(Status(415)))
    }

    fn done(&mut self) -> Response {
        Response::new(Status(204))
    }
}

#[test]
fn an_upload_may_panic_or_break_off() {
    let router = Router::new().upload("/panic", |_| Odd(true)).upload("/break", |_| Odd(false));
    let http = Http::new(router);
    for (path, status) in [("/panic", 500), ("/break", 415)] {
        let request = format!("POST {path} HTTP/1.1\r\nHost: l\r\nContent-Length: 9\r\n\r\nabcd");
        let outcome = drive(&http, [request.as_bytes(), b"efghi"], usize::MAX, Instant::now());
        let sent = String::from_utf8(outcome.sent).unwrap();
        assert!(sent.starts_with(&format!("HTTP/1.1 {status} ")), "{sent}");
        assert!(sent.contains("Connection: close\r\n") && outcome.closed);
    }
}

#[test]
fn a_form_reaches_its_handler_whole() {
    let body = "name=%E6%9D%8E+%E9%9B%B7&x=1%2B1&flag";
    let request = format!(
        "POST /form HTTP/1.1\r\nHost: l\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let whole = answer(&http(), &request);
    assert!(whole.ends_with("\r\n\r\nname = 李 雷\nx = 1+1\nflag = \n"), "{whole}");
    let bytes: Vec<_> = request.as_bytes().chunks(1).collect();
    let dripped = drive(&http(), bytes, 3, Instant::now());
    assert!(dripped.sent.ends_with(b"flag = \n"));
}

#[test]
fn a_body_too_large_to_collect_is_refused_before_it_comes_or_while_it_does() {
    let head = "POST /form HTTP/1.1\r\nHost: l\r\n";
    let sent = answer(&http(), &format!("{head}Content-Length: 1048577\r\n\r\n"));
    assert!(sent.starts_with("HTTP/1.1 413 "), "{sent}");
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 19, "x".repeat(1 << 19)).repeat(3);
    let sent = answer(&http(), &format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}"));
    assert!(sent.starts_with("HTTP/1.1 413 "), "{sent}");
}

#[test]
fn a_chunked_body_beyond_the_limit_is_refused() {
    let limits = Limits { body: 10, ..Limits::default() };
    let http = Http::with_limits(site::new(None, true).unwrap(), limits);
    let request = "POST /count HTTP/1.1\r\nHost: l\r\nTransfer-Encoding: chunked\r\n\r\n\
                   6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n";
    assert!(answer(&http, request).starts_with("HTTP/1.1 413 "));
}

#[test]
fn an_unwanted_body_is_read_past_or_ends_the_connection() {
    let small = format!(
        "GET /hello HTTP/1.1\r\nHost: l\r\nContent-Length: 1000\r\n\r\n{}",
        "x".repeat(1000)
    );
    let sent = answer(&http(), &(small + "GET /hello HTTP/1.1\r\nHost: l\r\n\r\n"));
    assert_eq!(sent.matches("HTTP/1.1 200 OK").count(), 2);
    assert!(!sent.contains("Connection: close"));
    let large =
        "GET /hello HTTP/1.1\r\nHost: l\r\nContent-Length: 1000000\r\n\r\nGET / HTTP/1.1\r\n";
    let outcome = drive(&http(), [large.as_bytes()], usize::MAX, Instant::now());
    let sent = String::from_utf8(outcome.sent).unwrap();
    assert_eq!(sent.matches("HTTP/1.1 ").count(), 1);
    assert!(sent.contains("Connection: close") && outcome.closed);
}

#[test]
fn a_hundred_is_sent_only_to_who_waits_for_a_body_that_is_wanted() {
    let http = http();
    let expecting = |path: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: l\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        )
    };
    assert_eq!(answer(&http, &expecting("/count")), "HTTP/1.1 100 Continue\r\n\r\n");
    let refused = answer(&http, &expecting("/hello"));
    assert!(
        refused.starts_with("HTTP/1.1 405 ") && refused.contains("Connection: close"),
        "{refused}"
    );
    let empty = answer(
        &http,
        "POST /count HTTP/1.1\r\nHost: l\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
    );
    assert!(empty.starts_with("HTTP/1.1 200 "), "{empty}");
}

#[test]
fn a_stream_is_chunked_for_http_1_1_and_ends_the_connection_of_1_0() {
    let made = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&made);
    let http = Http::new(Router::new().get("/stream", move |_| {
        let counter = Arc::clone(&counter);
        Response::stream(
            "text/plain",
            (0..3).map(move |i| {
                counter.fetch_add(1, Relaxed);
                format!("piece {i}\n").into_bytes()
            }),
        )
    }));
    let new = answer(&http, "GET /stream HTTP/1.1\r\nHost: l\r\n\r\n");
    let body = "8\r\npiece 0\n\r\n8\r\npiece 1\n\r\n8\r\npiece 2\n\r\n0\r\n\r\n";
    assert!(new.contains("Transfer-Encoding: chunked\r\n") && new.ends_with(body), "{new}");
    let old = answer(&http, "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert!(
        old.contains("Connection: close\r\n")
            && old.ends_with("\r\n\r\npiece 0\npiece 1\npiece 2\n")
    );
    made.store(0, Relaxed);
    let head = answer(&http, "HEAD /stream HTTP/1.1\r\nHost: l\r\n\r\n");
    assert!(head.ends_with("\r\n\r\n") && made.load(Relaxed) == 0, "{head}");
}

#[test]
fn a_stop_answers_what_was_asked_and_closes_who_is_idle() {
    let (http, now) = (http(), Instant::now());
    let mut idle = Connection::new(&http, "c", now);
    idle.feed(b"GET /hel", now);
    idle.stop();
    assert!(matches!(idle.step(), Step::Close));

    let mut owed = Connection::new(&http, "c", now);
    owed.feed(GET, now);
    owed.stop();
    assert!(take(&mut owed, now).ends_with("Hello WorldFIN"));

    let mut sending = Connection::new(&http, "c", now);
    sending.feed(b"POST /count HTTP/1.1\r\nHost: l\r\nContent-Length: 3\r\n\r\na", now);
    sending.stop();
    assert!(matches!(sending.step(), Step::Receive));
    sending.feed(b"bc", now);
    let sent = take(&mut sending, now);
    assert!(sent.contains("Connection: close\r\n") && sent.ends_with("3\nFIN"), "{sent}");
}

#[test]
fn a_half_closed_client_gets_all_its_answers() {
    let outcome = drive(&http(), [&GET.repeat(3), &b""[..]], 10, Instant::now());
    assert_eq!(String::from_utf8(outcome.sent).unwrap().matches("Hello World").count(), 3);
    assert!(outcome.closed);
    assert_eq!(drive(&http(), [b"GET /he".as_slice(), b""], 10, Instant::now()).sent, b"");
}

#[test]
fn a_field_cannot_end_its_line() {
    let http = Http::new(|request: &Request<'_>| {
        Response::text("x").header("X-Echo", request.query("v").unwrap_or_default())
    });
    let sent = answer(&http, "GET /?v=a%0d%0aSet-Cookie:%20b HTTP/1.1\r\nHost: l\r\n\r\n");
    assert!(sent.contains("X-Echo: a  Set-Cookie: b\r\n"), "{sent}");
}

#[test]
fn handlers_see_what_was_asked() {
    struct Show;
    impl Service for Show {
        fn respond(&self, request: &Request<'_>) -> httpcore::Reply {
            let names: Vec<_> = request.headers().map(|(name, _)| name.into_owned()).collect();
            Response::text(format!(
                "{} {} {:?} {:?} {:?} {}",
                request.method(),
                request.path(),
                request.query("a b"),
                request.header("x-one"),
                names,
                request.peer()
            ))
            .into()
        }
    }
    let sent = answer(
        &Http::new(Show),
        "PUT /%E4%B8%AD/?a+b=c%26 HTTP/1.1\r\nHost: l\r\nX-One:  1\t\r\n\r\n",
    );
    let body = "PUT /中/ Some(\"c&\") Some(\"1\") [\"Host\", \"X-One\"] 127.0.0.1:1";
    assert!(sent.ends_with(body), "{sent}");
}

#[test]
fn methods_of_a_path_are_told() {
    let sent = answer(&http(), "DELETE /hello HTTP/1.1\r\nHost: l\r\n\r\n");
    assert!(
        sent.starts_with("HTTP/1.1 405 ") && sent.contains("Allow: GET, HEAD, OPTIONS\r\n"),
        "{sent}"
    );
    let sent = answer(&http(), "OPTIONS /count HTTP/1.1\r\nHost: l\r\n\r\n");
    assert!(
        sent.starts_with("HTTP/1.1 204 ") && sent.contains("Allow: POST, OPTIONS\r\n"),
        "{sent}"
    );
}

/// The notes print a request with three slips; each is named to who types it by hand.
#[test]
fn the_notes_own_lines_are_slips_and_the_answer_says_which() {
    let spaces = answer(&http(), "GET  /   HTTP/1.1\r\n");
    assert!(spaces.starts_with("HTTP/1.1 400 ") && spaces.contains("line 1: GET  /   HTTP/1.1\n"));
    assert!(spaces.contains("one space") && spaces.contains("只有一个空格"), "{spaces}");
    let host = answer(&http(), "GET / HTTP/1.1\r\nHost: localhost: 8080\r\n");
    assert!(host.starts_with("HTTP/1.1 400 ") && host.contains("line 2: Host: localhost: 8080\n"));
    assert!(host.contains("without blanks"), "{host}");
    let newline = answer(&http(), "GET / HTTP/1.1\n");
    assert!(newline.starts_with("HTTP/1.1 400 ") && newline.contains("nc -C"), "{newline}");
}

#[test]
fn who_sends_for_ever_after_a_refusal_is_let_go() {
    let http = http();
    let begin = Instant::now();
    let mut connection = Connection::new(&http, "test", begin);
    connection.feed(b"GET  / HTTP/1.1\r\n\r\n", begin);
    assert!(take(&mut connection, begin).ends_with("FIN"));
    for tenth in 1..=19 {
        connection.feed(b"and on", begin + Duration::from_millis(100 * tenth));
        assert!(matches!(connection.step(), Step::Receive), "it is listened to for a while");
    }
    connection.feed(b"and on", begin + Duration::from_secs(2));
    assert!(matches!(connection.step(), Step::Close));
}
