//! Stacks at their limits. What ends a process is tried in a process of its own: this test binary
//! again, with the case in its environment.

#![allow(clippy::unwrap_used, reason = "test code, its helper functions too")]

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output};
use std::time::Instant;

use greenlet::{Error, Generator, Greenlet, catch, getcurrent, text_of};

const CASE: &str = "GREENLET_TEST_CASE";

/// Runs the test `name` alone in a new process, where it finds `name` in [`CASE`].
fn alone(name: &str, env: &[(&str, &str)]) -> Output {
    let this = std::env::current_exe().unwrap();
    let mut command = Command::new(this);
    command.args(["--exact", name, "--nocapture", "--include-ignored", "--test-threads=1"]);
    command.env(CASE, name).envs(env.iter().copied()).output().unwrap()
}

/// Whether this is the process that [`alone`] started for `name`.
fn is_child(name: &str) -> bool {
    std::env::var(CASE).is_ok_and(|case| case == name)
}

const SIGABRT: i32 = 6;

/// The process was stopped, with exactly this line of ours.
#[track_caller]
fn assert_stopped(output: &Output, line: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.signal(), Some(SIGABRT), "{stderr}");
    assert_eq!(stderr.lines().filter(|l| l.contains("overflow")).collect::<Vec<_>>(), [line]);
}

fn endless(n: u64) -> u64 {
    let frame = std::hint::black_box([n; 64]);
    if frame[3] == u64::MAX { 0 } else { endless(n + 1) + frame[7] }
}

/// Bytes that a call chain may use, about: goes down until `limit` bytes below `top` are used.
fn down_to(top: usize, limit: usize) -> usize {
    let here = std::hint::black_box(0_u8);
    let used = top - (&raw const here).addr();
    if used >= limit { used } else { down_to(top, limit).max(std::hint::black_box(used)) }
}

#[test]
fn overflow_names_the_greenlet() {
    let name = "overflow_names_the_greenlet";
    if is_child(name) {
        Greenlet::builder().name("spider").run(endless).switch(0);
    }
    let line = "greenlet 'spider' has overflowed its stack of 64 KiB (Builder::stack_size gives it a larger one)";
    assert_stopped(&alone(name, &[]), line);
    assert_stopped(&alone(name, &[("GREENLET_GUARD", "mprotect")]), line);
}

#[test]
fn overflow_of_one_without_a_name_on_another_thread() {
    let name = "overflow_of_one_without_a_name_on_another_thread";
    if is_child(name) {
        std::thread::spawn(|| {
            let _others: [_; 4] = std::array::from_fn(|_| {
                let main = getcurrent::<u64>();
                let g = Greenlet::new(move |n| main.switch(n));
                g.switch(0);
                g
            });
            Greenlet::builder().stack_size(100_000).run(endless).switch(0);
        })
        .join()
        .unwrap();
    }
    // 0 is the thread's own node, 1 the root, 2 to 5 the others.
    let line = "greenlet 6 has overflowed its stack of 100 KiB (Builder::stack_size gives it a larger one)";
    assert_stopped(&alone(name, &[]), line);
}

#[test]
fn overflow_of_a_generator() {
    let name = "overflow_of_a_generator";
    if is_child(name) {
        Generator::<u64>::new(|co| _ = co.give(endless(0))).named("tree walk").next();
    }
    let line = "greenlet 'tree walk' has overflowed its stack of 64 KiB (Builder::stack_size gives it a larger one)";
    assert_stopped(&alone(name, &[]), line);
}

#[test]
fn any_other_fault_is_reported_as_ever() {
    let name = "any_other_fault_is_reported_as_ever";
    if is_child(name) {
        Greenlet::new(|()| {
            // The thread's own stack overflows, not the greenlet's: std's message, not ours.
            std::thread::spawn(|| endless(0)).join().unwrap();
        })
        .switch(());
    }
    let output = alone(name, &[]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.signal(), Some(SIGABRT), "{stderr}");
    assert!(stderr.contains("has overflowed its stack") && !stderr.contains("KiB"), "{stderr}");
}

#[test]
fn recursion_to_just_below_the_limit() {
    let g = Greenlet::new(|_| {
        let here = std::hint::black_box(0_u8);
        down_to((&raw const here).addr(), 60 * 1024)
    });
    assert!(g.switch(0) >= 60 * 1024);
}

#[test]
fn a_panic_with_a_full_backtrace_fits() {
    let name = "a_panic_with_a_full_backtrace_fits";
    if is_child(name) {
        fn some_frames(n: u32) -> u32 {
            assert!(n > 0, "at the bottom of {n} frames");
            some_frames(n - 1) + std::hint::black_box(n)
        }
        let result = catch(|| Greenlet::new(some_frames).switch(20));
        eprintln!("survived: {:?}", text_of(&*result.unwrap_err()));
        std::process::exit(0);
    }
    let output = alone(name, &[("RUST_BACKTRACE", "full")]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("survived: Some(\"at the bottom of 0 frames\")"), "{stderr}");
    assert!(stderr.contains("stack backtrace:"), "{stderr}");
    if cfg!(debug_assertions) {
        assert!(stderr.matches("some_frames").count() >= 20, "{stderr}");
    }
}

#[test]
fn running_out_of_mappings_is_a_clear_error() {
    let name = "running_out_of_mappings_is_a_clear_error";
    if is_child(name) {
        let mut all = Vec::new();
        let error = loop {
            let main = getcurrent::<u8>();
            let g = Greenlet::new(move |n| main.switch(n));
            match g.try_switch(0) {
                Ok(_) => all.push(g),
                Err(error) => break error,
            }
            assert!(all.len() < 1_000_000, "no limit was met");
        };
        assert!(matches!(error, Error::NoStack(_)));
        eprintln!("{} suspended, then: {error}", all.len());
        // It is over when some end: nothing is broken.
        all.truncate(10);
        assert_eq!(Greenlet::new(|n: u8| n).switch(7), 7);
        std::process::exit(0);
    }
    let limit = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap();
    let limit: usize = limit.trim().parse().unwrap();
    if limit > 100_000 {
        println!("skipped: vm.max_map_count is {limit}, which this test would take long to reach");
        return;
    }
    let output = alone(name, &[("GREENLET_GUARD", "mprotect")]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let line = stderr.lines().find(|l| l.contains("suspended, then")).unwrap();
    assert!(line.contains("vm.max_map_count"), "{line}");
    let count: usize = line.split(' ').next().unwrap().parse().unwrap();
    assert!(count > limit / 2 - 1000 && count < limit, "{line}");
}

/// Resident memory of this process and its page tables, in KiB.
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let field = |name: &str| -> usize {
        let line = status.lines().find(|l| l.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    field("VmRSS:") + field("VmPTE:")
}

/// Suspends `n` greenlets, each with a value of its own; returns the KiB that they take.
fn suspend_and_check(n: u32) -> usize {
    let before = memory();
    let main = getcurrent::<u32>();
    let all: Vec<_> = (0..n)
        .map(|i| {
            let main = main.clone();
            let g = Greenlet::new(move |v| main.switch(v + i) ^ i);
            assert_eq!(g.switch(1), 1 + i);
            g
        })
        .collect();
    let taken = memory() - before;
    for (i, g) in (0..).zip(&all) {
        assert_eq!(g.switch(0), i);
        assert!(g.dead());
    }
    taken
}

#[test]
fn idle_stacks_give_memory_back() {
    let name = "idle_stacks_give_memory_back";
    if is_child(name) {
        let before = memory();
        let taken = suspend_and_check(20_000);
        let after = memory();
        assert!(taken >= 4 * 20_000, "{taken} KiB for 20,000 stacks");
        // What stays: the blocks that the allocator keeps, page tables, some warm stacks.
        assert!(after - before < taken / 5, "{before} KiB, then {taken} more, then {after} in all");
        let again = suspend_and_check(20_000);
        assert!(again <= taken, "{taken} KiB first, {again} the second time");
        std::process::exit(0);
    }
    let output = alone(name, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_suspended_greenlet_costs_a_page_and_little_more() {
    let name = "a_suspended_greenlet_costs_a_page_and_little_more";
    if is_child(name) {
        let taken = suspend_and_check(50_000);
        let each = taken * 1024 / 50_000;
        println!("{each} bytes each");
        // 4.4 KiB is promised for release builds, whose frames are smaller.
        assert!(each < if cfg!(debug_assertions) { 9_000 } else { 4_506 }, "{each} bytes each");
        std::process::exit(0);
    }
    let output = alone(name, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "heavy: a million stacks, 5 GB, half a minute"]
fn a_million_suspended_at_once() {
    let name = "a_million_suspended_at_once";
    if is_child(name) {
        let start = Instant::now();
        let taken = suspend_and_check(1_000_000);
        eprintln!("a million: {} MiB, {:.1?}", taken / 1024, start.elapsed());
        std::process::exit(0);
    }
    let output = alone(name, &[]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.contains("a million: "), "{stderr}");
    println!("{}", stderr.lines().find(|l| l.starts_with("a million")).unwrap());
}
