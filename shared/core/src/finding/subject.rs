//! What a finding is about.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::name::{BucketName, CloudName, KeyArn};
use crate::parts::Part;

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Subject {
    /// The bucket itself, its policy or its declaration.
    Bucket(BucketName),
    /// A marker of the bucket: its object key.
    Marker(BucketName, String),
    /// A key.
    Key(KeyArn),
    /// A key known only by the name somebody configured, which leads to no key we can describe.
    NamedKey(String),
    /// A part of what the guardian itself sees and speaks with.
    Part(Part),
}

impl Subject {
    /// The subject of a cloud name's marker.
    #[must_use]
    pub fn marker(bucket: &BucketName, cloud: &CloudName) -> Self {
        Self::Marker(bucket.clone(), crate::cloudinary::marker_key(cloud))
    }

    /// The key, where the subject is one.
    #[must_use]
    pub fn key(&self) -> Option<&KeyArn> {
        match self {
            Self::Key(arn) => Some(arn),
            Self::Bucket(_) | Self::Marker(..) | Self::NamedKey(_) | Self::Part(_) => None,
        }
    }

    /// The bucket, where the subject is one or lies in one.
    #[must_use]
    pub fn bucket(&self) -> Option<&BucketName> {
        match self {
            Self::Bucket(bucket) | Self::Marker(bucket, _) => Some(bucket),
            Self::Key(_) | Self::NamedKey(_) | Self::Part(_) => None,
        }
    }

    /// The cloud name whose marker the subject is.
    #[must_use]
    pub fn cloud(&self) -> Option<CloudName> {
        match self {
            Self::Marker(_, key) => key.strip_prefix(crate::cloudinary::MARKER_PREFIX)?.parse().ok(),
            Self::Bucket(_) | Self::Key(_) | Self::NamedKey(_) | Self::Part(_) => None,
        }
    }

    /// The part of the stack, where the subject is one.
    #[must_use]
    pub fn part(&self) -> Option<&Part> {
        match self {
            Self::Part(part) => Some(part),
            Self::Bucket(_) | Self::Marker(..) | Self::Key(_) | Self::NamedKey(_) => None,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket(bucket) => write!(f, "bucket:{bucket}"),
            Self::Marker(bucket, key) => write!(f, "marker:{bucket}/{key}"),
            Self::Key(arn) => write!(f, "key:{arn}"),
            Self::NamedKey(name) => write!(f, "named-key:{name}"),
            Self::Part(part) => write!(f, "{part}"),
        }
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> String {
        subject.to_string()
    }
}

impl TryFrom<String> for Subject {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no subject of a finding");
        match text.split_once(':') {
            Some(("bucket", name)) => name.parse().map(Self::Bucket).map_err(|_| wrong()),
            Some(("marker", rest)) => {
                let (bucket, key) = rest.split_once('/').ok_or_else(wrong)?;
                Ok(Self::Marker(bucket.parse().map_err(|_| wrong())?, key.to_owned()))
            }
            Some(("key", arn)) => arn.parse().map(Self::Key).map_err(|_| wrong()),
            Some(("named-key", name)) => Ok(Self::NamedKey(name.to_owned())),
            Some((kind, name)) => Part::read(kind, name).map(Self::Part).ok_or_else(wrong),
            None => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_reads_back_from_its_text() {
        let bucket: BucketName = "media".parse().unwrap();
        let subjects = [
            Subject::Bucket(bucket.clone()),
            Subject::marker(&bucket, &"demo".parse().unwrap()),
            Subject::Key("arn:aws:kms:us-east-1:111122223333:key/1".parse().unwrap()),
            Subject::NamedKey("alias/gone".to_owned()),
            Subject::Part(Part::read("topic", "arn:aws:sns:eu-west-1:111122223333:alerts").unwrap()),
        ];
        for subject in subjects {
            assert_eq!(Subject::try_from(subject.to_string()), Ok(subject));
        }
    }

    #[test]
    fn a_marker_knows_its_cloud_name_and_nothing_else_has_one() {
        let bucket: BucketName = "media".parse().unwrap();
        let cloud: CloudName = "demo".parse().unwrap();
        assert_eq!(Subject::marker(&bucket, &cloud).cloud(), Some(cloud));
        assert_eq!(
            Subject::Marker(bucket.clone(), "photos/demo".to_owned()).cloud(),
            None
        );
        assert_eq!(Subject::Bucket(bucket).cloud(), None);
    }
}
