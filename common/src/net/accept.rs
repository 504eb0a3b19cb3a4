//! What to do when `accept` fails: pass over it, or wait a little.

use std::io;
use std::time::{Duration, Instant};

use nix::errno::Errno;

/// Why `accept` gave no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Nobody is waiting in the queue.
    Nobody,
    /// This one connection died before it was accepted; the next may be well.
    ThisOne,
    /// The system has no room for any: no descriptors, no buffers.
    Everyone,
}

impl Refused {
    /// Sorts an error of accept(2) as its manual page groups them.
    ///
    /// Whatever is not known to concern one connection alone counts as [`Refused::Everyone`], so that
    /// an error nobody thought of leads to a pause and never to a busy loop.
    pub fn because(error: &io::Error) -> Refused {
        match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EAGAIN) => Refused::Nobody,
            Some(
                Errno::EINTR
                | Errno::ECONNABORTED
                | Errno::EPERM
                | Errno::EPROTO
                | Errno::ENETDOWN
                | Errno::ENOPROTOOPT
                | Errno::EHOSTDOWN
                | Errno::ENONET
                | Errno::EHOSTUNREACH
                | Errno::EOPNOTSUPP
                | Errno::ENETUNREACH
                | Errno::ETIMEDOUT,
            ) => Refused::ThisOne,
            _ => Refused::Everyone,
        }
    }
}

/// The pause before the next try while there is no room: 10 ms at first, doubled up to a second.
#[derive(Debug, Default)]
pub struct Backoff {
    again_at: Option<Instant>,
    pause: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(10);
    const LONGEST: Duration = Duration::from_secs(1);

    /// There was no room: wait longer than last time. True for the first time in a row.
    pub fn failed(&mut self) -> bool {
        let first = self.again_at.is_none();
        self.pause = if first { Self::FIRST } else { (self.pause * 2).min(Self::LONGEST) };
        self.again_at = Some(Instant::now() + self.pause);
        first
    }

    /// There was room: the next failure begins with the shortest pause again.
    pub fn succeeded(&mut self) {
        self.again_at = None;
    }

    /// Something was given back: the next try may come at once.
    pub fn retry_now(&mut self) {
        if self.again_at.is_some() {
            self.again_at = Some(Instant::now());
        }
    }

    /// How long to wait before the next try; `None`: no need to wait.
    pub fn remaining(&self) -> Option<Duration> {
        let left = self.again_at?.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_one_connection_does_not_stop_the_others() {
        let of = |errno: Errno| Refused::because(&errno.into());
        assert_eq!(of(Errno::ECONNABORTED), Refused::ThisOne);
        assert_eq!(of(Errno::EAGAIN), Refused::Nobody);
        for errno in [Errno::EMFILE, Errno::ENFILE, Errno::ENOBUFS, Errno::ENOMEM, Errno::EBADF] {
            assert_eq!(of(errno), Refused::Everyone, "{errno}");
        }
    }

    #[test]
    fn pauses_double_up_to_a_second_and_begin_anew() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.remaining(), None);
        assert!(backoff.failed());
        for _ in 0..20 {
            assert!(!backoff.failed());
        }
        assert_eq!(backoff.pause, Backoff::LONGEST);
        assert!(backoff.remaining() > Some(Duration::from_millis(500)));
        backoff.retry_now();
        assert_eq!(backoff.remaining(), None);
        backoff.succeeded();
        assert!(backoff.failed());
        assert_eq!(backoff.pause, Backoff::FIRST);
    }
}
