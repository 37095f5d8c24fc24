//! Log and metrics of a function, around each of its invocations.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use lambda_runtime::Context;
use metrics_cloudwatch_embedded::{Builder, Collector};
use tracing::{Instrument, error_span, warn};

use crate::environment::{Environment, EnvironmentError};
use crate::log;
use crate::metrics::{Datum, Kind, Metric, NAMESPACE, STACK, Unit};

/// Why a function cannot be seen at work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TelemetryError {
    /// The stack's name is missing.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The metrics have a recorder already.
    #[error("metrics cannot be recorded: {0}")]
    Recorder(String),
}

/// Log and metrics of this process.
pub struct Telemetry {
    collector: &'static Collector,
    is_cold: AtomicBool,
}

impl Telemetry {
    /// Starts the log, one JSON object a line from the level that `GUARDIAN_LOG` names, and the metrics, which are lines
    /// of the same log. Once in a process.
    ///
    /// # Errors
    ///
    /// If the stack's name is not set, or the metrics were started before.
    pub fn start<F: Fn(&str) -> Option<String>>(
        environment: &Environment<F>,
    ) -> Result<Self, TelemetryError> {
        log::start();
        let collector = Builder::new()
            .cloudwatch_namespace(NAMESPACE)
            .with_dimension(STACK, environment.stack_name()?)
            .init()
            .map_err(|error| TelemetryError::Recorder(error.to_string()))?;
        for metric in Metric::ALL {
            // The collector keeps units by name alone, whatever the kind.
            let unit = match metric.unit() {
                Unit::Count => ::metrics::Unit::Count,
                Unit::Seconds => ::metrics::Unit::Seconds,
            };
            ::metrics::describe_counter!(metric.name(), unit, metric.meaning());
        }
        Ok(Self {
            collector,
            is_cold: AtomicBool::new(true),
        })
    }

    /// Does the work of an invocation inside its span, and writes the numbers that it came to.
    pub fn around<T>(
        &self,
        context: &Context,
        work: impl Future<Output = (T, Vec<Datum>)>,
    ) -> impl Future<Output = T> {
        let span = error_span!(
            "invocation",
            request_id = context.request_id,
            trace = context.xray_trace_id,
            cold_start = self.is_cold.swap(false, Ordering::Relaxed),
        );
        // On the heap: nested in one another, the states of all calls are deeper than the compiler follows.
        let work = Box::pin(work);
        async move {
            let (answer, data) = work.instrument(span.clone()).await;
            if let Err(error) = self.write(context, &data, io::stdout().lock()) {
                let _span = span.entered();
                warn!(%error, "the metrics of this invocation are lost");
            }
            answer
        }
    }

    /// Writes numbers, with the invocation they belong to beside them.
    ///
    /// # Errors
    ///
    /// If the writer fails.
    pub fn write(&self, context: &Context, data: &[Datum], writer: impl io::Write) -> io::Result<()> {
        for datum in data {
            record(datum);
        }
        self.collector
            .set_property("request_id", context.request_id.as_str())
            .flush(writer)
    }
}

fn record(datum: &Datum) {
    let name = datum.metric.name();
    let by = datum.metric.by().zip(datum.of);
    match (datum.metric.kind(), by) {
        (Kind::Count, None) => ::metrics::counter!(name).increment(datum.value.into()),
        (Kind::Count, Some((by, of))) => {
            ::metrics::counter!(name, by.name() => of).increment(datum.value.into());
        }
        // Not a gauge, which the collector would write again with every later invocation.
        (Kind::Value, None) => ::metrics::histogram!(name).record(datum.value),
        (Kind::Value, Some((by, of))) => ::metrics::histogram!(name, by.name() => of).record(datum.value),
    }
}
