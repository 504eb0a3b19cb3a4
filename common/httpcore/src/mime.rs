//! What a file holds, by its name.

use std::borrow::Cow;
use std::path::Path;

/// The media type of a file of that name; text is taken to be UTF-8.
pub(crate) fn of(name: &[u8]) -> Cow<'static, str> {
    let name = String::from_utf8_lossy(name);
    let guess = mime_guess::from_path(Path::new(name.as_ref())).first_raw();
    match guess {
        None => "application/octet-stream".into(),
        Some(kind) if kind.starts_with("text/") || is_text(kind) => {
            format!("{kind}; charset=utf-8").into()
        }
        Some(kind) => kind.into(),
    }
}

/// Text by another name.
fn is_text(kind: &str) -> bool {
    matches!(kind, "application/javascript" | "application/json" | "application/xml")
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn names_tell_types() {
        for (name, kind) in [
            ("a.html", "text/html; charset=utf-8"),
            ("A.HTML", "text/html; charset=utf-8"),
            ("style.css", "text/css; charset=utf-8"),
            ("p.svg", "image/svg+xml"),
            ("p.png", "image/png"),
            ("data.json", "application/json; charset=utf-8"),
            ("x.tar.gz", "application/gzip"),
            ("x.zzz", "application/octet-stream"),
            ("README", "application/octet-stream"),
            (".hidden", "application/octet-stream"),
            ("a.txt", "text/plain; charset=utf-8"),
        ] {
            assert_eq!(of(name.as_bytes()), kind, "{name}");
        }
        assert!(of(b"app.js").ends_with("javascript; charset=utf-8"), "{}", of(b"app.js"));
    }
}
