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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Who, done};

    fn media() -> BucketName {
        "media".parse().unwrap()
    }

    #[test]
    fn a_declaration_is_read_as_it_was_written_whatever_it_says() {
        let model = Model::new(1);
        assert_eq!(done(model.get_declaration(&media())), Ok(None));
        model.declare(&media(), "{nonsense");
        assert_eq!(
            done(model.get_declaration(&media())),
            Ok(Some("{nonsense".to_owned()))
        );
        assert_eq!(model.events().len(), 0, "a builder leaves no event");
    }

    #[test]
    fn declarations_come_in_pages_of_ten() {
        let model = Model::new(1);
        for n in 0..12 {
            model.declare_text(&format!("b-{n:02}"), "{}");
        }
        model.declare_text("deeper/down", "{}");
        let first = done(model.list_declarations(None)).unwrap();
        assert_eq!(
            (first.parameters.len(), first.next.as_deref()),
            (10, Some("b-09"))
        );
        let last = done(model.list_declarations(first.next.as_deref())).unwrap();
        let names: Vec<&str> = last
            .parameters
            .iter()
            .map(|parameter| parameter.bucket.as_str())
            .collect();
        assert_eq!((names, last.next), (vec!["b-10", "b-11"], None));
    }

    #[test]
    fn a_parameter_holds_at_most_four_kilobytes() {
        let model = Model::new(1);
        let ana = model.act_as(Who::cli("ana"));
        assert!(ana.put_parameter("media", &"a".repeat(4097)).is_err());
        assert!(ana.put_parameter("media", &"a".repeat(4096)).is_ok());
        assert!(ana.delete_parameter("none").is_err());
    }
}
