//! What a sample of a bucket's objects told, for people and for machines.

use guardian_core::alert::plain;
use guardian_core::census::Group;
use guardian_core::moment::Moment;
use guardian_core::name::BucketName;
use guardian_reconcile::operator::Sampled;
use guardian_reconcile::sample::{Draw, Drawn};
use serde_json::{Map, Value, json};

use super::number::grouped;

/// How many objects are looked at where nothing is said: a second, and the price of 62 requests.
pub(super) const SIZE: usize = 50;

/// Another sample with every second, so that checking again shows other objects.
pub(super) fn at(now: Moment, bucket: &BucketName, size: usize) -> Draw {
    Draw {
        size,
        named: Vec::new(),
        seed: now.since(Moment::from_unix(0)).as_secs(),
        began: now,
        id: format!("check of {bucket}"),
    }
}

/// One line: which keys the objects are under, and how far that goes.
pub(super) fn line(sampled: &Sampled) -> String {
    match sampled {
        Ok(drawn) => format!("keys on objects: {}", told(drawn)),
        Err(error) => format!(
            "keys on objects: unknown ({}); keys that no configuration names have to be declared",
            plain(&error.to_string())
        ),
    }
}

fn told(drawn: &Drawn) -> String {
    let counts = &drawn.census.counts;
    let all = counts.objects;
    if all == 0 {
        return if drawn.census.whole {
            "there are no objects in scope".to_owned()
        } else {
            format!(
                "no object in scope was found in {} listed; there may be some",
                grouped(drawn.listed as u64)
            )
        };
    }
    if counts.unknown.objects == all {
        return format!(
            "unknown, because the objects may not be read with these credentials (HeadObject needs s3:GetObject; asked \
             of {}); keys that no configuration names have to be declared",
            grouped(all)
        );
    }
    let mut keys: Vec<(&String, &Group)> = counts.keys.iter().collect();
    keys.sort_by_key(|(key, group)| (std::cmp::Reverse(group.objects), *key));
    let mut parts: Vec<String> = keys
        .into_iter()
        .map(|(key, group)| some(group, &format!("under {}", plain(key))))
        .collect();
    if counts.sse_s3 > 0 {
        parts.push(format!("{} under SSE-S3", grouped(counts.sse_s3)));
    }
    for (group, what) in [
        (
            &counts.customer_keys,
            "under a key that the reader has to send (SSE-C), which Cloudinary cannot",
        ),
        (
            &counts.archived,
            "archived, to be restored before they can be read",
        ),
        (
            &counts.unknown,
            "that may not be read with these credentials, under unknown keys",
        ),
    ] {
        if group.objects > 0 {
            parts.push(some(group, what));
        }
    }
    if counts.gone > 0 {
        parts.push(format!("{} deleted meanwhile", grouped(counts.gone)));
    }
    let parts = parts.join(", ");
    if drawn.census.whole {
        format!("all {} objects in scope: {parts}", grouped(all))
    } else {
        format!(
            "a sample of {} objects (at least {} listed): {parts}; it is a sample, not a census",
            grouped(all),
            grouped(drawn.listed as u64)
        )
    }
}

fn some(group: &Group, what: &str) -> String {
    format!(
        "{} {what} (e.g. {})",
        grouped(group.objects),
        plain(&group.example)
    )
}

/// The same for machines.
pub(super) fn to_json(size: usize, sampled: &Sampled) -> Value {
    let drawn = match sampled {
        Ok(drawn) => drawn,
        Err(error) => return json!({"size": size, "error": error.to_string()}),
    };
    let counts = &drawn.census.counts;
    let group = |group: &Group| match group.objects {
        0 => json!({"objects": 0}),
        objects => json!({"objects": objects, "example": group.example}),
    };
    let keys = counts.keys.iter().map(|(key, found)| (key.clone(), group(found)));
    json!({
        "size": size,
        "objects": counts.objects,
        "listed": drawn.listed,
        "whole": drawn.census.whole,
        "keys": keys.collect::<Map<String, Value>>(),
        "sse_s3": counts.sse_s3,
        "customer_keys": group(&counts.customer_keys),
        "archived": group(&counts.archived),
        // Owners are not asked for: nothing is known of them.
        "foreign": null,
        "gone": counts.gone,
        "unknown": group(&counts.unknown),
    })
}

#[cfg(test)]
mod tests {
    use guardian_core::call::{CallError, CallErrorKind};
    use guardian_core::census::{Census, Counts, Source};
    use guardian_core::observation::{ObjectEncryption, ObjectHead};

    use super::*;

    fn drawn(listed: usize, whole: bool, count: impl FnOnce(&mut Counts)) -> Sampled {
        let mut counts = Counts::default();
        count(&mut counts);
        Ok(Drawn {
            census: Census {
                scope: vec!["*".to_owned()],
                id: "check".to_owned(),
                source: Source::Sample,
                began: Moment::from_unix(0),
                ended: Some(Moment::from_unix(0)),
                whole,
                counts,
            },
            listed,
        })
    }

    fn under(encryption: ObjectEncryption) -> ObjectHead {
        ObjectHead {
            encryption,
            ..ObjectHead::default()
        }
    }

    fn mixed() -> Sampled {
        drawn(12_431, false, |counts| {
            for n in 0..47 {
                counts.count(
                    &format!("photos/{n:02}.jpg"),
                    &under(ObjectEncryption::Kms("K1".to_owned())),
                );
            }
            counts.count("z\u{1b}[31m.jpg", &under(ObjectEncryption::Kms("K0".to_owned())));
            counts.count("c.bin", &under(ObjectEncryption::SseC));
            counts.count(
                "old.zip",
                &ObjectHead {
                    archived: true,
                    ..ObjectHead::default()
                },
            );
        })
    }

    #[test]
    fn the_line_says_what_was_found_and_that_it_is_a_sample() {
        assert_eq!(
            line(&mixed()),
            "keys on objects: a sample of 50 objects (at least 12,431 listed): 47 under K1 (e.g. photos/00.jpg), \
             1 under K0 (e.g. z\u{fffd}[31m.jpg), 1 under SSE-S3, \
             1 under a key that the reader has to send (SSE-C), which Cloudinary cannot (e.g. c.bin), \
             1 archived, to be restored before they can be read (e.g. old.zip); it is a sample, not a census"
        );
    }

    #[test]
    fn what_was_counted_whole_is_no_sample() {
        let whole = drawn(2, true, |counts| {
            counts.count("a", &ObjectHead::default());
            counts.count_gone();
        });
        assert_eq!(
            line(&whole),
            "keys on objects: all 2 objects in scope: 1 under SSE-S3, 1 deleted meanwhile"
        );
        assert_eq!(
            line(&drawn(0, true, |_| {})),
            "keys on objects: there are no objects in scope"
        );
    }

    #[test]
    fn what_may_not_be_read_is_unknown_and_said_so() {
        let none = drawn(2, true, |counts| {
            counts.count_unknown("a");
            counts.count_unknown("b");
        });
        assert!(
            line(&none).starts_with("keys on objects: unknown, because"),
            "{}",
            line(&none)
        );
        let refused = Err(CallError {
            operation: "s3:ListBucket",
            kind: CallErrorKind::AccessDenied,
            message: "AccessDenied".to_owned(),
        });
        let said = line(&refused);
        assert!(
            said.contains("`s3:ListBucket`") && said.contains("unknown"),
            "{said}"
        );
        assert!(to_json(50, &refused)["error"].is_string());
    }

    #[test]
    fn machines_get_every_number() {
        let json = to_json(50, &mixed());
        assert_eq!(
            (&json["size"], &json["objects"], &json["listed"]),
            (&json!(50), &json!(50), &json!(12_431))
        );
        assert_eq!(
            json["keys"]["K1"],
            json!({"objects": 47, "example": "photos/00.jpg"})
        );
        assert_eq!(json["customer_keys"]["example"], "c.bin");
        assert_eq!(json["unknown"], json!({"objects": 0}));
        assert_eq!((&json["whole"], &json["foreign"]), (&json!(false), &Value::Null));
    }
}
