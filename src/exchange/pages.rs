//! `/admin/import`: choose files, read the report, import exactly what was reported on.
//!
//! Between the two presses the files wait in the database, not in a folder of one node: the second press
//! may reach another node, and sending the files again could import others than those that were checked.

use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use askama::Template;

use super::cell::Today;
use super::import::{self, Files, Options, Source};
use super::progress::Silent;
use super::report::{Report, number};
use super::{record, store};
use crate::accounts::guard::Admin;
use crate::accounts::proof;
use crate::error::{AppError, AppResult};
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::Form;
use crate::web::page::{self, Page, Place};

/// How long the next piece of an upload may take to arrive.
const PIECE: Duration = Duration::from_secs(30);

/// A file field of the form.
struct Field {
    name: &'static str,
    file: &'static str,
    label: &'static str,
    columns: String,
    /// The static file that shows how it is written.
    sample: String,
}

#[derive(Template)]
#[template(path = "exchange/import.html")]
struct ImportPage {
    page: Page,
    fields: Vec<Field>,
    mebibytes: usize,
    rows: String,
    /// What the uploaded files came to.
    report: Option<Report>,
    /// Confirms the upload; none while there is something to mend or nothing to do.
    key: Option<String>,
    /// What was wrong with the upload itself.
    complaint: Option<String>,
}

impl ImportPage {
    fn new(req: &HttpRequest, app: &App, admin: &Admin) -> ImportPage {
        let field = |layout: &super::sheet::Layout, name, label| Field {
            name,
            file: layout.file,
            label,
            sample: format!("samples/{}", layout.file),
            columns: layout
                .columns
                .iter()
                .map(|column| format!("{}{}", column.name, if column.required { "*" } else { "" }))
                .collect::<Vec<_>>()
                .join(", "),
        };
        ImportPage {
            page: Page::new(req, &admin.person, Place::Admin, "Import"),
            fields: vec![
                field(&record::PEOPLE, "people", "People"),
                field(&record::INSIGHTS, "insights", "Insights"),
                field(&record::ACCESSES, "accesses", "Accesses"),
                field(&record::RATINGS, "ratings", "Ratings"),
            ],
            mebibytes: app.config.upload_bytes / (1024 * 1024),
            rows: number(app.config.upload_rows),
            report: None,
            key: None,
            complaint: None,
        }
    }
}

/// `GET /admin/import`.
pub async fn show(req: HttpRequest, app: web::Data<App>, admin: Admin) -> AppResult<HttpResponse> {
    page::show(&ImportPage::new(&req, &app, &admin), &req)
}

/// `POST /admin/import`: checks the uploaded files and shows the report; writes nothing but the upload.
pub async fn check(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    payload: web::Payload,
) -> AppResult<HttpResponse> {
    let mut shown = ImportPage::new(&req, &app, &admin);
    let files = upload(&req, payload, app.config.upload_bytes).await?;
    if files.is_empty() {
        shown.complaint = Some("Choose at least one file.".into());
        return page::show_again(&shown, &req);
    }
    let options = Options { write: false, ..options(&app, &admin) };
    let (report, files) =
        app.db.read_alone(move |c| Ok((import::run(c, &files, options, &mut Silent)?, files))).await?;
    let fine = report.problems.is_empty();
    if fine && !report.changes_nothing() {
        let (person_id, now) = (admin.person.id, admin.actor.at);
        shown.key = Some(app.db.write_alone(move |c| store::keep(c, person_id, &files, now)).await?);
    }
    shown.report = Some(report);
    page::show_with(if fine { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, &shown, &req)
}

/// What the confirming form sends.
#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Confirmation {
    key: String,
    /// The password of whoever imports, where it is asked for: a file may hold roles.
    proof: String,
}

/// `POST /admin/import/confirmation`: imports what was checked.
pub async fn confirm(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    Form(form): Form<Confirmation>,
) -> AppResult<HttpResponse> {
    let fields = vec![("key", form.key.clone())];
    if let Some(asked) = proof::asked(&app, &req, &admin, &form.proof, fields, "/admin/import").await? {
        return Ok(asked);
    }
    let options = options(&app, &admin);
    let (person_id, now) = (admin.person.id, admin.actor.at);
    let report = app
        .db
        .write_alone(move |c| match store::take(c, person_id, &form.key, now)? {
            Some(files) => import::run(c, &files, options, &mut Silent).map(Some),
            None => Ok(None),
        })
        .await?;
    match report {
        None => page::see_other_saying(
            &app,
            "/admin/import",
            &Flash::say(
                "This upload was imported already, or is older than an hour. Choose the files again.",
            ),
        ),
        // Something changed between the two presses: nothing was written, and the report says what.
        Some(report) if !report.problems.is_empty() => {
            let shown = ImportPage { report: Some(report), ..ImportPage::new(&req, &app, &admin) };
            page::show_again(&shown, &req)
        }
        Some(report) => page::see_other_saying(
            &app,
            "/admin/import",
            &Flash::say(format!("Imported {}.", report.added())),
        ),
    }
}

fn options(app: &App, admin: &Admin) -> Options {
    Options {
        today: Today { calendar: app.calendar(), now: admin.actor.at },
        write: true,
        actor: Some(admin.person.id),
        most_rows: Some(app.config.upload_rows),
        credits: app.config.policy.credits,
    }
}

/// Reads the files of a multipart form, each at most `most` bytes.
async fn upload(req: &HttpRequest, payload: web::Payload, most: usize) -> AppResult<Files> {
    let unreadable = || AppError::BadRequest("The upload could not be read. Choose the files again.".into());
    let mut payload = payload.into_inner();
    let mut form = Multipart::from_request(req, &mut payload).await.map_err(|_| unreadable())?;
    let mut files = Files::default();
    let late = || AppError::BadRequest("The upload took too long to arrive. Send the files again.".into());
    while let Some(field) = tokio::time::timeout(PIECE, next(&mut form)).await.map_err(|_| late())? {
        let mut field = field.map_err(|_| unreadable())?;
        let slot = match field.name() {
            Some("people") => &mut files.people,
            Some("insights") => &mut files.insights,
            Some("accesses") => &mut files.accesses,
            Some("ratings") => &mut files.ratings,
            _ => return Err(unreadable()),
        };
        let mut bytes = Vec::new();
        while let Some(piece) = tokio::time::timeout(PIECE, next(&mut field)).await.map_err(|_| late())? {
            let piece = piece.map_err(|_| unreadable())?;
            if bytes.len() + piece.len() > most {
                return Err(AppError::TooLarge(
                    "One of the files is larger than the import page takes. Use the command line: tradewind import FOLDER.",
                ));
            }
            bytes.extend_from_slice(&piece);
        }
        // A file field in which nothing was chosen arrives empty; an empty file that was chosen has a name.
        let chosen = field
            .content_disposition()
            .and_then(|disposition| disposition.get_filename())
            .is_some_and(|name| !name.is_empty());
        if chosen || !bytes.is_empty() {
            if slot.is_some() {
                return Err(unreadable());
            }
            *slot = Some(Source::Bytes(bytes));
        }
    }
    Ok(files)
}

/// The next thing of a stream, without a crate for it.
async fn next<S>(stream: &mut S) -> Option<S::Item>
where
    S: futures_core::Stream + Unpin,
{
    std::future::poll_fn(|cx| std::pin::Pin::new(&mut *stream).poll_next(cx)).await
}
