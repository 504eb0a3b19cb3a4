//! The system calls themselves: what the C library's functions of these names would have done.
//!
//! They are made here, by instruction, since the names are ours now: whoever asked the C library for
//! `recv` would get back to where it came from.

use std::ffi::{c_int, c_long, c_void};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;

/// What the kernel returns: a result, or an error number with a minus.
pub(super) type Raw = isize;

pub(super) const AGAIN: Raw = -(libc::EAGAIN as Raw);

/// A system call with up to six arguments.
///
/// # Safety
/// As the call itself: pointers among the arguments must be good for what it does with them.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(super) unsafe fn call(number: c_long, args: [usize; 6]) -> Raw {
    let result;
    // SAFETY: the kernel's calling convention; it changes rax, rcx and r11 and, by our contract, only
    // memory that the caller lent it.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") args[0], in("rsi") args[1], in("rdx") args[2],
            in("r10") args[3], in("r8") args[4], in("r9") args[5],
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// A system call with up to six arguments.
///
/// # Safety
/// As the call itself: pointers among the arguments must be good for what it does with them.
#[cfg(target_arch = "aarch64")]
#[inline]
pub(super) unsafe fn call(number: c_long, args: [usize; 6]) -> Raw {
    let result;
    // SAFETY: the kernel's calling convention; it changes x0 and, by our contract, only memory that
    // the caller lent it.
    unsafe {
        std::arch::asm!(
            "svc 0",
            in("x8") number as usize,
            inlateout("x0") args[0] => result,
            in("x1") args[1], in("x2") args[2], in("x3") args[3],
            in("x4") args[4], in("x5") args[5],
            options(nostack),
        );
    }
    result
}

/// `sys!(SYS_recvfrom, fd, buffer, length)`: each argument as the register it goes in.
macro_rules! sys {
    ($number:ident $(, $argument:expr)* $(,)?) => {
        $crate::monkey::raw::call(
            nix::libc::$number,
            $crate::monkey::raw::six([$($crate::monkey::raw::Register::register($argument)),*]),
        )
    };
}
pub(super) use sys;

/// The registers that are not used hold zero.
#[inline]
pub(super) fn six<const N: usize>(arguments: [usize; N]) -> [usize; 6] {
    let mut all = [0; 6];
    all[..N].copy_from_slice(&arguments);
    all
}

/// What goes into a register of a system call.
pub(super) trait Register {
    fn register(self) -> usize;
}

macro_rules! registers {
    ($($number:ty),*) => { $(impl Register for $number {
        fn register(self) -> usize {
            self as usize // sign-extended, as the C compiler does
        }
    })* };
}
registers!(i32, u32, i64, usize, isize);

impl<T> Register for *const T {
    fn register(self) -> usize {
        self.expose_provenance()
    }
}

impl<T> Register for *mut T {
    fn register(self) -> usize {
        self.expose_provenance()
    }
}

/// As the C library returns it: -1 and `errno`.
#[inline]
pub(super) fn finish(result: Raw) -> Raw {
    if (-4095..0).contains(&result) {
        Errno::set_raw(-result as c_int);
        return -1;
    }
    result
}

/// [`finish`] for functions that return an `int`.
#[inline]
pub(super) fn finish_int(result: Raw) -> c_int {
    finish(result) as c_int
}

/// `events` of one descriptor that are so now; it never waits.
pub(super) fn ready_now(fd: c_int, events: i16) -> bool {
    let mut fds = [libc::pollfd { fd, events, revents: 0 }];
    poll(&mut fds, Some(Duration::ZERO)) > 0
}

/// poll(2), and it really waits.
pub(super) fn poll(fds: &mut [libc::pollfd], limit: Option<Duration>) -> Raw {
    let limit = limit.map(timespec);
    let pointer = limit.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the slice and the time limit are borrowed for the call.
    unsafe {
        sys!(SYS_ppoll, fds.as_mut_ptr(), fds.len(), pointer, std::ptr::null::<c_void>(), 8_usize)
    }
}

/// F_GETFL: whether a read or write of it waits.
pub(super) fn is_blocking(fd: c_int) -> bool {
    // SAFETY: no pointers.
    let flags = unsafe { sys!(SYS_fcntl, fd, libc::F_GETFL) };
    flags >= 0 && flags as c_int & libc::O_NONBLOCK == 0
}

/// SO_RCVTIMEO or SO_SNDTIMEO, if there is such a limit.
pub(super) fn time_limit(fd: c_int, option: c_int) -> Option<Duration> {
    let mut limit = libc::timeval { tv_sec: 0, tv_usec: 0 };
    let mut length = size_of_val(&limit) as libc::socklen_t;
    // SAFETY: both are ours, and `length` says how large `limit` is.
    let result = unsafe {
        sys!(SYS_getsockopt, fd, libc::SOL_SOCKET, option, &raw mut limit, &raw mut length)
    };
    let micros = limit.tv_sec as u64 * 1_000_000 + limit.tv_usec as u64;
    (result == 0 && micros > 0).then(|| Duration::from_micros(micros))
}

/// A socket option that is an `int`.
pub(super) fn option(fd: c_int, name: c_int) -> Result<c_int, Raw> {
    let (mut value, mut length) = (0, size_of::<c_int>() as libc::socklen_t);
    // SAFETY: both are ours, and `length` says how large `value` is.
    let result = unsafe {
        sys!(SYS_getsockopt, fd, libc::SOL_SOCKET, name, &raw mut value, &raw mut length)
    };
    if result == 0 { Ok(value) } else { Err(result) }
}

/// A duration as the kernel takes it.
pub(super) fn timespec(time: Duration) -> libc::timespec {
    libc::timespec {
        tv_sec: time.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_nsec: time.subsec_nanos().into(),
    }
}

/// The reverse; negative and impossible times are `None`.
pub(super) fn duration(time: libc::timespec) -> Option<Duration> {
    let seconds = time.tv_sec.try_into().ok()?;
    let nanos = u32::try_from(time.tv_nsec).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    Some(Duration::new(seconds, nanos))
}
