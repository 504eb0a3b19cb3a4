#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use greenlet::Greenlet;

/// The course's example: two greenlets print 12 56 34 78
#[derive(clap::Parser)]
#[command(version)]
struct Args {}

fn main() {
    let Args {} = clap::Parser::parse();

    // 两个协程互相提到对方：先建空的，再交给它们函数 / each names the other: empty first  day09 L112
    let (gr1, gr2) = (Greenlet::empty(), Greenlet::empty());
    let (one, two) = (gr1.peer(), gr2.peer());

    gr1.set_run(move |()| {
        println!("12");
        two.switch(()); // 到 gr2 去；再回来时从下一行继续 / to gr2; back at the next line  day09 L94
        println!("34");
        two.switch(());
    });
    gr2.set_run(move |()| {
        println!("56");
        one.switch(());
        println!("78"); // 函数结束，回到父协程，也就是 main / the end: back to the parent, main
    });

    gr1.switch(()); // 选择先执行谁 / choose who runs  day09 L116
}
