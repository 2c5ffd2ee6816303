//! Lowering a threshold takes two people and is told to everybody; raising takes one.

use diesel::prelude::*;
use tradewind::db::schema::{audit_log, notices, people};
use tradewind::jobs::{Job, tick};
use tradewind::market::store::{agreed, values};
use tradewind::policy::ValuePolicy;

use super::company::*;
use crate::support::*;

const JOBS: &[Job] = &[tradewind::market::jobs::REFIT, tradewind::privacy::jobs::TELL];

async fn in_force(app: &TestApp) -> i64 {
    app.ask(|c| Ok(values::policy(c)?)).await.number_from
}

/// The night in which a node's settings ask for so many ratings.
async fn a_night(app: &TestApp, number_from: i64) {
    let node = app
        .node(move |config| config.policy.value = ValuePolicy { number_from, ..config.policy.value })
        .await;
    app.days_later(1);
    tick(&node, "a", JOBS).await.expect("a tick");
}

on_both!(two_people_lower_a_threshold_and_everybody_is_told, |app| async move {
    let company = company(&app).await;
    tick(&app, "a", JOBS).await.expect("a tick");
    a_night(&app, 3).await;
    assert_eq!(in_force(&app).await, 5, "the settings alone do not lower it");

    let proposal = [("name", "SHOWN_NUMBER_FROM"), ("value", "4"), ("reason", "We are few.")];
    let (ada, dora) = (app.another_browser(&company.ada).await, app.another_browser(&company.dora).await);
    dora.post("/privacy/thresholds", &proposal).await.expect(403);
    for (value, reason, why) in [
        ("five", "We are few.", "Write a whole number"),
        ("4", "", "Say why"),
        ("2", "We are few.", "3 at least"),
        ("5", "We are few.", "must be lower"),
    ] {
        let form = [("name", "SHOWN_NUMBER_FROM"), ("value", value), ("reason", reason)];
        let answer = ada.post("/privacy/thresholds", &form).await;
        assert!(
            [400, 422].contains(&answer.status.as_u16()) && answer.body.contains(why),
            "{value}: {}",
            answer.body
        );
    }
    ada.post("/privacy/thresholds", &proposal).await.expect(303);
    ada.post("/privacy/thresholds", &proposal).await.expect(409);
    let page = dora.get("/privacy/thresholds").await.expect(200);
    assert!(page.body.contains("4 instead of 5") && page.body.contains("We are few."), "{}", page.body);
    let transparent = app.another_browser(&company.people[3]).await.get("/transparency").await;
    assert!(transparent.body.contains("proposed and not yet agreed"));
    a_night(&app, 3).await;
    assert_eq!(in_force(&app).await, 5, "one has proposed");
    let id = app.ask(|c| Ok(agreed::changes(c)?)).await[0].id;
    let answer = format!("/privacy/thresholds/{id}");
    let (ada, dora) = (app.another_browser(&company.ada).await, app.another_browser(&company.dora).await);
    ada.post(&answer, &[("agree", "yes")]).await.expect(403);
    assert_eq!(app.count("notices").await, 0);
    dora.post(&answer, &[("agree", "yes")]).await.expect(303);
    dora.post(&answer, &[("agree", "yes")]).await.expect(404);

    a_night(&app, 3).await;
    assert_eq!(in_force(&app).await, 4, "not what the settings ask for, but what was agreed");
    let (told, there): (i64, i64) = app
        .ask(|c| {
            Ok((
                notices::table.filter(notices::kind.eq("privacy")).count().get_result(c)?,
                people::table.filter(people::disabled_at.is_null()).count().get_result(c)?,
            ))
        })
        .await;
    assert_eq!(told, there, "everybody, once");
    let trace: Vec<String> = app
        .ask(|c| {
            let own = audit_log::table.filter(audit_log::object.eq("privacy")).order(audit_log::id);
            Ok(own.select(audit_log::action).load(c)?)
        })
        .await;
    assert_eq!(trace, ["proposed to lower a privacy threshold", "agreed to lower a privacy threshold"]);

    // One raises it, and then it takes two again.
    a_night(&app, 8).await;
    assert_eq!(in_force(&app).await, 8);
    a_night(&app, 6).await;
    assert_eq!(in_force(&app).await, 8);
    let ann = app.another_browser(&company.people[7]).await;
    let page = ann.get("/privacy/thresholds").await.expect(200);
    assert!(page.body.contains("Raised by the settings of a node"), "{}", page.body);
    assert!(!page.body.contains("name=\"value\""), "an employee proposes nothing");
    assert!(ann.get("/transparency").await.expect(200).text().contains("is shown: 8"));
});

on_both!(nobody_agrees_with_oneself, |app| async move {
    let company = company(&app).await;
    let ada = app.acting(&company.ada);
    app.tell(move |c| agreed::propose(c, &ada, "SHOWN_DAYS", 2, "Sooner.")).await;
    let id = app.ask(|c| Ok(agreed::changes(c)?)).await[0].id;
    // Whoever proposed it has become the officer since then.
    let failed = app.db.write(move |c| agreed::decide(c, &ada, id, true)).await;
    assert!(failed.is_err());
    let dora = app.acting(&company.dora);
    app.tell(move |c| agreed::decide(c, &dora, id, false)).await;
    assert!(app.ask(|c| Ok(agreed::untold(c)?)).await.is_none(), "nothing to tell");
    let ann = app.another_browser(&company.people[7]).await;
    assert!(ann.get("/privacy/thresholds").await.body.contains("Refused by Dora Example"));
});
