//! The pages of reports, and what everybody may know about what leadership sees.

mod baseline;
mod board;
mod data;
mod files;
mod list;
mod show;
mod transparency;

use actix_web::web::{self, ServiceConfig};

/// The routes of this feature.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/reports", web::get().to(list::show))
        .route("/reports", web::post().to(list::make))
        .route("/reports/board", web::get().to(board::show))
        .route("/reports/{id}/baseline", web::post().to(baseline::choose))
        .route("/reports/{id}.csv", web::get().to(files::csv))
        .route("/reports/{id}.xlsx", web::get().to(files::xlsx))
        .route("/reports/{id}.json", web::get().to(files::json))
        .route("/reports/{id}", web::get().to(show::show))
        .route("/transparency", web::get().to(transparency::show))
        .route("/help/data", web::get().to(data::show));
}
