//! Whether an answer came whole. The SDK reads XML that breaks off, and JSON that is not there, as an answer with nothing
//! more in it; to us that would be switches that are off, objects that are gone, an item that nobody wrote.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Fails a call whose success breaks off, as if no answer had come.
#[derive(Debug)]
pub(crate) struct Whole;

#[dyn_dispatch_hint]
impl Intercept for Whole {
    fn name(&self) -> &'static str {
        "Whole"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let body = response.body().bytes().unwrap_or_default();
        // "{}" at the least (Amazon DynamoDB API Reference, each operation's response elements). Others answer some calls
        // with nothing.
        let is_never_empty = settings
            .load::<Metadata>()
            .is_some_and(|metadata| metadata.service() == "DynamoDB");
        if !response.status().is_success() || is_whole(body) && !(is_never_empty && body.is_empty()) {
            return Ok(());
        }
        Err("the answer breaks off".into())
    }
}

/// Whether a document of XML or JSON has its end. Of anything else nothing is known.
fn is_whole(body: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(body) else {
        return true;
    };
    let text = text.trim();
    if text.starts_with('{') {
        return text.ends_with('}');
    }
    let Some(document) = text.strip_prefix('<') else {
        return true;
    };
    let root = match document.strip_prefix('?') {
        Some(declaration) => declaration
            .split_once("?>")
            .and_then(|(_, rest)| rest.trim_start().strip_prefix('<')),
        None => Some(document),
    };
    let ends = |root: &str| {
        let name = root
            .split(|letter: char| letter.is_whitespace() || matches!(letter, '>' | '/'))
            .next();
        let closing = format!("</{}>", name.unwrap_or_default());
        // An element without anything in it is its own end.
        text.ends_with(&closing)
            || root
                .split_once('>')
                .is_some_and(|(start, rest)| rest.is_empty() && start.ends_with('/'))
    };
    root.is_some_and(ends)
}

#[cfg(test)]
mod tests {
    use super::is_whole;

    #[test]
    fn a_document_without_its_end_is_not_whole() {
        let whole = [
            "",
            "{}",
            r#"{"a":{}}"#,
            "<A/>",
            "<A></A>\n",
            "<?xml version=\"1.0\"?>\n<A xmlns=\"x\"><B/></A>",
            "<A xmlns=\"x\" />",
            "plain",
        ];
        for text in whole {
            assert!(is_whole(text.as_bytes()), "{text}");
        }
        let broken = [
            "{",
            r#"{"a":1"#,
            "<A",
            "<A>",
            "<A><B/>",
            "<A><B></B>",
            "<?xml version=\"1.0\"?>",
            "<?xml version=\"1.0\"?><A><B>",
            "<?xml",
        ];
        for text in broken {
            assert!(!is_whole(text.as_bytes()), "{text}");
        }
    }
}
