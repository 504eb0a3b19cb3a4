//! `--work`, `--max-clients`, `--idle-timeout`, `--port`.

use std::time::{Duration, Instant};

use crate::{Result, Subject};

/// `--work io:MS` waits before each answer, without processor time.
///
/// # Errors
///
/// It answers sooner, or computes.
pub fn io_work_waits_before_each_answer(server: &Subject) -> Result {
    let running = server.start(&["--work", "io:200"])?;
    let mut client = running.connect()?;
    let cpu = running.cpu_time();
    for _ in 0..2 {
        let begin = Instant::now();
        client.send("hello")?;
        client.expect(server.reply())?;
        let took = begin.elapsed();
        running.check(took >= Duration::from_millis(199), format!("it answered after {took:?}"))?;
    }
    let cpu = running.cpu_time() - cpu;
    running
        .check(cpu < Duration::from_millis(150), format!("it used {cpu:?} of processor time"))?;
    running.stop()
}

/// `--work cpu:MS` computes before each answer.
///
/// # Errors
///
/// It uses less processor time.
pub fn cpu_work_computes_before_each_answer(server: &Subject) -> Result {
    let running = server.start(&["--work", "cpu:100", "--echo"])?;
    let mut client = running.connect()?;
    let cpu = running.cpu_time();
    for _ in 0..2 {
        client.send("hello")?;
        client.expect("hello")?;
    }
    let cpu = running.cpu_time() - cpu;
    running.check(cpu >= Duration::from_millis(150), format!("it used only {cpu:?}"))?;
    running.stop()
}

/// `--max-clients 2` lets the third wait, and drops nobody.
///
/// # Errors
///
/// It serves a third, or drops it.
pub fn further_clients_wait_for_their_turn(server: &Subject) -> Result {
    let running = server.start(&["--max-clients", "2"])?;
    let mut first = running.connect()?;
    let mut second = running.connect()?;
    for client in [&mut first, &mut second] {
        client.send("hello")?;
        client.expect(server.reply())?;
    }
    let mut third = running.connect()?;
    third.send("hello")?;
    third.expect_silence()?;
    second.send("still served")?;
    second.expect(server.reply())?;
    first.close();
    third.expect(server.reply())?;
    second.send("still served")?;
    second.expect(server.reply())?;
    running.stop()
}

/// A client that sends nothing for `--idle-timeout` is let go; one that talks stays.
///
/// # Errors
///
/// It is not, or does not.
pub fn an_idle_client_is_let_go(server: &Subject) -> Result {
    let running = server.start(&["--idle-timeout", "1"])?;
    let mut busy = running.connect()?;
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(1200) {
        busy.send("hello")?;
        busy.expect(server.reply())?;
        std::thread::sleep(Duration::from_millis(100));
    }
    let begin = Instant::now();
    let mut idle = running.connect()?;
    idle.expect_eof()?;
    let took = begin.elapsed();
    running.check(took >= Duration::from_millis(900), format!("it was let go after {took:?}"))?;
    busy.expect_closed()?;
    running.wait_until("no child is left", || running.children().is_empty())?;
    running.stop()
}

/// Without `--idle-timeout` a client may stay as long as it likes.
///
/// # Errors
///
/// It may not.
pub fn without_a_timeout_an_idle_client_stays(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let mut client = running.connect()?;
    std::thread::sleep(Duration::from_secs(1));
    client.expect_silence()?;
    client.send("hello")?;
    client.expect(server.reply())?;
    running.stop()
}

/// Options may be given in any order, and `--port N` is the port.
///
/// # Errors
///
/// It is another.
pub fn the_port_is_the_one_asked_for(server: &Subject) -> Result {
    let port = server.start(&[])?.port();
    let running =
        server.on_port(&port.to_string()).args(["--quiet", "--host", "127.0.0.1"]).start()?;
    running.check(running.port() == port, format!("it listens on {}", running.addr()))?;
    running.stop()
}
