//! The pages of the review: for everybody the report of an insight, for curators the queue and its cases.

mod report;

use actix_web::web::{self, ServiceConfig};

/// The routes of the review.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/insights/{id}/report", web::get().to(report::ask))
        .route("/insights/{id}/report", web::post().to(report::report))
        .route("/insights/{id}/confirmation", web::post().to(report::confirm));
}
