//! The pages of the flow: what the Chief Customer Officer sees, and the rows behind every number.

mod accesses;
mod controls;
mod coverage;
mod csv;
mod definitions;
mod demand;
mod department;
mod early;
mod figures;
mod filters;
mod keys;
mod lines;
mod load;
mod overview;
mod pair;
mod panels;
mod people;
mod privacy;
mod rows;
mod sending;
mod sent;
mod sentence;
mod stuck;
mod under_read;
mod value;

use actix_web::web::{self, ServiceConfig};

use crate::flow::{numbers, tables};

/// The routes of this feature.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/flow", web::get().to(overview::show))
        .route("/flow/metrics", web::get().to(definitions::show))
        .route("/flow/metrics/{metric}", web::get().to(definitions::one))
        .route("/flow/figures", web::post().to(figures::ask))
        .route("/flow/csv/{panel}", web::get().to(csv::panel))
        .route("/flow/contributions", web::get().to(rows::contributions))
        .route("/flow/accesses", web::get().to(accesses::show))
        .route("/flow/coverage", web::get().to(coverage::show))
        .route("/flow/people", web::get().to(people::show))
        .route("/flow/value", web::get().to(value::show))
        .route("/flow/under-read", web::get().to(under_read::show))
        .route("/flow/under-read", web::post().to(under_read::send))
        .route("/flow/requests", web::get().to(demand::show))
        .route("/flow/searches", web::get().to(rows::searches))
        .route("/flow/departments/{key}", web::get().to(department::show))
        .route("/flow/sent", web::get().to(sent::show))
        .route("/flow/{from}/{to}", web::get().to(pair::show))
        .route("/flow/{from}/{to}/sending", web::post().to(sending::unblock))
        .route("/help/privacy", web::get().to(privacy::show));
}
