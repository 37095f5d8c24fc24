//! The way to the live account: whose it is, and what is declared there.

use guardian_aws::{Aws, Connection, Stack};
use guardian_core::declaration::{Declaration, DeclarationError};
use guardian_core::finding::{Code, Finding, Subject, Verdict};
use guardian_core::name::{AccountId, BucketName, CloudName};
use guardian_core::settings::{CLOUDINARY_ACCOUNT, Ceilings, Mode, Settings};
use guardian_reconcile::seam::{Clock, Declarations};
use serde_json::{Value, json};

use super::CommandError;

/// An account and what the tool may assume of it.
pub(super) struct Live {
    pub(super) aws: Aws,
    pub(super) settings: Settings,
}

impl Live {
    /// Connects, and asks STS whose account it is.
    pub(super) async fn connect(mode: Mode) -> Result<Self, CommandError> {
        Self::connect_to(mode, None).await
    }

    /// The same, with the state machine that walks over every object of a bucket.
    pub(super) async fn connect_to(
        mode: Mode,
        census_state_machine: Option<String>,
    ) -> Result<Self, CommandError> {
        let connection = Connection::from_environment().await?;
        let caller = connection.caller().await?;
        let settings = Settings {
            partition: caller.partition().to_owned(),
            ..Settings::new(
                caller.account.clone(),
                connection.region(),
                cloudinary_account()?,
                Ceilings::open(mode),
            )
        };
        let stack = Stack {
            table: std::env::var("GUARDIAN_TABLE").ok(),
            topic_arn: std::env::var("GUARDIAN_TOPIC_ARN").ok(),
            census_state_machine,
            ..Stack::default()
        };
        Ok(Self {
            aws: Aws::new(connection, caller.account, stack),
            settings,
        })
    }

    /// What is declared for a bucket: the cloud names given, or its parameter.
    pub(super) async fn declaration(
        &self,
        bucket: &BucketName,
        clouds: Vec<CloudName>,
    ) -> Result<Result<Declaration, DeclarationError>, CommandError> {
        if !clouds.is_empty() {
            return Ok(Ok(Declaration::ad_hoc(bucket.clone(), clouds, Mode::Repair)));
        }
        let text = self.aws.get_declaration(bucket).await?;
        let text = text.ok_or_else(|| CommandError::NotDeclared(bucket.clone()))?;
        Ok(self.read(bucket, &text))
    }

    /// Reads a declaration's text.
    pub(super) fn read(&self, bucket: &BucketName, text: &str) -> Result<Declaration, DeclarationError> {
        Declaration::parse(
            bucket,
            text,
            &self.settings.partition,
            &self.settings.ceilings,
            self.aws.now(),
        )
    }
}

/// The account that reads: Cloudinary's documented one, unless the environment names another.
pub(super) fn cloudinary_account() -> Result<AccountId, CommandError> {
    let text =
        std::env::var("GUARDIAN_CLOUDINARY_ACCOUNT_ID").unwrap_or_else(|_| CLOUDINARY_ACCOUNT.to_owned());
    text.parse()
        .map_err(|error| CommandError::Usage(format!("GUARDIAN_CLOUDINARY_ACCOUNT_ID: {error}")))
}

/// The finding that an unusable declaration is.
pub(super) fn invalid(bucket: &BucketName, error: &DeclarationError) -> Finding {
    let evidence = json!({"parameter": format!("{}{bucket}", guardian_aws::PARAMETER_PREFIX)});
    Finding::new(
        Code::DeclarationInvalid,
        Subject::Bucket(bucket.clone()),
        error.to_string(),
        evidence,
    )
}

/// The answer on a bucket as JSON.
pub(super) fn answer(bucket: &BucketName, verdict: Verdict, findings: &[Finding]) -> Value {
    json!({
        "bucket": bucket,
        "verdict": verdict,
        "findings": findings.iter().map(Finding::to_json).collect::<Vec<_>>(),
    })
}
