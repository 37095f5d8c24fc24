//! What the reconciler may do.

use super::router::{LOG, TAKE};
use super::{Caller, Condition, Denial, GIVEN, Right, Statement, When};

const fn own(action: &'static str, needed: &'static str, without: &'static str) -> Right {
    Right {
        action,
        caller: Caller::Guardian,
        needed,
        without,
    }
}

pub(super) const STATEMENTS: &[Statement] = &[
    Statement {
        sid: "Log",
        when: When::Always,
        resources: &["${ReconcilerLogs.Arn}"],
        condition: Condition::None,
        rights: LOG,
    },
    Statement {
        sid: "TakeWork",
        when: When::Always,
        resources: &["${WorkQueue.Arn}"],
        condition: Condition::None,
        rights: TAKE,
    },
    Statement {
        sid: "QueueKeysSweepsAndLaterLooks",
        when: When::Always,
        resources: &["${WorkQueue.Arn}", "${IngestQueue.Arn}"],
        condition: Condition::None,
        rights: &[own(
            "sqs:SendMessage",
            "the keys that a bucket needs, the buckets of a sweep, and every later look",
            "no key is looked at, no sweep goes through, no repair is looked at again",
        )],
    },
    Statement {
        sid: "ReadDeclarations",
        when: When::Always,
        resources: &[
            "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/cloudinary-guardian/buckets/*",
        ],
        condition: Condition::None,
        rights: &[own(
            "ssm:GetParameter",
            "every look at a bucket; `declaration-invalid`",
            "nothing is looked at: what is declared is not known",
        )],
    },
    Statement {
        sid: "FindDeclarations",
        when: When::Always,
        resources: &[
            "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/cloudinary-guardian/buckets",
        ],
        condition: Condition::None,
        rights: &[own(
            "ssm:GetParametersByPath",
            "the sweep",
            "what no event tells of stays unseen",
        )],
    },
    Statement {
        sid: "KeepTheLedger",
        when: When::Always,
        resources: &["${Ledger.Arn}"],
        condition: Condition::None,
        rights: &[
            own(
                "dynamodb:Query",
                "every look: incidents, repair budget, index of keys",
                "nothing is looked at: what was done and told before is not known",
            ),
            own(
                "dynamodb:GetItem",
                "the index of keys and aliases, which a sweep makes sure of",
                "looks of the sweep fail",
            ),
            own(
                "dynamodb:PutItem",
                "every incident: nothing is repaired or told before it is noted",
                "nothing is repaired and nothing told",
            ),
            own(
                "dynamodb:DeleteItem",
                "what is forgotten: buckets no longer declared, keys no longer needed",
                "looks at buckets that are no longer declared fail",
            ),
        ],
    },
    Statement {
        sid: "Tell",
        when: When::Always,
        resources: &["${AlertTopic}"],
        condition: Condition::None,
        rights: &[own(
            "sns:Publish",
            "every message to people",
            "messages wait in the ledger and are sent once the right is there",
        )],
    },
    Statement {
        sid: "AskWhoDidIt",
        when: When::Always,
        resources: &["*"],
        condition: Condition::None,
        rights: &[own(
            "cloudtrail:LookupEvents",
            "who did it, where the event does not say; the call knows no resources",
            "the message says that CloudTrail could not be asked",
        )],
    },
    Statement {
        sid: "LookAtBuckets",
        when: When::Always,
        resources: &["${BucketArns}"],
        condition: Condition::OWN_ACCOUNT,
        rights: &[
            own(
                "s3:GetBucketPolicy",
                "`grant-missing`, `grant-partial`, `grant-denied`, `grant-conditional`, `policy-unwritable`",
                "`observation-failed`: whether Cloudinary may read is not known, and no policy is written",
            ),
            own(
                "s3:GetBucketPublicAccessBlock",
                "`public-policy-restricted`, where a statement of the policy may be public",
                "`observation-failed` on buckets whose policy may be public; that policy is not written",
            ),
            own(
                "s3:GetEncryptionConfiguration",
                "which KMS key new objects are under: `key-grant-missing` and everything about keys",
                "`observation-failed`: a change of the default key goes unseen",
            ),
            own(
                "s3:ListBucket",
                "`bucket-missing`, `marker-unexpected`; HeadBucket and a missing marker answer 403 without it",
                "`observation-failed`: nothing about the bucket is known, and nothing is written",
            ),
        ],
    },
    Statement {
        sid: "LookAtMarkers",
        when: When::Always,
        resources: &["${BucketArns}/.wellknown/cloudinary/*"],
        condition: Condition::OWN_ACCOUNT,
        rights: &[own(
            "s3:GetObject",
            "`marker-missing`, `marker-unreadable`: HeadObject of the markers, which knows no right of its own",
            "`observation-failed` on each marker, and no marker is written",
        )],
    },
    Statement {
        sid: "LookAtObjects",
        when: When::Objects,
        resources: &["${BucketArns}/*"],
        condition: Condition::OWN_ACCOUNT,
        rights: &[own(
            "s3:GetObject",
            "HeadObject of new objects and of samples: keys that only objects are under, `objects-archived`, `objects-customer-key`",
            "such objects count as unknown; their keys are learnt from data events only",
        )],
    },
    Statement {
        sid: "StartWalks",
        when: When::FULL_CENSUS,
        resources: &["${CensusStateMachine}"],
        condition: Condition::None,
        rights: &[own(
            "states:StartExecution",
            "walks over every object when they are due",
            "no walk begins by itself; the log says so with each sweep",
        )],
    },
    Statement {
        sid: "LookAtKeys",
        when: When::Always,
        resources: &["arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*"],
        condition: Condition::None,
        rights: &[
            own(
                "kms:DescribeKey",
                "`key-disabled`, `key-pending-deletion`, the key behind an alias",
                "`observation-failed` on the key, and its policy is not written",
            ),
            own(
                "kms:GetKeyPolicy",
                "`key-grant-missing`, `key-grant-denied`, `key-grant-broad`",
                "`observation-failed` on the key, and its policy is not written",
            ),
        ],
    },
    Statement {
        sid: "RepairBucketPolicies",
        when: When::REPAIR,
        resources: &["${BucketArns}"],
        condition: Condition::OWN_ACCOUNT,
        rights: &[own(
            "s3:PutBucketPolicy",
            "the repair of `grant-missing` and `grant-partial`",
            "`policy-unwritable`, with the statement to paste",
        )],
    },
    Statement {
        sid: "WriteMarkers",
        when: When::REPAIR,
        resources: &["${BucketArns}/.wellknown/cloudinary/*"],
        condition: Condition::OWN_ACCOUNT,
        rights: &[own(
            "s3:PutObject",
            "the repair of `marker-missing`",
            "`marker-missing` is a person's, with the command to run",
        )],
    },
    Statement {
        sid: "RepairKeyPolicies",
        when: When::With(&[("Mode", "repair"), ("KeyArns", GIVEN)]),
        resources: &["${KeyArns}"],
        condition: Condition::None,
        rights: &[own(
            "kms:PutKeyPolicy",
            "the repair of `key-grant-missing`, and with `prune` of `key-grant-unused`",
            "`policy-unwritable` on the key, with the statement to paste",
        )],
    },
];

pub(super) const DENIALS: &[Denial] = &[
    Denial {
        sid: "NoMarkerButOfAllowedClouds",
        when: When::REPAIR,
        action: "s3:PutObject",
        what: "every object that is no marker of a cloud name in AllowedClouds",
    },
    Denial {
        sid: "NeverBypassTheKeyLockoutCheck",
        when: When::REPAIR,
        action: "kms:PutKeyPolicy",
        what: "on every key, if the request bypasses the check that keeps a key manageable (kms:BypassPolicyLockoutSafetyCheck)",
    },
];
