//! The result as JUnit's XML: a test suite for each exercise, a test case for each check.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{Log, Report, Test, TestStatus};

pub(crate) fn write(reports: &[Report]) -> io::Result<String> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let sum = |count: fn(&Report) -> usize| reports.iter().map(count).sum::<usize>().to_string();
    let seconds: f64 = reports.iter().map(|report| report.seconds).sum();
    xml.create_element("testsuites")
        .with_attribute(("name", "grade"))
        .with_attribute(("tests", sum(|r| cases(r).max(1)).as_str()))
        .with_attribute(("failures", sum(|r| count(r, is_failure)).as_str()))
        .with_attribute(("errors", sum(errors).as_str()))
        .with_attribute(("time", format!("{seconds:.3}").as_str()))
        .write_inner_content(|xml| reports.iter().try_for_each(|report| suite(xml, report)))?;
    String::from_utf8(xml.into_inner()).map(|text| text + "\n").map_err(io::Error::other)
}

fn suite(xml: &mut Writer<Vec<u8>>, report: &Report) -> io::Result<()> {
    let name = report.exercise.as_deref().unwrap_or("grade");
    xml.create_element("testsuite")
        .with_attribute(("name", name))
        .with_attribute(("tests", cases(report).max(1).to_string().as_str()))
        .with_attribute(("failures", count(report, is_failure).to_string().as_str()))
        .with_attribute(("errors", errors(report).to_string().as_str()))
        .with_attribute(("skipped", count(report, is_skipped).to_string().as_str()))
        .with_attribute(("time", format!("{:.3}", report.seconds).as_str()))
        .write_inner_content(|xml| {
            xml.create_element("properties").write_inner_content(|xml| {
                property(xml, "score", report.score.to_string())?;
                property(xml, "max_score", report.max_score.to_string())?;
                property(xml, "command", report.command.join(" "))?;
                for test in &report.tests {
                    let points = format!("{}/{}", test.score, test.max_score);
                    property(xml, &format!("points.{}", test.id), points)?;
                }
                Ok(())
            })?;
            if report.tests.is_empty() {
                return without_tests(xml, report, name);
            }
            report.tests.iter().try_for_each(|test| case(xml, test, name))
        })?;
    Ok(())
}

fn property(xml: &mut Writer<Vec<u8>>, name: &str, value: String) -> io::Result<()> {
    let value = legal(&value);
    let element = xml.create_element("property").with_attribute(("name", name));
    element.with_attribute(("value", value.as_str())).write_empty()?;
    Ok(())
}

/// A suite needs a case that says what happened.
fn without_tests(xml: &mut Writer<Vec<u8>>, report: &Report, suite: &str) -> io::Result<()> {
    let message = legal(report.message.as_deref().unwrap_or_default());
    let element = xml.create_element("testcase").with_attribute(("name", "grade"));
    element
        .with_attribute(("classname", suite))
        .with_attribute(("time", "0.000"))
        .write_inner_content(|xml| {
            let error = xml.create_element("error").with_attribute(("message", message.as_str()));
            error.with_attribute(("type", "grader")).write_empty()?;
            Ok(())
        })?;
    Ok(())
}

fn case(xml: &mut Writer<Vec<u8>>, test: &Test, suite: &str) -> io::Result<()> {
    let seconds = format!("{:.3}", test.seconds);
    let element = xml
        .create_element("testcase")
        .with_attribute(("name", test.id.as_str()))
        .with_attribute(("classname", suite))
        .with_attribute(("time", seconds.as_str()));
    let (name, kind) = match test.status {
        TestStatus::Passed => {
            element.write_empty()?;
            return Ok(());
        }
        TestStatus::Failed => ("failure", "failed"),
        TestStatus::Flaky => ("failure", "flaky"),
        TestStatus::Skipped => ("skipped", ""),
        TestStatus::Error => ("error", "grader"),
    };
    let message = legal(test.cause.as_ref().map_or("", |cause| cause.rationale.as_str()));
    element.write_inner_content(|xml| {
        let element = xml.create_element(name).with_attribute(("message", message.as_str()));
        if kind.is_empty() {
            element.write_empty()?;
            return Ok(());
        }
        let element = element.with_attribute(("type", kind));
        element.write_text_content(BytesText::new(&details(test)))?;
        let Log { stdout, stderr } = &test.log;
        for (name, text) in [("system-out", stdout), ("system-err", stderr)] {
            xml.create_element(name).write_text_content(BytesText::new(&legal(text)))?;
        }
        Ok(())
    })?;
    Ok(())
}

/// The title, what was expected and got, the steps, the hints.
fn details(test: &Test) -> String {
    let mut lines = vec![test.title.clone()];
    if let Some(cause) = &test.cause {
        lines.push(cause.rationale.clone());
        lines.extend(cause.expected.iter().map(|text| format!("expected {text}")));
        lines.extend(cause.actual.iter().map(|text| format!("got      {text}")));
    }
    lines.extend(test.steps.iter().enumerate().map(|(n, step)| format!("{:4}. {step}", n + 1)));
    lines.extend(test.cause.iter().flat_map(|cause| cause.hints.clone()));
    legal(&lines.join("\n"))
}

/// Without what XML 1.0 cannot hold, escaped or not: control characters, and so ANSI colours.
fn legal(text: &str) -> String {
    let ok = |&c: &char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if ok(&c) { c } else { '\u{fffd}' }).collect()
}

fn cases(report: &Report) -> usize {
    report.tests.len()
}

fn errors(report: &Report) -> usize {
    if report.tests.is_empty() { 1 } else { count(report, |status| status == TestStatus::Error) }
}

fn is_failure(status: TestStatus) -> bool {
    matches!(status, TestStatus::Failed | TestStatus::Flaky)
}

fn is_skipped(status: TestStatus) -> bool {
    status == TestStatus::Skipped
}

fn count(report: &Report, which: impl Fn(TestStatus) -> bool) -> usize {
    report.tests.iter().filter(|test| which(test.status)).count()
}
