//! What holds for a server of any protocol; `serve` connects a client and has it served once.

use crate::proc::Process;
use crate::{Client, Result, Running, Signal, Subject, patience};

/// It starts, and listens.
///
/// # Errors
///
/// It does not.
pub fn it_listens(subject: &Subject) -> Result {
    subject.start(&[]).map(drop)
}

/// 200 clients come and go: descriptors, threads and children are then as many as before.
pub(crate) fn nothing_is_left(
    subject: &Subject,
    serve: impl Fn(&Running) -> Result<Client>,
) -> Result {
    let running = subject.start(&[])?;
    // What is made once, at the first client, does not count.
    drop(serve(&running)?);
    running.wait_until("the first client's process is gone", || running.children().is_empty())?;
    let threads = settled(&running, || running.threads())?;
    let descriptors = settled(&running, || running.descriptors())?;
    for _ in 0..200 {
        drop(serve(&running)?);
    }
    running.wait_until("no child is left, zombies included", || running.children().is_empty())?;
    running.wait_until(&format!("it has no more than {threads} threads again"), || {
        running.threads() <= threads
    })?;
    running.wait_until(&format!("it has no more than {descriptors} descriptors again"), || {
        running.descriptors() <= descriptors
    })
}

/// Twenty clients come and go, and no child that has ended is left unwaited for.
pub(crate) fn no_zombie_is_left(
    subject: &Subject,
    serve: impl Fn(&Running) -> Result<Client>,
) -> Result {
    let running = subject.start(&[])?;
    for _ in 0..20 {
        drop(serve(&running)?);
    }
    running.wait_until("none of its children is a zombie", || {
        !running.children().iter().any(Process::is_zombie)
    })
}

/// Ctrl-C ends it, with any exit code, also while clients are connected.
pub(crate) fn ctrl_c_ends_it(
    subject: &Subject,
    serve: impl Fn(&Running) -> Result<Client>,
) -> Result {
    for connected in [false, true] {
        let running = subject.start(&[])?;
        let _clients = match connected {
            // Served first: a server of one at a time would never come to it otherwise.
            true => vec![serve(&running)?, running.connect()?],
            false => Vec::new(),
        };
        // A child that is just being forked does not hear of it in every language.
        let _ = running.wait_idle();
        running.signal_group(Signal::SIGINT)?;
        running.wait_exit(patience())?;
        running.wait_until("no process of it is left", || running.processes().is_empty())?;
        subject.reached(1, 2);
    }
    Ok(())
}

/// The same port can be listened on again at once, although the server closed connections itself.
pub(crate) fn it_starts_again_on_the_same_port(
    subject: &Subject,
    serve: impl Fn(&Running) -> Result<Client>,
) -> Result {
    let running = subject.start(&[])?;
    let Some(address) = running.address().inet else { return Ok(()) };
    let mut client = serve(&running)?;
    // The end that closes first keeps the port for a minute: that is to be the server.
    running.signal_group(Signal::SIGKILL)?;
    running.wait_exit(patience())?;
    if running.address().transport.is_stream() {
        client.expect_closed()?;
    }
    client.close();
    let again = subject.on_port(&address.port().to_string()).start()?;
    serve(&again).map(drop)
}

/// Looks until five looks in a row give the same: what is still being tidied up is tidied up.
pub(crate) fn settled(running: &Running, look: impl Fn() -> usize) -> Result<usize> {
    let (mut last, mut same) = (look(), 0);
    running.wait_until("things have settled", || {
        let now = look();
        same = if now == last { same + 1 } else { 0 };
        last = now;
        same == 5
    })?;
    Ok(last)
}
