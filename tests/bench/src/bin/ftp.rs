//! ftp_server beside vsftpd and pyftpdlib: download and upload of one file, logins per second, and
//! the server's processor time for each. `ftp [--rounds N] [--mib N] [--logins N]`
//!
//! vsftpd starts as root only; pyftpdlib is found if `python3 -c 'import pyftpdlib'` works. The folder
//! is in `TMPDIR`: set it to a tmpfs, or the disk is measured. The client is this process, on a core of
//! its own; it throws away what it downloads.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use bench::{cores, median, programs, table};
use grade::{Failure, Result, Running, Server, Signal, find_or_skip, run};
use nix::sys::signal::kill;
use nix::unistd::Pid;

const PYFTPDLIB: &str = "
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
FTPHandler.authorizer = DummyAuthorizer()
FTPHandler.authorizer.add_anonymous(sys.argv[1], perm='elradfmwMT')
FTPServer(('127.0.0.1', 0), FTPHandler).serve_forever()
";

/// What one round of one server gave: amount per second, and processor seconds.
#[derive(Default)]
struct Measures {
    get: Vec<(f64, f64)>,
    put: Vec<(f64, f64)>,
    logins: Vec<(f64, f64)>,
}

fn main() -> Result {
    let (mut rounds, mut mib, mut logins) = (3_usize, 1024_usize, 300_usize);
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().and_then(|value| value.parse().ok());
        let place = match name.as_str() {
            "--rounds" => &mut rounds,
            "--mib" => &mut mib,
            "--logins" => &mut logins,
            _ => return Err(Failure::new(format!("error: unknown option {name}"))),
        };
        *place = value.ok_or_else(|| Failure::new(format!("error: {name} takes a number")))?;
    }
    let root = std::env::temp_dir().join(format!("bench-ftp-{}", std::process::id()));
    fs::create_dir_all(root.join("up"))?;
    let done = compare(&root, rounds, mib, logins);
    fs::remove_dir_all(&root)?;
    done
}

fn compare(root: &Path, rounds: usize, mib: usize, logins: usize) -> Result {
    fs::set_permissions(root, fs::Permissions::from_mode(0o755))?;
    fs::set_permissions(root.join("up"), fs::Permissions::from_mode(0o777))?;
    fs::write(root.join("big"), grade::random_bytes(1, mib << 20))?;
    fs::set_permissions(root.join("big"), fs::Permissions::from_mode(0o666))?;
    programs::build(&["ftp_server"])?;
    // vsftpd starts a session of its own, and on a busy machine the kernel shares the processor out
    // by sessions: let all have one.
    let session = || Server::new("setsid").arg("-w");
    let ours = session().arg(programs::path_of_ours("ftp_server"));
    let ours = ours.args(["--port", "0", "--anonymous-write", "--quiet", "--root"]).arg(root);
    let mut servers = vec![("ftp_server", ours)];
    servers.extend(vsftpd(root)?.map(|server| ("vsftpd", server)));
    let python =
        find_or_skip("python3").filter(|p| run(p, &["-c", "import pyftpdlib"]).code() == 0);
    servers
        .extend(python.map(|p| ("pyftpdlib", session().arg(p).args(["-c", PYFTPDLIB]).arg(root))));

    let mut all: Vec<Measures> = servers.iter().map(|_| Measures::default()).collect();
    for _ in 0..rounds {
        for ((_, server), measures) in servers.iter().zip(&mut all) {
            cores::move_to(cores::SERVER)?;
            let running = server.clone().start()?;
            cores::move_to(cores::LOAD)?;
            let measured = measure(&running, root, mib, logins, measures);
            end(&running);
            measured?;
        }
    }
    let rows: Vec<Vec<String>> = servers
        .iter()
        .zip(&all)
        .map(|((name, _), all)| {
            let middle = |of: &[(f64, f64)], field: fn(&(f64, f64)) -> f64| {
                median(of.iter().map(field).collect())
            };
            let mut row = vec![(*name).to_owned()];
            for of in [&all.get, &all.put, &all.logins] {
                row.push(table::thousands(middle(of, |m| m.0)));
                row.push(format!("{:.2}", middle(of, |m| m.1)));
            }
            row
        })
        .collect();
    let title = format!("one file of {mib} MiB, {logins} logins; median of {rounds} rounds");
    let heads = ["server", "get MB/s", "CPU s", "put MB/s", "CPU s", "logins/s", "CPU s"];
    table::print(&title, &heads, &rows);
    Ok(())
}

fn measure(
    server: &Running,
    root: &Path,
    mib: usize,
    logins: usize,
    measures: &mut Measures,
) -> Result {
    let (to, amount) = (server.addr(), mib as f64 * 1.048_576);
    measures.get.push(one(server, amount, || get(to, mib << 20))?);
    measures.put.push(one(server, amount, || put(to, mib << 20))?);
    fs::remove_file(root.join("up/f"))?;
    measures.logins.push(one(server, logins as f64, || {
        (0..logins).try_for_each(|_| Client::log_in(to)?.quit())
    })?);
    Ok(())
}

/// What is in a session of its own does not end with the process group of `setsid`.
fn end(server: &Running) {
    for child in server.children() {
        let _ = kill(Pid::from_raw(child.pid), Signal::SIGTERM);
    }
    let _ = server.wait_exit(Duration::from_secs(1));
}

/// Amount per second, and the processor time of the server.
fn one<R>(server: &Running, amount: f64, work: impl FnOnce() -> Result<R>) -> Result<(f64, f64)> {
    let before = server.cpu_time();
    let begin = Instant::now();
    // A client that is still there keeps its process in sight: vsftpd's are lost when they end.
    let client = work()?;
    let time = begin.elapsed().as_secs_f64();
    std::thread::sleep(Duration::from_millis(100));
    let used = server.cpu_time() - before;
    drop(client);
    Ok((amount / time, used.as_secs_f64()))
}

struct Client {
    control: TcpStream,
    replies: BufReader<TcpStream>,
}

impl Client {
    fn log_in(to: SocketAddr) -> Result<Client> {
        let control = TcpStream::connect(to)?;
        control.set_nodelay(true)?;
        let replies = BufReader::new(control.try_clone()?);
        let mut client = Client { control, replies };
        client.wanted("220")?;
        client.run("USER anonymous", "331")?;
        client.run("PASS x@y", "230")?;
        Ok(client)
    }

    fn run(&mut self, line: &str, code: &str) -> Result<String> {
        self.control.write_all(format!("{line}\r\n").as_bytes())?;
        self.wanted(code)
    }

    fn wanted(&mut self, code: &str) -> Result<String> {
        let mut line = String::new();
        self.replies.read_line(&mut line)?;
        match line.starts_with(code) {
            true => Ok(line),
            false => Err(Failure::new(format!("wanted {code}, got {line:?}"))),
        }
    }

    fn data(&mut self) -> Result<TcpStream> {
        self.run("TYPE I", "200")?;
        let reply = self.run("EPSV", "229")?;
        let port = reply.split('|').nth(3).and_then(|port| port.parse().ok()).unwrap_or(0);
        Ok(TcpStream::connect((self.control.peer_addr()?.ip(), port))?)
    }

    fn quit(mut self) -> Result {
        self.run("QUIT", "221")?;
        // Its process has ended, or the server has forgotten the client.
        self.replies.read_to_end(&mut Vec::new())?;
        Ok(())
    }
}

fn get(from: SocketAddr, len: usize) -> Result<Client> {
    let mut client = Client::log_in(from)?;
    let mut data = client.data()?;
    client.run("RETR big", "1")?;
    let (mut buffer, mut got) = (vec![0; 256 << 10], 0);
    loop {
        match data.read(&mut buffer)? {
            0 => break,
            n => got += n,
        }
    }
    client.wanted("226")?;
    if got != len {
        return Err(Failure::new(format!("{got} bytes of {len} came")));
    }
    Ok(client)
}

fn put(to: SocketAddr, len: usize) -> Result<Client> {
    let mut client = Client::log_in(to)?;
    let mut data = client.data()?;
    client.run("STOR up/f", "1")?;
    let block = grade::random_bytes(2, 256 << 10);
    for _ in 0..len / block.len() {
        data.write_all(&block)?;
    }
    drop(data);
    client.wanted("226")?;
    Ok(client)
}

fn vsftpd(root: &Path) -> Result<Option<Server>> {
    let path = Path::new("/usr/sbin/vsftpd");
    if !path.exists() || !nix::unistd::geteuid().is_root() {
        return Ok(None);
    }
    fs::create_dir_all("/var/run/vsftpd/empty")?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let conf = root.join("vsftpd.conf");
    let text = format!(
        "listen=YES\nlisten_address=127.0.0.1\nlisten_port={port}\nbackground=NO\n\
         anonymous_enable=YES\nanon_root={}\nwrite_enable=YES\nanon_upload_enable=YES\n\
         anon_other_write_enable=YES\nanon_umask=000\nseccomp_sandbox=NO\nisolate=NO\n\
         isolate_network=NO\nxferlog_enable=NO\nsecure_chroot_dir=/var/run/vsftpd/empty\n",
        root.display()
    );
    fs::write(&conf, text)?;
    Ok(Some(Server::new(path).arg(conf)))
}
