use super::*;

#[test]
fn a_reader_waits_while_others_run() {
    let (mut here, there) = pair();
    let reader = spawn(move || read(&there).unwrap());
    sleep(ms(1));
    assert!(!reader.ready());
    here.write_all(b"hello").unwrap();
    assert_eq!(reader.get(None).unwrap(), b"hello");
}

#[test]
fn a_second_reader_is_an_error_and_the_first_gets_the_byte() {
    let (mut here, there) = pair();
    let other = there.clone();
    let first = spawn(move || read(&other).unwrap());
    sleep(NOW);
    let error = read(&there).unwrap_err();
    assert!(error.to_string().contains("another task already waits"), "{error}");
    here.write_all(b"x").unwrap();
    assert_eq!(first.get(None).unwrap(), b"x");
}

#[test]
fn one_may_read_while_another_writes() {
    let (mut here, there) = pair();
    let (mut writes, reads) = (there.clone(), there);
    let bytes = vec![7; 5_000_000];
    let reader = spawn(move || read(&reads).unwrap());
    let writer = spawn(move || writes.write_all(&bytes).unwrap());
    sleep(ms(5));
    assert!(!writer.ready(), "five megabytes fit in no socket buffer");
    here.write_all(b"x").unwrap();
    assert_eq!(reader.get(None).unwrap(), b"x");
    let mut all = vec![0; 5_000_000];
    here.read_exact(&mut all).unwrap();
    assert!(writer.join(None) && all.iter().all(|&byte| byte == 7));
}

#[test]
fn close_ends_the_wait_of_another() {
    let (here, there) = pair();
    let other = there.clone();
    let reader = spawn(move || read(&other).map_err(|error| error.raw_os_error()));
    sleep(NOW);
    there.close();
    assert_eq!(reader.get(None).unwrap(), Err(Some(nix::libc::EBADF)));
    assert!(read(&there).is_err());
    assert_eq!(read(&here).unwrap(), b""); // and the peer learns of it
}

#[test]
fn a_killed_reader_leaves_the_socket_usable() {
    let (mut here, there) = pair();
    let other = there.clone();
    let reader = spawn(move || read(&other));
    sleep(NOW);
    reader.kill(None);
    here.write_all(b"again").unwrap();
    assert_eq!(read(&there).unwrap(), b"again");
}

#[test]
fn a_number_that_is_used_again_is_not_woken_by_old_news() {
    for _ in 0..20 {
        let (here, there) = pair();
        let reader = spawn(move || read(&there));
        sleep(NOW);
        drop(here); // its news come after the close
        reader.kill_nowait();
        let (mut here, there) = pair();
        let fresh = spawn(move || read(&there).unwrap());
        sleep(NOW);
        here.write_all(b"y").unwrap();
        assert_eq!(fresh.get(None).unwrap(), b"y");
    }
}

#[test]
fn time_limits_for_reads_and_for_everything() {
    let (_here, there) = pair();
    there.set_read_timeout(Some(ms(5)));
    let begin = Instant::now();
    assert_eq!(read(&there).unwrap_err().kind(), ErrorKind::TimedOut);
    assert!(begin.elapsed() >= ms(5));
    there.set_read_timeout(None);
    assert!(with_timeout(Some(ms(5)), || read(&there)).is_err());
    there.set_read_timeout(Some(Duration::from_secs(1000)));
    let other = there.clone();
    let reader = spawn(move || read(&other).unwrap_err().kind());
    sleep(NOW);
    there.cancel_read();
    assert_eq!(reader.get(None).unwrap(), ErrorKind::ConnectionAborted);
}

#[test]
fn the_end_of_what_the_peer_sends_is_not_missed() {
    let (mut here, mut there) = pair();
    let reader = spawn(move || {
        let mut all = Vec::new();
        there.read_to_end(&mut all).unwrap();
        all
    });
    sleep(NOW);
    here.write_all(b"last words").unwrap();
    here.shutdown(Shutdown::Write).unwrap();
    assert_eq!(reader.get(None).unwrap(), b"last words");
}

#[test]
fn a_reset_is_an_error_of_that_one_only() {
    let (here, mut there) = pair();
    there.write_all(b"unread").unwrap();
    sleep(ms(1));
    drop(here); // with unread bytes: a reset
    let error = loop {
        if let Err(error) = read(&there) {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn refused_and_unknown_are_errors() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = TcpStream::connect(address).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert!(TcpStream::connect("no port").is_err());
}

#[test]
fn many_talk_at_once_and_a_greedy_one_starves_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = StreamServer::new(listener, |mut client, _| {
        let mut buffer = [0; 1000];
        while let Ok(n @ 1..) = client.read(&mut buffer) {
            client.write_all(&buffer[..n]).unwrap();
        }
    });
    server.start();
    let clients: Vec<_> = (0..100_u8)
        .map(|n| {
            spawn(move || {
                let mut client = TcpStream::connect(address).unwrap();
                for round in 0..20 {
                    let message = [n, round];
                    client.write_all(&message).unwrap();
                    let mut answer = [0; 2];
                    client.read_exact(&mut answer).unwrap();
                    assert_eq!(answer, message);
                }
            })
        })
        .collect();
    let done = joinall(&clients, None);
    assert!(done.iter().all(|task| task.successful()));
    server.stop(Some(ms(100)));
}

#[test]
fn a_connection_that_never_blocks_lets_others_run() {
    let (mut here, there) = pair();
    here.write_all(&[1; 10_000]).unwrap();
    sleep(ms(5));
    let ticks = Rc::new(Cell::new(0));
    let counts = ticks.clone();
    let ticker = spawn(move || {
        loop {
            counts.set(counts.get() + 1);
            sleep(NOW);
        }
    });
    let mut byte = [0];
    for _ in 0..10_000 {
        (&there).read_exact(&mut byte).unwrap();
    }
    assert!(ticks.get() > 10, "{}", ticks.get());
    ticker.kill(None);
}

#[test]
fn one_that_is_killed_does_not_take_the_wake_up_of_who_reads_next() {
    let (mut here, there) = pair();
    let other = there.clone();
    let killed = spawn(move || read(&other));
    sleep(NOW);
    let next = spawn(move || read(&there).unwrap()); // begins to wait before the other has ended
    killed.kill_nowait();
    sleep(NOW);
    here.write_all(b"x").unwrap();
    let got = with_timeout(Some(Duration::from_secs(60)), || next.get(None).unwrap());
    assert_eq!(got.unwrap(), b"x");
}

#[test]
fn a_write_that_nobody_reads_is_over_in_time() {
    let (mut here, _there) = pair();
    here.set_write_timeout(Some(ms(5)));
    let error = here.write_all(&vec![0; 64 << 20]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    here.write_all(b"").unwrap();
}

#[test]
fn what_is_closed_cannot_be_used() {
    let (mut here, there) = pair();
    here.close();
    here.close();
    let error = here.shutdown(Shutdown::Both).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(nix::libc::EBADF));
    assert_eq!(here.write(b"x").unwrap_err().raw_os_error(), Some(nix::libc::EBADF));
    assert_eq!(read(&there).unwrap(), b"");
}
