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

/// What every file is made from: who asks for which report, and where it is read.
type Asked = (web::Data<App>, FlowReader, Officer, web::Path<String>);

/// The report, and who made it when.
async fn load((app, flow, officer, id): Asked) -> AppResult<(Head, Frozen, String)> {
    let id = id_of(&id)?;
    looks::note(&app, officer.actor, Kind::Export, &[looks::EVERYBODY]).await?;
    let (head, frozen) = flow.never_old().read(move |c| kept::report(c, id)).await?;
    let made = made(&head, app.calendar(), officer.actor.at);
    Ok((head, frozen, made))
}

fn file(head: &Head, ending: &str, kind: &str, bytes: Vec<u8>) -> HttpResponse {
    let name = format!("report-{}-{}-to-{}.{ending}", head.id, head.period.from, head.period.last_day());
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(bytes)
}

/// `/reports/{id}.csv`.
pub async fn csv(asked: Asked) -> AppResult<HttpResponse> {
    let (head, frozen, _) = load(asked).await?;
    Ok(file(&head, "csv", "text/csv; charset=utf-8", sheets::csv(&frozen)?))
}

/// `/reports/{id}.json`.
pub async fn json(asked: Asked) -> AppResult<HttpResponse> {
    let (head, frozen, _) = load(asked).await?;
    Ok(file(&head, "json", "application/json", sheets::json(&head, &frozen)?))
}

/// `/reports/{id}.xlsx`.
pub async fn xlsx(asked: Asked) -> AppResult<HttpResponse> {
    let (head, frozen, made) = load(asked).await?;
    let (head, bytes) =
        web::block(move || sheets::workbook(&head, &made, &frozen).map(|bytes| (head, bytes)))
            .await
            .map_err(|_| crate::error::AppError::Busy)??;
    Ok(file(&head, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", bytes))
}
