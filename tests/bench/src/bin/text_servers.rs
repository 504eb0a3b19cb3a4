//! The four text servers beside Python's and beside a bare epoll loop: messages per second and the
//! server's processor time per message. `text_servers [--seconds S] [--rounds N] [--connections C]`

use bench::echo::Options;
use bench::programs;
use grade::Result;

const OURS: [&str; 4] = ["loop_server", "select_server", "fork_server", "thread_server"];

fn main() -> Result {
    let options = Options::from_args()?;
    programs::build(&OURS)?;
    let mut servers = vec![("bare epoll loop".to_owned(), programs::beside("epoll_limit")?)];
    for name in OURS {
        servers.push((
            name.to_owned(),
            programs::ours(name).args(["--port", "0", "--echo", "--quiet"]),
        ));
    }
    for (name, file) in [
        ("Python ThreadingTCPServer", "thread_server.py"),
        ("Python ForkingTCPServer", "fork_server.py"),
    ] {
        servers.extend(programs::python(file).map(|server| (name.to_owned(), server)));
    }
    options.compare(&servers)
}
