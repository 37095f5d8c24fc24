//! The operator tool `guardian` and the local run of the whole: the incident list, played on the in-memory
//! model of AWS or on an emulator, through the code that runs in Lambda.

pub mod command;
pub mod incidents;
pub mod stage;
