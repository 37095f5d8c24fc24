//! The incident list: what breaks Cloudinary's access in practice, written once and played on the model and
//! on emulators.

mod keys;
mod list;
mod own;
mod play;
mod timeline;
mod world;

pub use list::{Expected, Incident, Step, incidents};
pub use play::{Calls, Outcome, Played, Proof, play};
pub use timeline::{Timeline, json_line};
pub use world::World;
