//! Blocking clients that others wrote, unchanged, a hundred of them in the tasks of one patched thread.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{read_dir, read_to_string};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use gevent::{joinall, monkey, spawn};

const CLIENTS: u32 = 100;
/// So long the servers here take for each answer.
const SLOW: Duration = Duration::from_millis(200);

/// A server with a thread for each client, which answers by `serve`.
fn server(serve: fn(BufReader<TcpStream>) -> Option<()>) -> SocketAddr {
    let named = || thread::Builder::new().name("server".into());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let accept = move || {
        for client in listener.incoming() {
            let client = BufReader::new(client.unwrap());
            named().spawn(move || serve(client)).unwrap();
        }
    };
    named().spawn(accept).unwrap();
    address
}

/// Has `ask` ask for each number, all at the same time: that takes as long as one answer, and no
/// thread but this one.
fn all_at_once(ask: impl Fn(u32) -> String + Clone + 'static) {
    monkey::patch_all();
    let begin = Instant::now();
    let task = |n| {
        let ask = ask.clone();
        let threads = if n == CLIENTS / 2 { threads_like_this } else { || 1 };
        spawn(move || (ask(n), threads())).stack_size(256 * 1024)
    };
    let tasks: Vec<_> = (0..CLIENTS).map(task).collect();
    assert_eq!(joinall(&tasks, None).len(), tasks.len());
    let took = begin.elapsed();
    for (n, task) in tasks.iter().enumerate() {
        assert_eq!(task.get(None).unwrap(), (n.to_string(), 1));
    }
    assert!(took < SLOW * CLIENTS / 5, "{CLIENTS} answers of {SLOW:?} took {took:?}");
}

/// Threads of this name: a thread without a name of its own has that of the one that made it.
fn threads_like_this() -> usize {
    let name = read_to_string("/proc/thread-self/comm").unwrap();
    let all = read_dir("/proc/self/task").unwrap();
    let names = all.filter_map(|task| read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|other| *other == name).count()
}

#[test]
fn http_by_ureq() {
    let address = server(|mut client| {
        let mut line = String::new();
        while client.read_line(&mut line).ok()? > 2 {
            if let Some(path) = line.strip_prefix("GET /") {
                let n = path.split(' ').next()?.to_owned();
                while client.read_line(&mut line).ok()? > 2 {}
                thread::sleep(SLOW);
                let length = n.len();
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{n}");
                client.get_mut().write_all(answer.as_bytes()).ok()?;
            }
            line.clear();
        }
        Some(())
    });
    // One agent, whose lock and idle connections all of them share.
    let agent = ureq::agent();
    all_at_once(move |n| {
        let url = format!("http://{address}/{n}");
        agent.get(url).call().unwrap().body_mut().read_to_string().unwrap()
    });
}

#[test]
fn redis_by_redis() {
    let address = server(|mut client| {
        loop {
            let command = command(&mut client)?;
            let answer = match command.first()?.as_str() {
                "GET" => {
                    thread::sleep(SLOW);
                    let value = command.last()?;
                    format!("${}\r\n{value}\r\n", value.len())
                }
                _ => "+OK\r\n".into(),
            };
            client.get_mut().write_all(answer.as_bytes()).ok()?;
        }
    });
    let client = redis::Client::open(format!("redis://{address}/")).unwrap();
    all_at_once(move |n| {
        let mut connection = client.get_connection().unwrap();
        redis::cmd("GET").arg(n).query(&mut connection).unwrap()
    });
}

/// `*2`, `$3`, `GET`, `$1`, `7`, each a line.
fn command(client: &mut BufReader<TcpStream>) -> Option<Vec<String>> {
    let mut line = || {
        let mut line = String::new();
        client.read_line(&mut line).ok().filter(|n| *n > 0)?;
        Some(line.trim_end().to_owned())
    };
    let words: usize = line()?.strip_prefix('*')?.parse().ok()?;
    (0..words).map(|_| line().and_then(|_length| line())).collect()
}
