// thread_server that takes what it receives for UTF-8.
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

fn main() -> std::io::Result<()> {
    let port = std::env::var("PORT").expect("PORT").parse::<u16>().expect("a number");
    for client in TcpListener::bind(("127.0.0.1", port))?.incoming() {
        let client = client?;
        std::thread::spawn(move || answer(client));
    }
    Ok(())
}

fn answer(mut client: TcpStream) {
    let mut buffer = [0; 1024];
    while let Ok(n @ 1..) = client.read(&mut buffer) {
        println!("{}", std::str::from_utf8(&buffer[..n]).unwrap());
        if client.write_all(b"Thanks").is_err() {
            break;
        }
    }
}
