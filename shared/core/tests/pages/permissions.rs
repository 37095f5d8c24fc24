//! `docs/permissions.md`.

use std::fmt::Write;

use guardian_core::right::{Caller, Condition, Role, Statement};

use crate::{compare, header, path};

/// What the roles can never do, and the test that shows it.
const PROMISES: [(&str, &str, &str); 5] = [
    (
        "**Nothing is ever taken away.** No role holds a right to delete a policy, an object, a marker, a bucket, a key or a \
         declaration, to decrypt anything but, through SNS, its own alert topic, to change block public access, ownership or encryption, to grant on a key, or to \
         touch IAM.",
        "limits.rs",
        "no_role_may_delete_a_policy_or_an_object_or_widen_anything_else",
    ),
    (
        "**With `Mode=observe` no role can write to a bucket or a key.** With `Mode=repair` one role can make four kinds of \
         writes: the policies of the buckets in `BucketArns`, their markers, with `ManageNotifications=yes` their notifications, \
         and the policies of the keys in `KeyArns` or with the tag `KeyTag`.",
        "limits.rs",
        "in_observe_mode_no_role_may_write_to_a_bucket_or_a_key",
    ),
    (
        "**No object is written but a marker of a cloud name in `AllowedClouds`,** whatever is declared and whatever an event \
         says.",
        "limits.rs",
        "no_object_is_written_but_a_marker_of_an_allowed_cloud_name",
    ),
    (
        "**No key is ever locked.** A key policy cannot be written past KMS's lockout check: the role denies the bypass on every \
         key, which no key policy can overrule.",
        "limits.rs",
        "a_key_policy_is_never_written_past_the_lockout_check",
    ),
    (
        "**Each right is used, and each call has its right.** The incident list is played against an emulator through the \
         real SDK, each request with its resource is held against the role of the function that made it, and a right that no \
         request needed fails the test; so does a call without a right. What only the model can play makes no call that was not \
         seen there.",
        "needed.rs",
        "each_call_is_allowed_by_its_functions_role_and_each_right_is_used_by_a_call",
    ),
];

#[test]
fn the_page_of_permissions_is_the_table_of_rights() {
    compare("docs/permissions.md", &page());
}

#[test]
fn every_promise_names_a_test_that_is_there() {
    for (_, file, test) in PROMISES {
        let text = std::fs::read_to_string(path("tests/rights").join(file)).unwrap();
        assert!(
            text.contains(&format!("#[test]\nfn {test}()")),
            "{file} has no test `{test}`"
        );
    }
}

fn page() -> String {
    let mut page = header("Permissions", "`shared/core/src/right.rs`");
    page.push('\n');
    for (number, (promise, file, test)) in PROMISES.iter().enumerate() {
        let _ = writeln!(
            page,
            "{}. {promise}\n   <br>Shown by `{test}` in `tests/rights/{file}`.",
            number + 1
        );
    }
    page.push_str(
        "\nThe policies are evaluated by `guardian-policy` on the template as CloudFormation expands it, with every combination \
         of\nthe parameters that matter (`tests/rights/table.rs`); no statement says `*` where the action knows resources.\n\
         \n## What the rights would allow beyond what the code does\n\n\
         IAM limits which document may be written, not what stands in it. Whoever took over the reconciler could, with\n\
         `Mode=repair`, write any policy to a bucket in `BucketArns` or a key in `KeyArns` or with the tag `KeyTag`, as far as block\n\
         public access and KMS let them: keep both lists short, and mind who may set that tag. With `ManageNotifications=yes` they\n\
         could have S3 tell others of the objects' names. `s3:GetObject` is needed for HeadObject, which knows no right of its own; with\n\
         `WatchObjects` or `Census` it would allow reading the objects in `BucketArns` too, except those under a customer managed KMS\n\
         key whose policy does not itself name the role, for no role may decrypt but with the key of the alert topic, through SNS.\n\
         \n## When a right is missing\n\n\
         A refused read is the finding [`observation-failed`](findings.md#observation-failed), a refused write\n\
         [`policy-unwritable`](findings.md#policy-unwritable) or the finding that was to be repaired. Both name the action, the\n\
         resource and the statement of template.yaml that grants it. What is the stack's own (ledger, queues, topic) can be told\n\
         by nobody when it is refused: the message comes again, ends in the dead-letter queue, and the log names the right and the\n\
         statement in the field `right`. A right that is there can still be denied: by the bucket's or key's policy, a service\n\
         control policy, a VPC endpoint's policy.\n",
    );
    for role in Role::ALL {
        let _ = writeln!(page, "\n## {}\n\n{}\n", role.logical_id(), of(role));
        page.push_str("| statement | action | on | needed for | without it |\n|---|---|---|---|---|\n");
        for statement in role.statements() {
            for right in statement.rights {
                let needed = match right.caller {
                    Caller::Guardian => right.needed.to_owned(),
                    Caller::Service(page) => format!("{}; used by AWS itself: {page}", right.needed),
                };
                let _ = writeln!(
                    page,
                    "| {} | `{}` | {} | {needed} | {} |",
                    named(statement),
                    right.action,
                    on(statement),
                    right.without
                );
            }
        }
        for denial in role.denials() {
            let when = denial
                .when
                .text()
                .map_or(String::new(), |when| format!(" ({when})"));
            let _ = writeln!(
                page,
                "| {}{when} | **denied:** `{}` | {} | | |",
                denial.sid, denial.action, denial.what
            );
        }
    }
    page
}

fn of(role: Role) -> &'static str {
    match role {
        Role::Router => "The function that turns events into work. It reaches no bucket and no key.",
        Role::Reconciler => {
            "The function that looks at buckets and keys and, with `Mode=repair`, puts back what is missing."
        }
        Role::Census => {
            "With `Census=full` only: the function that takes the steps of a walk over every object."
        }
        Role::CensusStateMachine => {
            "With `Census=full` only: the state machine that lists the objects and calls the function. Step Functions makes all \
             of these calls."
        }
    }
}

fn named(statement: &Statement) -> String {
    match statement.when.text() {
        Some(when) => format!("{} ({when})", statement.sid),
        None => statement.sid.to_owned(),
    }
}

fn on(statement: &Statement) -> String {
    let resources: Vec<String> = statement
        .resources
        .iter()
        .map(|resource| format!("`{}`", resource.replace("arn:${AWS::Partition}:", "arn:…:")))
        .collect();
    let resources = resources
        .join(", ")
        .replace("${AWS::Region}:${AWS::AccountId}", "REGION:ACCOUNT");
    match statement.condition {
        Condition::None => resources,
        Condition::Equals(key, value) => {
            let value = value
                .replace("${AWS::AccountId}", "ACCOUNT")
                .replace("${TopicRegion}", "REGION OF THE TOPIC")
                .replace("${Tag}", "VALUE OF KeyTag");
            format!("{resources}, if `{key}` is `{value}`")
        }
        Condition::Pages(pages) => {
            let pages: Vec<String> = pages.iter().map(|page| format!("`{page}`")).collect();
            format!(
                "{resources}, if every `dynamodb:LeadingKeys` is like {}",
                pages.join(" or ")
            )
        }
    }
}
