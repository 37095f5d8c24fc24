//! What may happen around a bucket's keys, and how often.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// How many keys of ours there are.
pub(crate) const KEYS: usize = 3;
/// How many objects are written to, moved and deleted.
pub(crate) const OBJECTS: usize = 4;

/// One of our keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(pub(crate) usize);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(["A", "B", "C"][self.0])
    }
}

/// How somebody names a key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Named {
    By(Key),
    ByAlias,
    AwsManaged,
}

/// Something that somebody does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    PutByDefault(usize),
    Put(usize, Named),
    Copy(usize, Key),
    Update(usize, Key),
    DeleteObject(usize),
    Default(Named),
    DefaultDeleted,
    AliasTo(Key),
    AliasDeleted,
    PolicyWithoutGrant(Key),
    Disable(Key),
    Enable(Key),
    Declare { prune: bool },
}

/// What becomes of a census.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Census {
    /// The steps of the state machine, to the end.
    InSteps,
    /// Page by page, recorded by hand.
    ByHand,
    /// It ends, but one object could not be looked at.
    WithUnknown,
    /// Broken off, and recorded as such.
    BrokenOff,
    /// Broken off, and nothing recorded.
    Abandoned,
}

#[derive(Debug, Clone)]
pub(crate) enum Event {
    Done {
        change: Change,
        lost: bool,
    },
    Minutes(u64),
    Sweep,
    Counted {
        census: Census,
        /// What happens while it runs, and whether nobody hears of it.
        meanwhile: Vec<(Change, bool)>,
        minutes: u64,
        /// Whether the guardian acts on that before the census ends.
        acts: bool,
    },
}

/// How far the guardian comes before the next thing happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Nothing,
    OneRound,
    Rest,
}

pub(crate) type Story = Vec<(Event, Then)>;

fn key() -> impl Strategy<Value = Key> {
    (0..KEYS).prop_map(Key)
}

fn named() -> impl Strategy<Value = Named> {
    prop_oneof![
        6 => key().prop_map(Named::By),
        2 => Just(Named::ByAlias),
        1 => Just(Named::AwsManaged),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let object = || 0..OBJECTS;
    prop_oneof![
        3 => object().prop_map(Change::PutByDefault),
        4 => (object(), named()).prop_map(|(object, named)| Change::Put(object, named)),
        3 => (object(), key()).prop_map(|(object, key)| Change::Copy(object, key)),
        3 => (object(), key()).prop_map(|(object, key)| Change::Update(object, key)),
        2 => object().prop_map(Change::DeleteObject),
        6 => named().prop_map(Change::Default),
        2 => Just(Change::DefaultDeleted),
        2 => key().prop_map(Change::AliasTo),
        1 => Just(Change::AliasDeleted),
        3 => key().prop_map(Change::PolicyWithoutGrant),
        1 => key().prop_map(Change::Disable),
        2 => key().prop_map(Change::Enable),
        1 => any::<bool>().prop_map(|prune| Change::Declare { prune }),
    ]
}

fn census() -> impl Strategy<Value = Census> {
    prop_oneof![
        4 => Just(Census::InSteps),
        2 => Just(Census::ByHand),
        1 => Just(Census::WithUnknown),
        1 => Just(Census::BrokenOff),
        1 => Just(Census::Abandoned),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let minutes = || select(vec![0, 1, 20, 50, 70, 24 * 60, 8 * 24 * 60]);
    let counted = (
        census(),
        vec((change(), any::<bool>()), 0..5),
        minutes(),
        any::<bool>(),
    );
    prop_oneof![
        10 => (change(), any::<bool>()).prop_map(|(change, lost)| Event::Done { change, lost }),
        3 => minutes().prop_map(Event::Minutes),
        3 => Just(Event::Sweep),
        4 => counted.prop_map(|(census, meanwhile, minutes, acts)| Event::Counted {
            census,
            meanwhile,
            minutes,
            acts,
        }),
    ]
}

pub(crate) fn story() -> impl Strategy<Value = Story> {
    let then = prop_oneof![1 => Just(Then::Nothing), 1 => Just(Then::OneRound), 3 => Just(Then::Rest)];
    vec((event(), then), 1..16)
}
