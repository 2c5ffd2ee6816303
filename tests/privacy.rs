//! That nobody can be worked out from all that is told together, and that what protects people is not
//! lowered by one alone.

mod support;

#[path = "privacy/company.rs"]
mod company;
#[path = "privacy/own.rs"]
mod own;
#[path = "privacy/recover.rs"]
mod recover;
#[path = "privacy/stars.rs"]
mod stars;
#[path = "privacy/thresholds.rs"]
mod thresholds;
