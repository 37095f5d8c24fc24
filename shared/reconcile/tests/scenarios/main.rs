//! One case after the other on the model of AWS: the exact conversation with AWS, call by call, what was
//! found, what people were told, and how everything stands afterwards. A missing or an extra call fails.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

#[path = "../stage/mod.rs"]
mod stage;

mod answers;
mod author;
mod census;
mod counts;
mod data_events;
mod denied;
mod evidence;
mod flapping;
mod fleet;
mod grant;
mod healthy;
mod index;
mod key;
mod later;
mod legs;
mod marker;
mod mass;
mod notifications;
mod outbox;
mod paused;
mod people;
mod place;
mod queues;
mod races;
mod reminders;
mod removal;
mod rights;
mod rotation;
mod routing;
mod routing_data;
mod sample;
mod stack;
mod sweep;
mod told;
mod unread;
mod walks;
mod world;
mod written;
