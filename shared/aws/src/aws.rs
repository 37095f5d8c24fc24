//! The one value that stands behind all seams.

use guardian_core::call::CallError;
use guardian_core::name::AccountId;
use guardian_core::quota::Quotas;

use crate::calls::Call;
use crate::clients::Clients;
use crate::connect::Connection;
use crate::error::not_configured;
use crate::pace::Pace;

/// The stack's own things. The operator tool needs none of them; a function that misses one gets an error
/// from the call that wanted it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stack {
    /// The name of the ledger's table.
    pub table: Option<String>,
    /// The ARN of the topic that people are told through.
    pub topic_arn: Option<String>,
    /// The URL of the FIFO work queue.
    pub work_queue_url: Option<String>,
    /// The URL of the ingest queue.
    pub ingest_queue_url: Option<String>,
    /// The ARN of the state machine that walks over every object of a bucket.
    pub census_state_machine: Option<String>,
}

/// AWS behind the seams, through the SDK.
#[derive(Debug)]
pub struct Aws {
    clients: Clients,
    account: AccountId,
    stack: Stack,
    pace: Option<Pace>,
}

impl Aws {
    /// AWS over `connection`, for the buckets of `account`: S3 refuses every call on a bucket that belongs to
    /// someone else.
    #[must_use]
    pub fn new(connection: Connection, account: AccountId, stack: Stack) -> Self {
        Self {
            clients: Clients::new(connection),
            account,
            stack,
            pace: None,
        }
    }

    /// Has the looks of a sweep keep to a share of the account's quotas.
    #[must_use]
    pub fn at_pace(mut self, quotas: Option<Quotas>) -> Self {
        self.pace = quotas.map(Pace::of);
        self
    }

    pub(crate) fn pace(&self) -> Option<&Pace> {
        self.pace.as_ref()
    }

    /// Gets ready what every look at a bucket needs: certificates are read and clients built while the function starts,
    /// when Lambda is seen to give it more of a processor than the share of its memory, and not with the first event. That is
    /// two thirds of what a first look costs. Clients that only some looks need come when they are needed.
    pub fn get_ready_for_looks(&self) {
        let _ready = (
            self.clients.dynamodb(),
            self.clients.ssm(),
            self.clients.s3(),
            self.clients.sqs(),
        );
    }

    /// The same for what every routing of an event needs.
    pub fn get_ready_for_routing(&self) {
        let _ready = (self.clients.sqs(), self.clients.dynamodb());
    }

    /// The account whose buckets these are.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The connection below.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        self.clients.connection()
    }

    /// The calls sent so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.connection().calls().calls()
    }

    /// The calls sent since they were last taken.
    #[must_use]
    pub fn take_calls(&self) -> Vec<Call> {
        self.connection().calls().take()
    }

    /// How many requests AWS throttled since this was last asked.
    #[must_use]
    pub fn take_throttled(&self) -> u64 {
        self.connection().calls().take_throttled()
    }

    pub(crate) fn clients(&self) -> &Clients {
        &self.clients
    }

    pub(crate) fn table(&self, operation: &'static str) -> Result<&str, CallError> {
        self.stack
            .table
            .as_deref()
            .ok_or_else(|| not_configured(operation, "the ledger's table"))
    }

    pub(crate) fn topic_arn(&self, operation: &'static str) -> Result<&str, CallError> {
        self.stack
            .topic_arn
            .as_deref()
            .ok_or_else(|| not_configured(operation, "the topic"))
    }

    pub(crate) fn work_queue_url(&self, operation: &'static str) -> Result<&str, CallError> {
        self.stack
            .work_queue_url
            .as_deref()
            .ok_or_else(|| not_configured(operation, "the work queue"))
    }

    pub(crate) fn ingest_queue_url(&self, operation: &'static str) -> Result<&str, CallError> {
        self.stack
            .ingest_queue_url
            .as_deref()
            .ok_or_else(|| not_configured(operation, "the ingest queue"))
    }

    pub(crate) fn census_state_machine(&self, operation: &'static str) -> Result<&str, CallError> {
        self.stack
            .census_state_machine
            .as_deref()
            .ok_or_else(|| not_configured(operation, "the census state machine"))
    }
}
