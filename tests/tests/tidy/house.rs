//! The workspace as `cargo metadata` and the file system show it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use grade::workspace_root;
use serde_json::Value;

/// The workspace.
pub(crate) struct House {
    pub(crate) root: PathBuf,
    pub(crate) packages: Vec<Package>,
}

/// One member.
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its folder, relative to the root.
    pub(crate) folder: String,
    /// The names of its programs.
    pub(crate) bins: Vec<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// What a member asks for.
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// It is a member too.
    pub(crate) ours: bool,
    /// In `[dev-dependencies]`.
    pub(crate) dev: bool,
}

impl House {
    pub(crate) fn here() -> Self {
        let root = workspace_root().to_owned();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
            .current_dir(&root)
            .output()
            .expect("cargo can be started");
        let all: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
            panic!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
        });
        let packages = list(&all["packages"]).iter().map(|p| Package::new(p, &root)).collect();
        Self { root, packages }
    }

    /// The members of day07/ and day09/.
    pub(crate) fn exercises(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.is_exercise())
    }

    /// A file of the workspace as text; empty if it is not there.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap_or_default()
    }

    /// All files of that ending, relative to the root, without what is built or hidden.
    pub(crate) fn files(&self, ending: &str) -> Vec<String> {
        let mut found = Vec::new();
        collect(&self.root, &mut |path| {
            let name = path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned();
            if name.ends_with(ending) {
                found.push(name);
            }
        });
        found.sort();
        found
    }

    /// The lines of a section of a page, from its `## ` heading to the next.
    pub(crate) fn section(&self, page: &str, heading: &str) -> String {
        let text = self.read(page);
        let lines = text.lines().skip_while(|line| *line != heading).skip(1);
        lines.take_while(|line| !line.starts_with("## ")).map(|line| format!("{line}\n")).collect()
    }
}

impl Package {
    fn new(value: &Value, root: &Path) -> Self {
        let manifest = PathBuf::from(text(&value["manifest_path"]));
        let folder = manifest.parent().unwrap_or(root);
        let bins = list(&value["targets"])
            .iter()
            .filter(|target| list(&target["kind"]).iter().any(|kind| kind == "bin"))
            .map(|target| text(&target["name"]))
            .collect();
        let dependencies = list(&value["dependencies"])
            .iter()
            .map(|dependency| Dependency {
                name: text(&dependency["name"]),
                ours: dependency["path"].is_string(),
                dev: dependency["kind"] == "dev",
            })
            .collect();
        Self {
            name: text(&value["name"]),
            folder: folder.strip_prefix(root).unwrap_or(folder).to_string_lossy().into_owned(),
            bins,
            dependencies,
        }
    }

    pub(crate) fn is_exercise(&self) -> bool {
        self.folder.starts_with("day07/") || self.folder.starts_with("day09/")
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn collect(folder: &Path, found: &mut impl FnMut(&Path)) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => collect(&path, found),
            Ok(_) => found(&path),
            Err(_) => {}
        }
    }
}
