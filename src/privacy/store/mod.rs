//! What the nightly checks found.

pub mod checks;
