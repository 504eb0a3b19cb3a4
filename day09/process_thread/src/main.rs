#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod child;
mod cost;
mod look;

use std::error::Error;
use std::process::ExitCode;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, mpsc};

use clap::Parser;
use serde_json::{Value, json};
use threading::{Thread, ThreadError};

use child::in_a_child;

/// A child process has a copy of everything, a thread shares it; and what each of them costs.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
    /// Fewer of each and less work, measured less exactly
    #[arg(long)]
    quick: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = lesson(&cli).map(|report| {
        if cli.json {
            println!("{report}");
        }
    });
    common::program::exit_code(result.map_err(|error| error.to_string().into()))
}

fn lesson(cli: &Cli) -> Result<Value, Box<dyn Error>> {
    let say = |line: String| {
        if !cli.json {
            println!("{line}");
        }
    };

    // 【1】同一个计数器：子进程改的是自己的那份，线程改的就是我们的
    // one counter: the child changes its copy, the thread changes ours. day07 L10, day09 L9
    let there = in_a_child(|| look::add_one().into())?;
    let after_child = look::COUNT.load(Relaxed);
    say(format!("a child adds 1           the child has {there}, we have {after_child}"));
    let there = in_a_thread(|| look::add_one().into())?;
    let after_thread = look::COUNT.load(Relaxed);
    say(format!("a thread adds 1          the thread has {there}, we have {after_thread}"));

    // 【2】子进程有自己的进程号；线程没有，它只是同一进程里的另一个执行流程
    // a child has a pid of its own; a thread is in our process, with a number of the kernel's. day07 L8
    let (heap, local) = (Arc::new(0), 0);
    let main = look::around(&heap, &local);
    let child = in_a_child(|| look::around(&heap, &local))?;
    let thread = in_a_thread({
        let heap = Arc::clone(&heap);
        move || {
            let local = 0; // 线程自己栈上的变量 / on the thread's own stack
            look::around(&heap, &local)
        }
    })?;
    let same =
        |there: &Value, what: &str| if there[what] == main[what] { "same" } else { "another" };
    let ours = child["parent"] == main["pid"];
    say(format!("pid of the child         {}, its parent is us: {ours}", same(&child, "pid")));
    let number = same(&thread, "id");
    say(format!("pid of the thread        {}, its number is {number}", same(&thread, "pid")));

    // 【3】地址都一样：子进程的内存是拷贝，恰好在同样的地方；线程只多了一个栈
    // the child's addresses are ours, of its copy; the thread's are ours but for its stack. day07 L3, L9
    for what in ["function", "static", "heap", "local"] {
        let [c, t] = [same(&child, what), same(&thread, what)];
        let at = main[what].as_u64().unwrap_or(0);
        say(format!("address of {what:<13} child: {c}, thread: {t:<7} {at:#x}"));
    }

    // 【4】打开的文件也一样：子进程关的是自己的那份 / open files: the child closes its copy. day07 L4
    let file = look::open()?;
    in_a_child(|| look::close().into())?;
    let after_child_closed = look::is_open(file);
    say(format!("a child closes a file    open for us: {after_child_closed}"));
    in_a_thread(|| look::close().into())?;
    let after_thread_closed = look::is_open(file);
    say(format!("a thread closes it       open for us: {after_thread_closed}"));

    // 【5】创建并结束一个要多久 / how long it takes to create one and see it end.
    let creating = cost::of_creating(if cli.quick { 50 } else { 1000 })?;
    say(format!("\n{}", creating.to_string().trim_end()));

    // 【6】两者都能同时使用多个核 / both use all cores. day07 L13
    let computing = cost::of_computing(if cli.quick { 20_000 } else { 300_000 })?;
    say(format!("\n{}", computing.to_string().trim_end()));

    Ok(json!({
        "counter": { "after_child": after_child, "after_thread": after_thread },
        "main": main, "child": child, "thread": thread,
        "open": { "after_child": after_child_closed, "after_thread": after_thread_closed },
        "creating": creating.to_json(),
        "computing": computing.to_json(),
    }))
}

/// Runs `f` in a thread and gives back what it returns.
fn in_a_thread(f: impl FnOnce() -> Value + Send + 'static) -> Result<Value, ThreadError> {
    let (there, here) = mpsc::channel();
    let t = Thread::new(move || drop(there.send(f())));
    t.start()?;
    t.join(None)?;
    Ok(here.recv().unwrap_or_default())
}
