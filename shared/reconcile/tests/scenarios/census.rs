//! A walk over every object, and what the ledger keeps of it.

mod recorded;
mod two_pages;
mod walk;
mod walked;
