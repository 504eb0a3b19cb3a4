#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod slow;

use std::thread;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use gevent::monkey;

/// The course's example: two tasks, and neither waits for the other's sleep
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Let the tasks block in std's own sleep, then in std's own sockets, with this much of std patched
    #[arg(long, value_name = "WHAT")]
    patch: Option<Patch>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Patch {
    None,
    Socket,
    Time,
    All,
}

/// 课程中睡 2 秒和 3 秒，这里快十倍 / the course sleeps 2 s and 3 s; here ten times less.
const SECOND: Duration = Duration::from_millis(100);

fn foo(a: i32, b: i32, block: impl Fn(Duration)) {
    println!("Running foo {a} {b}");
    // 遇到 gevent 的阻塞，自动跳到别的协程 / blocking that gevent knows: the others run  day09 L134
    block(2 * SECOND);
    println!("Running foo again");
}

fn bar(block: impl Fn(Duration)) {
    println!("Running bar");
    block(3 * SECOND);
    println!("Running bar again");
}

/// 两个协程，都用 block 阻塞 / the two tasks, which block in `block`.
fn run_both(block: impl Fn(Duration) + Copy + 'static) {
    // 生成协程对象，此时还没有运行 / the task objects; nothing runs yet  day09 L127
    let f = gevent::spawn(move || foo(1, 2, block));
    let g = gevent::spawn(move || bar(block));
    // 阻塞等待两个协程执行完毕 / wait until both have ended  day09 L133
    gevent::joinall(&[f, g], None);
}

fn main() {
    let Some(patch) = Args::parse().patch else { return run_both(gevent::sleep) };

    // 打补丁，写在最前面 / the patch comes first  day07 L207-212, day09 L138-149
    match patch {
        Patch::None => {}
        Patch::Socket => monkey::patch_socket(),
        Patch::Time => monkey::patch_time(),
        Patch::All => monkey::patch_all(),
    }
    // 以下都是标准库自己的阻塞 / from here on, the blocking is std's own
    println!("std::thread::sleep");
    run_both(thread::sleep);
    println!("std::net::TcpStream");
    let server = slow::start();
    run_both(move |time| slow::ask(server, time));
}
