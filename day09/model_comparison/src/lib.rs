//! What `model_comparison` is made of: a load generator, statistics, servers, rounds, a report.
//!
//! ```text
//! plan, machine ──▶ rounds ──▶ report
//!                     │          table, json, html (charts, words)
//!      servers ◀──────┼──────▶ load ──▶ stats
//!                   cores
//! ```

#![forbid(unsafe_code)]

pub mod at_rest;
pub mod cores;
pub mod load;
pub mod machine;
pub mod plan;
pub mod report;
pub mod rounds;
pub mod servers;
pub mod stats;
