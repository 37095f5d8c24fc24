use serde_json::json;

use super::*;

const ACCOUNT: &str = "232482882421";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn parse(value: &Value) -> PolicyDocument {
    PolicyDocument::parse(&value.to_string()).unwrap()
}

fn merge(
    document: Option<&Value>,
    kind: PolicyKind,
    actions: &[&str],
    resources: &[&str],
) -> Result<Merge, MergeError> {
    let resources: Vec<String> = resources.iter().map(|resource| (*resource).to_owned()).collect();
    let grant = Grant {
        sid: "Cloudinary",
        account: ACCOUNT,
        partition: "aws",
        actions,
        resources: &resources,
        document_id: Some("id"),
    };
    merge_grant(document.map(parse).as_ref(), &grant, kind)
}

fn bucket(document: &Value) -> Result<Merge, MergeError> {
    merge(
        Some(document),
        PolicyKind::Bucket,
        &["s3:GetObject"],
        &["arn:aws:s3:::b/*"],
    )
}

fn key(document: &Value) -> Result<Merge, MergeError> {
    merge(
        Some(document),
        PolicyKind::Key,
        &["kms:Decrypt", "kms:DescribeKey"],
        &[KEY],
    )
}

fn changed(merge: Result<Merge, MergeError>) -> (Value, StatementChange) {
    match merge {
        Ok(Merge::Changed { document, change }) => (document.as_value().clone(), change),
        other => panic!("{other:?}"),
    }
}

fn document(statements: Value) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn ours() -> Value {
    json!({
        "Sid": "Cloudinary", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::232482882421:root" },
        "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/*",
    })
}

fn foreign() -> Value {
    json!({ "Sid": "Theirs", "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": "s3:*", "Resource": "arn:aws:s3:::b/*" })
}

fn owner() -> Value {
    json!({ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:root" }, "Action": "kms:*", "Resource": "*" })
}

#[test]
fn without_a_policy_there_is_a_new_one() {
    let (value, change) = changed(merge(
        None,
        PolicyKind::Bucket,
        &["s3:GetObject"],
        &["arn:aws:s3:::b/*"],
    ));
    assert_eq!(
        value,
        json!({ "Version": "2012-10-17", "Id": "id", "Statement": [ours()] })
    );
    assert_eq!(change, StatementChange::Added { statement: ours() });
}

#[test]
fn without_a_key_policy_there_is_none() {
    let merged = merge(None, PolicyKind::Key, &["kms:Decrypt"], &[KEY]);
    assert_eq!(merged, Err(MergeError::NoKeyPolicy));
}

#[test]
fn ours_is_added_after_the_others() {
    let (value, _) = changed(bucket(&document(json!([foreign()]))));
    assert_eq!(value, document(json!([foreign(), ours()])));
}

#[test]
fn a_single_statement_becomes_the_first_of_an_array() {
    let (value, _) = changed(bucket(&json!({ "Statement": foreign() })));
    assert_eq!(value, json!({ "Statement": [foreign(), ours()] }));
}

#[test]
fn ours_in_any_spelling_is_enough() {
    for principal in [
        json!({ "AWS": ACCOUNT }),
        json!({ "AWS": [ACCOUNT] }),
        json!({ "AWS": "arn:aws:iam::232482882421:root" }),
    ] {
        let mut statement = ours();
        statement["Principal"] = principal;
        statement["Action"] = json!("S3:getobject");
        assert_eq!(bucket(&document(json!([statement]))), Ok(Merge::Unchanged));
    }
}

#[test]
fn somebody_elses_wider_grant_is_enough() {
    let mut wider = foreign();
    wider["Principal"] = json!({ "AWS": ["111122223333", ACCOUNT] });
    assert_eq!(bucket(&document(json!([wider]))), Ok(Merge::Unchanged));
}

#[test]
fn ours_for_a_prefix_is_extended_in_place() {
    let mut partial = ours();
    partial["Sid"] = json!("Named by somebody");
    partial["Resource"] = json!("arn:aws:s3:::b/public/*");
    let (value, change) = changed(bucket(&document(json!([partial, foreign()]))));
    let mut whole = partial.clone();
    whole["Resource"] = json!(["arn:aws:s3:::b/public/*", "arn:aws:s3:::b/*"]);
    assert_eq!(value, document(json!([whole, foreign()])));
    assert_eq!(
        change,
        StatementChange::Updated {
            index: 0,
            before: partial,
            after: whole
        }
    );
}

#[test]
fn a_single_statement_that_is_ours_stays_single() {
    let mut partial = ours();
    partial["Resource"] = json!("arn:aws:s3:::b/public/*");
    let (value, _) = changed(bucket(&json!({ "Statement": partial })));
    assert!(value["Statement"].is_object());
}

#[test]
fn ours_with_fewer_actions_is_extended() {
    let backup = ["s3:GetObject", "s3:PutObject"];
    let (value, _) = changed(merge(
        Some(&document(json!([ours()]))),
        PolicyKind::Bucket,
        &backup,
        &["arn:aws:s3:::b/*"],
    ));
    assert_eq!(value["Statement"][0]["Action"], json!(backup));
}

#[test]
fn more_actions_are_not_given_beyond_the_grants_resources() {
    let mut elsewhere = ours();
    elsewhere["Resource"] = json!(["arn:aws:s3:::b/other/*"]);
    let merged = merge(
        Some(&document(json!([elsewhere]))),
        PolicyKind::Bucket,
        &["s3:GetObject", "s3:PutObject"],
        &["arn:aws:s3:::b/public/*"],
    );
    let (value, change) = changed(merged);
    assert!(matches!(change, StatementChange::Added { .. }));
    assert_eq!(value["Statement"][0], elsewhere);
}

#[test]
fn what_is_not_exactly_ours_is_left_alone() {
    let variants = [
        ("Principal", json!({ "AWS": [ACCOUNT, "111122223333"] })),
        (
            "Principal",
            json!({ "AWS": ACCOUNT, "Service": "cloudfront.amazonaws.com" }),
        ),
        (
            "Principal",
            json!({ "AWS": "arn:aws:iam::232482882421:role/reader" }),
        ),
        ("Action", json!(["s3:GetObject", "s3:PutObject"])),
        ("Action", json!("s3:Get*")),
        ("Condition", json!({ "Bool": { "aws:SecureTransport": "true" } })),
        ("Resource", json!("arn:aws:s3:::other/*")),
        ("Resource", json!("arn:aws:s3:::b")),
        ("Effect", json!("Deny")),
        ("Note", json!("by hand")),
    ];
    for (element, value) in variants {
        let mut near = ours();
        near["Resource"] = json!("arn:aws:s3:::b/public/*");
        near[element] = value;
        let (value, change) = changed(bucket(&document(json!([near]))));
        assert!(matches!(change, StatementChange::Added { .. }), "{near}");
        assert_eq!(value["Statement"][0], near);
        assert_eq!(value["Statement"][1]["Sid"], "Cloudinary2");
    }
}

#[test]
fn a_taken_sid_is_numbered() {
    let mut first = foreign();
    first["Sid"] = json!("Cloudinary");
    let mut second = foreign();
    second["Sid"] = json!("Cloudinary2");
    let (value, _) = changed(bucket(&document(json!([first, second]))));
    assert_eq!(value["Statement"][2]["Sid"], "Cloudinary3");
}

#[test]
fn the_version_and_everything_unknown_stay() {
    let before =
        json!({ "Comment": "ours", "Version": "2008-10-17", "Id": "theirs", "Statement": [foreign()] });
    let (value, _) = changed(bucket(&before));
    assert_eq!(
        value.to_string().split("\"Statement\"").next(),
        before.to_string().split("\"Statement\"").next()
    );
}

#[test]
fn a_grant_that_is_denied_throughout_is_not_offered() {
    let deny = json!({ "Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"] });
    let merged = bucket(&document(json!([foreign(), deny])));
    assert_eq!(
        merged.unwrap_err().to_string(),
        "statement 1 (`No`) denies all of it, so that an Allow would change nothing"
    );
}

#[test]
fn a_grant_that_is_denied_in_part_or_under_a_condition_is_offered() {
    let part = json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/secret/*" });
    let condition = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    });
    for deny in [part, condition] {
        changed(bucket(&document(json!([deny]))));
    }
}

#[test]
fn a_key_gets_one_statement_with_a_star() {
    let (value, _) = changed(key(&document(json!([owner()]))));
    assert_eq!(
        value["Statement"][1],
        json!({
            "Sid": "Cloudinary", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::232482882421:root" },
            "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*",
        })
    );
}

#[test]
fn a_keys_own_arn_is_enough() {
    let (value, _) = changed(key(&document(json!([owner()]))));
    let mut own = value.clone();
    own["Statement"][1]["Resource"] = json!([KEY]);
    assert_eq!(key(&own), Ok(Merge::Unchanged));
}

#[test]
fn an_inert_key_statement_is_made_effective() {
    let (granted, _) = changed(key(&document(json!([owner()]))));
    let other = "arn:aws:kms:eu-west-1:111122223333:key/other";
    let mut inert = granted.clone();
    inert["Statement"][1]["Resource"] = json!(other);
    let (value, change) = changed(key(&inert));
    assert_eq!(value["Statement"][1]["Resource"], json!([other, "*"]));
    assert!(matches!(change, StatementChange::Updated { index: 1, .. }));
    let mut without = granted.clone();
    without["Statement"][1]
        .as_object_mut()
        .unwrap()
        .remove("Resource");
    let (value, _) = changed(key(&without));
    assert_eq!(value, granted);
}

#[test]
fn a_senseless_grant_is_refused() {
    let none = document(json!([]));
    for merged in [
        merge(
            Some(&none),
            PolicyKind::ResourceControl,
            &["s3:GetObject"],
            &["*"],
        ),
        merge(Some(&none), PolicyKind::Bucket, &[], &["*"]),
        merge(Some(&none), PolicyKind::Bucket, &["s3:*"], &["*"]),
        merge(Some(&none), PolicyKind::Bucket, &["s3:GetObject"], &[]),
    ] {
        assert!(
            matches!(merged, Err(MergeError::InvalidGrant { .. })),
            "{merged:?}"
        );
    }
}

#[test]
fn a_change_to_another_statement_is_noticed() {
    let before = parse(&document(json!([foreign()])));
    let added = StatementChange::Added { statement: ours() };
    let with = |statements: Value| parse(&document(statements));
    assert!(foreign_statements_kept(
        Some(&before),
        &with(json!([foreign(), ours()])),
        &added
    ));
    let mut rewritten = foreign();
    rewritten["Principal"] = json!({ "AWS": ["arn:aws:iam::111122223333:root"] });
    assert!(foreign_statements_kept(
        Some(&before),
        &with(json!([rewritten, ours()])),
        &added
    ));
    let mut renamed = foreign();
    renamed["Sid"] = json!("Renamed");
    assert!(!foreign_statements_kept(
        Some(&before),
        &with(json!([renamed, ours()])),
        &added
    ));
    assert!(!foreign_statements_kept(
        Some(&before),
        &with(json!([ours()])),
        &added
    ));
    assert!(!foreign_statements_kept(
        Some(&before),
        &with(json!([foreign(), foreign(), ours()])),
        &added
    ));
    let mut other_version = document(json!([foreign(), ours()]));
    other_version["Version"] = json!("2008-10-17");
    assert!(!foreign_statements_kept(
        Some(&before),
        &parse(&other_version),
        &added
    ));
    assert!(!foreign_statements_kept(
        None,
        &with(json!([foreign(), ours()])),
        &added
    ));
    assert!(foreign_statements_kept(None, &with(json!([ours()])), &added));
}
