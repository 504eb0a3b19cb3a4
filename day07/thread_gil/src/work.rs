//! Something to compute, and something to wait for.

use std::time::Duration;

/// How long the disk, the network, … lets one wait.
const ANSWER: Duration = Duration::from_millis(10);

/// Computes: counts the primes among the odd numbers `2k + 1`. After each number it calls `step`, as
/// an interpreter does something of its own between two instructions.
pub(crate) fn compute(ks: impl Iterator<Item = u32>, step: impl Fn()) -> u64 {
    let mut primes = 0;
    for k in ks {
        primes += u64::from(is_prime(2 * k + 1));
        step();
    }
    primes
}

/// Waits for `times` answers, one after another; `around` is called with each wait.
pub(crate) fn wait_for_answers(times: u32, around: impl Fn(&dyn Fn())) -> u64 {
    for _ in 0..times {
        around(&|| std::thread::sleep(ANSWER));
    }
    u64::from(times)
}

fn is_prime(n: u32) -> bool {
    n > 1 && (2..).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn there_are_24_odd_primes_below_100() {
        let steps = Cell::new(0);
        assert_eq!(compute(0..50, || steps.set(steps.get() + 1)), 24);
        assert_eq!(steps.get(), 50);
    }
}
