//! The archive: everything that was shared, its texts through time, remarks, uses, and the pages on
//! which it is shared, read, corrected and withdrawn.
//!
//! [`draft`] is the content before it is kept, [`insight`] the thing and who may do what with it,
//! [`markdown`] the way from typed text to a page, [`visible`] the one filter of what somebody may see,
//! [`mentions`] and [`telling`] whom a text names and who is told.

pub mod diff;
pub mod draft;
pub mod insight;
pub mod markdown;
pub mod mentions;
pub mod pages;
pub mod readers;
pub mod snippet;
pub mod store;
pub mod telling;
pub mod visible;

use actix_web::web::ServiceConfig;

/// The routes of the archive.
pub fn routes(cfg: &mut ServiceConfig) {
    pages::routes(cfg);
}
