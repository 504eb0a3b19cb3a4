use super::*;

#[test]
fn never_more_at_once_than_its_size() {
    let pool = Pool::new(2);
    let (now, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    for _ in 0..6 {
        let (now, most) = (now.clone(), most.clone());
        pool.spawn(move || {
            now.set(now.get() + 1);
            most.set(most.get().max(now.get()));
            sleep(ms(2));
            now.set(now.get() - 1);
        });
    }
    assert!(pool.join(None));
    assert_eq!((most.get(), pool.free_count()), (2, 2));
}

#[test]
fn spawn_waits_while_it_is_full() {
    let pool = Pool::new(1);
    let begin = Instant::now();
    pool.spawn(|| sleep(ms(20)));
    assert!(pool.full() && !pool.wait_available(Some(NOW)));
    pool.spawn(|| ());
    assert!(begin.elapsed() >= ms(20));
    assert!(pool.join(None));
}

#[test]
fn apply_in_a_worker_of_a_full_pool_does_not_wait_for_itself() {
    let pool = Pool::new(1);
    let inner = pool.clone();
    assert_eq!(pool.apply(move || inner.apply(|| 1).unwrap() + 1).unwrap(), 2);
}

#[test]
fn map_keeps_the_order_and_gives_the_error() {
    let pool = Pool::new(3);
    let slow_first = |n: u64| {
        sleep(ms(10 - 2 * n));
        n * n
    };
    assert_eq!(pool.map(slow_first, 0..5).unwrap(), [0, 1, 4, 9, 16]);
    let error = Group::new().map(|n| assert!(n != 2, "not two"), 0..4).unwrap_err();
    assert_eq!(error.to_string(), "not two");
}

#[test]
fn imap_unordered_gives_what_ends_first() {
    let nap = |n| {
        sleep(ms(n));
        n
    };
    let results = Pool::new(3).imap_unordered(nap, [30, 1, 15]);
    assert_eq!(results.map(Result::unwrap).collect::<Vec<_>>(), [1, 15, 30]);
    let results = Pool::new(1).imap_unordered(nap, [3, 1, 2]);
    assert_eq!(results.map(Result::unwrap).collect::<Vec<_>>(), [3, 1, 2]);
    let mut endless = Pool::new(2).imap(|n| n, 0..);
    assert_eq!(endless.next().unwrap().unwrap(), 0);
}

#[test]
fn a_killed_group_is_empty() {
    let group = Group::new();
    for _ in 0..3 {
        group.spawn(|| sleep(Duration::from_secs(1000)));
    }
    sleep(NOW);
    assert!(!group.join(Some(ms(1))));
    group.kill(None).unwrap();
    assert!(group.is_empty());
}

/// 0, 1, and then an error.
fn broken() -> impl Iterator<Item = u64> {
    (0..3).inspect(|n| assert!(*n < 2, "no third item"))
}

#[test]
fn what_an_iterator_dies_of_is_the_error_after_its_items() {
    let pool = Pool::new(3);
    assert_eq!(pool.map(|n| n, broken()).unwrap_err().to_string(), "no third item");
    for in_order in [true, false] {
        let double = |n| {
            sleep(ms(2));
            2 * n
        };
        let mut results = if in_order {
            pool.imap(double, broken())
        } else {
            pool.imap_unordered(double, broken())
        };
        assert_eq!(results.next().unwrap().unwrap(), 0);
        assert_eq!(results.next().unwrap().unwrap(), 2);
        assert_eq!(results.next().unwrap().unwrap_err().to_string(), "no third item");
        assert!(results.next().is_none());
    }
    assert!(pool.join(None));
}

#[test]
fn an_error_has_its_place_among_the_results() {
    let pool = Pool::new(1);
    let inverse = |n: u32| 60_u32.checked_div(n).unwrap();
    for in_order in [true, false] {
        let mut results = match in_order {
            true => pool.imap(inverse, [1, 0, 2]),
            false => pool.imap_unordered(inverse, [1, 0, 2]),
        };
        assert_eq!(results.next().unwrap().unwrap(), 60);
        assert!(matches!(results.next().unwrap(), Err(GetError::Failed(_))));
        assert_eq!(results.next().unwrap().unwrap(), 30);
        assert!(results.next().is_none() && results.next().is_none());
    }
}

#[test]
fn of_no_items_there_are_no_results() {
    let pool = Pool::new(2);
    assert!(pool.map(|n: u8| n, []).unwrap().is_empty());
    assert!(pool.imap(|n: u8| n, []).next().is_none());
    assert!(pool.imap_unordered(|n: u8| n, []).next().is_none());
}

#[test]
fn a_task_from_outside_takes_room_until_it_ends_or_is_taken_out() {
    let nap = || spawn(|| sleep(Duration::from_secs(1000))).any();
    let (pool, first, second) = (Pool::new(1), nap(), nap());
    assert_eq!((pool.free_count(), pool.len()), (1, 0));
    pool.add(&first);
    assert!(with_timeout(Some(ms(1)), || pool.add(&second)).is_err());
    assert_eq!((pool.free_count(), pool.len()), (0, 1));
    pool.discard(&first);
    pool.add(&second);
    assert!(pool.contains(&second) && !first.dead());
    second.kill(None);
    first.kill(None);
    assert_eq!((pool.free_count(), pool.len()), (1, 0), "each gave its room back once");
}

#[test]
fn one_without_room_is_always_full() {
    let pool = Pool::new(0);
    assert!(pool.full());
    assert!(!pool.wait_available(Some(ms(1))));
    assert!(pool.join(None), "and empty");
}

#[test]
fn a_group_strikes_each_of_its_tasks_once() {
    let (group, strikes) = (Group::new(), Rc::new(Cell::new(0)));
    let count = Rc::clone(&strikes);
    let undead = group.spawn(move || {
        while !catch(|| sleep(Duration::from_secs(1000))).unwrap_err().is::<&str>() {
            count.set(count.get() + 1);
        }
    });
    sleep(NOW);
    for _ in 0..3 {
        assert!(group.kill(Some(ms(1))).is_err());
        assert_eq!(strikes.get(), 1);
    }
    assert!(undead.kill_with("in the heart", None));
    assert!(group.kill(None).is_ok() && group.is_empty());
}
