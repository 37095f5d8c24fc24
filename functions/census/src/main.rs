//! Lambda function: the steps of a walk over every object of a bucket, as the state machine calls them.

mod step;

use guardian_aws::{Aws, Connection};
use guardian_lambda::{Environment, Telemetry, metrics};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of_process();
    let telemetry = &Telemetry::start(&environment)?;
    let connection = Connection::of_function()?;
    let settings = &environment.settings(connection.region())?;
    let aws = &Aws::new(connection, settings.account.clone(), environment.census_stack()?);
    // Read here and not by the runtime: a step that makes no sense is refused in our words.
    run(service_fn(move |event: LambdaEvent<Value>| async move {
        let LambdaEvent { payload, context } = event;
        let work = async {
            let answer = step::take(aws, settings, payload).await;
            (answer, metrics::of_step(aws.take_throttled()))
        };
        telemetry.around(&context, work).await
    }))
    .await
}
