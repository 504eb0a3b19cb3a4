//! Who is connected: how many may be, who to tell when the program stops, and who has left.

use std::collections::{HashMap, HashSet};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use log::{info, warn};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::unistd::getpid;

use super::client::{Client, Connection};
use crate::process::{self, Ended, Pid};
use crate::stop;

/// The clients of one server, whichever thread or child process answers them.
#[derive(Debug)]
pub struct Guests {
    list: Mutex<List>,
    /// Someone waits for a place to become free.
    awaited: AtomicBool,
    /// Written to when one does and someone waits.
    freed: EventFd,
    /// Whether it has been written to since: spares a system call for each client.
    was_freed: AtomicBool,
    limit: usize,
    idle_timeout: Option<Duration>,
    /// What a client's leaving means in this model: "its thread ends".
    leaving: &'static str,
    /// The process that accepts; in a child the counts below are a stale copy.
    home: Pid,
}

#[derive(Debug, Default)]
struct List {
    next_id: u64,
    here: HashMap<u64, Weak<Connection>>,
    /// Handed over to a child process each.
    children: HashSet<Pid>,
}

impl List {
    fn len(&self) -> usize {
        self.here.len() + self.children.len()
    }
}

impl Guests {
    /// Nobody yet, and at most `limit` at once; a client that sends nothing for `idle_timeout` is let go.
    ///
    /// `leaving` says in the log what it means that a client has left, such as "its thread ends".
    ///
    /// # Errors
    ///
    /// No descriptor left for an eventfd.
    pub fn new(
        limit: usize,
        idle_timeout: Option<Duration>,
        leaving: &'static str,
    ) -> io::Result<Arc<Guests>> {
        Ok(Arc::new(Guests {
            list: Mutex::default(),
            awaited: AtomicBool::new(false),
            freed: EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?,
            was_freed: AtomicBool::new(false),
            limit,
            idle_timeout,
            leaving,
            home: getpid(),
        }))
    }

    /// Makes a connected socket a client: it counts, it is told to stop, its comings are logged.
    ///
    /// # Errors
    ///
    /// A socket option cannot be set: the peer has gone already.
    pub fn admit(self: &Arc<Self>, socket: OwnedFd, peer: String) -> io::Result<Client> {
        let connection = Arc::new(Connection::new(socket, self.idle_timeout)?);
        let (id, count) = self.enter(Arc::downgrade(&connection));
        info!("{peer}: connected ({count} here)");
        let why = OnceLock::new();
        let place = Place { guests: Arc::clone(self), id, peer, why, handed_over: false };
        Ok(Client::new(connection, place, self.idle_timeout))
    }

    /// Counts someone without a connection, such as the sender of a datagram that is being answered.
    pub fn visit(self: &Arc<Self>) -> Visit {
        let (id, _) = self.enter(Weak::new());
        Visit { guests: Arc::clone(self), id, handed_over: false }
    }

    fn enter(&self, connection: Weak<Connection>) -> (u64, usize) {
        let mut list = self.list();
        let id = list.next_id;
        list.next_id += 1;
        list.here.insert(id, connection);
        (id, list.len())
    }

    /// How many are connected now.
    pub fn count(&self) -> usize {
        self.list().len()
    }

    /// Whether as many are connected as may be. When one leaves, [`Guests::freed`] is readable.
    pub fn full(&self) -> bool {
        if self.count() < self.limit {
            return false;
        }
        self.await_place();
        // One may have left before it knew that someone waits.
        self.count() >= self.limit
    }

    /// A descriptor that becomes readable once a client has left after this call.
    pub fn freed(&self) -> BorrowedFd<'_> {
        self.await_place();
        self.freed.as_fd()
    }

    /// Whether a client has left since the last call; [`Guests::freed`] is not readable any more.
    pub fn seen_leaving(&self) -> bool {
        self.was_freed.swap(false, SeqCst) && self.freed.read().is_ok()
    }

    /// Collects the child processes that have ended: their clients have left.
    pub fn reap(&self) {
        let mut list = self.list();
        if list.children.is_empty() {
            return;
        }
        while let Some(pid) = process::ended_children() {
            // Some other code's child hides ours from that question: ask for each.
            if !list.children.contains(&pid) {
                return self.ask_for_each(list);
            }
            let Some(ended) = process::reap(pid) else {
                break;
            };
            self.ended(&mut list, pid, ended);
        }
    }

    /// As [`Guests::reap`], with a question to the kernel for each child: finds those, too, that
    /// other code of this process has collected.
    pub fn reap_each(&self) {
        self.ask_for_each(self.list());
    }

    fn ask_for_each(&self, mut list: MutexGuard<'_, List>) {
        let ended: Vec<(Pid, Ended)> =
            list.children.iter().filter_map(|&pid| Some((pid, process::reap(pid)?))).collect();
        for (pid, ended) in ended {
            self.ended(&mut list, pid, ended);
        }
    }

    /// A descriptor for each child process, readable when it has ended: for who waits for one where
    /// no signal handler tells of it ([`stop::child_event`]).
    pub fn child_events(&self) -> Vec<OwnedFd> {
        let list = self.list();
        list.children.iter().filter_map(|&pid| process::ended_event(pid).ok()).collect()
    }

    /// Waits until everybody has left. False if before that the program is asked to stop: then
    /// [`Guests::see_off`] them.
    pub fn await_all(&self) -> bool {
        loop {
            self.reap_each();
            let freed = self.freed();
            if self.count() == 0 || stop::requested() {
                return self.count() == 0;
            }
            let children = match stop::child_event() {
                Some(_) => Vec::new(),
                None => self.child_events(),
            };
            let fixed = [Some(freed), stop::event(), stop::child_event()];
            let all = fixed.into_iter().flatten().chain(children.iter().map(AsFd::as_fd));
            let mut events: Vec<_> = all.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
            let _ = poll(&mut events, PollTimeout::NONE);
            self.seen_leaving();
            stop::children_seen();
        }
    }

    /// Ends the stay of all: who waits for its next request is let go at once, who is being answered
    /// gets its answer within `grace`; whoever is left then is cut off. Returns how many those were.
    pub fn see_off(&self, grace: Duration) -> usize {
        let deadline = Instant::now() + grace;
        self.tell_to_leave(false);
        loop {
            self.reap_each();
            let count = self.count();
            let left = deadline.saturating_duration_since(Instant::now());
            if count == 0 || left.is_zero() {
                self.cut_off();
                return count;
            }
            let mut events = vec![PollFd::new(self.freed(), PollFlags::POLLIN)];
            events.extend(stop::child_event().map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
            if self.count() == count {
                let _ = poll(&mut events, timeout(Some(left)));
            }
            self.seen_leaving();
            stop::children_seen();
        }
    }

    fn tell_to_leave(&self, at_once: bool) {
        let list = self.list();
        for connection in list.here.values().filter_map(Weak::upgrade) {
            connection.stop_waiting();
        }
        for &pid in &list.children {
            process::terminate(pid, at_once);
        }
    }

    /// What is left are threads, which end with the process, and children, which are made to.
    fn cut_off(&self) {
        self.tell_to_leave(true);
        for pid in self.list().children.drain() {
            let _ = process::wait(pid);
        }
    }

    fn hand_over(&self, id: u64, pid: Pid) {
        let mut list = self.list();
        list.here.remove(&id);
        list.children.insert(pid);
    }

    fn leave(&self, id: u64) -> usize {
        let mut list = self.list();
        list.here.remove(&id);
        let count = list.len();
        drop(list);
        self.tell_waiting();
        count
    }

    /// From now on the next client to leave makes [`Guests::freed`] readable.
    pub(super) fn await_place(&self) {
        self.awaited.store(true, SeqCst);
    }

    fn tell_waiting(&self) {
        if self.awaited.swap(false, SeqCst) {
            self.was_freed.store(true, SeqCst);
            let _ = self.freed.write(1);
        }
    }

    fn ended(&self, list: &mut List, pid: Pid, ended: Ended) {
        list.children.remove(&pid);
        self.tell_waiting();
        let count = list.len();
        match ended {
            Ended::Exited(0) => info!("child {pid} {ended} ({count} left)"),
            _ => warn!("child {pid} {ended} ({count} left)"),
        }
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client's entry in the list, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    guests: Arc<Guests>,
    id: u64,
    pub(super) peer: String,
    /// Why the client left, if not of its own accord.
    pub(super) why: OnceLock<String>,
    handed_over: bool,
}

impl Place {
    /// The child process `pid` has the client now; its place is free when that ends.
    pub(super) fn hand_over(mut self, pid: Pid) {
        self.guests.hand_over(self.id, pid);
        self.handed_over = true;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.handed_over {
            return;
        }
        let count = self.guests.leave(self.id);
        let why = self.why.get().map_or("left", String::as_str);
        let leaving = self.guests.leaving;
        if getpid() == self.guests.home {
            info!("{}: {why}, {leaving} ({count} left)", self.peer);
        } else {
            info!("{}: {why}, {leaving}", self.peer);
        }
    }
}

/// The entry of someone without a connection, given back when it is dropped.
#[derive(Debug)]
pub struct Visit {
    guests: Arc<Guests>,
    id: u64,
    handed_over: bool,
}

impl Visit {
    /// The child process `pid` has the request now; the place is free when that ends.
    pub fn hand_over(mut self, pid: Pid) {
        self.guests.hand_over(self.id, pid);
        self.handed_over = true;
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if !self.handed_over {
            self.guests.leave(self.id);
        }
    }
}

/// A time limit as poll(2) wants it: whole milliseconds, rounded up; `None` is for ever.
pub fn timeout(limit: Option<Duration>) -> PollTimeout {
    let Some(limit) = limit else {
        return PollTimeout::NONE;
    };
    let millis = limit.as_nanos().div_ceil(1_000_000);
    PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX)
}
