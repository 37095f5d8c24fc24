//! What a census found, for people and for machines.

use std::io::{self, Write};

use guardian_core::alert::plain;
use guardian_core::census::{Census, Group, Source};
use guardian_core::finding::{Code, Finding, Verdict};
use guardian_core::name::BucketName;
use guardian_core::observation::{KeyDescription, KeyManager};
use guardian_reconcile::operator::KeyLook;
use serde_json::{Value, json};

use crate::command::check::print_finding;
use crate::command::number::grouped;

/// A census and what `check` would say of its keys.
pub(super) struct Told<'a> {
    pub(super) bucket: &'a BucketName,
    pub(super) census: &'a Census,
    /// In the order of the census's keys.
    pub(super) looks: &'a [KeyLook],
    /// Objects of which the source does not say whether they are archived.
    pub(super) perhaps_archived: &'a Group,
    /// Whether the ledger now holds it; `None` where it was not to.
    pub(super) recorded: Option<bool>,
}

impl Told<'_> {
    /// Whether somebody should look at it.
    pub(super) fn needs_attention(&self) -> bool {
        let counts = &self.census.counts;
        let unreadable = [
            &counts.customer_keys,
            &counts.archived,
            &counts.foreign,
            &counts.unknown,
        ];
        !self.census.is_complete()
            || unreadable.iter().any(|group| group.objects > 0)
            || self.findings().next().is_some()
    }

    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.looks.iter().flat_map(|look| &look.judgement.findings)
    }

    fn keys(&self) -> impl Iterator<Item = (&String, &Group, &KeyLook)> {
        let keys = self.census.counts.keys.iter().zip(self.looks);
        keys.map(|((key, group), look)| (key, group, look))
    }

    /// What the census proves, or why it proves nothing.
    fn proves(&self) -> String {
        let Census {
            source,
            began,
            whole,
            counts,
            ..
        } = self.census;
        let unknown = counts.unknown.objects;
        if self.census.is_complete() {
            return match source {
                Source::Metadata => format!(
                    "complete: every current object of the table was counted; keys not listed are unused as of {began}, as far as the table was up to date"
                ),
                Source::Walk | Source::Sample => format!(
                    "complete: every current object was looked at; keys not listed are unused as of {began}"
                ),
            };
        }
        match (source, unknown) {
            (Source::Metadata, 1..) => format!(
                "not complete: the table does not name the key of {} objects, and it may be any; walk over them instead",
                grouped(unknown)
            ),
            (_, 1..) => format!(
                "not complete: {} objects could not be looked at, and their keys may be any; allow `s3:GetObject` on them (where they are under SSE-C, S3 refuses the look to everybody)",
                grouped(unknown)
            ),
            (Source::Metadata, 0) if !whole => "not complete: a table whose backfill is not over lacks objects; see that `aws s3api get-bucket-metadata-configuration` says BACKFILL_COMPLETE or ACTIVE of the inventory table, and pass --backfilled".to_owned(),
            (_, 0) => "not complete: keys not listed may be in use by objects that were not looked at".to_owned(),
        }
    }

    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let Census {
            source,
            began,
            ended,
            counts,
            ..
        } = self.census;
        let how = match source {
            Source::Walk => "walked over",
            Source::Metadata => "by its metadata table",
            Source::Sample => "sampled",
        };
        let until = ended.map(|ended| format!(" to {ended}")).unwrap_or_default();
        writeln!(
            out,
            "{}: {} objects, {how}, {began}{until}\n{}\n",
            self.bucket,
            grouped(counts.objects),
            self.proves()
        )?;
        for (key, group, look) in self.keys() {
            self.row(out, group.objects, &plain(key))?;
            writeln!(out, "{:24}{}; {}", "", state(look), grant(look))?;
            example(out, group)?;
        }
        if counts.sse_s3 > 0 {
            self.row(out, counts.sse_s3, "SSE-S3: no key is needed")?;
        }
        for (group, what) in [
            (&counts.customer_keys, "SSE-C: Cloudinary cannot read them"),
            (&counts.unknown, "unknown: they could not be looked at"),
        ] {
            self.some(out, group, what)?;
        }
        if counts.gone > 0 {
            self.row(out, counts.gone, "deleted since they were listed")?;
        }
        let besides = [
            (
                &counts.archived,
                "of these archived: to be restored before they can be read",
            ),
            (
                self.perhaps_archived,
                "of these perhaps archived: the table does not say",
            ),
            (
                &counts.foreign,
                "of these owned by another account: the bucket policy does not apply to them",
            ),
        ];
        for (group, what) in besides {
            self.some(out, group, what)?;
        }
        if *source == Source::Metadata {
            writeln!(
                out,
                "\nNot in the table: who owns the objects, and copies restored from an archive."
            )?;
        }
        for finding in self.findings() {
            writeln!(out)?;
            print_finding(out, finding)?;
        }
        let lacking = self.lacking();
        if !lacking.is_empty() {
            writeln!(
                out,
                "\nThe guardian keeps these granted once the declaration names them: {}",
                json!({ "keys": lacking })
            )?;
        }
        match self.recorded {
            Some(true) => writeln!(out, "\nrecorded in the ledger"),
            Some(false) => writeln!(out, "\nnot recorded: the ledger holds a newer census"),
            None => Ok(()),
        }
    }

    fn row(&self, out: &mut impl Write, objects: u64, what: &str) -> io::Result<()> {
        let share = share(objects, self.census.counts.objects);
        writeln!(out, "{:>14}  {share:>6}  {what}", grouped(objects))
    }

    fn some(&self, out: &mut impl Write, group: &Group, what: &str) -> io::Result<()> {
        if group.objects == 0 {
            return Ok(());
        }
        self.row(out, group.objects, what)?;
        example(out, group)
    }

    /// The keys whose policy lacks the grant.
    fn lacking(&self) -> Vec<&str> {
        let lacks = |look: &&KeyLook| look.judgement.find(Code::KeyGrantMissing).is_some();
        let described = self.looks.iter().filter(lacks);
        described
            .filter_map(|look| Some(look.seen.description.as_ref().ok()?.arn.as_str()))
            .collect()
    }

    pub(super) fn to_json(&self) -> Value {
        let Census {
            id,
            source,
            began,
            ended,
            counts,
            ..
        } = self.census;
        let keys: Vec<Value> = self
            .keys()
            .map(|(key, group, look)| {
                let description = look.seen.description.as_ref().ok();
                let findings = look.judgement.findings.iter();
                json!({
                    "key": key,
                    "arn": description.map(|found| found.arn.as_str()),
                    "objects": group.objects,
                    "example": group.example,
                    "state": description.map(|found| found.state.as_str()),
                    "aws_managed": description.map(|found| found.manager == KeyManager::Aws),
                    "verdict": look.judgement.verdict(),
                    "findings": findings.map(Finding::to_json).collect::<Vec<_>>(),
                })
            })
            .collect();
        // What the source does not know is null, never none.
        let foreign = (*source != Source::Metadata).then_some(&counts.foreign);
        let perhaps_archived = (*source == Source::Metadata).then_some(self.perhaps_archived);
        json!({
            "bucket": self.bucket,
            "id": id,
            "source": source,
            "began": began,
            "ended": ended,
            "complete": self.census.is_complete(),
            "proves": self.proves(),
            "objects": counts.objects,
            "keys": keys,
            "bucket_keys": counts.bucket_keys,
            "sse_s3": counts.sse_s3,
            "sse_c": counts.customer_keys,
            "archived": counts.archived,
            "perhaps_archived": perhaps_archived,
            "foreign": foreign,
            "gone": counts.gone,
            "unknown": counts.unknown,
            "recorded": self.recorded,
        })
    }
}

fn example(out: &mut impl Write, group: &Group) -> io::Result<()> {
    writeln!(out, "{:24}for example `{}`", "", plain(&group.example))
}

/// One decimal; what is not nothing is never shown as nothing, and what is not all never as all.
fn share(part: u64, all: u64) -> String {
    let per_mille = u128::from(part) * 1000 / u128::from(all.max(1));
    match per_mille {
        0 if part > 0 => "<0.1 %".to_owned(),
        _ => format!("{}.{} %", per_mille / 10, per_mille % 10),
    }
}

fn state(look: &KeyLook) -> String {
    match &look.seen.description {
        Ok(KeyDescription { state, manager, .. }) => {
            let whose = match manager {
                KeyManager::Aws => "AWS managed key",
                KeyManager::Customer => "customer managed key",
            };
            format!("{whose}, {}", state.as_str())
        }
        Err(_) => "the key could not be described".to_owned(),
    }
}

/// Whether Cloudinary may decrypt, and if not for certain, by which findings.
fn grant(look: &KeyLook) -> String {
    let findings = look.judgement.findings.iter();
    let codes: Vec<&str> = findings.map(|finding| finding.code.as_str()).collect();
    match look.judgement.verdict() {
        Verdict::Readable => "granted".to_owned(),
        verdict => format!("{verdict}: {}", codes.join(", ")),
    }
}

#[cfg(test)]
mod tests;
