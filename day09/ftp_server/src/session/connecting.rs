//! How the next data connection will come about: PASV, EPSV, PORT, EPRT.

use std::net::{IpAddr, SocketAddr};

use super::Session;
use crate::command::Epsv;
use crate::data::Plan;
use crate::reply::Reply;

impl Session<'_> {
    pub(super) fn passive(&mut self) -> Reply {
        if self.epsv_only {
            return Reply::new(503, "You said EPSV ALL");
        }
        let IpAddr::V4(ip) = self.control.local_ip() else {
            return Reply::new(425, "PASV knows only IPv4 addresses: say EPSV");
        };
        match self.listen() {
            Ok(port) => {
                let ([a, b, c, d], [high, low]) = (ip.octets(), port.to_be_bytes());
                Reply::new(227, format!("Connect to ({a},{b},{c},{d},{high},{low})"))
            }
            Err(reply) => reply,
        }
    }

    pub(super) fn extended_passive(&mut self, which: Epsv) -> Reply {
        let family = if self.control.local_ip().is_ipv4() { 1 } else { 2 };
        match which {
            Epsv::All => {
                self.epsv_only = true;
                return Reply::new(200, "Only EPSV from now on");
            }
            Epsv::Protocol(other) if other != family => {
                return Reply::new(522, format!("Another network protocol: use ({family})"));
            }
            Epsv::Any | Epsv::Protocol(_) => {}
        }
        match self.listen() {
            Ok(port) => Reply::new(229, format!("Connect to (|||{port}|)")),
            Err(reply) => reply,
        }
    }

    fn listen(&mut self) -> Result<u16, Reply> {
        // The port of a PASV before this one is closed first: it may be the only one there is.
        self.data = Plan::None;
        let (plan, port) = Plan::listen(&self.control, self.settings.passive_ports.as_ref())
            .map_err(|error| Reply::new(425, format!("No port: {}", common::reason(&error))))?;
        self.data = plan;
        Ok(port)
    }

    pub(super) fn active(&mut self, address: SocketAddr) -> Reply {
        if self.epsv_only {
            return Reply::new(503, "You said EPSV ALL");
        }
        match Plan::connect(&self.control, address) {
            Ok(plan) => {
                self.data = plan;
                Reply::new(200, "The server will connect to it")
            }
            Err(reply) => reply,
        }
    }
}
