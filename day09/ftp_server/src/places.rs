//! How many clients there may be at once, and from one address.
//!
//! The servers of `socketserver` let further clients wait. FTP has a word for them, 421, so
//! [`Places`] overrides `verify_request` to say it.

use std::io::{self, PipeReader, PipeWriter, Read};
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::socket::{MsgFlags, send};
use socketserver::{Address, Hooks, Tcp};

use crate::reply::Reply;

/// A client that has just left may still be counted: so long it is waited for.
const PATIENCE: Duration = Duration::from_millis(100);

/// The places of a server, counted by the process that accepts.
///
/// A place is a pipe that nobody ever writes to. The child process that serves the client holds its
/// one end; when that process ends, however it does, the other end is at its end of file.
#[derive(Debug)]
pub struct Places {
    /// `None`: no limit.
    limit: Option<NonZeroUsize>,
    limit_per_host: Option<NonZeroUsize>,
    list: Mutex<List>,
}

#[derive(Debug, Default)]
struct List {
    taken: Vec<(IpAddr, PipeReader)>,
    /// Of the client that is being handed out: its child process inherits it.
    latest: Option<PipeWriter>,
}

impl Places {
    /// No limit where there is `None`.
    pub fn new(limit: Option<NonZeroUsize>, limit_per_host: Option<NonZeroUsize>) -> Places {
        Places { limit, limit_per_host, list: Mutex::default() }
    }

    fn take(&self, ip: IpAddr) -> Result<(), Reply> {
        if self.limit.is_none() && self.limit_per_host.is_none() {
            return Ok(());
        }
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.latest = None;
        let end = Instant::now() + PATIENCE;
        while let Err(full) = self.room_for(ip, &mut list) {
            if Instant::now() >= end {
                return Err(full);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        list.enter(ip).map_err(|why| Reply::new(421, common::reason(&why)))
    }

    fn room_for(&self, ip: IpAddr, list: &mut List) -> Result<(), Reply> {
        list.taken.retain_mut(|(_, end)| !matches!(end.read(&mut [0]), Ok(0)));
        let here = list.taken.len();
        let from_there = list.taken.iter().filter(|(other, _)| *other == ip).count();
        if self.limit.is_some_and(|limit| here >= limit.get()) {
            return Err(Reply::new(421, format!("{here} clients are here already, come later")));
        }
        if self.limit_per_host.is_some_and(|limit| from_there >= limit.get()) {
            let text = format!("{from_there} clients from your address are here already");
            return Err(Reply::new(421, text));
        }
        Ok(())
    }
}

impl List {
    fn enter(&mut self, ip: IpAddr) -> io::Result<()> {
        let (end, held) = io::pipe()?;
        fcntl(end.as_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        self.taken.push((ip, end));
        self.latest = Some(held);
        Ok(())
    }
}

impl Hooks<Tcp> for Places {
    fn verify_request(&self, request: &OwnedFd, client_address: &Address) -> bool {
        let Some(address) = client_address.inet() else { return false };
        match self.take(address.ip().to_canonical()) {
            Ok(()) => true,
            Err(reply) => {
                log::warn!("{client_address}: turned away, no place");
                let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
                let _ = send(request.as_raw_fd(), &reply.bytes(), flags);
                false
            }
        }
    }

    /// The client is handed out: from now on only its child process has its place.
    fn service_actions(&self) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).latest = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_holder_is_gone() {
        let [a, b] = ["127.0.0.1", "127.0.0.2"].map(|ip| ip.parse().unwrap());
        let places = Places::new(NonZeroUsize::new(3), NonZeroUsize::new(2));
        let hold = |ip| -> Result<PipeWriter, u16> {
            places.take(ip).map_err(|reply| reply.code())?;
            Ok(places.list.lock().unwrap().latest.take().unwrap())
        };
        let first = hold(a).unwrap();
        let _second = hold(a).unwrap();
        assert_eq!(hold(a).unwrap_err(), 421);
        let _third = hold(b).unwrap();
        assert_eq!(hold(b).unwrap_err(), 421);
        drop(first);
        assert!(hold(a).is_ok());
    }
}
