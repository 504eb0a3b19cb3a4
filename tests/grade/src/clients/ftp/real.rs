//! The played server, in FTP.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};

use super::{Seen, file};
use crate::{Client, Result, Running, patience};

/// The connection that the next file takes.
enum Data {
    Passive(TcpListener),
    Active(TcpStream),
}

/// One client and what it has said so far.
struct Session<'a> {
    program: &'a Running,
    peer: &'a mut Client,
    seen: &'a mut Seen,
    data: Option<Data>,
    renamed: String,
}

pub(super) fn serve(program: &Running, peer: &mut Client, seen: &mut Seen) -> Result {
    peer.send("220 ready\r\n")?;
    let mut session = Session { program, peer, seen, data: None, renamed: String::new() };
    while let Some(line) = session.peer.receive_line()? {
        let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
        let reply = session.obey(&verb.to_ascii_uppercase(), argument)?;
        session.peer.send(format!("{reply}\r\n"))?;
        if session.seen.goodbye {
            break;
        }
    }
    Ok(())
}

impl Session<'_> {
    /// The last reply to one command.
    fn obey(&mut self, verb: &str, argument: &str) -> Result<String> {
        Ok(match verb {
            "USER" => "331 the password, please".into(),
            "PASS" => "230 welcome".into(),
            "TYPE" | "MODE" | "STRU" | "NOOP" | "OPTS" => "200 so be it".into(),
            "SYST" => "215 UNIX Type: L8".into(),
            "FEAT" => "211 nothing special".into(),
            "PWD" | "XPWD" => "257 \"/\"".into(),
            "CWD" => "250 here".into(),
            "EPSV" | "PASV" => self.passive(verb)?,
            "PORT" | "EPRT" => self.active(argument),
            "LIST" | "NLST" | "MLSD" => {
                self.seen.lists += 1;
                let names = ["hello.txt", "large.bin"];
                let text: String = names.iter().map(|name| entry(verb, name)).collect();
                self.download(text.as_bytes())?
            }
            "RETR" => match file(argument) {
                Some(bytes) => self.download(&bytes)?,
                None => "550 there is no such file".into(),
            },
            "SIZE" => match file(argument) {
                Some(bytes) => format!("213 {}", bytes.len()),
                None => "550 there is no such file".into(),
            },
            "STOR" | "APPE" => self.upload(argument)?,
            "RNFR" => {
                argument.clone_into(&mut self.renamed);
                "350 to what?".into()
            }
            "RNTO" => {
                for (name, _) in &mut self.seen.uploads {
                    if *name == self.renamed {
                        argument.clone_into(name);
                    }
                }
                "250 renamed".into()
            }
            "QUIT" => {
                self.seen.goodbye = true;
                "221 goodbye".into()
            }
            _ => "502 not here".into(),
        })
    }

    fn passive(&mut self, verb: &str) -> Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        self.data = Some(Data::Passive(listener));
        Ok(match verb {
            "EPSV" => format!("229 here (|||{port}|)"),
            _ => format!("227 here (127,0,0,1,{},{})", port >> 8, port & 255),
        })
    }

    fn active(&mut self, argument: &str) -> String {
        let stream = address(argument)
            .and_then(|address| TcpStream::connect_timeout(&address, patience()).ok());
        match stream {
            Some(stream) => {
                self.data = Some(Data::Active(stream));
                "200 connected".into()
            }
            None => "501 nobody is there".into(),
        }
    }

    fn download(&mut self, bytes: &[u8]) -> Result<String> {
        self.peer.send("150 here it comes\r\n")?;
        // Who has enough may leave.
        let _ = self.open()?.write_all(bytes);
        Ok("226 that is all".into())
    }

    fn upload(&mut self, name: &str) -> Result<String> {
        self.peer.send("150 let it come\r\n")?;
        let mut bytes = Vec::new();
        self.open()?.read_to_end(&mut bytes).map_err(|why| self.program.failure(why))?;
        self.seen.uploads.push((name.to_owned(), bytes));
        Ok("226 it is here".into())
    }

    fn open(&mut self) -> Result<TcpStream> {
        let stream = match self.data.take() {
            Some(Data::Active(stream)) => stream,
            Some(Data::Passive(listener)) => self.program.accept_stream(&listener)?,
            None => {
                let why = "a file without PASV, EPSV, PORT or EPRT before it";
                return Err(self.program.failure(why));
            }
        };
        stream.set_read_timeout(Some(patience()))?;
        stream.set_write_timeout(Some(patience()))?;
        Ok(stream)
    }
}

/// A line of a list.
fn entry(verb: &str, name: &str) -> String {
    match verb {
        "NLST" => format!("{name}\r\n"),
        "MLSD" => format!("type=file;size=12; {name}\r\n"),
        _ => format!("-rw-r--r-- 1 ftp ftp 12 Nov 22 2026 {name}\r\n"),
    }
}

/// `127,0,0,1,200,10` or `|1|127.0.0.1|51210|`.
fn address(argument: &str) -> Option<SocketAddr> {
    if let [_, _, host, port, _] = argument.split('|').collect::<Vec<_>>()[..] {
        return Some((host.parse::<IpAddr>().ok()?, port.parse().ok()?).into());
    }
    let numbers: Vec<u8> = argument.split(',').map_while(|n| n.trim().parse().ok()).collect();
    let [a, b, c, d, high, low] = numbers[..] else { return None };
    Some(([a, b, c, d], u16::from_be_bytes([high, low])).into())
}
