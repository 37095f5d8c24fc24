//! Which changes are let through.

use guardian_policy::{
    Merge, MergeError, PolicyDocument, PolicyKind, Publicness, StatementChange, foreign_statements_kept,
    is_public, writable,
};

use crate::judge::{Asked, improves};
use crate::settings::Settings;

/// Why a change is not made.
pub(super) enum Refusal {
    /// The service would refuse the document.
    Unwritable(Vec<String>),
    /// It would change nothing for the better as long as something else stands in the way.
    NoHelp,
}

pub(super) struct Vetted<'a> {
    pub(super) kind: PolicyKind,
    pub(super) before: Option<&'a PolicyDocument>,
    pub(super) merged: Result<Merge, MergeError>,
    /// `None`: not known.
    pub(super) block_public_policy: Option<bool>,
    pub(super) settings: &'a Settings,
    pub(super) questions: &'a [Asked],
}

/// Lets a merged document through only if the service would take it, every foreign statement is the same
/// before and after, and it makes an answer better and none worse.
pub(super) fn vet(vetted: Vetted<'_>) -> Result<(PolicyDocument, StatementChange), Refusal> {
    let unwritable = |reason: String| Refusal::Unwritable(vec![reason]);
    let (after, change) = match vetted.merged {
        Ok(Merge::Changed { document, change }) => (document, change),
        Ok(Merge::Unchanged) | Err(MergeError::DeniedThroughout { .. }) => return Err(Refusal::NoHelp),
        Err(error) => return Err(unwritable(error.to_string())),
    };
    if !foreign_statements_kept(vetted.before, &after, &change) {
        return Err(unwritable(
            "the change would not leave every other statement as it is".to_owned(),
        ));
    }
    let public = vetted.kind == PolicyKind::Bucket && !matches!(is_public(&after), Publicness::NotPublic);
    if public && vetted.block_public_policy.is_none() {
        return Err(unwritable(
            "the policy may be public, and Block Public Access could not be read".to_owned(),
        ));
    }
    let block = vetted.block_public_policy.unwrap_or(false);
    let reasons = writable(&after, vetted.kind, block, Some(vetted.settings.account.as_str()));
    if !reasons.is_empty() {
        return Err(Refusal::Unwritable(
            reasons.iter().map(ToString::to_string).collect(),
        ));
    }
    let account = vetted.settings.cloudinary_account.as_str();
    if improves(vetted.kind, account, vetted.questions, vetted.before, &after) {
        Ok((after, change))
    } else {
        Err(Refusal::NoHelp)
    }
}
