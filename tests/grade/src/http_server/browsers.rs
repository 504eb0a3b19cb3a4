//! Many browsers at once, how they are served, and how it ends.

use super::answers::still_serves;
use super::{INDEX, answer, request, served};
use crate::any_server;
use crate::{Client, Result, Running, Subject};

/// How many browsers a model is looked at with.
const BROWSERS: usize = 10;

/// Browsers are answered in the reverse order of connecting.
///
/// # Errors
///
/// They are not.
pub fn they_are_answered_in_reverse_order(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let mut clients = silent(&running, 20)?;
    ask_in_reverse(&running, &mut clients, || {})
}

/// One that says nothing and one that stops in the middle of a request delay nobody.
///
/// # Errors
///
/// They do.
pub fn a_silent_one_delays_nobody(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let _silent = running.connect()?;
    still_serves(&running)?;
    subject.reached(1, 2);
    let mut half = running.connect()?;
    half.send("GET / HT")?;
    still_serves(&running)
}

/// One that does not read its large page delays nobody.
///
/// # Errors
///
/// It does.
pub fn a_slow_reader_delays_nobody(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let mut slow = running.connect_narrow()?;
    slow.send(request("GET", "/large.html", true))?;
    slow.wait_a_moment();
    still_serves(&running)
}

/// A thread for each browser that is connected.
///
/// # Errors
///
/// There are fewer.
pub fn a_thread_for_each(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let before = running.threads();
    // Silent: who had sent something might be answered, and its thread gone, before one looks.
    let mut clients = silent(&running, BROWSERS)?;
    running.wait_until(&format!("it has {BROWSERS} threads more"), || {
        running.threads() >= before + BROWSERS
    })?;
    subject.reached(2, 3);
    ask_in_reverse(&running, &mut clients, || {})?;
    drop(clients);
    running.wait_until("their threads have ended", || running.threads() <= before)
}

/// As many threads and processes with ten browsers as with none.
///
/// # Errors
///
/// There are more.
pub fn neither_threads_nor_children(subject: &Subject) -> Result {
    let running = subject.start(&[])?;
    let before = running.threads();
    let mut clients = silent(&running, BROWSERS)?;
    let mut most = 0;
    ask_in_reverse(&running, &mut clients, || {
        let threads = running.threads().saturating_sub(before);
        most = most.max(threads).max(running.children().len());
    })?;
    running.check(
        most < BROWSERS / 2,
        format!("{most} threads or children more for {BROWSERS} browsers"),
    )
}

/// 200 browsers come and go: descriptors, threads and children are then as many as before.
///
/// # Errors
///
/// They are not.
pub fn nothing_is_left(subject: &Subject) -> Result {
    any_server::nothing_is_left(subject, served)
}

/// Ctrl-C ends it, with any exit code, also while browsers are connected.
///
/// # Errors
///
/// It goes on.
pub fn ctrl_c_ends_it(subject: &Subject) -> Result {
    any_server::ctrl_c_ends_it(subject, served)
}

/// The same port can be listened on again at once.
///
/// # Errors
///
/// It cannot.
pub fn it_starts_again_on_the_same_port(subject: &Subject) -> Result {
    any_server::it_starts_again_on_the_same_port(subject, served)
}

/// Browsers that have connected, and say nothing yet.
fn silent(running: &Running, count: usize) -> Result<Vec<Client>> {
    (0..count).map(|_| running.connect()).collect()
}

/// Each asks for the index page, the last one first, and gets it; `meanwhile` looks after each.
fn ask_in_reverse(
    running: &Running,
    clients: &mut [Client],
    mut meanwhile: impl FnMut(),
) -> Result {
    for client in clients.iter_mut().rev() {
        client.send(request("GET", "/", true))?;
        let answer = answer(client)?;
        running.check(answer.body == INDEX, format!("the answer is {:?}", answer.head))?;
        meanwhile();
    }
    Ok(())
}
