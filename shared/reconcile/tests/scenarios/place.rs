//! Which bucket, where, and what is declared of it.

use guardian_core::finding::Verdict;
use guardian_core::observation::DefaultEncryption;
use guardian_core::settings::Mode;

use crate::stage::Stage;
use crate::told::{expect_found, only, outcome};
use crate::world::{DEMO, MARKER, bucket};

/// What the first look at a newly declared bucket asks, where the bucket itself is in the way.
const FIRST_LOOK: &str = "SendMessageBatch bucket:NAME
    [look at NAME]
    PutItem bucket:NAME incident#CODE#bucket:NAME
    Publish needs-you: CODE on NAME
    PutItem bucket:NAME incident#CODE#bucket:NAME
    PutItem sweep reader#NAME
    PutItem bucket:NAME standing";

#[track_caller]
fn expect_in_the_way(stage: &Stage, name: &str, code: &str, verdict: Verdict) {
    stage.declared(&bucket(name), DEMO);
    let report = only(stage.round());
    stage.expect_calls(&FIRST_LOOK.replace("NAME", name).replace("CODE", code));
    expect_found(&report, &[&format!("{code} bucket:{name} (human)")]);
    assert_eq!(outcome(&report), (Some(verdict), 0));
    stage.expect_told(&[&format!("needs-you: {code} on {name}")]);
    stage.sweep();
    stage.rest();
    stage.expect_told(&[]);
    assert_eq!(stage.take_repairs(), [""; 0]);
}

#[test]
fn a_bucket_that_does_not_exist_is_for_a_person_until_it_is_made() {
    let stage = Stage::new(1);
    expect_in_the_way(&stage, "media", "bucket-missing", Verdict::Blocked);
    stage.ana().create_bucket(&bucket("media")).unwrap();
    stage.rest();
    let mut told = stage.model.take_notices();
    let mut subjects: Vec<String> = told.drain(..).map(|notice| notice.subject).collect();
    subjects.sort();
    let told: Vec<&str> = subjects
        .iter()
        .map(|subject| subject.split("] ").nth(1).unwrap())
        .collect();
    assert_eq!(
        told,
        [
            // A new bucket notifies nobody.
            "needs-you: notifications-off on media",
            "repaired: grant-missing on media",
            "repaired: marker-missing on media",
            "resolved: bucket-missing on media",
        ]
    );
}

#[test]
fn a_bucket_that_is_deleted_is_told_as_missing() {
    let stage = Stage::with_media();
    let media = bucket("media");
    for key in ["photos/cat.jpg", MARKER] {
        stage.ana().delete_object(&media, key).unwrap();
    }
    stage.ana().delete_bucket(&media).unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: bucket-missing on media"]);
    assert_eq!(stage.take_repairs(), [""; 0]);
}

#[test]
fn a_bucket_in_another_region_is_for_the_guardian_there() {
    let stage = Stage::new(1);
    let owner = stage.settings.account.clone();
    stage.model.add_bucket_of(&bucket("media"), &owner, "eu-west-1");
    expect_in_the_way(&stage, "media", "bucket-in-other-region", Verdict::Unknown);
}

#[test]
fn a_bucket_of_another_account_is_not_looked_into() {
    let stage = Stage::new(1);
    let owner = "444455556666".parse().unwrap();
    stage.model.add_bucket_of(&bucket("media"), &owner, "us-east-1");
    expect_in_the_way(&stage, "media", "observation-failed", Verdict::Unknown);
}

#[test]
fn a_name_with_a_dot_is_refused_by_cloudinary_and_nothing_is_written() {
    let stage = Stage::new(1);
    stage.plain_bucket(&bucket("media.example.com"));
    stage.declared(&bucket("media.example.com"), DEMO);
    let report = only(stage.round());
    expect_found(
        &report,
        &["bucket-name-unsupported bucket:media.example.com (human)"],
    );
    assert_eq!(outcome(&report), (Some(Verdict::Blocked), 0));
    assert_eq!(stage.take_repairs(), [""; 0]);
}

#[test]
fn an_invalid_declaration_is_told_with_its_place_and_other_buckets_go_on() {
    let stage = Stage::with_media();
    let archive = bucket("archive");
    stage.plain_bucket(&archive);
    stage.declared(&archive, DEMO);
    stage.settled();
    // An incident that stands open.
    stage
        .ana()
        .put_object(&bucket("media"), ".wellknown/cloudinary/stranger", None)
        .unwrap();
    stage.settled();

    stage.declared(&bucket("media"), r#"{"clouds": ["demo"], "prefixs": []}"#);
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:media
        Query bucket:media
        GetParameter media
        PutItem bucket:media incident#declaration-invalid#bucket:media
        PutItem bucket:media incident#marker-unexpected#marker:media/…/stranger
        Publish needs-you: declaration-invalid on media
        Publish reminder: marker-unexpected on media
        PutItem bucket:media incident#declaration-invalid#bucket:media
        PutItem bucket:media incident#marker-unexpected#marker:media/…/stranger
        [standing of media]",
    );
    assert_eq!(outcome(&report), (Some(Verdict::Unknown), 0));
    let told = stage.expect_told(&[
        "needs-you: declaration-invalid on media",
        "reminder: marker-unexpected on media",
    ]);
    assert!(told[0].contains("`prefixs`"), "{}", told[0]);

    // The other bucket is repaired as ever, also by a sweep over both.
    stage.terraform_replaces(&archive, &[]);
    stage.sweep();
    stage.rest();
    stage.expect_told(&["repaired: grant-missing on archive"]);
    stage.expect_incidents(&[
        "grant-missing bucket:archive: repaired",
        "marker-missing marker:archive/…/demo: repaired",
        "declaration-invalid bucket:media: needs-you",
        "grant-missing bucket:media: repaired",
        "marker-missing marker:media/…/demo: repaired",
        "marker-unexpected marker:media/…/stranger: needs-you",
    ]);

    stage.declared(&bucket("media"), DEMO);
    stage.rest();
    stage.expect_told(&["resolved: declaration-invalid on media"]);
}

#[test]
fn every_kind_of_wrong_declaration_is_a_finding_and_stops_nobody() {
    for text in [
        "{",
        "[]",
        "{}",
        r#"{"clouds": []}"#,
        r#"{"clouds": ["demo"], "accept": []}"#,
        r#"{"clouds": ["demo"], "prefixes": ["img/"]}"#,
    ] {
        let stage = Stage::new(1);
        stage.plain_bucket(&bucket("media"));
        stage.declared(&bucket("media"), text);
        let report = only(stage.round());
        expect_found(&report, &["declaration-invalid bucket:media (human)"]);
        stage.expect_told(&["needs-you: declaration-invalid on media"]);
        assert_eq!(stage.rest(), [], "{text}");
        assert_eq!(stage.take_repairs(), [""; 0]);
    }
}

#[test]
fn the_stacks_mode_is_a_ceiling() {
    let mut stage = Stage::with_media();
    stage.settings.ceilings.mode = Mode::Observe;
    stage.terraform_replaces(&bucket("media"), &[]);
    stage.rest();
    assert_eq!(stage.take_repairs(), [""; 0]);
    stage.expect_told(&["needs-you: grant-missing on media"]);
}

#[test]
fn a_deleted_declaration_closes_the_incidents_and_leaves_grant_and_marker_alone() {
    let (stage, key) = Stage::with_vault();
    let vault = bucket("vault");
    stage
        .ana()
        .put_object(&vault, ".wellknown/cloudinary/stranger", None)
        .unwrap();
    stage.settled();
    assert_eq!(stage.needs(), ["bucket:vault needs#KEY", "key:KEY reader#vault"]);
    let (policy, key_policy) = (stage.model.policy(&vault), stage.model.key_policy(&key));

    stage.terraform().delete_parameter("vault").unwrap();
    let report = only(stage.round());
    stage.expect_calls(
        "SendMessageBatch bucket:vault
        Query bucket:vault
        GetParameter vault
        PutItem bucket:vault needs#KEY
        GetItem key:KEY reader#vault
        DeleteItem key:KEY reader#vault
        SendMessageBatch key:KEY
        DeleteItem bucket:vault evidence
        DeleteItem bucket:vault needs#KEY
        PutItem bucket:vault incident#marker-unexpected#marker:vault/…/stranger
        Publish resolved: marker-unexpected on vault
        PutItem bucket:vault incident#marker-unexpected#marker:vault/…/stranger
        PutItem bucket:vault standing
        GetItem sweep reader#vault
        DeleteItem sweep reader#vault
        DeleteItem bucket:vault standing",
    );
    assert_eq!(report.verdict, None);
    stage.rest();
    stage.expect_told(&["resolved: marker-unexpected on vault"]);
    assert_eq!(stage.take_repairs(), [""; 0]);
    assert_eq!(stage.needs(), [""; 0]);
    assert_eq!(stage.model.policy(&vault), policy);
    assert_eq!(stage.model.key_policy(&key), key_policy);
    assert!(stage.model.objects(&vault).contains_key(MARKER));
    assert!(stage.cloudinary_reads(&vault));
}

#[test]
fn a_key_that_nobody_needs_any_more_has_no_incidents_left() {
    let (stage, key) = Stage::with_vault();
    stage.ana().disable_key(&key).unwrap();
    stage.rest();
    stage.expect_told(&["needs-you: key-disabled on vault"]);
    stage.terraform().delete_parameter("vault").unwrap();
    stage.rest();
    let told = stage.model.take_notices();
    assert_eq!(told.len(), 1);
    assert!(
        told[0].subject.contains("resolved: key-disabled"),
        "{}",
        told[0].subject
    );
}

#[test]
fn two_declarations_never_disturb_each_other() {
    let (stage, key) = Stage::with_vault();
    let (vault, cellar) = (bucket("vault"), bucket("cellar"));
    stage.bucket_under(&cellar, key.as_str());
    stage.declared(&cellar, r#"{"clouds": ["other"]}"#);
    stage.settled();
    let ours = stage.model.policy(&vault);

    // One is broken, repaired, broken for good and given up: the other is not even looked at.
    stage.terraform_replaces(&cellar, &[]);
    stage.rest();
    stage.declared(&cellar, "{");
    stage.rest();
    stage.terraform().delete_parameter("cellar").unwrap();
    stage.rest();
    let journal = stage.model.take_journal();
    assert!(journal.iter().all(|call| !call.resource.contains("vault")));
    assert_eq!(stage.model.policy(&vault), ours);
    assert!(stage.cloudinary_reads(&vault));
    assert_eq!(stage.needs(), ["bucket:vault needs#KEY", "key:KEY reader#vault"]);

    // The key goes on serving the other.
    let default = DefaultEncryption::SseS3;
    stage.ana().put_bucket_encryption(&cellar, default).unwrap();
    stage.ana().disable_key(&key).unwrap();
    stage.model.take_notices();
    stage.rest();
    stage.expect_told(&["needs-you: key-disabled on vault"]);
}
