//! The archive: everything that was shared, its texts through time, remarks, uses, and the pages on
//! which it is shared, read, corrected and withdrawn.

pub mod draft;
pub mod insight;
pub mod markdown;
pub mod store;
pub mod visible;
