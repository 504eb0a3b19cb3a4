//! What can be wrong with a request, and how a person is told.
//!
//! A refusal is a teaching moment: whoever typed the request by hand into `nc` reads in the body which
//! line was wrong and what the rule is, in both languages, with the section of the RFC.

use std::fmt::Write;
use std::ops::Range;

use crate::status::Status;

/// A request that is refused before anything looks at what it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule that was broken.
    pub why: Why,
    /// The line of the head, from 1; 0 where no line is to blame.
    pub line: usize,
    /// Where the line stands in the bytes of the head.
    pub span: Range<usize>,
}

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident $status:literal $rfc:literal $zh:literal $en:literal;)*) => {
        /// The rules a request can break.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Why { $($(#[$doc])* $name,)* }

        impl Why {
            /// Every rule there is, for tests and tables.
            pub const ALL: &[Why] = &[$(Why::$name,)*];

            /// The status that the RFC names for it.
            #[must_use]
            pub fn status(self) -> Status {
                match self { $(Why::$name => Status($status),)* }
            }

            /// The rule in Chinese and in English, and where it stands.
            #[must_use]
            pub fn text(self) -> (&'static str, &'static str, &'static str) {
                match self { $(Why::$name => ($zh, $en, $rfc),)* }
            }
        }
    };
}

faults! {
    /// The first byte is a TLS handshake's.
    Tls 400 "RFC 9112 3" "这是 TLS 握手：本服务器只讲明文 HTTP，请用 http:// 而不是 https://"
        "this is a TLS handshake: the server speaks plain HTTP, use http:// instead of https://";
    /// A line ends in LF without CR.
    BareLf 400 "RFC 9112 2.2" "行尾只有 LF；每行必须以 CR LF 结束（用 nc -C 可以自动发送）"
        "the line ends in LF alone; each line ends in CR LF (nc -C sends it)";
    /// A CR that no LF follows.
    BareCr 400 "RFC 9112 2.2" "行中间出现了单独的 CR" "there is a CR inside the line";
    /// The request line has not the form `METHOD SP target SP HTTP/1.x`.
    RequestLine 400 "RFC 9112 3" "请求行的格式是：方法 空格 地址 空格 HTTP/1.1，各只有一个空格"
        "the request line is: method, one space, target, one space, HTTP/1.1";
    /// Nothing behind the target.
    NoVersion 400 "RFC 9112 3" "请求行缺少版本号，例如 GET / HTTP/1.1"
        "the request line lacks its version, as in GET / HTTP/1.1";
    /// The third word is not `HTTP/digit.digit`.
    VersionSyntax 400 "RFC 9112 2.3" "版本号必须写成大写的 HTTP/1.1" "the version is written HTTP/1.1, in capitals";
    /// HTTP, but neither 1.0 nor 1.1.
    Version 505 "RFC 9110 15.6.6" "本服务器只支持 HTTP/1.0 和 HTTP/1.1" "the server speaks HTTP/1.0 and HTTP/1.1 only";
    /// The method is not a token.
    MethodSyntax 400 "RFC 9110 5.6.2" "方法名只能由字母、数字和少数符号组成" "the method is not a token";
    /// A control byte, a blank or a `#` in the target.
    TargetByte 400 "RFC 9112 3.2" "地址中有不允许的字符（控制字符、空格或 #），应写成 %XX"
        "the target holds a byte that must be written %XX (a control byte, a blank or #)";
    /// The target is neither a path nor an absolute http URL.
    TargetForm 400 "RFC 9112 3.2" "地址必须以 / 开头，或是完整的 http://主机/路径"
        "the target starts with /, or is a whole http://host/path";
    /// `%` without two hexadecimal digits.
    Percent 400 "RFC 3986 2.1" "% 后面必须是两位十六进制数字" "a % is followed by two hexadecimal digits";
    /// `%00` in the path.
    PercentNul 400 "RFC 9110 17.3" "路径中不能有 %00" "a path holds no %00";
    /// `%2F` in the path.
    PercentSlash 400 "RFC 3986 2.2" "路径中的 / 不能写成 %2F：没有名字含有 /" "a / in the path is not written %2F: no name holds one";
    /// More `..` than folders.
    AboveRoot 400 "RFC 3986 5.2.4" "路径中的 .. 走出了根目录" "the path leads above the root";
    /// A request line longer than the limit.
    TargetTooLong 414 "RFC 9112 3" "请求行太长（上限 8 KiB）" "the request line is longer than 8 KiB";
    /// A field line without a colon.
    NoColon 400 "RFC 9112 5" "这一行没有冒号；格式是 名字: 值" "the line has no colon; a field is name: value";
    /// Blank between name and colon.
    BlankBeforeColon 400 "RFC 9112 5.1" "冒号前不能有空格" "there is a blank before the colon";
    /// A line that starts with a blank.
    Fold 400 "RFC 9112 5.2" "这一行以空格开头：折行早已废除" "the line starts with a blank: folded lines are obsolete";
    /// The name is empty or not a token.
    FieldName 400 "RFC 9110 5.1" "冒号前的名字为空或含有不允许的字符" "the field's name is empty or holds a byte that no name may hold";
    /// A control byte in a value.
    FieldValue 400 "RFC 9110 5.5" "值中有控制字符" "the field's value holds a control byte";
    /// A line or the head longer than the limit.
    HeadTooLarge 431 "RFC 6585 5" "请求头太大（每行 8 KiB，总共 32 KiB）" "the head is too large (8 KiB a line, 32 KiB in all)";
    /// More fields than the limit.
    TooManyFields 431 "RFC 6585 5" "请求头字段太多（上限 100 个）" "there are more than 100 fields";
    /// HTTP/1.1 without Host.
    NoHost 400 "RFC 9112 3.2" "HTTP/1.1 请求必须有 Host 头" "an HTTP/1.1 request has a Host field";
    /// Host twice.
    TwoHosts 400 "RFC 9112 3.2" "只能有一个 Host 头" "there is more than one Host field";
    /// Host is no `name:port`.
    Host 400 "RFC 9112 3.2" "Host 的格式是 主机名 或 主机名:端口，中间没有空格" "Host is name or name:port, without blanks";
    /// Content-Length is no number.
    Length 400 "RFC 9112 6.3" "Content-Length 必须是十进制非负整数" "Content-Length is a decimal number, digits only";
    /// Content-Length twice.
    TwoLengths 400 "RFC 9112 6.3" "Content-Length 出现了两次" "there is more than one Content-Length";
    /// Content-Length beside Transfer-Encoding.
    LengthAndChunked 400 "RFC 9112 6.1" "Content-Length 和 Transfer-Encoding 不能同时出现"
        "Content-Length and Transfer-Encoding exclude each other";
    /// The last coding is not chunked, or chunked stands twice, or in HTTP/1.0.
    TransferEncoding 400 "RFC 9112 6.3" "Transfer-Encoding 必须以唯一的 chunked 结尾，且只用于 HTTP/1.1"
        "Transfer-Encoding ends in one chunked, and belongs to HTTP/1.1";
    /// A coding other than chunked.
    Coding 501 "RFC 9112 6.1" "本服务器只懂 chunked 传输编码" "the server knows no transfer coding but chunked";
    /// The size line of a chunk.
    ChunkSize 400 "RFC 9112 7.1" "块大小必须是十六进制数字" "the size of a chunk is hexadecimal digits";
    /// No CR LF behind a chunk.
    ChunkEnd 400 "RFC 9112 7.1" "块数据之后必须是 CR LF：数据比声明的长" "a chunk's data ends in CR LF: there is more than its size says";
    /// Extensions or trailers beyond measure.
    ChunkTooLarge 431 "RFC 9112 7.1" "块扩展或尾部字段太长" "the chunk extensions or trailer fields are too long";
    /// The client closed before the body was whole.
    BodyCutShort 400 "RFC 9112 8" "正文还没发完连接就断了" "the connection ended before the body did";
    /// A body beyond the limit.
    BodyTooLarge 413 "RFC 9110 15.5.14" "正文超过了上限" "the body is larger than the server takes";
    /// No server here knows the method.
    UnknownMethod 501 "RFC 9110 15.6.2" "没有这个方法（方法名区分大小写，例如 GET）"
        "there is no such method here (they are case-sensitive: GET, not get)";
    /// An expectation other than 100-continue.
    Expectation 417 "RFC 9110 10.1.1" "本服务器只懂 Expect: 100-continue" "the server knows Expect: 100-continue only";
    /// The head or the body did not come in time.
    Timeout 408 "RFC 9110 15.5.9" "请求没有在规定时间内发完" "the request did not arrive in time";
}

impl Fault {
    /// A fault that no single line is to blame for.
    #[must_use]
    pub fn whole(why: Why) -> Self {
        Self { why, line: 0, span: 0..0 }
    }

    /// The body of the refusal: status, rule, line and source.
    #[must_use]
    pub fn page(&self, head: &[u8]) -> String {
        let status = self.why.status();
        let (zh, en, rfc) = self.why.text();
        let mut page = format!("{} {}\n\n{zh}\n{en}\n", status.0, status.reason());
        if let (1.., Some(bytes)) = (self.line, head.get(self.span.clone())) {
            let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
            let cut = bytes.len() > 80;
            let shown = bytes[..bytes.len().min(80)].escape_ascii();
            let _ = writeln!(page, "\nline {}: {shown}{}", self.line, if cut { "…" } else { "" });
        }
        let _ = writeln!(page, "\n{rfc}");
        page
    }
}
