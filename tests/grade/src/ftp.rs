//! An FTP client that does one step at a time, and says each in the list of a failure.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use crate::{Client, Result, Running, patience};

/// A control connection.
#[derive(Debug)]
pub struct Ftp {
    /// What is under it, for whoever wants to say something of his own.
    pub control: Client,
}

/// What the server answers to one line.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The three digits.
    pub code: u16,
    /// All lines of it, as they came.
    pub text: String,
}

impl Ftp {
    /// Connects, and is greeted.
    ///
    /// # Errors
    ///
    /// The connection breaks, or another code comes.
    pub fn connect(server: &Running) -> Result<Ftp> {
        let mut ftp = Ftp { control: server.connect()? };
        ftp.expect("220")?;
        Ok(ftp)
    }

    /// Connects and logs in, for binary transfers.
    ///
    /// # Errors
    ///
    /// The connection breaks, or another code comes.
    pub fn log_in(server: &Running, user: &str, password: &str) -> Result<Ftp> {
        let mut ftp = Ftp::connect(server)?;
        ftp.run(&format!("USER {user}"), "331|230")?;
        ftp.run(&format!("PASS {password}"), "230")?;
        ftp.run("TYPE I", "200")?;
        Ok(ftp)
    }

    /// Connects and logs in as anybody.
    ///
    /// # Errors
    ///
    /// The connection breaks, or another code comes.
    pub fn anonymous(server: &Running) -> Result<Ftp> {
        Ftp::log_in(server, "anonymous", "me@here")
    }

    /// Sends a line.
    ///
    /// # Errors
    ///
    /// The connection breaks, or another code comes.
    pub fn send(&mut self, line: &str) -> Result {
        self.control.send(format!("{line}\r\n"))
    }

    /// The next reply, whatever its code.
    ///
    /// # Errors
    ///
    /// The connection breaks, or another code comes.
    pub fn reply(&mut self) -> Result<Reply> {
        let mut text = String::new();
        loop {
            let line = self.control.receive_until("\n")?;
            let line = String::from_utf8_lossy(&line).into_owned();
            text.push_str(&line);
            let digits = line.get(..3).and_then(|code| code.parse().ok());
            if let (Some(code), Some(" ")) = (digits, line.get(3..4)) {
                return Ok(Reply { code, text });
            }
        }
    }

    /// The next reply, whose code must be as `wanted`: `200`, `5..`, `501|550`.
    ///
    /// # Errors
    ///
    /// The connection breaks, or another code comes.
    pub fn expect(&mut self, wanted: &str) -> Result<Reply> {
        let reply = self.reply()?;
        match matches(reply.code, wanted) {
            true => Ok(reply),
            false => Err(self.control.failure(format!("wanted {wanted}, got {:?}", reply.text))),
        }
    }

    /// Sends a line, and expects this code.
    ///
    /// # Errors
    ///
    /// The connection breaks, or another code comes.
    pub fn run(&mut self, line: &str, wanted: &str) -> Result<Reply> {
        self.send(line)?;
        self.expect(wanted)
    }

    /// A data connection, by EPSV.
    ///
    /// # Errors
    ///
    /// The connection breaks, or another code comes.
    pub fn passive(&mut self) -> Result<TcpStream> {
        let address = self.passive_address()?;
        connect(address)
    }

    /// Where the server waits for a data connection.
    ///
    /// # Errors
    ///
    /// The connection breaks, or another code comes.
    pub fn passive_address(&mut self) -> Result<SocketAddr> {
        let reply = self.run("EPSV", "229")?;
        let port = reply.text.split('|').nth(3).and_then(|port| port.parse().ok());
        let port: u16 = port.ok_or_else(|| self.control.failure("no port in it"))?;
        Ok((self.control.local_addr()?.ip(), port).into())
    }

    /// A transfer by PASV or, with `active`, by PORT or EPRT: the last reply, and what came.
    ///
    /// # Errors
    ///
    /// The connection breaks, or another code comes.
    pub fn transfer(
        &mut self,
        line: &str,
        up: Option<&[u8]>,
        active: Option<&str>,
    ) -> Result<(Reply, Vec<u8>)> {
        let listener = match active {
            Some(verb) => Some(self.active(verb)?),
            None => None,
        };
        let passive = if listener.is_none() { Some(self.passive()?) } else { None };
        self.send(line)?;
        let reply = self.reply()?;
        if reply.code >= 200 {
            return Ok((reply, Vec::new()));
        }
        let mut data = match (passive, listener) {
            (Some(data), _) => data,
            (None, Some(listener)) => listener.accept()?.0,
            (None, None) => unreachable!(),
        };
        data.set_read_timeout(Some(patience()))?;
        let mut got = Vec::new();
        match up {
            Some(bytes) => data.write_all(bytes)?,
            None => drop(data.read_to_end(&mut got)?),
        }
        drop(data);
        Ok((self.reply()?, got))
    }

    /// Downloads a file.
    ///
    /// # Errors
    ///
    /// The connection breaks, or another code comes.
    pub fn get(&mut self, name: &str) -> Result<Vec<u8>> {
        let (reply, got) = self.transfer(&format!("RETR {name}"), None, None)?;
        match reply.code {
            226 => Ok(got),
            _ => Err(self.control.failure(format!("wanted 226, got {:?}", reply.text))),
        }
    }

    /// Uploads a file.
    ///
    /// # Errors
    ///
    /// The connection breaks, or another code comes.
    pub fn put(&mut self, name: &str, bytes: &[u8]) -> Result {
        let (reply, _) = self.transfer(&format!("STOR {name}"), Some(bytes), None)?;
        match reply.code {
            226 => Ok(()),
            _ => Err(self.control.failure(format!("wanted 226, got {:?}", reply.text))),
        }
    }

    fn active(&mut self, verb: &str) -> Result<TcpListener> {
        let listener = TcpListener::bind((self.control.local_addr()?.ip(), 0))?;
        let address = listener.local_addr()?;
        let port = address.port();
        let line = if verb == "PORT" {
            let host = address.ip().to_string().replace('.', ",");
            format!("PORT {host},{},{}", port >> 8, port & 255)
        } else {
            let family = if address.is_ipv4() { 1 } else { 2 };
            format!("EPRT |{family}|{}|{port}|", address.ip())
        };
        self.run(&line, "200")?;
        Ok(listener)
    }
}

/// A connection whose every wait has an end.
///
/// # Errors
///
/// The connection breaks, or another code comes.
pub fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(patience()))?;
    stream.set_write_timeout(Some(patience()))?;
    Ok(stream)
}

/// Whether a code is as `wanted`: `200`, `5..`, `501|550`.
pub fn matches(code: u16, wanted: &str) -> bool {
    let code = code.to_string();
    wanted.split('|').any(|pattern| {
        pattern.len() == 3 && pattern.bytes().zip(code.bytes()).all(|(p, c)| p == b'.' || p == c)
    })
}
