//! What the guardian really asks of AWS: the incident list on an emulator, and what it leaves out.

use aws_sdk_s3::types::{ObjectOwnership, OwnershipControls, OwnershipControlsRule};
use cloudinary_guardian::incidents::{Outcome, play};
use cloudinary_guardian::stage::{Act, CallMade, Caller, EmulatorStage, Stage};
use guardian_aws::{Aws, Connection, Stack};
use guardian_core::name::BucketName;
use guardian_core::parts::{OwnQueue, OwnRule, Parts, SweepRate};
use guardian_core::right::Role;
use guardian_model::Who;
use guardian_reconcile::census::{begin, finish, head_batch};
use guardian_reconcile::seam::{Buckets, Listing};
use serde_json::{Value, json};

use crate::emulator::{Emulator, Kind};
use crate::request::{Place, Request};
use crate::roles::Roles;

/// The value of the tag that `with_tag` goes by.
pub(crate) const TAG: &str = "media";

/// Everything that was asked, and the roles of the stack that asked it.
pub(crate) struct Recorded {
    pub(crate) roles: Roles,
    /// Of a stack that knows the keys it may write by their tag alone.
    pub(crate) with_tag: Roles,
    /// Of a stack that was given its topic.
    pub(crate) with_topic: Roles,
    pub(crate) requests: Vec<Request>,
    pub(crate) calls: Vec<CallMade>,
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future)
}

/// Plays everything; `None`, and loudly, where this machine cannot have the tools.
pub(crate) async fn record() -> Option<Recorded> {
    let emulator = Emulator::start(Kind::Ministack)?;
    let endpoint = emulator.endpoint();
    let connection = Connection::to_emulator_at(&endpoint).await.unwrap();
    connection.calls().note_what_about();
    let region = connection.region().to_owned();
    let stage = EmulatorStage::new(connection, &endpoint, None).await.unwrap();
    let account = stage.settings().account.to_string();
    let place = Place {
        account: account.clone(),
        region: region.clone(),
    };
    let machine = format!("arn:aws:states:{region}:{account}:stateMachine:guardian-census");
    let stage = stage.with_walks(&machine);

    let mut calls = incidents(&stage).await;
    // No event of an emulator tells of the stack's own parts; a sweep looks after them all the same.
    let parts = own_parts(stage.stack());
    something_to_see(&endpoint, &parts).await;
    let stage = stage.with_parts(parts.clone());
    calls.extend(what_no_incident_needs(&stage, &endpoint).await);
    calls.extend(a_walk(&stage, &endpoint).await);
    // Most are made again and again.
    let mut requests: Vec<Request> = Vec::new();
    for request in calls.iter().filter_map(|call| Request::of(call, &place)) {
        if !requests.contains(&request) {
            requests.push(request);
        }
    }

    let parameters = json!({
        "Mode": "repair",
        "BucketArns": ["arn:aws:s3:::media-*"],
        "AllowedClouds": ["demo", "demo-*"],
        "KeyArns": [format!("arn:aws:kms:{region}:{account}:key/*")],
        "ManageNotifications": "yes",
        // New objects come by the same queue here.
        "WatchObjects": "yes",
        "Census": "full",
        "AWS::AccountId": account,
        "AWS::Region": region,
    });
    let mut with_tag = parameters.clone();
    with_tag["KeyArns"] = json!([""]);
    with_tag["KeyTag"] = json!(format!("cloudinary-guardian={TAG}"));
    let mut with_topic = parameters.clone();
    with_topic["AlertTopicArn"] = json!(parts.topic);
    let things = things(stage.stack(), &parts, &place);
    let mut roles = Roles::with(&[parameters, with_tag, with_topic])?.into_iter();
    let mut of_the_stack = || roles.next().unwrap().of_the_stack(&things);
    Some(Recorded {
        roles: of_the_stack(),
        with_tag: of_the_stack(),
        with_topic: of_the_stack(),
        requests,
        calls,
    })
}

/// The stack's own things by the names the expanded template has for them.
fn things(stack: &Stack, parts: &Parts, place: &Place) -> Vec<(String, String)> {
    let of = |thing: &Option<String>| thing.clone().unwrap();
    let mut things = vec![
        ("Ledger.Arn".to_owned(), place.arn("DynamoDB", &of(&stack.table))),
        ("AlertTopic".to_owned(), of(&stack.topic_arn)),
        ("CensusStateMachine".to_owned(), of(&stack.census_state_machine)),
    ];
    let arn = |logical: &str| format!("{logical}.Arn");
    let rules = parts.rules.iter();
    things.extend(rules.map(|rule| (arn(&rule.logical), place.arn("EventBridge", &rule.name))));
    let queues = parts.queues.iter();
    things.extend(queues.map(|queue| (arn(&queue.logical), place.arn("SQS", &queue.url))));
    things
}

/// What the environment of a deployed reconciler would name: every rule and queue that its role reaches, and the work queue,
/// which is its source. Those that the emulator does not have are found missing, by the same calls.
fn own_parts(stack: &Stack) -> Parts {
    let of = |thing: &Option<String>| thing.clone().unwrap();
    let ingest = of(&stack.ingest_queue_url);
    let (beside, _) = ingest.rsplit_once('/').unwrap();
    let logical = |sid: &str| {
        let mut statements = Role::Reconciler.statements().iter();
        let statement = statements.find(|statement| statement.sid == sid).unwrap();
        let resources = statement.resources.iter();
        let name = |text: &str| {
            text.strip_prefix("${")
                .unwrap()
                .strip_suffix(".Arn}")
                .unwrap()
                .to_owned()
        };
        resources.map(|text| name(text)).collect::<Vec<_>>()
    };
    let rules = logical("LookAtOwnRules").into_iter().map(|logical| OwnRule {
        name: format!("guardian-{logical}"),
        logical,
    });
    let mut queues = logical("LookAtOwnQueues");
    queues.push("WorkQueue".to_owned());
    let queues = queues.into_iter().map(|logical| OwnQueue {
        url: match logical.as_str() {
            "IngestQueue" => ingest.clone(),
            "WorkQueue" => of(&stack.work_queue_url),
            other => format!("{beside}/guardian-{other}"),
        },
        logical,
    });
    Parts {
        rules: rules.collect(),
        queues: queues.collect(),
        topic: of(&stack.topic_arn),
        sweep: SweepRate::default(),
    }
}

/// A trail whose selectors can be asked for, and somebody who has yet to confirm that they want to hear.
async fn something_to_see(endpoint: &str, parts: &Parts) {
    let connection = Connection::to_emulator_at(endpoint).await.unwrap();
    let trail = aws_sdk_cloudtrail::Client::new(connection.config())
        .create_trail()
        .name("management-events")
        .s3_bucket_name("trails");
    trail.send().await.unwrap();
    let subscribe = aws_sdk_sns::Client::new(connection.config())
        .subscribe()
        .topic_arn(&parts.topic)
        .protocol("https")
        .endpoint("https://127.0.0.1:9/nobody");
    subscribe.send().await.unwrap();
}

pub(crate) async fn incidents<S: Stage>(stage: &S) -> Vec<CallMade> {
    let (played, _) = play(stage, |_| {}).await.unwrap();
    for one in &played {
        assert_eq!(
            one.outcome,
            Outcome::AsExpected,
            "{}, step {}",
            one.incident,
            one.step
        );
    }
    played
        .into_iter()
        .filter_map(|one| one.calls)
        .flat_map(|calls| calls.first.into_iter().chain(calls.later))
        .collect()
}

fn bucket<S: Stage>(stage: &S, name: &str) -> BucketName {
    format!("{name}{}", stage.tag()).parse().unwrap()
}

/// What the guardian does besides: a policy that S3 may take for public stands there from before Block Public Access was on.
async fn what_no_incident_needs(stage: &EmulatorStage, endpoint: &str) -> Vec<CallMade> {
    let plain = bucket(stage, "media-plain");
    let mut policy: Value =
        serde_json::from_str(&stage.bucket_policy(&plain).await.unwrap().unwrap()).unwrap();
    let open = json!({"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObjectTagging",
        "Resource": format!("arn:aws:s3:::{plain}/open/*")});
    policy["Statement"].as_array_mut().unwrap().push(open);
    let put = s3(endpoint)
        .await
        .put_bucket_policy()
        .bucket(plain.as_str())
        .policy(policy.to_string());
    put.send().await.unwrap();
    stage
        .act(Who::service("events.amazonaws.com"), &Act::Sweep)
        .await
        .unwrap();
    stage.pump().await.unwrap();
    stage.take_calls().unwrap()
}

/// A walk over every object of a bucket as the census function takes its steps.
async fn a_walk(stage: &EmulatorStage, endpoint: &str) -> Vec<CallMade> {
    let connection = Connection::to_emulator_at(endpoint).await.unwrap();
    connection.calls().note_what_about();
    let settings = stage.settings();
    // What the function's environment gives it.
    let stack = Stack {
        table: stage.stack().table.clone(),
        work_queue_url: stage.stack().work_queue_url.clone(),
        ..Stack::default()
    };
    let aws = Aws::new(connection, settings.account.clone(), stack);
    let secret = bucket(stage, "media-secret");
    // The state machine lists, by its own role.
    let listed = aws.list_objects(&secret, &Listing::default()).await.unwrap();
    drop(aws.take_calls());
    let keys: Vec<String> = listed.objects.into_iter().map(|object| object.key).collect();
    assert!(!keys.is_empty());

    for (name, owners) in [
        ("media-1", ObjectOwnership::BucketOwnerEnforced),
        ("media-2", ObjectOwnership::ObjectWriter),
    ] {
        own_objects(endpoint, &secret, owners).await;
        let walk = begin(&aws, settings, &secret, name).await.unwrap();
        head_batch(&aws, &walk, &keys).await.unwrap();
        let census = finish(&aws, &walk, u64::try_from(keys.len()).unwrap()).await;
        assert!(census.unwrap().whole);
    }
    aws.take_calls()
        .iter()
        .map(|call| CallMade {
            operation: call.to_string(),
            repairs: call.is_repair(),
            by: Caller::Function(Role::Census),
            about: call.about().cloned(),
        })
        .collect()
}

/// Whether objects of the bucket can belong to other accounts.
async fn own_objects(endpoint: &str, bucket: &BucketName, ownership: ObjectOwnership) {
    let rule = OwnershipControlsRule::builder()
        .object_ownership(ownership)
        .build();
    let controls = OwnershipControls::builder().rules(rule.unwrap()).build();
    let put = s3(endpoint)
        .await
        .put_bucket_ownership_controls()
        .bucket(bucket.as_str())
        .ownership_controls(controls.unwrap());
    put.send().await.unwrap();
}

/// The owner's own client.
async fn s3(endpoint: &str) -> aws_sdk_s3::Client {
    let connection = Connection::to_emulator_at(endpoint).await.unwrap();
    let config = aws_sdk_s3::config::Builder::from(connection.config()).force_path_style(true);
    aws_sdk_s3::Client::from_conf(config.build())
}
