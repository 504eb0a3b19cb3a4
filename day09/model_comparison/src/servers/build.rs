//! Our servers, built by cargo into the folder and the profile of this program itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::Failure;

use super::{OURS, Server};

/// Our servers; `cargo build` runs first, so that what is measured is what the sources say.
///
/// Without cargo, as on a machine that only got the programs, those beside this one are taken.
///
/// # Errors
///
/// The build fails, or a program is missing and cannot be built.
pub fn build() -> Result<Vec<Server>, Failure> {
    let this = std::env::current_exe().map_err(|why| Failure::new("cannot find myself", &why))?;
    let folder = this.parent().unwrap_or(Path::new("."));
    let path = |name: &str| folder.join(name);
    let missing: Vec<&str> =
        OURS.iter().map(|(name, _)| *name).filter(|name| !path(name).is_file()).collect();
    if !missing.is_empty() {
        eprintln!("building {} into {}", missing.join(", "), folder.display());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let built = if root.join("Cargo.toml").is_file() { cargo(&root, folder) } else { None };
    if built == Some(false) {
        return Err("cannot build the servers: cargo says why above".to_owned().into());
    }
    if let (None, Some(name)) = (built, missing.first()) {
        let way_out = format!("cargo build -p {name}");
        return Err(format!("there is no {} (try {way_out})", path(name).display()).into());
    }
    let server = |(name, model)| Server { name, model, command: vec![path(name)] };
    Ok(OURS.map(server).into())
}

/// Whether it went well; `None` if there is no cargo.
fn cargo(root: &Path, folder: &Path) -> Option<bool> {
    let profile = match folder.file_name()?.to_str()? {
        "debug" => "dev",
        name => name,
    };
    let program = std::env::var_os("CARGO").map_or(PathBuf::from("cargo"), PathBuf::from);
    let mut cargo = Command::new(program);
    cargo.args(["build", "--quiet", "--profile", profile, "--target-dir"]).arg(folder.parent()?);
    for (name, _) in OURS {
        cargo.args(["-p", name]);
    }
    let status = cargo.current_dir(root).stdin(Stdio::null()).stdout(Stdio::null()).status();
    status.ok().map(|status| status.success())
}
