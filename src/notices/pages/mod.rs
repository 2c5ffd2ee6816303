//! The pages of this feature, a file each.

mod list;
mod mail;
mod unsubscribe;

use actix_web::web::{ServiceConfig, get, post};

/// Every route of the feature.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/notifications", get().to(list::show))
        .route("/notifications/read", post().to(list::mark_all))
        .route("/notifications/{id}", get().to(list::open))
        .route("/notifications/{id}/read", post().to(list::mark_one))
        .route("/unsubscribe/{token}", get().to(unsubscribe::show))
        .route("/unsubscribe/{token}", post().to(unsubscribe::stop))
        .route("/admin/mail", get().to(mail::show))
        .route("/admin/mail/again", post().to(mail::all_again))
        .route("/admin/mail/test", post().to(mail::test))
        .route("/admin/mail/{id}/again", post().to(mail::again))
        .route("/admin/mail/{id}/giving-up", post().to(mail::give_up));
}
