//! One client of the loop: never waited for, whether it is slow to send or slow to read.

use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use common::net::Client;
use common::text::Service;

/// A client, and what it is still owed: a slow reader must not make the others wait.
pub(crate) struct Talk {
    pub(crate) client: Client,
    pub(crate) unsent: Vec<u8>,
    /// When it last sent or took something.
    pub(crate) heard: Instant,
}

impl Talk {
    /// `None`: its connection is broken already.
    pub(crate) fn begin(mut client: Client) -> Option<Talk> {
        client.set_nonblocking(true).ok()?;
        Some(Talk { client, unsent: Vec::new(), heard: Instant::now() })
    }

    /// Reads or writes once, without waiting; false when the client has left.
    pub(crate) fn go_on(&mut self, service: Service) -> io::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        if self.unsent.is_empty() {
            match self.client.read(&mut buffer) {
                Ok(0) => return Ok(false),
                Ok(n) => self.unsent.extend_from_slice(service.answer(&buffer[..n])),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            }
        }
        self.heard = Instant::now();
        match self.client.write(&self.unsent) {
            Ok(n) => drop(self.unsent.drain(..n)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        Ok(true)
    }

    /// Whether it is to be let go; the log will say why.
    pub(crate) fn silent_for(&mut self, limit: Duration) -> bool {
        let silent = self.heard.elapsed() >= limit;
        if silent {
            self.client.leaves_because(format!("silent for {limit:?}, let go"));
        }
        silent
    }
}
