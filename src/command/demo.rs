//! `guardian demo`: the incident list, played.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use guardian_aws::Connection;

use super::{CommandError, Ended};
use crate::incidents::{Outcome, Timeline, json_line, play};
use crate::stage::{Deployed, EmulatorStage, ModelStage, Stage, refuse_anything_but_loopback};

/// Any seed plays the same list; this one only makes the key ids the same in every run.
const SEED: u64 = 1;

pub(super) async fn run(json: bool, stack: Option<&Path>) -> Result<Ended, CommandError> {
    let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap_or_default();
    if endpoint.is_empty() && stack.is_none() {
        return on_stage(&ModelStage::new(SEED).await?, json).await;
    }

    let connection = Connection::to_emulator().await?;
    refuse_anything_but_loopback(&connection)?;
    let deployed = stack.map(described).transpose()?;
    let stage = EmulatorStage::new(connection, &endpoint, deployed).await?;
    on_stage(&stage, json).await
}

fn described(file: &Path) -> Result<Deployed, CommandError> {
    let text = std::fs::read_to_string(file).map_err(|reason| CommandError::File {
        file: file.display().to_string(),
        reason,
    })?;
    Ok(Deployed::parse(&text)?)
}

async fn on_stage<S: Stage>(stage: &S, json: bool) -> Result<Ended, CommandError> {
    let mut written: io::Result<()> = Ok(());
    let mut keep = |result: io::Result<()>| {
        if written.is_ok() {
            written = result;
        }
    };
    let (played, proof) = if json {
        play(stage, |one| {
            keep(writeln!(io::stdout().lock(), "{}", json_line(one)))
        })
        .await?
    } else {
        let out = io::stdout();
        let colour = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let mut timeline = Timeline::new(out.lock(), colour);
        keep(timeline.open(&stage.describe()));
        let (played, proof) = play(stage, |one| keep(timeline.show(one))).await?;
        keep(timeline.close(&played, &proof));
        (played, proof)
    };
    written?;
    let clean = proof.lost.is_empty() && played.iter().all(|one| one.outcome == Outcome::AsExpected);
    Ok(Ended::unless(!clean))
}
