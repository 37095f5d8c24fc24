//! `guardian explain`: what documents alone say about Cloudinary's access. Offline.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use guardian_core::explain::{Documents, Explained, explain};
use guardian_core::finding::Verdict;
use guardian_core::name::{BucketName, CloudName, KeyArn};

use super::check::print_finding;
use super::document::{read_policy, read_public_access_block};
use super::live::cloudinary_account;
use super::{CommandError, Ended, output};

/// The words of the call.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The bucket the documents are about
    #[arg(long, value_name = "NAME")]
    bucket: BucketName,
    /// The bucket policy; without it the bucket has none
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Block Public Access; without it none is set
    #[arg(long, value_name = "FILE")]
    public_access_block: Option<PathBuf>,
    /// The policy of the key that the objects are under
    #[arg(long, value_name = "FILE", requires = "key")]
    key_policy: Option<PathBuf>,
    /// That key
    #[arg(long, value_name = "ARN", requires = "key_policy")]
    key: Option<KeyArn>,
    /// A resource control policy that applies to the account; may be repeated
    #[arg(long = "rcp", value_name = "FILE")]
    control_policies: Vec<PathBuf>,
    /// Object keys that have to be readable, with `*` and `?`; may be repeated (default: every object)
    #[arg(long = "prefix", value_name = "PATTERN")]
    prefixes: Vec<String>,
    /// A cloud name whose marker has to be readable as well; may be repeated
    #[arg(long = "cloud", value_name = "NAME")]
    clouds: Vec<CloudName>,
    /// A condition key that is known here, for example aws:RequestedRegion=eu-west-1; may be repeated
    #[arg(long = "context", value_name = "KEY=VALUE", value_parser = key_and_value)]
    known: Vec<(String, String)>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if key.contains(':') => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE with a condition key such as `aws:RequestedRegion`".to_owned()),
    }
}

pub(super) fn run(words: &Explain) -> Result<Ended, CommandError> {
    let policy = words.policy.as_deref().map(read_policy).transpose()?;
    let block = words
        .public_access_block
        .as_deref()
        .map(read_public_access_block)
        .transpose()?;
    let key_policy = words.key_policy.as_deref().map(read_policy).transpose()?;
    let control_policies = words
        .control_policies
        .iter()
        .map(|path| read_policy(path))
        .collect::<Result<Vec<_>, _>>()?;
    let account = cloudinary_account()?;
    let explained = explain(&Documents {
        bucket: &words.bucket,
        cloudinary_account: &account,
        partition: "aws",
        policy: policy.as_ref(),
        public_access_block: block,
        key: words.key.as_ref().zip(key_policy.as_ref()),
        control_policies: &control_policies,
        prefixes: &words.prefixes,
        clouds: &words.clouds,
        known: &words.known,
    });
    let mut out = output::stdout();
    if words.json {
        writeln!(out, "{}", explained.to_json(&words.bucket))?;
    } else {
        print(&mut out, &words.bucket, &explained)?;
    }
    let clean = explained.verdict() == Verdict::Readable && explained.findings.is_empty();
    Ok(Ended::unless(!clean))
}

fn print(out: &mut impl Write, bucket: &BucketName, explained: &Explained) -> io::Result<()> {
    writeln!(out, "{bucket}: {}", explained.verdict())?;
    for (_, decision) in &explained.access {
        for line in decision.to_string().lines() {
            writeln!(out, "  {line}")?;
        }
    }
    for finding in &explained.findings {
        writeln!(out)?;
        print_finding(out, finding)?;
    }
    for assumed in &explained.assumed {
        writeln!(out, "\nassumed: {assumed}")?;
    }
    Ok(())
}
