//! What the roles can never do, whatever is declared and whatever an event says.

use guardian_core::right::Role;
use guardian_policy::{Access, Cause, Context, Decision, IdentityPolicies};
use serde_json::{Value, json};

use crate::roles::{Roles, texts};

const OWN: &str = "111122223333";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// Actions that know no resources, so that nothing narrower than `*` can stand there (Service Authorization Reference, by
/// service: the action's column of resource types is empty).
const KNOW_NO_RESOURCES: [&str; 4] = [
    "cloudtrail:DescribeTrails",
    "cloudtrail:LookupEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

/// What SNS does in the name of whoever publishes through a topic under a KMS key. It changes nothing of the key.
const OF_AN_ENCRYPTED_TOPIC: [&str; 2] = ["kms:GenerateDataKey", "kms:Decrypt"];
const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alerts";
const TOPIC_KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/0000abcd-12ab-34cd-56ef-1234567890ab";

/// What takes something away, opens something up or reads what is inside, over the services that the guardian has to do with.
const NEVER: [&str; 44] = [
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:BypassGovernanceRetention",
    "s3:PutAccountPublicAccessBlock",
    "s3:PutBucketAcl",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
    "s3:PutReplicationConfiguration",
    "s3:ObjectOwnerOverrideToBucketOwner",
    "kms:CreateGrant",
    "kms:DeleteAlias",
    "kms:DisableKey",
    "kms:Encrypt",
    "kms:RetireGrant",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    // A tag decides whose policy may be written, where there is a `KeyTag`.
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "ssm:DeleteParameter",
    "ssm:PutParameter",
    "dynamodb:DeleteTable",
    "dynamodb:Scan",
    "dynamodb:UpdateTable",
    "sqs:PurgeQueue",
    "sqs:SetQueueAttributes",
    "sns:Subscribe",
    "sns:SetTopicAttributes",
    "cloudtrail:StopLogging",
    "events:DisableRule",
    "events:PutRule",
    "iam:CreateRole",
    "iam:PassRole",
    "iam:PutRolePolicy",
    "lambda:UpdateFunctionCode",
    "lambda:AddPermission",
    "sts:AssumeRole",
];

/// The widest that a stack can be set to, in this mode.
fn widest(mode: &str) -> Value {
    json!({"Mode": mode, "BucketArns": ["arn:aws:s3:::*"], "AllowedClouds": ["demo", "demo-*"],
        "KeyArns": ["arn:aws:kms:eu-west-1:111122223333:key/*"], "WatchObjects": "yes", "Census": "full",
        "KeyTag": "cloudinary-guardian=media", "ManageNotifications": "yes", "Tracing": "on",
        "AlertTopicArn": TOPIC, "AlertTopicKeyArn": TOPIC_KEY})
}

fn both() -> Option<(Roles, Roles)> {
    let mut expanded = Roles::with(&[widest("observe"), widest("repair")])?;
    let repair = expanded.pop()?;
    Some((expanded.pop()?, repair))
}

fn ask(policies: &IdentityPolicies, action: &str, resource: &str, context: &Context) -> Decision {
    policies.evaluate(action, &[resource.to_owned()], context)
}

/// Nothing of it is allowed, under no condition.
fn is_never_allowed(policies: &IdentityPolicies, action: &str) -> bool {
    let decision = ask(policies, action, "*", &Context::new());
    let nothing = |reason: &guardian_policy::Reason| {
        reason.cause == Cause::ExplicitDeny || reason.cause == Cause::NoAllow && reason.except.is_empty()
    };
    decision.access() == Access::Denied && decision.reasons().iter().all(nothing)
}

#[test]
fn no_role_may_delete_a_policy_or_an_object_or_widen_anything_else() {
    let Some((_, repair)) = both() else { return };
    for role in Role::ALL {
        let policies = repair.policies(role);
        for action in NEVER {
            assert!(
                is_never_allowed(&policies, action),
                "{role:?} may {action} something"
            );
        }
    }
    // It can fail: this one is allowed, though only under a condition.
    assert!(!is_never_allowed(
        &repair.policies(Role::Reconciler),
        "s3:PutBucketPolicy"
    ));
}

#[test]
fn a_key_is_used_for_the_encrypted_topic_alone_and_only_through_sns() {
    let mut without = widest("repair");
    without["AlertTopicKeyArn"] = json!("");
    let Some(mut expanded) = Roles::with(&[widest("repair"), without]) else {
        return;
    };
    let without = expanded.pop().unwrap();
    let with = expanded.pop().unwrap();
    let via = |service: &str| Context::new().known("kms:ViaService", [service]);
    let sns = via("sns.eu-west-1.amazonaws.com");
    for action in OF_AN_ENCRYPTED_TOPIC {
        for role in Role::ALL {
            assert!(is_never_allowed(&without.policies(role), action), "{role:?}");
            let policies = with.policies(role);
            let may = |key: &str, context: &Context| ask(&policies, action, key, context).access();
            let expected = if role == Role::Reconciler {
                Access::Allowed
            } else {
                Access::Denied
            };
            assert_eq!(may(TOPIC_KEY, &sns), expected, "{role:?}");
            assert_eq!(may(KEY, &sns), Access::Denied, "{role:?}");
            let s3 = via("s3.eu-west-1.amazonaws.com");
            assert_eq!(may(TOPIC_KEY, &s3), Access::Denied, "{role:?}");
            let directly = Context::new().absent("kms:ViaService");
            assert_eq!(may(TOPIC_KEY, &directly), Access::Denied, "{role:?}");
        }
    }
}

#[test]
fn with_a_key_tag_the_policy_of_no_other_key_is_written() {
    let mut tagged = widest("repair");
    tagged["KeyArns"] = json!([""]);
    let Some(roles) = Roles::with(&[tagged]) else {
        return;
    };
    let policies = roles[0].policies(Role::Reconciler);
    let tag = "aws:ResourceTag/cloudinary-guardian";
    let may = |context: Context| {
        let context = context.known("kms:BypassPolicyLockoutSafetyCheck", ["false"]);
        ask(&policies, "kms:PutKeyPolicy", KEY, &context).access()
    };
    assert_eq!(may(Context::new().known(tag, ["media"])), Access::Allowed);
    assert_eq!(may(Context::new().known(tag, ["other"])), Access::Denied);
    assert_eq!(may(Context::new().absent(tag)), Access::Denied);
}

#[test]
fn in_observe_mode_no_role_may_write_to_a_bucket_or_a_key() {
    let Some((observe, repair)) = both() else { return };
    let mut writes = Vec::new();
    for (roles, is_repair) in [(&observe, false), (&repair, true)] {
        for role in Role::ALL {
            for statement in roles.statements(role, "Allow") {
                for action in texts(&statement["Action"]) {
                    let (service, name) = action.split_once(':').unwrap();
                    let reads = ["Get", "List", "Describe"]
                        .iter()
                        .any(|verb| name.starts_with(verb))
                        || OF_AN_ENCRYPTED_TOPIC.contains(&action);
                    assert!(!action.contains('*'), "{role:?}: {action}");
                    if matches!(service, "s3" | "kms") && !reads {
                        assert!(is_repair, "{role:?} may {action} in mode observe");
                        assert_eq!(role, Role::Reconciler);
                        writes.push(action.to_owned());
                    }
                }
            }
        }
    }
    // Of the keys in `KeyArns`, and of those with the tag.
    writes.dedup();
    assert_eq!(
        writes,
        [
            "s3:PutBucketPolicy",
            "s3:PutBucketNotification",
            "s3:PutObject",
            "kms:PutKeyPolicy"
        ]
    );
    let policies = observe.policies(Role::Reconciler);
    for action in &writes {
        assert!(is_never_allowed(&policies, action), "{action}");
    }
}

#[test]
fn a_key_policy_is_never_written_past_the_lockout_check() {
    let Some((_, repair)) = both() else { return };
    let policies = repair.policies(Role::Reconciler);
    let key = "kms:BypassPolicyLockoutSafetyCheck";
    let with = |value: &str| Context::new().known(key, [value]);
    let bypassing = ask(&policies, "kms:PutKeyPolicy", "*", &with("true"));
    assert_eq!(bypassing.access(), Access::Denied);
    // Of all keys: a Deny that no key policy can overrule, not only the lack of an Allow.
    assert!(
        bypassing
            .reasons()
            .iter()
            .any(|reason| reason.cause == Cause::ExplicitDeny
                && reason.resources == ["*"]
                && reason.except.is_empty())
    );
    assert_eq!(
        ask(&policies, "kms:PutKeyPolicy", KEY, &with("false")).access(),
        Access::Allowed
    );
    // It can fail: without the Deny it is allowed.
    let without = repair.changed(|_, statement| {
        if statement["Sid"] == "NeverBypassTheKeyLockoutCheck" {
            statement["Action"] = json!("kms:CancelKeyDeletion");
        }
    });
    let decision = ask(
        &without.policies(Role::Reconciler),
        "kms:PutKeyPolicy",
        KEY,
        &with("true"),
    );
    assert_eq!(decision.access(), Access::Allowed);
}

#[test]
fn no_object_is_written_but_a_marker_of_an_allowed_cloud_name() {
    let Some((_, repair)) = both() else { return };
    let policies = repair.policies(Role::Reconciler);
    let own = Context::new().known("aws:ResourceAccount", [OWN]);
    let put = |object: &str| ask(&policies, "s3:PutObject", object, &own).access();
    assert_eq!(
        put("arn:aws:s3:::media/.wellknown/cloudinary/demo"),
        Access::Allowed
    );
    assert_eq!(
        put("arn:aws:s3:::media/.wellknown/cloudinary/demo-eu"),
        Access::Allowed
    );
    for object in [
        "arn:aws:s3:::media/.wellknown/cloudinary/stranger",
        "arn:aws:s3:::media/photos/demo",
        "arn:aws:s3:::media/.wellknown/demo",
        "arn:aws:s3:::media/photos/*",
    ] {
        assert_eq!(put(object), Access::Denied, "{object}");
    }
}

#[test]
fn no_right_on_s3_reaches_a_bucket_of_another_account() {
    let Some((_, repair)) = both() else { return };
    for role in Role::ALL {
        let policies = repair.policies(role);
        for statement in repair.statements(role, "Allow") {
            for action in texts(&statement["Action"])
                .into_iter()
                .filter(|action| action.starts_with("s3:"))
            {
                for resource in texts(&statement["Resource"]) {
                    let theirs = Context::new().known("aws:ResourceAccount", ["999999999999"]);
                    let decision = ask(&policies, action, resource, &theirs);
                    assert_eq!(decision.access(), Access::Denied, "{role:?} {action} {resource}");
                    assert!(!decision.partially_allowed());
                }
            }
        }
    }
}

#[test]
fn no_statement_says_every_resource_where_something_narrower_could_stand() {
    let Some((observe, repair)) = both() else { return };
    for roles in [&observe, &repair] {
        for role in Role::ALL {
            for statement in roles.statements(role, "Allow") {
                let is_star = texts(&statement["Resource"]).contains(&"*");
                for action in texts(&statement["Action"]) {
                    let knows_none = KNOW_NO_RESOURCES.contains(&action);
                    assert_eq!(is_star, knows_none, "{role:?} {} {action}", statement["Sid"]);
                }
                assert!(statement["NotAction"].is_null() && statement["NotResource"].is_null());
            }
        }
    }
}
