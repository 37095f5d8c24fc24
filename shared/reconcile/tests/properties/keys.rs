//! Key policies.

use guardian_core::name::BucketName;
use guardian_core::observation::{DefaultEncryption, ObjectEncryption};
use guardian_model::Who;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::documents::{LEAVER, Words, policy};
use crate::kept::{expect_kept, for_a_person, lacks_a_grant, last, swept_again, told_repairs};
use crate::stage::Stage;

const WORDS: Words = Words {
    actions: &[
        "kms:Decrypt",
        "kms:De*",
        "kms:GenerateDataKey*",
        "kms:DescribeKey",
        "kms:Put*",
        "kms:*",
        "KMS:decrypt",
    ],
    resources: &["*"],
    unchecked: false,
};

/// With the owner's own statement at a place of its own: without it KMS would not take the document.
fn with_owner(mut document: Value, at: usize) -> Value {
    let owner = json!({"Sid": "Owner", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "kms:*", "Resource": "*"});
    let mut statements = match document["Statement"].take() {
        Value::Array(statements) => statements,
        single => vec![single],
    };
    statements.insert(at % (statements.len() + 1), owner);
    document["Statement"] = json!(statements);
    document
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_key_policy_says_a_repair_keeps_it_happens_once_and_helps(
        document in policy(WORDS),
        at in any::<usize>(),
        leaves in proptest::bool::weighted(0.2),
    ) {
        let stage = Stage::new(1);
        let vault: BucketName = "vault".parse().unwrap();
        let key = stage.model.add_key();
        // A document that KMS does not take is no key policy.
        let root = stage.model.act_as(Who::root());
        let _refused = root.put_key_policy_unchecked(&key, &with_owner(document, at).to_string());
        if leaves {
            root.delete_principal(LEAVER);
        }
        stage.model.add_bucket(&vault);
        stage.model.set_default_encryption(
            &vault,
            DefaultEncryption::Kms { key: Some(key.to_string()), bucket_key: false },
        );
        stage.model.add_object(&vault, ".wellknown/cloudinary/demo", ObjectEncryption::SseS3);
        stage.model.add_object(&vault, "photos/cat.jpg", ObjectEncryption::Kms(key.to_string()));
        stage.model.declare(&vault, r#"{"clouds": ["demo"]}"#);
        let before = stage.model.key_policy(&key).unwrap();

        stage.sweep();
        let reports = stage.rest();
        let after = stage.model.key_policy(&key).unwrap();
        stage.model.take_journal();
        let told = told_repairs(&stage, "key-grant");
        let key_findings: Vec<_> = reports
            .iter()
            .rfind(|report| report.resource.to_string() == format!("key:{key}"))
            .map(|report| report.findings.clone())
            .unwrap_or_default();
        if after == before {
            prop_assert_eq!(told, 0);
            prop_assert!(key_findings.is_empty() || for_a_person(&key_findings), "{:?}", key_findings);
        } else {
            expect_kept(&before, &after);
            prop_assert_eq!(told, 1);
        }
        let writes = swept_again(&stage);
        let refused = key_findings.iter().any(|finding| finding.message.contains("AWS refused"));
        prop_assert!(refused || writes.is_empty(), "{:?}", writes);
        prop_assert_eq!(stage.model.key_policy(&key).unwrap(), after.clone());
        prop_assert_eq!(told_repairs(&stage, "key-grant"), 0);

        // A fresh look at the key no longer lacks the grant that was repaired.
        stage.sweep();
        let reports = stage.rest();
        if after != before {
            prop_assert!(!lacks_a_grant(&last(&reports, "bucket:vault").findings));
        }
    }
}
