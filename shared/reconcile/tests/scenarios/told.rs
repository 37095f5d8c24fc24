//! What a case is held against: the conversation, the findings, the messages, the ledger.

use guardian_core::finding::{Remedy, Verdict};
use guardian_reconcile::Report;

use crate::stage::Stage;

impl Stage {
    /// Compares every call since the last time with a list, one call a line.
    ///
    /// `[look at BUCKET]` stands for what a look at a bucket with the one cloud name `demo` begins with; it is
    /// spelt out in `healthy`. `[standing of BUCKET]` stands for what says in the sweep's page that it stands
    /// otherwise than before.
    #[track_caller]
    pub(crate) fn expect_calls(&self, expected: &str) {
        let journal = self.model.take_journal();
        let said: Vec<String> = journal.iter().map(|call| short(&call.to_string())).collect();
        let expected: Vec<String> = expected
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .flat_map(spelt_out)
            .collect();
        let (said, expected) = (said.join("\n"), expected.join("\n"));
        assert!(
            said == expected,
            "the conversation was\n{said}\n\nand should have been\n{expected}"
        );
    }

    /// The calls since the last time that changed a policy or a marker.
    pub(crate) fn take_repairs(&self) -> Vec<String> {
        let journal = self.model.take_journal();
        let repairs = journal.iter().filter(|call| call.repairs());
        repairs.map(|call| short(&call.to_string())).collect()
    }

    /// Compares the subjects of the messages since the last time, and takes the texts.
    #[track_caller]
    pub(crate) fn expect_told(&self, expected: &[&str]) -> Vec<String> {
        let notices = self.model.take_notices();
        let subjects: Vec<String> = notices.iter().map(|notice| short(&notice.subject)).collect();
        assert_eq!(subjects, expected);
        notices.into_iter().map(|notice| notice.text).collect()
    }

    /// Compares the incidents of the ledger, each as `code subject: state`.
    #[track_caller]
    pub(crate) fn expect_incidents(&self, expected: &[&str]) {
        let mut incidents: Vec<String> = Vec::new();
        for entry in self.model.ledger_dump() {
            if let Some(name) = entry.name.strip_prefix("incident#") {
                let state = entry.body["state"].as_str().unwrap();
                incidents.push(short(&format!("{}: {state}", name.replacen('#', " ", 1))));
            }
        }
        assert_eq!(incidents, expected);
    }

    /// How many repairs the budget counts for an incident.
    #[track_caller]
    pub(crate) fn counted(&self, incident: &str) -> usize {
        let name = format!("incident#{incident}");
        let entries = self.model.ledger_dump();
        let entry = entries.iter().find(|entry| entry.name == name).unwrap();
        entry.body["repairs"].as_array().unwrap().len()
    }

    /// Which buckets, keys and aliases concern each other, as the ledger has it.
    pub(crate) fn needs(&self) -> Vec<String> {
        let is_of_the_index = |name: &str| {
            ["needs#", "names#", "reader#"]
                .iter()
                .any(|kind| name.starts_with(kind))
        };
        let entries = self.model.ledger_dump().into_iter();
        let others =
            entries.filter(|entry| entry.resource.to_string() != "sweep" && is_of_the_index(&entry.name));
        others
            .map(|entry| short(&format!("{} {}", entry.resource, entry.name)))
            .collect()
    }
}

/// Compares the findings of a report, each as `code subject (remedy)`.
#[track_caller]
pub(crate) fn expect_found(report: &Report, expected: &[&str]) {
    let found: Vec<String> = report
        .findings
        .iter()
        .map(|finding| {
            let remedy = match finding.remedy {
                Remedy::Repair => "repair",
                Remedy::Human => "human",
            };
            short(&format!("{} {} ({remedy})", finding.code, finding.subject))
        })
        .collect();
    assert_eq!(found, expected);
}

/// The one report of a round.
#[track_caller]
pub(crate) fn only(reports: Vec<Report>) -> Report {
    let [report] = <[Report; 1]>::try_from(reports).expect("exactly one reconcile");
    report
}

/// How a look ended: `verdict, n repairs`.
pub(crate) fn outcome(report: &Report) -> (Option<Verdict>, usize) {
    (report.verdict, report.repairs.len())
}

/// Takes out what only makes lines long.
fn short(line: &str) -> String {
    let line = crate::world::with_key_names(line)
        .replace("/cloudinary-guardian/buckets/", "")
        .replace("[Cloudinary Guardian] ", "")
        .replace(".wellknown/cloudinary/", "…/")
        // Aliases go by the name they have within our account.
        .replace("arn:aws:kms:us-east-1:111122223333:alias/", "alias/");
    // The part of a walk goes by the walk's name; what follows is a hash.
    match line.rsplit_once('#') {
        Some((walk, hash)) if walk.contains(" part#") && hash.len() == 64 => format!("{walk}#PART"),
        _ => line.trim_end().to_owned(),
    }
}

fn spelt_out(line: &str) -> Vec<String> {
    let named = |what| line.strip_prefix(what)?.strip_suffix(']');
    if let Some(bucket) = named("[standing of ") {
        return vec![
            format!("GetItem sweep reader#{bucket}"),
            format!("PutItem sweep reader#{bucket}"),
            format!("PutItem bucket:{bucket} standing"),
        ];
    }
    let Some(bucket) = named("[look at ") else {
        return vec![line.to_owned()];
    };
    [
        "Query bucket:BUCKET",
        "GetParameter BUCKET",
        "HeadBucket BUCKET",
        "GetBucketPolicy BUCKET",
        "GetBucketEncryption BUCKET",
        "ListObjectsV2 BUCKET/…/",
        "HeadObject BUCKET/…/demo",
        "GetBucketNotificationConfiguration BUCKET",
    ]
    .map(|call| call.replace("BUCKET", bucket))
    .into()
}
