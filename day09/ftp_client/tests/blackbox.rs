//! ftp_client from outside, with our own server; tests/tests/ftp_client.rs has others.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use grade::{
    Output, Result, Running, Server, random_bytes, run, run_with_input, workspace_program,
};
use tempfile::TempDir;

grade::full_marks!();

/// A server of `there`, in which everybody may write, and a folder `here` for the client.
struct Site {
    server: Running,
    there: PathBuf,
    here: PathBuf,
    _dir: TempDir,
}

fn site(args: &[&str]) -> Result<Site> {
    let dir = tempfile::tempdir()?;
    let [there, here] = ["there", "here"].map(|name| dir.path().join(name));
    fs::create_dir(&there)?;
    fs::create_dir(&here)?;
    let server = Server::new(workspace_program("ftp_server"))
        .args(["--port", "0", "--anonymous-write", "--root"])
        .arg(&there)
        .args(args)
        .start()?;
    Ok(Site { server, there, here, _dir: dir })
}

impl Site {
    fn client(&self, args: &[&str]) -> Output {
        self.client_with_input(args, "")
    }

    fn client_with_input(&self, args: &[&str], input: &str) -> Output {
        let address = self.server.addr();
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        let script = "cd \"$1\" && shift && exec \"$@\"";
        let here = self.here.to_string_lossy();
        let program = env!("CARGO_BIN_EXE_ftp_client");
        let all = ["-c", script, "sh", &here, program, "--host", &host, "--port", &port];
        run_with_input("/bin/sh", &[&all[..], args].concat(), input)
    }
}

fn good(output: &Output) {
    assert_eq!((output.code(), output.stderr.as_str()), (0, ""), "{output:?}");
}

/// One line `error: …` and exit code 1.
fn bad(output: &Output, says: &str) {
    assert_eq!(output.code(), 1, "{output:?}");
    assert!(output.stderr.starts_with("error: ") && output.stderr.contains(says), "{output:?}");
    assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
}

fn same(a: &Path, b: &Path) -> Result {
    if fs::read(a)? == fs::read(b)? {
        return Ok(());
    }
    Err(format!("{} and {} differ", a.display(), b.display()).into())
}

#[test]
fn files_go_there_and_back_in_every_way() -> Result {
    for host in ["127.0.0.1", "::1"] {
        for how in [&[][..], &["--active"]] {
            let site = site(&["--host", host])?;
            for (n, len) in [0, 1, 3_000_000].into_iter().enumerate() {
                let name = format!("n{n} ü.bin");
                fs::write(site.here.join(&name), random_bytes(n as u64, len))?;
                good(&site.client(&[how, &["put", &name]].concat()));
                same(&site.here.join(&name), &site.there.join(&name))?;
                good(&site.client(&[how, &["get", &name, "back"]].concat()));
                same(&site.here.join(&name), &site.here.join("back"))?;
            }
            let output = site.client(&[how, &["list"]].concat());
            good(&output);
            assert!(output.stdout.contains("3000000 ") && output.stdout.contains(" n2 ü.bin\n"));
            site.server.stop()?;
        }
    }
    Ok(())
}

#[test]
fn names_of_every_kind() -> Result {
    let site = site(&[])?;
    let long = "n".repeat(255);
    for name in [" a b ", "quote\"", "a#b%20?*[x]", "-la", "..x", "\\", &long] {
        fs::write(site.here.join(name), name)?;
        good(&site.client(&["put", "--", name]));
        same(&site.here.join(name), &site.there.join(name))?;
        fs::remove_file(site.here.join(name))?;
        good(&site.client(&["get", "--", name]));
        same(&site.here.join(name), &site.there.join(name))?;
    }
    fs::write(site.here.join("a\nDELE -la"), "")?;
    bad(&site.client(&["put", "a\nDELE -la"]), "a line end cannot be sent");
    assert!(site.there.join("-la").exists());
    site.server.stop()
}

#[test]
fn the_menu() -> Result {
    let site = site(&[])?;
    fs::write(site.there.join("f"), "from there")?;
    fs::write(site.here.join("g"), "from here")?;
    let output = site.client_with_input(&[], "list\nget f\nput g\nnonsense\n\nquit\nget nothing\n");
    good(&output);
    assert!(output.stdout.starts_with("========== ftp"), "{output:?}");
    assert!(output.stdout.contains(" f\n") && output.stdout.contains("g: "), "{output:?}");
    assert_eq!(fs::read_to_string(site.here.join("f"))?, "from there");
    assert_eq!(fs::read_to_string(site.there.join("g"))?, "from here");
    // In a pipe, what failed is said and makes the exit code; the rest is done.
    let output = site.client_with_input(&[], "get nothing\nput f\n");
    assert_eq!(output.code(), 1);
    assert!(output.stderr.starts_with("error: nothing: the server says: 550 "), "{output:?}");
    assert!(site.there.join("f").exists());
    site.server.stop()
}

#[test]
fn a_broken_download_is_resumed() -> Result {
    let site = site(&[])?;
    let bytes = random_bytes(3, 1_000_000);
    fs::write(site.there.join("f"), &bytes)?;
    for have in [0, 1, 400_000, 1_000_000] {
        // As another client leaves it, and as this one does.
        for name in ["f", "f.part"] {
            fs::write(site.here.join(name), &bytes[..have])?;
            good(&site.client(&["get", "-c", "f"]));
            assert!(fs::read(site.here.join("f"))? == bytes, "{have} in {name}");
            assert!(!site.here.join("f.part").exists());
            fs::remove_file(site.here.join("f"))?;
        }
    }
    // Only the rest was sent.
    fs::write(site.here.join("f.part"), &bytes[..999_990])?;
    good(&site.client(&["get", "-c", "f"]));
    site.server.wait_stderr("\"/f\": 10 bytes in")?;
    site.server.stop()
}

#[test]
fn a_broken_upload_is_resumed() -> Result {
    let site = site(&[])?;
    let bytes = random_bytes(4, 1_000_000);
    fs::write(site.here.join("f"), &bytes)?;
    for have in [None, Some(0), Some(400_000), Some(1_000_000)] {
        if let Some(have) = have {
            fs::write(site.there.join("f"), &bytes[..have])?;
        }
        good(&site.client(&["put", "-c", "f"]));
        assert!(fs::read(site.there.join("f"))? == bytes, "{have:?}");
        fs::remove_file(site.there.join("f"))?;
    }
    fs::write(site.there.join("f"), vec![0; 1_000_001])?;
    bad(&site.client(&["put", "-c", "f"]), "the server's file is the longer one");
    site.server.stop()
}

#[test]
fn failures_are_one_line_and_exit_1() -> Result {
    let site = site(&[])?;
    fs::write(site.there.join("f"), "x")?;
    bad(&site.client(&["get", "nothing"]), "nothing: the server says: 550 ");
    assert_eq!(fs::read_dir(&site.here)?.count(), 0);
    bad(&site.client(&["put", "nothing"]), "nothing: ");
    bad(&site.client(&["put", "."]), "no file");
    bad(&site.client(&["list", "nowhere"]), "nowhere: the server says: 550 ");
    bad(&site.client(&["get", "f", "no/such/folder/f"]), "no/such/folder/f");
    bad(&site.client(&["--user", "ann", "list"]), "cannot log in as ann: the server says: 530 ");
    let program = env!("CARGO_BIN_EXE_ftp_client");
    let port = site.server.port().to_string();
    site.server.stop()?;
    bad(&run(program, &["--port", &port, "list"]), "is the server running?");
    for args in [&["get"][..], &["fetch", "x"], &["--port", "x"]] {
        assert_eq!(run(program, args).code(), 2);
    }
    assert_eq!(run(program, &["--version"]).stdout, "ftp_client 0.1.0\n");
    Ok(())
}

#[test]
fn a_user_with_a_password() -> Result {
    let dir = tempfile::tempdir()?;
    fs::write(dir.path().join("pw"), "secret\n")?;
    let server = Server::new(workspace_program("ftp_server"))
        .args(["--port", "0", "--user", "ann", "--root"])
        .arg(dir.path())
        .env("FTP_PASSWORD", "secret")
        .start()?;
    let pw = dir.path().join("pw");
    let (port, pw) = (server.port().to_string(), pw.to_string_lossy());
    let all = ["--port", &port, "--user", "ann", "--password-file", &pw, "put", &pw, "copy"];
    good(&run(env!("CARGO_BIN_EXE_ftp_client"), &all));
    fs::set_permissions(dir.path().join("copy"), PermissionsExt::from_mode(0o600))?;
    server.stop()
}

#[test]
fn a_server_that_is_none_is_said_to_be_none() -> Result {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port().to_string();
    let server = std::thread::spawn(move || {
        let (mut client, _) = listener.accept()?;
        std::io::Write::write_all(&mut client, b"SSH-2.0-OpenSSH\r\n")
    });
    bad(
        &run(env!("CARGO_BIN_EXE_ftp_client"), &["--port", &port, "list"]),
        "this is no FTP server",
    );
    assert!(server.join().is_ok());
    Ok(())
}

#[test]
fn the_readme_shows_what_is_printed() -> Result {
    let site = site(&[])?;
    fs::write(site.there.join("hello.txt"), "Hello! This file came by FTP.\n")?;
    let output = site.client_with_input(&[], "list\nget hello.txt\nquit\n");
    good(&output);
    grade::readme::assert_matches(include_str!("../README.md"), &output.stdout);
    site.server.stop()
}
