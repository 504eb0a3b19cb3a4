//! The menu of the course: list, get, put, quit.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

use common::Failure;

use crate::transfer::Transfers;

const MENU: &str = "\
========== ftp ==========
 list          文件列表 / what is there
 get NAME      下载 / download
 put FILE      上传 / upload
 quit          退出 / leave
=========================";

/// Reads lines and does what they say until `quit` or the end of the input.
///
/// What fails is said, and the menu goes on; if nobody sees it because the input is no terminal, the
/// program fails at the end.
pub(crate) fn run(server: &mut Transfers) -> Result<(), Failure> {
    let terminal = io::stdin().is_terminal();
    let mut failed = 0;
    say(MENU);
    prompt();
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|why| Failure::new("cannot read the input", &why))?;
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let name = rest.trim();
        let done = match (word, name) {
            ("", _) => Ok(()),
            ("quit" | "q" | "Q", _) => break,
            ("list" | "ls" | "L", "") => server.list(None),
            ("list" | "ls" | "L", folder) => server.list(Some(folder)),
            ("get" | "G", name) if !name.is_empty() => {
                server.get(name, None, false).inspect(|()| {
                    say(&format!("{name}: 下载完成 / here"));
                })
            }
            ("put" | "P", file) if !file.is_empty() => {
                server.put(Path::new(file), None, false).inspect(|()| {
                    say(&format!("{file}: 上传完成 / there"));
                })
            }
            _ => {
                say(MENU);
                Ok(())
            }
        };
        if let Err(failure) = done {
            failed += 1;
            let _ = writeln!(io::stderr(), "error: {failure}");
            if !terminal && failure.to_string().contains("the server closed") {
                break;
            }
        }
        prompt();
    }
    match failed {
        0 => Ok(()),
        _ if terminal => Ok(()),
        n => Err(Failure::from(format!("{n} of the commands failed"))),
    }
}

fn say(text: &str) {
    // If nobody reads it, it need not be said.
    let _ = writeln!(io::stdout(), "{text}");
}

/// Only for a person: in a pipe the answers stand alone.
fn prompt() {
    if io::stdin().is_terminal() {
        let _ = write!(io::stdout(), "> ");
        let _ = io::stdout().flush();
    }
}
