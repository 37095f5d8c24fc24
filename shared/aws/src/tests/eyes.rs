//! Trails, rules, queues and the topic: what is asked, and what the answers mean.

use guardian_core::call::CallErrorKind;
use guardian_core::observation::{
    BasicSelector, EventSelectors, FieldSelector, QueueState, RuleState, RuleTarget, Subscription,
    TopicState, TrailDescription,
};
use guardian_reconcile::seam::Eyes;
use serde_json::{Value, json};

use super::wire::{Reply, over};

const TRAIL: &str = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/all";
const QUEUE: &str = "https://sqs.eu-west-1.amazonaws.com/111122223333/guard-IngestQueue";
const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alerts";

fn answer(body: &Value) -> Reply {
    Reply::new(200, body.to_string())
}

#[tokio::test]
async fn trails_of_other_regions_and_of_the_organization_are_asked_for_too() {
    let body = json!({"trailList": [
        {"TrailARN": TRAIL, "HomeRegion": "us-east-1", "IsMultiRegionTrail": true, "IsOrganizationTrail": true},
    ]});
    let (trails, wire) = over([answer(&body)], async |aws| aws.describe_trails().await).await;
    let expected = TrailDescription {
        arn: TRAIL.to_owned(),
        home_region: "us-east-1".to_owned(),
        multi_region: true,
        organization: true,
    };
    assert_eq!(trails, Ok(vec![expected]));
    assert_eq!(wire.one().json(), json!({"includeShadowTrails": true}));
    let (none, _) = over([answer(&json!({"trailList": []}))], async |aws| {
        aws.describe_trails().await
    })
    .await;
    assert_eq!(none, Ok(Vec::new()));
    let (broken, _) = over([answer(&json!({}))], async |aws| aws.describe_trails().await).await;
    assert!(broken.unwrap_err().is_transient());
}

#[tokio::test]
async fn a_trail_is_asked_for_by_its_arn_and_what_it_does_not_say_is_no_answer() {
    let (status, wire) = over([answer(&json!({"IsLogging": false}))], async |aws| {
        aws.get_trail_status(TRAIL).await
    })
    .await;
    assert_eq!(status, Ok(false));
    assert_eq!(wire.one().json(), json!({"Name": TRAIL}));
    let (status, _) = over([answer(&json!({}))], async |aws| {
        aws.get_trail_status(TRAIL).await
    })
    .await;
    assert!(status.unwrap_err().is_transient());
    let reply = Reply::json(400, "AccessDeniedException");
    let (status, _) = over([reply], async |aws| aws.get_trail_status(TRAIL).await).await;
    let error = status.unwrap_err();
    assert_eq!(
        (error.operation, error.kind),
        ("cloudtrail:GetTrailStatus", CallErrorKind::AccessDenied)
    );
    // The trail of an organization, asked for by a member account.
    let reply = Reply::json(400, "TrailNotFoundException");
    let (selectors, _) = over([reply], async |aws| aws.get_event_selectors(TRAIL).await).await;
    assert_eq!(selectors.unwrap_err().kind, CallErrorKind::Other);
}

#[tokio::test]
async fn selectors_are_basic_or_advanced() {
    let basic = json!({"TrailARN": TRAIL, "EventSelectors": [
        {"ReadWriteType": "ReadOnly", "IncludeManagementEvents": true, "DataResources": [],
         "ExcludeManagementEventSources": ["kms.amazonaws.com"]},
        {"DataResources": []},
    ]});
    let (selectors, _) = over([answer(&basic)], async |aws| aws.get_event_selectors(TRAIL).await).await;
    let first = BasicSelector {
        management: true,
        writes: false,
        excluded: vec!["kms.amazonaws.com".to_owned()],
    };
    let second = BasicSelector {
        management: true,
        writes: true,
        excluded: Vec::new(),
    };
    assert_eq!(selectors, Ok(EventSelectors::Basic(vec![first, second])));
    let advanced = json!({"TrailARN": TRAIL, "AdvancedEventSelectors": [{"Name": "all but KMS", "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Management"]},
        {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]},
    ]}]});
    let (selectors, _) = over([answer(&advanced)], async |aws| {
        aws.get_event_selectors(TRAIL).await
    })
    .await;
    let category = FieldSelector {
        field: "eventCategory".to_owned(),
        equals: vec!["Management".to_owned()],
        ..FieldSelector::default()
    };
    let source = FieldSelector {
        field: "eventSource".to_owned(),
        not_equals: vec!["kms.amazonaws.com".to_owned()],
        ..FieldSelector::default()
    };
    assert_eq!(
        selectors,
        Ok(EventSelectors::Advanced(vec![vec![category, source]]))
    );
}

#[tokio::test]
async fn a_rule_is_enabled_in_either_way_and_one_that_is_gone_is_none() {
    for (state, enabled) in [
        ("ENABLED", true),
        ("ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", true),
        ("DISABLED", false),
    ] {
        let body = json!({"Name": "r", "State": state, "EventPattern": "{}", "EventBusName": "default"});
        let (rule, wire) = over([answer(&body)], async |aws| aws.describe_rule("r").await).await;
        let expected = RuleState {
            enabled,
            pattern: Some("{}".to_owned()),
            schedule: None,
        };
        assert_eq!(rule, Ok(Some(expected)), "{state}");
        assert_eq!(wire.one().json(), json!({"Name": "r"}));
    }
    let gone = || Reply::json(400, "ResourceNotFoundException");
    let (rule, _) = over([gone()], async |aws| aws.describe_rule("r").await).await;
    assert_eq!(rule, Ok(None));
    let (targets, _) = over([gone()], async |aws| aws.list_targets("r").await).await;
    assert_eq!(targets, Ok(Vec::new()));
    let denied = Reply::json(400, "AccessDeniedException");
    let (rule, _) = over([denied], async |aws| aws.describe_rule("r").await).await;
    assert_eq!(rule.unwrap_err().operation, "events:DescribeRule");
}

#[tokio::test]
async fn a_target_is_rewritten_by_any_kind_of_input() {
    let body = json!({"Targets": [
        {"Id": "ingest", "Arn": "arn:q", "DeadLetterConfig": {"Arn": "arn:d"}},
        {"Id": "a", "Arn": "arn:q", "Input": "{}"},
        {"Id": "b", "Arn": "arn:q", "InputPath": "$.detail"},
        {"Id": "c", "Arn": "arn:q", "InputTransformer": {"InputTemplate": "\"x\""}},
    ]});
    let (targets, wire) = over([answer(&body)], async |aws| aws.list_targets("r").await).await;
    let targets = targets.unwrap();
    let whole = RuleTarget {
        arn: "arn:q".to_owned(),
        dead_letters: Some("arn:d".to_owned()),
        rewritten: false,
    };
    assert_eq!(targets.first(), Some(&whole));
    assert!(targets.iter().skip(1).all(|target| target.rewritten));
    assert_eq!(wire.one().json(), json!({"Rule": "r"}));
}

#[tokio::test]
async fn a_queue_holds_what_somebody_is_looking_at_as_well() {
    let body = json!({"Attributes": {
        "ApproximateNumberOfMessages": "3", "ApproximateNumberOfMessagesNotVisible": "2", "Policy": "{}",
        "KmsMasterKeyId": "",
    }});
    let (queue, wire) = over([answer(&body)], async |aws| aws.get_queue_attributes(QUEUE).await).await;
    let expected = QueueState {
        policy: Some("{}".to_owned()),
        redrive: None,
        kms_key: None,
        messages: 5,
    };
    assert_eq!(queue, Ok(Some(expected)));
    let sent = wire.one().json();
    assert_eq!(sent["QueueUrl"], QUEUE);
    assert_eq!(sent["AttributeNames"].as_array().map(Vec::len), Some(5));
    let (broken, _) = over([answer(&json!({}))], async |aws| {
        aws.get_queue_attributes(QUEUE).await
    })
    .await;
    assert!(broken.unwrap_err().is_transient());
    for gone in [
        Reply::json(400, "com.amazonaws.sqs#QueueDoesNotExist"),
        Reply::json(400, "com.amazonaws.sqs#QueueDoesNotExist").with(
            "x-amzn-query-error",
            "AWS.SimpleQueueService.NonExistentQueue;Sender",
        ),
    ] {
        let (queue, _) = over([gone], async |aws| aws.get_queue_attributes(QUEUE).await).await;
        assert_eq!(queue, Ok(None));
    }
}

fn attributes(entries: &str) -> Reply {
    Reply::new(
        200,
        format!(
            "<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes>{entries}</Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>"
        ),
    )
}

#[tokio::test]
async fn a_topic_says_how_many_hear_and_one_that_is_gone_is_none() {
    let entry = |key: &str, value: u8| format!("<entry><key>{key}</key><value>{value}</value></entry>");
    let both = entry("SubscriptionsConfirmed", 2) + &entry("SubscriptionsPending", 1);
    let (topic, wire) = over([attributes(&both)], async |aws| {
        aws.get_topic_attributes(TOPIC).await
    })
    .await;
    let expected = TopicState {
        confirmed: 2,
        pending: 1,
    };
    assert_eq!(topic, Ok(Some(expected)));
    assert!(wire.one().body.contains("Action=GetTopicAttributes"));
    let (broken, _) = over([attributes("")], async |aws| {
        aws.get_topic_attributes(TOPIC).await
    })
    .await;
    assert!(broken.unwrap_err().is_transient());
    let (gone, _) = over([Reply::query(404, "NotFound")], async |aws| {
        aws.get_topic_attributes(TOPIC).await
    })
    .await;
    assert_eq!(gone, Ok(None));
    let denied = Reply::query(403, "AuthorizationError");
    let (topic, _) = over([denied], async |aws| aws.get_topic_attributes(TOPIC).await).await;
    assert_eq!(topic.unwrap_err().kind, CallErrorKind::AccessDenied);
}

#[tokio::test]
async fn a_subscription_without_an_arn_is_not_confirmed() {
    let member = |arn: &str, endpoint: &str| {
        format!(
            "<member><SubscriptionArn>{arn}</SubscriptionArn><Protocol>email</Protocol><Endpoint>{endpoint}</Endpoint></member>"
        )
    };
    let members = member("arn:aws:sns:eu-west-1:111122223333:alerts:1", "one@example.com")
        + &member("PendingConfirmation", "two@example.com");
    let body = format!(
        "<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>{members}</Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>"
    );
    let (subscriptions, _) = over([Reply::new(200, body)], async |aws| {
        aws.list_subscriptions(TOPIC).await
    })
    .await;
    let of = |endpoint: &str, confirmed| Subscription {
        protocol: "email".to_owned(),
        endpoint: endpoint.to_owned(),
        confirmed,
    };
    assert_eq!(
        subscriptions,
        Ok(vec![of("one@example.com", true), of("two@example.com", false)])
    );
}
