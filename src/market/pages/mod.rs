//! The pages of the market: taking ratings, and the explanation of the value.

use actix_web::web::ServiceConfig;

pub(super) fn routes(_cfg: &mut ServiceConfig) {}
