//! `HttpServer`: an HTTP server as a class, for whoever wants to write a web site and not a protocol.
//!
//! ```no_run
//! use http_server::{HttpServer, Response};
//!
//! HttpServer::new("127.0.0.1:8000", "site")?
//!     .get("/add", |request| {
//!         let number = |name| request.query(name)?.parse::<i64>().ok();
//!         match (number("a"), number("b")) {
//!             (Some(a), Some(b)) => Response::text(format!("{}\n", a + b)),
//!             _ => Response::text("try /add?a=1&b=2\n"),
//!         }
//!     })
//!     .serve_forever()?;
//! # std::io::Result::Ok(())
//! ```
//!
//! What no route answers is looked for in the folder. Each browser is answered in a thread of its own:
//! the server underneath is a [`ThreadingTcpServer`], the protocol is [`httpcore`]'s, and this crate is
//! what stands between them.
//!
//! # Design of a module
//!
//! The notes (day09 二.4, 三.2) ask for a class that is handed to users. Its three rules, and what obeys
//! each:
//!
//! 1. *The module does the work*: receiving, parsing, framing, files, timeouts, errors. A user's program
//!    never sees a byte of HTTP.
//! 2. *What only the user can write is left to be overridden*: the routes ([`HttpServer::get`],
//!    [`HttpServer::post`], [`HttpServer::router`]), each a function from a [`Request`] to a [`Response`].
//! 3. *What only the user can decide is passed in*: the address and the folder are arguments of
//!    [`HttpServer::new`], the [`Limits`] and the listening socket's settings have methods.

#![forbid(unsafe_code)]

mod browser;

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;

use httpcore::{Files, Http};
use socketserver::{Address, POLL_INTERVAL, ShutdownHandle, ThreadingTcpServer};

pub use browser::Browser;
pub use httpcore::{Limits, Method, Request, Response, Router, Status, Upload, site};

/// A server to be: where, from which folder, with which routes.
#[derive(Debug)]
pub struct HttpServer {
    addresses: Vec<SocketAddr>,
    router: Router,
    limits: Limits,
}

/// The settings of the server underneath: backlog, number of clients, grace time.
pub type Builder = socketserver::Builder<socketserver::ThreadingMixIn, socketserver::Tcp, Browser>;

/// A server that clients can connect to.
#[derive(Debug)]
pub struct Bound {
    server: ThreadingTcpServer<Browser>,
}

impl HttpServer {
    /// A server at `address` for the files beneath `root`.
    ///
    /// # Errors
    ///
    /// The address cannot be resolved, or the folder not be opened.
    pub fn new(address: impl ToSocketAddrs, root: impl AsRef<Path>) -> io::Result<Self> {
        Self::with_router(address, Router::new().fallback(Files::new(root)?))
    }

    /// A server at `address` whose answers all come from `router`.
    ///
    /// # Errors
    ///
    /// The address cannot be resolved.
    pub fn with_router(address: impl ToSocketAddrs, router: Router) -> io::Result<Self> {
        let addresses = address.to_socket_addrs()?.collect();
        Ok(Self { addresses, router, limits: Limits::default() })
    }

    /// Answers GET of `path`, see [`Router::get`].
    #[must_use]
    pub fn get<F>(self, path: &str, page: F) -> Self
    where
        F: Fn(&Request<'_>) -> Response + Send + Sync + 'static,
    {
        self.router(|router| router.get(path, page))
    }

    /// Answers POST of `path`, see [`Router::post`].
    #[must_use]
    pub fn post<F>(self, path: &str, page: F) -> Self
    where
        F: Fn(&Request<'_>) -> Response + Send + Sync + 'static,
    {
        self.router(|router| router.post(path, page))
    }

    /// Whatever else a [`Router`] can do.
    #[must_use]
    pub fn router(mut self, change: impl FnOnce(Router) -> Router) -> Self {
        self.router = change(self.router);
        self
    }

    /// Other timeouts and sizes than the usual ones.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Listens: from now on clients may connect. `settings` changes the server underneath.
    ///
    /// # Errors
    ///
    /// The address is in use, not this machine's, or not allowed.
    pub fn bind(self, settings: impl FnOnce(Builder) -> Builder) -> io::Result<Bound> {
        let browser = Browser::new(Http::with_limits(self.router, self.limits));
        let builder =
            ThreadingTcpServer::builder(browser).allow_reuse_address(true).request_queue_size(4096);
        Ok(Bound { server: settings(builder).bind(&self.addresses[..])? })
    }

    /// Listens, and answers until the program is asked to stop.
    ///
    /// # Errors
    ///
    /// As [`HttpServer::bind`].
    pub fn serve_forever(self) -> io::Result<()> {
        self.bind(|settings| settings)?.serve_forever()
    }
}

impl Bound {
    /// Where it listens, with the port that the system chose if it was asked to.
    #[must_use]
    pub fn server_address(&self) -> &Address {
        self.server.server_address()
    }

    /// Ends [`Bound::serve_forever`] from another thread.
    #[must_use]
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        self.server.shutdown_handle()
    }

    /// Answers until the program is asked to stop, and then until who is being answered has it.
    ///
    /// # Errors
    ///
    /// The system cannot wait any more.
    pub fn serve_forever(self) -> io::Result<()> {
        self.server.serve_forever(POLL_INTERVAL)?;
        self.server.server_close();
        Ok(())
    }
}
