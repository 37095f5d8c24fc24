//! `guardian census --start`: the stack's own walk, by its state machine, from here.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use guardian_aws::{Items, Progress, Status};
use guardian_core::alert::plain;
use guardian_core::call::CallError;
use guardian_core::census::{Census, Group, walk_name};
use guardian_core::name::{BucketName, Resource};
use guardian_core::settings::Mode;
use guardian_reconcile::census::CENSUS;
use guardian_reconcile::operator::look_at_keys_of;
use guardian_reconcile::seam::{Censuses, Clock, Ledger, Start};
use serde_json::json;

use super::Words;
use super::progress::Line;
use super::told::Told;
use crate::command::live::Live;
use crate::command::number::grouped;
use crate::command::{CommandError, Ended, output};

/// So often Step Functions is asked how far the walk is: three calls, of which it takes fifteen a second at least in
/// every Region (Step Functions Developer Guide, "Quotas related to API action throttling").
const PAUSE: Duration = Duration::from_secs(5);

/// So often in a row an answer may fail to come. It may also be that none is there at first: "This operation is
/// eventually consistent" (Step Functions API Reference, DescribeExecution).
const TRIES: u32 = 6;

const VARIABLE: &str = "GUARDIAN_CENSUS_STATE_MACHINE";

pub(super) async fn run(words: &Words) -> Result<Ended, CommandError> {
    let machine = machine(words.state_machine.as_deref(), std::env::var(VARIABLE).ok())?;
    let live = Live::connect_to(Mode::Repair, Some(machine)).await?;
    let bucket = &words.bucket;
    let name = walk_name(bucket, live.aws.now());
    if live.aws.start_census(bucket, &name).await? == Start::Nowhere {
        return Err(not_configured());
    }
    let execution = live.aws.census_execution(&name)?;
    let mut out = output::stdout();
    if words.no_wait {
        if words.json {
            let started = json!({"bucket": bucket, "id": name, "execution": execution});
            writeln!(out, "{started}")?;
        } else {
            writeln!(
                out,
                "{bucket}: the walk `{name}` is under way; its census will be {}",
                lies(bucket)
            )?;
            writeln!(out, "{execution}")?;
        }
        return Ok(Ended::Clean);
    }
    tell(&format!("the walk `{name}` is under way: {execution}"));
    wait(&live, &name, &execution).await?;
    let Some(census) = recorded(&live, bucket).await? else {
        if words.json {
            let ended = json!({"bucket": bucket, "id": name, "execution": execution, "census": null});
            writeln!(out, "{ended}")?;
        } else {
            writeln!(
                out,
                "{bucket}: the walk `{name}` is done; its census is {}. Set GUARDIAN_TABLE to the stack's output LedgerTable to have it printed here",
                lies(bucket)
            )?;
        }
        return Ok(Ended::Clean);
    };
    if census.id != name {
        tell(&format!(
            "the ledger holds another census than this walk's: `{}`, which began at {}",
            census.id, census.began
        ));
    }
    let names = census.counts.keys.keys().map(String::as_str);
    let looks = look_at_keys_of(&live.aws, &live.settings, bucket, names).await?;
    let told = Told {
        bucket,
        census: &census,
        looks: &looks,
        perhaps_archived: &Group::default(),
        recorded: Some(true),
    };
    if words.json {
        writeln!(out, "{}", told.to_json())?;
    } else {
        told.print(&mut out)?;
    }
    Ok(Ended::unless(told.needs_attention()))
}

/// The state machine of the words, else of the environment.
fn machine(words: Option<&str>, environment: Option<String>) -> Result<String, CommandError> {
    let of_environment = environment.filter(|arn| !arn.is_empty());
    let arn = words.map(str::to_owned).or(of_environment);
    let arn = arn.ok_or_else(not_configured)?;
    if arn.starts_with("arn:") && arn.contains(":stateMachine:") {
        Ok(arn)
    } else {
        let how = format!(
            "`{arn}` is no ARN of a state machine: take it from the stack's output CensusStateMachineArn"
        );
        Err(CommandError::Usage(how))
    }
}

fn not_configured() -> CommandError {
    CommandError::Usage(format!(
        "no state machine to walk with is configured: deploy the stack with the parameter Census=full, and pass its output CensusStateMachineArn with --state-machine or in {VARIABLE}; without a stack, leave --start out"
    ))
}

/// Where the result of a walk is to be found.
fn lies(bucket: &BucketName) -> String {
    format!(
        "the item `{CENSUS}` in the page `{}` of the stack's table",
        Resource::Bucket(bucket.clone())
    )
}

/// Nothing is left to tell it to if standard error is closed.
fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "guardian: {}", plain(text));
}

/// Waits for the walk's good end.
async fn wait(live: &Live, name: &str, execution: &str) -> Result<(), CommandError> {
    let began = Instant::now();
    let terminal = Line::new(io::stderr().is_terminal());
    let ask = async || live.aws.census_progress(name).await;
    let show = |items: Option<&Items>| terminal.show(&line(items, began.elapsed().as_secs_f64()));
    let pause = async || tokio::time::sleep(PAUSE).await;
    let ended = until_it_ends(ask, show, pause).await;
    terminal.clear();
    let Progress { status, reason, .. } = ended?;
    if status == Status::Succeeded {
        return Ok(());
    }
    Err(CommandError::WalkBroken {
        walk: execution.to_owned(),
        how: how(&status),
        reason: reason.unwrap_or_else(|| "Step Functions does not say why".to_owned()),
    })
}

/// Asks until the walk runs no more.
async fn until_it_ends(
    mut ask: impl AsyncFnMut() -> Result<Option<Progress>, CallError>,
    show: impl Fn(Option<&Items>),
    mut pause: impl AsyncFnMut(),
) -> Result<Progress, CommandError> {
    let mut failed = 0;
    loop {
        match ask().await {
            Ok(Some(progress)) if progress.status == Status::Running => {
                failed = 0;
                show(progress.items.as_ref());
            }
            Ok(Some(progress)) => return Ok(progress),
            Ok(None) if failed < TRIES => failed += 1,
            Ok(None) => {
                let how =
                    "Step Functions does not know the walk that was just started; look at it in the console"
                        .to_owned();
                return Err(CommandError::Usage(how));
            }
            Err(error) if error.is_transient() && failed < TRIES => failed += 1,
            Err(error) => return Err(error.into()),
        }
        pause().await;
    }
}

fn how(status: &Status) -> String {
    match status {
        Status::Running => "still runs".to_owned(),
        Status::Succeeded => "succeeded".to_owned(),
        Status::Failed => "failed".to_owned(),
        Status::TimedOut => "took too long".to_owned(),
        Status::Aborted => "was stopped".to_owned(),
        Status::Other(word) => format!("ended as {word}"),
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate for people"
)]
fn line(items: Option<&Items>, seconds: f64) -> String {
    let Some(items) = items else {
        return "nothing is listed yet".to_owned();
    };
    let rate = ((items.succeeded + items.failed) as f64 / seconds.max(0.001)) as u64;
    format!(
        "{} objects looked at, {} failed, {} listed so far, {}/s",
        grouped(items.succeeded),
        grouped(items.failed),
        grouped(items.total),
        grouped(rate)
    )
}

/// The census on record, where the table is known.
async fn recorded(live: &Live, bucket: &BucketName) -> Result<Option<Census>, CommandError> {
    if std::env::var_os("GUARDIAN_TABLE").is_none_or(|table| table.is_empty()) {
        return Ok(None);
    }
    let page = Resource::Bucket(bucket.clone());
    let entry = live.aws.read_entry(&page, CENSUS).await?;
    let census = entry.and_then(|entry| serde_json::from_value(entry.body).ok());
    census.map(Some).ok_or_else(|| {
        let how = format!(
            "the walk is done, but {} is not there or cannot be read: see that GUARDIAN_TABLE is that of the stack whose state machine this is",
            lies(bucket)
        );
        CommandError::Usage(how)
    })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures_util::FutureExt;
    use guardian_core::call::CallErrorKind;

    use super::*;

    const MACHINE: &str = "arn:aws:states:us-east-1:111122223333:stateMachine:guard-census";

    fn progress(status: Status, succeeded: u64) -> Progress {
        let items = Items {
            total: 5_000,
            succeeded,
            failed: 1_000,
            open: 1_000,
        };
        Progress {
            status,
            reason: None,
            items: (succeeded > 0).then_some(items),
        }
    }

    fn failure(kind: CallErrorKind) -> CallError {
        CallError {
            operation: "states:DescribeExecution",
            kind,
            message: "no".to_owned(),
        }
    }

    type Answer = Result<Option<Progress>, CallError>;

    /// What came of waiting, the lines shown, and how many pauses were made.
    fn waited(answers: Vec<Answer>) -> (Result<Progress, CommandError>, Vec<String>, usize) {
        let mut answers = answers.into_iter();
        let (shown, mut pauses) = (RefCell::new(Vec::new()), 0);
        let ended = until_it_ends(
            async || answers.next().expect("it asks on after the end"),
            |items| shown.borrow_mut().push(line(items, 2.0)),
            async || pauses += 1,
        );
        let ended = ended.now_or_never().unwrap();
        (ended, shown.into_inner(), pauses)
    }

    #[test]
    fn it_shows_how_far_the_walk_is_until_it_ends() {
        let (ended, shown, pauses) = waited(vec![
            Ok(Some(progress(Status::Running, 0))),
            Ok(Some(progress(Status::Running, 3_000))),
            Ok(Some(progress(Status::Succeeded, 4_000))),
        ]);
        assert_eq!(ended.unwrap().status, Status::Succeeded);
        let second = "3,000 objects looked at, 1,000 failed, 5,000 listed so far, 2,000/s";
        assert_eq!(shown, ["nothing is listed yet", second]);
        assert_eq!(pauses, 2);
    }

    #[test]
    fn an_answer_that_fails_to_come_for_the_moment_ends_nothing() {
        let mut answers: Vec<Answer> = vec![Ok(None), Ok(None)];
        answers.extend((0..4).map(|_| Err(failure(CallErrorKind::Transient))));
        answers.push(Ok(Some(progress(Status::Running, 1))));
        answers.extend((0..6).map(|_| Err(failure(CallErrorKind::Transient))));
        answers.push(Ok(Some(progress(Status::Failed, 1))));
        assert_eq!(waited(answers).0.unwrap().status, Status::Failed);
    }

    #[test]
    fn what_stays_away_or_is_refused_is_not_waited_for() {
        let (ended, _, pauses) = waited(vec![Err(failure(CallErrorKind::AccessDenied))]);
        assert!(matches!(ended, Err(CommandError::Refused(_))) && pauses == 0);
        let (ended, _, pauses) = waited((0..7).map(|_| Err(failure(CallErrorKind::Transient))).collect());
        assert!(matches!(ended, Err(CommandError::Unreachable(_))) && pauses == 6);
        let (ended, _, _) = waited(vec![Ok(None); 7]);
        assert!(ended.unwrap_err().to_string().contains("does not know"));
    }

    #[test]
    fn the_state_machine_of_the_words_goes_before_that_of_the_environment() {
        let other = format!("{MACHINE}-2");
        let of = |words, environment: Option<&str>| machine(words, environment.map(str::to_owned));
        assert_eq!(of(Some(MACHINE), Some(&other)).unwrap(), MACHINE);
        assert_eq!(of(None, Some(&other)).unwrap(), other);
        for nothing in [None, Some("")] {
            let said = of(None, nothing).unwrap_err().to_string();
            for word in ["Census=full", "CensusStateMachineArn", VARIABLE] {
                assert!(said.contains(word), "{said}");
            }
        }
        let execution = "arn:aws:states:us-east-1:111122223333:execution:guard-census:x";
        assert!(of(Some(execution), None).is_err());
    }
}
