//! How many clients there may be at once, and from one address.

use std::io::{self, PipeReader, PipeWriter, Read};
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::reply::Reply;

/// A client that has just left may still be counted: so long it is waited for.
const PATIENCE: Duration = Duration::from_millis(100);

/// The places of a server, counted by the process that accepts.
///
/// A place is a pipe nobody ever writes to. The child process that serves the client holds its one
/// end; when that process ends, however it does, the other end is at its end of file.
#[derive(Debug)]
pub struct Places {
    limit: Option<NonZeroUsize>,
    limit_per_host: Option<NonZeroUsize>,
    taken: Vec<(IpAddr, PipeReader)>,
}

/// A place that is taken until this is dropped in every process that has it.
#[derive(Debug)]
pub struct Place {
    _held: PipeWriter,
}

impl Places {
    /// No limit where there is `None`.
    pub fn new(limit: Option<NonZeroUsize>, limit_per_host: Option<NonZeroUsize>) -> Places {
        Places { limit, limit_per_host, taken: Vec::new() }
    }

    /// A place for a client from `ip`.
    ///
    /// # Errors
    ///
    /// The reply to a client for whom there is none.
    pub fn take(&mut self, ip: IpAddr) -> Result<Option<Place>, Reply> {
        if self.limit.is_none() && self.limit_per_host.is_none() {
            return Ok(None);
        }
        let end = Instant::now() + PATIENCE;
        while let Err(full) = self.room_for(ip) {
            if Instant::now() >= end {
                return Err(full);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let place = self.enter(ip);
        place.map(Some).map_err(|why| Reply::new(421, common::reason(&why)))
    }

    fn room_for(&mut self, ip: IpAddr) -> Result<(), Reply> {
        self.taken.retain_mut(|(_, end)| !matches!(end.read(&mut [0]), Ok(0)));
        let here = self.taken.len();
        let from_there = self.taken.iter().filter(|(other, _)| *other == ip).count();
        if self.limit.is_some_and(|limit| here >= limit.get()) {
            return Err(Reply::new(421, format!("{here} clients are here already, come later")));
        }
        if self.limit_per_host.is_some_and(|limit| from_there >= limit.get()) {
            let text = format!("{from_there} clients from your address are here already");
            return Err(Reply::new(421, text));
        }
        Ok(())
    }

    fn enter(&mut self, ip: IpAddr) -> io::Result<Place> {
        let (end, held) = io::pipe()?;
        fcntl(end.as_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        self.taken.push((ip, end));
        Ok(Place { _held: held })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_holder_is_gone() {
        let [a, b] = ["127.0.0.1", "127.0.0.2"].map(|ip| ip.parse().unwrap());
        let mut places = Places::new(NonZeroUsize::new(3), NonZeroUsize::new(2));
        let first = places.take(a).unwrap();
        let _second = places.take(a).unwrap();
        assert_eq!(places.take(a).unwrap_err().code(), 421);
        let _third = places.take(b).unwrap();
        assert_eq!(places.take(b).unwrap_err().code(), 421);
        drop(first);
        assert!(places.take(a).is_ok());
    }
}
