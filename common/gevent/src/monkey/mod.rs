//! Ordinary blocking code becomes cooperative: Python's `gevent.monkey`.
//!
//! After [`patch_all`] the sockets, sleeps and name look-ups of `std`, and of every crate that calls
//! the C library as std does, let other tasks run where they would block.
//!
//! ```
//! use std::thread::sleep; // std's own
//! use std::time::{Duration, Instant};
//!
//! gevent::monkey::patch_all();
//! let begin = Instant::now();
//! let naps = [(); 10].map(|()| gevent::spawn(|| sleep(Duration::from_millis(20))));
//! gevent::joinall(&naps, None);
//! assert!(begin.elapsed() < Duration::from_millis(150)); // not 200
//! ```
//!
//! # How
//!
//! std asks the C library to wait: `recv`, `accept4`, `clock_nanosleep` … This crate defines functions
//! of these names, and the linker binds std's calls to them, since a program's own functions come
//! before those of a shared library. Called from a task of a patched thread (or from the thread's
//! main code) they try without waiting and, if need be, wait in the hub; called from anywhere else
//! they are the plain system calls.
//!
//! Python says: patch before you import, since what was imported earlier keeps the old functions.
//! Here the linker has put ours in every place at once, so "before" is simply: patch first thing in
//! each thread whose tasks are to cooperate. A thread that is not patched is not changed.
//!
//! # What is patched
//!
//! | part | of std | in the C library |
//! |---|---|---|
//! | [`patch_socket`] | `TcpStream`, `TcpListener`, `UdpSocket`, Unix sockets, pipes | `connect`, `accept`, `accept4`, `recv`, `recvfrom`, `recvmsg`, `send`, `sendto`, `sendmsg`, `read`, `readv`, `write`, `writev`, `sendfile`, `splice` |
//! | [`patch_time`] | `thread::sleep`, `sleep_until` | `clock_nanosleep`, `nanosleep`, `usleep`, `sleep` |
//! | [`patch_dns`] | `ToSocketAddrs` | `getaddrinfo` |
//! | [`patch_select`] | `TcpStream::connect_timeout`, `Command::output`, `Child::wait`, `File::lock` | `poll`, `ppoll`, `select`, `epoll_wait`, `waitpid`, `waitid`, `flock` |
//! | [`patch_thread`] | `Mutex`, `RwLock`, `Condvar`, `Once`, `yield_now`, `JoinHandle::join` | `syscall` (futex), `sched_yield`, `pthread_join` |
//!
//! What a program can see stays true: blocking mode and time limits are those its code has set (a
//! non-blocking socket says `WouldBlock`, a time limit too), a write may be short, `errno` is the
//! kernel's. No descriptor's mode is changed, but for the one system call that begins a connection or
//! sends a file. A signal does not cut a wait short; std would begin it anew. Files, and descriptors 0
//! to 2, are read and written as ever.
//!
//! # Killed in a patched call
//!
//! C functions cannot unwind. So a kill, or a [`Timeout`](crate::Timeout), makes the call in which the
//! task waits fail with `ECANCELED` (a sleep ends early), and every later patched call of that task
//! too. What was to be raised is raised at the next function of this crate that may wait, at the end of
//! [`with_timeout`](crate::with_timeout), and at the end of the task. A task that neither returns on
//! an error nor calls such a function is not ended by a kill. While a task unwinds, its patched calls
//! really block.
//!
//! # What cannot be patched
//!
//! - *Parked threads:* `thread::park`, and with it std's channels and scoped threads, crossbeam's
//!   channels, parking_lot's locks. They know threads, not tasks: use [`queue`](crate::queue) and
//!   [`lock`](crate::lock). Where such a wait can never end, since the only thread is the one that
//!   waits, the program says so and aborts.
//! - *A lock of std held by a task that waits* is waited for in the hub, but a kill cannot end that wait.
//! - `std::thread::spawn` starts a thread, not a task (Python's `patch_thread` turns threads into
//!   greenlets). The new thread is not patched.
//! - What waits elsewhere: io_uring, system calls made by instruction (rustix, Go), the C library's own
//!   internal waits (`gethostbyname`, `fgets`), `fcntl(F_SETLKW)`, `recvmmsg`, `epoll_pwait`, a `ppoll`
//!   with a signal mask, a `recv` with MSG_WAITALL.
//! - A listening socket that several *processes* accept from, or a thread that is not patched: between
//!   the look and the accept another may take the client, and the thread then blocks until the next.
//!   Make it non-blocking, or let each have its own (SO_REUSEPORT).
//! - A descriptor that *another thread* closes: who waits for it here goes on waiting, as with blocking
//!   calls of Linux. And one that is closed unseen (`close_range`, `fclose`) may be taken for what its
//!   number was before, until that is closed.

#![allow(unsafe_code)] // functions by the names of the C library, called by code that knows nothing of us

mod ask;
mod caller;
mod connect;
mod dns;
mod facts;
mod futex;
mod raw;
mod select;
mod state;
mod stuck;
mod time;
mod transfer;

use std::fmt;
use std::ops::BitOr;
use std::sync::Once;

use nix::libc;

/// Patches all there is, in this thread, for as long as it runs. Calling it again changes nothing.
pub fn patch_all() {
    patch(Parts::ALL);
}

/// Makes sockets and pipes cooperative, in this thread.
pub fn patch_socket() {
    patch(Parts::SOCKET);
}

/// Makes sleeps cooperative, in this thread.
pub fn patch_time() {
    patch(Parts::TIME);
}

/// Makes name look-ups cooperative, in this thread: they are done by a thread of the pool.
pub fn patch_dns() {
    patch(Parts::DNS);
}

/// Makes waiting for one of several descriptors, for child processes and for locks of files cooperative,
/// in this thread.
pub fn patch_select() {
    patch(Parts::SELECT);
}

/// Makes std's locks, `yield_now` and the joining of threads cooperative, in this thread.
pub fn patch_thread() {
    patch(Parts::THREAD);
}

/// Whether all of these parts are patched in this thread.
///
/// ```
/// use gevent::monkey::{Parts, is_patched, patch_socket, patch_time};
///
/// patch_socket();
/// assert!(is_patched(Parts::SOCKET) && !is_patched(Parts::TIME));
/// patch_time(); // what was patched before stays so
/// assert!(is_patched(Parts::SOCKET | Parts::TIME) && !is_patched(Parts::ALL));
/// ```
#[must_use]
pub fn is_patched(parts: Parts) -> bool {
    caller::parts().contain(parts)
}

/// Patches these parts, in this thread, in addition to what is patched already.
pub fn patch(parts: Parts) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        facts::begin();
        // SAFETY: the function only writes some words; it neither waits nor allocates.
        unsafe { libc::pthread_atfork(None, None, Some(caller::forget_in_child)) };
    });
    caller::patch(parts);
    if parts.contain(Parts::THREAD) {
        futex::find_parker();
    }
}

/// What can be patched.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Parts(u8);

impl Parts {
    /// Nothing.
    pub const NONE: Parts = Parts(0);
    /// See [`patch_socket`].
    pub const SOCKET: Parts = Parts(1);
    /// See [`patch_time`].
    pub const TIME: Parts = Parts(2);
    /// See [`patch_dns`].
    pub const DNS: Parts = Parts(4);
    /// See [`patch_select`].
    pub const SELECT: Parts = Parts(8);
    /// See [`patch_thread`].
    pub const THREAD: Parts = Parts(16);
    /// See [`patch_all`].
    pub const ALL: Parts = Parts(31);

    /// Whether all of `parts` are among these.
    #[must_use]
    pub const fn contain(self, parts: Parts) -> bool {
        self.0 & parts.0 == parts.0
    }
}

impl BitOr for Parts {
    type Output = Parts;

    fn bitor(self, other: Parts) -> Parts {
        Parts(self.0 | other.0)
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = ["socket", "time", "dns", "select", "thread"];
        let named = all.iter().enumerate().filter(|(bit, _)| self.0 >> bit & 1 == 1);
        f.debug_set().entries(named.map(|(_, name)| format_args!("{name}").to_string())).finish()
    }
}
