#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use greenlet::{Greenlet, catch, getcurrent, text_of};

/// Greenlets that pass values both ways, arguments and errors included
#[derive(clap::Parser)]
#[command(version)]
struct Args {}

/// 协程之间传送的值；同一棵树上只有一种类型 / what is passed around: one type for a tree.
enum Value {
    Nothing,
    Number(i32),
    Pair(i32, i32),
    Text(&'static str),
}
use Value::{Nothing, Number, Pair, Text};

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Nothing => write!(f, "()"),
            Number(n) => write!(f, "{n}"),
            Pair(a, b) => write!(f, "({a}, {b})"),
            Text(text) => write!(f, "'{text}'"),
        }
    }
}

fn main() {
    let Args {} = clap::Parser::parse();
    std::panic::set_hook(Box::new(|_| {})); // 错误由我们自己打印 / we print the errors ourselves
    let main = getcurrent::<Value>();

    // 【1】第一次 switch 的参数就是函数的形参 / the first switch's arguments are the function's  day07 L159
    println!("1. arguments");
    let to_main = main.clone();
    let adder = Greenlet::new(move |first| {
        let mut arguments = first;
        loop {
            let Pair(a, b) = arguments else { panic!("add takes two numbers, not {arguments}") };
            arguments = to_main.switch(Number(a + b)); // 交出结果，等下一次 / hand it out, wait
        }
    });
    println!("   switch(1, 2) -> {}", adder.switch(Pair(1, 2)));

    // 【2】以后的 switch：参数成为对方那次 switch 的返回值 / later: the value that its pending switch returns
    println!("2. values both ways");
    println!("   switch(3, 4) -> {}", adder.switch(Pair(3, 4)));
    println!("   switch(5, 6) -> {}", adder.switch(Pair(5, 6)));

    // 【3】传错了：错误到父协程这里来，它自己死了 / a wrong call: the error arrives at the parent  day07 L159
    println!("3. a wrong call");
    let wrong = Greenlet::new(|first| match first {
        Pair(a, b) => Number(a * b),
        other => panic!("multiply takes two numbers, not {other}"),
    });
    report(catch(|| wrong.switch(Nothing)));
    println!("   dead: {}", wrong.dead());

    // 【4】谁也能切到谁；结果归父协程，不归切换它的人 / anybody to anybody; the result goes to the parent
    println!("4. the result goes to the parent");
    let worker = Greenlet::new(|_| Text("worker's result"));
    let to_worker = worker.peer();
    let boss = Greenlet::new(move |_| {
        println!("   boss switches to worker");
        let answer = to_worker.switch(Nothing); // worker 的父协程是 main，这里等不到 / never answered
        println!("   boss got {answer}");
        Nothing
    });
    println!("   main gets {}", boss.switch(Nothing));
    println!("   worker dead: {}, boss dead: {}", worker.dead(), boss.dead());

    // 【5】错误也能传进去；没有人接住，就再传到父协程 / errors go in too, and out to the parent
    println!("5. throw");
    let careful = Greenlet::new(move |_| match catch(|| main.switch(Text("ready"))) {
        Ok(value) => value,
        Err(error) => {
            println!("   careful caught: {}", text_of(&*error).unwrap_or("?"));
            Text("careful goes on")
        }
    });
    println!("   {}", careful.switch(Nothing));
    println!("   {}", careful.throw("too late"));
    let unstarted = Greenlet::new(|_| unreachable!("its function never runs"));
    report(catch(|| unstarted.throw("too early")));

    // 【6】死了的协程：值原样回到最近的活祖先 / dead: the value comes back to the nearest living ancestor
    println!("6. a dead one");
    println!("   switch(7) -> {}", careful.switch(Number(7)));
}

fn report(result: Result<Value, Box<dyn std::any::Any + Send>>) {
    match result {
        Ok(value) => println!("   {value}"),
        Err(error) => println!("   error at main: {}", text_of(&*error).unwrap_or("?")),
    }
}
