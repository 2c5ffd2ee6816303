//! "I used this": saying so, saying what for, taking it back, and the page of all uses.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDateTime;

use super::show::opened;
use crate::accounts::guard::Member;
use crate::archive::insight::{self, Insight, department_of};
use crate::archive::mentions::Known;
use crate::archive::store::uses::{OwnUse, Use};
use crate::archive::store::{self, uses};
use crate::archive::telling::{self, By, Told};
use crate::clock::Calendar;
use crate::error::{AppError, AppResult};
use crate::flow;
use crate::market;
use crate::text::many_lines;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page::{self, Page, Place};
use crate::web::when::{self, Moment};
use crate::web::{App, back_to};

/// Longest note, in bytes.
const LONGEST: usize = 2 * 1024;
/// Most uses on one page.
const MOST: i64 = 500;

/// The form of a use. A list sends only the button; the note can be written later.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UseForm {
    note: String,
    /// "department" for the department only; anything else signs with the name.
    sign: String,
    back_to: String,
    /// "take_back", or anything else to say that it was used.
    #[serde(rename = "do")]
    act: String,
}

impl UseForm {
    fn check(&self) -> Result<String, FieldErrors> {
        many_lines(&self.note, LONGEST).map_err(|why| FieldErrors::one("note", why))
    }
}

/// `POST /insights/{id}/use`
pub async fn put(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<i64>,
    Form(form): Form<UseForm>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let note = match form.check() {
        Ok(note) => note,
        Err(errors) => return again(&app, &req, &member, id, form, errors).await,
    };
    let signed = form.sign != "department";
    let take_back = form.act == "take_back";
    let (new, told) = app
        .db
        .write(move |c| {
            if take_back {
                store::insight(c, &member.person, id)?;
                if let Some(then) = uses::take_back(c, member.id, id)? {
                    flow::store::undo_use(c, id, then.department_id, then.manager, then.day)?;
                    market::store::values::count_use(c, id, -1)?;
                    telling::not_used(c, id, member.id)?;
                }
                return Ok((false, Told::default()));
            }
            let insight = opened(c, &member, id)?;
            insight::may_use(&insight)?;
            if !flow::store::has_opened(c, id, member.id)? {
                return Err(AppError::Forbidden(
                    "Open the insight first: only what has been read can be used.",
                ));
            }
            let new = uses::put(c, &member.actor, id, &note, signed)?;
            if new {
                flow::store::record_use(c, &member.actor, id)?;
                market::store::values::count_use(c, id, 1)?;
            }
            let by = if signed { By::name(&member) } else { By::department(&member) };
            telling::used(c, &by, &insight, &member.actor)?;
            let told = telling::mentioned_in_use(c, &by, &insight, &note, &member.actor)?;
            Ok((new, told))
        })
        .await?;
    let said = match (take_back, new) {
        (true, _) => "Taken back: it does not count as used by you any more.",
        (false, true) => "Noted that you used it. Say what for on its page, if you like.",
        (false, false) => "Your note is kept.",
    };
    let place = back_to::list_or_page(&form.back_to, format!("/insights/{id}"), &format!("insight-{id}"));
    page::see_other_saying(&app, &place, &Flash::say(format!("{said}{}", told.sentence())))
}

#[derive(Template)]
#[template(path = "archive/uses.html")]
struct UsesPage {
    page: Page,
    insight: Insight,
    departments: Vec<Department>,
    total: usize,
    own_use: Option<OwnUse>,
    mentions: Known,
    errors: FieldErrors,
    calendar: Calendar,
    now: NaiveDateTime,
}

/// When something was used. Where somebody chose not to sign, the minute might tell who it was: then the
/// day alone.
pub(super) fn used_on(used: &Use, calendar: Calendar, now: NaiveDateTime) -> Moment {
    match used.by {
        Some(_) => when::moment(calendar, used.at, now),
        None => when::day_of(calendar, used.at, now),
    }
}

/// The uses of one department.
struct Department {
    name: String,
    uses: Vec<Use>,
}

impl UsesPage {
    fn used_on(&self, used: &Use) -> Moment {
        used_on(used, self.calendar, self.now)
    }
}

/// `GET /insights/{id}/uses`
pub async fn list(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<i64>,
) -> AppResult<HttpResponse> {
    let shown = page_of(&app, &req, &member, id.into_inner(), FieldErrors::new()).await?;
    page::show(&shown, &req)
}

/// The page of uses with a note that was refused.
async fn again(
    app: &App,
    req: &HttpRequest,
    member: &Member,
    id: i64,
    form: UseForm,
    errors: FieldErrors,
) -> AppResult<HttpResponse> {
    let mut shown = page_of(app, req, member, id, errors).await?;
    shown.own_use = Some(OwnUse { note: form.note, signed: form.sign != "department" });
    shown.page.title = format!("Error: {}", shown.page.title);
    page::show_again(&shown, req)
}

async fn page_of(
    app: &App,
    req: &HttpRequest,
    member: &Member,
    id: i64,
    errors: FieldErrors,
) -> AppResult<UsesPage> {
    let viewer = member.person.clone();
    let (insight, all, own_use, mentions) = app
        .db
        .read(move |c| {
            let insight = store::insight(c, &viewer, id)?;
            let all = uses::of(c, id, MOST)?;
            let mentions = Known::of(c, all.iter().map(|one| one.note.as_str()))?;
            Ok((insight, all, uses::own(c, id, viewer.id)?, mentions))
        })
        .await?;
    let total = all.len();
    let mut departments: Vec<Department> = Vec::new();
    for one in all {
        let name = department_of(&one.department).to_owned();
        match departments.iter_mut().find(|department| department.name == name) {
            Some(department) => department.uses.push(one),
            None => departments.push(Department { name, uses: vec![one] }),
        }
    }
    departments.sort_by(|a, b| b.uses.len().cmp(&a.uses.len()).then_with(|| a.name.cmp(&b.name)));
    let page = Page::new(req, member, Place::Archive, format!("Uses of “{}”", insight.title));
    let (calendar, now) = (app.calendar(), member.actor.at);
    Ok(UsesPage { page, insight, departments, total, own_use, mentions, errors, calendar, now })
}
