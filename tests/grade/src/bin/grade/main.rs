//! Grades a program from outside: ours, or anyone's, in any language.

#![forbid(unsafe_code)]

mod alarm;
mod args;
mod doctor;
mod fence;
mod files;
mod grader;
mod list;
mod messages;
mod network;
mod report;
mod worker;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use grade::spec::{self, Spec};

use alarm::{Alarm, Cause};
use args::{Cli, Lang};
use grader::Grader;
use messages::Words;
use report::{Environment, Report, Status, json, junit, table};

fn main() -> ExitCode {
    let given: Vec<OsString> = std::env::args_os().skip(1).collect();
    match given.first().and_then(|word| word.to_str()) {
        Some(worker::FLAG) => return worker::main(),
        Some(doctor::TRY_NETWORK) => return ExitCode::from(u8::from(network::enter().is_err())),
        _ => {}
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &given),
    };
    let words = Words { lang: cli.lang.unwrap_or_else(Lang::of_the_environment), hints: cli.hint };
    let files = Files { json: cli.json.clone(), junit: cli.junit.clone() };
    if cli.exercises == ["doctor"] {
        return examine(&files, words);
    }
    match specs(&cli) {
        Ok(specs) if cli.list => show(&list(&cli, &specs, words), false),
        Ok(specs) => grade_all(&cli, &specs, words, &files),
        Err(why) => files.write(&[failed(Status::Usage, why)], words),
    }
}

/// Those that were named, or all of them.
fn specs(cli: &Cli) -> Result<Vec<Spec>, String> {
    if cli.all || cli.exercises.is_empty() {
        return Ok(spec::all());
    }
    if !cli.command.is_empty() && cli.exercises.len() > 1 {
        return Err("one submission is graded as one exercise".to_owned());
    }
    let find = |name: &String| {
        spec::find(name).ok_or_else(|| format!("there is no exercise {name} (see grade --list)"))
    };
    let specs = cli.exercises.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    for part in &cli.only {
        if !specs.iter().flat_map(|spec| &spec.checks).any(|check| check.id.contains(part.as_str()))
        {
            return Err(format!("no check has {part:?} in its id (see grade --list EXERCISE)"));
        }
    }
    Ok(specs)
}

fn list(cli: &Cli, specs: &[Spec], words: Words) -> String {
    if cli.exercises.is_empty() {
        return list::exercises(specs, words);
    }
    specs.iter().map(|spec| list::checks(spec, words)).collect::<Vec<_>>().join("\n")
}

fn grade_all(cli: &Cli, specs: &[Spec], words: Words, files: &Files) -> ExitCode {
    let alarm = match Alarm::set() {
        Ok(alarm) => alarm,
        Err(why) => return files.write(&[failed(Status::Error, why.to_string())], words),
    };
    // What a worker that was killed leaves behind comes to us.
    let _ = nix::sys::prctl::set_child_subreaper(true);
    let private_network = !cli.shared_network && doctor::private_network();
    if let Some(limit) = cli.deadline {
        alarm.deadline(limit);
    }
    let grader = Grader { cli, words, alarm: &alarm, private_network };
    let mut reports = Vec::new();
    for spec in specs {
        reports.push(grader.grade(spec));
        if alarm.cause() == Some(Cause::Interrupted) {
            break;
        }
    }
    worker::end_orphans();
    fence::take_down_the_forsaken();
    files.write(&reports, words)
}

/// Where the results are to be written.
struct Files {
    json: Option<PathBuf>,
    junit: Option<PathBuf>,
}

impl Files {
    /// Writes the files and the table; the exit status is that of the worst report.
    fn write(&self, reports: &[Report], words: Words) -> ExitCode {
        let status = reports.iter().map(|report| report.status).max().unwrap_or(Status::Error);
        let mut code = status.exit_code();
        let to_stderr = self.stdout_is_taken();
        let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && if to_stderr {
                std::io::stderr().is_terminal()
            } else {
                std::io::stdout().is_terminal()
            };
        if status == Status::Usage {
            let message = reports.iter().find_map(|report| report.message.as_ref());
            eprintln!("error: {}", message.map_or("", String::as_str));
        } else {
            show(&table::write(reports, words, colour), to_stderr);
        }
        let write = |path: &Option<PathBuf>, text: &dyn Fn() -> std::io::Result<String>| match path
        {
            Some(path) => text().and_then(|text| files::write(path, &text)),
            None => Ok(()),
        };
        let written = [
            write(&self.json, &|| Ok(json::write(reports))),
            write(&self.junit, &|| junit::write(reports)),
        ];
        for error in written.into_iter().filter_map(Result::err) {
            eprintln!("error: {error}");
            code = Status::Error.exit_code().max(code);
        }
        ExitCode::from(code)
    }

    fn stdout_is_taken(&self) -> bool {
        [&self.json, &self.junit].into_iter().flatten().any(|path| files::is_stdout(path))
    }
}

fn examine(files: &Files, words: Words) -> ExitCode {
    let findings = doctor::examine(words);
    show(&doctor::table(&findings), files.stdout_is_taken());
    let text = serde_json::to_string_pretty(&findings).unwrap_or_default() + "\n";
    if let Some(Err(why)) = files.json.as_ref().map(|path| files::write(path, &text)) {
        eprintln!("error: {why}");
        return ExitCode::from(Status::Error.exit_code());
    }
    ExitCode::from(u8::from(findings.iter().any(|finding| !finding.ok)))
}

fn failed(status: Status, why: String) -> Report {
    Report::without_tests(None, status, why, Environment::here(false))
}

/// A command line that cannot be read has a result too, if it can be seen where it belongs.
fn usage(error: &clap::Error, given: &[OsString]) -> ExitCode {
    let _ = error.print();
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return ExitCode::SUCCESS;
    }
    let value = |name: &str| {
        let ours = given.iter().take_while(|word| *word != "--");
        let mut ours = ours.map(|word| word.to_string_lossy().into_owned());
        let word =
            ours.by_ref().find(|word| word == name || word.starts_with(&format!("{name}=")))?;
        word.split_once('=')
            .map(|(_, path)| path.to_owned())
            .or_else(|| ours.next())
            .map(PathBuf::from)
    };
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let report = [failed(Status::Usage, line)];
    let write = |path: Option<PathBuf>, text: String| {
        if let Some(Err(why)) = path.as_deref().map(|path: &Path| files::write(path, &text)) {
            eprintln!("error: {why}");
        }
    };
    write(value("--json"), json::write(&report));
    write(value("--junit"), junit::write(&report).unwrap_or_default());
    ExitCode::from(Status::Usage.exit_code())
}

/// A reader that has gone (`grade … | head`) is no failure.
fn show(text: &str, to_stderr: bool) -> ExitCode {
    let _ = if to_stderr {
        std::io::stderr().write_all(text.as_bytes())
    } else {
        std::io::stdout().write_all(text.as_bytes())
    };
    ExitCode::SUCCESS
}
