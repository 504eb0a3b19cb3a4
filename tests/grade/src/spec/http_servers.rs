//! The two HTTP servers: one protocol, two models.

use super::{Check, Spec, Text};
use crate::any_server;
use crate::http_server::{answers, browsers, make_pages, requests};

/// The lines of ours that a hint shows.
struct Server {
    name: &'static str,
    title: Text,
    receives: (&'static str, &'static str),
    accepts: (&'static str, &'static str),
    ends: (&'static str, &'static str),
}

pub(super) fn http_server() -> Spec {
    let server = Server {
        name: "http_server",
        title: Text {
            en: "HTTPServer 2.0: a thread for each browser; pages of a folder, simple data for the rest",
            zh: "HTTPServer 2.0：每个浏览器一个线程；文件夹里的网页，其余返回简单内容",
        },
        receives: ("day09/http_server/src/browser.rs", "【1】"),
        accepts: ("day09/http_server/src/main.rs", "【技术点 2】"),
        ends: ("common/src/stop.rs", "pub fn on_signals"),
    };
    let model = Check::new("model-threads", 10, browsers::a_thread_for_each)
        .title("a thread for each browser that is connected", "每个连接着的浏览器一个线程")
        .place("look at what happens right after accept", "看看 accept 之后紧接着做了什么")
        .call(
            "Thread(target=self.handle, args=(c,)).start(), or ThreadingMixIn before TCPServer",
            "Thread(target=self.handle, args=(c,)).start()，或在 TCPServer 前混入 ThreadingMixIn",
        );
    server.spec(model)
}

pub(super) fn http_server_select() -> Spec {
    let server = Server {
        name: "http_server_select",
        title: Text {
            en: "HTTP with one thread and one select loop; pages of a folder, simple data for the rest",
            zh: "一个线程、一个 select 循环的 HTTP 服务；文件夹里的网页，其余返回简单内容",
        },
        receives: ("day07/http_server_select/src/main.rs", "【2】"),
        accepts: ("day07/http_server_select/src/main.rs", "【1】"),
        ends: ("day07/http_server_select/src/main.rs", "【5】"),
    };
    let model = Check::new("model-one-thread", 10, browsers::neither_threads_nor_children)
        .title("no thread and no process more for ten browsers", "十个浏览器不增加任何线程或进程")
        .place(
            "look for threading, multiprocessing or fork in your program",
            "在程序里找 threading、multiprocessing、fork",
        )
        .call(
            "select.select(rlist, wlist, []): one loop for all sockets, the listening one too",
            "select.select(rlist, wlist, [])：一个循环管所有套接字，包括监听套接字",
        );
    server.spec(model)
}

impl Server {
    fn spec(self, model: Check) -> Spec {
        let mut checks = self.answers();
        checks.extend(self.requests());
        checks.extend(self.browsers(model));
        let with_a_base = |check: Check| match (check.id, check.needs.is_empty()) {
            ("starts", _) | (_, false) => check,
            ("page", _) => check.needs(&["starts"]),
            _ => check.needs(&["page"]),
        };
        let checks = checks.into_iter().map(with_a_base).collect();
        Spec {
            name: self.name,
            title: self.title,
            port: 8000,
            ours: &["--port", "{port}", "--root", "{dir}"],
            reply: "",
            files: Some(make_pages),
            inside: false,
            at_once: true,
            checks,
        }
    }

    fn answers(&self) -> Vec<Check> {
        let (files, site) = ("common/httpcore/src/files.rs", "common/httpcore/src/site.rs");
        vec![
            Check::new("starts", 5, any_server::it_listens)
                .title("it starts, and listens", "启动并开始监听")
                .place(
                    "start it by hand and read its last line: a traceback, a port in use?",
                    "手动启动它，看最后一行：是异常，还是端口被占用？",
                )
                .call(
                    "socket, bind, listen; PORT in the environment or {port} in the command is the port to use",
                    "socket、bind、listen；端口来自环境变量 PORT 或命令中的 {port}",
                )
                .line("common/src/net/listener.rs", "pub fn bind_tcp")
                .paste("nc -zv 127.0.0.1 {port}"),
            Check::new("page", 10, answers::a_page_is_a_file_of_the_folder)
                .title(
                    "/ is index.html of the folder, /about.html is that page",
                    "/ 是文件夹里的 index.html，/about.html 是那一页",
                )
                .place(
                    "which folder does your program read? {dir} in the command, or DIR in the environment",
                    "程序读的是哪个文件夹？命令中的 {dir}，或环境变量 DIR",
                )
                .call(
                    "open(folder + '/index.html', 'rb').read() after a status line, the fields and an empty line",
                    "状态行、各字段、空行之后是 open(folder + '/index.html', 'rb').read()",
                )
                .line(files, "pub fn")
                .paste("curl -i http://127.0.0.1:{port}/"),
            Check::new("simple", 5, answers::simple_data_for_what_is_no_page)
                .title(
                    "/hello or /time is answered with something simple",
                    "/hello 或 /time 返回一些简单内容",
                )
                .place(
                    "look at what you do with a target that is no page",
                    "看看请求的不是网页时做了什么",
                )
                .call(
                    "if target == '/time': body = time.ctime().encode()",
                    "if target == '/time': body = time.ctime().encode()",
                )
                .line(site, "/hello")
                .paste("curl -i http://127.0.0.1:{port}/hello http://127.0.0.1:{port}/time"),
            Check::new("not-found", 5, answers::what_is_not_there_is_404)
                .title("what is not there is 404", "不存在的内容返回 404")
                .place(
                    "look at the exception of open when there is no such file",
                    "看看文件不存在时 open 抛出的异常",
                )
                .call(
                    "except OSError: 'HTTP/1.1 404 Not Found\\r\\n'",
                    "except OSError: 'HTTP/1.1 404 Not Found\\r\\n'",
                )
                .line("common/httpcore/src/status.rs", "404")
                .paste("curl -i http://127.0.0.1:{port}/no-such-page.html"),
            Check::new("form", 5, answers::an_answer_has_its_form)
                .title(
                    "status line, fields, empty line, body of the announced length; a page says it is HTML",
                    "状态行、字段、空行、与声明长度一致的响应体；网页说明自己是 HTML",
                )
                .place(
                    "compare your answer with curl -i, byte by byte",
                    "用 curl -i 逐字节对照你的响应",
                )
                .call(
                    "'Content-Type: text/html\\r\\n' 'Content-Length: %d\\r\\n\\r\\n' % len(body): bytes, not characters",
                    "'Content-Type: text/html\\r\\n' 'Content-Length: %d\\r\\n\\r\\n' % len(body)：是字节数，不是字符数",
                )
                .line("common/httpcore/src/response.rs", "Content-Type")
                .paste("curl -i http://127.0.0.1:{port}/ | xxd | head"),
            Check::new("head", 5, answers::head_has_no_body)
                .title("HEAD is answered without a body", "HEAD 的响应没有响应体")
                .place("look at whether you read the method at all", "看看程序有没有读取请求方法")
                .call(
                    "method, target, version = line.split(' '); if method == 'HEAD': body = b''",
                    "method, target, version = line.split(' '); if method == 'HEAD': body = b''",
                )
                .line("common/httpcore/src/connection/answer.rs", "head")
                .paste("curl -I http://127.0.0.1:{port}/"),
            Check::new("traversal", 5, answers::nothing_outside_the_folder_is_served)
                .title("nothing outside the folder is served", "文件夹以外的内容都得不到")
                .place(
                    "what becomes of /../ in a target, and of %2e%2e?",
                    "请求里的 /../ 和 %2e%2e 会变成什么？",
                )
                .call(
                    "path = os.path.realpath(folder + target), and it must begin with folder",
                    "path = os.path.realpath(folder + target)，必须以 folder 开头",
                )
                .line("common/src/folder.rs", "openat2")
                .paste("curl -i --path-as-is http://127.0.0.1:{port}/../secret.html"),
            Check::new("large-page", 5, answers::a_large_page_arrives_whole)
                .title(
                    "a page of 8 MB arrives whole, also if the browser reads slowly",
                    "8 MB 的网页完整到达，浏览器读得慢也一样",
                )
                .place(
                    "send may take a part only, a non-blocking one certainly does",
                    "send 可能只发出一部分，非阻塞时一定会这样",
                )
                .call(
                    "sendall, or keep what send did not take and wait until there is room",
                    "用 sendall，或保存 send 没发出去的部分，等有空间再发",
                )
                .line("common/httpcore/src/connection/mod.rs", "pub fn")
                .paste("curl -s --limit-rate 4M http://127.0.0.1:{port}/large.html | wc -c"),
        ]
    }

    fn requests(&self) -> Vec<Check> {
        let (file, mark) = self.receives;
        vec![
            Check::new("in-pieces", 5, requests::a_request_may_come_in_pieces)
                .title("a request that comes in pieces is one request", "分几次到达的请求是一个请求")
                .place("one recv is not one request", "一次 recv 不等于一个请求")
                .call(
                    "while b'\\r\\n\\r\\n' not in data: data += c.recv(4096)",
                    "while b'\\r\\n\\r\\n' not in data: data += c.recv(4096)",
                )
                .line(file, mark)
                .paste("(printf 'GET / HT'; sleep 1; printf 'TP/1.1\\r\\nHost: l\\r\\n\\r\\n') | nc 127.0.0.1 {port}"),
            Check::new("bad-request", 5, answers::what_is_no_request_harms_nobody)
                .title(
                    "what is no request is refused, and harms nobody",
                    "不是请求的内容被拒绝，也不影响别人",
                )
                .place(
                    "look at what split(' ')[1] does with a line without blanks",
                    "看看没有空格的一行上 split(' ')[1] 会怎样",
                )
                .call(
                    "'HTTP/1.1 400 Bad Request' unless there are three words, the last of which begins with HTTP/",
                    "除非有三个词且最后一个以 HTTP/ 开头，否则回答 'HTTP/1.1 400 Bad Request'",
                )
                .line("common/httpcore/src/status.rs", "400")
                .paste("printf 'hello\\r\\n\\r\\n' | nc -N 127.0.0.1 {port}"),
            Check::new("keep-alive", 5, requests::a_connection_is_kept)
                .title(
                    "HTTP 1.1: a second request on the same connection is answered",
                    "HTTP 1.1：同一个连接上的第二个请求也得到回答",
                )
                .place(
                    "when do you close: after each answer, or when the browser does?",
                    "什么时候关闭连接：每次回答之后，还是浏览器关闭时？",
                )
                .call(
                    "loop over requests until recv gives b'' or `Connection: close`; Content-Length says where a body ends",
                    "循环处理请求，直到 recv 返回 b'' 或 `Connection: close`；Content-Length 说明响应体在哪里结束",
                )
                .line("common/httpcore/src/connection/mod.rs", "close")
                .paste("curl -v http://127.0.0.1:{port}/ http://127.0.0.1:{port}/ 2>&1 | grep -i connection"),
        ]
    }

    fn browsers(&self, model: Check) -> Vec<Check> {
        let (accepts, mark) = self.accepts;
        let watch = "curl http://127.0.0.1:{port}/ & nc 127.0.0.1 {port} & sleep 1; ls /proc/$(pgrep -f {program} | head -n 1)/task";
        vec![
            Check::new("reverse-order", 5, browsers::they_are_answered_in_reverse_order)
                .title(
                    "answers twenty browsers in the reverse order of connecting",
                    "二十个浏览器按连接的相反顺序得到回答",
                )
                .place(
                    "look at what the program waits for while a browser is connected",
                    "看看有浏览器连接时，程序在等什么",
                )
                .call(
                    "recv of one browser must not stand in the way of accept",
                    "一个浏览器的 recv 不能挡住 accept",
                )
                .line(accepts, mark)
                .paste("nc 127.0.0.1 {port} & curl -m 5 http://127.0.0.1:{port}/"),
            Check::new("silent-browser", 5, browsers::a_silent_one_delays_nobody)
                .title(
                    "one that says nothing, or stops in the middle, delays nobody",
                    "不说话或说到一半的浏览器不耽误别人",
                )
                .place(
                    "look at the recv that waits for the rest of a request",
                    "看看哪个 recv 在等请求的剩余部分",
                )
                .call(
                    "each browser needs somebody of its own to wait: a thread, or select",
                    "每个浏览器都要有自己的等待者：线程，或者 select",
                )
                .line(accepts, mark)
                .paste("(printf 'GET / HT'; sleep 60) | nc 127.0.0.1 {port} & curl -m 5 http://127.0.0.1:{port}/"),
            Check::new("slow-reader", 5, browsers::a_slow_reader_delays_nobody)
                .title(
                    "one that does not read its page delays nobody",
                    "不读取网页的浏览器不耽误别人",
                )
                .place("send waits too, when the browser does not read", "浏览器不读取时，send 也会等待")
                .call(
                    "in a select loop: setblocking(False), and the socket in wlist while something is left to send",
                    "select 循环里：setblocking(False)，还有数据没发完时把套接字放进 wlist",
                )
                .line(accepts, mark)
                .paste("curl -s --limit-rate 1k http://127.0.0.1:{port}/large.html >/dev/null & curl -m 5 http://127.0.0.1:{port}/"),
            model.line(accepts, mark).paste(watch),
            Check::new("nothing-left", 5, browsers::nothing_is_left)
                .title(
                    "200 browsers leave no descriptor, thread or process behind",
                    "两百个浏览器之后描述符、线程、进程都恢复原状",
                )
                .place(
                    "look at who closes the socket, and the file, of a browser that has left",
                    "看看浏览器离开之后，谁来关闭它的套接字和文件",
                )
                .call("with open(...) as f, with c:", "with open(...) as f, with c:")
                .line("common/src/net/client.rs", "impl Drop for Client")
                .paste("for i in $(seq 20); do curl -s http://127.0.0.1:{port}/ >/dev/null; done; ls -l /proc/$(pgrep -f {program} | head -n 1)/fd"),
            Check::new("restart", 5, browsers::it_starts_again_on_the_same_port)
                .title("can start again at once on the same port", "可以立即在同一端口重新启动")
                .place("look at what stands between socket() and bind()", "看看 socket() 与 bind() 之间有什么")
                .call(
                    "s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1) before bind",
                    "bind 之前 s.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)",
                )
                .line("common/src/net/listener.rs", "TcpListener::bind")
                .paste("curl -s http://127.0.0.1:{port}/ >/dev/null; ss -tan | grep {port}"),
            Check::new("ctrl-c", 5, browsers::ctrl_c_ends_it)
                .title(
                    "Ctrl-C ends it, also while browsers are connected",
                    "Ctrl-C 能结束它，有浏览器连接时也一样",
                )
                .place(
                    "press Ctrl-C while nc is connected: what is it still waiting for?",
                    "nc 连接着的时候按 Ctrl-C：它还在等什么？",
                )
                .call(
                    "except KeyboardInterrupt: sys.exit(); threads with daemon=True do not hold up the end",
                    "except KeyboardInterrupt: sys.exit()；daemon=True 的线程不会妨碍结束",
                )
                .line(self.ends.0, self.ends.1)
                .paste("nc 127.0.0.1 {port} & sleep 1; kill -INT $(pgrep -f {program} | head -n 1)"),
        ]
    }
}
