//! A report as a file.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::show::{id_of, made};
use crate::accounts::guard::Officer;
use crate::db::FlowReader;
use crate::error::AppResult;
use crate::flow::store::looks::{self, Kind};
use crate::reports::frozen::Frozen;
use crate::reports::sheets;
use crate::reports::store::kept::{self, Head};
use crate::web::App;

async fn load(app: &App, flow: FlowReader, officer: &Officer, id: &str) -> AppResult<(Head, Frozen)> {
    let id = id_of(id)?;
    looks::note(app, officer.actor, Kind::Export, &[looks::EVERYBODY]).await?;
    flow.never_old().read(move |c| kept::report(c, id)).await
}

fn file(head: &Head, ending: &str, kind: &str, bytes: Vec<u8>) -> HttpResponse {
    let name = format!("report-{}-{}-to-{}.{ending}", head.id, head.period.from, head.period.last_day());
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(bytes)
}

/// `/reports/{id}.csv`.
pub async fn csv(
    app: web::Data<App>,
    flow: FlowReader,
    officer: Officer,
    id: web::Path<String>,
) -> AppResult<HttpResponse> {
    let (head, frozen) = load(&app, flow, &officer, &id).await?;
    Ok(file(&head, "csv", "text/csv; charset=utf-8", sheets::csv(&frozen)?))
}

/// `/reports/{id}.json`.
pub async fn json(
    app: web::Data<App>,
    flow: FlowReader,
    officer: Officer,
    id: web::Path<String>,
) -> AppResult<HttpResponse> {
    let (head, frozen) = load(&app, flow, &officer, &id).await?;
    Ok(file(&head, "json", "application/json", sheets::json(&head, &frozen)?))
}

/// `/reports/{id}.xlsx`.
pub async fn xlsx(
    app: web::Data<App>,
    flow: FlowReader,
    officer: Officer,
    id: web::Path<String>,
) -> AppResult<HttpResponse> {
    let (head, frozen) = load(&app, flow, &officer, &id).await?;
    let made = made(&head, app.calendar(), officer.actor.at);
    let bytes = web::block({
        let head = head.clone();
        move || sheets::workbook(&head, &made, &frozen)
    })
    .await
    .map_err(|_| crate::error::AppError::Busy)??;
    Ok(file(&head, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", bytes))
}
