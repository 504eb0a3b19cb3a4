//! Who is connected: their log lines, their time limits, and how they part when the program stops.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use common::net::{PATIENCE, excerpt};
use common::stop;
use gevent::net::TcpStream;
use gevent::pool::Group;
use gevent::server::StreamServer;
use log::{info, log_enabled, warn};

/// How long, in a stop, a client that has never said anything is listened to: what it may have sent
/// just now has arrived by then.
const LAST_LOOK: Duration = Duration::from_millis(20);

/// The clients of this process.
#[derive(Debug, Default)]
pub(crate) struct Guests {
    list: RefCell<List>,
    idle_timeout: Option<Duration>,
    server: RefCell<Option<StreamServer>>,
}

#[derive(Debug, Default)]
struct List {
    next: u64,
    here: HashMap<u64, TcpStream>,
}

impl Guests {
    pub(crate) fn new(idle_timeout: Option<Duration>) -> Rc<Guests> {
        Rc::new(Guests { idle_timeout, ..Guests::default() })
    }

    /// A server that waits for a descriptor to be free need not wait longer than that.
    pub(crate) fn tell_when_one_leaves(&self, server: &StreamServer) {
        self.server.replace(Some(server.clone()));
    }

    pub(crate) fn admit(self: &Rc<Guests>, stream: TcpStream, peer: SocketAddr) -> Guest {
        // A short answer is sent at once, not held back until the one before it is acknowledged.
        let _ = stream.set_nodelay(true);
        stream.set_write_timeout(self.idle_timeout);
        let mut list = self.list.borrow_mut();
        list.next += 1;
        let id = list.next;
        list.here.insert(id, stream.clone());
        info!("{peer}: connected ({} here)", list.here.len());
        Guest { guests: Rc::clone(self), id, stream, peer, heard: false, why: None }
    }

    /// Ends the stay of all: who is waited for is let go, who is being answered gets the answer
    /// within `grace`.
    pub(crate) fn see_off(&self, tasks: &Group, grace: Duration) {
        for stream in self.list.borrow().here.values() {
            stream.cancel_read();
        }
        if !tasks.join(Some(grace)) {
            let count = tasks.len();
            warn!("cut off {count} still busy after the grace time of {grace:?}");
        }
    }
}

/// One client: to read from and write to, until it leaves.
#[derive(Debug)]
pub(crate) struct Guest {
    guests: Rc<Guests>,
    id: u64,
    stream: TcpStream,
    peer: SocketAddr,
    /// It has sent something: in a stop it is given time to send the rest.
    heard: bool,
    /// Why it is let go, if it did not leave of its own accord.
    why: Option<String>,
}

impl Guest {
    /// In a stop, closes the connection so that nothing sent to the client is lost: what it still
    /// sends is read, since to close with unread bytes would tell it "reset".
    pub(crate) fn part(&mut self) {
        if stop::requested() {
            let _ = self.stream.shutdown(Shutdown::Write);
            self.stream.set_read_timeout(Some(PATIENCE));
            let mut unread = [0; 1024];
            while self.heard && self.stream.read(&mut unread).is_ok_and(|n| n > 0) {}
        }
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(crate) fn peer(&self) -> String {
        self.peer.to_string()
    }

    fn failed(&mut self, error: io::Error, limit: &str) -> io::Error {
        self.why = Some(match (error.kind(), self.guests.idle_timeout) {
            (ErrorKind::TimedOut, Some(time)) => format!("{limit} {time:?}, let go"),
            _ => common::reason(&error),
        });
        error
    }
}

impl Read for Guest {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let patience = if self.heard { PATIENCE } else { LAST_LOOK };
            let stopping = stop::requested();
            let limit = if stopping { Some(patience) } else { self.guests.idle_timeout };
            self.stream.set_read_timeout(limit);
            match self.stream.read(buffer) {
                Ok(n) => {
                    self.heard |= n > 0;
                    if n > 0 && log_enabled!(log::Level::Info) {
                        info!("{}: received {}", self.peer, excerpt(&buffer[..n]));
                    }
                    return Ok(n);
                }
                // The stop came while we waited: one more look.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted && !stopping => {}
                Err(error) if error.kind() == ErrorKind::TimedOut => {
                    if !stopping {
                        self.failed(error, "silent for");
                    }
                    return Ok(0);
                }
                Err(error) => return Err(self.failed(error, "")),
            }
        }
    }
}

impl Write for Guest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes).map_err(|error| self.failed(error, "took nothing for"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.stream.close();
        let mut list = self.guests.list.borrow_mut();
        list.here.remove(&self.id);
        let why = self.why.as_deref().unwrap_or("left");
        info!("{}: {why}, its task ends ({} left)", self.peer, list.here.len());
        if let Some(server) = &*self.guests.server.borrow() {
            server.retry_now();
        }
    }
}
