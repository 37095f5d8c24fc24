//! The errors that each operation's own model has, as the SDK lists them (`PutKeyPolicyError` and so on), and for S3, which
//! models next to none, those of its "Error responses" (S3 API Reference) that the operation names.

/// An error with its HTTP status, and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Modelled {
    pub(crate) code: &'static str,
    pub(crate) status: u16,
    pub(crate) means: Means,
}

/// What an error says to the guardian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Means {
    /// It passes: as throttling does.
    Passing,
    /// It stays until a person does something: as a refused right does.
    Staying,
    /// The thing that was asked for is not there.
    Nothing,
    /// It was done already.
    Done,
    /// Somebody else wrote meanwhile.
    Contended,
    /// The bucket that all this is about is not there.
    NoBucket,
}

const fn error(code: &'static str, status: u16, means: Means) -> Modelled {
    Modelled { code, status, means }
}

use Means::{Contended, Done, NoBucket, Nothing, Passing, Staying};

const KMS: [Modelled; 4] = [
    error("DependencyTimeoutException", 503, Passing),
    error("InvalidArnException", 400, Staying),
    error("KMSInternalException", 500, Passing),
    error("NotFoundException", 400, Nothing),
];
const KMS_POLICY: [Modelled; 5] = [
    KMS[0],
    KMS[1],
    KMS[2],
    error("KMSInvalidStateException", 400, Staying),
    KMS[3],
];
const PUT_KEY_POLICY: [Modelled; 8] = [
    KMS[0],
    KMS[1],
    KMS[2],
    KMS_POLICY[3],
    error("LimitExceededException", 400, Staying),
    error("MalformedPolicyDocumentException", 400, Staying),
    error("NotFoundException", 400, Staying),
    error("UnsupportedOperationException", 400, Staying),
];

const LEDGER: [Modelled; 6] = [
    error("InternalServerError", 500, Passing),
    error("InvalidEndpointException", 421, Staying),
    error("ProvisionedThroughputExceededException", 400, Passing),
    error("RequestLimitExceeded", 400, Passing),
    error("ResourceNotFoundException", 400, Staying),
    error("ThrottlingException", 400, Passing),
];
const LEDGER_WRITE: [Modelled; 10] = [
    error("ConditionalCheckFailedException", 400, Contended),
    LEDGER[0],
    LEDGER[1],
    error("ItemCollectionSizeLimitExceededException", 400, Staying),
    LEDGER[2],
    error("ReplicatedWriteConflictException", 400, Passing),
    LEDGER[3],
    LEDGER[4],
    LEDGER[5],
    error("TransactionConflictException", 400, Passing),
];

const SEND: [Modelled; 13] = [
    error("InvalidAddress", 404, Staying),
    error("InvalidMessageContents", 400, Staying),
    error("InvalidSecurity", 403, Staying),
    error("KMS.AccessDeniedException", 400, Staying),
    error("KMS.DisabledException", 400, Staying),
    error("KMS.InvalidKeyUsageException", 400, Staying),
    error("KMS.InvalidStateException", 400, Staying),
    error("KMS.NotFoundException", 400, Staying),
    error("KMS.OptInRequired", 403, Staying),
    error("KMS.ThrottlingException", 400, Passing),
    error("AWS.SimpleQueueService.NonExistentQueue", 400, Staying),
    error("RequestThrottled", 403, Passing),
    error("AWS.SimpleQueueService.UnsupportedOperation", 400, Staying),
];
const SEND_BATCH: [Modelled; 17] = [
    error("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400, Staying),
    error("AWS.SimpleQueueService.BatchRequestTooLong", 400, Staying),
    error("AWS.SimpleQueueService.EmptyBatchRequest", 400, Staying),
    error("AWS.SimpleQueueService.InvalidBatchEntryId", 400, Staying),
    error(
        "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        400,
        Staying,
    ),
    SEND[0],
    SEND[2],
    SEND[3],
    SEND[4],
    SEND[5],
    SEND[6],
    SEND[7],
    SEND[8],
    SEND[9],
    SEND[10],
    SEND[11],
    SEND[12],
];
const QUEUE: [Modelled; 6] = [
    error("InvalidAddress", 404, Staying),
    error("InvalidAttributeName", 400, Staying),
    error("InvalidSecurity", 403, Staying),
    error("AWS.SimpleQueueService.NonExistentQueue", 400, Nothing),
    error("RequestThrottled", 403, Passing),
    error("AWS.SimpleQueueService.UnsupportedOperation", 400, Staying),
];

const TOPIC: [Modelled; 5] = [
    error("AuthorizationError", 403, Staying),
    error("InternalError", 500, Passing),
    error("InvalidParameter", 400, Staying),
    error("InvalidSecurity", 403, Staying),
    error("NotFound", 404, Nothing),
];
const SUBSCRIPTIONS: [Modelled; 4] = [TOPIC[0], TOPIC[1], TOPIC[2], error("NotFound", 404, Staying)];
const PUBLISH: [Modelled; 15] = [
    TOPIC[0],
    error("EndpointDisabled", 400, Staying),
    TOPIC[1],
    TOPIC[2],
    error("ParameterValueInvalid", 400, Staying),
    TOPIC[3],
    error("KMSAccessDenied", 400, Staying),
    error("KMSDisabled", 400, Staying),
    error("KMSInvalidState", 400, Staying),
    error("KMSNotFound", 400, Staying),
    error("KMSOptInRequired", 403, Staying),
    error("KMSThrottling", 400, Passing),
    error("NotFound", 404, Staying),
    error("PlatformApplicationDisabled", 400, Staying),
    error("ValidationException", 400, Staying),
];

const PARAMETER: [Modelled; 4] = [
    error("InternalServerError", 500, Passing),
    error("InvalidKeyId", 400, Staying),
    error("ParameterNotFound", 400, Nothing),
    error("ParameterVersionNotFound", 400, Staying),
];
const PARAMETERS: [Modelled; 6] = [
    error("InternalServerError", 500, Passing),
    error("InvalidFilterKey", 400, Staying),
    error("InvalidFilterOption", 400, Staying),
    error("InvalidFilterValue", 400, Staying),
    error("InvalidKeyId", 400, Staying),
    error("InvalidNextToken", 400, Staying),
];

const TRAIL: [Modelled; 6] = [
    error("CloudTrailARNInvalidException", 400, Staying),
    error("InvalidTrailNameException", 400, Staying),
    error("NoManagementAccountSLRExistsException", 400, Staying),
    error("OperationNotPermittedException", 400, Staying),
    error("TrailNotFoundException", 400, Staying),
    error("UnsupportedOperationException", 400, Staying),
];
const TRAILS: [Modelled; 5] = [TRAIL[0], TRAIL[1], TRAIL[2], TRAIL[3], TRAIL[5]];
const TRAIL_STATUS: [Modelled; 5] = [TRAIL[0], TRAIL[1], TRAIL[3], TRAIL[4], TRAIL[5]];
const LOOKUP: [Modelled; 7] = [
    error("InvalidEventCategoryException", 400, Staying),
    error("InvalidLookupAttributesException", 400, Staying),
    error("InvalidMaxResultsException", 400, Staying),
    error("InvalidNextTokenException", 400, Staying),
    error("InvalidTimeRangeException", 400, Staying),
    error("OperationNotPermittedException", 400, Staying),
    error("UnsupportedOperationException", 400, Staying),
];

const RULE: [Modelled; 2] = [
    error("InternalException", 500, Passing),
    error("ResourceNotFoundException", 400, Nothing),
];

const EXECUTION: [Modelled; 11] = [
    error("ExecutionAlreadyExists", 400, Done),
    error("ExecutionLimitExceeded", 400, Staying),
    error("InvalidArn", 400, Staying),
    error("InvalidExecutionInput", 400, Staying),
    error("InvalidName", 400, Staying),
    error("KmsAccessDeniedException", 400, Staying),
    error("KmsInvalidStateException", 400, Staying),
    error("KmsThrottlingException", 400, Passing),
    error("StateMachineDeleting", 400, Staying),
    error("StateMachineDoesNotExist", 400, Staying),
    error("ValidationException", 400, Staying),
];

const NO_BUCKET: Modelled = error("NoSuchBucket", 404, NoBucket);
const ABORTED: Modelled = error("OperationAborted", 409, Passing);
const UNAVAILABLE: Modelled = error("ServiceUnavailable", 503, Passing);
const METHOD: Modelled = error("MethodNotAllowed", 405, Staying);
const BUCKET: [Modelled; 3] = [NO_BUCKET, METHOD, UNAVAILABLE];

/// The errors of an operation.
pub(crate) fn errors(operation: &str) -> &'static [Modelled] {
    const POLICY: [Modelled; 4] = [
        error("NoSuchBucketPolicy", 404, Nothing),
        NO_BUCKET,
        METHOD,
        UNAVAILABLE,
    ];
    const PUT_POLICY: [Modelled; 6] = [
        error("MalformedPolicy", 400, Staying),
        error("PolicyTooLarge", 400, Staying),
        error("NoSuchBucket", 404, Staying),
        METHOD,
        ABORTED,
        UNAVAILABLE,
    ];
    const ENCRYPTION: [Modelled; 3] = [
        error("ServerSideEncryptionConfigurationNotFoundError", 404, Nothing),
        NO_BUCKET,
        UNAVAILABLE,
    ];
    const BLOCK: [Modelled; 3] = [
        error("NoSuchPublicAccessBlockConfiguration", 404, Nothing),
        NO_BUCKET,
        UNAVAILABLE,
    ];
    const OWNERSHIP: [Modelled; 3] = [
        error("OwnershipControlsNotFoundError", 404, Nothing),
        NO_BUCKET,
        UNAVAILABLE,
    ];
    const PUT_OBJECT: [Modelled; 8] = [
        error("EncryptionTypeMismatch", 400, Staying),
        error("InvalidRequest", 400, Staying),
        error("InvalidWriteOffset", 400, Staying),
        error("TooManyParts", 400, Staying),
        error("PreconditionFailed", 412, Done),
        error("ConditionalRequestConflict", 409, Passing),
        error("KMS.DisabledException", 400, Staying),
        error("NoSuchBucket", 404, Staying),
    ];
    const PUT_NOTIFICATION: [Modelled; 4] = [
        error("InvalidArgument", 400, Staying),
        error("NoSuchBucket", 404, Staying),
        ABORTED,
        UNAVAILABLE,
    ];
    // To HEAD only the status is answered.
    const HEAD_BUCKET: [Modelled; 2] = [
        error("404 without a word", 404, NoBucket),
        error("400 without a word", 400, Staying),
    ];
    const HEAD_OBJECT: [Modelled; 2] = [
        error("404 without a word", 404, Nothing),
        error("400 without a word", 400, Staying),
    ];
    match operation {
        "DescribeKey" => &KMS,
        "GetKeyPolicy" => &KMS_POLICY,
        "PutKeyPolicy" => &PUT_KEY_POLICY,
        "Query" | "GetItem" => &LEDGER,
        "PutItem" | "DeleteItem" => &LEDGER_WRITE,
        "SendMessage" => &SEND,
        "SendMessageBatch" => &SEND_BATCH,
        "GetQueueAttributes" => &QUEUE,
        "GetTopicAttributes" => &TOPIC,
        "ListSubscriptionsByTopic" => &SUBSCRIPTIONS,
        "Publish" => &PUBLISH,
        "GetParameter" => &PARAMETER,
        "GetParametersByPath" => &PARAMETERS,
        "DescribeTrails" => &TRAILS,
        "GetTrailStatus" => &TRAIL_STATUS,
        "GetEventSelectors" => &TRAIL,
        "LookupEvents" => &LOOKUP,
        "DescribeRule" | "ListTargetsByRule" => &RULE,
        "StartExecution" => &EXECUTION,
        "HeadBucket" => &HEAD_BUCKET,
        "HeadObject" => &HEAD_OBJECT,
        "GetBucketPolicy" => &POLICY,
        "PutBucketPolicy" => &PUT_POLICY,
        "GetBucketEncryption" => &ENCRYPTION,
        "GetPublicAccessBlock" => &BLOCK,
        "GetBucketOwnershipControls" => &OWNERSHIP,
        "GetBucketAcl" | "GetBucketNotificationConfiguration" | "ListObjectsV2" => &BUCKET,
        "PutObject" => &PUT_OBJECT,
        "PutBucketNotificationConfiguration" => &PUT_NOTIFICATION,
        other => panic!("{other} has no list of errors: add it here"),
    }
}
