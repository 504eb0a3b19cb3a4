//! `--course`: the homework client of the course, in Python and by hand.

use std::fs;
use std::time::Duration;

use grade::{Result, find_or_skip, run};

use crate::ftp::Site;

grade::full_marks!("--course");

#[test]
fn by_hand() -> Result {
    let site = Site::start(&["--course", "--anonymous-write"])?;
    site.put("a.txt", "hello")?;
    site.put("b.txt", "")?;
    site.put(".hidden", "")?;
    let mut client = site.server.connect()?;
    client.send("L")?;
    client.expect("OK")?;
    client.expect("a.txt#b.txt#")?;
    client.send("G a.txt")?;
    client.expect("OK")?;
    client.expect("hello##")?;
    client.send("G ../outside")?;
    client.expect("文件不存在")?;
    client.receive(100)?;
    client.send("P new")?;
    client.expect("OK")?;
    client.send("some #text#")?;
    client.expect_silence()?;
    client.send("##")?;
    site.server.wait_until("it is there", || {
        fs::read(site.home().join("new")).is_ok_and(|text| text == b"some #text#")
    })?;
    client.send("Q")?;
    client.expect_eof()?;
    site.server.stop()
}

#[test]
fn nothing_is_written_unless_allowed_and_no_half_file_is_left() -> Result {
    let site = Site::start(&["--course"])?;
    let mut client = site.server.connect()?;
    client.send("P x")?;
    client.expect("上传失败")?;
    site.server.stop()?;

    let site = Site::start(&["--course", "--anonymous-write"])?;
    let mut client = site.server.connect()?;
    client.send("P x")?;
    client.expect("OK")?;
    client.send("half")?;
    client.reset()?;
    site.server.wait_until("its process has ended", || site.server.children().is_empty())?;
    assert_eq!(site.names(), [""; 0]);
    site.server.stop()
}

/// The lesson: what looks like the mark of the end, at the end of a chunk, ends the file.
#[test]
fn the_framing_loses_data() -> Result {
    let site = Site::start(&["--course", "--anonymous-write"])?;
    let mut client = site.server.connect()?;
    client.send("P x")?;
    client.expect("OK")?;
    client.send("one##")?;
    site.server.wait_until("it is taken for the end", || site.names() == ["x"])?;
    assert_eq!(fs::read(site.home().join("x"))?, b"one");
    site.server.stop()
}

/// A client as the course's homework has it: one recv is one message, and pauses keep them apart.
#[test]
fn a_homework_client() -> Result {
    const CLIENT: &str = "
import socket, sys, time
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
s.send(b'L')
assert s.recv(128) == b'OK'
assert s.recv(4096).decode().split('#') == ['f', ''], 'list'
s.send(b'G f')
assert s.recv(128) == b'OK'
got = b''
while True:
    data = s.recv(1024)
    if data == b'##':
        break
    got += data
assert got == b'x' * 3000, len(got)
s.send(b'P g')
assert s.recv(128) == b'OK'
for chunk in (got[:1024], got[1024:2048], got[2048:]):
    s.send(chunk)
time.sleep(0.1)
s.send(b'##')
time.sleep(0.5)
s.send(b'Q')
assert s.recv(10) == b''
print('done')
";
    let Some(python) = find_or_skip("python3") else { return Ok(()) };
    let site = Site::start(&["--course", "--anonymous-write", "--idle-timeout", "60"])?;
    site.put("f", "x".repeat(3000))?;
    let output = run(python, &["-c", CLIENT, &site.server.port().to_string()]);
    assert_eq!(output.stdout, "done\n", "{}", output.stderr);
    assert_eq!(fs::read(site.home().join("g"))?, "x".repeat(3000).as_bytes());
    site.server.stop()
}

#[test]
fn an_idle_homework_client_is_let_go() -> Result {
    let site = Site::start(&["--course", "--grace", "600"])?;
    let mut client = site.server.connect()?;
    client.send("L")?;
    client.receive(200)?;
    site.server.signal(grade::Signal::SIGTERM)?;
    client.expect_eof()?;
    assert_eq!(site.server.wait_exit(Duration::from_secs(20))?.code(), Some(0));
    Ok(())
}
