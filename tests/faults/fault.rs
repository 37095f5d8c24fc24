//! What goes wrong: the classes of faults, and what each looks like in the words of each service.

use crate::modelled::Modelled;
use crate::request::Site;
use crate::wire::Answer;

/// What is ordered to go wrong: at which call, in which way, and how often.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) site: Site,
    pub(crate) class: Class,
}

impl Order {
    /// What becomes of an attempt of this call.
    pub(crate) fn of(&self, site: &Site, is_first: bool) -> Option<Fault> {
        (*site == self.site && (is_first || !self.class.is_once())).then(|| self.class.fault(site))
    }
}

/// What the proxy does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// The connection is reset; the emulator hears nothing.
    ResetBefore,
    /// The emulator does what it is asked; then the connection is reset.
    ResetAfter,
    /// Nothing comes back, until the caller gives up.
    Timeout,
    /// This is answered; the emulator hears nothing.
    Instead(Answer),
    /// The emulator does what it is asked, and its answer is changed on the way.
    Garbled(Garble),
}

/// How an answer is changed on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Garble {
    /// The second half of the body is missing.
    Half,
    /// The body is missing.
    Empty,
    /// A word stands there that no list of that field has.
    Word(&'static str, &'static str),
}

impl Garble {
    pub(crate) fn apply(self, answer: &mut Answer) {
        match self {
            // Nothing to be halved: something else than nothing.
            Self::Half if answer.body.len() < 3 => answer.body = b"<Half".to_vec(),
            Self::Half => answer.body.truncate(answer.body.len() / 2),
            Self::Empty => answer.body.clear(),
            Self::Word(old, new) => {
                let body = String::from_utf8_lossy(&answer.body).replace(old, new);
                answer.body = body.into_bytes();
                for (_, value) in &mut answer.headers {
                    if value == old {
                        new.clone_into(value);
                    }
                }
            }
        }
    }
}

/// A class of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Too many requests; in the first attempt, and the next goes through.
    ThrottledOnce,
    /// In every attempt.
    Throttled,
    /// The service has an inner error.
    BrokenOnce,
    Broken,
    /// No answer in time.
    SilentOnce,
    Silent,
    /// The connection is reset before anything was done.
    ResetBeforeOnce,
    ResetBefore,
    /// It is reset after it was done.
    ResetAfterOnce,
    ResetAfter,
    Denied,
    /// A refusal with a code that nobody here knows.
    UnknownCode,
    Half,
    Empty,
    UnknownWord,
    Modelled(Modelled),
}

impl Class {
    /// Those that every call can meet.
    pub(crate) const GENERAL: [Self; 15] = [
        Self::ThrottledOnce,
        Self::Throttled,
        Self::BrokenOnce,
        Self::Broken,
        Self::SilentOnce,
        Self::Silent,
        Self::ResetBeforeOnce,
        Self::ResetBefore,
        Self::ResetAfterOnce,
        Self::ResetAfter,
        Self::Denied,
        Self::UnknownCode,
        Self::Half,
        Self::Empty,
        Self::UnknownWord,
    ];

    /// Those that tell one call of an operation from another: where it stands in the look. That an answer is lost makes a
    /// difference only where something was done.
    pub(crate) fn of_the_place(site: &Site) -> &'static [Self] {
        if site.is_read() {
            &[Self::ResetBefore, Self::Denied]
        } else {
            &[
                Self::ResetBefore,
                Self::ResetAfterOnce,
                Self::ResetAfter,
                Self::Denied,
            ]
        }
    }

    /// Whether only the first attempt fails.
    pub(crate) fn is_once(self) -> bool {
        matches!(
            self,
            Self::ThrottledOnce
                | Self::BrokenOnce
                | Self::SilentOnce
                | Self::ResetBeforeOnce
                | Self::ResetAfterOnce
        )
    }

    pub(crate) fn is_a_wait(self) -> bool {
        matches!(self, Self::SilentOnce | Self::Silent)
    }

    /// Whether this call can meet it.
    pub(crate) fn applies_to(self, site: &Site) -> bool {
        match self {
            // An answer to HEAD has no body.
            Self::Half | Self::Empty => !site.name().starts_with("Head"),
            Self::UnknownWord => word(site).is_some(),
            _ => true,
        }
    }

    fn fault(self, site: &Site) -> Fault {
        match self {
            Self::ThrottledOnce | Self::Throttled => Fault::Instead(throttled(site)),
            Self::BrokenOnce | Self::Broken => Fault::Instead(broken(site)),
            Self::SilentOnce | Self::Silent => Fault::Timeout,
            Self::ResetBeforeOnce | Self::ResetBefore => Fault::ResetBefore,
            Self::ResetAfterOnce | Self::ResetAfter => Fault::ResetAfter,
            Self::Denied => Fault::Instead(denied(site)),
            Self::UnknownCode => Fault::Instead(refusal(site, 400, "SomethingNobodyKnows")),
            Self::Half => Fault::Garbled(Garble::Half),
            Self::Empty => Fault::Garbled(Garble::Empty),
            Self::UnknownWord => {
                let (old, new) = word(site).unwrap();
                Fault::Garbled(Garble::Word(old, new))
            }
            Self::Modelled(error) => Fault::Instead(refusal(site, error.status, error.code)),
        }
    }
}

fn service(site: &Site) -> &str {
    site.operation.split_once(':').unwrap().0
}

/// A refusal in the words of the service.
fn refusal(site: &Site, status: u16, code: &str) -> Answer {
    match service(site) {
        "S3" if site.name().starts_with("Head") => Answer::new(status, "application/xml", ""),
        "S3" => Answer::new(
            status,
            "application/xml",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>because</Message></Error>"
            ),
        ),
        "SNS" => Answer::new(
            status,
            "text/xml",
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>because</Message></Error></ErrorResponse>"
            ),
        ),
        "SQS" => {
            let body = format!(r#"{{"__type":"com.amazonaws.sqs#{code}","message":"because"}}"#);
            let mut answer = Answer::new(status, "application/x-amz-json-1.0", body);
            // For those who knew the service before it spoke JSON (SQS Developer Guide, "AWS JSON protocol").
            let before = format!("{code};Sender");
            answer.headers.push(("x-amzn-query-error".to_owned(), before));
            answer
        }
        _ => {
            let body = format!(r#"{{"__type":"com.amazonaws#{code}","message":"because"}}"#);
            Answer::new(status, "application/x-amz-json-1.1", body)
        }
    }
}

fn throttled(site: &Site) -> Answer {
    match service(site) {
        "S3" => refusal(site, 503, "SlowDown"),
        "DynamoDB" => refusal(site, 400, "ProvisionedThroughputExceededException"),
        "SQS" => refusal(site, 400, "RequestThrottled"),
        "SNS" => refusal(site, 429, "Throttled"),
        _ => refusal(site, 400, "ThrottlingException"),
    }
}

fn broken(site: &Site) -> Answer {
    match service(site) {
        "S3" | "SQS" | "SNS" => refusal(site, 500, "InternalError"),
        "KMS" => refusal(site, 500, "KMSInternalException"),
        "EventBridge" => refusal(site, 500, "InternalException"),
        _ => refusal(site, 500, "InternalServerError"),
    }
}

fn denied(site: &Site) -> Answer {
    match service(site) {
        "S3" => refusal(site, 403, "AccessDenied"),
        "SNS" => refusal(site, 403, "AuthorizationError"),
        "SQS" => refusal(site, 403, "AccessDenied"),
        _ => refusal(site, 400, "AccessDeniedException"),
    }
}

/// A word of the answer that comes from a list, and one that is on no list.
fn word(site: &Site) -> Option<(&'static str, &'static str)> {
    Some(match site.name() {
        "DescribeKey" => ("\"Enabled\"", "\"Sleeping\""),
        "HeadObject" if site.about == "a marker" => return None,
        "GetBucketEncryption" | "HeadObject" => ("aws:kms", "aws:unheard-of"),
        "GetBucketOwnershipControls" => ("BucketOwnerEnforced", "NobodyKnows"),
        "GetBucketNotificationConfiguration" => ("s3:ObjectCreated:*", "s3:ObjectSung:*"),
        "GetEventSelectors" => ("\"All\"", "\"Some\""),
        "DescribeRule" => ("\"ENABLED\"", "\"SLEEPING\""),
        _ => return None,
    })
}
