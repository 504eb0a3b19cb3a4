//! Files from a folder.

use std::collections::VecDeque;
use std::fmt::Write;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use common::folder::Folder;
use log::warn;
use nix::errno::Errno;

use crate::bytes::list;
use crate::conditional::{Verdict, Wanted, judge, ranges};
use crate::open::{Found, Opened, Store};
use crate::request::Request;
use crate::response::{Body, Part, Response};
use crate::service::{Reply, Service};
use crate::status::{Method, Status};
use crate::{listing, path};

/// What stands between the parts of an answer with several ranges; no file is searched for it, since
/// each part says how long it is.
const BOUNDARY: &str = "httpcore-part-of-the-file";

/// Answers with the files of a folder: `index.html` or a listing for a folder, conditional requests,
/// ranges, and `NAME.gz` in the place of `NAME` for a client that takes it. Nothing outside of the
/// folder is ever sent (see [`common::folder`]).
///
/// Files asked for often are held open, and looked up again each second.
#[derive(Debug)]
pub struct Files {
    folder: Folder,
    store: Store,
    listing: bool,
}

impl Files {
    /// The files beneath `root`.
    ///
    /// # Errors
    ///
    /// It cannot be opened.
    pub fn new(root: impl AsRef<Path>) -> io::Result<Self> {
        Ok(Self { folder: Folder::new(root)?, store: Store::default(), listing: true })
    }

    /// Whether a folder without `index.html` shows what is in it. It does unless told otherwise.
    #[must_use]
    pub fn listing(mut self, allowed: bool) -> Self {
        self.listing = allowed;
        self
    }

    fn get(&self, request: &Request<'_>) -> Result<Response, io::Error> {
        let Some(name) = request.path.strip_prefix(b"/") else {
            return Ok(Response::error(Status(404)));
        };
        if !name.is_empty() && !name.ends_with(b"/") {
            return Ok(match self.store.find(&self.folder, name, request.now)? {
                Found::File(file) => send(request, &file),
                Found::Folder => Response::redirect(Status(301), with_slash(request)),
            });
        }
        match self.store.find(&self.folder, &[name, b"index.html"].concat(), request.now) {
            Ok(Found::File(file)) => return Ok(send(request, &file)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(Found::Folder) | Err(_) => {}
        }
        if !self.listing {
            let known = self.folder.metadata(listing::path_of(name)).is_ok();
            return Ok(Response::error(Status(if known { 403 } else { 404 })));
        }
        Ok(Response::html(listing::page(&self.folder, name)?).header("Cache-Control", "no-cache"))
    }
}

impl Service for Files {
    fn respond(&self, request: &Request<'_>) -> Reply {
        let response = match request.method {
            Method::Get | Method::Head => self.get(request).unwrap_or_else(|e| failed(request, &e)),
            Method::Options => Response::new(Status(204)).header("Allow", "GET, HEAD, OPTIONS"),
            _ => Response::error(Status(405)).header("Allow", "GET, HEAD, OPTIONS"),
        };
        response.into()
    }
}

/// The status for what the system said.
fn failed(request: &Request<'_>, error: &io::Error) -> Response {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound, PermissionDenied};
    match error.kind() {
        NotFound | NotADirectory | InvalidFilename | InvalidInput => Response::error(Status(404)),
        PermissionDenied => Response::error(Status(403)),
        _ => {
            // A link in a circle has no stable kind of its own.
            if error.raw_os_error() == Some(Errno::ELOOP as i32) {
                return Response::error(Status(404));
            }
            warn!("cannot open {:?}: {}", request.path(), common::reason(error));
            let busy = error.raw_os_error() == Some(Errno::EMFILE as i32);
            Response::error(Status(if busy { 503 } else { 500 }))
        }
    }
}

/// The same address as a folder's, so that the relative links of its page work.
fn with_slash(request: &Request<'_>) -> String {
    let mut location = String::new();
    for segment in request.path.split(|&b| b == b'/').skip(1) {
        let _ = write!(location, "/{}", path::encode(segment));
    }
    location.push('/');
    if let Some(query) = request.query_string() {
        let _ = write!(location, "?{}", String::from_utf8_lossy(query));
    }
    location
}

fn send(request: &Request<'_>, plain: &Arc<Opened>) -> Response {
    let file = match &plain.gzip {
        Some(gzip) if takes_gzip(request) => gzip,
        _ => plain,
    };
    let mut response = Response::new(Status(200));
    response.prepared = Some(Arc::clone(&file.lines_with_kind));
    match judge(request, &file.etag, file.meta.modified) {
        Verdict::Send => {}
        Verdict::NotModified => {
            response.prepared = Some(Arc::clone(&file.lines));
            return response.status(Status(304));
        }
        Verdict::Failed => return Response::error(Status(412)),
    }
    let length = file.meta.len;
    // A range of anything but GET means nothing (RFC 9110 section 14.2).
    let wanted = match request.method {
        Method::Get => ranges(request, &file.etag, file.meta.modified, length),
        _ => Wanted::All,
    };
    match wanted {
        Wanted::All => {
            response.body = Body::File(Arc::clone(file), 0..length);
            response
        }
        Wanted::Nothing => {
            Response::error(Status(416)).header("Content-Range", format!("bytes */{length}"))
        }
        Wanted::Parts(parts) => match <[Range<u64>; 1]>::try_from(parts) {
            Ok([range]) => {
                let shown = format!("bytes {}-{}/{length}", range.start, range.end - 1);
                response.body = Body::File(Arc::clone(file), range);
                response.status(Status(206)).header("Content-Range", shown)
            }
            Err(parts) => {
                response.prepared = Some(Arc::clone(&file.lines));
                response.kind = Some(format!("multipart/byteranges; boundary={BOUNDARY}").into());
                response.body = several(file, parts);
                response.status(Status(206))
            }
        },
    }
}

/// RFC 9110 section 14.6.
fn several(file: &Arc<Opened>, ranges: Vec<Range<u64>>) -> Body {
    let (mut parts, mut total) = (VecDeque::new(), 0);
    for range in ranges {
        let head = format!(
            "\r\n--{BOUNDARY}\r\nContent-Type: {}\r\nContent-Range: bytes {}-{}/{}\r\n\r\n",
            file.kind,
            range.start,
            range.end - 1,
            file.meta.len
        );
        total += head.len() as u64 + (range.end - range.start);
        parts.push_back(Part::Bytes(head.into_bytes()));
        parts.push_back(Part::File(Arc::clone(file), range));
    }
    let end = format!("\r\n--{BOUNDARY}--\r\n");
    total += end.len() as u64;
    parts.push_back(Part::Bytes(end.into_bytes()));
    Body::Parts(parts, total)
}

/// `Accept-Encoding` names gzip, and not with the weight 0.
fn takes_gzip(request: &Request<'_>) -> bool {
    let Some(field) = request.field("accept-encoding") else {
        return false;
    };
    list(field).any(|member| {
        let mut words = member.split(|&b| b == b';').map(<[u8]>::trim_ascii);
        let coding = words.next().unwrap_or_default();
        let refused = words.any(|w| {
            w.strip_prefix(b"q=").is_some_and(|q| q.iter().all(|b| matches!(b, b'0' | b'.')))
        });
        coding.eq_ignore_ascii_case(b"gzip") && !refused
    })
}
