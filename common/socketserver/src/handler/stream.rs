//! Requests that are connections.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use common::net::Client;
use common::process::Pid;
use nix::sys::socket::{Shutdown, setsockopt, shutdown, sockopt};

use super::{BaseRequestHandler, Request};
use crate::{Address, Result, job};

/// Answers one connection, through a buffered reader and a writer: write its `handle`.
pub trait StreamRequestHandler: Clone + Send + 'static {
    /// The size of the reader's buffer in bytes; 0 is none. Python's `rbufsize`.
    fn rbufsize(&self) -> usize {
        8192
    }

    /// The size of the writer's buffer in bytes; 0, the default, sends each write at once.
    fn wbufsize(&self) -> usize {
        0
    }

    /// How long a read or write may take before it fails with [`io::ErrorKind::TimedOut`].
    fn timeout(&self) -> Option<Duration> {
        None
    }

    /// Whether to send small writes at once although an earlier one is not acknowledged yet.
    fn disable_nagle_algorithm(&self) -> bool {
        false
    }

    /// Comes before `handle`; nothing by default.
    ///
    /// # Errors
    ///
    /// One ends the request: neither `handle` nor `finish` is called.
    fn setup(&mut self, request: &mut StreamRequest) -> Result {
        let _ = request;
        Ok(())
    }

    /// Answers the connection, which is closed afterwards.
    ///
    /// # Errors
    ///
    /// One goes to [`Hooks::handle_error`](crate::Hooks::handle_error).
    fn handle(&mut self, request: &mut StreamRequest) -> Result;

    /// Comes after `handle`, also if that failed or panicked; `wfile` is flushed after it.
    ///
    /// # Errors
    ///
    /// As `handle`.
    fn finish(&mut self, request: &mut StreamRequest) -> Result {
        let _ = request;
        Ok(())
    }
}

/// A connection as a [`StreamRequestHandler`] sees it.
#[derive(Debug)]
pub struct StreamRequest {
    /// Reads what the client sends.
    pub rfile: BufReader<Connection>,
    /// Sends to the client.
    pub wfile: BufWriter<Connection>,
}

impl StreamRequest {
    /// The connection itself; what `rfile` has read ahead is not in it any more.
    pub fn connection(&self) -> &Connection {
        self.rfile.get_ref()
    }

    /// Where the client is.
    pub fn client_address(&self) -> &Address {
        self.connection().client_address()
    }
}

impl<H: StreamRequestHandler> BaseRequestHandler<Connection> for H {
    fn handle(&mut self, connection: &mut Connection) -> Result {
        if let Some(limit) = self.timeout() {
            connection.set_timeout(Some(limit))?;
        }
        if self.disable_nagle_algorithm() {
            connection.set_nodelay(true)?;
        }
        let request = StreamRequest {
            rfile: BufReader::with_capacity(self.rbufsize(), connection.clone()),
            wfile: BufWriter::with_capacity(self.wbufsize(), connection.clone()),
        };
        let finished = job::in_turn(
            (self, request),
            |(handler, request)| StreamRequestHandler::setup(*handler, request),
            |(handler, request)| StreamRequestHandler::handle(*handler, request),
            |(handler, request)| {
                let finished = StreamRequestHandler::finish(*handler, request);
                // A client that has gone is no error any more: there is nobody left to answer.
                let _ = request.wfile.flush();
                finished
            },
        );
        Ok(finished?)
    }
}

/// A client's connection, to read and to write. Clones are the same connection.
///
/// In a program that is asked to stop, a `read` that waits gives 0, as if the client had left.
#[derive(Debug, Clone)]
pub struct Connection {
    client: Arc<Client>,
    address: Address,
}

impl Connection {
    pub(crate) fn new(client: Client, address: Address) -> Connection {
        Connection { client: Arc::new(client), address }
    }

    /// Where the client is.
    pub fn client_address(&self) -> &Address {
        &self.address
    }

    /// The entry of this connection in the list of those who are here.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Lets a read or write fail with [`io::ErrorKind::TimedOut`] when it takes longer; `None`: never.
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn set_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        self.client.set_timeout(limit)
    }

    /// Sends small writes at once (TCP_NODELAY); a Unix socket does so anyway.
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        match self.address {
            Address::Inet(_) => Ok(setsockopt(&self.client, sockopt::TcpNoDelay, &nodelay)?),
            _ => Ok(()),
        }
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.client).read(buffer)
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.client).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.client.as_fd()
    }
}

impl Request for Connection {
    fn client_address(&self) -> &Address {
        &self.address
    }

    fn ends_on_stop(&mut self) {
        if let Some(client) = Arc::get_mut(&mut self.client) {
            client.ends_on_stop();
        }
    }

    fn shut_down(&self) {
        // Closing does it too, unless some clone of this outlives the request.
        if Arc::strong_count(&self.client) > 1 {
            let _ = shutdown(self.as_fd().as_raw_fd(), Shutdown::Write);
        }
    }

    fn hand_over(self, pid: Pid) {
        if let Some(client) = Arc::into_inner(self.client) {
            client.hand_over(pid);
        }
    }
}
