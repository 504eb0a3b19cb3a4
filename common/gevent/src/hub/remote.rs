//! News from other threads: an eventfd that the hub watches, and what they left for it.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::io;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::eventfd::{EfdFlags, EventFd};

use super::fiber::Waker;
use super::poller::{Poller, Source};

/// Where other threads leave word for a hub.
#[derive(Debug)]
pub(crate) struct Mailbox {
    letters: Mutex<Vec<u64>>,
    bell: EventFd,
}

impl Mailbox {
    /// Tells the hub that what it numbered so has happened. From any thread.
    pub(crate) fn post(&self, number: u64) {
        let mut letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        letters.push(number);
        if letters.len() == 1 {
            // A full counter would still ring; nothing else can go wrong with an eventfd of ours.
            let _ = self.bell.write(1);
        }
    }
}

/// The hub's side: who waits for which number.
#[derive(Debug, Default)]
pub(super) struct Remote {
    mailbox: OnceCell<(Arc<Mailbox>, Rc<Source>)>,
    waiters: RefCell<HashMap<u64, Waker>>,
    /// Numbers given out and not heard of yet.
    pub(super) expected: Cell<usize>,
    next: Cell<u64>,
}

impl Remote {
    /// A new number, and where to post it.
    ///
    /// # Errors
    /// No descriptor left (the first time).
    pub(super) fn expect(&self, poller: &Poller) -> io::Result<(u64, Arc<Mailbox>)> {
        if self.mailbox.get().is_none() {
            let bell = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
            let source = Source::new();
            poller.register(&source, bell.as_fd())?;
            let mailbox = Arc::new(Mailbox { letters: Mutex::default(), bell });
            let _ = self.mailbox.set((mailbox, source));
        }
        let Some((mailbox, _)) = self.mailbox.get() else {
            return Err(io::Error::other("no mailbox"));
        };
        let number = self.next.get();
        self.next.set(number + 1);
        self.expected.set(self.expected.get() + 1);
        Ok((number, Arc::clone(mailbox)))
    }

    /// Who is to be woken when the number is heard of; `None`: nobody any more.
    pub(super) fn set_waiter(&self, number: u64, waker: Option<Waker>) {
        match waker {
            Some(waker) => drop(self.waiters.borrow_mut().insert(number, waker)),
            None => drop(self.waiters.borrow_mut().remove(&number)),
        }
    }

    /// Nothing will be posted under this number.
    pub(super) fn call_off(&self, number: u64) {
        self.expected.set(self.expected.get() - 1);
        self.set_waiter(number, None);
    }

    /// Reads the mail.
    pub(super) fn look(&self) {
        let Some((mailbox, _)) = self.mailbox.get() else { return };
        if self.expected.get() == 0 {
            return;
        }
        let letters = {
            let mut letters = mailbox.letters.lock().unwrap_or_else(PoisonError::into_inner);
            if letters.is_empty() {
                return;
            }
            let _ = mailbox.bell.read();
            std::mem::take(&mut *letters)
        };
        for number in letters {
            self.expected.set(self.expected.get() - 1);
            let waiter = self.waiters.borrow_mut().remove(&number);
            if let Some(waker) = waiter {
                waker.wake();
            }
        }
    }
}
