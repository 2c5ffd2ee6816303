//! The register of obstacles, trials, why people did not share, and the baseline: as stories.

mod baseline;
mod board;
mod register;
mod trials;
mod unshared;

use crate::reports::company;
