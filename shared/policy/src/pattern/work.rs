//! The budget that keeps every answer under a second.

/// The budget of one question. A unit is about a tenth of a microsecond in a debug build on the machine it
/// was measured on, and a tenth of that in a release build.
pub(crate) const BUDGET: u64 = 4_000_000;

/// Work still allowed; exactness ends where it is used up, and the answer is "too complex to decide".
#[derive(Debug)]
pub(crate) struct Work {
    left: u64,
}

impl Work {
    pub(crate) fn new(units: u64) -> Self {
        Self { left: units }
    }

    #[cfg(test)]
    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// Takes units from the budget; false when it does not suffice, after which nothing does.
    pub(crate) fn charge(&mut self, units: usize) -> bool {
        match self.left.checked_sub(u64::try_from(units).unwrap_or(u64::MAX)) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.left = 0;
                false
            }
        }
    }
}
