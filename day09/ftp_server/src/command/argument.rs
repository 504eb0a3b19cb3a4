//! What follows the verb, in each of its forms.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::ffi::OsStringExt;

use super::{Command, Epsv, Type, Wrong};
use crate::clock;

/// The verb, and what follows the first space, if one does.
pub(super) fn split(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    match line.iter().position(|&byte| byte == b' ') {
        Some(space) => (&line[..space], Some(&line[space + 1..])),
        None => (line, None),
    }
}

#[derive(Clone, Copy)]
pub(super) struct Argument<'a>(pub(super) Option<&'a [u8]>);

impl<'a> Argument<'a> {
    pub(super) fn required(self, what: &'static str) -> Result<&'a [u8], Wrong> {
        self.0.filter(|text| !text.is_empty()).ok_or(Wrong::Argument(what))
    }

    /// Something short, spaces around it ignored.
    pub(super) fn word(self, what: &'static str) -> Result<&'a [u8], Wrong> {
        self.required(what).map(<[u8]>::trim_ascii)
    }

    pub(super) fn name(self) -> Result<OsString, Wrong> {
        let name = self.required("a name")?;
        if name.contains(&0) {
            return Err(Wrong::Argument("a name without NUL"));
        }
        Ok(OsString::from_vec(name.to_vec()))
    }

    pub(super) fn optional(self) -> Result<Option<OsString>, Wrong> {
        match self.0 {
            None | Some(b"") => Ok(None),
            Some(_) => self.name().map(Some),
        }
    }

    /// What `ls` takes, such as `-la`, which clients send along: RFC 959 knows no options.
    pub(super) fn without_options(self) -> Argument<'a> {
        let mut text = self.0;
        while let Some([b'-', ..]) = text {
            text = text.and_then(|options| split(options).1);
        }
        Argument(text)
    }

    pub(super) fn number(self) -> Result<u64, Wrong> {
        let digits = split(self.word("a number")?).0;
        let text = std::str::from_utf8(digits).unwrap_or_default();
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Wrong::Argument("a number"));
        }
        text.parse().map_err(|_| Wrong::Argument("a number"))
    }

    pub(super) fn kind(self) -> Result<Type, Wrong> {
        match self.word("A or I")?.to_ascii_uppercase().as_slice() {
            b"A" | b"A N" => Ok(Type::Ascii),
            b"I" | b"L 8" | b"L8" => Ok(Type::Image),
            _ => Err(Wrong::Parameter("only TYPE A and TYPE I")),
        }
    }

    pub(super) fn only(self, usual: &[u8], what: &'static str) -> Result<Command, Wrong> {
        if self.word(what)?.eq_ignore_ascii_case(usual) {
            Ok(Command::AsUsual)
        } else {
            Err(Wrong::Parameter(what))
        }
    }

    pub(super) fn epsv(self) -> Result<Epsv, Wrong> {
        match self.0.unwrap_or_default().trim_ascii() {
            b"" => Ok(Epsv::Any),
            b"1" => Ok(Epsv::Protocol(1)),
            b"2" => Ok(Epsv::Protocol(2)),
            all if all.eq_ignore_ascii_case(b"ALL") => Ok(Epsv::All),
            _ => Err(Wrong::Protocol),
        }
    }

    pub(super) fn time_and_name(self) -> Result<Command, Wrong> {
        let (time, name) = split(self.required("YYYYMMDDHHMMSS and a name")?);
        let time = clock::parse(time).ok_or(Wrong::Argument("YYYYMMDDHHMMSS and a name"))?;
        Ok(Command::Mfmt(time, Argument(name).name()?))
    }

    pub(super) fn opts(self) -> Result<Command, Wrong> {
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

    pub(super) fn site(self) -> Result<Command, Wrong> {
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
pub(super) fn port(text: &[u8]) -> Result<SocketAddr, Wrong> {
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
pub(super) fn eprt(text: &[u8]) -> Result<SocketAddr, Wrong> {
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
