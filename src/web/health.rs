//! Is it alive, and should traffic come here?

use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::{HttpResponse, web};

use diesel::prelude::*;

use super::App;
use crate::db::Conn;
use crate::db::migrate::{self, Schema};
use crate::db::schema::privacy_checks;
use crate::error::AppError;
use crate::jobs;

/// Alive: no database, no session, so it stays green while the database hangs.
async fn health() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// Ready: the database is where it was and answers within a second, its schema is this binary's, and nobody told
/// us to stop.
async fn ready(app: web::Data<App>) -> HttpResponse {
    if app.draining.load(Ordering::Relaxed) {
        return not_ready("draining");
    }
    if !app.db.is_in_place() {
        return not_ready("database file moved");
    }
    let schema = app.db.read(|c| {
        let state = migrate::state(c).map_err(AppError::Internal)?;
        let is_current = state == Schema::Current;
        let found = if is_current { found_by_night(c)? } else { 0 };
        Ok((state, found, is_current && jobs::is_file_damaged(c)?))
    });
    match tokio::time::timeout(Duration::from_secs(1), schema).await {
        Ok(Ok((Schema::Current, found, is_damaged))) => {
            // It serves all the same; a monitor that looks for further lines sounds the alarm.
            let mut said = String::from("ready\n");
            if found > 0 {
                said.push_str(&format!("privacy check: {found} findings\n"));
            }
            if is_damaged {
                said.push_str("file check: failed, see the log\n");
            }
            if let Some(trouble) = app.db.replica_trouble().await {
                said.push_str(&format!("replica: {}\n", trouble.words()));
            }
            HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(said)
        }
        Ok(Ok(_)) => not_ready("schema"),
        Ok(Err(_)) | Err(_) => not_ready("database"),
    }
}

/// What the last nightly check found that tells of fewer people than it may.
fn found_by_night(c: &mut Conn) -> QueryResult<i64> {
    let last = privacy_checks::table.order(privacy_checks::id.desc()).select(privacy_checks::findings);
    Ok(last.first(c).optional()?.unwrap_or(0))
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
