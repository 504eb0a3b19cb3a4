//! The clients, against a server that each check plays.

use super::{Check, Spec, Text};
use crate::clients::{ftp, tcp, udp};

pub(super) fn all() -> Vec<Spec> {
    vec![ftp_client(), tcp_client(), udp_client()]
}

/// What differs between the two that send lines.
struct Line {
    main: &'static str,
    /// The lines of `main` that connect, read a line, send it, print the answer, end.
    marks: [&'static str; 5],
    /// A server for the other terminal.
    paste: &'static str,
}

fn tcp_client() -> Spec {
    let client = Line {
        main: "day09/tcp_client/src/main.rs",
        marks: ["【1】", "【2】", "【3】", "【3】", "【5】"],
        paste: "nc -l 127.0.0.1 {port}",
    };
    let starts = client
        .check("starts", 10, tcp::it_connects, 0)
        .title("it connects to the server", "连接服务端")
        .place(
            "start a server, then your program: to which address does it connect?",
            "先启动服务端，再启动你的程序：它连接哪个地址？",
        )
        .call(
            "s.connect(('127.0.0.1', port)); the port is 8888, PORT in the environment or {port} in the command",
            "s.connect(('127.0.0.1', port))；端口是 8888、环境变量 PORT 或命令中的 {port}",
        );
    let gone = client
        .check("server-gone", 10, tcp::it_ends_when_the_server_has_gone, 1)
        .title(
            "ends when the server has gone, at the latest with the next lines",
            "服务端离开后结束，最迟在再输入几行之后",
        )
        .place("look at what you do when recv gives b''", "看看 recv 返回 b'' 时做了什么")
        .call("if not data: break", "if not data: break");
    let mut checks = vec![starts];
    checks.extend(client.talk([
        tcp::a_line_is_sent,
        tcp::its_answer_is_printed,
        tcp::each_line_has_its_answer,
        tcp::an_answer_in_chinese_is_printed,
        tcp::the_end_of_input_ends_it,
    ]));
    checks.push(gone);
    Spec {
        name: "tcp_client",
        title: Text {
            en: "sends each line that is typed, prints the answer",
            zh: "输入一行就发送一行，并打印回答",
        },
        port: 8888,
        ours: &["--port", "{port}"],
        reply: "",
        files: None,
        inside: false,
        at_once: true,
        checks: based_on_the_first(checks),
    }
}

fn udp_client() -> Spec {
    let client = Line {
        main: "day09/udp_client/src/main.rs",
        marks: ["【1】", "【2】", "【3】", "【4】", "【2】"],
        paste: "nc -u -l 127.0.0.1 {port}",
    };
    let starts = client
        .check("starts", 10, udp::it_sends_something, 0)
        .title("it sends a datagram when a line is typed", "输入一行后发出一个数据报")
        .place(
            "start a server, then your program: to which address does it send?",
            "先启动服务端，再启动你的程序：它发送到哪个地址？",
        )
        .call(
            "s = socket(AF_INET, SOCK_DGRAM); s.sendto(data, ('127.0.0.1', port)); the port is 8888, PORT or {port}",
            "s = socket(AF_INET, SOCK_DGRAM); s.sendto(data, ('127.0.0.1', port))；端口是 8888、PORT 或 {port}",
        );
    let lost = client
        .check("lost-answer", 10, udp::a_lost_answer_is_not_waited_for_for_ever, 3)
        .title(
            "an answer that never comes does not keep it from the next line",
            "永远不来的回答不妨碍发送下一行",
        )
        .place("nobody tells you that a datagram was lost", "数据报丢失时没有人会告诉你")
        .call(
            "s.settimeout(2), and except TimeoutError around recvfrom",
            "s.settimeout(2)，并在 recvfrom 外面 except TimeoutError",
        );
    let mut checks = vec![starts];
    checks.extend(client.talk([
        udp::a_line_is_a_datagram,
        udp::its_answer_is_printed,
        udp::each_line_has_its_answer,
        udp::an_answer_in_chinese_is_printed,
        udp::the_end_of_input_ends_it,
    ]));
    checks.push(lost);
    Spec {
        name: "udp_client",
        title: Text {
            en: "sends each line that is typed as a datagram, prints the answer",
            zh: "输入一行就发送一个数据报，并打印回答",
        },
        port: 8888,
        ours: &["--port", "{port}"],
        reply: "",
        files: None,
        inside: false,
        at_once: true,
        checks: based_on_the_first(checks),
    }
}

impl Line {
    fn check(
        &self,
        id: &'static str,
        points: u32,
        run: fn(&crate::Subject) -> crate::Result,
        mark: usize,
    ) -> Check {
        Check::new(id, points, run).line(self.main, self.marks[mark]).paste(self.paste)
    }

    /// What is said and answered: 80 points.
    fn talk(&self, run: [fn(&crate::Subject) -> crate::Result; 5]) -> Vec<Check> {
        let [sends, prints, several, chinese, end] = run;
        vec![
            self.check("sends", 20, sends, 2)
                .title("sends the line that is typed", "发送输入的那一行")
                .place("look at what you read, and what you send", "看看读到的是什么，发出的是什么")
                .call(
                    "line = input('> '); s.send(line.encode())",
                    "line = input('> '); s.send(line.encode())",
                ),
            self.check("prints-answer", 20, prints, 3)
                .title("prints the answer", "打印回答")
                .place("look at what follows the sending", "看看发送之后做了什么")
                .call("print(s.recv(1024).decode())", "print(s.recv(1024).decode())"),
            self.check("each-line", 20, several, 1)
                .title("three lines have their answers, in order", "三行各有回答，次序不乱")
                .place("look at whether the loop goes round again", "看看循环是否继续")
                .call(
                    "while True: input, send, recv, print",
                    "while True：依次 input、send、recv、print",
                ),
            self.check("chinese", 10, chinese, 3)
                .title(
                    "lines and answers that are no ASCII arrive as they are",
                    "中文的输入和回答原样收发",
                )
                .place("text becomes bytes, and bytes text", "文字要变成字节，字节要变回文字")
                .call(
                    "line.encode() and data.decode(): UTF-8 both ways",
                    "line.encode() 和 data.decode()：两边都是 UTF-8",
                ),
            self.check("end-of-input", 10, end, 4)
                .title("ends when its input ends (Ctrl-D)", "输入结束（Ctrl-D）时结束")
                .place("press Ctrl-D: what happens?", "按 Ctrl-D：会发生什么？")
                .call("except EOFError: break", "except EOFError: break"),
        ]
    }
}

fn ftp_client() -> Spec {
    const MAIN: &str = "day09/ftp_client/src/main.rs";
    const TRANSFER: &str = "day09/ftp_client/src/transfer.rs";
    let server = "python3 -m pyftpdlib -p {port} -w    # or: cargo run -p ftp_server -- --course";
    let checks = vec![
        Check::new("starts", 10, ftp::it_connects)
            .title("it connects to the server", "连接服务端")
            .place(
                "start a server, then your program: to which address does it connect?",
                "先启动服务端，再启动你的程序：它连接哪个地址？",
            )
            .call(
                "s.connect(('127.0.0.1', port)); the port is 2121, PORT in the environment or {port} in the command",
                "s.connect(('127.0.0.1', port))；端口是 2121、环境变量 PORT 或命令中的 {port}",
            )
            .line(MAIN, "【1】"),
        Check::new("list", 20, ftp::list_prints_the_names)
            .title("`list` prints the names of the server's files", "`list` 打印服务端的文件名")
            .place("type list: what is sent, and what comes back?", "输入 list：发出了什么，收到了什么？")
            .call(
                "ftplib: ftp.dir(); the course's: s.send(b'L'), OK, then the names joined by #",
                "ftplib：ftp.dir()；课程协议：s.send(b'L')，OK，然后是 # 连接的文件名",
            )
            .line(TRANSFER, "\"LIST\""),
        Check::new("get", 25, ftp::get_makes_the_file)
            .title(
                "`get NAME` makes the file, whole: a small one and one of 200 kB",
                "`get NAME` 得到完整的文件：小的和 200 kB 的",
            )
            .place("one recv is not one file", "一次 recv 不等于一个文件")
            .call(
                "ftplib: ftp.retrbinary('RETR ' + name, f.write); the course's: recv until b'##'",
                "ftplib：ftp.retrbinary('RETR ' + name, f.write)；课程协议：recv 到 b'##' 为止",
            )
            .line(TRANSFER, "\"RETR\""),
        Check::new("put", 25, ftp::put_sends_the_file)
            .title("`put FILE` brings the file to the server, whole", "`put FILE` 把完整的文件送到服务端")
            .place("when does the server know that the file is at its end?", "服务端怎么知道文件结束了？")
            .call(
                "ftplib: ftp.storbinary('STOR ' + name, f); the course's: a pause, then b'##'",
                "ftplib：ftp.storbinary('STOR ' + name, f)；课程协议：停一下，再发 b'##'",
            )
            .line(TRANSFER, "\"STOR\""),
        Check::new("refused", 10, ftp::a_refused_name_makes_no_file)
            .title(
                "a name that is refused makes no file, and the next command is obeyed",
                "被拒绝的文件名不产生文件，下一条命令照常执行",
            )
            .place("open the file only once the server has agreed", "服务端同意之后才打开文件")
            .call("except ftplib.error_perm as e: print(e)", "except ftplib.error_perm as e: print(e)")
            .line(TRANSFER, "\"RETR\""),
        Check::new("goodbye", 10, ftp::quit_says_goodbye)
            .title("`quit` says goodbye to the server, and ends it", "`quit` 向服务端告别并结束")
            .place("look at what you do before the end", "看看结束之前做了什么")
            .call(
                "ftplib: ftp.quit(); the course's: s.send(b'Q')",
                "ftplib：ftp.quit()；课程协议：s.send(b'Q')",
            )
            .line(MAIN, "【3】"),
    ];
    Spec {
        name: "ftp_client",
        title: Text {
            en: "the menu list, get NAME, put FILE, quit, typed one a line",
            zh: "菜单 list、get NAME、put FILE、quit，每行输入一个",
        },
        port: 2121,
        ours: &["--port", "{port}"],
        reply: "",
        files: Some(ftp::make_files),
        inside: true,
        at_once: true,
        checks: based_on_the_first(checks.into_iter().map(|check| check.paste(server)).collect()),
    }
}

fn based_on_the_first(checks: Vec<Check>) -> Vec<Check> {
    let needs = |check: Check| if check.id == "starts" { check } else { check.needs(&["starts"]) };
    checks.into_iter().map(needs).collect()
}
