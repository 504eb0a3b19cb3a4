//! In which order a queue gives its items.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};

/// Where a [queue](super::AnyQueue) keeps its items.
pub trait Store<T>: Default {
    /// Adds one.
    fn put(&mut self, item: T);
    /// Takes the next.
    fn take(&mut self) -> Option<T>;
    /// The one that `take` would give.
    fn first(&self) -> Option<&T>;
    /// How many there are.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// First in, first out.
#[derive(Debug)]
pub struct Fifo<T>(VecDeque<T>);

impl<T> Default for Fifo<T> {
    fn default() -> Fifo<T> {
        Fifo(VecDeque::new())
    }
}

impl<T> Store<T> for Fifo<T> {
    fn put(&mut self, item: T) {
        self.0.push_back(item);
    }

    fn take(&mut self) -> Option<T> {
        self.0.pop_front()
    }

    fn first(&self) -> Option<&T> {
        self.0.front()
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// Last in, first out.
#[derive(Debug)]
pub struct Lifo<T>(Vec<T>);

impl<T> Default for Lifo<T> {
    fn default() -> Lifo<T> {
        Lifo(Vec::new())
    }
}

impl<T> Store<T> for Lifo<T> {
    fn put(&mut self, item: T) {
        self.0.push(item);
    }

    fn take(&mut self) -> Option<T> {
        self.0.pop()
    }

    fn first(&self) -> Option<&T> {
        self.0.last()
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// The smallest first; equal ones in the order they came in.
#[derive(Debug)]
pub struct Smallest<T> {
    heap: BinaryHeap<Reverse<Numbered<T>>>,
    next: u64,
}

impl<T: Ord> Default for Smallest<T> {
    fn default() -> Smallest<T> {
        Smallest { heap: BinaryHeap::new(), next: 0 }
    }
}

impl<T: Ord> Store<T> for Smallest<T> {
    fn put(&mut self, item: T) {
        self.heap.push(Reverse(Numbered { item, number: self.next }));
        self.next += 1;
    }

    fn take(&mut self) -> Option<T> {
        self.heap.pop().map(|Reverse(numbered)| numbered.item)
    }

    fn first(&self) -> Option<&T> {
        self.heap.peek().map(|Reverse(numbered)| &numbered.item)
    }

    fn len(&self) -> usize {
        self.heap.len()
    }
}

#[derive(Debug)]
struct Numbered<T> {
    item: T,
    number: u64,
}

impl<T: Ord> Ord for Numbered<T> {
    fn cmp(&self, other: &Numbered<T>) -> Ordering {
        self.item.cmp(&other.item).then(self.number.cmp(&other.number))
    }
}

impl<T: Ord> PartialOrd for Numbered<T> {
    fn partial_cmp(&self, other: &Numbered<T>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> PartialEq for Numbered<T> {
    fn eq(&self, other: &Numbered<T>) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T: Ord> Eq for Numbered<T> {}
