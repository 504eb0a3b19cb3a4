//! A server that takes its time, and a client that waits for it: plain std on both sides.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// Starts a server in a thread of its own, which no patch concerns: it answers after as many
/// milliseconds as it is asked for.
pub(crate) fn start() -> SocketAddr {
    let listener = told(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
    let address = told(listener.local_addr());
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || answer(client));
        }
    });
    address
}

fn answer(mut client: TcpStream) -> io::Result<()> {
    let mut millis = [0; 2];
    client.read_exact(&mut millis)?;
    thread::sleep(Duration::from_millis(u16::from_be_bytes(millis).into()));
    client.write_all(b"!")
}

/// Blocks in `read` for as long as the server takes: `time`.
pub(crate) fn ask(server: SocketAddr, time: Duration) {
    let millis = u16::try_from(time.as_millis()).unwrap_or(u16::MAX);
    let mut stream = told(TcpStream::connect(server));
    told(stream.write_all(&millis.to_be_bytes()));
    told(stream.read_exact(&mut [0]));
}

/// Without its server the program has nothing to show.
fn told<T>(result: io::Result<T>) -> T {
    result.unwrap_or_else(|why| {
        eprintln!("error: no connection to itself: {why}");
        std::process::exit(1)
    })
}
