//! The notification configuration of a bucket: whom S3 tells of its objects.
//!
//! PutBucketNotificationConfiguration "replaces the existing notification configuration with the configuration you
//! include in the request body" (S3 API Reference). What somebody else put there goes back as the very text it came in,
//! with one element more; and only where every part of it is one that the API's documentation knows.

mod part;

pub use part::EVENTS;

use std::fmt;

use roxmltree::{Document, Node};
use sha2::{Digest, Sha256};

use part::{Part, unfamiliar};

/// The name of the whole document.
const ROOT: &str = "NotificationConfiguration";
/// The element that turns EventBridge on. It is empty (S3 API Reference, EventBridgeConfiguration).
const EVENT_BRIDGE: &str = "EventBridgeConfiguration";

/// Why a text is no notification configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotificationsError {
    /// It is no well-formed XML.
    #[error("not well-formed: {0}")]
    Malformed(String),
    /// It is a document of another kind.
    #[error("the document is a `{0}`")]
    Other(String),
}

/// A notification configuration, as S3 gave it.
#[derive(Debug, Clone)]
pub struct Notifications {
    text: String,
    event_bridge: bool,
    /// Everything but EventBridge, in one order whichever it came in.
    others: Vec<Part>,
    unfamiliar: Vec<String>,
}

impl PartialEq for Notifications {
    /// Whether the two mean the same, whatever the order of their parts.
    fn eq(&self, other: &Self) -> bool {
        self.event_bridge == other.event_bridge && self.keeps_all_of(other) && other.keeps_all_of(self)
    }
}

impl Eq for Notifications {}

impl Notifications {
    /// Reads a configuration as it came from S3.
    ///
    /// # Errors
    ///
    /// If it is not well-formed, or no notification configuration.
    pub fn parse(text: &str) -> Result<Self, NotificationsError> {
        let document =
            Document::parse(text).map_err(|error| NotificationsError::Malformed(error.to_string()))?;
        let root = document.root_element();
        if root.tag_name().name() != ROOT {
            return Err(NotificationsError::Other(root.tag_name().name().to_owned()));
        }
        let is_event_bridge = |node: &Node<'_, '_>| node.tag_name().name() == EVENT_BRIDGE;
        let elements = || root.children().filter(Node::is_element);
        let mut others: Vec<Part> = elements()
            .filter(|node| !is_event_bridge(node))
            .map(Part::of)
            .collect();
        others.sort();
        Ok(Self {
            text: text.to_owned(),
            event_bridge: elements().any(|node| is_event_bridge(&node)),
            others,
            unfamiliar: unfamiliar(root),
        })
    }

    /// The configuration of a bucket that notifies nobody.
    #[must_use]
    pub fn none() -> Self {
        Self {
            text: format!("<{ROOT} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>"),
            event_bridge: false,
            others: Vec::new(),
            unfamiliar: Vec::new(),
        }
    }

    /// The text, as it came or as it is to be sent.
    #[must_use]
    pub fn as_xml(&self) -> &str {
        &self.text
    }

    /// Whether S3 tells EventBridge of the bucket's objects.
    #[must_use]
    pub fn tells_event_bridge(&self) -> bool {
        self.event_bridge
    }

    /// Whom S3 tells besides, each in a line: the destination, and the id of the entry.
    #[must_use]
    pub fn others(&self) -> Vec<String> {
        self.others.iter().map(Part::in_a_line).collect()
    }

    /// The entries of `other` that are not here, each in a line.
    #[must_use]
    pub fn lost_of(&self, other: &Self) -> Vec<String> {
        let mut mine: Vec<&Part> = self.others.iter().collect();
        let mut lost = Vec::new();
        for part in &other.others {
            match mine.iter().position(|known| *known == part) {
                Some(found) => drop(mine.swap_remove(found)),
                None => lost.push(part.in_a_line()),
            }
        }
        lost
    }

    fn keeps_all_of(&self, other: &Self) -> bool {
        self.lost_of(other).is_empty()
    }

    /// The same with EventBridge turned on; every other byte stays.
    ///
    /// # Errors
    ///
    /// What stands in the configuration and is not in the API's documentation, so that nobody knows whether it may be sent
    /// back as it came.
    pub fn with_event_bridge(&self) -> Result<Self, Vec<String>> {
        if !self.unfamiliar.is_empty() {
            return Err(self.unfamiliar.clone());
        }
        let turned_on = self.inserted().and_then(|text| Self::parse(&text).ok());
        turned_on
            .filter(|new| new.event_bridge && new.unfamiliar.is_empty() && new.keeps_all_of(self))
            .ok_or_else(|| vec!["the document cannot be added to".to_owned()])
    }

    fn inserted(&self) -> Option<String> {
        let document = Document::parse(&self.text).ok()?;
        let range = document.root_element().range();
        let (before, rest) = self.text.split_at_checked(range.start)?;
        let (root, after) = rest.split_at_checked(range.len())?;
        let root = match root.strip_suffix("/>") {
            Some(start) => format!("{start}><{EVENT_BRIDGE}></{EVENT_BRIDGE}></{ROOT}>"),
            None => {
                let (start, end) = root.split_at_checked(root.rfind("</")?)?;
                format!("{start}<{EVENT_BRIDGE}></{EVENT_BRIDGE}>{end}")
            }
        };
        Some(format!("{before}{root}{after}"))
    }

    /// A hash of what it means, the same whatever the order of its parts.
    #[must_use]
    pub fn canonical_hash(&self) -> String {
        let hash = Sha256::digest(format!("{} {:?}", self.event_bridge, self.others));
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for Notifications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
