//! What the reconciler may do.

use super::router::{LOG, TAKE, TRACE};
use super::{Caller, Condition, Denial, GIVEN, Right, Statement, When};

const fn own(action: &'static str, needed: &'static str, without: &'static str) -> Right {
    Right {
        action,
        caller: Caller::Guardian,
        needed,
        without,
    }
}

/// SNS encrypts and decrypts in the name of whoever publishes.
const fn through_sns(action: &'static str) -> Right {
    Right {
        action,
        caller: Caller::Service(
            "SNS Developer Guide, \"Managing Amazon SNS encryption keys and costs\", permissions of event sources and publishers",
        ),
        needed: "messages to people through a topic under a KMS key",
        without: "messages wait in the ledger and are sent once the right is there",
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
        resources: &["${AlertTopic}", "${AlertTopicArn}"],
        condition: Condition::None,
        rights: &[own(
            "sns:Publish",
            "every message to people",
            "messages wait in the ledger and are sent once the right is there",
        )],
    },
    Statement {
        sid: "TellThroughAnEncryptedTopic",
        when: When::With(&[("AlertTopicArn", GIVEN), ("AlertTopicKeyArn", GIVEN)]),
        resources: &["${AlertTopicKeyArn}"],
        condition: Condition::Equals("kms:ViaService", "sns.${TopicRegion}.amazonaws.com"),
        rights: &[through_sns("kms:GenerateDataKey"), through_sns("kms:Decrypt")],
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
        sid: "LookForTrails",
        when: When::Always,
        resources: &["*"],
        condition: Condition::None,
        rights: &[own(
            "cloudtrail:DescribeTrails",
            "`trail-missing`; the call knows no resources",
            "`stack-unread`: whether a trail tells of changes is not known",
        )],
    },
    Statement {
        sid: "LookAtTrails",
        when: When::Always,
        resources: &["arn:${AWS::Partition}:cloudtrail:*:*:trail/*"],
        condition: Condition::None,
        rights: &[
            own(
                "cloudtrail:GetTrailStatus",
                "`trail-stopped`; a trail that records this Region may be at home in another, or in the organization's account",
                "`stack-unread`: whether the trail is logging is not known",
            ),
            own(
                "cloudtrail:GetEventSelectors",
                "`trail-missing`, `trail-without-kms`: what the trail records",
                "`stack-unread`: what the trail records is not known",
            ),
        ],
    },
    Statement {
        sid: "LookAtOwnRules",
        when: When::Always,
        resources: &[
            "${BucketConfigurationRule.Arn}",
            "${MarkerRule.Arn}",
            "${MarkerDataEventRule.Arn}",
            "${KeyRule.Arn}",
            "${KeyGrantRule.Arn}",
            "${KeyServiceEventRule.Arn}",
            "${KeyLifecycleRule.Arn}",
            "${DeclarationRule.Arn}",
            "${TrailRule.Arn}",
            "${OwnRule.Arn}",
            "${OwnQueueRule.Arn}",
            "${OwnTopicRule.Arn}",
            "${SweepRule.Arn}",
            "${DeployedRule.Arn}",
            "${ObjectRule.Arn}",
            "${ObjectDataEventRule.Arn}",
            "${ObjectEncryptionRule.Arn}",
            "${BrokenWalkRule.Arn}",
        ],
        condition: Condition::None,
        rights: &[
            own(
                "events:DescribeRule",
                "`rule-missing`, `rule-disabled`, `rule-changed`",
                "`stack-unread`: whether the rule is there and enabled is not known",
            ),
            own(
                "events:ListTargetsByRule",
                "`rule-changed`: where the rule's events go",
                "`stack-unread`: whether the rule's events arrive is not known",
            ),
        ],
    },
    Statement {
        sid: "LookAtOwnQueues",
        when: When::Always,
        resources: &[
            "${IngestQueue.Arn}",
            "${UndeliveredEventQueue.Arn}",
            "${IngestDeadLetterQueue.Arn}",
            "${WorkDeadLetterQueue.Arn}",
            "${ObjectQueue.Arn}",
        ],
        condition: Condition::None,
        rights: &[own(
            "sqs:GetQueueAttributes",
            "`queue-missing`, `queue-changed`, `dead-letters`; of the work queue statement TakeWork allows it",
            "`stack-unread`: whether the queue takes events, and what lies in it, is not known",
        )],
    },
    Statement {
        sid: "LookWhoListens",
        when: When::Always,
        resources: &["${AlertTopic}", "${AlertTopicArn}"],
        condition: Condition::None,
        rights: &[
            own(
                "sns:GetTopicAttributes",
                "`topic-missing`, `topic-silent`",
                "`stack-unread`: whether anybody hears is not known",
            ),
            own(
                "sns:ListSubscriptionsByTopic",
                "`subscription-unconfirmed`: who has yet to confirm",
                "the message does not say whose confirmation is missing",
            ),
        ],
    },
    Statement {
        sid: "LookAtBuckets",
        when: When::Always,
        resources: &["${BucketArns}"],
        condition: Condition::OWN_ACCOUNT,
        rights: &[
            own(
                "s3:GetBucketNotification",
                "`notifications-off`: whether S3 tells EventBridge of the bucket's objects",
                "`notifications-unknown`, and no notifications are written",
            ),
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
        sid: "TurnOnNotifications",
        when: When::With(&[("Mode", "repair"), ("ManageNotifications", "yes")]),
        resources: &["${BucketArns}"],
        condition: Condition::OWN_ACCOUNT,
        rights: &[own(
            "s3:PutBucketNotification",
            "the repair of `notifications-off`",
            "`notifications-off` is a person's, with the command to run",
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
    Statement {
        sid: "RepairPoliciesOfTaggedKeys",
        when: When::With(&[("Mode", "repair"), ("KeyTag", GIVEN)]),
        resources: &["arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*"],
        condition: Condition::Equals("aws:ResourceTag/cloudinary-guardian", "${Tag}"),
        rights: &[own(
            "kms:PutKeyPolicy",
            "the same repairs, of keys that carry the tag",
            "`policy-unwritable` on keys that are not in `KeyArns`, with the statement to paste",
        )],
    },
    Statement {
        sid: "Trace",
        when: When::TRACED,
        resources: &["*"],
        condition: Condition::None,
        rights: TRACE,
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
