//! The load generator against servers whose behaviour is known.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use model_comparison::load::{Crowd, MESSAGE, Pace};

const PATIENCE: Duration = Duration::from_secs(20);
const MS: Duration = Duration::from_millis(1);

/// A server with a thread for each client, which does as `talk` says until it returns.
fn serve(talk: fn(TcpStream) -> std::io::Result<()>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let _ = client.set_nodelay(true);
            thread::spawn(move || talk(client));
        }
    });
    address
}

fn echo(mut client: TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match client.read(&mut buffer)? {
            0 => return Ok(()),
            n => client.write_all(&buffer[..n])?,
        }
    }
}

/// Connected and greeted.
fn crowd(server: SocketAddr, count: usize) -> Crowd {
    let mut crowd = Crowd::connect(server, count, PATIENCE).expect("all connect");
    crowd.greet(PATIENCE).expect("all are greeted");
    crowd
}

#[test]
fn every_client_is_answered_and_counted() {
    let mut crowd = crowd(serve(echo), 20);
    assert_eq!(crowd.answered(), 20);
    for pace in [Pace::Busy, Pace::Calm(1000)] {
        let tally = crowd.talk(pace, MS * 100).expect("no trouble");
        let latency = tally.latency.expect("answers");
        assert!(tally.messages > 0 && tally.answered == 20, "{pace:?}: {tally:?}");
        assert!(latency.p50 > Duration::ZERO && latency.p50 <= latency.p90, "{latency:?}");
        assert!(latency.p90 <= latency.p99 && latency.p99 <= latency.max, "{latency:?}");
    }
}

#[test]
fn an_answer_in_pieces_is_one_answer() {
    let server = serve(|mut client| {
        let mut buffer = [0; MESSAGE];
        loop {
            client.read_exact(&mut buffer)?;
            for byte in buffer {
                client.write_all(&[byte])?;
            }
        }
    });
    let mut crowd = crowd(server, 1);
    let tally = crowd.talk(Pace::Calm(100), MS * 500).expect("no trouble");
    assert!((1..=51).contains(&tally.messages), "{tally:?}");
}

/// One client is answered at once and the other nine never: half of the clients wait, whatever the
/// number of quick answers says.
#[test]
fn the_one_who_is_served_does_not_speak_for_all() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || echo(listener.accept().expect("the first").0));
    let mut crowd = Crowd::connect(address, 10, PATIENCE).expect("they wait in the queue");
    crowd.greet(MS * 300).expect("no trouble");
    let tally = crowd.talk(Pace::Busy, MS * 500).expect("no trouble");
    let latency = tally.latency.expect("answers");
    assert!(tally.messages > 0 && tally.answered == 1, "{tally:?}");
    assert!(latency.p50 >= MS * 500, "{latency:?}");
    assert!((0.89..=0.91).contains(&latency.missing), "{latency:?}");
}

/// The server stands still for 200 ms. A closed loop would have one slow answer to show for it; the
/// messages that were due meanwhile have waited too.
#[test]
fn a_standstill_is_felt_by_all_who_were_due_in_it() {
    let server = serve(|mut client| {
        let mut buffer = [0; MESSAGE];
        client.read_exact(&mut buffer)?;
        client.write_all(&buffer)?;
        client.read_exact(&mut buffer)?;
        thread::sleep(MS * 200);
        client.write_all(&buffer)?;
        echo(client)
    });
    let mut crowd = crowd(server, 1);
    let tally = crowd.talk(Pace::Calm(1000), MS * 400).expect("no trouble");
    let latency = tally.latency.expect("answers");
    // A quarter of them were due in its first half, and waited for the second at least.
    assert!(latency.p90 >= MS * 100, "{latency:?}");
    assert!(latency.max >= MS * 200, "{latency:?}");
}

#[test]
fn who_refuses_and_who_hangs_up_is_named() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("it");
    let refused = Crowd::connect(closed, 3, PATIENCE).expect_err("nobody listens");
    assert_eq!(refused.to_string(), "at client 1 of 3: cannot connect: Connection refused");

    let server = serve(|mut client| client.read_exact(&mut [0; MESSAGE]));
    let mut crowd = Crowd::connect(server, 1, PATIENCE).expect("it connects");
    let gone = crowd.greet(PATIENCE).expect_err("it hangs up");
    assert_eq!(gone.to_string(), "client 1: Closed by the server");
}
