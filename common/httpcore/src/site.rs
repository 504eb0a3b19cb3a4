//! The site that every HTTP server here serves: one address for each class of status of the notes, and
//! a page that links them all.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::SystemTime;

use crate::date;
use crate::files::Files;
use crate::request::Request;
use crate::response::Response;
use crate::router::Router;
use crate::service::{Reply, Service, Upload};
use crate::status::{Method, Status};

/// The user that `/private` lets in: `student`, password `123456`.
pub const USER: (&str, &str) = ("student", "123456");
/// What a browser sends for [`USER`] (RFC 7617): `student:123456` in base64.
const CREDENTIALS: &str = "Basic c3R1ZGVudDoxMjM0NTY=";

/// The routes of the site, and behind them the files of `root`, or the bundled pages without one.
///
/// # Errors
///
/// `root` cannot be opened.
pub fn new(root: Option<&Path>, listing: bool) -> io::Result<Router> {
    Ok(match root {
        Some(root) => routes().fallback(Files::new(root)?.listing(listing)),
        None => routes().fallback(Pages),
    })
}

/// The routes alone.
#[must_use]
pub fn routes() -> Router {
    Router::new()
        .get("/hello", hello)
        .get("/time", |_| {
            Response::text(date::http(SystemTime::now()) + "\n").header("Cache-Control", "no-store")
        })
        .get("/request", |request| Response::text(shown(request)))
        .post("/form", form)
        .upload("/count", |_| Count(0))
        .get("/old", |_| Response::redirect(Status(301), "/hello"))
        .get("/private", private)
        .get("/nothing", |_| not_found())
        .get("/boom", |_| panic!("this route always panics; the server goes on"))
}

/// The bundled pages.
#[derive(Clone, Copy, Debug)]
pub struct Pages;

impl Service for Pages {
    fn respond(&self, request: &Request<'_>) -> Reply {
        let page = match request.path_bytes() {
            b"/" | b"/index.html" => {
                ("text/html; charset=utf-8", &include_bytes!("../pages/index.html")[..])
            }
            b"/style.css" => ("text/css; charset=utf-8", &include_bytes!("../pages/style.css")[..]),
            b"/picture.svg" => ("image/svg+xml", &include_bytes!("../pages/picture.svg")[..]),
            b"/favicon.ico" | b"/icon.svg" => {
                ("image/svg+xml", &include_bytes!("../pages/icon.svg")[..])
            }
            _ => return not_found().into(),
        };
        match request.method() {
            Method::Get | Method::Head => {
                Response::bytes(page.0, page.1).header("Cache-Control", "no-cache").into()
            }
            Method::Options => {
                Response::new(Status(204)).header("Allow", "GET, HEAD, OPTIONS").into()
            }
            _ => Response::error(Status(405)).header("Allow", "GET, HEAD, OPTIONS").into(),
        }
    }
}

/// How many bytes a body has, counted as they pass.
struct Count(u64);

impl Upload for Count {
    fn data(&mut self, bytes: &[u8]) -> ControlFlow<Response> {
        self.0 += bytes.len() as u64;
        ControlFlow::Continue(())
    }

    fn done(&mut self) -> Response {
        Response::text(format!("{}\n", self.0))
    }
}

fn hello(request: &Request<'_>) -> Response {
    match request.query("name") {
        Some(name) => Response::text(format!("Hello {name}")),
        None => Response::text("Hello World"),
    }
}

fn private(request: &Request<'_>) -> Response {
    if request.header("authorization") == Some(CREDENTIALS) {
        return Response::text(format!("Welcome, {} / 欢迎\n", USER.0))
            .header("Cache-Control", "no-store");
    }
    Response::text(format!(
        "401 Unauthorized\n\n用户 {0}，密码 {1}\nuser {0}, password {1}\n",
        USER.0, USER.1
    ))
    .status(Status(401))
    .header("WWW-Authenticate", "Basic realm=\"student\", charset=\"UTF-8\"")
}

fn not_found() -> Response {
    Response::html(include_str!("../pages/not_found.html")).status(Status(404))
}

/// The request as it came, for who wants to see what a browser says.
fn shown(request: &Request<'_>) -> String {
    let mut text = format!("{} {}\n\n", request.method(), request.path());
    for (name, value) in request.headers() {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value)));
    }
    text
}

fn form(request: &Request<'_>) -> Response {
    let fields: String =
        request.form().map(|(name, value)| format!("{name} = {value}\n")).collect();
    if fields.is_empty() {
        Response::text("no form data\n").status(Status(400))
    } else {
        Response::text(fields)
    }
}
