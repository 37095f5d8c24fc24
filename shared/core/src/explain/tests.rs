use std::sync::LazyLock;

use serde_json::json;

use super::*;

fn bucket() -> BucketName {
    "media".parse().unwrap()
}

fn document(statements: Value) -> PolicyDocument {
    PolicyDocument::parse(&json!({"Version": "2012-10-17", "Statement": statements}).to_string()).unwrap()
}

fn grant() -> Value {
    json!({"Effect": "Allow", "Principal": {"AWS": "232482882421"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*"})
}

static BUCKET: LazyLock<BucketName> = LazyLock::new(bucket);
static ACCOUNT: LazyLock<AccountId> = LazyLock::new(|| "232482882421".parse().unwrap());

fn explained<'a>(policy: &'a PolicyDocument, change: impl FnOnce(&mut Documents<'a>)) -> Explained {
    let mut documents = Documents {
        bucket: &BUCKET,
        cloudinary_account: &ACCOUNT,
        partition: "aws",
        policy: Some(policy),
        public_access_block: None,
        key: None,
        control_policies: &[],
        prefixes: &[],
        clouds: &[],
        known: &[],
    };
    change(&mut documents);
    explain(&documents)
}

fn codes(explained: &Explained) -> Vec<Code> {
    explained.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn the_documented_grant_is_readable_and_says_what_it_assumes() {
    let explained = explained(&document(json!([grant()])), |_| {});
    assert_eq!(
        (explained.verdict(), codes(&explained)),
        (Verdict::Readable, vec![])
    );
    assert_eq!(
        explained.to_json(&bucket())["access"]["s3:GetObject"]["verdict"],
        "allowed"
    );
    assert!(explained.assumed[0].contains("no public access block"));
}

#[test]
fn the_scope_is_exactly_the_prefixes_and_the_markers_asked_for() {
    let part = json!({"Effect": "Allow", "Principal": {"AWS": "232482882421"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/public/*"});
    let policy = document(json!([part]));
    let (prefixes, clouds) = (["public/*".to_owned()], ["demo".parse().unwrap()]);
    assert_eq!(
        explained(&policy, |asked| asked.prefixes = &prefixes).verdict(),
        Verdict::Readable
    );
    let with_marker = explained(&policy, |asked| {
        asked.prefixes = &prefixes;
        asked.clouds = &clouds;
    });
    assert_eq!(
        (with_marker.verdict(), codes(&with_marker)),
        (Verdict::Blocked, vec![Code::GrantPartial])
    );
}

#[test]
fn a_deny_of_everything_but_our_endpoint_is_certain() {
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::media/*",
        "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}});
    let explained = explained(&document(json!([grant(), deny])), |_| {});
    assert_eq!(
        (explained.verdict(), codes(&explained)),
        (Verdict::Blocked, vec![Code::GrantDenied])
    );
}

#[test]
fn what_is_known_here_ends_what_it_hinges_on() {
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::media/*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}});
    let policy = document(json!([grant(), deny]));
    assert_eq!(explained(&policy, |_| {}).verdict(), Verdict::Depends);
    for (region, verdict) in [("eu-west-1", Verdict::Readable), ("us-east-1", Verdict::Blocked)] {
        let known = [("aws:RequestedRegion".to_owned(), region.to_owned())];
        assert_eq!(
            explained(&policy, |asked| asked.known = &known).verdict(),
            verdict
        );
    }
}

#[test]
fn a_public_statement_counts_only_where_public_buckets_are_restricted() {
    let public = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/open/*"});
    let policy = document(json!([grant(), public]));
    assert_eq!(explained(&policy, |_| {}).verdict(), Verdict::Readable);
    let restricted = explained(&policy, |asked| {
        asked.public_access_block = Some(PublicAccessBlock {
            restrict_public_buckets: true,
            ..PublicAccessBlock::default()
        });
    });
    assert_eq!(
        (restricted.verdict(), codes(&restricted)),
        (Verdict::Blocked, vec![Code::PublicPolicyRestricted])
    );
}

#[test]
fn a_resource_control_policy_can_only_take_away() {
    let perimeter = document(
        json!([{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalAccount": "111122223333"}}}]),
    );
    let policies = [perimeter];
    let explained = explained(&document(json!([grant()])), |asked| {
        asked.control_policies = &policies
    });
    assert_eq!(
        (explained.verdict(), codes(&explained)),
        (Verdict::Blocked, vec![Code::ControlPolicyDenied])
    );
}

#[test]
fn with_a_key_its_policy_counts_as_well() {
    let key: KeyArn = "arn:aws:kms:eu-west-1:111122223333:key/1234".parse().unwrap();
    let owner = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"});
    let ours = json!({"Effect": "Allow", "Principal": {"AWS": "232482882421"}, "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"});
    let policy = document(json!([grant()]));
    let without = document(json!([owner]));
    let blocked = explained(&policy, |asked| asked.key = Some((&key, &without)));
    assert_eq!(
        (blocked.verdict(), codes(&blocked)),
        (Verdict::Blocked, vec![Code::KeyGrantMissing])
    );
    let with = document(json!([owner, ours]));
    assert_eq!(
        explained(&policy, |asked| asked.key = Some((&key, &with))).verdict(),
        Verdict::Readable
    );
}

#[test]
fn what_s3_would_refuse_on_meaning_is_told_and_evaluated_as_it_stands() {
    let mut elsewhere = grant();
    elsewhere["Resource"] = json!(["arn:aws:s3:::media/*", "arn:aws:s3:::other/*"]);
    let listing = json!({"Effect": "Allow", "Principal": {"AWS": "232482882421"}, "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::media/*"});
    let keyed = json!({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*",
        "Condition": {"StringEquals": {"s3:prefix": "x", "kms:ViaService": "y"}}});
    let service = json!({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sqs:SendMessage", "Resource": "arn:aws:s3:::media"});
    let explained = explained(&document(json!([elsewhere, listing, keyed, service])), |_| {});
    assert_eq!(explained.verdict(), Verdict::Readable);
    assert_eq!(
        codes(&explained),
        [
            Code::ResourceNotOfBucket,
            Code::ActionNotApplicable,
            Code::ConditionKeyNotApplicable,
            Code::ConditionKeyNotApplicable,
            Code::ActionNotApplicable,
        ]
    );
}

#[test]
fn wildcards_that_can_mean_the_bucket_are_no_finding() {
    for resource in [
        "*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::med*",
        "arn:aws:s3:::media*",
        "arn:aws:s3:::media/a?b/*",
        "arn:aws:s3:::*/x",
    ] {
        let mut statement = grant();
        statement["Resource"] = json!(resource);
        let explained = explained(&document(json!([grant(), statement])), |_| {});
        assert_eq!(codes(&explained), [], "{resource}");
    }
}
