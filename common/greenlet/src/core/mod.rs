//! The machine under `Greenlet` and `Generator`: everything here that is not `arch` or `stack`, and
//! needs `unsafe`.
//!
//! Values are typed (`T`, one type for a tree), nodes are not. The one fact that all of this rests
//! on: **a node is only ever handled with the `T` of its tree's root.** `Peer<T>` and `Greenlet<T>`
//! are made for nodes of such a tree only, parents are always of the same tree, and a switch stays
//! in it.

mod context;
mod end;
mod message;
mod node;
mod refs;
mod run;
mod spare;
mod transfer;

pub(crate) use context::{chain, enter, innermost, new_root, owner, running_with, set_tracing};
pub(crate) use end::last_owner_gone;
pub(crate) use message::{Message, Payload};
pub(crate) use node::{Node, Role, flag};
pub(crate) use refs::{NodePtr, NodeRef};
pub(crate) use run::{first_run, set_run};
pub(crate) use transfer::{accept as raise, fetch_block, fetch_stack, send, switch, try_switch};
