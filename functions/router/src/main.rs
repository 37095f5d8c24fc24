//! Lambda function: turns what lies in the ingest queue into work, one FIFO group for each resource.

use aws_lambda_events::sqs::SqsEvent;
use guardian_aws::{Aws, Connection};
use guardian_lambda::{Environment, log, messages, response};
use guardian_reconcile::route_batch;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    log();
    let environment = Environment::of_process();
    let connection = Connection::from_environment().await?;
    let aws = &Aws::new(connection, environment.account()?, environment.router_stack()?);
    run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        let failed = route_batch(aws, &messages(event.payload)).await;
        Ok::<_, Error>(response(failed))
    }))
    .await
}
