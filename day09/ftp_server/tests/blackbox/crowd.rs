//! Many clients: limits, two hundred at once, parallel transfers.

use std::thread;

use grade::{Result, proc};

use crate::ftp::{Ftp, Site};

#[test]
fn one_client_too_many_is_told() -> Result {
    let site = Site::start(&["--max-clients", "2"])?;
    let mut first = site.log_in()?;
    let _second = site.log_in()?;
    for _ in 0..2 {
        let mut third = Ftp { control: site.server.connect()? };
        third.expect("421")?;
        third.control.expect_eof()?;
    }
    first.run("QUIT", "221")?;
    first.control.expect_eof()?;
    site.server.wait_until("the first has left", || site.server.children().len() == 1)?;
    site.log_in()?.run("NOOP", "200")?;
    site.server.stop()
}

#[test]
fn one_address_has_its_share_only() -> Result {
    let site = Site::start(&["--max-per-host", "1"])?;
    let first = site.log_in()?;
    let mut second = Ftp { control: site.server.connect()? };
    second.expect("421")?;
    // A client that is killed gives its place back, too.
    first.control.reset()?;
    site.server.wait_until("its process has ended", || site.server.children().is_empty())?;
    site.log_in()?.run("NOOP", "200")?;
    site.server.stop()
}

#[test]
fn two_hundred_clients_at_once() -> Result {
    let site = Site::start(&["--quiet"])?;
    site.put("f", "for all")?;
    let descriptors = site.server.descriptors();
    let mut clients = Vec::new();
    for _ in 0..200 {
        clients.push(Ftp::anonymous(&site.server)?);
    }
    assert_eq!(site.server.children().len(), 200);
    for ftp in clients.iter_mut().rev() {
        assert_eq!(ftp.get("f")?, b"for all");
    }
    for ftp in &mut clients {
        ftp.run("QUIT", "221")?;
    }
    site.server.wait_until("no process is left, not even a zombie", || {
        site.server.children().is_empty()
    })?;
    site.server.wait_until("no descriptor is left", || {
        proc::descriptors(site.server.pid()).len() == descriptors
    })?;
    site.server.stop()
}

#[test]
fn parallel_transfers() -> Result {
    parallel(8, 2_000_000)
}

#[test]
#[ignore = "heavy: 2 GB over loopback and on disk"]
fn twenty_parallel_transfers_of_50_mb() -> Result {
    parallel(20, 50_000_000)
}

fn parallel(clients: usize, len: usize) -> Result {
    let site = Site::start(&["--quiet"])?;
    let results: Vec<Result> = thread::scope(|scope| {
        let all: Vec<_> = (0..clients)
            .map(|n| {
                let site = &site;
                scope.spawn(move || {
                    let bytes = grade::random_bytes(n as u64, len / 100).repeat(100);
                    let mut ftp = site.log_in()?;
                    ftp.put(&format!("f{n}"), &bytes)?;
                    let got = ftp.get(&format!("f{n}"))?;
                    site.server.check(got == bytes, format!("f{n} came back different"))
                })
            })
            .collect();
        all.into_iter().map(|t| t.join().unwrap_or_else(|_| Err("a panic".into()))).collect()
    });
    results.into_iter().collect::<Result>()?;
    assert_eq!(site.names().len(), clients);
    site.server.stop()
}
