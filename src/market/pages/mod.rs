//! The pages of the market: taking ratings, how a value came about, and the explanation of the model.

mod account;
mod help;
mod rating;

use actix_web::web::{self, ServiceConfig};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/insights/{id}/rating", web::post().to(rating::rate))
        .route("/insights/{id}/rating/withdrawal", web::post().to(rating::withdraw))
        .route("/insights/{id}/reveal", web::post().to(rating::reveal))
        .route("/insights/{id}/value", web::get().to(account::show))
        .route("/help/value", web::get().to(help::show));
}
