//! The HTTP servers against clients that we did not write: curl, Python, wrk, a browser.

use std::fs::{self, File};
use std::path::Path;

use grade::{Result, Running, Server, find_or_skip, run, workspace_program};

/// Each server, and the option that names the folder it serves.
const SERVERS: [(&str, &str); 2] = [("http_server_select", "--root"), ("http_server", "--root")];

fn start(name: &str, args: &[&str]) -> Result<Running> {
    Server::new(workspace_program(name)).args(["--port", "0"]).args(args).start()
}

/// A server for the files of a folder that `fill` has filled.
fn serve(name: &str, option: &str, fill: fn(&Path)) -> Result<(Running, tempfile::TempDir)> {
    let folder = tempfile::tempdir()?;
    fill(folder.path());
    let root = folder.path().to_str().expect("a UTF-8 path").to_owned();
    Ok((start(name, &[option, &root, "--quiet"])?, folder))
}

/// `curl -sS ARGS` must end well; gives what it printed.
fn curl(program: &Path, args: &[&str]) -> String {
    let output = run(program, &[&["-sS", "--max-time", "50"], args].concat());
    assert_eq!(output.code(), 0, "curl {args:?}: {}{}", output.stdout, output.stderr);
    output.stdout
}

#[test]
fn curl_speaks_every_method_and_keeps_the_connection() -> Result {
    let Some(program) = find_or_skip("curl") else { return Ok(()) };
    for (name, _) in SERVERS {
        let server = start(name, &["--quiet"])?;
        let url = |path: &str| format!("http://{}{path}", server.addr());
        let status = |args: &[&str], path: &str| {
            let format = ["-o", "/dev/null", "-w", "%{http_code}"];
            curl(&program, &[&format, args, &[&url(path)]].concat())
        };
        assert_eq!(curl(&program, &[&url("/hello")]), "Hello World");
        for (args, path, code) in [
            (&["-I"][..], "/hello", "200"),
            (&["--http1.0"], "/hello", "200"),
            (&["-d", "name=x"], "/form", "200"),
            (&["-X", "OPTIONS"], "/hello", "204"),
            (&["-X", "DELETE"], "/hello", "405"),
            (&["-X", "PATCH", "-d", "x"], "/hello", "405"),
            (&["-T", "/etc/passwd"], "/hello", "405"),
            (&["-X", "BREW"], "/hello", "501"),
            (&["-X", "TRACE"], "/hello", "501"),
            (&[], "/private", "401"),
            (&["-u", "student:123456"], "/private", "200"),
            (&["-L"], "/old", "200"),
            (&[], "/nothing", "404"),
            (&[], "/boom", "500"),
        ] {
            assert_eq!(status(args, path), code, "{name}: curl {args:?} {path}");
        }
        let connections = ["-o", "/dev/null", "-o", "/dev/null", "-w", "%{num_connects} "];
        let two = curl(&program, &[&connections[..], &[&url("/hello"), &url("/time")]].concat());
        assert_eq!(two, "1 0 ", "{name}: the second request needs no connection of its own");
        let chunked = ["-H", "Transfer-Encoding: chunked", "--data-binary", "@/etc/services"];
        let length = fs::metadata("/etc/services").map_or(0, |meta| meta.len());
        if length > 0 {
            assert_eq!(
                curl(&program, &[&chunked[..], &[&url("/count")]].concat()),
                format!("{length}\n")
            );
        }
        server.stop()?;
    }
    Ok(())
}

#[test]
fn curl_resumes_a_download_and_asks_only_for_what_is_new() -> Result {
    let Some(program) = find_or_skip("curl") else { return Ok(()) };
    for (name, option) in SERVERS {
        let (server, folder) = serve(name, option, |folder| {
            let text: String = (0..300_000).map(|n| format!("{n}\n")).collect();
            fs::write(folder.join("numbers"), text).expect("a file");
            fs::write(folder.join("page.html"), "plain").expect("a file");
            fs::write(folder.join("page.html.gz"), b"\x1f\x8b\x08\0\0\0\0\0\0\x03K\xcfM\xccK\xcc\xd3M\xaf\xca,\0\0\x06\x97\xee\xf5\x09\0\0\0").expect("a file");
        })?;
        let url = |path: &str| format!("http://{}{path}", server.addr());
        let whole = fs::read(folder.path().join("numbers"))?;
        let part = tempfile::NamedTempFile::new()?;
        fs::write(part.path(), &whole[..100_000])?;
        let path = part.path().to_str().expect("a UTF-8 path");
        curl(&program, &["-C", "-", "-o", path, &url("/numbers")]);
        assert!(fs::read(path)? == whole, "{name}: the resumed download differs");

        assert_eq!(curl(&program, &["-r", "2-3", &url("/numbers")]).as_bytes(), &whole[2..4]);
        let several = curl(&program, &["-r", "0-1,-2", &url("/numbers")]);
        assert!(
            several.contains("Content-Range: bytes 0-1/") && several.ends_with("--\r\n"),
            "{several}"
        );

        let format = ["-o", "/dev/null", "-w", "%{http_code}"];
        let head = curl(&program, &["-I", &url("/numbers")]);
        let etag = head.lines().find_map(|line| line.strip_prefix("ETag: ")).expect("an ETag");
        let known = format!("If-None-Match: {etag}");
        assert_eq!(
            curl(&program, &[&format[..], &["-H", &known, &url("/numbers")]].concat()),
            "304"
        );
        let newer = ["-z", "Fri, 01 Jan 2100 00:00:00 GMT"];
        assert_eq!(curl(&program, &[&format[..], &newer, &[&url("/numbers")]].concat()), "304");

        assert_eq!(curl(&program, &[&url("/page.html")]), "plain");
        let headers =
            curl(&program, &["-I", "-H", "Accept-Encoding: br, gzip", &url("/page.html")]);
        for line in ["Content-Encoding: gzip", "Vary: Accept-Encoding", "Content-Type: text/html"] {
            assert!(headers.contains(line), "{name}: no {line} in {headers}");
        }
        server.stop()?;
    }
    Ok(())
}

/// `Expect: 100-continue` first, then a gigabyte; the server's memory does not grow.
#[test]
#[ignore = "heavy: a gigabyte through each server"]
fn curl_uploads_a_gigabyte() -> Result {
    let Some(program) = find_or_skip("curl") else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("zeros");
    File::create(&path)?.set_len(1 << 30)?;
    for (name, _) in SERVERS {
        let server = start(name, &["--quiet"])?;
        let (file, url) =
            (path.to_str().expect("UTF-8"), format!("http://{}/count", server.addr()));
        let output = run(&program, &["-v", "--max-time", "50", "-X", "POST", "-T", file, &url]);
        assert_eq!(output.stdout, "1073741824\n", "{}", output.stderr);
        assert!(output.stderr.contains("100 Continue"), "{}", output.stderr);
        let status = fs::read_to_string(format!("/proc/{}/status", server.pid()))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
        server.check(peak < 32 << 10, format!("{name} took {peak} KiB"))?;
        server.stop()?;
    }
    Ok(())
}

/// http.client on one connection, and requests if it is installed.
const PYTHON: &str = "
import http.client, sys
host = sys.argv[1]
c = http.client.HTTPConnection(host, timeout=20)
for i in range(50):
    c.request('GET', '/hello?name=%d' % i)
    r = c.getresponse()
    assert (r.status, r.read()) == (200, b'Hello %d' % i)
c.request('POST', '/count', body=(b'x' * 1000 for _ in range(1000)), encode_chunked=True,
          headers={'Transfer-Encoding': 'chunked'})
assert c.getresponse().read() == b'1000000\\n'
c.request('POST', '/count', body=b'y' * 500000)
assert c.getresponse().read() == b'500000\\n'
c.request('HEAD', '/')
r = c.getresponse()
assert int(r.getheader('Content-Length')) > 0 and r.read() == b''
for path, status in [('/old', 301), ('/private', 401), ('/nothing', 404), ('/boom', 500), ('/%zz', 400)]:
    c.request('GET', path)
    r = c.getresponse()
    r.read()
    assert r.status == status, (path, r.status)
try:
    import requests
except ImportError:
    sys.exit(0)
with requests.Session() as s:
    u = 'http://' + host
    assert s.get(u + '/old').text == 'Hello World'
    assert s.get(u + '/private', auth=('student', '123456')).status_code == 200
    assert s.post(u + '/form', data={'a': '1 & 2', 'b': '\\u4e2d'}).text == 'a = 1 & 2\\nb = \\u4e2d\\n'
    assert s.post(u + '/count', data=(b'z' * 10 for _ in range(10))).text == '100\\n'
    assert s.options(u + '/hello').headers['Allow'] == 'GET, HEAD, OPTIONS'
";

#[test]
fn python_is_answered() -> Result {
    let Some(python) = find_or_skip("python3") else { return Ok(()) };
    for (name, _) in SERVERS {
        let server = start(name, &["--quiet"])?;
        let output = run(&python, &["-c", PYTHON, &server.addr().to_string()]);
        assert_eq!(output.code(), 0, "{name}: {}", output.stderr);
        server.stop()?;
    }
    Ok(())
}

#[test]
fn wrk_sees_no_error() -> Result {
    let Some(wrk) = find_or_skip("wrk") else { return Ok(()) };
    for (name, option) in SERVERS {
        let (server, _folder) = serve(name, option, |folder| {
            fs::write(folder.join("page"), [b'x'; 70_000]).expect("a file")
        })?;
        for path in ["/hello", "/page"] {
            let url = format!("http://{}{path}", server.addr());
            let output = run(&wrk, &["-t1", "-c50", "-d1s", &url]);
            assert!(output.stdout.contains("requests in"), "{name}: {output:?}");
            for bad in ["Socket errors", "Non-2xx"] {
                assert!(!output.stdout.contains(bad), "{name} {path}: {}", output.stdout);
            }
        }
        server.stop()?;
    }
    Ok(())
}

/// The page with its style and its picture, and nothing on the console.
#[test]
fn a_browser_shows_the_site() -> Result {
    let Some(chromium) = find_or_skip("chromium") else { return Ok(()) };
    for (name, _) in SERVERS {
        let server = start(name, &[])?;
        let profile = tempfile::tempdir()?;
        let profile = format!("--user-data-dir={}", profile.path().display());
        let page = format!("http://{}/", server.addr());
        let output = run(
            &chromium,
            &[
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
                "--enable-logging=stderr",
                "--dump-dom",
                &profile,
                &page,
            ],
        );
        assert!(output.stdout.contains("<em>HTTP</em>"), "{name}: {output:?}");
        let console: Vec<_> =
            output.stderr.lines().filter(|line| line.contains("CONSOLE")).collect();
        assert!(console.is_empty(), "{name}: {console:?}");
        for path in ["/", "/style.css", "/picture.svg"] {
            server.wait_stderr(&format!("\"GET {path} HTTP/1.1\" 200 "))?;
        }
        server.stop()?;
    }
    Ok(())
}
