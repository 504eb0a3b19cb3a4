//! The limit for an echo on one thread: a bare level-triggered epoll loop, no log, no limits, no
//! way to stop but a signal. Bytes that a slow client does not take are dropped.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

/// The mark of the listener; clients have their descriptor's number.
const LISTENER: u64 = u64::MAX;

fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    epoll.add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))?;
    let mut clients: HashMap<u64, TcpStream> = HashMap::new();
    let mut events = vec![EpollEvent::empty(); 1024];
    let mut buffer = [0; 4096];
    loop {
        let count = epoll.wait(&mut events, EpollTimeout::NONE)?;
        for event in &events[..count] {
            if event.data() == LISTENER {
                let Ok((client, _)) = listener.accept() else {
                    continue;
                };
                client.set_nonblocking(true)?;
                client.set_nodelay(true)?;
                let key = client.as_raw_fd() as u64;
                epoll.add(&client, EpollEvent::new(EpollFlags::EPOLLIN, key))?;
                clients.insert(key, client);
            } else if let Some(client) = clients.get_mut(&event.data()) {
                match client.read(&mut buffer) {
                    Ok(count) if count > 0 => drop(client.write(&buffer[..count])),
                    _ => drop(clients.remove(&event.data())),
                }
            }
        }
    }
}
