use std::collections::HashSet;
use std::io::Write as _;
use std::os::unix::net::UnixStream;

use super::*;

/// Whether the byte at `at` can be read, asked of the kernel, which answers EFAULT instead of
/// raising a signal.
fn readable(at: usize) -> bool {
    let (mut into, _other) = UnixStream::pair().unwrap();
    // SAFETY: the byte is only passed to the kernel, which checks it.
    let byte = unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance(at), 1) };
    into.write(byte).is_ok()
}

fn bounds(stack: Stack) -> (usize, usize) {
    let top = stack.top.as_ptr().expose_provenance();
    (top - stack.size, top)
}

#[test]
fn between_neighbours_there_is_a_guard() {
    let stacks: Vec<_> = (0..40).map(|_| take(DEFAULT_SIZE).unwrap()).collect();
    for &stack in &stacks {
        let (bottom, top) = bounds(stack);
        assert!(readable(bottom) && readable(top - 1));
        assert!(!readable(bottom - 1) && !readable(bottom - 16 * 1024));
    }
    let tops: HashSet<_> = stacks.iter().map(|s| s.top).collect();
    assert_eq!(tops.len(), 40);
    stacks.into_iter().for_each(give);
}

#[test]
fn the_last_given_is_taken_next() {
    let (a, b) = (take(DEFAULT_SIZE).unwrap(), take(DEFAULT_SIZE).unwrap());
    give(a);
    give(b);
    assert_eq!(take(DEFAULT_SIZE).unwrap().top, b.top);
    assert_eq!(take(DEFAULT_SIZE).unwrap().top, a.top);
}

#[test]
fn guards_survive_giving_memory_back() {
    let stacks: Vec<_> = (0..500).map(|_| take(DEFAULT_SIZE).unwrap()).collect();
    for &stack in &stacks {
        // SAFETY: the stack is ours, and its highest word is within it.
        unsafe { stack.top.as_ptr().cast::<usize>().sub(1).write(7) };
    }
    stacks.iter().copied().for_each(give);
    let again: Vec<_> = (0..500).map(|_| take(DEFAULT_SIZE).unwrap()).collect();
    let mut zero = 0;
    for &stack in &again {
        // SAFETY: as above.
        zero += usize::from(unsafe { stack.top.as_ptr().cast::<usize>().sub(1).read() } == 0);
        assert!(!readable(bounds(stack).0 - 1));
    }
    assert!(zero > 300, "only {zero} of 500 stacks had given their memory back");
}

#[test]
fn sizes_are_rounded() {
    assert_eq!(round_size(1), 16 * 1024);
    assert_eq!(round_size(100_000), 100 * 1024);
    assert_eq!(round_size(usize::MAX), 1 << 30);
    let stack = take(round_size(100_000)).unwrap();
    let (bottom, top) = bounds(stack);
    assert_eq!(top - bottom, 100 * 1024);
    assert!(readable(bottom) && !readable(bottom - 1));
    give(stack);
}
