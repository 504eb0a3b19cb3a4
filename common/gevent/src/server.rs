//! `StreamServer` and `DatagramServer`: a task for each client, or for each datagram.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use common::net::{Backoff, Refused};

use crate::event::Event;
use crate::net::{TcpListener, TcpStream, UdpSocket};
use crate::pool::{Group, Pool};
use crate::task::{AnyTask, spawn};

/// Accepts TCP connections and calls a handler for each, in a task of its own.
///
/// A handler that panics costs its own client the connection and nobody else anything. While the
/// process is out of descriptors the server waits, longer each time, and tries again.
///
/// ```
/// use std::io::{Read, Write};
/// use gevent::{net::{TcpListener, TcpStream}, server::StreamServer};
///
/// let listener = TcpListener::bind("127.0.0.1:0").unwrap();
/// let address = listener.local_addr().unwrap();
/// let server = StreamServer::new(listener, |mut client, _| drop(client.write_all(b"OK")));
/// server.start();
/// let mut answer = String::new();
/// TcpStream::connect(address).unwrap().read_to_string(&mut answer).unwrap();
/// assert_eq!(answer, "OK");
/// server.stop(None);
/// ```
#[derive(Clone)]
pub struct StreamServer(Rc<State>);

struct State {
    listener: TcpListener,
    handle: Box<dyn Fn(TcpStream, SocketAddr)>,
    /// The handlers: of a pool, where not too many may run at once.
    handlers: Group,
    acceptor: RefCell<Option<AnyTask>>,
    stopped: Event,
    /// Set when there may be room again for what the system had none for.
    retry: Event,
}

impl StreamServer {
    /// A server for any number of clients at once.
    pub fn new(
        listener: TcpListener,
        handle: impl Fn(TcpStream, SocketAddr) + 'static,
    ) -> StreamServer {
        StreamServer::with_handlers(listener, Group::new(), Box::new(handle))
    }

    /// A server whose handlers are tasks of `pool`: further clients wait to be accepted.
    pub fn with_pool(
        listener: TcpListener,
        pool: &Pool,
        handle: impl Fn(TcpStream, SocketAddr) + 'static,
    ) -> StreamServer {
        StreamServer::with_handlers(listener, Group::clone(pool), Box::new(handle))
    }

    fn with_handlers(
        listener: TcpListener,
        handlers: Group,
        handle: Box<dyn Fn(TcpStream, SocketAddr)>,
    ) -> StreamServer {
        StreamServer(Rc::new(State {
            listener,
            handle,
            handlers,
            acceptor: RefCell::new(None),
            stopped: Event::new(),
            retry: Event::new(),
        }))
    }

    /// Starts to accept, in a task of its own.
    pub fn start(&self) {
        let server = self.clone();
        let acceptor = spawn(move || server.accept()).named("acceptor").any();
        self.0.acceptor.replace(Some(acceptor));
    }

    /// Starts, and waits until the server is stopped.
    pub fn serve_forever(&self) {
        self.start();
        self.0.stopped.wait(None);
    }

    /// Accepts nobody more and frees the port. Then waits so long for the handlers that still run,
    /// and kills those that are left; `None` leaves them to themselves.
    pub fn stop(&self, timeout: Option<Duration>) {
        self.close();
        if timeout.is_some() && !self.0.handlers.join(timeout) {
            let _ = self.0.handlers.kill(None);
        }
    }

    /// Accepts nobody more and frees the port; the handlers go on.
    pub fn close(&self) {
        if let Some(acceptor) = self.0.acceptor.take() {
            acceptor.kill(None);
        }
        self.0.listener.close();
        self.0.stopped.set();
    }

    /// Something was given back: if the server waits for the system to have room, it tries again.
    pub fn retry_now(&self) {
        self.0.retry.set();
    }

    /// The handlers that run.
    #[must_use]
    pub fn handlers(&self) -> &Group {
        &self.0.handlers
    }

    fn accept(&self) {
        let server = &*self.0;
        let mut backoff = Backoff::default();
        loop {
            server.handlers.wait_available(None);
            match server.listener.accept() {
                Ok((client, peer)) => {
                    backoff.succeeded();
                    let handler = self.clone();
                    server.handlers.spawn(move || (handler.0.handle)(client, peer));
                }
                Err(error) if is_fatal(&error) => {
                    log::error!("cannot accept any more: {error}");
                    return server.stopped.set();
                }
                Err(error) => match Refused::because(&error) {
                    Refused::Nobody | Refused::ThisOne => {
                        log::debug!("a client left before it was accepted: {error}");
                    }
                    Refused::Everyone => {
                        server.retry.clear();
                        if backoff.failed() {
                            let count = server.handlers.len();
                            log::warn!(
                                "{}: no room for more than the {count} clients here, others wait",
                                common::reason(&error)
                            );
                        }
                        server.retry.wait(backoff.remaining());
                    }
                },
            }
        }
    }
}

impl fmt::Debug for StreamServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamServer")
            .field("listener", &self.0.listener)
            .field("handlers", &self.0.handlers.len())
            .finish_non_exhaustive()
    }
}

/// Whether the listening socket itself is no good.
fn is_fatal(error: &io::Error) -> bool {
    use nix::errno::Errno::{EBADF, EINVAL, ENOTSOCK};
    [EBADF, EINVAL, ENOTSOCK].iter().any(|&errno| error.raw_os_error() == Some(errno as i32))
}

type DatagramHandler = Rc<dyn Fn(&[u8], SocketAddr)>;

/// Calls a handler for each datagram, in a task of its own.
#[derive(Clone)]
pub struct DatagramServer {
    socket: UdpSocket,
    handle: DatagramHandler,
    receiver: Rc<RefCell<Option<AnyTask>>>,
}

impl DatagramServer {
    /// The handler gets the bytes and their sender; it answers with a clone of `socket`.
    pub fn new(socket: UdpSocket, handle: impl Fn(&[u8], SocketAddr) + 'static) -> DatagramServer {
        DatagramServer { socket, handle: Rc::new(handle), receiver: Rc::default() }
    }

    /// Starts to receive, in a task of its own.
    pub fn start(&self) {
        let server = self.clone();
        let receive = move || {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                match server.socket.recv_from(&mut buffer) {
                    Ok((n, from)) => {
                        let (handle, bytes) = (Rc::clone(&server.handle), buffer[..n].to_vec());
                        spawn(move || handle(&bytes, from));
                    }
                    Err(error) if is_fatal(&error) => return,
                    // An earlier answer met a closed port: nothing to do with the next datagram.
                    Err(error) => log::debug!("receive: {error}"),
                }
            }
        };
        self.receiver.replace(Some(spawn(receive).named("receiver").any()));
    }

    /// Receives nothing more; handlers go on.
    pub fn stop(&self) {
        if let Some(receiver) = self.receiver.take() {
            receiver.kill(None);
        }
        self.socket.close();
    }
}

impl fmt::Debug for DatagramServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.socket.fmt(f)
    }
}
