//! A variable of which each greenlet has its own.

use std::any::Any;
use std::fmt;
use std::rc::Rc;

use crate::core;

/// A variable of which each greenlet has its own, as threads have with `thread_local!`.
///
/// ```
/// use greenlet::{Greenlet, Local, getcurrent};
///
/// static LEVEL: Local<u32> = Local::new(|| 0);
///
/// LEVEL.set(1);
/// let g = Greenlet::new(|()| assert_eq!(LEVEL.get(), 0)); // its own, fresh
/// g.switch(());
/// assert_eq!(LEVEL.get(), 1);
/// ```
///
/// The value is made at first use and dropped when its greenlet ends. A generator shares with its
/// caller, as a Python generator does; code outside all greenlets has one of its own.
pub struct Local<V: 'static> {
    init: fn() -> V,
}

impl<V: 'static> Local<V> {
    /// Makes the variable; `init` gives each greenlet its first value.
    pub const fn new(init: fn() -> V) -> Local<V> {
        Local { init }
    }

    /// The current greenlet's value, shared.
    pub fn value(&'static self) -> Rc<V> {
        let node = core::owner();
        let locals = node.locals.take().unwrap_or_default();
        let found = locals.find(self);
        node.locals.set(Some(locals));
        found.unwrap_or_else(|| {
            let value = Rc::new((self.init)()); // the user's code: the list is in its place
            self.replace(Rc::clone(&value));
            value
        })
    }

    /// Sets the current greenlet's value.
    pub fn set(&'static self, value: V) {
        self.replace(Rc::new(value));
    }

    fn replace(&'static self, value: Rc<V>) {
        let node = core::owner();
        let mut locals = node.locals.take().unwrap_or_default();
        let old = locals.replace(self, value);
        node.locals.set(Some(locals));
        drop(old); // the user's code again
    }
}

impl<V: Clone + 'static> Local<V> {
    /// A copy of the current greenlet's value.
    pub fn get(&'static self) -> V {
        V::clone(&self.value())
    }
}

impl<V: 'static> fmt::Debug for Local<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Local").finish_non_exhaustive()
    }
}

/// The values of one greenlet; a handful, so a list.
#[derive(Debug, Default)]
pub(crate) struct Locals(Vec<(usize, Rc<dyn Any>)>);

impl Locals {
    fn find<V: 'static>(&self, local: &'static Local<V>) -> Option<Rc<V>> {
        let key = std::ptr::from_ref(local).addr();
        let (_, value) = self.0.iter().find(|(k, v)| *k == key && v.is::<V>())?;
        Rc::clone(value).downcast().ok()
    }

    fn replace<V: 'static>(
        &mut self,
        local: &'static Local<V>,
        value: Rc<V>,
    ) -> Option<Rc<dyn Any>> {
        let key = std::ptr::from_ref(local).addr();
        match self.0.iter_mut().find(|(k, v)| *k == key && v.is::<V>()) {
            Some((_, old)) => Some(std::mem::replace(old, value)),
            None => {
                self.0.push((key, value));
                None
            }
        }
    }
}
