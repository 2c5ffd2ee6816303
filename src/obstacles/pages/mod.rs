//! The pages of the register: all of it for the customer office, one's own for whoever sees to an obstacle.

mod acts;
mod edit;
mod form;
mod list;
mod record;
mod show;
mod trials;
mod unshared;

use actix_web::web::{self, ServiceConfig};

use super::obstacle::{Obstacle, Viewer};
use super::store::register;
use crate::accounts::guard::Member;
use crate::db::Conn;
use crate::error::{AppError, AppResult};

/// The routes of this feature.
pub fn routes(cfg: &mut ServiceConfig) {
    // /obstacles/new stands before /obstacles/{id}: the first that fits answers.
    cfg.route("/obstacles", web::get().to(list::show))
        .route("/obstacles", web::post().to(record::keep))
        .route("/obstacles/new", web::get().to(record::ask))
        .route("/obstacles/{id}", web::get().to(show::show))
        .route("/obstacles/{id}/edit", web::get().to(edit::ask))
        .route("/obstacles/{id}/edit", web::post().to(edit::keep))
        .route("/obstacles/{id}/state", web::post().to(acts::state))
        .route("/obstacles/{id}/actions", web::post().to(acts::done))
        .route("/obstacles/{id}/reversal", web::post().to(acts::take_back))
        .route("/obstacles/{id}/trial", web::get().to(trials::ask))
        .route("/obstacles/{id}/trial", web::post().to(trials::start))
        .route("/obstacles/{id}/trials/{trial}/stopping", web::post().to(trials::stop))
        .route("/not-shared", web::get().to(unshared::ask))
        .route("/not-shared", web::post().to(unshared::tell));
}

/// Who looks.
fn viewer(member: &Member) -> Viewer {
    Viewer { person_id: member.person.id, is_officer: member.role.sees_flow() }
}

/// An obstacle, for those whose it is to see; to others there is none.
fn seen(c: &mut Conn, id: i64, viewer: Viewer) -> AppResult<Obstacle> {
    let obstacle = register::obstacle_of(c, id)?;
    if obstacle.may_see(viewer) { Ok(obstacle) } else { Err(AppError::NotFound) }
}

/// The number in an address.
fn id_of(text: &str) -> AppResult<i64> {
    text.parse().map_err(|_| AppError::NotFound)
}
