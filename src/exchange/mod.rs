//! Files in and out: an archive moves between installations and systems as four CSV files. Reads
//! strictly, tells everything that is wrong with its place, and writes all or nothing.

pub mod cell;
pub mod export;
pub mod import;
pub mod listed;
pub mod pages;
pub mod problem;
pub mod progress;
pub mod record;
pub mod report;
pub mod rows;
pub mod sheet;
pub mod store;

use actix_web::web::{self, ServiceConfig};

/// The addresses of this feature.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/admin/import", web::get().to(pages::show))
        .route("/admin/import", web::post().to(pages::check))
        .route("/admin/import/confirmation", web::post().to(pages::confirm));
}
