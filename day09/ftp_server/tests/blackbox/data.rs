//! Data connections: whose they may be, which ports, how they end.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};

use grade::{Result, patience, proc, wait_until};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, bind, connect as connect_socket, socket,
};
use std::os::fd::AsRawFd;

use crate::ftp::{Ftp, Site, connect};

/// Connects from another address of this machine than the client's own.
fn connect_from(ip: Ipv4Addr, to: SocketAddr) -> Result<TcpStream> {
    let fd = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    bind(fd.as_raw_fd(), &SockaddrStorage::from(SocketAddr::new(IpAddr::V4(ip), 0)))?;
    connect_socket(fd.as_raw_fd(), &SockaddrStorage::from(to))?;
    let stream = TcpStream::from(fd);
    stream.set_read_timeout(Some(patience()))?;
    Ok(stream)
}

#[test]
fn nobody_else_can_take_a_passive_port() -> Result {
    let site = Site::start(&[])?;
    site.put("f", "mine")?;
    let mut ftp = site.log_in()?;
    let address = ftp.passive_address()?;
    let mut thief = connect_from(Ipv4Addr::new(127, 0, 0, 9), address)?;
    ftp.send("RETR f")?;
    let mut stolen = Vec::new();
    let _ = thief.read_to_end(&mut stolen);
    assert_eq!(stolen, b"");
    let mut got = String::new();
    connect(address)?.read_to_string(&mut got)?;
    assert_eq!(got, "mine");
    ftp.expect("150")?;
    ftp.expect("226")?;
    site.server.stop()
}

#[test]
fn passive_ports_are_within_the_range_and_given_back() -> Result {
    // A range of one port: a second PASV must close the first, and a transfer its own.
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let site = Site::start(&["--passive-ports", &format!("{port}-{port}")])?;
    site.put("f", "x")?;
    let mut ftp = site.log_in()?;
    for _ in 0..3 {
        assert_eq!(ftp.passive_address()?.port(), port);
    }
    assert_eq!(ftp.get("f")?, b"x");
    assert_eq!(ftp.get("f")?, b"x");
    ftp.run("RETR nope", "550")?;
    assert_eq!(ftp.get("f")?, b"x");
    ftp.passive_address()?;
    let mut other = site.log_in()?;
    other.run("PASV", "425")?;
    ftp.run("QUIT", "221")?;
    ftp.control.expect_eof()?;
    assert_eq!(other.get("f")?, b"x");
    site.server.stop()
}

#[test]
fn a_session_keeps_no_data_socket_open() -> Result {
    let site = Site::start(&[])?;
    site.put("f", "x")?;
    let mut ftp = site.log_in()?;
    let child = site.server.children()[0].pid;
    let before = proc::descriptors(child).len();
    for _ in 0..5 {
        ftp.passive_address()?;
        ftp.get("f")?;
        ftp.put("g", b"y")?;
        ftp.transfer("LIST", None, Some("PORT"))?;
        ftp.passive_address()?;
        ftp.run("ABOR", "226")?;
    }
    assert_eq!(proc::descriptors(child).len(), before);
    site.server.stop()
}

#[test]
fn abor_ends_a_download_at_once() -> Result {
    let site = Site::start(&[])?;
    site.put("big", vec![1; 50_000_000])?;
    for line in [&b"ABOR\r\n"[..], b"\xff\xf4\xff\xf2ABOR\r\n", b"NOOP\r\nABOR\r\n"] {
        let mut ftp = site.log_in()?;
        let mut data = ftp.passive()?;
        ftp.run("RETR big", "150")?;
        data.read_exact(&mut [0; 10])?;
        ftp.control.send(line)?;
        ftp.expect("426")?;
        ftp.expect("226")?;
        ftp.run("NOOP", "200")?;
    }
    site.server.stop()
}

#[test]
fn abor_ends_an_upload_and_leaves_nothing() -> Result {
    let site = Site::start(&[])?;
    site.put("f", "old")?;
    let mut ftp = site.log_in()?;
    let mut data = ftp.passive()?;
    ftp.run("STOR f", "150")?;
    data.write_all(&[1; 100_000])?;
    ftp.send("ABOR")?;
    ftp.expect("426")?;
    ftp.expect("226")?;
    assert_eq!(std::fs::read(site.home().join("f"))?, b"old");
    assert_eq!(site.names(), ["f"]);
    // While nobody has connected yet, too.
    ftp.passive_address()?;
    ftp.send("STOR f")?;
    ftp.send("ABOR")?;
    ftp.expect("426")?;
    ftp.expect("226")?;
    site.server.stop()
}

#[test]
fn what_resuming_asked_for_is_kept() -> Result {
    let site = Site::start(&[])?;
    let mut ftp = site.log_in()?;
    let mut data = ftp.passive()?;
    ftp.run("APPE f", "150")?;
    data.write_all(b"first half, ")?;
    wait_until("it is on disk", || {
        std::fs::read(site.home().join("f")).is_ok_and(|f| f == b"first half, ")
    })?;
    ftp.control.reset()?;
    drop(data);
    let mut ftp = site.log_in()?;
    assert_eq!(ftp.transfer("APPE f", Some(b"second"), None)?.0.code, 226);
    assert_eq!(std::fs::read(site.home().join("f"))?, b"first half, second");
    site.server.stop()
}

#[test]
fn over_ipv6_epsv_and_eprt() -> Result {
    let site = Site::start(&["--host", "::1"])?;
    site.put("f", "six")?;
    let mut ftp = site.log_in()?;
    ftp.run("PASV", "425")?;
    ftp.run("EPSV 1", "522")?;
    ftp.run("EPSV 2", "229")?;
    assert_eq!(ftp.get("f")?, b"six");
    assert_eq!(ftp.transfer("RETR f", None, Some("EPRT"))?.1, b"six");
    ftp.run("EPRT |2|2001:db8::1|50000|", "504")?;
    // As lftp says "where I am".
    ftp.run("EPRT |2|::|50000|", "200")?;
    site.server.stop()
}

#[test]
fn names_of_every_kind() -> Result {
    let site = Site::start(&[])?;
    let mut ftp = site.log_in()?;
    let long = "n".repeat(255);
    let mut names = vec![
        " leading and trailing ",
        "new\nline",
        "quote\"quote",
        "-la",
        "ü€😀",
        "a#b%20?*[x]",
        "..x",
        "\\back\\slash",
        "tab\ttab",
        &long,
    ];
    for (n, name) in names.iter().enumerate() {
        let bytes = vec![b'a' + n as u8; n];
        ftp.put(name, &bytes)?;
        assert_eq!(std::fs::read(site.home().join(name))?, bytes, "{name:?}");
        assert_eq!(ftp.get(name)?, bytes, "{name:?}");
        ftp.run(&format!("SIZE {name}"), "213")?;
    }
    names.sort();
    assert_eq!(site.names(), names);
    let (_, listing) = ftp.transfer("NLST", None, None)?;
    assert_eq!(listing.split(|&b| b == b'\n').count(), names.len() + 1);
    ftp.run("MKD say \"x\"", "257")?;
    let reply = ftp.run("CWD say \"x\"", "250")?;
    assert!(reply.text.contains("\"/say \"\"x\"\"\""), "{reply:?}");
    ftp.run(&format!("STOR {}", "n".repeat(256)), "553")?;
    site.server.stop()
}

#[test]
fn both_families_by_one_socket() -> Result {
    // An IPv4 client of a server on `::` is at ::ffff:127.0.0.1, and is still an IPv4 client.
    let site = Site::start(&["--host", "::"])?;
    site.put("f", "four")?;
    let mut control = connect((Ipv4Addr::LOCALHOST, site.server.port()).into())?;
    control.write_all(b"USER ftp\r\nPASS x\r\nTYPE I\r\nPASV\r\n")?;
    let mut text = String::new();
    while !text.contains("227 ") || !text.ends_with('\n') {
        let mut buffer = [0; 1000];
        let n = control.read(&mut buffer)?;
        text.push_str(&String::from_utf8_lossy(&buffer[..n]));
    }
    assert!(text.contains("(127,0,0,1,"), "{text}");
    let numbers: Vec<u16> = text
        .split(['(', ')'])
        .nth(text.matches('(').count() * 2 - 1)
        .unwrap_or_default()
        .split(',')
        .filter_map(|n| n.parse().ok())
        .collect();
    let mut data = connect((Ipv4Addr::LOCALHOST, numbers[4] * 256 + numbers[5]).into())?;
    control.write_all(b"RETR f\r\n")?;
    let mut got = String::new();
    data.read_to_string(&mut got)?;
    assert_eq!(got, "four");
    site.server.stop()
}

#[test]
fn ascii_uploads_become_lines_of_this_system() -> Result {
    let site = Site::start(&[])?;
    let mut ftp = site.log_in()?;
    ftp.run("TYPE A", "200")?;
    ftp.put("f", b"a\r\nb\nc\r")?;
    assert_eq!(std::fs::read(site.home().join("f"))?, b"a\nb\nc\r");
    ftp.run("REST 3", "501")?;
    site.server.stop()
}

#[test]
fn commands_sent_ahead_of_a_half_close_are_all_answered() -> Result {
    let site = Site::start(&[])?;
    site.put("f", "x")?;
    let mut ftp = Ftp::connect(&site.server)?;
    ftp.control.send("USER ftp\r\nPASS x\r\nSYST\r\nQUIT\r\n")?;
    ftp.control.half_close()?;
    for code in ["331", "230", "215", "221"] {
        ftp.expect(code)?;
    }
    ftp.control.expect_eof()?;
    site.server.stop()
}
