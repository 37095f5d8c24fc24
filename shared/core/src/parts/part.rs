//! What a finding about the stack itself is about.

use std::fmt;

/// One part of what the guardian sees and speaks with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    /// What kind of thing it is.
    pub kind: PartKind,
    /// What AWS calls it: a name, or an ARN for trails and topics.
    pub name: String,
}

/// The kinds of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    /// All trails that record a Region, by the Region's name.
    Trails,
    /// One trail.
    Trail,
    /// An event rule.
    Rule,
    /// A queue.
    Queue,
    /// The topic.
    Topic,
    /// What makes the guardian look without an event.
    Schedule,
}

impl PartKind {
    const ALL: [Self; 6] = [
        Self::Trails,
        Self::Trail,
        Self::Rule,
        Self::Queue,
        Self::Topic,
        Self::Schedule,
    ];

    /// The kind as a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trails => "trails",
            Self::Trail => "trail",
            Self::Rule => "rule",
            Self::Queue => "queue",
            Self::Topic => "topic",
            Self::Schedule => "schedule",
        }
    }
}

impl Part {
    /// A part of this kind and name.
    #[must_use]
    pub fn new(kind: PartKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
        }
    }

    /// The part that a text like `rule:guard-KeyRule-1A` means.
    #[must_use]
    pub fn read(kind: &str, name: &str) -> Option<Self> {
        let kind = PartKind::ALL.into_iter().find(|known| known.as_str() == kind)?;
        (!name.is_empty()).then(|| Self::new(kind, name))
    }

    /// Whether this names what `other` names. CloudTrail takes a trail's name and its ARN alike.
    #[must_use]
    pub fn means(&self, other: &Self) -> bool {
        let short = |part: &Self| part.name.rsplit('/').next().unwrap_or_default().to_owned();
        match (self.kind, other.kind) {
            (PartKind::Trail, PartKind::Trails) | (PartKind::Trails, PartKind::Trail) => true,
            (PartKind::Trail, PartKind::Trail) => short(self) == short(other),
            _ => self == other,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_reads_back_from_its_text() {
        for kind in PartKind::ALL {
            let part = Part::new(kind, "arn:aws:sns:eu-west-1:111122223333:alerts");
            let text = part.to_string();
            let (kind, name) = text.split_once(':').unwrap();
            assert_eq!(Part::read(kind, name), Some(part));
        }
        assert_eq!(Part::read("bucket", "media"), None);
        assert_eq!(Part::read("rule", ""), None);
    }

    #[test]
    fn a_trail_goes_by_its_name_and_by_its_arn() {
        let arn = Part::new(
            PartKind::Trail,
            "arn:aws:cloudtrail:eu-west-1:111122223333:trail/all",
        );
        assert!(Part::new(PartKind::Trail, "all").means(&arn));
        assert!(!Part::new(PartKind::Trail, "other").means(&arn));
        assert!(arn.means(&Part::new(PartKind::Trails, "eu-west-1")));
        assert!(!arn.means(&Part::new(PartKind::Rule, "all")));
    }
}
