//! http_server_select from outside: what every HTTP server here promises, and what its model means.

#[path = "../../../common/httpcore/tests/http_server/mod.rs"]
mod http_server;

use http_server::{Program, get};

const PROGRAM: Program = Program {
    path: env!("CARGO_BIN_EXE_http_server_select"),
    always: &[],
    root: |folder| vec!["--root".into(), folder.into()],
};

grade::full_marks!();
http_server::tests!(PROGRAM);

#[test]
fn one_thread_answers_all() -> grade::Result {
    let server = PROGRAM.with(&[]).start()?;
    let mut clients = Vec::new();
    for _ in 0..10 {
        let mut client = server.connect()?;
        client.send(get("/hello"))?;
        client.receive_until("Hello World")?;
        clients.push(client);
    }
    server.check(server.threads() == 1, format!("{} threads", server.threads()))?;
    server.check(server.children().is_empty(), "it has children")?;
    server.stop()
}
