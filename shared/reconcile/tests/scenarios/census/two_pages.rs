//! What a walk holds and asks at a time, counted by an S3 that does nothing but count.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use guardian_core::call::CallError;
use guardian_core::moment::Moment;
use guardian_core::name::BucketName;
use guardian_core::notification::Notifications;
use guardian_core::observation::{
    DefaultEncryption, ListedObject, MarkerEncryption, MarkerWrite, ObjectHead, ObjectOwnership, ObjectPage,
    PublicAccessBlock,
};
use guardian_reconcile::census::{Checkpoint, walk};
use guardian_reconcile::seam::{Buckets, Clock, Listing};

use crate::world::bucket;

const PAGES: usize = 5;
const ON_A_PAGE: usize = 40;

#[derive(Default)]
struct Counting {
    /// Pages listed so far.
    pages: Cell<usize>,
    /// Looks under way, the most there were, and those that are over.
    looking: Cell<usize>,
    most: Cell<usize>,
    looked: Cell<usize>,
    /// Pages that were asked for while looks of the page before were under way.
    ahead: Cell<usize>,
}

/// Lets others go on so many times.
async fn wait(turns: usize) {
    let mut left = turns;
    poll_fn(|around| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        around.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn not_asked() -> ! {
    panic!("a walk has no business with this call")
}

impl Buckets for Counting {
    async fn list_objects(&self, _: &BucketName, listing: &Listing<'_>) -> Result<ObjectPage, CallError> {
        let page = self.pages.get();
        self.pages.set(page + 1);
        let expected = (page > 0).then(|| page.to_string());
        assert_eq!(listing.next, expected.as_deref());
        // Of the pages before, only the last may still be held.
        let behind = page.saturating_sub(1) * ON_A_PAGE;
        assert!(self.looked.get() >= behind, "page {page} is a third one");
        if page > 0 && self.looked.get() < page * ON_A_PAGE {
            self.ahead.set(self.ahead.get() + 1);
        }
        wait(3).await;
        let objects = (0..ON_A_PAGE).map(|number| ListedObject {
            key: format!("{page}/{number:03}"),
            owner: None,
        });
        Ok(ObjectPage {
            objects: objects.collect(),
            folders: Vec::new(),
            next: (page + 1 < PAGES).then(|| (page + 1).to_string()),
        })
    }

    async fn head_object(&self, _: &BucketName, _: &str) -> Result<Option<ObjectHead>, CallError> {
        self.looking.set(self.looking.get() + 1);
        self.most.set(self.most.get().max(self.looking.get()));
        wait(1 + self.looked.get() % 4).await;
        self.looking.set(self.looking.get() - 1);
        self.looked.set(self.looked.get() + 1);
        Ok(Some(ObjectHead::default()))
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

impl Clock for Counting {
    fn now(&self) -> Moment {
        Moment::from_unix(0)
    }
}

/// Polls until it is done; whoever waits here waits for a turn, never for the world.
fn finish<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut around = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut around) {
            return value;
        }
    }
}

#[test]
fn a_walk_holds_two_pages_and_asks_no_more_at_once_than_it_was_told() {
    for (at_once, most) in [(0, 1), (1, 1), (7, 7), (40, 40), (1_000, ON_A_PAGE)] {
        let aws = Counting::default();
        let start = Checkpoint::start(bucket("media"), &[], String::new(), aws.now());
        let census = finish(walk(&aws, start, at_once, |_| Ok::<_, CallError>(()))).unwrap();
        assert_eq!(census.counts.objects as usize, PAGES * ON_A_PAGE);
        assert_eq!(aws.most.get(), most, "at once {at_once}");
        assert_eq!(
            aws.ahead.get(),
            PAGES - 1,
            "every page but the first is listed ahead"
        );
    }
}
