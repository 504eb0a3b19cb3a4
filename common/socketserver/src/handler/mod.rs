//! What the user writes: how one request is answered.

mod datagram;
mod stream;

pub use datagram::{Datagram, DatagramRequest, DatagramRequestHandler};
pub use stream::{Connection, StreamRequest, StreamRequestHandler};

use common::process::Pid;

use crate::{Address, Result};

/// Answers one request of the bare type `R`: a [`Connection`], or a [`Datagram`].
///
/// Usually [`StreamRequestHandler`] or [`DatagramRequestHandler`] is what you want. Of the value that
/// the server was given, each request gets a clone.
///
/// ```
/// use std::io::Write;
/// use socketserver::{BaseRequestHandler, Connection, Result, TcpServer};
///
/// #[derive(Clone)]
/// struct Greeter {
///     greeting: &'static str,
/// }
///
/// impl BaseRequestHandler<Connection> for Greeter {
///     fn handle(&mut self, request: &mut Connection) -> Result {
///         let text = format!("{}, {}\n", self.greeting, request.client_address());
///         Ok(request.write_all(text.as_bytes())?)
///     }
/// }
///
/// let server = TcpServer::new("127.0.0.1:0", Greeter { greeting: "hello" })?;
/// # std::io::Result::Ok(())
/// ```
pub trait BaseRequestHandler<R>: Clone + Send + 'static {
    /// Comes before `handle`; nothing by default.
    ///
    /// # Errors
    ///
    /// One ends the request: neither `handle` nor `finish` is called.
    fn setup(&mut self, request: &mut R) -> Result {
        let _ = request;
        Ok(())
    }

    /// Answers the request.
    ///
    /// # Errors
    ///
    /// One goes to [`Hooks::handle_error`](crate::Hooks::handle_error).
    fn handle(&mut self, request: &mut R) -> Result;

    /// Comes after `handle`, also if that failed or panicked; nothing by default.
    ///
    /// # Errors
    ///
    /// As `handle`.
    fn finish(&mut self, request: &mut R) -> Result {
        let _ = request;
        Ok(())
    }
}

/// What the crate itself does with a request, whichever kind it is.
pub trait Request: Sized + Send + 'static {
    /// Where it came from.
    fn client_address(&self) -> &Address;
    /// This process has one thread, which answers it.
    fn ends_on_stop(&mut self);
    /// It has been answered: tells the client so, whoever may still hold the connection.
    fn shut_down(&self);
    /// The child `pid` answers it.
    fn hand_over(self, pid: Pid);
}
