//! The report: what was measured, as a table, as JSON, as a page with charts.

mod charts;
mod html;
mod json;
mod picture;
mod table;
mod view;
mod words;

use std::fs;
use std::path::Path;

use common::Failure;

use crate::at_rest::Rest;
use crate::machine::Machine;
use crate::plan::{Kind, Plan};
use crate::rounds::Cell;
use crate::servers::{LeftOut, Server};

pub use view::{Figure, VIEWS, View};

/// Everything that a run has found out.
#[derive(Clone, Debug)]
pub struct Report {
    /// Where and when.
    pub machine: Machine,
    /// What was meant to be measured.
    pub plan: Plan,
    /// Who was measured.
    pub servers: Vec<Server>,
    /// What they did.
    pub cells: Vec<Cell>,
    /// Threads and coroutines at rest.
    pub at_rest: Vec<Rest>,
    /// What was not measured, and why.
    pub left_out: Vec<LeftOut>,
    /// Rounds that were whole; fewer than planned if the time was up or Ctrl-C came.
    pub rounds: usize,
}

impl Report {
    /// Writes `index.html`, `report.json` and `picture.svg` for a README into a folder, which is
    /// made if it is not there.
    ///
    /// # Errors
    ///
    /// The folder or a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), Failure> {
        let cannot =
            |path: &Path, why| Failure::new(format!("cannot write {}", path.display()), &why);
        fs::create_dir_all(folder).map_err(|why| cannot(folder, why))?;
        let files = [
            ("index.html", Some(self.to_html()?)),
            ("picture.svg", self.to_picture()?),
            ("report.json", Some(self.to_json().to_string())),
        ];
        for (name, text) in files {
            let path = folder.join(name);
            text.map_or(Ok(()), |text| fs::write(&path, text)).map_err(|why| cannot(&path, why))?;
        }
        Ok(())
    }

    /// What one server did under one load; `None` if that was not planned.
    pub fn cell(&self, server: &str, kind: Kind, clients: usize) -> Option<&Cell> {
        let is_it =
            |cell: &&Cell| (cell.server, cell.kind, cell.clients) == (server, kind, clients);
        self.cells.iter().find(is_it)
    }
}
