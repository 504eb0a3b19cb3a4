use super::*;

#[test]
fn datagrams() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let answers = server.clone();
    let server = DatagramServer::new(server, move |bytes, from| {
        answers.send_to(bytes, from).unwrap();
    });
    server.start();
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.connect(address).unwrap();
    let mut buffer = [0; 100];
    for message in [&b"one"[..], b"", b"three"] {
        client.send(message).unwrap();
        let n = client.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..n], message);
    }
    client.set_read_timeout(Some(ms(1)));
    assert_eq!(client.recv(&mut buffer).unwrap_err().kind(), ErrorKind::TimedOut);
    server.stop();
}

#[test]
fn unix_sockets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let client = spawn(move || {
        let mut client = UnixStream::connect(path).unwrap();
        client.write_all(b"hello").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
    });
    let (mut stream, _) = listener.accept().unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello");
    client.join(None);
    let (mut one, mut two) = UnixStream::pair().unwrap();
    one.write_all(b"x").unwrap();
    two.read_exact(&mut [0]).unwrap();
}

#[test]
fn a_pipe_is_waited_for_and_a_regular_file_cannot_be() {
    use std::os::fd::AsFd;
    let (reader, mut writer) = io::pipe().unwrap();
    assert_eq!(wait_read(reader.as_fd(), Some(ms(1))).unwrap_err().kind(), ErrorKind::TimedOut);
    writer.write_all(b"x").unwrap();
    wait_read(reader.as_fd(), None).unwrap();
    wait_read(reader.as_fd(), None).unwrap();
    let file = std::fs::File::open("/proc/self/exe").unwrap();
    assert!(wait_read(file.as_fd(), None).is_err());
}

#[test]
fn literal_addresses_need_no_look_up_and_names_block_nobody() {
    assert_eq!(lookup("[::1]", 5).unwrap(), ["[::1]:5".parse::<SocketAddr>().unwrap()]);
    let ticks = Rc::new(Cell::new(0));
    let counts = ticks.clone();
    let ticker = spawn(move || {
        loop {
            counts.set(counts.get() + 1);
            sleep(ms(1));
        }
    });
    let found = lookup("localhost", 80).unwrap();
    assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 80));
    assert!(ticks.get() > 0);
    ticker.kill(None);
}
