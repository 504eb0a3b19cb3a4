//! The text service of the course: a short thanks for every chunk received, or an echo.

use std::str::FromStr;
use std::thread;
use std::time::Duration;

use clap::Args;
use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_gettime};

/// `--echo` and `--work`.
#[derive(Debug, Clone, Copy, Args)]
pub struct TextArgs {
    /// Answer with the bytes received
    #[arg(long)]
    pub echo: bool,

    /// Before each answer, wait (io) or compute (cpu) for so many milliseconds
    #[arg(long, value_name = "io:MS|cpu:MS")]
    pub work: Option<Work>,
}

impl TextArgs {
    /// The service these options ask for; without `--echo` every chunk is answered with `reply`.
    pub fn service(self, reply: &'static str) -> Service {
        Service { reply: (!self.echo).then_some(reply), work: self.work }
    }
}

/// Answers a chunk of bytes. (A stream has no messages: two quick lines may come as one chunk.)
///
/// ```
/// use common::text::TextArgs;
///
/// let thanks = TextArgs { echo: false, work: None }.service("Thanks");
/// assert_eq!(thanks.answer(b"hello\n"), b"Thanks");
/// let echo = TextArgs { echo: true, work: None }.service("Thanks");
/// assert_eq!(echo.answer(b"hello\n"), b"hello\n");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// `None`: echo.
    reply: Option<&'static str>,
    work: Option<Work>,
}

impl Service {
    /// What to send back for `received`, after the time `--work` asks for.
    pub fn answer<'a>(&self, received: &'a [u8]) -> &'a [u8] {
        if let Some(work) = self.work {
            work.perform();
        }
        self.reply.map_or(received, str::as_bytes)
    }
}

/// What a model's handler does before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Waits, as for a disk or another server: the processor is free meanwhile.
    Io(Duration),
    /// Computes: uses that much time of a processor.
    Cpu(Duration),
}

impl Work {
    /// Spends the time.
    pub fn perform(self) {
        match self {
            Work::Io(time) => thread::sleep(time),
            Work::Cpu(time) => {
                let end = thread_cpu_time() + time;
                while thread_cpu_time() < end {
                    std::hint::black_box(
                        (0..1000_u64)
                            .fold(0_u64, |sum, n| sum ^ n.wrapping_mul(sum.wrapping_add(1))),
                    );
                }
            }
        }
    }
}

impl FromStr for Work {
    type Err = String;

    fn from_str(text: &str) -> Result<Work, String> {
        let parsed = text.split_once(':').and_then(|(kind, millis)| {
            let time = Duration::from_millis(millis.parse::<u32>().ok()?.into());
            match kind {
                "io" => Some(Work::Io(time)),
                "cpu" => Some(Work::Cpu(time)),
                _ => None,
            }
        });
        parsed.ok_or_else(|| "write io:MS or cpu:MS, such as io:20".to_owned())
    }
}

/// Processor time that this thread has used.
fn thread_cpu_time() -> Duration {
    let used = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
    used.map_or(Duration::MAX / 2, |used| {
        Duration::from_nanos(used.num_nanoseconds().unsigned_abs())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_a_kind_and_milliseconds() {
        assert_eq!("io:20".parse(), Ok(Work::Io(Duration::from_millis(20))));
        assert_eq!("cpu:5".parse(), Ok(Work::Cpu(Duration::from_millis(5))));
        for bad in ["", "io", "io:", "io:-1", "disk:3", "cpu:1.5", "io:99999999999"] {
            assert!(bad.parse::<Work>().is_err(), "{bad}");
        }
    }

    #[test]
    fn cpu_work_uses_the_processor() {
        let before = thread_cpu_time();
        Work::Cpu(Duration::from_millis(5)).perform();
        assert!(thread_cpu_time() - before >= Duration::from_millis(5));
    }
}
