//! No credentials, bad credentials: told apart from a missing right.

use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use guardian_core::call::{CallError, CallErrorKind};

use super::wire::{Reply, Wire};
use crate::{Connection, is_about_credentials};

async fn caller_with(provider: fn() -> CredentialsError) -> (CallError, Wire) {
    let wire = Wire::new([Reply::new(200, "")]);
    let provider = provide_credentials_fn(move || async move { Err(provider()) });
    let settings = wire.settings().into_builder();
    let settings = settings
        .credentials_provider(SharedCredentialsProvider::new(provider))
        .build();
    let error = Connection::over(settings).unwrap().caller().await.unwrap_err();
    (error, wire)
}

#[tokio::test]
async fn without_credentials_nothing_is_sent() {
    let (error, wire) = caller_with(|| CredentialsError::not_loaded("nobody has any")).await;
    assert_eq!(error.kind, CallErrorKind::Other);
    assert!(is_about_credentials(&error), "{error}");
    assert!(error.message.contains("nobody has any"), "{error}");
    assert!(wire.sent().is_empty());
}

#[tokio::test]
async fn a_way_to_sign_in_that_is_not_built_in_is_said_so() {
    let missing = || CredentialsError::invalid_configuration("following cargo feature(s) enabled:\n sso");
    let (error, _) = caller_with(missing).await;
    assert!(is_about_credentials(&error));
    assert!(error.message.contains("export-credentials"), "{error}");
    assert!(!error.message.contains('\n'));
}

#[tokio::test]
async fn a_slow_source_of_credentials_is_no_verdict() {
    let (error, _) =
        caller_with(|| CredentialsError::provider_timed_out(std::time::Duration::from_secs(5))).await;
    assert_eq!(error.kind, CallErrorKind::Transient);
    assert!(!is_about_credentials(&error));
}

#[tokio::test]
async fn expired_credentials_are_not_a_missing_right() {
    let wire = Wire::new([Reply::query(403, "ExpiredToken")]);
    let error = wire.connection().caller().await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Other);
    assert!(is_about_credentials(&error));
    assert_eq!(
        error.to_string(),
        "`sts:GetCallerIdentity` failed: refused: ExpiredToken: because"
    );
}

#[tokio::test]
async fn the_caller_tells_account_and_partition() {
    let body = "<GetCallerIdentityResponse><GetCallerIdentityResult>\
                <Arn>arn:aws-us-gov:sts::111122223333:assumed-role/guardian/s</Arn><Account>111122223333</Account>\
                </GetCallerIdentityResult></GetCallerIdentityResponse>";
    let caller = Wire::new([Reply::new(200, body)])
        .connection()
        .caller()
        .await
        .unwrap();
    assert_eq!(caller.account.as_str(), "111122223333");
    assert_eq!(caller.partition(), "aws-us-gov");
}

#[test]
fn a_connection_needs_a_region() {
    let settings = Wire::new([]).settings().into_builder().region(None).build();
    assert!(Connection::over(settings).is_err());
}
