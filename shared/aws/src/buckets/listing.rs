//! A page of ListObjectsV2, its keys decoded.

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::EncodingType;
use guardian_core::observation::{ListedObject, ObjectPage};

/// The page, if it is whole: S3 always says whether there is more. Its keys are decoded only if S3 says that
/// it encoded them.
pub(super) fn page(answer: ListObjectsV2Output) -> Option<ObjectPage> {
    let more = answer.is_truncated?;
    let encoded = answer.encoding_type == Some(EncodingType::Url);
    let read = |text: String| if encoded { decoded(&text) } else { text };
    let objects = answer.contents.into_iter().flatten().filter_map(|object| {
        Some(ListedObject {
            key: read(object.key?),
            owner: object.owner.and_then(|owner| owner.id),
        })
    });
    let folders = answer.common_prefixes.into_iter().flatten();
    let page = ObjectPage {
        objects: objects.collect(),
        folders: folders.filter_map(|folder| folder.prefix.map(read)).collect(),
        next: None,
    };
    match (more, answer.next_continuation_token) {
        (true, None) => None,
        (true, next) => Some(ObjectPage { next, ..page }),
        (false, _) => Some(page),
    }
}

/// Undoes `EncodingType=url`: form encoding, so a space comes as `+` and a plus as `%2B`.
fn decoded(key: &str) -> String {
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            // What is no escape after all is left as it stands.
            b'%' => hex_pair(&mut rest).unwrap_or(b'%'),
            byte => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The byte that the next two digits spell; if they spell none they stay unread.
fn hex_pair(rest: &mut std::str::Bytes<'_>) -> Option<u8> {
    let mut ahead = rest.clone();
    let mut digit = || char::from(ahead.next()?).to_digit(16);
    let value = digit()? * 16 + digit()?;
    *rest = ahead;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn keys_are_decoded_as_s3_encodes_them() {
        // The first four pairs were measured on S3 by others (brekkylab/backlot#178).
        let pairs = [
            ("a+b.txt", "a b.txt"),
            ("a%2Bb.txt", "a+b.txt"),
            ("100%25.csv", "100%.csv"),
            ("%ED%95%9C%EA%B8%80/x.txt", "한글/x.txt"),
            ("line%0Abreak%01", "line\nbreak\u{1}"),
        ];
        for (encoded, key) in pairs {
            assert_eq!(decoded(encoded), key);
        }
    }

    #[test]
    fn what_is_no_escape_stays_as_it_is() {
        assert_eq!(decoded("50%"), "50%");
        assert_eq!(decoded("50%2"), "50%2");
        assert_eq!(decoded("%zz%41"), "%zzA");
    }
}
