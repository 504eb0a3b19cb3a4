use std::net::Ipv4Addr;
use std::os::unix::ffi::OsStringExt;

use proptest::prelude::*;

use super::*;

fn parse(line: &str) -> Result<Command, Wrong> {
    Command::parse(line.as_bytes())
}

#[test]
fn a_name_is_taken_byte_for_byte() {
    assert_eq!(parse("STOR x"), Ok(Command::Stor("x".into())));
    assert_eq!(parse("stor  x "), Ok(Command::Stor(" x ".into())));
    assert_eq!(parse("DELE a\nb"), Ok(Command::Dele("a\nb".into())));
    let long = "n".repeat(255);
    assert_eq!(parse(&format!("MKD {long}")), Ok(Command::Mkd(long.into())));
    for missing in ["RETR", "RETR ", "RETR a\0b"] {
        assert!(matches!(parse(missing), Err(Wrong::Argument(_))), "{missing:?}");
    }
    let raw = Command::parse(b"SIZE \xff\xfe").unwrap();
    assert_eq!(raw, Command::Size(OsString::from_vec(vec![255, 254])));
}

#[test]
fn options_of_ls_are_no_names() {
    assert_eq!(parse("LIST"), Ok(Command::List(None)));
    assert_eq!(parse("LIST -la"), Ok(Command::List(None)));
    assert_eq!(parse("LIST -l -a sub dir"), Ok(Command::List(Some("sub dir".into()))));
    assert_eq!(parse("NLST ./-x"), Ok(Command::Nlst(Some("./-x".into()))));
    assert_eq!(parse("MLSD -x"), Ok(Command::Mlsd(Some("-x".into()))));
}

#[test]
fn addresses() {
    let four = |port: u16| Ok(Command::Port((Ipv4Addr::LOCALHOST, port).into()));
    assert_eq!(parse("PORT 127,0,0,1,200,1"), four(51201));
    assert_eq!(parse("EPRT |1|127.0.0.1|51201|"), four(51201));
    assert_eq!(parse("EPRT !1!127.0.0.1!51201!"), four(51201));
    assert_eq!(parse("EPRT |2|::1|80|"), Ok(Command::Port("[::1]:80".parse().unwrap())));
    for bad in [
        "PORT",
        "PORT 1,2,3",
        "PORT 256,0,0,1,1,1",
        "PORT +1,0,0,1,1,1",
        "PORT 1,2,3,4,5,6,7",
        "PORT 1,2,3,4,5,",
        "EPRT",
        "EPRT |",
        "EPRT |1|::1|80|",
        "EPRT |1|1.2.3.4|80",
        "EPRT |1|1.2.3.4|65536|",
        "EPRT |1|1.2.3.4|+1|",
    ] {
        assert!(matches!(parse(bad), Err(Wrong::Argument(_))), "{bad}");
    }
    assert_eq!(parse("EPRT |3|1.1.1.1|2000|"), Err(Wrong::Protocol));
    assert_eq!(parse("EPSV"), Ok(Command::Epsv(Epsv::Any)));
    assert_eq!(parse("EPSV 2"), Ok(Command::Epsv(Epsv::Protocol(2))));
    assert_eq!(parse("epsv all"), Ok(Command::Epsv(Epsv::All)));
    assert_eq!(parse("EPSV 9"), Err(Wrong::Protocol));
}

#[test]
fn parameters() {
    assert_eq!(parse("TYPE a n"), Ok(Command::Type(Type::Ascii)));
    assert_eq!(parse("TYPE L 8"), Ok(Command::Type(Type::Image)));
    assert!(matches!(parse("TYPE E"), Err(Wrong::Parameter(_))));
    assert_eq!(parse("MODE S"), Ok(Command::AsUsual));
    assert!(matches!(parse("MODE B"), Err(Wrong::Parameter(_))));
    assert_eq!(parse("REST 18446744073709551615"), Ok(Command::Rest(u64::MAX)));
    assert_eq!(parse("ALLO 10 R 5"), Ok(Command::Allo));
    for bad in ["REST abc", "REST -1", "REST +1", "REST 18446744073709551616", "REST", "REST  "] {
        assert!(matches!(parse(bad), Err(Wrong::Argument(_))), "{bad}");
    }
    assert_eq!(parse("SITE chmod 644 a b"), Ok(Command::SiteChmod(0o644, "a b".into())));
    for bad in ["SITE CHMOD", "SITE CHMOD 9 x", "SITE CHMOD 644", "SITE CHMOD 00644 x"] {
        assert!(matches!(parse(bad), Err(Wrong::Argument(_))), "{bad}");
    }
    assert_eq!(parse("OPTS utf8 on"), Ok(Command::OptsUtf8));
    assert_eq!(parse("OPTS MLST size;"), Ok(Command::OptsMlst(b"size;".to_vec())));
    assert!(matches!(parse("MFMT 2017 x"), Err(Wrong::Argument(_))));
    assert!(
        matches!(parse("MFMT 20170921013410 x y"), Ok(Command::Mfmt(_, name)) if name == "x y")
    );
}

#[test]
fn what_is_no_command() {
    for line in ["", " ", "FOO", "\0", "USER\tx", "N OOP"] {
        assert_eq!(parse(line), Err(Wrong::Verb), "{line:?}");
    }
    assert_eq!(parse("AUTH TLS"), Err(Wrong::NotImplemented));
}

/// A verb of ours or of nobody's, and any bytes after it.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let verbs: Vec<&str> = VERBS.split(' ').chain(["SITE CHMOD", "OPTS MLST", "FOO", ""]).collect();
    let argument = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        "[0-9,|.:+ -]{0,30}".prop_map(String::into_bytes),
    ];
    (proptest::sample::select(verbs), any::<bool>(), argument).prop_map(
        |(verb, space, argument)| {
            let mut line = verb.as_bytes().to_vec();
            if space {
                line.push(b' ');
            }
            line.extend(argument);
            line
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn every_line_is_understood_or_refused(line in lines()) {
        if let Ok(Command::Retr(name) | Command::Stor(name)) = Command::parse(&line) {
            prop_assert!(!name.is_empty());
            prop_assert!(line.ends_with(name.as_encoded_bytes()));
        }
    }
}
