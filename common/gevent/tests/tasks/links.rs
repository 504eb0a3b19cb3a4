use super::*;

/// What an unstarted task, one about to start, one that starts later and one that runs are called.
fn of_every_stage(ran: &Rc<Cell<bool>>) -> [Task<()>; 4] {
    let body = || {
        let ran = Rc::clone(ran);
        move || {
            sleep(Duration::from_secs(1000));
            ran.set(true);
        }
    };
    let running = spawn(body());
    sleep(NOW);
    [Task::new(body()), spawn(body()), spawn_later(ms(1), body()), running]
}

#[test]
fn however_a_task_is_killed_its_links_are_called_once() {
    let kills: [fn(&Task<()>); 4] = [
        |task| assert!(task.kill(None)),
        |task| task.kill_nowait(),
        |task| assert!(task.kill_with("an error", None)),
        |task| task.kill_with_nowait("an error"),
    ];
    for (nth, kill) in kills.into_iter().enumerate() {
        let ran = Rc::new(Cell::new(false));
        for task in of_every_stage(&ran) {
            let calls = Rc::new(Cell::new(0));
            let count = Rc::clone(&calls);
            task.rawlink(move |_| count.set(count.get() + 1));
            kill(&task);
            task.join(None);
            kill(&task);
            task.start();
            sleep(ms(2));
            assert_eq!((calls.get(), task.killed()), (1, nth < 2));
            assert_eq!(task.exception().is_some(), nth >= 2);
        }
        assert!(!ran.get());
    }
}

#[test]
fn a_thousand_are_called_in_the_order_of_their_making() {
    let (task, calls) = (spawn(|| ()), Rc::new(RefCell::new(Vec::new())));
    for nth in 0..1000 {
        let calls = Rc::clone(&calls);
        task.link(move |_| calls.borrow_mut().push(nth));
    }
    task.join(None);
    sleep(NOW);
    assert!(calls.borrow().iter().copied().eq(0..1000));
}

#[test]
fn one_that_was_taken_back_is_not_called() {
    let (task, diary) = (spawn(|| ()), Diary::default());
    let note = |text| {
        let diary = diary.clone();
        move |_| diary.note(text)
    };
    let ids = [
        task.link(note("link")),
        task.link_value(note("link_value")),
        task.link_exception(note("link_exception")),
    ];
    task.rawlink(note("stays"));
    ids.iter().for_each(|id| task.unlink(*id));
    task.unlink(ids[0]); // again: nothing happens
    task.join(None);
    sleep(ms(1));
    diary.shows(&["stays"]);
}

#[test]
fn one_can_take_back_another_that_follows() {
    let (task, diary) = (spawn(|| ()), Diary::default());
    let other = Rc::new(Cell::new(None));
    let (at, notes) = (Rc::clone(&other), diary.clone());
    task.rawlink(move |task| {
        notes.note("first");
        task.unlink(at.get().unwrap());
        panic!("and that is nothing to the third");
    });
    for text in ["second", "third"] {
        let notes = diary.clone();
        let id = task.rawlink(move |_| notes.note(text));
        other.set(other.get().or(Some(id)));
    }
    task.join(None);
    diary.shows(&["first", "third"]);
}

#[test]
fn one_that_always_links_again_keeps_nobody_from_their_turn() {
    fn again(task: &AnyTask, calls: Rc<Cell<u32>>) {
        task.rawlink(move |task| {
            calls.set(calls.get() + 1);
            again(&task, calls);
        });
    }
    let (task, calls) = (spawn(|| ()).any(), Rc::new(Cell::new(0)));
    again(&task, Rc::clone(&calls));
    task.join(None);
    let before = calls.get();
    sleep(NOW);
    assert_eq!(calls.get(), before + 1, "one call a turn");
}

#[test]
fn dropping_one_may_make_another() {
    struct LinksWhenDropped(AnyTask, Diary);

    impl Drop for LinksWhenDropped {
        fn drop(&mut self) {
            let diary = self.1.clone();
            self.0.rawlink(move |_| diary.note("made in a drop"));
        }
    }

    let (task, diary) = (spawn(|| ()), Diary::default());
    let owned = LinksWhenDropped(task.any(), diary.clone());
    let id = task.rawlink(move |_| drop(owned));
    task.unlink(id);
    task.join(None);
    diary.shows(&["made in a drop"]);
}

#[test]
fn ended_tasks_go_into_a_queue_or_a_channel() {
    let (queue, channel) = (queue::Queue::new(), queue::Channel::new());
    for n in 0..3 {
        let (task, queue, channel) = (spawn(move || n), queue.clone(), channel.clone());
        let value = task.clone();
        task.link(move |task| queue.put(task, None).unwrap());
        task.link(move |_| channel.put(value.value(), None).unwrap());
    }
    let mut from_channel: Vec<_> = (0..3).map(|_| channel.get(None).unwrap().unwrap()).collect();
    from_channel.sort_unstable();
    assert_eq!(from_channel, [0, 1, 2]);
    assert!((0..3).all(|_| queue.get(None).unwrap().successful()));
}
