//! The programs that are measured: ours in release, this package's own, Python's.

use std::path::{Path, PathBuf};
use std::process::Command;

use grade::{Server, workspace_root};

/// Builds these programs of the workspace in release, by one call of cargo.
pub fn build(names: &[&str]) -> std::io::Result<()> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--quiet", "--release"])
        .current_dir(workspace_root());
    for name in names {
        cargo.args(["-p", name]);
    }
    match cargo.status()?.success() {
        true => Ok(()),
        false => Err(std::io::Error::other(format!("cannot build {names:?}"))),
    }
}

/// A program of the workspace; [`build`] it before.
pub fn ours(name: &str) -> Server {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| workspace_root().join("target"));
    Server::new(target.join("release").join(name))
}

/// A program of this package, which stands beside the one that runs.
pub fn beside(name: &str) -> std::io::Result<Server> {
    let this = std::env::current_exe()?;
    Ok(Server::new(this.with_file_name(name)))
}

/// A file of `peers/`, run by python3; `None` if that is not installed.
pub fn python(file: &str) -> Option<Server> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("peers")
        .join(file);
    Some(Server::new(grade::find_or_skip("python3")?).arg(path))
}
