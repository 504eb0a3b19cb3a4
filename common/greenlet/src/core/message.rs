//! What a switch carries: a value, or an order to unwind. Two registers hold all of it.

use std::any::Any;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr;

use crate::arch::Word;

/// What a panic carries, and what `throw` raises.
pub(crate) type Payload = Box<dyn Any + Send + 'static>;

/// What arrives where a greenlet was suspended.
pub(crate) enum Message<T> {
    /// The result of the pending `switch`.
    Value(T),
    /// To be raised there.
    Throw(Payload),
    /// `GreenletExit` is to be raised there; the value is what the parent gets for it.
    Exit(T),
    /// `GreenletExit` is to be raised there, since nobody owns the greenlet. As an answer to that:
    /// it is done.
    Kill,
}

/// The tag of a plain value; everything else leaves the short way.
pub(crate) const VALUE: usize = 0;
const THROW: usize = 1;
const EXIT: usize = 2;
const KILL: usize = 3;

/// The part of a message that does not fit in a register: it stays with the sender until the
/// receiver, at once, moves it out.
pub(crate) union Slot<T> {
    value: ManuallyDrop<T>,
    payload: ManuallyDrop<Payload>,
}

/// Puts a value into a register if it fits, otherwise its address.
///
/// # Safety
/// The value is now the receiver's; if it is large it stays readable at `slot` until it is received.
#[inline(always)]
pub(crate) unsafe fn encode<T>(slot: &ManuallyDrop<T>) -> Word {
    let mut word = Word::uninit();
    let from = ptr::from_ref(slot);
    if size_of::<T>() <= size_of::<Word>() {
        // SAFETY: a word is large enough, and `u8` copies have no alignment to respect.
        unsafe {
            ptr::copy_nonoverlapping(from.cast::<u8>(), word.as_mut_ptr().cast(), size_of::<T>())
        };
    } else {
        word.write(from.expose_provenance() as u64);
    }
    word
}

/// As [`encode`], for a value that is put into `slot` only if it is large.
///
/// # Safety
/// As [`encode`].
#[inline(always)]
pub(super) unsafe fn encode_into<T>(slot: &mut MaybeUninit<Slot<T>>, value: T) -> Word {
    let value = ManuallyDrop::new(value);
    // SAFETY: the value's address is used only in the second case, where it is the slot's.
    unsafe {
        if size_of::<T>() <= size_of::<Word>() {
            encode(&value)
        } else {
            encode(&slot.write(Slot { value }).value)
        }
    }
}

/// Moves the value out of what [`encode`] made.
///
/// # Safety
/// `word` comes from `encode::<T>`, for the same `T`, and is decoded once.
#[inline(always)]
pub(crate) unsafe fn decode<T>(word: Word) -> T {
    if size_of::<T>() <= size_of::<Word>() {
        let mut value = MaybeUninit::<T>::uninit();
        // SAFETY: `encode` copied these bytes of a `T` into the word.
        unsafe {
            ptr::copy_nonoverlapping(
                word.as_ptr().cast::<u8>(),
                value.as_mut_ptr().cast(),
                size_of::<T>(),
            );
            value.assume_init()
        }
    } else {
        // SAFETY: the word is the address of a `T` that was given to us.
        unsafe { ptr::with_exposed_provenance::<T>(word.assume_init() as usize).read() }
    }
}

impl<T> Message<T> {
    /// Puts the message into `slot`; returns the two registers.
    ///
    /// # Safety
    /// `slot` stays where it is until the message has been received.
    pub(super) unsafe fn send(self, slot: &mut MaybeUninit<Slot<T>>) -> (Word, usize) {
        let tag = match &self {
            Message::Value(_) => VALUE,
            Message::Throw(_) => THROW,
            Message::Exit(_) => EXIT,
            Message::Kill => KILL,
        };
        let word = match self {
            // SAFETY: the slot stays, by the contract.
            Message::Value(value) | Message::Exit(value) => unsafe { encode_into(slot, value) },
            Message::Throw(payload) => {
                let slot = slot.write(Slot { payload: ManuallyDrop::new(payload) });
                // SAFETY: as above.
                unsafe { encode(&slot.payload) }
            }
            Message::Kill => Word::uninit(),
        };
        (word, tag)
    }

    /// Takes out of the two registers what [`Message::send`] put there.
    ///
    /// # Safety
    /// They come from a sender of the same `T`, and are received once.
    pub(super) unsafe fn receive(word: Word, tag: usize) -> Message<T> {
        // SAFETY: the tag says what was sent.
        unsafe {
            match tag {
                VALUE => Message::Value(decode(word)),
                THROW => Message::Throw(decode(word)),
                EXIT => Message::Exit(decode(word)),
                _ => Message::Kill,
            }
        }
    }
}
