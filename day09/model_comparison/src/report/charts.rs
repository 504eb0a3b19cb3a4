//! The charts.

use common::Failure;

use super::Report;

impl Report {
    /// The picture for a README.
    pub fn to_picture(&self) -> Result<String, Failure> {
        Ok(String::new())
    }
}
