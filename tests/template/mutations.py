"""One broken template for each rule of rules.guard: what breaks, and the rules that have to notice."""

from copy import deepcopy

from expansion import of_type


def properties(template, name):
    return template["Resources"][name]["Properties"]


def statement(template, sid):
    """The statement of that name in any role."""
    for role in of_type(template["Resources"], "AWS::IAM::Role").values():
        for policy in role["Policies"]:
            for found in policy["PolicyDocument"]["Statement"]:
                if found.get("Sid") == sid:
                    return found
    raise KeyError(sid)


def door(template):
    return properties(template, "EventQueuePolicy")["PolicyDocument"]["Statement"][0]


def without_statement(template, sid):
    for role in of_type(template["Resources"], "AWS::IAM::Role").values():
        for policy in role["Policies"]:
            document = policy["PolicyDocument"]
            document["Statement"] = [s for s in document["Statement"] if s.get("Sid") != sid]


MUTATIONS = [
    ("a queue in the clear", "queues_are_encrypted",
     lambda t: properties(t, "WorkQueue").pop("SqsManagedSseEnabled")),
    ("a table under DynamoDB's own key", "tables_are_encrypted_and_recoverable",
     lambda t: properties(t, "Ledger").pop("SSESpecification")),
    ("a table without backups", "tables_are_encrypted_and_recoverable",
     lambda t: properties(t, "Ledger").update(PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False})),
    ("a topic that alarms cannot publish to", "topics_are_not_under_the_managed_key",
     lambda t: properties(t, "AlertTopic").update(KmsMasterKeyId="alias/aws/sns")),
    ("a queue without a dead-letter queue", "queues_have_dead_letter_queues",
     lambda t: properties(t, "WorkQueue").pop("RedrivePolicy")),
    ("a dead-letter queue that forgets after four days", "queues_have_dead_letter_queues",
     lambda t: properties(t, "WorkDeadLetterQueue").pop("MessageRetentionPeriod")),
    ("a rule whose events get lost", "rules_have_dead_letter_queues",
     lambda t: properties(t, "KeyRule")["Targets"][0].pop("DeadLetterConfig")),
    ("logs for ever", "logs_expire",
     lambda t: properties(t, "RouterLogs").pop("RetentionInDays")),
    ("a function that logs where it likes", "functions_log_into_groups_of_the_stack",
     lambda t: properties(t, "Router").pop("LoggingConfig")),
    ("a queue open to everybody", "only_named_principals_come_in",
     lambda t: door(t).update(Principal="*")),
    ("a queue open to every account", "only_named_principals_come_in",
     lambda t: door(t).update(Principal={"AWS": "*"})),
    ("a queue open to every account's rules", "services_come_in_for_this_account_only",
     lambda t: door(t)["Condition"].pop("StringEquals")),
    ("a function that any rule may invoke", "functions_are_invoked_for_one_source_only",
     lambda t: properties(t, "BrokenWalkPermission").pop("SourceArn")),
    ("a role for another account", "only_services_assume_roles",
     lambda t: properties(t, "RouterRole")["AssumeRolePolicyDocument"]["Statement"][0].update(
         Principal={"AWS": "arn:aws:iam::444455556666:root"})),
    ("a role for a service and another account", "only_services_assume_roles",
     lambda t: properties(t, "RouterRole")["AssumeRolePolicyDocument"]["Statement"][0]["Principal"].update(
         AWS="arn:aws:iam::444455556666:root")),
    ("a managed policy", "rights_stand_in_the_roles_own_policies",
     lambda t: properties(t, "RouterRole").update(ManagedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"])),
    ("a policy beside the roles", "rights_stand_in_the_roles_own_policies",
     lambda t: t["Resources"].update(More={"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "more"}})),
    ("a wildcard among actions", "rights_are_named_one_by_one",
     lambda t: statement(t, "LookAtKeys").update(Action=["kms:DescribeKey", "kms:Get*"])),
    ("a wildcard as the only action", "rights_are_named_one_by_one",
     lambda t: statement(t, "QueueWork").update(Action="sqs:*")),
    ("everything but", "rights_are_named_one_by_one",
     lambda t: statement(t, "QueueWork").update(NotAction=statement(t, "QueueWork").pop("Action"))),
    ("everywhere but", "rights_are_named_one_by_one",
     lambda t: statement(t, "QueueWork").update(NotResource=statement(t, "QueueWork").pop("Resource"))),
    ("a write to every topic", "nothing_is_written_anywhere",
     lambda t: statement(t, "Tell").update(Resource="*")),
    ("a write to every key beside one", "nothing_is_written_anywhere",
     lambda t: statement(t, "RepairKeyPolicies").update(Resource=["arn:aws:kms:eu-west-1:111122223333:key/a", "*"])),
    ("strangers' buckets", "buckets_of_other_accounts_are_out_of_reach",
     lambda t: statement(t, "RepairBucketPolicies").pop("Condition")),
    ("the right to delete a bucket policy", "nothing_of_a_customer_is_deleted",
     lambda t: statement(t, "RepairBucketPolicies").update(Action=["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"])),
    ("the right to disable a key", "nothing_of_a_customer_is_deleted",
     lambda t: statement(t, "RepairKeyPolicies").update(Action=["kms:PutKeyPolicy", "kms:DisableKey"])),
    ("no Deny of the bypass", "the_lockout_check_is_never_bypassed",
     lambda t: without_statement(t, "NeverBypassTheKeyLockoutCheck")),
    ("a Deny of the bypass on some keys", "the_lockout_check_is_never_bypassed",
     lambda t: statement(t, "NeverBypassTheKeyLockoutCheck").update(Resource="arn:aws:kms:eu-west-1:111122223333:key/a")),
    ("a Deny of everything but the bypass", "the_lockout_check_is_never_bypassed",
     lambda t: statement(t, "NeverBypassTheKeyLockoutCheck").update(
         Condition={"Bool": {"kms:BypassPolicyLockoutSafetyCheck": "false"}})),
    ("a right to write any object", "no_object_but_a_marker_is_written",
     lambda t: statement(t, "WriteMarkers").update(Resource=["arn:aws:s3:::images-*/*"])),
    ("no Deny of other markers", "no_object_but_a_marker_is_written",
     lambda t: without_statement(t, "NoMarkerButOfAllowedClouds")),
]


def mutated(template):
    """Title, the rule that has to notice, and the broken template, one after the other."""
    for title, rule, change in MUTATIONS:
        broken = deepcopy(template)
        change(broken)
        if broken == template:
            raise AssertionError(f"{title}: changes nothing")
        yield title, rule, broken
