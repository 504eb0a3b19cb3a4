//! Generators, greenlets, gevent.

use super::{Check, Demo, Spec, Text};
use crate::demo;

pub(super) fn multi_task() -> Spec {
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

pub(super) fn coroutine_yield() -> Spec {
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

pub(super) fn coroutine_greenlet() -> Spec {
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

pub(super) fn coroutine_gevent() -> Spec {
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

pub(super) fn greenlet_test() -> Spec {
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

pub(super) fn gevent_test() -> Spec {
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
