//! `Thread`: the cases of CPython's `test_threading.ThreadTests`, `ThreadingExceptionTests` and
//! `ExceptHookTests` that say something about threads rather than about Python.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use crate::support::{Bunch, LONG, SHORT, is_asleep, leak, timed, until};
use threading::{BoundedSemaphore, Event, Lock, RLock, Run, Thread, ThreadError};

fn download() {}

struct Task {
    done: mpsc::Sender<String>,
}

impl Run for Task {
    fn run(self) {
        self.done.send(threading::current_thread().name()).unwrap();
    }
}

#[test]
fn names_are_given_made_or_taken_from_the_function() {
    assert_eq!(Thread::named("myname1", || ()).name(), "myname1");
    assert_eq!(Thread::named("myname2", download).name(), "myname2");
    let number = |name: &str| name.strip_prefix("Thread-").unwrap().parse::<u64>();
    assert!(number(&Thread::new(|| ()).name()).is_ok());
    let name = Thread::new(download).name();
    assert!(number(name.strip_suffix(" (download)").unwrap()).is_ok(), "{name}");
    let (done, _) = mpsc::channel();
    assert!(number(&Thread::new(Task { done }).name()).is_ok(), "a class has no target");
    let thread = Thread::new(|| ());
    thread.set_name("other\0name");
    assert_eq!(thread.name(), "other\0name");
    thread.start().expect("what the system cannot be told is left out");
    thread.set_name("while it runs");
    assert_eq!(thread.join(None), Ok(true));
    assert_eq!(thread.name(), "while it runs");
}

#[test]
fn a_type_of_ones_own_is_run() {
    let (done, result) = mpsc::channel();
    let thread = Thread::named("mine", Task { done });
    thread.start().unwrap();
    assert_eq!(thread.join(None), Ok(true));
    assert_eq!(result.recv().unwrap(), "mine");
}

#[test]
fn arguments_are_what_the_closure_captures() {
    let (number, text) = (1, String::from("str"));
    let thread = Thread::new(move || assert_eq!((number, text.as_str()), (1, "str")));
    thread.start().unwrap();
    assert_eq!(thread.join(None), Ok(true));
}

/// Ten tasks, at most three of which run at once.
#[test]
fn a_bunch_of_threads_does_its_work() {
    let (three, mutex) = (leak(BoundedSemaphore::new(3)), leak(RLock::new()));
    let running = leak(AtomicUsize::new(0));
    let task = move || {
        let _one_of_three = three.guard();
        let more = mutex.guard();
        assert!(running.fetch_add(1, SeqCst) < 3);
        drop(more);
        std::thread::yield_now();
        let _fewer = mutex.guard();
        assert!(running.fetch_sub(1, SeqCst) > 0);
    };
    let threads: Vec<Thread> = (0..10).map(|i| Thread::named(format!("<{i}>"), task)).collect();
    for thread in &threads {
        assert_eq!((thread.ident(), thread.native_id()), (None, None));
        assert!(format!("{thread:?}").ends_with(", initial)>"));
        thread.start().unwrap();
    }
    let native_ids = threads.iter().map(|t| t.native_id().unwrap());
    let distinct: std::collections::BTreeSet<u64> = native_ids.collect();
    // A number may be given again once its thread is gone, so there may be fewer.
    assert!(!distinct.contains(&u64::from(std::process::id())));
    for thread in &threads {
        assert_eq!(thread.join(None), Ok(true));
        assert!(!thread.is_alive());
        let ident = thread.ident().unwrap();
        assert!(format!("{thread:?}").ends_with(&format!(", stopped {ident})>")));
    }
    assert_eq!(running.load(SeqCst), 0);
}

#[test]
fn it_is_alive_from_start_to_end() {
    let (started, finish) = (leak(Event::new()), leak(Event::new()));
    let thread = Thread::new(|| {
        started.set();
        assert!(finish.wait(Some(LONG)));
    });
    assert!(!thread.is_alive());
    thread.start().unwrap();
    assert!(thread.is_alive());
    assert!(started.wait(Some(LONG)));
    assert!(format!("{thread:?}").contains("started"));
    let (ended, took) = timed(|| thread.join(Some(SHORT)));
    assert!(ended == Ok(false) && took >= SHORT, "{took:?}");
    assert_eq!(thread.join(Some(Duration::ZERO)), Ok(false));
    assert!(thread.is_alive());
    finish.set();
    assert_eq!(thread.join(Some(Duration::MAX)), Ok(true));
    assert!(!thread.is_alive());
    assert_eq!(thread.join(None), Ok(true), "a thread can be joined many times");
    assert_eq!(thread.join(Some(Duration::ZERO)), Ok(true));
}

#[test]
fn it_ends_by_itself_if_nobody_joins_it() {
    let thread = Thread::new(|| ());
    thread.start().unwrap();
    until("it says stopped", || format!("{thread:?}").contains("stopped"));
    let forgotten = Thread::new(|| ());
    forgotten.start().unwrap();
    let ident = forgotten.ident();
    drop(forgotten);
    until("it is listed no more", || threading::enumerate().iter().all(|t| t.ident() != ident));
}

#[test]
fn many_may_join_it() {
    let finish = leak(Event::new());
    let thread = leak(Thread::new(|| assert!(finish.wait(Some(LONG)))));
    thread.start().unwrap();
    let joiners = Bunch::start(5, || assert_eq!(thread.join(None), Ok(true)));
    joiners.until_asleep();
    assert_eq!(joiners.finished(), 0);
    finish.set();
    joiners.join();
}

#[test]
fn after_join_it_is_neither_listed_nor_known_to_the_kernel() {
    for _ in 0..100 {
        let thread = Thread::new(|| ());
        thread.start().unwrap();
        let task = format!("/proc/self/task/{}", thread.native_id().unwrap());
        assert_eq!(thread.join(None), Ok(true));
        assert!(!threading::enumerate().contains(&thread));
        // The kernel takes a moment longer to strike it off its list.
        until("its stack is free", || !std::path::Path::new(&task).exists());
    }
}

#[test]
fn it_runs_once() {
    let runs = leak(AtomicUsize::new(0));
    let thread = Thread::new(|| {
        runs.fetch_add(1, SeqCst);
    });
    thread.start().unwrap();
    assert_eq!(thread.start(), Err(ThreadError::StartedTwice));
    assert_eq!(thread.join(None), Ok(true));
    assert_eq!(thread.start(), Err(ThreadError::StartedTwice));
    assert_eq!(runs.load(SeqCst), 1);
    assert_eq!(threading::main_thread().start(), Err(ThreadError::StartedTwice));
    assert_eq!(ThreadError::StartedTwice.to_string(), "threads can only be started once");
}

#[test]
fn it_cannot_be_joined_before_it_starts_nor_by_itself() {
    let (result_in, result) = mpsc::channel();
    let thread = Thread::new(move || {
        let me = threading::current_thread();
        result_in.send((me.join(None), me.join(Some(Duration::ZERO)))).unwrap();
    });
    assert_eq!(thread.join(None), Err(ThreadError::NotStarted));
    thread.start().unwrap();
    let not_itself = Err(ThreadError::JoinCurrent);
    assert_eq!(result.recv().unwrap(), (not_itself.clone(), not_itself));
    assert_eq!(thread.join(None), Ok(true));
    assert_eq!(ThreadError::NotStarted.to_string(), "cannot join thread before it is started");
    assert_eq!(ThreadError::JoinCurrent.to_string(), "cannot join current thread");
}

#[test]
fn a_daemon_is_one_before_it_starts_and_so_are_its_own() {
    let thread = Thread::new(|| assert!(Thread::new(|| ()).daemon(), "inherited"));
    assert!(!thread.daemon());
    assert!(!format!("{thread:?}").contains("daemon"));
    thread.set_daemon(true).unwrap();
    assert!(thread.daemon());
    assert!(format!("{thread:?}").contains("initial daemon"));
    thread.start().unwrap();
    assert_eq!(thread.set_daemon(false), Err(ThreadError::DaemonOfActive));
    assert_eq!(thread.join(None), Ok(true));
    let error = ThreadError::DaemonOfActive.to_string();
    assert_eq!(error, "cannot set daemon status of active thread");
}

#[test]
fn a_thread_finds_itself() {
    let (me_in, me) = mpsc::channel();
    let thread = Thread::new(move || {
        let listed = threading::enumerate().contains(&threading::current_thread());
        me_in.send((threading::current_thread(), threading::get_ident(), listed)).unwrap();
    });
    thread.start().unwrap();
    assert_eq!(me.recv().unwrap(), (thread.clone(), thread.ident().unwrap(), true));
    assert_eq!(thread.join(None), Ok(true));
    let main = threading::main_thread();
    assert_eq!((main.name().as_str(), main.daemon(), main.is_alive()), ("MainThread", false, true));
    assert_ne!(main.ident(), Some(threading::get_ident()), "a test is not run by main");
    assert_eq!(main.native_id(), Some(u64::from(std::process::id())));
    assert_eq!(threading::enumerate()[0], main);
}

#[test]
fn a_foreign_thread_has_a_handle_while_it_lives() {
    let (dummy_in, dummy) = mpsc::channel();
    let finish = leak(Event::new());
    let foreign = std::thread::spawn(move || {
        dummy_in.send((threading::current_thread(), threading::get_ident())).unwrap();
        assert!(!Thread::new(|| ()).daemon());
        assert!(finish.wait(Some(LONG)));
    });
    let (dummy, ident) = dummy.recv().unwrap();
    assert!(dummy.name().starts_with("Dummy-") && dummy.daemon() && dummy.is_alive());
    assert_eq!(dummy.ident(), Some(ident));
    assert!(threading::enumerate().contains(&dummy));
    assert_eq!(dummy.join(None), Err(ThreadError::JoinDummy));
    until("it sleeps", || is_asleep(dummy.native_id().unwrap()));
    finish.set();
    foreign.join().unwrap();
    until("it is gone", || !dummy.is_alive() && !threading::enumerate().contains(&dummy));
}

#[test]
fn what_the_target_captured_is_gone_after_join() {
    for panics in [false, true] {
        let captured = Arc::new(());
        let thread = Thread::new({
            let captured = Arc::clone(&captured);
            move || {
                if panics {
                    std::panic::resume_unwind(Box::new(captured));
                }
            }
        });
        assert_eq!(Arc::strong_count(&captured), 2);
        thread.start().unwrap();
        assert_eq!(thread.join(None).is_err(), panics);
        assert_eq!(Arc::strong_count(&captured), 1);
    }
    let never_started = Arc::new(());
    drop(Thread::new({
        let captured = Arc::clone(&never_started);
        move || drop(captured)
    }));
    assert_eq!(Arc::strong_count(&never_started), 1);
}

#[test]
fn locks_work_in_the_destructors_of_thread_locals() {
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            let lock = RLock::new();
            let _guard = lock.guard();
            let _longer_than_the_thread_itself = Event::new().wait(Some(SHORT));
            assert!(threading::current_thread().is_alive() || threading::get_ident() > 0);
            DROPPED.store(true, SeqCst);
        }
    }
    static DROPPED: AtomicBool = AtomicBool::new(false);
    thread_local!(static LAST: Last = const { Last });
    let thread = Thread::new(|| LAST.with(|_| threading::current_thread().set_name("x")));
    thread.start().unwrap();
    assert_eq!(thread.join(None), Ok(true));
    assert!(DROPPED.load(SeqCst), "join waits for the destructors too");
}

#[test]
fn a_panic_is_told_to_the_hook_and_to_all_who_join() {
    let told: &Mutex<Vec<String>> = leak(Mutex::new(Vec::new()));
    let hook_lock = leak(Lock::new());
    threading::set_excepthook(move |args| {
        let _guard = hook_lock.guard();
        assert!(args.thread.is_alive(), "the hook runs in the thread that ends");
        let where_ = args.location.map_or("nowhere", |l| l.split(':').next().unwrap());
        told.lock().unwrap().push(format!("{}|{}|{where_}", args.thread.name(), args.message));
        if args.message == "a value that the hook does not like" {
            panic!("hook failed");
        }
    });
    let number = 3;
    let (text, formatted): (fn(), fn(u32)) = (|| panic!("boom"), |n| panic!("boom {n}"));
    let here = file!();
    type Target = Box<dyn FnOnce() + Send>;
    let cases: [(&str, Target, &str, &str); 5] = [
        ("hooked: text", Box::new(text), "boom", here),
        ("formatted", Box::new(move || formatted(number)), "boom 3", here),
        ("value", Box::new(|| std::panic::panic_any(5)), "(a value that is no text)", here),
        ("unhooked", Box::new(|| std::panic::resume_unwind(Box::new("quiet"))), "quiet", "nowhere"),
        (
            "hooked: bad hook",
            Box::new(|| panic!("a value that the hook does not like")),
            "a value that the hook does not like",
            here,
        ),
    ];
    for (name, target, message, place) in cases {
        let thread = Thread::named(name, target);
        thread.start().unwrap();
        let panicked = ThreadError::Panicked { thread: name.into(), message: message.into() };
        assert_eq!(thread.join(None), Err(panicked.clone()));
        assert_eq!(thread.join(Some(SHORT)), Err(panicked), "to each who joins");
        assert_eq!(told.lock().unwrap().pop().unwrap(), format!("{name}|{message}|{place}"));
        assert!(!thread.is_alive());
    }
    let careful = Thread::named("hooked: careful", || {
        assert!(std::panic::catch_unwind(|| panic!("caught")).is_err());
    });
    careful.start().unwrap();
    assert_eq!(careful.join(None), Ok(true));
    assert_eq!(told.lock().unwrap().len(), 0, "what is caught is nobody's business");
    threading::reset_excepthook();
}
