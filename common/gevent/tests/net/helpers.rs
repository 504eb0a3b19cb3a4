use super::*;

#[test]
fn others_run_while_a_thread_works() {
    let ticks = Rc::new(Cell::new(0));
    let counts = ticks.clone();
    let ticker = spawn(move || {
        loop {
            counts.set(counts.get() + 1);
            sleep(ms(1));
        }
    });
    let here = std::thread::current().id();
    let there = threadpool::apply(|| {
        std::thread::sleep(ms(20));
        std::thread::current().id()
    });
    assert_ne!(there.unwrap(), here);
    assert!(ticks.get() > 2);
    ticker.kill(None);
    let error = threadpool::apply(|| panic!("on purpose")).unwrap_err();
    assert_eq!(error.to_string(), "on purpose");
}

#[test]
fn more_jobs_than_threads_all_get_done_and_a_killed_waiter_is_forgotten() {
    let pool = threadpool::ThreadPool::new(2);
    let jobs: Vec<_> = (0..20_u64)
        .map(|n| {
            pool.spawn(move || {
                std::thread::sleep(ms(1));
                n
            })
        })
        .collect();
    sleep(NOW);
    jobs[3].kill(None);
    let sum: u64 = jobs.iter().filter_map(|job| job.take(None).ok()?.ok()).sum();
    assert_eq!(sum, 190 - 3);
    assert!(hub().join(None)); // no number is still expected
}

#[test]
fn a_signal_runs_its_handler_in_a_task_that_may_wait() {
    use nix::sys::signal::{Signal, raise};
    let seen = Rc::new(Cell::new(0));
    let counts = seen.clone();
    let handler = signal(Signal::SIGUSR1, move || {
        sleep(ms(1));
        counts.set(counts.get() + 1);
    })
    .unwrap();
    sleep(NOW);
    for expected in 1..=2 {
        raise(Signal::SIGUSR1).unwrap();
        while seen.get() < expected {
            sleep(ms(1));
        }
    }
    assert!(hub().join(None), "it waits for no signal");
    drop(handler);
    sleep(NOW);
}

#[test]
fn fork_is_refused_where_there_is_a_hub() {
    hub();
    let error = common::process::fork_child(|| 0).unwrap_err();
    assert!(error.to_string().starts_with("this thread has a gevent hub"), "{error}");
}
