use super::*;

/// Waits under a limit for what never happens; says whether it did.
type Wait = Box<dyn Fn(Option<Duration>) -> bool>;

/// Everything of this crate that waits for others.
fn every_wait() -> Vec<(&'static str, Wait)> {
    fn named(
        name: &'static str,
        f: impl Fn(Option<Duration>) -> bool + 'static,
    ) -> (&'static str, Wait) {
        (name, Box::new(f))
    }
    let sleeper = || spawn(|| sleep(Duration::from_secs(1000)));
    let (task, other, third) = (sleeper(), sleeper(), sleeper().any());
    let (queue, full, unfinished) = (Queue::<u8>::new(), Queue::bounded(0), Queue::new());
    unfinished.put((), None).unwrap();
    let (group, pool) = (Group::new(), Pool::new(1));
    group.add(&third);
    pool.add(&third);
    let taken = RLock::new();
    let (lock, condition) = (taken.clone(), Condition::new());
    spawn(move || {
        lock.acquire(None);
        sleep(Duration::from_secs(1000));
    });
    sleep(NOW);
    let (event, watched) = (Event::new(), Event::new());
    vec![
        named("Event::wait", move |limit| event.wait(limit)),
        named("AsyncResult::get", |limit| AsyncResult::<u8>::new().get(limit).is_ok()),
        named("AsyncResult::wait", |limit| AsyncResult::<u8>::new().wait(limit).is_some()),
        named("Semaphore::acquire", |limit| Semaphore::new(0).acquire(limit)),
        named("BoundedSemaphore::acquire", |limit| BoundedSemaphore::new(0).acquire(limit)),
        named("RLock::acquire", move |limit| taken.acquire(limit)),
        named("Condition::wait", move |limit| {
            condition.acquire(None);
            let woken = condition.wait(limit).unwrap();
            condition.release().unwrap();
            woken
        }),
        named("Queue::get", move |limit| queue.get(limit).is_ok()),
        named("Queue::peek", |limit| Queue::<u8>::new().peek(limit).is_ok()),
        named("Queue::put", move |limit| full.put((), limit).is_ok()),
        named("Queue::join", move |limit| unfinished.join(limit)),
        named("Channel::get", |limit| Channel::<u8>::new().get(limit).is_ok()),
        named("Channel::put", |limit| Channel::new().put((), limit).is_ok()),
        named("Task::join", move |limit| task.join(limit)),
        named("Task::get", move |limit| other.get(limit).is_ok()),
        named("joinall", move |limit| !joinall(&[&third], limit).is_empty()),
        named("wait", move |limit| !wait(&[&watched], limit, None).is_empty()),
        named("Group::join", move |limit| group.join(limit)),
        named("Pool::wait_available", move |limit| pool.wait_available(limit)),
    ]
}

#[test]
fn each_is_over_in_time_and_no_sooner() {
    for (name, wait) in every_wait() {
        let begin = Instant::now();
        assert!(!wait(Some(ms(3))), "{name}");
        assert!(begin.elapsed() >= ms(3), "{name}");
        assert!(!wait(Some(NOW)), "{name}");
    }
}

#[test]
fn each_is_interrupted_by_an_outer_limit() {
    for (name, wait) in every_wait() {
        for inner in [None, Some(Duration::from_secs(1000))] {
            assert!(with_timeout(Some(ms(2)), || wait(inner)).is_err(), "{name}");
        }
        assert!(!wait(Some(ms(1))), "{name} can be waited for again");
    }
}

#[test]
fn each_ends_with_its_task() {
    for (name, wait) in every_wait() {
        let task = spawn(move || wait(None));
        sleep(NOW);
        assert!(task.kill(None) && task.killed(), "{name}");
    }
}
