//! Listing, downloading, uploading.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::Shutdown;
use std::path::{Path, PathBuf};

use common::Failure;
use indicatif::{ProgressBar, ProgressStyle};

use crate::control::{Control, lost, printable};
use crate::data;

const BUFFER: usize = 256 << 10;

/// A server, and how files are fetched from it.
#[derive(Debug)]
pub(crate) struct Transfers {
    control: Control,
    active: bool,
    quiet: bool,
}

impl Transfers {
    /// Over a control connection that is logged in. Files are sent byte for byte.
    pub(crate) fn new(
        mut control: Control,
        active: bool,
        quiet: bool,
    ) -> Result<Transfers, Failure> {
        control.run("TYPE", "I")?.wanted(2, "TYPE I")?;
        Ok(Transfers { control, active, quiet })
    }

    /// Prints the listing of a folder.
    pub(crate) fn list(&mut self, folder: Option<&str>) -> Result<(), Failure> {
        let what = ("LIST", folder.unwrap_or_default());
        let mut data = data::open(&mut self.control, self.active, 0, what)?;
        let mut text = Vec::new();
        data.read_to_end(&mut text).map_err(|why| lost(&why))?;
        drop(data);
        self.control.reply()?.wanted(2, "the listing")?;
        let mut out = io::stdout().lock();
        for line in String::from_utf8_lossy(&text).lines() {
            // A reader of the listing that has seen enough, such as `head`, is no error.
            if writeln!(out, "{}", printable(line)).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Downloads to `NAME.part`, which gets its name when it is whole.
    pub(crate) fn get(
        &mut self,
        name: &str,
        to: Option<&Path>,
        resume: bool,
    ) -> Result<(), Failure> {
        let to = match to {
            Some(to) => to.to_owned(),
            None => last_part(name)?,
        };
        let failed = |why: io::Error| Failure::new(to.display(), &why);
        let size = self.size(name)?;
        let part = beside(&to);
        if resume && fs::metadata(&to).is_ok_and(|meta| size.is_some_and(|size| meta.len() <= size))
        {
            fs::rename(&to, &part).map_err(failed)?;
        }
        let mut file = File::options()
            .create(true)
            .append(resume)
            .write(true)
            .truncate(!resume)
            .open(&part)
            .map_err(failed)?;
        let offset = file.seek(SeekFrom::End(0)).map_err(failed)?;
        if size.is_none_or(|size| offset < size || size == 0) {
            let data = data::open(&mut self.control, self.active, offset, ("RETR", name))
                .inspect_err(|_| drop(self.remove_if_empty(&part)))?;
            let bar = self.bar(name, size, offset);
            copy(data, &mut file, &bar, &to.display().to_string())?;
            self.control.reply()?.wanted(2, name)?;
        }
        let len = file.metadata().map_err(failed)?.len();
        if size.is_some_and(|size| size != len) {
            let size = size.unwrap_or_default();
            return Err(Failure::from(format!("{name}: {len} bytes, and not {size}, came")));
        }
        fs::rename(&part, &to).map_err(failed)
    }

    /// Uploads; with `resume` so that what has arrived is kept if it breaks.
    pub(crate) fn put(
        &mut self,
        from: &Path,
        name: Option<&str>,
        resume: bool,
    ) -> Result<(), Failure> {
        let failed = |why: io::Error| Failure::new(from.display(), &why);
        let own_name = from.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = match (name, &own_name) {
            (Some(name), _) => name,
            (None, Some(name)) => name,
            (None, None) => return Err(Failure::from(format!("{}: no file", from.display()))),
        };
        let mut file = File::open(from).map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        if meta.is_dir() {
            return Err(Failure::from(format!("{}: it is a folder", from.display())));
        }
        let offset = if resume { self.size(name)?.unwrap_or(0) } else { 0 };
        if offset > meta.len() {
            return Err(Failure::from(format!("{name}: the server's file is the longer one")));
        }
        if resume && offset > 0 && offset == meta.len() {
            return Ok(());
        }
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        let verb = if resume { "APPE" } else { "STOR" };
        let data = data::open(&mut self.control, self.active, 0, (verb, name))?;
        let bar = self.bar(name, Some(meta.len()), offset);
        let sent = send(&mut file, data, &bar, &from.display().to_string());
        // Why the server stopped taking it is in its reply.
        self.control.reply()?.wanted(2, name)?;
        sent
    }

    /// Says goodbye; whether the server answers does not matter any more.
    pub(crate) fn quit(&mut self) {
        let _ = self.control.run("QUIT", "");
    }

    /// The length of a file of the server's; `None` if there is none, or it does not say.
    fn size(&mut self, name: &str) -> Result<Option<u64>, Failure> {
        let reply = self.control.run("SIZE", name)?;
        let size = reply.text.split_ascii_whitespace().nth(1).and_then(|size| size.parse().ok());
        Ok(size.filter(|_| reply.code == 213))
    }

    fn remove_if_empty(&self, path: &Path) -> io::Result<()> {
        if fs::metadata(path)?.len() == 0 { fs::remove_file(path) } else { Ok(()) }
    }

    /// Shown only on a terminal: done, rate, time left.
    fn bar(&self, name: &str, size: Option<u64>, offset: u64) -> ProgressBar {
        const TEMPLATE: &str = "{msg:20!} {percent:>3}% [{bar:30}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
        const UNKNOWN: &str = "{msg:20!} {bytes}, {bytes_per_sec}";
        if self.quiet {
            return ProgressBar::hidden();
        }
        let bar = size.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let template = if size.is_some() { TEMPLATE } else { UNKNOWN };
        let style = ProgressStyle::with_template(template);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(printable(name));
        bar.set_position(offset);
        bar.reset_eta();
        bar
    }
}

/// Until the server closes its end: that is the end of the file.
fn copy(
    mut data: impl Read,
    file: &mut File,
    bar: &ProgressBar,
    name: &str,
) -> Result<(), Failure> {
    let mut buffer = vec![0; BUFFER];
    loop {
        match data.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                file.write_all(&buffer[..n]).map_err(|why| Failure::new(name, &why))?;
                bar.inc(n as u64);
            }
            Err(why) if why.kind() == ErrorKind::Interrupted => {}
            Err(why) => return Err(lost(&why)),
        }
    }
    bar.finish();
    Ok(())
}

fn send(
    file: &mut File,
    mut data: std::net::TcpStream,
    bar: &ProgressBar,
    name: &str,
) -> Result<(), Failure> {
    let mut buffer = vec![0; BUFFER];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                data.write_all(&buffer[..n]).map_err(|why| lost(&why))?;
                bar.inc(n as u64);
            }
            Err(why) if why.kind() == ErrorKind::Interrupted => {}
            Err(why) => return Err(Failure::new(name, &why)),
        }
    }
    bar.finish();
    data.shutdown(Shutdown::Write).map_err(|why| lost(&why))
}

/// `NAME.part`, where a download is until it is whole; short where a name is already as long as can be.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    let mut name = name.to_os_string();
    if name.len() > 250 {
        return path.with_file_name("long-name.part");
    }
    name.push(".part");
    path.with_file_name(name)
}

/// The name without its folders: a server's `../x` must not choose where to write.
fn last_part(name: &str) -> Result<PathBuf, Failure> {
    let last = Path::new(name).file_name();
    last.map(PathBuf::from).ok_or_else(|| Failure::from(format!("{name}: no file")))
}
