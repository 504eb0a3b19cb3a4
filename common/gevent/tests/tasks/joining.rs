use super::*;

fn three() -> [AnyTask; 3] {
    [nap("a", ms(30)), nap("b", ms(10)), nap("c", Duration::from_secs(1000))]
}

fn with(count: usize) -> JoinOptions {
    JoinOptions { count: Some(count), ..JoinOptions::default() }
}

#[test]
fn those_that_end_in_time_come_back_in_the_order_of_their_ends() {
    let tasks = three();
    let begin = Instant::now();
    assert_eq!(names(&joinall(&tasks, Some(ms(200)))), ["b", "a"]);
    assert!(begin.elapsed() >= ms(200));
    tasks[2].kill(None);
}

#[test]
fn count_is_enough() {
    let tasks = three();
    assert_eq!(names(&joinall_with(&tasks, with(1)).unwrap()), ["b"]);
    assert!(killall(&tasks, None).is_ok());
    let ran = Rc::new(Cell::new(false));
    let seen = Rc::clone(&ran);
    let task = spawn(move || seen.set(true));
    assert!(joinall_with(&[task], with(0)).unwrap().is_empty());
    assert!(joinall::<AnyTask>(&[], None).is_empty());
    assert!(!ran.get());
}

#[test]
fn one_task_twice_counts_twice() {
    let task = nap("a", ms(1));
    assert_eq!(names(&joinall(&[&task, &task], None)), ["a", "a"]);
    assert_eq!(names(&joinall(&[&task, &task], None)), ["a", "a"]);
}

#[test]
fn no_time_at_all_is_enough_for_who_is_ready() {
    assert_eq!(joinall(&[spawn(|| 1)], Some(NOW)).len(), 1);
    let slow = nap("slow", ms(20));
    assert_eq!(joinall(&[&slow], Some(NOW)).len(), 0);
    slow.join(None);
}

#[test]
fn the_first_failure_is_given_at_once_and_the_others_go_on() {
    let event = event::Event::new();
    let set = event.clone();
    let slow = spawn(move || set.wait(None));
    let early = spawn(|| panic!("early"));
    let first = early.any();
    let late = spawn(move || {
        first.join(None);
        panic!("late")
    });
    let options = JoinOptions { raise_error: true, ..JoinOptions::default() };
    let tasks = [slow.any(), late.any(), early.any()];
    assert_eq!(joinall_with(&tasks, options).unwrap_err().to_string(), "early");
    assert!(!slow.ready());
    event.set();
    assert!(slow.get(None).unwrap());
}

#[test]
fn a_success_first_is_enough_for_a_count_of_one() {
    let good = spawn(|| ());
    let bad = spawn(|| panic!("on purpose"));
    let options = JoinOptions { raise_error: true, count: Some(1), timeout: None };
    assert_eq!(joinall_with(&[good, bad], options).unwrap().len(), 1);
    sleep(ms(1));
}

#[test]
fn wait_takes_tasks_and_events_together() {
    let event = event::Event::new();
    let result = event::AsyncResult::<u8>::new();
    let set = event.clone();
    let task = spawn(move || {
        sleep(ms(5));
        set.set();
    });
    let objects: [&dyn Waitable; 3] = [&result, &event, &task];
    assert_eq!(wait(&objects, Some(ms(100)), None), [1, 2]);
    assert_eq!(wait(&objects, None, Some(1)), [1]);
    for nth in iwait(&objects, Some(ms(20))) {
        sleep(ms(1)); // to wait for something else in between is allowed
        assert_ne!(nth, 0);
    }
}

#[test]
fn those_ready_already_come_in_the_order_of_the_list() {
    let events = [(); 4].map(|()| event::Event::new());
    events[1..].iter().rev().for_each(event::Event::set);
    let objects = events.each_ref().map(|event| event as &dyn Waitable);
    assert_eq!(wait(&objects, Some(NOW), None), [1, 2, 3]);
    assert_eq!(wait(&objects, Some(NOW), None), [1, 2, 3], "and again");
}

#[test]
fn those_that_become_ready_in_one_turn_come_in_that_order() {
    let events = [(); 3].map(|()| event::Event::new());
    let (third, first) = (events[2].clone(), events[0].clone());
    spawn(move || {
        third.set();
        first.set();
    });
    let objects = events.each_ref().map(|event| event as &dyn Waitable);
    assert_eq!(iwait(&objects, Some(ms(5))).collect::<Vec<_>>(), [2, 0]);
}

#[test]
fn what_ends_between_two_items_is_not_lost() {
    let done = spawn(|| 9);
    done.join(None);
    let tasks = [spawn(|| 0), spawn(|| panic!("one of them")), spawn(|| 2), done];
    let objects = tasks.each_ref().map(|task| task as &dyn Waitable);
    let mut seen = Vec::new();
    for nth in iwait(&objects, None) {
        seen.push(nth);
        sleep(ms(2));
    }
    assert_eq!(seen, [3, 0, 1, 2]);
}

#[test]
fn an_iterator_that_is_left_leaves_nothing_behind() {
    let (free, taken) = (lock::Semaphore::new(0), lock::Semaphore::new(0));
    let soon = free.clone();
    spawn(move || soon.release());
    let objects: [&dyn Waitable; 2] = [&free, &taken];
    let mut ready = iwait(&objects, None);
    assert_eq!(ready.next(), Some(0));
    assert!(format!("{taken:?}").contains("1 waiting"));
    drop(ready);
    assert!(format!("{taken:?}").contains("0 waiting"));
}

#[test]
fn a_count_is_enough_for_wait_and_the_sender_goes_on() {
    let events = [(); 6].map(|()| event::Event::new());
    let to_set = events.clone();
    let sender = spawn(move || {
        for event in to_set {
            sleep(ms(1));
            event.set();
        }
    });
    let objects = events.each_ref().map(|event| event as &dyn Waitable);
    assert_eq!(wait(&objects, None, Some(2)), [0, 1]);
    assert!(!sender.ready());
    assert_eq!(wait(&objects, None, None).len(), 6);
    assert!(sender.join(None));
}
