//! `guardian check`: whether Cloudinary can read.

use std::io::{self, Write};

use futures_util::{StreamExt, stream};
use guardian_core::finding::{Finding, Verdict};
use guardian_core::name::{BucketName, CloudName};
use guardian_core::settings::Mode;
use guardian_reconcile::operator::look;
use guardian_reconcile::seam::Declarations;

use super::live::{Live, answer, invalid};
use super::{CommandError, Ended};

/// How many buckets are looked at side by side.
const AT_ONCE: usize = 8;

pub(super) async fn one(
    bucket: BucketName,
    clouds: Vec<CloudName>,
    json: bool,
) -> Result<Ended, CommandError> {
    let live = Live::connect(Mode::Repair).await?;
    let checked = match live.declaration(&bucket, clouds).await? {
        Ok(declaration) => {
            let look = look(&live.aws, &live.settings, &declaration).await?;
            Checked {
                bucket,
                verdict: look.judgement.verdict(),
                findings: look.judgement.findings,
            }
        }
        Err(error) => {
            let finding = invalid(&bucket, &error);
            Checked {
                bucket,
                verdict: Verdict::Unknown,
                findings: vec![finding],
            }
        }
    };
    let mut out = io::stdout().lock();
    if json {
        writeln!(
            out,
            "{}",
            answer(&checked.bucket, checked.verdict, &checked.findings)
        )?;
    } else {
        print(&mut out, &checked)?;
    }
    Ok(Ended::unless(!checked.findings.is_empty()))
}

struct Checked {
    bucket: BucketName,
    verdict: Verdict,
    findings: Vec<Finding>,
}

fn print(out: &mut impl Write, checked: &Checked) -> io::Result<()> {
    writeln!(out, "{}: {}", checked.bucket, checked.verdict)?;
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

pub(super) async fn all(json: bool) -> Result<Ended, CommandError> {
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
        Ok(match live.read(&bucket, &parameter.text) {
            Ok(declaration) => {
                let look = look(&live.aws, &live.settings, &declaration).await?;
                Checked {
                    bucket,
                    verdict: look.judgement.verdict(),
                    findings: look.judgement.findings,
                }
            }
            Err(error) => {
                let finding = invalid(&bucket, &error);
                Checked {
                    bucket,
                    verdict: Verdict::Unknown,
                    findings: vec![finding],
                }
            }
        })
    });
    let checked: Vec<Result<Checked, CommandError>> = checks.buffered(AT_ONCE).collect().await;
    let checked = checked
        .into_iter()
        .collect::<Result<Vec<Checked>, CommandError>>()?;
    let mut out = io::stdout().lock();
    if json {
        for one in &checked {
            writeln!(out, "{}", answer(&one.bucket, one.verdict, &one.findings))?;
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
