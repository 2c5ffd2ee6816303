//! The pages of this feature, a file each.

mod audit;
mod demo;
mod departments;
mod door;
mod forgotten;
mod join;
mod people;
mod person;
mod profile;
mod reset;
mod settings;
mod setup;
mod sign_in;

use actix_web::web::{ServiceConfig, get, post, to};

use super::guard::Caller;
use crate::error::{AppError, AppResult};

/// Every route of the feature.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/sign-in", get().to(sign_in::show))
        .route("/sign-in", post().to(sign_in::sign_in))
        .route("/sign-out", post().to(sign_in::sign_out))
        .route("/setup/{token}", get().to(setup::show))
        .route("/setup/{token}", post().to(setup::set_up))
        .route("/join/{token}", get().to(join::show))
        .route("/join/{token}", post().to(join::join))
        .route("/reset/{token}", get().to(reset::show))
        .route("/reset/{token}", post().to(reset::reset))
        .route("/demo/{token}", get().to(demo::show))
        .route("/demo/{token}", post().to(demo::enter))
        .route("/forgotten", get().to(forgotten::show))
        .route("/forgotten", post().to(forgotten::ask))
        .route("/settings", get().to(settings::show))
        .route("/settings/mail", post().to(settings::change_mail))
        .route("/settings/password", post().to(settings::change_password))
        .route("/settings/sign-out", post().to(settings::sign_out_everywhere))
        .route("/people/{id}", get().to(profile::show))
        .route("/admin", get().to(people::begin))
        .route("/admin/people", get().to(people::list))
        .route("/admin/people", post().to(people::add))
        .route("/admin/people/new", get().to(people::new))
        .route("/admin/people/{id}", get().to(person::show))
        .route("/admin/people/{id}", post().to(person::change))
        .route("/admin/people/{id}/link", post().to(person::new_link))
        .route("/admin/people/{id}/disabling", post().to(person::disable))
        .route("/admin/people/{id}/enabling", post().to(person::enable))
        .route("/admin/departments", get().to(departments::list))
        .route("/admin/departments", post().to(departments::open))
        .route("/admin/departments/{id}", get().to(departments::show))
        .route("/admin/departments/{id}", post().to(departments::relocate))
        .route("/admin/departments/{id}/closing", post().to(departments::close))
        .route("/admin/audit", get().to(audit::list))
        .default_service(to(not_found));
}

/// Whatever no route answers. Somebody signed in is looked up first, so that the page has its navigation.
async fn not_found(caller: AppResult<Caller>) -> AppResult<actix_web::HttpResponse> {
    if let Ok(caller) = caller {
        // A session that has ended is no other answer.
        let _ = caller.read(|_, _| Ok(())).await;
    }
    Err(AppError::NotFound)
}
