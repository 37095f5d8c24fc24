//! Whose credentials these are, asked of STS.

use guardian_core::call::CallError;
use guardian_core::name::AccountId;
use guardian_reconcile::seam::{Home, Identity};

use crate::aws::Aws;
use crate::clients::sts;
use crate::connect::Connection;
use crate::error::{call_error, unusable};

const OPERATION: &str = "sts:GetCallerIdentity";

/// Whoever the credentials belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// The ARN of the user, the role's session or the root.
    pub arn: String,
}

impl Caller {
    /// The partition: `aws`, `aws-cn`, `aws-us-gov`.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.arn.split(':').nth(1).unwrap_or("aws")
    }
}

impl Connection {
    /// GetCallerIdentity: what has to be known before an [`Aws`] can be made. It needs no right.
    ///
    /// # Errors
    ///
    /// The call's, of which [`is_about_credentials`](crate::is_about_credentials) tells the most likely.
    pub async fn caller(&self) -> Result<Caller, CallError> {
        let answer = sts(self).get_caller_identity().send().await;
        let answer = answer.map_err(|error| call_error(OPERATION, error))?;
        let account = answer.account().unwrap_or_default().parse();
        let account =
            account.map_err(|error| unusable(OPERATION, format!("the answer's account: {error}")))?;
        Ok(Caller {
            account,
            arn: answer.arn.unwrap_or_default(),
        })
    }
}

impl Identity for Aws {
    async fn caller_account(&self) -> Result<AccountId, CallError> {
        Ok(self.connection().caller().await?.account)
    }
}

impl Home for Aws {
    fn account(&self) -> AccountId {
        Self::account(self).clone()
    }
}
