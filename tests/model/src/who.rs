//! Who acts: the principals that change things behind the guardian's back, as CloudTrail describes them.

use guardian_core::name::AccountId;
use serde_json::{Value, json};

use crate::policy::directory::unique_id;

/// Somebody who acts on the model: an identity, a tool and an address.
///
/// Without [`of_account`](Self::of_account) it belongs to the account whose buckets are guarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    account: Option<AccountId>,
    identity: Identity,
    agent: String,
    address: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Identity {
    Root,
    User { name: String, console: bool },
    Role { name: String, session: String },
    Service(String),
}

const TERRAFORM: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.13.4 (+https://www.terraform.io) \
    terraform-provider-aws/6.19.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.39.4 \
    ua/2.1 os/linux lang/go#1.24.9 md/GOOS#linux md/GOARCH#amd64";
const BROWSER: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) \
    Chrome/142.0.0.0 Safari/537.36";
const AWS_CLI: &str = "aws-cli/2.31.30 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0-87-generic md/arch#x86_64 \
    lang/python#3.13.7 md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/prompt#off";
const SDK_RUST: &str = "aws-sdk-rust/1.3.10 ua/2.1 os/linux lang/rust/1.95.0 exec-env/AWS_Lambda_provided.al2023 \
    app/cloudinary-guardian";

impl Who {
    fn new(identity: Identity, agent: &str, address: &str) -> Self {
        Self {
            account: None,
            identity,
            agent: agent.to_owned(),
            address: address.to_owned(),
        }
    }

    /// Terraform, run by a pipeline that assumed the role `terraform-deploy`.
    #[must_use]
    pub fn terraform() -> Self {
        Self::new(
            Identity::Role {
                name: "terraform-deploy".to_owned(),
                session: "pipeline-4711".to_owned(),
            },
            TERRAFORM,
            "198.51.100.24",
        )
    }

    /// A user in the console.
    #[must_use]
    pub fn console(user: &str) -> Self {
        Self::new(
            Identity::User {
                name: user.to_owned(),
                console: true,
            },
            BROWSER,
            "203.0.113.64",
        )
    }

    /// A user of the AWS CLI.
    #[must_use]
    pub fn cli(user: &str) -> Self {
        Self::new(
            Identity::User {
                name: user.to_owned(),
                console: false,
            },
            AWS_CLI,
            "203.0.113.112",
        )
    }

    /// S3 itself, acting on a lifecycle rule.
    #[must_use]
    pub fn lifecycle() -> Self {
        Self::service("s3.amazonaws.com")
    }

    /// An AWS service acting on its own, for example `config.amazonaws.com`.
    #[must_use]
    pub fn service(name: &str) -> Self {
        Self::new(Identity::Service(name.to_owned()), name, name)
    }

    /// A role of some other tool, with the user agent it sends.
    #[must_use]
    pub fn role(name: &str, session: &str, agent: &str) -> Self {
        let identity = Identity::Role {
            name: name.to_owned(),
            session: session.to_owned(),
        };
        Self::new(identity, agent, "198.51.100.77")
    }

    /// The root user of the account, in the console.
    #[must_use]
    pub fn root() -> Self {
        Self::new(Identity::Root, BROWSER, "203.0.113.5")
    }

    /// The guardian: the reconciler's role, in Lambda.
    #[must_use]
    pub fn guardian() -> Self {
        Self::new(
            Identity::Role {
                name: GUARDIAN_ROLE.to_owned(),
                session: "cloudinary-guardian-reconciler".to_owned(),
            },
            SDK_RUST,
            "192.0.2.44",
        )
    }

    /// A principal of Cloudinary's account, reading.
    #[must_use]
    pub fn cloudinary() -> Self {
        let identity = Identity::Role {
            name: "fetch".to_owned(),
            session: "fetch".to_owned(),
        };
        let mut who = Self::new(identity, "Cloudinary", "192.0.2.200");
        who.account = guardian_core::settings::CLOUDINARY_ACCOUNT.parse().ok();
        who
    }

    /// The same in another account.
    #[must_use]
    pub fn of_account(mut self, account: AccountId) -> Self {
        self.account = Some(account);
        self
    }

    /// The same from another address.
    #[must_use]
    pub fn from_address(mut self, address: &str) -> Self {
        address.clone_into(&mut self.address);
        self
    }

    /// Made definite for a model whose account is `home`.
    pub(crate) fn resolve(self, home: &str, partition: &str) -> Caller {
        Caller {
            account: self.account.map_or_else(|| home.to_owned(), String::from),
            partition: partition.to_owned(),
            identity: self.identity,
            agent: self.agent,
            address: self.address,
        }
    }
}

/// The role that the guardian's writes run under.
const GUARDIAN_ROLE: &str = "cloudinary-guardian-ReconcilerRole";

/// Somebody who acts, with nothing left open.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) account: String,
    partition: String,
    identity: Identity,
    agent: String,
    address: String,
}

impl Caller {
    /// What policies know it by: the user, the role (not its session) or the root.
    pub(crate) fn principal_arn(&self) -> String {
        let (partition, account) = (&self.partition, &self.account);
        match &self.identity {
            Identity::Root => format!("arn:{partition}:iam::{account}:root"),
            Identity::User { name, .. } => format!("arn:{partition}:iam::{account}:user/{name}"),
            Identity::Role { name, .. } => format!("arn:{partition}:iam::{account}:role/{name}"),
            Identity::Service(name) => name.clone(),
        }
    }

    /// The session of a role.
    pub(crate) fn session_arn(&self) -> Option<String> {
        let Identity::Role { name, session } = &self.identity else {
            return None;
        };
        Some(format!(
            "arn:{}:sts::{}:assumed-role/{name}/{session}",
            self.partition, self.account
        ))
    }

    pub(crate) fn is_root(&self) -> bool {
        self.identity == Identity::Root
    }

    /// The service, where it is one acting on its own.
    pub(crate) fn service(&self) -> Option<&str> {
        match &self.identity {
            Identity::Service(name) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn is_console(&self) -> bool {
        matches!(
            self.identity,
            Identity::User { console: true, .. } | Identity::Root
        )
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn agent(&self) -> &str {
        &self.agent
    }

    /// CloudTrail's `userIdentity` (CloudTrail User Guide, "userIdentity element"). A console session of an
    /// IAM user has an empty `sessionIssuer`, as real records do.
    pub(crate) fn user_identity(&self, since: &str) -> Value {
        let account = &self.account;
        let arn = self.principal_arn();
        let id = unique_id(&arn);
        let attributes = |mfa: &str| json!({"creationDate": since, "mfaAuthenticated": mfa});
        let access_key = |prefix: &str| {
            format!(
                "{prefix}{}",
                id.chars()
                    .skip(5)
                    .take(9)
                    .chain("EXAMPLE".chars())
                    .collect::<String>()
            )
        };
        match &self.identity {
            Identity::Root => json!({
                "type": "Root", "principalId": account, "arn": arn, "accountId": account,
                "accessKeyId": access_key("ASIA"),
                "sessionContext": {"sessionIssuer": {}, "webIdFederationData": {}, "attributes": attributes("true")},
            }),
            Identity::User { name, console: true } => json!({
                "type": "IAMUser", "principalId": id, "arn": arn, "accountId": account,
                "accessKeyId": access_key("ASIA"), "userName": name,
                "sessionContext": {"sessionIssuer": {}, "webIdFederationData": {}, "attributes": attributes("true")},
            }),
            Identity::User { name, console: false } => json!({
                "type": "IAMUser", "principalId": id, "arn": arn, "accountId": account,
                "accessKeyId": access_key("AKIA"), "userName": name,
            }),
            Identity::Role { name, session } => json!({
                "type": "AssumedRole", "principalId": format!("{id}:{session}"), "arn": self.session_arn(),
                "accountId": account, "accessKeyId": access_key("ASIA"),
                "sessionContext": {
                    "sessionIssuer": {
                        "type": "Role", "principalId": id, "arn": arn, "accountId": account, "userName": name,
                    },
                    "attributes": attributes("false"),
                },
            }),
            Identity::Service(name) => json!({"type": "AWSService", "invokedBy": name}),
        }
    }
}
