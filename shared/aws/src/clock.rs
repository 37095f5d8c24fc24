//! The clock of the machine.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_ssm::config::AsyncSleep;
use guardian_core::cause::Work;
use guardian_core::moment::Moment;
use guardian_reconcile::seam::Clock;

use crate::aws::Aws;

impl Clock for Aws {
    fn now(&self) -> Moment {
        // A clock before 1970 is broken; the epoch is as good a guess as any.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment::from_unix(0).plus(since)
    }

    async fn turn(&self, work: &Work) {
        let wait = self.pace().map(|pace| pace.wait(work)).unwrap_or_default();
        if wait.is_zero() {
            return;
        }
        // By the SDK's own timer, whichever runtime that is.
        if let Some(timer) = self.clients().ssm().config().sleep_impl() {
            tracing::debug!(resource = %work.resource, seconds = wait.as_secs(), "waits for its turn");
            timer.sleep(wait).await;
        }
    }
}
