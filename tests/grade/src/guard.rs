//! Ends what is left when the test process itself is killed, and nobody's `Drop` runs.
//!
//! Programs have process groups of their own, so Ctrl-C at `cargo test` does not reach them. One
//! shell per test process knows their groups; when its standard input ends, which it does however the
//! test process ended, it kills those that are left.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Reads `+ GROUP` and `- GROUP`; at the end of its input kills the groups that were not taken back.
const SHELL: &str = r#"
trap '' INT TERM HUP
groups=' '
while read -r verb group; do
    case $verb in
        +) groups="$groups$group " ;;
        -) groups="${groups%%" $group "*} ${groups#*" $group "}" ;;
    esac
done
for group in $groups; do kill -KILL "-$group"; done
"#;

/// A process group that must not outlive the test process.
#[derive(Debug)]
pub(crate) struct Guarded(i32);

impl Guarded {
    pub(crate) fn new(group: i32) -> Self {
        tell('+', group);
        Self(group)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        tell('-', self.0);
    }
}

/// Without a shell there is no guard, and no test fails for that.
fn tell(verb: char, group: i32) {
    static SHELLS_INPUT: OnceLock<Option<Mutex<ChildStdin>>> = OnceLock::new();
    if let Some(input) = SHELLS_INPUT.get_or_init(start) {
        let mut input = input.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(input, "{verb} {group}");
    }
}

fn start() -> Option<Mutex<ChildStdin>> {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", SHELL]).process_group(0);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.spawn().ok()?.stdin.take().map(Mutex::new)
}
