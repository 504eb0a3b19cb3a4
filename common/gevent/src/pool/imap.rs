//! `map` and its kin: a task for each item.

use std::panic::resume_unwind;
use std::rc::Rc;

use super::Group;
use crate::exception::GetError;
use crate::join::joinall;
use crate::queue::Queue;
use crate::task::{Task, spawn};

/// Results as they come. See [`Group::imap`] and [`Group::imap_unordered`].
#[derive(Debug)]
pub struct IMap<R: 'static> {
    tasks: Queue<Task<R>>,
    /// Starts the tasks; what the iterator of the items dies of, it dies of too.
    feeder: Option<Task<()>>,
}

impl<R: 'static> Iterator for IMap<R> {
    type Item = Result<R, GetError>;

    fn next(&mut self) -> Option<Result<R, GetError>> {
        if let Some(task) = (&self.tasks).next() {
            return Some(task.take(None));
        }
        let feeder = self.feeder.take()?;
        feeder.join(None);
        feeder.exception().map(|exception| Err(GetError::Failed(exception)))
    }
}

/// When a task is put where the results are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Started,
    Ended,
}

impl Group {
    /// Starts a task for each item, from a task of its own: in a pool that may take time.
    pub(super) fn feed<I: 'static, R: 'static>(
        &self,
        f: impl Fn(I) -> R + 'static,
        items: impl IntoIterator<Item = I> + 'static,
        when: When,
    ) -> IMap<R> {
        let (group, tasks) = (self.clone(), Queue::new());
        let end = End(tasks.clone());
        let feeder = spawn(move || {
            let f = Rc::new(f);
            let mut started = Vec::new();
            let fed = greenlet::catch(|| {
                for item in items {
                    let f = Rc::clone(&f);
                    let task = group.spawn(move || f(item));
                    let (queue, itself) = (end.0.clone(), task.clone());
                    let put = move || _ = queue.put(itself, None);
                    if when == When::Ended {
                        task.rawlink(move |_| put());
                        started.push(task);
                    } else {
                        put();
                    }
                }
            });
            joinall(&started, None);
            fed.unwrap_or_else(|payload| resume_unwind(payload));
        });
        IMap { tasks, feeder: Some(feeder) }
    }
}

/// Nothing more will come, whatever becomes of the task that feeds the queue.
struct End<R: 'static>(Queue<Task<R>>);

impl<R: 'static> Drop for End<R> {
    fn drop(&mut self) {
        self.0.shutdown();
    }
}
