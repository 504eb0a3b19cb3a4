//! One browser's connection in a thread of its own: reads and writes that wait.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::net::Client;
use common::stop;
use httpcore::{Connection, Http, Step};
use nix::errno::Errno;
use nix::libc::MSG_MORE;
use nix::sys::sendfile::sendfile64;
use nix::sys::socket::{MsgFlags, Shutdown, send, shutdown};
use socketserver::BaseRequestHandler;

/// Answers a browser: the handler class of the server underneath.
#[derive(Clone, Debug)]
pub struct Browser {
    http: Arc<Http>,
}

impl Browser {
    pub(crate) fn new(http: Arc<Http>) -> Self {
        Self { http }
    }
}

impl BaseRequestHandler<socketserver::Connection> for Browser {
    /// Runs in the browser's own thread, until its connection ends.
    fn handle(&mut self, request: &mut socketserver::Connection) -> socketserver::Result {
        let client = request.client();
        let mut connection = Connection::new(&self.http, client.peer(), Instant::now());
        let mut limit = Limit::of(client, &connection)?;
        let mut buffer = [0; 16 * 1024];
        loop {
            if stop::requested() {
                connection.stop();
            }
            match connection.step() {
                // 【1】接收客户端（浏览器）请求 / receive the request. day09 L70
                Step::Receive => {
                    limit.follow(client, &connection)?;
                    match client.receive(&mut buffer) {
                        // 【2】解析请求 【3】根据请求组织数据 / parse it and have it answered. day09 L71-72
                        Ok(n) => connection.feed(&buffer[..n], Instant::now()),
                        Err(e) if e.kind() == io::ErrorKind::TimedOut => {
                            connection.expire(Instant::now())
                        }
                        Err(_) => return Ok(()),
                    }
                }
                // 【4】以响应格式发送给浏览器 / send the answer, in the form of a response. day09 L73
                Step::Send { bytes, more } => {
                    let more = if more { MSG_MORE } else { 0 };
                    let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::from_bits_retain(more);
                    let sent = send(client.as_fd().as_raw_fd(), bytes, flags);
                    if !note(&mut connection, sent, Instant::now()) {
                        return Ok(());
                    }
                }
                // 大文件不经过本进程的内存 / a large file does not pass through our memory.
                Step::SendFile { file, offset, length } => {
                    if length > Limit::LARGE {
                        limit.be_at_most(client, Limit::LOOK)?;
                    }
                    let (mut at, count) = (offset as i64, length.min(1 << 30) as usize);
                    let begun = Instant::now();
                    let sent = sendfile64(client.as_fd(), file, Some(&mut at), count);
                    // 只发出一部分，说明后来一直在等 / a part: it was sent at the beginning of the wait.
                    let when = if sent == Ok(count) { Instant::now() } else { begun };
                    if !note(&mut connection, sent, when) {
                        return Ok(());
                    }
                }
                Step::HalfClose => {
                    let _ = shutdown(client.as_fd().as_raw_fd(), Shutdown::Write);
                }
                Step::Close => return Ok(()),
            }
        }
    }
}

/// Tells the connection what became of a step; false if the browser is gone.
fn note(connection: &mut Connection, sent: nix::Result<usize>, when: Instant) -> bool {
    match sent {
        Ok(n) => connection.sent(n as u64, when),
        Err(Errno::EINTR) => {}
        // 浏览器太久没有收走任何字节 / it has taken nothing for so long.
        Err(Errno::EAGAIN) => connection.expire(Instant::now()),
        Err(_) => return false,
    }
    true
}

/// How long a read or write on the socket waits. It follows the connection's deadline, roughly: a
/// system call for each request would cost more than it is worth.
struct Limit(Duration);

impl Limit {
    const SLACK: Duration = Duration::from_millis(100);
    /// While it sends a file this large, a thread looks up so often (sendfile waits for several times
    /// its limit if it has sent something before).
    const LARGE: u64 = 1 << 20;
    const LOOK: Duration = Duration::from_secs(3);

    fn of(client: &Client, connection: &Connection) -> io::Result<Self> {
        let limit = left(connection);
        client.set_timeout(Some(limit))?;
        Ok(Self(limit))
    }

    /// Sets it anew if it would fire too late, or much too early.
    fn follow(&mut self, client: &Client, connection: &Connection) -> io::Result<()> {
        let left = left(connection);
        if left > self.0 * 2 {
            client.set_timeout(Some(left))?;
            self.0 = left;
        }
        self.be_at_most(client, left)
    }

    fn be_at_most(&mut self, client: &Client, limit: Duration) -> io::Result<()> {
        if limit + Self::SLACK < self.0 {
            client.set_timeout(Some(limit))?;
            self.0 = limit;
        }
        Ok(())
    }
}

/// A limit of nothing would mean none at all.
fn left(connection: &Connection) -> Duration {
    let left = connection.deadline().saturating_duration_since(Instant::now());
    left.max(Duration::from_millis(1))
}
