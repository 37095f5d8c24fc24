"""boto3, called from a test: one JSON object a line in, one a line out.

    {"account", "service", "operation", "arguments"} -> {"answer"} or {"error"}, the error's code

`account` is an access key; where that is twelve digits, ministack takes it for the account's id.
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

CONFIG = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}, connect_timeout=10, read_timeout=30)

clients = {}


def client(account, service):
    if (account, service) not in clients:
        clients[account, service] = boto3.client(
            service, aws_access_key_id=account, aws_secret_access_key="test", config=CONFIG
        )
    return clients[account, service]


def answer(call):
    try:
        said = getattr(client(call["account"], call["service"]), call["operation"])(**call["arguments"])
    except ClientError as error:
        return {"error": error.response["Error"]["Code"]}
    said.pop("ResponseMetadata", None)
    if "Body" in said:
        said["Body"] = said["Body"].read().decode()
    return {"answer": said}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line)), default=str), flush=True)
