//! Whom insights are about: segments, customers and tags, each a name with a page that serves before a
//! meeting. They are created on the way by whoever shares.

pub mod follows;
mod pages;
pub mod store;

use actix_web::web::ServiceConfig;

/// The routes of customers, segments and topics.
pub fn routes(cfg: &mut ServiceConfig) {
    pages::routes(cfg);
}
