//! Whom S3 tells of a bucket's objects.

use guardian_core::call::CallErrorKind;
use guardian_core::name::BucketName;
use roxmltree::{Document, Node};
use serde_json::{Map, Value};

use crate::events::trail::Trail;
use crate::refusal::Refusal;
use crate::state::State;
use crate::who::Caller;

const EVENT_BRIDGE: &str = "EventBridgeConfiguration";

/// The entries that name a destination, and the element that names it, in the order in which S3 gives them back.
const ENTRIES: [(&str, &str); 3] = [
    ("TopicConfiguration", "Topic"),
    ("QueueConfiguration", "Queue"),
    ("CloudFunctionConfiguration", "CloudFunction"),
];

/// Whether S3 makes sure of the destinations (`x-amz-skip-destination-validation`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validation {
    Sent,
    Skipped,
}

/// A notification configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notified {
    /// Each element but EventBridge's, as XML, whether it is one of ours or of an S3 to come.
    elements: Vec<String>,
    /// Whether EventBridge hears of the objects (S3 User Guide, "Enabling Amazon EventBridge").
    pub(crate) event_bridge: bool,
}

impl Notified {
    /// EventBridge and nobody else.
    pub(crate) fn event_bridge() -> Self {
        Self {
            event_bridge: true,
            ..Self::default()
        }
    }

    /// These elements as they are.
    pub(crate) fn verbatim(elements: &str) -> Self {
        Self {
            elements: vec![elements.to_owned()],
            event_bridge: elements.contains(EVENT_BRIDGE),
        }
    }

    /// As GetBucketNotificationConfiguration answers: with S3's namespace, EventBridge at the end.
    pub(crate) fn to_xml(&self) -> String {
        let verbatim = self.elements.iter().any(|element| element.contains(EVENT_BRIDGE));
        let event_bridge = if self.event_bridge && !verbatim {
            "<EventBridgeConfiguration></EventBridgeConfiguration>"
        } else {
            ""
        };
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<NotificationConfiguration \
             xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}{event_bridge}</NotificationConfiguration>",
            self.elements.concat()
        )
    }
}

impl State {
    /// PutBucketNotificationConfiguration replaces the whole configuration, so that a tool that does not know of
    /// EventBridge turns it off. Unless that is skipped, S3 first sends a test message to every destination, and one that
    /// it cannot send to refuses the whole (S3 API Reference).
    pub(crate) fn put_bucket_notification(
        &mut self,
        caller: &Caller,
        name: &BucketName,
        text: &str,
        validation: Validation,
    ) -> Result<(), Refusal> {
        let body = Document::parse(text).map(|document| json_of_children(document.root_element()));
        let trail = Trail::notification(body.unwrap_or_default());
        let trail = Trail::bucket("PutBucketNotification", name, "notification", Some(trail));
        let outcome = self.only_the_owner(caller, name).and_then(|()| {
            self.authorize(caller, name, "s3:PutBucketNotification", None, &[])?;
            let notified = self.checked(text, validation)?;
            self.bucket_mut(name)?.notified.write(notified);
            Ok(())
        });
        self.record(caller, trail, outcome)
    }

    fn checked(&mut self, text: &str, validation: Validation) -> Result<Notified, Refusal> {
        let malformed = || {
            let words =
                "The XML you provided was not well-formed or did not validate against our published schema";
            Refusal::new(CallErrorKind::Malformed, "MalformedXML", words)
        };
        let document = Document::parse(text).map_err(|_| malformed())?;
        let root = document.root_element();
        if root.tag_name().name() != "NotificationConfiguration" {
            return Err(malformed());
        }
        let mut notified = Notified::default();
        let mut entries = Vec::new();
        for element in root.children().filter(Node::is_element) {
            let kind = element.tag_name().name();
            if kind == EVENT_BRIDGE {
                notified.event_bridge = true;
                continue;
            }
            let place = ENTRIES.iter().position(|(entry, _)| *entry == kind);
            let destination = place
                .and_then(|place| ENTRIES.get(place))
                .and_then(|(_, inside)| {
                    let mut children = element.children();
                    children.find(|child| child.tag_name().name() == *inside)?.text()
                });
            if let (Some(arn), Validation::Sent) = (destination, validation) {
                if !self.destinations.contains(arn) {
                    return Err(Refusal::other(
                        "InvalidArgument",
                        "Unable to validate the following destination configurations",
                    ));
                }
                self.test_messages.push(arn.to_owned());
            }
            let mut kept = kept(element);
            if place.is_some() && !element.children().any(|child| child.tag_name().name() == "Id") {
                let id = format!("<Id>{}</Id>", self.random.capitals(16));
                kept = kept.replacen('>', &format!(">{id}"), 1);
            }
            entries.push((place, kept));
        }
        entries.sort_by_key(|(place, _)| place.unwrap_or(ENTRIES.len()));
        notified.elements = entries.into_iter().map(|(_, kept)| kept).collect();
        Ok(notified)
    }
}

/// An element as S3 keeps it: its own writing of the XML, and `Prefix` and `Suffix` for the names of filter rules.
fn kept(node: Node<'_, '_>) -> String {
    let name = node.tag_name().name();
    let attributes: String = node
        .attributes()
        .map(|attribute| format!(" {}=\"{}\"", attribute.name(), escaped(attribute.value())))
        .collect();
    let inside: String = if node.children().any(|child| child.is_element()) {
        node.children().filter(Node::is_element).map(kept).collect()
    } else {
        let text = node.text().unwrap_or_default();
        match (name, text) {
            ("Name", "prefix") => "Prefix".to_owned(),
            ("Name", "suffix") => "Suffix".to_owned(),
            _ => escaped(text),
        }
    };
    format!("<{name}{attributes}>{inside}</{name}>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The elements as CloudTrail writes them: an empty one is an empty text, several of a name are a list.
fn json_of_children(node: Node<'_, '_>) -> Map<String, Value> {
    let mut map = Map::new();
    for child in node.children().filter(Node::is_element) {
        let value = if child.children().any(|inner| inner.is_element()) {
            Value::Object(json_of_children(child))
        } else {
            child.text().unwrap_or_default().into()
        };
        match map.get_mut(child.tag_name().name()) {
            None => drop(map.insert(child.tag_name().name().to_owned(), value)),
            Some(Value::Array(many)) => many.push(value),
            Some(one) => {
                let first = one.take();
                *one = Value::Array(vec![first, value]);
            }
        }
    }
    map
}
