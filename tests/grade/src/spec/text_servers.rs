//! The servers that answer each message with a word: one service, six models.

use super::{Check, Spec, Text};
use crate::text_server::{churn, model, replies};

mod checks;

/// What differs between them, beside the model.
struct Server {
    name: &'static str,
    title: Text,
    reply: &'static str,
    main: &'static str,
    /// The lines of `main` that accept, serve, answer, and see the end of a client.
    accepts: &'static str,
    serves: &'static str,
    answers: &'static str,
    ends: &'static str,
}

pub(super) fn all() -> Vec<Spec> {
    vec![
        loop_server(),
        select_server(),
        fork_server(),
        thread_server(),
        sock_server(),
        gevent_server(),
    ]
}

fn loop_server() -> Spec {
    let server = Server {
        name: "loop_server",
        title: Text {
            en: "one client at a time; each message is answered Thanks",
            zh: "循环模型：一次只服务一个客户端，每条消息回答 Thanks",
        },
        reply: "Thanks",
        main: "day09/loop_server/src/main.rs",
        accepts: "【2】",
        serves: "【3】",
        answers: "write_all",
        ends: "【4】",
    };
    let mut checks = server.conversation();
    checks.push(
        Check::new("one-at-a-time", 25, replies::the_second_client_waits_for_the_first)
            .needs(&["answers"])
            .title(
                "the second client waits, and is answered when the first leaves",
                "第二个客户端等待，第一个离开后得到回答",
            )
            .place(
                "look at what stands between accept and the next accept",
                "看看一次 accept 与下一次 accept 之间做了什么",
            )
            .call(
                "answer this client in an inner loop until recv gives b'', and only then accept again",
                "在内层循环里服务这个客户端，直到 recv 返回 b''，然后才再次 accept",
            )
            .line(server.main, server.serves)
            .paste("nc 127.0.0.1 {port} & printf hello | nc -N 127.0.0.1 {port}"),
    );
    checks.push(Check {
        title: Text {
            en: "no thread and no process more for its client",
            zh: "服务一个客户端不增加任何线程或进程",
        },
        call: Text {
            en: "a loop needs neither threading nor os.fork",
            zh: "循环模型既不需要 threading，也不需要 os.fork",
        },
        run: model::neither_thread_nor_child_for_one_client,
        ..server.one_thread()
    });
    checks.extend(server.endurance());
    server.spec(checks)
}

fn select_server() -> Spec {
    let server = Server {
        name: "select_server",
        title: Text {
            en: "many clients, one thread, one select loop; answers Thanks",
            zh: "IO 并发：一个线程、一个 select 循环服务许多客户端，回答 Thanks",
        },
        reply: "Thanks",
        main: "day09/select_server/src/main.rs",
        accepts: "【3】",
        serves: "【1】",
        answers: "【2】",
        ends: "【2】",
    };
    let mut checks = server.conversation();
    checks.extend(server.concurrency());
    checks.push(server.one_thread());
    checks.extend(server.endurance());
    server.spec(checks)
}

fn fork_server() -> Spec {
    let server = Server {
        name: "fork_server",
        title: Text {
            en: "a child process for each client, no zombies; answers Thanks",
            zh: "多进程并发：每个客户端一个子进程，没有僵尸，回答 Thanks",
        },
        reply: "Thanks",
        main: "day09/fork_server/src/main.rs",
        accepts: "【2】",
        serves: "【5】",
        answers: "write_all",
        ends: "【5】",
    };
    let mut checks = server.conversation();
    checks.extend(server.concurrency());
    checks.push(
        Check::new("model-children", 10, model::a_child_per_client)
            .needs(&["answers"])
            .title("a child process for each client", "每个客户端一个子进程")
            .place("look at what happens right after accept", "看看 accept 之后紧接着做了什么")
            .call(
                "os.fork() after accept: the child answers the client and exits, the parent accepts on",
                "accept 之后 os.fork()：子进程服务这个客户端然后退出，父进程继续 accept",
            )
            .line(server.main, "【3】")
            .paste("nc 127.0.0.1 {port} & sleep 1; ps --ppid $(pgrep -f {program} | head -n 1)"),
    );
    checks.push(
        Check::new("no-zombies", 5, churn::no_zombie_is_left)
            .needs(&["answers"])
            .title("no zombie is left of twenty clients", "二十个客户端之后没有僵尸进程")
            .place("look at who waits for the child processes", "看看由谁来回收子进程")
            .call(
                "signal.signal(signal.SIGCHLD, signal.SIG_IGN), or os.waitpid(-1, os.WNOHANG) in the loop",
                "signal.signal(signal.SIGCHLD, signal.SIG_IGN)，或在循环里 os.waitpid(-1, os.WNOHANG)",
            )
            .line("common/src/net/guests.rs", "pub fn reap(")
            .paste("printf hello | nc -N 127.0.0.1 {port}; ps -A -o pid,ppid,stat,comm | grep ' Z'"),
    );
    checks.extend(server.endurance());
    server.spec(checks)
}

fn thread_server() -> Spec {
    let server = Server {
        name: "thread_server",
        title: Text {
            en: "a thread for each client; each message is answered Thanks",
            zh: "多线程并发：每个客户端一个线程，每条消息回答 Thanks",
        },
        reply: "Thanks",
        main: "day09/thread_server/src/main.rs",
        accepts: "【2】",
        serves: "【3】",
        answers: "write_all",
        ends: "【5】",
    };
    let mut checks = server.conversation();
    checks.extend(server.concurrency());
    checks.push(
        Check::new("model-threads", 15, model::a_thread_per_client)
            .needs(&["answers"])
            .title(
                "a thread for each client, ended when it leaves",
                "每个客户端一个线程，客户端退出则线程结束",
            )
            .place("look at what happens right after accept", "看看 accept 之后紧接着做了什么")
            .call(
                "Thread(target=handle, args=(c,)).start() for each client; handle returns at b''",
                "对每个客户端 Thread(target=handle, args=(c,)).start()；收到 b'' 时 handle 返回",
            )
            .line(server.main, "thread.spawn(")
            .paste(
                "nc 127.0.0.1 {port} & sleep 1; ls /proc/$(pgrep -f {program} | head -n 1)/task",
            ),
    );
    checks.extend(server.endurance());
    server.spec(checks)
}

fn sock_server() -> Spec {
    let server = Server {
        name: "sock_server",
        title: Text {
            en: "socketserver: a thread or a process for each client; answers OK",
            zh: "socketserver：每个客户端一个线程或进程，回答 OK",
        },
        reply: "OK",
        main: "day09/sock_server/src/main.rs",
        accepts: "【3】",
        serves: "【1】",
        answers: "【2】",
        ends: "【2】",
    };
    let mut checks = server.conversation();
    checks.extend(server.concurrency());
    checks.push(
        Check::new("model-concurrent", 15, model::a_thread_or_a_child_per_client)
            .needs(&["answers"])
            .title("a thread or a process for each client", "每个客户端一个线程或一个进程")
            .place("look at the classes your server inherits from", "看看服务器类继承了哪些类")
            .call(
                "class Server(ThreadingMixIn, TCPServer), or ForkingMixIn: the mix-in stands first",
                "class Server(ThreadingMixIn, TCPServer) 或 ForkingMixIn：混入类写在前面",
            )
            .line(server.main, "【1】")
            .paste(
                "nc 127.0.0.1 {port} & sleep 1; ls /proc/$(pgrep -f {program} | head -n 1)/task",
            ),
    );
    checks.extend(server.endurance());
    server.spec(checks)
}

fn gevent_server() -> Spec {
    let server = Server {
        name: "gevent_server",
        title: Text {
            en: "a coroutine for each client, all in one thread; answers OK",
            zh: "协程并发：每个客户端一个协程，都在一个线程里，回答 OK",
        },
        reply: "OK",
        main: "day09/gevent_server/src/main.rs",
        accepts: "【2】",
        serves: "【1】",
        answers: "【3】",
        ends: "【4】",
    };
    let mut checks = server.conversation();
    checks.extend(server.concurrency());
    checks.push(server.one_thread().call(
        "monkey.patch_all() before the other imports, then gevent.spawn(handle, c)",
        "在其它 import 之前 monkey.patch_all()，然后 gevent.spawn(handle, c)",
    ));
    checks.extend(server.endurance());
    server.spec(checks)
}

impl Server {
    fn spec(self, checks: Vec<Check>) -> Spec {
        let Self { name, title, reply, .. } = self;
        Spec {
            name,
            title,
            port: 8888,
            ours: &["--port", "{port}"],
            reply,
            files: None,
            inside: false,
            at_once: true,
            checks,
        }
    }
}
