//! How a program is to be started.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::capture::Capture;
use crate::failure::Trace;
use crate::proc::Process;
use crate::{Failure, Limits, Result, Running, patience, ready};

/// A program that is to be started: its arguments, environment and limits.
#[derive(Clone, Debug)]
pub struct Server {
    program: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
    descriptors: Option<u64>,
    keyboard: bool,
    held: bool,
    port: Option<u16>,
    limits: Option<Limits>,
    kept: Option<Arc<TempDir>>,
}

impl Server {
    /// The program at `path`, without arguments, with the environment of the test.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self {
            program: path.as_ref().to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            folder: None,
            descriptors: None,
            keyboard: false,
            held: false,
            port: None,
            limits: None,
            kept: None,
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds several arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Starts it in this folder.
    #[must_use]
    pub fn folder(mut self, path: impl AsRef<Path>) -> Self {
        self.folder = Some(path.as_ref().to_owned());
        self
    }

    /// Starts it under `ulimit -n count`: soft and hard limit of its open descriptors.
    #[must_use]
    pub fn limit_descriptors(mut self, count: u64) -> Self {
        self.descriptors = Some(count);
        self
    }

    /// Starts a shell that becomes the program only once it is told so, by a line that is typed.
    #[must_use]
    pub(crate) fn held(mut self) -> Self {
        self.held = true;
        self.keyboard()
    }

    /// Gives it a standard input for [`Running::type_in`]; without this, input is empty.
    #[must_use]
    pub fn keyboard(mut self) -> Self {
        self.keyboard = true;
        self
    }

    /// Ends it when it takes more than this.
    #[must_use]
    pub fn within(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Removes this folder only when the program has ended.
    #[must_use]
    pub fn keeping(mut self, folder: TempDir) -> Self {
        self.kept = Some(Arc::new(folder));
        self
    }

    /// Where it should listen: asked by connecting, but only if its sockets cannot be seen.
    #[must_use]
    pub fn expects_port(mut self, port: Option<u16>) -> Self {
        self.port = port;
        self
    }

    /// Starts it in a process group of its own and waits until it accepts.
    ///
    /// Ready means that the process, or one it has started, has a listening TCP or unix socket or a
    /// bound datagram socket; not that it printed something.
    ///
    /// # Errors
    ///
    /// It cannot be started, ends, or does not listen within [`patience`].
    pub fn start(self) -> Result<Running> {
        let port = self.port;
        let mut running = self.spawn()?;
        let begin = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            let pid = running.pid();
            if let Some(address) = ready::find(pid).or_else(|| ready::by_connecting(pid, port)) {
                running.ready(address);
                return Ok(running);
            }
            if let Some(status) = running.exit_status()? {
                running.wait_output();
                return Err(running.failure(format!(
                    "looks like the program has terminated ({status}) instead of listening"
                )));
            }
            // Who is still at work, loading what it imports, has more time than who sleeps.
            let limit = if running.processes().iter().all(Process::sleeps) { 1 } else { 6 };
            if begin.elapsed() >= patience() * limit {
                return Err(running.failure(format!("it does not listen after {:?}", patience())));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// Starts it in a process group of its own and waits for nothing.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    pub fn spawn(self) -> Result<Running> {
        let mut child = self.launch().map_err(|error| {
            Failure::new(format!("cannot start {}: {error}", self.program.display()))
        })?;
        let stdout = child.stdout.take().map(Capture::of).unwrap_or_default();
        let stderr = child.stderr.take().map(Capture::of).unwrap_or_default();
        let trace = Trace::new(stdout.clone(), stderr.clone());
        trace.step(format!("started {self}"));
        Ok(Running::new(child, [stdout, stderr], trace, self.limits, self.kept))
    }

    /// A program that is being linked anew at this moment is tried again for a while.
    fn launch(&self) -> io::Result<Child> {
        let end = Instant::now() + Duration::from_secs(2);
        loop {
            match self.command().spawn() {
                Err(e) if e.kind() == io::ErrorKind::ExecutableFileBusy && Instant::now() < end => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                done => return done,
            }
        }
    }

    fn command(&self) -> Command {
        let first = match (self.held, self.descriptors) {
            (false, None) => None,
            (true, _) => Some("read -r _".to_owned()),
            (false, Some(count)) => Some(format!("ulimit -n {count}")),
        };
        let mut command = match first {
            None => Command::new(&self.program),
            // The shell does that first and becomes the program: the same process id.
            Some(first) => {
                let mut shell = Command::new("/bin/sh");
                shell.arg("-c").arg(format!("{first} && exec \"$0\" \"$@\"")).arg(&self.program);
                shell
            }
        };
        command
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(if self.keyboard { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
    }
}

impl std::fmt::Display for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.program.display())?;
        for arg in &self.args {
            write!(f, " {}", arg.display())?;
        }
        match self.descriptors {
            Some(count) => write!(f, " (with at most {count} descriptors)"),
            None => Ok(()),
        }
    }
}
