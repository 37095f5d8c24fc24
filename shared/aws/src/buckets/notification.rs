//! A notification configuration as the text that it is on the wire. The SDK's types would pass over every element they do
//! not know, and what they pass over would be gone with the next write.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;

/// Keeps the text of the last answer; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct AnswerText(Arc<Mutex<String>>);

impl AnswerText {
    /// The text, if there was any.
    pub(super) fn take(&self) -> String {
        // A panic elsewhere cannot leave half a text behind.
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[dyn_dispatch_hint]
impl Intercept for AnswerText {
    fn name(&self) -> &'static str {
        "AnswerText"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // By now the whole body was read. What is no UTF-8 is no XML that S3 sends.
        let body = context.response().body().bytes().unwrap_or_default();
        let text = String::from_utf8(body.to_vec())?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = text;
        Ok(())
    }
}

/// Sends this text in the place of what the SDK wrote, before the request is signed.
pub(super) fn put_text(request: &mut HttpRequest, text: &str) {
    request
        .headers_mut()
        .insert("content-length", text.len().to_string());
    *request.body_mut() = SdkBody::from(text);
}
