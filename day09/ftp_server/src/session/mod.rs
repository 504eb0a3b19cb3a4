//! One client's session: a state machine over the commands that come.
//!
//! ```text
//! Control -- line --> Command::parse --> Session::answer --> Reply --> Control
//!                                          |
//!                     login  files  info  connecting  transfers  (a room for each group of commands)
//! ```
//!
//! What a command may need from the one before is in the fields: who the client is, where it stands,
//! how data will travel, where a transfer begins.

mod connecting;
mod files;
mod info;
mod login;
mod transfers;

use std::ffi::OsStr;
use std::io;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;

use log::info;

use crate::auth::Rights;
use crate::command::{Command, Type, Wrong};
use crate::control::{Control, Next};
use crate::data::Plan;
use crate::lines::Line;
use crate::listing::Facts;
use crate::path;
use crate::reply::Reply;
use crate::settings::Settings;

use login::Login;

/// One client, from its greeting to its end.
#[derive(Debug)]
pub struct Session<'s> {
    settings: &'s Settings,
    control: Control,
    login: Login,
    /// The current folder.
    here: PathBuf,
    kind: Type,
    data: Plan,
    /// After `EPSV ALL`.
    epsv_only: bool,
    /// Where the next transfer begins.
    offset: u64,
    /// What RNFR named, for the RNTO that has to follow.
    renamed: Option<PathBuf>,
    facts: Facts,
}

/// What follows a command.
#[derive(Debug)]
enum After {
    /// This reply, and the next command.
    Go(Reply),
    /// This reply, and the end.
    End(Reply),
    /// The client has left.
    Left,
}

impl From<Reply> for After {
    fn from(reply: Reply) -> After {
        After::Go(reply)
    }
}

/// Serves the client connected to `socket` until it leaves, is let go, or the program stops; says
/// which.
///
/// # Errors
///
/// The connection breaks.
pub fn serve(socket: BorrowedFd<'_>, settings: &Settings) -> io::Result<&'static str> {
    let control = Control::new(socket, settings.idle_timeout, settings.grace)?;
    Session::new(control, settings).run()
}

impl<'s> Session<'s> {
    fn new(control: Control, settings: &'s Settings) -> Session<'s> {
        Session {
            settings,
            control,
            login: Login::default(),
            here: PathBuf::from("/"),
            kind: Type::Ascii,
            data: Plan::None,
            epsv_only: false,
            offset: 0,
            renamed: None,
            facts: Facts::ALL,
        }
    }

    /// The loop of the session.
    fn run(&mut self) -> io::Result<&'static str> {
        self.control.reply(&Reply::new(220, "Ready (anonymous is welcome)"))?;
        loop {
            let after = match self.control.wait() {
                Next::Line(line) => self.line(line),
                Next::Left => After::Left,
                Next::Idle => After::End(Reply::new(421, "Silent for too long")),
                Next::Stop => After::End(Reply::new(421, "The server stops")),
            };
            match after {
                After::Go(reply) => self.control.reply(&reply)?,
                After::Left => return Ok("left"),
                After::End(reply) => {
                    self.control.reply(&reply)?;
                    self.control.close();
                    return Ok(if reply.code() == 221 { "left" } else { "let go" });
                }
            }
        }
    }

    fn line(&mut self, line: Line) -> After {
        let Line::Whole(line) = line else {
            return Reply::new(500, "The line is too long").into();
        };
        self.log(&line);
        match Command::parse(&line) {
            Ok(command) => self.answer(command),
            Err(wrong) => refusal(wrong).into(),
        }
    }

    fn log(&self, line: &[u8]) {
        const LONGEST: usize = 80;
        let secret = line.get(..4).is_some_and(|verb| verb.eq_ignore_ascii_case(b"PASS"));
        let shown = if secret { b"PASS ..." } else { &line[..line.len().min(LONGEST)] };
        info!("{}: received \"{}\"", self.control.peer(), shown.escape_ascii());
    }

    fn answer(&mut self, command: Command) -> After {
        // RNTO must follow its RNFR at once (RFC 959, 4.1.3).
        let renamed = self.renamed.take();
        if self.login.rights().is_none() && !before_login(&command) {
            return Reply::new(530, "Log in first").into();
        }
        if self.login.rights() == Some(Rights::Read) && changes(&command) {
            return Reply::new(550, "You may read only").into();
        }
        match command {
            Command::User(name) => self.user(name).into(),
            Command::Pass(password) => self.pass(&password),
            Command::Acct => Reply::new(202, "No account is needed").into(),
            Command::Quit => After::End(Reply::new(221, "Goodbye")),
            Command::Rein => self.reinitialize().into(),

            Command::Pwd => info::current_folder(&self.here).into(),
            Command::Cwd(name) => self.change_folder(&name).into(),
            Command::Cdup => self.change_folder(OsStr::new("..")).into(),
            Command::Mkd(name) => self.make_folder(&name).into(),
            Command::Rmd(name) => self.remove_folder(&name).into(),
            Command::Dele(name) => self.remove_file(&name).into(),
            Command::Rnfr(name) => self.rename_from(&name).into(),
            Command::Rnto(name) => self.rename_to(renamed, &name).into(),
            Command::Size(name) => self.size(&name).into(),
            Command::Mdtm(name) => self.modified(&name).into(),
            Command::Mfmt(time, name) => self.set_modified(time, &name).into(),
            Command::SiteChmod(mode, name) => self.set_mode(mode, &name).into(),

            Command::Type(kind) => {
                self.kind = kind;
                Reply::new(200, format!("Type {kind:?}")).into()
            }
            Command::AsUsual => Reply::new(200, "As usual").into(),
            Command::Rest(offset) => self.restart(offset).into(),
            Command::Allo => Reply::new(202, "Nothing to do").into(),
            Command::Pasv => self.passive().into(),
            Command::Epsv(which) => self.extended_passive(which).into(),
            Command::Port(address) => self.active(address).into(),
            Command::Abor => self.abort_nothing().into(),

            Command::Retr(name) => self.retrieve(&name),
            Command::Stor(name) => self.store(&name),
            Command::Appe(name) => self.append(&name),
            Command::Stou => self.store_unique(),
            Command::List(name) => self.list(name.as_deref()),
            Command::Nlst(name) => self.list_names(name.as_deref()),
            Command::Mlsd(name) => self.list_facts(name.as_deref()),
            Command::Mlst(name) => self.facts_of(name.as_deref()).into(),
            Command::Stat(name) => self.status(name.as_deref()).into(),

            Command::OptsMlst(list) => {
                self.facts = Facts::chosen(&list);
                Reply::new(200, format!("MLST OPTS {}", self.facts.names())).into()
            }
            Command::Feat => info::features(self.facts).into(),
            Command::OptsUtf8 => Reply::new(200, "Names are UTF-8 anyway").into(),
            Command::Syst => Reply::new(215, "UNIX Type: L8").into(),
            Command::Help => info::help().into(),
            Command::SiteHelp => Reply::new(214, "SITE CHMOD, SITE HELP").into(),
            Command::Noop => Reply::new(200, "Here").into(),
        }
    }

    fn path(&self, name: &OsStr) -> PathBuf {
        path::resolve(&self.here, name)
    }
}

fn refusal(wrong: Wrong) -> Reply {
    match wrong {
        Wrong::Verb => Reply::new(500, "No such command; HELP lists them"),
        Wrong::NotImplemented => Reply::new(502, "Not done here"),
        Wrong::Argument(what) => Reply::new(501, format!("Needed: {what}")),
        Wrong::Parameter(what) => Reply::new(504, what),
        Wrong::Protocol => Reply::new(522, "Network protocols: use (1,2)"),
    }
}

/// What may be said by who has not logged in.
fn before_login(command: &Command) -> bool {
    use Command as C;
    matches!(
        command,
        C::User(_)
            | C::Pass(_)
            | C::Acct
            | C::Quit
            | C::Rein
            | C::Feat
            | C::OptsUtf8
            | C::OptsMlst(_)
            | C::Syst
            | C::Help
            | C::Noop
    )
}

/// What only those may say who may write.
fn changes(command: &Command) -> bool {
    use Command as C;
    matches!(
        command,
        C::Stor(_)
            | C::Appe(_)
            | C::Stou
            | C::Dele(_)
            | C::Rmd(_)
            | C::Mkd(_)
            | C::Rnfr(_)
            | C::Rnto(_)
            | C::Mfmt(..)
            | C::SiteChmod(..)
    )
}
