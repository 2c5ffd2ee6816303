//! The pages of the review: for everybody the report of an insight, for curators the queue and its cases.

mod decide;
mod queue;
mod report;
mod words;

use actix_web::web::{self, ServiceConfig};

/// The routes of the review.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/review", web::get().to(queue::list))
        .route("/review/{id}", web::get().to(decide::show))
        .route("/review/{id}/decision", web::post().to(decide::decide))
        .route("/review/{id}/reopening", web::post().to(decide::reopen))
        .route("/insights/{id}/report", web::get().to(report::ask))
        .route("/insights/{id}/report", web::post().to(report::report))
        .route("/insights/{id}/confirmation", web::post().to(report::confirm));
}
