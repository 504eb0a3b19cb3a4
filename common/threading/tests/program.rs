//! What only a whole program can show: its end, its main thread, what it writes to standard error.
//!
//! The cases of CPython's `test_threading.ThreadJoinOnShutdown` and those others that start a Python
//! of their own. Started without `CASE`, this program starts itself for each case.

use std::error::Error;
use std::process::{Command, Output, exit};

use threading::{Event, Thread, active_count, enumerate, shutdown, shutdown_guard};

type Case = (&'static str, fn() -> Result<(), Box<dyn Error>>, fn(&Output));

const CASES: &[Case] = &[
    ("a thread that nobody joins is waited for", unjoined, |o| says(o, "main ends\nwoke up\n")),
    ("so it is when main fails", main_fails, |o| {
        assert_eq!((o.status.code(), text(&o.stdout)), (Some(1), "woke up\n".into()));
    }),
    ("so are the threads it starts meanwhile", grandchild, |o| says(o, "first\nsecond\nthird\n")),
    ("a daemon is not waited for", daemon, |o| says(o, "main ends\n")),
    ("without the guard nobody is, as std has it", no_guard, |o| says(o, "main ends\n")),
    ("shutdown in a thread does not wait for itself", in_a_thread, |o| says(o, "waited\nend\n")),
    ("shutdown with nothing to wait for returns", nothing, |o| says(o, "")),
    ("main is listed first, the others while they live", listed, |o| says(o, "")),
    ("a panic is one line on standard error, and the program goes on", one_line, |o| {
        says(o, "goes on\n");
        let (stderr, place) = (text(&o.stderr), "panicked at common/threading/tests/program.rs:");
        let line = stderr.strip_prefix("Exception in thread Thread-1 (fails): ").expect(&stderr);
        assert!(line.starts_with(place) && line.ends_with(": boom\\nand more\n"), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }),
    ("with RUST_BACKTRACE it says how it came there", with_backtrace, |o| {
        assert!(text(&o.stderr).contains("program::fails"), "{}", text(&o.stderr));
    }),
    ("a caught panic is silent", caught, |o| {
        assert_eq!((text(&o.stdout), text(&o.stderr)), ("goes on\n".into(), String::new()));
    }),
    ("main's own panic is reported as ever, and the threads are waited for", main_panics, |o| {
        assert_eq!((o.status.code(), text(&o.stdout)), (Some(101), "woke up\n".into()));
        assert!(text(&o.stderr).contains("thread 'main'"), "{}", text(&o.stderr));
    }),
    ("a panic in a destructor during a panic is not hidden", twice, |o| {
        assert!(!o.status.success());
        assert!(text(&o.stderr).contains("second"), "{}", text(&o.stderr));
    }),
    ("a thread that cannot start is not listed and can try again", no_room, |o| {
        says(o, "runs after all\n");
    }),
    ("who replaces the panic hook is told, and so are we", replaced, |o| {
        assert_eq!(
            text(&o.stderr),
            "mine\nException in thread Thread-1 (fails): panicked: boom\\nand more\n"
        );
    }),
];

fn main() -> Result<(), Box<dyn Error>> {
    if let Ok(name) = std::env::var("CASE") {
        let (_, run, _) = CASES.iter().find(|case| case.0 == name).ok_or("no such case")?;
        return run();
    }
    let mut failed = 0;
    for (name, _, check) in CASES {
        let backtrace = if name.contains("RUST_BACKTRACE") { "1" } else { "0" };
        let output = Command::new(std::env::current_exe()?)
            .env("CASE", name)
            .env("RUST_BACKTRACE", backtrace)
            .output()?;
        let ok = std::panic::catch_unwind(|| check(&output)).is_ok();
        println!("test {name} ... {}", if ok { "ok" } else { "FAILED" });
        failed += i32::from(!ok);
    }
    println!("{} passed, {failed} failed", CASES.len() as i32 - failed);
    exit(i32::from(failed > 0));
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn says(output: &Output, stdout: &str) {
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), stdout.to_owned()));
}

static MAIN_ENDS: Event = Event::new();
static NEVER: Event = Event::new();

/// A thread that says something once main has come to its end.
fn woken_at_the_end() -> Thread {
    Thread::new(|| {
        assert!(MAIN_ENDS.wait(None));
        println!("woke up");
    })
}

fn unjoined() -> Result<(), Box<dyn Error>> {
    let _wait = shutdown_guard();
    woken_at_the_end().start()?;
    println!("main ends");
    MAIN_ENDS.set();
    Ok(())
}

fn main_fails() -> Result<(), Box<dyn Error>> {
    let _wait = shutdown_guard();
    woken_at_the_end().start()?;
    MAIN_ENDS.set();
    Err("on purpose")?
}

fn grandchild() -> Result<(), Box<dyn Error>> {
    let _wait = shutdown_guard();
    let first = Thread::new(|| {
        assert!(MAIN_ENDS.wait(None));
        println!("first");
        let second = Thread::new(|| {
            println!("second");
            let third = Thread::new(|| println!("third"));
            third.start().expect("room for a thread");
        });
        second.start().expect("room for a thread");
    });
    first.start()?;
    MAIN_ENDS.set();
    Ok(())
}

fn daemon() -> Result<(), Box<dyn Error>> {
    let _wait = shutdown_guard();
    let thread = Thread::new(|| println!("{}", NEVER.wait(None)));
    thread.set_daemon(true)?;
    thread.start()?;
    println!("main ends");
    Ok(())
}

fn no_guard() -> Result<(), Box<dyn Error>> {
    Thread::new(|| println!("{}", NEVER.wait(None))).start()?;
    println!("main ends");
    Ok(())
}

fn in_a_thread() -> Result<(), Box<dyn Error>> {
    let thread = Thread::new(|| {
        let other = Thread::new(|| println!("waited"));
        other.start().expect("room for a thread");
        shutdown();
        assert!(!other.is_alive());
        println!("end");
    });
    thread.start()?;
    shutdown();
    Ok(())
}

fn nothing() -> Result<(), Box<dyn Error>> {
    shutdown();
    shutdown();
    Ok(())
}

fn listed() -> Result<(), Box<dyn Error>> {
    let main = threading::current_thread();
    assert_eq!((main.clone(), main.name().as_str()), (threading::main_thread(), "MainThread"));
    assert_eq!(main.ident(), Some(threading::get_ident()));
    assert_eq!((enumerate(), active_count()), (vec![main.clone()], 1));
    assert_eq!(main.join(None), Err(threading::ThreadError::JoinCurrent));
    let finish: &Event = Box::leak(Box::new(Event::new()));
    let threads = [(); 3].map(|()| Thread::new(|| assert!(finish.wait(None))));
    assert_eq!(active_count(), 1, "not yet started");
    for thread in &threads {
        thread.start()?;
    }
    let [a, b, c] = threads.clone();
    assert_eq!((enumerate(), active_count()), (vec![main.clone(), a, b, c], 4));
    finish.set();
    for thread in &threads {
        thread.join(None)?;
    }
    assert_eq!((enumerate(), active_count()), (vec![main], 1));
    Ok(())
}

fn fails() {
    panic!("boom\nand more");
}

fn one_line() -> Result<(), Box<dyn Error>> {
    let thread = Thread::new(fails);
    thread.start()?;
    assert!(thread.join(None).is_err());
    println!("goes on");
    Ok(())
}

fn with_backtrace() -> Result<(), Box<dyn Error>> {
    one_line()
}

fn caught() -> Result<(), Box<dyn Error>> {
    let thread = Thread::new(|| assert!(std::panic::catch_unwind(fails).is_err()));
    thread.start()?;
    thread.join(None)?;
    println!("goes on");
    Ok(())
}

fn main_panics() -> Result<(), Box<dyn Error>> {
    let _wait = shutdown_guard();
    woken_at_the_end().start()?;
    MAIN_ENDS.set();
    panic!("main");
}

fn twice() -> Result<(), Box<dyn Error>> {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("second");
        }
    }
    let thread = Thread::new(|| {
        let _bad = Bad;
        panic!("first");
    });
    thread.start()?;
    let _ = thread.join(None);
    Ok(())
}

fn replaced() -> Result<(), Box<dyn Error>> {
    Thread::named("installs our panic hook", || ()).start()?;
    std::panic::set_hook(Box::new(|_| eprintln!("mine")));
    let thread = Thread::new(fails);
    thread.start()?;
    assert!(thread.join(None).is_err());
    Ok(())
}

/// With no address space left the system cannot start a thread; with some again it can.
fn no_room() -> Result<(), Box<dyn Error>> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (soft, hard) = getrlimit(Resource::RLIMIT_AS)?;
    let thread = Thread::new(|| println!("runs after all"));
    setrlimit(Resource::RLIMIT_AS, 1, hard)?;
    let refused = thread.start();
    setrlimit(Resource::RLIMIT_AS, soft, hard)?;
    let error = refused.expect_err("no room for its stack").to_string();
    assert!(error.starts_with("can't start new thread: "), "{error}");
    assert_eq!((thread.is_alive(), thread.ident(), active_count()), (false, None, 1));
    assert_eq!(thread.join(None), Err(threading::ThreadError::NotStarted));
    thread.start()?;
    assert_eq!(thread.join(None), Ok(true));
    Ok(())
}
