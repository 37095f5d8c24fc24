//! Whether an answer says that we, or everybody in the account, ask too much.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde_json::Value;

use crate::error::{element, is_throttling_code};

/// Whether AWS did not do what it was asked because of the rate of requests.
pub(crate) fn is_throttled(response: &HttpResponse) -> bool {
    let status = response.status().as_u16();
    if status < 400 {
        return false;
    }
    match code(response) {
        Some(code) => is_throttling_code(&code),
        // An answer to HEAD has no body. "503 Slow Down" is what S3 gives for a rate (S3 API Reference, Error responses).
        None => matches!(status, 429 | 503),
    }
}

/// The error code, wherever the service's protocol has it.
fn code(response: &HttpResponse) -> Option<String> {
    let body = response.body().bytes().unwrap_or_default();
    let header = response.headers().get("x-amzn-errortype").map(str::to_owned);
    let code = header.or_else(|| element(body, "Code")).or_else(|| {
        let said: Value = serde_json::from_slice(body).ok()?;
        let code = said.get("__type").or_else(|| said.get("code"))?;
        code.as_str().map(str::to_owned)
    })?;
    // `com.amazonaws.kms#ThrottlingException`, `ThrottlingException:http://…`
    let code = code.rsplit('#').next()?.split(':').next()?;
    Some(code.to_owned())
}
