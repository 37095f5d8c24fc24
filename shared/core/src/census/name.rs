//! What a walk is called: a name that Step Functions takes for an execution.

use sha2::{Digest, Sha256};

use crate::moment::Moment;
use crate::name::BucketName;

/// "Length Constraints: Minimum length of 1. Maximum length of 80" (Step Functions API Reference, StartExecution).
const LONGEST: usize = 80;

/// So many characters of a hash tell names apart that had to be changed.
const HASH: usize = 16;

/// The text as the name of an execution: at most 80 of `0-9`, `A-Z`, `a-z`, `-` and `_`, the only characters with which
/// an execution can also be logged (Step Functions API Reference, StartExecution). A text that is such a name stays as
/// it is; of any other the beginning is kept, and a hash of the whole keeps it apart from all others.
#[must_use]
pub fn execution_name(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    if (1..=LONGEST).contains(&text.len()) && text.chars().all(is_plain) {
        return text.to_owned();
    }
    let begin = text.chars().take(LONGEST - HASH - 1);
    let begin: String = begin
        .map(|character| if is_plain(character) { character } else { '-' })
        .collect();
    let digest = Sha256::digest(text);
    let hash: String = digest
        .iter()
        .take(HASH / 2)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{begin}-{hash}")
}

/// The name of the walk over a bucket that is due at this moment: the same however often it is asked for.
#[must_use]
pub fn walk_name(bucket: &BucketName, due: Moment) -> String {
    execution_name(&format!("{bucket}-{}", due.unix()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(name: &str) -> bool {
        (1..=80).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    }

    #[test]
    fn a_name_that_is_allowed_stays_as_it_is() {
        for name in ["media-1795428900", "a", &"x".repeat(80)] {
            assert_eq!(execution_name(name), name);
        }
    }

    #[test]
    fn any_other_text_becomes_a_name_of_its_own() {
        let long = |end: &str| format!("{}{end}", "m".repeat(255));
        let texts = ["", "a.b", "a-b/c", "a-b:c", "zoë", &long("1"), &long("2")];
        let mut names: Vec<String> = texts.iter().map(|text| execution_name(text)).collect();
        for name in &names {
            assert!(is_allowed(name), "{name}");
            assert_eq!(execution_name(name), *name, "a name of a name is the name");
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), texts.len(), "{names:?}");
    }

    #[test]
    fn a_walk_is_called_after_its_bucket_and_when_it_was_due() {
        let bucket = |name: &str| name.parse::<BucketName>().unwrap();
        let name = |of: &str, at| walk_name(&bucket(of), Moment::from_unix(at));
        assert_eq!(name("media", 1_795_428_900), "media-1795428900");
        assert_ne!(name("media", 1), name("media", 2));
        let longest = "b".repeat(255);
        assert!(is_allowed(&name(&longest, 1)));
        assert_ne!(name(&longest, 1), name(&longest, 2));
        assert_ne!(name("a.b", 1), name("a-b", 1));
    }
}
