use super::*;

fn line(name: &str, verdict: Verdict, severity: Option<Severity>, not_looked_at: u64) -> DigestLine {
    let open = severity.map(|severity| OpenFinding {
        code: Code::GrantConditional,
        severity,
        since: Some("2026-11-20T08:00:00Z".parse().unwrap()),
    });
    DigestLine {
        bucket: name.parse().unwrap(),
        verdict,
        open: open.into_iter().collect(),
        not_looked_at,
    }
}

fn of(buckets: Vec<DigestLine>) -> Digest {
    Digest {
        at: "2026-11-23T06:00:00Z".parse().unwrap(),
        since: None,
        census: CensusLevel::Off,
        guardian: Vec::new(),
        buckets,
    }
}

fn many(count: usize) -> Digest {
    of((0..count)
        .map(|number| {
            line(
                &format!("media-{number:05}"),
                Verdict::Blocked,
                Some(Severity::Critical),
                7,
            )
        })
        .collect())
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn description(notice: &Notice) -> String {
    read(&notice.chat)["content"]["description"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn the_counts_are_in_every_body() {
    let notice = digest(&of(vec![
        line("one-a", Verdict::Readable, None, 5),
        line("one-b", Verdict::Readable, Some(Severity::High), 0),
        line("one-c", Verdict::Blocked, Some(Severity::Critical), 12),
        line("one-d", Verdict::Unknown, None, 0),
    ]));
    let summary = "4 buckets declared: 2 readable, 1 unknown, 1 blocked";
    assert_eq!(notice.subject, format!("[Cloudinary Guardian] digest: {summary}"));
    assert!(notice.text.contains(summary), "{}", notice.text);
    assert!(
        notice
            .text
            .contains("New objects not looked at: 17\n  one-c: 12\n  one-a: 5\n"),
        "{}",
        notice.text
    );
    let description = description(&notice);
    assert!(description.contains(summary) && description.contains("*New objects not looked at:* 17"));
    let body = read(&notice.json);
    assert_eq!(body["bucket_count"], 4);
    assert_eq!(
        body["verdicts"],
        json!({"readable": 2, "depends": 0, "unknown": 1, "blocked": 1})
    );
    assert_eq!(
        (&body["unwell_count"], &body["not_looked_at_objects"]),
        (&json!(3), &json!(17))
    );
    assert_eq!(body["omitted"], json!([]));
    assert_eq!(notice.attributes["severity"], "critical");
}

#[test]
fn the_worst_comes_first_and_equals_by_name() {
    let notice = digest(&of(vec![
        line("readable-high", Verdict::Readable, Some(Severity::High), 0),
        line("depends", Verdict::Depends, Some(Severity::Medium), 0),
        line("blocked-b", Verdict::Blocked, Some(Severity::Critical), 0),
        line("well", Verdict::Readable, None, 0),
        line("blocked-a", Verdict::Blocked, Some(Severity::Critical), 0),
        line("unknown", Verdict::Unknown, None, 0),
        line("blocked-low", Verdict::Blocked, Some(Severity::Low), 0),
    ]));
    let expected = [
        "blocked-a",
        "blocked-b",
        "blocked-low",
        "unknown",
        "depends",
        "readable-high",
    ];
    let body = read(&notice.json);
    let unwell: Vec<&str> = body["unwell"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["bucket"].as_str().unwrap())
        .collect();
    assert_eq!(unwell, expected);
    for text in [&notice.text, &description(&notice)] {
        let places: Vec<usize> = expected
            .iter()
            .map(|name| text.find(&format!("{name}: ")).unwrap())
            .collect();
        assert!(places.is_sorted(), "{text}");
        assert!(!text.contains("well: "), "{text}");
    }
    assert!(
        notice.text.contains("unknown   unknown: no incident is open"),
        "{}",
        notice.text
    );
}

#[test]
fn where_nothing_is_unwell_it_says_so() {
    let notice = digest(&of(vec![line("media", Verdict::Readable, None, 0)]));
    assert!(
        notice
            .text
            .contains("1 bucket declared: 1 readable\nNothing needs you.\n"),
        "{}",
        notice.text
    );
    assert!(description(&notice).contains("Nothing needs you."));
    assert_eq!(notice.attributes["bucket"], "media");
    assert_eq!(notice.attributes["severity"], "none");

    let none = digest(&of(Vec::new()));
    assert!(none.text.contains("no bucket declared") && !none.text.contains("Nothing needs you"));
    assert_eq!(none.attributes["bucket"], "none");
    for body in [&none.text, &description(&none)] {
        assert!(body.contains("aws ssm put-parameter"), "{body}");
    }
}

#[test]
fn a_list_that_is_cut_says_how_many_more_there_are() {
    let notice = digest(&many(301));
    assert!(notice.text.contains("\n  … and 1 more\n"), "{}", notice.text);
    assert!(
        description(&notice).contains("\n… and 281 more\n"),
        "{}",
        description(&notice)
    );
    let body = read(&notice.json);
    let named = body["unwell"].as_array().unwrap().len();
    assert!(named > 0 && named < 301, "{named}");
    assert_eq!(body["unwell_count"], 301);
    assert_eq!(body["omitted"], json!(["unwell", "not_looked_at"]));
}

#[test]
fn however_much_is_unwell_every_body_fits_and_the_lists_still_count() {
    let mut worst = many(10_000);
    for line in &mut worst.buckets {
        line.open = vec![line.open[0].clone(); 60];
    }
    let notice = digest(&worst);
    assert!(length_in_json(&notice.text) <= LIMIT);
    let more: Vec<usize> = notice
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("  … and ")?.strip_suffix(" more")?.parse().ok())
        .collect();
    assert_eq!(more.len(), 2, "{}", notice.text);
    let named = |word: &str| notice.text.lines().filter(|line| line.contains(word)).count();
    assert_eq!(more[0] + named("  blocked "), 10_000);
    assert!(length_in_json(&notice.json) <= super::super::machine::LIMIT);
    assert_eq!(read(&notice.json)["unwell_count"], 10_000);
    let description = description(&notice);
    assert!(description.chars().count() <= DESCRIPTION);
    assert!(
        description.contains("more\n*New objects not looked at:* 70000"),
        "{description}"
    );
}
