//! What is asked of each exercise: its checks, what each is worth, and the hints for who lost one.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::{Files, Limits, Result, Subject};

mod clients;
mod demos;
mod ftp_server;
mod http_servers;
mod model_comparison;
mod text_servers;

/// A text in both languages. Ids are stable and never translated; texts are what people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub en: &'static str,
    /// Chinese.
    pub zh: &'static str,
}

/// A line of ours that does what a check asks for: the first in `file` that contains `mark`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The file, from the root of the workspace.
    pub file: &'static str,
    /// What stands in the line.
    pub mark: &'static str,
}

/// One exercise as homework.
#[derive(Debug)]
pub struct Spec {
    /// The exercise, which is also the name of our program.
    pub name: &'static str,
    /// What is to be written, in one sentence.
    pub title: Text,
    /// The port in the commands that a report shows.
    pub port: u16,
    /// The arguments with which our own program is graded.
    pub ours: &'static [&'static str],
    /// What a text server answers.
    pub reply: &'static str,
    /// The files that a program is given to serve.
    pub files: Option<Files>,
    /// It runs in the folder with those files.
    pub inside: bool,
    /// What it prints must not wait in a buffer: of a server to be ended in the middle of its work, of
    /// a child that leaves by `_exit`. Otherwise a buffer keeps the lines of several threads apart.
    pub at_once: bool,
    /// Worth 100 points together.
    pub checks: Vec<Check>,
}

/// One thing that is looked at.
#[derive(Clone, Debug)]
pub struct Check {
    /// Its name in files and on the command line.
    pub id: &'static str,
    /// What it is worth.
    pub points: u32,
    /// The checks without which it cannot be looked at; it comes after them.
    pub needs: Vec<&'static str>,
    /// What holds if it is passed.
    pub title: Text,
    /// Where to look.
    pub place: Text,
    /// Which call does it.
    pub call: Text,
    /// Which line of ours does it.
    pub line: Line,
    /// What to paste into a terminal to see it oneself; `{port}` is where the program listens,
    /// `{program}` a part of its command line, `{command}` all of it.
    pub paste: &'static str,
    /// Looks at it; [`Subject::reached`] says how far it has come.
    pub run: fn(&Subject) -> Result,
}

/// Every exercise, in the order of the notes.
pub fn all() -> Vec<Spec> {
    let mut all = demos::all_of_day07();
    all.push(http_servers::http_server_select());
    all.extend(demos::all_of_day09());
    all.extend(text_servers::all());
    all.push(http_servers::http_server());
    all.push(ftp_server::ftp_server());
    all.extend(clients::all());
    all.push(model_comparison::model_comparison());
    all
}

/// The exercise of that name.
pub fn find(name: &str) -> Option<Spec> {
    all().into_iter().find(|spec| spec.name == name)
}

impl Spec {
    /// The check of that id.
    pub fn check(&self, id: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// A program that is to be looked at as this exercise.
    pub fn subject<S: AsRef<OsStr>>(&self, command: impl IntoIterator<Item = S>) -> Subject {
        let subject = Subject::of(command)
            .replies(self.reply)
            .with_files(self.files)
            .with_course_port(self.port)
            .printing_at_once(self.at_once)
            .within(Limits::default());
        if self.inside { subject.inside_its_folder() } else { subject }
    }

    /// The command with which our own program, built at `path`, is graded.
    pub fn our_command(&self, path: impl AsRef<Path>) -> Vec<OsString> {
        let args = self.ours.iter().map(|&arg| arg.into());
        std::iter::once(path.as_ref().into()).chain(args).collect()
    }
}

impl Check {
    /// A check whose texts are still to be given.
    fn new(id: &'static str, points: u32, run: fn(&Subject) -> Result) -> Self {
        const NONE: Text = Text { en: "", zh: "" };
        Self {
            id,
            points,
            needs: Vec::new(),
            title: NONE,
            place: NONE,
            call: NONE,
            line: Line { file: "", mark: "" },
            paste: "",
            run,
        }
    }

    fn needs(mut self, ids: &[&'static str]) -> Self {
        self.needs = ids.to_vec();
        self
    }

    fn title(mut self, en: &'static str, zh: &'static str) -> Self {
        self.title = Text { en, zh };
        self
    }

    fn place(mut self, en: &'static str, zh: &'static str) -> Self {
        self.place = Text { en, zh };
        self
    }

    fn call(mut self, en: &'static str, zh: &'static str) -> Self {
        self.call = Text { en, zh };
        self
    }

    fn line(mut self, file: &'static str, mark: &'static str) -> Self {
        self.line = Line { file, mark };
        self
    }

    fn paste(mut self, command: &'static str) -> Self {
        self.paste = command;
        self
    }
}

impl Line {
    /// Its number and text, if the sources are here.
    pub fn read(&self) -> Option<(usize, String)> {
        let text = std::fs::read_to_string(crate::workspace_root().join(self.file)).ok()?;
        let (index, line) = text.lines().enumerate().find(|(_, line)| line.contains(self.mark))?;
        Some((index + 1, line.trim().to_owned()))
    }
}

#[cfg(test)]
mod tests;
