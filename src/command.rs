//! The commands of the operator tool.

mod census;
mod check;
mod demo;
mod discover;
mod document;
mod error;
mod explain;
mod finding;
mod live;
mod number;
mod output;
mod repair;
mod replay;
mod route;
mod same;
mod sample;

pub use census::MetadataError;
pub use error::CommandError;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use guardian_core::name::{BucketName, CloudName};

/// How a command ended, short of not having run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Readable, or nothing left to do.
    Clean,
    /// Findings remain.
    Findings,
}

impl Ended {
    fn unless(findings: bool) -> Self {
        if findings { Self::Findings } else { Self::Clean }
    }
}

/// Keeps private S3 buckets readable by Cloudinary.
///
/// Credentials, Region and endpoint come from the environment and the AWS profile, as for every AWS tool.
/// Exit status: 0 readable or nothing left to do, 1 findings remain, 2 could not run.
#[derive(Debug, Parser)]
#[command(name = "guardian", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play the incident list on the in-memory model, or on the emulator at AWS_ENDPOINT_URL (default)
    Demo {
        /// One JSON object a line instead of the timeline
        #[arg(long)]
        json: bool,
        /// Play on the stack that this file describes, deployed in the emulator: its outputs as JSON
        #[arg(long, value_name = "FILE", hide = true)]
        stack: Option<PathBuf>,
    },
    /// Look at a bucket and say whether Cloudinary can read it; changes nothing
    Check {
        /// The bucket
        #[arg(required_unless_present = "all")]
        bucket: Option<BucketName>,
        /// A cloud name that has to be able to read; without it the bucket's declaration counts
        #[arg(long = "cloud", value_name = "NAME")]
        clouds: Vec<CloudName>,
        /// Every declared bucket
        #[arg(long, conflicts_with_all = ["bucket", "clouds"])]
        all: bool,
        /// Look at so many objects, spread over the bucket, to learn which keys they are under [default: 50, with --all
        /// none]; 0 looks at none
        #[arg(long, value_name = "N")]
        sample: Option<usize>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show what has to change, ask, change it and look again
    Repair {
        /// The bucket
        bucket: BucketName,
        /// A cloud name that has to be able to read; without it the bucket's declaration counts
        #[arg(long = "cloud", value_name = "NAME")]
        clouds: Vec<CloudName>,
        /// Look at so many objects, spread over the bucket, to learn which keys they are under; 0 looks at none
        #[arg(long, value_name = "N", default_value_t = sample::SIZE)]
        sample: usize,
        /// Turn the bucket's EventBridge notifications on too; EventBridge charges for each event of its objects
        #[arg(long)]
        notifications: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
        /// One JSON object; without --yes it is the plan and nothing is changed
        #[arg(long)]
        json: bool,
    },
    /// Count which KMS keys the objects of a bucket are under, and say whether Cloudinary may use them
    Census(Box<census::Words>),
    /// Say what events mean and which resources they name; offline
    Route {
        /// Files with events; `-` is standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Accepted for symmetry: the answer is one JSON object a line in any case
        #[arg(long)]
        json: bool,
    },
    /// Put events through the router and the reconciler in this process
    Replay {
        /// Files with events; `-` is standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Let it write to buckets and keys
        #[arg(long)]
        yes: bool,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Say what policy documents alone mean for Cloudinary's access; offline, for pull requests
    Explain(Box<explain::Explain>),
    /// Say what a finding means and what to do about it; without a code, list them all; offline
    Finding {
        /// The code of the finding, for example grant-missing
        code: Option<String>,
        /// One JSON object; without a code an array of them
        #[arg(long)]
        json: bool,
    },
    /// Say whether two policy documents mean the same; offline (exit status 1: they differ)
    Same {
        /// A policy document
        first: PathBuf,
        /// Another one
        second: PathBuf,
    },
    /// Find the buckets that have a Cloudinary grant or marker, and print declarations for them
    Discover {
        /// How to print them
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
    },
}

/// How declarations are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// `aws_ssm_parameter` resources
    Terraform,
    /// `AWS::SSM::Parameter` resources
    Cloudformation,
}

/// Runs a command.
///
/// # Errors
///
/// Why it could not run.
pub async fn run(cli: Cli) -> Result<Ended, CommandError> {
    let default = Command::Demo {
        json: false,
        stack: None,
    };
    match cli.command.unwrap_or(default) {
        Command::Demo { json, stack } => demo::run(json, stack.as_deref()).await,
        Command::Check {
            all: true,
            sample,
            json,
            ..
        } => check::all(sample.unwrap_or(0), json).await,
        Command::Check {
            bucket: Some(bucket),
            clouds,
            sample,
            json,
            ..
        } => check::one(bucket, clouds, sample.unwrap_or(sample::SIZE), json).await,
        Command::Check { bucket: None, .. } => {
            Err(CommandError::Usage("name a bucket, or pass --all".to_owned()))
        }
        Command::Repair {
            bucket,
            clouds,
            sample,
            notifications,
            yes,
            json,
        } => repair::run(bucket, clouds, sample, notifications, yes, json).await,
        Command::Census(words) => census::run(&words).await,
        Command::Route { files, json: _ } => route::run(&files),
        Command::Replay { files, yes, json } => replay::run(&files, yes, json).await,
        Command::Explain(words) => explain::run(&words),
        Command::Finding { code, json } => finding::run(code.as_deref(), json),
        Command::Same { first, second } => same::run(&first, &second),
        Command::Discover { format } => discover::run(format).await,
    }
}
