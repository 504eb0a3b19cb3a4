//! What can be seen of memory, ids and open files from where one stands.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use serde_json::{Value, json};

/// 全局变量，在数据段 / a static: in the data segment.
pub(crate) static COUNT: AtomicU32 = AtomicU32::new(0);

/// 打开的文件 / an open file, for whoever gets hold of it.
static FILE: Mutex<Option<File>> = Mutex::new(None);

/// Adds one to the counter and says what it is then.
pub(crate) fn add_one() -> u32 {
    COUNT.fetch_add(1, Relaxed) + 1
}

/// Who and where we are: the ids, and where code, data, heap and stack are.
pub(crate) fn around(heap: &u32, local: &u32) -> Value {
    let me = threading::current_thread();
    json!({
        "pid": std::process::id(),
        "parent": std::os::unix::process::parent_id(),
        "id": me.native_id(),
        "function": around as fn(&u32, &u32) -> Value as usize,
        "static": &raw const COUNT as usize,
        "heap": std::ptr::from_ref(heap) as usize,
        "local": std::ptr::from_ref(local) as usize,
    })
}

/// Opens a file; gives its descriptor.
pub(crate) fn open() -> io::Result<i32> {
    let file = File::open("/proc/self/exe")?;
    let descriptor = file.as_raw_fd();
    *lock() = Some(file);
    Ok(descriptor)
}

/// Closes the file; says whether it was open.
pub(crate) fn close() -> bool {
    lock().take().is_some()
}

/// Whether that descriptor is open in this process.
pub(crate) fn is_open(descriptor: i32) -> bool {
    Path::new(&format!("/proc/self/fd/{descriptor}")).exists()
}

fn lock() -> std::sync::MutexGuard<'static, Option<File>> {
    FILE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
