#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use greenlet::{Generator, GeneratorError, Yielder};

/// A generator: next, send(value), close, StopIteration with the return value
#[derive(clap::Parser)]
#[command(version)]
struct Args {}

/// Speaks when it is released.
struct Notebook(&'static str);

impl Drop for Notebook {
    fn drop(&mut self) {
        println!("    ({} is released)", self.0);
    }
}

/// 生成器函数：收到数字，给出目前的平均值 / a generator function: takes numbers, gives the mean so far.
fn mean(co: &Yielder<Option<f64>, f64, String>) -> String {
    println!("    the function starts");
    let _notebook = Notebook("the mean's notebook"); // 局部变量，函数退出前不会释放 / alive until the end  day07 L101
    let (mut sum, mut n) = (0.0, 0);
    let mut given = None; // r = yield，等同于 yield None  day07 L137
    while let Some(x) = co.give(given) {
        sum += x;
        n += 1;
        given = Some(sum / f64::from(n));
    }
    format!("{n} numbers")
}

fn main() {
    let Args {} = clap::Parser::parse();

    // 【1】调用生成器函数，函数体一行也不执行 / calling it runs nothing of it  day07 L94
    let mut co = Generator::new(mean);
    println!("called: {}", state(&co));

    // 【2】第一次 send 的参数必须是 None：还没有 yield 在等 / the first must be None  day07 L123
    println!("send(1.0): {}", answer(co.send(Some(1.0))));
    println!("send(None): {}", answer(co.send(None)));

    // 【3】value 成为 yield 表达式的值，返回的是下一个 yield 的值 / in: this yield's value; out: the next one's  day07 L126
    for x in [10.0, 20.0, 60.0] {
        println!("send({x:.1}): {}", answer(co.send(Some(x))));
    }

    // 【4】它从不自己切换：不问它，它就停在原处 / it never switches by itself  day07 L103
    println!("meanwhile: {}", state(&co));

    // 【5】函数结束：StopIteration，带着返回值 / the end: StopIteration with the return value  day07 L126
    println!("send(None): {}", answer(co.send(None)));
    println!("send(None): {}", answer(co.send(None)));

    // 【6】close()：没有执行完也释放局部变量 / close(): releases the locals of one that has not ended  day07 L101
    let mut steps: Generator<&str> = Generator::new(|co| {
        let _notebook = Notebook("the steps' notebook");
        co.give("one");
        co.give("two");
        co.give("never asked for");
    });
    println!("next: {:?}", steps.next());
    println!("next: {:?}", steps.next());
    println!("close: {}", if steps.close().is_ok() { "closed" } else { "not closed" });
    println!("next: {:?}", steps.next());

    // 【7】for 就是反复 next，直到 StopIteration / for: next until StopIteration
    let squares: Generator<u32> = Generator::new(|co| (1..=4).for_each(|i| _ = co.give(i * i)));
    let list: Vec<String> = squares.map(|n| n.to_string()).collect();
    println!("for: {}", list.join(" "));
}

fn answer(answer: Result<Option<f64>, GeneratorError<String>>) -> String {
    match answer {
        Ok(None) => "None".to_owned(),
        Ok(Some(mean)) => format!("{mean:.1}"),
        Err(GeneratorError::StopIteration(Some(value))) => format!("StopIteration({value})"),
        Err(GeneratorError::StopIteration(None)) => "StopIteration".to_owned(),
        Err(error) => format!("error: {error}"),
    }
}

/// 它执行到哪里了：created，suspended，closed / how far it is.
fn state(co: &impl std::fmt::Debug) -> String {
    format!("{co:?}").split(' ').skip(2).collect()
}
