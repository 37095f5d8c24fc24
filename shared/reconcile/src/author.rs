//! Who brought the new findings about, where the event that led to the look cannot have done it.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use guardian_core::attribution::{Nameless, Search, last_about, search, unnamed};
use guardian_core::cause::{Cause, Work};
use guardian_core::finding::Finding;
use guardian_core::name::Resource;
use guardian_core::right::{Role, refused};
use tracing::warn;

use crate::seam::Trail;

/// LookupEvents is limited to two requests a second for the whole account (CloudTrail User Guide, "Quotas"): no
/// look takes more than these.
const QUESTIONS: usize = 2;

/// The findings that the look's own event does not explain, each with the best that can be said of who did it.
///
/// Asked once, when an incident begins. An answer that does not come is said to be missing, and holds up nothing.
pub(crate) async fn authors<T: Trail>(
    trail: &T,
    resource: &Resource,
    work: &Work,
    news: Vec<Finding>,
) -> Vec<(Finding, Cause)> {
    let searches: Vec<(Finding, Search)> = news
        .into_iter()
        .map(|finding| {
            let search = search(&finding, &work.cause, work.first_need);
            (finding, search)
        })
        .collect();
    let mut events: Vec<&'static str> = Vec::new();
    for (_, search) in &searches {
        if let Search::Ask(event) = search
            && !events.contains(event)
        {
            events.push(event);
        }
    }
    let asked = events.into_iter().take(QUESTIONS).map(|event| async move {
        let answer = match trail.lookup_events(event).await {
            Ok(records) => Ok(records),
            Err(error) => {
                let right = refused(Role::Reconciler, &error);
                warn!(%error, right, "CloudTrail did not say who did it");
                // In the message itself, which is where the name is missed.
                let why = error.kind.to_string();
                let why = right.map_or_else(|| why.clone(), |right| format!("{why}, {right}"));
                Err(Nameless::NotAsked(why))
            }
        };
        (event, answer)
    });
    let answers: BTreeMap<&str, Result<Vec<String>, Nameless>> = join_all(asked).await.into_iter().collect();
    let too_many = Err(Nameless::NotAsked("too many questions at once".to_owned()));
    searches
        .into_iter()
        .filter_map(|(finding, search)| {
            let answer = match search {
                Search::None => return None,
                Search::DataEvents => Err(Nameless::DataEvents),
                Search::Ask(event) => match answers.get(event).unwrap_or(&too_many) {
                    Ok(records) => last_about(resource, &finding, records)
                        .ok_or_else(|| Nameless::NoRecord(event.to_owned())),
                    Err(why) => Err(why.clone()),
                },
            };
            let author = answer.unwrap_or_else(|why| unnamed(&finding, &work.cause, why));
            Some((finding, author))
        })
        .collect()
}
