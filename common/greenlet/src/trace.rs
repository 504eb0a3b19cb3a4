//! `settrace`: who switched to whom.

use std::cell::RefCell;
use std::rc::Rc;

use crate::core::{self, Message, NodePtr, Role};
use crate::unwind::catch;

/// What kind of switch it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A value was carried over.
    Switch,
    /// Something was thrown into the target.
    Throw,
}

/// A greenlet as a tracer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    /// The same as [`Peer::id`](crate::Peer::id).
    pub id: u64,
    /// Its name; empty without one.
    pub name: String,
}

impl Traced {
    fn of(node: NodePtr) -> Traced {
        Traced { id: node.id, name: node.with_name(str::to_owned) }
    }
}

/// What [`settrace`] takes: called with the kind of switch, the one that is left and the one that
/// goes on.
pub type Tracer = Rc<dyn Fn(Event, &Traced, &Traced)>;

thread_local! {
    static TRACER: RefCell<Option<Tracer>> = const { RefCell::new(None) };
}

/// Has `tracer` called at each switch between greenlets of this thread, with the one that is left
/// and the one that goes on; returns the tracer there was before. `None` ends tracing.
///
/// It is called before the switch. If it panics, tracing ends and the panic is raised in the target,
/// as in Python. Generators are not traced.
pub fn settrace(tracer: Option<Tracer>) -> Option<Tracer> {
    core::set_tracing(tracer.is_some());
    TRACER.replace(tracer)
}

/// Tells the tracer; what it panics with replaces the message.
pub(crate) fn tell<T>(from: NodePtr, to: NodePtr, message: Message<T>) -> Message<T> {
    let traced = |node: NodePtr| matches!(node.role, Role::Greenlet | Role::Root);
    let Some(tracer) = TRACER.with_borrow(Clone::clone) else { return message };
    if from == to || !traced(from) || !traced(to) {
        return message;
    }
    let event = if let Message::Value(_) = message { Event::Switch } else { Event::Throw };
    let (origin, target) = (Traced::of(from), Traced::of(to));
    match catch(|| tracer(event, &origin, &target)) {
        Ok(()) => message,
        Err(payload) => {
            settrace(None);
            Message::Throw(payload)
        }
    }
}
