//! The played server, in the course's protocol: `L`, `G name`, `P name`, `Q`.

use std::time::Duration;

use super::{Seen, file};
use crate::{Client, Result, Running};

/// Nothing in it says where a message ends: pauses keep them apart.
const PAUSE: Duration = Duration::from_millis(150);

pub(super) fn serve(program: &Running, peer: &mut Client, seen: &mut Seen) -> Result {
    loop {
        let bytes = peer.receive(1024)?;
        let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        let name = text.get(1..).unwrap_or_default().trim().to_owned();
        match text.chars().next() {
            None => return Ok(()),
            Some('L') => {
                seen.lists += 1;
                say(peer, b"OK")?;
                peer.send("hello.txt#large.bin#")?;
            }
            Some('G') => match file(&name) {
                Some(bytes) => {
                    say(peer, b"OK")?;
                    say(peer, &bytes)?;
                    peer.send("##")?;
                }
                None => peer.send("文件不存在")?,
            },
            Some('P') => {
                peer.send("OK")?;
                let mut bytes = peer.receive_until("##")?;
                bytes.truncate(bytes.len() - 2);
                seen.uploads.push((name, bytes));
            }
            Some('Q') => {
                seen.goodbye = true;
                return Ok(());
            }
            Some(_) => return Err(program.failure(format!("{text:?} is none of L, G, P, Q"))),
        }
    }
}

fn say(peer: &mut Client, bytes: &[u8]) -> Result {
    peer.send(bytes)?;
    std::thread::sleep(PAUSE);
    Ok(())
}
