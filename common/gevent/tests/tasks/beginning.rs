use super::*;

#[test]
fn spawn_runs_nothing_until_the_spawner_waits() {
    let ran = Rc::new(Cell::new(false));
    let seen = Rc::clone(&ran);
    let task = spawn(move || seen.set(true));
    assert!(task.started() && !task.ready() && !task.dead());
    assert!(!ran.get());
    sleep(NOW);
    assert!(ran.get() && task.ready() && task.dead() && !task.started());
}

#[test]
fn two_that_give_way_take_turns() {
    let diary = Diary::default();
    let tasks = [1, 2].map(|n| {
        let diary = diary.clone();
        spawn(move || {
            diary.note(format!("{n}A"));
            sleep(NOW);
            diary.note(format!("{n}B"));
        })
    });
    joinall(&tasks, None);
    diary.shows(&["1A", "2A", "1B", "2B"]);
}

#[test]
fn a_child_runs_after_those_already_queued() {
    let diary = Diary::default();
    let (one, two) = (diary.clone(), diary.clone());
    let first = spawn(move || {
        one.note("first");
        let child = one.clone();
        spawn(move || child.note("child")).join(None);
    });
    let second = spawn(move || two.note("second"));
    joinall(&[first, second], None);
    diary.shows(&["first", "second", "child"]);
}

#[test]
fn spawn_later_starts_later_and_can_be_killed_before() {
    let begin = Instant::now();
    assert_eq!(spawn_later(ms(20), || 5).get(None).unwrap(), 5);
    assert!(begin.elapsed() >= ms(20));
    let never = spawn_later(Duration::from_secs(1000), || 5);
    assert!(never.kill(None));
    assert!(hub().join(None)); // and its timer is gone
}

#[test]
fn a_task_can_be_made_first_and_started_then() {
    let task = Task::new(|| 3).named("three");
    assert!(!task.started() && !task.ready());
    assert!(task.try_get().is_err());
    task.start();
    task.start();
    assert_eq!(task.get(None).unwrap(), 3);
    assert_eq!(task.name(), "three");
    assert_eq!(format!("{task:?}"), "three (done)");
}
