//! `guardian census`: the objects of a bucket that somebody else filled.

use std::path::Path;

use serde_json::{Value, json};

use crate::account::{Account, owners_key_statement};
use crate::asked::on_a_terminal;
use crate::emulator::Kind;

crate::on_each_emulator! {
    every_object_is_counted_and_its_key_judged
    a_walk_goes_on_from_its_file_and_takes_it_away
    what_athena_answered_is_judged_like_a_walk
    a_census_is_recorded_for_the_stack_and_a_newer_one_stays
    on_a_terminal_the_walk_shows_how_far_it_has_come
}

const CENSUS: [&str; 3] = ["census", "media", "--json"];

/// Lets Cloudinary decrypt.
fn grant() -> Value {
    json!({
        "Sid": "Cloudinary", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::232482882421:root"},
        "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*"
    })
}

/// Five objects: two under the bucket's default key, which is granted; two under an older one, which is not; one under
/// none.
fn filled(kind: Kind) -> Option<(Account, String, String)> {
    let account = Account::on(kind)?;
    account.create_bucket("media");
    let older = account.encrypt("media", &[owners_key_statement()]);
    let current = account.encrypt("media", &[owners_key_statement(), grant()]);
    let put = |key: &str, under: Value| {
        let mut arguments = json!({"Bucket": "media", "Key": key, "Body": "purr"});
        for (name, value) in under.as_object().unwrap() {
            arguments[name] = value.clone();
        }
        account.boto.call(("s3", "put_object"), &arguments);
    };
    let under = |key: &str| json!({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key});
    put("a b+c.jpg", under(&older));
    put("über.jpg", under(&older));
    put("new/1.jpg", under(&current));
    put("new/2.jpg", under(&current));
    put("plain.jpg", json!({"ServerSideEncryption": "AES256"}));
    account.boto.call(
        ("s3", "delete_object"),
        &json!({"Bucket": "media", "Key": "photos/cat.jpg"}),
    );
    Some((account, older, current))
}

fn of_key<'a>(answer: &'a Value, key: &str) -> &'a Value {
    let keys = answer["keys"].as_array().unwrap();
    keys.iter()
        .find(|one| one["key"] == key)
        .unwrap_or_else(|| panic!("{key}: {answer:#}"))
}

fn expect_of_everything(answer: &Value, older: &str, current: &str) {
    assert_eq!(answer["objects"], 5, "{answer:#}");
    assert_eq!(answer["sse_s3"], 1, "{answer:#}");
    assert_eq!(answer["unknown"]["objects"], 0, "{answer:#}");
    let (older, current) = (of_key(answer, older), of_key(answer, current));
    assert_eq!(
        (&older["objects"], &older["example"], &older["state"]),
        (&json!(2), &json!("a b+c.jpg"), &json!("Enabled"))
    );
    assert_eq!(older["verdict"], "blocked");
    assert_eq!(older["findings"][0]["code"], "key-grant-missing");
    assert_eq!(
        (&current["objects"], &current["verdict"]),
        (&json!(2), &json!("readable"))
    );
}

fn every_object_is_counted_and_its_key_judged(kind: Kind) {
    let Some((account, older, current)) = filled(kind) else {
        return;
    };
    let answer = account.guardian(&CENSUS).reading_only().answer(1);
    expect_of_everything(&answer, &older, &current);
    assert_eq!(
        (&answer["source"], &answer["complete"]),
        (&json!("walk"), &json!(true))
    );
    assert_eq!(answer["foreign"]["objects"], 0, "{answer:#}");

    let told = account
        .guardian(&["census", "media", "--at-once", "2"])
        .reading_only();
    let told = told.ended.expect(1);
    assert_eq!(told.stderr, "", "no terminal, no progress");
    for part in [
        "media: 5 objects, walked over, ",
        "\ncomplete: every current object was looked at; keys not listed are unused as of ",
        &format!("             2  40.0 %  {older}\n"),
        "customer managed key, Enabled; granted\n",
        "customer managed key, Enabled; blocked: key-grant-missing\n",
        "for example `a b+c.jpg`\n",
        "             1  20.0 %  SSE-S3: no key is needed\n",
        &format!("{{\"keys\":[\"{older}\"]}}\n"),
    ] {
        assert!(told.stdout.contains(part), "{part}\n{}", told.stdout);
    }

    account.put_key_policy(&older, &[owners_key_statement(), grant()]);
    let clean = account.guardian(&CENSUS).reading_only().answer(0);
    assert_eq!(of_key(&clean, &older)["verdict"], "readable");
}

fn a_walk_goes_on_from_its_file_and_takes_it_away(kind: Kind) {
    let Some((account, older, current)) = filled(kind) else {
        return;
    };
    let began = "2026-11-01T00:00:00Z";
    let counts = json!({
        "objects": 3,
        "keys": {older.as_str(): {"objects": 1, "example": "a b+c.jpg"}, current.as_str(): {"objects": 2, "example": "new/1.jpg"}}
    });
    let stands = json!({
        "bucket": "media", "prefixes": [""], "id": "earlier", "began": began, "after": "new/2.jpg", "counts": counts
    });
    let file = account.file("stands", &stands.to_string());
    let run = account.guardian(&[&CENSUS[..], &["--resume", &file]].concat());
    let heads = run
        .calls
        .iter()
        .filter(|call| format!("{call:?}").contains("HEAD /media/"));
    assert_eq!(heads.count(), 2, "{:?}", run.calls);
    let answer = run.reading_only().answer(1);
    expect_of_everything(&answer, &older, &current);
    assert_eq!(
        (&answer["id"], &answer["began"]),
        (&json!("earlier"), &json!(began))
    );
    assert!(!Path::new(&file).exists(), "the walk is over");

    // The next one begins anew, and leaves nothing behind either.
    let answer = account
        .guardian(&[&CENSUS[..], &["--resume", &file]].concat())
        .answer(1);
    expect_of_everything(&answer, &older, &current);
    assert_ne!(answer["id"], "earlier");
    assert!(!Path::new(&file).exists() && !Path::new(&format!("{file}.new")).exists());
}

fn what_athena_answered_is_judged_like_a_walk(kind: Kind) {
    let Some((account, older, current)) = filled(kind) else {
        return;
    };
    let answer = format!(
        "\"as_of\",\"total\",\"encryption_status\",\"kms_key_arn\",\"is_bucket_key_enabled\",\"storage_class\",\"example\",\"objects\"\n\
         \"2026-11-01T10:15:00.000Z\",\"5\",\"SSE-KMS\",\"{older}\",\"false\",\"STANDARD\",\"a b+c.jpg\",\"2\"\n\
         \"2026-11-01T10:15:00.000Z\",\"5\",\"SSE-KMS\",\"{current}\",\"true\",\"STANDARD\",\"new/1.jpg\",\"2\"\n\
         \"2026-11-01T10:15:00.000Z\",\"5\",\"SSE-S3\",,\"false\",\"INTELLIGENT_TIERING\",\"plain.jpg\",\"1\"\n"
    );
    let file = account.file("answer.csv", &answer);
    let from = |more: &[&str]| {
        let words = [&CENSUS[..], &["--from", &file], more].concat();
        let run = account.guardian(&words).reading_only();
        assert!(
            !run.calls
                .iter()
                .any(|call| format!("{call:?}").contains("/media")),
            "the bucket is not asked: {:?}",
            run.calls
        );
        run.answer(1)
    };
    let told = from(&["--backfilled"]);
    expect_of_everything(&told, &older, &current);
    assert_eq!(
        (&told["source"], &told["complete"]),
        (&json!("metadata"), &json!(true))
    );
    assert_eq!(told["began"], "2026-11-01T09:15:00Z");
    assert_eq!(told["perhaps_archived"]["objects"], 1);
    assert_eq!(told["foreign"], Value::Null, "not known is not none");
    assert_eq!(
        from(&[])["complete"],
        false,
        "nobody said that the backfill was over"
    );
    let earlier = from(&["--backfilled", "--as-of", "2026-11-01T08:00:00Z"]);
    assert_eq!(earlier["began"], "2026-11-01T07:00:00Z");
}

fn a_census_is_recorded_for_the_stack_and_a_newer_one_stays(kind: Kind) {
    let Some((account, older, _)) = filled(kind) else {
        return;
    };
    let keys =
        json!([{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]);
    let types =
        json!([{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}]);
    account.boto.call(
        ("dynamodb", "create_table"),
        &json!({"TableName": "ledger", "KeySchema": keys, "AttributeDefinitions": types, "BillingMode": "PAY_PER_REQUEST"}),
    );
    let record = |more: &[&str]| {
        let words = [&CENSUS[..], &["--record"], more].concat();
        account
            .guardian_with(&words, &[("GUARDIAN_TABLE", "ledger")])
            .answer(1)
    };
    let stored = || {
        let key = json!({"pk": {"S": "bucket:media"}, "sk": {"S": "census"}});
        let item = account.boto.call(
            ("dynamodb", "get_item"),
            &json!({"TableName": "ledger", "Key": key}),
        );
        serde_json::from_str::<Value>(item["Item"]["body"]["S"].as_str().unwrap()).unwrap()
    };
    let walked = record(&[]);
    assert_eq!(walked["recorded"], true, "{walked:#}");
    let first = stored();
    assert_eq!((&first["id"], &first["whole"]), (&walked["id"], &json!(true)));
    assert_eq!(first["counts"]["keys"][&older]["objects"], 2);

    let answer = "as_of,total,encryption_status,kms_key_arn,is_bucket_key_enabled,storage_class,example,objects\n\
                  2020-11-01T10:15:00Z,1,SSE-C,,false,STANDARD,old.jpg,1\n";
    let file = account.file("answer.csv", answer);
    let old = record(&["--from", &file, "--backfilled"]);
    assert_eq!(old["recorded"], false, "{old:#}");
    assert_eq!(stored(), first);
}

fn on_a_terminal_the_walk_shows_how_far_it_has_come(kind: Kind) {
    let Some((account, ..)) = filled(kind) else { return };
    let endpoint = account.endpoint();
    let ended = on_a_terminal("", &["census", "media"], &[("AWS_ENDPOINT_URL", &endpoint)]).expect(1);
    assert!(
        ended.stdout.contains("\r\u{1b}[2K5 objects, ") && ended.stdout.contains("/s, 2 keys"),
        "{:?}",
        ended.stdout
    );
    // Nothing of it is left in front of the answer.
    assert!(
        ended.stdout.contains("\r\u{1b}[2Kmedia: 5 objects"),
        "{:?}",
        ended.stdout
    );
}
