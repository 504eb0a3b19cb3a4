//! What every server of the workspace shares.
