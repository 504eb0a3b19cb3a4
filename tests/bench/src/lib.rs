//! What the benches share: who runs on which core, the load, the processor time, the table.
//!
//! The server runs on the first core and the load, in this process, on the second; rounds visit
//! every server in turn, and a figure is the median of its rounds. Only ratios within one run mean
//! something: the machine may be shared.

pub mod cores;
pub mod echo;
pub mod load;
pub mod programs;
pub mod table;

/// The middle of the values (the mean of the two middle ones); 0 if there are none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        len if len % 2 == 1 => values[len / 2],
        len => (values[len / 2 - 1] + values[len / 2]) / 2.0,
    }
}
