//! How long something took, and how much of the processors it used meanwhile.
//!
//! ```
//! use common::measure::Stopwatch;
//! use std::time::Duration;
//!
//! let watch = Stopwatch::start();
//! std::thread::sleep(Duration::from_millis(20));
//! let took = watch.stop();
//! assert!(took.wall >= Duration::from_millis(20));
//! assert!(took.cpu_per_second() < 0.9); // to sleep costs nothing
//! ```

use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_gettime};

/// A watch for the wall and for the processors.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    wall: Instant,
    cpu: Duration,
}

/// What a [`Stopwatch`] has measured.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// The time that passed.
    pub wall: Duration,
    /// The processor time of all threads of this process, and of its children that were waited for.
    pub cpu: Duration,
}

impl Stopwatch {
    /// Starts the watch.
    pub fn start() -> Self {
        Stopwatch { wall: Instant::now(), cpu: cpu_time() }
    }

    /// What has passed since the start.
    pub fn stop(self) -> Took {
        Took { wall: self.wall.elapsed(), cpu: cpu_time().saturating_sub(self.cpu) }
    }
}

impl Took {
    /// Processor seconds used per second: about 2 while two cores are busy.
    pub fn cpu_per_second(self) -> f64 {
        self.cpu.as_secs_f64() / self.wall.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

fn cpu_time() -> Duration {
    let own =
        clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or(Duration::ZERO, Duration::from);
    // Both can fail for a wrong clock or a wrong "who" only.
    let children = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_or(0, |used| (used.user_time() + used.system_time()).num_microseconds());
    own + Duration::from_micros(children.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process;

    fn use_the_processor(time: Duration) {
        let start = cpu_time();
        while cpu_time() < start + time {}
    }

    #[test]
    fn work_is_counted_in_this_process_and_in_a_child() {
        let time = Duration::from_millis(20);
        let watch = Stopwatch::start();
        use_the_processor(time);
        assert!(watch.stop().cpu >= time);
        let watch = Stopwatch::start();
        let child = process::fork_child(|| {
            use_the_processor(time);
            0
        });
        process::wait(child.unwrap()).unwrap();
        assert!(watch.stop().cpu >= time);
    }
}
