//! Events, results, locks, queues and pools, case by case.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use gevent::event::*;
use gevent::lock::*;
use gevent::pool::*;
use gevent::queue::*;
use gevent::*;

const NOW: Duration = Duration::ZERO;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// What happened, in order.
type Diary<T> = Rc<RefCell<Vec<T>>>;

mod events {
    use super::*;

    #[test]
    fn set_wakes_all_in_the_order_they_came_in() {
        let (event, diary) = (Event::new(), Diary::default());
        for n in 0..5 {
            let (event, diary) = (event.clone(), diary.clone());
            spawn(move || {
                assert!(event.wait(None));
                diary.borrow_mut().push(n);
            });
        }
        sleep(NOW);
        event.set();
        assert!(diary.borrow().is_empty());
        assert!(hub().join(None));
        assert_eq!(*diary.borrow(), [0, 1, 2, 3, 4]);
        assert!(event.wait(Some(NOW)) && event.wait(None));
        event.clear();
        assert!(!event.wait(Some(ms(1))));
    }

    #[test]
    fn set_then_clear_still_wakes_who_waited() {
        let event = Event::new();
        let other = event.clone();
        let waiter = spawn(move || other.wait(Some(Duration::from_secs(1000))));
        sleep(NOW);
        event.set();
        event.clear();
        assert!(waiter.get(None).unwrap());
        assert!(!event.is_set());
    }

    #[test]
    fn a_waiter_that_is_killed_while_being_woken_is_woken_first() {
        let event = Event::new();
        let other = event.clone();
        let seen = Rc::new(Cell::new(false));
        let woken = seen.clone();
        let waiter = spawn(move || {
            woken.set(other.wait(None));
            sleep(Duration::from_secs(1000));
        });
        sleep(NOW);
        event.set();
        waiter.kill(None);
        assert!(seen.get() && waiter.killed());
    }

    #[test]
    fn every_getter_gets_the_result() {
        let result = AsyncResult::new();
        let getters: Vec<_> = (0..5)
            .map(|_| {
                let result = result.clone();
                spawn(move || result.get(None).unwrap())
            })
            .collect();
        assert_eq!(result.wait(Some(ms(1))), None);
        result.set(7);
        assert!(getters.iter().all(|getter| getter.get(None).unwrap() == 7));
        result.set(8);
        assert_eq!(result.get(None).unwrap(), 8);
        result.set_exception(Exception::from_value("too late"));
        assert_eq!(result.get(None).unwrap(), 8);
    }

    #[test]
    fn a_result_that_is_an_error() {
        let result = AsyncResult::<u8>::new();
        assert!(matches!(result.get(Some(NOW)), Err(GetError::TimedOut)));
        result.set_exception(Exception::from_value("no"));
        assert!(result.ready() && !result.successful());
        assert_eq!(result.get(None).unwrap_err().to_string(), "no");
        assert_eq!(result.wait(None), None);
    }
}

mod semaphores {
    use super::*;

    #[test]
    fn permits_go_to_those_who_came_first() {
        let (semaphore, diary) = (Semaphore::new(0), Diary::default());
        for n in 0..4 {
            let (semaphore, diary) = (semaphore.clone(), diary.clone());
            spawn(move || {
                semaphore.acquire(None);
                diary.borrow_mut().push(n);
            });
        }
        sleep(NOW);
        for _ in 0..4 {
            semaphore.release();
        }
        assert!(hub().join(None));
        assert_eq!(*diary.borrow(), [0, 1, 2, 3]);
        assert!(semaphore.locked());
    }

    #[test]
    fn who_releases_may_take_it_back_and_the_waiter_keeps_its_place() {
        let (semaphore, diary) = (Semaphore::new(1), Diary::default());
        semaphore.acquire(None);
        for n in 0..2 {
            let (semaphore, diary) = (semaphore.clone(), diary.clone());
            spawn(move || {
                semaphore.acquire(None);
                diary.borrow_mut().push(n);
                semaphore.release();
            });
        }
        sleep(NOW);
        semaphore.release();
        assert!(semaphore.try_acquire());
        sleep(NOW);
        sleep(NOW);
        assert!(diary.borrow().is_empty());
        semaphore.release();
        assert!(hub().join(None));
        assert_eq!(*diary.borrow(), [0, 1]);
        assert_eq!(semaphore.counter(), 1);
    }

    #[test]
    fn not_in_time_is_false_and_takes_nothing() {
        let semaphore = Semaphore::new(0);
        assert!(!semaphore.acquire(Some(ms(1))));
        assert!(!semaphore.try_acquire());
        semaphore.release();
        semaphore.release();
        assert_eq!(semaphore.counter(), 2);
        let _held = semaphore.hold();
        assert_eq!(semaphore.counter(), 1);
    }

    #[test]
    fn a_waiter_killed_while_being_woken_loses_no_permit() {
        let semaphore = Semaphore::new(0);
        let taken = semaphore.clone();
        let first = spawn(move || {
            let _held = taken.hold();
            sleep(Duration::from_secs(1000));
        });
        let waits = semaphore.clone();
        let second = spawn(move || waits.acquire(None));
        sleep(NOW);
        semaphore.release();
        first.kill_nowait();
        assert!(second.get(None).unwrap());
        assert_eq!(semaphore.counter(), 0);
        assert!(first.killed());
    }

    #[test]
    fn a_waiter_killed_before_is_passed_over() {
        let semaphore = Semaphore::new(0);
        let tasks = [0, 1].map(|_| {
            let semaphore = semaphore.clone();
            spawn(move || semaphore.acquire(None))
        });
        sleep(NOW);
        tasks[0].kill(None);
        semaphore.release();
        assert!(tasks[1].get(None).unwrap());
    }

    #[test]
    fn a_bounded_one_notices_too_many_releases() {
        let bounded = BoundedSemaphore::new(1);
        assert!(bounded.release().is_err());
        assert!(bounded.acquire(None));
        assert!(bounded.release().is_ok());
        assert_eq!(bounded.counter(), 1);
    }

    #[test]
    fn an_rlock_is_its_owners() {
        let lock = RLock::new();
        assert!(lock.acquire(None) && lock.acquire(None));
        let other = lock.clone();
        let task = spawn(move || (other.release().is_err(), other.acquire(Some(ms(1)))));
        assert_eq!(task.get(None).unwrap(), (true, false));
        assert!(lock.release().is_ok());
        let other = lock.clone();
        let waits = spawn(move || other.acquire(None));
        sleep(NOW);
        assert!(!waits.ready());
        assert!(lock.release().is_ok() && lock.release().is_err());
        assert!(waits.get(None).unwrap());
    }

    #[test]
    fn a_condition_gives_its_lock_away_and_takes_it_again() {
        let condition = Condition::new();
        let ready = Rc::new(Cell::new(0));
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let (condition, ready) = (condition.clone(), ready.clone());
                spawn(move || {
                    condition.acquire(None);
                    let got = condition.wait_for(None, || ready.get() > 0).unwrap();
                    ready.set(ready.get() - 1);
                    condition.release().unwrap();
                    got
                })
            })
            .collect();
        sleep(NOW);
        assert!(condition.notify(1).is_err() && condition.wait(None).is_err());
        for _ in 0..3 {
            condition.acquire(None);
            ready.set(ready.get() + 1);
            condition.notify(1).unwrap();
            assert!(waiters.iter().filter(|w| w.ready()).count() < 3);
            condition.release().unwrap();
            sleep(ms(1));
        }
        assert_eq!(joinall(&waiters, None).len(), 3);
        condition.acquire(None);
        assert_eq!(condition.wait(Some(ms(1))), Ok(false));
        condition.release().unwrap();
    }

    #[test]
    fn a_killed_condition_waiter_has_its_lock_when_it_unwinds() {
        let condition = Condition::new();
        let other = condition.clone();
        let task = spawn(move || {
            other.acquire(None);
            finally(|| _ = other.wait(None), || other.release().unwrap());
        });
        sleep(NOW);
        assert!(task.kill(None));
        assert!(task.killed());
        assert!(condition.acquire(Some(ms(1))));
    }
}

mod queues {
    use super::*;

    #[test]
    fn getters_are_served_in_the_order_they_came_in() {
        let (queue, diary) = (Queue::new(), Diary::default());
        for n in 0..3 {
            let (queue, diary) = (queue.clone(), diary.clone());
            spawn(move || {
                let item = queue.get(None).unwrap();
                diary.borrow_mut().push((n, item));
            });
        }
        sleep(NOW);
        for item in ["a", "b", "c"] {
            queue.put(item, None).unwrap();
        }
        // Items that others were woken for are theirs.
        assert_eq!(queue.try_get(), Err(QueueError::Empty));
        assert!(hub().join(None));
        assert_eq!(*diary.borrow(), [(0, "a"), (1, "b"), (2, "c")]);
    }

    #[test]
    fn empty_and_full_in_time() {
        let queue = Queue::bounded(1);
        assert_eq!(queue.get(Some(ms(1))), Err(QueueError::Empty));
        queue.put(1, None).unwrap();
        assert_eq!(queue.put(2, Some(ms(1))), Err(QueueError::Full));
        assert_eq!(queue.try_put(2), Err(QueueError::Full));
        assert_eq!((queue.qsize(), queue.full(), queue.empty()), (1, true, false));
        assert_eq!(queue.peek(None), Ok(1));
        assert_eq!(queue.get(None), Ok(1));
    }

    #[test]
    fn a_getter_that_came_too_early_eats_nothing() {
        let queue = Queue::new();
        let other = queue.clone();
        let early = spawn(move || other.get(Some(ms(1))));
        assert_eq!(early.get(None).unwrap(), Err(QueueError::Empty));
        queue.put(1, None).unwrap();
        assert_eq!(queue.try_get(), Ok(1));
    }

    #[test]
    fn a_putter_that_is_killed_leaves_nothing() {
        let queue = Queue::bounded(1);
        queue.put(1, None).unwrap();
        let other = queue.clone();
        let putter = spawn(move || other.put(2, None));
        sleep(NOW);
        putter.kill(None);
        assert_eq!(queue.get(None), Ok(1));
        assert_eq!(queue.get(Some(ms(1))), Err(QueueError::Empty));
    }

    #[test]
    fn a_getter_that_is_killed_while_waiting_loses_no_item() {
        let queue = Queue::new();
        let getters = [0, 1].map(|_| {
            let queue = queue.clone();
            spawn(move || queue.get(None))
        });
        sleep(NOW);
        getters[0].kill_nowait();
        queue.put(1, None).unwrap();
        assert_eq!(getters[1].get(None).unwrap(), Ok(1));
        assert!(getters[0].killed());
    }

    #[test]
    fn putters_are_served_in_order_too() {
        let queue = Queue::bounded(1);
        queue.put(0, None).unwrap();
        for n in 1..4 {
            let queue = queue.clone();
            spawn(move || queue.put(n, None).unwrap());
        }
        sleep(NOW);
        assert_eq!(queue.get(None), Ok(0));
        assert_eq!(queue.try_put(9), Err(QueueError::Full)); // the room is somebody else's
        let rest: Vec<_> = (0..3).map(|_| queue.get(None).unwrap()).collect();
        assert_eq!(rest, [1, 2, 3]);
    }

    #[test]
    fn join_waits_for_task_done() {
        let queue = Queue::new();
        queue.put(1, None).unwrap();
        queue.put(2, None).unwrap();
        assert!(!queue.join(Some(ms(1))));
        let other = queue.clone();
        spawn(move || {
            while other.try_get().is_ok() {
                sleep(ms(1));
                other.task_done().unwrap();
            }
        });
        assert!(queue.join(None));
        assert_eq!(queue.task_done(), Err(QueueError::TooManyDone));
    }

    #[test]
    fn shutdown_drains_then_fails() {
        let queue = Queue::bounded(2);
        let (other, full) = (queue.clone(), queue.clone());
        queue.put(1, None).unwrap();
        queue.put(2, None).unwrap();
        let putter = spawn(move || full.put(3, None));
        sleep(NOW);
        queue.shutdown();
        assert_eq!(queue.put(4, None), Err(QueueError::ShutDown));
        assert_eq!(putter.get(None).unwrap(), Err(QueueError::ShutDown));
        assert_eq!((queue.get(None), queue.get(None)), (Ok(1), Ok(2)));
        assert_eq!(queue.get(None), Err(QueueError::ShutDown));
        let waiting = Queue::<u8>::new();
        let getter = waiting.clone();
        let getter = spawn(move || getter.get(None));
        sleep(NOW);
        waiting.shutdown();
        assert_eq!(getter.get(None).unwrap(), Err(QueueError::ShutDown));
        assert_eq!((&other).next(), None);
    }

    #[test]
    fn other_orders() {
        let (lifo, smallest) = (LifoQueue::new(), PriorityQueue::new());
        for n in [2, 3, 1] {
            lifo.put(n, None).unwrap();
            smallest.put((n, -n), None).unwrap();
        }
        assert_eq!(lifo.peek(None), Ok(1));
        let lifo: Vec<_> = (0..3).map(|_| lifo.get(None).unwrap()).collect();
        assert_eq!(lifo, [1, 3, 2]);
        let smallest: Vec<_> = (0..3).map(|_| smallest.get(None).unwrap().0).collect();
        assert_eq!(smallest, [1, 2, 3]);
    }

    #[test]
    fn a_channel_passes_from_hand_to_hand() {
        let (channel, diary) = (Channel::new(), Diary::default());
        let (other, note) = (channel.clone(), diary.clone());
        let putter = spawn(move || {
            for n in 0..3 {
                other.put(n, None).unwrap();
                note.borrow_mut().push(format!("put {n} returned"));
            }
        });
        sleep(ms(1));
        assert!(diary.borrow().is_empty());
        assert_eq!(channel.get(None), Ok(0));
        sleep(NOW);
        assert_eq!(*diary.borrow(), ["put 0 returned"]);
        assert_eq!((channel.get(None), channel.get(None)), (Ok(1), Ok(2)));
        putter.join(None);
        assert_eq!(channel.get(Some(ms(1))), Err(QueueError::Empty));
        assert_eq!(channel.put(9, Some(ms(1))), Err(QueueError::Full));
        assert_eq!(channel.get(Some(ms(1))), Err(QueueError::Empty));
    }

    #[test]
    fn a_killed_giver_takes_its_offer_back() {
        let channel = Channel::new();
        let (gives, gets) = (channel.clone(), channel.clone());
        let getter = spawn(move || gets.get(None).unwrap());
        let giver = spawn(move || gives.put("never", Some(NOW)));
        giver.kill(None);
        let again = channel.clone();
        spawn(move || again.put("taken", None));
        assert_eq!(getter.get(None).unwrap(), "taken");
    }
}

mod pools {
    use super::*;

    #[test]
    fn never_more_at_once_than_its_size() {
        let pool = Pool::new(2);
        let (now, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        for _ in 0..6 {
            let (now, most) = (now.clone(), most.clone());
            pool.spawn(move || {
                now.set(now.get() + 1);
                most.set(most.get().max(now.get()));
                sleep(ms(2));
                now.set(now.get() - 1);
            });
        }
        assert!(pool.join(None));
        assert_eq!((most.get(), pool.free_count()), (2, 2));
    }

    #[test]
    fn spawn_waits_while_it_is_full() {
        let pool = Pool::new(1);
        let begin = Instant::now();
        pool.spawn(|| sleep(ms(20)));
        assert!(pool.full() && !pool.wait_available(Some(NOW)));
        pool.spawn(|| ());
        assert!(begin.elapsed() >= ms(20));
        assert!(pool.join(None));
    }

    #[test]
    fn apply_in_a_worker_of_a_full_pool_does_not_wait_for_itself() {
        let pool = Pool::new(1);
        let inner = pool.clone();
        assert_eq!(pool.apply(move || inner.apply(|| 1).unwrap() + 1).unwrap(), 2);
    }

    #[test]
    fn map_keeps_the_order_and_gives_the_error() {
        let pool = Pool::new(3);
        let slow_first = |n: u64| {
            sleep(ms(10 - 2 * n));
            n * n
        };
        assert_eq!(pool.map(slow_first, 0..5).unwrap(), [0, 1, 4, 9, 16]);
        let error = Group::new().map(|n| assert!(n != 2, "not two"), 0..4).unwrap_err();
        assert_eq!(error.to_string(), "not two");
    }

    #[test]
    fn imap_unordered_gives_what_ends_first() {
        let nap = |n| {
            sleep(ms(n));
            n
        };
        let results = Pool::new(3).imap_unordered(nap, [30, 1, 15]);
        assert_eq!(results.map(Result::unwrap).collect::<Vec<_>>(), [1, 15, 30]);
        let results = Pool::new(1).imap_unordered(nap, [3, 1, 2]);
        assert_eq!(results.map(Result::unwrap).collect::<Vec<_>>(), [3, 1, 2]);
        let mut endless = Pool::new(2).imap(|n| n, 0..);
        assert_eq!(endless.next().unwrap().unwrap(), 0);
    }

    #[test]
    fn a_killed_group_is_empty() {
        let group = Group::new();
        for _ in 0..3 {
            group.spawn(|| sleep(Duration::from_secs(1000)));
        }
        sleep(NOW);
        assert!(!group.join(Some(ms(1))));
        group.kill(None).unwrap();
        assert!(group.is_empty());
    }
}
