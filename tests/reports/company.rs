//! A company with two departments of seven people, and a month in which they share and open.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;
use tradewind::accounts::person::Actor;
use tradewind::config::Mail;
use tradewind::db::schema::{outbox, reports};
use tradewind::flow::store;
use tradewind::jobs::{Job, tick};

use crate::support::*;

/// The two jobs.
pub const JOBS: &[Job] = &[tradewind::reports::jobs::MONTH, tradewind::reports::jobs::MAIL];

pub struct Company {
    pub sales: Vec<Visitor>,
    pub service: Vec<Visitor>,
    pub dora: Visitor,
}

pub fn at(text: &str) -> NaiveDateTime {
    text.parse().expect("a time")
}

/// Seven people in each of two departments, two of them managers, and the Chief Customer Officer.
pub async fn company(app: &TestApp) -> Company {
    let mut departments = Vec::new();
    for department in ["Sales", "=Service"] {
        let mut people = Vec::new();
        for (number, name) in ["Ann", "Bob", "Cid", "Dan", "Eve", "Fay", "Gil"].iter().enumerate() {
            let name = format!("{name} {}", department.trim_start_matches('='));
            people.push(if number < 3 {
                app.manager(&name, department).await
            } else {
                app.employee(&name, department).await
            });
        }
        departments.push(people);
    }
    let dora = app.officer("Dora Example", "Sales").await;
    let service = departments.pop().expect("a department");
    let sales = departments.pop().expect("a department");
    Company { sales, service, dora }
}

fn acting(app: &TestApp, person: &Visitor, at: NaiveDateTime) -> Actor {
    Actor {
        person_id: person.id,
        department_id: person.department_id,
        manager: person.manager,
        at,
        day: app.calendar().day(at),
    }
}

/// An insight shared at a time.
pub async fn share(app: &TestApp, author: &Visitor, when: NaiveDateTime, segment: &str) -> i64 {
    let now = app.now();
    app.clock.set(when);
    let text = format!("What a customer said on {when}. It is short.");
    let id = app.insight_with(author, &text, |draft| draft.segment = segment.into()).await;
    app.clock.set(now);
    id
}

/// Somebody opens an insight at a time.
pub async fn open(app: &TestApp, person: &Visitor, insight: i64, when: NaiveDateTime) {
    let actor = acting(app, person, when);
    app.tell(move |c| Ok(store::record_access(c, &actor, insight)?)).await;
}

/// A month of sharing and opening that begins on this Monday: everybody of Sales shares, everybody opens the
/// first of it, Service more.
pub async fn a_month(app: &TestApp, company: &Company, monday: NaiveDateTime) {
    let mut insights = Vec::new();
    for (number, author) in company.sales.iter().enumerate() {
        let when = monday + Duration::days(number as i64);
        insights.push(share(app, author, when, if number % 2 == 0 { "Hospitals" } else { "" }).await);
    }
    share(app, &company.service[0], monday, "Hospitals").await;
    for (day, reader) in company.sales.iter().chain(&company.service).enumerate() {
        for insight in insights.iter().take(2 + day % 5) {
            open(app, reader, *insight, monday + Duration::days(8 + day as i64 % 11)).await;
        }
    }
}

/// A node that mails, and nobody who takes it.
pub async fn with_mail(app: &TestApp) -> TestApp {
    let mail = Mail::read("smtp://127.0.0.1:9", "Tradewind <tradewind@test.example>").expect("a server");
    app.node(|config| config.mail = mail).await
}

/// Lets the jobs run whose time has come; returns what they said.
pub async fn run(app: &TestApp, node: &str) -> Vec<String> {
    let ran = tick(app, node, JOBS).await.expect("a tick");
    ran.into_iter()
        .map(|ran| ran.outcome.expect("a job that works"))
        .filter(|note| !note.is_empty())
        .collect()
}

/// The numbers of the reports, oldest first.
pub async fn ids(app: &TestApp) -> Vec<i64> {
    app.ask(|c| Ok(reports::table.order(reports::id).select(reports::id).load(c)?)).await
}

/// Subject and text of the mails that wait.
pub async fn mails(app: &TestApp) -> Vec<(String, String)> {
    app.ask(|c| {
        Ok(outbox::table
            .filter(outbox::purpose.eq("report"))
            .order(outbox::id)
            .select((outbox::subject, outbox::body))
            .load(c)?)
    })
    .await
}
