//! Asking: the form, what the archive has already, and the request itself.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::guard::Member;
use crate::accounts::{self, submission};
use crate::archive::draft::NAME;
use crate::customers;
use crate::db::Conn;
use crate::error::AppResult;
use crate::ledger::Account;
use crate::ledger::store::balance;
use crate::market::lot::{self, Lot};
use crate::policy::Policy;
use crate::requests::near;
use crate::requests::request::{DEPARTMENTS, QUESTION, TAGS, WHY, may_ask, may_offer};
use crate::requests::store::{self, Draft};
use crate::requests::ticket::{self, Ticket};
use crate::text::{fold, many_lines, one_line};
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form, Query};
use crate::web::page::{self, Page, Place};

/// Insights and requests shown before somebody asks.
const NEAR: usize = 4;
/// What the form proposes.
const PROPOSED: i64 = 10;

/// What a browser sends when somebody asks or corrects a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AskForm {
    /// Idempotency key.
    pub key: String,
    pub question: String,
    pub why: String,
    pub segment: String,
    pub customer: String,
    /// Separated by commas.
    pub tags: String,
    /// Ids, one field for each box that is ticked.
    pub department: Vec<String>,
    pub bounty: String,
    /// The question for which the page has shown what is known.
    pub seen: String,
}

impl AskForm {
    /// What is asked, valid but for the bounty.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn check(&self) -> Result<Draft, FieldErrors> {
        let mut errors = FieldErrors::new();
        let mut line = |field: &'static str, text: &str, max: usize| {
            one_line(text, max).unwrap_or_else(|why| {
                errors.add(field, why);
                String::new()
            })
        };
        let question = line("question", &self.question, QUESTION);
        let segment = line("segment", &self.segment, NAME);
        let customer = line("customer", &self.customer, NAME);
        if question.is_empty() && errors.of("question").is_none() {
            errors.add("question", "Write what you want to know");
        }
        let why = many_lines(&self.why, WHY).unwrap_or_else(|why| {
            errors.add("why", why);
            String::new()
        });
        let tags = topics(&self.tags).unwrap_or_else(|why| {
            errors.add("tags", why);
            Vec::new()
        });
        let mut departments = Vec::new();
        for id in &self.department {
            match id.parse::<i64>() {
                Ok(id) => departments.push(id),
                Err(_) => errors.add("department", "Choose departments from the list"),
            }
        }
        if departments.len() > DEPARTMENTS {
            errors.add("department", format!("Choose at most {DEPARTMENTS} departments, or none for all"));
        }
        errors.or(Draft { question, why, segment, customer, tags, departments, bounty: 0 })
    }

    /// The bounty, where there are credits.
    fn offered(&self, policy: &Policy, holds: i64, errors: &mut FieldErrors) -> i64 {
        if !policy.credits.on {
            return 0;
        }
        let Ok(bounty) = self.bounty.trim().parse::<i64>() else {
            errors.add("bounty", "Write a whole number of credits");
            return 0;
        };
        if let Err(refusal) = may_offer(bounty, &policy.requests) {
            errors.add("bounty", refusal.words());
        } else if bounty > holds {
            errors.add("bounty", format!("You have {}: offer at most that", credits(holds)));
        }
        bounty
    }
}

pub(super) fn topics(text: &str) -> Result<Vec<String>, String> {
    let mut tags: Vec<String> = Vec::new();
    for part in text.split([',', ';', '\n']) {
        let tag = one_line(part.trim().trim_start_matches('#'), NAME)?;
        if !tag.is_empty() && !tags.iter().any(|known| fold(known) == fold(&tag)) {
            tags.push(tag);
        }
    }
    if tags.len() > TAGS {
        return Err(format!("Use at most {TAGS} topics; these are {}", tags.len()));
    }
    Ok(tags)
}

/// "1 credit", "12 credits".
pub(super) fn credits(credits: i64) -> String {
    if credits == 1 { "1 credit".into() } else { format!("{credits} credits") }
}

/// A department to tick.
pub(super) struct Choice {
    pub id: i64,
    pub name: String,
    pub ticked: bool,
}

/// What the forms offer to choose from.
#[derive(Default)]
pub(super) struct Choices {
    pub segments: Vec<String>,
    pub customers: Vec<String>,
    pub departments: Vec<Choice>,
}

impl Choices {
    /// First-level departments, and those below that are ticked already; segments and customers.
    pub(super) fn load(c: &mut Conn, ticked: &[String]) -> AppResult<Choices> {
        let departments = accounts::store::departments(c)?
            .into_iter()
            .map(|branch| {
                let level = branch.level();
                (branch.row.id, branch.row.path, level)
            })
            .map(|(id, name, level)| (Choice { id, ticked: ticked.contains(&id.to_string()), name }, level))
            .filter(|(choice, level)| *level == 1 || choice.ticked)
            .map(|(choice, _)| choice)
            .collect();
        Ok(Choices {
            segments: customers::store::segment_names(c)?,
            customers: customers::store::customer_names(c, 200)?,
            departments,
        })
    }
}

/// What is known already.
#[derive(Default)]
struct Near {
    lots: Vec<Lot>,
    tickets: Vec<Ticket>,
}

impl Near {
    fn is_empty(&self) -> bool {
        self.lots.is_empty() && self.tickets.is_empty()
    }
}

#[derive(Template)]
#[template(path = "requests/ask.html")]
struct AskPage {
    page: Page,
    form: AskForm,
    choices: Choices,
    errors: FieldErrors,
    near: Near,
    policy: Policy,
    /// What the asker holds.
    holds: i64,
    /// Requests the asker has open.
    open: i64,
}

impl AskPage {
    /// Whether there is no sense in filling the form.
    fn cannot(&self) -> Option<String> {
        if may_ask(self.open, &self.policy.requests).is_err() {
            return Some(format!(
                "You have {} open requests, as many as one person may. Award one of them, or take one back while nobody has answered.",
                self.open
            ));
        }
        (self.policy.credits.on && self.holds < self.policy.requests.bounty_min).then(|| {
            format!(
                "You have {}, and a request offers at least {}.",
                credits(self.holds),
                self.policy.requests.bounty_min
            )
        })
    }

    fn is_out_of_credits(&self) -> bool {
        self.policy.credits.on && self.holds < self.policy.requests.bounty_min
    }
}

/// What a link may fill in.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Prefill {
    /// The words of a search that found nothing.
    q: String,
    segment: String,
    customer: String,
    tags: String,
    /// The id of a department.
    department: String,
}

/// `GET /requests/new`
pub async fn ask(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    Query(fill): Query<Prefill>,
) -> AppResult<HttpResponse> {
    let policy = app.config.policy;
    let question: String = fill.q.trim().chars().take(QUESTION).collect();
    let form = AskForm {
        key: submission::fresh_key()?,
        seen: question.clone(),
        question,
        segment: fill.segment,
        customer: fill.customer,
        tags: fill.tags,
        department: if fill.department.is_empty() { Vec::new() } else { vec![fill.department] },
        bounty: PROPOSED.clamp(policy.requests.bounty_min, policy.requests.bounty_max).to_string(),
        ..AskForm::default()
    };
    let shown = page_of(&app, &req, &member, form, FieldErrors::new(), true).await?;
    page::show(&shown, &req)
}

async fn page_of(
    app: &App,
    req: &HttpRequest,
    member: &Member,
    form: AskForm,
    errors: FieldErrors,
    look: bool,
) -> AppResult<AskPage> {
    let title = if errors.is_empty() { "Ask your colleagues" } else { "Error: Ask your colleagues" };
    let page = Page::new(req, member, Place::Requests, title);
    let (viewer, now, calendar) = (member.id, member.actor.at, app.calendar());
    let (question, ticked) = (form.question.clone(), form.department.clone());
    let (choices, near, holds, open) = app
        .db
        .read(move |c| {
            let choices = Choices::load(c, &ticked)?;
            let near = if look && !question.is_empty() {
                let ids = near::insights(c, viewer, &question, NEAR)?;
                let asked = near::requests(c, &question, 0, now, NEAR)?;
                Near {
                    lots: lot::lots(c, viewer, &ids, &near::terms(&question), now, calendar)?,
                    tickets: ticket::of_few(c, &asked, now, calendar)?,
                }
            } else {
                Near::default()
            };
            let holds = balance(c, Account::Person(viewer))?;
            Ok((choices, near, holds, store::open_of(c, viewer)?))
        })
        .await?;
    Ok(AskPage { page, form, choices, errors, near, policy: app.config.policy, holds, open })
}

/// `POST /requests`: shows first what is known about it, once for a question; then asks.
pub async fn open(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    Form(form): Form<AskForm>,
) -> AppResult<HttpResponse> {
    let policy = app.config.policy;
    let (viewer, key) = (member.id, form.key.clone());
    let (before, holds, open) = app
        .db
        .read(move |c| {
            let before =
                submission::find(c, viewer, &key)?.filter(|path| !key.is_empty() && !path.is_empty());
            Ok((before, balance(c, Account::Person(viewer))?, store::open_of(c, viewer)?))
        })
        .await?;
    if let Some(path) = before {
        // Pressed twice, or again after an unknown outcome: it was asked.
        return page::see_other_saying(&app, &path, &Flash::say("Asked already: this is your request."));
    }
    let mut errors = FieldErrors::new();
    let bounty = form.offered(&policy, holds, &mut errors);
    let draft = match form.check() {
        Ok(draft) => Draft { bounty, ..draft },
        Err(mut wrong) => {
            for (field, message) in errors.iter() {
                wrong.add(field, message);
            }
            errors = wrong;
            Draft::default()
        }
    };
    if let Err(refusal) = may_ask(open, &policy.requests) {
        errors.add("question", refusal.words());
    }
    if !errors.is_empty() {
        let shown = page_of(&app, &req, &member, form, errors, false).await?;
        return page::show_again(&shown, &req);
    }
    if fold(&form.seen) != fold(&draft.question) {
        let form = AskForm { seen: draft.question.clone(), question: draft.question.clone(), ..form.clone() };
        let shown = page_of(&app, &req, &member, form, FieldErrors::new(), true).await?;
        if !shown.near.is_empty() {
            return page::show(&shown, &req);
        }
    }
    let (actor, key) = (member.actor, form.key);
    let asked = app
        .db
        .write(move |c| {
            submission::once(c, actor.person_id, &key, actor.at, |c| {
                let id = store::open(c, &actor, &draft, &policy)?;
                Ok(format!("/requests/{id}"))
            })
        })
        .await?;
    let said = if policy.credits.on {
        "Asked. Those who may know hear of it; your credits wait for the answer."
    } else {
        "Asked. Those who may know hear of it."
    };
    page::see_other_saying(&app, &asked, &Flash::say(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        let fine = AskForm { question: "Who prints?".into(), ..AskForm::default() };
        assert!(fine.check().is_ok());
        type Set = fn(&mut AskForm);
        let table: [(&str, Set, &str); 7] = [
            ("question", |form| form.question = " ".into(), "want to know"),
            ("question", |form| form.question = "x".repeat(QUESTION + 1), "at most 200"),
            ("question", |form| form.question = "a\nb".into(), "one line"),
            ("why", |form| form.why = "x".repeat(WHY + 1), "4"),
            ("tags", |form| form.tags = "a,b,c,d,e,f,g".into(), "at most 6"),
            ("department", |form| form.department = vec!["Sales".into()], "from the list"),
            ("segment", |form| form.segment = "x".repeat(NAME + 1), "at most"),
        ];
        for (field, set, message) in table {
            let mut form = fine.clone();
            set(&mut form);
            let errors = form.check().expect_err("a fault");
            let said = errors.of(field).unwrap_or_default();
            assert!(said.contains(message), "{field}: {said:?} in {errors}");
        }
    }

    #[test]
    fn nobody_offers_more_than_they_have() {
        let policy = Policy::default();
        for (typed, holds, said) in [
            ("10", 10, ""),
            ("11", 10, "You have 10 credits"),
            ("4", 10, "5 to 50"),
            ("51", 99, "5 to 50"),
            ("-5", 99, "5 to 50"),
            ("ten", 99, "whole number"),
            ("", 99, "whole number"),
            ("99999999999999999999", 99, "whole number"),
        ] {
            let form = AskForm { bounty: typed.into(), ..AskForm::default() };
            let mut errors = FieldErrors::new();
            form.offered(&policy, holds, &mut errors);
            assert!(errors.of("bounty").unwrap_or_default().contains(said), "{typed}: {errors}");
            assert_eq!(errors.is_empty(), said.is_empty(), "{typed}: {errors}");
        }
    }
}
