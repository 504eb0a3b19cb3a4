//! The concurrency model itself, as `/proc` shows it.

use super::served;
use crate::proc;
use crate::{Client, Result, Running, Signal, Subject, listening, patience};

/// How many clients a model is looked at with.
const CLIENTS: usize = 10;

/// A thread per client, ended when the client leaves, and no process.
///
/// # Errors
///
/// It is another model.
pub fn a_thread_per_client(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let threads = running.threads();
    let clients = several(&running)?;
    let more = running.threads().saturating_sub(threads);
    running.check(more >= CLIENTS, format!("{more} threads more for {CLIENTS} clients"))?;
    running.check(running.children().is_empty(), "it has started processes")?;
    server.reached(2, 3);
    drop(clients);
    running.wait_until("each client's thread has ended", || running.threads() <= threads)
}

/// A child process per client, gone when the client leaves.
///
/// # Errors
///
/// It is another model, or leaves zombies.
pub fn a_child_per_client(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let clients = several(&running)?;
    let children = running.children().len();
    running.check(children >= CLIENTS, format!("{children} children for {CLIENTS} clients"))?;
    server.reached(2, 3);
    drop(clients);
    running.wait_until("no child is left, zombies included", || running.children().is_empty())
}

/// A thread or a child process per client, gone when the client leaves.
///
/// # Errors
///
/// It is another model.
pub fn a_thread_or_a_child_per_client(server: &Subject) -> Result {
    let running = server.start(&[])?;
    if !running.address().transport.is_stream() {
        return Ok(());
    }
    let before = running.threads();
    let clients = several(&running)?;
    let threads = running.threads().saturating_sub(before);
    let children = running.children().len();
    running.check(
        threads.max(children) >= CLIENTS,
        format!("{threads} threads and {children} children more for {CLIENTS} clients"),
    )?;
    server.reached(2, 3);
    drop(clients);
    running.wait_until("each client's thread or process has ended", || {
        running.threads() <= before && running.children().is_empty()
    })
}

/// As many threads and processes with ten clients as with none.
///
/// # Errors
///
/// It is another model.
pub fn neither_threads_nor_children_for_clients(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let before = running.threads();
    let _clients = several(&running)?;
    let threads = running.threads().saturating_sub(before);
    // A language may start a few threads of its own, but not one for each client.
    running
        .check(threads < CLIENTS / 2, format!("{threads} threads more for {CLIENTS} clients"))?;
    let children = running.children().len();
    running.check(children < CLIENTS / 2, format!("{children} children for {CLIENTS} clients"))
}

/// The one client that is served takes neither a thread nor a process.
///
/// # Errors
///
/// It is another model.
pub fn neither_thread_nor_child_for_one_client(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let before = running.threads();
    let _client = served(&running)?;
    let threads = running.threads().saturating_sub(before);
    running.check(threads == 0, format!("{threads} threads more for one client"))?;
    running.check(running.children().is_empty(), "it has started a process")
}

/// No process of it has a second thread, with ten clients.
///
/// # Errors
///
/// One has.
pub fn one_thread_in_each_process(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let _clients = several(&running)?;
    let processes = running.processes();
    let single = processes.iter().all(|process| process.threads == 1);
    running.check(single, format!("a process has more than one thread: {processes:?}"))
}

/// One thread and no other process, however many clients there are.
///
/// # Errors
///
/// It is another model.
pub fn one_thread_for_all(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let _clients = several(&running)?;
    running.check(running.threads() == 1, format!("it has {} threads", running.threads()))?;
    running.check(running.children().is_empty(), "it has started processes")?;
    running.stop()
}

/// One client at a time takes neither a thread nor a process.
///
/// # Errors
///
/// It is another model.
pub fn one_thread_for_one_client(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let mut client = running.connect()?;
    client.send("hello")?;
    client.expect(server.reply())?;
    running.check(running.threads() == 1, format!("it has {} threads", running.threads()))?;
    running.check(running.children().is_empty(), "it has started processes")?;
    running.stop()
}

/// A child that is killed costs its client only.
///
/// # Errors
///
/// The parent ends, keeps a zombie, or serves no more.
pub fn a_killed_child_costs_its_client_only(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let mut first = running.connect()?;
    first.send("hello")?;
    first.expect(server.reply())?;
    let child = running.children()[0].pid;
    let mut second = running.connect()?;
    second.send("hello")?;
    second.expect(server.reply())?;

    running.note(format!("killed child {child}"));
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(child), Signal::SIGKILL)?;
    first.expect_closed()?;
    running.wait_until("the killed child is no zombie", || running.children().len() == 1)?;
    for client in [&mut second, &mut running.connect()?] {
        client.send("still there?")?;
        client.expect(server.reply())?;
    }
    running.stop()
}

/// A child holds its own client only: neither the listening socket nor other clients.
///
/// # Errors
///
/// It holds more.
pub fn a_child_holds_its_own_client_only(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let mut clients = Vec::new();
    let mut counts = Vec::new();
    for _ in 0..5 {
        let mut client = running.connect()?;
        client.send("hello")?;
        client.expect(server.reply())?;
        clients.push(client);
        let newest = running.children().into_iter().map(|child| child.pid).max().unwrap_or(0);
        running.check(listening(newest).is_none(), "a child holds the listening socket")?;
        let open = proc::descriptors(newest);
        counts.push(open.iter().filter(|(_, to)| to.starts_with("socket:")).count());
    }
    running
        .check(counts == [1; 5], format!("sockets in the first to the fifth child: {counts:?}"))?;
    running.stop()
}

/// When the parent is killed, its children die too.
///
/// # Errors
///
/// One lives on.
pub fn children_die_with_the_parent(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let mut clients = several(&running)?;
    running.signal(Signal::SIGKILL)?;
    running.wait_exit(patience())?;
    for client in &mut clients {
        client.expect_closed()?;
    }
    running.wait_until("nobody is left", || running.processes().is_empty())
}

/// So many clients, each connected and answered.
fn several(running: &Running) -> Result<Vec<Client>> {
    (0..CLIENTS).map(|_| served(running)).collect()
}
