//! A network of a process's own, in which every port is free and nobody else listens.

use std::fs;
use std::io;
use std::os::fd::AsRawFd;

use nix::sched::{CloneFlags, unshare};
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket,
};
use nix::unistd::{getegid, geteuid};

/// Who the program is inside, if it is root outside: `nobody`, who may do nothing special.
const NOBODY: u32 = 65_534;

/// Moves this process, which must have one thread, into a network of its own.
///
/// It comes with a user namespace, in which whatever is started has no privileges: whose user id
/// there is not 0 loses its capabilities with `exec`.
///
/// # Errors
///
/// The machine does not allow it.
pub(crate) fn enter() -> io::Result<()> {
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    let inside = |id| if id == 0 { NOBODY } else { id };
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{} {user} 1", inside(user)))?;
    fs::write("/proc/self/gid_map", format!("{} {group} 1", inside(group)))?;
    loopback_up()?;
    // Port 80 is the notes' own, and here it is nobody's.
    let _ = fs::write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
    Ok(())
}

/// What `ip link set lo up` asks of the kernel (`rtnetlink(7)`): the loopback device is number 1.
fn loopback_up() -> io::Result<()> {
    const RTM_NEWLINK: u16 = 16;
    const REQUEST_AND_ACK: u16 = 0x1 | 0x4;
    const IFF_UP: u32 = 1;
    const LENGTH: usize = 32;
    let mut message = Vec::with_capacity(LENGTH);
    // struct nlmsghdr: length, type, flags, sequence, port.
    message.extend((LENGTH as u32).to_ne_bytes());
    message.extend(RTM_NEWLINK.to_ne_bytes());
    message.extend(REQUEST_AND_ACK.to_ne_bytes());
    message.extend([0; 8]);
    // struct ifinfomsg: family, padding, type, index, flags, which of them change.
    message.extend([0; 4]);
    message.extend(1_i32.to_ne_bytes());
    message.extend(IFF_UP.to_ne_bytes());
    message.extend(IFF_UP.to_ne_bytes());

    let netlink = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkRoute,
    )?;
    sendto(netlink.as_raw_fd(), &message, &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
    // The answer: a header, and 0 or the error, negative.
    let mut answer = [0; 128];
    let count = recv(netlink.as_raw_fd(), &mut answer, MsgFlags::empty())?;
    let code = answer[..count].get(16..20).and_then(|bytes| bytes.try_into().ok());
    match code.map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        Some(code) => Err(io::Error::from_raw_os_error(-code)),
        None => Err(io::Error::other("the kernel does not answer")),
    }
}
