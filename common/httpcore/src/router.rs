//! Which handler answers which address.

use std::collections::HashMap;
use std::fmt;

use crate::request::Request;
use crate::response::Response;
use crate::service::{Reply, Service, Upload};
use crate::status::{Method, Status};

/// How much of a body a `post` handler gets at most; for more there is [`Router::upload`].
pub const COLLECTED: usize = 1 << 20;

/// Handlers by path and method. A path is matched whole, after `%XX` and `..` have been dealt with;
/// what no route knows goes to the [fallback](Router::fallback).
///
/// ```
/// use httpcore::{Response, Router};
///
/// let router = Router::new()
///     .get("/hello", |request| match request.query("name") {
///         Some(name) => Response::text(format!("Hello {name}")),
///         None => Response::text("Hello World"),
///     })
///     .post("/form", |request| {
///         let fields: Vec<_> = request.form().map(|(name, value)| format!("{name} = {value}\n")).collect();
///         Response::text(fields.concat())
///     });
/// # let _ = router;
/// ```
///
/// HEAD is answered by the GET handler, OPTIONS by the router, another method than the path has with
/// 405 and `Allow`.
#[derive(Default)]
pub struct Router {
    routes: HashMap<Box<[u8]>, Vec<(Method, Handler)>>,
    fallback: Option<Box<dyn Service>>,
}

enum Handler {
    Page(Box<Page>),
    WithBody(Box<Page>),
    Upload(Box<dyn Fn(&Request<'_>) -> Reply + Send + Sync>),
}

type Page = dyn Fn(&Request<'_>) -> Response + Send + Sync;

impl Router {
    /// Without routes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers GET, and HEAD, of `path`.
    #[must_use]
    pub fn get<F>(self, path: &str, page: F) -> Self
    where
        F: Fn(&Request<'_>) -> Response + Send + Sync + 'static,
    {
        self.with(Method::Get, path, Handler::Page(Box::new(page)))
    }

    /// Answers POST of `path`; the handler is called when the whole body is there. One longer than
    /// [`COLLECTED`] is refused with 413.
    #[must_use]
    pub fn post<F>(self, path: &str, page: F) -> Self
    where
        F: Fn(&Request<'_>) -> Response + Send + Sync + 'static,
    {
        self.route(Method::Post, path, page)
    }

    /// Answers any method of `path`, with its body as [`Router::post`].
    #[must_use]
    pub fn route<F>(self, method: Method, path: &str, page: F) -> Self
    where
        F: Fn(&Request<'_>) -> Response + Send + Sync + 'static,
    {
        self.with(method, path, Handler::WithBody(Box::new(page)))
    }

    /// Answers POST of `path`, whatever the size of the body: `begin` makes what takes it.
    #[must_use]
    pub fn upload<F, U>(self, path: &str, begin: F) -> Self
    where
        F: Fn(&Request<'_>) -> U + Send + Sync + 'static,
        U: Upload + 'static,
    {
        let begin = move |request: &Request<'_>| Reply::Upload(Box::new(begin(request)));
        self.with(Method::Post, path, Handler::Upload(Box::new(begin)))
    }

    /// Who answers what no route knows; 404 without.
    #[must_use]
    pub fn fallback(mut self, service: impl Service + 'static) -> Self {
        self.fallback = Some(Box::new(service));
        self
    }

    fn with(mut self, method: Method, path: &str, handler: Handler) -> Self {
        let route = self.routes.entry(path.as_bytes().into()).or_default();
        route.retain(|(known, _)| *known != method);
        route.push((method, handler));
        self
    }
}

impl Service for Router {
    fn respond(&self, request: &Request<'_>) -> Reply {
        let Some(route) = self.routes.get(request.path) else {
            return match &self.fallback {
                _ if request.path == b"*" => Response::new(Status(204)).header("Allow", ALL).into(),
                Some(service) => service.respond(request),
                None => Response::error(Status(404)).into(),
            };
        };
        let wanted = if request.method == Method::Head { Method::Get } else { request.method };
        match route.iter().find(|(method, _)| *method == wanted) {
            Some((_, Handler::Page(page))) => page(request).into(),
            Some((_, Handler::WithBody(page))) if request.body.is_some() => page(request).into(),
            Some((_, Handler::WithBody(_))) => Reply::Collect(COLLECTED),
            Some((_, Handler::Upload(begin))) => begin(request),
            None => {
                let status = Status(if request.method == Method::Options { 204 } else { 405 });
                let page = if status.is_bodiless() {
                    Response::new(status)
                } else {
                    Response::error(status)
                };
                page.header("Allow", allowed(route)).into()
            }
        }
    }
}

const ALL: &str = "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH";

fn allowed(route: &[(Method, Handler)]) -> String {
    let mut names = Vec::new();
    for (method, _) in route {
        names.push(method.as_str());
        if *method == Method::Get {
            names.push("HEAD");
        }
    }
    names.push("OPTIONS");
    names.join(", ")
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<_> = self.routes.keys().map(|path| String::from_utf8_lossy(path)).collect();
        f.debug_struct("Router").field("paths", &paths).finish_non_exhaustive()
    }
}
