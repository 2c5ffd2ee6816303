//! Tradewind: an information market for customer insight.
//!
//! Feature first, two floors. Ground: [`error`], [`config`], [`policy`], [`clock`], [`text`], [`db`],
//! [`web`], [`jobs`]. Features, in an order in which they may know each other that `tests/architecture.rs`
//! holds: from [`accounts`] to [`exchange`], [`demo`] and [`bench`].

// Tests may; the product says what went wrong instead.
#![deny(clippy::unwrap_used, clippy::expect_used)]

pub mod accounts;
pub mod archive;
pub mod bench;
pub mod clock;
pub mod config;
pub mod customers;
pub mod db;
pub mod demo;
pub mod earnings;
pub mod error;
pub mod exchange;
pub mod flow;
pub mod jobs;
pub mod ledger;
pub mod market;
pub mod notices;
pub mod obstacles;
pub mod policy;
pub mod privacy;
pub mod reports;
pub mod requests;
pub mod review;
pub mod text;
pub mod web;

use actix_web::web::ServiceConfig;

/// Every job of the product: what runs by itself, on one node at a time.
pub const JOBS: &[jobs::Job] = &[
    accounts::jobs::SWEEP_SESSIONS,
    accounts::jobs::SWEEP_TRACES,
    jobs::UPKEEP,
    jobs::FILE_CHECK,
    jobs::LARGE_FILE_CHECK,
    accounts::jobs::LEAVERS,
    notices::jobs::COMPOSE,
    notices::jobs::SWEEP,
    ledger::jobs::CHECK,
    flow::jobs::ACTIVE_DAYS,
    market::jobs::REFIT,
    reports::jobs::ASK,
    market::jobs::FIGURES,
    market::jobs::FIGURES_ASKED,
    requests::jobs::CLOCK,
    requests::jobs::MATCHES,
    review::jobs::TEXTS,
    review::jobs::STALE,
    review::jobs::SERIES,
    review::jobs::COMMUNITIES,
    market::jobs::QUEUE,
    earnings::jobs::EARNINGS,
    earnings::jobs::RATERS,
    obstacles::jobs::MEASURES,
    obstacles::jobs::CLOCK,
    reports::jobs::MONTH,
    reports::jobs::MAIL,
    privacy::jobs::CHECK,
    privacy::jobs::TELL,
    reports::jobs::BASELINE,
    market::jobs::RETENTION,
];

/// Sends mail until the node is told to stop, and what is due then.
pub use notices::post::keep_sending;

/// Every route of the product, one line per feature.
pub fn routes(cfg: &mut ServiceConfig) {
    web::assets::routes(cfg);
    web::health::routes(cfg);
    web::choices::routes(cfg);
    accounts::routes(cfg);
    notices::routes(cfg);
    customers::routes(cfg);
    archive::routes(cfg);
    flow::routes(cfg);
    market::routes(cfg);
    review::routes(cfg);
    earnings::routes(cfg);
    obstacles::routes(cfg);
    reports::routes(cfg);
    privacy::routes(cfg);
    requests::routes(cfg);
    exchange::routes(cfg);
}
