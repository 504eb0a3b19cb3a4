//! A has the lock, B waits for it: asleep, as the kernel says.

use std::fs;
use std::sync::mpsc;
use std::thread::yield_now;

use threading::{Event, Lock, Thread, ThreadError};

static LOCK: Lock = Lock::new();
static A_HAS_IT: Event = Event::new();
static A_MAY_RELEASE: Event = Event::new();

/// Tells the scene, and returns B's state while it waited.
pub(crate) fn show(say: &dyn Fn(String)) -> Result<char, ThreadError> {
    let (told, story) = mpsc::channel();
    let a = Thread::named("A", {
        let told = told.clone();
        move || {
            LOCK.acquire();
            A_HAS_IT.set();
            let _ = A_MAY_RELEASE.wait(None);
            let _ = told.send("A releases it");
            LOCK.release().expect("A holds it");
        }
    });
    let b = Thread::named("B", move || {
        LOCK.acquire();
        let _ = told.send("B has it");
        LOCK.release().expect("B holds it");
    });

    a.start()?;
    let _ = A_HAS_IT.wait(None);
    say("A has the lock".into());
    b.start()?;
    let mut state = state_of(&b);
    while state != 'S' {
        yield_now();
        state = state_of(&b);
    }
    say(format!("B waits for it             its state: {state} (sleeping)"));
    A_MAY_RELEASE.set();
    b.join(None)?;
    a.join(None)?;
    story.iter().for_each(|line| say(line.into()));
    Ok(state)
}

/// `R` running, `S` sleeping, …: the letter after the name in `/proc/self/task/ID/stat`; see proc(5).
fn state_of(thread: &Thread) -> char {
    let id = thread.native_id().unwrap_or(0);
    let stat = fs::read_to_string(format!("/proc/self/task/{id}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().and_then(|rest| rest.chars().next()).unwrap_or('?')
}
