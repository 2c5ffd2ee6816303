//! The pages of the archive.

mod browse;
mod contribute;
mod edit;
mod facets;
mod feed;
mod finding;
pub mod form;
mod history;
mod me;
mod preview;
mod remarks;
mod show;
mod uses;
mod withdrawal;

use actix_web::web::{self, ServiceConfig};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    browse::routes(cfg);
    feed::routes(cfg);
    me::routes(cfg);
    // /insights/new stands before /insights/{id}: the first that fits answers.
    cfg.route("/insights/new", web::get().to(contribute::ask))
        .route("/insights", web::post().to(contribute::share))
        .route("/insights/{id}", web::get().to(show::show))
        .route("/insights/{id}/use", web::post().to(uses::put))
        .route("/insights/{id}/uses", web::get().to(uses::list))
        .route("/insights/{id}/remarks", web::post().to(remarks::add))
        .route("/insights/{id}/remarks/{remark}/withdrawal", web::post().to(remarks::withdraw))
        .route("/insights/{id}/edit", web::get().to(edit::ask))
        .route("/insights/{id}/edit", web::post().to(edit::keep))
        .route("/insights/{id}/history", web::get().to(history::show))
        .route("/insights/{id}/withdrawal", web::get().to(withdrawal::ask))
        .route("/insights/{id}/withdrawal", web::post().to(withdrawal::withdraw))
        .route("/insights/{id}/restoration", web::post().to(withdrawal::restore));
}
