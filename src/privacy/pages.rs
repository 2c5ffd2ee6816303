//! `/privacy/thresholds`: from how many ratings on what is shown, who changed it, and the two people it
//! takes to lower it.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::prelude::*;

use crate::accounts::guard::{Admin, Member, Officer};
use crate::accounts::proof;
use crate::db::schema::people;
use crate::error::AppResult;
use crate::market::agreed::THRESHOLDS;
use crate::market::store::{agreed, values};
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page::{self, Page, Place};
use crate::web::when;

/// Characters of a reason.
const LONGEST: usize = 500;
const HERE: &str = "/privacy/thresholds";

/// The routes of this feature.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/privacy/thresholds", web::get().to(show))
        .route("/privacy/thresholds", web::post().to(propose))
        .route("/privacy/thresholds/{id}", web::post().to(decide));
}

#[derive(Template)]
#[template(path = "privacy/thresholds.html")]
struct ThresholdsPage {
    page: Page,
    rows: Vec<Line>,
    changes: Vec<ChangeLine>,
    may_propose: bool,
    may_decide: bool,
    form: ProposeForm,
    errors: FieldErrors,
}

struct Line {
    name: &'static str,
    title: &'static str,
    in_force: i64,
    /// Without a second person no less.
    least: i64,
    floor: i64,
}

struct ChangeLine {
    id: i64,
    sentence: String,
    reason: String,
    proposed: String,
    decided: String,
    /// Whether whoever looks may answer it.
    may_answer: bool,
}

/// What a proposal says.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProposeForm {
    name: String,
    value: String,
    reason: String,
    proof: String,
}

impl ProposeForm {
    fn fields(&self) -> Vec<(&'static str, String)> {
        vec![("name", self.name.clone()), ("value", self.value.clone()), ("reason", self.reason.clone())]
    }
}

/// The second person's answer.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DecideForm {
    /// `yes` or `no`.
    agree: String,
    proof: String,
}

/// Shows it, to everybody.
pub async fn show(req: HttpRequest, app: web::Data<App>, member: Member) -> AppResult<HttpResponse> {
    let page = load(&req, &app, &member, ProposeForm::default(), FieldErrors::new()).await?;
    page::show(&page, &req)
}

async fn load(
    req: &HttpRequest,
    app: &App,
    member: &Member,
    form: ProposeForm,
    errors: FieldErrors,
) -> AppResult<ThresholdsPage> {
    let (policy, least, changes, names) = app
        .db
        .read(|c| {
            let least =
                THRESHOLDS.iter().map(|one| agreed::least(c, one)).collect::<QueryResult<Vec<i64>>>()?;
            let changes = agreed::changes(c)?;
            let ids: Vec<i64> =
                changes.iter().flat_map(|one| [one.proposed_by, one.decided_by]).flatten().collect();
            let names: Vec<(i64, String)> =
                people::table.filter(people::id.eq_any(ids)).select((people::id, people::name)).load(c)?;
            Ok((values::policy(c)?, least, changes, names))
        })
        .await?;
    let now = member.actor.at;
    let by = |id: Option<i64>| match id {
        Some(id) => {
            names.iter().find(|(known, _)| *known == id).map_or("somebody", |(_, name)| name).to_owned()
        }
        None => "the settings of a node".to_owned(),
    };
    let on = |at: chrono::NaiveDateTime| when::day(app.calendar().day(at), app.calendar().day(now));
    let title =
        if errors.is_empty() { "From how many ratings on" } else { "Error: From how many ratings on" };
    let may_decide = member.role.sees_flow();
    Ok(ThresholdsPage {
        page: Page::new(req, member, Place::You, title),
        rows: THRESHOLDS
            .iter()
            .zip(least)
            .map(|(one, least)| Line {
                name: one.name,
                title: one.title,
                in_force: (one.of)(&policy),
                least,
                floor: one.floor,
            })
            .collect(),
        changes: changes
            .into_iter()
            .map(|change| ChangeLine {
                id: change.id,
                sentence: change.sentence(),
                proposed: match change.proposed_by {
                    Some(_) => format!("Proposed by {}, {}", by(change.proposed_by), on(change.proposed_at)),
                    None => format!("Raised by the settings of a node, {}", on(change.proposed_at)),
                },
                decided: match (change.decided_at, change.agreed) {
                    (Some(at), true) if change.decided_by.is_some() => {
                        format!("Agreed by {}, {}", by(change.decided_by), on(at))
                    }
                    (Some(_), true) => String::new(),
                    (Some(at), false) => format!("Refused by {}, {}", by(change.decided_by), on(at)),
                    (None, _) => "Waits for a Chief Customer Officer".to_owned(),
                },
                may_answer: may_decide && change.is_open() && change.proposed_by != Some(member.id),
                reason: change.reason,
            })
            .collect(),
        may_propose: member.role.administers(),
        may_decide,
        form,
        errors,
    })
}

/// An administrator proposes to lower one.
pub async fn propose(
    req: HttpRequest,
    app: web::Data<App>,
    admin: Admin,
    Form(form): Form<ProposeForm>,
) -> AppResult<HttpResponse> {
    let mut errors = FieldErrors::new();
    let value = form.value.trim().parse::<i64>().ok();
    if value.is_none() {
        errors.add("value", "Write a whole number");
    }
    let reason = form.reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > LONGEST {
        errors.add("reason", format!("Say why, in up to {LONGEST} characters: everybody can read it"));
    }
    let Some(value) = value.filter(|_| errors.is_empty()) else {
        return page::show_again(&load(&req, &app, &admin, form, errors).await?, &req);
    };
    if let Some(asked) = proof::asked(&app, &req, &admin, &form.proof, form.fields(), HERE).await? {
        return Ok(asked);
    }
    let (actor, name) = (admin.actor, form.name.clone());
    app.db.write(move |c| agreed::propose(c, &actor, &name, value, &reason)).await?;
    let said = "Proposed. It holds once a Chief Customer Officer has agreed.";
    page::see_other_saying(&app, HERE, &Flash::say(said))
}

/// A Chief Customer Officer agrees, or does not.
pub async fn decide(
    req: HttpRequest,
    app: web::Data<App>,
    officer: Officer,
    id: web::Path<i64>,
    Form(form): Form<DecideForm>,
) -> AppResult<HttpResponse> {
    let (id, agree) = (id.into_inner(), form.agree == "yes");
    if agree {
        let fields = vec![("agree", form.agree.clone())];
        if let Some(asked) = proof::asked(&app, &req, &officer, &form.proof, fields, HERE).await? {
            return Ok(asked);
        }
    }
    let actor = officer.actor;
    app.db.write(move |c| agreed::decide(c, &actor, id, agree)).await?;
    let said = if agree {
        "Agreed. Everybody is told. It holds from the next night on, where the settings of the node ask for it."
    } else {
        "Refused. Nothing changes."
    };
    page::see_other_saying(&app, HERE, &Flash::say(said))
}
