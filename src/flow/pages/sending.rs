//! Doing something about a flow that is stuck: sending insights, asking managers. What is sent follows from
//! what is known at that moment, never from the form; what was sent before is not sent again.

use actix_web::{HttpResponse, web};
use chrono::NaiveDateTime;
use serde::Deserialize;

use super::filters::{Filters, FlowQuery};
use super::lines::{self, Done, Sendable};
use super::numbers::counted;
use super::stuck;
use crate::accounts::guard::Officer;
use crate::db::Conn;
use crate::error::{AppError, AppResult};
use crate::flow::metrics::{Loaded, Question};
use crate::flow::store::looks::EVERYBODY;
use crate::flow::store::readings;
use crate::flow::store::sending::{self as store, Reason, Sending, Sent};
use crate::flow::unblock::Why;
use crate::policy::StuckPolicy;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{Form, Query};
use crate::web::page;

/// Which insights of those that would be sent are: all, where nothing could be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Marked {
    /// `yes` where each could be.
    marked: String,
    insight: Vec<String>,
}

impl Marked {
    fn read(&self) -> AppResult<Option<Vec<i64>>> {
        if self.marked.is_empty() && self.insight.is_empty() {
            return Ok(None);
        }
        let ids: Vec<i64> = self.insight.iter().filter_map(|id| id.parse().ok()).collect();
        if ids.is_empty() || ids.len() < self.insight.len() {
            return Err(AppError::BadRequest(
                "Mark at least one insight that should be sent; nothing was.".into(),
            ));
        }
        Ok(Some(ids))
    }
}

/// What was sent, to whom in words.
struct Outcome {
    why: Why,
    sent: Sent,
    name: String,
}

/// `POST /flow/{from}/{to}/sending`: the one thing to do about this flow.
pub async fn unblock(
    app: web::Data<App>,
    officer: Officer,
    path: web::Path<(String, String)>,
    Query(typed): Query<FlowQuery>,
    Form(form): Form<Marked>,
) -> AppResult<HttpResponse> {
    let marked = form.read()?;
    let first = app.db.read(|c| Ok(readings::first_day(c)?)).await?;
    let filters = Filters::read(&typed, officer.actor.day, first)?;
    let question = filters.question(&app);
    let policy = app.config.policy.stuck;
    let keys = path.into_inner();
    let back = format!("/flow/{}/{}?{}", keys.0, keys.1, filters.query());
    let (by, at) = (officer.actor.person_id, officer.actor.at);
    let outcome =
        app.db.write(move |c| act(c, question, &keys, marked.as_deref(), &policy, (by, at))).await?;
    page::see_other_saying(&app, &back, &Flash::say(said(&outcome)))
}

fn act(
    c: &mut Conn,
    question: Question,
    keys: &(String, String),
    marked: Option<&[i64]>,
    policy: &StuckPolicy,
    (by, at): (i64, NaiveDateTime),
) -> AppResult<Outcome> {
    let loaded = Loaded::new(c, question)?;
    let place = |key: &str| loaded.grouping.with_key(key).ok_or(AppError::NotFound);
    let (from, to) = (place(&keys.0)?, place(&keys.1)?);
    let asked = stuck::load(c, question.period, at)?;
    let found = asked.stuck(&loaded, policy);
    let Some(one) = found.into_iter().find(|one| (one.from, one.to) == (from, to)) else {
        return Err(AppError::Conflict("This flow is not stuck any more: nothing was sent."));
    };
    let groups = &loaded.grouping.groups;
    let one = [one];
    let done = Done::load(c, &one, groups)?;
    let [one] = one;
    let Sendable { department: department_id, mut things, .. } = lines::to_send(&one, groups, &done);
    if let Some(marked) = marked {
        things.retain(|thing| marked.contains(thing));
    }
    if department_id == EVERYBODY {
        return Err(AppError::Conflict(
            "This group is no department of its own: choose a finer view to send.",
        ));
    }
    let sending = |reason: Reason| Sending { things: &things, department_id, reason, by: Some(by), at };
    let (sent, name) = match one.why {
        Why::NotFound => (store::send(c, &sending(Reason::NotFound))?, &groups[to].name),
        Why::NotTrusted => (store::send(c, &sending(Reason::NotTrusted))?, &groups[to].name),
        Why::NotKnown => (store::ask_managers(c, &sending(Reason::NotKnown))?, &groups[from].name),
        Why::Slow => (Sent::default(), &groups[from].name),
    };
    Ok(Outcome { why: one.why, sent, name: name.clone() })
}

fn said(outcome: &Outcome) -> String {
    let Outcome { why, sent, name } = outcome;
    match why {
        Why::NotKnown => asked_words(sent, name),
        _ => sent_words(sent, name),
    }
}

/// "2 insights sent to Sales; 7 people were told."
pub(super) fn sent_words(sent: &Sent, name: &str) -> String {
    if sent.things.is_empty() {
        return format!(
            "Nothing new was sent to {name}: it was sent before, waits in a trial, or nobody there asked, follows or leads."
        );
    }
    let insights = counted(sent.things.len() as i64, "insight was", "insights were");
    format!("{insights} sent to {name}. {}", told(sent.people))
}

fn asked_words(sent: &Sent, name: &str) -> String {
    if sent.things.is_empty() {
        return format!("The managers of {name} were asked before, or it has none.");
    }
    let requests = counted(sent.things.len() as i64, "request", "requests");
    format!("The managers of {name} were asked about {requests}.")
}

/// How many were told, as far as that may be told.
fn told(people: usize) -> String {
    match people {
        0..=4 => "Those who asked, follow it or lead there were told: fewer than five.".into(),
        people => format!("{people} people who asked, follow it or lead there were told."),
    }
}
