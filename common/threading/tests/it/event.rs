//! `Event`: the cases of CPython's `lock_tests.EventTests`.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use crate::support::{Bunch, LONG, SHORT, bunch, leak, timed, until};
use threading::Event;

#[test]
fn the_flag_is_what_was_said_last() {
    let event = Event::default();
    assert!(!event.is_set());
    for _ in 0..2 {
        event.set();
        assert!(event.is_set());
    }
    for _ in 0..2 {
        event.clear();
        assert!(!event.is_set());
    }
}

#[test]
fn debug_says_whether_it_is_set() {
    let event = Event::new();
    assert_eq!(format!("{event:?}"), "<Event: unset>");
    event.set();
    assert_eq!(format!("{event:?}"), "<Event: set>");
}

#[test]
fn set_wakes_all_and_the_next_wait_does_not_sleep() {
    let event = leak(Event::new());
    for again in [false, true] {
        if again {
            event.set();
            event.clear();
        }
        let waiting = Bunch::start(5, || {
            assert!(event.wait(None));
            assert!(event.wait(None));
        });
        waiting.until_asleep();
        assert_eq!(waiting.finished(), 0);
        event.set();
        waiting.join();
        event.clear();
    }
}

#[test]
fn a_timeout_is_waited_for_and_no_less() {
    let event = leak(Event::new());
    bunch(5, || {
        assert!(!event.wait(Some(Duration::ZERO)));
        let (set, took) = timed(|| event.wait(Some(SHORT)));
        assert!(!set && took >= SHORT, "{took:?}");
    });
    event.set();
    bunch(5, || {
        assert!(event.wait(Some(Duration::ZERO)));
        let (set, took) = timed(|| event.wait(Some(LONG)));
        assert!(set && took < LONG);
        assert!(event.wait(Some(Duration::MAX)));
    });
}

#[test]
fn a_clear_right_after_set_does_not_put_waiters_back_to_sleep() {
    for _ in 0..50 {
        let event = leak(Event::new());
        let waiting = Bunch::start(5, || assert!(event.wait(Some(LONG))));
        waiting.until_asleep();
        event.set();
        event.clear();
        waiting.join();
    }
}

/// Who waits for the second `set` is not woken by what is left of the first.
#[test]
fn who_comes_after_clear_waits_for_the_next_set() {
    let event = leak(Event::new());
    event.set();
    event.clear();
    let (set, took) = timed(|| event.wait(Some(SHORT)));
    assert!(!set && took >= SHORT);
}

/// What was written before `set` is there after `wait`; with every round both in a race.
#[test]
fn wait_sees_what_was_written_before_set() {
    let rounds = 3_000;
    let (event, data) = (leak(Event::new()), leak(AtomicUsize::new(0)));
    let turn = leak(Barrier::new(2));
    let writer = Bunch::start(1, move || {
        for round in 1..=rounds {
            turn.wait();
            data.store(round, std::sync::atomic::Ordering::Relaxed);
            event.set();
            turn.wait();
            event.clear();
        }
    });
    for round in 1..=rounds {
        turn.wait();
        assert!(event.wait(Some(LONG)));
        assert_eq!(data.load(std::sync::atomic::Ordering::Relaxed), round);
        turn.wait();
    }
    writer.join();
}

/// Ping-pong between two events: one lost wake-up would stop it.
#[test]
fn no_wake_up_is_lost() {
    let (ping, pong) = (leak(Event::new()), leak(Event::new()));
    let done = leak(AtomicUsize::new(0));
    let rounds = 5_000;
    let player = move |mine: &Event, other: &Event| {
        for _ in 0..rounds {
            assert!(mine.wait(Some(LONG)), "a lost wake-up");
            mine.clear();
            other.set();
        }
        done.fetch_add(1, SeqCst);
    };
    let a = Bunch::start(1, move || player(ping, pong));
    let b = Bunch::start(1, move || player(pong, ping));
    ping.set();
    until("both have played", || done.load(SeqCst) == 2);
    a.join();
    b.join();
}
