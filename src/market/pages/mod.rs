//! The pages of the market: taking ratings, and the explanation of the value.

mod help;
mod rating;

use actix_web::web::{self, ServiceConfig};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/insights/{id}/rating", web::post().to(rating::rate))
        .route("/insights/{id}/rating/withdrawal", web::post().to(rating::withdraw))
        .route("/insights/{id}/reveal", web::post().to(rating::reveal))
        .route("/help/value", web::get().to(help::show));
}
