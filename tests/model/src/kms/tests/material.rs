use std::time::Duration;

use guardian_core::observation::KeyOrigin;

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn state(model: &Model, key: &KeyArn) -> KeyState {
    done(model.describe_key(key.as_str())).unwrap().state
}

#[test]
fn a_key_for_imported_material_is_enabled_by_its_import_and_unusable_without() {
    let model = Model::new(1);
    let ana = model.act_as(Who::console("ana"));
    let key = ana.create_external_key();
    assert_eq!(state(&model, &key), KeyState::PendingImport);
    ana.import_key_material(&key, None).unwrap();
    let described = done(model.describe_key(key.as_str())).unwrap();
    assert_eq!(
        (described.state, described.origin, described.material_expires),
        (KeyState::Enabled, Some(KeyOrigin::External), None)
    );
    ana.delete_imported_key_material(&key).unwrap();
    assert_eq!(state(&model, &key), KeyState::PendingImport);
    ana.import_key_material(&key, None).unwrap();
    assert_eq!(state(&model, &key), KeyState::Enabled);
    let ours = model.add_key();
    assert!(
        ana.import_key_material(&ours, None).is_err(),
        "its material is of KMS"
    );
    let events = model.take_events().join("\n");
    for event in ["CreateKey", "ImportKeyMaterial", "DeleteImportedKeyMaterial"] {
        assert!(events.contains(event), "{event}");
    }
}

#[test]
fn material_whose_date_has_come_is_gone_and_may_come_back() {
    let model = Model::new(1);
    let ana = model.act_as(Who::console("ana"));
    let key = ana.create_external_key();
    let date = model.now().plus(DAY * 10);
    ana.import_key_material(&key, Some(date)).unwrap();
    let described = done(model.describe_key(key.as_str())).unwrap();
    assert_eq!(described.material_expires, Some(date));
    model.take_events();
    model.advance(DAY * 10 - Duration::from_secs(1));
    assert_eq!(state(&model, &key), KeyState::Enabled);
    model.advance(Duration::from_secs(1));
    assert_eq!(state(&model, &key), KeyState::PendingImport);
    let events = model.take_events().join("\n");
    assert!(
        events.contains("DeleteExpiredKeyMaterial")
            && events.contains("KMS Imported Key Material Expiration"),
        "{events}"
    );
    ana.import_key_material(&key, None).unwrap();
    assert_eq!(state(&model, &key), KeyState::Enabled);
}

#[test]
fn a_rotation_keeps_the_key_and_is_told_three_times() {
    let model = Model::new(1);
    let ana = model.act_as(Who::console("ana"));
    let (ours, imported) = (model.add_key(), ana.create_external_key());
    ana.import_key_material(&imported, None).unwrap();
    for key in [ours, imported.clone()] {
        model.take_events();
        ana.rotate_key_on_demand(&key).unwrap();
        assert_eq!(state(&model, &key), KeyState::Enabled);
        let events = model.take_events();
        assert_eq!(events.len(), 3, "{events:?}");
        let events = events.join("\n");
        assert!(
            events.contains("RotateKeyOnDemand") && events.contains("KMS CMK Rotation"),
            "{events}"
        );
    }
    // A rotated key needs every material it ever had.
    ana.delete_imported_key_material(&imported).unwrap();
    assert!(ana.rotate_key_on_demand(&imported).is_err());
}

#[test]
fn a_primary_key_waits_for_its_replicas() {
    let model = Model::new(1);
    let ana = model.act_as(Who::console("ana"));
    let key = model.add_key();
    let replica: KeyArn = key.as_str().replace("us-east-1", "eu-west-1").parse().unwrap();
    model.replicate_key(&key, vec![replica]);
    ana.schedule_key_deletion(&key, 7).unwrap();
    let described = done(model.describe_key(key.as_str())).unwrap();
    assert_eq!(
        (
            described.state,
            described.deletion_window,
            described.deletion_date
        ),
        (KeyState::PendingReplicaDeletion, Some(7), None)
    );
    model.advance(DAY * 30);
    assert_eq!(
        state(&model, &key),
        KeyState::PendingReplicaDeletion,
        "for as long as there are replicas"
    );
    ana.cancel_key_deletion(&key).unwrap();
    assert_eq!(state(&model, &key), KeyState::Disabled);
}
