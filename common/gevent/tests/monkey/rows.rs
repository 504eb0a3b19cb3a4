//! The rows of `facts/coroutines.md` that no other file has: M2, M9, M12, M13, M14.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use gevent::{joinall, monkey, spawn};

use super::{ms, patched};

/// Two reads that end by their own time limit.
fn two_reads() {
    let tasks = [(); 2].map(|()| {
        spawn(|| {
            let (_here, mut there) = UnixStream::pair().unwrap();
            there.set_read_timeout(Some(ms(100))).unwrap();
            assert_eq!(there.read(&mut [0]).unwrap_err().raw_os_error(), Some(nix::libc::EAGAIN));
        })
    });
    assert_eq!(joinall(&tasks, None).len(), 2);
}

fn two_sleeps() {
    let tasks = [(); 2].map(|()| spawn(|| thread::sleep(ms(100))));
    assert_eq!(joinall(&tasks, None).len(), 2);
}

fn time(of: impl FnOnce()) -> Duration {
    let begin = Instant::now();
    of();
    begin.elapsed()
}

#[test]
fn m2_with_sockets_patched_sleeps_stay_one_after_the_other() {
    monkey::patch_socket();
    assert!(time(two_sleeps) >= ms(200));
    // Time limits that ran out together, as one; tried again on a machine that is busy elsewhere.
    assert!((0..5).any(|_| time(two_reads) < ms(190)));
    monkey::patch_time();
    assert!((0..5).any(|_| time(two_sleeps) < ms(190)));
}

/// `examples/extremes.rs`, doing `how`.
fn extremes(how: &[&str]) -> Child {
    let program = grade::workspace_example("gevent", "extremes");
    Command::new(program).args(how).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Reads what two tasks print, all of it and in order, so many lines of each.
fn two_print(how: &str, lines: u32) {
    let mut child = extremes(&[how]);
    thread::sleep(ms(300)); // by now the pipe is full
    let mut counts = [0, 0];
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap) {
        let (name, n) = line.split_once(' ').unwrap();
        let count = &mut counts[usize::from(name == "two")];
        assert_eq!(n.parse::<u32>().unwrap(), *count, "{line}");
        *count += 1;
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(counts, [lines, lines]);
}

#[test]
fn m9_two_tasks_print_to_a_full_pipe() {
    two_print("stdout", 5000);
}

#[test]
fn m9_a_task_that_is_killed_may_print() {
    two_print("killed", 1000);
}

#[test]
fn m12_an_overflow_names_its_task() {
    let output = extremes(&["overflow"]).wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && stderr.contains("'digger' has overflowed"), "{stderr}");
}

#[test]
#[ignore = "heavy: 100,000 coroutines, a gigabyte"]
fn m13_a_hundred_thousand_tasks_sleep_at_once() {
    let output = extremes(&["sleepers", "100000"]).wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "100000 asleep\n0 asleep\n");
}

/// A thread of its own, and functions that the hub itself calls, are not tasks of a patched thread.
#[test]
fn m14_plain_threads_wait_as_unpatched() {
    patched(|| {
        let ticker = super::Ticker::start();
        let before = ticker.turns();
        thread::scope(|scope| {
            scope.spawn(|| {
                let (here, mut there) = UnixStream::pair().unwrap();
                there.set_read_timeout(Some(ms(20))).unwrap();
                assert!(time(|| assert!(there.read(&mut [0]).is_err())) >= ms(20));
                assert!(time(|| thread::sleep(ms(20))) >= ms(20));
                assert!(!gevent::has_hub() && !monkey::is_patched(monkey::Parts::TIME));
                drop(here);
            });
        });
        // The scope has parked this thread, which is no task's affair.
        assert_eq!(ticker.turns(), before);
    });
}

/// A hub alone patches nothing: the locks of an unpatched thread are the kernel's affair, too.
#[test]
fn m14_an_unpatched_thread_waits_for_a_lock_as_ever() {
    let ticker = super::Ticker::start();
    let mutex = Arc::new(Mutex::new(()));
    let (locked, is_locked) = mpsc::channel();
    let other = Arc::clone(&mutex);
    let thread = thread::spawn(move || {
        let _guard = other.lock().unwrap();
        locked.send(()).unwrap();
        thread::sleep(ms(20));
    });
    is_locked.recv().unwrap();
    let before = ticker.turns();
    drop(mutex.lock().unwrap());
    assert_eq!(ticker.turns(), before);
    thread.join().unwrap();
}
