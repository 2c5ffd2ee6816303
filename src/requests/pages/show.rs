//! The page of a request: what is asked, how long still, the answers, and what the viewer may do.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDateTime;

use super::ask::credits;
use crate::accounts::guard::Member;
use crate::accounts::submission;
use crate::archive::insight::{Source, department_of};
use crate::archive::markdown::{self, SanitizedHtml};
use crate::clock::Calendar;
use crate::db::Conn;
use crate::error::AppResult;
use crate::ledger::Account;
use crate::ledger::store::balance;
use crate::market::lot::{self, Lot};
use crate::policy::Policy;
use crate::requests::near::{self, Knower};
use crate::requests::request::{Phase, Refusal, Standing, State};
use crate::requests::store::{self, Event, Funder, Given, Request};
use crate::requests::ticket::left;
use crate::web::App;
use crate::web::ago::{When, ago};
use crate::web::form::FieldErrors;
use crate::web::page::{self, Page, Place};
use crate::web::when::{self, Moment};

/// Insights offered for linking.
const NEAR: usize = 4;
/// People named while nobody has answered.
const KNOWERS: usize = 5;

/// What was typed into the forms of the page, where one was refused.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    pub text: String,
    pub quote: String,
    pub source: Source,
    pub insight: String,
    pub credits: String,
    /// Insight and share.
    pub shares: Vec<(i64, String)>,
}

/// An answer with everything that stands around it.
struct AnswerShown {
    lot: Lot,
    given: Given,
    at: When,
    /// It was shared after the request was opened, by whoever linked it.
    is_new: bool,
    /// It can be awarded.
    is_payable: bool,
    /// The viewer may take the link back.
    can_unlink: bool,
    /// The share in the award form.
    share: String,
}

impl AnswerShown {
    fn title(&self) -> &str {
        &self.given.title
    }
}

/// A line of the history.
struct Line {
    /// Id and name; the clock has none.
    who: Option<(i64, String)>,
    text: String,
    insight: Option<(i64, String)>,
    at: Moment,
    /// The question as it was.
    before: String,
}

#[derive(Template)]
#[template(path = "requests/show.html")]
struct ShowPage {
    page: Page,
    request: Request,
    why: SanitizedHtml,
    phase: Phase,
    /// "3 days left", or how it ended.
    clock: String,
    closes: Moment,
    /// When the clock decides.
    ends: Moment,
    asked: When,
    /// Credits waiting in it.
    escrow: i64,
    funders: Vec<Funder>,
    answers: Vec<AnswerShown>,
    /// Insights that may answer it.
    near: Vec<Lot>,
    knowers: Vec<Knower>,
    lines: Vec<Line>,
    is_asker: bool,
    can_answer: bool,
    can_award: bool,
    can_extend: bool,
    can_cancel: bool,
    can_edit: bool,
    /// The most the viewer may put in; 0: nothing.
    can_fund: i64,
    own_answers_only: bool,
    typed: Typed,
    key: String,
    errors: FieldErrors,
    policy: Policy,
    holds: i64,
}

impl ShowPage {
    fn department(&self) -> &str {
        department_of(&self.request.department)
    }

    fn is_open(&self) -> bool {
        self.request.state == State::Open
    }

    /// What the clock will do, or did.
    fn ending(&self) -> String {
        let credits_on = self.escrow > 0;
        match (self.request.state, self.phase) {
            (State::Open, Phase::Answering) if self.request.asker_is_gone => format!(
                "Who asked has left. After {}, an answer rated well enough {}; else {}.",
                self.ends.words,
                if credits_on { "has the bounty" } else { "counts as the one" },
                if credits_on { "everybody has their credits back" } else { "it ends" },
            ),
            (State::Open, Phase::Answering) => format!("Answers until {}.", self.closes.words),
            (State::Open, _) => format!(
                "The time to answer has passed. {} may award until {}; then an answer rated well enough {}, else {}.",
                if self.is_asker { "You" } else { "Who asked" },
                self.ends.words,
                if credits_on { "has the whole bounty" } else { "counts as the one" },
                if credits_on { "everybody has their credits back" } else { "it ends" },
            ),
            (State::Awarded, _) => "Who asked said which answers helped.".into(),
            (State::AutoAwarded, _) => {
                "Who asked did not award in time: the best rated answer has the bounty.".into()
            }
            (State::Expired, _) => "No answer was rated well enough in time.".into(),
            (State::Cancelled, _) => "Taken back before anybody had answered.".into(),
        }
    }
}

/// `GET /requests/{id}`
pub async fn show(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<i64>,
) -> AppResult<HttpResponse> {
    let shown = page_of(&app, &req, &member, id.into_inner(), Typed::default(), FieldErrors::new()).await?;
    page::show(&shown, &req)
}

/// The page with what was typed and what is wrong with it.
pub(super) async fn again(
    app: &App,
    req: &HttpRequest,
    member: &Member,
    id: i64,
    typed: Typed,
    errors: FieldErrors,
) -> AppResult<HttpResponse> {
    let mut shown = page_of(app, req, member, id, typed, errors).await?;
    shown.page.title = format!("Error: {}", shown.page.title);
    page::show_again(&shown, req)
}

/// What is read for the page.
struct Loaded {
    request: Request,
    standing: Standing,
    escrow: i64,
    holds: i64,
    funders: Vec<Funder>,
    answers: Vec<Given>,
    lots: Vec<Lot>,
    near: Vec<Lot>,
    knowers: Vec<Knower>,
    events: Vec<Event>,
}

fn load(
    c: &mut Conn,
    viewer: i64,
    id: i64,
    now: NaiveDateTime,
    calendar: Calendar,
    policy: &Policy,
) -> AppResult<Loaded> {
    let request = store::request(c, id)?;
    let standing = store::standing(c, id, now, &policy.play)?;
    let answers = store::answers(c, id)?;
    let ids: Vec<i64> = answers.iter().map(|given| given.merged_into.unwrap_or(given.insight)).collect();
    let lots = lot::lots(c, viewer, &ids, &[], now, calendar)?;
    let (mut near, mut knowers) = (Vec::new(), Vec::new());
    if standing.may_answer(now, &policy.requests).is_ok() {
        let found = near::insights(c, viewer, &request.question, NEAR + ids.len())?;
        let found: Vec<i64> = found.into_iter().filter(|id| !ids.contains(id)).take(NEAR).collect();
        if answers.is_empty() {
            knowers = near::knowers(c, &found, request.asker.id)?;
            knowers.truncate(KNOWERS);
        }
        near = lot::lots(c, viewer, &found, &near::terms(&request.question), now, calendar)?;
    }
    Ok(Loaded {
        standing,
        escrow: balance(c, Account::Escrow(id))?,
        holds: balance(c, Account::Person(viewer))?,
        funders: store::funders(c, id)?,
        events: store::events(c, id)?,
        request,
        answers,
        lots,
        near,
        knowers,
    })
}

async fn page_of(
    app: &App,
    req: &HttpRequest,
    member: &Member,
    id: i64,
    typed: Typed,
    errors: FieldErrors,
) -> AppResult<ShowPage> {
    let policy = app.config.policy;
    let (viewer, now, calendar) = (member.id, member.actor.at, app.calendar());
    let loaded = app.db.read(move |c| load(c, viewer, id, now, calendar, &policy)).await?;
    let Loaded { request, standing, escrow, holds, funders, answers, lots, near, knowers, events } = loaded;
    let rules = &policy.requests;
    let only_one = answers.iter().filter(|given| payable(&standing, given)).count() == 1;
    let answers: Vec<AnswerShown> = lots
        .into_iter()
        .filter_map(|lot| {
            let stands_as = |given: &&Given| given.merged_into.unwrap_or(given.insight) == lot.id;
            let given = answers.iter().find(stands_as)?.clone();
            let is_payable = payable(&standing, &given);
            let typed = typed.shares.iter().find(|(insight, _)| *insight == given.insight);
            Some(AnswerShown {
                at: ago(given.at, now, calendar),
                is_new: given.contributed_at >= request.asked_at && given.by == given.author,
                is_payable,
                can_unlink: standing.state == State::Open
                    && store::may_unlink(lot.is_own, given.by == viewer, given.at, now),
                share: match typed {
                    Some((_, share)) => share.clone(),
                    None if only_one => "1".into(),
                    None => String::new(),
                },
                lot,
                given,
            })
        })
        .collect();
    let most = match standing.may_fund(viewer, 0, now, rules) {
        Err(Refusal::Amount { most, .. }) if policy.credits.on => most.max(0),
        _ => 0,
    };
    let phase = standing.phase(now, rules);
    Ok(ShowPage {
        page: Page::new(req, member, Place::Requests, request.question.clone()),
        why: markdown::render(&request.why),
        clock: clock_words(&request, phase, now, calendar),
        closes: when::moment(calendar, request.closes_at, now),
        ends: when::moment(calendar, standing.ends_at(rules), now),
        asked: ago(request.asked_at, now, calendar),
        is_asker: request.asker.id == viewer,
        can_answer: standing.may_answer(now, rules).is_ok(),
        can_award: request.asker.id == viewer
            && standing.state == State::Open
            && phase != Phase::Over
            && answers.iter().any(|answer| answer.is_payable),
        can_extend: standing.may_extend(viewer, now, rules).is_ok(),
        can_cancel: standing.may_cancel(viewer, now, rules).is_ok(),
        can_edit: standing.may_edit(viewer, member.role.curates(), now, rules).is_ok(),
        can_fund: most,
        own_answers_only: !answers.is_empty() && answers.iter().all(|answer| !answer.is_payable),
        lines: events.into_iter().map(|event| line(event, calendar, now)).collect(),
        key: submission::fresh_key()?,
        phase,
        request,
        escrow,
        funders,
        answers,
        near,
        knowers,
        typed,
        errors,
        policy,
        holds,
    })
}

fn payable(standing: &Standing, given: &Given) -> bool {
    standing
        .answers
        .iter()
        .find(|answer| answer.insight == given.insight)
        .is_some_and(|answer| standing.may_be_paid(answer))
}

fn clock_words(request: &Request, phase: Phase, now: NaiveDateTime, calendar: Calendar) -> String {
    match (request.state, phase) {
        (State::Open, Phase::Answering) => left(request.closes_at, now),
        (State::Open, _) => "Waits for its award".into(),
        (state, _) => match request.closed_at {
            Some(at) => format!("{} {}", state.title(), ago(at, now, calendar).words),
            None => state.title().into(),
        },
    }
}

fn line(event: Event, calendar: Calendar, now: NaiveDateTime) -> Line {
    let gave = |credits: i64| if credits > 0 { self::credits(credits) } else { String::new() };
    let text = match (event.kind.as_str(), event.credits) {
        ("asked", 0) => "asked".into(),
        ("asked", n) => format!("asked, offering {}", gave(n)),
        ("funded", n) => format!("added {}", gave(n)),
        ("edited", _) => "corrected the words".into(),
        ("answered", _) => "answered with".into(),
        ("unlinked", _) => "took back the answer".into(),
        ("extended", _) => "gave it more time".into(),
        ("awarded", 0) => "said that this helped:".into(),
        ("awarded", n) => format!("awarded {} to", gave(n)),
        ("auto_awarded", 0) => "Its time had passed; the best rated answer is".into(),
        ("auto_awarded", n) => format!("Its time had passed; {} went to", gave(n)),
        ("expired", 0) => "Its time had passed without an answer rated well enough.".into(),
        ("expired", n) => {
            format!("Its time had passed without an answer rated well enough; {} went back.", gave(n))
        }
        ("cancelled", 0) => "took it back".into(),
        ("cancelled", n) => format!("took it back; {} went back", gave(n)),
        (other, _) => other.to_owned(),
    };
    Line {
        who: event.actor.zip(event.name),
        text,
        insight: event.insight.map(|id| (id, event.title.unwrap_or_else(|| "a withdrawn insight".into()))),
        at: when::moment(calendar, event.at, now),
        before: event.detail,
    }
}
