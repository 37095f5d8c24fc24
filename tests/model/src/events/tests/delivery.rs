use super::*;

#[test]
fn events_come_twice_late_or_never_as_ordered() {
    let model = model();
    let ana = model.act_as(Who::cli("ana"));
    let change = || ana.put_bucket_policy(&media(), POLICY).unwrap();
    model.deliver_next(Delivery::Duplicated);
    model.deliver_next(Delivery::Dropped);
    model.deliver_next(Delivery::Delayed(Duration::from_secs(60)));
    change();
    let twice = delivered(&model);
    assert_eq!(twice[0]["detail"]["eventID"], twice[1]["detail"]["eventID"]);
    assert_ne!(twice[0]["id"], twice[1]["id"]);
    change();
    assert_eq!(delivered(&model).len(), 0);
    change();
    assert_eq!(delivered(&model).len(), 0);
    model.advance(Duration::from_secs(60));
    assert_eq!(delivered(&model).len(), 1);
    model.deliver(Delivery::Dropped);
    change();
    change();
    assert_eq!(delivered(&model).len(), 0);
    assert_eq!(model.take_events().len(), 5);
}

#[test]
fn a_refused_call_is_recorded_only_on_demand_and_then_with_its_code() {
    let model = model();
    let ana = model.act_as(Who::cli("ana"));
    let public = POLICY.replace("232482882421", "*");
    assert_eq!(
        ana.put_bucket_policy(&media(), &public).unwrap_err().kind,
        CallErrorKind::AccessDenied
    );
    assert_eq!(model.events().len(), 0);
    model.record_failures(true);
    assert!(ana.put_bucket_policy(&media(), &public).is_err());
    let detail = the_only(&model)["detail"].clone();
    assert_eq!(detail["errorCode"], "AccessDenied");
    assert!(
        detail["requestParameters"]["bucketPolicy"].is_object(),
        "it carries what was attempted"
    );
}

#[test]
fn other_accounts_and_regions_have_buses_of_their_own() {
    let model = model();
    let ana = model.act_as(Who::cli("ana"));
    ana.create_bucket_in(&"distant".parse().unwrap(), "eu-west-1")
        .unwrap();
    let bo = model.act_as(Who::cli("bo").of_account("444455556666".parse().unwrap()));
    bo.create_bucket(&"strange".parse().unwrap()).unwrap();
    assert_eq!((model.events().len(), model.waiting(Queue::Ingest)), (2, 0));
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let story = |seed: u64| {
        let model = Model::new(seed);
        model.add_bucket(&media());
        model
            .act_as(Who::terraform())
            .put_bucket_policy(&media(), POLICY)
            .unwrap();
        model.events()
    };
    assert_eq!(story(1), story(1));
    assert_ne!(story(1), story(2));
}
