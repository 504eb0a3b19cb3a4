// thread_server that answers one message of each client, and closes.
use std::io::{Read, Write};
use std::net::TcpListener;

fn main() -> std::io::Result<()> {
    let port = std::env::var("PORT").expect("PORT").parse::<u16>().expect("a number");
    for client in TcpListener::bind(("127.0.0.1", port))?.incoming() {
        let mut client = client?;
        std::thread::spawn(move || {
            if client.read(&mut [0; 1024]).is_ok_and(|n| n > 0) {
                let _ = client.write_all(b"Thanks");
            }
        });
    }
    Ok(())
}
