//! Waiting for several: `joinall`, `wait`, `iwait`, `killall`.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use crate::exception::Exception;
use crate::hub::{Waker, Woken, hub};
use crate::task::{AnyTask, AsTask, Link, Notice, Verdict};
use crate::timeout::{TimedOut, Timeout};
use crate::waitlist::Deadline;

/// Waits until all `tasks` have ended, or the time is over; returns those that have ended, in the
/// order of their ends.
///
/// Tasks of different result types go in as [`AnyTask`]s: `joinall(&[a.any(), b.any()], None)`.
///
/// ```
/// use std::time::Duration;
/// use gevent::{joinall, sleep, spawn};
///
/// let nap = |ms| spawn(move || sleep(Duration::from_millis(ms))).named(format!("{ms} ms"));
/// let done = joinall(&[nap(9), nap(1), nap(60_000)], Some(Duration::from_millis(50)));
/// assert_eq!(done.iter().map(|task| task.name()).collect::<Vec<_>>(), ["1 ms", "9 ms"]);
/// ```
pub fn joinall<T: AsTask>(tasks: &[T], timeout: Option<Duration>) -> Vec<T> {
    let options = JoinOptions { timeout, ..JoinOptions::default() };
    joinall_with(tasks, options).unwrap_or_default()
}

/// What Python's `joinall` takes as keyword arguments.
#[derive(Clone, Copy, Debug, Default)]
pub struct JoinOptions {
    /// How long to wait; `None`: until the end.
    pub timeout: Option<Duration>,
    /// Give the error of the first task that fails, at once. The others go on.
    pub raise_error: bool,
    /// Enough when so many have ended; `None`: all.
    pub count: Option<usize>,
}

/// [`joinall`] with all its options.
///
/// # Errors
/// What the first failing task died of, if `raise_error` is set.
pub fn joinall_with<T: AsTask>(tasks: &[T], options: JoinOptions) -> Result<Vec<T>, Exception> {
    let wanted = options.count.unwrap_or(tasks.len()).min(tasks.len());
    if wanted == 0 {
        return Ok(Vec::new());
    }
    // With `raise_error` each end is looked at, otherwise all of them at once.
    let gather = Gather::new(if options.raise_error { 1 } else { wanted });
    let notice: Rc<dyn Notice> = gather.clone();
    for (nth, task) in tasks.iter().enumerate() {
        task.as_task().watch(&notice, nth);
    }
    let _tidy = UnwatchTasks { tasks, notice };
    let deadline = Deadline::after(options.timeout);
    let mut ended = Vec::new();
    let mut in_time = true;
    while in_time && ended.len() < wanted {
        in_time = gather.wait(deadline);
        let mut new = gather.happened.take();
        new.truncate(wanted - ended.len());
        if options.raise_error {
            for &nth in &new {
                if let Verdict::Failed(exception) = tasks[nth].as_task().verdict() {
                    return Err(exception);
                }
            }
        }
        if ended.is_empty() {
            ended = new;
        } else {
            ended.append(&mut new);
        }
    }
    Ok(ended.into_iter().map(|nth| tasks[nth].clone()).collect())
}

/// Leaves no note behind, however the wait ends.
struct UnwatchTasks<'a, T: AsTask> {
    tasks: &'a [T],
    notice: Rc<dyn Notice>,
}

impl<T: AsTask> Drop for UnwatchTasks<'_, T> {
    fn drop(&mut self) {
        // Two references are ours, the others lie with tasks that have not ended.
        if Rc::strong_count(&self.notice) > 2 {
            self.tasks.iter().for_each(|task| task.as_task().unwatch(&self.notice));
        }
    }
}

/// Something that [`wait`] and [`iwait`] can wait for: tasks, events, results, semaphores.
pub trait Waitable {
    /// Whether there is nothing to wait for.
    fn is_ready(&self) -> bool;

    #[doc(hidden)]
    fn watch(&self, by: &Rc<dyn Notice>, nth: usize);

    #[doc(hidden)]
    fn unwatch(&self, by: &Rc<dyn Notice>);
}

impl Waitable for AnyTask {
    fn is_ready(&self) -> bool {
        self.dead()
    }

    fn watch(&self, by: &Rc<dyn Notice>, nth: usize) {
        if self.dead() {
            by.happened(nth);
        } else {
            self.fiber().core().with_links(|links| links.push(Link::note(by, nth)));
        }
    }

    fn unwatch(&self, by: &Rc<dyn Notice>) {
        drop(self.fiber().core().with_links(|links| links.take_out(|link| link.is_note_of(by))));
    }
}

impl<R: 'static> Waitable for crate::Task<R> {
    fn is_ready(&self) -> bool {
        self.dead()
    }

    fn watch(&self, by: &Rc<dyn Notice>, nth: usize) {
        self.any().watch(by, nth);
    }

    fn unwatch(&self, by: &Rc<dyn Notice>) {
        self.any().unwatch(by);
    }
}

/// Waits until all of `objects` are ready, or `count` of them, or the time is over. Returns the
/// indices of those that are, in the order in which they became so.
pub fn wait(
    objects: &[&dyn Waitable],
    timeout: Option<Duration>,
    count: Option<usize>,
) -> Vec<usize> {
    let count = count.unwrap_or(objects.len());
    iwait(objects, timeout).take(count).collect()
}

/// The indices of `objects` as they become ready, until all are or the time is over.
pub fn iwait<'a>(objects: &[&'a dyn Waitable], timeout: Option<Duration>) -> IWait<'a> {
    let gather = Gather::new(1);
    let notice: Rc<dyn Notice> = gather.clone();
    for (nth, object) in objects.iter().enumerate() {
        object.watch(&notice, nth);
    }
    IWait {
        gather,
        left: objects.len(),
        ready: VecDeque::new(),
        deadline: Deadline::after(timeout),
        _tidy: Unwatch { objects: objects.to_vec(), notice },
    }
}

/// See [`iwait`].
#[derive(Debug)]
pub struct IWait<'a> {
    gather: Rc<Gather>,
    left: usize,
    ready: VecDeque<usize>,
    deadline: Deadline,
    _tidy: Unwatch<'a>,
}

impl Iterator for IWait<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        if self.ready.is_empty() {
            self.gather.wait(self.deadline);
            self.ready.extend(self.gather.happened.take());
        }
        let next = self.ready.pop_front()?;
        self.left -= 1;
        Some(next)
    }
}

/// Kills all `tasks` and waits until they have ended.
///
/// # Errors
/// They have not in time.
pub fn killall<T: AsTask>(tasks: &[T], timeout: Option<Duration>) -> Result<(), TimedOut> {
    killall_nowait(tasks);
    Timeout::new(timeout).run(|| {
        joinall(tasks, None);
    })
}

/// [`killall`] without waiting.
pub fn killall_nowait<T: AsTask>(tasks: &[T]) {
    tasks.iter().for_each(|task| task.as_task().kill_nowait());
}

/// Collects what happens until enough has.
#[derive(Debug)]
struct Gather {
    happened: RefCell<Vec<usize>>,
    /// Wakes the waiter when so many are in `happened`.
    enough: usize,
    waker: RefCell<Option<Waker>>,
}

impl Gather {
    fn new(enough: usize) -> Rc<Gather> {
        Rc::new(Gather { happened: RefCell::default(), enough, waker: RefCell::new(None) })
    }

    /// Waits until enough has happened; false if the time is over.
    fn wait(&self, deadline: Deadline) -> bool {
        if self.happened.borrow().len() >= self.enough {
            return true;
        }
        let register = |waker| drop(self.waker.replace(Some(waker)));
        let woken = hub().wait("one of several things", deadline.left(), register);
        self.waker.take();
        woken == Woken::Called
    }
}

impl Notice for Gather {
    fn happened(&self, nth: usize) {
        let mut happened = self.happened.borrow_mut();
        happened.push(nth);
        if happened.len() >= self.enough
            && let Some(waker) = self.waker.take()
        {
            waker.wake();
        }
    }
}

/// Leaves no note behind, however the wait ends.
struct Unwatch<'a> {
    objects: Vec<&'a dyn Waitable>,
    notice: Rc<dyn Notice>,
}

impl Drop for Unwatch<'_> {
    fn drop(&mut self) {
        self.objects.iter().for_each(|object| object.unwatch(&self.notice));
    }
}

impl fmt::Debug for Unwatch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} objects", self.objects.len())
    }
}
