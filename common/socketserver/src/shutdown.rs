//! How another thread ends `serve_forever`.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use nix::sys::eventfd::{EfdFlags, EventFd};

/// Ends a server's `serve_forever` from another thread, also when the server itself is out of reach.
#[derive(Debug, Clone)]
pub struct ShutdownHandle(Arc<Control>);

/// What the serving threads and those that shut them down share.
#[derive(Debug)]
struct Control {
    requested: AtomicBool,
    /// Readable while `requested` is true, so that a serving thread need not look at intervals.
    event: EventFd,
    loops: Mutex<Loops>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Loops {
    serving: Vec<ThreadId>,
    /// How often the last of them has ended.
    rounds: u64,
}

impl ShutdownHandle {
    pub(crate) fn new() -> io::Result<ShutdownHandle> {
        Ok(ShutdownHandle(Arc::new(Control {
            requested: AtomicBool::new(false),
            event: EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?,
            loops: Mutex::default(),
            ended: Condvar::new(),
        })))
    }

    /// As [`Server::shutdown`](crate::Server::shutdown): returns when the loop has ended.
    pub fn shutdown(&self) {
        let loops = self.request();
        if loops.serving.contains(&thread::current().id()) {
            return;
        }
        let round = loops.rounds;
        let running = |loops: &mut Loops| !loops.serving.is_empty() && loops.rounds == round;
        drop(self.0.ended.wait_while(loops, running).unwrap_or_else(PoisonError::into_inner));
    }

    /// Lets `serve_forever` end as soon as it can, and does not wait for it.
    pub fn request_shutdown(&self) {
        drop(self.request());
    }

    fn request(&self) -> MutexGuard<'_, Loops> {
        let loops = self.loops();
        self.0.requested.store(true, SeqCst);
        // Fails only when it is readable already.
        let _ = self.0.event.write(1);
        loops
    }

    pub(crate) fn requested(&self) -> bool {
        self.0.requested.load(SeqCst)
    }

    pub(crate) fn event(&self) -> BorrowedFd<'_> {
        self.0.event.as_fd()
    }

    /// This thread serves from now on, until what is returned is dropped.
    pub(crate) fn serving(&self) -> Serving<'_> {
        self.loops().serving.push(thread::current().id());
        Serving(self)
    }

    fn loops(&self) -> MutexGuard<'_, Loops> {
        self.0.loops.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Present while a thread serves; a panic of a hook ends that too.
#[derive(Debug)]
pub(crate) struct Serving<'a>(&'a ShutdownHandle);

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        let control = &self.0.0;
        let mut loops = self.0.loops();
        if let Some(mine) = loops.serving.iter().position(|&id| id == thread::current().id()) {
            loops.serving.swap_remove(mine);
        }
        if loops.serving.is_empty() {
            loops.rounds += 1;
            control.requested.store(false, SeqCst);
            let _ = control.event.read();
            control.ended.notify_all();
        }
    }
}
