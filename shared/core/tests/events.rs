//! The project's own events: each file of `events/` against the expectation beside it.

#[cfg(test)]
#[path = "events/bad_input.rs"]
mod bad_input;
#[cfg(test)]
#[path = "events/damage.rs"]
mod damage;
#[cfg(test)]
#[path = "../fuzz-harness/mod.rs"]
mod harness;

#[cfg(test)]
mod folder {
    use std::fs;
    use std::path::PathBuf;

    use guardian_core::trigger::{Action, read, read_all};
    use serde_json::{Value, json};

    const EXPECTED: &str = ".expected.json";

    fn path() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events")
    }

    fn names() -> Vec<String> {
        let entries = fs::read_dir(path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Name and text of each event.
    pub(crate) fn events() -> Vec<(String, String)> {
        let is_event = |name: &String| name.ends_with(".json") && !name.ends_with(EXPECTED);
        let text = |name: String| (name.clone(), fs::read_to_string(path().join(name)).unwrap());
        names().into_iter().filter(is_event).map(text).collect()
    }

    #[test]
    fn every_event_means_what_is_expected_of_it() {
        for (name, text) in events() {
            let beside = path().join(name.replace(".json", EXPECTED));
            let expected =
                fs::read_to_string(&beside).unwrap_or_else(|_| panic!("{name} has no expectation"));
            let expected: Value = serde_json::from_str(&expected).unwrap();
            let triggers = read_all(&text).unwrap();
            assert_eq!(triggers.len(), 1, "{name}");
            assert_eq!(triggers[0].to_json(), expected, "{name}");
            assert!(triggers[0].id.is_some() && triggers[0].time.is_some(), "{name}");
        }
    }

    #[test]
    fn every_expectation_belongs_to_an_event_and_there_is_nothing_else_in_the_folder() {
        let names = names();
        for name in &names {
            match name.strip_suffix(EXPECTED) {
                Some(event) => assert!(names.contains(&format!("{event}.json")), "{name} expects nothing"),
                None => {
                    let known =
                        name.ends_with(".json") || ["README.md", "rules.txt"].contains(&name.as_str());
                    assert!(known, "{name}");
                }
            }
        }
    }

    #[test]
    fn a_near_miss_and_what_is_dropped_are_ignored_and_nothing_else_is() {
        // Which stack is ours, and what belongs to it, is known to the rule alone.
        const ONLY_THE_RULE_KNOWS: [&str; 4] = [
            "near-miss.cloudformation.StackStatusChange.foreign-stack.json",
            "near-miss.events.DisableRule.foreign-rule.json",
            "near-miss.sns.Subscribe.foreign-topic.json",
            "near-miss.sqs.PurgeQueue.foreign-queue.json",
        ];
        for (name, text) in events() {
            let ignored = read_all(&text).unwrap()[0].action == Action::Ignore;
            let named_so = name.starts_with("near-miss.") || name.starts_with("dropped.");
            assert_eq!(
                ignored,
                named_so && !ONLY_THE_RULE_KNOWS.contains(&name.as_str()),
                "{name}"
            );
        }
    }

    /// The rules keep them out already.
    #[test]
    fn a_call_that_failed_is_ignored_whatever_it_was() {
        let mut calls = 0;
        for (name, text) in events() {
            let Some(failed) = with_record(&text, |record| record["errorCode"] = json!("AccessDenied"))
            else {
                continue;
            };
            let trigger = read(&failed);
            assert_eq!(trigger.action, Action::Ignore, "{name}");
            calls += 1;
        }
        assert!(calls > 60, "{calls} calls");
    }

    #[test]
    fn a_grant_made_or_ended_by_a_service_is_ignored_whoever_it_was_for() {
        let mut grants = 0;
        for (name, text) in events() {
            let by_service =
                |record: &mut Value| record["userIdentity"]["invokedBy"] = json!("rds.amazonaws.com");
            if name.starts_with("kms.") && name.contains("Grant.") {
                let trigger = read(&with_record(&text, by_service).unwrap());
                assert_eq!(trigger.action, Action::Ignore, "{name}");
                assert!(trigger.reason.contains("by an AWS service"), "{name}");
                grants += 1;
            }
        }
        assert!(grants >= 3, "{grants} grants");
    }

    #[test]
    fn a_call_on_a_directory_bucket_is_ignored_whatever_it_was() {
        for (name, text) in events() {
            let source = json!("s3express.amazonaws.com");
            let Some(event) = with_record(&text, |record| record["eventSource"] = source) else {
                continue;
            };
            assert_eq!(read(&event).action, Action::Ignore, "{name}");
        }
    }

    /// An event with its CloudTrail record changed; `None` if it carries none.
    fn with_record(text: &str, change: impl FnOnce(&mut Value)) -> Option<Value> {
        let mut event: Value = serde_json::from_str(text).unwrap();
        let record = match event.get_mut("detail") {
            Some(detail) => detail,
            None => &mut event,
        };
        record.get("eventName")?;
        change(record);
        Some(event)
    }

    #[test]
    fn the_table_in_the_readme_is_complete_and_true() {
        let readme = fs::read_to_string(path().join("README.md")).unwrap();
        let mut rows = 0;
        for (name, text) in events() {
            let title = name.trim_end_matches(".json");
            let start = format!("| [{title}]({name}) |");
            let row = readme
                .lines()
                .find(|line| line.starts_with(&start))
                .unwrap_or_else(|| panic!("{name}"));
            let trigger = read_all(&text).unwrap().remove(0).to_json();
            let (reason, action) = (
                trigger["reason"].as_str().unwrap(),
                trigger["action"].as_str().unwrap(),
            );
            assert!(row.ends_with(&format!("| {reason} | {action} |")), "{row}");
            rows += 1;
        }
        assert_eq!(
            readme.lines().filter(|line| line.starts_with("| [")).count(),
            rows
        );
    }

    #[test]
    fn the_events_name_nobody_real() {
        for (name, text) in events() {
            let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            for word in words.filter(|word| word.len() == 12 && word.bytes().all(|b| b.is_ascii_digit())) {
                // Cloudinary's account is public and stands in the policies.
                assert!(["111122223333", "232482882421"].contains(&word), "{name}: {word}");
            }
        }
    }
}
