//! socketserver's third concurrency type.

use std::io;
use std::time::Duration;

use socketserver::{Job, MixIn};

/// Answers each request in a task of its own: beside [`socketserver::ThreadingMixIn`] and
/// [`socketserver::ForkingMixIn`], in the same words.
///
/// The server's loop waits in poll(2) and its handlers read and write sockets of std, so this is for
/// a thread that is patched: there all of them wait in the hub.
///
/// ```
/// use std::io::{Read, Write};
/// use gevent::{GeventMixIn, monkey};
/// use socketserver::{POLL_INTERVAL, Result, Server, StreamRequest, StreamRequestHandler, Tcp};
///
/// #[derive(Clone)]
/// struct Hello;
///
/// impl StreamRequestHandler for Hello {
///     fn handle(&mut self, request: &mut StreamRequest) -> Result {
///         Ok(request.wfile.write_all(b"hello")?)
///     }
/// }
///
/// monkey::patch_all();
/// let server = Server::<GeventMixIn, Tcp, _>::new("127.0.0.1:0", Hello)?;
/// let (address, shutdown) = (server.server_address().inet().unwrap(), server.shutdown_handle());
/// let client = gevent::spawn(move || {
///     let mut answer = String::new();
///     std::net::TcpStream::connect(address)?.read_to_string(&mut answer)?;
///     shutdown.shutdown();
///     std::io::Result::Ok(answer)
/// });
/// server.serve_forever(POLL_INTERVAL)?;
/// assert_eq!(client.take(None).unwrap()?, "hello");
/// # std::io::Result::Ok(())
/// ```
///
/// Where nothing is patched, a task has nowhere to give way, and the server answers one request
/// after another, as with [`socketserver::Sequential`].
#[derive(Clone, Copy, Debug)]
pub struct GeventMixIn {
    /// As many tasks there may be at once; further clients wait. `None`: any number.
    pub max_tasks: Option<usize>,
    /// `server_close` waits for the tasks.
    pub block_on_close: bool,
    /// How long `handle_request` waits, unless the server says otherwise.
    pub timeout: Option<Duration>,
}

impl Default for GeventMixIn {
    fn default() -> GeventMixIn {
        GeventMixIn { max_tasks: None, block_on_close: true, timeout: None }
    }
}

impl MixIn for GeventMixIn {
    fn process_request(&self, job: Job) -> io::Result<()> {
        let name = format!("client {}", job.client_address());
        drop(crate::spawn(move || job.finish_request()).named(name));
        // It has its first turn now: while clients keep coming, the server waits for nothing.
        crate::sleep(Duration::ZERO);
        Ok(())
    }

    fn max_requests(&self) -> Option<usize> {
        self.max_tasks
    }

    fn block_on_close(&self) -> bool {
        self.block_on_close
    }

    fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    fn leaving(&self) -> &'static str {
        "its task ends"
    }
}
