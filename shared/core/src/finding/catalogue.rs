//! The catalogue of findings: one table for the code, the operator tool and the page in the docs.
//!
//! In the steps, `BUCKET`, `KEY_ARN`, `MARKER` and `CLOUD` stand for what a finding is about; a message puts the
//! names in their place ([`Code::steps`]).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Remedy, Severity};

macro_rules! catalogue {
    ($($code:ident $text:literal $severity:ident $remedy:ident $title:literal
        means $meaning:literal
        do [$($step:literal),+ $(,)?],)*) => {
        /// The stable code of a finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code {
            $(#[doc = $title] #[serde(rename = $text)] $code,)*
        }

        impl Code {
            /// Every code, in the order of the catalogue.
            pub const ALL: &[Self] = &[$(Self::$code,)*];

            /// The code as people and machines see it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $text,)* }
            }

            /// How much a finding of this code weighs.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$code => Severity::$severity,)* }
            }

            /// Who ends a finding of this code, if nothing stands in the way.
            #[must_use]
            pub const fn remedy(self) -> Remedy {
                match self { $(Self::$code => Remedy::$remedy,)* }
            }

            /// What it means, in a line.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$code => $title,)* }
            }

            /// What it means for Cloudinary's reads, and the rule of AWS behind it, in two to four sentences.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$code => $meaning,)* }
            }

            /// What a person does about it, one step after the other, with placeholders in capitals.
            #[must_use]
            pub const fn steps(self) -> &'static [&'static str] {
                match self { $(Self::$code => &[$($step,)+],)* }
            }
        }
    };
}

catalogue! {
    BucketMissing "bucket-missing" Critical Human "the bucket does not exist"
        means "S3 knows no bucket of the declared name, so every read by Cloudinary fails. The name of a deleted bucket becomes free, and any account may create a bucket with it; a declaration that stays behind would then be about somebody else's bucket."
        do [
            "If the bucket was deleted by mistake, create it again in this account and restore its objects; the guardian puts grant and markers back.",
            "If it is gone for good, delete its declaration: `aws ssm delete-parameter --name /cloudinary-guardian/buckets/BUCKET`, and take the bucket out of the settings of Cloudinary.",
        ],
    BucketNameUnsupported "bucket-name-unsupported" Critical Human "Cloudinary cannot read from a bucket of this name"
        means "Cloudinary does not support private buckets whose name contains a dot. Over HTTPS such a name does not match the certificate of S3 either. A bucket cannot be renamed, so nothing is repaired here."
        do [
            "Create a bucket without a dot in its name and copy the objects: `aws s3 sync s3://BUCKET s3://NEW_BUCKET`.",
            "Declare the new bucket, point Cloudinary to it, and delete the declaration of the old one.",
        ],
    BucketInOtherRegion "bucket-in-other-region" High Human "the bucket is in a Region this guardian does not serve"
        means "The events of a bucket and of its keys reach EventBridge in their own Region, so a guardian elsewhere would learn of a change only from the sweep. The bucket is neither judged nor repaired; whether Cloudinary can read it is not known here."
        do [
            "Deploy a guardian in the bucket's Region (the message names it): `sam deploy --region REGION`.",
            "Write the declaration to Parameter Store in that Region, and delete it here: `aws ssm delete-parameter --name /cloudinary-guardian/buckets/BUCKET`.",
        ],
    DeclarationInvalid "declaration-invalid" High Human "the declaration cannot be followed"
        means "The parameter that declares the bucket is not valid, or asks for more than the stack allows. The bucket is left exactly as it is until it is corrected: nothing is judged, repaired or taken away. The other buckets are not affected."
        do [
            "Correct the parameter; the message names the field and the reason: `aws ssm put-parameter --overwrite --type String --name /cloudinary-guardian/buckets/BUCKET --value '{\"clouds\": [\"CLOUD\"]}'`.",
            "If the declaration is right and the stack too narrow, widen its parameters `AllowedClouds` or `BucketArns`.",
            "See who wrote it, and when: `aws ssm get-parameter-history --name /cloudinary-guardian/buckets/BUCKET --query 'Parameters[-1].[LastModifiedUser,LastModifiedDate]'`.",
        ],
    RepairsPaused "repairs-paused" Low Human "the declaration pauses repairs for a while"
        means "The declaration holds a `pause_until` that is still to come. Until then the bucket is looked at and judged as always, and nothing is written to it, nor to a key that no other bucket asks to be repaired. It ends by itself; a pause of more than 7 days is refused, so that none is forgotten."
        do [
            "Nothing has to be done for it to end: the first look after that time repairs again, which is the next sweep at the latest.",
            "See who paused, and when: `aws ssm get-parameter-history --name /cloudinary-guardian/buckets/BUCKET --query 'Parameters[-1].[LastModifiedUser,LastModifiedDate]'`.",
            "To end it at once, take `pause_until` out of the declaration; to go on, write a later time.",
        ],
    ObservationFailed "observation-failed" High Human "something could not be read, so the verdict is not known"
        means "A call that would have told whether Cloudinary can read was refused for good, or its answer is not a policy document. What is not known is never taken for empty: nothing that hangs on it is written until it can be read. A Deny in a bucket or key policy, or a policy of the organization, is the usual reason, for it binds the guardian as well."
        do [
            "Allow the call that the message names to the guardian's role, or except the role from the Deny that refuses it.",
            "See for yourself what is refused: `guardian check BUCKET`.",
        ],
    GrantMissing "grant-missing" Critical Repair "the bucket policy does not let Cloudinary read"
        means "No statement of the bucket policy allows Cloudinary's account `s3:GetObject` on what is declared, so every read fails with AccessDenied. Access from another account needs an Allow on both sides (IAM User Guide, \"Cross-account policy evaluation logic\"); this is the bucket owner's side. It is most often lost when Terraform, CloudFormation or a person writes the whole policy anew: PutBucketPolicy replaces, it does not add."
        do [
            "In mode `repair` the guardian adds the statement by itself and keeps every other. By hand: `guardian repair BUCKET` shows the change, asks, and makes it.",
            "Put the statement into the source that writes the policy, so that its next run does not take it away again.",
        ],
    GrantPartial "grant-partial" High Repair "the bucket policy lets Cloudinary read only a part"
        means "The bucket policy allows Cloudinary `s3:GetObject` on some of what is declared and not on the rest: reads below some prefixes work, others fail with AccessDenied. The markers belong to what has to be readable, for Cloudinary checks them first."
        do [
            "In mode `repair` the guardian extends its statement by itself. By hand: `guardian repair BUCKET`.",
            "If only a part is meant to be readable, say so in the declaration: `\"prefixes\": [\"img/*\"]`.",
            "Put the statement into the source that writes the policy.",
        ],
    GrantDenied "grant-denied" Critical Human "a Deny in the bucket policy shuts Cloudinary out"
        means "A Deny in the bucket policy covers Cloudinary's reads. An explicit Deny overrides every Allow (IAM User Guide, \"Policy evaluation logic\"), so no statement the guardian could add would help. A Deny is somebody's decision: the guardian never changes one."
        do [
            "Ask whoever wrote the Deny whether Cloudinary is meant by it.",
            "If it is not, put the exception into the Deny at its source; `guardian check BUCKET` prints the statement ready to paste. If nothing else needs it, remove the Deny.",
            "If it is meant, delete the declaration: `aws ssm delete-parameter --name /cloudinary-guardian/buckets/BUCKET`.",
        ],
    GrantConditional "grant-conditional" Medium Human "whether Cloudinary may read hinges on something we cannot know"
        means "A condition of the bucket policy decides over Cloudinary's reads, and its value is known only to Cloudinary: its addresses, its organization, its endpoints. Reads may work today and stop without any change on your side. The verdict is `depends`, neither `readable` nor `blocked`."
        do [
            "Look at the condition key that the message names, and ask Cloudinary's support what it is for their reads.",
            "Better, do not hang the grant on it: for an Allow, add the documented statement without a Condition beside it (`guardian explain --bucket BUCKET --policy FILE` judges the result); for a Deny, except the account with `StringNotEquals` on `aws:PrincipalAccount`.",
        ],
    PublicPolicyRestricted "public-policy-restricted" Critical Human "a public statement makes S3 shut out every other account"
        means "The bucket policy has a statement that S3 takes for public, and Block Public Access restricts public buckets. S3 then admits only principals of the owner's account and AWS services, and ignores every grant to another account, Cloudinary's included (S3 User Guide, \"Blocking public access\", RestrictPublicBuckets). The grant itself is intact."
        do [
            "See what S3 says of the policy: `aws s3api get-bucket-policy-status --bucket BUCKET`.",
            "Remove the public statement that the message names, or narrow it to principals, addresses or VPCs of your own. Do not turn RestrictPublicBuckets off for it.",
        ],
    ControlPolicyDenied "control-policy-denied" Critical Human "a resource control policy of the organization shuts Cloudinary out"
        means "A resource control policy of the organization denies the read. Such a policy applies to the resources of its accounts whoever calls, and no bucket or key policy can overrule it (AWS Organizations User Guide, \"Resource control policies\")."
        do [
            "Ask an administrator of the organization to except Cloudinary's account 232482882421 from the statement, with `StringNotEqualsIfExists` on `aws:PrincipalAccount`, for `s3:GetObject` and `kms:Decrypt`.",
            "Judge the corrected policy before it is attached: `guardian explain --bucket BUCKET --policy FILE --rcp FILE`.",
        ],
    ResourceNotOfBucket "resource-not-of-bucket" Medium Human "a statement names a resource of another bucket, and S3 refuses the policy"
        means "A bucket policy may only name its own bucket and the objects in it. S3 refuses the whole document (MalformedPolicy, \"Policy has invalid resource\"), so the policy that is there now stays, with or without Cloudinary's grant."
        do [
            "Correct the Resource that the message names to `arn:aws:s3:::BUCKET` or `arn:aws:s3:::BUCKET/*`.",
            "Judge the corrected document: `guardian explain --bucket BUCKET --policy FILE`.",
        ],
    ActionNotApplicable "action-not-applicable" Medium Human "an action does not apply to the statement's resources"
        means "An action works either on a bucket or on objects, and the statement gives it only resources of the other kind, or it is no action of the service at all. S3 refuses such a policy (\"Action does not apply to any resource(s) in statement\"); KMS stores it and ignores the action."
        do [
            "Give object actions such as `s3:GetObject` the Resource `arn:aws:s3:::BUCKET/*`, bucket actions such as `s3:ListBucket` the Resource `arn:aws:s3:::BUCKET`.",
            "Judge the corrected document: `guardian explain --bucket BUCKET --policy FILE`.",
        ],
    ConditionKeyNotApplicable "condition-key-not-applicable" Medium Human "a condition key never comes with the statement's actions"
        means "The condition tests a key that a request for these actions does not carry, so an Allow never applies, and a Deny with a negated test always does. S3 refuses such a policy (\"Conditions do not apply to combination of actions and resources in statement\"); KMS stores it."
        do [
            "Take the condition key out of the statement, or give it a statement of its own with the actions that carry it (Service Authorization Reference, \"Condition keys for Amazon S3\").",
            "Judge the corrected document: `guardian explain --bucket BUCKET --policy FILE`.",
        ],
    MarkerMissing "marker-missing" Critical Repair "a declared cloud name has no marker"
        means "There is no object `.wellknown/cloudinary/<cloud name>` in the bucket, and without it Cloudinary refuses to read the bucket for that cloud name: all its customers share one AWS account, and the marker is what binds the bucket to a tenant. Its name has to match byte for byte. It is most often lost to a sync with `--delete` or a lifecycle rule."
        do [
            "In mode `repair` the guardian writes it by itself, empty and under SSE-S3. By hand: `aws s3api put-object --bucket BUCKET --key MARKER --server-side-encryption AES256`.",
            "Keep it out of what removed it: `aws s3 sync … --delete --exclude '.wellknown/cloudinary/*'`, and a filter in every lifecycle rule that expires objects.",
            "If the cloud name is no longer to read the bucket, take it out of the declaration.",
        ],
    MarkerUnexpected "marker-unexpected" High Human "a cloud name that is not declared may read the bucket"
        means "A marker lies in the bucket for a cloud name that nobody declared. Since all customers of Cloudinary share one AWS account, that marker is all it takes for this tenant to read what the bucket policy opens. Your own reads are not affected. The guardian has no right to delete objects and leaves it."
        do [
            "Find out who put it there; the message says it where the event did.",
            "If the cloud name is yours, add it to `clouds` in the declaration `/cloudinary-guardian/buckets/BUCKET`.",
            "If it is not, delete the marker at once: `aws s3api delete-object --bucket BUCKET --key MARKER`.",
        ],
    MarkerUnreadable "marker-unreadable" High Human "a marker is there but cannot be read by Cloudinary"
        means "The marker exists, but S3 cannot hand it out as it is: it is archived, or encrypted with a key that the caller has to send. An archived object has to be restored before it can be read (S3 API Reference, GetObject, InvalidObjectState). An object that is there is never replaced by the guardian."
        do [
            "Write it again as an empty object: `aws s3api put-object --bucket BUCKET --key MARKER --server-side-encryption AES256`.",
            "Keep `.wellknown/cloudinary/` out of the lifecycle rule that archived it.",
        ],
    NotificationsOff "notifications-off" Medium Human "S3 does not tell EventBridge of the bucket's objects"
        means "S3 sends the events of a bucket's objects to EventBridge only where that is turned on (S3 User Guide, \"Enabling Amazon EventBridge\"), and PutBucketNotificationConfiguration replaces the whole configuration: whoever writes it without that setting turns it off. Cloudinary's access is intact and no verdict hangs on this. But of a marker that is lost, or of a new object under another key, the guardian learns with the next sweep only, unless a trail with data events tells it. What S3 sends is charged for event by event, whatever object it is about (Amazon EventBridge pricing, \"AWS opt-in data events\")."
        do [
            "`guardian repair BUCKET --notifications` shows the change, asks, and makes it. By hand, read what is configured: `aws s3api get-bucket-notification-configuration --bucket BUCKET > notifications.json`.",
            "Add EventBridge and leave everything else: `jq -s '(.[0] // {}) + {\"EventBridgeConfiguration\": {}}' notifications.json > with-eventbridge.json`.",
            "Write all of it back, without test messages to the destinations: `aws s3api put-bucket-notification-configuration --bucket BUCKET --skip-destination-validation --notification-configuration file://with-eventbridge.json`.",
            "Put the setting into the source that writes the bucket's notifications, so that its next run does not turn it off again.",
            "Or let the guardian do it, on this bucket and every other: the stack's parameter `ManageNotifications=yes`, with its mode `repair`. If a trail with data events sees to the markers, nothing has to be done.",
        ],
    NotificationsUnknown "notifications-unknown" Low Human "whether S3 tells EventBridge of the bucket's objects could not be read"
        means "The call that reads the bucket's notification configuration was refused, so it is not known whether the guardian hears at once of a marker that is lost. No verdict hangs on it, and everything else is judged and repaired as ever. What cannot be read is not written either."
        do [
            "Allow `s3:GetBucketNotification` on `arn:aws:s3:::BUCKET` to the guardian's role, or except the role from the Deny that refuses it.",
            "See what is configured: `aws s3api get-bucket-notification-configuration --bucket BUCKET`.",
        ],
    ObjectsCustomerKey "objects-customer-key" Medium Human "some objects are encrypted with keys that only their writer has"
        means "S3 keeps no key for an object under SSE-C: whoever reads it has to send the key along, and Cloudinary does not. Each of these objects fails to be read, whatever the policies say (S3 User Guide, \"Using server-side encryption with customer-provided keys\")."
        do [
            "Copy each of them in place without the key, so that the bucket's default encryption takes over: `aws s3 cp s3://BUCKET/OBJECT s3://BUCKET/OBJECT --sse-c-copy-source AES256 --sse-c-copy-source-key fileb://KEY_FILE`.",
            "If Cloudinary is not meant to read them, say what it is meant to read in the declaration: `\"prefixes\": [\"img/*\"]`.",
        ],
    ObjectsArchived "objects-archived" Medium Human "some objects lie in an archive"
        means "An object in S3 Glacier Flexible Retrieval or Deep Archive, or in an archive tier of Intelligent-Tiering, must be restored before it can be read; until then GetObject fails with InvalidObjectState (S3 API Reference, GetObject). It is most often a lifecycle rule that moved them there."
        do [
            "Restore what Cloudinary has to read: `aws s3api restore-object --bucket BUCKET --key OBJECT --restore-request Days=7`; to keep it readable, copy it back into a class without archive afterwards.",
            "Look for the lifecycle rule that moves objects: `aws s3api get-bucket-lifecycle-configuration --bucket BUCKET`, and let it transition to Glacier Instant Retrieval instead, which is read at once.",
            "If Cloudinary is not meant to read them, say what it is meant to read in the declaration: `\"prefixes\": [\"img/*\"]`.",
        ],
    ObjectsForeign "objects-foreign" Medium Human "some objects belong to another account"
        means "A bucket policy applies to the objects that the bucket's owner owns. Where Object Ownership leaves an upload to the account that wrote it, the grant to Cloudinary does not reach that object, and reads fail with AccessDenied though the policy is right (S3 User Guide, \"Controlling ownership of objects and disabling ACLs for your bucket\")."
        do [
            "Let the bucket's owner own all of its objects, which also takes effect on those that are there: `aws s3api put-bucket-ownership-controls --bucket BUCKET --ownership-controls 'Rules=[{ObjectOwnership=BucketOwnerEnforced}]'`. It turns ACLs off: look first whether anything still depends on them.",
        ],
    KeyGrantMissing "key-grant-missing" Critical Repair "the key policy does not let Cloudinary decrypt"
        means "The policy of a key that objects are encrypted under does not allow Cloudinary's account `kms:Decrypt` and `kms:DescribeKey`, so reads of these objects fail with AccessDenied though the bucket policy is intact. For a caller of another account the key policy has to allow it, and so has that account (KMS Developer Guide, \"Allowing users in other accounts to use a KMS key\"). Objects stay under the key they were written with: a new default key does not make the old one dispensable."
        do [
            "In mode `repair` the guardian adds the statement by itself, once for all buckets that need the key. By hand: `guardian repair BUCKET` covers the bucket's keys.",
            "Put the statement into the source that writes the key policy, so that its next run does not take it away again.",
        ],
    KeyGrantDenied "key-grant-denied" Critical Human "a Deny in the key policy shuts Cloudinary out"
        means "A Deny in the key policy covers the decryption that S3 asks for on Cloudinary's behalf. An explicit Deny overrides every Allow, so no statement the guardian could add would help. Every object under the key is unreadable for Cloudinary."
        do [
            "Ask whoever wrote the Deny whether Cloudinary is meant by it.",
            "If it is not, put the exception into the Deny at its source; `guardian check BUCKET` prints the statement ready to paste.",
        ],
    KeyGrantConditional "key-grant-conditional" Medium Human "whether Cloudinary may decrypt hinges on something we cannot know"
        means "A condition of the key policy decides over the decryption, and its value is not known, or not the same for all objects. The most frequent case is `kms:EncryptionContext:aws:s3:arn` bound to object ARNs: with an S3 Bucket Key the context is the bucket's ARN (S3 User Guide, \"Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys\"), so the condition stops matching when Bucket Keys are turned on."
        do [
            "Look at the condition key that the message names.",
            "Better, add the documented statement without a Condition beside it; `guardian explain --bucket BUCKET --key KEY_ARN --key-policy FILE` judges the result.",
        ],
    KeyGrantBroad "key-grant-broad" Medium Human "the key policy lets Cloudinary do more than read"
        means "The policy of a key allows Cloudinary's account more than `kms:Decrypt` and `kms:DescribeKey`, which is all that reading takes (Cloudinary, \"Upload from a private storage URL\"). Reads work; but all customers of Cloudinary share that account, so every further right is theirs as well. A bucket that Cloudinary writes its backups to is another matter: PutObject under the key takes `kms:GenerateDataKey` besides (S3 User Guide, \"Using server-side encryption with AWS KMS keys\"). A statement that somebody wrote is never narrowed by the guardian."
        do [
            "If Cloudinary writes backups to a bucket under this key, keep `kms:GenerateDataKey` in the statement and take out the rest.",
            "Otherwise put the narrowed statement below in the place of the one that the message names, in the source that writes the policy.",
            "Grants that were made with `kms:CreateGrant` outlive the statement: `aws kms list-grants --key-id KEY_ARN`.",
        ],
    KeyGrantUnused "key-grant-unused" Low Human "the key policy lets Cloudinary decrypt, and nothing needs it any more"
        means "A key carries Cloudinary's grant, and a complete census of every bucket that once needed it found no current object under it. Reads do not depend on it: `s3:GetObject` reaches current versions alone. Least privilege says to take it out; with `\"prune\": true` in the declarations of all those buckets and mode `repair` the guardian does so by itself, and puts it back as soon as an object or a default needs the key again."
        do [
            "Take the statement that the message names out of the key's policy and of the source that writes it.",
            "Or let the guardian do it: `\"prune\": true` in `/cloudinary-guardian/buckets/BUCKET`.",
            "If older versions of objects under the key are to be restored for Cloudinary one day, list the key under `keys` in the declaration, and the grant stays.",
        ],
    KeyDisabled "key-disabled" Critical Human "the key is disabled"
        means "A disabled key decrypts nothing, whatever its policy says (KMS Developer Guide, \"Key states of AWS KMS keys\"): every object under it is unreadable for everybody, Cloudinary included. The guardian never enables a key; disabling one is a person's decision."
        do [
            "Ask whoever disabled it why.",
            "Enable it: `aws kms enable-key --key-id KEY_ARN`.",
        ],
    KeyPendingDeletion "key-pending-deletion" Critical Human "the key is scheduled for deletion"
        means "A key that waits for its deletion decrypts nothing, so every object under it is unreadable now; the same holds for a multi-Region primary key that waits for its replicas to be deleted first (KMS API Reference, ScheduleKeyDeletion). Once it is deleted, what was encrypted under it can never be read again by anybody (KMS Developer Guide, \"Deleting AWS KMS keys\"); the message says when. With S3 Bucket Keys some reads go on for a while from what S3 got before."
        do [
            "Stop it before the date: `aws kms cancel-key-deletion --key-id KEY_ARN`. The key is disabled then.",
            "Enable it: `aws kms enable-key --key-id KEY_ARN`.",
            "If it is meant to go, bring every object under another key first; `aws kms get-key-last-usage --key-id KEY_ARN` says when this one was last used.",
        ],
    KeyMaterialMissing "key-material-missing" Critical Human "the key's imported material was deleted or has expired"
        means "The key was made for key material of your own, and some or all of it is not there: deleted, expired, or never imported. Until every material that was ever in use is back the key is in state PendingImport and decrypts nothing (KMS Developer Guide, \"Importing key material for AWS KMS keys\"). Only the very same material decrypts what is there; AWS has no copy of it."
        do [
            "Fetch what wraps the material: `aws kms get-parameters-for-import --key-id KEY_ARN --wrapping-algorithm RSAES_OAEP_SHA_256 --wrapping-key-spec RSA_4096`.",
            "Encrypt the same material with that public key and import it: `aws kms import-key-material --key-id KEY_ARN --import-type EXISTING_KEY_MATERIAL --import-token fileb://TOKEN --encrypted-key-material fileb://MATERIAL --expiration-model KEY_MATERIAL_DOES_NOT_EXPIRE`.",
            "A rotated key needs all of its materials; this names those in PENDING_IMPORT: `aws kms list-key-rotations --key-id KEY_ARN --include-key-material ALL_KEY_MATERIAL`.",
        ],
    KeyMaterialExpiring "key-material-expiring" Medium Human "the key's imported material expires soon"
        means "Key material that was imported with an expiry reaches it within 30 days. KMS then deletes it, and the key decrypts nothing until the same material is imported again (KMS API Reference, ImportKeyMaterial). Reads work until that day; within the last seven days the finding weighs `high`."
        do [
            "Import the same material again before the date, with a later expiry or none: `aws kms get-parameters-for-import --key-id KEY_ARN --wrapping-algorithm RSAES_OAEP_SHA_256 --wrapping-key-spec RSA_4096`, then `aws kms import-key-material --key-id KEY_ARN --import-type EXISTING_KEY_MATERIAL --import-token fileb://TOKEN --encrypted-key-material fileb://MATERIAL --expiration-model KEY_MATERIAL_DOES_NOT_EXPIRE`.",
            "If the key is meant to end, bring every object under another key first.",
        ],
    KeyStoreDisconnected "key-store-disconnected" Critical Human "the custom key store of the key is not connected"
        means "The key lies in a CloudHSM cluster or in a key manager outside AWS, and KMS is not connected to it, so the key is in state Unavailable and decrypts nothing (KMS Developer Guide, \"Key states of AWS KMS keys\"). Nothing is lost; reads work again as soon as the store is connected."
        do [
            "See why: `aws kms describe-custom-key-stores`; ConnectionState and ConnectionErrorCode tell.",
            "A CloudHSM key store needs an active HSM, and its crypto user `kmsuser` must not be logged in; an external one needs its proxy within reach.",
            "Connect it: `aws kms connect-custom-key-store --custom-key-store-id KEY_STORE_ID`; where it is FAILED, `aws kms disconnect-custom-key-store` comes first.",
        ],
    KeyUnusable "key-unusable" Critical Human "the key is in a state in which it decrypts nothing"
        means "The key is neither usable nor in any of the states that have a finding of their own: a new replica that is still Creating, or a state that came after this version (KMS Developer Guide, \"Key states of AWS KMS keys\"). Every object under it is unreadable until that state ends."
        do [
            "Look at it: `aws kms describe-key --key-id KEY_ARN`.",
            "Creating ends by itself within minutes; for any other state the KMS Developer Guide says what ends it.",
        ],
    KeyMissing "key-missing" Critical Human "the key the bucket names does not exist"
        means "The bucket's default encryption names a key that KMS does not know. S3 does not check the name it is given: it is found out only when an object is written or read. New objects cannot be written, and what was written under a deleted key cannot be read."
        do [
            "See what is configured: `aws s3api get-bucket-encryption --bucket BUCKET`.",
            "Name a key or an alias that exists, with its full ARN if it is in another account: `aws s3api put-bucket-encryption --bucket BUCKET --server-side-encryption-configuration FILE`.",
        ],
    KeyInOtherRegion "key-in-other-region" High Human "a key is named that lives in another Region than the bucket"
        means "S3 encrypts a bucket's objects only under keys of the bucket's own Region (S3 User Guide, \"Using server-side encryption with AWS KMS keys\"), so no object can be under this one, and a grant on it lets Cloudinary read nothing. Which key was meant is not known. Where it is the bucket's default, new objects cannot be written."
        do [
            "See which key the objects are under: `aws s3api head-object --bucket BUCKET --key OBJECT_KEY`, SSEKMSKeyId.",
            "Name that key in the declaration `/cloudinary-guardian/buckets/BUCKET`, or leave `keys` out and let the guardian find it.",
            "If the default names it: `aws s3api put-bucket-encryption --bucket BUCKET --server-side-encryption-configuration FILE`, with a key of the bucket's Region.",
        ],
    RegionOptIn "region-opt-in" Low Human "the keys are in a Region that Cloudinary's account may not have enabled"
        means "Every account has the Regions of before 20 March 2019; all others it has to enable for itself (AWS Account Management Reference Guide, \"Enable or disable AWS Regions in your account\"). A key policy gives another account nothing in a Region that this account has not enabled (KMS Developer Guide, \"Key policies in AWS KMS\"), and which ones Cloudinary has is not published. Buckets without KMS keys are not affected."
        do [
            "Read one object under KMS through Cloudinary: if that works, so does everything else that this finding is about.",
            "Or ask Cloudinary's support whether the account has the Region enabled.",
            "If it has not, use SSE-S3 for what Cloudinary reads, or a bucket in a Region of every account.",
        ],
    KeyAwsManaged "key-aws-managed" Critical Human "objects under an AWS managed key cannot be shared"
        means "The objects are encrypted under `aws/s3`, the key that AWS manages. Its policy cannot be changed, and it allows callers of your own account only, so no other account can ever read these objects (S3 User Guide, \"Using server-side encryption with AWS KMS keys\"). A new default key changes nothing for objects that are there; S3 can bring them under another key in place, with the same ETag and version (S3 API Reference, UpdateObjectEncryption)."
        do [
            "Make a customer managed key of the bucket's Region the default: `aws s3api put-bucket-encryption --bucket BUCKET --server-side-encryption-configuration '{\"Rules\":[{\"ApplyServerSideEncryptionByDefault\":{\"SSEAlgorithm\":\"aws:kms\",\"KMSMasterKeyID\":\"NEW_KEY_ARN\"},\"BucketKeyEnabled\":true}]}'`.",
            "For a few objects: `aws s3api update-object-encryption --bucket BUCKET --key OBJECT_KEY --object-encryption '{\"SSEKMS\":{\"KMSKeyArn\":\"NEW_KEY_ARN\",\"BucketKeyEnabled\":true}}'`.",
            "For many, one S3 Batch Operations job that selects them by their key: `aws s3control create-job --account-id ACCOUNT --role-arn BATCH_ROLE_ARN --priority 10 --no-confirmation-required --operation '{\"S3UpdateObjectEncryption\":{\"ObjectEncryption\":{\"SSEKMS\":{\"KMSKeyArn\":\"NEW_KEY_ARN\",\"BucketKeyEnabled\":true}}}}' --manifest-generator '{\"S3JobManifestGenerator\":{\"SourceBucket\":\"arn:aws:s3:::BUCKET\",\"EnableManifestOutput\":false,\"Filter\":{\"MatchAnyObjectEncryption\":[{\"SSEKMS\":{\"KmsKeyArn\":\"KEY_ARN\"}}]}}}' --report '{\"Enabled\":true,\"Bucket\":\"arn:aws:s3:::REPORT_BUCKET\",\"Format\":\"Report_CSV_20180820\",\"ReportScope\":\"FailedTasksOnly\"}'`.",
            "Where S3 refuses that (objects under DSSE-KMS or SSE-C, Object Lock), copy them onto themselves: `aws s3 cp s3://BUCKET/ s3://BUCKET/ --recursive --sse aws:kms --sse-kms-key-id NEW_KEY_ARN`.",
        ],
    KeyForeign "key-foreign" High Human "the key belongs to another account, whose owner must grant it"
        means "Objects are encrypted under a key of another account. A key policy can be read and written only from the account that owns the key (KMS Developer Guide, \"Allowing users in other accounts to use a KMS key\"), so what it grants is not known here and cannot be repaired from here."
        do [
            "Ask the owner of the key to add the statement below to its policy, and to deploy a guardian there.",
            "Or use a key of this account: make it the bucket's default and bring the objects under it with the commands in the message; whoever runs them needs `kms:Decrypt` on the old key.",
        ],
    PolicyUnwritable "policy-unwritable" Critical Human "the policy cannot be written back, so the repair cannot be made"
        means "Cloudinary's grant is missing, and the guardian cannot add it: the service would refuse the document as a whole. A principal that no longer exists, a document near its size limit, a public statement under BlockPublicPolicy, or a Deny on writing policies are the usual reasons. Nothing was attempted, and the policy is as it was."
        do [
            "Correct what the message names; the guardian adds its statement as soon as the policy changes.",
            "Names such as AIDA… or AROA… are users and roles that were deleted: take them out of the policy.",
            "Put Cloudinary's statement into the source that writes the policy while you are there.",
        ],
    Flapping "flapping" Critical Human "somebody keeps undoing the repair"
        means "The same thing was repaired five times within an hour and is gone again: another writer puts back a document of its own. The guardian does not fight it: until a day has passed without a repair it makes one repair an hour, and in between Cloudinary is shut out."
        do [
            "Find the other writer; the message names who was behind the last event. A Terraform run, a Config rule with remediation, Cloud Custodian and Security Hub automations are the usual ones.",
            "Put the statement into its source, or except the bucket from it.",
            "Or stop the guardian here: set `\"mode\": \"observe\"` in `/cloudinary-guardian/buckets/BUCKET`.",
        ],
    TrailMissing "trail-missing" High Human "no trail tells of changes in this Region"
        means "EventBridge hears of API calls through CloudTrail, and only where a trail of the Region is logging and records management events that write (EventBridge User Guide, \"AWS service events delivered via AWS CloudTrail\"). There is none here, so a changed bucket policy, a disabled key or a deleted setting is found only by the next sweep. What S3, KMS and Parameter Store send by themselves still arrives. Whether Cloudinary can read is not affected by this alone."
        do [
            "See what there is: `aws cloudtrail describe-trails`, and `aws cloudtrail get-event-selectors --trail-name TRAIL` for what it records.",
            "If a trail is there that records too little: `aws cloudtrail put-event-selectors --trail-name TRAIL --event-selectors '[{\"ReadWriteType\":\"WriteOnly\",\"IncludeManagementEvents\":true}]'`; this replaces its event selectors, so keep the data events it has.",
            "If there is none, make one (the first copy of management events is free, the bucket needs CloudTrail's policy): `aws cloudtrail create-trail --name management-events --s3-bucket-name LOG_BUCKET --is-multi-region-trail`, then `aws cloudtrail start-logging --name management-events`.",
            "Until then, a shorter sweep narrows the gap: the stack's parameter `SweepRate`.",
        ],
    TrailStopped "trail-stopped" High Human "the trail that tells of changes is stopped"
        means "A trail of this Region would record what the guardian needs to hear, but it is not logging, and no other does it in its place. EventBridge gets no API calls through a trail that does not log (EventBridge User Guide, \"AWS service events delivered via AWS CloudTrail\"). Until it logs again a change is found only by the next sweep."
        do [
            "Start it again: `aws cloudtrail start-logging --name TRAIL`.",
            "Ask whoever stopped it whether that was meant; a trail is often stopped to save the cost of a second copy of management events.",
        ],
    TrailWithoutKms "trail-without-kms" High Human "every trail leaves out what happens to KMS keys"
        means "The trails that are logging here record management events but leave out those of KMS, by `ExcludeManagementEventSources` or by an advanced event selector (CloudTrail User Guide, \"Logging management events\"). A key policy that is replaced, a disabled key and a moved alias are then found only by the next sweep. It matters for buckets under KMS keys; changes of buckets are heard of as ever."
        do [
            "Let one trail record KMS as well: `aws cloudtrail put-event-selectors --trail-name TRAIL --event-selectors '[{\"ReadWriteType\":\"WriteOnly\",\"IncludeManagementEvents\":true}]'`; this replaces its event selectors, so keep the data events it has. `WriteOnly` leaves out Encrypt, Decrypt and GenerateDataKey, which are what makes KMS events many.",
            "If no declared bucket is or will be under a KMS key, nothing is missed.",
        ],
    RuleMissing "rule-missing" High Human "an event rule of the guardian was deleted"
        means "The stack's event rules bring the guardian what happens to buckets, keys, markers and declarations. One of them is gone, so the events it stood for arrive no more, and what they tell is found only by the next sweep. CloudFormation does not put back by itself what was deleted behind its back."
        do [
            "Make it again with the two commands in the message; they give it the pattern and the target that the template names.",
            "Or delete the stack and deploy it again: every bucket policy, key policy and marker stays as it is.",
            "Find out whether a clean-up job takes rules away that it does not know.",
        ],
    RuleDisabled "rule-disabled" High Human "an event rule of the guardian is disabled"
        means "A disabled rule matches no events, and one with a schedule does not fire (EventBridge API Reference, DisableRule). The events it stands for arrive no more. If it is the rule of the sweep, only events make the guardian look at all."
        do [
            "Enable it: `aws events enable-rule --name RULE`.",
            "If somebody disabled it to silence the guardian, set `\"mode\": \"observe\"` in the declarations or delete them instead: that is said and seen, a disabled rule is not.",
        ],
    RuleChanged "rule-changed" High Human "an event rule of the guardian is not what the template says"
        means "The rule is there and enabled, but its pattern or schedule is another, or it no longer hands its events to the stack's queue as they are, with the stack's queue for what cannot be delivered. Events it stands for may not arrive, or may be lost without a trace. The message names what differs."
        do [
            "Put it back with the commands in the message.",
            "If you meant to change it, change template.yaml and deploy; the guardian knows the rules of the version that runs.",
        ],
    QueueMissing "queue-missing" High Human "a queue of the guardian was deleted"
        means "Events and work travel through the stack's queues. With one of them gone, what should pass through it is lost or is refused, and Lambda's mapping from it stands still. Depending on which one it is, the guardian may be deaf altogether."
        do [
            "A queue cannot be put back as it was: make the stack anew. Delete it and deploy it again; every bucket policy, key policy and marker stays as it is.",
            "`aws sqs create-queue` with the same name is no cure by itself: policy, redrive policy and encryption are part of it. SQS lets a name be used again after 60 seconds (SQS API Reference, DeleteQueue).",
        ],
    QueueChanged "queue-changed" High Human "a queue of the guardian is not what the template says"
        means "The queue's policy no longer lets the stack's rules send to it, it lost the queue for what fails, or it is under a KMS key that EventBridge may not use. Events that cannot be delivered are lost after a day of attempts, and what cannot be worked off is lost after the retention time. The message names what differs."
        do [
            "Put it back with the command in the message.",
            "If you meant to change it, change template.yaml and deploy.",
        ],
    DeadLetters "dead-letters" Medium Human "something could not be delivered or worked off"
        means "A dead-letter queue of the stack holds messages: events that EventBridge could not deliver, or that a function failed on five times. The sweep looks at everything all the same, so nothing stays wrong for longer than its period. But whatever made these fail may make the next ones fail."
        do [
            "See why: the function's log at the time of the message says what failed; of an event that was not delivered, the message's attributes `ERROR_CODE` and `RULE_ARN` say it: `aws sqs receive-message --queue-url \"$(aws sqs get-queue-url --queue-name QUEUE --query QueueUrl --output text)\" --message-attribute-names All`.",
            "Then have them tried again, or thrown away, with the command in the message.",
        ],
    TopicMissing "topic-missing" High Human "the topic that people are told through is gone"
        means "The guardian publishes its messages to an SNS topic, and that topic does not exist any more. Nobody can be told of anything, this included: it stands in the log and in the ledger alone. Repairs are made as before."
        do [
            "Make the stack's topic anew: delete the stack and deploy it again; every bucket policy, key policy and marker stays as it is.",
            "Subscribe again and confirm: subscriptions went with the topic.",
        ],
    TopicSilent "topic-silent" High Human "nobody is subscribed to the topic"
        means "The topic has no confirmed subscription, so whatever the guardian says goes nowhere. SNS sends nothing to a subscription that waits for its confirmation, and deletes it after two days (SNS Developer Guide, \"Subscribing to an Amazon SNS topic\"). This message can only be read in the log and in the ledger, or once somebody has subscribed."
        do [
            "Subscribe, and confirm by the link in the mail: `aws sns subscribe --topic-arn TOPIC_ARN --protocol email --notification-endpoint ADDRESS`.",
            "Or give the stack an address: its parameter `AlertEmail`.",
        ],
    SubscriptionUnconfirmed "subscription-unconfirmed" Medium Human "a subscription to the topic waits for its confirmation"
        means "Somebody was subscribed to the topic and has not confirmed yet. SNS sends nothing there until it is, and deletes the subscription after two days (SNS Developer Guide, \"Subscribing to an Amazon SNS topic\"). Others do get the messages."
        do [
            "Find the mail \"AWS Notification - Subscription Confirmation\" and follow its link.",
            "If it is gone, subscribe again, which sends another: `aws sns subscribe --topic-arn TOPIC_ARN --protocol email --notification-endpoint ADDRESS`.",
        ],
    SweepLate "sweep-late" Medium Human "the sweep did not come when it was due"
        means "The sweep looks at everything on a schedule, because events can be lost. More than twice its period went by without one. Whatever no event told of has stayed unseen since."
        do [
            "See whether its rule is enabled and has its target; a finding of its own says so where it has not.",
            "See whether the router and the reconciler work: their logs, and the dead-letter queues.",
            "Have a sweep now by updating the stack, or wait for the next one.",
        ],
    StackUnread "stack-unread" Medium Human "the guardian could not look at a part of itself"
        means "A call that would have told whether a trail, a rule, a queue or the topic is well was refused for good. What is not known is not taken for missing: nothing else is said of that part. The selectors of a trail of the organization may be shown to its own account only, and then nothing is wrong."
        do [
            "Allow the call that the message names to the guardian's role, or except the role from the Deny that refuses it.",
            "For a trail of the organization, ask its owner whether it is logging and records management events that write, those of KMS included.",
        ],
}

impl Code {
    /// The entry of the catalogue as the operator tool prints it for machines.
    #[must_use]
    pub fn to_json(self) -> Value {
        json!({
            "code": self,
            "severity": self.severity(),
            "remedy": self.remedy(),
            "title": self.title(),
            "meaning": self.meaning(),
            "steps": self.steps(),
        })
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_in_kebab_case_and_stands_once() {
        let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        for code in codes {
            assert!(
                code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{code}"
            );
        }
    }

    #[test]
    fn every_meaning_is_two_to_four_sentences_and_every_step_one_line() {
        for code in Code::ALL {
            let sentences = code.meaning().matches(". ").count() + 1;
            assert!((2..=4).contains(&sentences), "{code}: {sentences}");
            for text in code.steps().iter().chain([&code.meaning()]) {
                assert!(text.ends_with('.') && !text.contains('\n'), "{code}: {text}");
            }
        }
    }

    #[test]
    fn what_the_guardian_repairs_by_itself_says_so() {
        for code in Code::ALL {
            let says = code.steps().iter().any(|step| step.contains("In mode `repair`"));
            assert_eq!(says, code.remedy() == Remedy::Repair, "{code}");
        }
    }

    #[test]
    fn an_entry_for_machines_carries_every_column() {
        let entry = Code::KeyDisabled.to_json();
        assert_eq!(entry["code"], "key-disabled");
        assert_eq!(entry["remedy"], "human");
        assert_eq!(entry["steps"].as_array().map(Vec::len), Some(2));
    }
}
