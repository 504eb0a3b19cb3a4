//! What a client gets, alone and beside others.

use super::{ask, served};
use crate::{Client, Result, Running, Subject, random_bytes};

/// Something comes back for a message.
///
/// # Errors
///
/// Nothing does.
pub fn a_message_is_answered(server: &Subject) -> Result {
    served(&server.start(&[])?).map(drop)
}

/// Each chunk gets one answer, this very one, without a newline, as often as there is one.
///
/// # Errors
///
/// It does not.
pub fn each_chunk_is_answered(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let mut client = running.connect()?;
    client.expect_silence()?;
    for text in ["hello", "a line\n", "x"] {
        client.send(text)?;
        client.expect(server.reply())?;
        client.expect_silence()?;
        server.reached(1, 2);
    }
    Ok(())
}

/// Bytes that are no text are answered too, and what comes after them.
///
/// # Errors
///
/// They are not.
pub fn bytes_that_are_no_text_are_answered(server: &Subject) -> Result {
    let running = server.start(&[])?;
    for bytes in [&b"\0"[..], b"\xff\xfe\x80", b"text again"] {
        ask(&mut running.connect()?, bytes)?;
    }
    Ok(())
}

/// A client that closes its sending half at once still gets its answer, and then the end.
///
/// # Errors
///
/// It does not.
pub fn a_half_closed_client_is_answered(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let mut client = running.connect()?;
    if !running.address().transport.is_stream() {
        return Ok(());
    }
    client.send("hello")?;
    client.half_close()?;
    client.expect_something()?;
    server.reached(1, 2);
    // Nothing is left but perhaps the rest of that answer.
    client.read_to_end().map(drop)
}

/// Ten writes without a pause get one to ten whole answers: a stream has no messages.
///
/// # Errors
///
/// They get none, more, or a part of one.
pub fn quick_writes_get_whole_answers(server: &Subject) -> Result {
    const WRITES: usize = 10;
    let running = server.start(&[])?;
    let answer = learn_the_answer(&running)?;
    let mut client = running.connect()?;
    for _ in 0..WRITES {
        client.send("hello\n")?;
    }
    if !running.address().transport.is_stream() {
        return client.expect_something();
    }
    client.half_close()?;
    let got = client.read_to_end()?;
    whole_answers(&client, &answer, &got)?;
    let count = got.len() / answer.len();
    running.check(count <= WRITES, format!("{count} answers came for {WRITES} writes"))
}

/// `--echo` gives back the bytes, whatever they are and however they come.
///
/// # Errors
///
/// It does not.
pub fn echo_gives_back_the_bytes(server: &Subject) -> Result {
    let running = server.start(&["--echo"])?;
    let mut client = running.connect()?;
    let all: Vec<u8> = (0..=255).collect();
    client.send(&all)?;
    client.expect(&all)?;
    for byte in &all {
        client.send([*byte])?;
    }
    client.expect(&all)?;
    client.expect_silence()?;
    client.half_close()?;
    client.expect_eof()?;
    running.stop()
}

/// 5 MB through `--echo`, the writer half-closed, come back whole.
///
/// # Errors
///
/// They do not.
pub fn five_megabytes_come_back_whole(server: &Subject) -> Result {
    let running = server.start(&["--echo"])?;
    let bytes = random_bytes(5, 5_000_000);
    let mut client = running.connect()?;
    let got = client.exchange(&bytes)?;
    same(&client, &bytes, &got)?;
    running.stop()
}

/// Twenty clients are answered in the reverse order of connecting.
///
/// # Errors
///
/// They are not.
pub fn twenty_clients_are_answered_in_reverse_order(server: &Subject) -> Result {
    // In the order of connecting, a server that takes one after the other would do as well.
    let running = server.start(&[])?;
    let mut clients = (0..20).map(|_| running.connect()).collect::<Result<Vec<_>>>()?;
    clients.iter_mut().rev().try_for_each(|client| ask(client, "hello"))
}

/// A client that says nothing delays nobody.
///
/// # Errors
///
/// It does.
pub fn an_idle_client_delays_nobody(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let mut idle = running.connect()?;
    for _ in 0..5 {
        served(&running)?;
    }
    server.reached(4, 5);
    ask(&mut idle, "at last")
}

/// A client that sends and does not read holds up nobody, and gets whole answers when it reads.
///
/// # Errors
///
/// It does, or gets a part of one.
pub fn a_client_that_does_not_read_holds_up_nobody(server: &Subject) -> Result {
    let running = server.start(&[])?;
    if !running.address().transport.is_stream() {
        return Ok(());
    }
    let answer = learn_the_answer(&running)?;
    let mut slow = running.connect_narrow()?;
    slow.send_until_full(vec![b'x'; 16 << 20])?;
    for _ in 0..3 {
        served(&running)?;
    }
    server.reached(1, 2);
    slow.half_close()?;
    let got = slow.read_to_end()?;
    whole_answers(&slow, &answer, &got)
}

/// A client that sends and does not read delays nobody, and loses nothing when it reads at last.
///
/// # Errors
///
/// It does.
pub fn a_slow_reader_delays_nobody(server: &Subject) -> Result {
    let running = server.start(&["--echo", "--quiet"])?;
    let bytes = random_bytes(6, 1 << 20).repeat(64);
    let mut slow = running.connect()?;
    let sent = slow.send_until_full(&bytes)?;
    let mut client = running.connect()?;
    for _ in 0..3 {
        client.send("hello")?;
        client.expect("hello")?;
    }
    slow.half_close()?;
    let got = slow.read_to_end()?;
    same(&slow, &bytes[..sent], &got)?;
    running.stop()
}

/// The loop model: the second client waits, and is answered as soon as the first leaves.
///
/// # Errors
///
/// It does not.
pub fn the_second_client_waits_for_the_first(server: &Subject) -> Result {
    let running = server.start(&[])?;
    let mut first = served(&running)?;
    let mut second = running.connect()?;
    second.send("two")?;
    second.expect_silence()?;
    ask(&mut first, "one again")?;
    first.close();
    second.expect_something()
}

/// What it answers to one message.
fn learn_the_answer(running: &Running) -> Result<Vec<u8>> {
    let mut client = running.connect()?;
    client.send("hello")?;
    let mut answer = client.receive(1024)?;
    running.check(!answer.is_empty(), "it has closed the connection instead of answering")?;
    while let Some(rest) = client.receive_for_a_moment()?.filter(|rest| !rest.is_empty()) {
        answer.extend(rest);
    }
    Ok(answer)
}

/// One answer or more, and no part of one.
fn whole_answers(client: &Client, answer: &[u8], got: &[u8]) -> Result {
    let count = got.len().div_ceil(answer.len()).max(1);
    same(client, &answer.repeat(count), got)
}

/// The bytes are these, or a failure that shows where they differ first.
pub(super) fn same(client: &Client, expected: &[u8], got: &[u8]) -> Result {
    if expected == got {
        return Ok(());
    }
    Err(client.failure("other bytes came back").compared(expected, got))
}
