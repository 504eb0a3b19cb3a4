//! HTTP/1.1 without sockets.

#![forbid(unsafe_code)]

mod access;
mod body;
mod bytes;
mod conditional;
mod connection;
mod date;
mod fault;
mod files;
mod head;
mod listing;
mod mime;
mod open;
mod path;
mod request;
mod response;
mod router;
mod service;
pub mod site;
mod status;

pub use connection::{Connection, Http, Step};
pub use fault::{Fault, Why};
pub use files::Files;
pub use request::Request;
pub use response::Response;
pub use router::{COLLECTED, Router};
pub use service::{Limits, Reply, Service, Upload};
pub use status::{Method, Status};
