//! What the fuzz targets do with their bytes. The targets in `/fuzz` are one line each around these
//! functions, and `tests/corpus.rs` replays the committed corpus through the same code.

use guardian_policy::{PolicyDocument, PolicyKind};
use serde_json::Value;

mod choices;
mod equivalence;
mod evaluation;
mod merging;
mod parsing;
mod worlds;

use choices::Choices;

/// One target: takes any bytes, and panics where something that must hold does not.
pub(crate) type Target = fn(&[u8]);

pub(crate) const TARGETS: [(&str, Target); 4] = [
    ("parse", parsing::parse),
    ("evaluate", evaluation::evaluate),
    ("equivalence", equivalence::equivalence),
    ("merge", merging::merge),
];

fn kind(choices: &mut Choices<'_>) -> PolicyKind {
    choices.pick(&[
        PolicyKind::Bucket,
        PolicyKind::Bucket,
        PolicyKind::Key,
        PolicyKind::ResourceControl,
    ])
}

fn read(value: &Value) -> PolicyDocument {
    match PolicyDocument::parse(&value.to_string()) {
        Ok(document) => document,
        Err(error) => panic!("{error}\n{value}"),
    }
}

/// A document: the text that is left from its first brace, or made from the bytes that are left.
fn document(mut choices: Choices<'_>, kind: PolicyKind) -> Option<PolicyDocument> {
    if choices.one_in(2) {
        let text = String::from_utf8_lossy(choices.bytes);
        PolicyDocument::parse(text.get(text.find('{')?..)?).ok()
    } else {
        Some(read(&worlds::policy(&mut choices, kind)))
    }
}
