//! What a program prints, collected while it runs.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A program that floods its output is read to the end, but no more than this is kept.
const KEPT: usize = 16 << 20;

/// Beyond this it is read slowly, so that a program that prints without end does not take a processor
/// to do so: at most 12 MB a second.
const PATIENTLY: usize = 1 << 20;
const PAUSE: Duration = Duration::from_millis(5);

/// One stream of a program; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Capture {
    shared: Arc<(Mutex<Text>, Condvar)>,
}

#[derive(Debug, Default)]
struct Text {
    bytes: Vec<u8>,
    /// All that came, kept or not.
    count: usize,
    ended: bool,
}

impl Capture {
    /// Reads `source` to its end on a thread of its own.
    ///
    /// The thread is never joined: a process that left the group may hold the other end for ever.
    pub(crate) fn of(mut source: impl Read + Send + 'static) -> Self {
        let capture = Self::default();
        let copy = capture.clone();
        thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            loop {
                match source.read(&mut buffer) {
                    Ok(count) if count > 0 => {
                        if copy.push(&buffer[..count]) > PATIENTLY {
                            thread::sleep(PAUSE);
                        }
                    }
                    Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                    _ => break,
                }
            }
            copy.lock().ended = true;
            copy.shared.1.notify_all();
        });
        capture
    }

    /// All that was printed until now; what is no UTF-8 is replaced.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock().bytes).into_owned()
    }

    /// How many bytes were printed until now.
    pub(crate) fn len(&self) -> usize {
        self.lock().count
    }

    /// Waits until what was printed satisfies `enough`; false if the stream ends or time is up first.
    pub(crate) fn wait(&self, limit: Duration, enough: impl Fn(&str) -> bool) -> bool {
        let end = Instant::now() + limit;
        let mut text = self.lock();
        loop {
            if enough(&String::from_utf8_lossy(&text.bytes)) {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if text.ended || left.is_zero() {
                return false;
            }
            let waited = self.shared.1.wait_timeout(text, left);
            text = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the stream has ended, so that nothing is missing.
    pub(crate) fn wait_end(&self, limit: Duration) {
        self.wait(limit, |_| false);
    }

    /// Gives how many bytes have come until now.
    fn push(&self, bytes: &[u8]) -> usize {
        let mut text = self.lock();
        text.count += bytes.len();
        let room = KEPT - text.bytes.len();
        text.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.shared.1.notify_all();
        text.count
    }

    fn lock(&self) -> MutexGuard<'_, Text> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
