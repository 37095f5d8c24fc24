//! What is counted: one table of the metrics, and what of them a batch comes to. No clock, no output; what writes them is
//! [`Telemetry`](crate::Telemetry).

use guardian_core::alert::TransitionKind;
use guardian_core::finding::{Code, Severity, Verdict};
use guardian_core::name::Resource;
use guardian_reconcile::{FleetCounts, Report};

/// The namespace of all of them.
pub const NAMESPACE: &str = "CloudinaryGuardian";
/// The dimension that each of them has, so that two stacks of one account and Region do not mix: the stack's name.
pub const STACK: &str = "Stack";

/// The value of [`By::Function`] for the router.
pub const ROUTER: &str = "router";
/// The value of [`By::Function`] for the reconciler.
pub const RECONCILER: &str = "reconciler";

/// What is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Seconds.
    Seconds,
}

impl Unit {
    /// The unit as CloudWatch writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Seconds => "Seconds",
        }
    }
}

/// How the values of one invocation go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// They are added up, and nothing is written where there was none: read with `Sum`.
    Count,
    /// Each is written, zero too: read with `Maximum` or a percentile.
    Value,
}

/// A dimension beside the stack. Each has a small, fixed set of values: CloudWatch charges for every one that occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Which function.
    Function,
    /// The code of a finding.
    Code,
    /// The severity of an incident.
    Severity,
    /// The verdict on a bucket.
    Verdict,
}

impl By {
    /// The dimension's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Function => "Function",
            Self::Code => "Code",
            Self::Severity => "Severity",
            Self::Verdict => "Verdict",
        }
    }

    /// Every value there can be.
    #[must_use]
    pub fn values(self) -> Vec<&'static str> {
        match self {
            Self::Function => vec![ROUTER, RECONCILER],
            Self::Code => Code::ALL.iter().map(|code| code.as_str()).collect(),
            Self::Severity => Severity::ALL
                .iter()
                .rev()
                .map(|severity| severity.as_str())
                .collect(),
            Self::Verdict => Verdict::ALL.iter().map(|verdict| verdict.as_str()).collect(),
        }
    }
}

macro_rules! metrics {
    ($($name:ident $unit:ident $kind:ident $by:expr, $meaning:literal;)*) => {
        /// A metric.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Metric {
            $(#[doc = $meaning] $name,)*
        }

        impl Metric {
            /// Every metric.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name in CloudWatch.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The unit.
            #[must_use]
            pub const fn unit(self) -> Unit {
                match self { $(Self::$name => Unit::$unit,)* }
            }

            /// How its values go together.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)* }
            }

            /// The dimension beside the stack, where there is one.
            #[must_use]
            pub const fn by(self) -> Option<By> {
                match self { $(Self::$name => $by,)* }
            }

            /// What it tells.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }
        }
    };
}

metrics! {
    Buckets Count Value Some(By::Verdict),
        "How many declared buckets Cloudinary can read, and how many it cannot or perhaps cannot. Counted by every sweep \
         from how each bucket stood after its last look; one that no look has come to an end on is `unknown`. None is \
         written while nothing was looked at yet.";
    OpenIncidents Count Value Some(By::Severity),
        "How many incidents are open. Counted together with `Buckets`; an incident of a key that several buckets need is \
         one.";
    Heartbeat Count Count None,
        "A sweep queued everything that is declared. If it stays away, nothing that no event tells is noticed.";
    Checks Count Count None,
        "A look at a bucket or a key that came to a verdict.";
    Findings Count Count Some(By::Code),
        "A look found this; each further look that still finds it counts again. What a look found and repaired counts too.";
    Repairs Count Count None,
        "A repair was written and seen to be there.";
    RepairTime Seconds Value None,
        "From the time in the event to the end of the look that repaired, for each look that an event led to and that \
         repaired something. A sweep does not know since when something was broken, and counts for nothing here.";
    RepairFailures Count Count None,
        "AWS refused a repair for good, so that a person has to make it possible. What is refused again counts again.";
    Flaps Count Count None,
        "People were told that something undoes the same repair again and again (`flapping`).";
    Failures Count Count Some(By::Function),
        "A message was handed back to its queue, because a call failed that may well succeed later. After five times it \
         goes to the dead-letter queue.";
    AwsCalls Count Count None,
        "A request that the reconciler sent to AWS, retries included. Divided by `Checks`, what a check costs.";
    Throttles Count Count None,
        "A request, of any function, that AWS refused for the rate of requests; most are tried again up to twice within the \
         invocation.";
}

impl Metric {
    /// The names of its dimensions.
    #[must_use]
    pub fn dimensions(self) -> Vec<&'static str> {
        std::iter::once(STACK).chain(self.by().map(By::name)).collect()
    }

    /// How many metrics in CloudWatch's count this can become: one for each value of its dimension.
    #[must_use]
    pub fn at_most(self) -> usize {
        self.by().map_or(1, |by| by.values().len())
    }
}

/// One number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datum {
    /// Of which metric.
    pub metric: Metric,
    /// Of which value of the metric's dimension, where it has one.
    pub of: Option<&'static str>,
    /// How much.
    pub value: u32,
}

impl Datum {
    fn new(metric: Metric, of: Option<&'static str>, value: impl TryInto<u32>) -> Self {
        let value = value.try_into().unwrap_or(u32::MAX);
        Self { metric, of, value }
    }
}

/// What a batch of the work queue came to: its reports, how many messages were handed back, and how many requests it took.
#[must_use]
pub fn of_reconciles(reports: &[Report], failed: usize, calls: usize, throttled: u64) -> Vec<Datum> {
    let mut data = Vec::new();
    for report in reports {
        let is_check = matches!(report.resource, Resource::Bucket(_) | Resource::Key(_));
        if is_check && report.verdict.is_some() {
            data.push(Datum::new(Metric::Checks, None, 1_u32));
        }
        let is_bucket = matches!(report.resource, Resource::Bucket(_));
        // What a bucket's look found on a key is told, and counted, by the key's own.
        let found = report.findings.iter();
        let found = found.filter(|finding| !(is_bucket && finding.subject.key().is_some()));
        data.extend(found.map(|finding| Datum::new(Metric::Findings, Some(finding.code.as_str()), 1_u32)));
        data.push(Datum::new(Metric::Repairs, None, report.repairs.len()));
        data.push(Datum::new(Metric::RepairFailures, None, report.refused));
        let flaps = report.said.iter();
        let flaps = flaps.filter(|said| said.code == Code::Flapping && said.kind == TransitionKind::NeedsYou);
        data.push(Datum::new(Metric::Flaps, None, flaps.count()));
        if let Some(time) = report.healed_after {
            data.push(Datum::new(Metric::RepairTime, None, time.as_secs()));
        }
        if report.ends_sweep {
            data.push(Datum::new(Metric::Heartbeat, None, 1_u32));
        }
        data.extend(report.fleet.iter().flat_map(of_fleet));
    }
    data.push(Datum::new(Metric::AwsCalls, None, calls));
    data.push(Datum::new(Metric::Failures, Some(RECONCILER), failed));
    data.extend(of_requests(throttled));
    without_nothing(data)
}

/// What a batch of the ingest queue came to.
#[must_use]
pub fn of_routes(failed: usize, throttled: u64) -> Vec<Datum> {
    let mut data = vec![Datum::new(Metric::Failures, Some(ROUTER), failed)];
    data.extend(of_requests(throttled));
    without_nothing(data)
}

/// What a step of a walk came to.
#[must_use]
pub fn of_step(throttled: u64) -> Vec<Datum> {
    without_nothing(of_requests(throttled).collect())
}

fn of_requests(throttled: u64) -> impl Iterator<Item = Datum> {
    std::iter::once(Datum::new(Metric::Throttles, None, throttled))
}

/// All of them, also where there is none: that there is none is what one wants to see.
fn of_fleet(counts: &FleetCounts) -> Vec<Datum> {
    let buckets = Verdict::ALL.iter().map(|verdict| {
        let count = counts.buckets.get(verdict).copied().unwrap_or_default();
        Datum::new(Metric::Buckets, Some(verdict.as_str()), count)
    });
    let incidents = Severity::ALL.iter().rev().map(|severity| {
        let count = counts.incidents.get(severity).copied().unwrap_or_default();
        Datum::new(Metric::OpenIncidents, Some(severity.as_str()), count)
    });
    buckets.chain(incidents).collect()
}

fn without_nothing(mut data: Vec<Datum>) -> Vec<Datum> {
    data.retain(|datum| datum.value > 0 || datum.metric.kind() == Kind::Value);
    data
}
