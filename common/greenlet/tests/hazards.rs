//! What can go wrong with stacks, panics and threads, and what happens then.

use std::cell::{Cell, RefCell};
use std::panic::{panic_any, resume_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;

use greenlet::{
    Error, Generator, Greenlet, GreenletExit, Peer, catch, finally, getcurrent, text_of,
};

type Log = Rc<RefCell<Vec<String>>>;

struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn speaks(log: &Log, line: &'static str) -> OnDrop<impl FnMut() + use<>> {
    let log = Rc::clone(log);
    OnDrop(move || log.borrow_mut().push(line.to_owned()))
}

fn quiet() {
    std::panic::set_hook(Box::new(|_| {}));
}

/// A greenlet that is suspended with `guard` on its stack.
fn suspended<G: 'static>(guard: G) -> Greenlet<()> {
    let main = getcurrent::<()>();
    let g = Greenlet::new(move |()| {
        let _guard = guard;
        main.switch(());
    });
    g.switch(());
    g
}

// Unwinding.

#[test]
fn no_switch_while_a_panic_unwinds() {
    quiet();
    let other = Greenlet::new(|()| {});
    let peer = other.peer();
    let result: Rc<Cell<Option<Error>>> = Rc::default();
    for how in [|| panic!("a"), || resume_unwind(Box::new(1)), || panic_any(2)] {
        let (peer, put) = (peer.clone(), Rc::clone(&result));
        let g = Greenlet::new(move |()| {
            let _tries = OnDrop(move || put.set(peer.try_switch(()).err()));
            how();
        });
        assert!(catch(|| g.switch(())).is_err());
        assert!(matches!(result.take(), Some(Error::Unwinding)));
    }
    // Thrown and killed greenlets unwind as well.
    for kill in [false, true] {
        let (peer, put) = (peer.clone(), Rc::clone(&result));
        let g = suspended(OnDrop(move || put.set(peer.try_switch(()).err())));
        let _ = catch(|| if kill { g.kill(()) } else { g.throw("thrown") });
        assert!(matches!(result.take(), Some(Error::Unwinding)));
    }
    assert!(!other.dead() && !thread::panicking());
    assert_eq!(
        Error::Unwinding.to_string().split('(').next().unwrap().trim(),
        "cannot switch while a panic unwinds this stack"
    );
}

#[test]
fn another_threads_panic_is_none_of_ours() {
    quiet();
    let g = suspended(());
    thread::scope(|s| {
        let (started, go_on) =
            (Arc::new(std::sync::Barrier::new(2)), Arc::new(std::sync::Barrier::new(2)));
        let (there, end) = (Arc::clone(&started), Arc::clone(&go_on));
        let thread = s.spawn(move || {
            let _waits = OnDrop(move || {
                there.wait();
                end.wait();
            });
            panic!("in the other thread");
        });
        started.wait(); // it is unwinding now
        g.switch(());
        assert!(g.dead());
        go_on.wait();
        assert!(thread.join().is_err());
    });
}

#[test]
fn finally_may_switch() {
    let log = Log::default();
    let (main, seen) = (getcurrent::<()>(), Rc::clone(&log));
    let to_main = main.clone();
    let g = Greenlet::new(move |()| {
        finally(
            || to_main.switch(()),
            || {
                seen.borrow_mut().push("cleaning".to_owned());
                main.switch(());
                seen.borrow_mut().push("clean".to_owned());
            },
        );
    });
    g.switch(());
    g.kill(());
    assert!(!g.dead());
    g.switch(());
    assert!(g.dead());
    assert_eq!(log.take(), ["cleaning", "clean"]);
}

#[test]
fn finally_may_switch_even_when_dropped() {
    // The hub goes on while the dropper waits; the cleanup is done before `drop` returns.
    let log = Log::default();
    let (main, seen) = (getcurrent::<()>(), Rc::clone(&log));
    let hub = Greenlet::<()>::empty();
    let to_hub = hub.peer();
    let g = Greenlet::new(move |()| {
        finally(
            || main.switch(()),
            || {
                seen.borrow_mut().push("cleanup asks the hub".to_owned());
                to_hub.switch(());
                seen.borrow_mut().push("cleanup ends".to_owned());
            },
        );
    });
    let (peer, seen) = (g.peer(), Rc::clone(&log));
    hub.set_run(move |()| {
        seen.borrow_mut().push("hub".to_owned());
        peer.switch(());
    });
    g.switch(());
    drop(g);
    log.borrow_mut().push("dropped".to_owned());
    assert_eq!(log.take(), ["cleanup asks the hub", "hub", "cleanup ends", "dropped"]);
}

#[test]
fn a_cleanup_that_never_comes_back_is_cut_short() {
    let log = Log::default();
    let (main, seen) = (getcurrent::<()>(), Rc::clone(&log));
    let g = Greenlet::new(move |()| {
        let _end = speaks(&seen, "unwound");
        finally(|| main.switch(()), || main.switch(())); // main is the one that waits in `drop`
    });
    g.switch(());
    drop(g);
    assert_eq!(log.take(), ["unwound"]);
}

#[test]
fn dropped_while_its_owner_unwinds() {
    quiet();
    let log = Log::default();
    let seen = Rc::clone(&log);
    let result = catch(move || {
        let _g = suspended((speaks(&seen, "first"), speaks(&seen, "second")));
        panic!("owner");
    });
    assert_eq!(text_of(&*result.unwrap_err()), Some("owner"));
    assert_eq!(log.take(), ["first", "second"]);
    assert!(!thread::panicking());
    assert!(catch(|| {}).is_ok());
}

#[test]
fn a_swallowed_unwind_is_thrown_again() {
    let log = Log::default();
    let (main, seen) = (getcurrent::<()>(), Rc::clone(&log));
    let g = Greenlet::new(move |()| {
        for _ in 0..3 {
            if let Err(payload) = catch(|| main.switch(())) {
                seen.borrow_mut().push(format!("exit {}", payload.is::<GreenletExit>()));
            }
        }
    });
    g.switch(());
    drop(g);
    assert_eq!(log.take(), ["exit true", "exit true", "exit true"]);
}

#[test]
fn who_swallows_for_ever_is_given_up() {
    let swallowed = Rc::new(Cell::new(0_u32));
    let (main, count) = (getcurrent::<()>(), Rc::clone(&swallowed));
    let g = Greenlet::new(move |()| {
        loop {
            let _ = catch(|| main.switch(()));
            count.set(count.get() + 1);
        }
    });
    g.switch(());
    let peer = g.peer();
    drop(g); // one line on standard error
    assert!(peer.dead());
    assert!(swallowed.get() > 100);
    peer.switch(()); // to main, since it is dead
}

#[test]
fn forced_unwinding_poisons_std_mutexes() {
    let shared = Arc::new(Mutex::new(0));
    let (main, own) = (getcurrent::<()>(), Arc::clone(&shared));
    let g = Greenlet::new(move |()| {
        let _held = own.lock().unwrap();
        main.switch(());
    });
    g.switch(());
    drop(g);
    assert!(shared.is_poisoned());
}

#[test]
fn a_panic_count_that_is_right_after_everything() {
    quiet();
    for _ in 0..100 {
        let inner = suspended(());
        let g = Greenlet::new(move |()| {
            let _inner = inner;
            panic!("with a suspended greenlet on the stack");
        });
        assert!(catch(|| g.switch(())).is_err());
    }
    assert!(!thread::panicking());
    let mutex = Mutex::new(());
    drop(mutex.lock());
    assert!(!mutex.is_poisoned());
}

// Trees.

#[test]
fn trees_nest() {
    let outer = getcurrent::<u32>();
    let make = |n: u32| {
        let outer = outer.clone();
        Greenlet::new(move |_| {
            // A tree of another type, with this greenlet as its top.
            let to_outer = outer.clone();
            let inner = Greenlet::new(move |text: String| {
                let sent = to_outer.switch(n); // leaves both trees at once
                format!("{text}{sent}")
            });
            assert!(inner.parent().unwrap().parent().is_none());
            let text = inner.switch("got ".to_owned());
            assert_eq!(text, format!("got {}", n * 10));
            n
        })
    };
    let (a, b) = (make(1), make(2));
    assert_eq!((a.switch(0), b.switch(0)), (1, 2));
    assert_eq!((a.switch(10), b.switch(20)), (1, 2));
    assert!(a.dead() && b.dead());
}

#[test]
fn a_tree_that_is_not_running_here_cannot_be_reached() {
    let slot: Rc<RefCell<Option<Greenlet<String>>>> = Rc::default();
    let (main, put, log) = (getcurrent::<u32>(), Rc::clone(&slot), Log::default());
    let seen = Rc::clone(&log);
    let g = Greenlet::new(move |n| {
        let top = getcurrent::<String>();
        let inner = Greenlet::new(move |text| {
            let _end = speaks(&seen, "inner unwound");
            top.switch(text)
        });
        inner.switch(String::new());
        *put.borrow_mut() = Some(inner);
        main.switch(n)
    });
    g.switch(0);
    // Its top is suspended inside `g`.
    let inner = slot.borrow().as_ref().map(Greenlet::peer).unwrap();
    assert!(matches!(inner.try_switch(String::new()), Err(Error::OtherTree)));
    // … and now gone. Dropping works all the same.
    g.switch(0);
    assert!(g.dead());
    assert!(matches!(inner.try_switch(String::new()), Err(Error::OtherTree)));
    drop(slot.take());
    assert_eq!(log.take(), ["inner unwound"]);
    assert!(inner.dead());
}

#[test]
fn many_trees_one_after_the_other() {
    fn once<T: Default + 'static>() {
        let main = getcurrent::<T>();
        let g = Greenlet::new(move |v| main.switch(v));
        g.switch(T::default());
        g.switch(T::default());
        assert!(g.dead());
    }
    for _ in 0..100 {
        once::<u8>();
        once::<u16>();
        once::<String>();
        once::<(u64, u64)>();
    }
}

// Threads.

#[test]
fn each_thread_has_its_own_tree() {
    let threads: Vec<_> = (0..4)
        .map(|n| {
            thread::spawn(move || {
                let main = getcurrent::<u32>();
                let g = Greenlet::new(move |v| main.switch(v + n));
                (g.switch(1), g.switch(5))
            })
        })
        .collect();
    let got: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    assert_eq!(got, [(1, 5), (2, 5), (3, 5), (4, 5)]);
}

#[test]
fn alive_when_the_thread_ends_means_leaked() {
    static UNWOUND: AtomicU32 = AtomicU32::new(0);
    thread::spawn(|| {
        let g = suspended(OnDrop(|| _ = UNWOUND.fetch_add(1, Relaxed)));
        std::mem::forget(g);
        let g = suspended(OnDrop(|| _ = UNWOUND.fetch_add(1, Relaxed)));
        drop(g);
    })
    .join()
    .unwrap();
    assert_eq!(UNWOUND.load(Relaxed), 1);
}

#[test]
fn dropped_by_a_tls_destructor() {
    thread_local! {
        static BEFORE: RefCell<Option<Greenlet<()>>> = const { RefCell::new(None) };
        static AFTER: RefCell<Option<Greenlet<()>>> = const { RefCell::new(None) };
    }
    // Unwound or leaked, by the order of the destructors; no crash either way.
    for _ in 0..10 {
        thread::spawn(|| {
            BEFORE.with(|b| b.borrow_mut().take()); // its destructor is registered before ours
            let g = suspended(vec![1, 2, 3]);
            BEFORE.set(Some(g));
            AFTER.set(Some(suspended(vec![4])));
        })
        .join()
        .unwrap();
    }
}

// Stacks.

fn deep(levels: u32) -> u32 {
    let frame = std::hint::black_box([levels as u8; 100]);
    if levels == 0 { 0 } else { deep(levels - 1) + u32::from(frame[0] == levels as u8) }
}

#[test]
fn a_larger_stack_holds_deeper_recursion() {
    let g = Greenlet::builder().stack_size(8 << 20).run(deep);
    assert_eq!(g.switch(10_000), 10_000);
    // The next one of this size uses the same stack again.
    let g = Greenlet::builder().stack_size(8 << 20).run(deep);
    assert_eq!(g.switch(10_000), 10_000);
}

#[test]
fn backtraces_end_at_the_base() {
    let g = Greenlet::new(|_| std::backtrace::Backtrace::force_capture().to_string());
    let text = g.switch(String::new());
    let ours =
        if cfg!(debug_assertions) { "backtraces_end_at_the_base::{{closure}}" } else { "entry" };
    assert!(text.contains(ours), "{text}");
    // Nothing of the one that switched here, who is on another stack.
    assert!(!text.contains("test::") && !text.contains("switch_long"), "{text}");
    assert!(text.lines().count() < 60, "{text}");
}

#[test]
fn a_dead_peer_outlives_everything() {
    let peer: Peer<()> = {
        let g = Greenlet::builder().name("short").run(|()| {});
        g.switch(());
        g.peer()
    };
    assert!(peer.dead());
    assert_eq!(peer.name(), "short");
    peer.set_name("gone");
    assert_eq!(peer.name(), "gone");
    peer.switch(());
    let g: Generator<u32> = Generator::new(|co| _ = co.give(1)).named("numbers");
    assert!(format!("{g:?}").ends_with("created"));
}
