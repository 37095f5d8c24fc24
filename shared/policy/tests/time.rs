//! No pattern makes an answer take forever.
//!
//! What is guarded against is work that doubles with each letter or statement, which no machine would be done with. An
//! answer takes less than a second in a debug build on a machine at rest; the limit leaves room for one that has other
//! things to do. How long answers really take is for `benches/verdict.rs` to say, and that the work grows in proportion to
//! the statements is counted, not timed, in the tests of `evaluate`.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use std::time::{Duration, Instant};

use guardian_policy::{Access, Context, PolicyDocument, PolicyKind, Question, evaluate};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(20);

fn statement(effect: &str, element: &str, resources: &[String]) -> Value {
    let mut statement = json!({ "Effect": effect, "Principal": "*", "Action": "s3:GetObject" });
    statement
        .as_object_mut()
        .unwrap()
        .insert(element.into(), json!(resources));
    statement
}

fn ask(statements: Vec<Value>, resources: &[String]) -> (Access, Duration) {
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    let document = PolicyDocument::parse(&document.to_string()).unwrap();
    let context = Context::new();
    let question = Question {
        account: "232482882421",
        action: "s3:GetObject",
        resources,
        context: &context,
        kind: PolicyKind::Bucket,
    };
    let start = Instant::now();
    let decision = evaluate(Some(&document), &question);
    let access = decision.access();
    assert!(!decision.to_string().is_empty());
    (access, start.elapsed())
}

fn object(key: &str) -> String {
    format!("arn:aws:s3:::b/{key}")
}

#[test]
fn hard_patterns_do_not_take_forever() {
    let all = || vec![object("*")];
    let many =
        |count: usize, key: &dyn Fn(usize) -> String| (0..count).map(|n| object(&key(n))).collect::<Vec<_>>();
    let letter = |n: usize| char::from(b'a' + u8::try_from(n % 26).unwrap());
    let stars = "*a".repeat(2000);
    let set: Vec<String> = vec![object(&format!("{}b", "*a".repeat(12)))];
    let cases: Vec<(&str, Vec<Value>, Vec<String>)> = vec![
        (
            "repeated stars",
            vec![statement("Allow", "Resource", &[object("*a*a*a*a*b")])],
            all(),
        ),
        (
            "repeated stars in the question",
            vec![statement("Allow", "Resource", &[object("*a*a*a*b")])],
            set.clone(),
        ),
        (
            "thousands of stars",
            vec![statement("Allow", "Resource", &[object(&stars)])],
            vec![object(&stars)],
        ),
        (
            "thousands of stars, one letter apart",
            vec![statement("Allow", "Resource", &[object(&format!("{stars}*b"))])],
            vec![object(&format!("{stars}*c"))],
        ),
        (
            "a letter far from the end",
            vec![statement(
                "Allow",
                "Resource",
                &[object(&format!("*a{}", "?".repeat(60)))],
            )],
            vec![object(&format!("*a{}", "?".repeat(60)))],
        ),
        (
            "a letter at many distances from the end",
            vec![statement(
                "Allow",
                "Resource",
                &many(60, &|n| format!("*a{}", "?".repeat(n))),
            )],
            vec![object("*a*b*a*")],
        ),
        (
            "two letters at many distances",
            vec![statement(
                "Allow",
                "Resource",
                &many(40, &|n| format!("*{}{}*", letter(n), "?".repeat(n))),
            )],
            vec![object("*a*b*c*d*e*f*g*h*")],
        ),
        (
            "alternating stars and question marks",
            vec![statement(
                "Allow",
                "Resource",
                &[object(&"*a?".repeat(40)), object(&"*?a".repeat(40))],
            )],
            vec![object(&"?*a".repeat(40))],
        ),
        (
            "many complements",
            (0..40)
                .map(|n| {
                    statement(
                        "Allow",
                        "NotResource",
                        &[object(&format!("*{}?{}*", letter(n), letter(n + 7)))],
                    )
                })
                .collect(),
            all(),
        ),
        (
            "complements with question marks",
            (0..12)
                .map(|n| {
                    statement(
                        "Allow",
                        "NotResource",
                        &[object(&format!("*a{}b*", "?".repeat(n)))],
                    )
                })
                .collect(),
            all(),
        ),
        (
            "a complement on either side",
            vec![
                statement(
                    "Deny",
                    "NotResource",
                    &many(60, &|n| format!("*{}{}", letter(n), "?".repeat(n))),
                ),
                statement(
                    "Allow",
                    "Resource",
                    &many(60, &|n| format!("*{}{}*", letter(n), "?".repeat(n))),
                ),
            ],
            set.clone(),
        ),
        (
            "many Denies with hard patterns",
            (0..200)
                .map(|n| {
                    statement(
                        "Deny",
                        "Resource",
                        &[object(&format!("{}{n}", "*a?b".repeat(30)))],
                    )
                })
                .chain([statement("Allow", "Resource", &all())])
                .collect(),
            vec![object(&"?*a".repeat(30))],
        ),
        (
            "many patterns against many",
            vec![statement(
                "Allow",
                "Resource",
                &many(1500, &|n| format!("*x{n}*")),
            )],
            many(1500, &|n| format!("*y{n}*")),
        ),
        (
            "many questions of many statements",
            (0..1000)
                .map(|n| statement("Allow", "Resource", &[object(&format!("p{n}/*"))]))
                .collect(),
            many(1000, &|n| format!("p{n}/x*")),
        ),
        (
            "many letters",
            vec![statement(
                "Allow",
                "Resource",
                &[object(
                    &('\u{4e00}'..'\u{5e00}')
                        .map(|c| format!("*{c}"))
                        .collect::<String>(),
                )],
            )],
            vec![object(
                &('\u{4e00}'..'\u{5e00}')
                    .map(|c| format!("{c}*"))
                    .collect::<String>(),
            )],
        ),
        (
            "a document far over the limit",
            (0..3000)
                .map(|n| {
                    statement(
                        if n % 2 == 0 { "Allow" } else { "Deny" },
                        "Resource",
                        &[object(&format!("*/{n}/?*"))],
                    )
                })
                .collect(),
            all(),
        ),
    ];
    let mut slow = Vec::new();
    for (name, statements, resources) in cases {
        let (access, time) = ask(statements, &resources);
        eprintln!("{name}: {access} in {time:?}");
        if time >= LIMIT {
            slow.push(format!("{name}: {time:?}"));
        }
    }
    assert!(slow.is_empty(), "{slow:?}");
}

#[test]
fn hard_conditions_do_not_take_forever() {
    let values: Vec<String> = (0..300)
        .map(|n| format!("arn:aws:iam::*:role/*{}{n}*", "?a*".repeat(n % 30)))
        .collect();
    let condition = json!({ "ArnNotLike": { "aws:PrincipalArn": values }, "StringNotLike": { "aws:PrincipalArn": values } });
    let statements = (0..30)
        .map(|_| {
            let mut deny = statement("Deny", "Resource", &[object("*")]);
            deny.as_object_mut()
                .unwrap()
                .insert("Condition".into(), condition.clone());
            deny
        })
        .collect::<Vec<_>>();
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    let document = PolicyDocument::parse(&document.to_string()).unwrap();
    let context = Context::external_s3_read("232482882421");
    let resources = [object("*")];
    let question = Question {
        account: "232482882421",
        action: "s3:GetObject",
        resources: &resources,
        context: &context,
        kind: PolicyKind::Bucket,
    };
    let start = Instant::now();
    let decision = evaluate(Some(&document), &question);
    let time = start.elapsed();
    eprintln!("conditions: {} in {time:?}", decision.access());
    assert!(time < LIMIT, "{time:?}");
}
