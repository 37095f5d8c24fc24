"""What the list leaves out: events that ministack sends of its own, and a walk over more objects than one batch holds."""

import json
import time

from deployed import CLOUDINARY
from emulator import REGION
from terminal import Failed, say, wait_for

BUCKET = "stack-test-images"
CLOUD = "demo"
MARKER = f".wellknown/cloudinary/{CLOUD}"
HEALED_WITHIN = 30
# Two batches, the last one not full.
OBJECTS, UNDER_SECOND_KEY = 1300, 400
WALKED_WITHIN = 120


def hears_of_objects(stack):
    """S3's own event comes all the way by itself, without anybody who stands in for AWS."""
    s3 = stack.s3
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    stack.client["ssm"].put_parameter(
        Name=f"/cloudinary-guardian/buckets/{BUCKET}", Type="String", Value=json.dumps({"clouds": [CLOUD]})
    )
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": f"AWSConsoleStmt-{BUCKET}-cloudinary",
            "Effect": "Allow",
            "Principal": {"AWS": CLOUDINARY},
            "Action": ["s3:GetObject"],
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        }],
    }))
    s3.put_object(Bucket=BUCKET, Key=MARKER, Body=b"", ServerSideEncryption="AES256")
    stack.wait_until_quiet()
    say(f"bucket {BUCKET} created, declared, granted and marked by boto3")

    s3.delete_object(Bucket=BUCKET, Key=MARKER)
    say("marker deleted by boto3; nobody but S3 tells of it")
    seconds = wait_for("the marker back", HEALED_WITHIN, lambda: stack.marker_is_there(BUCKET, MARKER))
    say(f"MARKER BACK after {seconds:.2f} s (S3 → EventBridge → ingest → router → FIFO → reconciler)")
    stack.wait_until_quiet()
    for subject in stack.told():
        say(f"told: {subject}")


def walked(stack, machine, bucket, name):
    """Walks over a bucket; how the execution ended."""
    sfn = stack.client["stepfunctions"]
    execution = sfn.start_execution(stateMachineArn=machine, name=name, input=json.dumps({"bucket": bucket}))
    arn = execution["executionArn"]

    def over():
        return sfn.describe_execution(executionArn=arn)["status"] != "RUNNING"

    seconds = wait_for(f"the walk {name} at its end", WALKED_WITHIN, over)
    return sfn.describe_execution(executionArn=arn), seconds


def census(stack):
    """The census of the bucket in the ledger, and what is left of the parts."""
    ledger, table = stack.client["dynamodb"], stack.outputs["LedgerTable"]
    key = {"pk": {"S": f"bucket:{BUCKET}"}, "sk": {"S": "census"}}
    item = ledger.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    parts = ledger.query(
        TableName=table, KeyConditionExpression="pk = :page", ConsistentRead=True,
        ExpressionAttributeValues={":page": {"S": f"census:{BUCKET}"}},
    )["Items"]
    return json.loads(item["body"]["S"]) if item else None, parts


def walks(stack):
    s3, machine = stack.s3, stack.outputs["CensusStateMachineArn"]
    first, second = (stack.client["kms"].create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    begin = time.monotonic()
    for number in range(OBJECTS):
        under = second if number < UNDER_SECOND_KEY else first
        s3.put_object(
            Bucket=BUCKET, Key=f"photos/{number:05} ü+.jpg", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId=under,
        )
    # Objects may belong to others now: the walk has to ask whose they are.
    s3.put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    say(f"{OBJECTS} objects put in {time.monotonic() - begin:.2f} s, {UNDER_SECOND_KEY} of them under a second key")
    stack.wait_until_quiet()
    # No event tells of this here: that it is put back shows that the bucket was looked at after the walk.
    s3.delete_bucket_policy(Bucket=BUCKET)

    ended, seconds = walked(stack, machine, BUCKET, "walk-1")
    if ended["status"] != "SUCCEEDED":
        raise Failed(f"the walk ended as {ended['status']}: {ended.get('error')} {ended.get('cause')}")
    say(f"WALK DONE after {seconds:.2f} s ({OBJECTS / seconds:.0f} objects a second): {ended['output']}")
    found, parts = census(stack)
    if found is None or parts:
        raise Failed(f"after the walk the ledger holds the census {found} and the parts {parts}")
    counts = found["counts"]
    by_key = {key: group["objects"] for key, group in counts["keys"].items()}
    wanted = {first: OBJECTS - UNDER_SECOND_KEY, second: UNDER_SECOND_KEY}
    # The marker is an object too.
    wrong = [
        by_key != wanted, counts["objects"] != OBJECTS + 1, counts["sse_s3"] != 1, counts["unknown"]["objects"] != 0,
        counts["foreign"]["objects"] != 0, counts["gone"] != 0, not found["whole"], found["id"] != "walk-1",
        found["source"] != "walk", not found["ended"],
    ]
    if any(wrong):
        raise Failed(f"the census should say {wanted}, complete, and says {json.dumps(found, indent=1)}")
    say(f"the ledger holds a complete census: {sorted(by_key.values())} objects by key, and no parts")
    seconds = wait_for("the grant back by the look after the walk", HEALED_WITHIN, lambda: stack.grant_is_there(BUCKET))
    say(f"GRANT BACK after {seconds:.2f} s (the bucket was looked at with the census)")

    ended, _ = walked(stack, machine, "stack-test-undeclared", "walk-2")
    if ended["status"] != "FAILED" or ended.get("error") != "Refused" or "not declared" not in ended.get("cause", ""):
        raise Failed(f"a walk over an undeclared bucket ended as {ended['status']}: {ended.get('error')} {ended.get('cause')}")
    say(f"a walk over an undeclared bucket is refused: {json.loads(ended['cause'])['errorMessage']}")
    wait_for("the word about the broken walk", HEALED_WITHIN, lambda: any(
        line.get("walk") == "walk-2" and line.get("status") == "FAILED" for line in stack.errors()
    ))
    say("its end comes by the rule for broken walks, and is logged as an error")
    stack.wait_until_quiet()
