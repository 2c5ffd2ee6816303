//! That nobody can be worked out from all that is told together, and that what protects people is not
//! lowered by one alone.

mod company;
mod own;
mod recover;
mod rests;
mod stars;
mod steps;
mod thresholds;
