use std::cell::Cell;
use std::rc::Rc;

use futures_util::future::join;
use guardian_core::call::CallErrorKind;
use guardian_core::name::BucketName;
use guardian_core::observation::MarkerEncryption;
use guardian_reconcile::seam::{Buckets, Topic};

use crate::{Model, When, Who, done};

const POLICY: &str = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"232482882421"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::media/*"}}"#;

fn media() -> BucketName {
    "media".parse().unwrap()
}

fn model() -> Model {
    let model = Model::new(1);
    model.add_bucket(&media());
    model
}

#[test]
fn an_ordered_failure_has_no_effect_and_passes() {
    let model = model();
    model.fail_next("PutBucketPolicy", 2, CallErrorKind::Transient);
    for _ in 0..2 {
        let error = done(model.put_bucket_policy(&media(), POLICY)).unwrap_err();
        assert!(error.is_transient());
        assert_eq!(error.operation, "s3:PutBucketPolicy");
        assert_eq!(model.policy(&media()), None);
    }
    assert_eq!(model.pending_faults(), 0);
    done(model.put_bucket_policy(&media(), POLICY)).unwrap();
    assert_eq!(model.events().len(), 1, "what had no effect leaves no event");
}

#[test]
fn a_lost_response_hides_an_effect_that_happened() {
    let model = model();
    model.lose_response("PutBucketPolicy");
    assert!(
        done(model.put_bucket_policy(&media(), POLICY))
            .unwrap_err()
            .is_transient()
    );
    assert!(model.policy(&media()).is_some());
    assert_eq!(model.events().len(), 1);
}

#[test]
fn a_foreigner_acts_just_before_and_just_after_the_call_that_was_named() {
    let model = model();
    let terraform = model.act_as(Who::terraform());
    model.interject("GetBucketPolicy", When::Before(2), {
        let terraform = terraform.clone();
        move |_| terraform.put_bucket_policy(&media(), POLICY).unwrap()
    });
    model.interject("GetBucketPolicy", When::After(2), move |model| {
        model
            .act_as(Who::console("ana"))
            .delete_bucket_policy(&media())
            .unwrap();
    });
    assert_eq!(done(model.get_bucket_policy(&media())), Ok(None));
    assert!(done(model.get_bucket_policy(&media())).unwrap().is_some());
    assert_eq!(model.policy(&media()), None);
    assert_eq!(model.pending_faults(), 0);
}

#[test]
fn the_journal_holds_every_call_through_the_seams_and_no_others() {
    let model = model();
    model
        .act_as(Who::terraform())
        .put_bucket_policy(&media(), POLICY)
        .unwrap();
    model.fail_next("GetBucketPolicy", 1, CallErrorKind::Transient);
    let _failed = done(model.get_bucket_policy(&media()));
    done(model.put_marker(&media(), ".wellknown/cloudinary/demo", MarkerEncryption::SseS3)).unwrap();
    model.receive_ingest(10);
    let journal = model.take_journal();
    let lines: Vec<String> = journal.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "GetBucketPolicy media",
            "PutObject media/.wellknown/cloudinary/demo"
        ]
    );
    assert_eq!(
        journal.iter().map(|call| call.write).collect::<Vec<_>>(),
        [false, true]
    );
    assert!(journal[1].repairs() && !journal[0].repairs());
    assert_eq!(model.journal(), []);
}

#[test]
fn publishing_is_a_write_but_no_repair() {
    let model = model();
    let notice = guardian_core::alert::Notice {
        subject: "repaired: media".to_owned(),
        text: "x".to_owned(),
        json: "{}".to_owned(),
        chat: String::new(),
        attributes: Default::default(),
    };
    done(model.publish(&notice)).unwrap();
    let journal = model.take_journal();
    assert!(journal[0].write && !journal[0].repairs());
}

#[test]
fn suspended_calls_interleave() {
    let model = model();
    model.suspend_calls(true);
    let order = Rc::new(Cell::new(0));
    let turns = |at: i32| {
        let (model, order) = (model.clone(), order.clone());
        async move {
            model.head_bucket(&media()).await.unwrap();
            order.set(order.get() * 10 + at);
            model.head_bucket(&media()).await.unwrap();
            order.set(order.get() * 10 + at);
        }
    };
    let both = join(turns(1), turns(2));
    let mut both = std::pin::pin!(both);
    let mut polls = 0;
    while futures_util::FutureExt::now_or_never(both.as_mut()).is_none() {
        polls += 1;
    }
    assert_eq!(order.get(), 1212);
    assert!(polls >= 4);
}

#[test]
fn a_call_dropped_before_its_effect_had_none_and_one_dropped_after_it_did() {
    let model = model();
    model.suspend_calls(true);
    let polled = |times: usize| {
        let bucket = media();
        let mut call = Box::pin(model.put_bucket_policy(&bucket, POLICY));
        for _ in 0..times {
            assert!(futures_util::FutureExt::now_or_never(call.as_mut()).is_none());
        }
    };
    polled(1);
    assert_eq!(model.policy(&media()), None);
    polled(2);
    assert!(model.policy(&media()).is_some());
}

#[test]
#[should_panic(expected = "no operation of the seams is called `PutBucketPolicies`")]
fn a_misspelt_operation_stops_a_debug_build() {
    model().fail_next("PutBucketPolicies", 1, CallErrorKind::Other);
}
