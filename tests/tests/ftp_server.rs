//! ftp_server with clients that we did not write: curl, lftp, Python's ftplib.

use std::fs;
use std::path::{Path, PathBuf};

use grade::{Result, Running, Server, find_or_skip, random_bytes, run, workspace_program};
use tempfile::TempDir;

/// A server of `there`, in which everybody may write, and a folder `here` for the client.
struct Site {
    server: Running,
    there: PathBuf,
    here: PathBuf,
    _dir: TempDir,
}

fn site(host: &str) -> Result<Site> {
    let dir = tempfile::tempdir()?;
    let [there, here] = ["there", "here"].map(|name| dir.path().join(name));
    fs::create_dir(&there)?;
    fs::create_dir(&here)?;
    let server = Server::new(workspace_program("ftp_server"))
        .args(["--port", "0", "--host", host, "--anonymous-write", "--root"])
        .arg(&there)
        .start()?;
    Ok(Site { server, there, here, _dir: dir })
}

/// Runs it, which must end well; gives what it printed.
fn done(program: &Path, args: &[&str]) -> String {
    let output = run(program, args);
    assert_eq!(output.code(), 0, "{program:?} {args:?}\n{}\n{}", output.stdout, output.stderr);
    output.stdout
}

fn same(a: &Path, b: &Path) -> Result {
    match fs::read(a)? == fs::read(b)? {
        true => Ok(()),
        false => Err(format!("{} and {} differ", a.display(), b.display()).into()),
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// As curl wants a name in a URL.
fn encoded(name: &str) -> String {
    name.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// With spaces at both ends, signs that mean something to a URL or a shell, UTF-8, 255 bytes.
fn names() -> Vec<String> {
    let short =
        [" a b ", "quote\"'", "a#b%20?&*[x]", "-la", "..x", "ü€😀", "semi;colon", "back\\slash"];
    short.into_iter().map(str::to_owned).chain(["n".repeat(255)]).collect()
}

#[test]
fn curl_in_every_way() -> Result {
    curl(&[0, 1, 2_000_000])
}

#[test]
#[ignore = "heavy: 100 MB, eight times"]
fn curl_with_100_mb() -> Result {
    curl(&[100_000_000])
}

fn curl(sizes: &[usize]) -> Result {
    let Some(curl) = find_or_skip("curl") else { return Ok(()) };
    for host in ["127.0.0.1", "::1"] {
        let site = site(host)?;
        for how in [
            &["-sS"][..],
            &["-sS", "--disable-epsv"],
            &["-sS", "-P", "-"],
            &["-sS", "-P", "-", "--disable-eprt"],
        ] {
            for (n, &len) in sizes.iter().enumerate() {
                let (from, to) = (site.here.join("from"), site.here.join("to"));
                fs::write(&from, random_bytes(n as u64, len))?;
                let url = format!("ftp://{}/f{n}", site.server.addr());
                done(&curl, &[how, &["-T", &text(&from), &url]].concat());
                same(&from, &site.there.join(format!("f{n}")))?;
                done(&curl, &[how, &["-o", &text(&to), &url]].concat());
                same(&from, &to)?;
            }
        }
        site.server.stop()?;
    }
    Ok(())
}

#[test]
fn curl_with_names_of_every_kind() -> Result {
    let Some(curl) = find_or_skip("curl") else { return Ok(()) };
    let site = site("127.0.0.1")?;
    fs::write(site.here.join("f"), "some text")?;
    let from = text(&site.here.join("f"));
    for name in names() {
        let url = format!("ftp://{}/{}", site.server.addr(), encoded(&name));
        done(&curl, &["-sS", "-T", &from, &url]);
        assert_eq!(fs::read_to_string(site.there.join(&name))?, "some text", "{name:?}");
        assert_eq!(done(&curl, &["-sS", &url]), "some text", "{name:?}");
    }
    site.server.stop()
}

#[test]
fn curl_resumes_lists_and_makes_folders() -> Result {
    let Some(curl) = find_or_skip("curl") else { return Ok(()) };
    let site = site("127.0.0.1")?;
    let url = format!("ftp://{}", site.server.addr());
    let bytes = random_bytes(9, 500_000);
    let (there, here) = (site.there.join("f"), site.here.join("f"));
    fs::write(&there, &bytes)?;
    fs::write(&here, &bytes[..123_456])?;
    done(&curl, &["-sS", "-C", "-", "-o", &text(&here), &format!("{url}/f")]);
    same(&here, &there)?;
    fs::write(&there, &bytes[..123_456])?;
    done(&curl, &["-sS", "-C", "-", "-T", &text(&here), &format!("{url}/f")]);
    same(&here, &there)?;
    assert_eq!(done(&curl, &["-sS", "-r", "100-199", &format!("{url}/f")]).len() / 100, 1);
    done(&curl, &["-sS", "--ftp-create-dirs", "-T", &text(&here), &format!("{url}/a/b/c")]);
    same(&here, &site.there.join("a/b/c"))?;
    assert!(done(&curl, &["-sS", &format!("{url}/")]).contains(" 500000 "));
    assert_eq!(done(&curl, &["-sS", "-l", &format!("{url}/")]), "a\nf\n");
    let head = done(&curl, &["-sS", "-I", &format!("{url}/f")]);
    assert!(head.contains("Content-Length: 500000"), "{head}");
    site.server.stop()
}

#[test]
fn a_client_killed_in_mid_upload_leaves_nothing() -> Result {
    let Some(curl) = find_or_skip("curl") else { return Ok(()) };
    let site = site("127.0.0.1")?;
    let from = site.here.join("f");
    fs::write(&from, random_bytes(5, 300_000).repeat(100))?;
    fs::write(site.there.join("f"), "old")?;
    let url = format!("ftp://{}/f", site.server.addr());
    let client = Server::new(curl).args(["-sS", "--limit-rate", "200k", "-T"]).arg(&from).arg(url);
    let client = client.spawn()?;
    site.server.wait_until("something has arrived", || {
        let mut files = fs::read_dir(&site.there).into_iter().flatten().flatten();
        files.any(|f| f.file_name() != "f" && f.metadata().is_ok_and(|meta| meta.len() > 0))
    })?;
    client.signal(grade::Signal::SIGKILL)?;
    client.wait_exit(grade::patience())?;
    site.server.wait_until("its process has ended", || site.server.children().is_empty())?;
    assert_eq!(fs::read_dir(&site.there)?.count(), 1);
    assert_eq!(fs::read_to_string(site.there.join("f"))?, "old");
    site.server.stop()
}

#[test]
fn lftp_mirrors_both_ways_in_parallel() -> Result {
    lftp(&[0, 1, 500_000])
}

#[test]
#[ignore = "heavy: 100 MB, eight times"]
fn lftp_with_100_mb() -> Result {
    lftp(&[100_000_000])
}

fn lftp(sizes: &[usize]) -> Result {
    let Some(lftp) = find_or_skip("lftp") else { return Ok(()) };
    for host in ["127.0.0.1", "::1"] {
        for passive in ["on", "off"] {
            let site = site(host)?;
            let from = site.here.join("from");
            fs::create_dir_all(from.join("sub dir/deep"))?;
            let mut files = names();
            files.extend(["sub dir/one", "sub dir/deep/two"].map(str::to_owned));
            for (n, name) in files.iter().enumerate() {
                let len = sizes[n.min(sizes.len() - 1)];
                // Only one of them large.
                let len = if n >= sizes.len() { n } else { len };
                fs::write(from.join(name), random_bytes(n as u64, len))?;
            }
            let script = format!(
                "set ftp:passive-mode {passive}; set net:timeout 20; set net:max-retries 1; \
                 set cmd:fail-exit yes; open {host} -p {port}; \
                 mirror -R --parallel=4 '{from}' up; mirror --parallel=4 up '{to}'; \
                 rm -r up; quit",
                port = site.server.port(),
                from = from.display(),
                to = site.here.join("to").display(),
            );
            done(&lftp, &["--norc", "-c", &script]);
            for name in &files {
                same(&from.join(name), &site.here.join("to").join(name))?;
            }
            assert_eq!(fs::read_dir(&site.there)?.count(), 0, "rm -r left something");
            site.server.stop()?;
        }
    }
    Ok(())
}

#[test]
fn ftplib_in_every_way() -> Result {
    ftplib(1_000_000)
}

#[test]
#[ignore = "heavy: 100 MB, eight times"]
fn ftplib_with_100_mb() -> Result {
    ftplib(100_000_000)
}

fn ftplib(largest: usize) -> Result {
    const SCRIPT: &str = "
import ftplib, io, os, sys
host, port, largest = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for passive in (True, False):
    ftp = ftplib.FTP(timeout=20, encoding='utf-8')
    ftp.connect(host, port)
    ftp.login()
    ftp.set_pasv(passive)
    for n, size in enumerate((0, 1, largest)):
        data = os.urandom(size)
        ftp.storbinary('STOR f%d' % n, io.BytesIO(data))
        got = io.BytesIO()
        ftp.retrbinary('RETR f%d' % n, got.write)
        assert got.getvalue() == data, size
        got = io.BytesIO()
        ftp.retrbinary('RETR f%d' % n, got.write, rest=size // 2)
        assert got.getvalue() == data[size // 2:], size
    ftp.storlines('STOR lines', io.BytesIO(b'one\\ntwo\\n'))
    lines = []
    ftp.retrlines('RETR lines', lines.append)
    assert lines == ['one', 'two'], lines
    assert sorted(ftp.nlst()) == ['f0', 'f1', 'f2', 'lines'], ftp.nlst()
    facts = dict(ftp.mlsd(facts=['type', 'size']))
    assert facts['lines'] == {'type': 'file', 'size': '8'}, facts
    listing = []
    ftp.dir(listing.append)
    assert len(listing) == 4, listing
    ftp.voidcmd('TYPE I')
    assert ftp.size('f2') == largest
    ftp.mkd('folder \"x\"')
    ftp.cwd('folder \"x\"')
    assert ftp.pwd() == '/folder \"x\"', ftp.pwd()
    ftp.cwd('..')
    ftp.rename('lines', 'folder \"x\"/lines')
    ftp.delete('folder \"x\"/lines')
    ftp.rmd('folder \"x\"')
    # In the middle of a file: ABOR as urgent data.
    connection = ftp.transfercmd('RETR f2')
    connection.recv(10)
    ftp.abort()
    connection.close()
    while True:
        try:
            assert ftp.voidcmd('NOOP')[:3] in ('200', '226')
            break
        except ftplib.error_temp:
            pass
    for n in range(3):
        ftp.delete('f%d' % n)
    ftp.close()
print('done')
";
    let Some(python) = find_or_skip("python3") else { return Ok(()) };
    for host in ["127.0.0.1", "::1"] {
        let site = site(host)?;
        let port = site.server.port().to_string();
        let output = run(&python, &["-c", SCRIPT, host, &port, &largest.to_string()]);
        assert_eq!(output.stdout, "done\n", "{}\n{}", output.stderr, site.server.stderr());
        site.server.stop()?;
    }
    Ok(())
}
