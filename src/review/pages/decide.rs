//! `/review/{id}`: one case with what speaks for it, what can be decided, and what was.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDateTime;

use super::words;
use crate::accounts::guard::Curator;
use crate::accounts::person::Person;
use crate::archive::insight::{Insight, department_of};
use crate::archive::markdown::{self, SanitizedHtml};
use crate::archive::store as archive;
use crate::clock::Calendar;
use crate::db::Conn;
use crate::error::AppResult;
use crate::review::case::{Decision, Evidence, Kind, State};
use crate::review::play::Community;
use crate::review::store::cases::{self, Case, Party, Past};
use crate::review::store::deciding::{self, Ruled, Ruling};
use crate::review::store::reports::{self, Report};
use crate::review::store::{evidence, titles};
use crate::text::{capital, many_lines};
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page::{self, Page, Place};
use crate::web::when::{self, Moment};

/// Longest reason, in bytes.
const LONGEST: usize = 2 * 1024;

/// What a curator decides.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RulingForm {
    decision: String,
    reason: String,
    /// "yes": credits that would not have been earned go back.
    take_back: String,
    /// The state in which the page showed the case.
    seen: String,
}

impl RulingForm {
    fn check(&self, kind: Kind) -> Result<Ruling, FieldErrors> {
        let mut errors = FieldErrors::new();
        let decision = Decision::named(&self.decision).filter(|decision| kind.decisions().contains(decision));
        if decision.is_none() {
            errors.add("decision", "Choose what to do");
        }
        let reason = match many_lines(&self.reason, LONGEST) {
            Ok(reason) if reason.trim().is_empty() => {
                errors.add("reason", "Say why, in a few words: those concerned read it");
                String::new()
            }
            Ok(reason) => reason.trim().to_owned(),
            Err(why) => {
                errors.add("reason", why);
                String::new()
            }
        };
        errors.or(Ruling {
            decision: decision.unwrap_or(Decision::Dismiss),
            reason,
            take_back: self.take_back == "yes",
            seen: State::named(&self.seen).unwrap_or(State::Open),
        })
    }
}

/// A text that a case is about, whole.
struct Text {
    insight: Insight,
    body: SanitizedHtml,
    readers: i64,
    raters: i64,
}

/// An insight with how many of its ratings are in question.
struct Concerned {
    id: i64,
    title: String,
    ratings: i64,
}

/// A line of the table of favours.
struct FavourLine {
    from: String,
    to: String,
    ratings: u32,
    above: String,
}

/// A line of the table of what is rated together.
struct TogetherLine {
    one: String,
    two: String,
    common: u32,
    close: u32,
}

/// What speaks for a case, read for its page.
#[derive(Default)]
struct Shown {
    texts: Vec<Text>,
    remark: Option<(String, SanitizedHtml)>,
    reports: Vec<Report>,
    parties: Vec<Party>,
    favours: Vec<FavourLine>,
    together: Vec<TogetherLine>,
    concerned: Vec<Concerned>,
    /// Of a series: who was rated.
    author: String,
    /// What these insights have earned the people of the case.
    earned: i64,
    requests: Vec<(i64, String)>,
    history: Vec<Past>,
    next: Option<i64>,
}

#[derive(Template)]
#[template(path = "review/case.html")]
struct CasePage {
    page: Page,
    case: Case,
    shown: Shown,
    form: RulingForm,
    errors: FieldErrors,
    /// Somebody else decided while this curator was reading.
    faster: bool,
    /// The curator is part of it: there is nothing to see.
    is_part: bool,
    credits: bool,
    calendar: Calendar,
    now: NaiveDateTime,
}

impl CasePage {
    fn moment(&self, at: &NaiveDateTime) -> Moment {
        when::moment(self.calendar, *at, self.now)
    }

    fn day(&self, day: &chrono::NaiveDate) -> String {
        when::day(*day, self.calendar.day(self.now))
    }

    fn department<'a>(&self, path: &'a str) -> &'a str {
        department_of(path)
    }

    fn line(&self) -> String {
        words::evidence(&self.case.evidence)
    }

    fn past(&self, decision: &Decision) -> &'static str {
        decision.past(self.case.kind)
    }

    fn past_capital(&self, decision: &Decision) -> String {
        capital(self.past(decision))
    }

    fn choice(&self, decision: &Decision) -> &'static str {
        decision.choice(self.case.kind)
    }

    fn consequence(&self, decision: &Decision) -> &'static str {
        decision.consequence(self.case.kind)
    }

    /// "in one department", "in 3 departments".
    fn across(&self, departments: &u32) -> String {
        if *departments == 1 { "in one department".into() } else { format!("in {departments} departments") }
    }

    /// Whether the days of a series are not over yet.
    fn is_held(&self, until: &NaiveDateTime) -> bool {
        *until > self.now
    }

    fn can_decide(&self) -> bool {
        !self.is_part && self.case.state != State::Done
    }

    /// A watched case offers what ends it.
    fn decisions(&self) -> Vec<Decision> {
        let all = self.case.kind.decisions().iter().copied();
        all.filter(|one| self.case.state == State::Open || *one != Decision::AsOne).collect()
    }

    fn can_undo(&self) -> bool {
        !self.is_part
            && self.case.state != State::Open
            && self.case.decision.is_some_and(|decision| decision.can_be_undone())
    }
}

fn load(c: &mut Conn, person: &Person, id: i64) -> AppResult<(Case, bool, Shown)> {
    let case = cases::case(c, id)?;
    let next = cases::next_open(c, case.kind, id)?;
    if deciding::is_part(c, person, &case)? {
        return Ok((case, true, Shown { next, ..Shown::default() }));
    }
    let mut shown = Shown { history: cases::history(c, id)?, next, ..Shown::default() };
    for insight_id in [case.insight_id, case.other_id].into_iter().flatten() {
        let insight = archive::insight(c, person, insight_id)?;
        let (readers, raters) = evidence::readers_and_raters(c, insight_id)?;
        shown.texts.push(Text { body: markdown::render(&insight.body), insight, readers, raters });
    }
    if let Some(remark) = case.remark_id {
        let (by, body) = evidence::remark(c, remark)?;
        shown.remark = Some((by, markdown::render(&body)));
    }
    if case.kind == Kind::Reported {
        shown.reports = reports::of(c, id)?;
    }
    if case.kind.is_play() {
        shown.parties = cases::parties(c, id)?;
        shown.concerned = evidence::concerned(c, id)?
            .into_iter()
            .map(|(id, title, ratings)| Concerned { id, title, ratings })
            .collect();
    }
    match &case.evidence {
        Evidence::Community { community, .. } => {
            tables(&mut shown, community);
            shown.earned = evidence::earned(c, id)?;
        }
        Evidence::Serial { author, .. } => shown.author = titles::person(c, *author)?,
        Evidence::RoundTrip { round } => shown.requests = evidence::questions(c, &round.requests)?,
        _ => {}
    }
    Ok((case, false, shown))
}

/// Ids become names; means stand on at least three ratings each.
fn tables(shown: &mut Shown, community: &Community) {
    let name = |id: i64| {
        let party = shown.parties.iter().find(|party| party.0 == id);
        party.map_or_else(|| format!("person {id}"), |party| party.1.clone())
    };
    shown.favours = community
        .favours
        .iter()
        .map(|favour| FavourLine {
            from: name(favour.from),
            to: name(favour.to),
            ratings: favour.ratings,
            above: format!("+{:.1}", favour.above),
        })
        .collect();
    shown.together = community
        .together
        .iter()
        .map(|pair| TogetherLine {
            one: name(pair.one),
            two: name(pair.two),
            common: pair.common,
            close: pair.close,
        })
        .collect();
}

async fn page_of(
    app: &App,
    req: &HttpRequest,
    curator: &Curator,
    id: i64,
    form: RulingForm,
    errors: FieldErrors,
    faster: bool,
) -> AppResult<CasePage> {
    let person = curator.person.clone();
    let (case, is_part, shown) = app.db.read(move |c| load(c, &person, id)).await?;
    let error = if errors.is_empty() && !faster { "" } else { "Error: " };
    let title = format!("{error}{}, case {id}", case.kind.title());
    Ok(CasePage {
        page: Page::new(req, curator, Place::Review, title),
        form: RulingForm { seen: case.state.name().to_owned(), ..form },
        case,
        shown,
        errors,
        faster,
        is_part,
        credits: app.config.policy.credits.on,
        calendar: app.calendar(),
        now: curator.actor.at,
    })
}

/// `GET /review/{id}`
pub async fn show(
    app: web::Data<App>,
    req: HttpRequest,
    curator: Curator,
    id: web::Path<i64>,
) -> AppResult<HttpResponse> {
    let (form, errors) = (RulingForm::default(), FieldErrors::new());
    let shown = page_of(&app, &req, &curator, id.into_inner(), form, errors, false).await?;
    page::show(&shown, &req)
}

/// `POST /review/{id}/decision`
pub async fn decide(
    app: web::Data<App>,
    req: HttpRequest,
    curator: Curator,
    id: web::Path<i64>,
    Form(form): Form<RulingForm>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let case = app.db.read(move |c| cases::case(c, id)).await?;
    let ruling = match form.check(case.kind) {
        Ok(ruling) => ruling,
        Err(errors) => {
            let shown = page_of(&app, &req, &curator, id, form, errors, false).await?;
            return page::show_again(&shown, &req);
        }
    };
    let (actor, person, policy) = (curator.actor, curator.person.clone(), app.config.policy);
    let decided = ruling.decision;
    let (ruled, next) = app
        .db
        .write(move |c| {
            let ruled = deciding::decide(c, &actor, &person, &policy, id, &ruling)?;
            Ok((ruled, cases::next_open(c, case.kind, id)?))
        })
        .await?;
    if let Ruled::Already(_) = ruled {
        let shown = page_of(&app, &req, &curator, id, form, FieldErrors::new(), true).await?;
        return page::show_with(StatusCode::CONFLICT, &shown, &req);
    }
    let past = capital(decided.past(case.kind));
    let flash =
        Flash::with_undo(format!("{past}. It is noted with your reason."), format!("/review/{id}/reopening"));
    // On with the next one; a watched case is looked at once more.
    let to = match next {
        Some(next) if decided.leads_to() == State::Done => format!("/review/{next}"),
        _ if decided.leads_to() == State::Watched => format!("/review/{id}"),
        _ => "/review".to_owned(),
    };
    page::see_other_saying(&app, &to, &flash.leading_to(format!("/review/{id}")))
}

/// The button that takes a decision back.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReopenForm {}

/// `POST /review/{id}/reopening`
pub async fn reopen(
    app: web::Data<App>,
    curator: Curator,
    id: web::Path<i64>,
    Form(ReopenForm {}): Form<ReopenForm>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let (actor, person, policy) = (curator.actor, curator.person.clone(), app.config.policy);
    app.db.write(move |c| deciding::undo(c, &actor, &person, &policy, id)).await?;
    let flash = Flash::say("Taken back. The case is open again, and everything counts as before.");
    page::see_other_saying(&app, &format!("/review/{id}"), &flash)
}
