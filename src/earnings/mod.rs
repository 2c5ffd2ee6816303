//! What is earned: by authors for the use others make of their insights, by raters for their first ratings.
//!
//! [`rule`] holds the arithmetic, [`week`] names weeks, [`store`] decides a week once and keeps how each
//! amount came about, [`jobs`] does so each Monday, [`pages`] explains it to whoever was paid.

pub mod jobs;
pub mod pages;
pub mod rule;
pub mod store;
pub mod week;

use actix_web::web::ServiceConfig;

/// The routes of this feature.
pub fn routes(cfg: &mut ServiceConfig) {
    pages::routes(cfg);
}
