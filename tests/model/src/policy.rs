//! The model's own reading of policy documents, on plain JSON.
//!
//! On purpose nothing here is shared with `guardian-policy`: a mistake in the product must not be mirrored in
//! the thing it is tried on. It answers for one principal and one request, as AWS does, where the product
//! reasons about sets of them.

pub(crate) mod access;
pub(crate) mod condition;
pub(crate) mod directory;
pub(crate) mod document;
pub(crate) mod public;
pub(crate) mod rewrite;
pub(crate) mod stored;
pub(crate) mod validity;
