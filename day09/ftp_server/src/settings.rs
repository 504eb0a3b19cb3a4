//! The options of the program, and what a session needs to know of them.

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use common::Failure;
use common::args::ServerArgs;
use common::folder::Folder;
use socketserver::Address;

use crate::auth::{Accounts, Secret};

/// The variable of the environment that holds the password, if no file does.
pub const PASSWORD: &str = "FTP_PASSWORD";

/// What `--help` says of `--max-clients`, which lets clients wait in other servers.
pub const MAX_CLIENTS: &str = "Answer 421 while this many are connected";

/// Bundled with the program: what it serves unless told otherwise.
const BUNDLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/files");

/// The options that only this server has.
#[derive(Debug, Clone, Args)]
pub struct FtpArgs {
    /// Folder to serve [default: the one bundled with the program]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,

    /// Let anonymous clients change files, too
    #[arg(long)]
    pub anonymous_write: bool,

    /// Who may change files; the password comes from --password-file or from $FTP_PASSWORD
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,

    /// File whose first line is the password of --user
    #[arg(long, value_name = "FILE", requires = "user")]
    pub password_file: Option<PathBuf>,

    /// Speak the course's own protocol (L, G name, P name, Q) instead of FTP
    #[arg(long)]
    pub course: bool,

    /// At most so many clients from one address; further ones get 421
    #[arg(long, value_name = "N", help_heading = "Rarely used")]
    pub max_per_host: Option<std::num::NonZeroUsize>,

    /// Ports for passive data connections [default: any free one]
    #[arg(long, value_name = "A-B", value_parser = ports, help_heading = "Rarely used")]
    pub passive_ports: Option<RangeInclusive<u16>>,
}

impl FtpArgs {
    /// What to type in another terminal to try the server at `address`.
    pub fn client_command(&self, address: &Address) -> String {
        match address {
            Address::Inet(at) if self.course => format!("nc {} {}", at.ip(), at.port()),
            at => format!("curl ftp://{at}/"),
        }
    }
}

/// What every session of this server goes by.
#[derive(Debug)]
pub struct Settings {
    /// The folder that is served.
    pub folder: Folder,
    /// Who may log in.
    pub accounts: Accounts,
    /// Where passive data connections may listen; `None`: on any port.
    pub passive_ports: Option<RangeInclusive<u16>>,
    /// A client that says nothing for so long is let go.
    pub idle_timeout: Duration,
    /// How long a transfer may last after the program has been asked to stop.
    pub grace: Duration,
    /// Whether to speak the course's protocol.
    pub course: bool,
}

impl Settings {
    /// Opens the folder and reads the password.
    ///
    /// # Errors
    ///
    /// There is no such folder, no such file, or no password.
    pub fn new<const PORT: u16>(
        args: &FtpArgs,
        server: &ServerArgs<PORT>,
    ) -> Result<Settings, Failure> {
        const IDLE: Duration = Duration::from_secs(300);
        let root = args.root.as_deref().unwrap_or(Path::new(BUNDLED));
        let folder = Folder::new(root).map_err(|why| {
            let way_out = if args.root.is_none() { " (choose a folder with --root)" } else { "" };
            let why = common::reason(&why);
            Failure::from(format!("cannot serve {}: {why}{way_out}", root.display()))
        })?;
        let user = match &args.user {
            Some(name) => Some((name.clone(), password(args.password_file.as_deref())?)),
            None => None,
        };
        Ok(Settings {
            folder,
            accounts: Accounts { anonymous_write: args.anonymous_write, user },
            passive_ports: args.passive_ports.clone(),
            idle_timeout: server.idle_timeout.unwrap_or(IDLE),
            grace: server.grace,
            course: args.course,
        })
    }
}

fn password(file: Option<&Path>) -> Result<Secret, Failure> {
    let text = match file {
        Some(path) => fs::read_to_string(path)
            .map_err(|why| Failure::new(format!("cannot read {}", path.display()), &why))?,
        None => std::env::var(PASSWORD).unwrap_or_default(),
    };
    match text.lines().next() {
        Some(password) if !password.is_empty() => Ok(Secret::new(password.as_bytes())),
        _ => {
            Err(format!("no password for --user (give a --password-file, or set ${PASSWORD})")
                .into())
        }
    }
}

/// `A-B`, both of them ports.
fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let range = text.split_once('-').and_then(|(from, to)| {
        let (from, to): (u16, u16) = (from.parse().ok()?, to.parse().ok()?);
        (from > 0 && from <= to).then_some(from..=to)
    });
    range.ok_or_else(|| "write two ports, such as 50000-50100".to_owned())
}

#[cfg(test)]
mod tests {
    use super::ports;

    #[test]
    fn a_range_is_two_ports_in_order() {
        assert_eq!(ports("50000-50100"), Ok(50000..=50100));
        assert_eq!(ports("2121-2121"), Ok(2121..=2121));
        for bad in ["", "1", "0-5", "5-4", "1-65536", "-1-5", "a-b"] {
            assert!(ports(bad).is_err(), "{bad}");
        }
    }
}
