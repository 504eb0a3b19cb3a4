use super::*;

#[test]
fn the_inner_limit_is_the_inner_ones_only() {
    let outer = Timeout::new(Some(Duration::from_secs(1000)));
    let result = outer.run(|| {
        let inner = Timeout::new(Some(ms(5)));
        let error = inner.run(|| sleep(Duration::from_secs(100))).unwrap_err();
        assert!(inner.raised(&error) && !outer.raised(&error));
        assert!(outer.pending() && !inner.pending());
        3
    });
    assert_eq!(result.unwrap(), 3);
    assert!(!outer.pending());
}

#[test]
fn an_outer_limit_passes_through_a_silent_inner_one() {
    let result = with_timeout(Some(ms(5)), || {
        let _ = with_timeout(Some(Duration::from_secs(100)), || {
            sleep(Duration::from_secs(1000));
        });
        unreachable!();
    });
    assert_eq!(result.unwrap_err().to_string(), "timed out after 5ms");
}

#[test]
fn no_limit_never_fires_and_is_not_pending() {
    let none = Timeout::new(None);
    none.start();
    assert!(!none.pending());
    sleep(ms(2));
    assert_eq!(with_timeout(None, || 1), Ok(1));
}

#[test]
fn a_limit_of_zero_fires_at_the_first_wait_and_only_there() {
    assert_eq!(with_timeout(Some(NOW), || 1), Ok(1));
    sleep(ms(1)); // and leaves nothing behind
    assert!(with_timeout(Some(NOW), || sleep(NOW)).is_err());
}

#[test]
fn a_busy_loop_is_not_interrupted_and_leaving_cancels() {
    let busy = with_timeout(Some(ms(5)), || {
        let end = Instant::now() + ms(20);
        while Instant::now() < end {}
    });
    assert!(busy.is_ok());
    sleep(ms(10));
}

#[test]
fn started_twice_is_an_error() {
    let timeout = Timeout::new(Some(Duration::from_secs(1000)));
    timeout.start();
    assert!(catch(|| timeout.start()).is_err());
    timeout.cancel();
    timeout.start();
}

#[test]
fn a_loop_that_only_gives_way_is_left_in_time() {
    let begin = Instant::now();
    let result = with_timeout(Some(ms(10)), || {
        loop {
            sleep(NOW);
        }
    });
    let Err(error) = result;
    assert_eq!(error.limit(), ms(10));
    assert!(begin.elapsed() >= ms(10) && begin.elapsed() < Duration::from_secs(5));
}

#[test]
fn equal_deadlines_fire_in_the_order_of_their_making() {
    let diary = Diary::default();
    let tasks: Vec<_> = (0..50)
        .map(|n| {
            let diary = diary.clone();
            spawn(move || {
                sleep(ms(5));
                diary.note(n.to_string());
            })
        })
        .collect();
    joinall(&tasks, None);
    let expected: Vec<_> = (0..50).map(|n| n.to_string()).collect();
    assert_eq!(*diary.0.borrow(), expected);
}

#[test]
fn a_limit_that_nobody_catches_ends_the_task() {
    let task = spawn(|| {
        let timeout = Timeout::new(Some(ms(1)));
        timeout.start();
        sleep(Duration::from_secs(1000));
    });
    task.join(None);
    assert!(task.exception().unwrap().downcast_ref::<TimedOut>().is_some());
}

#[test]
fn a_limit_that_was_met_can_be_started_again() {
    let limit = Timeout::new(Some(ms(2)));
    for _ in 0..3 {
        let met = catch(|| {
            limit.start();
            assert!(limit.pending());
            sleep(Duration::from_secs(1000));
        });
        assert!(limit.raised(met.unwrap_err().downcast_ref().unwrap()));
        assert!(!limit.pending());
    }
}

#[test]
fn a_limit_that_was_cancelled_is_never_met() {
    let limit = Timeout::new(Some(ms(2)));
    limit.start();
    limit.cancel();
    assert!(!limit.pending());
    sleep(ms(5));
    limit.start();
    assert!(limit.pending(), "and can be started again");
    limit.cancel();
}
