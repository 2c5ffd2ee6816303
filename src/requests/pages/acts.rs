//! What is sent from the page of a request.

use actix_web::{HttpRequest, HttpResponse, web};

use super::ask::credits;
use super::show::{Typed, again};
use crate::accounts::guard::Member;
use crate::accounts::submission;
use crate::archive;
use crate::archive::draft::{BODY, Draft, QUOTE, title_and_rest};
use crate::archive::insight::Source;
use crate::archive::telling::Told;
use crate::error::AppResult;
use crate::ledger::Account;
use crate::ledger::store::balance;
use crate::requests::request::Refusal;
use crate::requests::store;
use crate::review::personal;
use crate::review::store::{publish, texts};
use crate::text::many_lines;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{FieldErrors, Form};
use crate::web::page;
use crate::web::when;

fn path(id: i64) -> String {
    format!("/requests/{id}")
}

/// An answer: an insight that is there (its number or address), or a text that becomes one.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnswerForm {
    key: String,
    insight: String,
    text: String,
    quote: String,
    source: String,
    /// "link" for an insight that is there; anything else shares the text.
    #[serde(rename = "do")]
    act: String,
}

/// What somebody answers with.
enum Answer {
    Link(i64),
    New(Box<Draft>),
}

impl AnswerForm {
    fn check(&self) -> Result<Answer, FieldErrors> {
        if self.act == "link" {
            return insight_of(&self.insight)
                .map(Answer::Link)
                .ok_or_else(|| FieldErrors::one("insight", "Give the number or the address of an insight"));
        }
        let mut errors = FieldErrors::new();
        let mut lines = |field: &'static str, text: &str, most: usize| {
            many_lines(text, most).unwrap_or_else(|why| {
                errors.add(field, why);
                String::new()
            })
        };
        let text = lines("text", &self.text, BODY);
        let quote = lines("quote", &self.quote, QUOTE);
        let (title, body) = title_and_rest(&text);
        if title.is_empty() && errors.is_empty() {
            errors.add("text", "Write what you know");
        }
        let source = match self.source.as_str() {
            "" => Source::default(),
            name => Source::named(name).unwrap_or_else(|| {
                errors.add("source", "Choose how you know it");
                Source::default()
            }),
        };
        errors.or(Answer::New(Box::new(Draft { title, body, quote, source, ..Draft::default() })))
    }

    fn typed(self) -> Typed {
        Typed {
            text: self.text,
            quote: self.quote,
            source: Source::named(&self.source).unwrap_or_default(),
            insight: self.insight,
            ..Typed::default()
        }
    }
}

/// The id in `412`, `#412`, `/insights/412` or a whole address of one.
fn insight_of(text: &str) -> Option<i64> {
    let text = text.trim();
    let number = match text.rsplit_once("/insights/") {
        Some((_, rest)) => rest.split(['/', '?', '#']).next().unwrap_or_default(),
        None => text.strip_prefix('#').unwrap_or(text),
    };
    number.parse().ok().filter(|id| *id > 0)
}

/// `POST /requests/{id}/answers`: a new answer is a normal contribution, about whom the request is about.
pub async fn answer(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<i64>,
    Form(form): Form<AnswerForm>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let answer = match form.check() {
        Ok(answer) => answer,
        Err(errors) => return again(&app, &req, &member, id, form.typed(), errors).await,
    };
    if let Answer::Link(insight) = answer {
        let viewer = member.id;
        if !app.db.read(move |c| Ok(archive::store::is_visible(c, viewer, insight)?)).await? {
            let errors = FieldErrors::one("insight", format!("There is no insight {insight} in the archive"));
            return again(&app, &req, &member, id, form.typed(), errors).await;
        }
    }
    let (actor, key, policy) = (member.actor, form.key, app.config.policy);
    let (found, alike) = match &answer {
        Answer::Link(_) => (Vec::new(), Vec::new()),
        Answer::New(draft) => {
            let (viewer, text) = (member.id, draft.clone());
            let alike =
                app.db.read(move |c| Ok(texts::alike_to(c, viewer, &text, None, &policy.review)?)).await?;
            (texts::personal_in(draft), alike)
        }
    };
    let person = member.person.clone();
    let (to, told) = app
        .db
        .write(move |c| {
            let mut told = Told::default();
            let to = submission::once(c, actor.person_id, &key, actor.at, |c| {
                let insight = match &answer {
                    Answer::Link(insight) => *insight,
                    Answer::New(draft) => {
                        let request = store::request(c, id)?;
                        let name = |named: Option<crate::customers::store::Named>| {
                            named.map(|named| named.name).unwrap_or_default()
                        };
                        let draft = Draft {
                            segment: name(request.segment),
                            customer: name(request.customer),
                            tags: request.tags.into_iter().map(|tag| tag.name).collect(),
                            ..(**draft).clone()
                        };
                        let (insight, names) = publish(c, &person, &actor, &draft, &alike)?;
                        told = names;
                        insight
                    }
                };
                store::answer(c, &actor, id, insight, &policy)?.map_err(Refusal::error)?;
                Ok(format!("/requests/{id}#answer-{insight}"))
            })?;
            Ok((to, told))
        })
        .await?;
    let (seen, told) = (personal::said_of(&found), told.sentence());
    let gap = if seen.is_empty() { "" } else { " " };
    let said = format!("Thank you. Who asked hears of your answer.{gap}{seen}{told}");
    page::see_other_saying(&app, &to, &Flash::say(said))
}

/// A button.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Button {}

/// `POST /requests/{id}/answers/{insight}/withdrawal`
pub async fn unlink(
    app: web::Data<App>,
    member: Member,
    place: web::Path<(i64, i64)>,
    Form(Button {}): Form<Button>,
) -> AppResult<HttpResponse> {
    let (id, insight) = place.into_inner();
    let (actor, policy) = (member.actor, app.config.policy);
    app.db.write(move |c| store::unlink(c, &actor, id, insight, &policy)?.map_err(Refusal::error)).await?;
    let flash = Flash::say("It is no answer any more. The insight itself stays in the archive.");
    page::see_other_saying(&app, &path(id), &flash)
}

/// Credits to put in.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FundForm {
    key: String,
    credits: String,
}

/// `POST /requests/{id}/funding`
pub async fn fund(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<i64>,
    Form(form): Form<FundForm>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let wrong = |why: String| {
        (Typed { credits: form.credits.clone(), ..Typed::default() }, FieldErrors::one("credits", why))
    };
    let Ok(amount) = form.credits.trim().parse::<i64>() else {
        let (typed, errors) = wrong("Write a whole number of credits".into());
        return again(&app, &req, &member, id, typed, errors).await;
    };
    let viewer = member.id;
    let key = form.key.clone();
    let (holds, sent) = app
        .db
        .read(move |c| {
            Ok((balance(c, Account::Person(viewer))?, submission::find(c, viewer, &key)?.is_some()))
        })
        .await?;
    if amount > holds && !sent {
        let (typed, errors) = wrong(format!("You have {}", credits(holds)));
        return again(&app, &req, &member, id, typed, errors).await;
    }
    let (actor, key, policy) = (member.actor, form.key.clone(), app.config.policy);
    let refused = app
        .db
        .write(move |c| {
            let mut refused = None;
            submission::once(c, actor.person_id, &key, actor.at, |c| {
                refused = store::cofund(c, &actor, id, amount, &policy)?.err();
                Ok(path(id))
            })?;
            if refused.is_some() {
                submission::free(c, actor.person_id, &key)?;
            }
            Ok(refused)
        })
        .await?;
    match refused {
        None => {
            let said = format!("{} more for the answer.", credits(amount));
            page::see_other_saying(&app, &path(id), &Flash::say(said))
        }
        Some(refusal @ (Refusal::Amount { .. } | Refusal::AnswersItself)) => {
            let (typed, errors) = wrong(refusal.words());
            again(&app, &req, &member, id, typed, errors).await
        }
        Some(refusal) => Err(refusal.error()),
    }
}

/// The award: an answer and its share, as often as there are answers; an empty share gets nothing.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AwardForm {
    answer: Vec<String>,
    share: Vec<String>,
}

impl AwardForm {
    /// Insights and weights.
    fn check(&self) -> Result<Vec<(i64, i64)>, FieldErrors> {
        let mut chosen = Vec::new();
        for (answer, share) in self.answer.iter().zip(&self.share) {
            let share = share.trim();
            if share.is_empty() || share == "0" {
                continue;
            }
            let weight: Result<i64, _> = share.parse();
            match (answer.parse::<i64>(), weight) {
                (Ok(answer), Ok(weight)) => chosen.push((answer, weight)),
                _ => return Err(FieldErrors::one("award", Refusal::Weight.words())),
            }
        }
        Ok(chosen)
    }

    fn typed(&self) -> Typed {
        let shares = self
            .answer
            .iter()
            .zip(&self.share)
            .filter_map(|(answer, share)| Some((answer.parse().ok()?, share.clone())))
            .collect();
        Typed { shares, ..Typed::default() }
    }
}

/// `POST /requests/{id}/award`
pub async fn award(
    app: web::Data<App>,
    req: HttpRequest,
    member: Member,
    id: web::Path<i64>,
    Form(form): Form<AwardForm>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let chosen = match form.check() {
        Ok(chosen) => chosen,
        Err(errors) => return again(&app, &req, &member, id, form.typed(), errors).await,
    };
    let (actor, policy) = (member.actor, app.config.policy);
    let done = app.db.write(move |c| store::award(c, &actor, id, &chosen, &policy)).await?;
    match done {
        Ok(paid) => {
            let sum: i64 = paid.iter().map(|paid| paid.credits).sum();
            let said = match (sum, paid.len()) {
                (0, 1) => "Closed: this answer helped.".to_owned(),
                (0, n) => format!("Closed: {n} answers helped."),
                (sum, 1) => format!("Awarded: {} to one answer.", credits(sum)),
                (sum, n) => format!("Awarded: {} to {n} answers.", credits(sum)),
            };
            page::see_other_saying(&app, &path(id), &Flash::say(said))
        }
        Err(refusal @ (Refusal::NotTheAsker | Refusal::Closed | Refusal::TimeIsUp)) => Err(refusal.error()),
        Err(refusal) => {
            let errors = FieldErrors::one("award", refusal.words());
            again(&app, &req, &member, id, form.typed(), errors).await
        }
    }
}

/// `POST /requests/{id}/extension`
pub async fn extend(
    app: web::Data<App>,
    member: Member,
    id: web::Path<i64>,
    Form(Button {}): Form<Button>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let (actor, policy) = (member.actor, app.config.policy);
    let until = app.db.write(move |c| store::extend(c, &actor, id, &policy)?.map_err(Refusal::error)).await?;
    let until = when::moment(app.calendar(), until, member.actor.at);
    page::see_other_saying(&app, &path(id), &Flash::say(format!("Open until {}.", until.words)))
}

/// `POST /requests/{id}/cancellation`
pub async fn cancel(
    app: web::Data<App>,
    member: Member,
    id: web::Path<i64>,
    Form(Button {}): Form<Button>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let (actor, policy) = (member.actor, app.config.policy);
    app.db.write(move |c| store::cancel(c, &actor, id, &policy)?.map_err(Refusal::error)).await?;
    let said =
        if policy.credits.on { "Taken back. Everybody has their credits again." } else { "Taken back." };
    page::see_other_saying(&app, &path(id), &Flash::say(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_insight_is_named_by_its_number_or_address() {
        for (text, id) in [
            ("412", Some(412)),
            (" #412 ", Some(412)),
            ("/insights/412", Some(412)),
            ("https://tradewind.example/insights/412?remarks=3#remarks", Some(412)),
            ("https://tradewind.example/insights/412/history", Some(412)),
            ("https://tradewind.example/requests/412", None),
            ("-1", None),
            ("0", None),
            ("", None),
            ("/insights/new", None),
        ] {
            assert_eq!(insight_of(text), id, "{text}");
        }
    }

    #[test]
    fn shares_that_are_empty_get_nothing() {
        let form = |pairs: &[(&str, &str)]| AwardForm {
            answer: pairs.iter().map(|(answer, _)| (*answer).to_owned()).collect(),
            share: pairs.iter().map(|(_, share)| (*share).to_owned()).collect(),
        };
        assert_eq!(
            form(&[("7", "2"), ("8", ""), ("9", " 1 "), ("10", "0")]).check(),
            Ok(vec![(7, 2), (9, 1)])
        );
        for share in ["half", "1.5", "99999999999999999999"] {
            assert!(form(&[("7", share)]).check().is_err(), "{share}");
        }
        assert_eq!(form(&[]).check(), Ok(Vec::new()));
    }
}
