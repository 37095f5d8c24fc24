//! Executions of the census's state machine.

use guardian_core::call::CallError;
use guardian_core::name::BucketName;
use guardian_reconcile::seam::{Censuses, Start};

use crate::Model;
use crate::operation::Operation;

/// An execution that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// The bucket it walks over.
    pub bucket: BucketName,
    /// Its name.
    pub name: String,
}

impl Censuses for Model {
    async fn start_census(&self, bucket: &BucketName, name: &str) -> Result<Start, CallError> {
        self.call(Operation::StartExecution, format!("{bucket}/{name}"), |state| {
            // A standard workflow of the same name and input is one and the same while it runs, and cannot be started
            // again once it ran (Step Functions API Reference, StartExecution); the seam makes both a success. Nobody
            // carries an execution out here: it is over at once.
            if !state.names_of_executions.insert(name.to_owned()) {
                return Ok(Start::Over);
            }
            state.executions.push(Execution {
                bucket: bucket.clone(),
                name: name.to_owned(),
            });
            Ok(Start::UnderWay)
        })
        .await
    }
}

impl Model {
    /// The executions that were started since they were last taken, in order.
    #[must_use]
    pub fn take_executions(&self) -> Vec<Execution> {
        self.change(|state| std::mem::take(&mut state.executions))
    }
}
