//! Threads for what blocks in a way that no hub can help: files, name look-ups, other libraries.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::exception::Exception;
use crate::hub::{Interrupt, hub, raise};

/// Runs `f` on a thread of this hub's own pool (of ten), while other tasks run; gives its result.
///
/// ```
/// let text = gevent::threadpool::apply(|| std::fs::read_to_string("Cargo.toml"));
/// assert!(text.unwrap().is_ok());
/// ```
///
/// # Errors
/// What `f` panicked with, or that there is no thread to be had.
pub fn apply<R: Send + 'static>(f: impl FnOnce() -> R + Send + 'static) -> Result<R, Exception> {
    own_pool().apply(f)
}

/// The hub's own pool.
pub(crate) fn own_pool() -> ThreadPool {
    thread_local! { static POOL: OnceCell<ThreadPool> = const { OnceCell::new() } }
    POOL.with(|pool| pool.get_or_init(|| ThreadPool::new(10)).clone())
}

/// How many threads this process has beside this one and those that wait for work from a pool;
/// `None` if the system does not say.
pub(crate) fn other_threads() -> Option<usize> {
    let all = std::fs::read_dir("/proc/self/task").ok()?.count();
    Some(all.saturating_sub(1 + IDLE.load(SeqCst)))
}

/// Threads of all pools that wait for work.
static IDLE: AtomicUsize = AtomicUsize::new(0);

/// At most so many threads that run what tasks of one hub give them. It cannot leave the hub's
/// thread; clones are the same pool.
#[derive(Clone)]
pub struct ThreadPool {
    crew: Rc<Crew>,
    not_send: PhantomData<*const ()>,
}

impl ThreadPool {
    /// Threads are started when there is something to do for them.
    #[must_use]
    pub fn new(most: usize) -> ThreadPool {
        let shared = Arc::new(Shared { desk: Mutex::default(), news: Condvar::new() });
        ThreadPool { crew: Rc::new(Crew { shared, most }), not_send: PhantomData }
    }

    /// Runs `f` on a thread; gives its result. A task that is killed meanwhile leaves the thread to
    /// its work, whose result is dropped.
    ///
    /// # Errors
    /// What `f` panicked with, or that there is no thread to be had.
    pub fn apply<R: Send + 'static>(
        &self,
        f: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Exception> {
        match self.apply_or(f) {
            Ok(result) => result,
            Err(Interrupt::Unwinding) => {
                Err(Exception::from_value("nothing can be waited for while a panic unwinds"))
            }
            Err(interrupt) => raise(interrupt),
        }
    }

    /// As [`ThreadPool::apply`], for who must not unwind.
    pub(crate) fn apply_or<R: Send + 'static>(
        &self,
        f: impl FnOnce() -> R + Send + 'static,
    ) -> Result<Result<R, Exception>, Interrupt> {
        let failed = |error: io::Error| {
            Exception::from_value(format!("cannot run this on a thread: {error}"))
        };
        let (number, mailbox) = match hub().expect_mail() {
            Ok(expected) => expected,
            Err(error) => return Ok(Err(failed(error))),
        };
        let result = Arc::new(Mutex::new(None));
        let place = Arc::clone(&result);
        let job = Box::new(move || {
            let done = greenlet::catch(f);
            *lock(&place) = Some(done);
            mailbox.post(number);
        });
        if let Err(error) = self.crew.hire_for(job) {
            hub().mail_is_off(number);
            return Ok(Err(failed(error)));
        }
        let register = |waker| hub().on_mail(number, Some(waker));
        if let Err(interrupt) = hub().wait_or("a thread", None, register) {
            hub().on_mail(number, None);
            return Err(interrupt);
        }
        match lock(&result).take() {
            Some(done) => Ok(done.map_err(Exception::new)),
            None => Ok(Err(Exception::from_value("the thread has lost its result"))),
        }
    }

    /// As [`ThreadPool::apply`], in a task of its own.
    pub fn spawn<R: Send + 'static>(
        &self,
        f: impl FnOnce() -> R + Send + 'static,
    ) -> crate::Task<Result<R, Exception>> {
        let pool = self.clone();
        crate::spawn(move || pool.apply(f))
    }
}

impl fmt::Debug for ThreadPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let desk = lock(&self.crew.shared.desk);
        f.debug_struct("ThreadPool")
            .field("threads", &desk.threads)
            .field("waiting", &desk.jobs.len())
            .finish_non_exhaustive()
    }
}

type Job = Box<dyn FnOnce() + Send>;

struct Crew {
    shared: Arc<Shared>,
    most: usize,
}

struct Shared {
    desk: Mutex<Desk>,
    news: Condvar,
}

#[derive(Default)]
struct Desk {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    closed: bool,
}

impl Crew {
    /// Puts the job on the desk, and starts a thread if all are busy and there may be more.
    fn hire_for(&self, job: Job) -> io::Result<()> {
        let mut desk = lock(&self.shared.desk);
        if desk.idle <= desk.jobs.len() && desk.threads < self.most {
            let shared = Arc::clone(&self.shared);
            let name = "gevent threadpool".to_owned();
            match std::thread::Builder::new().name(name).spawn(move || shared.work()) {
                Ok(_) => desk.threads += 1,
                Err(error) if desk.threads == 0 => return Err(error),
                Err(_) => {}
            }
        }
        desk.jobs.push_back(job);
        self.shared.news.notify_one();
        Ok(())
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        lock(&self.shared.desk).closed = true;
        self.shared.news.notify_all();
    }
}

impl Shared {
    fn work(&self) {
        let mut desk = lock(&self.desk);
        loop {
            if let Some(job) = desk.jobs.pop_front() {
                drop(desk);
                job();
                desk = lock(&self.desk);
            } else if desk.closed {
                return;
            } else {
                desk.idle += 1;
                IDLE.fetch_add(1, SeqCst);
                desk = self.news.wait(desk).unwrap_or_else(PoisonError::into_inner);
                IDLE.fetch_sub(1, SeqCst);
                desk.idle -= 1;
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
