//! Everything the model remembers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use guardian_core::alert::Notice;
use guardian_core::moment::Moment;
use guardian_core::name::{BucketName, KeyArn, Resource};
use guardian_core::observation::PublicAccessBlock;
use guardian_reconcile::seam::Entry;

use crate::bucket::Bucket;
use crate::events::delivery::Courier;
use crate::executions::Execution;
use crate::eyes::Eyes;
use crate::faults::Faults;
use crate::journal::Call;
use crate::key::Key;
use crate::policy::directory::Directory;
use crate::queues::Queues;
use crate::random::Random;
use crate::who::{Caller, Who};

/// The account and Region that the guardian runs in.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) partition: String,
}

/// How much fits on a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageSizes {
    pub(crate) objects: usize,
    pub(crate) buckets: usize,
    pub(crate) parameters: usize,
    pub(crate) entries: usize,
}

pub(crate) struct State {
    pub(crate) home: Home,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
    pub(crate) random: Random,
    pub(crate) directory: Directory,
    pub(crate) buckets: BTreeMap<BucketName, Bucket>,
    pub(crate) account_blocks: BTreeMap<String, PublicAccessBlock>,
    pub(crate) keys: BTreeMap<KeyArn, Key>,
    /// Alias ARN to key.
    pub(crate) aliases: BTreeMap<String, KeyArn>,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) ledger: BTreeMap<Resource, BTreeMap<String, Entry>>,
    /// The last version that any item of the ledger was given.
    pub(crate) ledger_version: u64,
    pub(crate) queues: Queues,
    pub(crate) notices: Vec<Notice>,
    pub(crate) executions: Vec<Execution>,
    pub(crate) names_of_executions: BTreeSet<String>,
    /// The guardian's stack and the trails, once one is deployed; before that every event travels.
    pub(crate) eyes: Option<Eyes>,
    pub(crate) courier: Courier,
    /// CloudTrail's event history, oldest first: management calls of this Region, which arrive there whatever
    /// becomes of their events.
    pub(crate) history: VecDeque<String>,
    pub(crate) journal: Vec<Call>,
    pub(crate) faults: Faults,
    pub(crate) pages: PageSizes,
    /// Whether refused requests of outsiders leave a record too.
    pub(crate) records_failures: bool,
    /// Whether the stack has rules for new objects.
    pub(crate) watches_objects: bool,
    /// Whether a trail records data events.
    pub(crate) records_data: bool,
    /// Queues, topics and functions that S3 may send notifications to.
    pub(crate) destinations: BTreeSet<String>,
    /// Those that got a test message.
    pub(crate) test_messages: Vec<String>,
}

impl State {
    pub(crate) fn new(seed: u64, account: &str, region: &str) -> Self {
        let partition = match region {
            chinese if chinese.starts_with("cn-") => "aws-cn",
            government if government.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        Self {
            home: Home {
                account: account.to_owned(),
                region: region.to_owned(),
                partition: partition.to_owned(),
            },
            // 2026-11-23T10:15:00Z
            now: 1_795_428_900_000,
            random: Random::new(seed),
            directory: Directory::new(partition),
            buckets: BTreeMap::new(),
            account_blocks: BTreeMap::new(),
            keys: BTreeMap::new(),
            aliases: BTreeMap::new(),
            parameters: BTreeMap::new(),
            ledger: BTreeMap::new(),
            ledger_version: 0,
            queues: Queues::default(),
            notices: Vec::new(),
            executions: Vec::new(),
            names_of_executions: BTreeSet::new(),
            eyes: None,
            courier: Courier::default(),
            history: VecDeque::new(),
            journal: Vec::new(),
            faults: Faults::default(),
            // What the services give at most, the ledger aside (a page of DynamoDB is 1 MB).
            pages: PageSizes {
                objects: 1000,
                buckets: 10_000,
                parameters: 10,
                entries: 100,
            },
            records_failures: false,
            watches_objects: false,
            records_data: false,
            destinations: BTreeSet::new(),
            test_messages: Vec::new(),
        }
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment::from_unix(self.now.div_euclid(1000))
    }

    /// Who calls through the seams.
    pub(crate) fn guardian(&self) -> Caller {
        Who::guardian().resolve(&self.home.account, &self.home.partition)
    }
}
