#![doc = include_str!("../README.md")]

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
compile_error!("gevent runs on 64-bit Linux only: its hub waits in epoll");

#[cfg(panic = "abort")]
compile_error!("gevent needs panic = \"unwind\": a task that is killed is unwound");

mod detector;
mod exception;
mod hub;
mod join;
mod mix_in;
mod task;
mod timeout;
mod waitlist;

pub mod event;
pub mod lock;
pub mod monkey;
pub mod net;
pub mod pool;
pub mod queue;
pub mod server;
pub mod threadpool;

mod signal;

pub use crate::detector::{Blocking, BlockingDetector};
pub use crate::exception::{Exception, GetError, LoopExit, SystemExit};
pub use crate::hub::{Hub, has_hub, hub};
pub use crate::join::{
    IWait, JoinOptions, Waitable, iwait, joinall, joinall_with, killall, killall_nowait, wait,
};
pub use crate::mix_in::GeventMixIn;
pub use crate::signal::{SignalHandler, signal};
#[doc(hidden)]
pub use crate::task::Notice;
pub use crate::task::{AnyTask, AsTask, LinkId, Task, getcurrent, sleep, spawn, spawn_later};
pub use crate::timeout::{TimedOut, Timeout, with_timeout};

#[doc(inline)]
pub use greenlet::{GreenletExit, catch, finally};

/// A variable of which each task has its own: Python's `gevent.local`.
pub mod local {
    #[doc(inline)]
    pub use greenlet::Local;
}
