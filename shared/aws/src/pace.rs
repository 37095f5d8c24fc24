//! The looks of a sweep take tokens before they begin, so that what the account may ask in a second stays everybody's.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use guardian_core::cause::Work;
use guardian_core::quota::{Quotas, Service, TokenBucket};

/// The tokens of this process.
#[derive(Debug)]
pub(crate) struct Pace {
    since: Instant,
    tokens: Mutex<[(Service, TokenBucket); 3]>,
}

impl Pace {
    pub(crate) fn of(quotas: Quotas) -> Self {
        // What a bucket's look costs is what the burst is counted in; a key's is less.
        let tokens = |service: Service, price| (service, quotas.tokens(service, price));
        Self {
            since: Instant::now(),
            tokens: Mutex::new([
                tokens(Service::ParameterStore, 1),
                tokens(Service::S3, 6),
                tokens(Service::Kms, 1),
            ]),
        }
    }

    /// Takes what the look costs. Answers how long it has to wait for that: one that an event asked for never.
    pub(crate) fn wait(&self, work: &Work) -> Duration {
        self.wait_at(work, self.since.elapsed())
    }

    fn wait_at(&self, work: &Work, now: Duration) -> Duration {
        // A panic elsewhere cannot leave a half-made number behind.
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = tokens.iter_mut().map(|(service, bucket)| {
            let price = service.requests(&work.resource);
            // What costs nothing of a service does not wait for it.
            if price == 0 {
                Duration::ZERO
            } else {
                bucket.take(price, now)
            }
        });
        let longest = waits.max().unwrap_or_default();
        if work.is_of_the_sweep_alone() {
            longest
        } else {
            Duration::ZERO
        }
    }
}

#[cfg(test)]
mod tests {
    use guardian_core::cause::Cause;

    use super::*;

    fn look(resource: &str, swept: bool) -> Work {
        let cause = Cause::of_event("e1", "Scheduled Event");
        Work {
            swept,
            ..Work::new(resource.parse().unwrap(), cause)
        }
    }

    fn waits(pace: &Pace, work: &Work, times: usize) -> Vec<Duration> {
        (0..times).map(|_| pace.wait_at(work, Duration::ZERO)).collect()
    }

    #[test]
    fn two_batches_of_a_sweep_go_at_once_and_the_next_look_waits_its_turn() {
        let pace = Pace::of(Quotas::default());
        let waits = waits(&pace, &look("bucket:media", true), 22);
        assert!(waits.iter().take(20).all(Duration::is_zero), "{waits:?}");
        // A quarter of forty a second, by ten processes: one a second.
        assert_eq!(waits[20..], [Duration::from_secs(1), Duration::from_secs(2)]);
    }

    #[test]
    fn what_an_event_asked_for_never_waits_and_the_sweep_makes_room_for_it() {
        let pace = Pace::of(Quotas::default());
        let told = look("bucket:media", false);
        assert!(waits(&pace, &told, 25).iter().all(Duration::is_zero));
        let swept = look("bucket:media", true);
        assert_eq!(pace.wait_at(&swept, Duration::ZERO), Duration::from_secs(6));
        let heard = Work { heard: true, ..swept };
        assert_eq!(pace.wait_at(&heard, Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn a_key_does_not_wait_for_parameter_store() {
        let pace = Pace::of(Quotas::default());
        waits(&pace, &look("bucket:media", true), 25);
        let key = look(
            "key:arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            true,
        );
        assert!(pace.wait_at(&key, Duration::ZERO) < Duration::from_secs(1));
        assert_eq!(pace.wait_at(&look("stack", true), Duration::ZERO), Duration::ZERO);
    }
}
