//! What may be decided before a server exists.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::time::Duration;

use common::args::ServerArgs;

use crate::transport::SocketSettings;
use crate::{AddressFamily, BindTo, Hooks, MixIn, Plain, Server, Transport};

/// A server to be: the attributes of Python's classes, under their names, and what a program of this
/// workspace needs beside them.
///
/// ```
/// use socketserver::{ForkingMixIn, ForkingTcpServer};
/// # use socketserver::{Result, StreamRequest, StreamRequestHandler};
/// # #[derive(Clone)]
/// # struct Echo;
/// # impl StreamRequestHandler for Echo {
/// #     fn handle(&mut self, request: &mut StreamRequest) -> Result {
/// #         std::io::copy(&mut request.rfile, &mut request.wfile)?;
/// #         Ok(())
/// #     }
/// # }
///
/// let server = ForkingTcpServer::builder(Echo)
///     .allow_reuse_address(true)
///     .request_queue_size(128)
///     .mix_in(ForkingMixIn { max_children: 200, ..ForkingMixIn::default() })
///     .bind("127.0.0.1:0")?;
/// # std::io::Result::Ok(())
/// ```
pub struct Builder<M, T, H, K = Plain> {
    pub(crate) mix_in: M,
    pub(crate) handler: H,
    pub(crate) hooks: K,
    pub(crate) socket: SocketSettings,
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_requests: Option<usize>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) grace: Duration,
    transport: PhantomData<fn() -> T>,
}

impl<M: MixIn + Default, T: Transport, H> Builder<M, T, H> {
    pub(crate) fn new(handler: H) -> Self {
        Builder {
            mix_in: M::default(),
            handler,
            hooks: Plain,
            socket: SocketSettings {
                address_family: None,
                allow_reuse_address: false,
                allow_reuse_port: false,
                request_queue_size: 5,
                max_packet_size: 8192,
                unlink_path: false,
            },
            timeout: None,
            max_requests: None,
            idle_timeout: None,
            grace: Duration::from_secs(5),
            transport: PhantomData,
        }
    }
}

impl<M: MixIn, T: Transport, H, K> Builder<M, T, H, K> {
    /// Binds and activates the server: from now on clients may connect.
    ///
    /// Port 0 is any free port; [`Server::server_address`] says which.
    ///
    /// # Errors
    ///
    /// The address is in use, not this machine's, not allowed; or a hook refuses.
    pub fn bind<A>(self, address: A) -> io::Result<Server<M, T, H, K>>
    where
        T: BindTo<A>,
        K: Hooks<T>,
    {
        Server::bind(self, &T::addresses(address)?)
    }

    /// The methods overridden.
    pub fn hooks<L>(self, hooks: L) -> Builder<M, T, H, L> {
        Builder {
            mix_in: self.mix_in,
            handler: self.handler,
            hooks,
            socket: self.socket,
            timeout: self.timeout,
            max_requests: self.max_requests,
            idle_timeout: self.idle_timeout,
            grace: self.grace,
            transport: self.transport,
        }
    }

    /// The mix-in, with attributes of its own: see [`ForkingMixIn`](crate::ForkingMixIn) and
    /// [`ThreadingMixIn`](crate::ThreadingMixIn).
    #[must_use]
    pub fn mix_in(mut self, mix_in: M) -> Self {
        self.mix_in = mix_in;
        self
    }

    /// Which of a name's addresses to take; unless told, the first that can be bound.
    #[must_use]
    pub fn address_family(mut self, family: AddressFamily) -> Self {
        self.socket.address_family = Some(family);
        self
    }

    /// Binds although connections of an earlier server still linger (SO_REUSEADDR). Default: false.
    #[must_use]
    pub fn allow_reuse_address(mut self, allow: bool) -> Self {
        self.socket.allow_reuse_address = allow;
        self
    }

    /// Lets several servers have one port, which share its clients (SO_REUSEPORT). Default: false.
    #[must_use]
    pub fn allow_reuse_port(mut self, allow: bool) -> Self {
        self.socket.allow_reuse_port = allow;
        self
    }

    /// How many connections may wait to be accepted. Default: 5.
    #[must_use]
    pub fn request_queue_size(mut self, size: u16) -> Self {
        self.socket.request_queue_size = size;
        self
    }

    /// The longest packet in bytes: of a longer one the rest is lost, and its request says so
    /// ([`DatagramRequest::truncated`](crate::DatagramRequest::truncated)). Default: 8192; UDP over
    /// IPv4 carries at most 65,507.
    #[must_use]
    pub fn max_packet_size(mut self, size: usize) -> Self {
        self.socket.max_packet_size = size;
        self
    }

    /// How long `handle_request` waits. Default: for ever; with `ForkingMixIn`, 300 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// As many requests may be in progress at once; further ones wait in the kernel's queue. Default:
    /// 1000 datagrams; connections, as many as there are descriptors. (With `ForkingMixIn`, no more
    /// than `max_children` in any case.)
    #[must_use]
    pub fn max_requests(mut self, most: usize) -> Self {
        self.max_requests = Some(most);
        self
    }

    /// Lets go of a client that sends nothing for so long. Default: never.
    #[must_use]
    pub fn idle_timeout(mut self, limit: Option<Duration>) -> Self {
        self.idle_timeout = limit;
        self
    }

    /// How long requests in progress may take when the program is asked to stop. Default: 5 s.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// A Unix socket's file: replaces one that no server has open any more, and removes it at the
    /// end. Default: false, as in Python, where a file that exists is an error.
    #[must_use]
    pub fn unlink_path(mut self, unlink: bool) -> Self {
        self.socket.unlink_path = unlink;
        self
    }

    /// Takes over the options that every server program of this workspace has: `--backlog`,
    /// `--max-clients`, `--idle-timeout`, `--grace`; and binds a port just used again.
    #[must_use]
    pub fn server_args<const PORT: u16>(mut self, args: &ServerArgs<PORT>) -> Self {
        self.max_requests = args.max_clients.map(Into::into).or(self.max_requests);
        self.allow_reuse_address(true)
            .request_queue_size(args.backlog)
            .idle_timeout(args.idle_timeout)
            .grace(args.grace)
    }
}

impl<M: fmt::Debug, T, H, K> fmt::Debug for Builder<M, T, H, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Builder { mix_in, socket, timeout, .. } = self;
        f.debug_struct("Builder")
            .field("mix_in", mix_in)
            .field("socket", socket)
            .field("timeout", timeout)
            .finish_non_exhaustive()
    }
}
