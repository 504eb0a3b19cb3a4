//! The program that is looked at: how it is started, and what it is to answer.

use std::ffi::{OsStr, OsString};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};

use crate::{Failure, Limits, Result, Running, Server};

/// Where ports are looked for that a submission may listen on: below those the system gives away.
const FIRST_PORT: u16 = 20_000;

/// A program to be judged, ours or anyone's.
///
/// `{port}` in its command stands for the port, `{dir}` for a folder with the exercise's files; both
/// are in its environment too, as `PORT` and `DIR`.
#[derive(Clone, Debug)]
pub struct Subject {
    command: Vec<OsString>,
    reply: String,
    ports: Ports,
    limits: Option<Limits>,
    files: Option<Files>,
    inside: bool,
    at_once: bool,
    course_port: u16,
    /// How far a check has come, in thousandths.
    reached: Arc<AtomicU32>,
}

/// Makes the files of an exercise in an empty folder.
pub type Files = fn(&Path) -> Result;

/// What `{port}` stands for.
#[derive(Clone, Debug)]
enum Ports {
    /// 0: the system chooses, and we look where it listens.
    Any,
    /// One after the other, in a network that is ours alone.
    InTurn(Arc<AtomicU16>),
    /// One that is free at this moment.
    Free,
}

impl Subject {
    /// A program of ours, which takes `--port` and answers `Thanks`.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self::of([path.as_ref().as_os_str(), "--port".as_ref(), "{port}".as_ref()])
    }

    /// Any command. It gets port 0, unless one of the methods below says otherwise.
    pub fn of<S: AsRef<OsStr>>(command: impl IntoIterator<Item = S>) -> Self {
        Self {
            command: command.into_iter().map(|word| word.as_ref().to_owned()).collect(),
            reply: "Thanks".to_owned(),
            ports: Ports::Any,
            limits: None,
            files: None,
            inside: false,
            at_once: false,
            course_port: 0,
            reached: Arc::default(),
        }
    }

    /// Answers this instead.
    #[must_use]
    pub fn replies(mut self, reply: &str) -> Self {
        reply.clone_into(&mut self.reply);
        self
    }

    /// Starts with this argument too, always.
    #[must_use]
    pub fn always(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.push(arg.as_ref().to_owned());
        self
    }

    /// Gives it a new port at each start: in a network of its own any, otherwise one that is free.
    #[must_use]
    pub fn on_its_own_port(mut self, network_is_private: bool) -> Self {
        let in_turn = || Ports::InTurn(Arc::new(AtomicU16::new(FIRST_PORT)));
        self.ports = if network_is_private { in_turn() } else { Ports::Free };
        self
    }

    /// Gives it a new folder with these files at each start.
    #[must_use]
    pub fn with_files(mut self, files: Option<Files>) -> Self {
        self.files = files;
        self
    }

    /// Starts it in that folder. A word of its command that names a file is made absolute.
    #[must_use]
    pub fn inside_its_folder(mut self) -> Self {
        self.inside = true;
        for word in &mut self.command {
            if Path::new(word).is_file()
                && let Ok(path) = std::path::absolute(&*word)
            {
                *word = path.into();
            }
        }
        self
    }

    /// Has Python write what is printed at once, not only when there is much of it.
    #[must_use]
    pub fn printing_at_once(mut self, at_once: bool) -> Self {
        self.at_once = at_once;
        self
    }

    /// Where a client that is not told a port expects its server.
    #[must_use]
    pub fn with_course_port(mut self, port: u16) -> Self {
        self.course_port = port;
        self
    }

    /// Ends it when it takes more than this.
    #[must_use]
    pub fn within(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// The program's path.
    pub fn program(&self) -> &Path {
        Path::new(self.command.first().map_or(OsStr::new(""), |word| word))
    }

    /// Its arguments, on any free port.
    pub fn arguments(&self) -> Vec<OsString> {
        self.command.iter().skip(1).map(|word| fill(word, "0", &std::env::temp_dir())).collect()
    }

    /// What it answers.
    pub fn reply(&self) -> &str {
        &self.reply
    }

    /// The program with these further arguments, not yet started.
    ///
    /// # Panics
    ///
    /// It has files, and they cannot be made.
    pub fn with(&self, args: &[&str]) -> Server {
        self.on_port(&self.next_port()).args(args)
    }

    /// The program on this port, not yet started; panics as [`with`](Self::with) does.
    pub fn on_port(&self, port: &str) -> Server {
        let Some(files) = self.files else {
            return self.server(port, &std::env::temp_dir());
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let inside = folder.path().join("files");
        let made =
            std::fs::create_dir(&inside).map_err(Failure::from).and_then(|()| files(&inside));
        made.expect("the files of the exercise");
        let server = self.server(port, &inside).keeping(folder);
        if self.inside { server.folder(inside) } else { server }
    }

    /// Starts the program with these further arguments.
    ///
    /// # Errors
    ///
    /// As [`Server::start`].
    pub fn start(&self, args: &[&str]) -> Result<Running> {
        self.with(args).start()
    }

    /// Where a server that is played for it is to listen: 0 is any port, which it is then told.
    pub fn port_of_a_server(&self) -> u16 {
        let told = self.command.iter().any(|word| word.to_string_lossy().contains("{port}"));
        if told { 0 } else { self.course_port }
    }

    /// Says that a check has come through the first `part` of its `of` parts.
    pub fn reached(&self, part: u32, of: u32) {
        self.reached.store(1000 * part / of, Ordering::Relaxed);
    }

    /// Of so many points, those for the parts of a check that it has come through.
    pub fn earned(&self, points: u32) -> u32 {
        points * self.reached.load(Ordering::Relaxed) / 1000
    }

    fn server(&self, port: &str, folder: &Path) -> Server {
        let mut server = Server::new(self.program())
            .args(self.command.iter().skip(1).map(|word| fill(word, port, folder)))
            .env("DIR", folder)
            // Empty is as good as not set.
            .env("PYTHONUNBUFFERED", if self.at_once { "1" } else { "" });
        if port != "0" {
            server = server.env("PORT", port).expects_port(port.parse().ok());
        }
        match self.limits {
            Some(limits) => server.within(limits),
            None => server,
        }
    }

    fn next_port(&self) -> String {
        let port = match &self.ports {
            Ports::Any => 0,
            Ports::InTurn(next) => next.fetch_add(1, Ordering::Relaxed),
            Ports::Free => free_port(),
        };
        port.to_string()
    }
}

fn fill(word: &OsString, port: &str, folder: &Path) -> OsString {
    let Some(text) = word.to_str() else { return word.clone() };
    text.replace("{port}", port).replace("{dir}", &folder.to_string_lossy()).into()
}

/// A port on which nobody listens now; somebody else may, a moment later.
fn free_port() -> u16 {
    let start = FIRST_PORT + (std::process::id() % 10_000) as u16;
    let mut ports = (start..32_000).chain(FIRST_PORT..start);
    ports.find(|&port| TcpListener::bind(("0.0.0.0", port)).is_ok()).unwrap_or(0)
}

impl<P: AsRef<Path>> From<P> for Subject {
    fn from(program: P) -> Self {
        Self::new(program)
    }
}
