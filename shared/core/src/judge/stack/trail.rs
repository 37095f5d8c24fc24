//! Trails: whether one tells EventBridge of changes.
//!
//! Source: CloudTrail User Guide, "Logging management events" and "Concepts" (trails of other home Regions and of the
//! organization); EventBridge User Guide, "AWS service events delivered via AWS CloudTrail".

use serde_json::json;

use super::super::Judgement;
use super::{unread, unread_and_perhaps_well};
use crate::alert::quoted;
use crate::finding::{Code, Finding, Subject, Verdict};
use crate::observation::{BasicSelector, EventSelectors, FieldSelector, Known, TrailObservation, Unknown};
use crate::parts::{Part, PartKind};
use crate::settings::Settings;

/// Stands for every service but KMS: no selector of management events tells those apart.
const MOST: &str = "s3.amazonaws.com";
const KMS: &str = "kms.amazonaws.com";

/// What a trail makes known of writes to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sight {
    Sees,
    /// It would, if it were logging.
    Stopped,
    Unknown,
    Blind,
}

pub(super) fn judge(settings: &Settings, seen: &Known<Vec<TrailObservation>>) -> Judgement {
    let everywhere = Part::new(PartKind::Trails, &settings.region);
    let all = match seen {
        Ok(trails) => trails,
        Err(unknown) => return Judgement::of(Verdict::Readable, unread(everywhere, unknown)),
    };
    let trails: Vec<&TrailObservation> = all
        .iter()
        .filter(|seen| seen.trail.multi_region || seen.trail.home_region == settings.region)
        .collect();
    let by = |source: &str, sight: Sight| -> Vec<&TrailObservation> {
        let fitting = trails.iter().filter(|seen| sight_of(seen, source) == sight);
        fitting.copied().collect()
    };
    let (source, code) = if by(MOST, Sight::Sees).is_empty() {
        (MOST, Code::TrailMissing)
    } else if by(KMS, Sight::Sees).is_empty() {
        (KMS, Code::TrailWithoutKms)
    } else {
        return Judgement::default();
    };
    let unknown = by(source, Sight::Unknown);
    if !unknown.is_empty() {
        return of_unknown(settings, &unknown);
    }
    match by(source, Sight::Stopped).first() {
        Some(trail) if source == MOST => Judgement::of(Verdict::Readable, stopped(trail)),
        _ => {
            let blind: Vec<&str> = trails.iter().map(|seen| seen.trail.arn.as_str()).collect();
            Judgement::of(Verdict::Readable, lacking(code, everywhere, &blind))
        }
    }
}

fn stopped(seen: &TrailObservation) -> Finding {
    let arn = &seen.trail.arn;
    let message = format!(
        "`{arn}` records what the guardian listens for, but it is not logging, and no other trail does: `aws cloudtrail start-logging --name {}`",
        quoted(arn)
    );
    let subject = Subject::Part(Part::new(PartKind::Trail, arn));
    Finding::new(
        Code::TrailStopped,
        subject,
        message,
        json!({"trail": arn, "logging": false, "home_region": seen.trail.home_region}),
    )
}

fn lacking(code: Code, subject: Part, trails: &[&str]) -> Finding {
    let region = subject.name.clone();
    let message = match (code, trails) {
        (_, []) => format!("CloudTrail has no trail that records {region}"),
        (Code::TrailWithoutKms, many) => {
            format!(
                "no trail that logs in {region} records management events of KMS that write: {}",
                many.join(", ")
            )
        }
        (_, many) => {
            format!(
                "no trail records management events that write in {region}: {}",
                many.join(", ")
            )
        }
    };
    Finding::new(
        code,
        Subject::Part(subject),
        message,
        json!({"region": region, "trails": trails}),
    )
}

/// Whether anything is missing is not known.
fn of_unknown(settings: &Settings, trails: &[&TrailObservation]) -> Judgement {
    let mut judgement = Judgement::default();
    for seen in trails {
        let Some(unknown) = why_unknown(seen) else {
            continue;
        };
        let arn = &seen.trail.arn;
        let part = Part::new(PartKind::Trail, arn);
        let owner = arn.split(':').nth(4).unwrap_or_default();
        let finding = if seen.trail.organization && owner != settings.account.as_str() {
            let why = format!(
                "`{arn}` is a trail of the organization; whether it is logging and records management events that write, only its account {owner} can say"
            );
            unread_and_perhaps_well(part, unknown, &why)
        } else {
            unread(part, unknown)
        };
        judgement.add(Verdict::Readable, finding);
    }
    judgement
}

fn why_unknown(seen: &TrailObservation) -> Option<&Unknown> {
    seen.logging.as_ref().err().or(seen.selectors.as_ref().err())
}

fn sight_of(seen: &TrailObservation, source: &str) -> Sight {
    let records = seen
        .selectors
        .as_ref()
        .map(|selectors| records(selectors, source));
    match (&seen.logging, records) {
        (_, Ok(false)) => Sight::Blind,
        (Ok(true), Ok(true)) => Sight::Sees,
        (Ok(false), _) => Sight::Stopped,
        (Err(_), _) | (_, Err(_)) => Sight::Unknown,
    }
}

/// Whether management events of this service that write are recorded.
fn records(selectors: &EventSelectors, source: &str) -> bool {
    match selectors {
        EventSelectors::Basic(selectors) => selectors.iter().any(|selector| takes(selector, source)),
        EventSelectors::Advanced(selectors) => selectors.iter().any(|fields| agree(fields, source)),
    }
}

fn takes(selector: &BasicSelector, source: &str) -> bool {
    selector.management && selector.writes && !selector.excluded.iter().any(|excluded| excluded == source)
}

fn agree(fields: &[FieldSelector], source: &str) -> bool {
    let is_management = |field: &FieldSelector| field.field == "eventCategory";
    fields.iter().any(is_management)
        && fields.iter().all(|field| match field.field.as_str() {
            "eventCategory" => takes_in(field, "Management"),
            "readOnly" => takes_in(field, "false"),
            "eventSource" => takes_in(field, source),
            // Who called, and what else AWS lets one select by: what is left out by name is a corner, what is let in by
            // name leaves out all the rest.
            _ => field.equals.is_empty() && field.starts_with.is_empty() && field.ends_with.is_empty(),
        })
}

fn takes_in(field: &FieldSelector, value: &str) -> bool {
    let wanted = [&field.equals, &field.starts_with, &field.ends_with];
    let is_wanted = wanted.iter().all(|list| list.is_empty())
        || field.equals.iter().any(|one| one == value)
        || field
            .starts_with
            .iter()
            .any(|one| value.starts_with(one.as_str()))
        || field.ends_with.iter().any(|one| value.ends_with(one.as_str()));
    let is_unwanted = field.not_equals.iter().any(|one| one == value)
        || field
            .not_starts_with
            .iter()
            .any(|one| value.starts_with(one.as_str()))
        || field
            .not_ends_with
            .iter()
            .any(|one| value.ends_with(one.as_str()));
    is_wanted && !is_unwanted
}
