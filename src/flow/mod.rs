//! How information flows: who shares, who opens, from which department to which. Keeps the events, the
//! daily roll-ups in the same transaction, and computes from the roll-ups what the Chief Customer
//! Officer sees.

pub mod answer;
pub mod apart;
pub mod event;
pub mod groups;
pub mod headcount;
pub mod jobs;
pub mod matrix;
pub mod merge;
pub mod metrics;
mod nested;
pub mod numbers;
pub mod pages;
pub mod period;
pub mod rest;
pub mod rounds;
pub mod scope;
pub mod spans;
pub mod statistics;
pub mod steps;
pub mod store;
pub mod tables;
pub mod unblock;
mod withhold;

pub use self::pages::routes;
