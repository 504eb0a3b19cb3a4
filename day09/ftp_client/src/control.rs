//! The control connection: a command, its reply.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use common::Failure;

/// How long a server may be silent.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// No line and no reply of a sound server is longer.
const LONGEST: u64 = 1 << 20;

#[derive(Debug)]
pub(crate) struct Control {
    stream: TcpStream,
    replies: BufReader<TcpStream>,
}

/// A reply: its code, and its text with the code before it.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) text: String,
}

impl Reply {
    /// The reply as an error, unless its code begins with this digit.
    pub(crate) fn wanted(self, digit: u16, what: &str) -> Result<Reply, Failure> {
        if self.code / 100 == digit {
            return Ok(self);
        }
        Err(Failure::from(format!("{what}: the server says: {}", self.text)))
    }
}

impl Control {
    /// Connects and takes the greeting; `shown` is the address for people.
    pub(crate) fn connect(address: impl ToSocketAddrs, shown: &str) -> Result<Control, Failure> {
        let failed = |why: io::Error| Failure::cannot_connect(&shown, &why);
        let stream = TcpStream::connect(address).map_err(failed)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let replies = BufReader::new(stream.try_clone().map_err(failed)?);
        let mut control = Control { stream, replies };
        control.reply()?.wanted(2, "cannot connect")?;
        Ok(control)
    }

    pub(crate) fn log_in(&mut self, user: &str, password: &str) -> Result<(), Failure> {
        let mut reply = self.run("USER", user)?;
        if reply.code == 331 {
            reply = self.run("PASS", password)?;
        }
        reply.wanted(2, &format!("cannot log in as {user}"))?;
        Ok(())
    }

    pub(crate) fn addresses(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.stream.local_addr()?, self.stream.peer_addr()?))
    }

    /// Sends a command and waits for its reply.
    pub(crate) fn run(&mut self, verb: &str, argument: &str) -> Result<Reply, Failure> {
        // It would be a second command.
        if argument.contains(['\r', '\n']) {
            return Err(Failure::from(format!("{argument:?}: a line end cannot be sent")));
        }
        let space = if argument.is_empty() { "" } else { " " };
        let line = format!("{verb}{space}{argument}\r\n");
        self.stream.write_all(line.as_bytes()).map_err(|why| lost(&why))?;
        self.reply()
    }

    /// The next reply, of one line or of several (RFC 959, 4.2).
    pub(crate) fn reply(&mut self) -> Result<Reply, Failure> {
        let first = self.line()?;
        let code = first.get(..3).and_then(|code| code.parse().ok());
        let Some(code @ 100..600) = code else {
            return Err(Failure::from(format!("this is no FTP server: it says {first:?}")));
        };
        if first.as_bytes().get(3) == Some(&b'-') {
            let last = format!("{code} ");
            while !self.line()?.starts_with(&last) {}
        }
        Ok(Reply { code, text: printable(&first) })
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = Vec::new();
        match self.replies.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
            Ok(0) => Err(Failure::from("the server closed the connection".to_owned())),
            Ok(_) => Ok(String::from_utf8_lossy(line.trim_ascii_end()).into_owned()),
            Err(why) => Err(lost(&why)),
        }
    }
}

pub(crate) fn lost(why: &io::Error) -> Failure {
    match why.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            Failure::from(format!("the server is silent for {PATIENCE:?}"))
        }
        _ => Failure::new("lost the server", why),
    }
}

/// What a server sends must not move the terminal's cursor about.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}
