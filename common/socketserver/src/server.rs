//! The server itself: waits for requests, and has each answered.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::net::{Backoff, Guests, Refused, poll_timeout};
use common::stop;
use log::{debug, warn};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};

use crate::handler::BaseRequestHandler;
use crate::job;
use crate::transport::{PathGuard, bind_first};
use crate::{
    Address, BindTo, Builder, HandlerError, Hooks, MixIn, Plain, ShutdownHandle, Transport,
};

/// A server: `M` says how requests are answered at once, `T` over what they come, `H` what the answer
/// is, and `K` what else is done in a way of one's own.
///
/// ```
/// use socketserver::{Tcp, ThreadingMixIn};
/// # use socketserver::{Result, StreamRequest, StreamRequestHandler};
/// # #[derive(Clone)]
/// # struct Handler;
/// # impl StreamRequestHandler for Handler {
/// #     fn handle(&mut self, request: &mut StreamRequest) -> Result {
/// #         Ok(())
/// #     }
/// # }
///
/// type Server = socketserver::Server<ThreadingMixIn, Tcp, Handler>;
/// let server = Server::new("127.0.0.1:0", Handler)?;
/// # std::io::Result::Ok(())
/// ```
///
/// Dropping it closes it as [`Server::server_close`] does.
pub struct Server<M, T, H, K = Plain> {
    mix_in: M,
    handler: H,
    hooks: Arc<K>,
    address: Address,
    timeout: Option<Duration>,
    grace: Duration,
    shutdown: ShutdownHandle,
    guests: Arc<Guests>,
    // Dropped in this order: nobody new, no file left, and then the wait for who is here.
    transport: T,
    _path: Option<PathGuard>,
    _closing: Closing,
}

/// What became of one [`Server::handle_request`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A request was handed to the mix-in.
    Handled,
    /// `verify_request` did not want it, or it had gone already.
    Refused,
    /// None came in time.
    TimedOut,
    /// The program has been asked to stop.
    Stopped,
}

impl<M: MixIn + Default, T: Transport, H> Server<M, T, H> {
    /// A server at `address` that answers each request with a clone of `handler`.
    ///
    /// # Errors
    ///
    /// As [`Builder::bind`].
    pub fn new<A>(address: A, handler: H) -> io::Result<Self>
    where
        T: BindTo<A>,
    {
        Self::builder(handler).bind(address)
    }

    /// A server that differs in more than its address and its handler.
    pub fn builder(handler: H) -> Builder<M, T, H> {
        Builder::new(handler)
    }
}

impl<M, T, H, K> Server<M, T, H, K>
where
    M: MixIn,
    T: Transport,
    H: BaseRequestHandler<T::Request>,
    K: Hooks<T>,
{
    /// Answers requests until [`shutdown`](Self::shutdown), or until the program is asked to stop
    /// (see [`common::stop`]; who has connected by then is still answered).
    ///
    /// [`Hooks::service_actions`] is called after each request and every `poll_interval`, which delays
    /// nothing else; [`POLL_INTERVAL`](crate::POLL_INTERVAL) is the usual one. The server's `timeout`
    /// does not count here.
    ///
    /// # Errors
    ///
    /// The system cannot wait: poll(2) failed.
    pub fn serve_forever(&self, poll_interval: Duration) -> io::Result<()> {
        let _serving = self.shutdown.serving();
        let mut backoff = Backoff::default();
        let mut stopped_at = None;
        while !self.shutdown.requested() {
            if stop::requested() {
                let since = *stopped_at.get_or_insert_with(Instant::now);
                if since.elapsed() >= self.grace {
                    break;
                }
            }
            match self.next_request(&mut backoff) {
                Some((request, client_address)) => {
                    self.handle(request, client_address);
                    if stop::child_event().is_none() || stop::children_seen() {
                        self.guests.reap();
                    }
                }
                None if stopped_at.is_some() => break,
                None if stop::requested() => continue,
                None => self.wait(Some(poll_interval), &backoff)?,
            }
            self.hooks.service_actions();
        }
        Ok(())
    }

    /// Waits for one request, at most for the server's `timeout`, and has it answered.
    ///
    /// # Errors
    ///
    /// As [`serve_forever`](Self::serve_forever).
    pub fn handle_request(&self) -> io::Result<Outcome> {
        let deadline = self.timeout.map(|timeout| Instant::now() + timeout);
        let mut backoff = Backoff::default();
        loop {
            if let Some((request, client_address)) = self.next_request(&mut backoff) {
                let handled = self.handle(request, client_address);
                return Ok(if handled { Outcome::Handled } else { Outcome::Refused });
            }
            if stop::requested() {
                return Ok(Outcome::Stopped);
            }
            let left = deadline.map(|end| end.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                self.guests.reap_each();
                self.hooks.handle_timeout();
                return Ok(Outcome::TimedOut);
            }
            self.wait(left, &backoff)?;
        }
    }

    fn next_request(&self, backoff: &mut Backoff) -> Option<(T::Incoming, Address)> {
        if self.guests.seen_leaving() {
            backoff.retry_now();
        }
        while backoff.remaining().is_none() && !self.guests.full() {
            match self.hooks.get_request(&self.transport) {
                Ok(request) => {
                    backoff.succeeded();
                    return Some(request);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                Err(error) => match Refused::because(&error) {
                    Refused::Nobody => return None,
                    Refused::ThisOne => debug!("a client left before it was accepted: {error}"),
                    Refused::Everyone => {
                        // Whoever leaves now makes room.
                        let _ = self.guests.freed();
                        if backoff.failed() {
                            let (why, count) = (common::reason(&error), self.guests.count());
                            warn!(
                                "{why}: no room for more than the {count} clients here, others wait"
                            );
                        }
                    }
                },
            }
        }
        None
    }

    /// Has a request answered; false if it is not to be, or cannot be any more.
    fn handle(&self, request: T::Incoming, client_address: Address) -> bool {
        if !self.hooks.verify_request(&request, &client_address) {
            debug!("{client_address}: refused");
            return false;
        }
        let request = match self.transport.admit(request, client_address.clone(), &self.guests) {
            Ok(request) => request,
            Err(error) => {
                debug!("{client_address}: left before it was answered: {error}");
                return false;
            }
        };
        let hooks = Arc::clone(&self.hooks);
        let listener = self.transport.listener();
        let job = job::pending::<T, H, K>(request, self.handler.clone(), hooks, listener);
        if let Err(error) = self.hooks.process_request(&self.mix_in, job) {
            self.hooks.handle_error(&client_address, &HandlerError::NotStarted(error));
        }
        true
    }

    /// Waits until there may be a request, someone has left, or there is reason to end.
    fn wait(&self, limit: Option<Duration>, backoff: &Backoff) -> io::Result<()> {
        let pause = backoff.remaining();
        let full = self.guests.full();
        let someone = match pause.is_some() || full {
            true => self.guests.freed(),
            false => self.transport.as_fd(),
        };
        // Only while it waits for one of them does the end of a child matter at once.
        let children = match stop::child_event() {
            None if full => self.guests.child_events(),
            _ => Vec::new(),
        };
        let fixed =
            [Some(someone), Some(self.shutdown.event()), stop::event(), stop::child_event()];
        let all = fixed.into_iter().flatten().chain(children.iter().map(AsFd::as_fd));
        let mut events: Vec<_> = all.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        let limit = [limit, pause].into_iter().flatten().min();
        match poll(&mut events, poll_timeout(limit)) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        stop::children_seen();
        self.guests.reap();
        if full {
            self.guests.reap_each();
        }
        Ok(())
    }
}

impl<M, T, H, K> Server<M, T, H, K> {
    /// Ends `serve_forever`, from another thread, and returns when it has ended; requests in progress
    /// go on.
    ///
    /// Without a `serve_forever` to end it returns at once, and the next one ends as it begins. In
    /// the serving thread itself (a handler of a sequential server, a hook) it does not wait.
    pub fn shutdown(&self) {
        self.shutdown.shutdown();
    }

    /// The same for a thread that cannot reach the server.
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        self.shutdown.clone()
    }

    /// Where the server is: with the port that the system chose, if it was asked to.
    pub fn server_address(&self) -> &Address {
        &self.address
    }

    /// The methods overridden.
    pub fn hooks(&self) -> &K {
        &self.hooks
    }

    /// How many requests are in progress.
    pub fn active_requests(&self) -> usize {
        self.guests.reap_each();
        self.guests.count()
    }

    /// Gives the address back, and waits for the requests in progress, if the mix-in's
    /// `block_on_close` says so.
    ///
    /// In a program that has been asked to stop they have the grace time, and no more.
    pub fn server_close(self) {}
}

impl<M, T: AsFd, H, K> Server<M, T, H, K> {
    /// The number of the server's socket, for a selector of one's own: when that is readable,
    /// `handle_request` does not wait.
    pub fn fileno(&self) -> RawFd {
        self.transport.as_fd().as_raw_fd()
    }
}

impl<M, T: AsFd, H, K> AsFd for Server<M, T, H, K> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.transport.as_fd()
    }
}

impl<M: MixIn, T: Transport, H, K: Hooks<T>> Server<M, T, H, K> {
    pub(crate) fn bind(builder: Builder<M, T, H, K>, addresses: &[Address]) -> io::Result<Self> {
        let Builder { mix_in, handler, hooks, socket, .. } = builder;
        let transport: T = bind_first(addresses, &socket, &|fd| hooks.server_bind(fd))?;
        let address = transport.local_address()?;
        let path = match address.path() {
            Some(path) if socket.unlink_path => Some(PathGuard::of(path)?),
            _ => None,
        };
        hooks.server_activate(&transport)?;

        let most = builder.max_requests.unwrap_or(T::MAX_REQUESTS);
        let most = most.min(mix_in.max_requests().unwrap_or(usize::MAX)).max(1);
        let guests = Guests::new(most, builder.idle_timeout, mix_in.leaving())?;
        let closing = Closing {
            guests: Arc::clone(&guests),
            block_on_close: mix_in.block_on_close(),
            grace: builder.grace,
        };
        Ok(Server {
            timeout: builder.timeout.or(mix_in.timeout()),
            grace: builder.grace,
            shutdown: ShutdownHandle::new()?,
            mix_in,
            handler,
            hooks: Arc::new(hooks),
            address,
            guests,
            transport,
            _path: path,
            _closing: closing,
        })
    }
}

impl<M: fmt::Debug, T: fmt::Debug, H, K> fmt::Debug for Server<M, T, H, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .field("mix_in", &self.mix_in)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

/// Dropped last: what is still to be waited for.
#[derive(Debug)]
struct Closing {
    guests: Arc<Guests>,
    block_on_close: bool,
    grace: Duration,
}

impl Drop for Closing {
    fn drop(&mut self) {
        // While a panic unwinds, waiting for clients would only hide it.
        if std::thread::panicking() {
            return;
        }
        self.guests.reap_each();
        if stop::requested() || (self.block_on_close && !self.guests.await_all()) {
            match self.guests.see_off(self.grace) {
                0 => {}
                n => warn!("cut off {n} still busy after the grace time of {:?}", self.grace),
            }
        }
    }
}
