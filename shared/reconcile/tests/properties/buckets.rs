//! Bucket policies.

use guardian_core::declaration::Declaration;
use guardian_core::finding::{Code, Verdict};
use guardian_core::name::BucketName;
use guardian_core::observation::ObjectEncryption;
use guardian_core::settings::Mode;
use guardian_reconcile::operator::{Look, look};
use proptest::prelude::*;

use crate::documents::{LEAVER, Words, policy};
use crate::kept::{expect_kept, for_a_person, lacks_a_grant, last, swept_again, told_repairs};
use crate::stage::{Stage, done};

const WORDS: Words = Words {
    actions: &[
        "s3:GetObject",
        "s3:Get*",
        "s3:PutObject",
        "s3:*",
        "*",
        "s3:ListBucket",
        "s3:GETOBJECT",
    ],
    resources: &[
        "arn:aws:s3:::media/*",
        "arn:aws:s3:::media",
        "arn:aws:s3:::media/photos/*",
        "arn:aws:s3:::media/.wellknown/cloudinary/*",
        "arn:aws:s3:::media/reports/2026-??/*",
        "arn:aws:s3:::*/*",
        "*",
    ],
    unchecked: true,
};

fn looked(stage: &Stage, media: &BucketName) -> Look {
    let clouds = vec!["demo".parse().unwrap()];
    let declaration = Declaration::ad_hoc(media.clone(), clouds, Mode::Repair);
    done(look(&stage.model, &stage.settings, &declaration)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_bucket_policy_says_a_repair_keeps_it_happens_once_and_helps(
        document in policy(WORDS),
        leaves in proptest::bool::weighted(0.2),
        is_public_allowed in any::<bool>(),
        pretty in any::<bool>(),
    ) {
        let stage = Stage::new(1);
        let media: BucketName = "media".parse().unwrap();
        stage.model.add_bucket(&media);
        stage.model.add_object(&media, ".wellknown/cloudinary/demo", ObjectEncryption::SseS3);
        stage.model.add_object(&media, "photos/cat.jpg", ObjectEncryption::SseS3);
        if is_public_allowed {
            stage.model.set_public_access_block(&media, guardian_core::observation::PublicAccessBlock::default());
        }
        let text = if pretty { serde_json::to_string_pretty(&document).unwrap() } else { document.to_string() };
        stage.model.set_policy(&media, &text);
        if leaves {
            stage.model.act_as(guardian_model::Who::console("ana")).delete_principal(LEAVER);
        }
        stage.model.declare(&media, r#"{"clouds": ["demo"]}"#);
        let before = stage.model.policy(&media).unwrap();
        let first = looked(&stage, &media);

        stage.sweep();
        let reports = stage.rest();
        let after = stage.model.policy(&media).unwrap();
        let end = last(&reports, "bucket:media");
        let told = told_repairs(&stage, "grant");
        let fresh = looked(&stage, &media);

        if after == before {
            prop_assert_eq!(told, 0);
            prop_assert_eq!(fresh.judgement.verdict(), first.judgement.verdict());
            let fine = first.judgement.verdict() == Verdict::Readable;
            prop_assert!(fine || for_a_person(&end.findings), "{:?}", end.findings);
        } else {
            expect_kept(&before, &after);
            prop_assert_eq!(told, 1);
            prop_assert!(lacks_a_grant(&first.judgement.findings));
            prop_assert!(!lacks_a_grant(&fresh.judgement.findings), "{:?}", fresh.judgement.findings);
            prop_assert!(fresh.plan.is_empty());
            let hindered = [Code::GrantDenied, Code::PublicPolicyRestricted];
            let hindered = hindered.iter().any(|code| fresh.judgement.find(*code).is_some());
            prop_assert!(hindered || fresh.judgement.verdict() < first.judgement.verdict());
        }
        // The model's own evaluation of a request agrees.
        if fresh.judgement.verdict() == Verdict::Readable {
            prop_assert_eq!(stage.model.cloudinary_reads(&media, "photos/cat.jpg"), Ok(()));
        }

        // Repairing twice is repairing once. What AWS refuses is tried again, and still has no effect.
        let writes = swept_again(&stage);
        let refused = end.findings.iter().any(|finding| finding.message.contains("AWS refused"));
        prop_assert!(refused || writes.is_empty(), "{:?}", writes);
        prop_assert_eq!(stage.model.policy(&media).unwrap(), after);
        prop_assert_eq!(told_repairs(&stage, "grant"), 0);
    }
}
