//! Whatever comes over a control connection, in whatever pieces: no panic, no endless line kept, and
//! a name that a command has is one that the system could take.
#![no_main]

use std::ffi::OsStr;
use std::path::Path;

use ftp_server::command::Command;
use ftp_server::lines::{LONGEST, Line, Lines};
use ftp_server::path::resolve;
use libfuzzer_sys::fuzz_target;

// The first byte says how the rest is cut up.
fuzz_target!(|data: &[u8]| {
    let [piece, input @ ..] = data else { return };
    let mut lines = Lines::default();
    for piece in input.chunks(usize::from(*piece) + 1) {
        lines.feed(piece);
        if lines.take_urgent("ABOR") {
            assert!(!input.is_empty());
        }
        while let Some(line) = lines.take() {
            let Line::Whole(line) = line else { continue };
            assert!(line.len() <= LONGEST);
            check(&line);
        }
    }
});

fn check(line: &[u8]) {
    use Command as C;
    match Command::parse(line) {
        Ok(C::Retr(name) | C::Stor(name) | C::Dele(name) | C::Cwd(name) | C::Rnto(name)) => {
            assert!(!name.is_empty() && !name.as_encoded_bytes().contains(&0));
            inside(&name);
        }
        Ok(C::List(Some(name)) | C::Mlst(Some(name)) | C::Mfmt(_, name)) => inside(&name),
        Ok(C::SiteChmod(mode, name)) => {
            assert!(mode <= 0o7777);
            inside(&name);
        }
        _ => {}
    }
}

fn inside(name: &OsStr) {
    let path = resolve(Path::new("/a/b"), name);
    assert!(path.is_absolute() && path.components().all(|part| part.as_os_str() != ".."));
}
