//! The alarm of a read's time limit outlives the read.

use super::*;

const LONG: Option<Duration> = Some(Duration::from_secs(1000));

/// Two ends; the second has waited for a byte under a limit of so long.
fn waited(limit: Option<Duration>) -> (TcpStream, TcpStream) {
    let (here, there) = pair();
    there.set_read_timeout(limit);
    let mut sender = here.clone();
    spawn(move || sender.write_all(b"x").unwrap());
    assert_eq!(read(&there).unwrap(), b"x");
    (here, there)
}

#[test]
fn each_read_has_all_of_its_time() {
    let (_here, there) = waited(Some(ms(50)));
    sleep(ms(30));
    let begin = Instant::now();
    assert_eq!(read(&there).unwrap_err().kind(), ErrorKind::TimedOut);
    assert!(begin.elapsed() >= ms(50), "{:?}", begin.elapsed());
}

#[test]
fn a_shorter_limit_counts_at_once() {
    let (_here, there) = waited(LONG);
    for _ in 0..2 {
        there.set_read_timeout(Some(ms(5)));
        assert_eq!(read(&there).unwrap_err().kind(), ErrorKind::TimedOut);
    }
}

#[test]
fn a_limit_that_nobody_waits_under_keeps_no_hub_busy() {
    let (_here, there) = waited(LONG);
    assert!(hub().join(None));
    assert!(catch(|| event::Event::new().wait(None)).unwrap_err().is::<LoopExit>());
    there.close();
    assert!(hub().join(None));

    let (_here, there) = waited(Some(ms(5)));
    sleep(ms(10)); // it rings, and nobody hears it
    assert!(hub().join(None));
    let nap = spawn(|| sleep(ms(20)));
    assert!(hub().join(None), "and later timers count");
    assert!(nap.ready());
    drop(there);
}

#[test]
fn who_was_woken_and_outrun_does_not_take_the_limit_away() {
    let (mut here, there) = pair();
    there.set_read_timeout(LONG);
    let (slow, fast) = (there.clone(), there);
    let slow = spawn(move || read(&slow).map_err(|error| error.to_string()));
    sleep(NOW);
    let fast = spawn(move || {
        here.write_all(b"x").unwrap();
        // While the first one waits, a second reader is an error; once it is woken, it is not.
        while read(&fast).is_err() {
            sleep(NOW);
        }
        fast.set_read_timeout(Some(ms(5)));
        read(&fast).unwrap_err().kind()
    });
    assert_eq!(fast.get(Some(Duration::from_secs(60))).unwrap(), ErrorKind::TimedOut);
    assert!(slow.get(None).unwrap().unwrap_err().contains("another task already waits"));
}
