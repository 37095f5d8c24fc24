//! A refusal of AWS, read: status, error code and, from S3, where the bucket really is.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use guardian_core::call::CallErrorKind;

/// The credentials are at fault, not what they may do. Some come with status 403, so they are looked for
/// before it is.
const CREDENTIALS: [&str; 17] = [
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotSignedUp",
    "OptInRequired",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
];

/// The codes that say that we, or everybody in the account, ask too much; those that contain `Throttl` need no entry. The
/// SDK's retry rules have the same ones, but for `LimitExceededException`, which with KMS is a matter of size or number and
/// not of rate.
const THROTTLING: [&str; 7] = [
    "BandwidthLimitExceeded",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "SlowDown",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Passing by themselves, whatever their status, beside those of [`THROTTLING`].
const TRANSIENT: [&str; 14] = [
    "ConditionalRequestConflict",
    "DependencyTimeoutException",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "KMSInternalException",
    // "You can retry the request." (KMS API Reference). A key store that is down for long is found by DescribeKey.
    "KeyUnavailableException",
    "OperationAborted",
    "OverLimit",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    // A ledger item that is part of somebody's transaction at this moment.
    "TransactionConflictException",
];

/// How much is quoted of an answer that is not AWS's, a proxy's page perhaps.
const QUOTED: usize = 200;

pub(super) fn is_credentials_code(code: &str) -> bool {
    CREDENTIALS.contains(&code)
}

/// Whether the code says that AWS did not do what it was asked because of the rate of requests.
pub(crate) fn is_throttling_code(code: &str) -> bool {
    code.contains("Throttl") || THROTTLING.contains(&code)
}

/// What AWS answered to a call that it did not carry out.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    operation: &'static str,
    /// Ours; only S3 is asked in terms of it.
    own_region: Option<&'a str>,
    status: u16,
    code: Option<&'a str>,
    /// Where the bucket is, in S3's words.
    bucket_region: Option<String>,
    body: &'a [u8],
}

impl<'a> Answer<'a> {
    pub(super) fn new(
        operation: &'static str,
        own_region: Option<&'a str>,
        response: &'a HttpResponse,
        code: Option<&'a str>,
    ) -> Self {
        let body = response.body().bytes().unwrap_or_default();
        let header = response.headers().get("x-amz-bucket-region").map(str::to_owned);
        let bucket_region = header.or_else(|| element(body, "Region"));
        Self {
            operation,
            own_region,
            status: response.status().as_u16(),
            code,
            bucket_region,
            body,
        }
    }

    pub(super) fn kind(&self) -> CallErrorKind {
        if let Some(kind) = self.wrong_region() {
            return kind;
        }
        match self.code {
            Some(code) => self.kind_of_code(code),
            None => self.kind_of_status(),
        }
    }

    /// AWS's words; the error code first, if there was one.
    pub(super) fn message(&self, said: Option<&str>) -> String {
        match (self.code, said) {
            (Some(code), Some(said)) => format!("{code}: {said}"),
            (Some(code), None) => format!("{code}: HTTP status {}", self.status),
            // An answer to HEAD has no body, so S3 cannot say why.
            (None, _) if self.status == 400 && self.own_region.is_some() => {
                "HTTP status 400 without a reason: to HEAD S3 answers so for bad credentials, and for an object \
                 under a key of the customer's own (SSE-C)"
                    .to_owned()
            }
            (None, _) if self.status < 300 => format!("HTTP status {} with an unreadable answer", self.status),
            // Not the SDK's words: they hold the request's id, which would make every report a new one.
            (None, _) if self.body.is_empty() => format!("HTTP status {} without a reason", self.status),
            (None, _) => {
                let body = String::from_utf8_lossy(self.body);
                format!("HTTP status {}: {}", self.status, body.chars().take(QUOTED).collect::<String>())
            }
        }
    }

    /// The bucket is elsewhere: a redirect that the SDK does not follow, or a signature for the wrong Region.
    ///
    /// botocore knows the same signs (`S3RegionRedirectorv2`).
    fn wrong_region(&self) -> Option<CallErrorKind> {
        let own = self.own_region?;
        let elsewhere = self.bucket_region.as_deref().filter(|region| *region != own);
        let told = match self.code {
            Some("PermanentRedirect" | "IllegalLocationConstraintException") => true,
            // Also the answer to an access key that is no access key: then no other Region is named. And a
            // new bucket is redirected for a while within its own.
            Some("AuthorizationHeaderMalformed" | "TemporaryRedirect") => elsewhere.is_some(),
            // HEAD: a status, no body. 403 names the Region as well, but is a refusal first.
            None => matches!(self.status, 301 | 307 | 400) && elsewhere.is_some(),
            Some(_) => false,
        };
        (told || self.status == 301).then(|| CallErrorKind::WrongRegion(elsewhere.map(str::to_owned)))
    }

    fn kind_of_code(&self, code: &str) -> CallErrorKind {
        match code {
            _ if is_credentials_code(code) => CallErrorKind::Other,
            _ if is_throttling_code(code) || TRANSIENT.contains(&code) => CallErrorKind::Transient,
            "NoSuchBucket" => CallErrorKind::NoSuchBucket,
            // Not DynamoDB's or SNS's codes for a missing table or topic: those are ours, and the thing that
            // the work is about is not gone with them.
            "NotFoundException" if self.operation.starts_with("kms:") => CallErrorKind::NotFound,
            "MalformedPolicy" | "MalformedPolicyDocumentException" => CallErrorKind::Malformed,
            "PolicyTooLarge" | "EntityTooLarge" | "MaxMessageLengthExceeded" => CallErrorKind::TooLarge,
            "LimitExceededException" if self.operation == "kms:PutKeyPolicy" => CallErrorKind::TooLarge,
            // A character that key policies may not contain (KMS Developer Guide, Key policies).
            "ValidationException" if self.operation == "kms:PutKeyPolicy" => CallErrorKind::Malformed,
            "AllAccessDisabled" | "AuthorizationError" => CallErrorKind::AccessDenied,
            _ if code.contains("AccessDenied") => CallErrorKind::AccessDenied,
            _ => self.kind_of_status(),
        }
    }

    fn kind_of_status(&self) -> CallErrorKind {
        match self.status {
            // Policies of another account's bucket, "even with permission" (S3 API Reference, PutBucketPolicy).
            403 | 405 => CallErrorKind::AccessDenied,
            404 if self.operation == "s3:ListBucket" => CallErrorKind::NoSuchBucket,
            413 => CallErrorKind::TooLarge,
            // A success whose body made no sense to the SDK.
            200..300 => CallErrorKind::Transient,
            // Not implemented, so never will be: an emulator's answer.
            501 => CallErrorKind::Other,
            // "While the DNS server is being updated" (S3 API Reference, Error responses).
            307 => CallErrorKind::Transient,
            408 | 429 | 500.. => CallErrorKind::Transient,
            _ => CallErrorKind::Other,
        }
    }
}

/// The text of an XML element without attributes. For the one error element that the SDK drops, and for the code where
/// the SDK has not read it yet.
pub(crate) fn element(body: &[u8], name: &str) -> Option<String> {
    let body = std::str::from_utf8(body).ok()?;
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.to_owned())
}
