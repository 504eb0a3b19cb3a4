//! http_server from outside: what every HTTP server here promises, and what its model means.

#[path = "../../../common/httpcore/tests/http_server/mod.rs"]
mod http_server;

use http_server::{Program, get};

const PROGRAM: Program = Program {
    path: env!("CARGO_BIN_EXE_http_server"),
    always: &[],
    root: |folder| vec!["--root".into(), folder.into()],
};

grade::full_marks!();
http_server::tests!(PROGRAM);

#[test]
fn each_browser_has_its_own_thread() -> grade::Result {
    let server = PROGRAM.with(&[]).start()?;
    let before = server.threads();
    let mut clients = Vec::new();
    for number in 1..=10 {
        let mut client = server.connect()?;
        client.send(get("/thread"))?;
        client.receive_until("ThreadId")?;
        server
            .check(server.threads() == before + number, format!("{} threads", server.threads()))?;
        clients.push(client);
    }
    drop(clients);
    server.wait_until("the threads have ended", || server.threads() == before)?;
    server.stop()
}
