//! How much memory this process has come to take.

use std::path::Path;

use crate::servers::{Tree, kib};

/// The memory of this process and, as far as the machine tells, of the kernel's stacks.
pub(super) struct Memory {
    process: u64,
    kernel_stacks: u64,
}

impl Memory {
    pub(super) fn now() -> Memory {
        let process = Tree::of(std::process::id().cast_signed()).memory_kib();
        let meminfo = Path::new("/proc/meminfo");
        Memory { process, kernel_stacks: kib(meminfo, "KernelStack:") }
    }

    /// KiB more than then.
    pub(super) fn grown(&self) -> u64 {
        let now = Memory::now();
        now.process.saturating_sub(self.process)
            + now.kernel_stacks.saturating_sub(self.kernel_stacks)
    }
}
