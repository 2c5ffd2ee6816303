//! What the nightly checks found, and what they ask.

pub mod between;
pub mod checks;
pub mod kept;
pub mod told;
