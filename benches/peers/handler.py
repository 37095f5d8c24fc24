"""What most people would write: a Lambda function in Python that keeps a bucket readable by Cloudinary.

A peer for the benchmarks, not a part of the project. It checks the same three things as the guardian and puts each back:
the grant in the bucket's policy, the marker object of each declared cloud, the grant in the policy of the bucket's default
key. Like the guardian it reads what is declared from Parameter Store, asserts the bucket's owner, keeps every other
statement, writes only what is missing and reads what it wrote again. It keeps no ledger, evaluates no policy (its own
statement is found by principal and action) and tells in one message what it repaired.

It is handed the CloudTrail event of a change by EventBridge.
"""

import json
import os

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

CLOUDINARY = "arn:aws:iam::232482882421:root"
ACCOUNT = os.environ["ACCOUNT_ID"]
TOPIC = os.environ.get("TOPIC_ARN")

# Outside the handler, so that they are made once for all invocations.
config = Config(retries={"mode": "standard"})
s3 = boto3.client("s3", config=config)
kms = boto3.client("kms", config=config)
ssm = boto3.client("ssm", config=config)
sns = boto3.client("sns", config=config)


def handler(event, context):
    bucket = event["detail"]["requestParameters"]["bucketName"]
    repaired = reconcile(bucket)
    if repaired and TOPIC:
        sns.publish(TopicArn=TOPIC, Subject=f"Repaired {bucket}", Message="\n".join(repaired))
    return {"bucket": bucket, "repaired": repaired}


def reconcile(bucket):
    declaration = json.loads(ssm.get_parameter(Name=f"/cloudinary-guardian/buckets/{bucket}")["Parameter"]["Value"])
    repaired = []
    if reconcile_policy(bucket):
        repaired.append("bucket policy: grant added")
    for cloud in declaration["clouds"]:
        if reconcile_marker(bucket, cloud):
            repaired.append(f"marker of {cloud}: written")
    key = default_key(bucket)
    if key and reconcile_key(key):
        repaired.append(f"policy of {key}: grant added")
    return repaired


def grants(policy, action):
    for statement in policy["Statement"]:
        principal = statement.get("Principal")
        principals = principal.get("AWS", []) if isinstance(principal, dict) else []
        actions = statement["Action"] if "Action" in statement else []
        if (
            statement["Effect"] == "Allow"
            and CLOUDINARY in ([principals] if isinstance(principals, str) else principals)
            and action in ([actions] if isinstance(actions, str) else actions)
        ):
            return True
    return False


def read_policy(bucket):
    try:
        return json.loads(s3.get_bucket_policy(Bucket=bucket, ExpectedBucketOwner=ACCOUNT)["Policy"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucketPolicy":
            return {"Version": "2012-10-17", "Statement": []}
        raise


def grant(action, resource):
    return {"Sid": "Cloudinary", "Effect": "Allow", "Principal": {"AWS": CLOUDINARY}, "Action": action, "Resource": resource}


def reconcile_policy(bucket):
    policy = read_policy(bucket)
    if grants(policy, "s3:GetObject"):
        return False
    policy["Statement"].append(grant("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy), ExpectedBucketOwner=ACCOUNT)
    if not grants(read_policy(bucket), "s3:GetObject"):
        raise RuntimeError(f"the grant in {bucket} did not stay")
    return True


def reconcile_marker(bucket, cloud):
    key = f".wellknown/cloudinary/{cloud}"
    try:
        s3.head_object(Bucket=bucket, Key=key, ExpectedBucketOwner=ACCOUNT)
        return False
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
    s3.put_object(Bucket=bucket, Key=key, Body=b"", ServerSideEncryption="AES256", ExpectedBucketOwner=ACCOUNT)
    return True


def default_key(bucket):
    try:
        answer = s3.get_bucket_encryption(Bucket=bucket, ExpectedBucketOwner=ACCOUNT)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ServerSideEncryptionConfigurationNotFoundError":
            return None
        raise
    rule = answer["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    return rule.get("KMSMasterKeyID")


def reconcile_key(key):
    metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
    if metadata["KeyManager"] != "CUSTOMER" or metadata["AWSAccountId"] != ACCOUNT:
        return False
    policy = json.loads(kms.get_key_policy(KeyId=metadata["Arn"], PolicyName="default")["Policy"])
    if grants(policy, "kms:Decrypt"):
        return False
    policy["Statement"].append(grant("kms:Decrypt", "*"))
    kms.put_key_policy(KeyId=metadata["Arn"], PolicyName="default", Policy=json.dumps(policy))
    policy = json.loads(kms.get_key_policy(KeyId=metadata["Arn"], PolicyName="default")["Policy"])
    if not grants(policy, "kms:Decrypt"):
        raise RuntimeError(f"the grant in {key} did not stay")
    return True
