//! The page and the picture of a report that is made up, as a browser shows them.

mod sample;

use std::fs;

use grade::{find_or_skip, run};
use serde_json::Value;

/// Phone and desktop.
const WIDTHS: [u64; 2] = [360, 1280];

#[test]
fn the_page_needs_nothing_from_elsewhere_and_nothing_is_left_to_fill_in() {
    let page = sample::report().to_html().expect("the page");
    assert!(!page.contains("{{") && !page.contains("}}"));
    let links = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for elsewhere in ["http://", "https://", "//cdn", "src=", "@import", "url("] {
        assert!(!links.contains(elsewhere), "{elsewhere}");
    }
    assert!(!page.contains("<made-up>") && page.contains("a &lt;made-up&gt; processor"));
    assert!(!page.contains("<tag>") && page.contains("a &lt;tag&gt;: a &amp; b"));
}

#[test]
fn who_failed_is_shown_as_failed_and_never_as_zero() {
    let report = sample::report();
    let page = report.to_html().expect("the page");
    let why = "at client 5,120 of 10,000: no room to wait to be accepted";
    for text in [page, report.to_string()] {
        assert!(text.contains(why), "{text}");
        assert!(text.contains("failed"));
    }
    let table = report.to_string();
    let row = table.lines().find(|line| line.starts_with("select_server")).expect("its row");
    assert!(row.trim_end().ends_with("failed"), "{row}");
    let cells = report.to_json()["cells"].clone();
    let is_it = |cell: &&Value| {
        cell["server"] == "select_server" && cell["load"] == "echo" && cell["clients"] == 10_000
    };
    let cell = cells.as_array().expect("cells").iter().find(is_it).expect("the cell").clone();
    assert_eq!(cell["rounds"][0]["failed"], why);
}

#[test]
fn chromium_draws_every_chart_on_a_phone_and_on_a_desk() {
    let Some(chromium) = find_or_skip("chromium") else { return };
    let page = sample::report().to_html().expect("the page");
    for lang in ["en", "zh"] {
        let found = open(&chromium, &page, lang);
        for (frame, width) in found.as_array().expect("frames").iter().zip(WIDTHS) {
            assert_eq!((&frame["lang"], &frame["width"]), (&lang.into(), &width.into()));
            let wide = &frame["wide"];
            assert_eq!(
                frame["needed"], width,
                "{lang}: it must not be wider than its window: {wide}"
            );
            let words = frame["words"].as_str().expect("words");
            let (ours, theirs) = match lang {
                "en" => ("How many messages per second?", "每秒多少条消息"),
                _ => ("每秒多少条消息", "How many messages per second?"),
            };
            assert!(words.contains(ours) && !words.contains(theirs), "{lang}: {words}");
            let charts = frame["charts"].as_array().expect("charts");
            assert_eq!(charts.len(), 13, "{lang} {width}");
            for chart in charts {
                let number = |what: &str| chart[what].as_f64().expect("a number");
                assert!(number("width") > 280.0 && number("height") > 90.0, "{chart}");
                assert!(number("drawn") >= 3.0, "{chart}");
                assert!(number("letters") >= 9.5, "{width}: too small to read: {chart}");
                for what in ["outside", "covered"] {
                    assert_eq!(chart[what].as_array().map(Vec::len), Some(0), "{what}: {chart}");
                }
                assert_ne!(chart["color"], frame["background"], "{chart}");
            }
        }
    }
}

/// Opens the page at each width in one Chromium, and gives what `probe.js` sees there.
fn open(chromium: &std::path::Path, page: &str, lang: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let inside = page.replace('&', "&amp;").replace('"', "&quot;");
    let frames = WIDTHS.map(|width| {
        format!(
            "<iframe style=\"border:0;width:{width}px;height:6000px\" srcdoc=\"{inside}\"></iframe>"
        )
    });
    let probe = include_str!("probe.js").replace("LANG", lang);
    let outer = folder.path().join("outer.html");
    let text = format!(
        "<!doctype html><meta charset=utf-8><body>{}<script>{probe}</script></body>",
        frames.concat()
    );
    fs::write(&outer, text).expect("a file");
    let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
    let output = run(
        chromium,
        &[
            "--headless",
            "--hide-scrollbars",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--enable-logging=stderr",
            "--dump-dom",
            &profile,
            &format!("file://{}", outer.display()),
        ],
    );
    let console: Vec<&str> =
        output.stderr.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(console.is_empty(), "{console:?}");
    let found = output.stdout.split_once("<pre id=\"probe\">").expect("what the probe found").1;
    let found = found.split("</pre>").next().unwrap_or_default();
    let found = found.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&found).expect("JSON")
}

#[test]
fn the_picture_stands_alone() {
    let picture = sample::report().to_picture().expect("no trouble").expect("a picture");
    assert!(picture.starts_with("<svg ") && picture.trim_end().ends_with("</svg>"));
    assert!(picture.contains("prefers-color-scheme: dark") && !picture.contains("=\"#"));
    assert!(
        picture.contains("Sat, 28 Nov 2026") && picture.contains("a &lt;made-up&gt; processor")
    );
}
