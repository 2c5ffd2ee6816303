//! Is it alive, and should traffic come here?

use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::{HttpResponse, web};

use super::App;
use crate::db::migrate::{self, Schema};
use crate::error::AppError;

/// Alive: no database, no session, so it stays green while the database hangs.
async fn health() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// Ready: the database answers within a second, its schema is this binary's, and nobody told us to stop.
async fn ready(app: web::Data<App>) -> HttpResponse {
    if app.draining.load(Ordering::Relaxed) {
        return not_ready("draining");
    }
    let schema = app.db.read(|c| migrate::state(c).map_err(AppError::Internal));
    match tokio::time::timeout(Duration::from_secs(1), schema).await {
        Ok(Ok(Schema::Current)) => {
            HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n")
        }
        Ok(Ok(_)) => not_ready("schema"),
        Ok(Err(_)) | Err(_) => not_ready("database"),
    }
}

fn not_ready(code: &'static str) -> HttpResponse {
    // text/html so that the boundary leaves the short code as it is.
    HttpResponse::ServiceUnavailable()
        .insert_header(("retry-after", "2"))
        .content_type("text/html; charset=utf-8")
        .body(code)
}

/// `/health` and `/ready`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/health", web::get().to(health)).route("/ready", web::get().to(ready));
}
