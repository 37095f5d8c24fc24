//! The log: one JSON object a line.

use std::io;

use guardian_core::visible::Visible;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;

/// What is logged unless `GUARDIAN_LOG` says otherwise. Finer levels are compiled out of a release (Cargo.toml).
const LEVEL: LevelFilter = LevelFilter::INFO;
/// The runtime's own span says no more than ours, and not at every level.
const RUNTIMES_SPAN: &str = "lambda_runtime::layers::trace";

/// Logs to standard output from the level that `GUARDIAN_LOG` names (`info` if none does).
pub(crate) fn start() {
    let named = std::env::var("GUARDIAN_LOG")
        .ok()
        .and_then(|text| text.parse().ok());
    let filter = named.unwrap_or_else(|| Targets::new().with_default(LEVEL));
    // Only a second subscriber in one process is refused, and then the first one logs.
    let _ = tracing::subscriber::set_global_default(subscriber(filter, io::stdout));
}

/// Fields stand beside the message, the spans around it in `spans`, the outermost first. CloudWatch stamps the time.
fn subscriber<W>(filter: Targets, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .without_time()
        .with_writer(Seen(writer));
    tracing_subscriber::registry()
        .with(filter.with_target(RUNTIMES_SPAN, LevelFilter::OFF))
        .with(lines)
}

/// Makes writers behind which whatever cannot be seen is escaped: JSON leaves U+009B and direction overrides as they are,
/// and a log is followed on terminals (`aws logs tail`).
struct Seen<M>(M);

impl<'w, M: MakeWriter<'w>> MakeWriter<'w> for Seen<M> {
    type Writer = Visible<M::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        Visible(self.0.make_writer())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use serde_json::Value;
    use tracing::{error, error_span, info, info_span, warn};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Each line that is logged meanwhile, which has to be a JSON object.
    fn logged(level: &str, log: impl FnOnce()) -> Vec<Value> {
        let written = written(level, log);
        let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        written.lines().map(read).collect()
    }

    /// The lines as they are.
    fn written(level: &str, log: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(level.parse().unwrap(), move || writer.clone());
        tracing::subscriber::with_default(subscriber, log);
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn hostile_text_stays_inside_its_string() {
        let hostile =
            "x\"}\n{\"_aws\":{\"CloudWatchMetrics\":[]},\"level\":\"ERROR\"}\r\u{1b}[31m\u{2028}\0\\";
        let lines = logged("info", || {
            let _span = error_span!("reconcile", event = hostile).entered();
            info!(key = hostile, error = %hostile, list = ?[hostile], "{hostile}");
        });
        let [line] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert_eq!(line["key"], hostile);
        assert_eq!(line["error"], hostile);
        assert_eq!(line["spans"][0]["event"], hostile);
        assert_eq!(line["level"], "INFO");
        assert!(line.get("_aws").is_none(), "{line}");
    }

    #[test]
    fn nothing_in_the_log_drives_the_terminal_that_shows_it() {
        let hostile = "a\u{1b}[2J\u{9b}31m\u{7f}\u{202e}gpj.exe\u{2066}\u{200b}\u{85}b";
        let text = written("info", || {
            let _span = error_span!("reconcile", event = hostile).entered();
            info!(key = hostile, list = ?[hostile], "{hostile}");
        });
        let odd = text
            .chars()
            .find(|c| *c != '\n' && (c.is_control() || !(c.is_ascii() || c.is_alphanumeric())));
        assert_eq!(odd, None, "{text}");
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&line["key"], &line["spans"][0]["event"]),
            (&Value::from(hostile), &Value::from(hostile))
        );
    }

    #[test]
    fn a_line_carries_every_span_around_it_whatever_the_level() {
        for level in ["info", "warn", "error"] {
            let lines = logged(level, || {
                let _invocation = error_span!("invocation", request_id = "r-1").entered();
                let _reconcile = error_span!("reconcile", resource = "bucket:media").entered();
                error!("broken");
            });
            let [line] = lines.as_slice() else {
                panic!("{lines:?}")
            };
            assert_eq!(line["spans"][0]["request_id"], "r-1", "{level}");
            assert_eq!(line["spans"][1]["resource"], "bucket:media", "{level}");
            assert_eq!(line["message"], "broken");
        }
    }

    #[test]
    fn the_span_of_the_runtime_is_left_out() {
        let lines = logged("info", || {
            let _span =
                info_span!(target: "lambda_runtime::layers::trace", "Lambda runtime invoke").entered();
            warn!("said");
        });
        let spans = lines[0].get("spans").cloned().unwrap_or_default();
        assert!(spans.as_array().is_none_or(Vec::is_empty), "{spans}");
    }
}
