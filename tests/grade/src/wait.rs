//! Waiting for what tells nobody when it happens.

use std::thread;
use std::time::{Duration, Instant};

use crate::{Failure, Result};

/// How long anything that should happen is waited for before that counts as a failure: 20 seconds.
///
/// On a slow machine, set `GRADE_SLOW=4` to wait four times as long. Nothing waits longer than it
/// must: what comes at once ends the wait at once.
pub fn patience() -> Duration {
    let slow = std::env::var("GRADE_SLOW").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(10)
        .mul_f64(slow.filter(|&x: &f64| (1.0..=1000.0).contains(&x)).unwrap_or(1.0))
}

/// Asks again and again until `condition` holds.
///
/// # Errors
///
/// It still does not hold after [`patience`].
pub fn wait_until(what: &str, condition: impl FnMut() -> bool) -> Result {
    if poll(patience(), condition) {
        Ok(())
    } else {
        Err(Failure::new(format!("waited {:?} in vain until {what}", patience())))
    }
}

/// Asks at growing distances, 1 ms to 20 ms; false when `limit` is over.
pub(crate) fn poll(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    let mut pause = Duration::from_millis(1);
    loop {
        if condition() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}
