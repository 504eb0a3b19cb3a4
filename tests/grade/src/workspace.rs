//! The programs of this workspace, built once.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The folder of the workspace's `Cargo.toml`.
pub fn workspace_root() -> &'static Path {
    // This crate is tests/grade.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// The path of a program of another package of this workspace.
///
/// The first call in a process builds every program of the workspace by one `cargo build`, in the
/// profile of the test; when they are up to date that takes a moment. A test of the program's own
/// package writes `env!("CARGO_BIN_EXE_name")` instead, and builds nothing.
///
/// # Panics
///
/// The build fails, or there is no program of that name.
#[track_caller]
pub fn workspace_program(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let path = FOLDER.get_or_init(build_all).join(name);
    assert!(path.is_file(), "the workspace has no program {name}: there is no {}", path.display());
    path
}

/// Where a program stands that the test needs and the machine may lack (`curl`, `python3`, `nc`).
///
/// `None` if it is not installed; one line on standard error then says that the test was skipped.
pub fn find_or_skip(program: &str) -> Option<PathBuf> {
    let found = find(program);
    if found.is_none() {
        skip(&format!("{program} is not installed"));
    }
    found
}

/// Where a program stands, as the shell would find it; for `python3` the interpreter itself.
pub fn find(program: &str) -> Option<PathBuf> {
    if program == "python3" {
        // What PATH leads to may be a script that starts others to find the real one (pyenv).
        static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
        return PYTHON.get_or_init(|| in_path(program).map(itself)).clone();
    }
    in_path(program)
}

/// The interpreter as it names itself, or the path as it was.
fn itself(python: PathBuf) -> PathBuf {
    let mut ask = Command::new(&python);
    let answer = ask.args(["-c", "import sys; print(sys.executable)"]).output().ok();
    let named = answer.and_then(|output| String::from_utf8(output.stdout).ok());
    let named = named.map(|text| PathBuf::from(text.trim_end()));
    named.filter(|path| path.is_file()).unwrap_or(python)
}

fn in_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Says on one line of standard error that this test was skipped, and why.
pub fn skip(why: &str) {
    let thread = std::thread::current();
    // Not eprintln!, which the test harness hides.
    let _ = writeln!(std::io::stderr(), "skipped {}: {why}", thread.name().unwrap_or("a test"));
}

/// The path of an example of a package of this workspace, which is built first.
///
/// # Panics
///
/// The build fails.
#[track_caller]
pub fn workspace_example(package: &str, name: &str) -> PathBuf {
    build(&["-p", package, "--example", name]).join("examples").join(name)
}

/// Every program of the workspace.
fn build_all() -> PathBuf {
    build(&["--workspace", "--bins"])
}

/// Builds into the target folder and profile where this test itself is (`TARGET/PROFILE/deps/test`).
fn build(what: &[&str]) -> PathBuf {
    let this = env::current_exe().expect("the path of this test");
    let folder = this
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "deps"))
        .and_then(Path::parent)
        .unwrap_or_else(|| panic!("{} is not in a target folder", this.display()));
    let output =
        cargo_build(folder, what).stdin(Stdio::null()).output().expect("cargo can be started");
    assert!(
        output.status.success(),
        "{what:?} of the workspace does not build:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    folder.to_owned()
}

/// The command that builds something of this workspace into `TARGET/PROFILE`.
pub fn cargo_build(folder: &Path, what: &[&str]) -> Command {
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--quiet"])
        .args(what)
        .args(["--profile", profile, "--target-dir"])
        .arg(folder.parent().unwrap_or(folder))
        .current_dir(workspace_root());
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_installed_is_found() {
        assert!(find("sh").is_some());
        assert_eq!(find("no-such-program-anywhere"), None);
    }

    #[test]
    fn the_root_is_where_the_lock_file_is() {
        assert!(workspace_root().join("Cargo.lock").is_file());
    }
}
