use super::*;

#[test]
fn getters_are_served_in_the_order_they_came_in() {
    let (queue, diary) = (Queue::new(), Diary::default());
    for n in 0..3 {
        let (queue, diary) = (queue.clone(), diary.clone());
        spawn(move || {
            let item = queue.get(None).unwrap();
            diary.borrow_mut().push((n, item));
        });
    }
    sleep(NOW);
    for item in ["a", "b", "c"] {
        queue.put(item, None).unwrap();
    }
    // Items that others were woken for are theirs.
    assert_eq!(queue.try_get(), Err(QueueError::Empty));
    assert!(hub().join(None));
    assert_eq!(*diary.borrow(), [(0, "a"), (1, "b"), (2, "c")]);
}

#[test]
fn empty_and_full_in_time() {
    let queue = Queue::bounded(1);
    assert_eq!(queue.get(Some(ms(1))), Err(QueueError::Empty));
    queue.put(1, None).unwrap();
    assert_eq!(queue.put(2, Some(ms(1))), Err(QueueError::Full));
    assert_eq!(queue.try_put(2), Err(QueueError::Full));
    assert_eq!((queue.qsize(), queue.full(), queue.empty()), (1, true, false));
    assert_eq!(queue.peek(None), Ok(1));
    assert_eq!(queue.get(None), Ok(1));
}

#[test]
fn a_getter_that_came_too_early_eats_nothing() {
    let queue = Queue::new();
    let other = queue.clone();
    let early = spawn(move || other.get(Some(ms(1))));
    assert_eq!(early.get(None).unwrap(), Err(QueueError::Empty));
    queue.put(1, None).unwrap();
    assert_eq!(queue.try_get(), Ok(1));
}

#[test]
fn a_putter_that_is_killed_leaves_nothing() {
    let queue = Queue::bounded(1);
    queue.put(1, None).unwrap();
    let other = queue.clone();
    let putter = spawn(move || other.put(2, None));
    sleep(NOW);
    putter.kill(None);
    assert_eq!(queue.get(None), Ok(1));
    assert_eq!(queue.get(Some(ms(1))), Err(QueueError::Empty));
}

#[test]
fn a_getter_that_is_killed_while_waiting_loses_no_item() {
    let queue = Queue::new();
    let getters = [0, 1].map(|_| {
        let queue = queue.clone();
        spawn(move || queue.get(None))
    });
    sleep(NOW);
    getters[0].kill_nowait();
    queue.put(1, None).unwrap();
    assert_eq!(getters[1].get(None).unwrap(), Ok(1));
    assert!(getters[0].killed());
}

#[test]
fn putters_are_served_in_order_too() {
    let queue = Queue::bounded(1);
    queue.put(0, None).unwrap();
    for n in 1..4 {
        let queue = queue.clone();
        spawn(move || queue.put(n, None).unwrap());
    }
    sleep(NOW);
    assert_eq!(queue.get(None), Ok(0));
    assert_eq!(queue.try_put(9), Err(QueueError::Full)); // the room is somebody else's
    let rest: Vec<_> = (0..3).map(|_| queue.get(None).unwrap()).collect();
    assert_eq!(rest, [1, 2, 3]);
}

#[test]
fn join_waits_for_task_done() {
    let queue = Queue::new();
    queue.put(1, None).unwrap();
    queue.put(2, None).unwrap();
    assert!(!queue.join(Some(ms(1))));
    let other = queue.clone();
    spawn(move || {
        while other.try_get().is_ok() {
            sleep(ms(1));
            other.task_done().unwrap();
        }
    });
    assert!(queue.join(None));
    assert_eq!(queue.task_done(), Err(QueueError::TooManyDone));
}

#[test]
fn shutdown_drains_then_fails() {
    let queue = Queue::bounded(2);
    let (other, full) = (queue.clone(), queue.clone());
    queue.put(1, None).unwrap();
    queue.put(2, None).unwrap();
    let putter = spawn(move || full.put(3, None));
    sleep(NOW);
    queue.shutdown();
    assert_eq!(queue.put(4, None), Err(QueueError::ShutDown));
    assert_eq!(putter.get(None).unwrap(), Err(QueueError::ShutDown));
    assert_eq!((queue.get(None), queue.get(None)), (Ok(1), Ok(2)));
    assert_eq!(queue.get(None), Err(QueueError::ShutDown));
    let waiting = Queue::<u8>::new();
    let getter = waiting.clone();
    let getter = spawn(move || getter.get(None));
    sleep(NOW);
    waiting.shutdown();
    assert_eq!(getter.get(None).unwrap(), Err(QueueError::ShutDown));
    assert_eq!((&other).next(), None);
}

#[test]
fn other_orders() {
    let (lifo, smallest) = (LifoQueue::new(), PriorityQueue::new());
    for n in [2, 3, 1] {
        lifo.put(n, None).unwrap();
        smallest.put((n, -n), None).unwrap();
    }
    assert_eq!(lifo.peek(None), Ok(1));
    let lifo: Vec<_> = (0..3).map(|_| lifo.get(None).unwrap()).collect();
    assert_eq!(lifo, [1, 3, 2]);
    let smallest: Vec<_> = (0..3).map(|_| smallest.get(None).unwrap().0).collect();
    assert_eq!(smallest, [1, 2, 3]);
}

#[test]
fn a_channel_passes_from_hand_to_hand() {
    let (channel, diary) = (Channel::new(), Diary::default());
    let (other, note) = (channel.clone(), diary.clone());
    let putter = spawn(move || {
        for n in 0..3 {
            other.put(n, None).unwrap();
            note.borrow_mut().push(format!("put {n} returned"));
        }
    });
    sleep(ms(1));
    assert!(diary.borrow().is_empty());
    assert_eq!(channel.get(None), Ok(0));
    sleep(NOW);
    assert_eq!(*diary.borrow(), ["put 0 returned"]);
    assert_eq!((channel.get(None), channel.get(None)), (Ok(1), Ok(2)));
    putter.join(None);
    assert_eq!(channel.get(Some(ms(1))), Err(QueueError::Empty));
    assert_eq!(channel.put(9, Some(ms(1))), Err(QueueError::Full));
    assert_eq!(channel.get(Some(ms(1))), Err(QueueError::Empty));
}

#[test]
fn a_killed_giver_takes_its_offer_back() {
    let channel = Channel::new();
    let (gives, gets) = (channel.clone(), channel.clone());
    let getter = spawn(move || gets.get(None).unwrap());
    let giver = spawn(move || gives.put("never", Some(NOW)));
    giver.kill(None);
    let again = channel.clone();
    spawn(move || again.put("taken", None));
    assert_eq!(getter.get(None).unwrap(), "taken");
}

#[test]
fn an_item_passes_by_who_gave_up() {
    let queue = Queue::new();
    let impatient: Vec<_> = (0..2)
        .map(|_| {
            let queue = queue.clone();
            spawn(move || with_timeout(Some(NOW), || queue.get(None)).is_err())
        })
        .collect();
    let patient = queue.clone();
    let patient = spawn(move || patient.get(None).unwrap());
    sleep(ms(1));
    queue.put("an item", None).unwrap();
    assert_eq!(patient.get(None).unwrap(), "an item");
    assert!(impatient.iter().all(|task| task.get(None).unwrap()));
    queue.put("another", None).unwrap();
    assert_eq!(queue.try_get(), Ok("another"));
}

#[test]
fn who_peeks_waits_and_leaves_the_item() {
    let queue = Queue::new();
    assert!(catch(|| queue.peek(None)).unwrap_err().is::<LoopExit>());
    assert_eq!(queue.peek(Some(ms(1))), Err(QueueError::Empty));
    let other = queue.clone();
    let peeker = spawn(move || other.peek(None));
    sleep(NOW);
    queue.put(1, None).unwrap();
    assert_eq!(
        (peeker.get(None).unwrap(), queue.peek(None), queue.get(None)),
        (Ok(1), Ok(1), Ok(1))
    );
}

#[test]
fn a_full_one_takes_the_next_item_when_one_is_taken() {
    let (queue, diary) = (Queue::bounded(2), Diary::default());
    let (other, notes) = (queue.clone(), diary.clone());
    let putter = spawn(move || {
        for item in ["a", "b", "c"] {
            other.put(item, None).unwrap();
            notes.borrow_mut().push(item);
        }
    });
    sleep(NOW);
    assert_eq!((&**diary.borrow(), queue.full()), (&["a", "b"][..], true));
    assert_eq!(queue.try_get(), Ok("a"));
    assert!(putter.join(None));
    assert_eq!((queue.try_get(), queue.try_get()), (Ok("b"), Ok("c")));
}

#[test]
fn an_unused_one_has_nothing_to_wait_for() {
    assert!(Queue::<u8>::new().join(None));
}

#[test]
fn shut_down_now_it_has_nothing_left() {
    let queue = Queue::bounded(2);
    queue.put("L", None).unwrap();
    queue.put("O", None).unwrap();
    let (to_put, to_join) = (queue.clone(), queue.clone());
    let putter = spawn(move || to_put.put("E", None));
    let joiner = spawn(move || to_join.join(None));
    sleep(NOW);
    queue.shutdown_now();
    assert_eq!(putter.get(None).unwrap(), Err(QueueError::ShutDown));
    assert!(joiner.get(None).unwrap());
    assert_eq!(
        (queue.get(None), queue.try_get()),
        (Err(QueueError::ShutDown), Err(QueueError::ShutDown))
    );
    assert_eq!(queue.put("W", None), Err(QueueError::ShutDown));
    assert_eq!(queue.task_done(), Err(QueueError::TooManyDone));
    assert!(queue.empty() && queue.join(None));
}

#[test]
fn giver_and_taker_of_a_channel_take_turns() {
    let (channel, diary) = (Channel::new(), Diary::default());
    let (other, notes) = (channel.clone(), diary.clone());
    let taker = spawn(move || {
        for _ in 0..2 {
            let item = other.get(None).unwrap();
            notes.borrow_mut().push(item);
        }
    });
    for (item, after) in [("hello", "sent hello"), ("world", "sent world")] {
        channel.put(item, None).unwrap();
        diary.borrow_mut().push(after);
    }
    assert_eq!(*diary.borrow(), ["hello", "sent hello", "world", "sent world"]);
    assert!(taker.join(None));
}
