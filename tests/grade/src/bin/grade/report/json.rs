//! The result as JSON: one object, or an array of them if several exercises are graded.

use super::Report;

pub(crate) fn write(reports: &[Report]) -> String {
    let text = match reports {
        [report] => serde_json::to_string_pretty(report),
        several => serde_json::to_string_pretty(several),
    };
    // Nothing of it can fail: keys are text, numbers finite.
    text.map_or_else(|why| why.to_string(), |text| text + "\n")
}
