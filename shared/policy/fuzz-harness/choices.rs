//! Decisions read from bytes, so that a fuzzer that changes bytes changes decisions.

/// A source of decisions that ends. Afterwards every choice is the first one, and every list comes to its
/// end.
pub(crate) struct Choices<'a> {
    /// What is left.
    pub(crate) bytes: &'a [u8],
}

impl<'a> Choices<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// A number below `count`, which is at most 256.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        match self.bytes.split_first() {
            Some((first, rest)) => {
                self.bytes = rest;
                usize::from(*first) % count
            }
            None => 0,
        }
    }

    /// No, once the bytes are used up.
    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// From `least` to `most` items.
    pub(crate) fn list<T: Copy>(&mut self, least: usize, most: usize, items: &[T]) -> Vec<T> {
        let count = least + self.below(most - least + 1);
        (0..count).map(|_| self.pick(items)).collect()
    }
}
