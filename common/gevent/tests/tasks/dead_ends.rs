use super::*;

#[track_caller]
fn loop_exit(f: impl FnOnce()) -> Box<LoopExit> {
    catch(f).unwrap_err().downcast().expect("a LoopExit")
}

#[test]
fn nothing_can_wake_main() {
    let event = event::Event::new();
    let exit = loop_exit(|| _ = event.wait(None));
    assert_eq!(exit.waiting(), [("main".to_owned(), "an event")]);
    sleep(ms(1)); // main lives on
    event.set();
    assert!(event.wait(None));
}

#[test]
fn the_names_of_those_who_wait_are_told() {
    let event = event::Event::new();
    let other = event.clone();
    let task = spawn(move || other.wait(None)).named("waiter");
    let exit = loop_exit(|| _ = task.join(None));
    let text = exit.to_string();
    assert!(text.contains("main waits for the end of a task"), "{text}");
    assert!(text.contains("waiter waits for an event"), "{text}");
    event.set();
    assert!(task.get(None).unwrap());
}

#[test]
fn a_task_that_never_starts_is_not_waited_for() {
    let task = Task::new(|| ());
    loop_exit(|| _ = task.join(None));
    loop_exit(|| _ = task.get(None));
}

#[test]
fn the_hub_is_joined_when_nothing_is_left() {
    let task = nap("last", ms(30));
    assert!(!hub().join(Some(ms(1))));
    assert!(hub().join(None));
    assert!(task.ready());
    assert!(hub().join(Some(ms(1))));
}
