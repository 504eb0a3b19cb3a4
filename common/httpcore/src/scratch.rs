//! Room that a connection needs only while it is busy, shared by all connections of a thread.
//!
//! An idle connection then holds next to nothing; and a thread that serves many finds the room that
//! the last one used still in the processor's cache.

use std::cell::Cell;

use crate::bytes::Span;

/// Larger room is given back to the system.
const KEPT: usize = 64 * 1024;

thread_local! {
    static BYTES: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    static FIELDS: Cell<Vec<(Span, Span)>> = const { Cell::new(Vec::new()) };
}

/// An empty vector, with room if there is some.
pub(crate) fn bytes() -> Vec<u8> {
    BYTES.take()
}

/// An empty table of fields, with room if there is some.
pub(crate) fn fields() -> Vec<(Span, Span)> {
    FIELDS.take()
}

/// Gives room back.
pub(crate) fn put_bytes(mut bytes: Vec<u8>) {
    if (1..=KEPT).contains(&bytes.capacity()) {
        bytes.clear();
        BYTES.set(bytes);
    }
}

/// Gives room back.
pub(crate) fn put_fields(mut fields: Vec<(Span, Span)>) {
    if fields.capacity() > 0 {
        fields.clear();
        FIELDS.set(fields);
    }
}
