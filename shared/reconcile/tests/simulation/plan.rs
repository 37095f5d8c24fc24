//! A plan out of a seed. Each seed leaves some kinds of trouble out, so that what one kind does is not always hidden by
//! another (Groce et al., "Swarm testing").

use crate::random::Random;
use crate::step::{
    Act, BUCKETS, Bucket, CLOUDS, Declared, Failure, KEYS, Key, Plan, Setup, Stack, Step, Travel, Write,
};
use crate::world::STALE;

/// What a plan draws from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Policy,
    Console,
    Deny,
    Markers,
    Keys,
    KeyState,
    Default,
    Notifications,
    Declaration,
    Role,
    Travel,
    Pass,
    LongPass,
    Skew,
    Invocation,
    TimeOut,
    Round,
    Throttled,
    Denied,
    LostAnswer,
    RejectWork,
    Stale,
    Race,
    Fight,
    Redrive,
    Sweep,
    Other,
}

/// How often each is drawn where it is not left out.
const KINDS: [(usize, Kind); 27] = [
    (14, Kind::Policy),
    (4, Kind::Console),
    (2, Kind::Deny),
    (6, Kind::Markers),
    (8, Kind::Keys),
    (3, Kind::KeyState),
    (3, Kind::Default),
    (5, Kind::Notifications),
    (3, Kind::Declaration),
    (2, Kind::Role),
    (7, Kind::Travel),
    (14, Kind::Pass),
    (1, Kind::LongPass),
    (3, Kind::Skew),
    (24, Kind::Invocation),
    (6, Kind::TimeOut),
    (24, Kind::Round),
    (6, Kind::Throttled),
    (2, Kind::Denied),
    (6, Kind::LostAnswer),
    (2, Kind::RejectWork),
    (5, Kind::Stale),
    (9, Kind::Race),
    (2, Kind::Fight),
    (2, Kind::Redrive),
    (3, Kind::Sweep),
    (10, Kind::Other),
];

/// What no seed goes without: time and the functions themselves.
const ALWAYS: [Kind; 4] = [Kind::Policy, Kind::Pass, Kind::Invocation, Kind::Round];

/// Calls that may fail or whose answers may be lost.
const READS: [&str; 9] = [
    "GetBucketPolicy",
    "GetParameter",
    "HeadObject",
    "HeadBucket",
    "DescribeKey",
    "GetKeyPolicy",
    "Query",
    "GetBucketEncryption",
    "GetBucketNotificationConfiguration",
];
const WRITES: [&str; 9] = [
    "PutBucketPolicy",
    "PutKeyPolicy",
    "PutObject",
    "PutBucketNotificationConfiguration",
    "PutItem",
    "DeleteItem",
    "SendMessageBatch",
    "SendMessage",
    "Publish",
];

/// The plan of a seed, of so many steps.
pub(crate) fn plan(seed: u64, length: usize) -> Plan {
    let mut random = Random::new(seed);
    let mut setup = Setup {
        seed,
        two_stacks: random.one_in(4),
        manages_notifications: random.one_in(2),
        redrives: !random.one_in(4),
        hears_all: random.one_in(5),
        fighter_stays: random.one_in(8),
    };
    setup.redrives |= setup.hears_all;
    let kinds: Vec<(usize, Kind)> = KINDS
        .into_iter()
        .filter(|(_, kind)| {
            let drawn = !random.one_in(4);
            let fits = *kind != Kind::Other || setup.two_stacks;
            // Without EventBridge nobody hears of a marker.
            let heard = *kind != Kind::Notifications || !setup.hears_all;
            fits && heard && (drawn || ALWAYS.contains(kind))
        })
        .collect();
    let mut draw = Draw {
        random,
        numbers: 0,
        hears_all: setup.hears_all,
    };
    let steps = (0..length).map(|_| draw.step(&kinds)).collect();
    Plan { setup, steps }
}

struct Draw {
    random: Random,
    /// How many statements and entries of others there were.
    numbers: u32,
    hears_all: bool,
}

impl Draw {
    fn bucket(&mut self) -> Bucket {
        Bucket(self.random.below(BUCKETS))
    }

    fn key(&mut self) -> Key {
        Key(self.random.below(KEYS))
    }

    fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    fn policy(&mut self) -> Act {
        let bucket = self.bucket();
        match self.random.below(12) {
            0..=3 => {
                let count = 1 + u32::try_from(self.random.below(3)).unwrap();
                let first = self.numbers + 1;
                self.numbers += count;
                Act::Replace {
                    bucket,
                    first,
                    count,
                    with_ours: self.random.one_in(4),
                }
            }
            4..=6 => Act::Add {
                bucket,
                number: self.number(),
            },
            7 => Act::Remove(bucket),
            8..=10 => Act::Strip(bucket),
            _ => Act::DeletePolicy(bucket),
        }
    }

    fn console(&mut self) -> Act {
        let bucket = self.bucket();
        if self.random.one_in(2) {
            Act::Open(bucket)
        } else {
            Act::Save {
                bucket,
                number: self.number(),
            }
        }
    }

    fn of_key(&mut self) -> Act {
        let key = self.key();
        match self.random.below(3) {
            0 => Act::ReplaceKey {
                key,
                number: self.number(),
            },
            1 => Act::AddToKey {
                key,
                number: self.number(),
            },
            _ => Act::StripKey(key),
        }
    }

    fn notifications(&mut self) -> Act {
        let bucket = self.bucket();
        if self.random.one_in(3) {
            Act::NotifyEventBridge(bucket)
        } else {
            Act::Notify {
                bucket,
                number: self.number(),
            }
        }
    }

    fn marker(&mut self) -> Act {
        let (bucket, cloud) = (self.bucket(), self.random.below(CLOUDS.len()));
        if self.random.one_in(4) {
            Act::PutMarker { bucket, cloud }
        } else {
            Act::DeleteMarker { bucket, cloud }
        }
    }

    /// Somebody acts on what a write of ours is about.
    fn race(&mut self) -> Step {
        let (write, act) = match self.random.below(8) {
            0..=3 => (Write::Policy, self.policy()),
            4 | 5 => (Write::KeyPolicy, self.of_key()),
            6 if !self.hears_all => (Write::Notifications, self.notifications()),
            _ => (Write::Marker, self.marker()),
        };
        if self.random.one_in(2) {
            Step::Before(write, act)
        } else {
            Step::After(write, act)
        }
    }

    fn step(&mut self, kinds: &[(usize, Kind)]) -> Step {
        let stack = if kinds.iter().any(|(_, kind)| *kind == Kind::Other) && self.random.one_in(4) {
            Stack::Other
        } else {
            Stack::Ours
        };
        match self.random.weighed(kinds) {
            Kind::Policy => Step::Act(self.policy()),
            Kind::Console => Step::Act(self.console()),
            Kind::Deny => {
                let bucket = self.bucket();
                Step::Act(if self.random.one_in(3) {
                    Act::Deny(bucket)
                } else {
                    Act::Undeny(bucket)
                })
            }
            Kind::Markers => Step::Act(self.marker()),
            Kind::Keys => Step::Act(self.of_key()),
            Kind::KeyState => {
                let key = self.key();
                let acts = [
                    (2, Act::DisableKey(key)),
                    (4, Act::EnableKey(key)),
                    (1, Act::ScheduleDeletion(key)),
                    (3, Act::CancelDeletion(key)),
                ];
                Step::Act(self.random.weighed(&acts))
            }
            Kind::Default => {
                let (bucket, key) = (self.bucket(), self.key());
                let key = (!self.random.one_in(4)).then_some(key);
                Step::Act(Act::Encrypt { bucket, key })
            }
            Kind::Notifications => Step::Act(self.notifications()),
            Kind::Declaration => {
                let bucket = self.bucket();
                let says = self.random.weighed(&[
                    (6, Declared::One),
                    (6, Declared::Two),
                    (2, Declared::Observe),
                    (2, Declared::Paused),
                    (2, Declared::Invalid),
                    (2, Declared::Gone),
                ]);
                Step::Act(Act::Declare { bucket, says })
            }
            Kind::Role => Step::Act(if self.random.one_in(3) {
                Act::BuryRole
            } else {
                Act::ReviveRole
            }),
            Kind::Travel => match self.random.below(6) {
                0 => Step::Shuffle(self.random.one_in(2)),
                1 | 2 => Step::Travel(Travel::Twice),
                3 if !self.hears_all => Step::Travel(Travel::Lost),
                _ => Step::Travel(Travel::Late(self.random.pick(&[5, 45, 400, 3600]))),
            },
            Kind::Pass => Step::Pass(self.random.pick(&[1, 7, 31, 31, 61, 120, 301, 361, 900])),
            Kind::LongPass => Step::Pass(self.random.pick(&[3600, 7200, 86_400])),
            Kind::Skew => Step::Skew(stack, self.random.pick(&[0, 0, 2, -2, 90, -90, 3600, -3600])),
            Kind::Invocation => {
                let which = self.random.below(8);
                match self.random.below(8) {
                    0 => Step::Route(stack, 1 + self.random.below(10)),
                    1..=3 => Step::Reconcile(stack, 1 + self.random.below(10)),
                    4 | 5 => Step::Turn {
                        which,
                        turns: 1 + self.random.below(24),
                    },
                    _ => Step::Finish(which),
                }
            }
            Kind::TimeOut => {
                if self.random.one_in(2) {
                    Step::CutOff(self.random.pick(&WRITES))
                } else {
                    Step::TimeOut(self.random.below(8))
                }
            }
            Kind::Round => Step::Round(stack),
            Kind::Throttled => {
                let operation = if self.random.one_in(2) {
                    self.random.pick(&READS)
                } else {
                    self.random.pick(&WRITES)
                };
                let times = self.random.pick(&[1, 1, 2, 8]);
                Step::Fail {
                    operation,
                    times,
                    failure: Failure::Throttled,
                }
            }
            Kind::Denied => {
                // Of the guardian's own books nothing is ever refused for good: that would be a stack without its rights.
                let operation = if self.random.one_in(2) {
                    self.random.pick(&[
                        "GetBucketPolicy",
                        "GetKeyPolicy",
                        "DescribeKey",
                        "HeadObject",
                        "GetBucketNotificationConfiguration",
                    ])
                } else {
                    self.random.pick(&WRITES[..4])
                };
                Step::Fail {
                    operation,
                    times: 1,
                    failure: Failure::Denied,
                }
            }
            Kind::LostAnswer => Step::LoseAnswer(self.random.pick(&WRITES)),
            Kind::RejectWork => Step::RejectWork(self.random.below(3)),
            Kind::Stale => {
                let reads = u32::try_from(self.random.below(1 + STALE as usize)).unwrap();
                if self.random.one_in(3) {
                    Step::StaleKey {
                        key: self.key(),
                        reads,
                    }
                } else {
                    Step::Stale {
                        bucket: self.bucket(),
                        reads,
                    }
                }
            }
            Kind::Race => self.race(),
            Kind::Fight => Step::Fight {
                bucket: self.bucket(),
                times: self.random.pick(&[2, 6, 20]),
            },
            Kind::Redrive => Step::Redrive,
            Kind::Sweep => Step::Sweep(stack),
            Kind::Other => match self.random.below(4) {
                0 => Step::Sweep(Stack::Other),
                1 => Step::Reconcile(Stack::Other, 10),
                _ => Step::Round(Stack::Other),
            },
        }
    }
}
