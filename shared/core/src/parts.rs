//! The parts of the guardian's own stack that it sees and speaks with: its event rules, its queues, its topic and the
//! schedule of its sweep. What they should be like is compiled in (`parts/expected.json`, held equal to template.yaml by
//! `tests/template/check`); their names come with the environment.

mod expected;
mod part;
mod rate;

pub use expected::{ExpectedQueue, ExpectedRule, is_expected_pattern};
pub use part::{Part, PartKind};
pub use rate::{RateError, SweepRate};

/// The stack's parts, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The event rules.
    pub rules: Vec<OwnRule>,
    /// The queues.
    pub queues: Vec<OwnQueue>,
    /// The ARN of the topic that people are told through.
    pub topic: String,
    /// How often everything is looked at.
    pub sweep: SweepRate,
}

/// An event rule of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRule {
    /// What the template calls it, for example `KeyRule`.
    pub logical: String,
    /// Its name, on the default bus.
    pub name: String,
}

/// A queue of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnQueue {
    /// What the template calls it, for example `IngestQueue`.
    pub logical: String,
    /// Its URL.
    pub url: String,
}

/// A list of names that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no entry: expected what the template calls a part, `=`, and what AWS calls it")]
pub struct PartsError(String);

impl OwnRule {
    /// Reads `KeyRule=stack-KeyRule-1A2B,…`. Empty entries are passed over: they stand for parts that the stack's
    /// parameters leave out.
    ///
    /// # Errors
    ///
    /// If an entry lacks one of its two names.
    pub fn list(text: &str) -> Result<Vec<Self>, PartsError> {
        let pairs = pairs(text)?.into_iter();
        Ok(pairs.map(|(logical, name)| Self { logical, name }).collect())
    }

    /// What the template says of it, where this version knows.
    #[must_use]
    pub fn expected(&self) -> Option<&'static ExpectedRule> {
        expected::rule(&self.logical)
    }

    /// The subject of findings about it.
    #[must_use]
    pub fn part(&self) -> Part {
        Part::new(PartKind::Rule, &self.name)
    }
}

impl OwnQueue {
    /// Reads `IngestQueue=https://…,…`.
    ///
    /// # Errors
    ///
    /// If an entry lacks its name or its URL.
    pub fn list(text: &str) -> Result<Vec<Self>, PartsError> {
        let pairs = pairs(text)?.into_iter();
        Ok(pairs.map(|(logical, url)| Self { logical, url }).collect())
    }

    /// What the template says of it, where this version knows.
    #[must_use]
    pub fn expected(&self) -> Option<&'static ExpectedQueue> {
        expected::queue(&self.logical)
    }

    /// Its name: the last part of the URL (SQS Developer Guide, "Queue and message identifiers").
    #[must_use]
    pub fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or(&self.url)
    }

    /// The subject of findings about it.
    #[must_use]
    pub fn part(&self) -> Part {
        Part::new(PartKind::Queue, self.name())
    }
}

impl Parts {
    /// The queue that the template calls so.
    #[must_use]
    pub fn queue(&self, logical: &str) -> Option<&OwnQueue> {
        self.queues.iter().find(|queue| queue.logical == logical)
    }

    /// The subject of findings about the topic.
    #[must_use]
    pub fn topic_part(&self) -> Part {
        Part::new(PartKind::Topic, &self.topic)
    }

    /// The account of the topic, where its ARN names one (`arn:aws:sns:<region>:<account>:<name>`).
    #[must_use]
    pub fn topic_account(&self) -> Option<&str> {
        self.topic.split(':').nth(4).filter(|account| !account.is_empty())
    }
}

fn pairs(text: &str) -> Result<Vec<(String, String)>, PartsError> {
    let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    entries
        .map(|entry| match entry.split_once('=') {
            Some((logical, name)) if !logical.is_empty() && !name.is_empty() => {
                Ok((logical.to_owned(), name.to_owned()))
            }
            _ => Err(PartsError(entry.to_owned())),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_in_pairs_and_what_the_stack_leaves_out_is_passed_over() {
        let rules = OwnRule::list("KeyRule=guard-KeyRule-1A, ,SweepRule=guard-SweepRule-2B,").unwrap();
        assert_eq!(rules.len(), 2);
        assert_eq!(rules[1].logical, "SweepRule");
        assert_eq!(rules[0].part().to_string(), "rule:guard-KeyRule-1A");
        for wrong in ["KeyRule", "KeyRule=", "=guard"] {
            assert!(OwnRule::list(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_queue_is_known_by_the_last_part_of_its_url() {
        let url = "https://sqs.eu-west-1.amazonaws.com/111122223333/guard-WorkQueue-1A.fifo";
        let queues = OwnQueue::list(&format!("WorkQueue={url}")).unwrap();
        assert_eq!(queues[0].name(), "guard-WorkQueue-1A.fifo");
        assert_eq!(queues[0].url, url);
    }
}
