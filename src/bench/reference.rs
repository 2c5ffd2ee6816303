//! Handlers that exist only in the bench's server, to compare pages with: what the machine could do at
//! best. A page from memory, a page of thirty rows read by index through diesel, and a row that is on disk
//! before the answer.

use std::sync::OnceLock;

use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::prelude::*;
use diesel::sql_types::Timestamp;
use serde::Deserialize;

use crate::db::schema::{departments, insights, people};
use crate::error::AppResult;
use crate::web::App;
use crate::web::page::{Page, Place};

/// Rows on the reading reference: as many as a feed has.
const ROWS: i64 = 30;

/// The routes of the references.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/bench/memory", web::get().to(memory)).route("/bench/rows", web::get().to(rows));
    cfg.route("/bench/row", web::post().to(row));
}

/// The table that [`row`] writes to: as narrow as an access, without an index or anything to keep up to date.
pub const ROW_TABLE: &str = "CREATE TABLE IF NOT EXISTS bench_rows \
     (insight_id BIGINT NOT NULL, person_id BIGINT NOT NULL, at TIMESTAMP NOT NULL)";

#[derive(Deserialize)]
struct Wanted {
    bytes: usize,
}

/// A page of `bytes` bytes from memory; the first request fixes its size.
async fn memory(wanted: web::Query<Wanted>) -> HttpResponse {
    static PAGE: OnceLock<Bytes> = OnceLock::new();
    let page = PAGE.get_or_init(|| Bytes::from(vec![b'x'; wanted.bytes.min(1 << 20)]));
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page.clone())
}

/// A row of the reading reference.
#[derive(Queryable)]
struct Row {
    id: i64,
    title: String,
    body: String,
    at: chrono::NaiveDateTime,
    author_id: i64,
    author: String,
    department: String,
}

impl Row {
    fn excerpt(&self) -> String {
        self.body.chars().take(140).collect()
    }
}

#[derive(Template)]
#[template(path = "bench/rows.html")]
struct RowsPage {
    page: Page,
    rows: Vec<Row>,
}

/// The newest thirty insights, in the frame and the markup of the feed. Nobody has to be signed in, and
/// nothing depends on who looks.
async fn rows(req: HttpRequest, app: web::Data<App>) -> AppResult<HttpResponse> {
    let rows = app
        .db
        .read(|c| {
            Ok(insights::table
                .inner_join(people::table)
                .inner_join(departments::table)
                .filter(insights::withdrawn_at.is_null())
                .order((insights::contributed_at.desc(), insights::id.desc()))
                .limit(ROWS)
                .select((
                    insights::id,
                    insights::title,
                    insights::body,
                    insights::contributed_at,
                    insights::author_id,
                    people::name,
                    departments::path,
                ))
                .load::<Row>(c)?)
        })
        .await?;
    crate::web::page::show(&RowsPage { page: Page::outside(&req, "Reference"), rows }, &req)
}

/// One row through the door that every write takes, in a commit shared with whoever waits.
async fn row(app: web::Data<App>) -> AppResult<HttpResponse> {
    let now = app.clock.now();
    app.db
        .write(move |c| {
            diesel::sql_query("INSERT INTO bench_rows (insight_id, person_id, at) VALUES (1, 1, $1)")
                .bind::<Timestamp, _>(now)
                .execute(c)?;
            Ok(())
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
