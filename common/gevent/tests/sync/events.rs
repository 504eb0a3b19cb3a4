use super::*;

#[test]
fn set_wakes_all_in_the_order_they_came_in() {
    let (event, diary) = (Event::new(), Diary::default());
    for n in 0..5 {
        let (event, diary) = (event.clone(), diary.clone());
        spawn(move || {
            assert!(event.wait(None));
            diary.borrow_mut().push(n);
        });
    }
    sleep(NOW);
    event.set();
    assert!(diary.borrow().is_empty());
    assert!(hub().join(None));
    assert_eq!(*diary.borrow(), [0, 1, 2, 3, 4]);
    assert!(event.wait(Some(NOW)) && event.wait(None));
    event.clear();
    assert!(!event.wait(Some(ms(1))));
}

#[test]
fn set_then_clear_still_wakes_who_waited() {
    let event = Event::new();
    let other = event.clone();
    let waiter = spawn(move || other.wait(Some(Duration::from_secs(1000))));
    sleep(NOW);
    event.set();
    event.clear();
    assert!(waiter.get(None).unwrap());
    assert!(!event.is_set());
}

#[test]
fn a_waiter_that_is_killed_while_being_woken_is_woken_first() {
    let event = Event::new();
    let other = event.clone();
    let seen = Rc::new(Cell::new(false));
    let woken = seen.clone();
    let waiter = spawn(move || {
        woken.set(other.wait(None));
        sleep(Duration::from_secs(1000));
    });
    sleep(NOW);
    event.set();
    waiter.kill(None);
    assert!(seen.get() && waiter.killed());
}

#[test]
fn every_getter_gets_the_result() {
    let result = AsyncResult::new();
    let getters: Vec<_> = (0..5)
        .map(|_| {
            let result = result.clone();
            spawn(move || result.get(None).unwrap())
        })
        .collect();
    assert_eq!(result.wait(Some(ms(1))), None);
    result.set(7);
    assert!(getters.iter().all(|getter| getter.get(None).unwrap() == 7));
    result.set(8);
    assert_eq!(result.get(None).unwrap(), 8);
    result.set_exception(Exception::from_value("too late"));
    assert_eq!(result.get(None).unwrap(), 8);
}

#[test]
fn a_result_that_is_an_error() {
    let result = AsyncResult::<u8>::new();
    assert!(matches!(result.get(Some(NOW)), Err(GetError::TimedOut)));
    result.set_exception(Exception::from_value("no"));
    assert!(result.ready() && !result.successful());
    assert_eq!(result.get(None).unwrap_err().to_string(), "no");
    assert_eq!(result.wait(None), None);
}

#[test]
fn who_finds_it_set_goes_on_after_those_who_had_to_wait() {
    let (event, result) = (Event::new(), AsyncResult::new());
    let diary = Diary::default();
    for nth in 0..2 {
        let (event, result, diary) = (event.clone(), result.clone(), diary.clone());
        spawn(move || {
            event.wait(None);
            diary.borrow_mut().push(nth);
            let value = result.get(None).unwrap();
            diary.borrow_mut().push(value);
        });
    }
    sleep(NOW);
    event.set();
    event.wait(None);
    diary.borrow_mut().push(2);
    result.set(3);
    result.wait(None);
    diary.borrow_mut().push(4);
    assert_eq!(*diary.borrow(), [0, 1, 2, 3, 3, 4]);

    let begin = Diary::default();
    let other = begin.clone();
    spawn(move || other.borrow_mut().push(()));
    event.wait(None); // nobody has to be let pass: it does not even give way
    assert!(begin.borrow().is_empty());
}

#[test]
fn a_thousand_who_wait_are_all_woken_by_a_set_that_is_taken_back() {
    let event = Event::new();
    let waiters: Vec<_> = (0..1000)
        .map(|_| {
            let event = event.clone();
            spawn(move || event.wait(None))
        })
        .collect();
    sleep(NOW);
    event.set();
    event.clear();
    assert_eq!(joinall(&waiters, None).len(), 1000);
    assert!(waiters.iter().all(|waiter| waiter.value() == Some(true)));
    assert!(!event.wait(Some(NOW)));
}

#[test]
fn a_limit_is_raised_in_who_waits_for_a_result() {
    let result = AsyncResult::<u8>::new();
    assert!(with_timeout(Some(NOW), || result.get(None)).is_err());
    assert!(matches!(result.get(Some(NOW)), Err(GetError::TimedOut)));
    result.set(1);
    assert_eq!(with_timeout(Some(ms(1000)), || result.get(None)).unwrap().unwrap(), 1);
}
