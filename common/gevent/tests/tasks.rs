//! Tasks, case by case: start, end, order, kill, time limits, dead ends.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::{Cell, RefCell};
use std::panic::panic_any;
use std::rc::Rc;
use std::time::{Duration, Instant};

use gevent::*;

const NOW: Duration = Duration::ZERO;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Notes what happened, in order.
#[derive(Clone, Default)]
struct Diary(Rc<RefCell<Vec<String>>>);

impl Diary {
    fn note(&self, text: impl Into<String>) {
        self.0.borrow_mut().push(text.into());
    }

    #[track_caller]
    fn shows(&self, expected: &[&str]) {
        assert_eq!(*self.0.borrow(), expected);
    }
}

/// Speaks in the diary when it is dropped.
struct Last(Diary, &'static str);

impl Drop for Last {
    fn drop(&mut self) {
        self.0.note(self.1);
    }
}

fn names<T: AsTask>(tasks: &[T]) -> Vec<String> {
    tasks.iter().map(|task| task.as_task().name()).collect()
}

fn nap(name: &str, time: Duration) -> AnyTask {
    spawn(move || sleep(time)).named(name).any()
}

mod beginning {
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
}

mod ending {
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
}

mod joining {
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
        let slow = spawn(|| {
            sleep(ms(40));
            1
        });
        let late = spawn(|| {
            sleep(ms(20));
            panic!("late")
        });
        let early = spawn(|| {
            sleep(ms(5));
            panic!("early")
        });
        let options = JoinOptions { raise_error: true, ..JoinOptions::default() };
        let tasks = [slow.any(), late.any(), early.any()];
        assert_eq!(joinall_with(&tasks, options).unwrap_err().to_string(), "early");
        assert!(!slow.ready());
        assert_eq!(slow.get(None).unwrap(), 1);
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
}

mod killing {
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
}

mod time_limits {
    use super::*;

    #[test]
    fn the_inner_limit_is_the_inner_ones_only() {
        let outer = Timeout::new(Some(Duration::from_secs(1000)));
        let result = outer.run(|| {
            let inner = Timeout::new(Some(ms(5)));
            let error = inner.run(|| sleep(Duration::from_secs(100))).unwrap_err();
            assert!(inner.raised(&error) && !outer.raised(&error));
            assert!(outer.pending() && !inner.pending());
            3
        });
        assert_eq!(result.unwrap(), 3);
        assert!(!outer.pending());
    }

    #[test]
    fn an_outer_limit_passes_through_a_silent_inner_one() {
        let result = with_timeout(Some(ms(5)), || {
            let _ = with_timeout(Some(Duration::from_secs(100)), || {
                sleep(Duration::from_secs(1000));
            });
            unreachable!();
        });
        assert_eq!(result.unwrap_err().to_string(), "timed out after 5ms");
    }

    #[test]
    fn no_limit_never_fires_and_is_not_pending() {
        let none = Timeout::new(None);
        none.start();
        assert!(!none.pending());
        sleep(ms(2));
        assert_eq!(with_timeout(None, || 1), Ok(1));
    }

    #[test]
    fn a_limit_of_zero_fires_at_the_first_wait_and_only_there() {
        assert_eq!(with_timeout(Some(NOW), || 1), Ok(1));
        sleep(ms(1)); // and leaves nothing behind
        assert!(with_timeout(Some(NOW), || sleep(NOW)).is_err());
    }

    #[test]
    fn a_busy_loop_is_not_interrupted_and_leaving_cancels() {
        let busy = with_timeout(Some(ms(5)), || {
            let end = Instant::now() + ms(20);
            while Instant::now() < end {}
        });
        assert!(busy.is_ok());
        sleep(ms(10));
    }

    #[test]
    fn started_twice_is_an_error() {
        let timeout = Timeout::new(Some(Duration::from_secs(1000)));
        timeout.start();
        assert!(catch(|| timeout.start()).is_err());
        timeout.cancel();
        timeout.start();
    }

    #[test]
    fn a_loop_that_only_gives_way_is_left_in_time() {
        let begin = Instant::now();
        let result = with_timeout(Some(ms(10)), || {
            loop {
                sleep(NOW);
            }
        });
        let Err(error) = result;
        assert_eq!(error.limit(), ms(10));
        assert!(begin.elapsed() >= ms(10) && begin.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn equal_deadlines_fire_in_the_order_of_their_making() {
        let diary = Diary::default();
        let tasks: Vec<_> = (0..50)
            .map(|n| {
                let diary = diary.clone();
                spawn(move || {
                    sleep(ms(5));
                    diary.note(n.to_string());
                })
            })
            .collect();
        joinall(&tasks, None);
        let expected: Vec<_> = (0..50).map(|n| n.to_string()).collect();
        assert_eq!(*diary.0.borrow(), expected);
    }

    #[test]
    fn a_limit_that_nobody_catches_ends_the_task() {
        let task = spawn(|| {
            let timeout = Timeout::new(Some(ms(1)));
            timeout.start();
            sleep(Duration::from_secs(1000));
        });
        task.join(None);
        assert!(task.exception().unwrap().downcast_ref::<TimedOut>().is_some());
    }
}

mod dead_ends {
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
}

mod many {
    use super::*;

    #[test]
    fn ten_thousand_sleep_together() {
        let begin = Instant::now();
        let tasks: Vec<_> = (0..10_000).map(|_| spawn(|| sleep(ms(100)))).collect();
        assert_eq!(joinall(&tasks, None).len(), 10_000);
        // One after the other they would take 1,000 s.
        assert!(begin.elapsed() < Duration::from_secs(20));
    }

    #[test]
    #[ignore = "heavy: half a gigabyte"]
    fn a_hundred_thousand_sleep_together() {
        let tasks: Vec<_> = (0..100_000).map(|_| spawn(|| sleep(ms(1000)))).collect();
        sleep(ms(10));
        assert_eq!(joinall(&tasks, None).len(), 100_000);
    }

    #[test]
    fn a_thread_has_a_hub_of_its_own_and_leaves_nothing_running() {
        let threads: Vec<_> = (0..4)
            .map(|n| {
                std::thread::spawn(move || {
                    spawn(|| sleep(Duration::from_secs(1000)));
                    spawn(move || n * 2).get(None).unwrap()
                })
            })
            .collect();
        let results: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
        assert_eq!(results, [0, 2, 4, 6]);
    }

    #[test]
    fn a_variable_of_which_each_task_has_its_own() {
        static MINE: local::Local<Option<u8>> = local::Local::new(|| None);
        MINE.set(Some(1));
        let task = spawn(|| {
            let before = MINE.get();
            MINE.set(Some(2));
            sleep(NOW);
            (before, MINE.get())
        });
        assert_eq!(task.get(None).unwrap(), (None, Some(2)));
        assert_eq!(MINE.get(), Some(1));
    }

    #[test]
    fn the_detector_names_who_keeps_the_thread() {
        let (send, reports) = std::sync::mpsc::channel();
        let detector = BlockingDetector::start(ms(20), move |report| drop(send.send(report)));
        let greedy = spawn(move || {
            let report = reports.recv().unwrap();
            (report.task.clone(), report.to_string())
        });
        let (task, text) = greedy.named("greedy").take(None).unwrap();
        assert_eq!(task, "greedy");
        assert!(text.starts_with("greedy has kept the thread for "), "{text}");
        drop(detector);
        sleep(ms(1));
    }
}
