//! `Barrier`: the cases of CPython's `lock_tests.BarrierTests`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use crate::support::{Bunch, LONG, SHORT, bunch, leak, timed, until};
use threading::{Barrier, BrokenBarrierError, Event};

const N: usize = 5;

fn barrier() -> &'static Barrier {
    leak(Barrier::new(N).with_timeout(LONG))
}

#[test]
fn it_is_passed_in_lockstep_again_and_again() {
    let barrier = barrier();
    let (before, after) = (leak(AtomicUsize::new(0)), leak(AtomicUsize::new(0)));
    bunch(N, move || {
        for round in 0..200 {
            before.fetch_add(1, SeqCst);
            assert_eq!(after.load(SeqCst), round * N);
            barrier.wait(None).unwrap();
            after.fetch_add(1, SeqCst);
            assert_eq!(before.load(SeqCst), (round + 1) * N);
            barrier.wait(None).unwrap();
        }
    });
    assert_eq!((barrier.parties(), barrier.n_waiting(), barrier.broken()), (N, 0, false));
}

#[test]
fn each_gets_another_place() {
    let (barrier, places) = (barrier(), leak(AtomicUsize::new(0)));
    bunch(N, move || {
        places.fetch_or(1 << barrier.wait(None).unwrap(), SeqCst);
    });
    assert_eq!(places.load(SeqCst), (1 << N) - 1);
}

#[test]
fn the_action_runs_once_before_any_goes_on() {
    let runs = leak(AtomicUsize::new(0));
    let barrier = leak(Barrier::new(N).with_action(|| {
        runs.fetch_add(1, SeqCst);
    }));
    bunch(N, move || {
        barrier.wait(None).unwrap();
        assert_eq!(runs.load(SeqCst), 1);
    });
}

#[test]
fn an_action_that_panics_breaks_the_barrier() {
    let barrier = leak(Barrier::new(2).with_action(|| std::panic::resume_unwind(Box::new("no"))));
    let panics = leak(AtomicUsize::new(0));
    let errors = leak(AtomicUsize::new(0));
    bunch(2, || match catch_unwind(AssertUnwindSafe(|| barrier.wait(None))) {
        Err(_) => drop(panics.fetch_add(1, SeqCst)),
        Ok(result) => {
            assert_eq!(result, Err(BrokenBarrierError));
            errors.fetch_add(1, SeqCst);
        }
    });
    assert_eq!((panics.load(SeqCst), errors.load(SeqCst)), (1, 1));
    assert!(barrier.broken());
}

#[test]
fn nobody_is_late_while_the_action_runs() {
    let gate = leak(Event::new());
    let barrier = leak(Barrier::new(2).with_action(|| assert!(gate.wait(Some(LONG)))));
    let waiting = Bunch::start(1, || {
        let (place, took) = timed(|| barrier.wait(Some(SHORT * 10)));
        assert_eq!(place, Ok(0));
        assert!(took >= SHORT * 10);
    });
    until("the first has come", || barrier.n_waiting() == 1);
    let last = Bunch::start(1, || assert_eq!(barrier.wait(None), Ok(1)));
    until("the action may be asked about the barrier", || barrier.n_waiting() == 2);
    assert!(!gate.wait(Some(SHORT * 10)));
    gate.set();
    waiting.join();
    last.join();
}

#[test]
fn abort_is_an_error_for_all_who_wait_and_who_come() {
    let (barrier, errors) = (barrier(), leak(AtomicUsize::new(0)));
    bunch(N, move || {
        if barrier.wait(None).unwrap() == N / 2 {
            barrier.abort();
        } else {
            assert_eq!(barrier.wait(None), Err(BrokenBarrierError));
            errors.fetch_add(1, SeqCst);
        }
    });
    assert_eq!(errors.load(SeqCst), N - 1);
    assert!(barrier.broken());
    assert_eq!(barrier.wait(None), Err(BrokenBarrierError));
}

#[test]
fn reset_is_an_error_for_those_who_wait_and_then_it_works_again() {
    let (barrier, errors) = (barrier(), leak(AtomicUsize::new(0)));
    bunch(N, move || {
        if barrier.wait(None).unwrap() == N / 2 {
            until("the others wait", || barrier.n_waiting() == N - 1);
            barrier.reset();
        } else {
            assert_eq!(barrier.wait(None), Err(BrokenBarrierError));
            errors.fetch_add(1, SeqCst);
        }
        barrier.wait(None).unwrap();
    });
    assert_eq!(errors.load(SeqCst), N - 1);
    assert!(!barrier.broken());
}

#[test]
fn a_broken_barrier_can_be_reset() {
    let (barrier, meeting) = (barrier(), leak(std::sync::Barrier::new(N)));
    bunch(N, move || {
        if barrier.wait(None).unwrap() == N / 2 {
            barrier.abort();
        } else {
            assert_eq!(barrier.wait(None), Err(BrokenBarrierError));
        }
        if meeting.wait().is_leader() {
            barrier.reset();
        }
        meeting.wait();
        barrier.wait(None).unwrap();
    });
    assert!(!barrier.broken());
}

#[test]
fn one_who_is_late_breaks_it_for_all() {
    let (barrier, errors) = (barrier(), leak(std::sync::Barrier::new(N)));
    bunch(N, move || {
        if barrier.wait(None).unwrap() == N / 2 {
            // Late: comes only when the others have given up.
            until("the others have given up", || barrier.broken());
            assert_eq!(barrier.wait(Some(SHORT)), Err(BrokenBarrierError));
        } else {
            assert_eq!(barrier.wait(Some(SHORT)), Err(BrokenBarrierError));
        }
        errors.wait();
    });
}

#[test]
fn a_timeout_is_waited_for_and_no_less() {
    let barrier = Barrier::new(2).with_timeout(SHORT);
    let (passed, took) = timed(|| barrier.wait(None));
    assert!(passed == Err(BrokenBarrierError) && took >= SHORT, "{took:?}");
    barrier.reset();
    let (passed, took) = timed(|| barrier.wait(Some(SHORT * 2)));
    assert!(passed == Err(BrokenBarrierError) && took >= SHORT * 2, "its own time goes first");
}

#[test]
fn one_party_alone_never_waits() {
    let barrier = Barrier::new(1);
    assert_eq!(barrier.wait(Some(Duration::ZERO)), Ok(0));
    assert_eq!(barrier.wait(None), Ok(0));
}

#[test]
#[should_panic(expected = "at least one party")]
fn no_party_is_a_mistake() {
    let _ = Barrier::new(0);
}

#[test]
fn debug_says_who_waits() {
    let barrier = leak(Barrier::new(3));
    assert_eq!(format!("{barrier:?}"), "<Barrier: waiters=0/3>");
    let waiting = Bunch::start(2, || assert!(barrier.wait(None).is_ok()));
    until("two wait", || format!("{barrier:?}") == "<Barrier: waiters=2/3>");
    barrier.wait(Some(LONG)).unwrap();
    waiting.join();
    assert_eq!(format!("{barrier:?}"), "<Barrier: waiters=0/3>");
    barrier.abort();
    assert_eq!(format!("{barrier:?}"), "<Barrier: broken>");
}
