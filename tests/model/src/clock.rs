//! Time, which moves only when it is told to.

use std::time::Duration;

use guardian_core::moment::Moment;
use guardian_reconcile::seam::Clock;

use crate::Model;

impl Clock for Model {
    fn now(&self) -> Moment {
        self.read(|state| state.moment())
    }
}

impl Model {
    /// Lets time pass: delayed messages and events arrive, keys and their material reach their date.
    pub fn advance(&self, duration: Duration) {
        self.change(|state| {
            state.now = state
                .now
                .saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX));
            state.delete_due_keys();
            state.expire_key_materials();
        });
    }

    /// Sets the clock, also backwards: clocks do jump.
    pub fn set_now(&self, moment: Moment) {
        self.change(|state| state.now = moment.unix().saturating_mul(1000));
    }
}
