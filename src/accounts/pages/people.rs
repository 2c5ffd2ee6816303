//! `/admin/people`: everybody, and inviting somebody.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::guard::{Admin, Member};
use crate::accounts::links::{self, Purpose};
use crate::accounts::person::{Role, email_of};
use crate::accounts::store::{self, Branch, Filter, NewPerson, PersonRow, State};
use crate::accounts::{audit, proof, submission};
use crate::error::{AppError, AppResult};
use crate::notices::store::outbox;
use crate::text;
use crate::web::App;
use crate::web::form::{FieldErrors, Form, Query};
use crate::web::page::{self, Page, Place};
use crate::web::paging::Cursor;

/// People on a page of the list.
const PAGE: i64 = 50;

#[derive(Template)]
#[template(path = "accounts/people.html")]
struct PeoplePage {
    page: Page,
    rows: Vec<(PersonRow, String)>,
    query: ListQuery,
    /// The department the list is limited to.
    department: Option<String>,
    /// The address of the next page.
    next: Option<String>,
    is_first: bool,
}

impl PeoplePage {
    fn is_filtered(&self) -> bool {
        !(self.query.q.trim().is_empty() && self.query.state.is_empty() && self.department.is_none())
    }
}

#[derive(Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct ListQuery {
    q: String,
    state: String,
    department: String,
    after: String,
}

impl ListQuery {
    fn filter(&self) -> AppResult<Filter> {
        let number =
            |text: &str| Cursor::parse(text, 1).map(|cursor| cursor.and_then(|c| c.0.first().copied()));
        Ok(Filter {
            words: text::one_line(&self.q, 200).map_err(AppError::BadRequest)?,
            department: number(&self.department)?,
            state: match self.state.as_str() {
                "" => None,
                "active" => Some(State::Active),
                "invited" => Some(State::Invited),
                "disabled" => Some(State::Disabled),
                _ => return Err(AppError::BadRequest("There is no such state of an account.".into())),
            },
            after: number(&self.after)?,
        })
    }

    fn page_after(&self, id: i64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("q", &self.q), ("state", &self.state), ("department", &self.department)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        format!("/admin/people?{}", query.append_pair("after", &id.to_string()).finish())
    }
}

/// `GET /admin`: what administrators begin with.
pub async fn begin(_: Admin) -> HttpResponse {
    page::see_other("/admin/people")
}

/// `GET /admin/people`.
pub async fn list(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    Query(query): Query<ListQuery>,
) -> AppResult<HttpResponse> {
    let filter = query.filter()?;
    let is_first = filter.after.is_none();
    let (mut rows, department) = app
        .db
        .read(move |c| {
            let department = match filter.department {
                Some(id) => Some(store::department_of(c, id)?.path),
                None => None,
            };
            Ok((store::people_of(c, &filter, PAGE + 1)?, department))
        })
        .await?;
    let more = rows.len() > PAGE as usize;
    rows.truncate(PAGE as usize);
    let next = rows.last().filter(|_| more).map(|(person, _)| query.page_after(person.id));
    let page = Page::new(&req, &admin, Place::Admin, "People");
    page::show(&PeoplePage { page, rows, query, department, next, is_first }, &req)
}

#[derive(Template)]
#[template(path = "accounts/person_new.html")]
struct NewPage {
    page: Page,
    form: PersonForm,
    departments: Vec<Branch>,
    errors: FieldErrors,
}

/// The form of a person, new or not.
#[derive(Clone, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PersonForm {
    pub key: String,
    pub name: String,
    pub email: String,
    pub department: String,
    pub role: String,
    pub manager: String,
    /// The password of whoever sends it, where it is asked for.
    pub proof: String,
}

/// A person's form, read.
pub struct Entered {
    pub name: String,
    pub email: String,
    pub department_id: i64,
    pub role: Role,
    pub manager: bool,
}

impl PersonForm {
    /// Everything in it but the proof, to be sent again with that.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("key", self.key.clone()),
            ("name", self.name.clone()),
            ("email", self.email.clone()),
            ("department", self.department.clone()),
            ("role", self.role.clone()),
        ];
        if !self.manager.is_empty() {
            fields.push(("manager", self.manager.clone()));
        }
        fields
    }

    /// Reads the form; the department is one of `departments`.
    pub fn check(&self, departments: &[Branch]) -> Result<Entered, FieldErrors> {
        let mut errors = FieldErrors::new();
        let name = text::one_line(&self.name, 120)
            .and_then(|name| if name.is_empty() { Err("Write the name".into()) } else { Ok(name) })
            .unwrap_or_else(|why| {
                errors.add("name", why);
                String::new()
            });
        let email = email_of(&self.email).unwrap_or_else(|why| {
            errors.add("email", why);
            String::new()
        });
        let department_id = departments
            .iter()
            .map(|branch| branch.row.id)
            .find(|id| id.to_string() == self.department)
            .unwrap_or_else(|| {
                errors.add("department", "Choose a department");
                0
            });
        let role = Role::named(&self.role).unwrap_or_else(|| {
            errors.add("role", "Choose a role");
            Role::Employee
        });
        let manager = self.manager == "yes";
        errors.or(Entered { name, email, department_id, role, manager })
    }
}

async fn show_form(
    req: &HttpRequest,
    app: &App,
    member: &Member,
    form: PersonForm,
    errors: FieldErrors,
) -> AppResult<HttpResponse> {
    let departments = app.db.read(|c| Ok(store::departments(c)?)).await?;
    let title = if errors.is_empty() { "Invite somebody" } else { "Error: Invite somebody" };
    let refused = !errors.is_empty();
    let page = NewPage { page: Page::new(req, member, Place::Admin, title), form, departments, errors };
    if refused { page::show_again(&page, req) } else { page::show(&page, req) }
}

/// `GET /admin/people/new`.
pub async fn new(req: HttpRequest, app: web::Data<App>, admin: Admin) -> AppResult<HttpResponse> {
    let form = PersonForm {
        key: submission::fresh_key()?,
        role: Role::Employee.name().into(),
        ..PersonForm::default()
    };
    show_form(&req, &app, &admin, form, FieldErrors::new()).await
}

/// A link that is shown once, since the database keeps only its digest.
#[derive(Template)]
#[template(path = "accounts/link.html")]
pub struct LinkPage {
    pub page: Page,
    pub person_id: i64,
    pub name: String,
    pub purpose: Purpose,
    pub link: String,
    /// Where it was sent too, if mail is sent.
    pub mailed: Option<String>,
}

impl LinkPage {
    /// Whether it is an invitation; else it is a reset link.
    fn invites(&self) -> bool {
        self.purpose == Purpose::Invitation
    }
}

enum Added {
    /// With this form, a moment ago.
    Before(String),
    /// The e-mail has an account already.
    Taken,
    New(i64, String, Option<String>),
}

/// `POST /admin/people`. Answers with the invitation link itself, not with a redirect: no cookie and no
/// table ever holds it. Sent again, it leads to the person's page.
pub async fn add(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    Form(form): Form<PersonForm>,
) -> AppResult<HttpResponse> {
    let departments = app.db.read(|c| Ok(store::departments(c)?)).await?;
    let entered = match form.check(&departments) {
        Ok(entered) => entered,
        Err(errors) => return show_form(&req, &app, &admin, form, errors).await,
    };
    // Somebody who reads and shares is invited without it; a role that may more is not.
    if entered.role != Role::Employee
        && let Some(asked) =
            proof::asked(&app, &req, &admin, &form.proof, form.fields(), "/admin/people/new").await?
    {
        return Ok(asked);
    }
    let (actor, key, public_url) = (admin.actor, form.key.clone(), app.config.public_url.clone());
    let (name, mails) = (entered.name.clone(), app.mail().is_some());
    let added = app
        .db
        .write(move |c| {
            if let Some(location) = submission::find(c, actor.person_id, &key)? {
                return Ok(Added::Before(location));
            }
            if store::person_by_email(c, &entered.email)?.is_some() {
                return Ok(Added::Taken);
            }
            let new = NewPerson {
                email: entered.email.clone(),
                name: entered.name.clone(),
                role: entered.role,
                department_id: entered.department_id,
                manager: entered.manager,
                joined_on: Some(actor.day),
                left_on: None,
                password_hash: None,
            };
            let id = store::add_person(c, &new, actor.at, actor.day)?;
            let token = links::create(c, Purpose::Invitation, Some(id), actor.at)?;
            let object = format!("person:{id}");
            audit::record(c, Some(actor.person_id), actor.at, "invited", &object, entered.role.name())?;
            if !key.is_empty() {
                submission::keep(c, actor.person_id, &key, &format!("/admin/people/{id}"), actor.at)?;
            }
            let mailed = mails.then(|| entered.email.clone());
            if mails {
                outbox::put_link(c, id, actor.at)?;
            }
            Ok(Added::New(id, links::url(&public_url, Purpose::Invitation, &token), mailed))
        })
        .await;
    match added {
        Ok(Added::Before(location)) => Ok(page::see_other(&location)),
        Ok(Added::New(person_id, link, mailed)) => {
            let page = Page::new(&req, &admin, Place::Admin, "Invited");
            let page = LinkPage { page, person_id, name, purpose: Purpose::Invitation, link, mailed };
            page::show(&page, &req)
        }
        Err(error) if !error.is_unique_violation() => Err(error),
        Ok(Added::Taken) | Err(_) => {
            let errors = FieldErrors::one("email", "Somebody with this e-mail is here already");
            show_form(&req, &app, &admin, form, errors).await
        }
    }
}
