//! Percentiles, medians, and when one series of rounds is ahead of another.

/// The middle of the values (the mean of the two middle ones); `None` if there are none.
///
/// ```
/// use model_comparison::stats::median;
///
/// assert_eq!(median(&[9.0, 1.0, 5.0]), Some(5.0));
/// assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), Some(3.0));
/// assert_eq!(median(&[]), None);
/// ```
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        len if len % 2 == 1 => Some(sorted[half]),
        _ => Some((sorted[half - 1] + sorted[half]) / 2.0),
    }
}

/// The least and the greatest of the values; `None` if there are none.
pub fn range(values: &[f64]) -> Option<(f64, f64)> {
    let least = values.iter().copied().min_by(f64::total_cmp)?;
    let greatest = values.iter().copied().max_by(f64::total_cmp)?;
    Some((least, greatest))
}

/// A value, and how much it counts beside the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighted<T> {
    /// What was measured.
    pub value: T,
    /// More than 0.
    pub weight: f64,
}

/// The least value that at least `share` of the weight does not exceed (the nearest rank, where all
/// weights are alike); `None` if there are no values. Sorts them.
///
/// ```
/// use model_comparison::stats::{Weighted, percentile};
///
/// let mut ten: Vec<_> = (1..=10).map(|value| Weighted { value, weight: 1.0 }).collect();
/// assert_eq!(percentile(&mut ten, 0.5), Some(5));
/// assert_eq!(percentile(&mut ten, 0.99), Some(10));
/// ```
pub fn percentile<T: Copy + Ord>(values: &mut [Weighted<T>], share: f64) -> Option<T> {
    values.sort_unstable_by_key(|sample| sample.value);
    let total: f64 = values.iter().map(|sample| sample.weight).sum();
    // A sum of many weights is a little off: without the allowance, rank 5 of 10 could become 6.
    let wanted = share * total * (1.0 - 1e-9);
    let mut sum = 0.0;
    let found = values.iter().find(|sample| {
        sum += sample.weight;
        sum >= wanted
    });
    found.or(values.last()).map(|sample| sample.value)
}

/// By how much the worst round of the one must beat the best of the other.
pub const MARGIN: f64 = 1.1;

/// Fewer rounds than these show no order.
pub const ROUNDS: usize = 3;

/// Whether the rounds agree that the first is the greater: its least exceeds the other's greatest by
/// [`MARGIN`], and there are [`ROUNDS`] of each.
///
/// ```
/// use model_comparison::stats::ahead;
///
/// assert!(ahead(&[120.0, 130.0, 125.0], &[90.0, 105.0, 100.0]));
/// assert!(!ahead(&[120.0, 130.0, 100.0], &[90.0, 105.0, 100.0])); // one round disagrees
/// assert!(!ahead(&[120.0, 130.0], &[90.0, 105.0])); // too few
/// ```
pub fn ahead(one: &[f64], other: &[f64]) -> bool {
    let enough = one.len().min(other.len()) >= ROUNDS;
    let (Some((least, _)), Some((_, greatest))) = (range(one), range(other)) else { return false };
    enough && least > greatest * MARGIN
}

/// Sorts indices of `series` into groups, the greatest first: each member of a group is [`ahead`] of
/// each member of the next, and no finer division has that property.
///
/// ```
/// use model_comparison::stats::groups;
///
/// let fast = [99.0, 101.0, 100.0];
/// let like_it = [98.0, 103.0, 100.5];
/// let slow = [10.0, 11.0, 12.0];
/// assert_eq!(groups(&[&slow, &fast, &like_it]), [vec![2, 1], vec![0]]);
/// ```
pub fn groups(series: &[&[f64]]) -> Vec<Vec<usize>> {
    let middle = |index: &usize| median(series[*index]).unwrap_or(f64::NEG_INFINITY);
    let mut order: Vec<usize> = (0..series.len()).collect();
    order.sort_by(|one, other| middle(other).total_cmp(&middle(one)));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (place, &index) in order.iter().enumerate() {
        let (before, after) = order.split_at(place);
        let divided =
            before.iter().all(|&one| after.iter().all(|&other| ahead(series[one], series[other])));
        match groups.last_mut() {
            Some(group) if !divided => group.push(index),
            _ => groups.push(vec![index]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(values: impl IntoIterator<Item = u32>) -> Vec<Weighted<u32>> {
        values.into_iter().map(|value| Weighted { value, weight: 1.0 }).collect()
    }

    /// The example of the nearest-rank method that textbooks give.
    #[test]
    fn percentiles_of_known_data() {
        let mut scores = alike([15, 20, 35, 40, 50]);
        for (share, score) in [(0.05, 15), (0.3, 20), (0.4, 20), (0.5, 35), (1.0, 50)] {
            assert_eq!(percentile(&mut scores, share), Some(score), "{share}");
        }
        let mut thousand = alike((1..=1000).rev());
        for (share, value) in [(0.0, 1), (0.5, 500), (0.9, 900), (0.99, 990), (0.999, 999)] {
            assert_eq!(percentile(&mut thousand, share), Some(value), "{share}");
        }
        assert_eq!(percentile::<u32>(&mut [], 0.5), None);
    }

    /// One client with a thousand quick answers and three who had one slow answer each: half of the
    /// clients wait long, whatever the count of messages says.
    #[test]
    fn every_client_counts_the_same() {
        let mut samples: Vec<_> =
            (0..1000).map(|value| Weighted { value, weight: 1.0 / 1000.0 }).collect();
        samples.extend([5000, 6000, 7000].map(|value| Weighted { value, weight: 1.0 }));
        assert_eq!(percentile(&mut samples, 0.25), Some(999));
        assert_eq!(percentile(&mut samples, 0.5), Some(5000));
        assert_eq!(percentile(&mut samples, 0.99), Some(7000));
    }

    #[test]
    fn an_order_is_claimed_only_where_the_ranges_are_apart() {
        let a = [100.0, 200.0, 300.0];
        let b = [90.0, 95.0, 80.0];
        let c = [60.0, 65.0, 70.0];
        // a is ahead of c, but not of b, nor b of c by the margin: then all three are one group.
        assert!(ahead(&a, &c) && !ahead(&a, &b) && ahead(&b, &c));
        assert_eq!(groups(&[&c, &b, &a]), [vec![2, 1], vec![0]]);
        assert_eq!(groups(&[&a, &[150.0, 50.0, 100.0], &c]), [vec![0, 1, 2]]);
        assert!(groups(&[]).is_empty());
    }

    #[test]
    fn noise_alone_shows_no_order() {
        // Ten series from one generator: whatever the draw, the ranges overlap or the margin is not met.
        let mut state = 1_u64;
        let mut noise = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            100.0 + ((state >> 33) % 100) as f64 / 10.0
        };
        let series: Vec<Vec<f64>> = (0..10).map(|_| (0..5).map(|_| noise()).collect()).collect();
        let series: Vec<&[f64]> = series.iter().map(Vec::as_slice).collect();
        assert_eq!(groups(&series).len(), 1);
    }
}
