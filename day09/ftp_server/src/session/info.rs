//! What is only said: PWD, STAT, MLST, FEAT, HELP.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::SystemTime;

use common::folder::Kind;

use super::Session;
use crate::command::VERBS;
use crate::listing::{self, Facts};
use crate::path::quoted;
use crate::reply::Reply;

pub(super) fn current_folder(here: &Path) -> Reply {
    Reply::new(257, [&quoted(here)[..], b" is the current folder"].concat())
}

pub(super) fn features(facts: Facts) -> Reply {
    ["EPRT", "EPSV", "MDTM", "MFMT"]
        .iter()
        .fold(Reply::new(211, "Features"), |reply, name| reply.line(name))
        .line(format!("MLST {}", facts.feature()))
        .line("REST STREAM")
        .line("SIZE")
        .line("TVFS")
        .line("UTF8")
        .end("End")
}

pub(super) fn help() -> Reply {
    let verbs: Vec<&str> = VERBS.split(' ').collect();
    let reply =
        verbs.chunks(11).fold(Reply::new(214, "Commands"), |r, some| r.line(some.join(" ")));
    reply.end("End")
}

impl Session<'_> {
    /// One name's facts, over the control connection.
    pub(super) fn facts_of(&mut self, name: Option<&OsStr>) -> Reply {
        let path = self.path(name.unwrap_or_default());
        match self.settings.folder.metadata(&path) {
            Ok(meta) => {
                let facts = format!("{} ", self.facts.of(&meta, self.may_write()));
                let line = [facts.as_bytes(), path.as_os_str().as_bytes()].concat();
                Reply::new(250, "Facts").line(line).end("End")
            }
            Err(error) => Reply::failed(&error),
        }
    }

    /// A listing over the control connection, or how things stand.
    pub(super) fn status(&mut self, name: Option<&OsStr>) -> Reply {
        let Some(name) = name else {
            return Reply::new(211, "Status")
                .line(format!("Client {}, logged in as {}", self.control.peer(), self.login.name()))
                .line(format!("Type {:?}, stream, files", self.kind))
                .end("End");
        };
        match self.long_listing(Some(name)) {
            Ok((kind, text)) => {
                let code = if kind == Kind::Folder { 212 } else { 213 };
                let lines = text.split(|&b| b == b'\n').filter(|line| !line.is_empty());
                lines
                    .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
                    .fold(Reply::new(code, "Status"), |reply, line| reply.line(line))
                    .end("End")
            }
            Err(error) => Reply::failed(&error),
        }
    }

    /// The lines of LIST, and what they are about.
    pub(super) fn long_listing(&self, name: Option<&OsStr>) -> std::io::Result<(Kind, Vec<u8>)> {
        let path = self.path(name.unwrap_or_default());
        let meta = self.settings.folder.metadata(&path)?;
        let now = SystemTime::now();
        if meta.kind == Kind::Folder {
            return Ok((meta.kind, listing::long_all(&self.entries(&path)?, now)));
        }
        let mut line = Vec::new();
        listing::long(&mut line, name.unwrap_or_default().as_bytes(), &meta, now);
        Ok((meta.kind, line))
    }
}
