use super::*;

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const OTHER: &str = "arn:aws:kms:eu-west-1:111122223333:key/99990000-12ab-34cd-56ef-1234567890ab";

/// An answer as Athena writes it: every field in quotes, nothing at all for a null.
fn answer(total: u64, rows: &[[&str; 6]]) -> String {
    let mut text = format!("\"{}\"\n", COLUMNS.join("\",\""));
    for [status, key, bucket_key, class, objects, example] in rows {
        let fields = [status, key, bucket_key, class, example, objects].map(|field| match field {
            &"" => String::new(),
            field => format!("\"{}\"", field.replace('"', "\"\"")),
        });
        text.push_str(&format!(
            "\"2026-11-23T10:15:00.123Z\",\"{total}\",{}\n",
            fields.join(",")
        ));
    }
    text
}

fn of_every_kind() -> String {
    answer(
        1_000_000_111,
        &[
            [
                "SSE-KMS",
                KEY,
                "true",
                "STANDARD",
                "1000000000",
                "a, \"b\"\nc.jpg",
            ],
            ["SSE-KMS", KEY, "false", "DEEP_ARCHIVE", "1", "z.jpg"],
            ["DSSE-KMS", OTHER, "false", "STANDARD_IA", "10", "d.jpg"],
            ["SSE-S3", "", "false", "INTELLIGENT_TIERING", "40", "t.jpg"],
            ["", "", "", "STANDARD", "50", "old.jpg"],
            ["SSE-C", "", "false", "GLACIER", "10", "c.jpg"],
        ],
    )
}

fn group(objects: u64, example: &str) -> Group {
    Group {
        objects,
        example: example.to_owned(),
    }
}

fn said(text: &str) -> String {
    Inventory::read(text).unwrap_err().to_string()
}

#[test]
fn an_answer_is_counted_as_a_walk_would_have_counted_the_objects() {
    let inventory = Inventory::read(&of_every_kind()).unwrap();
    let expected = Counts {
        objects: 1_000_000_111,
        keys: [
            (KEY.to_owned(), group(1_000_000_001, "a, \"b\"\nc.jpg")),
            (OTHER.to_owned(), group(10, "d.jpg")),
        ]
        .into(),
        bucket_keys: 1_000_000_000,
        sse_s3: 90,
        customer_keys: group(10, "c.jpg"),
        archived: group(11, "c.jpg"),
        ..Counts::default()
    };
    assert_eq!(inventory.counts, expected);
    assert_eq!(inventory.perhaps_archived, group(40, "t.jpg"));
}

#[test]
fn it_says_nothing_of_the_last_hour_and_is_complete_only_if_the_backfill_was_over() {
    let read = || Inventory::read(&of_every_kind()).unwrap();
    let census = read().census(true);
    assert_eq!(census.began.to_string(), "2026-11-23T09:15:00Z");
    assert_eq!(census.ended.unwrap().to_string(), "2026-11-23T10:15:00Z");
    assert!(census.is_complete());
    assert!(!read().census(false).is_complete());
}

#[test]
fn a_key_that_the_table_does_not_name_is_unknown_and_the_census_is_not_complete() {
    let text = answer(5, &[["SSE-KMS", "", "false", "STANDARD", "5", "a.jpg"]]);
    let census = Inventory::read(&text).unwrap().census(true);
    assert_eq!(census.counts.unknown, group(5, "a.jpg"));
    assert!(census.counts.keys.is_empty() && !census.is_complete());
}

#[test]
fn an_answer_to_another_question_is_refused_with_the_remedy() {
    for text in ["", "\n", "key,size\na,1\n", "<html>", "\"as_of\"\n"] {
        let said = said(text);
        assert!(said.starts_with("line 1: the columns are `"), "{said}");
        assert!(said.contains("--sql"), "{said}");
    }
    let less = of_every_kind().replace("\"total\",", "");
    assert!(said(&less).contains("the columns are"));
}

#[test]
fn an_answer_without_rows_proves_nothing() {
    assert_eq!(Inventory::read(&answer(0, &[])), Err(MetadataError::Empty));
}

#[test]
fn an_answer_that_lost_a_row_is_refused_wherever_it_was_cut() {
    let text = of_every_kind();
    for (at, _) in text.char_indices() {
        let (cut, _) = text.split_at(at);
        // Of the last line the closing quote and the line break may go: what it says is all there.
        if at < text.len() - 2 {
            assert!(Inventory::read(cut).is_err(), "{cut}");
        }
    }
    let lines: Vec<&str> = text.lines().collect();
    let without_one = [&lines[..3], &lines[4..]].concat().join("\n");
    assert!(said(&without_one).contains("some are missing"));
}

#[test]
fn two_answers_in_one_file_are_refused() {
    let row = ["SSE-S3", "", "false", "STANDARD", "5", "a.jpg"];
    assert_eq!(
        Inventory::read(&answer(10, &[row, row])),
        Err(MetadataError::Twice { line: 3 })
    );
    let later = answer(5, &[row]).replace("10:15", "11:15");
    let both = format!("{}{}", answer(5, &[row]), later.lines().nth(1).unwrap());
    assert!(
        said(&both).starts_with("line 3, column 1 (`as_of`)"),
        "{}",
        said(&both)
    );
}

#[test]
fn a_field_that_makes_no_sense_is_named_with_its_place() {
    let good = ["SSE-KMS", KEY, "true", "STANDARD", "5", "a.jpg"];
    let with = |column: usize, value| {
        let mut row = good;
        row[column] = value;
        said(&answer(5, &[row]))
    };
    for (column, value, place) in [
        (0, "SSE-X", "line 2, column 3 (`encryption_status`): `SSE-X`"),
        (0, "SSE-S3", "line 2, column 4 (`kms_key_arn`)"),
        (
            1,
            "alias/media",
            "line 2, column 4 (`kms_key_arn`): `alias/media`",
        ),
        (2, "TRUE", "line 2, column 5 (`is_bucket_key_enabled`): `TRUE`"),
        (3, "TAPE", "line 2, column 6 (`storage_class`): `TAPE`"),
        (4, "-5", "line 2, column 8 (`objects`): `-5`"),
        (4, "0", "line 2, column 8 (`objects`): `0`"),
        (4, "five", "line 2, column 8 (`objects`): `five`"),
        (5, "", "line 2, column 7 (`example`): ``"),
    ] {
        let said = with(column, value);
        assert!(said.starts_with(place), "{said}");
    }
    let untimely = answer(5, &[good]).replace("2026-11-23T10:15:00.123Z", "yesterday");
    assert!(said(&untimely).starts_with("line 2, column 1 (`as_of`): `yesterday`"));
}

#[test]
fn a_row_with_a_field_too_many_is_refused_with_its_line() {
    let text = answer(5, &[["SSE-S3", "", "false", "STANDARD", "5", "a.jpg"]]);
    let said = said(&text.replace("\"a.jpg\"", "\"a\",\"jpg\""));
    assert!(said.contains("line: 2") || said.contains("line 2"), "{said}");
}

#[test]
fn what_stands_in_a_field_cannot_write_to_the_terminal() {
    let text = answer(5, &[["SSE-\u{1b}[2J", "", "false", "STANDARD", "5", "a.jpg"]]);
    assert!(!said(&text).contains('\u{1b}'));
}

#[test]
fn numbers_beyond_counting_are_refused() {
    let most = u64::MAX.to_string();
    let row = |class| ["SSE-S3", "", "false", class, most.as_str(), "a.jpg"];
    let said = said(&answer(1, &[row("STANDARD"), row("STANDARD_IA")]));
    assert!(said.contains("more than can be counted"), "{said}");
}
