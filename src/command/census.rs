//! `guardian census`: which KMS keys the objects of a bucket are under, and whether Cloudinary may use them.

mod metadata;
mod patience;
mod progress;
mod resume;
mod sql;
mod start;
mod told;

pub use metadata::MetadataError;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use guardian_core::alert::plain;
use guardian_core::call::CallError;
use guardian_core::census::{Census, Group};
use guardian_core::moment::Moment;
use guardian_core::name::BucketName;
use guardian_core::settings::Mode;
use guardian_reconcile::ReconcileError;
use guardian_reconcile::census::{Checkpoint, record, walk};
use guardian_reconcile::operator::look_at_keys_of;
use guardian_reconcile::seam::Clock;

use self::metadata::Inventory;
use self::patience::patiently;
use self::progress::Progress;
use self::resume::Resume;
use self::told::Told;
use super::live::Live;
use super::{CommandError, Ended, output};

/// Clocks differ; but a census of tomorrow would keep every later one out of the ledger.
const SKEW: Duration = Duration::from_secs(5 * 60);

/// The words of the call.
#[derive(Debug, Args)]
pub(super) struct Words {
    /// The bucket
    bucket: BucketName,
    /// Look at so many objects at a time
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=512))]
    at_once: u16,
    /// Only objects whose key begins with this; may be repeated (the census is then never complete)
    #[arg(long = "prefix", value_name = "PREFIX", conflicts_with_all = ["from", "sql", "record"])]
    prefixes: Vec<String>,
    /// Keep in this file how far it has come, and go on from there; it is removed at the end
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from", "sql"])]
    resume: Option<PathBuf>,
    /// Print the Athena query that asks the bucket's S3 Metadata inventory table instead; offline
    #[arg(long, conflicts_with_all = ["from", "record", "json"])]
    sql: bool,
    /// The namespace of that table, where it is not b_BUCKET
    #[arg(long, value_name = "NAME", requires = "sql")]
    namespace: Option<String>,
    /// Read the CSV that Athena answered with, instead of looking at objects; `-` is standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// The table was as of this time already, earlier than the answer says
    #[arg(long, value_name = "TIME", requires = "from")]
    as_of: Option<Moment>,
    /// The table's backfill was over before the query; else the census is not complete
    #[arg(long, requires = "from")]
    backfilled: bool,
    /// Store the census for the stack, in the table named by GUARDIAN_TABLE
    #[arg(long)]
    record: bool,
    /// Have the stack walk over the bucket (parameter Census=full), and wait for the end
    #[arg(long, conflicts_with_all = ["at_once", "prefixes", "resume", "sql", "from", "record"])]
    start: bool,
    /// The stack's output CensusStateMachineArn; else GUARDIAN_CENSUS_STATE_MACHINE names it
    #[arg(long, value_name = "ARN", requires = "start")]
    state_machine: Option<String>,
    /// Only start the walk
    #[arg(long, requires = "start")]
    no_wait: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(words: &Words) -> Result<Ended, CommandError> {
    if words.sql {
        return print_query(words);
    }
    if words.start {
        return start::run(words).await;
    }
    if words.record && std::env::var_os("GUARDIAN_TABLE").is_none_or(|table| table.is_empty()) {
        let how = "--record wants the stack's table: set GUARDIAN_TABLE to the stack's output LedgerTable";
        return Err(CommandError::Usage(how.to_owned()));
    }
    let resume = Resume::at(words.resume.as_deref());
    // Whatever is wrong with a file is said before anything is asked of AWS.
    let inventory = words
        .from
        .as_deref()
        .map(|path| read_answer(path, words))
        .transpose()?;
    let stands = resume.read(&words.bucket, &words.prefixes)?;

    let live = Live::connect(Mode::Repair).await?;
    let (census, perhaps_archived) = match inventory {
        Some(mut inventory) => {
            if inventory.as_of > live.aws.now().plus(SKEW) {
                let said = format!("the answer is of {}, which has not come yet", inventory.as_of);
                return Err(CommandError::Usage(said));
            }
            let perhaps_archived = std::mem::take(&mut inventory.perhaps_archived);
            (inventory.census(words.backfilled), perhaps_archived)
        }
        None => (walk_over(&live, words, &resume, stands).await?, Group::default()),
    };
    let names = census.counts.keys.keys().map(String::as_str);
    let looks = look_at_keys_of(&live.aws, &live.settings, &words.bucket, names).await?;
    let recorded = if words.record {
        Some(record(&live.aws, &words.bucket, &census).await)
    } else {
        None
    };
    let told = Told {
        bucket: &words.bucket,
        census: &census,
        looks: &looks,
        perhaps_archived: &perhaps_archived,
        recorded: recorded
            .as_ref()
            .and_then(|recorded| recorded.as_ref().ok().copied()),
    };
    let mut out = output::stdout();
    if words.json {
        writeln!(out, "{}", told.to_json())?;
    } else {
        told.print(&mut out)?;
    }
    match recorded {
        Some(Err(ReconcileError::Call(error))) => return Err(error.into()),
        Some(Err(error)) => return Err(CommandError::NotRecorded(error)),
        Some(Ok(_)) | None => {}
    }
    resume.finish()?;
    Ok(Ended::unless(told.needs_attention()))
}

fn print_query(words: &Words) -> Result<Ended, CommandError> {
    let namespace = words.namespace.clone().or_else(|| sql::namespace(&words.bucket));
    let namespace = namespace.ok_or_else(|| {
        CommandError::Usage(format!(
            "the namespace of the metadata tables of `{}` ends with a hash: pass it with --namespace; `aws s3api get-bucket-metadata-configuration --bucket {}` shows it as TableNamespace",
            words.bucket, words.bucket
        ))
    })?;
    write!(output::stdout(), "{}", sql::query(&words.bucket, &namespace))?;
    Ok(Ended::Clean)
}

fn read_answer(path: &Path, words: &Words) -> Result<Inventory, CommandError> {
    let text = super::route::read_file(path)?;
    let mut inventory = Inventory::read(&text).map_err(|reason| CommandError::Answer {
        file: path.display().to_string(),
        reason,
    })?;
    if let Some(as_of) = words.as_of {
        if as_of > inventory.as_of {
            return Err(CommandError::Usage(format!(
                "--as-of {as_of} is later than the query, which was at {}: the table cannot know more than that",
                inventory.as_of
            )));
        }
        inventory.as_of = as_of;
    }
    Ok(inventory)
}

/// Walks to the end. A call that fails for the moment costs a page, not the walk.
async fn walk_over(
    live: &Live,
    words: &Words,
    resume: &Resume,
    stands: Option<Checkpoint>,
) -> Result<Census, CommandError> {
    let began = live.aws.now();
    let stands = stands.unwrap_or_else(|| {
        let id = format!("walk-{began}");
        Checkpoint::start(words.bucket.clone(), &words.prefixes, id, began)
    });
    let progress = Progress::from(&stands.counts);
    let once = async |from: Checkpoint, last: &mut Option<Checkpoint>| {
        let walked = walk(&live.aws, from, usize::from(words.at_once), |at| {
            resume.write(at)?;
            progress.show(&at.counts);
            *last = Some(at.clone());
            Ok(())
        });
        let walked = walked.await;
        progress.clear();
        walked
    };
    let pause = async |error: &CallError, pause: Duration| {
        let line = format!("guardian: {error}; trying again in {} s", pause.as_secs());
        // Nothing is left to tell it to if standard error is closed.
        let _ = writeln!(io::stderr(), "{}", plain(&line));
        tokio::time::sleep(pause).await;
    };
    patiently(stands, once, pause).await
}
