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
