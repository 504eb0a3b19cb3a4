// thread_server that answers one message of each client, however many sends that was, and closes.
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

fn main() -> std::io::Result<()> {
    let port = std::env::var("PORT").expect("PORT").parse::<u16>().expect("a number");
    for client in TcpListener::bind(("127.0.0.1", port))?.incoming() {
        let client = client?;
        std::thread::spawn(move || answer(client));
    }
    Ok(())
}

fn answer(mut client: TcpStream) -> std::io::Result<()> {
    let (mut buffer, mut received) = ([0; 1024], client.read(&mut [0; 1024])?);
    client.set_read_timeout(Some(Duration::from_millis(200)))?;
    while let 1..60_000 = received {
        match client.read(&mut buffer) {
            Ok(n @ 1..) => received += n,
            _ => return client.write_all(b"Thanks"), // nothing more comes
        }
    }
    Ok(())
}
