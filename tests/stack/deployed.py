"""The deployed stack: its parts by the names that the template gives them, its queues and its logs."""

import json
import time
import uuid

from emulator import ACCOUNT, REGION
from terminal import Failed, say, wait_for

STACK = "cloudinary-guardian"
CLOUDINARY = "232482882421"
# What the rules of EventBridge deliver is put here by whoever stands in for AWS's services.
EVENTS, NOTICES = "events", "notices"
TRAIL = "trail-of-the-account"


class Stack:
    def __init__(self, endpoint):
        import boto3
        from botocore.config import Config

        session = boto3.session.Session(region_name=REGION)
        config = Config(retries={"max_attempts": 2}, connect_timeout=5, read_timeout=70)
        self.client = {
            name: session.client(name, endpoint_url=endpoint, config=config)
            for name in (
                "s3", "ssm", "sqs", "sns", "lambda", "logs", "cloudformation", "events", "kms", "dynamodb", "stepfunctions",
                "cloudtrail",
            )
        }
        self.s3, self.sqs = self.client["s3"], self.client["sqs"]

    def read(self):
        """Once it is deployed: its outputs, functions and queues; and two queues around it."""
        cloudformation = self.client["cloudformation"]
        stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        self.outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
        resources = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]

        def of_type(kind):
            return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources if r["ResourceType"] == kind}

        self.functions = sorted(of_type("AWS::Lambda::Function").values())
        queues = of_type("AWS::SQS::Queue")
        dead = {name for name in queues if "DeadLetter" in name or "Undelivered" in name}
        self.dead = {name: queues[name] for name in dead}
        self.events, self.notices = (self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in (EVENTS, NOTICES))
        # Asked a second time, SNS answers with the subscription that is there.
        self.client["sns"].subscribe(
            TopicArn=self.outputs["AlertTopicArn"], Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{NOTICES}"
        )
        # In the order in which an event passes them: work is what comes of the others.
        alive = sorted(queues.keys() - dead, key=lambda name: (name == "WorkQueue", name))
        self.passed = [self.events, *(queues[name] for name in alive)]

    def drop_later_looks(self):
        """Before an update: ministack ends a function in the midst of its work then, which on AWS it may finish, and the
        message would come again after minutes only."""
        self.wait_until_quiet()
        # A FIFO queue delays no single message: later looks come through the ingest queue.
        self.sqs.purge_queue(QueueUrl=self.outputs["IngestQueueUrl"])
        self.wait_until_quiet()

    def schedule_fires(self):
        rules = self.client["events"].list_rules(NamePrefix=f"{STACK}-SweepRule")["Rules"]
        event = {
            "version": "0", "id": str(uuid.uuid4()), "detail-type": "Scheduled Event", "source": "aws.events",
            "account": ACCOUNT, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "region": REGION,
            "resources": [rules[0]["Arn"]], "detail": {},
        }
        self.sqs.send_message(QueueUrl=self.outputs["IngestQueueUrl"], MessageBody=json.dumps(event))

    def marker_is_there(self, bucket, marker):
        from botocore.exceptions import ClientError

        try:
            self.s3.head_object(Bucket=bucket, Key=marker)
            return True
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return False
            raise

    def policy(self, bucket):
        from botocore.exceptions import ClientError

        try:
            return self.s3.get_bucket_policy(Bucket=bucket)["Policy"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchBucketPolicy":
                return None
            raise

    def grant_is_there(self, bucket):
        policy = self.policy(bucket)
        return policy is not None and any(
            statement.get("Effect") == "Allow"
            and CLOUDINARY in json.dumps(statement.get("Principal"))
            and "s3:GetObject" in json.dumps(statement.get("Action"))
            for statement in json.loads(policy)["Statement"]
        )

    def customers(self):
        """Every policy and every object of a customer: what nothing but a repair may change."""
        s3, kms = self.s3, self.client["kms"]
        buckets = [b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"] != TRAIL and not b["Name"].startswith("aws-sam-cli-")]
        objects = s3.get_paginator("list_objects_v2")
        keys = [k["KeyId"] for page in kms.get_paginator("list_keys").paginate() for k in page["Keys"]]
        return {
            b: (self.policy(b), [o["Key"] for page in objects.paginate(Bucket=b) for o in page.get("Contents", [])])
            for b in buckets
        } | {k: kms.get_key_policy(KeyId=k, PolicyName="default")["Policy"] for k in keys}

    def messages(self, queue):
        """Messages that are waiting or being worked on; those delayed for a later look are not."""
        attributes = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        return sum(int(attributes[f"ApproximateNumberOfMessages{which}"]) for which in ("", "NotVisible"))

    def wait_until_quiet(self):
        # A message leaves a queue when what came of it is in the next one: seen empty in this order and twice, all are.
        wait_for("all queues empty", 180, lambda: not any(map(self.messages, self.passed * 2)))

    def nothing_is_dead(self):
        lost = {name: n for name, queue in self.dead.items() if (n := self.messages(queue))}
        if lost:
            raise Failed(f"messages in the dead-letter queues: {lost}")
        return sorted(self.dead)

    def create_trail(self):
        """Without one that tells of changes the guardian says so."""
        self.s3.create_bucket(Bucket=TRAIL, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.client["cloudtrail"].create_trail(Name=TRAIL, S3BucketName=TRAIL)
        self.client["cloudtrail"].start_logging(Name=TRAIL)

    def codes_told(self):
        """Takes what people were told, as transition and code of the finding."""
        messages = [json.loads(body["Message"]) for body in self.bodies_told()]
        return sorted(f"{m['transition']['kind']} {m['finding']['code']}" for m in messages)

    def told(self):
        """Takes what people were told: the subject lines."""
        return [body.get("Subject") for body in self.bodies_told()]

    def bodies_told(self):
        bodies = []
        while batch := self.sqs.receive_message(QueueUrl=self.notices, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                bodies.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.notices, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def log(self, function):
        """What a function wrote, line by line; an object where a line is one."""
        configuration = self.client["lambda"].get_function_configuration(FunctionName=function)
        group = configuration.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{function}")
        for line in (line for event in self.log_events(group) for line in event["message"].splitlines()):
            try:
                yield json.loads(line)
            except ValueError:
                yield line

    def log_events(self, group):
        """Every event of a log. The emulator answers with 10,000 at most, in the order of their time, with no token
        and no ids: the rest is asked for by the last one's time, without those of that time that are known."""
        since, known = 0, 0
        while True:
            page = self.client["logs"].filter_log_events(logGroupName=group, startTime=since)["events"]
            yield from page[known:]
            if len(page) == known:
                return
            since = page[-1]["timestamp"]
            known = sum(event["timestamp"] == since for event in page)

    def errors(self):
        """What the functions logged as errors."""
        return [
            line for name in self.functions for line in self.log(name)
            if isinstance(line, dict) and line.get("level") == "ERROR"
        ]

    def print_logs(self):
        for name in self.functions:
            print(f"--- {name}")
            try:
                for line in list(self.log(name))[-200:]:
                    print(line if isinstance(line, str) else json.dumps(line))
            except Exception as error:  # the reason of the failure is printed in any case
                print(f"(no logs: {error})")


def healthy_without_declarations(stack):
    """Nothing is declared yet: a sweep finds nothing to do, and says so."""
    stack.schedule_fires()
    stack.wait_until_quiet()
    reconciler = stack.outputs["ReconcilerFunction"]
    sweeps = [
        line for line in stack.log(reconciler)
        if isinstance(line, dict) and line.get("message") == "reconciled" and line.get("resource") == "sweep"
    ]
    if not sweeps or not sweeps[-1].get("note"):
        raise Failed(f"a sweep without declarations should say what came of it: {sweeps}")
    if errors := stack.errors():
        raise Failed(f"errors where nothing is declared: {json.dumps(errors, indent=1)}")
    if told := stack.told():
        raise Failed(f"told where nothing is declared and nothing wrong: {told}")
    dead = stack.nothing_is_dead()
    say(f"nothing is declared, no error, nothing in {', '.join(dead)}; the sweep says: {sweeps[-1]['note']}")
