//! Requests that are datagrams.

use std::io::{self, Cursor};
use std::sync::Arc;

use common::net::Visit;
use common::process::Pid;

use super::{BaseRequestHandler, Request};
use crate::transport::DatagramSocket;
use crate::{Address, Result, job};

/// Answers one datagram with one datagram: write its `handle`.
pub trait DatagramRequestHandler: Clone + Send + 'static {
    /// Comes before `handle`; nothing by default.
    ///
    /// # Errors
    ///
    /// One ends the request: neither `handle` nor `finish` is called, and nothing is sent.
    fn setup(&mut self, request: &mut DatagramRequest) -> Result {
        let _ = request;
        Ok(())
    }

    /// Reads the packet from `rfile` and writes the reply into `wfile`.
    ///
    /// # Errors
    ///
    /// One goes to [`Hooks::handle_error`](crate::Hooks::handle_error); what is in `wfile` is sent
    /// all the same.
    fn handle(&mut self, request: &mut DatagramRequest) -> Result;

    /// Comes after `handle`, also if that failed or panicked; `wfile` is sent after it.
    ///
    /// # Errors
    ///
    /// As `handle`.
    fn finish(&mut self, request: &mut DatagramRequest) -> Result {
        let _ = request;
        Ok(())
    }
}

/// A datagram as a [`DatagramRequestHandler`] sees it.
#[derive(Debug)]
pub struct DatagramRequest {
    /// Reads the packet.
    pub rfile: Cursor<Vec<u8>>,
    /// The reply, sent to the sender when the request ends, as one datagram and also when empty.
    pub wfile: Vec<u8>,
    /// The packet was longer than `max_packet_size`, and is cut there.
    pub truncated: bool,
    reply_to: ReplyTo,
}

impl DatagramRequest {
    /// The whole packet.
    pub fn packet(&self) -> &[u8] {
        self.rfile.get_ref()
    }

    /// Where it came from.
    pub fn client_address(&self) -> &Address {
        &self.reply_to.client_address
    }

    /// Sends a datagram now, beside the reply.
    ///
    /// # Errors
    ///
    /// As [`Datagram::send_to`].
    pub fn send_to(&self, bytes: &[u8], address: &Address) -> io::Result<()> {
        self.reply_to.socket.send_to(bytes, address)
    }
}

impl<H: DatagramRequestHandler> BaseRequestHandler<Datagram> for H {
    fn handle(&mut self, datagram: &mut Datagram) -> Result {
        let request = DatagramRequest {
            rfile: Cursor::new(std::mem::take(&mut datagram.packet)),
            wfile: Vec::new(),
            truncated: datagram.truncated,
            reply_to: datagram.reply_to.clone(),
        };
        let finished = job::in_turn(
            (self, request),
            |(handler, request)| DatagramRequestHandler::setup(*handler, request),
            |(handler, request)| DatagramRequestHandler::handle(*handler, request),
            |(handler, request)| {
                let finished = DatagramRequestHandler::finish(*handler, request);
                request.reply_to.reply(&request.wfile)?;
                finished
            },
        );
        Ok(finished?)
    }
}

/// A datagram that has arrived, and the way back.
#[derive(Debug)]
pub struct Datagram {
    /// What was received.
    pub packet: Vec<u8>,
    /// It was longer than `max_packet_size`, and is cut there.
    pub truncated: bool,
    reply_to: ReplyTo,
    visit: Visit,
}

#[derive(Debug, Clone)]
struct ReplyTo {
    socket: Arc<DatagramSocket>,
    client_address: Address,
}

impl ReplyTo {
    fn reply(&self, bytes: &[u8]) -> io::Result<()> {
        // A sender without a name expects no answer; only one that says something is worth an error.
        if self.client_address == Address::Unnamed && bytes.is_empty() {
            return Ok(());
        }
        self.socket.send_to(bytes, &self.client_address)
    }
}

impl Datagram {
    pub(crate) fn new(
        (packet, truncated): (Vec<u8>, bool),
        socket: Arc<DatagramSocket>,
        client_address: Address,
        visit: Visit,
    ) -> Datagram {
        Datagram { packet, truncated, reply_to: ReplyTo { socket, client_address }, visit }
    }

    /// Where it came from.
    pub fn client_address(&self) -> &Address {
        &self.reply_to.client_address
    }

    /// Sends a datagram to its sender.
    ///
    /// # Errors
    ///
    /// As [`Datagram::send_to`].
    pub fn reply(&self, bytes: &[u8]) -> io::Result<()> {
        self.send_to(bytes, self.client_address())
    }

    /// Sends a datagram through the server's socket, whole or not at all.
    ///
    /// # Errors
    ///
    /// It is too long (65,507 bytes are the most of UDP over IPv4), the address is unnamed or of
    /// another family, or a Unix socket's receiver takes nothing for a second.
    pub fn send_to(&self, bytes: &[u8], address: &Address) -> io::Result<()> {
        self.reply_to.socket.send_to(bytes, address)
    }
}

impl Request for Datagram {
    fn client_address(&self) -> &Address {
        self.client_address()
    }

    fn ends_on_stop(&mut self) {}

    fn shut_down(&self) {}

    fn hand_over(self, pid: Pid) {
        self.visit.hand_over(pid);
    }
}
