//! A file held open for answering, and the bounded store of those asked for lately.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use common::folder::{Folder, Kind, Meta};

use crate::{date, mime};

/// After this long a file is looked up again: a change is seen a second later at most.
const FRESH: Duration = Duration::from_secs(1);
/// How many files are held open. One thread with `select` has 1,024 descriptors for everything.
const HELD: usize = 64;
/// A file up to this size is held in memory, too: one `send` instead of `send` and `sendfile`.
const SMALL: u64 = 16 * 1024;

/// A regular file and everything about it that an answer says.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) file: File,
    /// The bytes of a small file.
    pub(crate) content: Option<Box<[u8]>>,
    pub(crate) meta: Meta,
    /// `"mtime-size"`, with the quotes: strong, since both change with the content.
    pub(crate) etag: String,
    /// What it holds, as a media type.
    pub(crate) kind: Cow<'static, str>,
    /// The field lines that are the same in every answer, CR LF included, without the type.
    pub(crate) lines: Arc<[u8]>,
    /// The same with `Content-Type`.
    pub(crate) lines_with_kind: Arc<[u8]>,
    /// The same file compressed, found beside it with `.gz` behind its name.
    pub(crate) gzip: Option<Arc<Opened>>,
}

/// What a name in the folder turned out to be.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    File(Arc<Opened>),
    Folder,
}

/// The files asked for lately.
#[derive(Debug, Default)]
pub(crate) struct Store {
    held: Mutex<HashMap<Box<[u8]>, Held>>,
}

#[derive(Debug)]
struct Held {
    file: Arc<Opened>,
    looked_up: Instant,
}

impl Store {
    /// The file or folder of that name, from the store if it was looked up within the last second.
    pub(crate) fn find(&self, folder: &Folder, name: &[u8], now: Instant) -> io::Result<Found> {
        if let Some(file) = self.fresh(name, now) {
            return Ok(Found::File(file));
        }
        let (file, meta) = folder.open(path_of(name))?;
        match meta.kind {
            Kind::Folder => return Ok(Found::Folder),
            Kind::File => {}
            Kind::Link | Kind::Other => return Err(io::ErrorKind::PermissionDenied.into()),
        }
        let gzip = beside(folder, name, &meta);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = held.get_mut(name) {
            let same_gzip = known.file.gzip.as_ref().map(|g| g.meta) == gzip.as_ref().map(|g| g.1);
            if known.file.meta == meta && same_gzip {
                known.looked_up = now;
                return Ok(Found::File(Arc::clone(&known.file)));
            }
        }
        let gzip = gzip
            .map(|(file, meta)| Opened::new(file, meta, name, true, None).map(Arc::new))
            .transpose()?;
        let file = Arc::new(Opened::new(file, meta, name, false, gzip)?);
        if held.len() >= HELD && !held.contains_key(name) {
            evict(&mut held);
        }
        held.insert(name.into(), Held { file: Arc::clone(&file), looked_up: now });
        Ok(Found::File(file))
    }

    fn fresh(&self, name: &[u8], now: Instant) -> Option<Arc<Opened>> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let known = held.get(name)?;
        let fresh = now.saturating_duration_since(known.looked_up) < FRESH;
        fresh.then(|| Arc::clone(&known.file))
    }
}

/// Lets go of the file that was looked up longest ago.
fn evict(held: &mut HashMap<Box<[u8]>, Held>) {
    let oldest = held.iter().min_by_key(|(_, known)| known.looked_up).map(|(name, _)| name.clone());
    if let Some(name) = oldest {
        held.remove(&name);
    }
}

/// The compressed file beside `name`, unless it is older than what it stands for.
fn beside(folder: &Folder, name: &[u8], plain: &Meta) -> Option<(File, Meta)> {
    let name = [name, b".gz"].concat();
    let (file, meta) = folder.open(path_of(&name)).ok()?;
    (meta.kind == Kind::File && meta.modified >= plain.modified).then_some((file, meta))
}

fn path_of(name: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt;
    Path::new(std::ffi::OsStr::from_bytes(name))
}

impl Opened {
    fn new(
        file: File,
        meta: Meta,
        name: &[u8],
        compressed: bool,
        gzip: Option<Arc<Self>>,
    ) -> io::Result<Self> {
        let age = meta.modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let etag = format!("\"{:x}-{:x}\"", age.as_nanos(), meta.len);
        let mut lines = format!(
            "Last-Modified: {}\r\nETag: {etag}\r\nAccept-Ranges: bytes\r\n\
             Cache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\n",
            date::http(meta.modified),
        );
        if compressed {
            lines.push_str("Content-Encoding: gzip\r\n");
        }
        if compressed || gzip.is_some() {
            lines.push_str("Vary: Accept-Encoding\r\n");
        }
        let kind = mime::of(name);
        let lines_with_kind = format!("Content-Type: {kind}\r\n{lines}").into_bytes().into();
        let lines = lines.into_bytes().into();
        let content = (meta.len <= SMALL).then(|| read(&file, meta.len)).transpose()?.flatten();
        Ok(Self { file, content, meta, etag, kind, lines, lines_with_kind, gzip })
    }
}

/// The whole file, or `None` if it has changed under our eyes.
fn read(file: &File, length: u64) -> io::Result<Option<Box<[u8]>>> {
    let mut content = Vec::new();
    file.take(length + 1).read_to_end(&mut content)?;
    Ok((content.len() as u64 == length).then(|| content.into()))
}
