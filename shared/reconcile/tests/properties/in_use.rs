//! Whatever happens to the keys around a bucket, and whoever hears of it: what is known to be under a key can be read,
//! or people are told why not, and nothing that is in use is taken away.

mod act;
mod change;
mod count;
mod play;

use guardian_core::settings::CensusLevel;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseError;

use change::{Census, Story, story};
use play::Play;

/// Fewer than a sample takes in; about as many, so that it is whole at one time and not at another; and more.
const SIZES: [usize; 3] = [3, 49, 160];

/// `PROPTEST_CASES`, or so many as take a few seconds.
fn cases() -> u32 {
    let asked = std::env::var("PROPTEST_CASES").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_known_to_be_in_use_is_granted_or_told_and_never_taken_away(
        story in story(),
        size in select(SIZES.to_vec()),
        level in select(vec![CensusLevel::Sample, CensusLevel::Full]),
        data_events in any::<bool>(),
        prune in any::<bool>(),
        counted in any::<bool>(),
    ) {
        let mut play = Play::new(size, level, data_events, prune);
        played(&mut play, &story, size, counted)?;
    }
}

/// Plays the story; at the end comes a sweep, and before it a census, if the bucket is to be `counted`.
fn played(play: &mut Play, story: &Story, size: usize, counted: bool) -> Result<(), TestCaseError> {
    play.rest()?;
    for (event, then) in story {
        play.play(event, *then)?;
    }
    if counted {
        play.rest()?;
        play.count(Census::InSteps, &[], 1, false)?;
    }
    swept(play)?;
    expect_served(play, counted || size < SIZES[1])?;
    swept(play)?;
    let needs = play.needs();
    play.wait(2);
    swept(play)?;
    let written = play.written();
    // The sample of a large bucket may come upon something new at any time.
    if play.needs() == needs && !written.is_empty() {
        return Err(play.fails(&format!("nothing changed, and this was written: {written:?}")));
    }
    Ok(())
}

fn swept(play: &mut Play) -> Result<(), TestCaseError> {
    play.rest()?;
    play.sweep();
    play.rest()
}

/// The keys of current objects, `all` or those that the guardian was shown, are granted, and whatever else is wrong with
/// them is told. So is the key that the settings name.
fn expect_served(play: &Play, all: bool) -> Result<(), TestCaseError> {
    let mut keys = play.in_use(all);
    if let Ok(Some(named)) = play.named() {
        keys.insert(named.clone(), "what is written by default".to_owned());
    }
    for (key, object) in keys {
        let name = play.name(Some(&key));
        let is_told = play.is_told(&key);
        if !play.is_granted(&key) && !is_told {
            return Err(play.fails(&format!(
                "{object} is under {name}, which is neither granted nor told"
            )));
        }
        if play.is_disabled(&key) && !is_told {
            return Err(play.fails(&format!(
                "{object} is under {name}, which is disabled, and nobody was told"
            )));
        }
        if !play.needs().contains_key(key.as_str()) {
            return Err(play.fails(&format!(
                "{object} is under {name}, which the bucket is not said to need"
            )));
        }
    }
    Ok(())
}
