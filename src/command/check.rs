//! `guardian check`: whether Cloudinary can read.

use std::io::{self, Write};

use futures_util::{StreamExt, stream};
use guardian_core::declaration::{Declaration, DeclarationError};
use guardian_core::finding::{Finding, Verdict};
use guardian_core::name::{BucketName, CloudName};
use guardian_core::settings::Mode;
use guardian_reconcile::operator::{Look, Sampled, look_with_sample};
use guardian_reconcile::seam::{Clock, Declarations};
use serde_json::Value;

use super::live::{Live, answer, invalid};
use super::{CommandError, Ended, output, sample};

/// How many buckets are looked at side by side.
const AT_ONCE: usize = 8;

pub(super) async fn one(
    bucket: BucketName,
    clouds: Vec<CloudName>,
    size: usize,
    json: bool,
) -> Result<Ended, CommandError> {
    let live = Live::connect(Mode::Repair).await?;
    let declared = live.declaration(&bucket, clouds).await?;
    let checked = check(&live, bucket, declared, size).await?;
    let mut out = output::stdout();
    if json {
        writeln!(out, "{}", checked.to_json())?;
    } else {
        print(&mut out, &checked)?;
    }
    Ok(Ended::unless(!checked.findings.is_empty()))
}

struct Checked {
    bucket: BucketName,
    verdict: Verdict,
    findings: Vec<Finding>,
    /// How many objects were wanted, and what a sample of so many told.
    sampled: Option<(usize, Sampled)>,
}

impl Checked {
    fn to_json(&self) -> Value {
        let mut answer = answer(&self.bucket, self.verdict, &self.findings);
        if let (Value::Object(fields), Some((size, sampled))) = (&mut answer, &self.sampled) {
            fields.insert("sample".to_owned(), sample::to_json(*size, sampled));
        }
        answer
    }
}

async fn check(
    live: &Live,
    bucket: BucketName,
    declared: Result<Declaration, DeclarationError>,
    size: usize,
) -> Result<Checked, CommandError> {
    let declaration = match declared {
        Ok(declaration) => declaration,
        Err(error) => {
            let finding = invalid(&bucket, &error);
            return Ok(Checked {
                bucket,
                verdict: Verdict::Unknown,
                findings: vec![finding],
                sampled: None,
            });
        }
    };
    let draw = sample::at(live.aws.now(), &bucket, size);
    let (look, sampled) = look_with_sample(&live.aws, &live.settings, &declaration, draw).await?;
    warn_of_what_is_late(&look)?;
    Ok(Checked {
        bucket,
        verdict: look.judgement.verdict(),
        findings: look.judgement.findings,
        sampled: sampled.map(|sampled| (size, sampled)),
    })
}

/// No verdict hangs on the notifications, so that nothing fails with them; that they were not read is said all the same.
pub(super) fn warn_of_what_is_late(look: &Look) -> io::Result<()> {
    if look.seen.notifications_are_late()
        && let Some(Err(error)) = &look.seen.notifications
    {
        let bucket = &look.declaration.bucket;
        writeln!(
            output::stderr(),
            "the notifications of {bucket} were not read, look again: {error}"
        )?;
    }
    Ok(())
}

fn print(out: &mut impl Write, checked: &Checked) -> io::Result<()> {
    writeln!(out, "{}: {}", checked.bucket, checked.verdict)?;
    if let Some((_, sampled)) = &checked.sampled {
        writeln!(out, "  {}", sample::line(sampled))?;
    }
    for finding in &checked.findings {
        writeln!(out)?;
        print_finding(out, finding)?;
    }
    Ok(())
}

/// A finding for people: code, subject, what is wrong, and a statement to paste where there is one.
pub(super) fn print_finding(out: &mut impl Write, finding: &Finding) -> io::Result<()> {
    let remedy = match finding.remedy {
        guardian_core::finding::Remedy::Repair => "guardian repair",
        guardian_core::finding::Remedy::Human => "needs a person",
    };
    writeln!(
        out,
        "  {} ({}, {remedy}) on {}",
        finding.code,
        finding.severity.as_str(),
        finding.subject
    )?;
    for line in finding.message.lines() {
        writeln!(out, "    {line}")?;
    }
    if let Some(exception) = finding.evidence.get("exception") {
        writeln!(out, "    the Deny with the exception:")?;
        for line in serde_json::to_string_pretty(exception)
            .unwrap_or_default()
            .lines()
        {
            writeln!(out, "      {line}")?;
        }
    }
    Ok(())
}

pub(super) async fn all(size: usize, json: bool) -> Result<Ended, CommandError> {
    let live = Live::connect(Mode::Repair).await?;
    let (mut declared, mut next) = (Vec::new(), None);
    loop {
        let page = live.aws.list_declarations(next.as_deref()).await?;
        declared.extend(page.parameters);
        match page.next {
            Some(token) => next = Some(token),
            None => break,
        }
    }
    let live = &live;
    let checks = stream::iter(declared).map(|parameter| async move {
        let bucket: BucketName = match parameter.bucket.parse() {
            Ok(bucket) => bucket,
            Err(error) => {
                return Err(CommandError::Usage(format!(
                    "a declaration names no bucket: {error}"
                )));
            }
        };
        let declared = live.read(&bucket, &parameter.text);
        check(live, bucket, declared, size).await
    });
    let checked: Vec<Result<Checked, CommandError>> = checks.buffered(AT_ONCE).collect().await;
    let checked = checked
        .into_iter()
        .collect::<Result<Vec<Checked>, CommandError>>()?;
    let mut out = output::stdout();
    if json {
        for one in &checked {
            writeln!(out, "{}", one.to_json())?;
        }
    } else {
        table(&mut out, &checked)?;
    }
    Ok(Ended::unless(checked.iter().any(|one| !one.findings.is_empty())))
}

fn table(out: &mut impl Write, checked: &[Checked]) -> io::Result<()> {
    let width = checked
        .iter()
        .map(|one| one.bucket.as_str().len())
        .max()
        .unwrap_or(0)
        .max("BUCKET".len());
    writeln!(out, "{:<width$}  {:<8}  FINDINGS", "BUCKET", "VERDICT")?;
    for one in checked {
        let codes: Vec<&str> = one.findings.iter().map(|finding| finding.code.as_str()).collect();
        let codes = if codes.is_empty() {
            "-".to_owned()
        } else {
            codes.join(", ")
        };
        writeln!(
            out,
            "{:<width$}  {:<8}  {codes}",
            one.bucket.as_str(),
            one.verdict.as_str()
        )?;
    }
    let readable = checked
        .iter()
        .filter(|one| one.verdict == Verdict::Readable)
        .count();
    let findings: usize = checked.iter().map(|one| one.findings.len()).sum();
    writeln!(
        out,
        "\n{} buckets, {readable} readable, {findings} findings",
        checked.len()
    )
}
