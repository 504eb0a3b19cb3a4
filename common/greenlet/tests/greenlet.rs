//! Python greenlet's behaviour, row by row: what its documentation and its own test suite fix.
//!
//! The numbers are those of the project's table of cases; what types forbid stands as
//! `compile_fail` in the crate's documentation (wrong arguments, another thread, borrowed data).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use greenlet::{
    Error, Event, Greenlet, GreenletExit, Local, Peer, catch, exit, getcurrent, settrace, text_of,
};

/// What the greenlets of these tests pass to each other.
#[derive(Clone, Debug, PartialEq)]
enum V {
    None,
    Int(i32),
    Pair(i32, i32),
    Text(&'static str),
}
use V::{Int, Pair, Text};

/// Errors of our own, to be told apart by type.
#[derive(Debug, PartialEq)]
struct KeyError;
#[derive(Debug, PartialEq)]
struct IndexError;

fn main_greenlet() -> Peer<V> {
    getcurrent()
}

/// A list that closures write to.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    fn add(&self, line: impl ToString) {
        self.0.borrow_mut().push(line.to_string());
    }

    fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

/// Adds a line when it is dropped.
struct Speaks(Log, &'static str);

impl Drop for Speaks {
    fn drop(&mut self) {
        self.0.add(self.1);
    }
}

fn raised<E: 'static>(result: Result<V, Box<dyn std::any::Any + Send>>) -> bool {
    result.is_err_and(|payload| payload.is::<E>())
}

fn quiet() {
    // A panic that a test provokes needs no message.
    std::panic::set_hook(Box::new(|_| {}));
}

#[test]
fn g01_first_switch_passes_the_arguments() {
    let g = Greenlet::new(|v| v);
    assert_eq!(g.switch(Pair(1, 2)), Pair(1, 2));
}

#[test]
fn g01_wrong_arguments_are_an_error_at_the_parent() {
    quiet();
    let g = Greenlet::new(|v| match v {
        Pair(a, b) => Int(a + b),
        other => panic!("two numbers, not {other:?}"),
    });
    let error = catch(|| g.switch(Text("x"))).unwrap_err();
    assert_eq!(text_of(&*error), Some("two numbers, not Text(\"x\")"));
    assert!(g.dead());
}

#[test]
fn g02_values_go_both_ways() {
    let main = main_greenlet();
    let log = Log::default();
    let seen = log.clone();
    let f = Greenlet::new(move |_| {
        let x = main.switch(Text("y"));
        seen.add(format!("{x:?}"));
        let x = main.switch(V::None);
        seen.add(format!("{x:?}"));
        Text("end")
    });
    assert_eq!(f.switch(V::None), Text("y"));
    assert_eq!(f.switch(Pair(1, 2)), V::None);
    assert_eq!(f.switch(V::None), Text("end"));
    assert_eq!(log.take(), ["Pair(1, 2)", "None"]);
}

#[test]
fn g03_in_and_out_are_unrelated() {
    let (a, b) = (Greenlet::empty(), Greenlet::empty());
    let (to_a, to_b) = (a.peer(), b.peer());
    a.set_run(move |_| to_b.switch(Text("a->b")));
    b.set_run(move |_| to_a.switch(Text("b->a")));
    assert_eq!(a.switch(V::None), Text("b->a"));
    assert!(a.dead());
    assert!(b.active());
}

#[test]
fn g04_the_result_goes_to_the_parent_not_to_the_switcher() {
    let b = Greenlet::new(|_| Text("b done"));
    let to_b = b.peer();
    let a = Greenlet::new(move |_| to_b.switch(V::None));
    assert_eq!(a.switch(V::None), Text("b done"));
    assert!(a.active());
    assert!(b.dead());
}

#[test]
fn g06_a_ring() {
    let (a, b, c) = (Greenlet::empty(), Greenlet::empty(), Greenlet::empty());
    let next = |peer: Peer<V>, turns: i32| {
        move |first| {
            let mut v = first;
            for _ in 0..turns {
                let Int(n) = v else { panic!("{v:?}") };
                v = peer.switch(Int(n + 1));
            }
            v
        }
    };
    a.set_run(next(b.peer(), 4));
    b.set_run(next(c.peer(), 4));
    c.set_run(next(a.peer(), 3));
    // a0 b1 c2 a3 b4 c5 a6 b7 c8 a9 b10 c11: c's fourth turn returns
    assert_eq!(a.switch(Int(0)), Int(11));
    assert!(c.dead() && a.active() && b.active());
}

#[test]
fn g07_the_parent_is_the_creator() {
    let log = Log::default();
    let seen = log.clone();
    let outer = Greenlet::new(move |_| {
        let inner = Greenlet::new(|_| Text("inner"));
        assert_eq!(inner.parent(), Some(getcurrent()));
        seen.add(format!("{:?}", inner.switch(V::None)));
        Text("outer")
    });
    assert_eq!(outer.switch(V::None), Text("outer"));
    assert_eq!(log.take(), ["Text(\"inner\")"]);
}

#[test]
fn g09_a_suspended_parent_gets_the_result() {
    let main = main_greenlet();
    let p = Greenlet::new(move |_| match main.switch(V::None) {
        Text("c") => Text("p got c"),
        other => other,
    });
    p.switch(V::None);
    let child = Greenlet::builder().parent(&p).run(|_| Text("c"));
    assert_eq!(child.switch(V::None), Text("p got c"));
    assert!(p.dead());
}

#[test]
fn g10_a_dead_parent_is_skipped() {
    let p = Greenlet::new(|v| v);
    p.switch(V::None);
    let child = Greenlet::builder().parent(&p).run(|_| Text("c"));
    assert_eq!(child.switch(V::None), Text("c"));
}

#[test]
fn g12_a_switch_to_oneself_returns_the_value() {
    assert_eq!(main_greenlet().switch(Int(9)), Int(9));
    let f = Greenlet::new(|_| getcurrent().switch(Int(7)));
    assert_eq!(f.switch(V::None), Int(7));
}

#[test]
fn g13_throw_into_unstarted() {
    let g = Greenlet::new(|_| unreachable!("it never runs"));
    assert!(raised::<KeyError>(catch(|| g.throw(KeyError))));
    assert!(g.dead());
    let g = Greenlet::new(|_| unreachable!("it never runs"));
    assert_eq!(g.kill(Text("exit")), Text("exit"));
    assert!(g.dead());
}

#[test]
fn g14_throw_on_dead() {
    let g = Greenlet::new(|v| v);
    g.switch(V::None);
    assert_eq!(g.kill(Text("exit")), Text("exit"));
    assert!(raised::<KeyError>(catch(|| g.throw(KeyError))));
    // … in the living ancestor, whoever throws.
    let main = main_greenlet();
    let p = Greenlet::new(move |_| {
        let caught = catch(|| main.switch(V::None));
        Text(if raised::<KeyError>(caught) { "caught" } else { "not" })
    });
    p.switch(V::None);
    let child = Greenlet::builder().parent(&p).run(|_| V::None);
    child.set_parent(&p).unwrap();
    assert_eq!(child.throw(KeyError), Text("caught"));
}

#[test]
fn g15_throw_into_suspended() {
    let main = main_greenlet();
    let to_main = main.clone();
    let g = Greenlet::new(move |_| {
        let caught = raised::<KeyError>(catch(|| to_main.switch(V::None)));
        to_main.switch(Text(if caught { "caught" } else { "not" }));
        Text("end")
    });
    g.switch(V::None);
    assert_eq!(g.throw(KeyError), Text("caught"));
    assert_eq!(g.switch(V::None), Text("end"));

    let g = Greenlet::new(move |_| main.switch(V::None));
    g.switch(V::None);
    assert!(raised::<IndexError>(catch(|| g.throw(IndexError))));
    assert!(g.dead());
    // To itself: caught where it stands.
    assert!(raised::<KeyError>(catch(|| main_greenlet().throw(KeyError))));
    let g = Greenlet::new(|_| {
        Text(if raised::<KeyError>(catch(|| getcurrent::<V>().throw(KeyError))) {
            "yes"
        } else {
            "no"
        })
    });
    assert_eq!(g.switch(V::None), Text("yes"));
}

#[test]
fn g16_throw_travels_to_the_parent() {
    // f1 unstarted: dies without running, the error arrives at main.
    let f1 = Greenlet::new(|_| unreachable!("it never runs"));
    let f2 = Greenlet::builder().parent(&f1).run(|_| V::None);
    assert!(raised::<IndexError>(catch(|| f2.throw(IndexError))));
    assert!(f1.dead() && f2.dead());
    // f1 suspended in a catch; f2 unstarted, then f2 suspended.
    for start_f2 in [false, true] {
        let main = main_greenlet();
        let to_main = main.clone();
        let f1 = Greenlet::new(move |_| {
            let caught = catch(|| to_main.switch(Text("ready")));
            Text(if raised::<IndexError>(caught) { "caught" } else { "normal exit" })
        });
        let f2 = Greenlet::builder().parent(&f1).run(move |_| main.switch(Text("from f2")));
        assert_eq!(f1.switch(V::None), Text("ready"));
        if start_f2 {
            assert_eq!(f2.switch(V::None), Text("from f2"));
        }
        assert_eq!(f2.throw(IndexError), Text("caught"));
        assert!(f1.dead() && f2.dead());
    }
}

#[test]
fn g17_greenlet_exit_is_a_result() {
    let g = Greenlet::new(|_| exit(Text("bye")));
    assert_eq!(g.switch(V::None), Text("bye"));
    assert!(g.dead());
    // Killed, not caught: the killer's value. Caught: what the body returns.
    let main = main_greenlet();
    let to_main = main.clone();
    let g = Greenlet::new(move |_| to_main.switch(V::None));
    g.switch(V::None);
    assert_eq!(g.kill(Text("killed")), Text("killed"));
    let g = Greenlet::new(move |_| {
        assert!(raised::<GreenletExit>(catch(|| main.switch(V::None))));
        Text("ignored")
    });
    g.switch(V::None);
    assert_eq!(g.kill(Text("killed")), Text("ignored"));
}

#[test]
fn g17_a_kill_that_was_caught_lets_it_go_on() {
    let main = main_greenlet();
    let g = Greenlet::new(move |_| {
        assert!(raised::<GreenletExit>(catch(|| main.switch(V::None))));
        main.switch(Text("still here"))
    });
    g.switch(V::None);
    assert_eq!(g.kill(V::None), Text("still here"));
    assert!(g.active());
    assert_eq!(g.switch(Text("end")), Text("end"));
}

#[test]
fn g18_states() {
    let main = main_greenlet();
    assert!(main.active() && !main.dead() && main.parent().is_none());
    let to_main = main.clone();
    let g = Greenlet::new(move |_| {
        let me = getcurrent::<V>();
        assert!(me.active() && !me.dead());
        to_main.switch(V::None)
    });
    assert!(!g.active() && !g.dead());
    g.switch(V::None);
    assert!(g.active() && !g.dead());
    g.switch(V::None);
    assert!(!g.active() && g.dead());
    assert_eq!(format!("{g:?}"), format!("greenlet {} dead", g.id()));
    assert_eq!(format!("{main:?}"), format!("greenlet {} current main", main.id()));
}

#[test]
fn g19_impossible_parents() {
    let [g1, g2, g3] = std::array::from_fn(|_| Greenlet::<V>::empty());
    assert!(matches!(g1.set_parent(&g1), Err(Error::CyclicParent)));
    g1.set_parent(&g2).unwrap();
    g2.set_parent(&g3).unwrap();
    assert!(matches!(g3.set_parent(&g1), Err(Error::CyclicParent)));
    let main = main_greenlet();
    assert!(matches!(main.set_parent(&main), Err(Error::RootParent)));
    assert!(matches!(main.set_parent(&g1), Err(Error::RootParent)));
    assert_eq!(g3.parent(), Some(main));
}

#[test]
fn g20_a_suspended_child_gets_another_parent() {
    let main = main_greenlet();
    let to_main = main.clone();
    let child = Greenlet::new(move |_| {
        to_main.switch(V::None);
        Text("child done")
    });
    let p = Greenlet::new(move |_| main.switch(Text("p waits")));
    child.switch(V::None);
    p.switch(V::None);
    child.set_parent(&p).unwrap();
    assert_eq!(child.switch(V::None), Text("child done")); // by way of p, which returns it
    assert!(child.dead() && p.dead());
}

#[test]
fn g21_the_last_handle_unwinds() {
    let log = Log::default();
    let (main, seen) = (main_greenlet(), log.clone());
    let g = Greenlet::new(move |_| {
        let _speaks = Speaks(seen.clone(), "destructor");
        let caught = catch(|| main.switch(V::None));
        seen.add(if raised::<GreenletExit>(caught) { "GreenletExit" } else { "?" });
        Text("discarded")
    });
    g.switch(V::None);
    let other = g.clone();
    drop(g);
    assert!(log.take().is_empty());
    let peer = other.peer();
    drop(other);
    assert_eq!(log.take(), ["GreenletExit", "destructor"]);
    assert!(peer.dead() && peer.upgrade().is_none());
}

#[test]
fn g21_unstarted_never_runs_but_releases_what_it_captured() {
    let log = Log::default();
    let speaks = Speaks(log.clone(), "released");
    let g = Greenlet::new(move |v: V| {
        let _speaks = speaks;
        unreachable!("never runs: {v:?}")
    });
    drop(g);
    assert_eq!(log.take(), ["released"]);
}

#[test]
fn g21_an_error_while_dropped_is_not_propagated() {
    quiet();
    let main = main_greenlet();
    let g = Greenlet::new(move |_| {
        let _ = catch(|| main.switch(V::None));
        panic!("from the handler")
    });
    g.switch(V::None);
    drop(g);
}

#[test]
fn g21_dropped_inside_another() {
    let log = Log::default();
    let (main, seen) = (main_greenlet(), log.clone());
    let victim = Greenlet::new(move |_| {
        let _speaks = Speaks(seen, "victim unwound");
        main.switch(V::None)
    });
    victim.switch(V::None);
    let seen = log.clone();
    let g = Greenlet::new(move |_| {
        let me = getcurrent::<V>();
        drop(victim);
        assert_eq!(getcurrent(), me);
        seen.add("dropper goes on");
        Text("end")
    });
    assert_eq!(g.switch(V::None), Text("end"));
    assert_eq!(log.take(), ["victim unwound", "dropper goes on"]);
}

#[test]
fn g21_its_parent_is_the_dropper_while_it_unwinds() {
    let hub = Greenlet::new(|v| v);
    let log = Log::default();
    let (main, seen) = (main_greenlet(), log.clone());
    let to_main = main.clone();
    let g = Greenlet::builder().parent(&hub).run(move |_| {
        let _ = catch(|| to_main.switch(V::None));
        seen.add(getcurrent::<V>().parent() == Some(to_main.clone()));
        V::None
    });
    g.switch(V::None);
    let peer = g.peer();
    drop(g);
    assert_eq!(log.take(), ["true"]);
    assert_eq!(peer.parent(), Some(hub.peer()));
    assert!(!hub.active());
}

#[test]
fn g21_dropped_while_it_runs_it_ends_at_its_next_switch() {
    let log = Log::default();
    let slot: Rc<Cell<Option<Greenlet<V>>>> = Rc::default();
    let (main, seen, own) = (main_greenlet(), log.clone(), Rc::clone(&slot));
    let worker = Greenlet::new(move |_| {
        let _speaks = Speaks(seen.clone(), "unwound");
        drop(own.take());
        seen.add("still running");
        main.switch(Int(42)) // never comes back, but the value is not lost
    });
    let peer = worker.peer();
    slot.set(Some(worker));
    assert_eq!(peer.switch(V::None), Int(42));
    assert!(peer.dead());
    assert_eq!(log.take(), ["still running", "unwound"]);
}

#[test]
fn g21_dropped_by_its_own_child() {
    let log = Log::default();
    let slot: Rc<Cell<Option<Greenlet<V>>>> = Rc::default();
    let (seen, own) = (log.clone(), Rc::clone(&slot));
    let p = Greenlet::new(move |_| {
        let _speaks = Speaks(seen.clone(), "parent unwound");
        let seen = seen.clone();
        let child = Greenlet::new(move |_| {
            drop(own.take()); // our parent, suspended below us
            seen.add("child goes on");
            Text("child")
        });
        child.switch(V::None)
    });
    let peer = p.peer();
    slot.set(Some(p));
    // The child was on its parent's stack, so it was dropped with it: orphaned, it still finishes.
    assert_eq!(peer.switch(V::None), Text("child"));
    assert_eq!(log.take(), ["parent unwound", "child goes on"]);
}

#[test]
fn g24_each_greenlet_has_its_own_locals() {
    static LEVEL: Local<u32> = Local::new(|| 0);
    let log = Log::default();
    let (main, seen) = (main_greenlet(), log.clone());
    let g = Greenlet::new(move |_| {
        seen.add(LEVEL.get());
        LEVEL.set(2);
        main.switch(V::None);
        seen.add(LEVEL.get());
        V::None
    });
    LEVEL.set(1);
    g.switch(V::None);
    assert_eq!(LEVEL.get(), 1);
    g.switch(V::None);
    assert_eq!(log.take(), ["0", "2"]);
    assert_eq!(LEVEL.get(), 1);
}

#[test]
fn g25_an_error_being_handled_is_the_handlers_alone() {
    quiet();
    let g = Greenlet::new(|_| {
        assert!(!greenlet::unwinding() && !std::thread::panicking());
        Text("clean")
    });
    let error = catch(|| panic!("E")).unwrap_err();
    assert_eq!(g.switch(V::None), Text("clean"));
    assert_eq!(text_of(&*error), Some("E"));
}

#[test]
fn g26_settrace() {
    quiet();
    let log = Log::default();
    let seen = log.clone();
    let old = settrace(Some(Rc::new(move |event, from, to| {
        let kind = if event == Event::Switch { "switch" } else { "throw" };
        seen.add(format!("{kind} {}->{}", from.name, to.name));
    })));
    assert!(old.is_none());
    let main = main_greenlet();
    let g1 = Greenlet::builder().name("g1").run(|v: V| v);
    g1.switch(V::None);
    let g2 = Greenlet::builder().name("g2").run(|_| panic!("g2"));
    let _ = catch(|| g2.switch(V::None));
    let g3 = Greenlet::builder().name("g3").run(move |_| main.switch(V::None));
    g3.switch(V::None);
    let _ = catch(|| g3.throw(KeyError));
    assert!(settrace(None).is_some());
    let expected = ["switch ->g1", "switch g1->", "switch ->g2", "throw g2->"];
    let more = ["switch ->g3", "switch g3->", "throw ->g3", "throw g3->"];
    assert_eq!(log.take(), [expected, more].concat());
    assert_eq!(Greenlet::new(|v: V| v).switch(Int(1)), Int(1));
    assert!(log.take().is_empty());
}

#[test]
fn g26_a_tracer_that_panics_is_removed() {
    let main = main_greenlet();
    let g = Greenlet::new(move |_| main.switch(V::None));
    g.switch(V::None);
    settrace(Some(Rc::new(|_, _, _| std::panic::panic_any(KeyError))));
    assert!(raised::<KeyError>(catch(|| g.switch(V::None))));
    assert!(g.dead());
    assert!(settrace(None).is_none());
}

#[test]
fn g26_a_tracer_may_switch() {
    let log = Log::default();
    let seen = log.clone();
    let extra = Greenlet::new(move |_| {
        seen.add("extra ran");
        V::None
    });
    let once = Cell::new(Some(extra));
    settrace(Some(Rc::new(move |_, _, _| {
        if let Some(extra) = once.take() {
            extra.switch(V::None);
        }
    })));
    let g = Greenlet::new(|v: V| v);
    assert_eq!(g.switch(Int(3)), Int(3));
    settrace(None);
    assert_eq!(log.take(), ["extra ran"]);
}

#[test]
fn g27_run() {
    quiet();
    let g = Greenlet::<V>::empty();
    assert!(!g.has_run());
    assert!(matches!(g.try_switch(V::None), Err(Error::NoRun)));
    assert!(
        catch(|| g.throw(KeyError))
            .is_err_and(|e| text_of(&*e).is_some_and(|t| t.contains("no function")))
    );
    g.set_run(|_| Text("first"));
    g.set_run(|_| Text("second"));
    assert!(g.has_run());
    let me = g.peer();
    g.set_run(move |_| Text(if me.has_run() { "there" } else { "gone" }));
    assert_eq!(g.switch(V::None), Text("gone"));
    let error = catch(|| g.set_run(|v| v)).unwrap_err();
    assert_eq!(text_of(&*error), Some("run cannot be set after the start of the greenlet"));
}

// From greenlet's own test suite.

#[test]
fn two_children_take_turns() {
    let log = Log::default();
    let make = |name: &'static str| {
        let (main, seen) = (main_greenlet(), log.clone());
        Greenlet::new(move |_| {
            seen.add(format!("{name}1"));
            main.switch(V::None);
            seen.add(format!("{name}2"));
            V::None
        })
    };
    let (g, h) = (make("g"), make("h"));
    for peer in [&g, &h, &h, &g] {
        peer.switch(V::None);
    }
    assert_eq!(log.take(), ["g1", "h1", "h2", "g2"]);
    assert!(g.dead() && h.dead());
}

#[test]
fn an_exception_goes_to_a_suspended_parent_and_kills_it() {
    let main = main_greenlet();
    let body = move |_| -> V {
        main.switch(V::None);
        std::panic::panic_any(KeyError)
    };
    quiet();
    let (g1, g2) = (Greenlet::new(body.clone()), Greenlet::new(body));
    g1.switch(V::None);
    g2.switch(V::None);
    g2.set_parent(&g1).unwrap();
    assert!(raised::<KeyError>(catch(|| g2.switch(V::None))));
    assert!(g1.dead() && g2.dead());
    assert_eq!(g2.switch(Int(25)), Int(25)); // dead, and its parent dead: main itself
}

#[test]
fn falling_off_the_end_starts_an_unstarted_parent() {
    let p = Greenlet::new(|v| match v {
        Int(n) => Pair(n, 24),
        other => other,
    });
    let child = Greenlet::builder().parent(&p).run(|_| Int(42));
    assert_eq!(child.switch(V::None), Pair(42, 24));
    assert!(p.dead());
}

#[test]
fn a_parent_without_run_is_an_error_further_up() {
    quiet();
    let p = Greenlet::<V>::empty();
    let child = Greenlet::builder().parent(&p).run(|v| v);
    let error = catch(|| child.switch(V::None)).unwrap_err();
    assert!(text_of(&*error).unwrap().contains("no function"));
    assert!(child.dead() && !p.dead());
}

#[test]
fn a_dead_greenlet_with_an_unstarted_parent_starts_it() {
    let child = Greenlet::new(|v| v);
    child.switch(V::None);
    let p = Greenlet::new(|_| Text("parent ran"));
    child.set_parent(&p).unwrap();
    assert_eq!(child.switch(V::None), Text("parent ran"));
}

#[test]
fn a_parent_dropped_while_its_child_lives() {
    let log = Log::default();
    let (main, seen) = (main_greenlet(), log.clone());
    let to_main = main.clone();
    let p = Greenlet::new(move |_| {
        let _speaks = Speaks(seen, "parent unwound");
        to_main.switch(V::None)
    });
    p.switch(V::None);
    let child = Greenlet::builder().parent(&p).run(move |_| {
        main.switch(V::None);
        Text("child")
    });
    child.switch(V::None);
    drop(p);
    assert_eq!(log.take(), ["parent unwound"]);
    assert_eq!(child.switch(V::None), Text("child")); // to main: the parent is dead
    // An unstarted parent that nobody owns never runs either.
    let p = Greenlet::new(|_| unreachable!("nobody owns it"));
    let child = Greenlet::builder().parent(&p).run(|_| Text("child"));
    drop(p);
    assert_eq!(child.switch(V::None), Text("child"));
}

#[test]
fn a_long_chain_of_parents() {
    fn grow(depth: u32) -> V {
        if depth == 0 {
            return Int(0);
        }
        let child = Greenlet::new(move |_| grow(depth - 1));
        match child.switch(V::None) {
            Int(n) => Int(n + 1),
            other => other,
        }
    }
    assert_eq!(grow(1000), Int(1000));
}

#[test]
fn values_of_every_shape() {
    fn there_and_back<T: Clone + PartialEq + std::fmt::Debug + 'static>(values: &[T]) {
        let main = getcurrent::<T>();
        let g = Greenlet::new(move |mut v| {
            loop {
                v = main.switch(v);
            }
        });
        for v in values {
            assert_eq!(&g.switch(v.clone()), v);
        }
    }
    there_and_back(&[()]);
    there_and_back(&[1u8, 255]);
    there_and_back(&[(1u8, 7u32), (2, 8)]); // has padding
    there_and_back(&[u64::MAX]);
    there_and_back(&[1u128 << 100]);
    there_and_back(&["text".to_owned(), String::new()]);
    there_and_back(&[[7u64; 100]]);
    there_and_back(&[Some(Box::new(5)), None]);
}

#[test]
fn values_are_moved_not_copied() {
    let token = Rc::new(());
    let g = Greenlet::new(|v: Vec<Rc<()>>| v);
    let back = g.switch(vec![Rc::clone(&token)]);
    assert_eq!(Rc::strong_count(&token), 2);
    drop(back);
    assert_eq!(Rc::strong_count(&token), 1);
    // … not lost either, on the ways that end nowhere.
    let main = getcurrent::<Vec<Rc<()>>>();
    let g = Greenlet::new(move |v| main.switch(v));
    let back = g.switch(vec![Rc::clone(&token)]);
    drop(back);
    let _ = catch(|| g.kill(vec![Rc::clone(&token)]));
    drop(g);
    assert_eq!(Rc::strong_count(&token), 1);
    let g = Greenlet::<Vec<Rc<()>>>::empty();
    assert!(g.try_switch(vec![Rc::clone(&token)]).is_err());
    assert_eq!(Rc::strong_count(&token), 1);
}

#[test]
fn closures_of_every_size_are_released_once() {
    fn check<const N: usize>() {
        let token = Rc::new(());
        for run in [false, true] {
            let (held, filling) = (Rc::clone(&token), [7u8; N]);
            let g = Greenlet::new(move |_| {
                assert!(Rc::strong_count(&held) >= 2 && filling.iter().all(|&b| b == 7));
                V::None
            });
            if run {
                g.switch(V::None);
            }
            drop(g);
            assert_eq!(Rc::strong_count(&token), 1);
        }
    }
    check::<0>();
    check::<24>();
    check::<25>();
    check::<3000>();
}
