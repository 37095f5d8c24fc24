//! What happens to the guardian itself: it goes deaf or dumb, says so, and says when that is over.

use guardian_core::finding::{Code, Verdict};
use guardian_core::settings::Settings;
use guardian_model::Who;

use super::list::{Incident, needs_you, repaired, resolved, step};
use super::world::World;
use crate::stage::{Act, OwnAct};

/// The rule whose events are most of what the guardian hears.
const RULE: &str = "BucketConfigurationRule";
const ADDRESS: &str = "on-call@example.com";

/// Nothing where the stage has no stack to look after.
pub(super) fn own_incidents(world: &World, settings: &Settings) -> Vec<Incident> {
    let Some(parts) = &settings.parts else {
        return Vec::new();
    };
    let rule = parts.rules.iter().find(|rule| rule.logical == RULE);
    let rule = rule.map(|rule| rule.name.clone()).unwrap_or_default();
    let bucket = &world.plain;
    let admin = || Who::console("admin");
    let told = |code| needs_you(code, Verdict::Readable);
    let acts = |acts: Vec<OwnAct>| acts.into_iter().map(Act::Own).collect::<Vec<_>>();
    let of_owners = Act::PutBucketPolicy(bucket.clone(), world.owners_policy(bucket));
    vec![
        Incident {
            name: "the trail is stopped, and until it logs again only the sweep sees what changes",
            bucket: bucket.clone(),
            steps: vec![
                step(
                    admin(),
                    acts(vec![OwnAct::StopLogging]),
                    told(&[Code::TrailStopped]),
                ),
                step(
                    Who::terraform(),
                    vec![of_owners, Act::Sweep],
                    repaired(&[Code::GrantMissing]),
                ),
                step(
                    admin(),
                    acts(vec![OwnAct::StartLogging]),
                    resolved(&[Code::TrailStopped]),
                ),
            ],
        },
        Incident {
            name: "a rule of the guardian is disabled, and enabled again",
            bucket: bucket.clone(),
            steps: vec![
                step(
                    admin(),
                    acts(vec![OwnAct::DisableRule(rule.clone())]),
                    told(&[Code::RuleDisabled]),
                ),
                step(
                    admin(),
                    acts(vec![OwnAct::EnableRule(rule)]),
                    resolved(&[Code::RuleDisabled]),
                ),
            ],
        },
        Incident {
            name: "events cannot be delivered, and are thrown away once the reason is settled",
            bucket: bucket.clone(),
            steps: vec![
                step(
                    admin(),
                    vec![Act::Own(OwnAct::DeadLetters(3)), Act::Sweep],
                    told(&[Code::DeadLetters]),
                ),
                step(
                    admin(),
                    vec![Act::Own(OwnAct::DeadLetters(0)), Act::Sweep],
                    resolved(&[Code::DeadLetters]),
                ),
            ],
        },
        Incident {
            name: "the last one who hears of it unsubscribes, and subscribes again",
            bucket: bucket.clone(),
            steps: vec![
                step(
                    admin(),
                    acts(vec![OwnAct::Unsubscribe(ADDRESS.to_owned())]),
                    told(&[Code::TopicSilent]),
                ),
                step(
                    admin(),
                    acts(vec![
                        OwnAct::Subscribe(ADDRESS.to_owned()),
                        OwnAct::ConfirmSubscription(ADDRESS.to_owned()),
                    ]),
                    resolved(&[Code::TopicSilent]),
                ),
            ],
        },
    ]
}
