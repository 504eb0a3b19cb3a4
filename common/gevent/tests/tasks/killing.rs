use super::*;

fn sleeper(diary: &Diary) -> Task<()> {
    let diary = diary.clone();
    let task = spawn(move || {
        let _last = Last(diary.clone(), "dropped");
        sleep(Duration::from_secs(1000));
        diary.note("never");
    });
    sleep(NOW);
    task
}

#[test]
fn kill_unwinds_and_waits_for_the_end() {
    let diary = Diary::default();
    let task = sleeper(&diary);
    assert!(task.kill(None));
    diary.shows(&["dropped"]);
    assert!(task.killed() && task.successful() && task.exception().is_none());
    assert!(matches!(task.get(None), Err(GetError::Killed)));
}

#[test]
fn without_waiting_nothing_happens_until_the_caller_waits() {
    let diary = Diary::default();
    let task = sleeper(&diary);
    task.kill_nowait();
    diary.shows(&[]);
    assert!(!task.dead());
    sleep(NOW);
    diary.shows(&["dropped"]);
}

#[test]
fn a_task_killed_before_its_start_never_runs() {
    let diary = Diary::default();
    let (ran, last) = (diary.clone(), Last(diary.clone(), "closure dropped"));
    let task = spawn(move || {
        let _last = last;
        ran.note("never");
    });
    let linked = diary.clone();
    task.rawlink(move |task| linked.note(format!("{task:?}")));
    let task = task.named("early");
    assert!(task.kill(None));
    diary.shows(&["closure dropped", "early (killed)"]);
    let failed = spawn(|| 1);
    failed.kill_with(9_u8, None);
    assert_eq!(failed.exception().unwrap().downcast_ref(), Some(&9_u8));
}

#[test]
fn a_kill_can_be_caught_and_then_waits_for_the_natural_end() {
    let task = spawn(|| {
        let caught = catch(|| sleep(Duration::from_secs(1000))).unwrap_err();
        assert!(caught.is::<GreenletExit>());
        sleep(ms(20));
        "natural"
    });
    sleep(NOW);
    assert!(!task.kill(Some(ms(1))));
    assert!(!task.dead());
    assert!(task.kill(None)); // interrupts the second sleep
    assert!(task.killed());
}

#[test]
fn killall_says_when_the_time_is_over() {
    let stubborn = spawn(|| {
        let end = Instant::now() + ms(50);
        while Instant::now() < end {
            let _ = catch(|| sleep(ms(5)));
        }
    });
    sleep(NOW);
    assert!(killall(&[&stubborn], Some(ms(5))).is_err());
    assert!(!stubborn.dead());
    assert!(killall(&[&stubborn], None).is_ok());
    assert!(stubborn.dead());
}

#[test]
fn killed_with_an_error_it_dies_of_that() {
    let task = nap("victim", Duration::from_secs(1000));
    sleep(NOW);
    assert!(task.kill_with("an error", None));
    assert!(!task.successful());
    assert_eq!(task.exception().unwrap().to_string(), "an error");
}

#[test]
fn an_error_in_the_cleanup_replaces_the_kill() {
    let task = spawn(|| finally(|| sleep(Duration::from_secs(1000)), || panic!("in cleanup")));
    sleep(NOW);
    task.kill(None);
    assert_eq!(task.exception().unwrap().to_string(), "in cleanup");
}

#[test]
fn kill_waits_for_a_cleanup_that_sleeps_and_a_second_kill_interrupts_it() {
    let body = |time| move || finally(|| sleep(Duration::from_secs(1000)), move || sleep(time));
    let task = spawn(body(ms(20)));
    sleep(NOW);
    let begin = Instant::now();
    task.kill(None);
    assert!(begin.elapsed() >= ms(20));
    let task = spawn(body(Duration::from_secs(1000)));
    sleep(NOW);
    assert!(!task.kill(Some(ms(5))));
    assert!(task.kill(None));
}

#[test]
fn a_task_that_kills_itself_dies_at_that_line() {
    let task = spawn(|| {
        getcurrent().kill(None);
        "reached"
    });
    assert!(matches!(task.get(None), Err(GetError::Killed)));
    let task = spawn(|| {
        getcurrent().kill_nowait();
        "reached"
    });
    assert_eq!(task.get(None).unwrap(), "reached");
    task.kill(None);
    assert_eq!(task.get(None).unwrap(), "reached");
}

#[test]
fn a_kill_at_sleep_zero_does_not_leave_a_ghost_in_the_queue() {
    let diary = Diary::default();
    let note = diary.clone();
    let task = spawn(move || {
        let caught = catch(|| {
            sleep(NOW);
            note.note("still its turn");
            sleep(NOW);
            note.note("never");
        });
        assert!(caught.is_err());
        note.note("caught");
        sleep(ms(5)); // a ghost would end this at once
        note.note("slept");
    });
    sleep(NOW);
    let begin = Instant::now();
    task.kill_nowait();
    task.join(None);
    assert!(begin.elapsed() >= ms(5));
    diary.shows(&["still its turn", "caught", "slept"]);
}

#[test]
fn a_destructor_that_would_wait_while_unwinding_does_not() {
    struct Sleepy;
    impl Drop for Sleepy {
        fn drop(&mut self) {
            sleep(Duration::from_secs(1000));
            let other = spawn(|| ());
            assert!(!other.join(None));
        }
    }
    let task = spawn(|| {
        let _sleepy = Sleepy;
        panic!("on purpose");
    });
    assert!(task.join(None));
    assert_eq!(task.exception().unwrap().to_string(), "on purpose");
}

#[test]
fn an_error_from_outside_can_be_caught_in_a_loop_that_only_gives_way() {
    let task = spawn(|| {
        let caught = catch(|| {
            loop {
                sleep(NOW);
            }
        });
        *caught.unwrap_err().downcast::<&str>().unwrap()
    });
    sleep(NOW);
    task.kill_with_nowait("enough");
    assert_eq!(task.get(None).unwrap(), "enough");
    assert!(task.successful());
}

#[test]
fn a_task_outlives_the_one_that_started_it() {
    let diary = Diary::default();
    let notes = diary.clone();
    spawn(move || {
        let inner = notes.clone();
        spawn(move || inner.note("child"));
        spawn_later(ms(1), move || notes.note("grandchild"));
    })
    .join(None);
    sleep(ms(3));
    diary.shows(&["child", "grandchild"]);
}
