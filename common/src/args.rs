//! The options that every server has, and the word for each that `--help` shows.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;

/// `--host`, `--port` and the rest; `PORT` is the default port.
///
/// ```
/// use clap::Parser;
/// use common::args::ServerArgs;
///
/// #[derive(Parser)]
/// struct Cli {
///     #[command(flatten)]
///     server: ServerArgs<8888>,
/// }
///
/// let cli = Cli::parse_from(["demo", "--port", "0", "--idle-timeout", "1.5"]);
/// assert_eq!(cli.server.host, "127.0.0.1");
/// assert_eq!(cli.server.idle_timeout.unwrap().as_millis(), 1500);
/// ```
#[derive(Debug, Clone, Args)]
pub struct ServerArgs<const PORT: u16> {
    /// Address to listen on (0.0.0.0 or :: is the open network)
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub host: String,

    /// Port to listen on (0: any free one)
    #[arg(long, value_name = "N", default_value_t = PORT)]
    pub port: u16,

    /// Log errors only
    #[arg(long)]
    pub quiet: bool,

    /// Let further clients wait while this many are connected
    #[arg(long, value_name = "N", help_heading = "Rarely used")]
    pub max_clients: Option<NonZeroUsize>,

    /// Let go of a client that sends nothing for so long
    #[arg(long, value_name = "SECONDS", value_parser = positive_seconds, help_heading = "Rarely used")]
    pub idle_timeout: Option<Duration>,

    /// On Ctrl-C, time to finish what is in flight
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "5", help_heading = "Rarely used")]
    pub grace: Duration,

    /// Connections that may wait to be accepted
    #[arg(long, value_name = "N", default_value_t = 4096, help_heading = "Rarely used")]
    pub backlog: u16,
}

impl<const PORT: u16> ServerArgs<PORT> {
    /// Host and port, as `ToSocketAddrs` takes them; `[::1]` may be written with its brackets.
    pub fn address(&self) -> (&str, u16) {
        (without_brackets(&self.host), self.port)
    }

    /// The same for people: `127.0.0.1:8888`, `[::1]:8888`.
    pub fn shown_address(&self) -> String {
        shown(self.address())
    }

    /// A command that talks to the server at `address`; the default port tells which protocol it is.
    pub fn client_command(address: SocketAddr) -> String {
        match PORT {
            8000 => format!("curl -v http://{address}/"),
            2121 => format!("curl ftp://{address}/"),
            _ => format!("nc {} {}", address.ip(), address.port()),
        }
    }
}

/// Where a client finds its server: `--host` and `--port`; `PORT` is the default port.
#[derive(Debug, Clone, Args)]
pub struct ClientArgs<const PORT: u16> {
    /// Address or name of the server
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub host: String,

    /// Port of the server
    #[arg(long, value_name = "N", default_value_t = PORT)]
    pub port: u16,
}

impl<const PORT: u16> ClientArgs<PORT> {
    /// Host and port, as `ToSocketAddrs` takes them; `[::1]` may be written with its brackets.
    pub fn address(&self) -> (&str, u16) {
        (without_brackets(&self.host), self.port)
    }

    /// The same for people: `127.0.0.1:8888`, `[::1]:8888`.
    pub fn shown_address(&self) -> String {
        shown(self.address())
    }
}

fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

fn shown((host, port): (&str, u16)) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Seconds, also fractions of them, as a `Duration`: for clap's `value_parser`.
///
/// # Errors
///
/// No number, a negative one, or one too large for a `Duration`.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// As [`seconds`], and more than none: at least a microsecond.
///
/// # Errors
///
/// As [`seconds`], and zero.
pub fn positive_seconds(text: &str) -> Result<Duration, String> {
    match seconds(text)? {
        limit if limit.as_micros() == 0 => Err("must be more than 0".to_owned()),
        limit => Ok(limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_may_have_a_fraction_but_no_sign() {
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(seconds("0"), Ok(Duration::ZERO));
        for bad in ["", "x", "-1", "NaN", "inf", "1e300"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
        assert!(positive_seconds("0").is_err());
        assert!(positive_seconds("0.001").is_ok());
    }
}
