//! A client: what it sends, what it must get, each step with a bounded wait.

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use nix::poll::PollFlags;

use crate::bytes::shorten;
use crate::failure::Trace;
use crate::socket::Socket;
use crate::{Address, Failure, Result, patience};

/// As long as one can wait to see that nothing happens.
const A_MOMENT: Duration = Duration::from_millis(200);

/// A connection to the program; over UDP and unix datagrams one message is one datagram.
///
/// Each method is one step of the list that a [`Failure`] shows, and waits at most [`patience`].
#[derive(Debug)]
pub struct Client {
    socket: Socket,
    name: String,
    trace: Trace,
}

impl Client {
    pub(crate) fn connect(address: &Address, number: usize, trace: Trace) -> Result<Self> {
        let name = format!("client {number}");
        trace.step(format!("{name} connects to {address}"));
        let socket = Socket::connect(address)
            .map_err(|e| trace.failure(format!("{name} cannot connect: {e}")))?;
        Ok(Self { socket, name, trace })
    }

    pub(crate) fn connect_narrow(address: &Address, number: usize, trace: Trace) -> Result<Self> {
        let name = format!("client {number}");
        trace.step(format!("{name} connects to {address}, to read later"));
        let socket = Socket::connect_narrow(address)
            .map_err(|e| trace.failure(format!("{name} cannot connect: {e}")))?;
        Ok(Self { socket, name, trace })
    }

    /// The other way round: a connection that the program has made to a server that we play.
    pub(crate) fn accepted(stream: TcpStream, trace: Trace) -> Self {
        Self { socket: Socket::from(stream), name: "our server".to_owned(), trace }
    }

    /// The address that the program sees this client at.
    ///
    /// # Errors
    ///
    /// It is connected to a unix socket.
    pub fn local_addr(&self) -> Result<SocketAddr> {
        let addr = self.socket.local_addr().map_err(|e| self.fail(e))?;
        addr.ok_or_else(|| self.fail("a unix socket has no such address"))
    }

    /// Sends all these bytes.
    ///
    /// # Errors
    ///
    /// The program has closed the connection, or takes no more for [`patience`].
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result {
        let mut left = bytes.as_ref();
        self.step(format!("sends {}", shorten(left)));
        let end = Instant::now() + patience();
        loop {
            left = &left[self.send_some(left)?.unwrap_or(0)..];
            if left.is_empty() {
                return Ok(());
            }
            if !self.wait_for(PollFlags::POLLOUT, end)? {
                let left = left.len();
                return Err(
                    self.fail(format!("{left} bytes could not be sent in {:?}", patience()))
                );
            }
        }
    }

    /// Sends from these bytes until the program takes no more; gives how many went.
    ///
    /// No more means that for a fifth of a second nothing could be sent.
    ///
    /// # Errors
    ///
    /// The program has closed the connection.
    pub fn send_until_full(&mut self, bytes: impl AsRef<[u8]>) -> Result<usize> {
        self.step("sends until the program takes no more");
        let (bytes, mut sent) = (bytes.as_ref(), 0);
        while sent < bytes.len() {
            match self.send_some(&bytes[sent..])? {
                Some(count) => sent += count,
                None if self.wait_for(PollFlags::POLLOUT, Instant::now() + A_MOMENT)? => {}
                None => break,
            }
        }
        self.trace.outcome(&format!("{sent} bytes"));
        Ok(sent)
    }

    /// Sends all these bytes while it reads, closes the sending half, gives all that came back.
    ///
    /// # Errors
    ///
    /// The connection breaks, or nothing moves either way for [`patience`].
    pub fn exchange(&mut self, bytes: impl AsRef<[u8]>) -> Result<Vec<u8>> {
        let mut left = bytes.as_ref();
        self.step(format!("sends {}, reading at the same time", shorten(left)));
        let mut got = Vec::new();
        let mut closed = false;
        loop {
            if left.is_empty() && !closed {
                self.close_sending_half()?;
                closed = true;
            }
            let wanted =
                if closed { PollFlags::POLLIN } else { PollFlags::POLLIN | PollFlags::POLLOUT };
            if !self.wait_for(wanted, Instant::now() + patience())? {
                return Err(self.fail(format!(
                    "nothing moved for {:?}: {} bytes left to send, {} received",
                    patience(),
                    left.len(),
                    got.len()
                )));
            }
            if !left.is_empty() {
                left = &left[self.send_some(left)?.unwrap_or(0)..];
            }
            match self.socket.receive(65536) {
                Ok(None) => {}
                Ok(Some(bytes)) if bytes.is_empty() => {
                    self.trace.outcome(&format!("{} bytes came back", got.len()));
                    return Ok(got);
                }
                Ok(Some(bytes)) => got.extend(bytes),
                Err(e) => {
                    return Err(
                        self.fail(format!("cannot receive: {e} (after {} bytes)", got.len()))
                    );
                }
            }
        }
    }

    /// The next bytes must be these; what comes after them stays unread.
    ///
    /// # Errors
    ///
    /// Other bytes come, the program closes the connection, or time is up.
    pub fn expect(&mut self, bytes: impl AsRef<[u8]>) -> Result {
        let expected = bytes.as_ref();
        self.step(format!("expects {}", shorten(expected)));
        let end = Instant::now() + patience();
        let mut got = Vec::new();
        while got.len() < expected.len() {
            let some = self.socket.receive_before(expected.len() - got.len(), end);
            match some {
                Ok(Some(bytes)) if bytes.is_empty() => {
                    return Err(self.differs("the program closed the connection", expected, &got));
                }
                Ok(Some(bytes)) => got.extend(bytes),
                Ok(None) => {
                    return Err(self.differs(
                        &format!("time is up ({:?})", patience()),
                        expected,
                        &got,
                    ));
                }
                Err(e) => return Err(self.differs(&e.to_string(), expected, &got)),
            }
            if !expected.starts_with(&got) {
                return Err(self.differs("other bytes came", expected, &got));
            }
        }
        Ok(())
    }

    /// Something must come, whatever it is.
    ///
    /// # Errors
    ///
    /// The connection ends, or time is up.
    pub fn expect_something(&mut self) -> Result {
        self.step("expects an answer");
        match self.socket.receive_before(1024, Instant::now() + patience()) {
            Ok(Some(bytes)) if bytes.is_empty() => {
                Err(self.fail("the program closed the connection instead"))
            }
            Ok(Some(bytes)) => {
                self.trace.outcome(&shorten(&bytes));
                Ok(())
            }
            Ok(None) => Err(self.fail(format!("no answer came within {:?}", patience()))),
            Err(e) => Err(self.fail(e)),
        }
    }

    /// The program must close the connection, and send nothing before.
    ///
    /// # Errors
    ///
    /// Bytes come, the connection is reset, or time is up.
    pub fn expect_eof(&mut self) -> Result {
        self.step("expects the end of the connection");
        match self.socket.receive_before(65536, Instant::now() + patience()) {
            Ok(Some(bytes)) if bytes.is_empty() => Ok(()),
            Ok(Some(bytes)) => Err(self.fail(format!("bytes came instead: {}", shorten(&bytes)))),
            Ok(None) => Err(self.fail(format!("it is still open after {:?}", patience()))),
            Err(e) => Err(self.fail(format!("it ended with an error: {e}"))),
        }
    }

    /// The connection must end, orderly or by a reset, whatever comes before.
    ///
    /// # Errors
    ///
    /// It is still open after [`patience`].
    pub fn expect_closed(&mut self) -> Result {
        self.step("expects the end of the connection, one way or another");
        let end = Instant::now() + patience();
        loop {
            match self.socket.receive_before(65536, end) {
                Ok(Some(bytes)) if bytes.is_empty() => return Ok(()),
                Ok(Some(_)) => {}
                Ok(None) => {
                    return Err(self.fail(format!("it is still open after {:?}", patience())));
                }
                Err(_) => return Ok(()),
            }
        }
    }

    /// Nothing must come for a fifth of a second: as long as one can wait to see that somebody waits.
    ///
    /// # Errors
    ///
    /// Bytes come, or the end of the connection.
    pub fn expect_silence(&mut self) -> Result {
        self.step("expects nothing yet");
        match self.socket.receive_before(65536, Instant::now() + A_MOMENT) {
            Ok(None) => Ok(()),
            Ok(Some(bytes)) if bytes.is_empty() => {
                Err(self.fail("the program closed the connection"))
            }
            Ok(Some(bytes)) => Err(self.fail(format!("bytes came: {}", shorten(&bytes)))),
            Err(e) => Err(self.fail(e.to_string())),
        }
    }

    /// What comes within a fifth of a second; `None` if nothing does, empty at the end.
    pub(crate) fn receive_for_a_moment(&mut self) -> Result<Option<Vec<u8>>> {
        self.step("receives what comes within a moment");
        self.socket.receive_before(65536, Instant::now() + A_MOMENT).map_err(|e| self.fail(e))
    }

    /// Whatever comes next, at most `most` bytes; empty at the end of the connection.
    ///
    /// # Errors
    ///
    /// The connection is reset, or nothing comes within [`patience`].
    pub fn receive(&mut self, most: usize) -> Result<Vec<u8>> {
        self.step("receives");
        match self.socket.receive_before(most, Instant::now() + patience()) {
            Ok(Some(bytes)) => {
                self.trace.outcome(&shorten(&bytes));
                Ok(bytes)
            }
            Ok(None) => Err(self.fail(format!("nothing came within {:?}", patience()))),
            Err(e) => Err(self.fail(e.to_string())),
        }
    }

    /// So many bytes; what comes after them stays unread.
    ///
    /// # Errors
    ///
    /// The connection ends before, or nothing comes for [`patience`].
    pub fn receive_exactly(&mut self, count: usize) -> Result<Vec<u8>> {
        self.step(format!("receives {count} bytes"));
        let mut got = Vec::with_capacity(count.min(1 << 24));
        while got.len() < count {
            let most = (count - got.len()).min(1 << 16);
            match self.socket.receive_before(most, Instant::now() + patience()) {
                Ok(Some(bytes)) if bytes.is_empty() => {
                    return Err(self.fail(format!(
                        "the connection ended after {} of {count} bytes",
                        got.len()
                    )));
                }
                Ok(Some(bytes)) => got.extend(bytes),
                Ok(None) => {
                    return Err(self.fail(format!(
                        "time is up ({:?}) after {} of {count} bytes",
                        patience(),
                        got.len()
                    )));
                }
                Err(e) => {
                    return Err(self.fail(format!("{e} after {} of {count} bytes", got.len())));
                }
            }
        }
        Ok(got)
    }

    /// Lets a fifth of a second pass, in which the program may send and nobody reads.
    pub fn wait_a_moment(&self) {
        self.step("does not read for a moment");
        std::thread::sleep(A_MOMENT);
    }

    /// All bytes up to and with `mark`, such as `\n` or `\r\n\r\n`; what comes after stays unread.
    ///
    /// # Errors
    ///
    /// The connection ends without it, or time is up.
    pub fn receive_until(&mut self, mark: impl AsRef<[u8]>) -> Result<Vec<u8>> {
        let mark = mark.as_ref();
        self.step(format!("receives up to {}", shorten(mark)));
        let end = Instant::now() + patience();
        let mut got = Vec::new();
        while !got.ends_with(mark) {
            match self.socket.receive_before(1, end) {
                Ok(Some(bytes)) if bytes.is_empty() => {
                    return Err(self.fail(format!("the connection ended after {}", shorten(&got))));
                }
                Ok(Some(bytes)) => got.extend(bytes),
                Ok(None) => {
                    return Err(self.fail(format!(
                        "time is up ({:?}) after {}",
                        patience(),
                        shorten(&got)
                    )));
                }
                Err(e) => return Err(self.fail(format!("{e} after {}", shorten(&got)))),
            }
        }
        self.trace.outcome(&shorten(&got));
        Ok(got)
    }

    /// All bytes to the end of the connection.
    ///
    /// # Errors
    ///
    /// The connection is reset, or nothing comes for [`patience`].
    pub fn read_to_end(&mut self) -> Result<Vec<u8>> {
        self.step("reads to the end");
        let mut got = Vec::new();
        loop {
            match self.socket.receive_before(65536, Instant::now() + patience()) {
                Ok(Some(bytes)) if bytes.is_empty() => break,
                Ok(Some(bytes)) => got.extend(bytes),
                Ok(None) => {
                    return Err(self.fail(format!(
                        "still open after {:?} and {}",
                        patience(),
                        shorten(&got)
                    )));
                }
                Err(e) => return Err(self.fail(format!("{e} after {}", shorten(&got)))),
            }
        }
        self.trace.outcome(&shorten(&got));
        Ok(got)
    }

    /// Whether something waits to be received, or the end.
    pub(crate) fn has_something(&self) -> bool {
        self.socket.wait(PollFlags::POLLIN, Instant::now()).unwrap_or(true)
    }

    /// As [`has_something`](Self::has_something), within a fifth of a second.
    pub(crate) fn has_something_soon(&self) -> bool {
        self.socket.wait(PollFlags::POLLIN, Instant::now() + A_MOMENT).unwrap_or(true)
    }

    /// Takes line ends that a line before may have left.
    pub(crate) fn skip_line_ends(&mut self) -> Result {
        let end = Instant::now() + patience();
        while matches!(self.socket.peek(end), Ok(Some(b'\r' | b'\n'))) {
            self.socket.receive(1).map_err(|e| self.fail(e))?;
        }
        Ok(())
    }

    /// A line without its end; `None` at the end of the connection.
    pub(crate) fn receive_line(&mut self) -> Result<Option<String>> {
        self.step("receives a line");
        let (mut got, end) = (Vec::new(), Instant::now() + patience());
        loop {
            match self.socket.receive_before(1, end) {
                Ok(Some(bytes)) if bytes.is_empty() && got.is_empty() => return Ok(None),
                Ok(Some(bytes)) if bytes == b"\n" || bytes.is_empty() => break,
                Ok(Some(bytes)) => got.extend(bytes),
                Ok(None) => return Err(self.fail(format!("no line within {:?}", patience()))),
                Err(e) => return Err(self.fail(e)),
            }
        }
        let line = String::from_utf8_lossy(&got).trim_end().to_owned();
        self.trace.outcome(&line);
        Ok(Some(line))
    }

    /// Closes the sending half: the program sees the end, and may still answer.
    ///
    /// # Errors
    ///
    /// The connection is gone.
    pub fn half_close(&mut self) -> Result {
        self.step("closes its sending half");
        self.close_sending_half()
    }

    /// Leaves by a reset (RST): the program's next read or write fails.
    ///
    /// # Errors
    ///
    /// It is no TCP connection.
    pub fn reset(self) -> Result {
        self.step("resets the connection");
        self.socket.linger_not().map_err(|e| self.fail(e))
    }

    /// Leaves; the same as dropping it, and noted.
    pub fn close(self) {
        self.step("leaves");
    }

    /// A failure with all the steps until now.
    pub fn failure(&self, what: impl std::fmt::Display) -> Failure {
        self.fail(what)
    }

    fn send_some(&self, bytes: &[u8]) -> Result<Option<usize>> {
        self.socket.send(bytes).map_err(|e| self.fail(format!("cannot send: {e}")))
    }

    fn close_sending_half(&self) -> Result {
        self.socket.close_sending_half().map_err(|e| self.fail(format!("cannot close: {e}")))
    }

    fn wait_for(&self, what: PollFlags, end: Instant) -> Result<bool> {
        self.socket.wait(what, end).map_err(|e| self.fail(e.to_string()))
    }

    fn step(&self, what: impl AsRef<str>) {
        self.trace.step(format!("{} {}", self.name, what.as_ref()));
    }

    fn fail(&self, what: impl std::fmt::Display) -> Failure {
        self.trace.failure(format!("{}: {what}", self.name))
    }

    fn differs(&self, why: &str, expected: &[u8], got: &[u8]) -> Failure {
        self.fail(why).compared(expected, got)
    }
}
