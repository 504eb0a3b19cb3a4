//! The file server: real FTP, or the course's own protocol.

use super::{Check, Spec, Text};
use crate::any_server;
use crate::ftp_server as cases;

const MAIN: &str = "day09/ftp_server/src/main.rs";
const COURSE: &str = "day09/ftp_server/src/course.rs";

pub(super) fn ftp_server() -> Spec {
    let mut checks = vec![
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
        Check::new("list", 15, cases::the_list_names_the_files)
            .title("lists the files of the folder", "列出文件夹里的文件")
            .place(
                "which folder does your program list? {dir} in the command, or DIR in the environment",
                "程序列的是哪个文件夹？命令中的 {dir}，或环境变量 DIR",
            )
            .call(
                "os.listdir(folder), joined by '#' after OK; in FTP through a data connection",
                "OK 之后发送 '#'.join(os.listdir(folder))；FTP 则通过数据连接",
            )
            .line(COURSE, "fn list(")
            .paste("curl ftp://127.0.0.1:{port}/    # the course's: printf L | nc 127.0.0.1 {port}"),
    ];
    checks.extend(files());
    checks.extend(clients());
    let with_a_base = |check: Check| match (check.id, check.needs.is_empty()) {
        ("starts", _) | (_, false) => check,
        ("list", _) => check.needs(&["starts"]),
        _ => check.needs(&["list"]),
    };
    Spec {
        name: "ftp_server",
        title: Text {
            en: "a file server, a child process for each client: list, download, upload, quit",
            zh: "文件服务器，每个客户端一个子进程：列表、下载、上传、退出",
        },
        port: 2121,
        ours: &["--port", "{port}", "--root", "{dir}", "--anonymous-write"],
        reply: "",
        files: Some(cases::make_files),
        inside: false,
        at_once: true,
        checks: checks.into_iter().map(with_a_base).collect(),
    }
}

fn files() -> Vec<Check> {
    vec![
        Check::new("download", 15, cases::downloads_arrive_whole)
            .title(
                "a small file and one of 300 kB are downloaded whole",
                "小文件和 300 kB 的文件都能完整下载",
            )
            .place(
                "open the file in binary, and send until read gives b''",
                "用二进制方式打开文件，发送到 read 返回 b'' 为止",
            )
            .call(
                "while data := f.read(1024): c.sendall(data)",
                "while data := f.read(1024): c.sendall(data)",
            )
            .line(COURSE, "fn get(")
            .paste("curl -s ftp://127.0.0.1:{port}/hello.txt"),
        Check::new("upload", 15, cases::uploads_arrive_whole)
            .title("an upload is then in the folder, whole", "上传的文件完整地出现在文件夹里")
            .place(
                "when is a file at its end, and who closes it then?",
                "文件什么时候结束，由谁关闭它？",
            )
            .call(
                "FTP: the end of the data connection; the course's: a chunk that is b'##'",
                "FTP：数据连接结束；课程协议：收到 b'##'",
            )
            .line(COURSE, "fn put(")
            .paste("curl -T README.md ftp://127.0.0.1:{port}/"),
        Check::new("missing-file", 5, cases::what_is_not_there_is_refused)
            .title(
                "a file that is not there is refused, and the client is served on",
                "不存在的文件被拒绝，客户端继续得到服务",
            )
            .place("look at the exception of open", "看看 open 抛出的异常")
            .call(
                "except OSError: 550 in FTP; the course's: a reason in words",
                "except OSError：FTP 回答 550；课程协议回答 '文件不存在'",
            )
            .line(COURSE, "文件不存在")
            .paste("curl ftp://127.0.0.1:{port}/no-such-file.txt"),
        Check::new("traversal", 5, cases::nothing_outside_the_folder_is_served)
            .title("nothing outside the folder can be had", "文件夹以外的文件得不到")
            .place("what becomes of ../ in a name?", "文件名里的 ../ 会变成什么？")
            .call(
                "os.path.realpath(folder + name) must begin with folder",
                "os.path.realpath(folder + name) 必须以 folder 开头",
            )
            .line("common/src/folder.rs", "openat2")
            .paste("curl --path-as-is ftp://127.0.0.1:{port}/../secret.txt"),
        Check::new("goodbye", 5, cases::goodbye_closes_the_connection)
            .title("QUIT (the course's: Q) ends the connection", "QUIT（课程协议：Q）结束连接")
            .place("look at what you do when the client leaves", "看看客户端退出时做了什么")
            .call("c.close(), and os._exit(0) in the child", "c.close()，子进程里 os._exit(0)")
            .line(COURSE, "b'Q'")
            .paste("printf 'QUIT\\r\\n' | nc 127.0.0.1 {port}"),
    ]
}

fn clients() -> Vec<Check> {
    vec![
        Check::new("side-by-side", 10, cases::clients_are_served_beside_each_other)
            .title("clients are served beside each other", "多个客户端同时得到服务")
            .place(
                "look at what the program waits for while a client is connected",
                "看看有客户端连接时，程序在等什么",
            )
            .call("os.fork() after accept", "accept 之后 os.fork()")
            .line(MAIN, "【3】")
            .paste("nc 127.0.0.1 {port} & curl -m 5 ftp://127.0.0.1:{port}/"),
        Check::new("model-children", 10, cases::a_child_for_each_client)
            .title("a child process for each client", "每个客户端一个子进程")
            .place("look at what happens right after accept", "看看 accept 之后紧接着做了什么")
            .call(
                "os.fork(): the child serves this client and exits, the parent accepts on",
                "os.fork()：子进程服务这个客户端然后退出，父进程继续 accept",
            )
            .line(MAIN, "【3】")
            .paste("nc 127.0.0.1 {port} & sleep 1; ps --ppid $(pgrep -f {program} | head -n 1)"),
        Check::new("no-zombies", 5, cases::no_zombie_is_left)
            .title("no zombie is left of twenty clients", "二十个客户端之后没有僵尸进程")
            .place("look at who waits for the child processes", "看看由谁来回收子进程")
            .call(
                "signal.signal(signal.SIGCHLD, signal.SIG_IGN), or os.waitpid(-1, os.WNOHANG) in the loop",
                "signal.signal(signal.SIGCHLD, signal.SIG_IGN)，或在循环里 os.waitpid(-1, os.WNOHANG)",
            )
            .line("common/src/net/guests.rs", "pub fn reap(")
            .paste("curl -s ftp://127.0.0.1:{port}/; ps -A -o pid,ppid,stat,comm | grep ' Z'"),
        Check::new("broken-download", 5, cases::a_broken_download_harms_nobody)
            .title("a client that breaks off in a download harms nobody", "下载中途断开的客户端不影响别人")
            .place("look at the exception of send when the client has gone", "看看客户端消失时 send 抛出的异常")
            .call("except OSError around the transfer: end this client only", "在传输外面 except OSError：只结束这个客户端")
            .line(COURSE, "io::copy")
            .paste("timeout 0.1 curl --limit-rate 1k ftp://127.0.0.1:{port}/large.bin; curl ftp://127.0.0.1:{port}/"),
        Check::new("ctrl-c", 5, cases::ctrl_c_ends_it)
            .title("Ctrl-C ends it, also while clients are connected", "Ctrl-C 能结束它，有客户端连接时也一样")
            .place("who ends the child processes?", "子进程由谁来结束？")
            .call("except KeyboardInterrupt: sys.exit(), in the child too", "except KeyboardInterrupt: sys.exit()，子进程里也要")
            .line("common/src/stop.rs", "pub fn on_signals")
            .paste("nc 127.0.0.1 {port} & sleep 1; kill -INT $(pgrep -f {program})"),
    ]
}
