//! Samples of made-up buckets.

mod bucket;
mod coverage;
mod laws;
mod layout;
