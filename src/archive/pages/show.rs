//! The page of an insight: read it, judge it, say that it was used.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDateTime;
use diesel::OptionalExtension;
use url::Url;

use crate::accounts::guard::{Caller, Member};
use crate::accounts::person::Person;
use crate::accounts::submission;
use crate::archive::insight::{self, Insight, department_of};
use crate::archive::markdown::{self, SanitizedHtml};
use crate::archive::mentions::Known;
use crate::archive::readers::Readers;
use crate::archive::store::near::{self, Near};
use crate::archive::store::remarks::Remark;
use crate::archive::store::uses::{OwnUse, Use};
use crate::archive::store::{self, Gone, readers, remarks, uses};
use crate::clock::Calendar;
use crate::db::Conn;
use crate::error::{AppError, AppResult};
use crate::flow;
use crate::flow::store::Opening;
use crate::market;
use crate::market::shown::ValueView;
use crate::requests::store::{Answered, answered_by_insight};
use crate::review;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Query};
use crate::web::page::{self, Page, Place};
use crate::web::visit;
use crate::web::when::{self, Moment};

/// How many uses stand on the page; the others on a page of their own.
const USES: i64 = 5;
/// How many remarks stand on the page at once.
const REMARKS: i64 = 50;
/// How many insights nearby.
const NEAR: usize = 3;

#[derive(Template)]
#[template(path = "archive/show.html")]
pub(super) struct ShowPage {
    page: Page,
    insight: Insight,
    body: SanitizedHtml,
    /// The host of the evidence link, so that one sees where it leads.
    evidence_host: String,
    value: ValueView,
    readers: Readers,
    uses: Vec<Use>,
    own_use: Option<OwnUse>,
    remarks: Vec<RemarkShown>,
    /// Remarks after this one stand on the next page.
    more_remarks: Option<i64>,
    /// What was typed, where it was refused.
    remark: String,
    remark_key: String,
    near: Vec<Near>,
    mentions: Known,
    /// Requests it was offered to.
    answered: Vec<Answered>,
    errors: FieldErrors,
    can_edit: bool,
    can_withdraw: bool,
    /// Withdrawing it now means that it never was.
    can_take_back: bool,
    can_restore: bool,
    /// Whether whoever looks at it is asked if it is still true.
    is_asked: bool,
    calendar: Calendar,
    now: NaiveDateTime,
}

struct RemarkShown {
    remark: Remark,
    body: SanitizedHtml,
    can_withdraw: bool,
}

impl ShowPage {
    fn moment(&self, at: &NaiveDateTime) -> Moment {
        when::moment(self.calendar, *at, self.now)
    }

    fn used_on(&self, used: &Use) -> Moment {
        super::uses::used_on(used, self.calendar, self.now)
    }

    fn day(&self, day: &chrono::NaiveDate) -> String {
        when::day(*day, self.calendar.day(self.now))
    }

    fn department<'a>(&self, path: &'a str) -> &'a str {
        department_of(path)
    }

    /// The customer's words in quotation marks, unless they were typed, and who said them.
    fn said(&self) -> (String, &str) {
        insight::quotation(&self.insight.quote)
    }

    /// "edited once", "edited 3 times".
    fn edited(&self) -> String {
        match self.insight.edits() {
            1 => "edited once".into(),
            2 => "edited twice".into(),
            n => format!("edited {n} times"),
        }
    }
}

/// What is read for the page.
struct Loaded {
    insight: Insight,
    value: ValueView,
    readers: Vec<readers::Of>,
    uses: Vec<Use>,
    own_use: Option<OwnUse>,
    remarks: Vec<Remark>,
    near: Vec<Near>,
    answered: Vec<Answered>,
    is_asked: bool,
    mentions: Known,
    opening: Opening,
}

fn load(c: &mut Conn, viewer: &Person, id: i64, after: i64) -> AppResult<Loaded> {
    let insight = store::insight(c, viewer, id)?;
    let value = market::store::values::view_for(c, id, viewer.id).optional()?.unwrap_or_default();
    let readers = readers::by_department(c, id, insight.has_merged)?;
    // The count stands with the value: most insights have no use yet and cost no question.
    let (uses, own_use) = if value.uses > 0 {
        (uses::of(c, id, USES)?, uses::own(c, id, viewer.id)?)
    } else {
        (Vec::new(), None)
    };
    let remarks = remarks::of(c, id, after, REMARKS + 1)?;
    let near = near::of(c, viewer.id, &insight, NEAR)?;
    let answered = answered_by_insight(c, id)?;
    // Nobody else is asked, so for the others it costs no question.
    let is_asked = insight.withdrawn.is_none()
        && (insight.is_own || viewer.role.curates())
        && review::store::stale::is_asked(c, id)?;
    let texts =
        remarks.iter().map(|remark| remark.body.as_str()).chain(uses.iter().map(|one| one.note.as_str()));
    let mentions = Known::of(c, texts.chain([insight.body.as_str()]))?;
    let opening = flow::store::opening(c, viewer.id, id)?;
    Ok(Loaded {
        insight,
        value,
        readers,
        uses,
        own_use,
        remarks,
        near,
        answered,
        is_asked,
        mentions,
        opening,
    })
}

/// An insight, or what may be said in its place.
enum Found {
    Whole(Box<Loaded>),
    Gone(Gone),
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Continue {
    /// The last remark of the page before.
    remarks: String,
}

/// `GET /insights/{id}`: records the access, then answers.
pub async fn show(
    app: web::Data<App>,
    req: HttpRequest,
    caller: Caller,
    id: web::Path<i64>,
    Query(from): Query<Continue>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let after = match from.remarks.as_str() {
        "" => 0,
        text => match text.parse() {
            Ok(after) => after,
            Err(_) => {
                let why = "The remark to continue from could not be read. Open the insight again.";
                return Err(caller.refuse(AppError::BadRequest(why.into())).await);
            }
        },
    };
    let (member, found) = caller
        .read(move |c, member| match load(c, member, id, after) {
            Ok(loaded) => Ok(Found::Whole(Box::new(loaded))),
            Err(AppError::NotFound) => Ok(Found::Gone(store::gone(c, id)?)),
            Err(error) => Err(error),
        })
        .await?;
    match found {
        Found::Whole(loaded) => {
            if let Some(kept) = loaded.insight.withdrawn.as_ref().and_then(|gone| gone.merged_into) {
                return led_to(&app, kept);
            }
            let (opening, actor) = (loaded.opening, member.actor);
            // What was withdrawn is opened by nobody.
            let is_opened =
                visit::counts(&req) && loaded.insight.withdrawn.is_none() && opening.counts(actor.at);
            // Read first, because readers are many and the writer is one. The page is made while the
            // access is being written; it is not answered before that is on disk.
            let written = async {
                if is_opened {
                    app.db.write(move |c| Ok(flow::store::record_opening(c, &actor, id, &opening)?)).await?;
                }
                AppResult::Ok(())
            };
            let made = async {
                let shown = page_of(&app, &req, &member, *loaded, String::new(), FieldErrors::new())?;
                page::show(&shown, &req)
            };
            let ((), response) = tokio::try_join!(written, made)?;
            Ok(response)
        }
        Found::Gone(Gone { merged_into: Some(kept), .. }) => led_to(&app, kept),
        Found::Gone(gone) => gone_page(&app, &req, &member, gone),
    }
}

/// To the insight that stands for this one.
fn led_to(app: &App, kept: i64) -> AppResult<HttpResponse> {
    let flash = Flash::say("Two insights said the same. This one stands for both, with both authors.");
    page::see_other_saying(app, &format!("/insights/{kept}"), &flash)
}

/// The page again, with a remark that was refused.
pub(super) async fn again(
    app: &App,
    req: &HttpRequest,
    member: &Member,
    id: i64,
    remark: String,
    errors: FieldErrors,
) -> AppResult<HttpResponse> {
    let viewer = member.person.clone();
    let loaded = app.db.read(move |c| load(c, &viewer, id, 0)).await?;
    let mut shown = page_of(app, req, member, loaded, remark, errors)?;
    shown.page.title = format!("Error: {}", shown.page.title);
    page::show_again(&shown, req)
}

fn page_of(
    app: &App,
    req: &HttpRequest,
    member: &Member,
    loaded: Loaded,
    remark: String,
    errors: FieldErrors,
) -> AppResult<ShowPage> {
    let Loaded {
        insight,
        value,
        readers,
        uses,
        own_use,
        mut remarks,
        near,
        answered,
        is_asked,
        mentions,
        ..
    } = loaded;
    let more_remarks = (remarks.len() as i64 > REMARKS)
        .then(|| {
            remarks.pop();
            remarks.last().map(|remark| remark.id)
        })
        .flatten();
    let person = &member.person;
    let remarks = remarks
        .into_iter()
        .map(|remark| RemarkShown {
            body: markdown::render_with(&remark.body, &mentions),
            can_withdraw: remark.by.id == person.id || person.role.curates(),
            remark,
        })
        .collect();
    Ok(ShowPage {
        page: Page::new(req, person, Place::Archive, insight.title.clone()),
        body: markdown::render_with(&insight.body, &mentions),
        evidence_host: host(&insight.evidence_url),
        value,
        readers: Readers::of(readers),
        uses,
        own_use,
        remarks,
        more_remarks,
        remark,
        remark_key: submission::fresh_key()?,
        near,
        mentions,
        answered,
        errors,
        can_edit: insight::may_edit(person, &insight).is_ok(),
        can_withdraw: insight::may_withdraw(person, &insight).is_ok(),
        can_take_back: insight.can_be_undone(person, member.actor.at),
        can_restore: insight::may_restore(person, &insight).is_ok(),
        is_asked,
        calendar: app.calendar(),
        now: member.actor.at,
        insight,
    })
}

fn host(url: &str) -> String {
    Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "archive/gone.html")]
struct GonePage {
    page: Page,
    reason: String,
    at: Moment,
}

fn gone_page(app: &App, req: &HttpRequest, member: &Member, gone: Gone) -> AppResult<HttpResponse> {
    let page = Page::new(req, member, Place::Archive, "Withdrawn");
    let at = when::moment(app.calendar(), gone.at, member.actor.at);
    page::show_with(StatusCode::NOT_FOUND, &GonePage { page, reason: gone.reason, at }, req)
}

/// Reads an insight that somebody wants to act on in a list or on its page. What was not opened must be
/// an insight of one sentence, which was read whole in the list: then that is recorded as its access.
pub(super) fn opened(c: &mut Conn, member: &Member, id: i64) -> AppResult<Insight> {
    let insight = store::insight(c, &member.person, id)?;
    if insight.withdrawn.is_some() {
        return Err(AppError::Conflict("This insight was withdrawn."));
    }
    if !insight.is_own
        && insight::is_one_sentence(&insight.title, &insight.body, &insight.quote)
        && !flow::store::has_opened(c, id, member.id)?
    {
        flow::store::record_access(c, &member.actor, id)?;
    }
    Ok(insight)
}
