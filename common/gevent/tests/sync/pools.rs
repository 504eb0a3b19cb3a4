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
