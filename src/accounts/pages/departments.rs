//! `/admin/departments`: the tree.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::department::DepartmentPath;
use crate::accounts::guard::{Admin, Member};
use crate::accounts::store::{self, Branch, DepartmentRow};
use crate::accounts::{audit, submission};
use crate::error::{AppError, AppResult};
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form, Nothing};
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "accounts/departments.html")]
struct DepartmentsPage {
    page: Page,
    branches: Vec<Branch>,
    form: OpenForm,
    errors: FieldErrors,
}

#[derive(Clone, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OpenForm {
    key: String,
    path: String,
}

async fn load_list(
    req: &HttpRequest,
    app: &App,
    member: &Member,
    form: OpenForm,
    errors: FieldErrors,
) -> AppResult<DepartmentsPage> {
    let branches = app.db.read(|c| Ok(store::departments(c)?)).await?;
    let title = if errors.is_empty() { "Departments" } else { "Error: Departments" };
    let page = Page::new(req, member, Place::Admin, title);
    Ok(DepartmentsPage { page, branches, form, errors })
}

/// `GET /admin/departments`.
pub async fn list(req: HttpRequest, app: web::Data<App>, admin: Admin) -> AppResult<HttpResponse> {
    let form = OpenForm { key: submission::fresh_key()?, path: String::new() };
    page::show(&load_list(&req, &app, &admin, form, FieldErrors::new()).await?, &req)
}

/// `POST /admin/departments`: opens a path, the ones above it too.
pub async fn open(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    Form(form): Form<OpenForm>,
) -> AppResult<HttpResponse> {
    let path = match DepartmentPath::parse(&form.path) {
        Ok(path) => path,
        Err(why) => {
            let page = load_list(&req, &app, &admin, form, FieldErrors::one("path", why)).await?;
            return page::show_again(&page, &req);
        }
    };
    let (actor, key, said) = (admin.actor, form.key, path.to_string());
    app.db
        .write(move |c| {
            submission::once(c, actor.person_id, &key, actor.at, |c| {
                let id = store::open_department(c, &path, actor.day)?;
                let object = format!("department:{id}");
                audit::record(c, Some(actor.person_id), actor.at, "opened", &object, path.as_str())?;
                Ok("/admin/departments".into())
            })
        })
        .await?;
    page::see_other_saying(&app, "/admin/departments", &Flash::say(format!("{said} is open.")))
}

#[derive(Template)]
#[template(path = "accounts/department.html")]
struct DepartmentPage {
    page: Page,
    department: DepartmentRow,
    /// What it became.
    successor: Option<DepartmentRow>,
    /// Empty when it is closed.
    branch: Option<Branch>,
    path: String,
    errors: FieldErrors,
}

async fn load(
    req: &HttpRequest,
    app: &App,
    member: &Member,
    id: i64,
    refused: Option<(String, FieldErrors)>,
) -> AppResult<DepartmentPage> {
    let (department, successor, branch) = app
        .db
        .read(move |c| {
            let department = store::department_of(c, id)?;
            let successor = match department.succeeded_by {
                Some(successor) => Some(store::department_of(c, successor)?),
                None => None,
            };
            let branch = store::departments(c)?.into_iter().find(|branch| branch.row.id == id);
            Ok((department, successor, branch))
        })
        .await?;
    let (path, errors) = refused.unwrap_or_else(|| (department.path.clone(), FieldErrors::new()));
    let title =
        if errors.is_empty() { department.path.clone() } else { format!("Error: {}", department.path) };
    let page = Page::new(req, member, Place::Admin, title);
    Ok(DepartmentPage { page, department, successor, branch, path, errors })
}

/// `GET /admin/departments/{id}`.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    id: web::Path<i64>,
) -> AppResult<HttpResponse> {
    page::show(&load(&req, &app, &admin, *id, None).await?, &req)
}

#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MoveForm {
    path: String,
}

/// `POST /admin/departments/{id}`: renames or moves it, with everything below.
pub async fn relocate(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    id: web::Path<i64>,
    Form(form): Form<MoveForm>,
) -> AppResult<HttpResponse> {
    let (id, actor) = (*id, admin.actor);
    let moved = match DepartmentPath::parse(&form.path) {
        Err(why) => Err(AppError::BadRequest(why)),
        Ok(path) => {
            app.db
                .write(move |c| {
                    let from = store::department_of(c, id)?.path;
                    let to = store::relocate(c, id, &path, actor.day)?;
                    if to != id {
                        let detail = format!("{from} to {path}");
                        let object = format!("department:{to}");
                        audit::record(c, Some(actor.person_id), actor.at, "moved", &object, &detail)?;
                    }
                    Ok(to)
                })
                .await
        }
    };
    match moved {
        Ok(to) if to == id => Ok(page::see_other(&format!("/admin/departments/{id}"))),
        Ok(to) => {
            let flash = Flash::say("Moved. What happened before stays with the old path.");
            page::see_other_saying(&app, &format!("/admin/departments/{to}"), &flash)
        }
        Err(AppError::BadRequest(why)) => {
            let refused = Some((form.path, FieldErrors::one("path", why)));
            page::show_again(&load(&req, &app, &admin, id, refused).await?, &req)
        }
        Err(error) => Err(error),
    }
}

/// `POST /admin/departments/{id}/closing`: closes an empty one.
pub async fn close(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    id: web::Path<i64>,
    Form(Nothing {}): Form<Nothing>,
) -> AppResult<HttpResponse> {
    let (id, actor) = (*id, admin.actor);
    let closed = app
        .db
        .write(move |c| {
            if store::department_of(c, id)?.closed_on.is_some() {
                return Ok(());
            }
            store::close(c, id, actor.day)?;
            let object = format!("department:{id}");
            Ok(audit::record(c, Some(actor.person_id), actor.at, "closed", &object, "")?)
        })
        .await;
    match closed {
        Ok(()) => page::see_other_saying(&app, "/admin/departments", &Flash::say("Closed.")),
        Err(AppError::BadRequest(why)) => {
            let mut page = load(&req, &app, &admin, id, None).await?;
            page.errors = FieldErrors::one("path", why);
            page::show_again(&page, &req)
        }
        Err(error) => Err(error),
    }
}
