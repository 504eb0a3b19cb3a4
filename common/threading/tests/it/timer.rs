//! `Timer`: CPython's `test_threading.TimerTests`, which has one case about Python's default
//! arguments only, and what its documentation promises.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use crate::support::{LONG, SHORT, leak};
use threading::{Event, Timer};

#[test]
fn it_runs_its_target_once_and_not_before_the_time() {
    let (done, start) = (leak(Event::new()), Instant::now());
    let timer = Timer::new(SHORT, move || {
        assert!(start.elapsed() >= SHORT);
        done.set();
    });
    assert!(!timer.is_alive());
    timer.start().unwrap();
    assert!(timer.is_alive());
    assert!(done.wait(Some(LONG)));
    assert_eq!(timer.join(None), Ok(true));
    assert!(timer.start().is_err(), "a timer is a thread: it runs once");
}

#[test]
fn two_timers_share_nothing() {
    let runs = leak(AtomicUsize::new(0));
    let timers = [1, 10].map(|n| {
        Timer::new(Duration::from_millis(1), move || {
            runs.fetch_add(n, SeqCst);
        })
    });
    timers.iter().for_each(|t| t.start().unwrap());
    timers.iter().for_each(|t| assert_eq!(t.join(None), Ok(true)));
    assert_eq!(runs.load(SeqCst), 11);
}

#[test]
fn cancelled_in_time_it_never_runs() {
    let timer = Timer::new(LONG, || panic!("was cancelled"));
    timer.start().unwrap();
    timer.cancel();
    assert_eq!(timer.join(Some(LONG)), Ok(true));
    let timer = Timer::new(Duration::ZERO, || panic!("was cancelled"));
    timer.cancel();
    timer.start().unwrap();
    assert_eq!(timer.join(Some(LONG)), Ok(true));
}

#[test]
fn it_is_a_thread_with_a_name() {
    let timer = Timer::new(LONG, || ());
    timer.set_name("alarm");
    assert_eq!(format!("{timer:?}"), "<Thread(alarm, initial)>");
}
