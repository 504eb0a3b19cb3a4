//! What the grader says to people, in both languages: the one place for words that are no check's own.

use grade::spec::{Check, Text};

use crate::args::Lang;

/// The words of one language, and how much of the hints is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    pub(crate) lang: Lang,
    pub(crate) hints: u8,
}

const fn text(en: &'static str, zh: &'static str) -> Text {
    Text { en, zh }
}

pub(crate) const EXPECTED: Text = text("expected", "期望");
pub(crate) const GOT: Text = text("got", "得到");
pub(crate) const FIRST_DIFFERENCE: Text = text("the first difference is byte", "第一处不同在字节");
pub(crate) const STEPS: Text = text("after these steps", "经过这些步骤");
pub(crate) const MORE_STEPS: Text = text("more steps", "个步骤");
pub(crate) const PRINTED: Text = text("your program printed", "你的程序输出");
pub(crate) const TRY: Text = text("try it yourself", "自己试试");
pub(crate) const TRY_ON_PORT: Text =
    text("try it yourself, with your program on port {}", "自己试试（程序在端口 {}）");
pub(crate) const HINT: Text = text("hint", "提示");
pub(crate) const MORE_HINTS: Text = text("--hint {} says more", "--hint {} 可看更多");
pub(crate) const SKIPPED: Text = text("skipped, it needs {}", "跳过，需要先通过 {}");
pub(crate) const SCORE: Text = text("score", "得分");
pub(crate) const FAILED: Text = text("failed", "未通过");
pub(crate) const SKIPPED_COUNT: Text = text("skipped", "跳过");
pub(crate) const FLAKY: Text = text("flaky", "不稳定");
pub(crate) const RUNS_PASSED: Text = text("passed in {} runs of {}", "{} 次通过，共 {} 次");
pub(crate) const LINE_OF_OURS: Text = text("this line of ours:", "我们的这一行：");
pub(crate) const NOT_STARTED: Text = text("it did not start", "程序没有启动");
pub(crate) const INTERRUPTED: Text = text("interrupted", "被中断");
pub(crate) const FAULT: Text = text("the grader's own fault", "评分程序自己的错误");
pub(crate) const TOTAL: Text = text("all together", "总分");
pub(crate) const TIME_IS_UP: Text = text("time is up (--deadline)", "时间到（--deadline）");
pub(crate) const POINTS: Text = text("points", "分");

impl Words {
    pub(crate) fn of(self, text: Text) -> &'static str {
        match self.lang {
            Lang::En => text.en,
            Lang::Zh => text.zh,
        }
    }

    pub(crate) fn needs(self, base: &str) -> String {
        self.of(SKIPPED).replace("{}", base)
    }
}

/// The first of the three hints of a check, as many as are told.
pub(crate) fn hints(check: &Check, words: Words) -> Vec<String> {
    let line = match check.line.read() {
        Some((number, line)) => {
            format!("{} {}:{number}  {line}", words.of(LINE_OF_OURS), check.line.file)
        }
        None => format!("{} {}", words.of(LINE_OF_OURS), check.line.file),
    };
    let all = [words.of(check.place).to_owned(), words.of(check.call).to_owned(), line];
    all.into_iter().take(words.hints.into()).collect()
}
