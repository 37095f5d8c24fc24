//! Names of accounts, callers and condition keys, and the values that the keys may have.

/// The account that asks.
pub(crate) const ACCOUNT: &str = "232482882421";
/// The account that owns bucket and key.
pub(crate) const OWNER: &str = "111122223333";
pub(crate) const KEY_ARN: &str =
    "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
pub(super) const OURS: &str = "vpce-0aaaaaaaaaaaaaaaa";

/// Who may ask: the principal that signs, and the `aws:PrincipalArn` it has.
pub(crate) const CALLERS: [(&str, &str); 5] = [
    (
        "arn:aws:sts::232482882421:assumed-role/a/session",
        "arn:aws:iam::232482882421:role/a",
    ),
    (
        "arn:aws:sts::232482882421:assumed-role/b/session",
        "arn:aws:iam::232482882421:role/team/b",
    ),
    (
        "arn:aws:iam::232482882421:user/a",
        "arn:aws:iam::232482882421:user/a",
    ),
    (
        "arn:aws:iam::232482882421:user/team/b",
        "arn:aws:iam::232482882421:user/team/b",
    ),
    (
        "arn:aws:sts::232482882421:federated-user/a",
        "arn:aws:sts::232482882421:federated-user/a",
    ),
];

/// How the values of a key are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Texts,
    Flag,
    Number,
    Date,
    Address,
    Arn,
}

/// The condition keys, and the values that each may have in a request.
pub(crate) const KEYS: [(&str, Type, &[&str]); 12] = [
    (
        "aws:PrincipalArn",
        Type::Arn,
        &[
            CALLERS[0].1,
            CALLERS[1].1,
            CALLERS[2].1,
            CALLERS[3].1,
            CALLERS[4].1,
        ],
    ),
    (
        "aws:PrincipalTag/team",
        Type::Text,
        &["a", "ab", "B", "a*", "arn:aws:s3:::b/a"],
    ),
    ("aws:SecureTransport", Type::Flag, &["true", "false"]),
    ("aws:MultiFactorAuthAge", Type::Number, &["1", "9", "10", "-1"]),
    ("aws:PrincipalOrgPaths", Type::Texts, &["a", "b", "c"]),
    (
        "aws:SourceIp",
        Type::Address,
        &[
            "3.5.7.9",
            "52.95.110.1",
            "203.0.113.7",
            "198.51.100.200",
            "2001:db8::7",
            "2600:1f18::1",
        ],
    ),
    (
        "aws:SourceVpce",
        Type::Text,
        &["vpce-0bbbbbbbbbbbbbbbb", "vpce-0cccccccccccccccc", OURS],
    ),
    (
        "aws:CurrentTime",
        Type::Date,
        &[
            "2025-01-01T00:00:00Z",
            "2026-06-01T00:00:00Z",
            "2027-12-31T23:59:59Z",
        ],
    ),
    ("aws:userid", Type::Text, &["AROAEXAMPLEROLEID1234:session", "a"]),
    (
        "aws:PrincipalOrgID",
        Type::Text,
        &["o-a1b2c3d4e5", "o-zzzzzzzzzz"],
    ),
    (
        "aws:SourceArn",
        Type::Arn,
        &["arn:aws:s3:::b", "arn:aws:sns:eu-west-1:111122223333:t:x"],
    ),
    ("aws:ViaAWSService", Type::Flag, &["false", "true"]),
];
