//! The pages of requests.

mod acts;
mod ask;
mod board;
mod edit;
mod show;

use actix_web::web::{self, ServiceConfig};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    // /requests/new stands before /requests/{id}: the first that fits answers.
    cfg.route("/requests", web::get().to(board::board))
        .route("/requests", web::post().to(ask::open))
        .route("/requests/new", web::get().to(ask::ask))
        .route("/requests/{id}", web::get().to(show::show))
        .route("/requests/{id}/answers", web::post().to(acts::answer))
        .route("/requests/{id}/answers/{insight}/withdrawal", web::post().to(acts::unlink))
        .route("/requests/{id}/funding", web::post().to(acts::fund))
        .route("/requests/{id}/award", web::post().to(acts::award))
        .route("/requests/{id}/extension", web::post().to(acts::extend))
        .route("/requests/{id}/cancellation", web::post().to(acts::cancel))
        .route("/requests/{id}/edit", web::get().to(edit::ask))
        .route("/requests/{id}/edit", web::post().to(edit::keep));
}
