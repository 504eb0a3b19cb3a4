use std::{error, fmt, io};

/// Why a switch, or a change to the parent tree, is impossible.
///
/// `switch` and `throw` panic with this text, `try_switch` and `set_parent` return it. Nothing has
/// happened then.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The greenlet to start was never given a function (`set_run`).
    NoRun,
    /// No stack could be had.
    NoStack(io::Error),
    /// The current code is being unwound by a panic; see the crate's documentation, *Hazards*.
    Unwinding,
    /// The greenlet's tree is not running here: it was made inside another greenlet, and only code
    /// that runs on top of that one can reach it.
    OtherTree,
    /// The current greenlet has already finished (a tracer, called at its end, tried to switch).
    Finished,
    /// The greenlet has started, so its function can no longer be set.
    Started,
    /// The new parent is the greenlet itself or one of its descendants.
    CyclicParent,
    /// The top of a tree has no parent and cannot be given one.
    RootParent,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::NoRun => "cannot start a greenlet that has no function (call set_run first)",
            Error::NoStack(why) => return write!(f, "cannot get a stack for a greenlet: {why}"),
            Error::Unwinding => {
                "cannot switch while a panic unwinds this stack (use greenlet::finally for cleanup that switches)"
            }
            Error::OtherTree => "cannot switch to a greenlet of a tree that is not running here",
            Error::Finished => "cannot switch from a greenlet that has finished",
            Error::Started => "run cannot be set after the start of the greenlet",
            Error::CyclicParent => "cyclic parent chain",
            Error::RootParent => "cannot set the parent of a main greenlet",
        })
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        if let Error::NoStack(why) = self { Some(why) } else { None }
    }
}
