//! Who waits for which descriptor: edge-triggered epoll.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use super::fiber::Waker;
use super::limit::Limit;

/// What the hub knows of one descriptor.
///
/// Edge-triggered: the kernel speaks up once, when something has changed. What it said is kept here
/// until a read or write finds that it is no longer true, so most calls need no epoll at all, and a
/// read that got less than it had room for need not be repeated only to hear "nothing".
#[repr(C, align(64))]
pub(crate) struct Source {
    // What each event and each wait touch comes first, so that it lies in one cache line.
    reader: Cell<Option<Waker>>,
    /// Where the poller keeps it, once somebody had to wait; [`NOWHERE`] before.
    key: Cell<u64>,
    /// A read may succeed: true until one has said otherwise.
    readable: Cell<bool>,
    /// The same of a write.
    writable: Cell<bool>,
    /// A read that leaves room has emptied it. That is so of TCP only (a Unix socket's read stops where
    /// a descriptor was sent along, a terminal's at the end of the line), and no more once there was an
    /// urgent byte, or the peer has closed.
    pub(crate) short_read_empties: Cell<bool>,
    pub(crate) closed: Cell<bool>,
    /// Who waits for it keeps no hub from being idle.
    pub(crate) in_background: Cell<bool>,
    writer: Cell<Option<Waker>>,

    read_limit: Limit,
    write_limit: Limit,
}

/// The key of a source that is not registered.
const NOWHERE: u64 = u64::MAX;

/// Which of the two directions somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

impl Source {
    pub(crate) fn new() -> Rc<Source> {
        Rc::new(Source {
            reader: Cell::new(None),
            key: Cell::new(NOWHERE),
            readable: Cell::new(true),
            writable: Cell::new(true),
            short_read_empties: Cell::new(false),
            closed: Cell::new(false),
            in_background: Cell::new(false),
            writer: Cell::new(None),
            read_limit: Limit::default(),
            write_limit: Limit::default(),
        })
    }

    /// Whether it is worth a try.
    #[inline]
    pub(crate) fn ready(&self, direction: Direction) -> &Cell<bool> {
        match direction {
            Direction::Read => &self.readable,
            Direction::Write => &self.writable,
        }
    }

    pub(crate) fn waiter(&self, direction: Direction) -> &Cell<Option<Waker>> {
        match direction {
            Direction::Read => &self.reader,
            Direction::Write => &self.writer,
        }
    }

    /// Whether somebody waits for it.
    pub(crate) fn is_awaited(&self, direction: Direction) -> bool {
        let place = self.waiter(direction);
        let waiter = place.take();
        let awaited = waiter.as_ref().is_some_and(Waker::is_waiting);
        place.set(waiter);
        awaited
    }

    /// Forgets who has waited for it, but not somebody who does so by now.
    pub(crate) fn forget_stale(&self, direction: Direction) {
        let place = self.waiter(direction);
        place.set(place.take().filter(Waker::is_waiting));
    }

    pub(super) fn limit(&self, direction: Direction) -> &Limit {
        match direction {
            Direction::Read => &self.read_limit,
            Direction::Write => &self.write_limit,
        }
    }

    /// Notes what has happened; returns who is to be woken.
    fn happened(&self, events: EpollFlags) -> [Option<Waker>; 2] {
        let broken = events.intersects(EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR);
        if broken || events.intersects(EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLPRI) {
            self.short_read_empties.set(false);
        }
        let to_read = EpollFlags::EPOLLIN | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLPRI;
        let now_ready = |direction, ready: bool| {
            let news = ready.then(|| self.ready(direction).set(true));
            news.and_then(|()| self.waiter(direction).take())
        };
        [
            now_ready(Direction::Read, broken || events.intersects(to_read)),
            now_ready(Direction::Write, broken || events.intersects(EpollFlags::EPOLLOUT)),
        ]
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("readable", &self.readable)
            .field("writable", &self.writable)
            .finish_non_exhaustive()
    }
}

/// The epoll descriptor of one hub and everything registered in it.
#[derive(Debug)]
pub(super) struct Poller {
    /// Made when somebody has to wait for a descriptor for the first time.
    epoll: RefCell<Option<Epoll>>,
    sources: RefCell<Slab>,
    events: RefCell<Vec<EpollEvent>>,
    /// How many tasks wait for a descriptor.
    pub(super) waiters: Cell<usize>,
}

/// At most so many events at a look; the rest comes with the next.
const BATCH: usize = 1024;

impl Poller {
    pub(super) fn new() -> Poller {
        Poller {
            epoll: RefCell::new(None),
            sources: RefCell::default(),
            events: RefCell::default(),
            waiters: Cell::new(0),
        }
    }

    /// Has the kernel tell of changes from now on; if the descriptor is ready now, of that too.
    ///
    /// # Errors
    /// Out of descriptors (the first time), out of memory, and EPERM for a regular file.
    pub(super) fn register(&self, source: &Rc<Source>, fd: BorrowedFd<'_>) -> io::Result<()> {
        if source.key.get() != NOWHERE {
            return Ok(());
        }
        let mut epoll = self.epoll.borrow_mut();
        let epoll = match &mut *epoll {
            Some(epoll) => epoll,
            none => {
                let new = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
                self.events.borrow_mut().resize(BATCH, EpollEvent::empty());
                none.insert(new)
            }
        };
        let key = self.sources.borrow_mut().insert(Rc::clone(source));
        let interest = EpollFlags::EPOLLIN
            | EpollFlags::EPOLLOUT
            | EpollFlags::EPOLLRDHUP
            | EpollFlags::EPOLLPRI
            | EpollFlags::EPOLLET;
        let mut event = EpollEvent::new(interest, key);
        let registered = match epoll.add(fd, event) {
            // Under another key, by somebody who has let go of it without closing it.
            Err(Errno::EEXIST) => epoll.modify(fd, &mut event),
            other => other,
        };
        if let Err(errno) = registered {
            self.sources.borrow_mut().remove(key);
            return Err(errno.into());
        }
        source.key.set(key);
        Ok(())
    }

    /// To be called before the descriptor is closed, so that nothing is said of it to whoever gets
    /// the same number next.
    pub(super) fn deregister(&self, source: &Source, fd: BorrowedFd<'_>) {
        let key = source.key.replace(NOWHERE);
        if key != NOWHERE
            && let Some(epoll) = &*self.epoll.borrow()
        {
            let _ = epoll.delete(fd);
            self.sources.borrow_mut().remove(key);
        }
    }

    /// The thread ends.
    pub(super) fn close(&self) {
        self.epoll.take();
        self.sources.take();
    }

    /// Waits at most so long for events (`None`: without end) and wakes whom they concern.
    pub(super) fn look(&self, limit: Option<Duration>) {
        let epoll = self.epoll.borrow();
        let Some(epoll) = &*epoll else {
            // Nobody has ever waited for a descriptor, so there is only time to wait for.
            if let Some(limit) = limit.filter(|limit| !limit.is_zero()) {
                std::thread::sleep(limit);
            }
            return;
        };
        if self.sources.borrow().is_empty() && limit.is_some_and(|limit| limit.is_zero()) {
            return;
        }
        let mut events = self.events.borrow_mut();
        let count = match epoll.wait(&mut events, timeout(limit)) {
            Ok(count) => count,
            Err(Errno::EINTR) => 0,
            Err(errno) => {
                log::error!("epoll_wait: {errno}");
                0
            }
        };
        for event in &events[..count] {
            let sources = self.sources.borrow();
            let woken = sources.get(event.data()).map(|source| source.happened(event.events()));
            drop(sources);
            woken.into_iter().flatten().flatten().for_each(|waker| _ = waker.wake());
        }
    }
}

/// Whole milliseconds, rounded up: who wakes too early would have to look again.
fn timeout(limit: Option<Duration>) -> EpollTimeout {
    let Some(limit) = limit else { return EpollTimeout::NONE };
    let millis = limit.as_nanos().div_ceil(1_000_000);
    EpollTimeout::try_from(i32::try_from(millis).unwrap_or(i32::MAX)).unwrap_or(EpollTimeout::MAX)
}

/// Sources by number. A number that is used again has another generation in its upper half, so an
/// event for the one before finds nobody.
#[derive(Debug, Default)]
struct Slab {
    places: Vec<(u32, Option<Rc<Source>>)>,
    free: Vec<u32>,
}

impl Slab {
    fn insert(&mut self, source: Rc<Source>) -> u64 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.places.push((0, None));
            u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
        });
        let place = &mut self.places[index as usize];
        place.1 = Some(source);
        u64::from(place.0) << 32 | u64::from(index)
    }

    fn get(&self, key: u64) -> Option<&Source> {
        let (generation, source) = self.places.get((key & 0xffff_ffff) as usize)?;
        source.as_deref().filter(|_| u64::from(*generation) == key >> 32)
    }

    fn remove(&mut self, key: u64) {
        let index = (key & 0xffff_ffff) as u32;
        if let Some(place) = self.places.get_mut(index as usize) {
            *place = (place.0.wrapping_add(1), None);
            self.free.push(index);
        }
    }

    fn is_empty(&self) -> bool {
        self.places.len() == self.free.len()
    }
}
