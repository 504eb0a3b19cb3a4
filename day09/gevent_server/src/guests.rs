//! Which browsers are connected: their log lines, and how they part when the program stops.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use gevent::net::TcpStream;
use gevent::pool::Group;
use gevent::server::StreamServer;
use log::{info, warn};

/// The clients of this process.
#[derive(Debug, Default)]
pub(crate) struct Guests {
    list: RefCell<List>,
    server: RefCell<Option<StreamServer>>,
}

#[derive(Debug, Default)]
struct List {
    next: u64,
    here: HashMap<u64, TcpStream>,
}

impl Guests {
    pub(crate) fn new() -> Rc<Guests> {
        Rc::default()
    }

    /// A server that waits for a descriptor to be free need not wait longer than that.
    pub(crate) fn tell_when_one_leaves(&self, server: &StreamServer) {
        self.server.replace(Some(server.clone()));
    }

    pub(crate) fn admit(self: &Rc<Guests>, stream: TcpStream, peer: SocketAddr) -> Guest {
        // A short answer is sent at once, not held back until the one before it is acknowledged.
        let _ = stream.set_nodelay(true);
        let mut list = self.list.borrow_mut();
        list.next += 1;
        let id = list.next;
        list.here.insert(id, stream.clone());
        info!("{peer}: connected ({} here)", list.here.len());
        Guest { guests: Rc::clone(self), id, stream, peer }
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
}

impl Guest {
    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(crate) fn peer(&self) -> String {
        self.peer.to_string()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.stream.close();
        let mut list = self.guests.list.borrow_mut();
        list.here.remove(&self.id);
        info!("{}: left, its task ends ({} left)", self.peer, list.here.len());
        if let Some(server) = &*self.guests.server.borrow() {
            server.retry_now();
        }
    }
}
