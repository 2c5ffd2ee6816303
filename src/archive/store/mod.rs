//! The rows of the archive. Everything here runs in the caller's transaction.
//!
//! Only this store writes `insights`, `insight_authors`, `insight_tags`, `insight_versions`, `remarks`,
//! `uses` and the search index. The value of an insight belongs to the market, which this feature does
//! not know: whoever shares one also starts its value (`market::store::values::start`).

pub mod about;
mod changing;
mod imported;
pub mod listing;
mod many;
pub mod merging;
pub mod near;
pub mod own;
pub mod own_reading;
pub mod readers;
mod reading;
pub mod remarks;
mod sharing;
pub mod uses;
pub mod versions;

pub use changing::{edit, restore, withdraw};
pub use imported::{Imported, import};
pub use many::{Known, share_many};
pub use reading::{Gone, gone, insight, is_visible};
pub use sharing::{LastUsed, index, last_used, share};
