//! What a walk over every object costs: how fast it is, and how much memory it takes.
//!
//!     AWS_ENDPOINT_URL=http://127.0.0.1:4566 cargo bench -p cloudinary-guardian --bench census
//!
//! The speed is that against an emulator on this machine, which shares the processor with it: it says what the tool
//! itself needs for an object, not how fast S3 is. The memory is that of a walk over an S3 that makes up its keys, each
//! size in a process of its own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark"
)]

use std::cell::Cell;
use std::process::Command;
use std::time::Instant;

use aws_sdk_s3::primitives::ByteStream;
use cloudinary_guardian::stage::refuse_anything_but_loopback;
use futures_util::{StreamExt, stream};
use guardian_aws::{Aws, Connection, Stack};
use guardian_core::call::CallError;
use guardian_core::census::Census;
use guardian_core::moment::Moment;
use guardian_core::name::BucketName;
use guardian_core::notification::Notifications;
use guardian_core::observation::{
    DefaultEncryption, ListedObject, MarkerEncryption, MarkerWrite, ObjectEncryption, ObjectHead,
    ObjectOwnership, ObjectPage, PublicAccessBlock,
};
use guardian_reconcile::census::{Checkpoint, walk};
use guardian_reconcile::seam::{Buckets, Clock, Listing};

const OBJECTS: usize = 10_000;
const AT_ONCE: [usize; 4] = [1, 4, 16, 64];
const SIZES: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// What a child process is told to walk over.
const MEMORY_OF: &str = "memory-of";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let after = |word: &str| words.iter().skip_while(|one| *one != word).nth(1);
    if let Some(objects) = after(MEMORY_OF) {
        runtime.block_on(memory_of(objects.parse().unwrap()));
        return;
    }
    memory();
    if std::env::var_os("AWS_ENDPOINT_URL").is_some() {
        runtime.block_on(speed());
    } else {
        say("no speed: AWS_ENDPOINT_URL names no emulator");
    }
}

fn say(line: &str) {
    println!("{line}");
}

/// Objects a second against an emulator, for some numbers of objects at a time.
async fn speed() {
    let connection = Connection::to_emulator().await.unwrap();
    refuse_anything_but_loopback(&connection).expect("a bucket is made and filled");
    let caller = connection.caller().await.unwrap();
    let aws = Aws::new(connection, caller.account, Stack::default());
    let bucket: BucketName = "census-bench".parse().unwrap();
    seed(&aws, &bucket).await;
    say("\n| at a time | seconds | objects a second |\n|---|---|---|");
    for at_once in AT_ONCE {
        let began = Instant::now();
        let census = walked(&aws, &bucket, at_once).await;
        let seconds = began.elapsed().as_secs_f64();
        assert_eq!(census.counts.objects, OBJECTS as u64);
        assert!(census.is_complete());
        say(&format!(
            "| {at_once} | {seconds:.2} | {:.0} |",
            OBJECTS as f64 / seconds
        ));
    }
}

async fn walked<A: Buckets + Clock>(aws: &A, bucket: &BucketName, at_once: usize) -> Census {
    let start = Checkpoint::start(bucket.clone(), &[], "bench".to_owned(), aws.now());
    walk(aws, start, at_once, |_| Ok::<_, CallError>(()))
        .await
        .unwrap()
}

async fn seed(aws: &Aws, bucket: &BucketName) {
    let began = Instant::now();
    let settings = aws_sdk_s3::config::Builder::from(aws.connection().config()).force_path_style(true);
    let s3 = aws_sdk_s3::Client::from_conf(settings.build());
    // Where it is there already its objects are written again.
    let _there = s3.create_bucket().bucket(bucket.as_str()).send().await;
    let puts = stream::iter(0..OBJECTS).map(|number| {
        let put = s3
            .put_object()
            .bucket(bucket.as_str())
            .key(format!("photos/{:02}/{number:06}.jpg", number % 97))
            .body(ByteStream::from_static(b"x"));
        async move { put.send().await.map(drop) }
    });
    let done: Vec<_> = puts.buffer_unordered(16).collect().await;
    for put in done {
        put.unwrap();
    }
    say(&format!(
        "{OBJECTS} objects written in {:.1} s",
        began.elapsed().as_secs_f64()
    ));
}

/// The peak of the memory of walks over more and more objects.
fn memory() {
    say("\n| objects | peak of memory, KB |\n|---|---|");
    for objects in SIZES {
        let child = Command::new(std::env::current_exe().unwrap())
            .args([MEMORY_OF, &objects.to_string()])
            .output()
            .unwrap();
        let said = String::from_utf8(child.stdout).unwrap();
        assert!(
            child.status.success(),
            "{}",
            String::from_utf8_lossy(&child.stderr)
        );
        say(&format!("| {objects} | {} |", said.trim()));
    }
}

async fn memory_of(objects: u64) {
    let aws = MadeUp {
        objects,
        listed: Cell::new(0),
    };
    let census = walked(&aws, &"census-bench".parse().unwrap(), 64).await;
    assert_eq!(census.counts.objects, objects);
    assert_eq!(census.counts.keys.len(), 3);
    say(&peak());
}

/// The peak of resident memory of this process, in KB, as Linux has it.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap().trim().trim_end_matches(" kB").to_owned()
}

/// An S3 with one bucket, whose objects are made up as they are asked for.
struct MadeUp {
    objects: u64,
    listed: Cell<u64>,
}

const ON_A_PAGE: u64 = 1_000;

fn not_asked() -> ! {
    panic!("a walk has no business with this call")
}

impl Buckets for MadeUp {
    async fn list_objects(&self, _: &BucketName, _: &Listing<'_>) -> Result<ObjectPage, CallError> {
        let from = self.listed.get();
        let to = (from + ON_A_PAGE).min(self.objects);
        self.listed.set(to);
        tokio::task::yield_now().await;
        // As long as keys in practice.
        let objects = (from..to).map(|number| ListedObject {
            key: format!(
                "production/uploads/2026/11/customer-{:04}/photo-{number:012}.jpg",
                number % 977
            ),
            owner: None,
        });
        Ok(ObjectPage {
            objects: objects.collect(),
            folders: Vec::new(),
            next: (to < self.objects).then(|| to.to_string()),
        })
    }

    async fn head_object(&self, _: &BucketName, key: &str) -> Result<Option<ObjectHead>, CallError> {
        tokio::task::yield_now().await;
        let number = key.len() + key.bytes().map(usize::from).sum::<usize>();
        let key = format!("arn:aws:kms:us-east-1:111122223333:key/{:036}", number % 3);
        Ok(Some(ObjectHead {
            encryption: ObjectEncryption::Kms(key),
            ..ObjectHead::default()
        }))
    }

    async fn get_object_ownership(&self, _: &BucketName) -> Result<ObjectOwnership, CallError> {
        Ok(ObjectOwnership::BucketOwner)
    }

    async fn head_bucket(&self, _: &BucketName) -> Result<Option<String>, CallError> {
        not_asked()
    }

    async fn get_bucket_policy(&self, _: &BucketName) -> Result<Option<String>, CallError> {
        not_asked()
    }

    async fn put_bucket_policy(&self, _: &BucketName, _: &str) -> Result<(), CallError> {
        not_asked()
    }

    async fn get_bucket_encryption(&self, _: &BucketName) -> Result<DefaultEncryption, CallError> {
        not_asked()
    }

    async fn get_public_access_block(&self, _: &BucketName) -> Result<PublicAccessBlock, CallError> {
        not_asked()
    }

    async fn get_bucket_notifications(&self, _: &BucketName) -> Result<Notifications, CallError> {
        not_asked()
    }

    async fn put_bucket_notifications(&self, _: &BucketName, _: &Notifications) -> Result<(), CallError> {
        not_asked()
    }

    async fn get_bucket_owner(&self, _: &BucketName) -> Result<String, CallError> {
        not_asked()
    }

    async fn put_marker(
        &self,
        _: &BucketName,
        _: &str,
        _: MarkerEncryption,
    ) -> Result<MarkerWrite, CallError> {
        not_asked()
    }
}

impl Clock for MadeUp {
    fn now(&self) -> Moment {
        Moment::from_unix(0)
    }
}
