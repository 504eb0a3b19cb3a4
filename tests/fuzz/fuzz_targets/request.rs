//! What httpcore takes for a request, httparse must read as the same request.
#![no_main]

#[path = "../../../common/httpcore/tests/drive/mod.rs"]
mod drive;

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Instant;

use httpcore::{Http, Request, Response};
use libfuzzer_sys::fuzz_target;

static SEEN: Mutex<Option<(String, Vec<Vec<u8>>)>> = Mutex::new(None);
static HTTP: LazyLock<Arc<Http>> = LazyLock::new(|| {
    Http::new(|request: &Request<'_>| {
        let fields = request.headers().map(|(_, value)| value.to_vec()).collect();
        SEEN.lock().expect("nobody panicked").get_or_insert((request.method().to_string(), fields));
        Response::text("ok")
    })
});

fuzz_target!(|input: &[u8]| {
    *SEEN.lock().expect("nobody panicked") = None;
    let sent = drive::drive(
        &HTTP,
        [input].into_iter().filter(|i| !i.is_empty()),
        usize::MAX,
        Instant::now(),
    )
    .sent;
    let Some((method, fields)) = SEEN.lock().expect("nobody panicked").take() else { return };
    if !sent.starts_with(b"HTTP/1.1 200 ")
        || input.windows(8).any(|w| w.starts_with(b"HTTP/1.") && w[7] > b'1')
    {
        return; // The first was refused; or a version that httparse does not know.
    }
    let start = input.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(0);
    let mut room = [httparse::EMPTY_HEADER; 100];
    let mut request = httparse::Request::new(&mut room);
    assert!(request.parse(&input[start..]).is_ok_and(|status| status.is_complete()));
    let theirs: Vec<_> = request.headers.iter().map(|h| h.value.trim_ascii().to_vec()).collect();
    assert_eq!((request.method, theirs), (Some(method.as_str()), fields));
});
