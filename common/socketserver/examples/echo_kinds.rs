//! Any of the twelve servers, by Python's name for it: echoes one line a connection, or one datagram.
//!
//! `echo_kinds ThreadingTCPServer 127.0.0.1:0`, `echo_kinds ForkingUnixDatagramServer /tmp/echo.sock`
//!
//! It prints where it listens, on one line, and ends on SIGTERM or Ctrl-C with exit code 0.

use std::io::{BufRead, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use common::{Failure, net, stop};
use socketserver::*;

#[derive(Clone)]
struct Echo;

impl StreamRequestHandler for Echo {
    fn handle(&mut self, request: &mut StreamRequest) -> Result {
        let mut line = Vec::new();
        request.rfile.by_ref().take(1 << 24).read_until(b'\n', &mut line)?;
        Ok(request.wfile.write_all(&line)?)
    }
}

impl DatagramRequestHandler for Echo {
    fn handle(&mut self, request: &mut DatagramRequest) -> Result {
        Ok(request.wfile.write_all(request.rfile.get_ref())?)
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let [_, kind, address] = &args[..] else {
        eprintln!("error: usage: echo_kinds KIND ADDR");
        return ExitCode::from(2);
    };
    let at = address.as_str();
    common::program::run(true, || match kind.as_str() {
        "TCPServer" => serve(TcpServer::builder(Echo), at),
        "UDPServer" => serve(UdpServer::builder(Echo), at),
        "UnixStreamServer" => serve(UnixStreamServer::builder(Echo), at),
        "UnixDatagramServer" => serve(UnixDatagramServer::builder(Echo), at),
        "ThreadingTCPServer" => serve(ThreadingTcpServer::builder(Echo), at),
        "ThreadingUDPServer" => serve(ThreadingUdpServer::builder(Echo), at),
        "ThreadingUnixStreamServer" => serve(ThreadingUnixStreamServer::builder(Echo), at),
        "ThreadingUnixDatagramServer" => serve(ThreadingUnixDatagramServer::builder(Echo), at),
        "ForkingTCPServer" => serve(ForkingTcpServer::builder(Echo), at),
        "ForkingUDPServer" => serve(ForkingUdpServer::builder(Echo), at),
        "ForkingUnixStreamServer" => serve(ForkingUnixStreamServer::builder(Echo), at),
        "ForkingUnixDatagramServer" => serve(ForkingUnixDatagramServer::builder(Echo), at),
        other => Err(Failure::from(format!("there is no server called {other}"))),
    })
}

fn serve<'a, M, T>(class: Builder<M, T, Echo>, address: &'a str) -> std::result::Result<(), Failure>
where
    M: MixIn,
    T: BindTo<&'a str>,
    Echo: BaseRequestHandler<T::Request>,
{
    stop::on_signals().map_err(|why| Failure::new("cannot start", &why))?;
    stop::set_grace(Duration::from_secs(5));
    let class = class
        .allow_reuse_address(true)
        .request_queue_size(4096)
        .max_packet_size(65_535)
        .unlink_path(true);
    let server = class.bind(address).map_err(|why| Failure::cannot_listen(&address, &why))?;
    net::announce(server.server_address(), "echo_kinds knows no client");
    let served = server.serve_forever(POLL_INTERVAL);
    server.server_close();
    served.map_err(|why| Failure::new("cannot serve", &why))
}
