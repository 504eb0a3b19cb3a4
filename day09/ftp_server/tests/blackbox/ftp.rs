//! An FTP client that does one step at a time, and says each in the list of a failure.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use grade::{Client, Result, Running, Server, patience};
use tempfile::TempDir;

pub(crate) const USER: &str = "ann";
pub(crate) const PASSWORD: &str = "secret word";

/// A server of the folder `home` in a folder of its own, in which USER may write.
pub(crate) struct Site {
    pub(crate) server: Running,
    dir: TempDir,
}

impl Site {
    pub(crate) fn start(args: &[&str]) -> Result<Site> {
        let dir = tempfile::tempdir()?;
        fs::create_dir(dir.path().join("home"))?;
        Site::at(dir.path().join("home").as_path(), args).map(|server| Site { server, dir })
    }

    pub(crate) fn at(home: &Path, args: &[&str]) -> Result<Running> {
        Server::new(env!("CARGO_BIN_EXE_ftp_server"))
            .args(["--port", "0", "--user", USER, "--root"])
            .arg(home)
            .args(args)
            .env("FTP_PASSWORD", PASSWORD)
            .start()
    }

    pub(crate) fn home(&self) -> std::path::PathBuf {
        self.dir.path().join("home")
    }

    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result {
        Ok(fs::write(self.home().join(name), bytes)?)
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.home()).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into()).collect();
        names.sort();
        names
    }

    /// The fixture of the cases: a tree with links that lead out, and a secret outside.
    pub(crate) fn fill(&self) -> Result {
        use std::os::unix::fs::symlink;
        let home = self.home();
        fs::create_dir_all(home.join("sub/deep"))?;
        fs::create_dir(home.join("empty"))?;
        for (name, text) in [
            ("hello.txt", &b"hello world\n"[..]),
            ("lines.txt", b"a\nb\r\nc"),
            ("ü.txt", b"umlaut\n"),
            ("sp ace.txt", b"space\n"),
            ("sub/in.txt", b"in\n"),
            ("long.txt", &b"0123456789".repeat(10)),
        ] {
            fs::write(home.join(name), text)?;
            let time = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
            fs::File::options().write(true).open(home.join(name))?.set_modified(time)?;
        }
        fs::write(self.dir.path().join("outside.txt"), "TOPSECRET\n")?;
        symlink("../outside.txt", home.join("link-out"))?;
        symlink("/etc", home.join("dir-out"))?;
        symlink("hello.txt", home.join("link-in"))?;
        Ok(())
    }

    pub(crate) fn outside(&self) -> std::path::PathBuf {
        self.dir.path().join("outside.txt")
    }

    pub(crate) fn log_in(&self) -> Result<Ftp> {
        Ftp::log_in(&self.server)
    }
}

pub(crate) struct Ftp {
    pub(crate) control: Client,
}

#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    pub(crate) text: String,
}

impl Ftp {
    pub(crate) fn connect(server: &Running) -> Result<Ftp> {
        let mut ftp = Ftp { control: server.connect()? };
        ftp.expect("220")?;
        Ok(ftp)
    }

    pub(crate) fn log_in(server: &Running) -> Result<Ftp> {
        let mut ftp = Ftp::connect(server)?;
        ftp.run(&format!("USER {USER}"), "331")?;
        ftp.run(&format!("PASS {PASSWORD}"), "230")?;
        ftp.run("TYPE I", "200")?;
        Ok(ftp)
    }

    pub(crate) fn anonymous(server: &Running) -> Result<Ftp> {
        let mut ftp = Ftp::connect(server)?;
        ftp.run("USER anonymous", "331")?;
        ftp.run("PASS me@here", "230")?;
        ftp.run("TYPE I", "200")?;
        Ok(ftp)
    }

    pub(crate) fn send(&mut self, line: &str) -> Result {
        self.control.send(format!("{line}\r\n"))
    }

    pub(crate) fn reply(&mut self) -> Result<Reply> {
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
    pub(crate) fn expect(&mut self, wanted: &str) -> Result<Reply> {
        let reply = self.reply()?;
        match matches(reply.code, wanted) {
            true => Ok(reply),
            false => Err(self.control.failure(format!("wanted {wanted}, got {:?}", reply.text))),
        }
    }

    pub(crate) fn run(&mut self, line: &str, wanted: &str) -> Result<Reply> {
        self.send(line)?;
        self.expect(wanted)
    }

    pub(crate) fn passive(&mut self) -> Result<TcpStream> {
        let address = self.passive_address()?;
        connect(address)
    }

    pub(crate) fn passive_address(&mut self) -> Result<SocketAddr> {
        let reply = self.run("EPSV", "229")?;
        let port = reply.text.split('|').nth(3).and_then(|port| port.parse().ok());
        let port: u16 = port.ok_or_else(|| self.control.failure("no port in it"))?;
        Ok((self.control.local_addr()?.ip(), port).into())
    }

    /// A transfer by PASV or, with `active`, by PORT or EPRT: the last reply, and what came.
    pub(crate) fn transfer(
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

    pub(crate) fn get(&mut self, name: &str) -> Result<Vec<u8>> {
        let (reply, got) = self.transfer(&format!("RETR {name}"), None, None)?;
        match reply.code {
            226 => Ok(got),
            _ => Err(self.control.failure(format!("wanted 226, got {:?}", reply.text))),
        }
    }

    pub(crate) fn put(&mut self, name: &str, bytes: &[u8]) -> Result {
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

pub(crate) fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(patience()))?;
    stream.set_write_timeout(Some(patience()))?;
    Ok(stream)
}

pub(crate) fn matches(code: u16, wanted: &str) -> bool {
    let code = code.to_string();
    wanted.split('|').any(|pattern| {
        pattern.len() == 3 && pattern.bytes().zip(code.bytes()).all(|(p, c)| p == b'.' || p == c)
    })
}
