//! The incidents: what happens, who does it, and how it has to end.

use guardian_core::finding::{Code, Verdict};
use guardian_core::name::BucketName;
use guardian_core::settings::Settings;
use guardian_model::Who;
use serde_json::{Value, json};

use super::keys::{a_year, key_changes};
use super::own::own_incidents;
use super::world::{LEAVER, World};
use crate::stage::Act;

/// How an incident has to end.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// What people hear was repaired.
    pub repaired: &'static [Code],
    /// What people hear they have to do something about.
    pub needs_you: &'static [Code],
    /// What people hear is over, without the guardian's doing.
    pub resolved: &'static [Code],
    /// The verdict on the bucket afterwards.
    pub verdict: Option<Verdict>,
}

/// A step of an incident: somebody does something, and that is how it ends.
#[derive(Debug, Clone)]
pub struct Step {
    /// Who.
    pub who: Who,
    /// What they do, one after the other.
    pub acts: Vec<Act>,
    /// How it ends.
    pub expected: Expected,
}

/// One incident.
#[derive(Debug, Clone)]
pub struct Incident {
    /// What happens, in a line.
    pub name: &'static str,
    /// The bucket it is about.
    pub bucket: BucketName,
    /// What breaks it and, where only a person can mend it, how a person does.
    pub steps: Vec<Step>,
}

pub(super) fn step(who: Who, acts: Vec<Act>, expected: Expected) -> Step {
    Step { who, acts, expected }
}

pub(super) fn repaired(codes: &'static [Code]) -> Expected {
    Expected {
        repaired: codes,
        verdict: Some(Verdict::Readable),
        ..Expected::default()
    }
}

pub(super) fn quiet() -> Expected {
    Expected {
        verdict: Some(Verdict::Readable),
        ..Expected::default()
    }
}

pub(super) fn needs_you(codes: &'static [Code], verdict: Verdict) -> Expected {
    Expected {
        needs_you: codes,
        verdict: Some(verdict),
        ..Expected::default()
    }
}

pub(super) fn resolved(codes: &'static [Code]) -> Expected {
    Expected {
        resolved: codes,
        verdict: Some(Verdict::Readable),
        ..Expected::default()
    }
}

/// The list, for this world.
#[must_use]
pub fn incidents(world: &World, settings: &Settings) -> Vec<Incident> {
    let mut list = vec![
        onboarding(
            world,
            &world.plain,
            &[Code::GrantMissing, Code::MarkerMissing, Code::MarkerMissing],
        ),
        onboarding(
            world,
            &world.secret,
            &[Code::GrantMissing, Code::MarkerMissing, Code::KeyGrantMissing],
        ),
    ];
    list.extend(bucket_incidents(world));
    list.extend(key_incidents(world));
    list.extend(key_changes(world));
    list.extend(human_incidents(world, settings));
    list.extend(notifications_replaced(world));
    list.push(a_year(world));
    list.push(Incident {
        name: "the sweep passes and finds everything in order",
        bucket: world.plain.clone(),
        steps: vec![step(
            Who::service("events.amazonaws.com"),
            vec![Act::Sweep],
            quiet(),
        )],
    });
    list.extend(own_incidents(world, settings));
    list
}

fn onboarding(world: &World, bucket: &BucketName, codes: &'static [Code]) -> Incident {
    let clouds = world.clouds(bucket);
    let declaration = json!({"clouds": clouds});
    Incident {
        name: if *bucket == world.plain {
            "a bucket is declared"
        } else {
            "a bucket under SSE-KMS is declared"
        },
        bucket: bucket.clone(),
        steps: vec![step(
            Who::terraform(),
            vec![Act::Declare(bucket.clone(), declaration)],
            repaired(codes),
        )],
    }
}

fn bucket_incidents(world: &World) -> Vec<Incident> {
    let (plain, secret) = (&world.plain, &world.secret);
    let marker = ".wellknown/cloudinary/demo-staging".to_owned();
    vec![
        Incident {
            name: "Terraform replaces the whole bucket policy",
            bucket: plain.clone(),
            steps: vec![step(
                Who::terraform(),
                vec![Act::PutBucketPolicy(plain.clone(), world.owners_policy(plain))],
                repaired(&[Code::GrantMissing]),
            )],
        },
        Incident {
            name: "a security tool deletes the bucket policy, and Terraform puts its own back",
            bucket: secret.clone(),
            steps: vec![
                step(
                    Who::role("security-remediation", "s3-fixer", "Prowler/5.14.0 Boto3/1.40.61"),
                    vec![Act::DeleteBucketPolicy(secret.clone())],
                    repaired(&[Code::GrantMissing]),
                ),
                step(
                    Who::terraform(),
                    vec![Act::PutBucketPolicy(secret.clone(), world.owners_policy(secret))],
                    repaired(&[Code::GrantMissing]),
                ),
            ],
        },
        Incident {
            name: "somebody deletes a marker",
            bucket: plain.clone(),
            steps: vec![step(
                Who::cli("ana"),
                vec![Act::DeleteObject(plain.clone(), marker)],
                repaired(&[Code::MarkerMissing]),
            )],
        },
        Incident {
            name: "a stranger's marker appears, and is taken away again",
            bucket: plain.clone(),
            steps: vec![
                step(
                    Who::cli("bob"),
                    vec![Act::PutObject(
                        plain.clone(),
                        ".wellknown/cloudinary/stranger".to_owned(),
                    )],
                    needs_you(&[Code::MarkerUnexpected], Verdict::Readable),
                ),
                step(
                    Who::console("ana"),
                    vec![Act::DeleteObject(
                        plain.clone(),
                        ".wellknown/cloudinary/stranger".to_owned(),
                    )],
                    resolved(&[Code::MarkerUnexpected]),
                ),
            ],
        },
    ]
}

fn notifications_replaced(world: &World) -> Option<Incident> {
    let (plain, queue) = (&world.plain, world.listener.clone()?);
    let marker = ".wellknown/cloudinary/demo".to_owned();
    Some(Incident {
        name: "Terraform adds a queue to the bucket's notifications and leaves EventBridge out, then a marker goes",
        bucket: plain.clone(),
        steps: vec![
            step(
                Who::terraform(),
                vec![Act::NotifyOnly(plain.clone(), queue)],
                repaired(&[Code::NotificationsOff]),
            ),
            step(
                Who::cli("ana"),
                vec![Act::DeleteObject(plain.clone(), marker)],
                repaired(&[Code::MarkerMissing]),
            ),
        ],
    })
}

fn key_incidents(world: &World) -> Vec<Incident> {
    let secret = &world.secret;
    vec![
        Incident {
            name: "the default key is switched to a new one",
            bucket: secret.clone(),
            steps: vec![step(
                Who::terraform(),
                vec![Act::DefaultKey(secret.clone(), world.second_key.clone())],
                repaired(&[Code::KeyGrantMissing]),
            )],
        },
        Incident {
            name: "the old key's policy loses the statement, though objects are still under it",
            bucket: secret.clone(),
            steps: vec![step(
                Who::terraform(),
                vec![Act::PutKeyPolicy(
                    world.first_key.clone(),
                    world.owners_key_policy(),
                )],
                repaired(&[Code::KeyGrantMissing]),
            )],
        },
        Incident {
            name: "a key is disabled, and enabled again",
            bucket: secret.clone(),
            steps: vec![
                step(
                    Who::console("bob"),
                    vec![Act::DisableKey(world.second_key.clone())],
                    needs_you(&[Code::KeyDisabled], Verdict::Blocked),
                ),
                step(
                    Who::console("ana"),
                    vec![Act::EnableKey(world.second_key.clone())],
                    resolved(&[Code::KeyDisabled]),
                ),
            ],
        },
        Incident {
            name: "the default key goes by an alias, and the alias is moved to another key",
            bucket: secret.clone(),
            steps: vec![
                step(
                    Who::terraform(),
                    vec![
                        Act::PointAlias(world.alias.clone(), world.second_key.clone()),
                        Act::DefaultAlias(secret.clone(), world.alias.clone()),
                    ],
                    quiet(),
                ),
                step(
                    Who::cli("bob"),
                    vec![Act::PointAlias(world.alias.clone(), world.third_key.clone())],
                    repaired(&[Code::KeyGrantMissing]),
                ),
            ],
        },
        Incident {
            name: "an object is uploaded under a key that no setting names",
            bucket: secret.clone(),
            steps: vec![step(
                Who::cli("bob"),
                vec![Act::PutObjectUnder(
                    secret.clone(),
                    "photos/winter.jpg".to_owned(),
                    world.fourth_key.clone(),
                )],
                repaired(&[Code::KeyGrantMissing]),
            )],
        },
    ]
}

fn human_incidents(world: &World, settings: &Settings) -> Vec<Incident> {
    let plain = &world.plain;
    let arn = world.bucket_arn(plain);
    let deny = json!({
        "Sid": "OnlyFromOurNetwork",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": format!("{arn}/photos/*"),
        "Condition": {"StringNotEquals": {"aws:PrincipalAccount": world.account}}
    });
    let mut with_deny = world.with_statement(plain, world.our_statement(plain, settings));
    if let Some(statements) = with_deny.get_mut("Statement").and_then(Value::as_array_mut) {
        statements.push(deny);
    }
    let leaver = world.role(LEAVER);
    let with_leaver = world.with_statement(
        plain,
        json!({
            "Sid": "Importer",
            "Effect": "Allow",
            "Principal": {"AWS": leaver.clone()},
            "Action": "s3:PutObject",
            "Resource": format!("{arn}/import/*")
        }),
    );
    vec![
        Incident {
            name: "an explicit Deny is added, and removed again",
            bucket: plain.clone(),
            steps: vec![
                step(
                    Who::console("bob"),
                    vec![Act::PutBucketPolicy(plain.clone(), with_deny)],
                    needs_you(&[Code::GrantDenied], Verdict::Blocked),
                ),
                step(
                    Who::console("bob"),
                    vec![Act::PutBucketPolicy(
                        plain.clone(),
                        world.with_statement(plain, world.our_statement(plain, settings)),
                    )],
                    resolved(&[Code::GrantDenied]),
                ),
            ],
        },
        Incident {
            name: "a dead principal sits in the policy, so that it cannot be written back",
            bucket: plain.clone(),
            steps: vec![
                step(
                    Who::terraform(),
                    vec![
                        Act::PutBucketPolicy(plain.clone(), with_leaver),
                        Act::DeleteRole(leaver, plain.clone()),
                    ],
                    needs_you(&[Code::PolicyUnwritable], Verdict::Blocked),
                ),
                step(
                    Who::terraform(),
                    vec![Act::PutBucketPolicy(plain.clone(), world.owners_policy(plain))],
                    Expected {
                        repaired: &[Code::GrantMissing],
                        resolved: &[Code::PolicyUnwritable],
                        verdict: Some(Verdict::Readable),
                        ..Expected::default()
                    },
                ),
            ],
        },
    ]
}
