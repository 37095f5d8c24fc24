//! `docs/alerts.md`.

use std::fmt::Write;

use guardian_core::alert::{Digest, DigestLine, Notice, OpenFinding, TransitionKind, digest};
use guardian_core::finding::{Code, Severity, Verdict};
use guardian_core::settings::CensusLevel;
use serde_json::Value;

use crate::samples::{kinds, sample};
use crate::{compare, header};

/// Codes that `guardian explain` says of documents, so that no message is about them.
const OF_DOCUMENTS: [Code; 4] = [
    Code::ControlPolicyDenied,
    Code::ResourceNotOfBucket,
    Code::ActionNotApplicable,
    Code::ConditionKeyNotApplicable,
];

#[test]
fn the_page_of_alerts_is_what_is_sent() {
    compare("docs/alerts.md", &page());
}

/// A week of a middling estate.
pub(crate) fn sample_digest() -> Digest {
    let line = |number: usize| {
        let name = format!("media-{number:03}");
        let mut line = DigestLine {
            bucket: name.parse().unwrap(),
            verdict: Verdict::Readable,
            open: Vec::new(),
            not_looked_at: 0,
        };
        let open = |code: Code, severity: Severity, since: &str| OpenFinding {
            code,
            severity,
            since: Some(since.parse().unwrap()),
        };
        match number {
            7 => {
                line.verdict = Verdict::Blocked;
                line.open = vec![open(
                    Code::GrantDenied,
                    Severity::Critical,
                    "2026-11-20T08:01:13Z",
                )];
            }
            12 => {
                line.verdict = Verdict::Depends;
                line.open = vec![open(
                    Code::GrantConditional,
                    Severity::Medium,
                    "2026-10-02T14:40:55Z",
                )];
            }
            40 => {
                line.open = vec![open(
                    Code::MarkerUnexpected,
                    Severity::High,
                    "2026-11-22T19:30:00Z",
                )]
            }
            3 => line.not_looked_at = 18_204,
            90 => line.not_looked_at = 311,
            _ => {}
        }
        line
    };
    Digest {
        at: "2026-11-23T06:00:00Z".parse().unwrap(),
        since: Some("2026-11-16T06:00:00Z".parse().unwrap()),
        census: CensusLevel::Off,
        guardian: vec![OpenFinding {
            code: Code::TrailStopped,
            severity: Severity::High,
            since: Some("2026-11-21T08:02:11Z".parse().unwrap()),
        }],
        buckets: (1..=137).map(line).collect(),
    }
}

fn page() -> String {
    let mut page = header("Alerts", "the code that renders them");
    page.push_str(INTRODUCTION);
    page.push_str("\n## Contents\n\n");
    for code in Code::ALL {
        let _ = writeln!(page, "- [{code}](#{code}): {}", code.title());
    }
    page.push_str("- [digest](#digest): how everything stands that is declared\n");
    for code in Code::ALL {
        section(&mut page, *code);
    }
    page.push_str("\n## digest\n\n");
    let notice = digest(&sample_digest());
    email(&mut page, &notice);
    bodies(&mut page, &notice);
    page
}

fn section(page: &mut String, code: Code) {
    let _ = writeln!(page, "\n## {code}\n\n[What it means](findings.md#{code})");
    if OF_DOCUMENTS.contains(&code) {
        page.push_str("\nOnly `guardian explain` says it, of documents; no message is sent.\n");
        return;
    }
    page.push('\n');
    let sample = sample(code);
    for (place, kind) in kinds(code).into_iter().enumerate() {
        let notice = sample.notice(kind);
        if place == 0 {
            email(page, &notice);
            bodies(page, &notice);
        } else {
            let _ = writeln!(page, "<details>\n<summary>{}</summary>\n", words(kind));
            email(page, &notice);
            page.push_str("</details>\n");
        }
    }
}

const fn words(kind: TransitionKind) -> &'static str {
    match kind {
        TransitionKind::Repaired => "repaired",
        TransitionKind::NeedsYou => "needs you",
        TransitionKind::Reminder => "reminder",
        TransitionKind::Resolved => "resolved",
    }
}

fn email(page: &mut String, notice: &Notice) {
    let _ = writeln!(
        page,
        "````text\nSubject: {}\n\n{}````\n",
        notice.subject, notice.text
    );
    let attributes: Vec<String> = notice
        .attributes
        .iter()
        .map(|(name, value)| format!("`{name}` = `{value}`"))
        .collect();
    let _ = writeln!(page, "Attributes: {}\n", attributes.join(", "));
}

fn bodies(page: &mut String, notice: &Notice) {
    for (name, body) in [("machines", &notice.json), ("chat", &notice.chat)] {
        let value: Value = serde_json::from_str(body).unwrap();
        let _ = writeln!(
            page,
            "<details>\n<summary>The same for {name}</summary>\n\n````json\n{}\n````\n\n</details>\n",
            serde_json::to_string_pretty(&value).unwrap()
        );
    }
}

const INTRODUCTION: &str = "
What the topic sends: one message for each change of an incident, each with a body for every kind of subscriber.

| subscriber | body |
|---|---|
| `email`, and whatever is not named here | plain text |
| `sqs`, `lambda`, `http`, `firehose` | JSON for machines, [alert.schema.json](alert.schema.json), version 1 |
| `https` | a custom notification for Amazon Q Developer in chat applications (Slack, Teams); the messages of an incident share a thread |

| transition | when |
|---|---|
| `repaired` | it was found and repaired; one message for both |
| `needs-you` | it was found, and only a person can end it, or the guardian only observes |
| `reminder` | a person still has to end it: a day after `needs-you`, then every week, when it is looked at |
| `resolved` | it ended, and not by a repair of the guardian |
| `digest` | how everything stands that is declared |

An incident that is over and comes back is a new one. A message that came twice (after a crash between sending it and
noting that) has the same `transition.id`.

Attributes for filter policies: `transition` and `severity` (`low`, `medium`, `high`, `critical`; in a digest without
any open incident `none`); `bucket` (`many` where there are several, `none` where there is none); `code`, in all but the
digest; `cloud`, where it is one; `account` and `region` of the guardian that tells. For example, only what needs somebody now:

```json
{\"transition\": [\"needs-you\", \"reminder\"], \"severity\": [\"critical\", \"high\"]}
```

Where several guardians share a topic, the last line of the plain text, which is not shown below, and a keyword in chat name
account and Region as well.

Words that somebody else may have chosen (user agents, object keys, Sids) are shown without control characters and line
breaks; in chat, characters that could make a link or a mention are replaced by look-alikes, and what is to be pasted and
holds such a character is left to the other bodies. Whatever does not fit is cut with a word on how much; the counts in
the JSON stay whole, and `omitted` names what was cut. A whole message stays below the 256 KB that SNS takes.
";
