//! Ctrl-C and SIGTERM: what is in flight is finished, and nothing is left.

use std::time::{Duration, Instant};

use super::served;
use crate::any_server;
use crate::{Client, Result, Running, Signal, Subject, patience, proc, random_bytes};

/// A grace that no test waits for: a server that waits it out is found by [`patience`].
const LONG: &str = "600";

/// Without a client it ends at once, with exit code 0.
///
/// # Errors
///
/// It does not.
pub fn without_clients_it_ends_at_once(server: &Subject) -> Result {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let running = server.start(&["--grace", LONG])?;
        ends_at_once(&running, signal)?;
    }
    Ok(())
}

/// A client that is merely connected, or was answered, is let go at once on SIGINT.
///
/// # Errors
///
/// The server waits for it.
pub fn an_idle_client_does_not_hold_up_sigint(server: &Subject) -> Result {
    idle_clients(server, Signal::SIGINT)
}

/// A client that is merely connected, or was answered, is let go at once on SIGTERM.
///
/// # Errors
///
/// The server waits for it.
pub fn an_idle_client_does_not_hold_up_sigterm(server: &Subject) -> Result {
    idle_clients(server, Signal::SIGTERM)
}

fn idle_clients(server: &Subject, signal: Signal) -> Result {
    let running = server.start(&["--grace", LONG])?;
    let mut answered = running.connect()?;
    answered.send("hello")?;
    answered.expect(server.reply())?;
    let mut silent = running.connect()?;
    ends_at_once(&running, signal)?;
    answered.expect_eof()?;
    silent.expect_closed()
}

/// A chunk that was received is answered before the server ends.
///
/// # Errors
///
/// It is not.
pub fn a_chunk_in_work_is_still_answered(server: &Subject) -> Result {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let running = server.start(&["--work", "io:500", "--grace", LONG])?;
        let mut client = running.connect()?;
        client.send("hello")?;
        client.expect_silence()?;
        running.signal(signal)?;
        client.expect(server.reply())?;
        client.expect_eof()?;
        ended(&running)?;
    }
    Ok(())
}

/// An answer that the client has not taken yet is sent to its end.
///
/// # Errors
///
/// Bytes that the server had received do not come back.
pub fn a_transfer_is_finished(server: &Subject) -> Result {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let running = server.start(&["--echo", "--quiet", "--grace", LONG])?;
        let (mut client, bytes, received) = stuck(&running)?;
        running.signal(signal)?;
        still_runs(&running)?;
        let got = client.read_to_end()?;
        super::replies::same(&client, &bytes[..got.len().min(bytes.len())], &got)?;
        let all = got.len() >= received;
        running.check(all, format!("{} bytes came back of {received} received", got.len()))?;
        client.close();
        ended(&running)?;
    }
    Ok(())
}

/// A client that never reads is waited for no longer than the grace time.
///
/// # Errors
///
/// The server still waits.
pub fn the_grace_time_ends(server: &Subject) -> Result {
    let running = server.start(&["--echo", "--quiet", "--grace", "1"])?;
    let (mut client, ..) = stuck(&running)?;
    running.signal(Signal::SIGTERM)?;
    ended(&running)?;
    client.expect_closed()
}

/// A second signal ends it at once, in the middle of a transfer.
///
/// # Errors
///
/// The server still waits.
pub fn a_second_signal_ends_it_at_once(server: &Subject) -> Result {
    for signals in [[Signal::SIGINT; 2], [Signal::SIGTERM, Signal::SIGINT]] {
        let running = server.start(&["--echo", "--quiet", "--grace", LONG])?;
        let (mut client, ..) = stuck(&running)?;
        running.signal(signals[0])?;
        still_runs(&running)?;
        running.signal(signals[1])?;
        running.wait_exit(patience())?;
        client.expect_closed()?;
        running.wait_until("no process is left", || running.processes().is_empty())?;
    }
    Ok(())
}

/// While a transfer is finished nobody new is served, and the port is free already.
///
/// # Errors
///
/// A new client is accepted.
pub fn nobody_is_accepted_while_it_stops(server: &Subject) -> Result {
    let running = server.start(&["--echo", "--quiet", "--grace", LONG])?;
    let (_client, ..) = stuck(&running)?;
    running.signal(Signal::SIGTERM)?;
    running.wait_until("new clients are refused", || {
        std::net::TcpStream::connect(running.addr()).is_err()
    })?;
    let next = server.on_port(&running.port().to_string()).start()?;
    running.check(running.exit_status()?.is_none(), "it ended in the middle of a transfer")?;
    next.stop()
}

/// Who had connected and spoken before the signal, and was not accepted yet, is answered.
///
/// # Errors
///
/// A connection is lost.
pub fn nobody_in_the_backlog_is_lost(server: &Subject) -> Result {
    let running = server.start(&["--grace", LONG])?;
    running.signal(Signal::SIGSTOP)?;
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = running.connect()?;
        client.send("hello")?;
        clients.push(client);
    }
    running.signal(Signal::SIGTERM)?;
    running.signal(Signal::SIGCONT)?;
    for mut client in clients {
        client.expect(server.reply())?;
        client.expect_eof()?;
    }
    ended(&running)
}

/// With as many clients as it may have, and others that wait, it stops as ever.
///
/// # Errors
///
/// It does not.
pub fn a_full_server_stops_too(server: &Subject) -> Result {
    let crowded = server.with(&["--max-clients", "2", "--grace", LONG]);
    let out_of_descriptors = server.with(&["--grace", LONG]).limit_descriptors(24);
    for program in [crowded, out_of_descriptors] {
        let running = program.start()?;
        let mut clients = Vec::new();
        for _ in 0..40 {
            clients.push(running.connect()?);
        }
        clients[0].send("hello")?;
        clients[0].expect(server.reply())?;
        running.signal(Signal::SIGTERM)?;
        ended(&running)?;
        for client in &mut clients {
            client.expect_closed()?;
        }
    }
    Ok(())
}

/// Ctrl-C goes to the whole group, and is one orderly stop.
///
/// # Errors
///
/// It is not.
pub fn ctrl_c_to_the_whole_group_is_one_stop(server: &Subject) -> Result {
    let running = server.start(&["--work", "io:500", "--grace", LONG])?;
    let mut client = running.connect()?;
    client.send("hello")?;
    client.expect_silence()?;
    running.signal_group(Signal::SIGINT)?;
    client.expect(server.reply())?;
    client.expect_eof()?;
    ended(&running)
}

/// The port can be bound again at once, although the server closed connections itself.
///
/// # Errors
///
/// It cannot.
pub fn the_port_is_free_at_once(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let port = running.port().to_string();
    let mut client = running.connect()?;
    client.send("hello")?;
    client.expect(server.reply())?;
    running.signal(Signal::SIGINT)?;
    ended(&running)?;
    for _ in 0..3 {
        let next = server.on_port(&port).start()?;
        let mut client = next.connect()?;
        client.send("hello")?;
        client.expect(server.reply())?;
        next.signal(Signal::SIGINT)?;
        ended(&next)?;
    }
    Ok(())
}

/// Ctrl-C ends it, with any exit code, also while clients are connected.
///
/// # Errors
///
/// It goes on, or leaves a process behind.
pub fn ctrl_c_ends_it(server: &Subject) -> Result {
    any_server::ctrl_c_ends_it(server, served)
}

/// The same port can be listened on again at once, although the server closed connections itself.
///
/// # Errors
///
/// It cannot.
pub fn it_starts_again_on_the_same_port(server: &Subject) -> Result {
    any_server::it_starts_again_on_the_same_port(server, served)
}

/// It ends without waiting for anything: in well under a second, on a machine that has the time.
fn ends_at_once(running: &Running, signal: Signal) -> Result {
    let begin = Instant::now();
    running.signal(signal)?;
    ended(running)?;
    let took = begin.elapsed();
    running.check(took < patience() / 4, format!("it took {took:?} to end"))
}

/// It has had time to end, and has not.
fn still_runs(running: &Running) -> Result {
    std::thread::sleep(Duration::from_millis(200));
    running.check(running.exit_status()?.is_none(), "it ended in the middle of a transfer")
}

/// It ends with 0, and no process of it is left.
fn ended(running: &Running) -> Result {
    let status = running.wait_exit(patience())?;
    running.check(status.code() == Some(0), format!("it ended with {status} instead of 0"))?;
    running.wait_until("no process is left", || running.processes().is_empty())
}

/// A client that has sent and not read until the server, too, can send no more; the bytes that it
/// sent, and how many of them the server has received.
fn stuck(running: &Running) -> Result<(Client, Vec<u8>, usize)> {
    let mut bytes = random_bytes(8, 1 << 20).repeat(64);
    let mut client = running.connect()?;
    let (here, there) = (client.local_addr()?, running.addr());
    let mut sent = 0;
    loop {
        sent += client.send_until_full(&bytes[sent..])?;
        running.wait_idle()?;
        let gone = || client.failure("the connection is gone");
        let (unsent, _) = proc::tcp_queues(here, there).ok_or_else(gone)?;
        let (_, unread) = proc::tcp_queues(there, here).ok_or_else(gone)?;
        // It sleeps although there is something to read: it waits to be able to send.
        if unsent > 0 && unread > 0 {
            let received = sent.saturating_sub(unsent + unread);
            running.note(format!(
                "the server has received {received} of {sent} bytes, and can send no more"
            ));
            bytes.truncate(sent);
            return Ok((client, bytes, received));
        }
        running.check(sent < bytes.len(), "the server takes all and sends it nowhere")?;
    }
}
