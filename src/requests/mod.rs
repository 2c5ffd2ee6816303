//! Requests: somebody asks for what nobody has written down, puts credits on it, and pays whoever
//! answers with an insight. [`request`] is the state machine, [`store`] its tables, [`near`] finds what
//! the archive knows already, [`ticket`] is a request in a list.

pub mod jobs;
pub mod near;
mod pages;
pub mod request;
pub mod store;
pub mod ticket;

use actix_web::web::ServiceConfig;

/// The routes of requests.
pub fn routes(cfg: &mut ServiceConfig) {
    pages::routes(cfg);
}
