//! What is to become of each fault: written down by what the call is for, and not call by call.

use guardian_core::right::Role;

use crate::case::Fate;
use crate::fault::Class;
use crate::modelled::Means;
use crate::play::Play;
use crate::request::Site;

/// What a call is to the look that makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bearing {
    /// The ledger, the queues, the declarations, the messages to people: nothing goes on without.
    Base,
    /// It shows how something is. Where it may not be read, that is told as this, and nothing is taken for granted.
    Sight(&'static str),
    /// It makes sure just before a write, or just after it.
    Check,
    /// It repairs; what AWS refuses is told as this.
    Repair(&'static str),
    /// Nothing else waits for it: a name, a sample, a walk, the notifications.
    Beside(&'static str),
}

fn bearing(play: Play, site: &Site) -> Bearing {
    use Bearing::{Base, Beside, Check, Repair, Sight};
    const UNREAD: &str = "observation-failed";
    match (site.name(), site.about.as_str(), site.nth) {
        // An object that may not be looked at is counted as one of which nothing is known.
        ("HeadObject", ..) if play == Play::WalkGoes => Check,
        _ if matches!(play, Play::WalkBegins | Play::WalkGoes | Play::WalkEnds) => Base,
        ("LookupEvents" | "StartExecution", ..) | ("ListObjectsV2" | "HeadObject", "other objects", _) => {
            Beside("")
        }
        ("GetBucketNotificationConfiguration", _, 1) => Beside("notifications-unknown"),
        ("GetBucketNotificationConfiguration" | "PutBucketNotificationConfiguration", ..) => {
            Beside("notifications-off")
        }
        ("GetBucketPolicy" | "GetKeyPolicy", _, 2..) => Check,
        // Who has yet to confirm; that nobody hears is known without. What a rule sends on that is not there is nothing more.
        ("ListSubscriptionsByTopic", ..) | ("ListTargetsByRule", "`TrailRule`", _) => Check,
        ("PutBucketPolicy" | "PutKeyPolicy", ..) => Repair("policy-unwritable"),
        ("PutObject", ..) => Repair("marker-missing"),
        (
            "HeadBucket"
            | "GetBucketPolicy"
            | "GetBucketEncryption"
            | "GetPublicAccessBlock"
            | "ListObjectsV2"
            | "HeadObject"
            | "DescribeKey"
            | "GetKeyPolicy",
            ..,
        ) => Sight(UNREAD),
        (
            "DescribeTrails" | "GetTrailStatus" | "GetEventSelectors" | "DescribeRule" | "ListTargetsByRule"
            | "GetQueueAttributes" | "GetTopicAttributes",
            ..,
        ) => Sight("stack-unread"),
        _ => Base,
    }
}

/// What a class says to the caller.
enum Said {
    Once,
    Passing,
    Staying,
    Garbled,
    Means(Means),
}

fn said(class: Class) -> Said {
    match class {
        class if class.is_once() => Said::Once,
        Class::Denied | Class::UnknownCode => Said::Staying,
        Class::Half | Class::Empty | Class::UnknownWord => Said::Garbled,
        Class::Modelled(error) => match error.means {
            Means::Passing => Said::Passing,
            Means::Staying => Said::Staying,
            other => Said::Means(other),
        },
        _ => Said::Passing,
    }
}

/// What is to become of it.
pub(crate) fn fate(play: Play, site: &Site, class: Class) -> Fate {
    if let Some(fate) = of_its_own(play, site, class) {
        return fate;
    }
    let is_walk = matches!(play, Play::WalkBegins | Play::WalkGoes | Play::WalkEnds);
    let again = if is_walk { Fate::StepAgain } else { Fate::Again };
    let told = |code: &str| Fate::Told([code.to_owned()].into());
    match (said(class), bearing(play, site)) {
        (Said::Once, _) => Fate::Retried,
        (Said::Passing | Said::Garbled, Bearing::Beside(_)) => Fate::Without,
        (Said::Passing | Said::Garbled, _) => again,
        (Said::Staying, Bearing::Base) if is_walk => Fate::StepOver,
        (Said::Staying, Bearing::Base) => Fate::Again,
        (Said::Staying, Bearing::Check | Bearing::Beside("")) => Fate::Without,
        (Said::Staying, Bearing::Sight(code) | Bearing::Repair(code) | Bearing::Beside(code)) => told(code),
        (Said::Means(Means::Contended), _) => again,
        (Said::Means(Means::NoBucket), Bearing::Base) if is_walk => Fate::StepOver,
        (Said::Means(Means::NoBucket), Bearing::Sight(code) | Bearing::Beside(code)) if !code.is_empty() => {
            told(code)
        }
        (Said::Means(Means::NoBucket), _) => Fate::Without,
        (Said::Means(_), _) => Fate::Unmoved,
    }
}

/// Where there is more to say.
fn of_its_own(play: Play, site: &Site, class: Class) -> Option<Fate> {
    let told = |codes: &[&str]| Fate::Told(codes.iter().map(|code| (*code).to_owned()).collect());
    Some(match (site.name(), class) {
        // Asked once and never again: the quota is two a second for the whole account.
        ("LookupEvents", class) if class.is_once() => Fate::Without,
        // A page's token is no longer taken: the list is begun anew.
        ("GetParametersByPath", Class::Modelled(error)) if error.code == "InvalidNextToken" => Fate::Without,
        // What was counted is the walk's own, and gone is gone.
        ("DeleteItem", Class::ResetAfterOnce) if play.role() == Role::Census => Fate::Retried,
        // The second attempt finds nothing to delete, which somebody else may have done.
        ("DeleteItem", Class::ResetAfterOnce) => Fate::Again,
        // Whether S3 would take the repaired policy is not known then, and it is not tried.
        ("GetPublicAccessBlock", class)
            if matches!(said(class), Said::Staying | Said::Means(Means::NoBucket)) =>
        {
            if play == Play::Bucket {
                told(&["observation-failed", "policy-unwritable"])
            } else {
                told(&["observation-failed"])
            }
        }
        // The answer to a repair has nothing in it.
        (
            "PutBucketPolicy" | "PutKeyPolicy" | "PutObject" | "PutBucketNotificationConfiguration",
            Class::Empty,
        ) => Fate::Unmoved,
        ("DescribeKey", Class::UnknownWord) => told(&["key-unusable"]),
        ("GetBucketEncryption", Class::UnknownWord) => told(&["observation-failed"]),
        // S3 does not answer it with as much as a body.
        ("PutBucketPolicy", Class::Half) => Fate::Unmoved,
        // What it is asked for is a name in a message, and whether a walk is under way in a line of the log.
        ("LookupEvents" | "StartExecution", Class::Half | Class::Empty) => Fate::Unmoved,
        // Where EventBridge is on, nothing is to be written.
        ("GetBucketNotificationConfiguration", Class::UnknownWord) if play != Play::Bucket => Fate::Unmoved,
        ("GetBucketNotificationConfiguration", Class::UnknownWord) => told(&["notifications-off"]),
        // A rule that is not there has no state.
        ("DescribeRule", Class::UnknownWord) if site.about == "`TrailRule`" => Fate::Unmoved,
        ("GetEventSelectors" | "DescribeRule", Class::UnknownWord) => told(&["stack-unread"]),
        // It counts as an object of which nothing is known.
        ("HeadObject", Class::UnknownWord) => Fate::Unmoved,
        // Objects may belong to others, then.
        ("GetBucketOwnershipControls", Class::UnknownWord) => Fate::Unmoved,
        ("DescribeKey", Class::Modelled(error)) if error.means == Means::Nothing => told(&["key-missing"]),
        ("GetKeyPolicy", Class::Modelled(error)) if error.means == Means::Nothing => {
            told(&["observation-failed"])
        }
        ("GetTopicAttributes", Class::Modelled(error)) if error.means == Means::Nothing => {
            told(&["topic-missing"])
        }
        ("DescribeRule", Class::Modelled(error)) if error.means == Means::Nothing => told(&["rule-missing"]),
        ("GetQueueAttributes", Class::Modelled(error)) if error.means == Means::Nothing => {
            told(&["queue-missing"])
        }
        ("HeadBucket", Class::Modelled(error)) if error.means == Means::NoBucket => told(&["bucket-missing"]),
        _ => return None,
    })
}

/// Whether the error is an answer: it says how something is.
pub(crate) fn is_an_answer(class: Class) -> bool {
    matches!(class, Class::Modelled(error) if matches!(error.means, Means::Nothing | Means::Done))
}

/// The repairs that must not be made in a look after this call failed in it: those that stand on its answer.
pub(crate) fn forbidden(site: &Site, class: Class) -> &'static [&'static str] {
    const ALL: &[&str] = &[
        "PutBucketPolicy",
        "PutObject",
        "PutKeyPolicy",
        "PutBucketNotificationConfiguration",
    ];
    match (site.name(), site.about.as_str()) {
        _ if is_an_answer(class) => &[],
        // All but one word of the answer is known, and the key's policy does not stand on that one.
        ("DescribeKey", _) if class == Class::UnknownWord => &[],
        ("GetBucketPolicy" | "PutBucketPolicy" | "GetPublicAccessBlock", _) => &["PutBucketPolicy"],
        ("HeadObject", "a marker") | ("PutObject", _) => &["PutObject"],
        // A marker names its own encryption.
        ("GetBucketEncryption", _) => &["PutKeyPolicy"],
        ("ListObjectsV2" | "HeadObject" | "LookupEvents" | "StartExecution", _) => &[],
        ("DescribeKey" | "GetKeyPolicy" | "PutKeyPolicy", _) => &["PutKeyPolicy"],
        ("GetBucketNotificationConfiguration" | "PutBucketNotificationConfiguration", _) => {
            &["PutBucketNotificationConfiguration"]
        }
        _ => ALL,
    }
}
