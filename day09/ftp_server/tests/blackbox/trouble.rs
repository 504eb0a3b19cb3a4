//! Clients that are killed, disks that are full, files that change.

use std::io::{Read, Write};
use std::process::Command;

use grade::{Result, Server, wait_until};

use crate::ftp::{Ftp, PASSWORD, Site, USER, log_in};

#[test]
fn a_client_killed_in_mid_upload_leaves_nothing() -> Result {
    let site = Site::start(&[])?;
    site.put("f", "old")?;
    let mut ftp = site.log_in()?;
    let mut data = ftp.passive()?;
    ftp.run("STOR f", "150")?;
    data.write_all(&[1; 300_000])?;
    // The kernel closes what a killed process had open: the control connection first.
    ftp.control.close();
    drop(data);
    site.server.wait_until("its process has ended", || site.server.children().is_empty())?;
    assert_eq!(site.names(), ["f"]);
    assert_eq!(std::fs::read(site.home().join("f"))?, b"old");
    site.log_in()?.run("NOOP", "200")?;
    site.server.stop()
}

#[test]
fn a_client_gone_in_mid_download_ends_its_process() -> Result {
    let site = Site::start(&[])?;
    site.put("big", vec![1; 30_000_000])?;
    let mut ftp = site.log_in()?;
    // The data connection stays open: it is the control connection that counts.
    let _data = ftp.passive()?;
    ftp.run("RETR big", "150")?;
    ftp.control.reset()?;
    site.server.wait_until("its process has ended", || site.server.children().is_empty())?;
    site.server.stop()
}

#[test]
fn a_process_killed_costs_its_client_only() -> Result {
    let site = Site::start(&[])?;
    let (mut one, mut two) = (site.log_in()?, site.log_in()?);
    let children = site.server.children();
    let first = children.iter().map(|child| child.pid).min().unwrap();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(first), nix::sys::signal::Signal::SIGKILL)?;
    one.control.expect_closed()?;
    two.run("NOOP", "200")?;
    site.server.stop()
}

#[test]
fn a_file_that_shrinks_while_it_is_sent() -> Result {
    let site = Site::start(&[])?;
    site.put("f", vec![1; 20_000_000])?;
    let mut ftp = site.log_in()?;
    let mut data = ftp.passive()?;
    ftp.run("RETR f", "150")?;
    std::fs::File::options().write(true).open(site.home().join("f"))?.set_len(1000)?;
    let mut got = Vec::new();
    data.read_to_end(&mut got)?;
    assert!(got.len() < 20_000_000);
    ftp.reply()?;
    ftp.run("NOOP", "200")?;
    site.server.stop()
}

#[test]
fn a_pipe_in_the_folder_holds_nobody() -> Result {
    let site = Site::start(&[])?;
    nix::unistd::mkfifo(&site.home().join("pipe"), nix::sys::stat::Mode::S_IRWXU)?;
    let mut ftp = site.log_in()?;
    ftp.run("RETR pipe", "550")?;
    ftp.run("STOR pipe", "553")?;
    ftp.run("APPE pipe", "553")?;
    site.server.stop()
}

#[test]
fn out_of_descriptors_only_newcomers_wait() -> Result {
    let dir = tempfile::tempdir()?;
    let server = Server::new(env!("CARGO_BIN_EXE_ftp_server"))
        .args(["--port", "0", "--quiet", "--root"])
        .arg(dir.path())
        .limit_descriptors(16)
        .start()?;
    let mut clients = Vec::new();
    for _ in 0..30 {
        clients.push(Ftp::anonymous(&server)?);
    }
    for ftp in &mut clients {
        ftp.run("NOOP", "200")?;
    }
    server.stop()
}

/// On a tmpfs of a megabyte, in a mount namespace of its own.
#[test]
fn a_full_disk_is_said_and_leaves_the_old_file() -> Result {
    let home = tempfile::tempdir()?;
    let script =
        "mount -t tmpfs -o size=1m tmpfs \"$1\" && echo old > \"$1/f\" && shift && exec \"$@\"";
    let unshare = ["-r", "-m", "sh", "-c", script, "sh"];
    let possible = Command::new("unshare")
        .args(unshare)
        .arg(home.path())
        .arg("true")
        .output()
        .is_ok_and(|output| output.status.success());
    if !possible {
        eprintln!("skipped: a tmpfs of one's own cannot be mounted here");
        return Ok(());
    }
    let server = Server::new("unshare")
        .args(unshare)
        .arg(home.path())
        .arg(env!("CARGO_BIN_EXE_ftp_server"))
        .args(["--port", "0", "--user", USER, "--root"])
        .arg(home.path())
        .env("FTP_PASSWORD", PASSWORD)
        .start()?;
    let mut ftp = log_in(&server)?;
    for _ in 0..3 {
        let mut data = ftp.passive()?;
        ftp.run("STOR f", "150")?;
        // The server stops reading at some time: what then happens to the rest is its business.
        let _ = data.write_all(&vec![1; 5_000_000]);
        drop(data);
        ftp.expect("452|552")?;
        assert_eq!(ftp.get("f")?, b"old\n");
        let (_, names) = ftp.transfer("NLST", None, None)?;
        assert_eq!(names, b"f\r\n");
    }
    ftp.put("small", b"there is room for this")?;
    server.stop()
}

#[test]
fn an_upload_is_seen_when_it_is_whole() -> Result {
    let site = Site::start(&[])?;
    let (mut writer, mut reader) = (site.log_in()?, site.log_in()?);
    let mut data = writer.passive()?;
    writer.run("STOR f", "150")?;
    data.write_all(b"half")?;
    wait_until("it is being written", || !site.names().is_empty())?;
    reader.run("SIZE f", "550")?;
    assert_eq!(reader.transfer("NLST", None, None)?.1, b"");
    drop(data);
    writer.expect("226")?;
    assert_eq!(reader.get("f")?, b"half");
    site.server.stop()
}
