//! EventBridge is added to whom S3 tells of a bucket's objects.

use crate::finding::{Code, Desired, Remedy, Subject};
use crate::judge::Judgement;
use crate::name::BucketName;
use crate::notification::Notifications;
use crate::observation::BucketObservation;
use crate::settings::Settings;

/// A notification configuration before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationsChange {
    /// Whose configuration.
    pub of: BucketName,
    /// As it was seen.
    pub before: Notifications,
    /// The same, with EventBridge turned on.
    pub after: Notifications,
}

/// Plans to turn EventBridge on, if the stack is to see to notifications; otherwise, and where the configuration holds
/// something that nobody here knows how to send back, the finding in `judgement` stays a person's.
pub(super) fn plan_notifications(
    settings: &Settings,
    seen: &BucketObservation,
    judgement: &mut Judgement,
) -> Option<NotificationsChange> {
    let subject = Subject::Bucket(seen.bucket.clone());
    let Some(Ok(before)) = &seen.notifications else {
        return None;
    };
    let finding = judgement
        .findings
        .iter_mut()
        .find(|finding| finding.identity() == (Code::NotificationsOff, &subject))?;
    finding.desired = Some(Desired::EventBridge {
        bucket: seen.bucket.clone(),
    });
    if !settings.manages_notifications {
        return None;
    }
    match before.with_event_bridge() {
        Ok(after) => {
            finding.remedy = Remedy::Repair;
            Some(NotificationsChange {
                of: seen.bucket.clone(),
                before: before.clone(),
                after,
            })
        }
        Err(unfamiliar) => {
            let unfamiliar = crate::alert::plain(&unfamiliar.join("; "));
            finding.message.push_str(&format!(
                "; the guardian leaves it, because the configuration holds what it does not know how to write back: {unfamiliar}"
            ));
            None
        }
    }
}
