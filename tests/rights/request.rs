//! A request as IAM sees it: the action, the resource and the condition keys.

use cloudinary_guardian::stage::{CallMade, Caller};
use guardian_core::right::{Role, action_of};
use guardian_policy::Context;

/// A request of one of the functions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    pub(crate) role: Role,
    pub(crate) action: &'static str,
    /// Its ARN; a pattern where any of several may be meant; `*` where the action knows no resources.
    pub(crate) resource: String,
    pub(crate) context: Context,
}

/// Where the requests were made.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) account: String,
    pub(crate) region: String,
}

impl Request {
    /// The request behind a call of a function; `None` for the operator's, who has rights of their own.
    pub(crate) fn of(call: &CallMade, place: &Place) -> Option<Self> {
        let Caller::Function(role) = call.by else {
            return None;
        };
        let (service, name) = call.operation.split_once(':').unwrap();
        let action = action_of(service, name);
        let about = call.about.as_ref().expect("requests are noted");
        let mut context = Context::new();
        for (key, values) in &about.condition_keys {
            context = context.known(key, values.iter().cloned());
        }
        Some(Self {
            role,
            action: action.unwrap_or_else(|| panic!("{} is in no table of actions", call.operation)),
            resource: place.arn(service, &about.resource),
            context,
        })
    }
}

impl Place {
    /// The ARN of what a request names (Service Authorization Reference, "Resource types defined by …").
    pub(crate) fn arn(&self, service: &str, named: &str) -> String {
        let Self { account, region } = self;
        match service {
            "S3" => format!("arn:aws:s3:::{named}"),
            "DynamoDB" => format!("arn:aws:dynamodb:{region}:{account}:table/{named}"),
            "SQS" => {
                let mut parts = named.rsplit('/');
                let (queue, account) = (parts.next().unwrap(), parts.next().unwrap());
                format!("arn:aws:sqs:{region}:{account}:{queue}")
            }
            "SSM" => format!("arn:aws:ssm:{region}:{account}:parameter{named}"),
            // An alias is authorised as the key behind it (KMS Developer Guide, "Specifying KMS keys in IAM policy
            // statements"), which may be any.
            "KMS" if named.contains("alias/") => format!("arn:aws:kms:{region}:{account}:key/*"),
            "KMS" if !named.starts_with("arn:") => format!("arn:aws:kms:{region}:{account}:key/{named}"),
            "KMS" | "SNS" | "SFN" => named.to_owned(),
            "EventBridge" => format!("arn:aws:events:{region}:{account}:rule/{named}"),
            // Not every call is about a trail.
            "CloudTrail" if named.is_empty() => "*".to_owned(),
            "CloudTrail" => named.to_owned(),
            other => panic!("how {other} names resources is not known here"),
        }
    }
}
