//! One key breaks all the buckets that need it: one message, not one for each of them.

use serde_json::Value;

use crate::stage::Stage;
use crate::world::{DEMO, bucket};

const COUNT: usize = 200;

fn name(number: usize) -> String {
    format!("vault-{number:03}")
}

/// The one message, as machines read it, with its subject and text.
#[track_caller]
fn only_notice(stage: &Stage) -> (String, String, Value) {
    let mut notices = stage.model.take_notices();
    let subjects: Vec<String> = notices.iter().map(|notice| notice.subject.clone()).collect();
    assert_eq!(notices.len(), 1, "{subjects:#?}");
    let notice = notices.remove(0);
    (
        notice.subject,
        notice.text,
        serde_json::from_str(&notice.json).unwrap(),
    )
}

#[test]
fn a_key_that_two_hundred_buckets_need_is_one_message_that_lists_them_and_one_for_the_recovery() {
    let stage = Stage::new(11);
    let key = stage.key("KEY");
    for number in 0..COUNT {
        let bucket = bucket(&name(number));
        stage.bucket_under(&bucket, key.as_str());
        stage.model.declare(&bucket, DEMO);
    }
    stage.sweep();
    stage.settled();
    assert!(stage.cloudinary_reads(&bucket(&name(7))));

    stage.ana().disable_key(&key).unwrap();
    stage.rest();
    let (subject, text, body) = only_notice(&stage);
    assert_eq!(
        subject,
        "[Cloudinary Guardian] needs-you: key-disabled on 200 buckets"
    );
    assert_eq!(body["bucket_count"], COUNT);
    let listed = body["buckets"].as_array().unwrap();
    for number in 0..COUNT {
        let name = name(number);
        assert!(text.contains(&name), "{name} is not in\n{text}");
        assert!(listed.contains(&name.as_str().into()), "{name}");
    }

    // The looks at the buckets themselves see it as well, and leave it to the key to tell.
    stage.sweep();
    stage.rest();
    assert_eq!(stage.model.take_notices(), []);

    stage.ana().enable_key(&key).unwrap();
    stage.rest();
    stage.sweep();
    stage.rest();
    let (subject, _, body) = only_notice(&stage);
    assert_eq!(
        subject,
        "[Cloudinary Guardian] resolved: key-disabled on 200 buckets"
    );
    assert_eq!(body["bucket_count"], COUNT);
}
