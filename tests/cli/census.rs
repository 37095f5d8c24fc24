//! `guardian census` without any AWS: the query, and what is wrong with files said before anything is asked.

use std::fs;
use std::path::{Path, PathBuf};

use crate::complaint;
use crate::guardian::Guardian;

/// A file of this test's own.
fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("census-{}-{name}", std::process::id()));
    fs::write(&path, text).unwrap();
    path
}

const QUERY: &str = r#"-- Read the answer back: guardian census media.example --from FILE
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
  FROM "s3tablescatalog/aws-s3"."b_media_example"."inventory"
  WHERE bucket = 'media.example'
) AS versions
WHERE newest = 1
  AND coalesce(is_delete_marker, false) = false
GROUP BY encryption_status, kms_key_arn, is_bucket_key_enabled, storage_class
ORDER BY objects DESC
"#;

#[test]
fn the_query_is_printed_without_any_aws() {
    let ended = Guardian::new(&["census", "media.example", "--sql"])
        .run()
        .expect(0);
    assert_eq!(ended.stdout, QUERY);
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_namespace_that_cannot_be_known_has_to_be_named() {
    let said = complaint(Guardian::new(&["census", "My_Media", "--sql"]).run());
    assert!(
        said.contains("--namespace") && said.contains("TableNamespace"),
        "{said}"
    );
    let named = ["census", "My_Media", "--sql", "--namespace", "b_my_media\"0"];
    let ended = Guardian::new(&named).run().expect(0);
    assert!(
        ended.stdout.contains(r#""b_my_media""0"."inventory""#),
        "{}",
        ended.stdout
    );
}

#[test]
fn an_answer_to_another_question_is_refused_before_anything_is_asked_of_aws() {
    // No Region, no credentials: whatever asks AWS complains of these.
    for (answer, word) in [
        ("key,size\na.jpg,1\n", "the columns are `key`, `size`"),
        ("", "--sql"),
        (
            "as_of,total,encryption_status,kms_key_arn,is_bucket_key_enabled,storage_class,example,objects\n",
            "there is no row",
        ),
        (
            "as_of,total,encryption_status,kms_key_arn,is_bucket_key_enabled,storage_class,example,objects\n\
             2026-11-23T10:15:00Z,5,SSE-KMS,none,false,STANDARD,a.jpg,5\n",
            "line 2, column 4 (`kms_key_arn`): `none`",
        ),
    ] {
        let said = complaint(Guardian::new(&["census", "media", "--from", "-"]).run_on(answer));
        assert!(said.starts_with("`-`: ") && said.contains(word), "{said}");
    }
}

#[test]
fn a_time_later_than_the_answer_is_refused() {
    let answer = "as_of,total,encryption_status,kms_key_arn,is_bucket_key_enabled,storage_class,example,objects\n\
                  2026-11-23T10:15:00Z,5,SSE-S3,,false,STANDARD,a.jpg,5\n";
    let later = [
        "census",
        "media",
        "--from",
        "-",
        "--as-of",
        "2026-11-23T10:15:01Z",
    ];
    let said = complaint(Guardian::new(&later).run_on(answer));
    assert!(said.contains("later than the query"), "{said}");
}

#[test]
fn a_checkpoint_that_is_damaged_or_of_another_bucket_is_refused_and_left_as_it_is() {
    let of_vault = r#"{"bucket":"vault","prefixes":[""],"id":"w","began":"2026-11-23T10:15:00Z","after":null,"counts":{"objects":0}}"#;
    for (name, text, word) in [
        ("cut", of_vault.split_at(40).0, "it is damaged"),
        ("empty", "", "it is damaged"),
        (
            "another",
            of_vault,
            "a walk over the bucket `vault`, not over the bucket `media`",
        ),
    ] {
        let path = file(name, text);
        let run = Guardian::new(&["census", "media", "--resume", path.to_str().unwrap()]).run();
        let said = complaint(run);
        assert!(
            said.starts_with("cannot go on from `") && said.contains(word),
            "{said}"
        );
        assert!(said.contains("begin anew"), "{said}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn to_record_it_has_to_know_where() {
    let said = complaint(Guardian::new(&["census", "media", "--record"]).run());
    assert!(said.contains("GUARDIAN_TABLE"), "{said}");
}

#[test]
fn to_start_a_walk_it_has_to_know_the_state_machine_and_says_where_that_stands() {
    let said = complaint(Guardian::new(&["census", "media", "--start"]).run());
    for word in [
        "Census=full",
        "CensusStateMachineArn",
        "GUARDIAN_CENSUS_STATE_MACHINE",
    ] {
        assert!(said.contains(word), "{said}");
    }
    let wrong = ["census", "media", "--start", "--state-machine", "guard-census"];
    let said = complaint(Guardian::new(&wrong).run());
    assert!(
        said.contains("`guard-census` is no ARN of a state machine"),
        "{said}"
    );
}
