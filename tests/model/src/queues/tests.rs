use std::time::Duration;

use guardian_core::cause::{LaterLook, Work};
use guardian_reconcile::seam::Queues;
use serde_json::json;

use crate::{DeadLetter, Message, Model, Queue, done};

fn work(id: &str, bucket: &str) -> Work {
    serde_json::from_value(json!({
        "resource": format!("bucket:{bucket}"),
        "cause": {"id": id, "event": "PutBucketPolicy"},
    }))
    .unwrap()
}

fn send(model: &Model, items: &[Work]) {
    assert_eq!(done(model.send_work(items)), Ok(vec![]));
}

fn received(model: &Model) -> Vec<Message> {
    model.receive_work(10)
}

fn causes(messages: &[Message]) -> Vec<String> {
    messages
        .iter()
        .map(|message| serde_json::from_str::<Work>(&message.body).unwrap().cause.id)
        .collect()
}

#[test]
fn a_group_is_locked_while_one_of_its_messages_is_in_flight() {
    let model = Model::new(1);
    send(&model, &[work("1", "one"), work("2", "two"), work("3", "one")]);
    let first = model.receive_work(1);
    assert_eq!(causes(&first), ["1"]);
    assert_eq!(first[0].group.as_deref(), Some("bucket:one"));
    let second = received(&model);
    assert_eq!(causes(&second), ["2"], "group one is locked");
    model.settle_work(&first, &[]);
    assert_eq!(causes(&received(&model)), ["3"]);
}

#[test]
fn one_batch_holds_several_messages_of_a_group_in_order() {
    let model = Model::new(1);
    send(&model, &[work("1", "one"), work("2", "one"), work("3", "two")]);
    assert_eq!(causes(&received(&model)), ["1", "2", "3"]);
}

#[test]
fn a_failed_message_comes_back_before_its_group_goes_on() {
    let model = Model::new(1);
    model.set_retry_delay(Duration::from_secs(30));
    send(&model, &[work("1", "one"), work("2", "one")]);
    let first = model.receive_work(1);
    model.settle_work(&first, &[first[0].id.clone()]);
    assert_eq!(received(&model), [], "the group waits for it");
    assert_eq!(model.next_due(), Some(Duration::from_secs(30)));
    model.advance(Duration::from_secs(30));
    let again = received(&model);
    assert_eq!(causes(&again), ["1", "2"]);
    assert_eq!((again[0].receive_count, again[1].receive_count), (2, 1));
}

#[test]
fn what_nobody_settles_shows_again_and_its_old_receipt_is_worth_nothing() {
    let model = Model::new(1);
    send(&model, &[work("1", "one")]);
    let lost = received(&model);
    assert_eq!(received(&model), []);
    model.advance(Duration::from_secs(180));
    let again = received(&model);
    assert_eq!(again.len(), 1);
    model.settle_work(&lost, &[]);
    assert_eq!(model.waiting(Queue::Work), 1);
    model.settle_work(&again, &[]);
    assert_eq!(model.waiting(Queue::Work), 0);
}

#[test]
fn the_same_id_within_five_minutes_is_accepted_but_not_delivered() {
    let model = Model::new(1);
    send(&model, &[work("1", "one"), work("1", "one"), work("1", "two")]);
    let first = received(&model);
    assert_eq!(causes(&first), ["1", "1"], "one for each resource");
    model.settle_work(&first, &[]);
    model.advance(Duration::from_secs(299));
    send(&model, &[work("1", "one")]);
    assert_eq!(received(&model), [], "also after it was deleted");
    model.advance(Duration::from_secs(1));
    send(&model, &[work("1", "one")]);
    assert_eq!(received(&model).len(), 1);
}

#[test]
fn a_message_received_once_too_often_is_a_dead_letter_and_can_be_redriven() {
    let model = Model::new(1);
    model.set_max_receive_count(2);
    send(&model, &[work("1", "one"), work("2", "one")]);
    for _ in 0..2 {
        let messages = model.receive_work(1);
        model.settle_work(&messages, &[messages[0].id.clone()]);
    }
    assert_eq!(model.dead_letters(), []);
    assert_eq!(causes(&received(&model)), ["2"], "the group goes on without it");
    let [
        DeadLetter {
            queue: Queue::Work,
            message,
        },
    ] = &model.dead_letters()[..]
    else {
        panic!("one dead letter")
    };
    assert_eq!(message.receive_count, 2);
    let old = message.id.clone();
    model.redrive();
    assert_eq!(model.dead_letters(), []);
    model.advance(Duration::from_secs(180));
    let all = received(&model);
    assert_eq!(causes(&all), ["2", "1"]);
    assert!(all.iter().all(|message| message.id != old));
}

#[test]
fn at_most_ten_messages_are_sent_at_once() {
    let model = Model::new(1);
    let many: Vec<Work> = (0..11).map(|n| work(&n.to_string(), "one")).collect();
    assert!(
        done(model.send_work(&many))
            .unwrap_err()
            .message
            .starts_with("TooManyEntriesInBatchRequest")
    );
    assert!(done(model.send_work(&[])).is_err());
    send(&model, &many[..10]);
}

#[test]
fn entries_that_are_not_accepted_are_named_and_not_delivered() {
    let model = Model::new(1);
    model.reject_work(&[1]);
    let items = [work("1", "one"), work("2", "two")];
    assert_eq!(done(model.send_work(&items)), Ok(vec![1]));
    assert_eq!(causes(&received(&model)), ["1"]);
    send(&model, &items[1..]);
    assert_eq!(causes(&received(&model)), ["2"], "a refused id was never seen");
}

#[test]
fn a_later_look_arrives_later_and_at_most_after_a_quarter_of_an_hour() {
    let model = Model::new(1);
    let look = LaterLook::new(work("1", "one"));
    assert!(done(model.send_later(&look, Duration::from_secs(901))).is_err());
    done(model.send_later(&look, Duration::from_secs(30))).unwrap();
    assert_eq!(
        model.journal().last().unwrap().to_string(),
        "SendMessage bucket:one in 30 s"
    );
    assert_eq!(model.receive_ingest(10), []);
    assert_eq!(model.next_due(), Some(Duration::from_secs(30)));
    model.advance(Duration::from_secs(30));
    let messages = model.receive_ingest(10);
    let body = serde_json::from_str(&messages[0].body).unwrap();
    assert_eq!(LaterLook::read(&body), Some(work("1", "one")));
    model.settle_ingest(&messages, &[]);
    assert_eq!((model.waiting(Queue::Ingest), model.next_due()), (0, None));
}

#[test]
fn the_ingest_queue_may_give_messages_in_any_order() {
    let model = Model::new(1);
    model.shuffle_ingest(true);
    let sent: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    sent.iter().for_each(|body| model.inject(body));
    let mut got: Vec<String> = model
        .receive_ingest(20)
        .into_iter()
        .map(|message| message.body)
        .collect();
    assert_ne!(got, sent);
    got.sort_by_key(|body| body.parse::<u8>().unwrap());
    assert_eq!(got, sent);
}
