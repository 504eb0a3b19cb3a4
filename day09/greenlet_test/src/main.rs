#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use greenlet::Greenlet;

fn main() {
    // 两个协程互相提到对方，所以先建空的，再交给它们函数 / each names the other: empty first, functions later  day09 L114
    let (gr1, gr2) = (Greenlet::empty(), Greenlet::empty());
    let (one, two) = (gr1.peer(), gr2.peer());

    gr1.set_run(move |()| {
        println!("12");
        two.switch(()); // 去 gr2；回来时从下一行继续 / to gr2; back at the next line  day09 L119
        println!("34");
        two.switch(());
    });
    gr2.set_run(move |()| {
        println!("56");
        one.switch(());
        println!("78"); // 函数结束，回到父协程 main / the end: back to the parent, main
    });

    gr1.switch(()); // 选择先执行谁 / choose who runs  day09 L119
}
