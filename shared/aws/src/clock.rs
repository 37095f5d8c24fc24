//! The clock of the machine.

use std::time::{SystemTime, UNIX_EPOCH};

use guardian_core::moment::Moment;
use guardian_reconcile::seam::Clock;

use crate::aws::Aws;

impl Clock for Aws {
    fn now(&self) -> Moment {
        // A clock before 1970 is broken; the epoch is as good a guess as any.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment::from_unix(0).plus(since)
    }
}
