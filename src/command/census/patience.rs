//! A walk of hours is not lost to a minute without S3.

use std::time::Duration;

use guardian_core::call::CallError;
use guardian_core::census::Census;
use guardian_reconcile::census::Checkpoint;

use crate::command::CommandError;

/// So often in a row a walk that gets no further is taken up again; with the pauses in between half a minute.
const TRIES: u32 = 5;

/// Walks, and after a call that failed for the moment pauses and goes on from where the walk stood. `once` walks, and
/// says how far it came.
pub(super) async fn patiently(
    start: Checkpoint,
    mut once: impl AsyncFnMut(Checkpoint, &mut Option<Checkpoint>) -> Result<Census, CommandError>,
    mut pause: impl AsyncFnMut(&CallError, Duration),
) -> Result<Census, CommandError> {
    let mut stands = start;
    let mut tries = 0;
    loop {
        let mut last = None;
        let walked = once(stands.clone(), &mut last).await;
        if let Some(last) = last {
            stands = last;
            tries = 0;
        }
        match walked {
            Err(CommandError::Unreachable(error)) if tries < TRIES => {
                pause(&error, Duration::from_secs(1 << tries)).await;
                tries += 1;
            }
            walked => return walked,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use guardian_core::call::CallErrorKind;
    use guardian_core::census::{Counts, Source};
    use guardian_core::moment::Moment;

    use super::*;

    fn at(objects: u64) -> Checkpoint {
        let mut checkpoint = Checkpoint::start(
            "media".parse().unwrap(),
            &[],
            "w".to_owned(),
            Moment::from_unix(0),
        );
        checkpoint.counts = Counts {
            objects,
            ..Counts::default()
        };
        checkpoint
    }

    fn failure(kind: CallErrorKind) -> CommandError {
        CommandError::from(CallError {
            operation: "s3:GetObject",
            kind,
            message: "SlowDown".to_owned(),
        })
    }

    fn census() -> Census {
        Census {
            scope: vec!["*".to_owned()],
            id: "w".to_owned(),
            source: Source::Walk,
            began: Moment::from_unix(0),
            ended: None,
            whole: true,
            counts: Counts::default(),
        }
    }

    /// Walks that come so far before they fail; after these, one that comes to its end. Answers with what came of
    /// it, where each began, and the pauses in seconds.
    fn walks(reached: &[Option<u64>]) -> (Result<Census, CommandError>, Vec<u64>, Vec<u64>) {
        let (mut began, mut pauses) = (Vec::new(), Vec::new());
        let mut reached = reached.iter();
        let once = async |from: Checkpoint, last: &mut Option<Checkpoint>| {
            began.push(from.counts.objects);
            match reached.next() {
                Some(reached) => {
                    *last = reached.map(at);
                    Err(failure(CallErrorKind::Transient))
                }
                None => Ok(census()),
            }
        };
        let pause = async |_: &CallError, pause: Duration| pauses.push(pause.as_secs());
        let walked = patiently(at(0), once, pause).now_or_never().unwrap();
        (walked, began, pauses)
    }

    #[test]
    fn a_walk_goes_on_from_where_it_stood() {
        let (walked, began, pauses) = walks(&[Some(1_000), None, Some(5_000)]);
        assert_eq!(walked.unwrap(), census());
        assert_eq!(began, [0, 1_000, 1_000, 5_000]);
        assert_eq!(pauses, [1, 2, 1], "whoever gets further has not failed before");
    }

    #[test]
    fn a_walk_that_gets_no_further_for_half_a_minute_ends() {
        let (walked, began, pauses) = walks(&[None; 9]);
        assert!(matches!(walked, Err(CommandError::Unreachable(_))));
        assert_eq!(began.len(), 6);
        assert_eq!(pauses, [1, 2, 4, 8, 16]);
    }

    #[test]
    fn what_will_not_pass_by_itself_is_not_waited_for() {
        let once =
            async |_: Checkpoint, _: &mut Option<Checkpoint>| Err(failure(CallErrorKind::AccessDenied));
        let pause = async |_: &CallError, _: Duration| panic!("it waits");
        let walked = patiently(at(0), once, pause).now_or_never().unwrap();
        assert!(matches!(walked, Err(CommandError::Refused(_))));
    }
}
