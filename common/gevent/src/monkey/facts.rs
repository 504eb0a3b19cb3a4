//! What is known of each descriptor, so that not every wait has to ask the kernel: one word each,
//! for all threads.
//!
//! ```text
//!   63            32 31          8 7 6 5 4 3 2  0
//!   [ which life   ] [ revision  ] [  known  ][kind]
//! ```
//!
//! A number that is closed begins a new *life*; whoever remembers a thing of an earlier one sees that
//! it is gone. What can be changed while the descriptor lives (blocking mode, time limits) is kept only
//! of sockets that were made here and of which there is no copy, since a copy could change it unseen;
//! any change begins a new *revision*, so that an answer that was on its way is not noted down late.
//!
//! The table lies in zeroed memory that costs nothing until it is touched. It is read in signal
//! handlers, before `main` and after it: nothing here allocates or locks.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use nix::libc;

use super::raw;
use crate::hub::Direction;

/// As many descriptors can be made cooperative; higher numbers block as without a patch.
const MOST: usize = 1 << 20;

static TABLE: [AtomicU64; MOST] = [const { AtomicU64::new(0) }; MOST];

/// Some thread of this process has been patched: only from then on is anything noted down.
static IN_USE: AtomicBool = AtomicBool::new(false);

/// From now on.
pub(super) fn begin() {
    IN_USE.store(true, SeqCst);
}

/// What a descriptor is, as far as waiting for it is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A TCP socket.
    Tcp = 1,
    /// A socket with messages.
    Messages,
    /// Another socket, a pipe, an event descriptor, a terminal: something that can be polled.
    Pollable,
    /// A file, a folder, a disk, and 0 to 2: what never waits, or must never be waited for.
    Through,
}

impl Kind {
    /// The three numbers by which a socket is made.
    pub(super) fn of_socket(domain: c_int, r#type: c_int, protocol: c_int) -> Kind {
        let internet = [libc::AF_INET, libc::AF_INET6].contains(&domain);
        match r#type {
            libc::SOCK_STREAM if internet && [0, libc::IPPROTO_TCP].contains(&protocol) => {
                Kind::Tcp
            }
            libc::SOCK_STREAM => Kind::Pollable,
            _ => Kind::Messages,
        }
    }
}

const KIND: u64 = 0b111;
/// A socket made here, of which there is no copy.
const OWN: u64 = 1 << 3;
const BLOCKING: u64 = 1 << 4;
const NONBLOCKING: u64 = 1 << 5;
/// There is no time limit for reads, for writes.
const UNLIMITED: [u64; 2] = [1 << 6, 1 << 7];
const CHANGEABLE: u64 = BLOCKING | NONBLOCKING | UNLIMITED[0] | UNLIMITED[1];
const REVISION: u64 = 1 << 8;
const LIFE: u64 = 1 << 32;

/// The word of one descriptor.
#[derive(Clone, Copy)]
pub(super) struct Facts {
    fd: c_int,
    word: &'static AtomicU64,
}

impl Facts {
    /// `None` where nothing can be known: no descriptor, or one beyond the table.
    #[inline]
    pub(super) fn of(fd: c_int) -> Option<Facts> {
        let word = TABLE.get(usize::try_from(fd).ok()?)?;
        Some(Facts { fd, word })
    }

    /// Which life of this number it is.
    #[inline]
    pub(super) fn life(self) -> u32 {
        (self.word.load(SeqCst) / LIFE) as u32
    }

    /// Whether it is known, without a question, that its reads and writes wait.
    #[inline]
    pub(super) fn surely_blocks(self) -> bool {
        self.word.load(SeqCst) & BLOCKING != 0
    }

    /// Whether its reads and writes wait: its user has not made it non-blocking.
    pub(super) fn blocks(self) -> bool {
        let word = self.word.load(SeqCst);
        if word & (BLOCKING | NONBLOCKING) != 0 {
            return word & BLOCKING != 0;
        }
        let blocks = raw::is_blocking(self.fd);
        self.note(word, if blocks { BLOCKING } else { NONBLOCKING });
        blocks
    }

    /// How long its user wants a read, or a write, to wait at most.
    pub(super) fn limit(self, direction: Direction) -> Option<Duration> {
        let (unlimited, option) = match direction {
            Direction::Read => (UNLIMITED[0], libc::SO_RCVTIMEO),
            Direction::Write => (UNLIMITED[1], libc::SO_SNDTIMEO),
        };
        let word = self.word.load(SeqCst);
        if word & unlimited != 0 {
            return None;
        }
        let limit = raw::time_limit(self.fd, option);
        if limit.is_none() {
            self.note(word, unlimited);
        }
        limit
    }

    /// What it is.
    pub(super) fn kind(self) -> Kind {
        let word = self.word.load(SeqCst);
        match word & KIND {
            1 => return Kind::Tcp,
            2 => return Kind::Messages,
            3 => return Kind::Pollable,
            4 => return Kind::Through,
            _ => {}
        }
        let kind = ask_kind(self.fd);
        // It stays what it is, whatever is known besides; only a new life has another.
        let _ = self.word.try_update(SeqCst, SeqCst, |now| {
            (now / LIFE == word / LIFE).then_some(now & !KIND | kind as u64)
        });
        kind
    }

    /// Notes down an answer of the kernel, if the descriptor is one of which that can be done and
    /// nothing has changed since `word` was read.
    fn note(self, word: u64, known: u64) {
        if word & OWN != 0 {
            let _ = self.word.compare_exchange(word, word | known, SeqCst, SeqCst);
        }
    }
}

fn ask_kind(fd: c_int) -> Kind {
    if (0..=2).contains(&fd) {
        return Kind::Through;
    }
    // SAFETY: all zeroes is a `stat`; the kernel fills it in.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: `stat` is ours, and what the kernel calls `struct stat` on 64-bit machines.
    if unsafe { raw::sys!(SYS_fstat, fd, &raw mut stat) } < 0 {
        return Kind::Through;
    }
    match stat.st_mode & libc::S_IFMT {
        libc::S_IFSOCK => {
            let names = [libc::SO_DOMAIN, libc::SO_TYPE, libc::SO_PROTOCOL];
            let [domain, r#type, protocol] = names.map(|name| raw::option(fd, name).unwrap_or(-1));
            Kind::of_socket(domain, r#type, protocol)
        }
        libc::S_IFREG | libc::S_IFDIR | libc::S_IFBLK | libc::S_IFLNK => Kind::Through,
        _ => Kind::Pollable,
    }
}

/// A socket has been made, by this number.
pub(super) fn made(fd: c_int, kind: Option<Kind>) {
    let kind = kind.map_or(0, |kind| kind as u64);
    if let Some(facts) = in_use(fd) {
        let _ = facts.word.try_update(SeqCst, SeqCst, |word| Some(next_life(word) | OWN | kind));
    }
}

/// The number is about to be closed.
pub(super) fn closed(fd: c_int) {
    if let Some(facts) = in_use(fd) {
        let _ = facts.word.try_update(SeqCst, SeqCst, |word| Some(next_life(word)));
    }
}

/// Blocking mode or a time limit has been changed, by this number.
pub(super) fn changed(fd: c_int) {
    if let Some(facts) = in_use(fd) {
        let _ = facts.word.try_update(SeqCst, SeqCst, |word| Some(next_revision(word)));
    }
}

/// There are two numbers for it now: nothing changeable is kept of either.
pub(super) fn copied(fd: c_int, copy: c_int) {
    if let (Some(facts), Some(copy)) = (in_use(fd), in_use(copy)) {
        let _ = facts.word.try_update(SeqCst, SeqCst, |word| Some(next_revision(word) & !OWN));
        let _ = copy.word.try_update(SeqCst, SeqCst, |word| Some(next_life(word)));
    }
}

#[inline]
fn in_use(fd: c_int) -> Option<Facts> {
    if IN_USE.load(SeqCst) { Facts::of(fd) } else { None }
}

fn next_life(word: u64) -> u64 {
    (word / LIFE).wrapping_add(1).wrapping_mul(LIFE)
}

fn next_revision(word: u64) -> u64 {
    let revision = (word & (LIFE - 1) & !(REVISION - 1)).wrapping_add(REVISION) & (LIFE - 1);
    (word / LIFE * LIFE) | revision | (word & (REVISION - 1) & !CHANGEABLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_and_revisions_wrap_without_touching_each_other() {
        let word = (7 * LIFE) | (LIFE - REVISION) | OWN | BLOCKING | Kind::Tcp as u64;
        assert_eq!(next_revision(word), (7 * LIFE) | OWN | Kind::Tcp as u64);
        assert_eq!(next_life(word), 8 * LIFE);
        assert_eq!(next_life(u64::MAX), 0);
    }
}
