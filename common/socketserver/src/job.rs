//! One request, on its way from the server's loop to wherever a mix-in has it answered.

use std::any::Any;
use std::fmt;
use std::os::fd::RawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use common::process::Pid;

use crate::handler::{BaseRequestHandler, Request};
use crate::{Address, HandlerError, Hooks, Result, Transport};

/// A request that has arrived and is still to be answered, and the handler that will answer it.
///
/// Dropping it instead closes the connection unanswered.
pub struct Job(Box<dyn Work>);

impl Job {
    /// Answers the request: a new handler's `setup`, `handle` and `finish`, then the connection is
    /// closed. False if one of them failed, or panicked; [`Hooks::handle_error`] has been told then.
    pub fn finish_request(mut self) -> bool {
        self.0.run()
    }

    /// Where the request came from.
    pub fn client_address(&self) -> &Address {
        self.0.client_address()
    }

    /// This process has one thread, which now answers this request and does nothing else until it is
    /// done: the signal that ends the program is to reach it there (see [`common::stop`]).
    #[must_use]
    pub fn alone(mut self) -> Job {
        self.0.ends_on_stop();
        self
    }

    /// In a new child process: closes the socket that accepts, answers the request, and gives the
    /// child's exit status.
    pub fn finish_in_child(self) -> i32 {
        if let Some(listener) = self.0.listener() {
            // Its owner is in the parent's part of this copied memory, which never runs here.
            let _ = nix::unistd::close(listener);
        }
        i32::from(!self.alone().finish_request())
    }

    /// In the parent: child `pid` answers the request. Closes this process's copy of the connection;
    /// the request counts as in progress until the child has ended.
    pub fn hand_over(self, pid: Pid) {
        self.0.hand_over(pid);
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Job").field(self.client_address()).finish()
    }
}

/// A job of whichever types: what [`Job`] keeps in its box.
trait Work: Send {
    fn run(&mut self) -> bool;
    fn client_address(&self) -> &Address;
    fn ends_on_stop(&mut self);
    fn listener(&self) -> Option<RawFd>;
    fn hand_over(self: Box<Self>, pid: Pid);
}

struct Pending<T: Transport, H, K> {
    request: T::Request,
    handler: H,
    hooks: Arc<K>,
    /// What accepts further requests; none where answers go out through the same socket.
    listener: Option<RawFd>,
}

pub(crate) fn pending<T, H, K>(
    request: T::Request,
    handler: H,
    hooks: Arc<K>,
    listener: Option<RawFd>,
) -> Job
where
    T: Transport,
    H: BaseRequestHandler<T::Request>,
    K: Hooks<T>,
{
    Job(Box::new(Pending::<T, H, K> { request, handler, hooks, listener }))
}

impl<T, H, K> Work for Pending<T, H, K>
where
    T: Transport,
    H: BaseRequestHandler<T::Request>,
    K: Hooks<T>,
{
    fn run(&mut self) -> bool {
        let (handler, request) = (&mut self.handler, &mut self.request);
        let result = in_turn(
            (handler, request),
            |(handler, request)| handler.setup(request),
            |(handler, request)| handler.handle(request),
            |(handler, request)| handler.finish(request),
        );
        if let Err(error) = &result {
            self.hooks.handle_error(self.request.client_address(), error);
        }
        self.request.shut_down();
        result.is_ok()
    }

    fn client_address(&self) -> &Address {
        self.request.client_address()
    }

    fn ends_on_stop(&mut self) {
        self.request.ends_on_stop();
    }

    fn listener(&self) -> Option<RawFd> {
        self.listener
    }

    fn hand_over(self: Box<Self>, pid: Pid) {
        self.request.hand_over(pid);
    }
}

/// `setup`, `handle`, and whatever became of that, `finish`, as Python's `BaseRequestHandler` does;
/// the first failure is the one that counts.
pub(crate) fn in_turn<S>(
    mut state: S,
    setup: impl FnOnce(&mut S) -> Result,
    handle: impl FnOnce(&mut S) -> Result,
    finish: impl FnOnce(&mut S) -> Result,
) -> std::result::Result<(), HandlerError> {
    attempt(|| setup(&mut state))?;
    let handled = attempt(|| handle(&mut state));
    let finished = attempt(|| finish(&mut state));
    handled.and(finished)
}

fn attempt(step: impl FnOnce() -> Result) -> std::result::Result<(), HandlerError> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(match error.downcast::<HandlerError>() {
            Ok(inner) => *inner,
            Err(error) => HandlerError::Failed(error),
        }),
        Err(payload) => Err(HandlerError::Panicked(message(&*payload))),
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
}
