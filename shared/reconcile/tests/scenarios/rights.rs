//! A right is missing: whatever is refused, nothing breaks, and the action and the statement that grants it are named, in
//! what people are told or in the log.

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guardian_core::call::CallErrorKind::AccessDenied;
use guardian_core::cause::{Cause, Work};
use guardian_core::name::Resource;
use guardian_core::observation::ObjectEncryption;
use guardian_core::right::{Caller, OPERATIONS, Role, granting};
use guardian_core::settings::CensusLevel;
use guardian_model::{Delivery, Model};
use guardian_reconcile::census::{begin, finish, head_batch};
use guardian_reconcile::{Message, reconcile_batch};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span;

use crate::data_events::{OBJECT, put};
use crate::stage::{Stage, done};
use crate::world::{DEMO, MARKER, bucket, owners_key_policy, owners_policy};

/// What is logged, a line for each event.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<String>>);

struct Line<'l>(&'l mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = self.0.lock().unwrap();
        event.record(&mut Line(&mut text));
        text.push('\n');
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// What is logged meanwhile.
fn logged(act: impl FnOnce()) -> String {
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), act);
    log.0.lock().unwrap().clone()
}

/// An account in which a look has to do with everything: a grant, a marker and a key grant are gone without an event, a policy
/// may be public, a declaration is gone, and a walk is due.
fn in_disorder() -> (Stage, Vec<Resource>) {
    let (mut stage, key) = Stage::with_vault();
    let (media, open, gone) = (bucket("media"), bucket("open"), bucket("gone"));
    for bucket in [&media, &open, &gone] {
        stage.plain_bucket(bucket);
        stage.declared(bucket, DEMO);
    }
    stage.settled();
    stage.settings.census = CensusLevel::Full;
    stage.settings.watches_objects = true;
    stage.settings.manages_notifications = true;
    let parts = stage.model.own_parts();
    stage.model.deploy_stack(&parts);
    stage.settings.parts = Some(parts);
    stage.sweep();
    stage.rest();
    stage.model.advance(Duration::from_secs(24 * 60 * 60));
    stage.model.deliver(Delivery::Dropped);
    stage.terraform_replaces(&media, &[]);
    stage.ana().delete_object(&media, MARKER).unwrap();
    stage.terraform().put_bucket_notifications(&media, "").unwrap();
    stage.ana().subscribe("on-call@example.com").unwrap();
    stage
        .terraform()
        .put_key_policy(&key, &owners_key_policy(&[]).to_string())
        .unwrap();
    let public = json!({"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObjectTagging",
        "Resource": "arn:aws:s3:::open/open/*"});
    stage
        .model
        .set_policy(&open, &owners_policy(&open, &[public]).to_string());
    stage.terraform().delete_parameter("gone").unwrap();
    stage.model.take_journal();
    stage.model.take_notices();
    let mut resources = vec![Resource::Sweep, Resource::Stack, Resource::Key(key)];
    resources.extend([media, open, gone, bucket("vault")].map(Resource::Bucket));
    (stage, resources)
}

/// Looks at everything and answers with all that is said of it.
fn looked_at(stage: &Stage, resources: &[Resource]) -> String {
    let messages: Vec<Message> = resources
        .iter()
        .enumerate()
        .map(|(number, resource)| {
            let cause = Cause::of_event(format!("e{number}"), "Scheduled Event");
            let work = Work {
                swept: true,
                ..Work::new(resource.clone(), cause)
            };
            Message {
                id: format!("m{number}"),
                body: serde_json::to_string(&work).unwrap(),
            }
        })
        .collect();
    let mut said = String::new();
    let log = logged(|| {
        let (reports, _) = done(reconcile_batch(&stage.model, &stage.settings, &messages));
        for finding in reports.iter().flat_map(|report| &report.findings) {
            let _ = writeln!(said, "{}", finding.message);
        }
    });
    for notice in stage.model.take_notices() {
        said.push_str(&notice.text);
    }
    said + &log
}

/// From now on every call of the action is refused.
fn refuse(model: &Model, action: &str) {
    for operation in OPERATIONS.iter().filter(|operation| operation.action == action) {
        model.fail_next(operation.name, 10_000, AccessDenied);
    }
}

/// Whether it names the action together with a statement of the role that grants it.
fn names(said: &str, role: Role, action: &str) -> bool {
    let mut sids = granting(role, action).map(|statement| statement.sid);
    let mut lines = said
        .lines()
        .filter(|line| line.contains(&format!("`{action}`")) && line.contains(role.logical_id()));
    lines.any(|line| sids.any(|sid| line.contains(sid)))
}

/// The actions of a role that its own code uses.
fn own_actions(role: Role) -> Vec<&'static str> {
    let rights = role.statements().iter().flat_map(|statement| statement.rights);
    let mut actions: Vec<&str> = rights
        .filter(|right| right.caller == Caller::Guardian)
        .map(|right| right.action)
        .collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}

#[test]
fn each_right_of_the_reconciler_that_is_refused_is_named_with_the_statement_that_grants_it() {
    for action in own_actions(Role::Reconciler) {
        let (stage, resources) = in_disorder();
        refuse(&stage.model, action);
        let said = looked_at(&stage, &resources);
        assert!(
            names(&said, Role::Reconciler, action),
            "{action} is refused, and this is said:\n{said}"
        );
    }
}

#[test]
fn each_right_of_the_router_that_is_refused_is_named_with_the_statement_that_grants_it() {
    for action in own_actions(Role::Router) {
        let (stage, key) = Stage::with_vault();
        let second = stage.key("SECOND");
        stage.settled();
        stage.ana().disable_key(&key).unwrap();
        stage.model.inject(&put(1, "PutObject", "vault", OBJECT, &second));
        refuse(&stage.model, action);
        let said = logged(|| drop(stage.round()));
        assert!(
            names(&said, Role::Router, action),
            "{action} is refused, and this is said:\n{said}"
        );
    }
}

#[test]
fn each_right_of_the_census_that_is_refused_is_named_with_the_statement_that_grants_it() {
    for action in own_actions(Role::Census) {
        let (stage, _) = in_disorder();
        let media = bucket("media");
        // From here on objects of the bucket may belong to others.
        stage.model.set_object_owner(&media, OBJECT, "999999999999");
        refuse(&stage.model, action);
        let mut said = String::new();
        let log = logged(|| {
            let walked = done(async {
                let walk = begin(&stage.model, &stage.settings, &media, "media-1").await?;
                head_batch(&stage.model, &walk, &[OBJECT.to_owned()]).await?;
                finish(&stage.model, &walk, 1).await
            });
            said = walked.err().and_then(|error| error.refused()).unwrap_or_default();
        });
        said = said + "\n" + &log;
        assert!(
            names(&said, Role::Census, action),
            "{action} is refused, and this is said:\n{said}"
        );
    }
}

#[test]
fn where_nothing_is_refused_no_right_is_named() {
    let (stage, resources) = in_disorder();
    let said = looked_at(&stage, &resources);
    assert!(!said.contains("in template.yaml"), "{said}");
}

#[test]
fn an_optional_right_that_is_refused_keeps_nothing_from_being_repaired_and_is_said_once_a_look() {
    for (action, times) in [("cloudtrail:LookupEvents", 2), ("states:StartExecution", 1)] {
        let (stage, _) = in_disorder();
        refuse(&stage.model, action);
        let media = [Resource::Bucket(bucket("media"))];
        let said = looked_at(&stage, &media);
        assert_eq!(
            stage.take_repairs(),
            [
                "PutBucketPolicy media",
                "PutBucketNotificationConfiguration media",
                "PutObject media/…/demo"
            ],
            "{action}"
        );
        let told = said
            .lines()
            .filter(|line| line.contains("message="))
            .filter(|line| line.contains(action));
        assert!(told.count() <= times, "{said}");
        assert!(stage.cloudinary_reads(&bucket("media")));
    }
}

#[test]
fn of_a_sample_that_may_look_at_no_object_one_line_says_why() {
    let (stage, _) = in_disorder();
    for number in 0..9 {
        let key = format!("photos/{number}.jpg");
        stage
            .model
            .add_object(&bucket("media"), &key, ObjectEncryption::SseS3);
    }
    refuse(&stage.model, "s3:GetObject");
    let said = looked_at(&stage, &[Resource::Bucket(bucket("media"))]);
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("an object could not be looked at"))
        .collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert!(lines[0].contains("LookAtObjects"), "{said}");
    assert_eq!(
        stage.take_repairs(),
        [
            "PutBucketPolicy media",
            "PutBucketNotificationConfiguration media"
        ]
    );
}
