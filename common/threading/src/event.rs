//! `Event`: a flag that threads wait for.

use std::fmt;
use std::time::Duration;

use crate::sync::{AtomicU64, Deadline, Ordering, Room, const_unless_modelled};

/// The lowest bit of the word is the flag, the others count how often it was set.
const FLAG: u64 = 1;
const ONE_SET: u64 = 2;

/// A flag that is false at first, that [`set`](Event::set) makes true and [`clear`](Event::clear)
/// false, and that any number of threads can [`wait`](Event::wait) for (Python: `threading.Event`).
///
/// A waiter does not look at the flag when it wakes up but whether there was a `set` since it
/// came: so it returns true even if a `clear` followed at once.
///
/// ```
/// use std::time::Duration;
/// use threading::Event;
///
/// let event = Event::new();
/// assert!(!event.wait(Some(Duration::from_millis(1))));
/// event.set();
/// assert!(event.wait(None));
/// ```
pub struct Event {
    /// Changed only by those in the room, so no sleeper can miss a change; read by anyone.
    word: AtomicU64,
    room: Room,
}

impl Event {
    const_unless_modelled! {
        /// An event whose flag is false.
        pub const fn new() -> Self {
            Event { word: AtomicU64::new(0), room: Room::new(()) }
        }
    }

    /// Whether the flag is true.
    #[inline]
    pub fn is_set(&self) -> bool {
        self.word.load(Ordering::Acquire) & FLAG != 0
    }

    /// Makes the flag true and wakes all who wait for it.
    pub fn set(&self) {
        let key = self.room.enter();
        let word = self.word.load(Ordering::Relaxed);
        self.word.store((word + ONE_SET) | FLAG, Ordering::Release);
        drop(key);
        self.room.ring_all();
    }

    /// Makes the flag false: who calls [`wait`](Event::wait) from now on sleeps.
    pub fn clear(&self) {
        let _key = self.room.enter();
        let word = self.word.load(Ordering::Relaxed);
        self.word.store(word & !FLAG, Ordering::Release);
    }

    /// Sleeps until the flag is true, for at most `timeout`; false if the time ran out first.
    #[must_use = "false means that the time ran out; `let _ =` if it cannot"]
    pub fn wait(&self, timeout: Option<Duration>) -> bool {
        self.is_set() || self.sleep(Deadline::after(timeout))
    }

    #[cold]
    fn sleep(&self, deadline: Deadline) -> bool {
        let mut key = self.room.enter();
        let found = self.word.load(Ordering::Acquire);
        if found & FLAG != 0 {
            return true;
        }
        loop {
            let in_time = self.room.sleep(&mut key, deadline);
            // The flag was false when this thread came, so the count differs if and only if it was
            // set since.
            if self.word.load(Ordering::Acquire) / ONE_SET != found / ONE_SET {
                return true;
            }
            if !in_time {
                return false;
            }
        }
    }
}

impl Default for Event {
    fn default() -> Self {
        Event::new()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_set() { "<Event: set>" } else { "<Event: unset>" })
    }
}
