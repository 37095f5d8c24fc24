//! Samples of made-up buckets.

mod bucket;
mod coverage;
mod layout;
mod laws;
