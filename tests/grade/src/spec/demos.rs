//! The programs that print and end: each check looks at a part of *Expected output* of its README.

use super::{Check, Spec, Text};
use crate::demo;

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
        Spec { name, title, port: 0, ours, reply: "", files: None, inside: false, checks }
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
        thread_basics(),
        thread_lock(),
        thread_event(),
        thread_gil(),
        multi_task(),
        coroutine_yield(),
        coroutine_greenlet(),
        coroutine_gevent(),
    ]
}

pub(super) fn all_of_day09() -> Vec<Spec> {
    vec![process_thread(), greenlet_test(), gevent_test()]
}

fn thread_basics() -> Spec {
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

fn thread_lock() -> Spec {
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

fn thread_event() -> Spec {
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

fn thread_gil() -> Spec {
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

fn multi_task() -> Spec {
    let demo = Demo {
        name: "multi_task",
        title: Text {
            en: "tasks taken in turn by a scheduler of one's own: wash, cook, sweep three times; a busy task; a counter",
            zh: "自己写的调度器轮流执行任务：wash、cook、sweep 各三次；一个不让出的任务；一个计数器",
        },
        main: "day07/multi_task/src/main.rs",
        ours: &[],
    };
    let checks = vec![
        Check::new("in-turn", 30, |subject| {
            const TURNS: [&str; 9] = [
                "wash 1", "cook 1", "sweep 1", "wash 2", "cook 2", "sweep 2", "wash 3", "cook 3",
                "sweep 3",
            ];
            demo::prints(subject, &TURNS)
        })
        .title("wash 1, cook 1, sweep 1, wash 2 … sweep 3, in turn", "依次轮流：wash 1、cook 1、sweep 1、wash 2 …… sweep 3")
        .place("one step of each task, then the next task", "每个任务执行一步，再轮到下一个")
        .call("a queue of generators: g = q.popleft(); next(g); q.append(g)", "生成器队列：g = q.popleft(); next(g); q.append(g)，直到 StopIteration")
        .line(demo.main, "【1】"),
        Check::new("counter", 20, |subject| demo::prints(subject, &["yield after…2000", "yield between…1000"]))
            .title("a counter is exact without a lock (2000), and wrong with a yield between reading and writing (1000)", "不加锁计数也准确（2000）；读写之间有 yield 就会出错（1000）")
            .place("two tasks of 1000 additions each", "两个任务各加 1000 次")
            .call("x = count; yield; count = x + 1 loses one of two", "x = count; yield; count = x + 1 会丢掉一半")
            .line(demo.main, "【2】"),
        Check::new("busy", 20, |subject| {
            demo::prints(subject, &["busy 1", "busy 2", "busy 3", "busy 4", "other 1", "other 2"])
        })
        .title("a task that never yields makes the others wait: busy 1 to 4, then other 1 and 2", "不让出的任务让别人等待：busy 1 到 4，然后 other 1、2")
        .place("leave the yield out of the loop of busy", "busy 的循环里没有 yield")
        .call("yield once, after the loop", "循环结束之后才 yield")
        .line(demo.main, "【3】"),
        Check::new("yielding", 10, |subject| {
            demo::prints(subject, &["other 2", "busy 1", "other 1", "busy 2", "other 2", "busy 3", "busy 4"])
        })
        .title("the same task with a yield alternates with the other", "同一个任务加上 yield 就与另一个交替")
        .place("now the yield stands in the loop", "这次 yield 在循环里")
        .call("for i in range(4): print('busy', i + 1); yield", "for i in range(4): print('busy', i + 1); yield")
        .line(demo.main, "【3】"),
        demo.one_thread(10, "【1】"),
    ];
    demo.spec(checks)
}

fn coroutine_yield() -> Spec {
    let demo = Demo {
        name: "coroutine_yield",
        title: Text {
            en: "a generator of running means: prints what each send gives, the first error, StopIteration, close",
            zh: "求平均值的生成器：打印每次 send 的结果、第一次的错误、StopIteration、close",
        },
        main: "day07/coroutine_yield/src/main.rs",
        ours: &[],
    };
    let checks = vec![
        Check::new("first-none", 20, |subject| {
            demo::prints(subject, &["just-started generator", "starts"])
        })
        .title(
            "the first send of a value is an error, and the function has not started yet",
            "第一次 send 一个值是错误，函数还没有开始执行",
        )
        .place(
            "print the exception, then send None: only now does the function start",
            "打印异常，再 send(None)：函数这时才开始",
        )
        .call(
            "try: g.send(1.0) except TypeError as e: print('error:', e)",
            "try: g.send(1.0) except TypeError as e: print('error:', e)，然后 g.send(None)",
        )
        .line(demo.main, "【2】"),
        Check::new("send", 30, |subject| {
            demo::prints(subject, &["send(10…10", "send(20…15", "send(60…30"])
        })
        .title(
            "send(10), send(20), send(60) give the means 10, 15, 30",
            "send(10)、send(20)、send(60) 得到平均值 10、15、30",
        )
        .place("what send gives is the value of the next yield", "send 的返回值是下一个 yield 的值")
        .call("value = yield mean", "value = yield mean")
        .line(demo.main, "【3】"),
        Check::new("stop", 20, |subject| {
            demo::prints(subject, &["send(60", "StopIteration…3 numbers", "StopIteration"])
        })
        .title(
            "the end is StopIteration with the return value `3 numbers`, and then without",
            "结束时 StopIteration 带返回值 `3 numbers`，之后不再带值",
        )
        .place(
            "let None end the loop, and return what was counted",
            "收到 None 就结束循环，返回计数",
        )
        .call(
            "return f'{n} numbers'; except StopIteration as e: print(e.value)",
            "return f'{n} numbers'；except StopIteration as e: print(e.value)，返回值",
        )
        .line(demo.main, "【5】"),
        Check::new("close", 10, |subject| {
            demo::prints(subject, &["StopIteration", "released", "close"])
        })
        .title(
            "close() of one that has not ended releases what it holds",
            "没有结束的生成器，close() 释放它持有的东西",
        )
        .place(
            "a finally in the generator prints that it is released",
            "生成器里的 finally 打印 released",
        )
        .call(
            "try: yield 'one'; yield 'two' finally: print('released')",
            "try: yield 'one'; yield 'two' finally: print('released')，然后 g.close()",
        )
        .line(demo.main, "【6】"),
        demo.one_thread(10, "【1】"),
    ];
    demo.spec(checks)
}

fn coroutine_greenlet() -> Spec {
    let demo = Demo {
        name: "coroutine_greenlet",
        title: Text {
            en: "greenlet: values both ways, a wrong call, a result that goes to the parent",
            zh: "greenlet：双向传值、错误的调用、结果交给父协程",
        },
        main: "day07/coroutine_greenlet/src/main.rs",
        ours: &[],
    };
    let checks = vec![
        Check::new("arguments", 20, |subject| demo::prints(subject, &["switch(1, 2)…3"]))
            .title(
                "the first switch(1, 2) calls the function with 1 and 2: prints 3",
                "第一次 switch(1, 2) 用 1 和 2 调用函数：打印 3",
            )
            .place(
                "the first switch's arguments are the function's parameters",
                "第一次 switch 的参数就是函数的形参",
            )
            .call(
                "g = greenlet(add); print('switch(1, 2) ->', g.switch(1, 2))",
                "g = greenlet(add); print('switch(1, 2) ->', g.switch(1, 2))",
            )
            .line(demo.main, "【1】"),
        Check::new("values", 25, |subject| {
            demo::prints(subject, &["switch(3, 4)…7", "switch(5, 6)…11"])
        })
        .title(
            "later switches carry values both ways: 7, then 11",
            "之后的 switch 双向传值：7，然后 11",
        )
        .place(
            "what switch gives inside is what the other side passes next",
            "里面 switch 的返回值是对方下一次传来的值",
        )
        .call("a, b = main.switch(a + b)", "a, b = main.switch(a + b)")
        .line(demo.main, "【2】"),
        Check::new("wrong-call", 15, |subject| demo::prints(subject, &["error", "dead: true"]))
            .title(
                "a wrong first call is an error at the parent, and the greenlet is dead",
                "第一次调用参数错误：父协程得到异常，协程已死",
            )
            .place(
                "switch with the wrong number of arguments, and catch it in main",
                "用错误个数的参数 switch，在主协程捕获",
            )
            .call(
                "except TypeError as e: print('error:', e); print('dead:', g.dead)",
                "except TypeError as e: print('error:', e); print('dead:', g.dead)",
            )
            .line(demo.main, "【3】"),
        Check::new("parent", 20, |subject| {
            demo::prints(
                subject,
                &["boss switches to worker", "main gets…worker's result", "worker dead: true"],
            )
        })
        .title(
            "the result of a greenlet goes to its parent, not to who switched to it",
            "协程的结果交给父协程，而不是切换到它的协程",
        )
        .place(
            "boss switches to worker; worker returns; main gets it",
            "boss 切到 worker，worker 返回，main 得到结果",
        )
        .call(
            "the parent is who made it: greenlet(f, parent)",
            "父协程是创建它的协程：greenlet(f, parent)",
        )
        .line(demo.main, "【4】"),
        demo.one_thread(10, "【1】"),
    ];
    demo.spec(checks)
}

fn coroutine_gevent() -> Spec {
    let demo = Demo {
        name: "coroutine_gevent",
        title: Text {
            en: "gevent: joinall with a timeout, get() of each task, sleep(0) lets the others run",
            zh: "gevent：带超时的 joinall，每个任务的 get()，sleep(0) 让别人运行",
        },
        main: "day07/coroutine_gevent/src/main.rs",
        ours: &[],
    };
    // No check of the model: the blocking detector is a thread.
    let checks = vec![
        Check::new("joinall", 30, |subject| {
            for task in ["greeting", "sum"] {
                demo::prints(subject, &[&format!("ended in time: {task}"), "still running: long"])?;
            }
            Ok(())
        })
        .title(
            "joinall gives those that ended in time: greeting and sum, not long",
            "joinall 返回按时结束的：greeting 和 sum，没有 long",
        )
        .place(
            "spawn three tasks, one of which sleeps longer than the timeout",
            "spawn 三个任务，其中一个睡得比超时长",
        )
        .call(
            "done = gevent.joinall(tasks, timeout=0.5)",
            "done = gevent.joinall(tasks, timeout=0.5)",
        )
        .line(demo.main, "【3】"),
        Check::new("get", 30, |subject| {
            demo::prints(subject, &["sum:…3"])?;
            subject.reached(1, 2);
            demo::prints(subject, &["greeting:…hello gevent"])
        })
        .title(
            "get() gives each result: 3 and hello gevent",
            "get() 得到每个结果：3 和 hello gevent",
        )
        .place("a task's result is what its function returns", "任务的结果就是函数的返回值")
        .call("print('sum:', g.get())", "print('sum:', g.get())")
        .line(demo.main, "get"),
        Check::new("sleep-0", 30, |subject| demo::prints(subject, &["1A", "2A", "1B", "2B"]))
            .title(
                "two tasks with sleep(0) between their lines print 1A 2A 1B 2B",
                "两个任务在两行之间 sleep(0)：打印 1A 2A 1B 2B",
            )
            .place(
                "each prints its A, lets the other run, prints its B",
                "各自打印 A，让另一个运行，再打印 B",
            )
            .call(
                "print('1A'); gevent.sleep(0); print('1B')",
                "print('1A'); gevent.sleep(0); print('1B')",
            )
            .line(demo.main, "sleep"),
    ];
    demo.spec(checks)
}

fn process_thread() -> Spec {
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

fn greenlet_test() -> Spec {
    const LINES: [&str; 4] = ["12", "56", "34", "78"];
    let demo = Demo {
        name: "greenlet_test",
        title: Text {
            en: "two greenlets take turns by switch: 12 56 34 78",
            zh: "两个协程用 switch 轮流执行：12 56 34 78",
        },
        main: "day09/greenlet_test/src/main.rs",
        ours: &[],
    };
    let checks = vec![
        Check::new("order", 60, |subject| demo::prints(subject, &LINES))
            .title("prints 12, 56, 34, 78 in this order", "依次打印 12、56、34、78")
            .place("each goes on where it had stopped", "每个协程从停下的地方继续")
            .call(
                "print(12); gr2.switch(); print(34); gr2.switch()",
                "print(12); gr2.switch(); print(34); gr2.switch()",
            )
            .line(demo.main, "switch"),
        Check::new("nothing-else", 10, |subject| demo::prints_nothing_else(subject, &LINES))
            .title("prints nothing else", "没有其它输出")
            .place("look for a print that was left in", "找找遗留的 print")
            .call("print for these four only", "只打印这四个数")
            .line(demo.main, "switch"),
        demo.one_thread(20, "switch"),
    ];
    demo.spec(checks)
}

fn gevent_test() -> Spec {
    const LINES: [&str; 4] =
        ["Running foo 1 2", "Running bar", "Running foo again", "Running bar again"];
    let demo = Demo {
        name: "gevent_test",
        title: Text {
            en: "two tasks by gevent.spawn: Running foo 1 2, Running bar, Running foo again, Running bar again",
            zh: "gevent.spawn 的两个任务：Running foo 1 2、Running bar、Running foo again、Running bar again",
        },
        main: "day09/gevent_test/src/main.rs",
        ours: &[],
    };
    let checks = vec![
        Check::new("both-start", 40, |subject| {
            for later in ["foo again", "bar again"] {
                demo::prints(subject, &["Running foo 1 2", later])?;
                demo::prints(subject, &["Running bar", later])?;
            }
            let run = demo::run(subject)?;
            let first: Vec<_> =
                run.lines().into_iter().filter(|line| !line.is_empty()).take(2).collect();
            let again = first.iter().any(|line| line.contains("again"));
            run.check(!again, "one task ends before the other starts")
        })
        .title("both tasks start before either goes on", "两个任务都开始了，才有一个继续")
        .place(
            "only blocking that gevent knows lets the other run",
            "只有 gevent 认识的阻塞才会让别人运行",
        )
        .call(
            "gevent.sleep(2), not time.sleep(2), between the two lines",
            "两行之间用 gevent.sleep(2)，不是 time.sleep(2)",
        )
        .line(demo.main, "sleep"),
        Check::new("order", 20, |subject| demo::prints(subject, &LINES))
            .title("prints the four lines in the order of the course", "按课上的顺序打印四行")
            .place("foo sleeps for less time than bar", "foo 睡得比 bar 短")
            .call(
                "gevent.spawn(foo, 1, 2) first, then gevent.spawn(bar)",
                "先 gevent.spawn(foo, 1, 2)，再 gevent.spawn(bar)，顺序",
            )
            .line(demo.main, "spawn"),
        Check::new("nothing-else", 10, |subject| demo::prints_nothing_else(subject, &LINES))
            .title("prints nothing else", "没有其它输出")
            .place("look for a print that was left in", "找找遗留的 print")
            .call("print these four lines only", "只打印这四行")
            .line(demo.main, "spawn"),
        demo.one_thread(20, "spawn"),
    ];
    demo.spec(checks)
}
