//! What travels over a data connection: RETR, STOR, APPE, STOU, LIST, NLST, MLSD; and REST, ABOR.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Instant;

use common::folder::{Entry, Kind};

use super::{After, Session};
use crate::auth::Rights;
use crate::command::Type;
use crate::data::{NoData, Plan};
use crate::listing;
use crate::reply::Reply;
use crate::transfer::{Broken, Transfer};
use crate::upload::{Upload, is_temporary};

impl Session<'_> {
    pub(super) fn restart(&mut self, offset: u64) -> Reply {
        if self.kind == Type::Ascii && offset > 0 {
            return Reply::new(501, "Only in TYPE I");
        }
        self.offset = offset;
        Reply::new(350, format!("The next transfer begins at {offset}"))
    }

    pub(super) fn abort_nothing(&mut self) -> Reply {
        self.data = Plan::None;
        Reply::new(226, "Nothing was under way")
    }

    pub(super) fn retrieve(&mut self, name: &OsStr) -> After {
        let offset = std::mem::take(&mut self.offset);
        let path = self.path(name);
        let (mut file, meta) = match self.settings.folder.open(&path) {
            Ok((_, meta)) if meta.kind != Kind::File => {
                return self.refuse(Reply::new(550, "Not a file"));
            }
            Ok(opened) => opened,
            Err(error) => return self.refuse(Reply::failed(&error)),
        };
        if offset > meta.len {
            return self.refuse(Reply::new(554, format!("It has only {} bytes", meta.len)));
        }
        let about = Reply::new(150, format!("{} bytes come", meta.len - offset));
        let ascii = self.kind == Type::Ascii;
        self.transfer(&path, &about, |transfer| match ascii {
            true => transfer.send_lines(&mut file),
            false => transfer.send_file(&file, offset),
        })
    }

    pub(super) fn store(&mut self, name: &OsStr) -> After {
        let path = self.path(name);
        match std::mem::take(&mut self.offset) {
            0 => self.receive(Upload::replacing(&self.settings.folder, &path)),
            offset => self.receive(Upload::continuing(&self.settings.folder, &path, offset)),
        }
    }

    pub(super) fn append(&mut self, name: &OsStr) -> After {
        self.offset = 0;
        self.receive(Upload::appending(&self.settings.folder, &self.path(name)))
    }

    pub(super) fn store_unique(&mut self) -> After {
        self.offset = 0;
        self.receive(Upload::unique(&self.settings.folder, &self.here))
    }

    pub(super) fn list(&mut self, name: Option<&OsStr>) -> After {
        let listing = self.long_listing(name).map(|(_, text)| text);
        self.send_listing(name, listing)
    }

    pub(super) fn list_names(&mut self, name: Option<&OsStr>) -> After {
        let path = self.path(name.unwrap_or_default());
        let listing = self.settings.folder.metadata(&path).and_then(|meta| {
            let name = name.unwrap_or_default().as_bytes();
            if meta.kind != Kind::Folder {
                return Ok([name, b"\r\n"].concat());
            }
            // The names of another folder are given so that they can be used from here.
            let slash: &[u8] = if name.is_empty() || name.ends_with(b"/") { b"" } else { b"/" };
            Ok(listing::names(&[name, slash].concat(), &self.entries(&path)?))
        });
        self.send_listing(name, listing)
    }

    pub(super) fn list_facts(&mut self, name: Option<&OsStr>) -> After {
        let path = self.path(name.unwrap_or_default());
        match self.settings.folder.metadata(&path) {
            Ok(meta) if meta.kind != Kind::Folder => {
                self.refuse(Reply::new(501, "Not a folder: MLST tells of a file"))
            }
            Ok(_) => {
                let (facts, may_write) = (self.facts, self.may_write());
                let listing = self.entries(&path);
                let listing = listing.map(|all| listing::facts_all(facts, may_write, &all));
                self.send_listing(name, listing)
            }
            Err(error) => self.refuse(Reply::failed(&error)),
        }
    }

    pub(super) fn may_write(&self) -> bool {
        self.login.rights() == Some(Rights::Write)
    }

    /// The names in a folder, sorted, without uploads that are under way.
    pub(super) fn entries(&self, path: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = self.settings.folder.list(path)?;
        entries.retain(|entry| !is_temporary(&entry.name));
        Ok(listing::sorted(entries))
    }

    fn send_listing(&mut self, name: Option<&OsStr>, listing: io::Result<Vec<u8>>) -> After {
        self.offset = 0;
        let path = self.path(name.unwrap_or_default());
        match listing {
            Ok(text) => {
                self.transfer(&path, &Reply::new(150, "The listing comes"), |t| t.send(&text))
            }
            Err(error) => self.refuse(Reply::failed(&error)),
        }
    }

    fn receive(&mut self, upload: io::Result<Upload<'_>>) -> After {
        let mut upload = match upload {
            Ok(upload) => upload,
            Err(error) => {
                let failed = Reply::failed(&error);
                let code = if failed.code() == 550 { 553 } else { failed.code() };
                return self.refuse(Reply::new(code, common::reason(&error)));
            }
        };
        let path = upload.path().to_owned();
        // The form that RFC 1123 (4.1.2.9) gives to the name after STOU.
        let name = path.file_name().unwrap_or_default().as_bytes();
        let about = Reply::new(150, [b"FILE: ", name].concat());
        let lines = self.kind == Type::Ascii;
        let whole = self.carry(&path, &about, |transfer| transfer.receive(upload.file(), lines));
        match whole.map(|done| (done, upload.keep())) {
            Ok((done, Ok(()))) => done.into(),
            Ok((_, Err(error))) => Reply::failed(&error).into(),
            Err(after) => after,
        }
    }

    /// A transfer that does not begin: the plan for its connection is void too.
    fn refuse(&mut self, reply: Reply) -> After {
        self.offset = 0;
        self.data = Plan::None;
        reply.into()
    }

    fn transfer(
        &mut self,
        path: &Path,
        about: &Reply,
        work: impl FnOnce(&mut Transfer<'_>) -> Result<(), Broken>,
    ) -> After {
        self.carry(path, about, work).map_or_else(|after| after, After::Go)
    }

    /// Opens the data connection, says `about`, lets `work` be done; the reply if all of it went well,
    /// or what else follows.
    fn carry(
        &mut self,
        path: &Path,
        about: &Reply,
        work: impl FnOnce(&mut Transfer<'_>) -> Result<(), Broken>,
    ) -> Result<Reply, After> {
        let data = match self.data.open(&mut self.control) {
            Ok(data) => data,
            Err(NoData::Tell(reply)) => return Err(reply.into()),
            Err(NoData::Left) => return Err(After::Left),
            Err(NoData::Aborted) => return Err(self.aborted("No connection yet")),
        };
        self.control.reply(about).map_err(|_| After::Left)?;
        let begin = Instant::now();
        let mut transfer = Transfer::new(&mut self.control, data);
        let result = work(&mut transfer);
        let bytes = transfer.bytes;
        // The end of the connection is the end of the file, and the reply comes after it.
        drop(transfer);
        let (peer, path, time) = (self.control.peer(), path.display(), begin.elapsed());
        match &result {
            Ok(()) => log::info!("{peer}: {path:?}: {bytes} bytes in {time:.1?}"),
            Err(why) => log::warn!("{peer}: {path:?}: broken after {bytes} bytes: {why}"),
        }
        match result {
            Ok(()) => Ok(Reply::new(226, format!("{bytes} bytes, done"))),
            Err(Broken::Aborted) => Err(self.aborted("Transfer ended: you said so")),
            Err(why) => Err(why.reply().map_or(After::Left, After::Go)),
        }
    }

    /// 426 for the transfer, and 226 for ABOR itself (RFC 959, 4.1.3).
    fn aborted(&mut self, text: &str) -> After {
        match self.control.reply(&Reply::new(426, text)) {
            Ok(()) => Reply::new(226, "Aborted").into(),
            Err(_) => After::Left,
        }
    }
}
