//! The page.

use common::Failure;

use super::Report;

impl Report {
    /// One HTML page that needs nothing else.
    pub fn to_html(&self) -> Result<String, Failure> {
        Ok(String::new())
    }
}
