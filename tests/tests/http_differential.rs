//! Two other readers of the same bytes: what httpcore takes for a request, httparse and hyper must, too.
//!
//! Request smuggling needs two readers who disagree on where a request ends. Refusing more than another
//! is safe; seeing a request where another sees none, or another body, is not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use httpcore::{Connection, Http, Reply, Request, Response, Service, Step};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[path = "../../common/httpcore/tests/cases/mod.rs"]
mod cases;

/// A request as a reader understood it: method, values of its fields, body.
type Seen = (String, Vec<Vec<u8>>, Vec<u8>);

#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Seen>>>);

impl Service for Recorder {
    fn respond(&self, request: &Request<'_>) -> Reply {
        if !request.is_complete() {
            return Reply::Collect(1 << 20);
        }
        let fields = request.headers().map(|(_, value)| value.to_vec()).collect();
        self.0.lock().unwrap().push((
            request.method().to_string(),
            fields,
            request.body().to_vec(),
        ));
        Response::text("ok").into()
    }
}

/// The requests that httpcore sees, and whether it refused something.
fn by_httpcore(input: &[u8]) -> (Vec<Seen>, bool) {
    let recorder = Recorder::default();
    let http = Http::new(recorder.clone());
    let now = Instant::now();
    let mut connection = Connection::new(&http, "c", now);
    let (mut sent, mut pieces) = (Vec::new(), [input, b""].into_iter());
    loop {
        let count = match connection.step() {
            Step::Receive => match pieces.next() {
                Some(piece) => {
                    connection.feed(piece, now);
                    continue;
                }
                None => break,
            },
            Step::Send { bytes, .. } => {
                sent.extend_from_slice(bytes);
                bytes.len()
            }
            Step::HalfClose => continue,
            Step::SendFile { .. } | Step::Close => break,
        };
        connection.sent(count as u64, now);
    }
    let refused = sent.windows(10).any(|w| w == b"HTTP/1.1 4" || w == b"HTTP/1.1 5");
    let seen = std::mem::take(&mut *recorder.0.lock().unwrap());
    (seen, refused)
}

/// The requests that hyper sees.
fn by_hyper(input: &[u8]) -> Vec<Seen> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = {
        let seen = Arc::clone(&seen);
        move |request: hyper::Request<Incoming>| {
            let seen = Arc::clone(&seen);
            async move {
                let (head, body) = request.into_parts();
                if let Ok(body) = body.collect().await {
                    let fields = head.headers.values().map(|v| v.as_bytes().to_vec()).collect();
                    let request = (head.method.to_string(), fields, body.to_bytes().to_vec());
                    seen.lock().unwrap().push(request);
                }
                Ok::<_, Infallible>(hyper::Response::new(Full::new(Bytes::from_static(b"ok"))))
            }
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let (mut client, server) = tokio::io::duplex(1 << 20);
        let serve = hyper::server::conn::http1::Builder::new()
            .half_close(true)
            .max_headers(100)
            .serve_connection(TokioIo::new(server), service_fn(record));
        let talk = async {
            let _ = client.write_all(input).await;
            let _ = client.shutdown().await;
            let mut answers = Vec::new();
            let _ = client.read_to_end(&mut answers).await;
        };
        let _ =
            tokio::time::timeout(Duration::from_secs(5), async { tokio::join!(serve, talk) }).await;
    });
    std::mem::take(&mut *seen.lock().unwrap())
}

/// Every request of ours is one of the other's, in the same order; if the other sees more, we refused
/// those, or they came behind the last.
fn compare(input: &[u8], name: &str) {
    if is_newer(input) {
        return;
    }
    let (ours, refused) = by_httpcore(input);
    let theirs = by_hyper(input);
    let shown = || format!("{name}: {}\nours {ours:?}\nhyper's {theirs:?}", input.escape_ascii());
    let sorted = |(method, fields, body): &Seen| {
        let mut fields = fields.clone();
        fields.sort();
        (method.clone(), fields, body.clone())
    };
    let mut rest = theirs.iter();
    for our in &ours {
        let found = rest.any(|their| sorted(our) == sorted(their));
        assert!(found, "hyper does not see this request of ours\n{}", shown());
    }
    assert!(
        ours.len() == theirs.len() || refused || last_is_close(&ours),
        "a request is lost\n{}",
        shown()
    );
}

/// RFC 9110 section 2.5 has us take HTTP/1.2 for 1.1; the others know no such version.
fn is_newer(input: &[u8]) -> bool {
    input.windows(8).any(|w| w.starts_with(b"HTTP/1.") && (b'2'..=b'9').contains(&w[7]))
}

fn last_is_close(seen: &[Seen]) -> bool {
    let close = |value: &Vec<u8>| value.to_ascii_lowercase().windows(5).any(|w| w == b"close");
    seen.last().is_some_and(|(_, fields, _)| fields.iter().any(close))
}

/// What httpcore takes for a head, httparse must read in the same way.
fn compare_head(input: &[u8]) {
    if is_newer(input) {
        return;
    }
    let (ours, refused) = by_httpcore(input);
    let Some((method, values, _)) = ours.first().filter(|_| !refused) else { return };
    let start = input.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(0);
    let mut fields = [httparse::EMPTY_HEADER; 100];
    let mut request = httparse::Request::new(&mut fields);
    let outcome = request.parse(&input[start..]);
    let shown = input.escape_ascii();
    assert!(outcome.is_ok_and(|status| status.is_complete()), "httparse: {outcome:?}\n{shown}");
    let theirs: Vec<_> =
        request.headers.iter().map(|header| header.value.trim_ascii().to_vec()).collect();
    assert_eq!((request.method, &theirs), (Some(method.as_str()), values), "{shown}");
}

#[test]
fn the_table_is_read_alike() {
    for row in cases::table::TABLE {
        let input = cases::acts(row.2).into_iter().find_map(|act| match act {
            cases::Act::Send(bytes) => Some(bytes),
            cases::Act::HalfClose => None,
        });
        compare(&input.unwrap(), row.0);
    }
}

#[test]
fn small_changes_to_the_table_are_read_alike() {
    const ODD: &[u8] = b"\r\n \t:;,0159aAzZ-+_\0\x7f\x80\xff/%#?.";
    let mut state = 1u64;
    let mut random = move |end: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % end
    };
    for row in cases::table::TABLE {
        let Some(cases::Act::Send(input)) = cases::acts(row.2).into_iter().next() else { continue };
        if input.len() > 1000 {
            continue;
        }
        for _ in 0..40 {
            let mut changed = input.clone();
            let at = random(changed.len());
            match random(3) {
                0 => changed[at] = ODD[random(ODD.len())],
                1 => changed.insert(at, ODD[random(ODD.len())]),
                _ => drop(changed.remove(at)),
            }
            compare_head(&changed);
            compare(&changed, row.0);
        }
    }
}
