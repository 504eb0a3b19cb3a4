//! The programs that print and end: each check looks at a part of *Expected output* of its README.

use super::{Check, Spec, Text};
use crate::demo;

mod coroutines;
mod threads;

/// What is common to all checks of a demo.
struct Demo {
    name: &'static str,
    title: Text,
    main: &'static str,
    ours: &'static [&'static str],
}

impl Demo {
    /// Ten points for running at all, then these checks.
    fn spec(self, checks: Vec<Check>) -> Spec {
        let starts = Check::new("starts", 10, demo::it_runs_to_its_end)
            .title("it starts, prints something, and ends by itself", "启动、有输出，并自己结束")
            .place(
                "start it by hand: does it end, and with which exit code?",
                "手动运行：它会结束吗？退出码是多少？",
            )
            .call(
                "join every thread or task; echo $? shows the exit code",
                "join 所有线程或协程；echo $? 显示退出码",
            )
            .line(self.main, "fn main()")
            .paste("timeout 60 {command}; echo $?");
        let with_a_base = |check: Check| match check.needs.is_empty() {
            true => check.needs(&["starts"]).paste("{command}"),
            false => check,
        };
        let Self { name, title, ours, .. } = self;
        let checks = std::iter::once(starts).chain(checks.into_iter().map(with_a_base)).collect();
        Spec {
            name,
            title,
            port: 0,
            ours,
            reply: "",
            files: None,
            inside: false,
            at_once: name == "process_thread",
            checks,
        }
    }

    fn threads(&self, points: u32, mark: &'static str) -> Check {
        Check::new("model-threads", points, demo::it_has_threads)
            .title("has a second thread while it runs", "运行时确实有第二个线程")
            .place(
                "printing the lines is not enough: the threads themselves are looked for",
                "只打印这些行是不够的：检查会寻找真正的线程",
            )
            .call("threading.Thread(target=f).start()", "threading.Thread(target=f).start()")
            .line(self.main, mark)
    }

    fn one_thread(&self, points: u32, mark: &'static str) -> Check {
        Check::new("model-one-thread", points, demo::it_has_one_thread)
            .title("never has a second thread or a child process", "从不出现第二个线程或子进程")
            .place("coroutines all run in one thread", "协程都在同一个线程里运行")
            .call(
                "a generator, greenlet or gevent.spawn in place of threading or multiprocessing",
                "用生成器、greenlet 或 gevent.spawn，不用 threading 或 multiprocessing",
            )
            .line(self.main, mark)
    }
}

pub(super) fn all_of_day07() -> Vec<Spec> {
    vec![
        threads::thread_basics(),
        threads::thread_lock(),
        threads::thread_event(),
        threads::thread_gil(),
        coroutines::multi_task(),
        coroutines::coroutine_yield(),
        coroutines::coroutine_greenlet(),
        coroutines::coroutine_gevent(),
    ]
}

pub(super) fn all_of_day09() -> Vec<Spec> {
    vec![threads::process_thread(), coroutines::greenlet_test(), coroutines::gevent_test()]
}
