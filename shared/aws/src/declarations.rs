//! The declarations, in SSM Parameter Store.

use aws_sdk_ssm::error::ProvideErrorMetadata;
use guardian_core::call::CallError;
use guardian_core::name::BucketName;
use guardian_reconcile::seam::{Declarations, Parameter, ParameterPage};

use crate::aws::Aws;
use crate::error::{call_error, incomplete};

/// What the name of every declaration begins with; the bucket follows.
pub const PARAMETER_PREFIX: &str = "/cloudinary-guardian/buckets/";

/// The most that one page may hold (SSM API Reference, GetParametersByPath).
const PAGE: i32 = 10;

impl Declarations for Aws {
    async fn get_declaration(&self, bucket: &BucketName) -> Result<Option<String>, CallError> {
        const OPERATION: &str = "ssm:GetParameter";
        let call = self.clients().ssm().get_parameter();
        match call.name(format!("{PARAMETER_PREFIX}{bucket}")).send().await {
            Ok(answer) => match answer.parameter.and_then(|parameter| parameter.value) {
                Some(text) => Ok(Some(text)),
                None => Err(incomplete(OPERATION)),
            },
            Err(error) if error.code() == Some("ParameterNotFound") => Ok(None),
            Err(error) => Err(call_error(OPERATION, error)),
        }
    }

    async fn list_declarations(&self, next: Option<&str>) -> Result<ParameterPage, CallError> {
        const OPERATION: &str = "ssm:GetParametersByPath";
        let call = self.clients().ssm().get_parameters_by_path().recursive(false);
        let call = call
            .path(PARAMETER_PREFIX.trim_end_matches('/'))
            .max_results(PAGE);
        let answer = call.set_next_token(next.map(str::to_owned)).send().await;
        let answer = answer.map_err(|error| call_error(OPERATION, error))?;
        let parameters = answer.parameters.ok_or_else(|| incomplete(OPERATION))?;
        let parameters = parameters.into_iter().filter_map(|parameter| {
            let bucket = parameter.name?.strip_prefix(PARAMETER_PREFIX)?.to_owned();
            parameter.value.map(|text| Parameter { bucket, text })
        });
        // A page may come back empty and still not be the last.
        Ok(ParameterPage {
            parameters: parameters.collect(),
            next: answer.next_token,
        })
    }
}
