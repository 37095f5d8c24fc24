//! A bucket that somebody made by hand is checked, repaired, and then left alone.

use serde_json::{Value, json};

use crate::account::{Account, CLOUDINARY, codes, marker, owners_key_statement};
use crate::emulator::Kind;

crate::on_each_emulator! {
    a_bucket_made_by_hand_under_a_key_of_its_own_is_healed_and_then_left_alone
    a_bucket_without_any_policy_is_healed_for_two_clouds
    only_what_is_missing_is_repaired
}

const CHECK: [&str; 5] = ["check", "media", "--cloud", "demo", "--json"];
const REPAIR: [&str; 6] = ["repair", "media", "--cloud", "demo", "--yes", "--json"];

/// The calls to AWS that a healthy check (one cloud, one key, no sample of objects) makes at most.
const HEALTHY: usize = 10;

/// What a sample of one object adds: two listings and a look.
const SAMPLE_OF_ONE: usize = 3;

fn a_bucket_made_by_hand_under_a_key_of_its_own_is_healed_and_then_left_alone(kind: Kind) {
    let Some(account) = Account::on(kind) else { return };
    account.create_bucket("media");
    let owners = account.owners_statement("media");
    account.put_policy("media", std::slice::from_ref(&owners));
    let key = account.encrypt("media", &[owners_key_statement()]);
    let made = account.state("media");

    let checked = account.guardian(&CHECK).reading_only().answer(1);
    assert_eq!(checked["bucket"], "media");
    assert_eq!(checked["verdict"], "blocked", "{checked:#}");
    assert_eq!(
        codes(&checked),
        ["grant-missing", "key-grant-missing", "marker-missing"]
    );
    assert_eq!(account.state("media"), made);

    let repaired = account.guardian(&REPAIR);
    assert_eq!(repaired.writes(), 3, "{repaired:#?}");
    let repaired = repaired.answer(0);
    assert_eq!(repaired["verdict"], "readable", "{repaired:#}");
    assert_eq!(codes(&repaired), [""; 0]);

    let statements = statements(account.policy("media").unwrap());
    assert_eq!(statements.len(), 2, "{statements:#?}");
    assert_eq!(statements[0], owners, "the owner's statement, as he wrote it");
    assert_eq!(statements[1], grant("media"));
    assert_eq!(account.policy("media").unwrap()["Id"], "by-hand");
    let of_key = self::statements(account.key_policy(&key));
    assert_eq!(of_key.len(), 2, "{of_key:#?}");
    assert_eq!(of_key[0], owners_key_statement());
    assert_eq!(of_key[1]["Principal"], principal());
    assert!(
        of_key[1]["Action"].to_string().contains("kms:Decrypt"),
        "{of_key:#?}"
    );
    let head = account.boto.call(
        ("s3", "head_object"),
        &json!({"Bucket": "media", "Key": marker("demo")}),
    );
    assert_eq!(
        (&head["ContentLength"], &head["ServerSideEncryption"]),
        (&json!(0), &json!("AES256")),
        "{head:#}"
    );

    let (healed, key_policy) = (account.state("media"), account.key_policy(&key));
    let again = account.guardian(&REPAIR).reading_only().answer(0);
    assert_eq!(
        (&again["plan"], &again["applied"]),
        (&json!([]), &json!([])),
        "{again:#}"
    );
    let unsampled = [&CHECK[..], &["--sample", "0"]].concat();
    let checked = account.guardian(&unsampled).reading_only();
    let calls = checked.calls.len();
    assert!(calls <= HEALTHY, "{:#?}", checked.calls);
    assert_eq!(checked.answer(0)["verdict"], "readable");
    let checked = account.guardian(&CHECK).reading_only();
    assert_eq!(checked.calls.len(), calls + SAMPLE_OF_ONE, "{:#?}", checked.calls);
    let sample = &checked.answer(0)["sample"];
    assert_eq!(
        (&sample["objects"], &sample["whole"], &sample["sse_s3"]),
        (&json!(1), &json!(true), &json!(1)),
        "{sample:#}"
    );
    assert_eq!(
        (account.state("media"), account.key_policy(&key)),
        (healed, key_policy)
    );
}

fn a_bucket_without_any_policy_is_healed_for_two_clouds(kind: Kind) {
    const CLOUDS: [&str; 5] = ["media", "--cloud", "demo", "--cloud", "demo-staging"];
    let Some(account) = Account::on(kind) else { return };
    account.create_bucket("media");
    let arguments = |command: &'static str, rest: &[&'static str]| [&[command], &CLOUDS[..], rest].concat();

    let checked = account
        .guardian(&arguments("check", &["--json"]))
        .reading_only()
        .answer(1);
    assert_eq!(
        codes(&checked),
        ["grant-missing", "marker-missing", "marker-missing"]
    );
    assert!(
        !account.judges_strangers() || !reads(&account, CLOUDINARY),
        "it cannot read yet"
    );

    let told = account.guardian(&arguments("repair", &["--yes"]));
    assert_eq!(told.writes(), 3, "{told:#?}");
    let told = told.ended.expect(0).stdout;
    assert!(
        told.contains("This will be changed, and nothing else") && told.contains("media: readable"),
        "{told}"
    );
    assert_eq!(statements(account.policy("media").unwrap()), [grant("media")]);
    for cloud in ["demo", "demo-staging"] {
        account.boto.call(
            ("s3", "head_object"),
            &json!({"Bucket": "media", "Key": marker(cloud)}),
        );
    }
    if account.judges_strangers() {
        assert!(reads(&account, CLOUDINARY), "the emulator, too, lets it read");
        assert!(!reads(&account, "999999999999"), "and nobody else");
    }

    let again = account
        .guardian(&arguments("repair", &["--yes"]))
        .reading_only()
        .ended
        .expect(0)
        .stdout;
    assert!(again.contains("there is nothing to repair"), "{again}");
    let checked = account
        .guardian(&arguments("check", &[]))
        .reading_only()
        .ended
        .expect(0)
        .stdout;
    assert_eq!(
        checked,
        "media: readable\n  keys on objects: all 1 objects in scope: 1 under SSE-S3\n"
    );
}

/// On ministack alone: moto does not say that notifications go to EventBridge.
#[test]
fn notifications_are_turned_on_when_that_is_asked_for_and_keep_every_other_entry() {
    let Some(account) = Account::on(Kind::Ministack) else {
        return;
    };
    account.create_bucket("media");
    account.guardian(&REPAIR).answer(0);
    account
        .boto
        .call(("sqs", "create_queue"), &json!({"QueueName": "thumbnails"}));
    let queue = json!({
        "Id": "thumbnails",
        "QueueArn": format!("arn:aws:sqs:{}:{}:thumbnails", crate::emulator::REGION, crate::emulator::ACCOUNT),
        "Events": ["s3:ObjectCreated:Put", "s3:ObjectRemoved:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in & out/"}]}}
    });
    account.notify("media", &json!({"QueueConfigurations": [queue]}));
    let configured = || {
        let mut answer = account.boto.call(
            ("s3", "get_bucket_notification_configuration"),
            &json!({"Bucket": "media"}),
        );
        answer.as_object_mut().unwrap().remove("ResponseMetadata");
        answer
    };
    let before = configured();

    let checked = account.guardian(&CHECK).reading_only().answer(1);
    assert_eq!(
        (&checked["verdict"], codes(&checked)),
        (&json!("readable"), vec!["notifications-off"])
    );
    let unasked = account.guardian(&REPAIR).reading_only().answer(1);
    assert_eq!(codes(&unasked), ["notifications-off"]);
    let asked = [&REPAIR[..], &["--notifications"]].concat();
    let repaired = account.guardian(&asked);
    assert_eq!(repaired.writes(), 1, "{repaired:#?}");
    let repaired = repaired.answer(0);
    assert_eq!(repaired["applied"][0]["change"], "notifications", "{repaired:#}");

    let mut after = configured();
    let event_bridge = after.as_object_mut().unwrap().remove("EventBridgeConfiguration");
    assert!(event_bridge.is_some(), "{after:#}");
    assert_eq!(after, before);
}

fn only_what_is_missing_is_repaired(kind: Kind) {
    let Some(account) = Account::on(kind) else { return };
    account.create_bucket("media");
    // As Cloudinary's documentation shows it: the account named bare, more actions than are needed.
    let by_hand = json!({
        "Sid": "Cloudinary", "Effect": "Allow", "Principal": {"AWS": CLOUDINARY},
        "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::media", "arn:aws:s3:::media/*"]
    });
    account.put_policy("media", &[account.owners_statement("media"), by_hand]);
    let policy = account.policy("media");

    let checked = account.guardian(&CHECK).answer(1);
    assert_eq!(
        (&checked["verdict"], codes(&checked)),
        (&json!("blocked"), vec!["marker-missing"])
    );
    let repaired = account.guardian(&REPAIR);
    assert_eq!(repaired.writes(), 1, "{repaired:#?}");
    assert_eq!(repaired.answer(0)["verdict"], "readable");
    assert_eq!(
        account.policy("media"),
        policy,
        "the grant that is there is enough"
    );
}

fn statements(policy: Value) -> Vec<Value> {
    policy["Statement"].as_array().unwrap().clone()
}

fn principal() -> Value {
    json!({"AWS": format!("arn:aws:iam::{CLOUDINARY}:root")})
}

/// The statement that Cloudinary's documentation asks for.
fn grant(bucket: &str) -> Value {
    json!({
        "Sid": format!("AWSConsoleStmt-{bucket}-cloudinary"), "Effect": "Allow", "Principal": principal(),
        "Action": ["s3:GetObject"], "Resource": format!("arn:aws:s3:::{bucket}/*")
    })
}

/// Whether somebody of this account gets an object and the marker. Over HTTP: not beside the owner's TLS statement.
fn reads(account: &Account, who: &str) -> bool {
    let get = |key: String| {
        account
            .boto
            .call_as(who, ("s3", "get_object"), &json!({"Bucket": "media", "Key": key}))
    };
    ["photos/cat.jpg".to_owned(), marker("demo")]
        .into_iter()
        .map(get)
        .all(|answer| answer.is_ok())
}
