//! The load of an echo server: on each connection, one message is always on its way.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

/// What was asked of a server.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// How many connections, all at once.
    pub connections: usize,
    /// How long after the warm-up.
    pub seconds: f64,
    /// The length of a message.
    pub bytes: usize,
}

/// What the server did.
#[derive(Clone, Copy, Debug)]
pub struct Count {
    /// Whole messages that came back.
    pub messages: u64,
    /// In how many seconds.
    pub seconds: f64,
    /// Processor time that the server spent meanwhile.
    pub cpu: Duration,
    /// On how many connections at least one came back.
    pub served: usize,
}

struct Connection {
    stream: TcpStream,
    /// Bytes of the present message still to come back.
    missing: usize,
    messages: u64,
}

impl Load {
    /// Connects, warms up for a tenth of the time, and counts; `cpu` gives the server's processor
    /// time until now.
    pub fn run(&self, server: SocketAddr, cpu: impl Fn() -> Duration) -> io::Result<Count> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let message = vec![b'x'; self.bytes];
        let mut connections = Vec::with_capacity(self.connections);
        for index in 0..self.connections {
            let stream = TcpStream::connect_timeout(&server, Duration::from_secs(10))?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, index as u64))?;
            connections.push(Connection { stream, missing: 0, messages: 0 });
        }
        for connection in &mut connections {
            connection.send(&message)?;
        }
        drive(&epoll, &mut connections, &message, self.seconds / 10.0)?;
        let before = cpu();
        for connection in &mut connections {
            connection.messages = 0;
        }
        let seconds = drive(&epoll, &mut connections, &message, self.seconds)?;
        // As long as all are connected: a child process that ended would not count.
        let cpu = cpu().saturating_sub(before);
        Ok(Count {
            cpu,
            messages: connections.iter().map(|c| c.messages).sum(),
            seconds,
            served: connections.iter().filter(|c| c.messages > 0).count(),
        })
    }
}

/// Answers each answer with the next message; gives the seconds it took.
fn drive(
    epoll: &Epoll,
    connections: &mut [Connection],
    message: &[u8],
    seconds: f64,
) -> io::Result<f64> {
    let begin = Instant::now();
    let mut events = vec![EpollEvent::empty(); connections.len().clamp(1, 1024)];
    while begin.elapsed().as_secs_f64() < seconds {
        let count = epoll.wait(&mut events, EpollTimeout::from(100u8))?;
        for event in &events[..count] {
            connections[event.data() as usize].receive(message)?;
        }
    }
    Ok(begin.elapsed().as_secs_f64())
}

impl Connection {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.missing = message.len();
        self.stream.write_all(message)
    }

    fn receive(&mut self, message: &[u8]) -> io::Result<()> {
        let mut buffer = [0; 16384];
        match self.stream.read(&mut buffer) {
            Ok(0) => Err(io::Error::other("the server closed a connection")),
            Ok(count) => {
                self.missing = self.missing.saturating_sub(count);
                if self.missing == 0 {
                    self.messages += 1;
                    self.send(message)?;
                }
                Ok(())
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(e) => Err(e),
        }
    }
}
