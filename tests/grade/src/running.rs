//! A program that runs: looked at, waited for, ended.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::capture::Capture;
use crate::failure::Trace;
use crate::guard::Guarded;
use crate::limits::{self, Limits, Watch};
use crate::proc::{self, Process};
use crate::wait::poll;
use crate::{Address, Client, Failure, Result, patience};

/// A started program. Dropping it ends its whole process group, also when the test panics.
///
/// The program is waited for only then, so until then its process id is its own.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Capture,
    stderr: Capture,
    trace: Trace,
    address: Option<Address>,
    clients: AtomicUsize,
    watch: Option<Watch>,
    kept: Option<Arc<TempDir>>,
    // Dropped last: while it is there the group is known to the guard.
    _guarded: Guarded,
}

impl Running {
    pub(crate) fn new(
        child: Child,
        [stdout, stderr]: [Capture; 2],
        trace: Trace,
        limits: Option<Limits>,
        kept: Option<Arc<TempDir>>,
    ) -> Self {
        let pid = child.id() as i32;
        Self {
            _guarded: Guarded::new(pid),
            watch: limits.map(|limits| Watch::over(pid, limits, trace.why_ended())),
            child,
            stdout,
            stderr,
            trace,
            address: None,
            clients: AtomicUsize::new(0),
            kept,
        }
    }

    pub(crate) fn ready(&mut self, address: Address) {
        self.trace.step(format!("it listens on {address}"));
        self.address = Some(address);
    }

    /// Where it listens, as [`Server::start`](crate::Server::start) found it.
    ///
    /// # Panics
    ///
    /// It was started by [`Server::spawn`](crate::Server::spawn), which does not look.
    pub fn address(&self) -> &Address {
        self.address.as_ref().expect("start() finds the address, spawn() does not")
    }

    /// The folder with the files of its exercise.
    ///
    /// # Panics
    ///
    /// It has none.
    pub fn folder(&self) -> PathBuf {
        self.kept.as_ref().expect("with_files() gives it one").path().join("files")
    }

    /// The TCP or UDP address where it listens.
    ///
    /// # Panics
    ///
    /// It listens on a unix socket, or was not waited for.
    pub fn addr(&self) -> SocketAddr {
        self.address().inet.expect("it listens on a unix socket: see address().path")
    }

    /// The port where it listens; panics as [`addr`](Self::addr) does.
    pub fn port(&self) -> u16 {
        self.addr().port()
    }

    /// Connects a new client to where it listens, whatever the transport.
    ///
    /// # Errors
    ///
    /// It refuses, or does not answer within [`patience`].
    pub fn connect(&self) -> Result<Client> {
        self.connect_to(self.address())
    }

    /// Connects a new client to another address of the same program.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub fn connect_to(&self, address: &Address) -> Result<Client> {
        let number = self.clients.fetch_add(1, Ordering::Relaxed) + 1;
        Client::connect(address, number, self.trace.clone())
    }

    /// Connects a client whose connection holds little: who sends and it does not read soon waits.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect); or it does not speak TCP over IPv4.
    pub fn connect_narrow(&self) -> Result<Client> {
        let number = self.clients.fetch_add(1, Ordering::Relaxed) + 1;
        Client::connect_narrow(self.address(), number, self.trace.clone())
    }

    /// The connection that it makes to a server that we play.
    ///
    /// # Errors
    ///
    /// It ends, or makes none within [`patience`].
    pub fn accept(&self, listener: &TcpListener) -> Result<Client> {
        let stream = self.accept_stream(listener)?;
        Ok(Client::accepted(stream, self.trace.clone()))
    }

    pub(crate) fn accept_stream(&self, listener: &TcpListener) -> Result<TcpStream> {
        let address = listener.local_addr()?;
        self.trace.step(format!("waited until it connects to {address}"));
        let begin = Instant::now();
        loop {
            let mut ready = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
            if nix::poll::poll(&mut ready, PollTimeout::from(20_u8)).is_ok_and(|count| count > 0) {
                let (stream, _) = listener.accept()?;
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            if let Some(status) = self.exit_status()? {
                self.wait_output();
                return Err(self.failure(format!("it ended ({status}) and did not connect")));
            }
            if begin.elapsed() >= patience() {
                return Err(self.failure(format!("it has not connected after {:?}", patience())));
            }
        }
    }

    /// What it printed on standard output until now.
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What it printed on standard error until now.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// How many bytes it has printed until now, on both.
    pub fn printed(&self) -> usize {
        self.stdout.len() + self.stderr.len()
    }

    /// Waits until standard output contains `text`.
    ///
    /// # Errors
    ///
    /// It ends without, or [`patience`] does.
    pub fn wait_stdout(&self, text: &str) -> Result {
        self.wait_printed("standard output", &self.stdout, text)
    }

    /// Waits until standard error contains `text`.
    ///
    /// # Errors
    ///
    /// It ends without, or [`patience`] does.
    pub fn wait_stderr(&self, text: &str) -> Result {
        self.wait_printed("standard error", &self.stderr, text)
    }

    /// Types on its standard input; only after [`Server::keyboard`](crate::Server::keyboard).
    ///
    /// # Errors
    ///
    /// It has no keyboard, or has closed it.
    pub fn type_in(&mut self, text: impl AsRef<[u8]>) -> Result {
        let bytes = text.as_ref();
        self.trace.step(format!("typed {}", crate::bytes::shorten(bytes)));
        let Some(stdin) = &mut self.child.stdin else {
            return Err(self
                .trace
                .failure("its standard input is closed, or it has no keyboard()"));
        };
        stdin.write_all(bytes).map_err(|e| self.trace.failure(format!("cannot type: {e}")))
    }

    /// Lets a program go that was [held](crate::Server::held), without a keyboard.
    pub(crate) fn release(&mut self) -> Result {
        match self.child.stdin.take().map(|mut stdin| stdin.write_all(b"\n")) {
            Some(Err(why)) => Err(self.trace.failure(format!("it was not started: {why}"))),
            _ => Ok(()),
        }
    }

    /// Ends its standard input, as Ctrl-D does.
    pub fn close_input(&mut self) {
        self.trace.step("closed its standard input");
        self.child.stdin = None;
    }

    /// Its process id, which is also that of its group.
    pub fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    /// The number of its threads; 0 when it has ended.
    pub fn threads(&self) -> usize {
        self.look().map_or(0, |process| process.threads)
    }

    /// Its children, zombies included.
    pub fn children(&self) -> Vec<Process> {
        Process::all().into_iter().filter(|process| process.parent == self.pid()).collect()
    }

    /// All living processes of its group and all it has started, itself included; no zombies.
    pub fn processes(&self) -> Vec<Process> {
        proc::tree(self.pid()).into_iter().filter(|process| !process.is_zombie()).collect()
    }

    /// The number of its open descriptors; 0 when it has ended.
    pub fn descriptors(&self) -> usize {
        proc::descriptors(self.pid()).len()
    }

    /// Processor time spent by it, by its living children and by those it has waited for.
    pub fn cpu_time(&self) -> Duration {
        proc::tree(self.pid()).iter().map(|process| process.cpu() + process.children_cpu).sum()
    }

    /// Asks again and again until `condition` holds.
    ///
    /// # Errors
    ///
    /// It still does not after [`patience`]; the failure lists the steps.
    pub fn wait_until(&self, what: &str, condition: impl FnMut() -> bool) -> Result {
        self.trace.step(format!("waited until {what}"));
        if poll(patience(), condition) {
            return Ok(());
        }
        Err(self.failure(format!("waited {:?} in vain until {what}", patience())))
    }

    /// Waits until it has nothing to do: all its threads and processes sleep, time and again.
    ///
    /// # Errors
    ///
    /// They still work after [`patience`].
    pub fn wait_idle(&self) -> Result {
        let mut looks = 0;
        self.wait_until("all its threads sleep", || {
            looks = if self.processes().iter().all(Process::sleeps) { looks + 1 } else { 0 };
            looks == 10
        })
    }

    /// Writes a step of the test's own into the list.
    pub fn note(&self, what: impl Into<String>) {
        self.trace.step(what);
    }

    /// A failure with all the steps until now, for what a test finds out by itself.
    pub fn failure(&self, what: impl std::fmt::Display) -> Failure {
        self.trace.failure(what)
    }

    /// `Ok` if the condition holds, otherwise the failure `what` with all the steps.
    ///
    /// # Errors
    ///
    /// The condition does not hold.
    pub fn check(&self, condition: bool, what: impl std::fmt::Display) -> Result {
        if condition { Ok(()) } else { Err(self.failure(what)) }
    }

    /// Sends a signal to the process alone, as `kill PID` does.
    ///
    /// # Errors
    ///
    /// It has ended.
    pub fn signal(&self, signal: Signal) -> Result {
        self.trace.step(format!("sent {signal}"));
        if self.exit_status()?.is_some() {
            return Err(self.failure(format!("it had ended before {signal}")));
        }
        kill(Pid::from_raw(self.pid()), signal).map_err(|e| self.failure(e))
    }

    /// Sends a signal to its whole group, as Ctrl-C in a terminal does.
    ///
    /// # Errors
    ///
    /// It has ended.
    pub fn signal_group(&self, signal: Signal) -> Result {
        self.trace.step(format!("sent {signal} to its group"));
        if self.exit_status()?.is_some() {
            return Err(self.failure(format!("it had ended before {signal}")));
        }
        killpg(Pid::from_raw(self.pid()), signal).map_err(|e| self.failure(e))
    }

    /// How it ended; `None` while it runs.
    ///
    /// # Errors
    ///
    /// Somebody else has waited for it.
    pub fn exit_status(&self) -> Result<Option<ExitStatus>> {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        loop {
            return match waitid(Id::Pid(Pid::from_raw(self.pid())), flags) {
                Ok(WaitStatus::Exited(_, code)) => {
                    Ok(Some(ExitStatus::from_raw((code & 0xff) << 8)))
                }
                Ok(WaitStatus::Signaled(_, signal, core)) => {
                    Ok(Some(ExitStatus::from_raw(signal as i32 | if core { 0x80 } else { 0 })))
                }
                Ok(_) => Ok(None),
                Err(Errno::EINTR) => continue,
                Err(e) => Err(self.failure(format!("cannot wait for it: {e}"))),
            };
        }
    }

    /// Waits until it ends, and until all that it printed has been read.
    ///
    /// # Errors
    ///
    /// It still runs after `limit`.
    pub fn wait_exit(&self, limit: Duration) -> Result<ExitStatus> {
        self.trace.step("waited until it ends");
        let begin = Instant::now();
        let mut status = None;
        while status.is_none() {
            status = self.exit_status()?;
            if status.is_none() && begin.elapsed() >= limit {
                return Err(self.failure(format!("it still runs after {limit:?}")));
            }
            if status.is_none() {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        let status = status.unwrap_or_default();
        self.trace.outcome(&format!("{status} after {:?}", begin.elapsed()));
        self.wait_output();
        Ok(status)
    }

    /// SIGTERM, [`wait_exit`](Self::wait_exit), and the exit must be 0 or by that signal.
    ///
    /// # Errors
    ///
    /// It does not end within [`patience`], or ends otherwise.
    pub fn stop(self) -> Result {
        self.signal(Signal::SIGTERM)?;
        let status = self.wait_exit(patience())?;
        let orderly = status.success() || status.signal() == Some(Signal::SIGTERM as i32);
        self.check(orderly, format!("asked to stop, it ended with {status}"))
    }

    /// Waits a moment for the rest of its output; a child of it may hold the pipe for longer.
    pub(crate) fn wait_output(&self) {
        self.stdout.wait_end(Duration::from_secs(1));
        self.stderr.wait_end(Duration::from_secs(1));
    }

    fn look(&self) -> Option<Process> {
        Process::of(self.pid()).filter(|process| !process.is_zombie())
    }

    fn wait_printed(&self, name: &str, stream: &Capture, text: &str) -> Result {
        self.trace.step(format!("waited for {text:?} on {name}"));
        if stream.wait(patience(), |printed| printed.contains(text)) {
            return Ok(());
        }
        let printed = stream.text();
        Err(self.failure(format!("{text:?} is not on {name}, which has:\n{printed}")))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The process has not been waited for, so neither the id nor the group can be another's.
        self.watch = None;
        limits::end(self.pid());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
