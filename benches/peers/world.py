"""The same world in moto: `world.py make|remember|break|healthy COUNT`."""

import json
import os
import sys
import tempfile
from pathlib import Path

import boto3

ACCOUNT = os.environ["ACCOUNT_ID"]
TABLE = "bench"
s3, dynamodb = boto3.client("s3"), boto3.client("dynamodb")
# The ledger as it was when all was well: with it the budget of repairs begins anew in each run.
LEDGER = Path(tempfile.gettempdir()) / f"guardian-bench-ledger-{os.environ['AWS_ENDPOINT_URL'].rsplit(':')[-1]}.json"


def policy(name):
    # No Deny: moto takes one for everybody and every request, whatever its principal and its condition.
    statements = [
        {
            "Sid": "Thumbnailer", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/thumbnailer"},
            "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{name}/thumbnails/*",
        },
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def make(names):
    text = {"AttributeType": "S"}
    dynamodb.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", **text}, {"AttributeName": "sk", **text}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    sqs, ssm = boto3.client("sqs"), boto3.client("ssm")
    sqs.create_queue(QueueName="bench-work.fifo", Attributes={"FifoQueue": "true"})
    sqs.create_queue(QueueName="bench-ingest")
    boto3.client("sns").create_topic(Name="bench")
    for name in names:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": os.environ["AWS_REGION"]})
        ssm.put_parameter(Name=f"/cloudinary-guardian/buckets/{name}", Type="String", Value='{"clouds": ["demo"]}')


def items():
    pages = dynamodb.get_paginator("scan").paginate(TableName=TABLE)
    return [item for page in pages for item in page["Items"]]


def break_grants(names):
    keys = ("pk", "sk")
    for item in items():
        dynamodb.delete_item(TableName=TABLE, Key={key: item[key] for key in keys})
    for item in json.loads(LEDGER.read_text()):
        dynamodb.put_item(TableName=TABLE, Item=item)
    for name in names:
        s3.put_bucket_policy(Bucket=name, Policy=policy(name))


def main():
    what, names = sys.argv[1], [f"media-{number}" for number in range(int(sys.argv[2]))]
    if what == "make":
        make(names)
        for name in names:
            s3.put_bucket_policy(Bucket=name, Policy=policy(name))
    elif what == "remember":
        LEDGER.write_text(json.dumps(items()))
    elif what == "break":
        break_grants(names)
    else:
        print(sum("232482882421" in s3.get_bucket_policy(Bucket=name)["Policy"] for name in names))


main()
