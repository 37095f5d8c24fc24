//! How much of what AWS lets an account ask in a second a sweep may use.
//!
//! The account shares these quotas with everybody else in it. An event's look is one bucket, and never waits; a sweep is
//! all of them, and keeps to a share. It does so twice: it feeds the work queue no faster than its share
//! ([`Quotas::looks_in`]), so that no event stands in line behind thousands of looks, and each process takes tokens
//! before a look of the sweep ([`TokenBucket`]), so that the share also holds where looks have piled up.

use std::time::Duration;

use crate::name::Resource;

/// A service whose requests are metered, by what a look asks of it most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Parameter Store: one GetParameter a bucket, and one GetParametersByPath for each ten that are declared.
    ParameterStore,
    /// Calls on a bucket's configuration and its markers.
    S3,
    /// GetKeyPolicy, and as often DescribeKey, whose quota is twice as large.
    Kms,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ParameterStore, Self::S3, Self::Kms];

    /// How many requests a look at this resource makes, where all is well. Samples of objects are not among them: they ask
    /// within one bucket, where S3 takes 5,500 reads a second for each prefix (S3 User Guide, "Best practices design
    /// patterns: optimizing Amazon S3 performance").
    #[must_use]
    pub const fn requests(self, resource: &Resource) -> u32 {
        match (self, resource) {
            (Self::ParameterStore, Resource::Bucket(_)) => 1,
            (Self::S3, Resource::Bucket(_)) => 6,
            (Self::Kms, Resource::Bucket(_) | Resource::Key(_)) => 1,
            _ => 0,
        }
    }

    /// Hundredths of a request that the sweep makes for a bucket: the look's own, and its part of a page of declarations.
    const fn hundredths_a_bucket(self) -> u64 {
        match self {
            Self::ParameterStore => 110,
            Self::S3 => 600,
            // The bucket's own look, and one at the key that it may lead to.
            Self::Kms => 200,
        }
    }
}

/// The quotas, and the share of them that a sweep may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Percent of each quota, from 10 to 100.
    pub share: u8,
    /// Requests a second that Parameter Store takes from the account.
    pub parameter_store: u32,
}

/// AWS General Reference, "AWS Systems Manager endpoints and quotas": 40 a second for GetParameter, GetParameters and
/// GetParametersByPath together, unless higher throughput is turned on.
pub const PARAMETER_STORE: u32 = 40;

/// KMS Developer Guide, "Request quotas": GetKeyPolicy 1,000 a second, DescribeKey 2,000.
const KMS: u32 = 1000;

/// AWS names no quota for calls on a bucket's configuration. This is our own guess at what nobody minds.
const S3: u32 = 400;

/// How many functions may look at the same time: `MaximumConcurrency` in template.yaml.
pub const RECONCILERS: u32 = 10;

/// So many looks may come at once in one process: two batches of the work queue.
const BURST: u32 = 20;

/// Never wait longer for a turn. Half of the time a function has.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl Default for Quotas {
    /// A quarter of AWS's defaults.
    fn default() -> Self {
        Self {
            share: 25,
            parameter_store: PARAMETER_STORE,
        }
    }
}

impl Quotas {
    /// Hundredths of a request that all sweeping may make of a service in a second.
    fn hundredths(self, service: Service) -> u64 {
        let quota = match service {
            Service::ParameterStore => self.parameter_store,
            Service::S3 => S3,
            Service::Kms => KMS,
        };
        u64::from(quota).saturating_mul(u64::from(self.share.clamp(1, 100)))
    }

    /// How many buckets a sweep may have looked at in this time; at least one.
    #[must_use]
    pub fn looks_in(self, time: Duration) -> usize {
        let looks = Service::ALL.into_iter().map(|service| {
            let seconds = self.hundredths(service).saturating_mul(time.as_secs());
            seconds / service.hundredths_a_bucket()
        });
        looks
            .min()
            .and_then(|looks| usize::try_from(looks).ok())
            .unwrap_or_default()
            .max(1)
    }

    /// The tokens for one service of one of the processes that look at the same time.
    #[must_use]
    pub fn tokens(self, service: Service, bucket_costs: u32) -> TokenBucket {
        const HUNDRED_SECONDS: u64 = 100 * 1_000_000_000;
        let between = HUNDRED_SECONDS.saturating_mul(u64::from(RECONCILERS)) / self.hundredths(service);
        TokenBucket::new(Duration::from_nanos(between), BURST.saturating_mul(bucket_costs))
    }
}

/// A token bucket: it holds so many tokens, and a new one comes each `between`.
///
/// Time is given in by whoever knows it, counted from any fixed moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenBucket {
    between: Duration,
    /// In which time an empty bucket fills.
    fills_in: Duration,
    /// When every token that was taken will have come.
    paid_at: Duration,
}

impl TokenBucket {
    /// A full bucket.
    #[must_use]
    pub fn new(between: Duration, holds: u32) -> Self {
        Self {
            between,
            fills_in: between.saturating_mul(holds),
            paid_at: Duration::ZERO,
        }
    }

    /// Takes tokens, also those that are still to come, and says how long that will be; never longer than half a minute,
    /// so that a flood of events holds no sweep up for good.
    pub fn take(&mut self, tokens: u32, now: Duration) -> Duration {
        let price = self.between.saturating_mul(tokens);
        let longest = now.saturating_add(self.fills_in).saturating_add(LONGEST_WAIT);
        self.paid_at = self.paid_at.max(now).saturating_add(price).min(longest);
        self.paid_at.saturating_sub(now.saturating_add(self.fills_in))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_full_bucket_gives_what_it_holds_at_once_and_then_one_token_each_interval() {
        let mut bucket = TokenBucket::new(SECOND, 3);
        let waits: Vec<u64> = (0..5).map(|_| bucket.take(1, Duration::ZERO).as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 1, 2]);
    }

    #[test]
    fn a_bucket_left_alone_fills_up_and_never_over() {
        let mut bucket = TokenBucket::new(SECOND, 2);
        bucket.take(2, Duration::ZERO);
        assert_eq!(bucket.take(1, SECOND), Duration::ZERO);
        assert_eq!(bucket.take(1, SECOND), SECOND);
        let much_later = Duration::from_secs(1000);
        assert_eq!(bucket.take(2, much_later), Duration::ZERO);
        assert_eq!(bucket.take(1, much_later), SECOND);
    }

    #[test]
    fn whoever_waits_as_told_keeps_to_the_rate_over_any_length_of_time() {
        let mut bucket = TokenBucket::new(SECOND / 4, 8);
        let mut now = Duration::ZERO;
        for _ in 0..1000 {
            now += bucket.take(1, now);
        }
        assert_eq!(now, (SECOND / 4) * (1000 - 8));
    }

    #[test]
    fn a_flood_holds_the_next_one_up_for_half_a_minute_at_most() {
        let mut bucket = TokenBucket::new(SECOND, 1);
        bucket.take(1_000_000, Duration::ZERO);
        assert_eq!(bucket.take(1, Duration::ZERO), LONGEST_WAIT);
        assert_eq!(bucket.take(1, LONGEST_WAIT), SECOND);
    }

    #[test]
    fn by_default_a_sweep_takes_a_quarter_of_parameter_stores_forty_a_second() {
        let quotas = Quotas::default();
        // 90 GetParameter and 9 GetParametersByPath in ten seconds.
        assert_eq!(quotas.looks_in(10 * SECOND), 90);
        let whole = Quotas { share: 100, ..quotas };
        assert_eq!(whole.looks_in(10 * SECOND), 363);
        // With higher throughput it is S3 that sets the pace.
        let higher = Quotas {
            parameter_store: 10_000,
            ..quotas
        };
        assert_eq!(higher.looks_in(10 * SECOND), 166);
        let least = Quotas { share: 10, ..quotas };
        assert_eq!(least.looks_in(SECOND), 3);
    }

    #[test]
    fn all_the_processes_together_make_no_more_looks_than_the_sweep_feeds_them() {
        for share in [10, 25, 100] {
            let quotas = Quotas {
                share,
                ..Quotas::default()
            };
            let bucket: Resource = "bucket:media".parse().unwrap();
            let mut slowest = Duration::ZERO;
            for service in Service::ALL {
                let price = service.requests(&bucket);
                let mut tokens = quotas.tokens(service, price);
                let mut now = Duration::ZERO;
                for _ in 0..200 {
                    now += tokens.take(price, now);
                }
                slowest = slowest.max(now);
            }
            // 180 looks beyond the burst, a tenth of the account's pace each.
            let pace = slowest / 180 / RECONCILERS;
            let fed = (100 * SECOND) / u32::try_from(quotas.looks_in(100 * SECOND)).unwrap();
            assert!(
                pace <= fed && fed < pace * 6 / 5,
                "{share} %: {pace:?} a look, fed each {fed:?}"
            );
        }
    }

    #[test]
    fn a_batch_of_ten_has_its_turn_within_a_functions_time_at_the_smallest_share() {
        let quotas = Quotas {
            share: 10,
            ..Quotas::default()
        };
        let mut tokens = quotas.tokens(Service::ParameterStore, 1);
        tokens.take(BURST, Duration::ZERO);
        let last = (0..10).map(|_| tokens.take(1, Duration::ZERO)).max();
        assert!(last.is_some_and(|last| last <= LONGEST_WAIT), "{last:?}");
    }
}
