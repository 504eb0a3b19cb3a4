#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use std::time::Duration;

/// The course's example: two tasks, and neither waits for the other's sleep
#[derive(clap::Parser)]
#[command(version)]
struct Args {}

/// 课程中睡 2 秒和 3 秒，这里快十倍 / the course sleeps 2 s and 3 s; here ten times less.
const SECOND: Duration = Duration::from_millis(100);

fn foo(a: i32, b: i32) {
    println!("Running foo {a} {b}");
    // 遇到 gevent 的阻塞，自动跳到别的协程 / blocking that gevent knows: the others run  day09 L134
    gevent::sleep(2 * SECOND);
    println!("Running foo again");
}

fn bar() {
    println!("Running bar");
    gevent::sleep(3 * SECOND);
    println!("Running bar again");
}

fn main() {
    let Args {} = clap::Parser::parse();

    // 生成协程对象，此时还没有运行 / the task objects; nothing runs yet  day09 L127
    let f = gevent::spawn(|| foo(1, 2));
    let g = gevent::spawn(bar);
    // 阻塞等待两个协程执行完毕 / wait until both have ended  day09 L133
    gevent::joinall(&[f, g], None);
}
