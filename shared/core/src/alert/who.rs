//! Who did it, in a line.

use crate::cause::Actor;

/// Who did it, in a line. The words of the event stand in it as they came: every body makes them harmless in its
/// own way.
#[must_use]
pub fn describe_actor(actor: Option<&Actor>) -> String {
    let Some(actor) = actor else {
        return "not named by the event".to_owned();
    };
    let mut text = actor
        .principal
        .clone()
        .unwrap_or_else(|| "an unnamed principal".to_owned());
    if let Some(tool) = &actor.tool {
        text.push_str(&format!(" with {tool}"));
    }
    if let Some(address) = &actor.address {
        text.push_str(&format!(" from {address}"));
    }
    text
}
