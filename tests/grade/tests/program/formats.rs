//! The files against their formats, which stand beside this crate's manifest.

use grade::{find_or_skip, run};

use crate::support::{GRADE, Results, shell};

const VALIDATE: &str = "
import json, sys
try:
    import jsonschema
except ImportError:
    print('no jsonschema'); sys.exit()
with open(sys.argv[1]) as f: schema = json.load(f)
jsonschema.Draft202012Validator.check_schema(schema)
for name in sys.argv[2:]:
    with open(name) as f: jsonschema.validate(json.load(f), schema)
print('valid')
";

/// Prints colours, a character that is no XML, bytes that are no text, and markup.
const UGLY: &str = r#"printf '\033[31m]]>&<x>\000\377\n' >&2; exit 1"#;

/// Both files of each kind of ending, in folders that stay until the end.
fn every_kind() -> Vec<Results> {
    let kinds: [Vec<&str>; 6] = [
        vec!["select_server"],
        [&["thread_server", "--hint", "3"], &shell(UGLY)[..]].concat(),
        vec!["no_such_exercise"],
        vec!["thread_server", "--build", "false"],
        [&["fork_server"], &shell("kill -9 $PPID")[..]].concat(),
        vec!["loop_server", "sock_server", "--only", "reply"],
    ];
    kinds
        .map(|args| {
            let results = Results::new();
            results.grade(&args);
            results
        })
        .into()
}

#[test]
fn they_are_valid() {
    let here = env!("CARGO_MANIFEST_DIR");
    let all = every_kind();
    if let Some(python) = find_or_skip("python3") {
        let names: Vec<String> =
            all.iter().map(|results| results.json().to_string_lossy().into_owned()).collect();
        let schema = format!("{here}/report.schema.json");
        let mut args = vec!["-c", VALIDATE, &schema];
        args.extend(names.iter().map(String::as_str));
        let output = run(python, &args);
        match output.stdout.trim() {
            "no jsonschema" => grade::skip("Python's jsonschema is not installed"),
            said => assert_eq!((said, output.code()), ("valid", 0), "{}", output.stderr),
        }
    }
    if let Some(xmllint) = find_or_skip("xmllint") {
        for results in &all {
            let (schema, file) = (format!("{here}/junit.xsd"), results.junit());
            let args = ["--noout", "--nonet", "--schema", &schema, &file.to_string_lossy()];
            let output = run(&xmllint, &args);
            assert_eq!(output.code(), 0, "{}", output.stderr);
        }
    }
}

#[test]
fn several_exercises_are_an_array_and_one_is_an_object() {
    let results = Results::new();
    results.grade(&["loop_server", "sock_server", "--only", "starts"]);
    let report = results.read();
    let names: Vec<_> = report.as_array().unwrap().iter().map(|one| &one["exercise"]).collect();
    assert_eq!(names, ["loop_server", "sock_server"]);
    results.grade(&["loop_server", "--only", "starts"]);
    assert!(results.read().is_object());
}

#[test]
fn a_dash_is_standard_output_and_the_table_goes_to_standard_error() {
    let args = ["thread_server", "--only", "starts", "--json", "-"];
    let output = run(GRADE, &args);
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(report["status"], "passed");
    assert!(output.stderr.contains("score 5/5"), "{}", output.stderr);
    let args = ["thread_server", "--only", "starts", "--junit", "-"];
    let output = run(GRADE, &args);
    assert!(output.stdout.starts_with("<?xml") && output.stdout.ends_with("</testsuites>\n"));
}
