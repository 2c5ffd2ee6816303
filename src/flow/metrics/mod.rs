//! The figures: what is loaded for a question, and what is computed from it. The page, the CSV files, the
//! command line and the reports ask here, so that the same number is the same everywhere.

mod both_verbs;
mod coverage;
pub mod definitions;
mod events;
mod everything;
pub mod figure;
mod flows;
mod inequality;
mod loaded;
pub mod nightly;
mod people;
mod question;
mod segments;
pub mod shape;
mod small;
mod weeks;
pub mod worth;

pub use self::coverage::coverage;
pub use self::everything::{
    Computed, Everything, Population, compute, compute_and_keep, everything, everything_kept, is_refinement,
    refine,
};
pub use self::flows::{indices, indices_of};
pub use self::loaded::{Loaded, Sums};
pub use self::nightly::offered;
pub use self::people::People;
pub use self::question::Question;
pub use self::weeks::WeekSums;
