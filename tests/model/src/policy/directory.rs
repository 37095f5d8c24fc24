//! Which principals exist: what IAM would say.

use std::collections::{BTreeMap, BTreeSet};

/// Accounts and principals. Whatever the model was not told about exists.
#[derive(Debug, Clone, Default)]
pub(crate) struct Directory {
    pub(crate) partition: String,
    closed_accounts: BTreeSet<String>,
    deleted: BTreeMap<String, String>,
}

impl Directory {
    pub(crate) fn new(partition: &str) -> Self {
        Self {
            partition: partition.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn close_account(&mut self, account: &str) {
        self.closed_accounts.insert(account.to_owned());
    }

    /// Deletes a user or role and answers with the unique id that policies show from now on.
    pub(crate) fn delete(&mut self, arn: &str) -> String {
        let id = unique_id(arn);
        self.deleted.insert(arn.to_owned(), id.clone());
        id
    }

    /// Creates it anew: a new principal under an old name, which does not bring the old one back (IAM User
    /// Guide, "Principal": the new one has a new unique id that does not match the id in the policy).
    pub(crate) fn create(&mut self, arn: &str) {
        self.deleted.remove(arn);
    }

    /// Whether S3 and KMS accept `name` under `AWS`: every principal named must exist at write time (S3 User
    /// Guide, "How Amazon S3 works with IAM"). A unique id stands for something deleted and never does.
    pub(crate) fn accepts(&self, name: &str) -> bool {
        if name == "*" {
            return true;
        }
        if is_account(name) {
            return !self.closed_accounts.contains(name);
        }
        let Some((partition, service, account, rest)) = split(name) else {
            return false;
        };
        let kind_exists = match service {
            "iam" => {
                rest == "root"
                    || ["role/", "user/"]
                        .iter()
                        .any(|kind| rest.strip_prefix(kind).is_some_and(is_a_name))
            }
            "sts" => ["assumed-role/", "federated-user/"]
                .iter()
                .any(|kind| rest.strip_prefix(kind).is_some_and(is_a_name)),
            _ => false,
        };
        kind_exists
            && partition == self.partition
            && is_account(account)
            && !self.closed_accounts.contains(account)
            && !self.deleted.contains_key(name)
    }

    /// How a name under `AWS` comes back: a bare account id "might be converted" to the ARN of the account's
    /// root, and in practice is (IAM User Guide, "AWS account principals").
    pub(crate) fn stored_form(&self, name: &str) -> String {
        if is_account(name) {
            format!("arn:{}:iam::{name}:root", self.partition)
        } else {
            name.to_owned()
        }
    }
}

/// The unique id of a user or role, as it appears in place of a deleted one (IAM User Guide, "Unique
/// identifiers": `AIDA` for users, `AROA` for roles). The same name always gives the same id.
pub(crate) fn unique_id(arn: &str) -> String {
    let prefix = if arn.contains(":user/") { "AIDA" } else { "AROA" };
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    // FNV-1a: nothing hangs on this but that two names get two ids.
    let mut hash = arn.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut id = prefix.to_owned();
    for _ in 0..17 {
        let at = usize::try_from(hash % 32).unwrap_or(0);
        id.extend(digits.get(at).copied().map(char::from));
        hash = (hash / 32) ^ hash.rotate_left(23);
    }
    id
}

pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Partition, service, account and rest of a global ARN.
pub(crate) fn split(arn: &str) -> Option<(&str, &str, &str, &str)> {
    let mut parts = arn.splitn(6, ':');
    if parts.next() != Some("arn") {
        return None;
    }
    let (partition, service, _region) = (parts.next()?, parts.next()?, parts.next()?);
    Some((partition, service, parts.next()?, parts.next()?))
}

/// No wildcards: a principal cannot be a pattern (IAM User Guide, "Principal": "You cannot use a wildcard to
/// match part of a principal name or ARN").
fn is_a_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_roles_and_users_exist_unless_told_otherwise() {
        let mut directory = Directory::new("aws");
        for name in [
            "*",
            "232482882421",
            "arn:aws:iam::232482882421:root",
            "arn:aws:iam::111122223333:role/path/reader",
            "arn:aws:iam::111122223333:user/ana",
            "arn:aws:sts::111122223333:assumed-role/reader/session",
        ] {
            assert!(directory.accepts(name), "{name}");
        }
        directory.close_account("232482882421");
        assert!(!directory.accepts("232482882421"));
        assert!(!directory.accepts("arn:aws:iam::232482882421:root"));
    }

    #[test]
    fn what_is_no_living_principal_is_refused() {
        let mut directory = Directory::new("aws");
        directory.delete("arn:aws:iam::111122223333:role/gone");
        for name in [
            "AROAEXAMPLEEXAMPLE123",
            "AIDAEXAMPLEEXAMPLE123",
            "arn:aws:iam::111122223333:role/gone",
            "arn:aws:iam::111122223333:role/*",
            "arn:aws-cn:iam::111122223333:root",
            "arn:aws:iam::1111:root",
            "arn:aws:s3:::bucket",
            "1111",
            "",
        ] {
            assert!(!directory.accepts(name), "{name}");
        }
    }

    #[test]
    fn a_deleted_principal_shows_as_its_unique_id() {
        let role = unique_id("arn:aws:iam::111122223333:role/gone");
        assert!(role.starts_with("AROA") && role.len() == 21, "{role}");
        assert!(unique_id("arn:aws:iam::111122223333:user/gone").starts_with("AIDA"));
    }
}
