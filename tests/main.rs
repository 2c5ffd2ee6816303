//! The tests, one module a feature, in one program: thirty programs took five minutes to compile and to
//! link, and at the end of each a processor waited for its longest story. `cargo test --test all flow::`
//! runs those of a feature.

mod accounts;
mod architecture;
mod archive;
mod browser;
mod demo;
mod doors;
mod earnings;
mod exchange;
mod find;
mod floors;
mod flow;
mod frame;
mod jobs;
mod ledger;
mod market;
mod notices;
mod obstacles;
mod place;
mod privacy;
mod replica;
mod reports;
mod requests;
mod review;
mod routes;
mod schema;
mod settings;
mod support;
mod templates;
mod value;
