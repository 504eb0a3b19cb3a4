#!/bin/sh
# The AArch64 switch, assembled by stock rustc, linked to harness.c and run under qemu-user.
# Needs gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user (Debian's names); says so and
# ends well when they are missing.
set -eu
cd "$(dirname "$0")"
for tool in aarch64-linux-gnu-gcc qemu-aarch64; do
    if ! command -v "$tool" >/dev/null; then
        echo "aarch64: skipped, $tool is not installed"
        exit 0
    fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for level in 0 s 3; do
    RUSTC_BOOTSTRAP=1 rustc --edition 2024 --crate-type lib --emit "obj=$work/shim.o" \
        --target aarch64-unknown-linux-gnu -C panic=abort -C "opt-level=$level" shim.rs
    aarch64-linux-gnu-gcc -O2 -fno-omit-frame-pointer -Wall -Werror -static \
        -o "$work/harness" harness.c "$work/shim.o"
    printf 'aarch64, opt-level %s: ' "$level"
    qemu-aarch64 "$work/harness"
done
