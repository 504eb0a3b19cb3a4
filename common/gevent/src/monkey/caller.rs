//! Who has made a patched call, and how it waits: in the hub, if it is a task of a patched thread.

use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use greenlet::Greenlet;
use nix::errno::Errno;
use nix::libc;

use super::facts::{Facts, Kind};
use super::raw::{Raw, sys};
use super::{Parts, futex};
use crate::hub::{self, Direction, Hub, Interrupt, Mailbox, Source, Waker, Woken};
use crate::waitlist::{Deadline, WaitList};

/// What a patched thread has beside its hub.
pub(super) struct Patched {
    pub(super) parts: Cell<Parts>,
    /// The signals that were blocked when it was patched.
    blocked: u64,
    /// Descriptors that somebody has waited for, by number.
    watched: RefCell<Vec<Option<Rc<Watched>>>>,
    /// Tasks that wait for a lock of std: its address, and their tickets there.
    at_locks: RefCell<Vec<(usize, u64)>>,
}

/// A descriptor that somebody of this thread has waited for.
pub(super) struct Watched {
    life: u32,
    pub(super) source: Rc<Source>,
    /// Who waits behind the one that the hub knows of: to read, to write.
    behind: [WaitList; 2],
}

thread_local! {
    /// A plain word without a destructor: it can be read before `main` and after everything.
    static PATCHED: Cell<Option<&'static Patched>> = const { Cell::new(None) };
    static END: End = const { End };
}

/// Takes leave of the thread: what is called after this blocks.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        if let Some(patched) = PATCHED.take() {
            drop(patched.watched.take());
            patched
                .at_locks
                .take()
                .into_iter()
                .for_each(|(lock, ticket)| futex::leave(lock, ticket));
        }
    }
}

/// What has been patched in this thread.
pub(super) fn parts() -> Parts {
    PATCHED.get().map_or(Parts::NONE, |patched| patched.parts.get())
}

/// Patches more of this thread.
pub(super) fn patch(parts: Parts) {
    let patched = PATCHED.get().unwrap_or_else(|| {
        // What greenlet finds out once for all threads it finds out now, while a thread that has to wait
        // for another's finding just waits: in the midst of a switch it could not wait in the hub.
        Greenlet::new(|()| ()).switch(());
        let new = Patched {
            parts: Cell::new(Parts::NONE),
            blocked: blocked_signals(),
            watched: RefCell::default(),
            at_locks: RefCell::default(),
        };
        let patched: &'static Patched = Box::leak(Box::new(new));
        PATCHED.set(Some(patched));
        let _ = END.try_with(|_| ());
        patched
    });
    patched.parts.set(patched.parts.get() | parts);
}

/// The signals that are blocked now, as bits.
fn blocked_signals() -> u64 {
    let mut blocked = 0_u64;
    let none = std::ptr::null::<u64>();
    // SAFETY: `blocked` is ours, and as large as we say.
    unsafe { sys!(SYS_rt_sigprocmask, libc::SIG_BLOCK, none, &raw mut blocked, 8_usize) };
    blocked
}

/// In a new process: it has no hub, and its parent's is not its own.
pub(super) extern "C" fn forget_in_child() {
    PATCHED.set(None);
}

/// How a call is to be carried out.
pub(super) enum Call {
    /// As the system call it is.
    Plain,
    /// Not at all: its task is being killed and has been told so.
    Cancelled,
    /// It waits in the hub.
    Cooperative(Caller),
}

/// A task of a patched thread (or its main code), with the turn.
#[derive(Clone, Copy)]
pub(super) struct Caller {
    hub: &'static Hub,
    patched: &'static Patched,
}

/// Why a wait did not end as it should have.
pub(super) enum Refused {
    /// Its time was over.
    TimedOut,
    /// With this error.
    Failed(Raw),
    /// It could not be in the hub: the call is to be made as it is, and really blocks.
    Plain,
}

/// Looks who calls.
#[inline]
pub(super) fn caller(part: Parts) -> Call {
    match PATCHED.get() {
        Some(patched) if patched.parts.get().contain(part) => of_patched(patched),
        _ => Call::Plain,
    }
}

#[inline]
fn of_patched(patched: &'static Patched) -> Call {
    let Some(hub) = hub::existing() else { return Call::Plain };
    match hub.of_current(|core| core.is_announced()) {
        None => Call::Plain, // the hub itself, or a function that it calls
        Some(false) => Call::Cooperative(Caller { hub, patched }),
        Some(true) if std::thread::panicking() => Call::Plain,
        Some(true) => Call::Cancelled,
    }
}

/// What a call returns whose task is being killed. A loop that takes no notice of it must not keep the
/// others from their turns.
#[cold]
pub(super) fn cancelled() -> Raw {
    if let Some(hub) = hub::existing() {
        hub.step_aside();
    }
    CANCELLED
}

const CANCELLED: Raw = -(libc::ECANCELED as Raw);

/// As [`caller`], for calls that know no failure: a task that is being killed waits like any other.
pub(super) fn deaf_caller(part: Parts) -> Option<Caller> {
    let patched = PATCHED.get().filter(|patched| patched.parts.get().contain(part))?;
    let hub = hub::existing()?;
    hub.of_current(|_| Caller { hub, patched })
}

impl Caller {
    /// One more call that may succeed at once: after many, others get their turns.
    #[inline]
    pub(super) fn spend(self) -> Result<(), Refused> {
        // A signal handler that writes to its pipe must not let others run: they would find what it
        // has interrupted half done. While it runs, its signal is blocked.
        if self.hub.is_out_of_patience() && blocked_signals() != self.patched.blocked {
            return Ok(());
        }
        self.heed(self.hub.spend_or())
    }

    /// Gives way to all who are ready.
    pub(super) fn give_way(self) -> Result<(), Refused> {
        self.unmoved(|| self.hub.give_way_or())
    }

    /// Waits so long.
    pub(super) fn sleep(self, time: Duration) -> Result<(), Refused> {
        if time.is_zero() {
            return self.give_way();
        }
        self.unmoved(|| self.hub.wait_or("the end of a sleep", Some(time), drop).map(drop))
    }

    /// Asks again and again, ever less often, until the answer is there: for what the kernel gives
    /// no notice of.
    pub(super) fn ask(self, answer: impl FnMut() -> Option<Raw>) -> Result<Raw, Refused> {
        self.ask_within(None, answer)
    }

    /// As [`Caller::ask`], with a time limit.
    pub(super) fn ask_within(
        self,
        limit: Option<Duration>,
        mut answer: impl FnMut() -> Option<Raw>,
    ) -> Result<Raw, Refused> {
        const LONGEST: Duration = Duration::from_millis(10);
        let deadline = Deadline::after(limit);
        let mut pause = Duration::from_micros(50);
        loop {
            if let Some(answer) = answer() {
                return Ok(answer);
            }
            let left = deadline.left();
            if left.is_some_and(|left| left.is_zero()) {
                return Err(Refused::TimedOut);
            }
            self.sleep(left.map_or(pause, |left| left.min(pause)))?;
            pause = (2 * pause).min(LONGEST);
        }
    }

    /// What is known of a descriptor here, if somebody has waited for it.
    #[inline]
    pub(super) fn watched(self, fd: c_int, facts: Facts) -> Option<Rc<Watched>> {
        let watched = self.patched.watched.try_borrow().ok()?;
        let watched = watched.get(fd as usize)?.as_ref()?;
        (watched.life == facts.life()).then(|| Rc::clone(watched))
    }

    fn watch(self, fd: c_int, facts: Facts) -> Rc<Watched> {
        if let Some(watched) = self.watched(fd, facts) {
            return watched;
        }
        let behind = [WaitList::default(), WaitList::default()];
        let source = Source::new();
        source.short_read_empties.set(facts.kind() == Kind::Tcp);
        let new = Rc::new(Watched { life: facts.life(), source, behind });
        let old = {
            let mut all = self.patched.watched.borrow_mut();
            if all.len() <= fd as usize {
                all.resize(fd as usize + 1, None);
            }
            all[fd as usize].replace(Rc::clone(&new))
        };
        if let Some(old) = old {
            old.gone(self.hub, fd); // closed by another thread
        }
        new
    }

    /// Waits until a read or write of `fd` may succeed; the caller has just tried in vain.
    pub(super) fn wait(
        self,
        fd: c_int,
        facts: Facts,
        direction: Direction,
        limit: Option<Duration>,
    ) -> Result<(), Refused> {
        let watched = self.watch(fd, facts);
        let behind = &watched.behind[direction as usize];
        if watched.source.is_awaited(direction) {
            // Several tasks may read one descriptor, in the order in which they came.
            let turn =
                || behind.wait_or(behind.ticket(), "a descriptor that others wait for", limit);
            return match self.unmoved(turn)? {
                Woken::TimedOut => Err(Refused::TimedOut),
                Woken::Called => watched.is_still(facts),
            };
        }
        watched.source.ready(direction).set(false);
        // SAFETY: the number belongs to an open descriptor: whoever closes it while we wait tells the
        // hub first (`closing`).
        let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
        let deadline = Deadline::after(limit);
        let waited =
            self.unmoved(|| self.hub.wait_ready(&watched.source, direction, borrowed, deadline));
        // The next ones try too: whatever has happened may be enough for several, or this one may be
        // on its way out.
        behind.call_all();
        match waited? {
            Ok(()) => watched.is_still(facts),
            Err(error) => Err(match (error.kind(), error.raw_os_error()) {
                (std::io::ErrorKind::TimedOut, _) => Refused::TimedOut,
                (_, Some(libc::EBADF)) => Refused::Failed(-(libc::EBADF as Raw)),
                _ => Refused::Plain, // it cannot be watched
            }),
        }
    }

    /// Waits for a change of any of these; the caller has just looked in vain.
    pub(super) fn wait_any(
        self,
        wanted: &[(c_int, Direction)],
        limit: Option<Duration>,
    ) -> Result<(), Refused> {
        let mut places = Vec::with_capacity(wanted.len());
        for &(fd, direction) in wanted {
            let facts = Facts::of(fd).ok_or(Refused::Plain)?;
            let watched = self.watch(fd, facts);
            // SAFETY: the number is only named to epoll, which knows whether there is such.
            let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
            self.hub.watch(&watched.source, borrowed).map_err(|_| Refused::Plain)?;
            places.push((watched, direction, None));
        }
        let enter = |waker: Waker| {
            for (watched, direction, ticket) in &mut places {
                if watched.source.is_awaited(*direction) {
                    *ticket = Some(watched.behind[*direction as usize].join(waker.clone()));
                } else {
                    watched.source.waiter(*direction).replace(Some(waker.clone()));
                }
            }
        };
        let woken =
            self.unmoved(|| self.hub.wait_watched("one of several descriptors", limit, enter));
        for (watched, direction, ticket) in places {
            let behind = &watched.behind[direction as usize];
            match ticket {
                Some(ticket) => behind.leave(ticket),
                None => {
                    watched.source.forget_stale(direction);
                    behind.call_all();
                }
            }
        }
        if woken? == Woken::TimedOut { Err(Refused::TimedOut) } else { Ok(()) }
    }

    /// Has `f` run by a thread; `None` if no thread could be had, or `f` panicked.
    pub(super) fn on_thread<R: Send + 'static>(
        self,
        f: impl FnOnce() -> R + Send + 'static,
    ) -> Result<Option<R>, Refused> {
        self.unmoved(|| crate::threadpool::own_pool().apply_or(f)).map(Result::ok)
    }

    /// Waits for a lock of std until somebody posts a letter. `enqueue` puts its number and address
    /// where that somebody finds them, or says that the lock has changed; `dequeue` takes them away
    /// again, or says that they have been found.
    pub(super) fn wait_for_lock(
        self,
        address: usize,
        limit: Option<Duration>,
        enqueue: impl FnOnce(u64, Arc<Mailbox>) -> Option<u64>,
        dequeue: impl FnOnce(u64) -> bool,
    ) -> Result<(), Refused> {
        let Ok((number, mailbox)) = self.hub.expect_mail() else { return Err(Refused::Plain) };
        let Some(ticket) = enqueue(number, mailbox) else {
            self.hub.mail_is_off(number);
            return Err(Refused::Failed(super::raw::AGAIN));
        };
        self.patched.at_locks.borrow_mut().push((address, ticket));
        let waited = self.hub.wait_for_lock(number, limit);
        self.patched.at_locks.borrow_mut().retain(|(_, other)| *other != ticket);
        let found = !dequeue(ticket);
        if !found {
            self.hub.mail_is_off(number);
        }
        match self.heed(waited)? {
            // Who was called at the last moment has been called: nobody else was.
            Woken::TimedOut if !found => Err(Refused::TimedOut),
            _ => Ok(()),
        }
    }

    /// The task's name.
    pub(super) fn name(self) -> String {
        self.hub.of_current(|core| core.name()).unwrap_or_default()
    }

    /// Runs a wait of the hub, lets nothing unwind out of it, and leaves `errno` as it was.
    fn unmoved<R>(self, wait: impl FnOnce() -> Result<R, Interrupt>) -> Result<R, Refused> {
        let errno = Errno::last_raw();
        // What is thrown into the task's greenlet, not by the hub, comes as a panic.
        let waited = greenlet::catch(wait).unwrap_or_else(|payload| Err(Interrupt::Throw(payload)));
        Errno::set_raw(errno);
        self.heed(waited)
    }

    fn heed<R>(self, waited: Result<R, Interrupt>) -> Result<R, Refused> {
        match waited {
            Ok(result) => Ok(result),
            Err(Interrupt::Unwinding) => Err(Refused::Plain),
            Err(interrupt) => {
                self.hub.of_current(|core| core.announce(interrupt));
                Err(Refused::Failed(CANCELLED))
            }
        }
    }
}

impl Watched {
    /// Closed meanwhile, the number may stand for something else by now.
    fn is_still(&self, facts: Facts) -> Result<(), Refused> {
        if self.life == facts.life() { Ok(()) } else { Err(Refused::Failed(-(libc::EBADF as Raw))) }
    }

    fn gone(&self, hub: &Hub, fd: c_int) {
        // SAFETY: the number is only named to epoll, to take it off its list.
        hub.forget(&self.source, unsafe { BorrowedFd::borrow_raw(fd) });
        self.behind.iter().for_each(WaitList::call_all);
    }
}

/// A descriptor of this thread is about to be closed: who waits for it gets EBADF.
pub(super) fn closing(fd: c_int) {
    let (Some(patched), Some(hub)) = (PATCHED.get(), hub::existing()) else { return };
    let watched = match patched.watched.try_borrow_mut() {
        Ok(mut all) => all.get_mut(fd as usize).and_then(Option::take),
        Err(_) => None,
    };
    if let Some(watched) = watched {
        watched.gone(hub, fd);
    }
}
