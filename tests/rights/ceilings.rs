//! The ceilings as the roles hold them: whatever a declaration says and whatever the code makes of it, IAM refuses what the
//! stack's parameters do not name. That the code refuses it before is shown by shared/reconcile/tests/security/ceilings.rs.

use guardian_core::right::Role;
use guardian_policy::{Access, Context, IdentityPolicies};
use serde_json::json;

use crate::roles::Roles;

const OWN: &str = "111122223333";
const LISTED: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn reconciler() -> Option<IdentityPolicies> {
    let set = json!({"Mode": "repair", "BucketArns": ["arn:aws:s3:::media", "arn:aws:s3:::media-*"],
        "AllowedClouds": ["demo", "demo-*"], "KeyArns": [LISTED], "ManageNotifications": "yes"});
    Some(Roles::with(&[set])?.pop()?.policies(Role::Reconciler))
}

/// Whether the role may, in the stack's own account and without any bypass.
fn may(policies: &IdentityPolicies, action: &str, resource: &str) -> bool {
    let context = Context::new()
        .known("aws:ResourceAccount", [OWN])
        .known("kms:BypassPolicyLockoutSafetyCheck", ["false"])
        .absent("aws:ResourceTag/cloudinary-guardian");
    let decision = policies.evaluate(action, &[resource.to_owned()], &context);
    assert_ne!(decision.access(), Access::Depends, "{action} {resource}");
    decision.access() == Access::Allowed
}

#[test]
fn the_role_writes_no_policy_of_a_bucket_outside_bucket_arns() {
    let Some(policies) = reconciler() else { return };
    for action in ["s3:PutBucketPolicy", "s3:PutBucketNotification"] {
        for inside in ["media", "media-eu", "media-"] {
            assert!(
                may(&policies, action, &format!("arn:aws:s3:::{inside}")),
                "{inside}"
            );
        }
        for outside in [
            "other", "mediax", "my-media", "Media", "MEDIA-x", "media.eu", "med", "*",
        ] {
            assert!(
                !may(&policies, action, &format!("arn:aws:s3:::{outside}")),
                "{outside}"
            );
        }
        // A bucket of that name which somebody else owns.
        let theirs = Context::new().known("aws:ResourceAccount", ["444455556666"]);
        let decision = policies.evaluate(action, &["arn:aws:s3:::media".to_owned()], &theirs);
        assert_eq!(decision.access(), Access::Denied, "{action}");
    }
}

#[test]
fn the_role_writes_no_object_but_markers_of_allowed_clouds() {
    let Some(policies) = reconciler() else { return };
    let puts = |object: &str| may(&policies, "s3:PutObject", &format!("arn:aws:s3:::{object}"));
    for marker in [
        "media/.wellknown/cloudinary/demo",
        "media-eu/.wellknown/cloudinary/demo-staging",
    ] {
        assert!(puts(marker), "{marker}");
    }
    for object in [
        "media/.wellknown/cloudinary/evil",
        "media/.wellknown/cloudinary/Demo",
        "media/.wellknown/cloudinary/demox",
        "media/.wellknown/cloudinary/",
        "media/.wellknown/cloudinary/demo/x",
        "media/.wellknown/cloudinary/x/../demo",
        "media/.well-known/cloudinary/demo",
        "media/photos/cat.jpg",
        "media/demo",
        "other/.wellknown/cloudinary/demo",
        "mediax/.wellknown/cloudinary/demo",
    ] {
        assert!(!puts(object), "{object}");
    }
}

#[test]
fn the_role_writes_no_policy_of_a_key_that_is_not_listed() {
    let Some(policies) = reconciler() else { return };
    let puts = |key: &str| may(&policies, "kms:PutKeyPolicy", key);
    assert!(puts(LISTED));
    for other in [
        "arn:aws:kms:eu-west-1:111122223333:key/0000abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:eu-west-1:111122223333:alias/media",
    ] {
        assert!(!puts(other), "{other}");
    }
    let bypassing = Context::new().known("kms:BypassPolicyLockoutSafetyCheck", ["true"]);
    let decision = policies.evaluate("kms:PutKeyPolicy", &[LISTED.to_owned()], &bypassing);
    assert_eq!(decision.access(), Access::Denied);
}
