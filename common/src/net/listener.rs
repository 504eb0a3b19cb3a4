//! The listening socket as an iterator of clients.

use std::cell::{Ref, RefCell};
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use log::{debug, info, warn};
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::Backlog;

use super::accept::{Backoff, Refused};
use super::client::Client;
use super::guests::{Guests, timeout};
use crate::args::ServerArgs;
use crate::{Failure, stop};

/// A listening TCP socket; `for client in &listener` runs until the program is asked to stop.
#[derive(Debug)]
pub struct Listener {
    /// `None` once closed.
    socket: RefCell<Option<TcpListener>>,
    backoff: RefCell<Backoff>,
    guests: Arc<Guests>,
    grace: Duration,
}

impl Listener {
    /// Listens where `args` says, and tells so on standard output: `listening on 127.0.0.1:8888`.
    ///
    /// From here on the program ends as [`stop`] describes. `leaving` says in the log what it means
    /// that a client has left, such as "its thread ends".
    ///
    /// # Errors
    ///
    /// One line for people: the address is in use, is not this machine's, or is not allowed.
    pub fn bind<const PORT: u16>(
        args: &ServerArgs<PORT>,
        leaving: &'static str,
    ) -> Result<Listener, Failure> {
        // Whoever reads the ready line may send a signal at once.
        stop::on_signals().map_err(|why| Failure::new("cannot start", &why))?;
        Listener::over(bind_tcp(args)?, args, leaving)
    }

    /// The same over a socket that listens already.
    ///
    /// # Errors
    ///
    /// No descriptor left.
    pub fn over<const PORT: u16>(
        socket: TcpListener,
        args: &ServerArgs<PORT>,
        leaving: &'static str,
    ) -> Result<Listener, Failure> {
        let start = |why: io::Error| Failure::new("cannot start", &why);
        stop::on_signals().map_err(start)?;
        stop::set_grace(args.grace);
        let limit = args.max_clients.map_or(usize::MAX, |n| n.get());
        let guests = Guests::new(limit, args.idle_timeout, leaving).map_err(start)?;
        socket.set_nonblocking(true).map_err(start)?;
        Ok(Listener {
            socket: RefCell::new(Some(socket)),
            backoff: RefCell::default(),
            guests,
            grace: args.grace,
        })
    }

    /// The next client if one is waiting now and there is room for it; never waits.
    pub fn accept_now(&self) -> Option<Client> {
        if self.guests.seen_leaving() {
            self.backoff.borrow_mut().retry_now();
        }
        let socket = self.socket.borrow();
        let socket = socket.as_ref()?;
        while self.retry_in().is_none() && !self.guests.full() {
            match socket.accept().and_then(|(stream, peer)| self.admit(stream, peer)) {
                Ok(client) => {
                    self.backoff.borrow_mut().succeeded();
                    return Some(client);
                }
                Err(error) => match Refused::because(&error) {
                    Refused::Nobody => return None,
                    Refused::ThisOne => debug!("a client left before it was accepted: {error}"),
                    Refused::Everyone => {
                        self.guests.await_place();
                        if self.backoff.borrow_mut().failed() {
                            let count = self.guests.count();
                            warn!(
                                "{}: no room for more than the {count} clients here, others wait",
                                crate::reason(&error)
                            );
                        }
                    }
                },
            }
        }
        None
    }

    /// For a loop of one's own: the socket to watch for new clients, or `None` while nobody can be
    /// accepted (closed, as many here as may be, or out of descriptors: see [`Listener::retry_in`]).
    pub fn watched(&self) -> Option<Ref<'_, TcpListener>> {
        if self.retry_in().is_some() || self.guests.full() {
            return None;
        }
        Ref::filter_map(self.socket.borrow(), Option::as_ref).ok()
    }

    /// How long [`Listener::accept_now`] will accept nobody, since there was no room for another.
    pub fn retry_in(&self) -> Option<Duration> {
        self.backoff.borrow().remaining()
    }

    /// Stops listening, in this process: the port is free when the last process has done so.
    pub fn close(&self) {
        self.socket.take();
    }

    /// Stops listening, lets every client have what it is owed, within the grace time, and returns
    /// when all have left or the time is over.
    pub fn finish(&self) {
        self.close();
        match self.guests.see_off(self.grace) {
            0 => {}
            n => warn!("cut off {n} still busy after the grace time of {:?}", self.grace),
        }
    }

    fn admit(&self, stream: TcpStream, peer: SocketAddr) -> io::Result<Client> {
        // A short answer is sent at once, not held back until the one before it is acknowledged.
        let _ = stream.set_nodelay(true);
        self.guests.admit(OwnedFd::from(stream), peer.to_string())
    }

    /// Waits until there may be someone to accept, someone has left, or the program is to stop.
    fn wait(&self) {
        let socket = self.watched();
        let someone = match &socket {
            Some(socket) => socket.as_fd(),
            None => self.guests.freed(),
        };
        let events = [Some(someone), stop::event(), stop::child_event()];
        let mut events: Vec<PollFd<'_>> =
            events.into_iter().flatten().map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        let _ = poll(&mut events, timeout(self.retry_in()));
    }
}

impl Iterator for &Listener {
    type Item = Client;

    fn next(&mut self) -> Option<Client> {
        loop {
            if stop::children_seen() {
                self.guests.reap();
            }
            if let Some(client) = self.accept_now() {
                return Some(client);
            }
            // Only now: those who had connected before the stop have been accepted.
            if stop::requested() {
                return None;
            }
            self.wait();
        }
    }
}

/// A listening, non-blocking socket at the address of `--host` and `--port`, and the ready line.
///
/// # Errors
///
/// As [`Listener::bind`].
pub fn bind_tcp<const PORT: u16>(args: &ServerArgs<PORT>) -> Result<TcpListener, Failure> {
    let listening = || -> io::Result<TcpListener> {
        let addresses: Vec<SocketAddr> = args.address().to_socket_addrs()?.collect();
        let socket = TcpListener::bind(&addresses[..])?;
        listen_again(&socket, args.backlog)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    };
    let socket = listening().map_err(|why| Failure::cannot_listen(&args.shown_address(), &why))?;
    match socket.local_addr() {
        Ok(address) => announce(&address, &ServerArgs::<PORT>::client_command(address)),
        Err(why) => return Err(Failure::cannot_listen(&args.shown_address(), &why)),
    }
    Ok(socket)
}

/// Sets how many connections may wait to be accepted: std fixes it at 128, a second listen(2) on the
/// same socket changes it. The kernel takes at most `net.core.somaxconn`.
///
/// # Errors
///
/// Those of listen(2).
pub fn listen_again(socket: &impl AsFd, backlog: u16) -> io::Result<()> {
    let backlog = Backlog::new(i32::from(backlog)).unwrap_or(Backlog::MAXCONN);
    Ok(nix::sys::socket::listen(socket, backlog)?)
}

/// Prints the ready line, `listening on ADDRESS`, and, if someone looks on, what to try next.
pub fn announce(address: &impl Display, client_command: &str) {
    let mut stdout = io::stdout();
    let line = writeln!(stdout, "listening on {address}").and_then(|()| stdout.flush());
    if let Err(error) = line {
        warn!("cannot write to standard output: {error}");
    }
    if io::stderr().is_terminal() {
        info!("try in another terminal: {client_command} (here, Ctrl-C ends the server)");
    }
}
