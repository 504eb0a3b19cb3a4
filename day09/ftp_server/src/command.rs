//! A line into a command: pure, total, and all there is to fuzz.
//!
//! The verb is up to the first space, in any case; the argument is all that follows, byte for byte,
//! since a file name may begin or end with spaces.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::ffi::OsStringExt;
use std::time::SystemTime;

use crate::clock;

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

/// The verb, and what follows the first space, if one does.
fn split(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    match line.iter().position(|&byte| byte == b' ') {
        Some(space) => (&line[..space], Some(&line[space + 1..])),
        None => (line, None),
    }
}

#[derive(Clone, Copy)]
struct Argument<'a>(Option<&'a [u8]>);

impl<'a> Argument<'a> {
    fn required(self, what: &'static str) -> Result<&'a [u8], Wrong> {
        self.0.filter(|text| !text.is_empty()).ok_or(Wrong::Argument(what))
    }

    /// Something short, spaces around it ignored.
    fn word(self, what: &'static str) -> Result<&'a [u8], Wrong> {
        self.required(what).map(<[u8]>::trim_ascii)
    }

    fn name(self) -> Result<OsString, Wrong> {
        let name = self.required("a name")?;
        if name.contains(&0) {
            return Err(Wrong::Argument("a name without NUL"));
        }
        Ok(OsString::from_vec(name.to_vec()))
    }

    fn optional(self) -> Result<Option<OsString>, Wrong> {
        match self.0 {
            None | Some(b"") => Ok(None),
            Some(_) => self.name().map(Some),
        }
    }

    /// What `ls` takes, such as `-la`, which clients send along: RFC 959 knows no options.
    fn without_options(self) -> Argument<'a> {
        let mut text = self.0;
        while let Some([b'-', ..]) = text {
            text = text.and_then(|options| split(options).1);
        }
        Argument(text)
    }

    fn number(self) -> Result<u64, Wrong> {
        let digits = split(self.word("a number")?).0;
        let text = std::str::from_utf8(digits).unwrap_or_default();
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Wrong::Argument("a number"));
        }
        text.parse().map_err(|_| Wrong::Argument("a number"))
    }

    fn kind(self) -> Result<Type, Wrong> {
        match self.word("A or I")?.to_ascii_uppercase().as_slice() {
            b"A" | b"A N" => Ok(Type::Ascii),
            b"I" | b"L 8" | b"L8" => Ok(Type::Image),
            _ => Err(Wrong::Parameter("only TYPE A and TYPE I")),
        }
    }

    fn only(self, usual: &[u8], what: &'static str) -> Result<Command, Wrong> {
        if self.word(what)?.eq_ignore_ascii_case(usual) {
            Ok(Command::AsUsual)
        } else {
            Err(Wrong::Parameter(what))
        }
    }

    fn epsv(self) -> Result<Epsv, Wrong> {
        match self.0.unwrap_or_default().trim_ascii() {
            b"" => Ok(Epsv::Any),
            b"1" => Ok(Epsv::Protocol(1)),
            b"2" => Ok(Epsv::Protocol(2)),
            all if all.eq_ignore_ascii_case(b"ALL") => Ok(Epsv::All),
            _ => Err(Wrong::Protocol),
        }
    }

    fn time_and_name(self) -> Result<Command, Wrong> {
        let (time, name) = split(self.required("YYYYMMDDHHMMSS and a name")?);
        let time = clock::parse(time).ok_or(Wrong::Argument("YYYYMMDDHHMMSS and a name"))?;
        Ok(Command::Mfmt(time, Argument(name).name()?))
    }

    fn opts(self) -> Result<Command, Wrong> {
        let (option, value) = split(self.word("an option")?);
        let value = value.unwrap_or_default().trim_ascii();
        match option.to_ascii_uppercase().as_slice() {
            b"UTF8" if value.is_empty() || value.eq_ignore_ascii_case(b"ON") => {
                Ok(Command::OptsUtf8)
            }
            b"UTF-8" if value.eq_ignore_ascii_case(b"ON") => Ok(Command::OptsUtf8),
            b"MLST" => Ok(Command::OptsMlst(value.to_vec())),
            _ => Err(Wrong::Argument("UTF8 ON or MLST with facts")),
        }
    }

    fn site(self) -> Result<Command, Wrong> {
        let (verb, rest) = split(self.required("CHMOD or HELP")?);
        match verb.to_ascii_uppercase().as_slice() {
            b"HELP" => Ok(Command::SiteHelp),
            b"CHMOD" => {
                let wrong = Wrong::Argument("CHMOD, an octal mode and a name");
                let (mode, name) = split(rest.ok_or(wrong)?);
                let octal = !mode.is_empty() && mode.iter().all(|b| (b'0'..=b'7').contains(b));
                if !octal || mode.len() > 4 {
                    return Err(wrong);
                }
                let mode = mode.iter().fold(0, |n, digit| n * 8 + u32::from(digit - b'0'));
                Ok(Command::SiteChmod(mode, Argument(name).name()?))
            }
            _ => Err(Wrong::Parameter("only SITE CHMOD and SITE HELP")),
        }
    }
}

/// Six numbers with commas: an IPv4 address, and a port in two halves.
fn port(text: &[u8]) -> Result<SocketAddr, Wrong> {
    let wrong = Wrong::Argument("h1,h2,h3,h4,p1,p2");
    let text = std::str::from_utf8(text).map_err(|_| wrong)?;
    let numbers: Result<Vec<u8>, _> = text.split(',').map(|n| digits(n).ok_or(wrong)).collect();
    match numbers?[..] {
        [a, b, c, d, high, low] => {
            Ok((Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])).into())
        }
        _ => Err(wrong),
    }
}

/// `|1|127.0.0.1|40000|`, with any delimiter.
fn eprt(text: &[u8]) -> Result<SocketAddr, Wrong> {
    let wrong = Wrong::Argument("|1|address|port|");
    let text = std::str::from_utf8(text).map_err(|_| wrong)?;
    let mut chars = text.chars();
    let delimiter = chars.next().filter(|c| c.is_ascii_graphic()).ok_or(wrong)?;
    let parts: Vec<&str> = chars.as_str().split(delimiter).collect();
    let [protocol, address, port, ""] = parts[..] else { return Err(wrong) };
    let address: IpAddr = match protocol {
        "1" => IpAddr::V4(address.parse().map_err(|_| wrong)?),
        "2" => IpAddr::V6(address.parse().map_err(|_| wrong)?),
        _ => return Err(Wrong::Protocol),
    };
    Ok((address, digits(port).ok_or(wrong)?).into())
}

/// Digits only: `parse` alone would take `+1`.
fn digits<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
