//! Axes whose steps are factors: where they begin and end, what is written on them.

/// The first of 1, 2, 5, 10, 20, 50 … (also 0.5, 0.2 …) that is not below the value.
fn up(value: f64) -> f64 {
    let decade = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * decade);
    steps.into_iter().find(|&step| step >= value * 0.999_999).unwrap_or(value)
}

/// The last of them that is not above it.
fn down(value: f64) -> f64 {
    let decade = 10_f64.powf(value.log10().floor());
    let steps = [10.0, 5.0, 2.0, 1.0].map(|step| step * decade);
    steps.into_iter().find(|&step| step <= value * 1.000_001).unwrap_or(value)
}

/// An axis that has room for these values: its ends, and what to write on it. `None` without a value
/// above 0.
pub(super) fn around(values: &[f64]) -> Option<((f64, f64), Vec<f64>)> {
    let positive = values.iter().copied().filter(|&value| value > 0.0 && value.is_finite());
    let least = positive.clone().min_by(f64::total_cmp)?;
    let greatest = positive.max_by(f64::total_cmp)?;
    let (mut from, to) = (down(least), up(greatest));
    if to / from < 4.0 {
        from = down(from * 0.6);
    }
    let mut ticks = vec![from];
    while let Some(&last) = ticks.last()
        && last < to * 0.999_999
    {
        ticks.push(up(last * 1.1));
    }
    if to / from > 150.0 {
        // 跨越几个数量级：只写 1、10、100…… / several decades: only their beginnings.
        ticks.retain(|tick| (tick.log10() - tick.log10().round()).abs() < 1e-6);
    }
    Some(((from, to), ticks))
}

/// A number as short as it can be: `0.5`, `20`, `5k`, `2M`.
pub(super) fn short(value: f64) -> String {
    let (value, unit) = match value {
        v if v >= 1e6 => (v / 1e6, "M"),
        v if v >= 1e3 => (v / 1e3, "k"),
        v => (v, ""),
    };
    let digits = match value {
        v if v >= 9.95 || (v - v.round()).abs() < 0.005 => 0,
        v if v >= 0.095 => 1,
        _ => 2,
    };
    format!("{value:.digits$}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_holds_all_values_between_round_numbers() {
        assert_eq!(around(&[30.0, 180.0]), Some(((20.0, 200.0), vec![20.0, 50.0, 100.0, 200.0])));
        let (ends, ticks) = around(&[97.0, 265_623.0]).unwrap();
        assert_eq!((ends, ticks), ((50.0, 500_000.0), vec![100.0, 1e3, 1e4, 1e5]));
        let (ends, _) = around(&[7.0, 7.0]).unwrap();
        assert_eq!(ends, (2.0, 10.0));
        assert_eq!(around(&[0.0, f64::NAN]), None);
    }

    #[test]
    fn numbers_are_short() {
        let all = [0.05, 0.5, 2.0, 28.4, 1000.0, 5_000.0, 12_500.0, 2e6];
        assert_eq!(all.map(short), ["0.05", "0.5", "2", "28", "1k", "5k", "12k", "2M"]);
    }
}
