//! Generators, against what Python's do.

use std::cell::RefCell;
use std::rc::Rc;

use greenlet::{Generator, GeneratorError, Greenlet, GreenletExit, catch, getcurrent, text_of};

type Log = Rc<RefCell<Vec<String>>>;

struct Speaks(Log, &'static str);

impl Drop for Speaks {
    fn drop(&mut self) {
        self.0.borrow_mut().push(self.1.to_owned());
    }
}

#[derive(Debug)]
struct KeyError;

fn count(n: u32) -> Generator<u32> {
    Generator::new(move |co| {
        for i in 0..n {
            co.give(i);
        }
    })
}

#[test]
fn nothing_runs_until_the_first_next() {
    let log = Log::default();
    let seen = Rc::clone(&log);
    let mut g: Generator<u32> = Generator::new(move |co| {
        seen.borrow_mut().push("started".into());
        co.give(1);
    });
    assert!(log.borrow().is_empty());
    assert_eq!(format!("{g:?}").split(' ').nth(2), Some("created"));
    assert_eq!(g.next(), Some(1));
    assert_eq!(*log.borrow(), ["started"]);
    assert_eq!(format!("{g:?}").split(' ').nth(2), Some("suspended"));
}

#[test]
fn it_is_an_iterator() {
    assert_eq!(count(5).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!(count(100_000).step_by(10).map(u64::from).sum::<u64>(), 499_950_000);
    let mut g = count(1);
    assert_eq!([g.next(), g.next(), g.next()], [Some(0), None, None]);
}

#[test]
fn send_is_the_result_of_give() {
    let mut g = Generator::new(|co| {
        let mut sum = 0;
        while let Some(n) = co.give(sum) {
            sum += n;
        }
        format!("sum {sum}")
    });
    assert_eq!(g.send(Some(1)), Err(GeneratorError::JustStarted));
    assert_eq!(g.send(None), Ok(0));
    assert_eq!(g.send(Some(3)), Ok(3));
    assert_eq!(g.send(Some(4)), Ok(7));
    assert_eq!(g.send(None), Err(GeneratorError::StopIteration(Some("sum 7".to_owned()))));
    assert_eq!(g.send(None), Err(GeneratorError::StopIteration(None)));
    assert_eq!(g.send(Some(1)), Err(GeneratorError::StopIteration(None)));
}

#[test]
fn next_keeps_the_return_value() {
    let mut g: Generator<i32, (), &str> = Generator::new(|co| {
        co.give(1);
        "returned"
    });
    assert_eq!(g.by_ref().collect::<Vec<_>>(), [1]);
    assert_eq!(g.next(), None);
    assert_eq!(g.returned(), Some("returned"));
    assert_eq!(g.returned(), None);
}

#[test]
fn throw_is_raised_at_give() {
    let mut g: Generator<&str> = Generator::new(|co| {
        match catch(|| co.give("first")) {
            Err(payload) if payload.is::<KeyError>() => co.give("caught"),
            _ => co.give("not"),
        };
        co.give("last");
    });
    g.next();
    assert_eq!(g.throw(KeyError), Ok("caught"));
    assert!(catch(|| g.throw(KeyError)).is_err_and(|p| p.is::<KeyError>()));
    assert_eq!(g.next(), None);
    assert!(catch(|| g.throw(KeyError)).is_err_and(|p| p.is::<KeyError>())); // ended: raised here
    let mut unstarted = count(3);
    assert!(catch(|| unstarted.throw(KeyError)).is_err_and(|p| p.is::<KeyError>()));
    assert_eq!(unstarted.next(), None);
}

#[test]
fn close_runs_destructors() {
    let log = Log::default();
    let make = |log: &Log| -> Generator<u32> {
        let log = Rc::clone(log);
        Generator::new(move |co| {
            let _speaks = Speaks(log, "dropped");
            co.give(1);
            co.give(2);
        })
    };
    let mut g = make(&log);
    g.next();
    assert_eq!(g.close(), Ok(()));
    assert_eq!(log.take(), ["dropped"]);
    assert_eq!((g.next(), g.close()), (None, Ok(())));
    // Dropped: the same. Not started: only what it captured goes.
    let mut g = make(&log);
    g.next();
    drop(g);
    assert_eq!(log.take(), ["dropped"]);
    let mut g = make(&log);
    assert_eq!(g.close(), Ok(()));
    assert_eq!(g.next(), None);
    assert!(log.take().is_empty());
    assert_eq!(Rc::strong_count(&log), 1);
}

#[test]
fn close_that_is_ignored() {
    let mut g: Generator<u32> = Generator::new(|co| {
        assert!(catch(|| co.give(1)).is_err_and(|p| p.is::<GreenletExit>()));
        co.give(2);
    });
    g.next();
    assert_eq!(g.close(), Err(GeneratorError::IgnoredExit));
    assert_eq!(g.next(), None);
}

#[test]
fn a_panic_reaches_the_caller() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut g: Generator<u32> = Generator::new(|co| {
        co.give(1);
        panic!("inside");
    });
    g.next();
    let error = catch(|| g.next()).unwrap_err();
    assert_eq!(text_of(&*error), Some("inside"));
    assert_eq!(g.next(), None);
}

#[test]
fn yield_from_is_transparent() {
    let inner = || -> Generator<String, i32, i32> {
        Generator::new(|co| {
            let mut sum = 0;
            for turn in 0..3 {
                match catch(|| co.give(format!("turn {turn}"))) {
                    Ok(sent) => sum += sent.unwrap_or(0),
                    Err(_) => sum += 100,
                }
            }
            sum
        })
    };
    let mut outer: Generator<String, i32, i32> = Generator::new(move |co| {
        let first = co.yield_from(inner());
        co.give(format!("inner returned {first}"));
        first * 2
    });
    assert_eq!(outer.send(None).unwrap(), "turn 0");
    assert_eq!(outer.send(Some(1)).unwrap(), "turn 1");
    assert_eq!(outer.throw(KeyError).unwrap(), "turn 2");
    assert_eq!(outer.send(Some(2)).unwrap(), "inner returned 103");
    assert_eq!(outer.send(None), Err(GeneratorError::StopIteration(Some(206))));
}

#[test]
fn close_goes_through_yield_from() {
    let log = Log::default();
    let seen = Rc::clone(&log);
    let mut outer: Generator<u32> = Generator::new(move |co| {
        let _outer = Speaks(Rc::clone(&seen), "outer");
        co.yield_from(Generator::<u32>::new(move |co| {
            let _inner = Speaks(seen, "inner");
            co.give(1);
        }));
    });
    assert_eq!(outer.next(), Some(1));
    outer.close().unwrap();
    assert_eq!(log.take(), ["inner", "outer"]);
}

#[test]
fn generators_inside_generators() {
    fn permutations(items: Vec<u32>) -> Generator<Vec<u32>> {
        Generator::new(move |co| {
            if items.len() < 2 {
                co.give(items);
                return;
            }
            for &first in &items {
                let rest = items.iter().copied().filter(|&i| i != first).collect();
                for mut tail in permutations(rest) {
                    tail.insert(0, first);
                    co.give(tail);
                }
            }
        })
    }
    let all: Vec<_> = permutations(vec![0, 1, 2, 3]).collect();
    assert_eq!(all.len(), 24);
    assert_eq!((&all[0][..], &all[23][..]), (&[0, 1, 2, 3][..], &[3, 2, 1, 0][..]));
    let pairs = permutations(vec![0, 1, 2]).zip(permutations(vec![7, 8]));
    assert_eq!(pairs.count(), 2);
}

#[test]
fn give_works_from_any_depth_and_through_other_generators() {
    let mut outer: Generator<u32> = Generator::new(|co| {
        fn deep(co: &greenlet::Yielder<u32>, depth: u32) {
            co.give(depth);
            if depth > 0 {
                deep(co, depth - 1);
            }
        }
        deep(co, 3);
    });
    assert_eq!(outer.by_ref().collect::<Vec<_>>(), [3, 2, 1, 0]);
}

#[test]
fn a_generator_asked_from_inside_itself() {
    let slot: Rc<RefCell<Option<Generator<u32>>>> = Rc::default();
    let own = Rc::clone(&slot);
    let g = Generator::new(move |co| {
        // Already borrowed: safe code cannot even ask. (The error exists for those who find a way.)
        assert!(own.try_borrow_mut().is_err());
        co.give(1);
    });
    *slot.borrow_mut() = Some(g);
    assert_eq!(slot.borrow_mut().as_mut().unwrap().next(), Some(1));
    slot.take();
}

#[test]
fn it_can_be_passed_between_greenlets() {
    let numbers = Rc::new(RefCell::new(count(6)));
    let turns = |numbers: &Rc<RefCell<Generator<u32>>>| {
        let (main, numbers) = (getcurrent::<Option<u32>>(), Rc::clone(numbers));
        Greenlet::new(move |_: Option<u32>| {
            for _ in 0..2 {
                let next = numbers.borrow_mut().next();
                main.switch(next);
            }
            None
        })
    };
    let (a, b) = (turns(&numbers), turns(&numbers));
    let got: Vec<_> = [&a, &b, &b, &a].map(|g| g.switch(None).unwrap()).into();
    assert_eq!(got, [0, 1, 2, 3]);
    assert_eq!((a.switch(None), b.switch(None)), (None, None));
    assert_eq!(numbers.borrow_mut().by_ref().collect::<Vec<_>>(), [4, 5]);
}

#[test]
fn a_greenlet_may_switch_in_the_middle_of_a_generator() {
    // Two trees: the generator's body leaves its greenlet, and comes back into the body.
    let main = getcurrent::<u32>();
    let make = |base: u32| {
        let main = main.clone();
        Greenlet::new(move |_| {
            let to_main = main.clone();
            let g: Generator<u32> = Generator::new(move |co| {
                for i in 0..3 {
                    let sent = to_main.switch(base + i); // out of generator and greenlet at once
                    co.give(sent);
                }
            });
            g.sum()
        })
    };
    let (a, b) = (make(10), make(20));
    assert_eq!((a.switch(0), b.switch(0)), (10, 20));
    assert_eq!((a.switch(1), b.switch(2)), (11, 21));
    assert_eq!((b.switch(2), a.switch(1)), (22, 12));
    assert_eq!((a.switch(1), b.switch(2)), (3, 6));
    assert!(a.dead() && b.dead());
    // Dropped there: both stacks are unwound.
    let log = Log::default();
    let (seen, to_main) = (Rc::clone(&log), main.clone());
    let g = Greenlet::new(move |_| {
        let _outer = Speaks(Rc::clone(&seen), "greenlet");
        let mut g: Generator<u32> = Generator::new(move |_| {
            let _inner = Speaks(seen, "generator");
            to_main.switch(0);
        });
        g.next();
        0
    });
    g.switch(0);
    drop(g);
    assert_eq!(log.take(), ["generator", "greenlet"]);
}

#[test]
fn a_generator_that_outlives_its_greenlet() {
    let slot: Rc<RefCell<Option<Generator<u32>>>> = Rc::default();
    let put = Rc::clone(&slot);
    let log = Log::default();
    let seen = Rc::clone(&log);
    Greenlet::new(move |()| {
        let mut g: Generator<u32> = Generator::new(move |co| {
            let _speaks = Speaks(seen, "unwound");
            co.give(1);
            co.give(2);
        });
        g.next();
        *put.borrow_mut() = Some(g);
    })
    .switch(());
    assert_eq!(slot.borrow_mut().as_mut().unwrap().next(), Some(2));
    drop(slot.take());
    assert_eq!(log.take(), ["unwound"]);
}
