use super::*;

#[test]
fn permits_go_to_those_who_came_first() {
    let (semaphore, diary) = (Semaphore::new(0), Diary::default());
    for n in 0..4 {
        let (semaphore, diary) = (semaphore.clone(), diary.clone());
        spawn(move || {
            semaphore.acquire(None);
            diary.borrow_mut().push(n);
        });
    }
    sleep(NOW);
    for _ in 0..4 {
        semaphore.release();
    }
    assert!(hub().join(None));
    assert_eq!(*diary.borrow(), [0, 1, 2, 3]);
    assert!(semaphore.locked());
}

#[test]
fn who_releases_may_take_it_back_and_the_waiter_keeps_its_place() {
    let (semaphore, diary) = (Semaphore::new(1), Diary::default());
    semaphore.acquire(None);
    for n in 0..2 {
        let (semaphore, diary) = (semaphore.clone(), diary.clone());
        spawn(move || {
            semaphore.acquire(None);
            diary.borrow_mut().push(n);
            semaphore.release();
        });
    }
    sleep(NOW);
    semaphore.release();
    assert!(semaphore.try_acquire());
    sleep(NOW);
    sleep(NOW);
    assert!(diary.borrow().is_empty());
    semaphore.release();
    assert!(hub().join(None));
    assert_eq!(*diary.borrow(), [0, 1]);
    assert_eq!(semaphore.counter(), 1);
}

#[test]
fn not_in_time_is_false_and_takes_nothing() {
    let semaphore = Semaphore::new(0);
    assert!(!semaphore.acquire(Some(ms(1))));
    assert!(!semaphore.try_acquire());
    semaphore.release();
    semaphore.release();
    assert_eq!(semaphore.counter(), 2);
    let _held = semaphore.hold();
    assert_eq!(semaphore.counter(), 1);
}

#[test]
fn a_waiter_killed_while_being_woken_loses_no_permit() {
    let semaphore = Semaphore::new(0);
    let taken = semaphore.clone();
    let first = spawn(move || {
        let _held = taken.hold();
        sleep(Duration::from_secs(1000));
    });
    let waits = semaphore.clone();
    let second = spawn(move || waits.acquire(None));
    sleep(NOW);
    semaphore.release();
    first.kill_nowait();
    assert!(second.get(None).unwrap());
    assert_eq!(semaphore.counter(), 0);
    assert!(first.killed());
}

#[test]
fn a_waiter_killed_before_is_passed_over() {
    let semaphore = Semaphore::new(0);
    let tasks = [0, 1].map(|_| {
        let semaphore = semaphore.clone();
        spawn(move || semaphore.acquire(None))
    });
    sleep(NOW);
    tasks[0].kill(None);
    semaphore.release();
    assert!(tasks[1].get(None).unwrap());
}

#[test]
fn a_bounded_one_notices_too_many_releases() {
    let bounded = BoundedSemaphore::new(1);
    assert!(bounded.release().is_err());
    assert!(bounded.acquire(None));
    assert!(bounded.release().is_ok());
    assert_eq!(bounded.counter(), 1);
}

#[test]
fn an_rlock_is_its_owners() {
    let lock = RLock::new();
    assert!(lock.acquire(None) && lock.acquire(None));
    let other = lock.clone();
    let task = spawn(move || (other.release().is_err(), other.acquire(Some(ms(1)))));
    assert_eq!(task.get(None).unwrap(), (true, false));
    assert!(lock.release().is_ok());
    let other = lock.clone();
    let waits = spawn(move || other.acquire(None));
    sleep(NOW);
    assert!(!waits.ready());
    assert!(lock.release().is_ok() && lock.release().is_err());
    assert!(waits.get(None).unwrap());
}

#[test]
fn a_condition_gives_its_lock_away_and_takes_it_again() {
    let condition = Condition::new();
    let ready = Rc::new(Cell::new(0));
    let waiters: Vec<_> = (0..3)
        .map(|_| {
            let (condition, ready) = (condition.clone(), ready.clone());
            spawn(move || {
                condition.acquire(None);
                let got = condition.wait_for(None, || ready.get() > 0).unwrap();
                ready.set(ready.get() - 1);
                condition.release().unwrap();
                got
            })
        })
        .collect();
    sleep(NOW);
    assert!(condition.notify(1).is_err() && condition.wait(None).is_err());
    for _ in 0..3 {
        condition.acquire(None);
        ready.set(ready.get() + 1);
        condition.notify(1).unwrap();
        assert!(waiters.iter().filter(|w| w.ready()).count() < 3);
        condition.release().unwrap();
        sleep(ms(1));
    }
    assert_eq!(joinall(&waiters, None).len(), 3);
    condition.acquire(None);
    assert_eq!(condition.wait(Some(ms(1))), Ok(false));
    condition.release().unwrap();
}

#[test]
fn a_killed_condition_waiter_has_its_lock_when_it_unwinds() {
    let condition = Condition::new();
    let other = condition.clone();
    let task = spawn(move || {
        other.acquire(None);
        finally(|| _ = other.wait(None), || other.release().unwrap());
    });
    sleep(NOW);
    assert!(task.kill(None));
    assert!(task.killed());
    assert!(condition.acquire(Some(ms(1))));
}

#[test]
fn two_who_pass_it_to_and_fro_do_not_starve_a_third() {
    let (semaphore, done) = (Semaphore::new(1), Rc::new(Cell::new(false)));
    for _ in 0..2 {
        let (semaphore, done) = (semaphore.clone(), Rc::clone(&done));
        spawn(move || {
            while !done.get() {
                semaphore.acquire(None);
                sleep(NOW);
                semaphore.release();
                sleep(NOW);
            }
        });
    }
    sleep(NOW);
    assert!(semaphore.acquire(Some(Duration::from_secs(60))));
    done.set(true);
    semaphore.release();
}

#[test]
fn two_permits_tell_two_who_only_look() {
    let semaphore = Semaphore::new(0);
    let looking: Vec<_> = (0..2)
        .map(|_| {
            let semaphore = semaphore.clone();
            spawn(move || wait(&[&semaphore], None, None))
        })
        .collect();
    sleep(NOW);
    semaphore.release();
    semaphore.release();
    assert_eq!(joinall(&looking, None).len(), 2);
    assert_eq!(semaphore.counter(), 2, "they took none");
    assert_eq!(wait(&[&semaphore], None, None), [0], "nor waits who looks at a free one");
}
