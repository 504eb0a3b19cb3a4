//! What every server of the workspace shares.

pub mod folder;
