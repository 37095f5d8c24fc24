//! The question to a bucket's S3 Metadata live inventory table, for Athena.

use guardian_core::name::BucketName;

/// The columns of the answer, in order. With a number as the last one, a file that was cut off anywhere shows.
pub(super) const COLUMNS: [&str; 8] = [
    "as_of",
    "total",
    "encryption_status",
    "kms_key_arn",
    "is_bucket_key_enabled",
    "storage_class",
    "example",
    "objects",
];

/// A namespace is at most this long (S3 User Guide, "Amazon S3 table bucket, table, and namespace naming rules").
const NAMESPACE: usize = 63;

/// The namespace of a bucket's metadata tables: `b_` and its name, with periods as underscores (S3 User Guide, "How
/// metadata tables work"). `None` for the buckets of before March 2018, with capitals, underscores or a long name,
/// whose namespace ends with a hash that nobody outside can compute.
pub(super) fn namespace(bucket: &BucketName) -> Option<String> {
    let name = bucket.as_str();
    let modern = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    let namespace = format!("b_{}", name.replace('.', "_"));
    (name.chars().all(modern) && namespace.len() <= NAMESPACE).then_some(namespace)
}

/// One query for the current version of every object: the row with the greatest `sequence_number` of its key, unless
/// that is a delete marker (S3 User Guide, "S3 Metadata live inventory tables schema").
///
/// The time of the query and the number of all objects stand in every row, so that the answer says by itself of when
/// it is, and whether any of it is missing.
pub(super) fn query(bucket: &BucketName, namespace: &str) -> String {
    let (table, name) = (identifier(namespace), text(bucket.as_str()));
    format!(
        "\
-- Read the answer back: guardian census {bucket} --from FILE
SELECT
  to_iso8601(current_timestamp) AS as_of,
  sum(count(*)) OVER () AS total,
  encryption_status,
  kms_key_arn,
  is_bucket_key_enabled,
  storage_class,
  min(key) AS example,
  count(*) AS objects
FROM (
  SELECT
    key,
    is_delete_marker,
    encryption_status,
    kms_key_arn,
    is_bucket_key_enabled,
    storage_class,
    row_number() OVER (PARTITION BY key ORDER BY sequence_number DESC) AS newest
  FROM \"s3tablescatalog/aws-s3\".{table}.\"inventory\"
  WHERE bucket = {name}
) AS versions
WHERE newest = 1
  AND coalesce(is_delete_marker, false) = false
GROUP BY encryption_status, kms_key_arn, is_bucket_key_enabled, storage_class
ORDER BY objects DESC
"
    )
}

/// A name as SQL has it, whatever is in it.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL has it, whatever is in it.
fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Option<String> {
        namespace(&name.parse().unwrap())
    }

    #[test]
    fn the_namespace_is_the_one_that_s3_gives() {
        assert_eq!(of("media").as_deref(), Some("b_media"));
        assert_eq!(
            of("media-2.example.com").as_deref(),
            Some("b_media-2_example_com")
        );
        assert_eq!(of(&"x".repeat(61)).map(|name| name.len()), Some(63));
    }

    #[test]
    fn a_namespace_with_a_hash_is_not_guessed() {
        for name in ["Media", "my_media", &"x".repeat(62), &"x".repeat(255)] {
            assert_eq!(of(name), None, "{name}");
        }
    }

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        let bucket = "media".parse().unwrap();
        let query = query(&bucket, "b_x\"; DROP TABLE y; --");
        assert!(
            query.contains("FROM \"s3tablescatalog/aws-s3\".\"b_x\"\"; DROP TABLE y; --\".\"inventory\"\n")
        );
        assert_eq!(text("it's"), "'it''s'");
    }

    #[test]
    fn the_query_answers_with_the_columns_that_are_read_back_in_their_order() {
        let query = query(&"media".parse().unwrap(), "b_media");
        let (selected, _) = query.split_once("FROM").unwrap();
        let names = selected.lines().skip(2).map(|line| {
            let line = line.trim().trim_end_matches(',');
            line.rsplit_once(" AS ").map_or(line, |(_, name)| name)
        });
        assert_eq!(names.collect::<Vec<_>>(), COLUMNS);
    }
}
