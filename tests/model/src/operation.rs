//! The AWS calls that cross the seams, by name.

/// One AWS call of the seams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    HeadBucket,
    GetBucketPolicy,
    PutBucketPolicy,
    GetBucketEncryption,
    GetPublicAccessBlock,
    HeadObject,
    ListObjects,
    PutObject,
    ListBuckets,
    DescribeKey,
    GetKeyPolicy,
    PutKeyPolicy,
    GetParameter,
    GetParametersByPath,
    Query,
    GetItem,
    PutItem,
    DeleteItem,
    SendMessageBatch,
    SendMessage,
    Publish,
    GetCallerIdentity,
    LookupEvents,
    GetBucketOwnershipControls,
    GetBucketAcl,
    StartExecution,
    GetBucketNotification,
    PutBucketNotification,
    DescribeTrails,
    GetTrailStatus,
    GetEventSelectors,
    DescribeRule,
    ListTargetsByRule,
    GetQueueAttributes,
    GetTopicAttributes,
    ListSubscriptionsByTopic,
}

impl Operation {
    const ALL: [Self; 36] = [
        Self::HeadBucket,
        Self::GetBucketPolicy,
        Self::PutBucketPolicy,
        Self::GetBucketEncryption,
        Self::GetPublicAccessBlock,
        Self::HeadObject,
        Self::ListObjects,
        Self::PutObject,
        Self::ListBuckets,
        Self::DescribeKey,
        Self::GetKeyPolicy,
        Self::PutKeyPolicy,
        Self::GetParameter,
        Self::GetParametersByPath,
        Self::Query,
        Self::GetItem,
        Self::PutItem,
        Self::DeleteItem,
        Self::SendMessageBatch,
        Self::SendMessage,
        Self::Publish,
        Self::GetCallerIdentity,
        Self::LookupEvents,
        Self::GetBucketOwnershipControls,
        Self::GetBucketAcl,
        Self::StartExecution,
        Self::DescribeTrails,
        Self::GetTrailStatus,
        Self::GetEventSelectors,
        Self::DescribeRule,
        Self::ListTargetsByRule,
        Self::GetQueueAttributes,
        Self::GetTopicAttributes,
        Self::ListSubscriptionsByTopic,
        Self::GetBucketNotification,
        Self::PutBucketNotification,
    ];

    /// The operation of this API name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.name() == name)
    }

    /// The name in the service's API reference.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::HeadBucket => "HeadBucket",
            Self::GetBucketPolicy => "GetBucketPolicy",
            Self::PutBucketPolicy => "PutBucketPolicy",
            Self::GetBucketEncryption => "GetBucketEncryption",
            Self::GetPublicAccessBlock => "GetPublicAccessBlock",
            Self::HeadObject => "HeadObject",
            Self::ListObjects => "ListObjectsV2",
            Self::PutObject => "PutObject",
            Self::ListBuckets => "ListBuckets",
            Self::DescribeKey => "DescribeKey",
            Self::GetKeyPolicy => "GetKeyPolicy",
            Self::PutKeyPolicy => "PutKeyPolicy",
            Self::GetParameter => "GetParameter",
            Self::GetParametersByPath => "GetParametersByPath",
            Self::Query => "Query",
            Self::GetItem => "GetItem",
            Self::PutItem => "PutItem",
            Self::DeleteItem => "DeleteItem",
            Self::SendMessageBatch => "SendMessageBatch",
            Self::SendMessage => "SendMessage",
            Self::Publish => "Publish",
            Self::GetCallerIdentity => "GetCallerIdentity",
            Self::LookupEvents => "LookupEvents",
            Self::GetBucketOwnershipControls => "GetBucketOwnershipControls",
            Self::GetBucketAcl => "GetBucketAcl",
            Self::StartExecution => "StartExecution",
            Self::DescribeTrails => "DescribeTrails",
            Self::GetTrailStatus => "GetTrailStatus",
            Self::GetEventSelectors => "GetEventSelectors",
            Self::DescribeRule => "DescribeRule",
            Self::ListTargetsByRule => "ListTargetsByRule",
            Self::GetQueueAttributes => "GetQueueAttributes",
            Self::GetTopicAttributes => "GetTopicAttributes",
            Self::ListSubscriptionsByTopic => "ListSubscriptionsByTopic",
            Self::GetBucketNotification => "GetBucketNotificationConfiguration",
            Self::PutBucketNotification => "PutBucketNotificationConfiguration",
        }
    }

    /// The IAM action that guards it, which is not always its name (Service Authorization Reference, S3:
    /// HeadBucket and ListObjectsV2 need `s3:ListBucket`, HeadObject `s3:GetObject`).
    pub(crate) fn action(self) -> &'static str {
        match self {
            Self::HeadBucket | Self::ListObjects => "s3:ListBucket",
            Self::GetBucketPolicy => "s3:GetBucketPolicy",
            Self::PutBucketPolicy => "s3:PutBucketPolicy",
            Self::GetBucketEncryption => "s3:GetEncryptionConfiguration",
            Self::GetPublicAccessBlock => "s3:GetBucketPublicAccessBlock",
            Self::HeadObject => "s3:GetObject",
            Self::PutObject => "s3:PutObject",
            Self::ListBuckets => "s3:ListAllMyBuckets",
            Self::DescribeKey => "kms:DescribeKey",
            Self::GetKeyPolicy => "kms:GetKeyPolicy",
            Self::PutKeyPolicy => "kms:PutKeyPolicy",
            Self::GetParameter => "ssm:GetParameter",
            Self::GetParametersByPath => "ssm:GetParametersByPath",
            Self::Query => "dynamodb:Query",
            Self::GetItem => "dynamodb:GetItem",
            Self::PutItem => "dynamodb:PutItem",
            Self::DeleteItem => "dynamodb:DeleteItem",
            Self::SendMessageBatch | Self::SendMessage => "sqs:SendMessage",
            Self::Publish => "sns:Publish",
            Self::GetCallerIdentity => "sts:GetCallerIdentity",
            Self::LookupEvents => "cloudtrail:LookupEvents",
            Self::GetBucketOwnershipControls => "s3:GetBucketOwnershipControls",
            Self::GetBucketAcl => "s3:GetBucketAcl",
            Self::StartExecution => "states:StartExecution",
            Self::DescribeTrails => "cloudtrail:DescribeTrails",
            Self::GetTrailStatus => "cloudtrail:GetTrailStatus",
            Self::GetEventSelectors => "cloudtrail:GetEventSelectors",
            Self::DescribeRule => "events:DescribeRule",
            Self::ListTargetsByRule => "events:ListTargetsByRule",
            Self::GetQueueAttributes => "sqs:GetQueueAttributes",
            Self::GetTopicAttributes => "sns:GetTopicAttributes",
            Self::ListSubscriptionsByTopic => "sns:ListSubscriptionsByTopic",
            Self::GetBucketNotification => "s3:GetBucketNotification",
            Self::PutBucketNotification => "s3:PutBucketNotification",
        }
    }

    /// Whether it changes anything.
    pub(crate) fn writes(self) -> bool {
        self.repairs()
            || matches!(
                self,
                Self::PutItem
                    | Self::DeleteItem
                    | Self::SendMessageBatch
                    | Self::SendMessage
                    | Self::Publish
                    | Self::StartExecution
            )
    }

    /// Whether it changes what is guarded, rather than the guardian's own books.
    pub(crate) fn repairs(self) -> bool {
        matches!(
            self,
            Self::PutBucketPolicy | Self::PutObject | Self::PutKeyPolicy | Self::PutBucketNotification
        )
    }
}
