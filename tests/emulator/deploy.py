"""Deploys template.yaml, as the SAM translator expands it, into the emulator of the environment, and prints the stack's
outputs as JSON. The functions get no code and no messages: moto would run them in containers.

    deploy.py KEY=VALUE...

The arguments are the template's parameters.
"""

import io
import json
import os
import re
import sys
import zipfile
from pathlib import Path

# No compiled modules beside the sources.
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "template"))

import boto3
from botocore.config import Config

from expansion import translated

STACK, CODE = "cloudinary-guardian", "code"


def left_out(kind):
    """moto would run functions in containers, and knows too little of alarms for what points at them."""
    return kind == "AWS::Lambda::EventSourceMapping" or kind.startswith("AWS::CloudWatch::")


def as_moto_takes_it(template):
    """One and the same package for every function; a name for every FIFO queue, as moto gives one that does not end in
    `.fifo`, and takes it for wrong; and roles without policies, which it never asks: it fails on `AWS::NoValue` among them."""
    absent = [name for name, resource in template["Resources"].items() if left_out(resource["Type"])]
    for name in absent:
        del template["Resources"][name]
    points_there = re.compile(rf'["{{]({"|".join(absent)})["}}.]')
    template["Outputs"] = {k: v for k, v in template["Outputs"].items() if not points_there.search(json.dumps(v["Value"]))}
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Lambda::Function":
            properties["Code"] = {"S3Bucket": CODE, "S3Key": CODE}
        if resource["Type"] == "AWS::IAM::Role":
            properties.pop("Policies", None)
        if resource["Type"] == "AWS::SQS::Queue" and properties.get("FifoQueue"):
            properties.setdefault("QueueName", f"{STACK}-{name}.fifo")
    return template


def client(service):
    # No proxy, and nothing but the environment's endpoint.
    return boto3.client(service, endpoint_url=os.environ["AWS_ENDPOINT_URL"], config=Config(proxies={}))


def main(parameters):
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("bootstrap", "")
    s3 = client("s3")
    s3.create_bucket(Bucket=CODE, CreateBucketConfiguration={"LocationConstraint": os.environ["AWS_REGION"]})
    s3.put_object(Bucket=CODE, Key=CODE, Body=package.getvalue())
    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK, TemplateBody=json.dumps(as_moto_takes_it(translated())), Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters],
    )
    stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    if stack["StackStatus"] != "CREATE_COMPLETE":
        sys.exit(f"the stack is {stack['StackStatus']}: {stack.get('StackStatusReason')}")
    json.dump({output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}, sys.stdout)


main([argument.split("=", 1) for argument in sys.argv[1:]])
