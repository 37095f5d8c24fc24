//! Parameter Store: the declarations.

use guardian_core::call::CallError;
use guardian_core::name::BucketName;
use guardian_reconcile::seam::{Declarations, Parameter, ParameterPage};

use crate::Model;
use crate::events::trail::Trail;
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::state::State;
use crate::who::Caller;

/// Where the declarations lie.
pub(crate) const DECLARATIONS: &str = "/cloudinary-guardian/buckets/";

/// "The maximum size of a parameter value is 4 KB" (Systems Manager User Guide, standard tier).
const VALUE_LIMIT: usize = 4096;

impl State {
    /// PutParameter with `Overwrite`.
    pub(crate) fn put_parameter(&mut self, caller: &Caller, name: &str, value: &str) -> Result<(), Refusal> {
        let outcome = if value.is_empty() || value.len() > VALUE_LIMIT {
            let words = "Standard tier parameters support a maximum parameter value of 4096 characters.";
            Err(Refusal::other("ValidationException", words))
        } else {
            Ok(())
        };
        let outcome = self.record(caller, Trail::put_parameter(name, value), outcome);
        if outcome.is_ok() {
            let replaced = self.parameters.insert(name.to_owned(), value.to_owned());
            self.parameter_changed(name, if replaced.is_some() { "Update" } else { "Create" });
        }
        outcome
    }

    /// DeleteParameter.
    pub(crate) fn delete_parameter(&mut self, caller: &Caller, name: &str) -> Result<(), Refusal> {
        let outcome = match self.parameters.remove(name) {
            Some(_) => Ok(()),
            None => Err(Refusal::other(
                "ParameterNotFound",
                format!("Parameter {name} not found."),
            )),
        };
        let outcome = self.record(caller, Trail::delete_parameter(name), outcome);
        if outcome.is_ok() {
            self.parameter_changed(name, "Delete");
        }
        outcome
    }
}

impl Declarations for Model {
    async fn get_declaration(&self, bucket: &BucketName) -> Result<Option<String>, CallError> {
        let name = format!("{DECLARATIONS}{bucket}");
        self.call(Operation::GetParameter, name.clone(), |state| {
            Ok(state.parameters.get(&name).cloned())
        })
        .await
    }

    /// In the order of the names, at most ten a page (Systems Manager API Reference, GetParametersByPath).
    async fn list_declarations(&self, next: Option<&str>) -> Result<ParameterPage, CallError> {
        self.call(Operation::GetParametersByPath, DECLARATIONS, |state| {
            let mut below = state.parameters.iter().filter_map(|(name, text)| {
                let bucket = name
                    .strip_prefix(DECLARATIONS)
                    .filter(|bucket| !bucket.contains('/'))?;
                next.is_none_or(|next| bucket > next).then(|| Parameter {
                    bucket: bucket.to_owned(),
                    text: text.clone(),
                })
            });
            let parameters: Vec<Parameter> = below.by_ref().take(state.pages.parameters).collect();
            let next = below
                .next()
                .and_then(|_| parameters.last().map(|last| last.bucket.clone()));
            Ok(ParameterPage { parameters, next })
        })
        .await
    }
}
