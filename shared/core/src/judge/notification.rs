//! Whether the guardian hears of the bucket's objects. Nothing that Cloudinary reads hangs on it.

use serde_json::json;

use super::Judgement;
use crate::finding::{Code, Finding, Subject};
use crate::observation::{BucketObservation, Unknown};

/// Judges the notifications of a bucket. None of what is found here makes anything of the verdict.
pub(super) fn judge_notifications(seen: &BucketObservation) -> Judgement {
    let subject = || Subject::Bucket(seen.bucket.clone());
    let finding = match &seen.notifications {
        None => return Judgement::default(),
        // What stood before stands still; see `standing_notifications`.
        Some(Err(_)) if seen.notifications_are_late() => return Judgement::default(),
        Some(Err(unknown)) => unread(subject(), unknown),
        Some(Ok(found)) if found.tells_event_bridge() => return Judgement::default(),
        Some(Ok(found)) => {
            let others = found.others();
            let message = format!(
                "S3 does not tell EventBridge of the objects of `{}`: access is intact, but a marker that is lost is noticed by the next sweep only, unless a trail with data events tells of it",
                seen.bucket
            );
            let evidence = json!({"event_bridge": false, "others": others});
            Finding::new(Code::NotificationsOff, subject(), message, evidence)
        }
    };
    Judgement {
        findings: vec![finding],
    }
}

fn unread(subject: Subject, unknown: &Unknown) -> Finding {
    let (message, evidence) = match unknown {
        Unknown::Call(error) => {
            let (message, evidence) = super::unread(&subject, error);
            (format!("{message}; no verdict hangs on it"), evidence)
        }
        Unknown::Policy(error) => (unknown.to_string(), json!({"document": error.to_string()})),
    };
    Finding::new(Code::NotificationsUnknown, subject, message, evidence)
}

/// What stands of the notifications where they could not be read this time: whatever is `open` of them. Not read is
/// neither off nor on.
#[must_use]
pub fn standing_notifications(seen: &BucketObservation, open: impl Iterator<Item = Finding>) -> Judgement {
    let stands: &[Code] = match &seen.notifications {
        Some(Err(_)) if seen.notifications_are_late() => {
            &[Code::NotificationsOff, Code::NotificationsUnknown]
        }
        Some(Err(_)) => &[Code::NotificationsOff],
        Some(Ok(_)) | None => &[],
    };
    Judgement {
        findings: open.filter(|finding| stands.contains(&finding.code)).collect(),
    }
}

#[cfg(test)]
mod tests;
