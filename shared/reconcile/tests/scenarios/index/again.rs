//! A bucket that is declared again, or needs a key again, before the look that let it go came to its end.

use guardian_model::When;
use serde_json::{Value, json};

use super::{ALIAS, default_key, is_granted, with_alias};
use crate::stage::Stage;
use crate::world::{DEMO, bucket};

/// What the ledger says of the bucket in the pages of others, and of them in its own.
fn both_views(stage: &Stage) -> Vec<(String, String, Value)> {
    let entries = stage.model.ledger_dump().into_iter();
    let views = entries.filter(|entry| {
        ["reader#", "needs#", "names#", "standing"]
            .iter()
            .any(|begins| entry.name.starts_with(begins))
    });
    views
        .map(|entry| (entry.resource.to_string(), entry.name, entry.body))
        .collect()
}

#[test]
fn a_bucket_declared_again_while_it_is_let_go_is_in_every_page_again() {
    for operation in ["PutItem", "DeleteItem"] {
        let mut cuts = 0;
        for cut in 1.. {
            let (stage, key) = with_alias();
            let whole = both_views(&stage);
            assert_eq!(whole.len(), 6, "{whole:?}");
            stage.model.interject(operation, When::Before(cut), move |model| {
                model.lose_response(operation);
            });
            stage.terraform().delete_parameter("vault").unwrap();
            stage.round();
            if stage.model.pending_faults() > 0 {
                break;
            }
            cuts = cut;
            stage.declared(&bucket("vault"), DEMO);
            stage.rest();
            assert_eq!(both_views(&stage), whole, "after {operation} {cut}");

            // So an event on the key is work again.
            let policy = json!({"Version": "2012-10-17", "Statement": [{"Sid": "Owner", "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]});
            stage
                .terraform()
                .put_key_policy(&key, &policy.to_string())
                .unwrap();
            stage.rest();
            assert!(is_granted(&stage, &key), "after {operation} {cut}");
        }
        assert!(cuts >= 3, "{operation}: {cuts} places to be cut off at");
    }
}

#[test]
fn a_default_that_goes_back_to_the_alias_it_is_leaving_is_in_its_page_again() {
    for cut in 1..=2 {
        let (stage, key) = with_alias();
        let whole = both_views(&stage);
        stage.model.interject("DeleteItem", When::Before(cut), |model| {
            model.lose_response("DeleteItem");
        });
        default_key(&stage, key.to_string().as_str());
        stage.round();
        assert_eq!(stage.model.pending_faults(), 0, "the look was not cut off");
        default_key(&stage, ALIAS);
        stage.rest();
        assert_eq!(both_views(&stage), whole, "after DeleteItem {cut}");
    }
}
