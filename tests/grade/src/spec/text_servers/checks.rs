//! The checks that these servers have in common.

use super::Server;
use crate::any_server;
use crate::spec::Check;
use crate::text_server::{churn, model, replies, stopping};

impl Server {
    /// With one client: 35 points.
    pub(super) fn conversation(&self) -> Vec<Check> {
        vec![
            Check::new("starts", 5, any_server::it_listens)
                .title("it starts, and listens", "启动并开始监听")
                .place(
                    "start it by hand and read its last line: a traceback, a port in use?",
                    "手动启动它，看最后一行：是异常，还是端口被占用？",
                )
                .call(
                    "socket, bind, listen in this order; PORT in the environment or {port} in the command is the port to use",
                    "依次 socket、bind、listen；端口来自环境变量 PORT 或命令中的 {port}",
                )
                .line("common/src/net/listener.rs", "pub fn bind_tcp")
                .paste("nc -zv 127.0.0.1 {port}"),
            Check::new("answers", 5, replies::a_message_is_answered)
                .needs(&["starts"])
                .title("answers a message", "收到消息会回答")
                .place("look at what follows accept, and recv", "看看 accept 和 recv 之后做了什么")
                .call(
                    "data = c.recv(1024), then c.send(…)",
                    "data = c.recv(1024)，然后 c.send(…)",
                )
                .line(self.main, self.answers)
                .paste("printf hello | timeout 5 nc 127.0.0.1 {port}"),
            Check::new("reply", 10, replies::each_chunk_is_answered)
                .needs(&["answers"])
                .title(
                    "each message gets the word of the exercise, nothing more and nothing less",
                    "每条消息得到题目要求的那个词，不多不少",
                )
                .place(
                    "look at what follows recv, and whether the loop goes round again",
                    "看看 recv 之后做了什么，循环是否继续",
                )
                .call(
                    "data = c.recv(1024), then c.send(b'…') with the word of the exercise and no newline",
                    "data = c.recv(1024)，然后 c.send(b'…')，内容是题目要求的词，不带换行",
                )
                .line(self.main, self.answers)
                .paste("printf hello | nc -N 127.0.0.1 {port}"),
            Check::new("binary", 5, replies::bytes_that_are_no_text_are_answered)
                .needs(&["answers"])
                .title("answers bytes that are no text", "收到的不是文本时也能回答")
                .place(
                    "look for a decode() that meets bytes that are no UTF-8",
                    "找找 decode()：收到的字节不一定是 UTF-8",
                )
                .call(
                    "print(data), or data.decode(errors='replace'): bytes need no decoding to be answered",
                    "print(data)，或 data.decode(errors='replace')：回答并不需要解码",
                )
                .line(self.main, self.answers)
                .paste("printf '\\377\\376' | nc -N 127.0.0.1 {port} | xxd"),
            Check::new("half-close", 5, replies::a_half_closed_client_is_answered)
                .needs(&["answers"])
                .title(
                    "answers a client that has finished sending, then closes",
                    "客户端发完并半关闭后仍得到回答，然后连接关闭",
                )
                .place(
                    "look at what you do when recv gives b''",
                    "看看 recv 返回 b'' 时做了什么",
                )
                .call(
                    "if not data: break, and c.close() after the loop",
                    "if not data: break，循环之后 c.close()",
                )
                .line(self.main, self.ends)
                .paste("printf hello | timeout 5 nc -N 127.0.0.1 {port}; echo $?"),
            Check::new("quick-writes", 5, replies::quick_writes_get_whole_answers)
                .needs(&["half-close"])
                .title(
                    "ten writes without a pause get whole answers",
                    "连续十次发送得到的都是完整的回答",
                )
                .place(
                    "a stream has no messages: ten sends may arrive as one recv, or as ten",
                    "流没有消息边界：十次发送可能一次收到，也可能分十次收到",
                )
                .call(
                    "one answer for each recv, whole: sendall (send may send a part)",
                    "每次 recv 一个完整的回答：用 sendall（send 可能只发出一部分）",
                )
                .line(self.main, self.answers)
                .paste("for i in 1 2 3 4 5; do echo hello; done | nc -N 127.0.0.1 {port}"),
        ]
    }

    /// With several at once: 25 points.
    pub(super) fn concurrency(&self) -> Vec<Check> {
        vec![
            Check::new("reverse-order", 10, replies::twenty_clients_are_answered_in_reverse_order)
                .needs(&["answers"])
                .title(
                    "answers twenty clients in the reverse order of connecting",
                    "二十个客户端按连接的相反顺序得到回答",
                )
                .place(
                    "look at what the program waits for while a client is connected",
                    "看看有客户端连接时，程序在等什么",
                )
                .call(
                    "recv of one client must not stand in the way of accept: see the model check below",
                    "一个客户端的 recv 不能挡住 accept：见下面的模型检查",
                )
                .line(self.main, self.serves)
                .paste("nc 127.0.0.1 {port} & printf hello | nc -N 127.0.0.1 {port}"),
            Check::new("idle-client", 10, replies::an_idle_client_delays_nobody)
                .needs(&["answers"])
                .title(
                    "a client that says nothing delays nobody",
                    "不说话的客户端不耽误别人",
                )
                .place(
                    "look at the recv that waits for a client who says nothing",
                    "看看哪个 recv 在等一个不说话的客户端",
                )
                .call(
                    "each client needs somebody of its own to wait: a thread, a process, a coroutine, or select",
                    "每个客户端都要有自己的等待者：线程、进程、协程，或者 select",
                )
                .line(self.main, self.accepts)
                .paste("sleep 60 | nc 127.0.0.1 {port} & printf hello | nc -N 127.0.0.1 {port}"),
            Check::new("slow-reader", 5, replies::a_client_that_does_not_read_holds_up_nobody)
                .needs(&["half-close"])
                .title(
                    "a client that does not read holds up nobody, and gets whole answers later",
                    "不读取的客户端不耽误别人，之后得到完整的回答",
                )
                .place(
                    "send waits too, when the client does not read",
                    "客户端不读取时，send 也会等待",
                )
                .call(
                    "in a select loop: setblocking(False), keep what send did not take, and ask select when there is room",
                    "select 循环里：setblocking(False)，保存 send 没发出去的部分，用 select 的写集合等待",
                )
                .line(self.main, self.answers)
                .paste("(yes | head -c 16M; sleep 60) | nc 127.0.0.1 {port} | sleep 60 & printf hello | nc -N 127.0.0.1 {port}"),
        ]
    }

    /// All in one thread.
    pub(super) fn one_thread(&self) -> Check {
        Check::new("model-one-thread", 15, model::neither_threads_nor_children_for_clients)
            .needs(&["answers"])
            .title(
                "no thread and no process more for ten clients",
                "十个客户端不增加任何线程或进程",
            )
            .place(
                "look for threading, multiprocessing or fork in your program",
                "在程序里找 threading、multiprocessing、fork",
            )
            .call(
                "select.select(rlist, [], []) tells which sockets are ready: one loop serves them all",
                "select.select(rlist, [], []) 告诉你哪些套接字就绪：一个循环服务全部",
            )
            .line(self.main, self.serves)
            .paste("nc 127.0.0.1 {port} & sleep 1; ls /proc/$(pgrep -f {program} | head -n 1)/task")
    }

    /// How it bears what clients do, and ends: 25 points.
    pub(super) fn endurance(&self) -> Vec<Check> {
        vec![
            Check::new("resets", 5, churn::resets_harm_nobody_else)
                .needs(&["answers"])
                .title("clients that break off harm nobody else", "中断的客户端不影响别人")
                .place(
                    "look at the exception of recv and send when a client has gone",
                    "看看客户端消失时 recv 和 send 抛出的异常",
                )
                .call(
                    "except ConnectionResetError (OSError): close this client, go on with the others",
                    "except ConnectionResetError（OSError）：关闭这个客户端，继续服务其它的",
                )
                .line("common/src/net/client.rs", "impl Read for Client")
                .paste("timeout 0.1 nc 127.0.0.1 {port}; printf hello | nc -N 127.0.0.1 {port}"),
            Check::new("nothing-left", 5, churn::two_hundred_clients_leave_nothing_behind)
                .needs(&["answers"])
                .title(
                    "200 clients leave no descriptor, thread or process behind",
                    "两百个客户端之后描述符、线程、进程都恢复原状",
                )
                .place(
                    "look at who closes the socket of a client that has left",
                    "看看客户端离开之后，谁来关闭它的套接字",
                )
                .call(
                    "c.close() on every way out of the loop (with c: does it); after fork in the parent too",
                    "循环的每个出口都要 c.close()（with c: 可以做到）；fork 之后父进程也要关闭",
                )
                .line("common/src/net/client.rs", "impl Drop for Client")
                .paste("for i in $(seq 20); do printf x | nc -N 127.0.0.1 {port}; done; ls -l /proc/$(pgrep -f {program} | head -n 1)/fd"),
            Check::new("restart", 5, stopping::it_starts_again_on_the_same_port)
                .needs(&["answers"])
                .title("can start again at once on the same port", "可以立即在同一端口重新启动")
                .place(
                    "look at what stands between socket() and bind()",
                    "看看 socket() 与 bind() 之间有什么",
                )
                .call(
                    "s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1) before bind; socketserver: allow_reuse_address = True",
                    "bind 之前 s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)；socketserver：allow_reuse_address = True",
                )
                .line("common/src/net/listener.rs", "TcpListener::bind")
                .paste("printf hello | nc 127.0.0.1 {port}; ss -tan | grep {port}"),
            Check::new("ctrl-c", 5, stopping::ctrl_c_ends_it)
                .needs(&["answers"])
                .title("Ctrl-C ends it, also while clients are connected", "Ctrl-C 能结束它，有客户端连接时也一样")
                .place(
                    "press Ctrl-C while nc is connected: what is it still waiting for?",
                    "nc 连接着的时候按 Ctrl-C：它还在等什么？",
                )
                .call(
                    "except KeyboardInterrupt: sys.exit(); threads with daemon=True do not hold up the end",
                    "except KeyboardInterrupt: sys.exit()；daemon=True 的线程不会妨碍结束",
                )
                .line("common/src/stop.rs", "pub fn on_signals")
                .paste("nc 127.0.0.1 {port} & sleep 1; kill -INT $(pgrep -f {program} | head -n 1)"),
            Check::new("bounds", 5, churn::it_stays_within_bounds)
                .needs(&["answers"])
                .title(
                    "prints little and takes few processes for twenty clients",
                    "二十个客户端之后输出很少、进程很少",
                )
                .place(
                    "look for a loop that goes round without waiting: b'' is the end, not a message",
                    "找找不等待就空转的循环：b'' 是结束，不是消息",
                )
                .call(
                    "if not data: break; print once for each message",
                    "if not data: break；每条消息只打印一次",
                )
                .line(self.main, self.ends)
                .paste("printf hello | nc -N 127.0.0.1 {port}; top -b -n 1 | head"),
        ]
    }
}
