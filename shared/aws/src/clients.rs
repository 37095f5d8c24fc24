//! The SDK's clients, each built when it is first needed: no program uses all of them.

use std::sync::OnceLock;

use aws_config::Region;
use aws_config::retry::RetryConfig;

use crate::connect::Connection;
use crate::retry::ConcurrentWrites;
use crate::whole::Whole;

/// A client's settings: the connection's, plus the call log and our retries.
macro_rules! settings {
    ($service:ident, $connection:expr) => {
        $service::config::Builder::from($connection.config())
            .interceptor($connection.calls().clone())
            .interceptor(Whole)
            .retry_classifier(ConcurrentWrites)
    };
}

/// The clients of one connection.
#[derive(Debug)]
pub(crate) struct Clients {
    connection: Connection,
    cloudtrail: OnceLock<aws_sdk_cloudtrail::Client>,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    eventbridge: OnceLock<aws_sdk_eventbridge::Client>,
    history: OnceLock<aws_sdk_cloudtrail::Client>,
    kms: OnceLock<aws_sdk_kms::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    sfn: OnceLock<aws_sdk_sfn::Client>,
    sns: OnceLock<aws_sdk_sns::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
    ssm: OnceLock<aws_sdk_ssm::Client>,
}

macro_rules! client {
    ($name:ident, $service:ident) => {
        pub(crate) fn $name(&self) -> &$service::Client {
            self.$name
                .get_or_init(|| $service::Client::from_conf(settings!($service, self.connection).build()))
        }
    };
}

impl Clients {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            connection,
            cloudtrail: OnceLock::new(),
            dynamodb: OnceLock::new(),
            eventbridge: OnceLock::new(),
            history: OnceLock::new(),
            kms: OnceLock::new(),
            s3: OnceLock::new(),
            sfn: OnceLock::new(),
            sns: OnceLock::new(),
            sqs: OnceLock::new(),
            ssm: OnceLock::new(),
        }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    client!(cloudtrail, aws_sdk_cloudtrail);
    client!(dynamodb, aws_sdk_dynamodb);
    client!(eventbridge, aws_sdk_eventbridge);
    client!(kms, aws_sdk_kms);
    client!(sfn, aws_sdk_sfn);
    client!(sqs, aws_sdk_sqs);
    client!(ssm, aws_sdk_ssm);

    /// The client for CloudTrail's event history.
    pub(crate) fn history(&self) -> &aws_sdk_cloudtrail::Client {
        self.history.get_or_init(|| {
            // A question whose answer may be missing is not worth a share of the account's two a second.
            let settings =
                settings!(aws_sdk_cloudtrail, self.connection).retry_config(RetryConfig::disabled());
            aws_sdk_cloudtrail::Client::from_conf(settings.build())
        })
    }

    /// The client for topics of one Region: the first that is asked for, for a program tells through one topic.
    pub(crate) fn sns(&self, region: Option<&str>) -> &aws_sdk_sns::Client {
        self.sns.get_or_init(|| {
            let mut settings = settings!(aws_sdk_sns, self.connection);
            if let Some(region) = region {
                settings = settings.region(Region::new(region.to_owned()));
            }
            aws_sdk_sns::Client::from_conf(settings.build())
        })
    }

    pub(crate) fn s3(&self) -> &aws_sdk_s3::Client {
        self.s3.get_or_init(|| {
            // An emulator answers at one host name; `bucket.localhost` leads nowhere.
            let path_style = self.connection.endpoint("S3").is_some();
            let settings = settings!(aws_sdk_s3, self.connection).force_path_style(path_style);
            aws_sdk_s3::Client::from_conf(settings.build())
        })
    }
}

/// The client that asks whose credentials these are: needed once, before anything else is known.
pub(crate) fn sts(connection: &Connection) -> aws_sdk_sts::Client {
    aws_sdk_sts::Client::from_conf(settings!(aws_sdk_sts, connection).build())
}
