//! Which IAM action an API operation is authorised by. Often the names differ.

/// An API operation that the guardian or its operator tool uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// The service as the SDK names it.
    pub service: &'static str,
    /// The operation.
    pub name: &'static str,
    /// The IAM action.
    pub action: &'static str,
}

const fn operation(service: &'static str, name: &'static str, action: &'static str) -> Operation {
    Operation {
        service,
        name,
        action,
    }
}

/// Source: Service Authorization Reference, "Actions, resources, and condition keys for …" of each service; for S3 also
/// S3 User Guide, "Required permissions for Amazon S3 API operations".
pub const OPERATIONS: &[Operation] = &[
    operation("CloudTrail", "DescribeTrails", "cloudtrail:DescribeTrails"),
    operation("CloudTrail", "GetEventSelectors", "cloudtrail:GetEventSelectors"),
    operation("CloudTrail", "GetTrailStatus", "cloudtrail:GetTrailStatus"),
    operation("CloudTrail", "LookupEvents", "cloudtrail:LookupEvents"),
    operation("DynamoDB", "DeleteItem", "dynamodb:DeleteItem"),
    operation("DynamoDB", "GetItem", "dynamodb:GetItem"),
    operation("DynamoDB", "PutItem", "dynamodb:PutItem"),
    operation("DynamoDB", "Query", "dynamodb:Query"),
    operation("EventBridge", "DescribeRule", "events:DescribeRule"),
    operation("EventBridge", "ListTargetsByRule", "events:ListTargetsByRule"),
    operation("KMS", "DescribeKey", "kms:DescribeKey"),
    operation("KMS", "GetKeyPolicy", "kms:GetKeyPolicy"),
    operation("KMS", "PutKeyPolicy", "kms:PutKeyPolicy"),
    operation("S3", "GetBucketAcl", "s3:GetBucketAcl"),
    operation("S3", "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    operation(
        "S3",
        "GetBucketNotificationConfiguration",
        "s3:GetBucketNotification",
    ),
    operation(
        "S3",
        "GetBucketOwnershipControls",
        "s3:GetBucketOwnershipControls",
    ),
    operation("S3", "GetBucketPolicy", "s3:GetBucketPolicy"),
    operation("S3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    operation("S3", "HeadBucket", "s3:ListBucket"),
    operation("S3", "HeadObject", "s3:GetObject"),
    operation("S3", "ListBuckets", "s3:ListAllMyBuckets"),
    operation("S3", "ListObjectsV2", "s3:ListBucket"),
    operation(
        "S3",
        "PutBucketNotificationConfiguration",
        "s3:PutBucketNotification",
    ),
    operation("S3", "PutBucketPolicy", "s3:PutBucketPolicy"),
    operation("S3", "PutObject", "s3:PutObject"),
    operation("SFN", "DescribeExecution", "states:DescribeExecution"),
    operation("SFN", "DescribeMapRun", "states:DescribeMapRun"),
    operation("SFN", "ListMapRuns", "states:ListMapRuns"),
    operation("SFN", "StartExecution", "states:StartExecution"),
    operation("SNS", "GetTopicAttributes", "sns:GetTopicAttributes"),
    operation("SNS", "ListSubscriptionsByTopic", "sns:ListSubscriptionsByTopic"),
    operation("SNS", "Publish", "sns:Publish"),
    operation("SQS", "GetQueueAttributes", "sqs:GetQueueAttributes"),
    operation("SQS", "SendMessage", "sqs:SendMessage"),
    operation("SQS", "SendMessageBatch", "sqs:SendMessage"),
    operation("SSM", "GetParameter", "ssm:GetParameter"),
    operation("SSM", "GetParametersByPath", "ssm:GetParametersByPath"),
    operation("STS", "GetCallerIdentity", "sts:GetCallerIdentity"),
];

/// The IAM action of an operation, called as its API reference calls it; `None` for one that is not in the table.
#[must_use]
pub fn action_of(service: &str, name: &str) -> Option<&'static str> {
    OPERATIONS
        .iter()
        .find(|operation| operation.service == service && operation.name == name)
        .map(|operation| operation.action)
}
