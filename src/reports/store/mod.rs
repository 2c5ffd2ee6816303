//! Making reports, keeping them, and mailing them.

pub mod baselines;
pub mod freezing;
pub mod kept;
pub mod mailing;
