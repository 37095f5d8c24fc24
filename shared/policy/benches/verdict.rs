//! What a verdict costs, and what is done with documents around it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark")]

use std::hint::black_box;

use criterion::Criterion;
use guardian_policy::{Context, Grant, PolicyDocument, PolicyKind, equivalent, evaluate, merge_grant};
use serde_json::{Value, json};

mod documents;

use documents::{OBJECT, OBJECTS, context, one_statement, question, twenty_kilobytes};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    verdicts(&mut criterion);
    documents_around(&mut criterion);
    worst_patterns(&mut criterion);
    criterion.final_summary();
}

fn verdicts(criterion: &mut Criterion) {
    let (object, objects) = ([OBJECT.to_owned()], [OBJECTS.to_owned()]);
    let (known, external) = (context(), Context::external_s3_read(documents::ACCOUNT));
    let mut group = criterion.benchmark_group("verdict");
    for (name, document) in [("1 statement", one_statement()), ("20 KB", twenty_kilobytes())] {
        group.bench_function(format!("{name}, one object, all known"), |bencher| {
            bencher.iter(|| evaluate(Some(black_box(&document)), &question(&object, &known)));
        });
        group.bench_function(format!("{name}, every object, external read"), |bencher| {
            bencher.iter(|| evaluate(Some(black_box(&document)), &question(&objects, &external)));
        });
    }
    // Ordinary statements, ten times as many: ten times as long.
    for count in [100, 1000] {
        let statements: Vec<Value> = (0..count)
            .map(|number| {
                json!({
                    "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": ["s3:GetObject", "s3:PutObject"],
                    "Resource": format!("arn:aws:s3:::media/team-{number}/*"),
                })
            })
            .chain([documents::ours()])
            .collect();
        let document = json!({ "Version": "2012-10-17", "Statement": statements });
        let document = PolicyDocument::from_value(document).unwrap();
        group.bench_function(
            format!("{count} statements, every object, external read"),
            |bencher| {
                bencher.iter(|| evaluate(Some(black_box(&document)), &question(&objects, &external)));
            },
        );
    }
    group.finish();
}

fn documents_around(criterion: &mut Criterion) {
    let large = twenty_kilobytes();
    let text = large.to_compact_json();
    let objects = [OBJECTS.to_owned()];
    let grant = Grant {
        sid: "AllowAccessForCloudinary",
        account: documents::ACCOUNT,
        partition: "aws",
        actions: &[documents::ACTION],
        resources: &objects,
        document_id: None,
    };
    let mut without_ours = large.as_value().clone();
    if let Some(statements) = without_ours["Statement"].as_array_mut() {
        statements.retain(|statement| *statement != documents::ours());
        statements.pop();
    }
    let without_ours = PolicyDocument::from_value(without_ours).unwrap();
    let mut turned = large.as_value().clone();
    if let Some(statements) = turned["Statement"].as_array_mut() {
        statements.reverse();
    }
    let turned = PolicyDocument::from_value(turned).unwrap();
    assert!(equivalent(&large, &turned));

    let mut group = criterion.benchmark_group("document");
    group.bench_function("parse 20 KB", |bencher| {
        bencher.iter(|| PolicyDocument::parse(black_box(&text)));
    });
    group.bench_function("merge into 20 KB", |bencher| {
        bencher.iter(|| merge_grant(Some(black_box(&without_ours)), &grant, PolicyKind::Bucket));
    });
    group.bench_function("equivalence of 20 KB", |bencher| {
        bencher.iter(|| equivalent(black_box(&large), black_box(&turned)));
    });
    group.finish();
}

/// The hardest of `tests/time.rs`.
fn worst_patterns(criterion: &mut Criterion) {
    let object = |key: &str| format!("arn:aws:s3:::media/{key}");
    let letter = |number: usize| char::from(b"abcdefghijklmnopqrstuvwxyz"[number % 26]);
    let statement = |effect: &str, resources: Vec<String>| json!({ "Effect": effect, "Principal": "*", "Action": "s3:GetObject", "Resource": resources });
    let repeated = vec![statement("Allow", vec![object("*a*a*a*a*b")])];
    let distances = (0..40)
        .map(|number| object(&format!("*{}{}*", letter(number), "?".repeat(number))))
        .collect();
    let arns: Vec<String> = (0..300)
        .map(|number| format!("arn:aws:iam::*:role/*{}{number}*", "?a*".repeat(number % 30)))
        .collect();
    let mut condition = statement("Deny", vec![object("*")]);
    condition["Condition"] = json!({
        "ArnNotLike": { "aws:PrincipalArn": arns }, "StringNotLike": { "aws:PrincipalArn": arns },
    });
    let cases: [(&str, Vec<Value>, String); 3] = [
        ("`*a*a*a*a*b` against every object", repeated, object("*")),
        (
            "two letters at many distances",
            vec![statement("Allow", distances)],
            object("*a*b*c*d*e*f*g*h*"),
        ),
        (
            "30 conditions of 600 hard patterns",
            vec![condition; 30],
            object("*"),
        ),
    ];
    let context = Context::external_s3_read(documents::ACCOUNT);
    let mut group = criterion.benchmark_group("worst pattern");
    group.sample_size(10);
    for (name, statements, asked) in cases {
        let document = json!({ "Version": "2012-10-17", "Statement": statements });
        let document = PolicyDocument::from_value(document).unwrap();
        let resources = [asked];
        group.bench_function(name, |bencher| {
            bencher.iter(|| evaluate(Some(black_box(&document)), &question(&resources, &context)));
        });
    }
    group.finish();
}
