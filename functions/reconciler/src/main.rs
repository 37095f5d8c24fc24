//! Lambda function: brings one resource after the other back to what is declared.

use aws_lambda_events::sqs::SqsEvent;
use guardian_aws::{Aws, Connection};
use guardian_core::settings::Settings;
use guardian_lambda::{Environment, Telemetry, messages, metrics, response};
use guardian_reconcile::reconcile_batch;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of_process();
    let telemetry = &Telemetry::start(&environment)?;
    let connection = Connection::of_function()?;
    let settings = &Settings {
        parts: Some(environment.parts()?),
        quotas: Some(environment.quotas()?),
        ..environment.settings(connection.region())?
    };
    let aws = &Aws::new(
        connection,
        settings.account.clone(),
        environment.reconciler_stack()?,
    )
    .at_pace(settings.quotas);
    // `benches/run` measures without it as well.
    #[cfg(not(unprepared))]
    aws.get_ready_for_looks();
    run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        let LambdaEvent { payload, context } = event;
        let work = async {
            let (reports, failed) = reconcile_batch(aws, settings, &messages(payload)).await;
            let calls = aws.take_calls().len();
            let data = metrics::of_reconciles(&reports, failed.len(), calls, aws.take_throttled());
            (failed, data)
        };
        Ok::<_, Error>(response(telemetry.around(&context, work).await))
    }))
    .await
}
