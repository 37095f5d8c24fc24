//! Where people are told: SNS.

use aws_sdk_sns::error::SdkError;
use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::types::MessageAttributeValue;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use guardian_core::alert::Notice;
use guardian_core::call::{CallError, CallErrorKind};
use guardian_reconcile::seam::Topic;
use serde_json::Value;

use crate::aws::Aws;
use crate::error::{call_error, incomplete, unusable};

const OPERATION: &str = "sns:Publish";

impl Topic for Aws {
    async fn publish(&self, notice: &Notice) -> Result<(), CallError> {
        let topic = self.topic_arn(OPERATION)?;
        let notice = &notice.told_by(self.account(), self.connection().region());
        let mut call = self
            .clients()
            .sns(region_of(topic))
            .publish()
            .topic_arn(topic)
            .subject(&notice.subject);
        for (name, value) in &notice.attributes {
            // SNS refuses the whole message for one empty attribute.
            if !value.is_empty() {
                call = call.message_attributes(name, attribute(value)?);
            }
        }
        let answer = call
            .message_structure("json")
            .message(message(notice))
            .send()
            .await
            .map_err(|error| refused(topic, error))?;
        answer.message_id.map(drop).ok_or_else(|| incomplete(OPERATION))
    }
}

/// The Region of a topic, which only knows the endpoint of its own (`arn:aws:sns:REGION:ACCOUNT:NAME`).
pub(crate) fn region_of(topic: &str) -> Option<&str> {
    topic.split(':').nth(3).filter(|region| !region.is_empty())
}

/// What to do where the topic may not be published to. It may belong to another account, and then both sides have to
/// allow it (IAM User Guide, "Cross-account policy evaluation logic"); an encrypted one needs its key besides, for the
/// service asks KMS in the publisher's name (SNS Developer Guide, "Managing Amazon SNS encryption keys and costs").
fn refused(topic: &str, error: SdkError<PublishError, HttpResponse>) -> CallError {
    let error = call_error(OPERATION, error);
    let code = error.message.split(':').next().unwrap_or_default();
    let remedy = if error.is_transient() {
        return error;
    } else if code == "KMSAccessDenied" || code == "KMSAccessDeniedException" {
        "let the policy of the topic's KMS key allow the guardian's role `kms:GenerateDataKey` and `kms:Decrypt`, and name \
         that key in the stack's parameter `AlertTopicKeyArn`, which gives the role the same"
    } else if code.starts_with("KMS") {
        "see to the KMS key that the topic is encrypted with"
    } else if error.kind == CallErrorKind::AccessDenied {
        "let the topic's policy allow the guardian's role `sns:Publish`, and name the topic in the stack's parameter \
         `AlertTopicArn`, which gives the role the same"
    } else if code == "NotFound" || code == "NotFoundException" {
        "create the topic, or name another in the stack's parameter `AlertTopicArn`"
    } else {
        return error;
    };
    CallError {
        message: format!("{}; nobody was told through `{topic}`: {remedy}", error.message),
        ..error
    }
}

/// One body per protocol: prose for people, JSON for machines, and for chat its own shape (SNS API Reference, Publish,
/// `MessageStructure`). Amazon Q Developer in chat applications subscribes over HTTPS; e-mail gets what is the default.
fn message(notice: &Notice) -> String {
    // Put together from finished pieces: one of them stands in it four times, and is escaped once.
    let quoted = |text: &str| Value::from(text).to_string();
    let (text, json) = (quoted(&notice.text), quoted(&notice.json));
    // A message that was stored before there was a body for chat.
    let chat = match notice.chat.as_str() {
        "" => json.clone(),
        chat => quoted(chat),
    };
    format!(
        r#"{{"default":{text},"sqs":{json},"lambda":{json},"http":{json},"firehose":{json},"https":{chat}}}"#
    )
}

fn attribute(value: &str) -> Result<MessageAttributeValue, CallError> {
    MessageAttributeValue::builder()
        .data_type("String")
        .string_value(value)
        .build()
        .map_err(|error| unusable(OPERATION, error.to_string()))
}
