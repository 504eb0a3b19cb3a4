//! Who wants to know when something has happened: when a task has ended, when an event is set.

use std::fmt;
use std::rc::Rc;

use crate::hub::Waker;

/// Somebody who waits for several things at once, and has numbered them.
pub trait Notice {
    /// Number `nth` has.
    fn happened(&self, nth: usize);
}

/// One who wants to know.
pub(crate) enum Link {
    /// A task that waits for this alone.
    Wake(Waker),
    /// One that waits for several.
    Note(Rc<dyn Notice>, u32),
    /// A function of the user's. It runs in the hub.
    Call(Box<Call>),
}

/// A function, and a number to take it back with.
pub(crate) struct Call {
    pub(crate) id: u64,
    pub(crate) function: Box<dyn FnOnce()>,
}

impl Link {
    pub(crate) fn note(notice: &Rc<dyn Notice>, nth: usize) -> Link {
        Link::Note(Rc::clone(notice), u32::try_from(nth).unwrap_or(u32::MAX))
    }

    /// Tells them.
    pub(crate) fn fire(self) {
        match self {
            Link::Wake(waker) => drop(waker.wake()),
            Link::Note(notice, nth) => notice.happened(nth as usize),
            Link::Call(call) => (call.function)(),
        }
    }

    /// Whether it is a wait that is over.
    pub(crate) fn is_stale(&self) -> bool {
        matches!(self, Link::Wake(waker) if !waker.is_waiting())
    }

    pub(crate) fn is_note_of(&self, notice: &Rc<dyn Notice>) -> bool {
        matches!(self, Link::Note(own, _) if Rc::ptr_eq(own, notice))
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Link::Wake(_) => "Wake",
            Link::Note(..) => "Note",
            Link::Call(..) => "Call",
        })
    }
}

/// The links of one task, in the order they came; mostly none or one, which takes no allocation.
#[derive(Debug, Default)]
pub(crate) enum Links {
    #[default]
    None,
    One(Link),
    Many(Vec<Link>),
}

impl Links {
    pub(crate) fn push(&mut self, link: Link) {
        *self = match std::mem::take(self) {
            Links::None => Links::One(link),
            Links::One(first) => Links::Many(vec![first, link]),
            Links::Many(mut links) => {
                links.push(link);
                Links::Many(links)
            }
        };
    }

    /// Takes out those of which `is_out` is true; they are the caller's to drop, since a function of
    /// the user's may own what comes back here when it is dropped.
    pub(crate) fn take_out(&mut self, mut is_out: impl FnMut(&Link) -> bool) -> Links {
        match self {
            Links::One(link) if is_out(link) => std::mem::take(self),
            Links::Many(links) => Links::Many(links.extract_if(.., |link| is_out(link)).collect()),
            Links::None | Links::One(_) => Links::None,
        }
    }

    /// Whether there is a function of the user's among them.
    pub(crate) fn has_calls(&self) -> bool {
        let is_call = |link: &Link| matches!(link, Link::Call(..));
        match self {
            Links::None => false,
            Links::One(link) => is_call(link),
            Links::Many(links) => links.iter().any(is_call),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Links::None => 0,
            Links::One(_) => 1,
            Links::Many(links) => links.len(),
        }
    }

    /// Takes out the one that has been there longest.
    pub(crate) fn take_first(&mut self) -> Option<Link> {
        match self {
            Links::Many(links) => (!links.is_empty()).then(|| links.remove(0)),
            _ => match std::mem::take(self) {
                Links::One(link) => Some(link),
                _ => None,
            },
        }
    }

    pub(crate) fn for_each(self, mut f: impl FnMut(Link)) {
        match self {
            Links::None => {}
            Links::One(link) => f(link),
            Links::Many(links) => links.into_iter().for_each(f),
        }
    }
}
