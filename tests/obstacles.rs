//! The register of obstacles, trials, why people did not share, and the baseline: as stories.

mod support;

#[path = "obstacles/baseline.rs"]
mod baseline;
#[path = "obstacles/board.rs"]
mod board;
#[allow(dead_code)] // shared with the reports, which use the rest
#[path = "reports/company.rs"]
mod company;
#[path = "obstacles/register.rs"]
mod register;
#[path = "obstacles/trials.rs"]
mod trials;
#[path = "obstacles/unshared.rs"]
mod unshared;
