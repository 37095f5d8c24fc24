//! A walk over every object, and what the ledger keeps of it.

mod recorded;
mod walk;
