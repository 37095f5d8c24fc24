//! What is known of a read by a principal of another account.

use super::{Context, Described};

/// A read of one bucket by some principal of an external account, as far as it can be known from outside.
///
/// The common ground of both tables is the caller: a user, role or session of the account that signs with
/// Signature Version 4 over HTTPS, calls S3 directly, and comes neither through an access point nor through a
/// VPC endpoint of ours.
#[derive(Clone, Copy, Debug)]
pub struct ExternalRead<'a> {
    /// The caller's account, twelve digits.
    pub account: &'a str,
    /// The partition, as in `aws`.
    pub partition: &'a str,
    /// The Region of the bucket, where known.
    pub region: Option<&'a str>,
    /// The account that owns the bucket, where known.
    pub owner: Option<&'a str>,
    /// VPC and VPC endpoint ids that are ours; the caller comes through none of them.
    pub our_vpcs: &'a [String],
}

impl<'a> ExternalRead<'a> {
    /// A read by that account in the `aws` partition, nothing else known.
    pub fn by(account: &'a str) -> Self {
        Self {
            account,
            partition: "aws",
            region: None,
            owner: None,
            our_vpcs: &[],
        }
    }
}

impl<'a> From<&'a str> for ExternalRead<'a> {
    fn from(account: &'a str) -> Self {
        Self::by(account)
    }
}

/// Keys of a request that only a write carries, or only a request through an access point, or only one that
/// an AWS service makes on its own account (IAM User Guide, "AWS global condition context keys"; Service
/// Authorization Reference, "Condition keys for Amazon S3").
const NOT_IN_A_DIRECT_READ: [&str; 36] = [
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:MultiFactorAuthAge",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceOwner",
    "s3:AccessPointNetworkOrigin",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
    "s3:AccessGrantsInstanceArn",
    "s3:delimiter",
    "s3:max-keys",
    "s3:prefix",
    "s3:locationconstraint",
    "s3:object-lock-legal-hold",
    "s3:object-lock-mode",
    "s3:object-lock-remaining-retention-days",
    "s3:object-lock-retain-until-date",
    "s3:x-amz-acl",
    "s3:x-amz-copy-source",
    "s3:x-amz-grant-full-control",
    "s3:x-amz-grant-read",
    "s3:x-amz-grant-read-acp",
    "s3:x-amz-grant-write",
    "s3:x-amz-grant-write-acp",
    "s3:x-amz-metadata-directive",
    "s3:x-amz-object-ownership",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-server-side-encryption-customer-algorithm",
    "s3:x-amz-storage-class",
];

impl Context {
    /// What is known of an S3 read (`s3:GetObject` and the like) by some principal of an external account.
    ///
    /// | key | what is known | why |
    /// |---|---|---|
    /// | `aws:PrincipalAccount` | the account | it signs the request |
    /// | `aws:PrincipalArn` | some user, role or session of it | a foreign principal's name is not ours to know |
    /// | `aws:PrincipalType` | `AssumedRole`, `User` or `FederatedUser` | the same |
    /// | `aws:PrincipalIsAWSService`, `aws:ViaAWSService` | `false` | a principal of an account that calls directly |
    /// | `aws:SecureTransport` | `true` | HTTPS |
    /// | `s3:TlsVersion` | `1.2` or `1.3` | AWS endpoints accept nothing older |
    /// | `s3:signatureversion` | `AWS4-HMAC-SHA256` | Signature Version 4 |
    /// | `s3:authType` | `REST-HEADER` or `REST-QUERY-STRING` | signed, perhaps as a presigned URL |
    /// | `aws:MultiFactorAuthPresent` | `false` or absent | temporary credentials without MFA, or an access key |
    /// | `aws:SourceIp` | a public address, or absent | absent when the caller uses a VPC endpoint of its own |
    /// | `aws:SourceVpc`, `aws:SourceVpce` | perhaps present, none of ours | the same |
    /// | `aws:RequestedRegion`, `s3:ResourceAccount`, `aws:ResourceAccount` | as given, else present but unknown | the bucket's |
    /// | `aws:CurrentTime`, `aws:EpochTime` | present but unknown | the answer is to hold at any time |
    /// | headers of a write, access points, service calls, lists, MFA age | absent | not part of such a request |
    /// | everything else, as `aws:PrincipalOrgID`, tags, `aws:UserAgent` | unknown | cannot be known from outside |
    pub fn external_s3_read<'a>(read: impl Into<ExternalRead<'a>>) -> Self {
        let read = &read.into();
        let context = NOT_IN_A_DIRECT_READ
            .iter()
            .fold(Self::external_caller(read), |context, key| context.absent(key))
            .known("aws:ViaAWSService", ["false"])
            .known("s3:signatureversion", ["AWS4-HMAC-SHA256"])
            .one_of("s3:authType", values(&["REST-HEADER", "REST-QUERY-STRING"]))
            .one_of("s3:TlsVersion", values(&["1.2", "1.3"]))
            .one_of("aws:SourceIp", Described::PublicIpOrAbsent);
        let foreign = Described::ForeignVpc {
            ours: read.our_vpcs.to_vec(),
        };
        let context = context
            .one_of("aws:SourceVpc", foreign.clone())
            .one_of("aws:SourceVpce", foreign);
        given(context, "s3:ResourceAccount", read.owner)
    }

    /// What is known of a KMS call by some principal of an external account *directly*, as `kms:DescribeKey`
    /// is.
    ///
    /// | key | what is known | why |
    /// |---|---|---|
    /// | the caller, HTTPS, address, VPC | as for a read of S3 | the same caller |
    /// | `kms:CallerAccount` | the account | it signs the request |
    /// | `kms:ViaService`, `kms:GrantIsForAWSResource` | absent | no service is between |
    /// | `kms:EncryptionContext:*` and all else | unknown | |
    pub fn external_kms_direct<'a>(read: impl Into<ExternalRead<'a>>) -> Self {
        let read = &read.into();
        let foreign = Described::ForeignVpc {
            ours: read.our_vpcs.to_vec(),
        };
        Self::external_caller(read)
            .known("aws:ViaAWSService", ["false"])
            .known("kms:CallerAccount", [read.account])
            .absent("kms:ViaService")
            .absent("kms:GrantIsForAWSResource")
            .one_of("aws:SourceIp", Described::PublicIpOrAbsent)
            .one_of("aws:SourceVpc", foreign.clone())
            .one_of("aws:SourceVpce", foreign)
    }

    /// What is known of the `kms:Decrypt` that S3 asks for when some principal of an external account reads
    /// objects of a bucket. `objects` are the ARN patterns of the objects read.
    ///
    /// | key | what is known | why |
    /// |---|---|---|
    /// | `kms:CallerAccount`, `aws:PrincipalAccount`, `aws:PrincipalArn` | as for the read | S3 forwards the caller |
    /// | `kms:ViaService` | `s3.<region>.amazonaws.com`; present but unknown without a Region | S3 calls in the bucket's Region |
    /// | `kms:EncryptionContext:aws:s3:arn` | the bucket's ARN with Bucket Keys, else the ARN of one of the objects | S3 User Guide, "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys" |
    /// | `kms:EncryptionContextKeys` | has `aws:s3:arn`, perhaps more | the writer may have added its own context |
    /// | `kms:EncryptionAlgorithm` | `SYMMETRIC_DEFAULT` | S3 uses symmetric keys only |
    /// | `aws:ViaAWSService` | present but unknown | S3 uses forward access sessions |
    /// | `aws:SourceIp`, `aws:SourceVpc(e)` | unknown | S3's, the caller's or absent |
    ///
    /// `bucket_keys`: `None` if it is not known, or if the bucket holds objects of both kinds.
    pub fn external_kms_via_s3<'a>(
        read: impl Into<ExternalRead<'a>>,
        bucket: &str,
        objects: &[String],
        bucket_keys: Option<bool>,
    ) -> Self {
        let read = &read.into();
        let bucket_arn = format!("arn:{}:s3:::{bucket}", read.partition);
        let encrypted_for = match bucket_keys {
            Some(true) => vec![bucket_arn],
            Some(false) => objects.to_vec(),
            None => std::iter::once(bucket_arn)
                .chain(objects.iter().cloned())
                .collect(),
        };
        let suffix = if read.partition == "aws-cn" {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        let service = read.region.map(|region| format!("s3.{region}.{suffix}"));
        let context = Self::external_caller(read)
            .one_of("aws:ViaAWSService", Described::Present)
            .known("kms:CallerAccount", [read.account])
            .known("kms:EncryptionAlgorithm", ["SYMMETRIC_DEFAULT"])
            .one_of(
                "kms:EncryptionContext:aws:s3:arn",
                Described::Matching(encrypted_for),
            )
            .one_of("kms:EncryptionContextKeys", Described::Present)
            .absent("kms:GrantIsForAWSResource");
        given(context, "kms:ViaService", service.as_deref())
    }

    fn external_caller(read: &ExternalRead<'_>) -> Self {
        let context = Self::new()
            .known("aws:PrincipalAccount", [read.account])
            .one_of(
                "aws:PrincipalArn",
                Described::PrincipalArnOfAccount {
                    partition: read.partition.to_owned(),
                    account: read.account.to_owned(),
                },
            )
            .one_of(
                "aws:PrincipalType",
                values(&["AssumedRole", "User", "FederatedUser"]),
            )
            .known("aws:PrincipalIsAWSService", ["false"])
            .known("aws:SecureTransport", ["true"])
            .one_of(
                "aws:MultiFactorAuthPresent",
                Described::ValuesOrAbsent(vec!["false".into()]),
            )
            .one_of("aws:CurrentTime", Described::Present)
            .one_of("aws:EpochTime", Described::Present);
        let context = given(context, "aws:RequestedRegion", read.region);
        given(context, "aws:ResourceAccount", read.owner)
    }
}

fn values(values: &[&str]) -> Described {
    Described::Values(values.iter().map(|value| (*value).to_owned()).collect())
}

fn given(context: Context, key: &str, value: Option<&str>) -> Context {
    match value {
        Some(value) => context.known(key, [value]),
        None => context.one_of(key, Described::Present),
    }
}
