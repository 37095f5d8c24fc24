//! The parts of a notification configuration, and which of them are known.

use roxmltree::Node;

/// The events that the API knows (S3 API Reference, QueueConfiguration, Event; S3 User Guide, "Supported event types").
pub const EVENTS: &[&str] = &[
    "s3:IntelligentTiering",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:LifecycleTransition",
    "s3:ObjectAcl:Put",
    "s3:ObjectAnnotation:*",
    "s3:ObjectAnnotation:Delete",
    "s3:ObjectAnnotation:Put",
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Put",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:ObjectRestore:Post",
    "s3:ObjectRetention:Put",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Delete",
    "s3:ObjectTagging:Put",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationNotTracked",
    "s3:Replication:OperationReplicatedAfterThreshold",
];

/// The entries for one destination each: the element, what holds the destination's ARN, and what people call it.
const ENTRIES: [(&str, &str, &str); 3] = [
    ("TopicConfiguration", "Topic", "topic"),
    ("QueueConfiguration", "Queue", "queue"),
    ("CloudFunctionConfiguration", "CloudFunction", "function"),
];

/// The namespace of S3's documents; some that speak its language leave it out.
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// An element and what is in it, in one order whichever it came in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    parts: Vec<Part>,
}

impl Part {
    pub(super) fn of(node: Node<'_, '_>) -> Self {
        let mut parts: Vec<Self> = node.children().filter(Node::is_element).map(Self::of).collect();
        parts.sort();
        let mut attributes: Vec<(String, String)> = node
            .attributes()
            .map(|attribute| (attribute.name().to_owned(), attribute.value().to_owned()))
            .collect();
        attributes.sort();
        let text = own_text(node);
        let name = node.tag_name().name();
        Self {
            name: name.to_owned(),
            attributes,
            text: match name {
                // S3 takes `prefix` and `suffix`, and answers `Prefix` and `Suffix`.
                "Name" => text.to_ascii_lowercase(),
                _ => text,
            },
            parts,
        }
    }

    fn first(&self, name: &str) -> Option<&str> {
        let part = self.parts.iter().find(|part| part.name == name)?;
        Some(&part.text)
    }

    /// The destination and the id, for people.
    pub(super) fn in_a_line(&self) -> String {
        let known = ENTRIES.iter().find(|(name, ..)| *name == self.name);
        let Some((_, destination, kind)) = known else {
            return self.name.clone();
        };
        let mut line = format!("{kind} {}", self.first(destination).unwrap_or("without an ARN"));
        if let Some(id) = self.first("Id") {
            line.push_str(&format!(" (`{id}`)"));
        }
        line
    }
}

/// The text of an element; between other elements white space means nothing.
fn own_text(node: Node<'_, '_>) -> String {
    let text: String = node
        .children()
        .filter(Node::is_text)
        .filter_map(|node| node.text())
        .collect();
    let holds_elements = node.children().any(|child| child.is_element());
    if holds_elements {
        text.trim().to_owned()
    } else {
        text
    }
}

/// Everything in a configuration that the API's documentation does not know, each once and with its place.
pub(super) fn unfamiliar(root: Node<'_, '_>) -> Vec<String> {
    let mut found = Vec::new();
    look(root, "", &mut found);
    found.dedup();
    found
}

fn look(node: Node<'_, '_>, above: &str, found: &mut Vec<String>) {
    let name = node.tag_name().name();
    let place = if above.is_empty() {
        name.to_owned()
    } else {
        format!("{above}/{name}")
    };
    if node
        .tag_name()
        .namespace()
        .is_some_and(|space| space != NAMESPACE)
    {
        found.push(format!("the namespace of `{place}`"));
    }
    for attribute in node.attributes() {
        found.push(format!("the attribute `{}` of `{place}`", attribute.name()));
    }
    let text = own_text(node);
    match inside(name) {
        Inside::Elements(known) => {
            if !text.trim().is_empty() {
                found.push(format!("the text in `{place}`"));
            }
            for child in node.children().filter(Node::is_element) {
                if known.contains(&child.tag_name().name()) {
                    look(child, &place, found);
                } else {
                    found.push(format!("the element `{place}/{}`", child.tag_name().name()));
                }
            }
        }
        Inside::Text(is_known) => {
            if let Some(child) = node.children().find(Node::is_element) {
                found.push(format!("the element `{place}/{}`", child.tag_name().name()));
            } else if !is_known(&text) {
                found.push(format!("the value `{text}` of `{place}`"));
            }
        }
    }
}

/// What an element may hold.
enum Inside {
    Elements(&'static [&'static str]),
    /// Text, if it is one of those that are known.
    Text(fn(&str) -> bool),
}

/// S3 API Reference, PutBucketNotificationConfiguration, "Request Syntax". No two elements of one name differ.
fn inside(name: &str) -> Inside {
    match name {
        "NotificationConfiguration" => Inside::Elements(&[
            "TopicConfiguration",
            "QueueConfiguration",
            "CloudFunctionConfiguration",
            "EventBridgeConfiguration",
        ]),
        "TopicConfiguration" => Inside::Elements(&["Id", "Topic", "Event", "Filter"]),
        "QueueConfiguration" => Inside::Elements(&["Id", "Queue", "Event", "Filter"]),
        "CloudFunctionConfiguration" => Inside::Elements(&["Id", "CloudFunction", "Event", "Filter"]),
        "EventBridgeConfiguration" => Inside::Elements(&[]),
        "Filter" => Inside::Elements(&["S3Key"]),
        "S3Key" => Inside::Elements(&["FilterRule"]),
        "FilterRule" => Inside::Elements(&["Name", "Value"]),
        "Event" => Inside::Text(|event| EVENTS.contains(&event)),
        "Name" => Inside::Text(|name| matches!(name.to_ascii_lowercase().as_str(), "prefix" | "suffix")),
        _ => Inside::Text(|_| true),
    }
}
