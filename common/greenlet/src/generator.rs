//! `Generator`: a function that gives a value, pauses, and goes on at the next request.

use std::any::{Any, TypeId};
use std::fmt;
use std::marker::PhantomData;
use std::panic::resume_unwind;

use crate::core::{self, Message, Node, NodePtr, NodeRef, Payload, Role, flag};
use crate::stack;
use crate::unwind::{GreenletExit, catch};

/// A function that gives a value, pauses with all its locals alive, and goes on when the next value
/// is asked for. Python's generator, on a stack of its own: it may give from any depth of calls.
///
/// ```
/// use greenlet::{Generator, GeneratorError};
///
/// let mut average = Generator::new(|co| {
///     let (mut sum, mut n) = (0.0, 0.0);
///     while let Some(x) = co.give(sum / n) {
///         (sum, n) = (sum + x, n + 1.0);
///     }
///     n
/// });
/// average.send(None).unwrap(); // the first must be None: nobody waits for a value yet
/// assert_eq!(average.send(Some(10.0)).unwrap(), 10.0);
/// assert_eq!(average.send(Some(20.0)).unwrap(), 15.0);
/// match average.send(None) {
///     Err(GeneratorError::StopIteration(n)) => assert_eq!(n, Some(2.0)),
///     other => unreachable!("{other:?}"),
/// }
/// ```
///
/// It is an [`Iterator`] too. Dropped before its end it is [closed](Generator::close).
pub struct Generator<Y: 'static, S: 'static = (), R: 'static = ()> {
    node: NodeRef,
    /// Stands for whoever waits for the next value.
    caller: NodeRef,
    /// The return value, when `next` could not hand it over.
    returned: Option<R>,
    values: PhantomData<fn(S) -> Y>,
}

/// Why there is no next value. `R` is what the generator's function returns.
#[derive(Debug, PartialEq, Eq)]
pub enum GeneratorError<R> {
    /// The function has returned: now, with this value, or (`None`) some time ago.
    StopIteration(Option<R>),
    /// A value was sent to a generator that has not started: the first must be `None`.
    JustStarted,
    /// The generator is running: it was asked from inside itself.
    AlreadyExecuting,
    /// It was closed, and gave another value instead of ending.
    IgnoredExit,
}

/// What crosses between a generator and whoever waits for it.
enum Crossing<Y, S, R> {
    Sent(Option<S>),
    Given(Y),
    Returned(R),
}

impl<Y: 'static, S: 'static, R: 'static> Generator<Y, S, R> {
    /// Makes a generator of `f`. Nothing of `f` runs yet, as in Python.
    pub fn new(f: impl FnOnce(&Yielder<Y, S, R>) -> R + 'static) -> Generator<Y, S, R> {
        Generator::with_stack_size(stack::DEFAULT_SIZE, f)
    }

    /// As [`Generator::new`], with a stack of its own size in bytes.
    pub fn with_stack_size(
        bytes: usize,
        f: impl FnOnce(&Yielder<Y, S, R>) -> R + 'static,
    ) -> Generator<Y, S, R> {
        let type_id = const { &TypeId::of::<Crossing<Y, S, R>>() };
        core::innermost(); // sees to the thread's own node
        let caller = Node::create(Role::Caller, type_id, None, 0);
        let node =
            Node::create(Role::Generator, type_id, Some(NodePtr::of(&caller)), flag::UNSTARTED);
        node.stack_size.set(stack::round_size(bytes));
        let co = Yielder { caller: caller.clone(), values: PhantomData };
        core::set_run(&node, move |_: Crossing<Y, S, R>| Crossing::Returned(f(&co)));
        Generator { node, caller, returned: None, values: PhantomData }
    }

    /// Goes on, with `value` as the result of the pending [`give`](Yielder::give); returns what is
    /// given next. The first time `value` must be `None`.
    ///
    /// # Errors
    /// [`GeneratorError::StopIteration`] with the return value, when the function returns, and for
    /// mistakes of the caller.
    ///
    /// # Panics
    /// If the function does.
    #[inline]
    pub fn send(&mut self, value: Option<S>) -> Result<Y, GeneratorError<R>> {
        if value.is_some() && self.node.has(flag::UNSTARTED) {
            return Err(GeneratorError::JustStarted);
        }
        self.resume(Message::Value(Crossing::Sent(value)))
    }

    /// Raises `error` at the pending [`give`](Yielder::give); returns what is given next.
    ///
    /// # Errors
    /// As [`Generator::send`].
    ///
    /// # Panics
    /// With `error`, if the function does not catch it; a generator that has not started never runs
    /// then.
    pub fn throw(&mut self, error: impl Any + Send) -> Result<Y, GeneratorError<R>> {
        self.throw_payload(Box::new(error))
    }

    fn throw_payload(&mut self, payload: Payload) -> Result<Y, GeneratorError<R>> {
        if self.node.has(flag::DEAD) {
            resume_unwind(payload);
        }
        self.resume(Message::Throw(payload))
    }

    /// Ends the generator: raises [`GreenletExit`] at the pending `give`, so that every destructor
    /// runs.
    ///
    /// # Errors
    /// [`GeneratorError::IgnoredExit`] if it gives another value instead of ending, and
    /// [`GeneratorError::AlreadyExecuting`].
    ///
    /// # Panics
    /// With any other panic that its destructors or handlers raise.
    pub fn close(&mut self) -> Result<(), GeneratorError<R>> {
        if self.node.has(flag::DEAD) {
            return Ok(());
        }
        if self.node.has(flag::UNSTARTED) {
            core::last_owner_gone::<Crossing<Y, S, R>>(&self.node);
            return Ok(());
        }
        match catch(|| self.resume(Message::Throw(Box::new(GreenletExit::new())))) {
            Ok(Ok(_)) => Err(GeneratorError::IgnoredExit),
            Ok(Err(GeneratorError::StopIteration(_))) => Ok(()),
            Ok(Err(error)) => Err(error),
            Err(payload) if payload.is::<GreenletExit>() => Ok(()),
            Err(payload) => resume_unwind(payload),
        }
    }

    /// The return value, once, if [`Iterator::next`] met the end.
    pub fn returned(&mut self) -> Option<R> {
        self.returned.take()
    }

    /// A name for the message of a stack overflow.
    #[must_use]
    pub fn named(self, name: impl Into<Box<str>>) -> Generator<Y, S, R> {
        self.node.set_name(name.into());
        self
    }

    #[inline]
    fn resume(&mut self, message: Message<Crossing<Y, S, R>>) -> Result<Y, GeneratorError<R>> {
        if !self.caller.host.get().is_null() {
            return Err(GeneratorError::AlreadyExecuting);
        }
        if self.node.has(flag::DEAD) {
            return Err(GeneratorError::StopIteration(None));
        }
        let entered = core::enter(&self.caller);
        let answer = match message {
            Message::Value(value) => core::switch(&self.node, value),
            message => core::send(NodePtr::of(&self.node), message)
                .unwrap_or_else(|error| panic!("{error}")),
        };
        drop(entered);
        match answer {
            Crossing::Given(value) => Ok(value),
            Crossing::Returned(value) => Err(GeneratorError::StopIteration(Some(value))),
            Crossing::Sent(_) => Err(GeneratorError::StopIteration(None)),
        }
    }
}

impl<Y: 'static, S: 'static, R: 'static> Iterator for Generator<Y, S, R> {
    type Item = Y;

    /// As `send(None)`; the return value can then be had from [`Generator::returned`].
    ///
    /// # Panics
    /// If the function does, or if it is asked from inside itself.
    #[inline]
    fn next(&mut self) -> Option<Y> {
        match self.send(None) {
            Ok(value) => Some(value),
            Err(GeneratorError::StopIteration(value)) => {
                self.returned = value.or(self.returned.take());
                None
            }
            Err(error) => panic!("{error}"),
        }
    }
}

impl<Y: 'static, S: 'static, R: 'static> Drop for Generator<Y, S, R> {
    fn drop(&mut self) {
        if !self.node.has(flag::DEAD) {
            core::last_owner_gone::<Crossing<Y, S, R>>(&self.node);
        }
    }
}

impl<Y: 'static, S: 'static, R: 'static> fmt::Debug for Generator<Y, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match () {
            () if self.node.has(flag::DEAD) => "closed",
            () if self.node.has(flag::UNSTARTED) => "created",
            () if !self.caller.host.get().is_null() => "running",
            () => "suspended",
        };
        write!(f, "generator {} {state}", self.node.id)
    }
}

/// The generator's end of it: what its function is given, to give values with.
pub struct Yielder<Y: 'static, S: 'static = (), R: 'static = ()> {
    caller: NodeRef,
    values: PhantomData<fn(S, R) -> Y>,
}

impl<Y: 'static, S: 'static, R: 'static> Yielder<Y, S, R> {
    /// Python's `yield`: hands `value` out and pauses; returns what was sent, `None` after a plain
    /// `next`.
    ///
    /// # Panics
    /// With what was thrown here; if it is called when the generator does not run.
    #[inline]
    pub fn give(&self, value: Y) -> Option<S> {
        match core::switch(&self.caller, Crossing::<Y, S, R>::Given(value)) {
            Crossing::Sent(value) => value,
            Crossing::Given(_) | Crossing::Returned(_) => None,
        }
    }

    /// Python's `yield from`: gives all that `inner` gives, passes on to it what is sent and thrown,
    /// and returns its return value.
    ///
    /// # Panics
    /// With what `inner` does not catch, and with `GreenletExit` after closing `inner`. Also if
    /// `inner` has ended before.
    pub fn yield_from<Q: 'static>(&self, mut inner: Generator<Y, S, Q>) -> Q {
        let mut answer = inner.send(None);
        loop {
            let given = match answer {
                Ok(given) => given,
                Err(GeneratorError::StopIteration(Some(value))) => return value,
                Err(error) => panic!("{error}"),
            };
            answer = match catch(|| self.give(given)) {
                Ok(sent) => inner.send(sent),
                Err(payload) if payload.is::<GreenletExit>() => {
                    drop(inner);
                    resume_unwind(payload)
                }
                Err(payload) => inner.throw_payload(payload),
            };
        }
    }
}

impl<Y: 'static, S: 'static, R: 'static> fmt::Debug for Yielder<Y, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Yielder").finish_non_exhaustive()
    }
}

impl<R> fmt::Display for GeneratorError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GeneratorError::StopIteration(_) => "the generator has ended",
            GeneratorError::JustStarted => "can't send a value to a just-started generator",
            GeneratorError::AlreadyExecuting => "generator already executing",
            GeneratorError::IgnoredExit => "generator ignored GreenletExit",
        })
    }
}

impl<R: fmt::Debug> std::error::Error for GeneratorError<R> {}
