//! Where the patch does not count: other threads, the hub itself, threads without a hub.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use super::{Ticker, ms, patched};
use gevent::monkey::{self, Parts};
use gevent::{sleep, spawn};

#[test]
fn a_thread_that_is_not_patched_blocks_as_ever() {
    let ticker = Ticker::start();
    let before = ticker.turns();
    thread::sleep(ms(20));
    let (_here, mut there) = UnixStream::pair().unwrap();
    there.set_read_timeout(Some(ms(20))).unwrap();
    assert!(there.read(&mut [0; 1]).is_err());
    assert_eq!(ticker.turns(), before, "something is patched without having been asked for");
    assert!(!monkey::is_patched(Parts::SOCKET));
}

#[test]
fn the_patch_of_one_thread_is_not_anothers() {
    patched(|| {
        assert!(monkey::is_patched(Parts::ALL));
        thread::spawn(|| {
            assert!(!monkey::is_patched(Parts::TIME));
            let ticker = Ticker::start();
            let before = ticker.turns();
            thread::sleep(ms(20));
            assert_eq!(ticker.turns(), before);
        })
        .join()
        .unwrap();
    });
}

#[test]
fn only_the_parts_asked_for_are_patched() {
    monkey::patch_socket();
    let ticker = Ticker::start();
    let before = ticker.turns();
    thread::sleep(ms(20));
    assert_eq!(ticker.turns(), before);
    let (_here, mut there) = UnixStream::pair().unwrap();
    there.set_read_timeout(Some(ms(20))).unwrap();
    assert!(there.read(&mut [0; 1]).is_err());
    assert!(ticker.turns() > before + 3);
    monkey::patch_time(); // what was patched before stays so
    assert!(monkey::is_patched(Parts::SOCKET | Parts::TIME));
    thread::sleep(ms(20));
    assert!(ticker.turns() > before + 6);
}

#[test]
fn without_a_hub_a_patched_thread_just_blocks() {
    patched(|| {
        let begin = Instant::now();
        thread::sleep(ms(10));
        let (mut here, mut there) = UnixStream::pair().unwrap();
        here.write_all(b"x").unwrap();
        there.read_exact(&mut [0; 1]).unwrap();
        assert!(begin.elapsed() >= ms(10) && !gevent::has_hub());
    });
}

#[test]
fn a_link_blocks_the_hub_but_breaks_nothing() {
    patched(|| {
        let task = spawn(|| 7);
        let done = std::rc::Rc::new(std::cell::Cell::new(false));
        let told = std::rc::Rc::clone(&done);
        task.link(move |_| {
            thread::sleep(ms(5)); // in the hub: there is nobody to give way to
            told.set(true);
        });
        sleep(ms(10));
        assert!(done.get());
        assert_eq!(task.get(None).unwrap(), 7);
    });
}

#[test]
fn a_thread_may_end_while_its_tasks_wait() {
    thread::spawn(|| {
        monkey::patch_all();
        let (here, mut there) = UnixStream::pair().unwrap();
        spawn(move || there.read(&mut [0; 1]).map(|_| drop(here)));
        spawn(|| thread::sleep(Duration::from_secs(100)));
        sleep(ms(1));
    })
    .join()
    .unwrap();
    // And the next one begins anew.
    thread::spawn(|| {
        monkey::patch_all();
        spawn(|| thread::sleep(ms(1))).join(None);
    })
    .join()
    .unwrap();
}
