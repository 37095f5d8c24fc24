//! Looking at the stack's own parts: reads only, side by side.

use futures_util::future::{join_all, try_join_all};
use futures_util::{join, try_join};
use guardian_core::call::CallError;
use guardian_core::observation::{
    Known, QueueObservation, RuleObservation, StackObservation, TopicObservation, TopicState,
    TrailDescription, TrailObservation,
};
use guardian_core::parts::{OwnQueue, OwnRule, Parts};
use guardian_core::settings::Settings;

use super::times::last_sweep;
use crate::observe::settle;
use crate::seam::{Eyes, Ledger};

/// EventBridge meters its calls per account: no more rules than this are asked about at a time, with two calls each.
const RULES_AT_ONCE: usize = 8;

/// Looks at everything. A call that failed for the moment ends the look.
pub(super) async fn observe_stack<A: Eyes + Ledger>(
    aws: &A,
    settings: &Settings,
    parts: &Parts,
) -> Result<StackObservation, CallError> {
    let (trails, rules, queues, topic, swept) = try_join!(
        look_at_trails(aws, settings),
        look_at_rules(aws, &parts.rules),
        try_join_all(parts.queues.iter().map(|queue| look_at_queue(aws, queue))),
        look_at_topic(aws, parts),
        last_sweep(aws),
    )?;
    Ok(StackObservation {
        trails,
        rules,
        queues,
        topic,
        swept,
    })
}

async fn look_at_trails<A: Eyes>(
    aws: &A,
    settings: &Settings,
) -> Result<Known<Vec<TrailObservation>>, CallError> {
    let trails = match settle(aws.describe_trails().await)? {
        Ok(trails) => trails,
        Err(unknown) => return Ok(Err(unknown)),
    };
    let here = |trail: &TrailDescription| trail.multi_region || trail.home_region == settings.region;
    let looks = trails.into_iter().filter(here).map(|trail| async move {
        let (logging, selectors) = join!(
            aws.get_trail_status(&trail.arn),
            aws.get_event_selectors(&trail.arn)
        );
        Ok::<_, CallError>(TrailObservation {
            logging: settle(logging)?,
            selectors: settle(selectors)?,
            trail,
        })
    });
    Ok(Ok(try_join_all(looks).await?))
}

async fn look_at_rules<A: Eyes>(aws: &A, rules: &[OwnRule]) -> Result<Vec<RuleObservation>, CallError> {
    let mut seen = Vec::new();
    for some in rules.chunks(RULES_AT_ONCE) {
        let looks = some.iter().map(|rule| async move {
            let (state, targets) = join!(aws.describe_rule(&rule.name), aws.list_targets(&rule.name));
            Ok::<_, CallError>(RuleObservation {
                rule: rule.clone(),
                state: settle(state)?,
                targets: settle(targets)?,
            })
        });
        for look in join_all(looks).await {
            seen.push(look?);
        }
    }
    Ok(seen)
}

async fn look_at_queue<A: Eyes>(aws: &A, queue: &OwnQueue) -> Result<QueueObservation, CallError> {
    Ok(QueueObservation {
        queue: queue.clone(),
        state: settle(aws.get_queue_attributes(&queue.url).await)?,
    })
}

async fn look_at_topic<A: Eyes>(aws: &A, parts: &Parts) -> Result<TopicObservation, CallError> {
    let state = settle(aws.get_topic_attributes(&parts.topic).await)?;
    // Who waits is asked only where somebody does.
    let subscriptions = match &state {
        Ok(Some(TopicState { pending: 1.., .. })) => {
            Some(settle(aws.list_subscriptions(&parts.topic).await)?)
        }
        Ok(_) | Err(_) => None,
    };
    Ok(TopicObservation { state, subscriptions })
}
