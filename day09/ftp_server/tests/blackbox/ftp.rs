//! Our server with a folder of its own, for the cases beside this file.

use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

pub(crate) use grade::ftp::{Ftp, connect, matches};
use grade::{Result, Running, Server};
use tempfile::TempDir;

pub(crate) const USER: &str = "ann";
pub(crate) const PASSWORD: &str = "secret word";

/// A server of the folder `home` in a folder of its own, in which USER may write.
pub(crate) struct Site {
    pub(crate) server: Running,
    dir: TempDir,
}

impl Site {
    pub(crate) fn start(args: &[&str]) -> Result<Site> {
        let dir = tempfile::tempdir()?;
        fs::create_dir(dir.path().join("home"))?;
        Site::at(dir.path().join("home").as_path(), args).map(|server| Site { server, dir })
    }

    pub(crate) fn at(home: &Path, args: &[&str]) -> Result<Running> {
        Server::new(env!("CARGO_BIN_EXE_ftp_server"))
            .args(["--port", "0", "--user", USER, "--root"])
            .arg(home)
            .args(args)
            .env("FTP_PASSWORD", PASSWORD)
            .start()
    }

    pub(crate) fn home(&self) -> std::path::PathBuf {
        self.dir.path().join("home")
    }

    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result {
        Ok(fs::write(self.home().join(name), bytes)?)
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.home()).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into()).collect();
        names.sort();
        names
    }

    /// The fixture of the cases: a tree with links that lead out, and a secret outside.
    pub(crate) fn fill(&self) -> Result {
        use std::os::unix::fs::symlink;
        let home = self.home();
        fs::create_dir_all(home.join("sub/deep"))?;
        fs::create_dir(home.join("empty"))?;
        for (name, text) in [
            ("hello.txt", &b"hello world\n"[..]),
            ("lines.txt", b"a\nb\r\nc"),
            ("ü.txt", b"umlaut\n"),
            ("sp ace.txt", b"space\n"),
            ("sub/in.txt", b"in\n"),
            ("long.txt", &b"0123456789".repeat(10)),
        ] {
            fs::write(home.join(name), text)?;
            let time = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
            fs::File::options().write(true).open(home.join(name))?.set_modified(time)?;
        }
        fs::write(self.dir.path().join("outside.txt"), "TOPSECRET\n")?;
        symlink("../outside.txt", home.join("link-out"))?;
        symlink("/etc", home.join("dir-out"))?;
        symlink("hello.txt", home.join("link-in"))?;
        Ok(())
    }

    pub(crate) fn outside(&self) -> std::path::PathBuf {
        self.dir.path().join("outside.txt")
    }

    pub(crate) fn log_in(&self) -> Result<Ftp> {
        log_in(&self.server)
    }
}

/// Logs in as the user who may write.
pub(crate) fn log_in(server: &Running) -> Result<Ftp> {
    Ftp::log_in(server, USER, PASSWORD)
}
