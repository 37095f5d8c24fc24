mod material;

use guardian_core::call::CallErrorKind;
use guardian_core::name::KeyArn;
use guardian_core::observation::{KeyManager, KeyState};
use guardian_reconcile::seam::{Clock, Keys};
use serde_json::{Value, json};
use std::time::Duration;

use crate::{Model, Who, done};

fn root_and(more: &Value) -> String {
    let root = json!({
        "Sid": "Enable IAM User Permissions", "Effect": "Allow",
        "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*",
    });
    json!({"Version": "2012-10-17", "Statement": [root, more]}).to_string()
}

fn grant() -> Value {
    json!({
        "Sid": "AllowAccessForCloudinary", "Effect": "Allow", "Principal": {"AWS": "232482882421"},
        "Action": ["kms:Decrypt", "kms:DescribeKey"], "Resource": "*",
    })
}

fn refused(model: &Model, key: &KeyArn, text: &str) -> (CallErrorKind, String) {
    let before = model.key_policy(key);
    let error = done(model.put_key_policy(key, text)).unwrap_err();
    assert_eq!(model.key_policy(key), before, "a refused write changes nothing");
    (error.kind, error.message)
}

#[test]
fn a_key_is_found_by_id_arn_and_alias() {
    let model = Model::new(1);
    let key = model.add_key();
    model.add_alias("alias/media", &key);
    for named in [
        key.id(),
        key.as_str(),
        "alias/media",
        "arn:aws:kms:us-east-1:111122223333:alias/media",
    ] {
        let description = done(model.describe_key(named)).unwrap();
        assert_eq!(
            (description.arn, description.state),
            (key.clone(), KeyState::Enabled),
            "{named}"
        );
    }
    for named in [
        "alias/none",
        "11111111-2222-3333-4444-555555555555",
        "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555",
        "no key at all",
    ] {
        assert_eq!(
            done(model.describe_key(named)).unwrap_err().kind,
            CallErrorKind::NotFound,
            "{named}"
        );
    }
}

#[test]
fn the_aws_managed_key_exists_as_soon_as_somebody_asks_and_its_policy_cannot_be_changed() {
    let model = Model::new(1);
    let key = done(model.describe_key("alias/aws/s3")).unwrap();
    assert_eq!(key.manager, KeyManager::Aws);
    assert_eq!(done(model.describe_key("alias/aws/s3")).unwrap().arn, key.arn);
    assert!(done(model.get_key_policy(&key.arn)).is_ok());
    assert_eq!(
        refused(&model, &key.arn, &root_and(&grant())).0,
        CallErrorKind::AccessDenied
    );
}

#[test]
fn a_key_policy_comes_back_with_root_arns() {
    let model = Model::new(1);
    let key = model.add_key();
    done(model.put_key_policy(&key, &root_and(&grant()))).unwrap();
    let stored: Value = serde_json::from_str(&done(model.get_key_policy(&key)).unwrap()).unwrap();
    assert_eq!(
        stored["Statement"][1]["Principal"]["AWS"],
        "arn:aws:iam::232482882421:root"
    );
    assert_eq!(
        stored["Statement"][0]["Principal"]["AWS"],
        "arn:aws:iam::111122223333:root"
    );
}

#[test]
fn a_policy_that_locks_its_writer_out_is_refused() {
    let model = Model::new(1);
    let key = model.add_key();
    let locking = json!({"Version": "2012-10-17", "Statement": [grant()]}).to_string();
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "kms:PutKeyPolicy", "Resource": "*"});
    for text in [locking.clone(), root_and(&deny)] {
        let (kind, message) = refused(&model, &key, &text);
        assert_eq!(kind, CallErrorKind::Malformed);
        assert!(
            message.contains("will not allow you to update the key policy in the future"),
            "{message}"
        );
    }
    let role = json!({
        "Effect": "Allow", "Principal": {"AWS": model.guardian_role()}, "Action": "kms:Put*", "Resource": "*",
    });
    done(model.put_key_policy(&key, &json!({"Statement": [role]}).to_string())).unwrap();
    // Now nobody else may.
    let ana = model.act_as(Who::console("ana"));
    assert_eq!(
        ana.put_key_policy(&key, &root_and(&grant())).unwrap_err().kind,
        CallErrorKind::AccessDenied
    );
}

#[test]
fn once_the_account_is_shut_out_the_policy_can_be_neither_read_nor_repaired() {
    let model = Model::new(1);
    let key = model.add_key();
    let locking = json!({"Version": "2012-10-17", "Statement": [grant()]}).to_string();
    model
        .act_as(Who::console("ana"))
        .put_key_policy_unchecked(&key, &locking)
        .unwrap();
    assert_eq!(
        done(model.get_key_policy(&key)).unwrap_err().kind,
        CallErrorKind::AccessDenied
    );
    assert_eq!(
        refused(&model, &key, &root_and(&grant())).0,
        CallErrorKind::AccessDenied
    );
}

#[test]
fn malformed_oversize_and_dead_documents_are_refused() {
    let model = Model::new(1);
    let key = model.add_key();
    assert_eq!(refused(&model, &key, "{").0, CallErrorKind::Malformed);
    assert_eq!(refused(&model, &key, "{}").0, CallErrorKind::Malformed);
    let dead = root_and(&json!({
        "Effect": "Allow", "Principal": {"AWS": "AROAEXAMPLEEXAMPLE123"}, "Action": "kms:Decrypt", "Resource": "*",
    }));
    assert!(refused(&model, &key, &dead).1.contains("invalid principals"));
    let long = format!("{}{}", root_and(&grant()), " ".repeat(32_768));
    assert_eq!(
        refused(&model, &key, &long).0,
        CallErrorKind::TooLarge,
        "here white space counts"
    );
    let foreign_letters = root_and(&grant()).replace("AllowAccess", "Zugriff für 日本");
    assert_eq!(
        refused(&model, &key, &foreign_letters).0,
        CallErrorKind::Malformed
    );
}

#[test]
fn a_key_of_another_account_shows_neither_policy_nor_more_than_it_grants() {
    let model = Model::new(1);
    let partner: guardian_core::name::AccountId = "444455556666".parse().unwrap();
    let key = model.add_key_of(&partner, "us-east-1");
    assert_eq!(
        done(model.describe_key(key.as_str())).unwrap_err().kind,
        CallErrorKind::AccessDenied
    );
    assert_eq!(
        done(model.get_key_policy(&key)).unwrap_err().kind,
        CallErrorKind::AccessDenied
    );
    assert_eq!(
        done(model.put_key_policy(&key, &root_and(&grant())))
            .unwrap_err()
            .kind,
        CallErrorKind::AccessDenied
    );
    let lent = json!({"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": partner.as_str()}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"},
    ]});
    model
        .act_as(Who::console("bo").of_account(partner))
        .put_key_policy(&key, &lent.to_string())
        .unwrap();
    assert!(
        done(model.describe_key(key.as_str())).is_ok(),
        "DescribeKey works across accounts"
    );
    assert_eq!(
        done(model.get_key_policy(&key)).unwrap_err().kind,
        CallErrorKind::AccessDenied
    );
}

#[test]
fn policies_can_be_read_and_written_in_every_state() {
    let model = Model::new(1);
    let key = model.add_key();
    for state in [KeyState::Disabled, KeyState::PendingDeletion] {
        model.set_key_state(&key, state);
        assert!(done(model.get_key_policy(&key)).is_ok());
        assert!(done(model.put_key_policy(&key, &root_and(&grant()))).is_ok());
    }
}

#[test]
fn a_cancelled_deletion_leaves_the_key_disabled() {
    let model = Model::new(1);
    let key = model.add_key();
    let ana = model.act_as(Who::console("ana"));
    assert!(ana.schedule_key_deletion(&key, 3).is_err());
    ana.schedule_key_deletion(&key, 7).unwrap();
    let description = done(model.describe_key(key.as_str())).unwrap();
    assert_eq!(
        description.deletion_date,
        Some(model.now().plus(Duration::from_secs(7 * 86_400)))
    );
    assert!(
        ana.enable_key(&key).is_err(),
        "a key that is pending deletion cannot be enabled"
    );
    ana.cancel_key_deletion(&key).unwrap();
    assert_eq!(model.key_state(&key), Some(KeyState::Disabled));
    ana.enable_key(&key).unwrap();
    assert_eq!(model.key_state(&key), Some(KeyState::Enabled));
}

#[test]
fn a_key_whose_date_has_come_is_gone_with_its_aliases() {
    let model = Model::new(1);
    let key = model.add_key();
    model.add_alias("alias/media", &key);
    model
        .act_as(Who::console("ana"))
        .schedule_key_deletion(&key, 7)
        .unwrap();
    model.take_events();
    model.advance(Duration::from_secs(7 * 86_400 - 1));
    assert!(done(model.describe_key("alias/media")).is_ok());
    model.advance(Duration::from_secs(1));
    assert_eq!(
        done(model.describe_key("alias/media")).unwrap_err().kind,
        CallErrorKind::NotFound
    );
    assert_eq!(
        done(model.get_key_policy(&key)).unwrap_err().kind,
        CallErrorKind::NotFound
    );
    let events = model.take_events().join("\n");
    assert!(
        events.contains("DeleteKey") && events.contains("KMS CMK Deletion"),
        "{events}"
    );
}

#[test]
fn an_alias_moves_and_reserved_names_do_not() {
    let model = Model::new(1);
    let (old, new) = (model.add_key(), model.add_key());
    let ana = model.act_as(Who::terraform());
    ana.update_alias("alias/media", &old).unwrap();
    ana.update_alias("alias/media", &new).unwrap();
    assert_eq!(done(model.describe_key("alias/media")).unwrap().arn, new);
    assert!(ana.update_alias("alias/aws/s3", &new).is_err());
    ana.delete_alias("alias/media").unwrap();
    assert!(done(model.describe_key("alias/media")).is_err());
}

#[test]
fn key_policies_are_read_as_they_were_for_a_while_too() {
    let model = Model::new(1);
    let key = model.add_key();
    let before = model.key_policy(&key).unwrap();
    model.stale_key_reads(&key, 1);
    done(model.put_key_policy(&key, &root_and(&grant()))).unwrap();
    assert_eq!(done(model.get_key_policy(&key)).unwrap(), before);
    assert_ne!(done(model.get_key_policy(&key)).unwrap(), before);
}
