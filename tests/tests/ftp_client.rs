//! ftp_client with servers that we did not write: vsftpd and pyftpdlib; and 100 MB with ours.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use grade::{Result, Running, Server, find_or_skip, random_bytes, run, workspace_program};

/// Up and down, whole and resumed, in both modes; `there` is what the server has as `folder`.
fn goes_both_ways(server: &Running, there: &Path, folder: &str, sizes: &[usize]) -> Result {
    let client = workspace_program("ftp_client");
    let here = tempfile::tempdir()?;
    let (host, port) = (server.addr().ip().to_string(), server.port().to_string());
    let (from, to) = (here.path().join("from"), here.path().join("to"));
    let (from_text, to_text) = (from.to_string_lossy(), to.to_string_lossy());
    let server = ["--host", &host, "--port", &port];
    for mode in [&server[..], &[&server[..], &["--active"]].concat()] {
        let done = |args: &[&str]| {
            let output = run(&client, &[mode, args].concat());
            assert_eq!((output.code(), output.stderr.as_str()), (0, ""), "{mode:?} {args:?}");
            output.stdout
        };
        for (n, &len) in sizes.iter().enumerate() {
            let bytes = random_bytes(n as u64, len);
            fs::write(&from, &bytes)?;
            let name = format!("{folder}a name {n}");
            let file = there.join(format!("a name {n}"));
            done(&["put", &from_text, &name]);
            assert!(fs::read(&file)? == bytes, "{name} there");
            done(&["get", &name, &to_text]);
            assert!(fs::read(&to)? == bytes, "{name} back");
            if len > 1 {
                fs::write(&to, &bytes[..len / 2])?;
                done(&["get", "-c", &name, &to_text]);
                assert!(fs::read(&to)? == bytes, "{name} resumed");
                fs::File::options().write(true).open(&file)?.set_len(len as u64 / 3)?;
                done(&["put", "-c", &from_text, &name]);
                assert!(fs::read(&file)? == bytes, "{name} resumed there");
            }
            assert!(done(&["list", folder]).contains(&format!("a name {n}\n")));
            fs::remove_file(&file)?;
        }
        let output = run(&client, &[mode, &["get", "nothing"]].concat());
        assert_eq!(output.code(), 1);
        assert!(output.stderr.starts_with("error: nothing: the server says: 5"), "{output:?}");
    }
    Ok(())
}

#[test]
#[ignore = "heavy: 100 MB, eight times"]
fn ours_with_100_mb() -> Result {
    for host in ["127.0.0.1", "::1"] {
        let root = tempfile::tempdir()?;
        let server = Server::new(workspace_program("ftp_server"))
            .args(["--port", "0", "--host", host, "--anonymous-write", "--root"])
            .arg(root.path())
            .start()?;
        goes_both_ways(&server, root.path(), "", &[0, 1, 100_000_000])?;
        server.stop()?;
    }
    Ok(())
}

#[test]
fn pyftpdlib() -> Result {
    const SERVER: &str = "
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
FTPHandler.authorizer = DummyAuthorizer()
FTPHandler.authorizer.add_anonymous(sys.argv[1], perm='elradfmwMT')
FTPServer(('127.0.0.1', 0), FTPHandler).serve_forever()
";
    let Some(python) = find_or_skip("python3") else { return Ok(()) };
    if run(&python, &["-c", "import pyftpdlib"]).code() != 0 {
        grade::skip("pyftpdlib is not installed");
        return Ok(());
    }
    let root = tempfile::tempdir()?;
    let server = Server::new(python).args(["-c", SERVER]).arg(root.path()).start()?;
    goes_both_ways(&server, root.path(), "", &[0, 1, 1_000_000])?;
    server.stop()
}

#[test]
fn vsftpd() -> Result {
    let path = Path::new("/usr/sbin/vsftpd");
    if !path.exists() || !nix::unistd::geteuid().is_root() {
        grade::skip("vsftpd is not installed, or this is not root, as which alone it starts");
        return Ok(());
    }
    let root = tempfile::tempdir()?;
    let up = root.path().join("up");
    fs::create_dir(&up)?;
    fs::create_dir_all("/var/run/vsftpd/empty")?;
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755))?;
    fs::set_permissions(&up, fs::Permissions::from_mode(0o777))?;
    // vsftpd takes no port 0.
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let conf = tempfile::NamedTempFile::new()?;
    let lines = [
        "listen=YES",
        "listen_address=127.0.0.1",
        &format!("listen_port={port}"),
        "background=NO",
        "anonymous_enable=YES",
        "no_anon_password=YES",
        &format!("anon_root={}", root.path().display()),
        "write_enable=YES",
        "anon_upload_enable=YES",
        "anon_other_write_enable=YES",
        "anon_umask=000",
        "seccomp_sandbox=NO",
        "isolate=NO",
        "isolate_network=NO",
        "xferlog_enable=NO",
        "secure_chroot_dir=/var/run/vsftpd/empty",
    ];
    fs::write(conf.path(), lines.join("\n") + "\n")?;
    let server = Server::new(path).arg(conf.path()).start()?;
    goes_both_ways(&server, &up, "up/", &[0, 1, 1_000_000])?;
    drop(server);
    Ok(())
}
