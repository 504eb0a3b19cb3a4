//! `UnixListener` and `UnixStream`.

use std::io;
use std::net::Shutdown;
use std::os::unix::net;
use std::path::Path;
use std::rc::Rc;

use super::io::{Cooperative, common_methods, stream_io};

/// A listening Unix socket. Clones are the same socket.
#[derive(Clone, Debug)]
pub struct UnixListener {
    io: Rc<Cooperative<net::UnixListener>>,
}

impl UnixListener {
    /// Listens at a path that does not exist yet.
    ///
    /// # Errors
    /// Those of bind(2).
    pub fn bind(path: impl AsRef<Path>) -> io::Result<UnixListener> {
        let socket = net::UnixListener::bind(path)?;
        socket.set_nonblocking(true)?;
        Ok(UnixListener { io: Rc::new(Cooperative::new(socket)) })
    }

    /// Waits for the next client.
    ///
    /// # Errors
    /// Those of accept(2); the socket was closed.
    pub fn accept(&self) -> io::Result<(UnixStream, net::SocketAddr)> {
        let (stream, peer) = self.io.reading(net::UnixListener::accept)?;
        Ok((UnixStream::from_std(stream)?, peer))
    }
}

/// A connection between processes of one machine. Clones are the same connection.
#[derive(Clone, Debug)]
pub struct UnixStream {
    io: Rc<Cooperative<net::UnixStream>>,
}

impl UnixStream {
    /// Connects to who listens at the path. (With a full queue there it waits on a thread.)
    ///
    /// # Errors
    /// Those of connect(2).
    pub fn connect(path: impl AsRef<Path>) -> io::Result<UnixStream> {
        let path = path.as_ref().to_owned();
        let connected = crate::threadpool::apply(move || net::UnixStream::connect(path));
        UnixStream::from_std(connected.map_err(|error| io::Error::other(error.to_string()))??)
    }

    /// Two that are connected to each other.
    ///
    /// # Errors
    /// Those of socketpair(2).
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        let (one, two) = net::UnixStream::pair()?;
        Ok((UnixStream::from_std(one)?, UnixStream::from_std(two)?))
    }

    /// Takes a connected socket.
    ///
    /// # Errors
    /// It cannot be made non-blocking.
    pub fn from_std(socket: net::UnixStream) -> io::Result<UnixStream> {
        socket.set_nonblocking(true)?;
        Ok(UnixStream { io: Rc::new(Cooperative::new(socket)) })
    }

    /// Ends one direction, or both.
    ///
    /// # Errors
    /// It is not connected any more.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.io.inner()?.shutdown(how)
    }
}

stream_io!(UnixStream);

mod listener {
    use super::UnixListener;
    use crate::net::io::common_methods;
    type Inner = std::os::unix::net::UnixListener;
    common_methods!(UnixListener);
}

type Inner = net::UnixStream;
common_methods!(UnixStream);
