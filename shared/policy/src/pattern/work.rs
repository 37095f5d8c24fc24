//! The budget that keeps every answer under a second.

/// The whole budget of one question, in units of about one machine word looked at.
pub(crate) const BUDGET: u64 = 6_000_000;

/// Work still allowed; exactness ends where it is used up, and the answer is "too complex to decide".
#[derive(Debug)]
pub(crate) struct Work {
    left: u64,
}

impl Work {
    pub(crate) fn used(&self) -> u64 { BUDGET / 5 - self.left }
    pub(crate) fn new(units: u64) -> Self {
        Self { left: units }
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
