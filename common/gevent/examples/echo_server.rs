//! One echo server, twice: on the sockets of `gevent::net`, and on std's own after the patch.
//! `echo_server net` or `echo_server patched`; it says where it listens.

use std::io::{Read, Write};

use gevent::{monkey, net, spawn};

fn main() -> std::io::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("net") => {
            let listener = net::TcpListener::bind("127.0.0.1:0")?;
            println!("listening on {}", listener.local_addr()?);
            loop {
                let (client, _) = listener.accept()?;
                client.set_nodelay(true)?;
                spawn(move || echo(client));
            }
        }
        Some("patched") => {
            monkey::patch_all();
            let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
            println!("listening on {}", listener.local_addr()?);
            loop {
                let (client, _) = listener.accept()?;
                client.set_nodelay(true)?;
                spawn(move || echo(client));
            }
        }
        _ => {
            println!("usage: echo_server net|patched");
            Ok(())
        }
    }
}

/// The same code for both. It ends when the client has left, or on an error.
fn echo(mut client: impl Read + Write) {
    let mut buffer = [0; 1024];
    while let Ok(n @ 1..) = client.read(&mut buffer) {
        if client.write_all(&buffer[..n]).is_err() {
            return;
        }
    }
}
