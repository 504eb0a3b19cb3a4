//! Clients, against a server that the check plays itself.
//!
//! It listens on the port in the command or, where none is told, on the one of the course.

use std::net::TcpListener;

use crate::{Client, Result, Running, Subject};

pub mod ftp;
pub mod tcp;
pub mod udp;

/// The program with somebody at its keyboard, and where it should connect to.
fn start(subject: &Subject) -> Result<(Running, TcpListener)> {
    let listener = TcpListener::bind(("127.0.0.1", subject.port_of_a_server()))?;
    let port = listener.local_addr()?.port().to_string();
    let program = subject.on_port(&port).keyboard().spawn()?;
    Ok((program, listener))
}

/// The program, and its connection as the server has it.
fn connected(subject: &Subject) -> Result<(Running, Client)> {
    let (program, listener) = start(subject)?;
    let peer = program.accept(&listener)?;
    Ok((program, peer))
}
