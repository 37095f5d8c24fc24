//! Lambda function: brings one resource after the other back to what is declared.

use aws_lambda_events::sqs::SqsEvent;
use guardian_aws::{Aws, Connection};
use guardian_core::settings::Settings;
use guardian_lambda::{Environment, log, messages, response};
use guardian_reconcile::reconcile_batch;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log();
    let environment = Environment::of_process();
    let connection = Connection::from_environment().await?;
    let settings = &Settings {
        parts: Some(environment.parts()?),
        ..environment.settings(connection.region())?
    };
    let aws = &Aws::new(
        connection,
        settings.account.clone(),
        environment.reconciler_stack()?,
    );
    run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        let (_, failed) = reconcile_batch(aws, settings, &messages(event.payload)).await;
        Ok::<_, Error>(response(failed))
    }))
    .await
}
