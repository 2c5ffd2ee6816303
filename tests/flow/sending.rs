//! What a department is sent: to whom it matters, once, and written down.

use diesel::prelude::*;
use tradewind::db::schema::{audit_log, notices, sendings};
use tradewind::flow::store::sending::{self, Reason, Sending, Sent};
use tradewind::ledger::store::post;
use tradewind::ledger::{Reason as For, Transaction};
use tradewind::requests::store as requests;

use super::share;
use crate::support::*;

/// What somebody was told.
async fn told(app: &TestApp, person: &Visitor) -> Vec<String> {
    let id = person.id;
    app.ask(move |c| {
        Ok(notices::table
            .filter(notices::person_id.eq(id))
            .order(notices::id)
            .select(notices::text)
            .load::<String>(c)?)
    })
    .await
}

async fn send(app: &TestApp, things: &[i64], to: i64, by: i64) -> Sent {
    let (things, at) = (things.to_vec(), app.now());
    app.tell(move |c| {
        let sending =
            Sending { things: &things, department_id: to, reason: Reason::NotFound, by: Some(by), at };
        Ok(sending::send(c, &sending)?)
    })
    .await
}

async fn give(app: &TestApp, person: &Visitor) {
    let grant =
        Transaction::grant(format!("grant:test:{}", person.id), For::Correction, person.id, 30, app.now());
    app.tell(move |c| post(c, &grant).map(|_| ())).await;
}

async fn ask(who: &Visitor, question: &str) {
    let form = [("question", question), ("bounty", "5"), ("seen", question), ("key", question)];
    who.post("/requests", &form).await.expect(303);
}

/// Compares what is asked with the archive, as the job does.
async fn compare(app: &TestApp) -> usize {
    let now = app.now();
    app.tell(move |c| Ok(requests::compare(c, now)?.0)).await
}

on_both!(an_insight_is_sent_once_to_those_who_want_it, |app| async move {
    let olive = app.officer("Olive Example", "Office").await;
    let ann = app.employee("Ann Sample", "Support").await;
    let (bob, _eve) = (
        app.employee("Bob Example", "Operations/North").await,
        app.employee("Eve Example", "Operations").await,
    );
    let (mia, zoe) =
        (app.manager("Mia Sample", "Operations").await, app.manager("Zoe Sample", "Finance").await);
    let known = share(&app, &ann, "Controllers print our invoices twice.").await;
    let other = share(&app, &ann, "Crates are counted at night.").await;
    give(&app, &bob).await;
    ask(&bob, "Why do controllers print invoices?").await;
    assert_eq!(compare(&app).await, 1);
    assert_eq!(compare(&app).await, 0, "compared already");
    let operations = mia.department_id;
    let before = (told(&app, &bob).await.len(), told(&app, &mia).await.len());

    // Bob asked: he is told, and nobody else of his department.
    assert_eq!(
        send(&app, &[known], operations, olive.id).await,
        Sent { things: vec![known], people: 1 },
        "below Operations too"
    );
    let text = "“Controllers print our invoices twice” from Support may answer what you asked";
    assert_eq!(told(&app, &bob).await[before.0..], [text.to_owned()]);
    assert_eq!(told(&app, &mia).await.len(), before.1);

    // Nobody asked about the other: the manager is.
    assert_eq!(send(&app, &[known, other], operations, olive.id).await.things, [other], "each once");
    assert_eq!(
        told(&app, &mia).await.last().map(String::as_str),
        Some("“Crates are counted at night” from Support is worth reading for Operations")
    );
    assert_eq!(send(&app, &[known, other], operations, olive.id).await, Sent::default());
    assert_eq!(told(&app, &bob).await.len(), before.0 + 1);
    assert_eq!(send(&app, &[other], zoe.department_id, olive.id).await.people, 1, "another department");
    // Where nobody can be told nothing is written down.
    assert_eq!(send(&app, &[other], ann.department_id, olive.id).await, Sent::default());
    assert_eq!(app.count("sendings").await, 3);
    let log = app
        .ask(|c| {
            Ok(audit_log::table
                .filter(audit_log::action.eq("sent"))
                .order(audit_log::id)
                .select((audit_log::actor_id, audit_log::object))
                .load::<(Option<i64>, String)>(c)?)
        })
        .await;
    let line = |id: i64| (Some(olive.id), format!("insight:{id}"));
    assert_eq!(log, [line(known), line(other), line(other)]);
});

on_both!(managers_are_asked_about_a_request_once, |app| async move {
    let (bob, mia) =
        (app.employee("Bob Example", "Operations").await, app.manager("Mia Sample", "Support").await);
    give(&app, &bob).await;
    ask(&bob, "Why do controllers print invoices?").await;
    let request = app
        .ask(|c| {
            use tradewind::db::schema::requests;
            Ok(requests::table.select(requests::id).first::<i64>(c)?)
        })
        .await;
    let (at, to) = (app.now(), mia.department_id);
    for people in [1, 0] {
        let sent = app
            .tell(move |c| {
                let sending =
                    Sending { things: &[request], department_id: to, reason: Reason::NotKnown, by: None, at };
                Ok(sending::ask_managers(c, &sending)?)
            })
            .await;
        assert_eq!(sent.people, people);
    }
    assert_eq!(
        told(&app, &mia).await,
        ["Operations waits for an answer to “Why do controllers print invoices?”: who in Support knows?"]
    );
    let reasons = app.ask(|c| Ok(sendings::table.select(sendings::reason).load::<String>(c)?)).await;
    assert_eq!(reasons, ["not_known"]);
});
