//! What a subclass of Python's servers may override.

use std::error::Error;
use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;

use log::{debug, error};

use crate::{Address, Job, MixIn, Transport};

/// The methods of a server that may be overridden; each has Python's default, so write those you need.
///
/// Where a method has something to do by default, its arguments are enough to do that too, as one
/// calls `super()` in Python.
///
/// ```
/// use std::os::fd::OwnedFd;
/// use socketserver::{Address, Hooks, Tcp};
///
/// /// Refuses whoever is not on this machine.
/// #[derive(Debug)]
/// struct OnlyHere;
///
/// impl Hooks<Tcp> for OnlyHere {
///     fn verify_request(&self, _request: &OwnedFd, client_address: &Address) -> bool {
///         client_address.inet().is_some_and(|address| address.ip().is_loopback())
///     }
/// }
/// ```
pub trait Hooks<T: Transport>: Send + Sync + 'static {
    /// Between socket(2) and bind(2): the place for further socket options.
    ///
    /// # Errors
    ///
    /// One ends the construction of the server.
    fn server_bind(&self, socket: BorrowedFd<'_>) -> io::Result<()> {
        let _ = socket;
        Ok(())
    }

    /// Makes the bound socket accept: listen(2) for streams, nothing for datagrams.
    ///
    /// # Errors
    ///
    /// One ends the construction of the server.
    fn server_activate(&self, transport: &T) -> io::Result<()> {
        transport.activate()
    }

    /// Takes the next request; called when there is one, and also when there may be none.
    ///
    /// # Errors
    ///
    /// `WouldBlock`: there is none. Any other: this one cannot be had; the server goes on, after a
    /// pause if the error says that there is no room for any.
    fn get_request(&self, transport: &T) -> io::Result<(T::Incoming, Address)> {
        transport.get_request()
    }

    /// Whether to answer this request; false closes the connection.
    fn verify_request(&self, request: &T::Incoming, client_address: &Address) -> bool {
        let _ = (request, client_address);
        true
    }

    /// Has a request answered, by default the way of the server's mix-in.
    ///
    /// # Errors
    ///
    /// It could not be handed out; the job is dropped, the server goes on.
    fn process_request(&self, mix_in: &dyn MixIn, job: Job) -> io::Result<()> {
        mix_in.process_request(job)
    }

    /// Told when a handler failed, in the thread or process that ran it; by default one line in the log.
    fn handle_error(&self, client_address: &Address, error: &HandlerError) {
        error.log(client_address);
    }

    /// Told when [`Server::handle_request`](crate::Server::handle_request) waited in vain.
    fn handle_timeout(&self) {}

    /// Called in each turn of `serve_forever`: after each request, and when `poll_interval` is over.
    fn service_actions(&self) {}
}

/// No hooks: every method as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

impl<T: Transport> Hooks<T> for Plain {}

/// Why a handler did not get to its end.
#[derive(Debug)]
pub enum HandlerError {
    /// It returned this error.
    Failed(Box<dyn Error + Send + Sync>),
    /// It panicked with this message. (The panic hook has already printed it.)
    Panicked(String),
    /// The request could not be handed out: there was no thread, no process.
    NotStarted(io::Error),
}

impl HandlerError {
    /// Whether all there is to say is that the client broke off, which is no fault of the server's.
    pub fn is_disconnect(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        let HandlerError::Failed(error) = self else { return false };
        error.downcast_ref::<io::Error>().is_some_and(|error| {
            matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset)
        })
    }

    fn log(&self, client_address: &Address) {
        match self {
            // The panic hook's line is in the log already, and so is why the client left.
            HandlerError::Panicked(_) => debug!("{client_address}: {self}"),
            _ if self.is_disconnect() => debug!("{client_address}: {self}"),
            _ => error!("{client_address}: {self}"),
        }
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HandlerError::Failed(error) => match error.downcast_ref::<io::Error>() {
                Some(error) => write!(f, "the handler failed: {}", common::reason(error)),
                None => write!(f, "the handler failed: {error}"),
            },
            HandlerError::NotStarted(error) => f.write_str(&common::reason(error)),
            HandlerError::Panicked(message) => write!(f, "the handler panicked: {message}"),
        }
    }
}

impl Error for HandlerError {}
