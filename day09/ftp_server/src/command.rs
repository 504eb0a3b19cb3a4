//! A line into a command: pure, total, and all there is to fuzz.
//!
//! The verb is up to the first space, in any case; the argument is all that follows, byte for byte,
//! since a file name may begin or end with spaces.

mod argument;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::SystemTime;

use argument::{Argument, eprt, port, split};

/// A command, its argument understood.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the verb of the RFC that its group names")]
pub enum Command {
    // RFC 959, 4.1.1: access.
    User(Vec<u8>),
    Pass(Vec<u8>),
    Acct,
    Quit,
    Rein,
    Cwd(OsString),
    Cdup,
    // 4.1.2: parameters of a transfer; RFC 2428: EPSV and EPRT.
    Type(Type),
    Port(SocketAddr),
    Pasv,
    Epsv(Epsv),
    // 4.1.3: service; RFC 3659: SIZE, MDTM, MLST, MLSD, REST in its present meaning.
    Retr(OsString),
    Stor(OsString),
    Appe(OsString),
    Stou,
    Allo,
    Rest(u64),
    Abor,
    Rnfr(OsString),
    Rnto(OsString),
    Dele(OsString),
    Rmd(OsString),
    Mkd(OsString),
    Pwd,
    List(Option<OsString>),
    Nlst(Option<OsString>),
    Mlsd(Option<OsString>),
    Mlst(Option<OsString>),
    Stat(Option<OsString>),
    Size(OsString),
    Mdtm(OsString),
    Mfmt(SystemTime, OsString),
    Syst,
    Help,
    Noop,
    // RFC 2389: features and options.
    Feat,
    OptsUtf8,
    OptsMlst(Vec<u8>),
    SiteChmod(u32, OsString),
    SiteHelp,
    /// MODE S and STRU F: what is done anyway.
    AsUsual,
}

/// The representation of what is sent: TYPE A or TYPE I.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Lines, ended by CR LF on the way.
    Ascii,
    /// Bytes as they are.
    Image,
}

/// What EPSV asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epsv {
    /// A port, whichever protocol the control connection speaks.
    Any,
    /// A port for this protocol: 1 is IPv4, 2 is IPv6.
    Protocol(u8),
    /// From now on no other way to open data connections.
    All,
}

/// Why a line is no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// No such verb.
    Verb,
    /// A verb that the RFCs know and this server does not do.
    NotImplemented,
    /// The argument is missing or is none.
    Argument(&'static str),
    /// A parameter that the RFCs know and this server does not do.
    Parameter(&'static str),
    /// A network protocol that it does not do (RFC 2428).
    Protocol,
}

/// The verbs, for HELP.
pub const VERBS: &str = "ABOR ACCT ALLO APPE CDUP CWD DELE EPRT EPSV FEAT HELP LIST MDTM MFMT MKD \
MLSD MLST MODE NLST NOOP OPTS PASS PASV PORT PWD QUIT REIN REST RETR RMD RNFR RNTO SITE SIZE STAT \
STOR STOU STRU SYST TYPE USER";

impl Command {
    /// Understands one line, which [`Lines`](crate::lines::Lines) has taken out of its Telnet clothes.
    ///
    /// ```
    /// use ftp_server::command::{Command, Wrong};
    ///
    /// assert_eq!(Command::parse(b"retr  a b "), Ok(Command::Retr(" a b ".into())));
    /// assert_eq!(Command::parse(b"BREW tea"), Err(Wrong::Verb));
    /// ```
    ///
    /// # Errors
    ///
    /// [`Wrong`] says which reply it deserves.
    pub fn parse(line: &[u8]) -> Result<Command, Wrong> {
        let (verb, argument) = split(line);
        let verb = verb.to_ascii_uppercase();
        let a = Argument(argument);
        Ok(match verb.as_slice() {
            b"USER" => Command::User(a.required("a user name")?.to_vec()),
            b"PASS" => Command::Pass(argument.unwrap_or_default().to_vec()),
            b"ACCT" => Command::Acct,
            b"QUIT" => Command::Quit,
            b"REIN" => Command::Rein,
            b"CWD" | b"XCWD" => Command::Cwd(a.name()?),
            b"CDUP" | b"XCUP" => Command::Cdup,
            b"TYPE" => Command::Type(a.kind()?),
            b"MODE" => a.only(b"S", "only MODE S, a stream")?,
            b"STRU" => a.only(b"F", "only STRU F, files")?,
            b"PORT" => Command::Port(port(a.word("h1,h2,h3,h4,p1,p2")?)?),
            b"EPRT" => Command::Port(eprt(a.word("|1|address|port|")?)?),
            b"PASV" => Command::Pasv,
            b"EPSV" => Command::Epsv(a.epsv()?),
            b"RETR" => Command::Retr(a.name()?),
            b"STOR" => Command::Stor(a.name()?),
            b"APPE" => Command::Appe(a.name()?),
            b"STOU" => Command::Stou,
            b"ALLO" => a.number().map(|_| Command::Allo)?,
            b"REST" => Command::Rest(a.number()?),
            b"ABOR" => Command::Abor,
            b"RNFR" => Command::Rnfr(a.name()?),
            b"RNTO" => Command::Rnto(a.name()?),
            b"DELE" => Command::Dele(a.name()?),
            b"RMD" | b"XRMD" => Command::Rmd(a.name()?),
            b"MKD" | b"XMKD" => Command::Mkd(a.name()?),
            b"PWD" | b"XPWD" => Command::Pwd,
            b"LIST" => Command::List(a.without_options().optional()?),
            b"NLST" => Command::Nlst(a.without_options().optional()?),
            b"STAT" => Command::Stat(a.without_options().optional()?),
            b"MLSD" => Command::Mlsd(a.optional()?),
            b"MLST" => Command::Mlst(a.optional()?),
            b"SIZE" => Command::Size(a.name()?),
            b"MDTM" => Command::Mdtm(a.name()?),
            b"MFMT" => a.time_and_name()?,
            b"SYST" => Command::Syst,
            b"HELP" => Command::Help,
            b"NOOP" => Command::Noop,
            b"FEAT" => Command::Feat,
            b"OPTS" => a.opts()?,
            b"SITE" => a.site()?,
            b"SMNT" | b"AUTH" | b"PBSZ" | b"PROT" | b"CCC" | b"HOST" | b"LANG" | b"CLNT" => {
                return Err(Wrong::NotImplemented);
            }
            _ => return Err(Wrong::Verb),
        })
    }
}

#[cfg(test)]
mod tests;
