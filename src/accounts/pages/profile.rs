//! `/people/{id}`: who somebody is, and what they have shared. Nothing about what they read or rated, and
//! nothing that counts them against others.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::guard::Member;
use crate::accounts::person;
use crate::accounts::store::{self, PersonRow, State};
use crate::archive::store::about::{self, Known};
use crate::archive::store::listing::{self, Filter, Order};
use crate::error::AppResult;
use crate::market::lot::{self, Lot};
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};
use crate::web::paging::Cursor;

/// Topics named beside the list.
const TOPICS: i64 = 20;

#[derive(Template)]
#[template(path = "accounts/profile.html")]
struct ProfilePage {
    page: Page,
    person: PersonRow,
    department: String,
    is_own: bool,
    administers: bool,
    lots: Vec<Lot>,
    tags: Vec<Known>,
    customers: Vec<Known>,
    older: Option<String>,
    first: bool,
}

impl ProfilePage {
    fn has_left(&self) -> bool {
        self.person.state() == State::Disabled
    }

    fn initials(&self) -> String {
        person::initials(&self.person.name)
    }
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct ProfileQuery {
    after: String,
}

/// `GET /people/{id}`.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    member: Member,
    id: web::Path<i64>,
    Query(query): Query<ProfileQuery>,
) -> AppResult<HttpResponse> {
    let id = *id;
    let after = Cursor::parse(&query.after, Order::Newest.cursor_parts())?;
    let first = after.is_none();
    let (viewer, now, calendar) = (member.actor.person_id, member.actor.at, app.calendar());
    let profile = app
        .db
        .read(move |c| {
            let person = store::person(c, id)?;
            let department = store::department_of(c, person.department_id)?.path;
            let theirs = Filter { author: Some(id), ..Filter::default() };
            let slice = listing::slice(c, viewer, &theirs, Order::Newest, after.as_ref())?;
            let lots = lot::lots(c, viewer, &slice.ids, &[], now, calendar)?;
            let tags = about::tags_of(c, viewer, &theirs, TOPICS)?;
            let customers = about::customers_of(c, viewer, &theirs)?;
            Ok((person, department, slice.next, lots, tags, customers))
        })
        .await?;
    let (person, department, next, lots, tags, customers) = profile;
    let profile = ProfilePage {
        page: Page::new(&req, &member, Place::Elsewhere, person.name.clone()),
        is_own: member.id == id,
        administers: member.role.administers(),
        person,
        department,
        lots,
        tags,
        customers,
        older: next.map(|next| format!("/people/{id}?after={next}")),
        first,
    };
    page::show(&profile, &req)
}
