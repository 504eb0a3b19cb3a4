//! `--workers N`: processes that share one port, each with a hub of its own.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::os::fd::{AsRawFd, OwnedFd};

use common::net::announce;
use common::process::{self, Ended};
use common::{Failure, stop};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrStorage, bind, listen, setsockopt, socket,
    sockopt,
};

use crate::options::{Cli, Serve};

/// Serves with `n` processes. The kernel deals the clients out among their sockets (SO_REUSEPORT).
///
/// All of them are forked before any of them has a hub: what waits in a hub cannot be in two
/// processes.
pub(crate) fn run(cli: &Cli, n: usize, serve: Serve) -> Result<(), Failure> {
    let failed = |why: io::Error| Failure::cannot_listen(&cli.server.shown_address(), &why);
    let sockets = listen_together(cli, n).map_err(failed)?;
    let address = sockets.first().map(TcpListener::local_addr).transpose().map_err(failed)?;
    stop::on_signals().map_err(|why| Failure::new("cannot start", &why))?;
    stop::set_grace(cli.server.grace);
    let mut children = Vec::new();
    for socket in &sockets {
        let child = process::fork_child(|| match socket.try_clone() {
            Ok(own) => end_of(serve(cli, own)),
            Err(error) => end_of(Err(Failure::new("cannot start", &error))),
        });
        children.push(child.map_err(|why| Failure::new("cannot start a process", &why))?);
    }
    drop(sockets);
    if let Some(address) = address {
        announce(&address, &common::args::ServerArgs::<8888>::client_command(address));
    }
    while !stop::requested() {
        wait_for_news();
        stop::children_seen();
        for &child in &children {
            if let Some(ended) = process::reap(child) {
                return Err(Failure::from(format!("a worker {ended}")));
            }
        }
    }
    for &child in &children {
        process::terminate(child, false);
    }
    for &child in &children {
        match process::wait(child) {
            Ok(Ended::Exited(0)) | Err(_) => {}
            Ok(ended) => log::warn!("worker {child} {ended}"),
        }
    }
    Ok(())
}

fn end_of(result: Result<(), Failure>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(failure) => {
            log::error!("{failure}");
            1
        }
    }
}

fn wait_for_news() {
    let events = [stop::event(), stop::child_event()];
    let mut events: Vec<_> =
        events.into_iter().flatten().map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
    let _ = poll(&mut events, PollTimeout::NONE);
}

/// `n` sockets that listen at the same address.
fn listen_together(cli: &Cli, n: usize) -> io::Result<Vec<TcpListener>> {
    let mut address = cli
        .server
        .address()
        .to_socket_addrs()?
        .next()
        .ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))?;
    let mut sockets = Vec::new();
    for _ in 0..n {
        let socket = listen_at(address, cli.server.backlog)?;
        address = socket.local_addr()?; // --port 0: the first one chooses
        sockets.push(socket);
    }
    Ok(sockets)
}

fn listen_at(address: SocketAddr, backlog: u16) -> io::Result<TcpListener> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let fd: OwnedFd = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    setsockopt(&fd, sockopt::ReuseAddr, &true)?;
    setsockopt(&fd, sockopt::ReusePort, &true)?;
    bind(fd.as_raw_fd(), &SockaddrStorage::from(address))?;
    listen(&fd, Backlog::new(i32::from(backlog)).unwrap_or(Backlog::MAXCONN))?;
    Ok(TcpListener::from(fd))
}
