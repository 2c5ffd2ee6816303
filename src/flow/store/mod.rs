//! The rows of this feature: accesses, searches, and the roll-ups. Everything here runs in the
//! transaction of its caller, so that a fact and its trace commit together.

pub mod accesses;
pub mod active;
mod bulk;
pub mod covered;
pub mod events;
pub mod figures;
pub mod forgetting;
pub mod found;
pub mod histories;
pub mod looks;
pub mod openings;
pub mod own;
pub mod pairs;
pub mod readings;
pub mod rebuild;
pub mod retention;
mod rollups;
pub mod rows;
pub mod sending;
pub mod shapes;

pub use self::accesses::{Opening, has_opened, opening, record_access, record_opening};
pub use self::events::{
    move_segment, record_contribution, record_search, record_use, undo_contribution, undo_use,
};
