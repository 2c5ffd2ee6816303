//! The market: colleagues rate what an insight is worth to their own work, and a model turns the ratings
//! into a value with its doubt.
//!
//! [`rating`] says who may rate, [`value`] and [`fit`] what the ratings say, [`label`] gives it a word,
//! [`shown`] says how much of it people see. [`store`] keeps it, [`pages`] takes ratings and explains the
//! model.

pub mod account;
pub mod agreed;
pub mod enough;
pub mod fit;
pub mod incremental;
pub mod jobs;
pub mod label;
mod leap;
pub mod lot;
pub mod pages;
pub mod rating;
pub mod report;
pub mod shown;
pub mod store;
pub mod value;

use actix_web::web::ServiceConfig;

/// The routes of the market.
pub fn routes(cfg: &mut ServiceConfig) {
    pages::routes(cfg);
}
