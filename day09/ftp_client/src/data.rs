//! The data connection: the client makes it (passive), or the server does (active).

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::time::Duration;

use common::Failure;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::control::{Control, PATIENCE, Reply, lost};

const CONNECT_LIMIT: Duration = Duration::from_secs(20);

/// Opens a data connection for `verb`; the server has said that the file comes or may come.
pub(crate) fn open(
    control: &mut Control,
    active: bool,
    offset: u64,
    (verb, argument): (&str, &str),
) -> Result<TcpStream, Failure> {
    let (local, peer) = control.addresses().map_err(|why| lost(&why))?;
    let data = if active { Err(listen(control, local)?) } else { Ok(connect(control, peer)?) };
    if offset > 0 {
        control.run("REST", &offset.to_string())?.wanted(3, "cannot resume")?;
    }
    let what = if argument.is_empty() { verb } else { argument };
    control.run(verb, argument)?.wanted(1, what)?;
    let data = match data {
        Ok(connected) => connected,
        Err(listener) => accept(&listener, peer.ip()).map_err(|why| lost(&why))?,
    };
    data.set_read_timeout(Some(PATIENCE)).map_err(|why| lost(&why))?;
    data.set_write_timeout(Some(PATIENCE)).map_err(|why| lost(&why))?;
    Ok(data)
}

/// EPSV works for IPv4 and IPv6; an old server knows only PASV.
fn connect(control: &mut Control, peer: SocketAddr) -> Result<TcpStream, Failure> {
    let reply = control.run("EPSV", "")?;
    let port = match reply.code {
        229 => extended_port(&reply),
        _ => port(&control.run("PASV", "")?.wanted(2, "no data connection")?),
    };
    let Some(port) = port else {
        return Err(Failure::from(format!("no port in {:?}", reply.text)));
    };
    // To the server itself, whatever address the reply has: it may be one behind a router, or a trap.
    let to = SocketAddr::new(peer.ip(), port);
    TcpStream::connect_timeout(&to, CONNECT_LIMIT).map_err(|why| Failure::cannot_connect(&to, &why))
}

fn listen(control: &mut Control, local: SocketAddr) -> Result<TcpListener, Failure> {
    let failed = |why: io::Error| Failure::new("cannot listen for data", &why);
    let listener = TcpListener::bind((local.ip(), 0)).map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    let reply = match local.ip() {
        IpAddr::V4(ip) => {
            let host = ip.to_string().replace('.', ",");
            control.run("PORT", &format!("{host},{},{}", port >> 8, port & 255))?
        }
        IpAddr::V6(ip) => control.run("EPRT", &format!("|2|{ip}|{port}|"))?,
    };
    reply.wanted(2, "no data connection")?;
    Ok(listener)
}

fn accept(listener: &TcpListener, server: IpAddr) -> io::Result<TcpStream> {
    let limit = PollTimeout::try_from(CONNECT_LIMIT).unwrap_or(PollTimeout::MAX);
    loop {
        let mut event = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
        if poll(&mut event, limit)? == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let (stream, from) = listener.accept()?;
        if from.ip() == server {
            return Ok(stream);
        }
    }
}

/// `229 … (|||50000|)`
fn extended_port(reply: &Reply) -> Option<u16> {
    let (_, parts) = reply.text.split_once('(')?;
    parts.split('|').nth(3)?.parse().ok()
}

/// `227 … (127,0,0,1,195,80)`; the brackets are not there everywhere.
fn port(reply: &Reply) -> Option<u16> {
    let text = reply.text.get(4..)?;
    let begin = text.find(|c: char| c.is_ascii_digit())?;
    let numbers: String =
        text[begin..].chars().take_while(|&c| c.is_ascii_digit() || c == ',').collect();
    let numbers: Option<Vec<u8>> = numbers.split(',').map(|n| n.parse().ok()).collect();
    match numbers?[..] {
        [_, _, _, _, high, low] => Some(u16::from_be_bytes([high, low])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_found_in_replies() {
        let reply = |text: &str| Reply { code: 227, text: text.to_owned() };
        assert_eq!(port(&reply("227 Entering (127,0,0,1,195,80).")), Some(50_000));
        assert_eq!(port(&reply("227 =127,0,0,1,195,80")), Some(50_000));
        assert_eq!(extended_port(&reply("229 Connect to (|||50000|)")), Some(50_000));
        for bad in ["227 x", "227 (1,2,3)", "227 (1,2,3,4,5,256)", "227", "227 (1,2,3,4,5,6,7)"] {
            assert_eq!(port(&reply(bad)), None, "{bad}");
            assert_eq!(extended_port(&reply(bad)), None, "{bad}");
        }
    }
}
