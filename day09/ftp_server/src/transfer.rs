//! One file over the data connection, while the control connection is listened to.
//!
//! A download is `sendfile`: the kernel moves pages from the file to the socket, and no byte of them
//! passes through this program. An upload is large reads and writes. The data connection never
//! blocks; when it has nothing to give or take, the wait is one `poll` over both connections.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc::off_t;
use nix::poll::PollFlags;
use nix::sys::sendfile::sendfile64;

use crate::ascii::{ToFile, ToNetwork};
use crate::control::{Control, Interruption};
use crate::reply::Reply;

/// How long a data connection may stand still.
const STALL_LIMIT: Duration = Duration::from_secs(60);
/// After so many bytes without a wait, the control connection is looked at.
const LOOK_EVERY: u64 = 8 << 20;
/// Fits into the processor's own cache beside what the kernel touches: larger ones measured slower.
const BUFFER: usize = 64 << 10;

/// How a transfer ended before its end.
#[derive(Debug)]
pub enum Broken {
    /// The client said ABOR.
    Aborted,
    /// The control connection is gone.
    Left,
    /// The data connection broke, or stood still for too long.
    Data(io::Error),
    /// The file could not be read or written.
    File(io::Error),
    /// The program stops, and its grace time is over.
    Stopped,
}

impl Broken {
    /// What to tell the client; `None` if it is gone.
    pub fn reply(&self) -> Option<Reply> {
        let code = match self {
            Broken::Left => return None,
            Broken::Aborted | Broken::Data(_) | Broken::Stopped => 426,
            Broken::File(why) => match Reply::failed(why).code() {
                550 => 451,
                code => code,
            },
        };
        Some(Reply::new(code, format!("Transfer ended: {self}")))
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Aborted => f.write_str("the client said so"),
            Broken::Left => f.write_str("the client has left"),
            Broken::Stopped => f.write_str("the server stops"),
            Broken::Data(why) => write!(f, "the data connection: {}", common::reason(why)),
            Broken::File(why) => write!(f, "the file: {}", common::reason(why)),
        }
    }
}

/// A transfer under way.
#[derive(Debug)]
pub struct Transfer<'c> {
    control: &'c mut Control,
    data: TcpStream,
    stall_limit: Duration,
    /// Bytes that went over the data connection.
    pub bytes: u64,
    looked_at: u64,
}

impl<'c> Transfer<'c> {
    /// Over `data`, which must not block.
    pub fn new(control: &'c mut Control, data: TcpStream) -> Transfer<'c> {
        let stall_limit = STALL_LIMIT.min(control.idle_limit());
        Transfer { control, data, stall_limit, bytes: 0, looked_at: 0 }
    }

    /// Sends `file` from `offset` to its end, byte for byte.
    ///
    /// # Errors
    ///
    /// See [`Broken`].
    pub fn send_file(&mut self, file: &File, offset: u64) -> Result<(), Broken> {
        let mut at = off_t::try_from(offset).map_err(|_| Broken::File(Errno::EINVAL.into()))?;
        loop {
            match sendfile64(&self.data, file, Some(&mut at), LOOK_EVERY as usize) {
                Ok(0) => return Ok(()),
                Ok(n) => self.went(n)?,
                Err(Errno::EAGAIN) => self.wait(PollFlags::POLLOUT)?,
                Err(Errno::EINTR) => {}
                Err(errno @ (Errno::EIO | Errno::EINVAL | Errno::EOVERFLOW)) => {
                    return Err(Broken::File(errno.into()));
                }
                Err(errno) => return Err(Broken::Data(errno.into())),
            }
        }
    }

    /// Sends `file` with its line ends converted.
    ///
    /// # Errors
    ///
    /// See [`Broken`].
    pub fn send_lines(&mut self, file: &mut File) -> Result<(), Broken> {
        let (mut chunk, mut out) = (vec![0; BUFFER], Vec::with_capacity(2 * BUFFER));
        let mut lines = ToNetwork::default();
        loop {
            match file.read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(n) => {
                    out.clear();
                    lines.convert(&chunk[..n], &mut out);
                    self.send(&out)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Broken::File(error)),
            }
        }
    }

    /// Sends these bytes.
    ///
    /// # Errors
    ///
    /// See [`Broken`].
    pub fn send(&mut self, mut bytes: &[u8]) -> Result<(), Broken> {
        while !bytes.is_empty() {
            match self.data.write(bytes) {
                Ok(n) => {
                    bytes = &bytes[n..];
                    self.went(n)?;
                }
                Err(error) => self.pass_over(error, PollFlags::POLLOUT)?,
            }
        }
        Ok(())
    }

    /// Receives until the client closes the data connection, and writes to `file`; `lines`: with
    /// line ends converted.
    ///
    /// # Errors
    ///
    /// See [`Broken`].
    pub fn receive(&mut self, file: &mut File, lines: bool) -> Result<(), Broken> {
        let (mut chunk, mut out) = (vec![0; BUFFER], Vec::new());
        let mut to_file = ToFile::default();
        loop {
            let n = match self.data.read(&mut chunk) {
                Ok(n) => n,
                Err(error) => {
                    self.pass_over(error, PollFlags::POLLIN)?;
                    continue;
                }
            };
            let bytes = if lines {
                out.clear();
                to_file.convert(&chunk[..n], &mut out);
                if n == 0 {
                    to_file.finish(&mut out);
                }
                &out
            } else {
                &chunk[..n]
            };
            file.write_all(bytes).map_err(Broken::File)?;
            if n == 0 {
                // A client that was killed closes both at once: the file may be cut short.
                return self.look();
            }
            self.went(n)?;
            if n < chunk.len() {
                // There was no more: rather wait than be told so by another read.
                self.wait(PollFlags::POLLIN)?;
            }
        }
    }

    fn went(&mut self, n: usize) -> Result<(), Broken> {
        self.bytes += n as u64;
        if self.bytes - self.looked_at < LOOK_EVERY {
            return Ok(());
        }
        self.look()
    }

    fn look(&mut self) -> Result<(), Broken> {
        self.looked_at = self.bytes;
        self.control.interruption().map_err(broken)
    }

    fn pass_over(&mut self, error: io::Error, events: PollFlags) -> Result<(), Broken> {
        match error.kind() {
            io::ErrorKind::WouldBlock => self.wait(events),
            io::ErrorKind::Interrupted => Ok(()),
            _ => Err(Broken::Data(error)),
        }
    }

    fn wait(&mut self, events: PollFlags) -> Result<(), Broken> {
        let end = Instant::now() + self.stall_limit;
        self.control.wait_with(self.data.as_fd(), events, end).map_err(broken)
    }
}

fn broken(why: Interruption) -> Broken {
    match why {
        Interruption::Abort => Broken::Aborted,
        Interruption::Left => Broken::Left,
        Interruption::Timeout => Broken::Data(io::ErrorKind::TimedOut.into()),
        Interruption::Stop => Broken::Stopped,
    }
}
