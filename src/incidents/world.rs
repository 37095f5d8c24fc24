//! What the incidents happen to: three buckets with their keys, and the policies that their owner wrote.

use guardian_core::name::{BucketName, CloudName, KeyArn};
use guardian_core::settings::Settings;
use guardian_model::Who;
use serde_json::{Value, json};

use crate::stage::{Act, Stage, StageError};

/// Three buckets with their keys, and the policies that their owner wrote.
#[derive(Debug, Clone)]
pub struct World {
    pub(super) account: String,
    partition: String,
    /// What plain HTTP is forbidden to do.
    tls_only: &'static str,
    /// A bucket encrypted by S3 itself, read by two clouds.
    pub plain: BucketName,
    /// A bucket under a customer managed key, read by one cloud.
    pub secret: BucketName,
    /// The key of the second bucket.
    pub first_key: KeyArn,
    /// The key it is switched to.
    pub second_key: KeyArn,
    /// The key that the alias is moved to.
    pub third_key: KeyArn,
    /// A key that only an object is under.
    pub fourth_key: KeyArn,
    /// Keys that no grant was ever given on.
    pub spare_keys: Vec<KeyArn>,
    /// A key whose material is imported; none where the stage knows no such keys.
    pub imported_key: Option<KeyArn>,
    /// The alias that the second bucket's default encryption comes to name.
    pub alias: String,
    /// A bucket that is declared for a year.
    pub archive: BucketName,
    /// Its keys.
    pub yearly_keys: Vec<KeyArn>,
    /// The alias that its default encryption names.
    pub yearly_alias: String,
    /// The name of a queue that gets notifications of its own; none where the stage does not show them whole.
    pub listener: Option<String>,
}

/// Two for each change of keys that brings a new one.
const SPARE_KEYS: usize = 10;
/// What a year brings.
const YEARLY_KEYS: usize = 3;
/// A role that the owner's policies name.
const THUMBNAILER: &str = "media-thumbnailer";
/// A role that is deleted while a policy still names it.
pub(super) const LEAVER: &str = "media-importer";

impl World {
    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &KeyArn> {
        [
            &self.first_key,
            &self.second_key,
            &self.third_key,
            &self.fourth_key,
        ]
        .into_iter()
        .chain(&self.spare_keys)
        .chain(&self.imported_key)
        .chain(&self.yearly_keys)
    }

    /// The buckets.
    pub fn buckets(&self) -> [&BucketName; 3] {
        [&self.plain, &self.secret, &self.archive]
    }

    /// A key of the bucket that is declared for a year.
    pub(super) fn of_the_year(&self, number: usize) -> KeyArn {
        self.yearly_keys.get(number).unwrap_or(&self.first_key).clone()
    }

    /// Builds the world on a stage: buckets, keys and roles, but nothing of Cloudinary yet.
    ///
    /// # Errors
    ///
    /// What the stage could not do.
    pub async fn build<S: Stage>(stage: &S) -> Result<Self, StageError> {
        let settings = stage.settings();
        let name = |text: &str| -> Result<BucketName, StageError> {
            format!("{text}{}", stage.tag())
                .parse()
                .map_err(|error| StageError::new("name a bucket", error))
        };
        let (plain, secret) = (name("media-plain")?, name("media-secret")?);
        let archive = name("media-archive")?;
        for bucket in [&plain, &secret, &archive] {
            stage.create_bucket(bucket).await?;
        }
        let (mut spare_keys, mut yearly_keys) = (Vec::new(), Vec::new());
        for _ in 0..SPARE_KEYS {
            spare_keys.push(stage.create_key().await?);
        }
        for _ in 0..YEARLY_KEYS {
            yearly_keys.push(stage.create_key().await?);
        }
        let world = Self {
            account: settings.account.to_string(),
            partition: settings.partition.clone(),
            tls_only: if stage.denies_literally() {
                "s3:PutBucketAcl"
            } else {
                "s3:*"
            },
            plain,
            secret,
            first_key: stage.create_key().await?,
            second_key: stage.create_key().await?,
            third_key: stage.create_key().await?,
            fourth_key: stage.create_key().await?,
            spare_keys,
            imported_key: stage.create_external_key().await?,
            alias: format!("alias/media{}", stage.tag()),
            archive,
            yearly_keys,
            yearly_alias: format!("alias/archive{}", stage.tag()),
            listener: stage
                .shows_event_bridge()
                .then(|| format!("thumbnails{}", stage.tag())),
        };
        for role in [THUMBNAILER, LEAVER] {
            stage.create_role(&world.role(role)).await?;
        }
        let terraform = Who::terraform;
        for bucket in world.buckets() {
            stage
                .act(
                    terraform(),
                    &Act::PutBucketPolicy(bucket.clone(), world.owners_policy(bucket)),
                )
                .await?;
        }
        stage
            .act(
                terraform(),
                &Act::DefaultKey(world.secret.clone(), world.first_key.clone()),
            )
            .await?;
        for key in world.keys() {
            stage
                .act(
                    terraform(),
                    &Act::PutKeyPolicy(key.clone(), world.owners_key_policy()),
                )
                .await?;
        }
        Ok(world)
    }

    /// The cloud names each bucket is declared for.
    #[must_use]
    pub fn clouds(&self, bucket: &BucketName) -> Vec<CloudName> {
        let names: &[&str] = if *bucket == self.plain {
            &["demo", "demo-staging"]
        } else {
            &["demo"]
        };
        names.iter().filter_map(|name| name.parse().ok()).collect()
    }

    pub(super) fn role(&self, name: &str) -> String {
        format!("arn:{}:iam::{}:role/{name}", self.partition, self.account)
    }

    pub(super) fn bucket_arn(&self, bucket: &BucketName) -> String {
        format!("arn:{}:s3:::{bucket}", self.partition)
    }

    /// The policy the owner keeps in Terraform: it knows nothing of Cloudinary.
    #[must_use]
    pub fn owners_policy(&self, bucket: &BucketName) -> Value {
        let arn = self.bucket_arn(bucket);
        json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "TlsOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": self.tls_only,
                    "Resource": [arn.clone(), format!("{arn}/*")],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}}
                },
                {
                    "Sid": "Thumbnailer",
                    "Effect": "Allow",
                    "Principal": {"AWS": self.role(THUMBNAILER)},
                    "Action": ["s3:GetObject", "s3:PutObject"],
                    "Resource": format!("{arn}/thumbnails/*")
                }
            ]
        })
    }

    pub(super) fn with_statement(&self, bucket: &BucketName, statement: Value) -> Value {
        let mut policy = self.owners_policy(bucket);
        if let Some(statements) = policy.get_mut("Statement").and_then(Value::as_array_mut) {
            statements.push(statement);
        }
        policy
    }

    pub(super) fn our_statement(&self, bucket: &BucketName, settings: &Settings) -> Value {
        json!({
            "Sid": format!("AWSConsoleStmt-{bucket}-cloudinary"),
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:{}:iam::{}:root", self.partition, settings.cloudinary_account)},
            "Action": ["s3:GetObject"],
            "Resource": format!("{}/*", self.bucket_arn(bucket))
        })
    }

    /// The key policy the owner keeps in Terraform.
    #[must_use]
    pub fn owners_key_policy(&self) -> Value {
        json!({
            "Version": "2012-10-17",
            "Id": "media-key",
            "Statement": [
                {
                    "Sid": "Enable IAM User Permissions",
                    "Effect": "Allow",
                    "Principal": {"AWS": format!("arn:{}:iam::{}:root", self.partition, self.account)},
                    "Action": "kms:*",
                    "Resource": "*"
                },
                {
                    "Sid": "Thumbnailer",
                    "Effect": "Allow",
                    "Principal": {"AWS": self.role(THUMBNAILER)},
                    "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                    "Resource": "*"
                }
            ]
        })
    }
}
