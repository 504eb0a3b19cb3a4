//! The programs that are measured: ours in release, this package's own, Python's.

use std::path::{Path, PathBuf};
use std::process::Command;

use grade::{Server, workspace_root};

/// Builds these programs of the workspace in release, by one call of cargo.
pub fn build(names: &[&str]) -> std::io::Result<()> {
    let mut cargo = cargo();
    cargo.args(["build", "--quiet", "--release"]).current_dir(workspace_root());
    for name in names {
        cargo.args(["-p", name]);
    }
    run(&mut cargo)
}

/// A program of the workspace; [`build`] it before.
pub fn ours(name: &str) -> Server {
    Server::new(path_of_ours(name))
}

/// Where a program of the workspace stands, for one that starts it.
pub fn path_of_ours(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| workspace_root().join("target"));
    target.join("release").join(name)
}

/// An example of a crate of the workspace; it is built now.
pub fn example(package: &str, name: &str) -> std::io::Result<PathBuf> {
    let mut cargo = cargo();
    cargo.args(["build", "--quiet", "--release", "-p", package, "--example", name]);
    run(cargo.current_dir(workspace_root()))?;
    Ok(path_of_ours("examples").join(name))
}

/// A program of this package; it is built now, since `cargo run` builds only the one that runs.
pub fn beside(name: &str) -> std::io::Result<Server> {
    let mut cargo = cargo();
    cargo.args(["build", "--quiet", "--release", "--bin", name]);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    run(&mut cargo)?;
    Ok(Server::new(std::env::current_exe()?.with_file_name(name)))
}

/// A file of `peers/`, run by python3; `None` if that is not installed.
pub fn python(file: &str) -> Option<Server> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(file);
    Some(Server::new(grade::find_or_skip("python3")?).arg(path))
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn run(command: &mut Command) -> std::io::Result<()> {
    match command.status()?.success() {
        true => Ok(()),
        false => Err(std::io::Error::other(format!("{command:?} failed"))),
    }
}
