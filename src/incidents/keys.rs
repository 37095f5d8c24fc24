//! What becomes of a bucket's keys: every way in which one changes, once with its events and once without any, and a
//! year of a bucket's life with them.

use guardian_core::finding::{Code, Verdict};
use guardian_core::name::{BucketName, KeyArn};
use guardian_model::Who;
use serde_json::json;

use super::list::{Expected, Incident, needs_you, quiet, repaired, resolved, step};
use super::world::World;
use crate::stage::Act;

/// A change of keys.
struct Change {
    /// Its name where an event tells of it.
    told: &'static str,
    /// Its name where none does.
    lost: &'static str,
    who: Who,
    acts: fn(&Scene<'_>) -> Vec<Act>,
    expected: fn() -> Expected,
}

/// What a change has to work with.
struct Scene<'a> {
    world: &'a World,
    /// A key that has no grant yet.
    key: KeyArn,
    /// Two for each change: one where events tell of it, one where they do not.
    number: usize,
}

impl Scene<'_> {
    fn bucket(&self) -> BucketName {
        self.world.secret.clone()
    }

    /// An object that is written as the bucket does by default.
    fn upload(&self) -> Act {
        Act::PutObject(self.bucket(), format!("photos/new-{}.jpg", self.number))
    }

    /// One of the objects that are under the first key.
    fn object(&self) -> String {
        object(self.number)
    }
}

fn object(number: usize) -> String {
    format!("photos/old-{number}.jpg")
}

fn grant() -> Expected {
    repaired(&[Code::KeyGrantMissing])
}

fn changes() -> Vec<Change> {
    vec![
        Change {
            told: "the key rotates by itself, as it does every year",
            lost: "the key rotates by itself, and no event tells of it",
            who: Who::service("kms.amazonaws.com"),
            acts: |scene| vec![Act::Rotates(scene.world.first_key.clone())],
            expected: quiet,
        },
        Change {
            told: "the key is rotated on demand",
            lost: "the key is rotated on demand, and no event tells of it",
            who: Who::console("ana"),
            acts: |scene| vec![Act::RotateKey(scene.world.first_key.clone())],
            expected: quiet,
        },
        Change {
            told: "the alias is moved again, and something is written",
            lost: "the alias is moved, and no event tells of it",
            who: Who::cli("bob"),
            acts: |scene| {
                vec![
                    Act::PointAlias(scene.world.alias.clone(), scene.key.clone()),
                    scene.upload(),
                ]
            },
            expected: grant,
        },
        Change {
            told: "the default key is named by its ARN, and is a new one",
            lost: "the default key is switched, and no event tells of it",
            who: Who::terraform(),
            acts: |scene| vec![Act::DefaultKey(scene.bucket(), scene.key.clone()), scene.upload()],
            expected: grant,
        },
        Change {
            told: "an object is moved to another key in place",
            lost: "an object is moved to another key in place, and no event tells of it",
            who: Who::role("batch-reencrypt", "s3-batch-operations", "Boto3/1.43.11"),
            acts: |scene| {
                vec![Act::ReencryptObject(
                    scene.bucket(),
                    scene.object(),
                    scene.key.clone(),
                )]
            },
            expected: grant,
        },
        Change {
            told: "an object is copied over itself under another key",
            lost: "an object is copied over itself under another key, and no event tells of it",
            who: Who::cli("bob"),
            acts: |scene| {
                vec![Act::CopyObjectUnder(
                    scene.bucket(),
                    scene.object(),
                    scene.key.clone(),
                )]
            },
            expected: grant,
        },
        Change {
            told: "the default is dual-layer encryption under another key",
            lost: "the key of the dual layer is switched, and no event tells of it",
            who: Who::terraform(),
            acts: |scene| {
                vec![
                    Act::DefaultDualLayer(scene.bucket(), scene.key.clone()),
                    scene.upload(),
                ]
            },
            expected: grant,
        },
        Change {
            told: "the default encryption is deleted, while objects stay under their keys",
            lost: "the default encryption is deleted, and no event tells of it",
            who: Who::console("bob"),
            acts: |scene| vec![Act::DeleteBucketEncryption(scene.bucket())],
            expected: quiet,
        },
        Change {
            told: "the default is switched back to the first key",
            lost: "the default is switched back, and no event tells of it",
            who: Who::console("ana"),
            acts: |scene| vec![Act::DefaultKey(scene.bucket(), scene.world.first_key.clone())],
            expected: quiet,
        },
    ]
}

/// Every change twice: told by its events, and found by the sweep alone.
pub(super) fn key_changes(world: &World) -> Vec<Incident> {
    let bucket = &world.secret;
    let put = |object, key: &KeyArn| Act::PutObjectUnder(bucket.clone(), object, key.clone());
    let mut before: Vec<Act> = (0..2 * changes().len() + 1)
        .map(|number| put(object(number), &world.first_key))
        .collect();
    before.push(put("photos/second.jpg".to_owned(), &world.second_key));
    before.push(put("photos/third.jpg".to_owned(), &world.third_key));
    let mut list = vec![Incident {
        name: "objects lie under the keys of their day",
        bucket: bucket.clone(),
        steps: vec![step(Who::cli("ana"), before, quiet())],
    }];
    let mut spare = world.spare_keys.iter().cycle();
    for (index, change) in changes().into_iter().enumerate() {
        let needs_grant = !(change.expected)().repaired.is_empty();
        let mut scene = |number| Scene {
            world,
            key: if needs_grant { spare.next() } else { None }
                .unwrap_or(&world.first_key)
                .clone(),
            number,
        };
        let told = (change.acts)(&scene(2 * index));
        let lost = (change.acts)(&scene(2 * index + 1))
            .into_iter()
            .map(|act| Act::Unheard(Box::new(act)));
        for (name, acts) in [
            (change.told, told),
            (change.lost, lost.chain([Act::Sweep]).collect()),
        ] {
            list.push(Incident {
                name,
                bucket: bucket.clone(),
                steps: vec![step(change.who.clone(), acts, (change.expected)())],
            });
        }
    }
    list.extend(imported_material(world));
    list
}

/// Imported key material is the one kind that goes by itself.
fn imported_material(world: &World) -> Vec<Incident> {
    let Some(key) = &world.imported_key else {
        return Vec::new();
    };
    let bucket = &world.secret;
    let object = "photos/imported.jpg".to_owned();
    let import = |days| Act::ImportKeyMaterial(key.clone(), days);
    vec![
        Incident {
            name: "imported key material is deleted, and imported again",
            bucket: bucket.clone(),
            steps: vec![
                step(
                    Who::cli("ana"),
                    vec![
                        import(None),
                        Act::PutObjectUnder(bucket.clone(), object, key.clone()),
                    ],
                    grant(),
                ),
                step(
                    Who::console("bob"),
                    vec![Act::DeleteKeyMaterial(key.clone())],
                    needs_you(&[Code::KeyMaterialMissing], Verdict::Blocked),
                ),
                step(
                    Who::cli("ana"),
                    vec![import(None)],
                    resolved(&[Code::KeyMaterialMissing]),
                ),
            ],
        },
        Incident {
            name: "imported key material that expires is warned of, then goes, and no event tells of it",
            bucket: bucket.clone(),
            steps: vec![
                step(
                    Who::cli("ana"),
                    vec![import(Some(20))],
                    needs_you(&[Code::KeyMaterialExpiring], Verdict::Readable),
                ),
                step(
                    Who::service("kms.amazonaws.com"),
                    vec![Act::Unheard(Box::new(Act::Days(21))), Act::Sweep],
                    Expected {
                        needs_you: &[Code::KeyMaterialMissing],
                        resolved: &[Code::KeyMaterialExpiring],
                        verdict: Some(Verdict::Blocked),
                        ..Expected::default()
                    },
                ),
                step(
                    Who::cli("ana"),
                    vec![import(None)],
                    resolved(&[Code::KeyMaterialMissing]),
                ),
            ],
        },
    ]
}

/// A year of a bucket's life with its keys.
pub(super) fn a_year(world: &World) -> Incident {
    let bucket = &world.archive;
    let of_year = |number| world.of_the_year(number);
    let declaration = json!({"clouds": world.clouds(bucket), "prune": true});
    let put = |object: &str| Act::PutObject(bucket.clone(), object.to_owned());
    Incident {
        name: "a year of a bucket's keys",
        bucket: bucket.clone(),
        steps: vec![
            // January: an alias as the default key, and the first photographs.
            step(
                Who::terraform(),
                vec![
                    Act::PointAlias(world.yearly_alias.clone(), of_year(0)),
                    Act::DefaultAlias(bucket.clone(), world.yearly_alias.clone()),
                    put("january/1.jpg"),
                    put("january/2.jpg"),
                    Act::Declare(bucket.clone(), declaration),
                ],
                repaired(&[Code::GrantMissing, Code::MarkerMissing, Code::KeyGrantMissing]),
            ),
            // April: the alias is moved to the new key, as the security team does each spring.
            step(
                Who::role("security", "key-rotation", "aws-cli/2.31.9"),
                vec![
                    Act::Days(90),
                    Act::PointAlias(world.yearly_alias.clone(), of_year(1)),
                    put("april/1.jpg"),
                ],
                grant(),
            ),
            // July: a partner writes under a key of its own choice, and nobody hears of it.
            step(
                Who::role("partner-import", "nightly", "Boto3/1.43.11"),
                vec![
                    Act::Days(90),
                    Act::Unheard(Box::new(Act::PutObjectUnder(
                        bucket.clone(),
                        "partner/1.jpg".to_owned(),
                        of_year(2),
                    ))),
                    Act::Sweep,
                ],
                grant(),
            ),
            // October: the old key is to go, while the first photographs are still under it.
            step(
                Who::console("bob"),
                vec![Act::Days(90), Act::ScheduleKeyDeletion(of_year(0))],
                needs_you(&[Code::KeyPendingDeletion], Verdict::Blocked),
            ),
            // November: it is brought back, and what is under it moves on.
            step(
                Who::cli("ana"),
                vec![
                    Act::Days(20),
                    Act::CancelKeyDeletion(of_year(0)),
                    Act::EnableKey(of_year(0)),
                    Act::ReencryptObject(bucket.clone(), "january/1.jpg".to_owned(), of_year(1)),
                    Act::ReencryptObject(bucket.clone(), "january/2.jpg".to_owned(), of_year(1)),
                ],
                resolved(&[Code::KeyPendingDeletion]),
            ),
            // December: a census shows that nothing is under it any more; its grant, which nobody needs, is taken away.
            step(
                Who::cli("ana"),
                vec![Act::Days(20), Act::Census(bucket.clone())],
                repaired(&[Code::KeyGrantUnused]),
            ),
        ],
    }
}
