use super::*;

#[test]
fn a_failed_task_gives_the_same_error_each_time() {
    let task = spawn(|| -> i32 { panic_any(7_u8) });
    assert!(task.join(None));
    for _ in 0..2 {
        let Err(GetError::Failed(error)) = task.get(None) else { panic!("no error") };
        assert_eq!(error.downcast_ref::<u8>(), Some(&7));
        assert!(error.same(&task.exception().unwrap()));
    }
    assert_eq!(task.value(), None);
    assert!(!task.successful());
}

#[test]
fn an_unfinished_task_has_nothing_to_give() {
    let task = spawn(|| sleep(ms(20)));
    assert!(matches!(task.try_get(), Err(GetError::TimedOut)));
    assert!(matches!(task.get(Some(ms(1))), Err(GetError::TimedOut)));
    assert!(!task.join(Some(ms(1))));
    assert!(!task.dead());
    assert!(task.get(None).is_ok());
}

#[test]
fn a_value_can_be_moved_out_once() {
    struct NotClone;
    let task = spawn(|| NotClone);
    assert!(task.take(None).is_ok());
    assert!(matches!(task.take(None), Err(GetError::Taken)));
    assert!(task.successful());
}

#[test]
fn one_panic_harms_nobody_else() {
    let fails = spawn(|| panic!("on purpose"));
    let works = spawn(|| {
        sleep(ms(1));
        1
    });
    assert_eq!(works.get(None).unwrap(), 1);
    assert_eq!(fails.exception().unwrap().to_string(), "on purpose");
}

#[test]
fn links_are_called_in_order_and_before_a_later_join_returns() {
    let diary = Diary::default();
    let task = spawn(|| 1);
    for name in ["one", "two", "three"] {
        let diary = diary.clone();
        task.rawlink(move |_| {
            diary.note(name);
            assert!(name != "two", "a link that fails stops nobody");
        });
    }
    task.join(None);
    diary.shows(&["one", "two", "three"]);
}

#[test]
fn a_link_on_a_dead_task_runs_at_the_next_turn() {
    let diary = Diary::default();
    let task = spawn(|| 1);
    task.join(None);
    let linked = diary.clone();
    task.rawlink(move |_| linked.note("linked"));
    diary.shows(&[]);
    sleep(NOW);
    diary.shows(&["linked"]);
}

#[test]
fn links_of_one_kind_are_called_for_that_kind_only() {
    let diary = Diary::default();
    let good = spawn(|| 1).named("good").any();
    let bad = spawn(|| panic!("on purpose")).named("bad").any();
    for task in [&good, &bad] {
        let (value, error, any) = (diary.clone(), diary.clone(), diary.clone());
        task.link_value(move |t| value.note(format!("value of {}", t.name())));
        task.link_exception(move |t| error.note(format!("error of {}", t.name())));
        let taken_back = task.link(move |_| any.note("never"));
        task.unlink(taken_back);
    }
    assert!(hub().join(None));
    diary.shows(&["value of good", "error of bad"]);
}

#[test]
fn a_result_goes_on_to_an_async_result() {
    let to = event::AsyncResult::new();
    spawn(|| 5).link_result(&to);
    assert_eq!(to.get(None).unwrap(), 5);
    let to = event::AsyncResult::<i32>::new();
    spawn(|| panic!("on purpose")).link_result(&to);
    assert_eq!(to.get(None).unwrap_err().to_string(), "on purpose");
    assert_eq!(to.wait(None), None);
}

#[test]
fn waiting_in_a_link_is_an_error_and_the_hub_lives_on() {
    let after = Rc::new(Cell::new(false));
    let seen = Rc::clone(&after);
    let task = spawn(|| 1);
    task.rawlink(|_| sleep(ms(1)));
    task.rawlink(move |_| seen.set(true));
    sleep(ms(5));
    assert!(after.get());
}

#[test]
fn an_exit_request_reaches_main_and_an_error_does_not() {
    let error = catch(|| {
        spawn(|| panic!("on purpose"));
        sleep(ms(1));
        spawn(|| panic_any(SystemExit(3)));
        sleep(Duration::from_secs(1000));
    });
    assert_eq!(error.unwrap_err().downcast_ref(), Some(&SystemExit(3)));
    sleep(ms(1));
}
