//! The pure core of the guardian: what is declared, what was seen, what that means, what to do about it and
//! what to tell people. No I/O, no clock, no environment, no async.

pub mod alert;
pub mod attribution;
pub mod budget;
pub mod call;
pub mod cause;
pub mod census;
pub mod cloudinary;
pub mod declaration;
pub mod evidence;
pub mod explain;
pub mod finding;
pub mod incident;
pub mod judge;
pub mod moment;
pub mod name;
pub mod notification;
pub mod observation;
pub mod parts;
pub mod plan;
pub mod quota;
pub mod right;
pub mod sample;
pub mod settings;
pub mod trigger;
pub mod visible;
pub mod written;
