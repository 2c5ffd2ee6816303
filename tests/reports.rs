//! Reports: what was told stays as it was told, is the same on the page, in every file and in the mail, and
//! is made and mailed once.

mod command;
pub mod company;
mod frozen;
mod made;
mod open;
mod same;
