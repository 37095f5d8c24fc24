//! Lambda function: turns what lies in the ingest queue into work, one FIFO group for each resource.

use aws_lambda_events::sqs::SqsEvent;
use guardian_aws::{Aws, Connection};
use guardian_lambda::{Environment, Telemetry, messages, metrics, response};
use guardian_reconcile::route_batch;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of_process();
    let telemetry = &Telemetry::start(&environment)?;
    let connection = Connection::of_function()?;
    let aws = &Aws::new(connection, environment.account()?, environment.router_stack()?);
    aws.get_ready_for_routing();
    run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        let LambdaEvent { payload, context } = event;
        let work = async {
            let failed = route_batch(aws, &messages(payload)).await;
            let data = metrics::of_routes(failed.len(), aws.take_throttled());
            (failed, data)
        };
        Ok::<_, Error>(response(telemetry.around(&context, work).await))
    }))
    .await
}
