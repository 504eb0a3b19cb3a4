//! Names: `getaddrinfo`, on a thread of the pool.

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;

use nix::errno::Errno;
use nix::libc::{self, addrinfo};

use super::Parts;
use super::caller::{Call, Refused, caller, cancelled};

type Lookup = unsafe extern "C" fn(
    *const c_char,
    *const c_char,
    *const addrinfo,
    *mut *mut addrinfo,
) -> c_int;

/// The C library's own.
fn original() -> Option<Lookup> {
    // SAFETY: a name that ends with a zero.
    let found = unsafe { libc::dlsym(libc::RTLD_NEXT, c"getaddrinfo".as_ptr()) };
    // SAFETY: what the C library calls so is such a function; `Option` is for the null pointer.
    unsafe { std::mem::transmute::<*mut libc::c_void, Option<Lookup>>(found) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getaddrinfo(
    node: *const c_char,
    service: *const c_char,
    hints: *const addrinfo,
    result: *mut *mut addrinfo,
) -> c_int {
    let as_made = || match original() {
        // SAFETY: the caller's own arguments.
        Some(original) => unsafe { original(node, service, hints, result) },
        None => libc::EAI_SYSTEM,
    };
    let caller = match caller(Parts::DNS) {
        Call::Cooperative(caller) if !node.is_null() => caller,
        Call::Cancelled => return failed(-cancelled() as c_int),
        _ => return as_made(),
    };
    // A task that is killed meanwhile leaves the thread to its work, so all that it uses is its own.
    // SAFETY: the caller's own pointers, null or good to read by the contract of getaddrinfo(3).
    let question = unsafe { Question::copied(node, service, hints) };
    match caller.on_thread(move || question.ask()) {
        Ok(Some(answer)) => {
            let (code, list) = answer.take();
            // SAFETY: the caller's own pointer, good to write.
            unsafe { *result = list };
            code
        }
        Ok(None) => libc::EAI_MEMORY, // no thread
        Err(Refused::Failed(error)) => failed(-error as c_int),
        Err(Refused::Plain | Refused::TimedOut) => as_made(),
    }
}

fn failed(errno: c_int) -> c_int {
    Errno::set_raw(errno);
    libc::EAI_SYSTEM
}

/// What is asked for.
struct Question {
    node: CString,
    service: Option<CString>,
    hints: Option<[c_int; 4]>,
}

impl Question {
    /// # Safety
    /// Null, or strings and hints as getaddrinfo(3) takes them; `node` is not null.
    unsafe fn copied(
        node: *const c_char,
        service: *const c_char,
        hints: *const addrinfo,
    ) -> Question {
        // SAFETY: by our own contract.
        let text = |text| unsafe { CStr::from_ptr(text) }.to_owned();
        // SAFETY: by our own contract.
        let hints = unsafe { hints.as_ref() };
        Question {
            node: text(node),
            service: (!service.is_null()).then(|| text(service)),
            hints: hints.map(|h| [h.ai_flags, h.ai_family, h.ai_socktype, h.ai_protocol]),
        }
    }

    fn ask(self) -> Answer {
        let hints = self.hints.map(|[flags, family, socktype, protocol]| addrinfo {
            ai_flags: flags,
            ai_family: family,
            ai_socktype: socktype,
            ai_protocol: protocol,
            ai_addrlen: 0,
            ai_addr: ptr::null_mut(),
            ai_canonname: ptr::null_mut(),
            ai_next: ptr::null_mut(),
        });
        let mut answer = Answer { code: libc::EAI_SYSTEM, errno: 0, list: ptr::null_mut() };
        if let Some(original) = original() {
            let service = self.service.as_ref().map_or(ptr::null(), |service| service.as_ptr());
            let hints = hints.as_ref().map_or(ptr::null(), ptr::from_ref);
            // SAFETY: strings and hints live until the end of this call.
            answer.code =
                unsafe { original(self.node.as_ptr(), service, hints, &raw mut answer.list) };
            answer.errno = Errno::last_raw();
        }
        answer
    }
}

/// What the C library says; the list is freed if nobody takes it.
struct Answer {
    code: c_int,
    errno: c_int,
    list: *mut addrinfo,
}

// SAFETY: the list is memory of the heap that nothing else refers to.
unsafe impl Send for Answer {}

impl Answer {
    fn take(mut self) -> (c_int, *mut addrinfo) {
        if self.code == libc::EAI_SYSTEM {
            Errno::set_raw(self.errno);
        }
        (self.code, std::mem::replace(&mut self.list, ptr::null_mut()))
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if self.code == 0 && !self.list.is_null() {
            // SAFETY: it came from getaddrinfo, and nobody else has it.
            unsafe { libc::freeaddrinfo(self.list) };
        }
    }
}
