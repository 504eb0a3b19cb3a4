use super::*;

/// Connects and keeps the connection.
fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).unwrap()
}

#[test]
fn a_handler_that_fails_costs_its_client_only() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = StreamServer::new(listener, |mut client, _| {
        let request = read(&client).unwrap();
        assert!(request != b"bad", "a bad request");
        client.write_all(b"good").unwrap();
    });
    server.start();
    let (mut bad, mut good) = (connect(address), connect(address));
    bad.write_all(b"bad").unwrap();
    good.write_all(b"ok?").unwrap();
    assert_eq!(read(&bad).unwrap(), b"");
    assert_eq!(read(&good).unwrap(), b"good");
    server.stop(None);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn with_a_pool_of_one_the_second_waits_for_the_first() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let diary = Rc::new(RefCell::new(Vec::new()));
    let notes = diary.clone();
    let server = StreamServer::with_pool(listener, &Pool::new(1), move |client, _| {
        let name = read(&client).unwrap();
        notes.borrow_mut().push(format!("{} begins", String::from_utf8_lossy(&name)));
        sleep(ms(10));
        notes.borrow_mut().push(format!("{} ends", String::from_utf8_lossy(&name)));
    });
    server.start();
    let (mut one, mut two) = (connect(address), connect(address));
    one.write_all(b"one").unwrap();
    two.write_all(b"two").unwrap();
    assert_eq!(read(&two).unwrap(), b"");
    assert_eq!(*diary.borrow(), ["one begins", "one ends", "two begins", "two ends"]);
    server.stop(Some(NOW));
}

#[test]
fn stop_leaves_handlers_alone_or_kills_them_in_time() {
    for (timeout, expected) in [(None, "done"), (Some(ms(5)), "")] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = StreamServer::new(listener, |mut client, _| {
            sleep(ms(100));
            client.write_all(b"done").unwrap();
        });
        server.start();
        let client = connect(address);
        sleep(ms(5));
        let begin = Instant::now();
        server.stop(timeout);
        assert!(begin.elapsed() < ms(95));
        assert_eq!(read(&client).unwrap(), expected.as_bytes());
    }
}

#[test]
fn serve_forever_ends_when_stopped() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = StreamServer::new(listener, |_, _| ());
    let other = server.clone();
    spawn_later(ms(5), move || other.stop(None));
    server.serve_forever();
}

#[test]
fn a_connection_is_closed_when_its_handler_returns() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = StreamServer::new(listener, |_, _| ());
    server.start();
    assert_eq!(read(&connect(address)).unwrap(), b"");
    assert!(server.handlers().join(None));
    server.stop(None);
}
