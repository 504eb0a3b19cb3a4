//! What can go wrong with a task, and what tells that nothing can go on.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::rc::Rc;

use crate::hub::Payload;
use crate::timeout::TimedOut;

pub(crate) const CONCURRENT_USE: &str =
    "another task already waits for this descriptor (one reader and one writer at a time)";

/// What a task died of: the payload of its panic, which everybody who asks may look at.
#[derive(Clone)]
pub struct Exception(Rc<Payload>);

impl Exception {
    pub(crate) fn new(payload: Payload) -> Exception {
        Exception(Rc::new(payload))
    }

    /// An exception of any type: for [`AsyncResult::set_exception`](crate::event::AsyncResult).
    pub fn from_value(value: impl Any + Send) -> Exception {
        Exception::new(Box::new(value))
    }

    /// The payload, if it is a `T`.
    #[must_use]
    pub fn downcast_ref<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }

    /// Whether both are the very same.
    #[must_use]
    pub fn same(&self, other: &Exception) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = greenlet::text_of(&**self.0) {
            f.write_str(text)
        } else if let Some(timed_out) = self.downcast_ref::<TimedOut>() {
            timed_out.fmt(f)
        } else if let Some(loop_exit) = self.downcast_ref::<LoopExit>() {
            loop_exit.fmt(f)
        } else {
            f.write_str("a panic without a text")
        }
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exception({self})")
    }
}

impl Error for Exception {}

/// Why `get` has no value to give.
#[derive(Clone, Debug)]
pub enum GetError {
    /// It was not there in time.
    TimedOut,
    /// The task was killed; nobody calls this an error but who waits for its value.
    Killed,
    /// The task died of this.
    Failed(Exception),
    /// Somebody has taken the value already (see [`Task::take`](crate::Task::take)).
    Taken,
}

impl fmt::Display for GetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GetError::TimedOut => f.write_str("timed out"),
            GetError::Killed => f.write_str("the task was killed"),
            GetError::Failed(exception) => exception.fmt(f),
            GetError::Taken => f.write_str("the value has been taken already"),
        }
    }
}

impl Error for GetError {}

/// Raised in main when everybody waits and nothing can wake anyone: Python's `LoopExit`.
///
/// It is a panic payload; like every panic it is told on standard error when it is raised.
#[derive(Debug)]
pub struct LoopExit {
    waiting: Vec<(String, &'static str)>,
}

impl LoopExit {
    pub(crate) fn new(waiting: Vec<(String, &'static str)>) -> LoopExit {
        LoopExit { waiting }
    }

    /// Who waits (main first), and what for.
    #[must_use]
    pub fn waiting(&self) -> &[(String, &'static str)] {
        &self.waiting
    }

    /// Lets the panic hook tell of it.
    pub(crate) fn announced(self: Box<LoopExit>) -> Payload {
        let _ = greenlet::catch(|| panic!("{self}"));
        self
    }
}

impl fmt::Display for LoopExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 10;
        f.write_str("this would wait for ever, nothing is left that could wake anyone:")?;
        for (n, (name, what)) in self.waiting.iter().take(SHOWN).enumerate() {
            write!(f, "{} {name} waits for {what}", if n == 0 { "" } else { "," })?;
        }
        match self.waiting.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " … and {more} more"),
        }
    }
}

impl Error for LoopExit {}

/// Panic with this inside a task to have it raised in main: Python's `SystemExit`.
///
/// ```
/// use gevent::{SystemExit, catch, spawn};
///
/// let caught = catch(|| spawn(|| std::panic::panic_any(SystemExit(3))).join(None)).unwrap_err();
/// assert_eq!(caught.downcast_ref::<SystemExit>().unwrap().0, 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemExit(pub i32);
