//! What a client gets, alone and beside others.

use super::TextServer;
use crate::{Client, Result, random_bytes};

/// Each chunk gets one answer without a newline, and the end of the client is the end.
///
/// # Errors
///
/// It does not.
pub fn each_chunk_is_answered(server: &TextServer) -> Result {
    let running = server.start(&[])?;
    let mut client = running.connect()?;
    client.expect_silence()?;
    for text in ["hello", "a line\n", "\0\u{ff}"] {
        client.send(text)?;
        client.expect(server.reply())?;
    }
    client.expect_silence()?;
    client.half_close()?;
    client.expect_eof()?;
    running.stop()
}

/// A client that closes its sending half at once still gets its answer.
///
/// # Errors
///
/// It does not.
pub fn a_half_closed_client_is_answered(server: &TextServer) -> Result {
    let running = server.start(&[])?;
    let mut client = running.connect()?;
    client.send("hello")?;
    client.half_close()?;
    client.expect(server.reply())?;
    client.expect_eof()?;
    running.stop()
}

/// `--echo` gives back the bytes, whatever they are and however they come.
///
/// # Errors
///
/// It does not.
pub fn echo_gives_back_the_bytes(server: &TextServer) -> Result {
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
pub fn five_megabytes_come_back_whole(server: &TextServer) -> Result {
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
pub fn twenty_clients_are_answered_in_reverse_order(server: &TextServer) -> Result {
    let running = server.start(&[])?;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(running.connect()?);
    }
    for client in clients.iter_mut().rev() {
        client.send("hello")?;
        client.expect(server.reply())?;
    }
    for mut client in clients {
        client.half_close()?;
        client.expect_eof()?;
    }
    running.stop()
}

/// A client that says nothing delays nobody.
///
/// # Errors
///
/// It does.
pub fn an_idle_client_delays_nobody(server: &TextServer) -> Result {
    let running = server.start(&[])?;
    let mut idle = running.connect()?;
    for _ in 0..5 {
        let mut client = running.connect()?;
        client.send("hello")?;
        client.expect(server.reply())?;
    }
    idle.send("at last")?;
    idle.expect(server.reply())?;
    running.stop()
}

/// A client that sends and does not read delays nobody, and loses nothing when it reads at last.
///
/// # Errors
///
/// It does.
pub fn a_slow_reader_delays_nobody(server: &TextServer) -> Result {
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
pub fn the_second_client_waits_for_the_first(server: &TextServer) -> Result {
    let running = server.start(&[])?;
    let mut first = running.connect()?;
    first.send("one")?;
    first.expect(server.reply())?;
    let mut second = running.connect()?;
    second.send("two")?;
    second.expect_silence()?;
    first.send("one again")?;
    first.expect(server.reply())?;
    first.close();
    second.expect(server.reply())?;
    running.stop()
}

/// The bytes are these, or a failure that shows where they differ first.
pub(super) fn same(client: &Client, expected: &[u8], got: &[u8]) -> Result {
    if expected == got {
        return Ok(());
    }
    Err(client.failure(format!("other bytes came back\n{}", crate::bytes::compare(expected, got))))
}
