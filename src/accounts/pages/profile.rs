//! `/people/{id}`: who somebody is, and what they have shared.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::guard::Member;
use crate::accounts::person;
use crate::accounts::store::{self, PersonRow, State};
use crate::error::AppResult;
use crate::web::App;
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "accounts/profile.html")]
struct ProfilePage {
    page: Page,
    person: PersonRow,
    department: String,
    is_own: bool,
    administers: bool,
}

impl ProfilePage {
    fn has_left(&self) -> bool {
        self.person.state() == State::Disabled
    }

    fn initials(&self) -> String {
        person::initials(&self.person.name)
    }
}

/// `GET /people/{id}`.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    member: Member,
    id: web::Path<i64>,
) -> AppResult<HttpResponse> {
    let id = *id;
    let (person, department) = app
        .db
        .read(move |c| {
            let person = store::person(c, id)?;
            let department = store::department_of(c, person.department_id)?.path;
            Ok((person, department))
        })
        .await?;
    let profile = ProfilePage {
        page: Page::new(&req, &member, Place::Elsewhere, person.name.clone()),
        is_own: member.id == id,
        administers: member.role.administers(),
        person,
        department,
    };
    page::show(&profile, &req)
}
