//! Reports: what was told stays as it was told, is the same on the page, in every file and in the mail, and
//! is made and mailed once.

mod support;

#[path = "reports/command.rs"]
mod command;
#[path = "reports/company.rs"]
mod company;
#[path = "reports/frozen.rs"]
mod frozen;
#[path = "reports/made.rs"]
mod made;
#[path = "reports/open.rs"]
mod open;
#[path = "reports/same.rs"]
mod same;
