//! A wait that nothing can end: said, in one line, and the program stops instead of hanging.

use std::process;

use super::caller::Caller;

/// To be asked before this thread blocks for what only another thread could end.
///
/// If there is no other (but the idle ones of the hub's pool, which only this one gives work), the
/// program would hang for ever.
pub(super) fn if_alone(caller: Caller, why: &str) {
    if crate::threadpool::other_threads() == Some(0) {
        eprintln!(
            "error: {} would wait for ever, and this thread with it: {why}, and no other thread is \
             left to wake it (use gevent::lock and gevent::queue among tasks)",
            caller.name()
        );
        process::abort();
    }
}
