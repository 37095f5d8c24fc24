//! Where people are told: SNS.

use aws_sdk_sns::types::MessageAttributeValue;
use guardian_core::alert::Notice;
use guardian_core::call::CallError;
use guardian_reconcile::seam::Topic;
use serde_json::json;

use crate::aws::Aws;
use crate::error::{call_error, incomplete, unusable};

const OPERATION: &str = "sns:Publish";

impl Topic for Aws {
    async fn publish(&self, notice: &Notice) -> Result<(), CallError> {
        let topic = self.topic_arn(OPERATION)?;
        let mut call = self
            .clients()
            .sns()
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
            .map_err(|error| call_error(OPERATION, error))?;
        answer.message_id.map(drop).ok_or_else(|| incomplete(OPERATION))
    }
}

/// One body per protocol: prose for people, JSON for machines, and for chat its own shape (SNS API Reference,
/// Publish, `MessageStructure`). Amazon Q Developer in chat applications subscribes over HTTPS.
fn message(notice: &Notice) -> String {
    let Notice { text, json, chat, .. } = notice;
    // A message that was stored before there was a body for chat.
    let chat = if chat.is_empty() { json } else { chat };
    json!({
        "default": text, "email": text,
        "sqs": json, "lambda": json, "http": json, "firehose": json,
        "https": chat,
    })
    .to_string()
}

fn attribute(value: &str) -> Result<MessageAttributeValue, CallError> {
    MessageAttributeValue::builder()
        .data_type("String")
        .string_value(value)
        .build()
        .map_err(|error| unusable(OPERATION, error.to_string()))
}
