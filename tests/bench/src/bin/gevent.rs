//! One echo server on the sockets of `gevent::net`, on std's own after the patch, and `gevent_server`,
//! beside a bare epoll loop. `gevent [--seconds S] [--rounds N] [--connections C]`

use bench::echo::Options;
use bench::programs;
use grade::{Result, Server};

fn main() -> Result {
    let options = Options::from_args()?;
    programs::build(&["gevent_server"])?;
    let example = programs::example("gevent", "echo_server")?;
    let servers = [
        ("gevent::net", Server::new(&example).arg("net")),
        ("std, patched", Server::new(&example).arg("patched")),
        (
            "gevent_server",
            programs::ours("gevent_server").args(["--port", "0", "--echo", "--quiet"]),
        ),
        ("bare epoll loop", programs::beside("epoll_limit")?),
    ];
    options.compare(&servers.map(|(name, server)| (name.to_owned(), server)))
}
