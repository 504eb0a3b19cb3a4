//! The servers that are compared: which model each follows, where it is, how it is started.

mod build;
mod processes;
mod running;

use std::path::PathBuf;
use std::process::Command;

pub use build::build;
pub(crate) use processes::{Tree, kib};
pub use running::Running;

/// How a server serves several clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// 循环：one client after another.
    Loop,
    /// 多进程：a child process for each.
    Fork,
    /// 多线程：a thread for each.
    Thread,
    /// IO 多路复用：one thread that watches all.
    Select,
    /// 协程：a coroutine for each, in one thread.
    Coroutine,
}

impl Model {
    /// All of them, in the order of the report.
    pub const ALL: [Model; 5] =
        [Model::Loop, Model::Select, Model::Fork, Model::Thread, Model::Coroutine];

    /// Its name in the page: of its colour, of its mark.
    pub fn name(self) -> &'static str {
        match self {
            Model::Loop => "loop",
            Model::Fork => "fork",
            Model::Thread => "thread",
            Model::Select => "select",
            Model::Coroutine => "coroutine",
        }
    }
}

/// A server that can be started.
#[derive(Clone, Debug)]
pub struct Server {
    /// `thread_server` for ours, `thread_server.py` for the Python original.
    pub name: &'static str,
    /// What it shows.
    pub model: Model,
    /// The program, and the file that it runs if it is Python.
    command: Vec<PathBuf>,
}

/// Ours, in the order of the notes.
pub const OURS: [(&str, Model); 5] = [
    ("loop_server", Model::Loop),
    ("select_server", Model::Select),
    ("fork_server", Model::Fork),
    ("thread_server", Model::Thread),
    ("gevent_server", Model::Coroutine),
];

/// The Python originals, in `python/`.
pub const PYTHON: [(&str, Model); 4] = [
    ("fork_server.py", Model::Fork),
    ("thread_server.py", Model::Thread),
    ("sock_server.py", Model::Thread),
    ("gevent_server.py", Model::Coroutine),
];

/// Something that is not measured, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The servers, or the load.
    pub what: String,
    /// What the machine lacks, or why it would show nothing.
    pub why: String,
}

impl Server {
    /// Every server there could be, whether it can be started here or not.
    pub fn all() -> Vec<Server> {
        let ours = OURS.map(|(name, model)| Server { name, model, command: vec![name.into()] });
        [ours.to_vec(), originals().to_vec()].concat()
    }

    /// Whether it is one of the Python originals.
    pub fn is_python(&self) -> bool {
        self.command.len() > 1
    }

    /// Starts it on a free port, echoing; `work` is the value of `--work`.
    ///
    /// # Errors
    ///
    /// In words, its own last line among them: it does not start, or does not say that it listens.
    pub fn start(&self, work: Option<&str>) -> Result<Running, String> {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).args(["--port", "0", "--backlog", "4096", "--echo"]);
        command.args(work.iter().flat_map(|work| ["--work", work]));
        Running::start(command)
    }
}

/// The Python originals that this machine can run, and why it cannot run the others.
pub fn python() -> (Vec<Server>, Vec<LeftOut>) {
    let all = originals();
    let missing = if !folder().is_dir() {
        Some(("*.py", format!("there is no folder {}", folder().display())))
    } else if !python_can("import socketserver") {
        Some(("*.py", "python3 is not installed".to_owned()))
    } else if !python_can("import gevent") {
        let way_out = "pip install gevent".to_owned();
        Some(("gevent_server.py", format!("python3 has no module gevent ({way_out})")))
    } else {
        None
    };
    let Some((what, why)) = missing else { return (all.into(), Vec::new()) };
    let rest = all.into_iter().filter(|server| what != "*.py" && server.name != what).collect();
    (rest, vec![LeftOut { what: what.to_owned(), why }])
}

/// Takes out `sock_server.py` where `thread_server.py` shows the same: a thread for each client.
pub fn without_twins(servers: &mut Vec<Server>) -> Option<LeftOut> {
    let (twin, other) = ("sock_server.py", "thread_server.py");
    let both = [twin, other].iter().all(|name| servers.iter().any(|server| server.name == *name));
    both.then(|| {
        servers.retain(|server| server.name != twin);
        LeftOut { what: twin.to_owned(), why: format!("--quick: it is as {other}") }
    })
}

fn originals() -> [Server; 4] {
    PYTHON.map(|(name, model)| {
        let command = vec![interpreter(), folder().join(name)];
        Server { name, model, command }
    })
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("python")
}

/// What PATH leads to may be a script that takes a while to find the real one: ask that once.
fn interpreter() -> PathBuf {
    static FOUND: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    let ask = || {
        let output =
            Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
        let text = String::from_utf8(output.ok()?.stdout).ok()?;
        Some(PathBuf::from(text.trim_end())).filter(|path| path.is_file())
    };
    FOUND.get_or_init(|| ask().unwrap_or_else(|| "python3".into())).clone()
}

fn python_can(what: &str) -> bool {
    let output = Command::new(interpreter()).args(["-c", what]).output();
    output.is_ok_and(|output| output.status.success())
}
