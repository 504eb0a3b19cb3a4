//! Clients that come, go, break off, and are too many.

use std::time::Duration;

use super::served;
use crate::any_server::{self, settled};
use crate::{Result, Server, Subject, find_or_skip, patience, random_bytes, skip};

/// 200 clients come and go: descriptors, threads and children are then as many as before.
///
/// # Errors
///
/// They are not.
pub fn two_hundred_clients_leave_nothing_behind(server: &Subject) -> Result {
    any_server::nothing_is_left(server, served)
}

/// Twenty clients come and go, and no child that has ended is left unwaited for.
///
/// # Errors
///
/// One is.
pub fn no_zombie_is_left(server: &Subject) -> Result {
    any_server::no_zombie_is_left(server, served)
}

/// Twenty clients break off, before or after they have sent or been answered: the next is served.
///
/// # Errors
///
/// It is not.
pub fn resets_harm_nobody_else(server: &Subject) -> Result {
    let running = server.start(&[])?;
    for turn in 0..20 {
        let mut client = running.connect()?;
        if turn % 2 == 0 {
            client.send("hello")?;
        }
        if turn % 4 == 0 {
            client.expect_something()?;
        }
        client.reset()?;
    }
    served(&running).map(drop)
}

/// After twenty clients it has taken little memory, few processes, and printed little.
///
/// # Errors
///
/// It has taken more, or printed more than a mebibyte.
pub fn it_stays_within_bounds(server: &Subject) -> Result {
    let running = server.start(&[])?;
    for _ in 0..20 {
        served(&running)?;
    }
    let (printed, processes) = (running.printed(), running.processes().len());
    running.check(printed < 1 << 20, format!("it has printed {printed} bytes for 20 clients"))?;
    running.check(processes < 30, format!("it has {processes} processes after 20 clients"))
}

/// 50 connections are reset in the middle of a send: the server goes on.
///
/// # Errors
///
/// It does not.
pub fn fifty_resets_in_the_middle_of_a_send(server: &Subject) -> Result {
    let running = server.start(&["--echo", "--quiet"])?;
    let descriptors = settled(&running, || running.descriptors())?;
    let bytes = random_bytes(7, 300_000);
    for index in 0..50 {
        let mut client = running.connect()?;
        // Of a part of it the echo is still on its way when the client breaks off.
        client.send(&bytes[..bytes.len() / 50 * (index + 1)])?;
        if index % 2 == 0 {
            client.receive(1)?;
        }
        client.reset()?;
    }
    let mut client = running.connect()?;
    client.send("still there?")?;
    client.expect("still there?")?;
    client.close();
    running.wait_until("no child is left", || running.children().is_empty())?;
    running
        .wait_until("the connections are closed", || running.descriptors() <= descriptors + 1)?;
    running.stop()
}

/// `ulimit -n 24` and 60 clients: little processor time while it is full, and it recovers.
///
/// # Errors
///
/// It spends 20 % of a core or more, dies, or serves nobody afterwards.
pub fn out_of_descriptors_it_waits_and_recovers(server: &Subject) -> Result {
    let running = server.with(&[]).limit_descriptors(24).start()?;
    let mut clients = Vec::new();
    for _ in 0..60 {
        let mut client = running.connect()?;
        client.send("hello")?;
        clients.push(client);
    }
    clients[0].expect(server.reply())?;
    running.wait_idle()?;
    let (cpu, lines) = (running.cpu_time(), running.stderr().lines().count());
    std::thread::sleep(Duration::from_secs(1));
    let (cpu, lines) = (running.cpu_time() - cpu, running.stderr().lines().count() - lines);
    running
        .check(cpu < Duration::from_millis(200), format!("full, it used {cpu:?} of a second"))?;
    running.check(lines < 30, format!("full, it logged {lines} lines in a second"))?;

    // The last one has waited all the time; now there is room.
    let mut last = clients.split_off(59).remove(0);
    drop(clients);
    last.expect(server.reply())?;
    last.close();
    for _ in 0..3 {
        let mut client = running.connect()?;
        client.send("hello again")?;
        client.expect(server.reply())?;
    }
    running.stop()
}

/// Three hundred clients connect while the server is stopped in its tracks: the backlog has room.
///
/// # Errors
///
/// One cannot connect, or is not answered afterwards.
pub fn three_hundred_connect_at_once(server: &Subject) -> Result {
    let running = server.start(&["--quiet"])?;
    running.signal(crate::Signal::SIGSTOP)?;
    let mut clients = Vec::new();
    for _ in 0..300 {
        let mut client = running.connect()?;
        client.send("hello")?;
        clients.push(client);
    }
    running.signal(crate::Signal::SIGCONT)?;
    for mut client in clients {
        client.expect(server.reply())?;
        client.close();
    }
    running.stop()
}

/// Clients that are gone before they are accepted cost nothing.
///
/// # Errors
///
/// The server ends, or serves nobody afterwards.
pub fn clients_gone_before_they_are_accepted(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let descriptors = settled(&running, || running.descriptors())?;
    running.signal(crate::Signal::SIGSTOP)?;
    for index in 0..20 {
        let mut client = running.connect()?;
        if index % 2 == 0 {
            client.send("hello")?;
        }
        client.reset()?;
    }
    running.signal(crate::Signal::SIGCONT)?;
    let mut client = running.connect()?;
    client.send("hello")?;
    client.expect(server.reply())?;
    client.close();
    running.wait_until("no child is left", || running.children().is_empty())?;
    running
        .wait_until("the connections are closed", || running.descriptors() <= descriptors + 1)?;
    running.stop()
}

/// No thread or process can be had for a client: that costs this client only.
///
/// # Errors
///
/// The server ends, hangs, or serves nobody afterwards.
pub fn no_room_for_another_costs_that_client_only(server: &Subject) -> Result {
    let Some(program) = with_few_processes(server) else { return Ok(()) };
    let running = program.start()?;
    let mut clients = Vec::new();
    for _ in 0..30 {
        let mut client = running.connect()?;
        client.send("hello")?;
        clients.push(client);
    }
    let (mut served, mut refused) = (0, 0);
    for client in &mut clients {
        match client.receive(100) {
            Ok(reply) if reply == server.reply().as_bytes() => served += 1,
            _ => {
                client.expect_closed()?;
                refused += 1;
            }
        }
    }
    running.check(served > 0 && refused > 0, format!("{served} were served, {refused} refused"))?;
    drop(clients);
    running.wait_until("one is served again", || {
        let again = || -> Result {
            let mut client = running.connect()?;
            client.send("hello")?;
            client.expect(server.reply())
        };
        again().is_ok()
    })?;
    running.stop()
}

/// The program as a user of its own, who may have ten processes or threads; `None` if only the
/// administrator could arrange that, or that user may not run the program.
fn with_few_processes(server: &Subject) -> Option<Server> {
    let (setpriv, prlimit) = (find_or_skip("setpriv")?, find_or_skip("prlimit")?);
    // A number that no other test uses at this time: the limit counts all processes of the user.
    let user = format!("--reuid={}", 100_000 + std::process::id());
    let limited = |args: &[&str]| {
        Server::new(&setpriv)
            .args([user.as_str(), "--clear-groups"])
            .arg(&prlimit)
            .arg("--nproc=10")
            .arg(server.program())
            .args(server.arguments())
            .args(args)
    };
    let trial = limited(&["--version"]).spawn().ok()?;
    if trial.wait_exit(patience()).is_ok_and(|status| status.success()) {
        return Some(limited(&[]));
    }
    skip("only the administrator can run a program as another user");
    None
}
