//! Threads, locks, events, the GIL; and what a process has that a thread has not.

use super::{Check, Demo, Spec, Text};
use crate::demo;

pub(super) fn thread_basics() -> Spec {
    let demo = Demo {
        name: "thread_basics",
        title: Text {
            en: "Thread: prints `name: …` and `alive: …` before, while and after it runs, `ended: …` after each join",
            zh: "Thread：在运行前、中、后打印 `name: …` 和 `alive: …`，每次 join 后打印 `ended: …`",
        },
        main: "day07/thread_basics/src/main.rs",
        ours: &[],
    };
    let checks = vec![
        Check::new("alive", 30, |subject| {
            demo::prints(subject, &["alive: false", "alive: true", "alive: false"])
        })
        .title(
            "prints alive: false, then true while it runs, then false again",
            "先打印 alive: false，运行时为 true，结束后又为 false",
        )
        .place(
            "when do you ask: before start, after it, after join?",
            "什么时候询问：start 之前、之后、join 之后？",
        )
        .call("print('alive:', t.is_alive())", "print('alive:', t.is_alive())")
        .line(demo.main, "【2】"),
        Check::new("name", 20, |subject| {
            demo::prints(subject, &["name: Thread-1", "name: cook of the day"])
        })
        .title(
            "prints the default name, and `name: cook of the day` once it is changed",
            "打印默认名字，改名之后打印 `name: cook of the day`",
        )
        .place("leave the name out when you make the thread", "创建线程时不要给名字")
        .call(
            "t.name before, t.name = 'cook of the day' after",
            "之前读 t.name，之后 t.name = 'cook of the day'，改名",
        )
        .line(demo.main, "【3】"),
        Check::new("join-timeout", 20, |subject| {
            demo::prints(subject, &["ended: false", "ended: true"])
        })
        .title(
            "a join with a timeout that is too short prints ended: false, the last one true",
            "时限太短的 join 打印 ended: false，最后一次打印 true",
        )
        .place(
            "the thread must run longer than the first join waits",
            "线程要比第一次 join 的时限运行得更久",
        )
        .call(
            "t.join(0.1); print('ended:', not t.is_alive())",
            "t.join(0.1); print('ended:', not t.is_alive())",
        )
        .line(demo.main, "【4】"),
        demo.threads(20, "【1】"),
    ];
    demo.spec(checks)
}

pub(super) fn thread_lock() -> Spec {
    let demo = Demo {
        name: "thread_lock",
        title: Text {
            en: "Lock: prints `N of M, lost K` without and with a lock, and who has the lock, waits, releases",
            zh: "Lock：不加锁和加锁时打印 `N of M, lost K`，以及谁持有锁、等待、释放",
        },
        main: "day07/thread_lock/src/main.rs",
        ours: &["--quick"],
    };
    let checks = vec![
        Check::new("lost-update", 25, |subject| counted(subject, |lost| lost > 0))
            .title(
                "loses updates without a lock: a line `N of M, lost K` with K above 0",
                "不加锁会丢失更新：一行 `N of M, lost K`，K 大于 0",
            )
            .place(
                "let the other thread run between reading and writing the counter",
                "在读计数器和写计数器之间让另一个线程运行",
            )
            .call(
                "x = count; time.sleep(0); count = x + 1 in both threads",
                "两个线程都 x = count; time.sleep(0); count = x + 1",
            )
            .line(demo.main, "【1】"),
        Check::new("no-lost-update", 25, |subject| counted(subject, |lost| lost == 0))
            .title(
                "loses none with a lock: a line `N of N, lost 0`",
                "加锁后不丢失：一行 `N of N, lost 0`",
            )
            .place("the lock must be held from reading to writing", "从读到写都要持有锁")
            .call("with lock: count = count + 1", "with lock: count = count + 1")
            .line(demo.main, "【3】"),
        Check::new("order", 25, |subject| {
            demo::prints(subject, &["A has the lock", "B waits", "A releases", "B has it"])
        })
        .title(
            "prints A has the lock, B waits, A releases, B has it, in this order",
            "依次打印 A has the lock、B waits、A releases、B has it",
        )
        .place(
            "B prints that it waits before it calls acquire, and that it has it after",
            "B 在 acquire 之前打印等待，之后打印得到",
        )
        .call(
            "A acquires, starts B, waits until B is about to acquire, then releases",
            "A 先 acquire，启动 B，等到 B 将要 acquire，再 release",
        )
        .line(demo.main, "【4】"),
        demo.threads(15, "【1】"),
    ];
    demo.spec(checks)
}

/// A line `N of M, lost K` that adds up, and whose K is as it should be.
fn counted(subject: &crate::Subject, fits: impl Fn(u64) -> bool) -> crate::Result {
    let run = demo::run(subject)?;
    let numbers = |line: &String| {
        let digits = line.split(|c: char| !c.is_ascii_digit());
        digits.filter_map(|word| word.parse().ok()).collect::<Vec<u64>>()
    };
    let lines = run.lines();
    let counts = lines.iter().filter(|line| line.contains(" of ") && line.contains("lost "));
    let holds = counts.map(numbers).any(|numbers| match numbers[..] {
        [.., counted, of, lost] => counted + lost == of && fits(lost),
        _ => false,
    });
    run.check(holds, "there is no such line \"N of M, lost K\" with N + K = M")
}

pub(super) fn thread_event() -> Spec {
    let demo = Demo {
        name: "thread_event",
        title: Text {
            en: "Event: prints `is_set: …` after each call, what wait(0.1) gives, and `A wakes`, `B wakes`, `C wakes`",
            zh: "Event：每次调用后打印 `is_set: …`，wait(0.1) 的结果，以及 `A wakes`、`B wakes`、`C wakes`",
        },
        main: "day07/thread_event/src/main.rs",
        ours: &[],
    };
    let checks = vec![
        Check::new("is-set", 25, |subject| {
            demo::prints(subject, &["is_set: false", "is_set: true", "is_set: false"])
        })
        .title(
            "prints is_set: false at first, true after set, false after clear",
            "开始时 is_set: false，set 之后 true，clear 之后 false",
        )
        .place("print is_set after each call", "每次调用之后打印 is_set")
        .call(
            "e = Event(); e.set(); e.clear(); print('is_set:', e.is_set())",
            "e = Event(); e.set(); e.clear(); print('is_set:', e.is_set())",
        )
        .line(demo.main, "【1】"),
        Check::new("timeout", 20, |subject| {
            demo::prints(subject, &["is_set: true", "is_set: false", "wait…false"])
        })
        .title(
            "after clear, a wait with a timeout gives false: a line `wait … false`",
            "clear 之后，带时限的 wait 返回 false：一行 `wait … false`",
        )
        .place("nobody may set the event meanwhile", "这期间没有人 set")
        .call("print('wait(0.1)', e.wait(0.1))", "print('wait(0.1)', e.wait(0.1))")
        .line(demo.main, "【3】"),
        Check::new("wakes-all", 25, |subject| {
            for name in ["A", "B", "C"] {
                demo::prints(subject, &["is_set: true", &format!("{name} wakes")])?;
            }
            Ok(())
        })
        .title(
            "one set wakes all three: A wakes, B wakes, C wakes",
            "一次 set 唤醒三个线程：A wakes、B wakes、C wakes",
        )
        .place("all three wait for one and the same event", "三个线程等待同一个事件")
        .call(
            "def f(name): e.wait(); print(name, 'wakes')",
            "def f(name): e.wait(); print(name, 'wakes')",
        )
        .line(demo.main, "【5】"),
        demo.threads(20, "【4】"),
    ];
    demo.spec(checks)
}

pub(super) fn thread_gil() -> Spec {
    let demo = Demo {
        name: "thread_gil",
        title: Text {
            en: "the GIL, measured: rows `CPU, with the GIL`, `CPU, no GIL` and `I/O` for 1, 2 and 4 threads",
            zh: "测量 GIL：1、2、4 个线程的 `CPU, with the GIL`、`CPU, no GIL` 和 `I/O` 各行",
        },
        main: "day07/thread_gil/src/main.rs",
        ours: &["--quick"],
    };
    let checks = vec![
        Check::new("cpu-rows", 25, |subject| rows(subject, "CPU, with the GIL"))
            .title(
                "a row for computing with the GIL, for 1, 2 and 4 threads",
                "有 GIL 的计算：1、2、4 个线程各一行",
            )
            .place("the same work in all, spread over the threads", "工作总量相同，分给各个线程")
            .call(
                "print('CPU, with the GIL', threads, ms)",
                "print('CPU, with the GIL', threads, ms)",
            )
            .line(demo.main, "【1】"),
        Check::new("no-gil-rows", 20, |subject| rows(subject, "CPU, no GIL"))
            .title(
                "a row for computing without it, for 1, 2 and 4",
                "没有 GIL 的计算：1、2、4 各一行",
            )
            .place(
                "in Python, processes have no GIL in common",
                "在 Python 里，进程之间没有共同的 GIL",
            )
            .call(
                "multiprocessing.Process, or a C function that releases the GIL (hashlib, zlib)",
                "multiprocessing.Process，或释放 GIL 的 C 函数（hashlib、zlib）",
            )
            .line(demo.main, "【2】"),
        Check::new("io-rows", 25, |subject| rows(subject, "I/O"))
            .title("a row for waiting, for 1, 2 and 4 threads", "等待 IO：1、2、4 个线程各一行")
            .place("who waits lets go of the GIL", "等待时会放开 GIL")
            .call(
                "time.sleep or recv in place of the computation",
                "用 time.sleep 或 recv 代替计算",
            )
            .line(demo.main, "【3】"),
        demo.threads(20, "【4】"),
    ];
    demo.spec(checks)
}

/// Rows that begin so, for 1, 2 and 4.
fn rows(subject: &crate::Subject, work: &str) -> crate::Result {
    let run = demo::run(subject)?;
    for (part, threads) in (1..).zip(["1", "2", "4"]) {
        let is_row = |line: &String| {
            let rest = line.strip_prefix(work).map(|rest| rest.trim_start_matches(", GIL let go"));
            rest.and_then(|rest| rest.split_whitespace().next()) == Some(threads)
        };
        let found = run.lines().iter().any(is_row);
        run.check(found, format!("there is no row \"{work}  {threads} …\""))?;
        subject.reached(part, 3);
    }
    Ok(())
}

pub(super) fn process_thread() -> Spec {
    let demo = Demo {
        name: "process_thread",
        title: Text {
            en: "a child has a copy, a thread shares: a counter and an open file, from both",
            zh: "子进程得到拷贝，线程共享：分别用计数器和打开的文件说明",
        },
        main: "day09/process_thread/src/main.rs",
        ours: &["--quick"],
    };
    let checks = vec![
        Check::new("child-copies", 25, |subject| demo::prints(subject, &["a child adds…has 1…have 0"]))
            .title("a child adds 1: the child has 1, we have 0", "子进程加 1：the child has 1, we have 0")
            .place("print the counter in the child, and in the parent after it", "在子进程里打印计数器，之后在父进程里打印")
            .call("os.fork() or multiprocessing.Process: its memory is a copy", "os.fork() 或 multiprocessing.Process：内存是拷贝")
            .line(demo.main, "【1】"),
        Check::new("thread-shares", 25, |subject| demo::prints(subject, &["a thread adds…has 1…have 1"]))
            .title("a thread adds 1: the thread has 1, we have 1", "线程加 1：the thread has 1, we have 1")
            .place("the thread changes the very variable that we print", "线程改的就是我们打印的那个变量")
            .call("threading.Thread(target=add); t.start(); t.join()", "threading.Thread(target=add); t.start(); t.join()")
            .line(demo.main, "【1】"),
        Check::new("open-file", 20, |subject| {
            demo::prints(subject, &["a child closes…true"])?;
            subject.reached(1, 2);
            demo::prints(subject, &["a thread closes…false"])
        })
        .title("a file that a child closes is open for us (true), one that a thread closes is not (false)", "子进程关闭的文件对我们仍打开（true），线程关闭的则不（false）")
        .place("close it there, then try to use it here", "在那边关闭，再在这边使用")
        .call("os.close(fd) in the child; os.fstat(fd) here", "子进程里 os.close(fd)；这边 os.fstat(fd)")
        .line(demo.main, "【4】"),
        Check::new("model-both", 20, demo::it_has_children_and_threads)
            .title("really has a child process, and a second thread", "确实有子进程，也有第二个线程")
            .place("printing the lines is not enough: they are looked for", "只打印这些行是不够的：检查会寻找它们")
            .call("multiprocessing.Process(...).start(), threading.Thread(...).start()", "multiprocessing.Process(...).start()，threading.Thread(...).start()，都要有")
            .line(demo.main, "【5】"),
    ];
    demo.spec(checks)
}
