//! `Greenlet`, `Peer`, `Builder`, `getcurrent`.

use std::any::{Any, TypeId};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::core::{self, Message, Node, NodePtr, NodeRef, Payload, Role, flag};
use crate::error::Error;
use crate::stack;

/// A function with a stack of its own, that switches to others and is switched to.
///
/// Owns it: when the last clone goes, [`GreenletExit`](crate::GreenletExit) is raised where the
/// greenlet is suspended, so that every destructor on its stack runs once, before `drop` returns.
/// What can be done with it is written at [`Peer`], to which it dereferences.
///
/// `T` is what its switches carry, both ways, and what its function takes and returns; it is the
/// same for all greenlets of a tree (use an enum where values are of several kinds).
pub struct Greenlet<T: 'static> {
    peer: Peer<T>,
}

impl<T: 'static> Greenlet<T> {
    /// Makes a greenlet that will run `f`. Its parent is the current greenlet.
    ///
    /// Nothing runs yet: the first `switch` calls `f` with its value.
    #[inline]
    pub fn new<F: FnOnce(T) -> T + 'static>(f: F) -> Greenlet<T> {
        let greenlet = Greenlet::empty();
        core::first_run(&greenlet.peer.node, f);
        greenlet
    }

    /// Makes a greenlet without a function, to be given one by [`Peer::set_run`]. So two greenlets
    /// can name each other.
    #[inline]
    #[must_use]
    pub fn empty() -> Greenlet<T> {
        Greenlet::below(current_node::<T>())
    }

    #[inline]
    fn below(parent: NodePtr) -> Greenlet<T> {
        let type_id = const { &TypeId::of::<T>() };
        let node = Node::create(Role::Greenlet, type_id, Some(parent), flag::UNSTARTED);
        node.handles.set(1);
        Greenlet { peer: Peer { node, values: PhantomData } }
    }

    /// A name, a stack size or a parent of its own.
    pub fn builder() -> Builder<T> {
        Builder { name: None, stack_size: None, parent: None }
    }

    /// Another name for the same greenlet that does not own it, for the closures of others.
    #[must_use]
    pub fn peer(&self) -> Peer<T> {
        self.peer.clone()
    }
}

impl<T: 'static> Deref for Greenlet<T> {
    type Target = Peer<T>;

    #[inline(always)]
    fn deref(&self) -> &Peer<T> {
        &self.peer
    }
}

impl<T: 'static> Clone for Greenlet<T> {
    /// Another owner of the same greenlet.
    fn clone(&self) -> Greenlet<T> {
        self.peer.node.handles.set(self.peer.node.handles.get() + 1);
        Greenlet { peer: self.peer.clone() }
    }
}

impl<T: 'static> Drop for Greenlet<T> {
    #[inline]
    fn drop(&mut self) {
        let node = &self.peer.node;
        let handles = node.handles.get() - 1;
        node.handles.set(handles);
        if handles == 0 && (!node.has(flag::DEAD) || node.run.get().is_some()) {
            core::last_owner_gone::<T>(node);
        }
    }
}

impl<T: 'static> fmt::Debug for Greenlet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.peer.fmt(f)
    }
}

/// A greenlet that somebody else owns: everything that can be done with one.
///
/// A peer keeps the name, not the stack. When the last [`Greenlet`] is gone the peer is that of a
/// dead greenlet, and a switch to it goes to its nearest living ancestor, as to any dead one.
pub struct Peer<T: 'static> {
    node: NodeRef,
    values: PhantomData<fn(T) -> T>,
}

impl<T: 'static> Peer<T> {
    /// Goes on there, with `value`; returns when somebody switches back, with what they brought.
    ///
    /// - If it has not started, its function is called with `value`.
    /// - If it is suspended, `value` is the result of the `switch` that it is suspended in.
    /// - If it is dead, its nearest living ancestor is meant.
    /// - If it is the current one, `value` comes straight back.
    ///
    /// When its function returns, the result goes to its *parent*, whoever switched to it last.
    ///
    /// # Panics
    /// With the payload of a panic that nobody caught in a child, and with what was thrown here. Also
    /// if the switch is impossible, with the text of the [`Error`]: see [`Peer::try_switch`].
    #[inline]
    #[track_caller]
    pub fn switch(&self, value: T) -> T {
        core::switch(&self.node, value)
    }

    /// As [`Peer::switch`], for those who can go on without it.
    ///
    /// # Errors
    /// When the switch is impossible; `value` is dropped.
    ///
    /// # Panics
    /// With the payload of a panic that nobody caught in a child, and with what was thrown here.
    pub fn try_switch(&self, value: T) -> Result<T, Error> {
        core::try_switch(NodePtr::of(&self.node), value)
    }

    /// Switches there and raises `error` in place of a value, as a panic with this payload (without
    /// calling the panic hook).
    ///
    /// If it has not started, it dies of it without running; uncaught there, the error goes to the
    /// parent, and so on up. Thrown at a dead greenlet it is raised in the nearest living ancestor.
    ///
    /// # Panics
    /// As [`Peer::switch`].
    pub fn throw(&self, error: impl Any + Send) -> T {
        self.throw_payload(Box::new(error))
    }

    /// As [`Peer::throw`], with a payload that was caught somewhere.
    ///
    /// # Panics
    /// As [`Peer::switch`].
    pub fn throw_payload(&self, payload: Payload) -> T {
        self.send(Message::Throw(payload))
    }

    /// Raises [`GreenletExit`](crate::GreenletExit) there: Python's `throw()` without arguments.
    ///
    /// If the greenlet does not catch it, the parent gets `value` as the result; nothing is raised.
    ///
    /// # Panics
    /// As [`Peer::switch`].
    pub fn kill(&self, value: T) -> T {
        self.send(Message::Exit(value))
    }

    /// Has the processor fetch what a switch to it reads first: a hint, for a scheduler that knows
    /// who comes after the next.
    #[inline]
    pub fn fetch_block(&self) {
        core::fetch_block(&self.node);
    }

    /// Has the processor fetch what it is going to use first of its stack: a hint, best given some
    /// time after [`Peer::fetch_block`].
    #[inline]
    pub fn fetch_stack(&self) {
        core::fetch_stack(&self.node);
    }

    fn send(&self, message: Message<T>) -> T {
        core::send(NodePtr::of(&self.node), message).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Gives the greenlet its function, or another one.
    ///
    /// # Panics
    /// If it has started.
    pub fn set_run<F: FnOnce(T) -> T + 'static>(&self, f: F) {
        assert!(self.node.has(flag::UNSTARTED), "{}", Error::Started);
        core::set_run(&self.node, f);
    }

    /// Whether it has a function that has not been called yet.
    #[must_use]
    pub fn has_run(&self) -> bool {
        self.node.run.get().is_some()
    }

    /// Where its result goes. `None` for the top of a tree, which has nowhere to return to.
    #[must_use]
    pub fn parent(&self) -> Option<Peer<T>> {
        self.node.heir().map(Peer::of)
    }

    /// Makes `parent` the one that gets the result.
    ///
    /// # Errors
    /// [`Error::CyclicParent`], [`Error::RootParent`], and [`Error::OtherTree`] if the two are not of
    /// one tree.
    pub fn set_parent(&self, parent: &Peer<T>) -> Result<(), Error> {
        if self.node.role == Role::Root {
            return Err(Error::RootParent);
        }
        if self.node.root() != parent.node.root() {
            return Err(Error::OtherTree);
        }
        let mut above = std::iter::successors(Some(NodePtr::of(&parent.node)), |n| n.parent());
        if above.any(|n| n == NodePtr::of(&self.node)) {
            return Err(Error::CyclicParent);
        }
        self.node.set_parent(parent.node.clone());
        Ok(())
    }

    /// Whether it has ended.
    #[must_use]
    pub fn dead(&self) -> bool {
        self.node.has(flag::DEAD)
    }

    /// Whether it has started and not ended: Python's `bool(g)`.
    #[must_use]
    pub fn active(&self) -> bool {
        !self.node.has(flag::DEAD | flag::UNSTARTED)
    }

    /// Another owner of it, if there is still one.
    #[must_use]
    pub fn upgrade(&self) -> Option<Greenlet<T>> {
        let owned = self.node.handles.get() > 0;
        owned.then(|| {
            self.node.handles.set(self.node.handles.get() + 1);
            Greenlet { peer: self.clone() }
        })
    }

    /// A number of its own, different for each greenlet of the thread.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.node.id
    }

    /// Its name; empty if it was not given one.
    #[must_use]
    pub fn name(&self) -> String {
        self.node.with_name(str::to_owned)
    }

    /// Gives it a name, or another one: for messages and tracers.
    pub fn set_name(&self, name: impl Into<Box<str>>) {
        self.node.set_name(name.into());
    }

    fn of(node: NodePtr) -> Peer<T> {
        Peer { node: node.counted(), values: PhantomData }
    }
}

impl<T: 'static> Clone for Peer<T> {
    fn clone(&self) -> Peer<T> {
        Peer { node: self.node.clone(), values: PhantomData }
    }
}

impl<T: 'static> PartialEq for Peer<T> {
    /// Whether both are the same greenlet.
    fn eq(&self, other: &Peer<T>) -> bool {
        NodePtr::of(&self.node) == NodePtr::of(&other.node)
    }
}

impl<T: 'static> Eq for Peer<T> {}

impl<T: 'static> fmt::Debug for Peer<T> {
    /// `greenlet 3 'name' suspended`, in the words of Python's `repr`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "greenlet {}", self.id())?;
        self.node
            .with_name(|name| if name.is_empty() { Ok(()) } else { write!(f, " '{name}'") })?;
        let state = match () {
            () if self.dead() => "dead",
            () if !self.active() => "pending",
            () if core::chain().any(|n| n == NodePtr::of(&self.node)) => "current",
            () => "suspended",
        };
        write!(f, " {state}")?;
        if self.node.role == Role::Root { f.write_str(" main") } else { Ok(()) }
    }
}

/// Makes greenlets that are not like the others. From [`Greenlet::builder`].
#[derive(Debug)]
#[must_use]
pub struct Builder<T: 'static> {
    name: Option<Box<str>>,
    stack_size: Option<usize>,
    parent: Option<Peer<T>>,
}

impl<T: 'static> Builder<T> {
    /// For messages: of a stack overflow, of a tracer, of `Debug`.
    pub fn name(mut self, name: impl Into<Box<str>>) -> Builder<T> {
        self.name = Some(name.into());
        self
    }

    /// Bytes of stack, 64 KiB unless set; rounded up to whole pages, at least 16 KiB.
    pub fn stack_size(mut self, bytes: usize) -> Builder<T> {
        self.stack_size = Some(stack::round_size(bytes));
        self
    }

    /// Who gets the result, instead of the current greenlet.
    pub fn parent(mut self, parent: &Peer<T>) -> Builder<T> {
        self.parent = Some(parent.clone());
        self
    }

    /// Makes a greenlet that will run `f`.
    pub fn run<F: FnOnce(T) -> T + 'static>(self, f: F) -> Greenlet<T> {
        let greenlet = self.empty();
        greenlet.set_run(f);
        greenlet
    }

    /// Makes a greenlet without a function.
    #[must_use]
    pub fn empty(self) -> Greenlet<T> {
        let greenlet = match self.parent {
            Some(parent) => Greenlet::below(NodePtr::of(&parent.node)),
            None => Greenlet::empty(),
        };
        if let Some(name) = self.name {
            greenlet.node.set_name(name);
        }
        if let Some(size) = self.stack_size {
            greenlet.node.stack_size.set(size);
        }
        greenlet
    }
}

/// The greenlet that runs. It does not own it, so asking keeps nobody alive.
///
/// Of the innermost tree with values of type `T`; if there is none yet, one begins here, and what
/// runs now is its top ("the main greenlet").
#[must_use]
pub fn getcurrent<T: 'static>() -> Peer<T> {
    Peer::of(current_node::<T>())
}

#[inline]
fn current_node<T: 'static>() -> NodePtr {
    core::running_with::<T>().unwrap_or_else(core::new_root::<T>)
}
