//! Who opened what is forgotten after the set number of days; whole months keep their figures, and every rule
//! that asks for the first opening goes on being right.

use diesel::prelude::*;
use tradewind::db::schema::{accesses, audit_log, first_accesses, person_daily, retention_line};
use tradewind::flow::groups::View;
use tradewind::flow::metrics::figure::Stored;
use tradewind::flow::metrics::{self, Question};
use tradewind::flow::period::Period;
use tradewind::jobs::{Job, tick};
use tradewind::market::store::worth;

use super::{differences, open};
use crate::support::*;

const JOBS: &[Job] = &[tradewind::market::jobs::RETENTION];

/// The figures of a period to the last digit, and the matrix.
async fn figures(app: &TestApp, from: &str, to: &str) -> (Vec<String>, Vec<Option<u64>>) {
    let period = Period::new(from.parse().expect("a day"), to.parse().expect("a day")).expect("a period");
    let question = Question { period, segment: None, view: View::default(), calendar: app.calendar() };
    let found = app
        .db
        .read_alone(move |c| metrics::everything(c, question, worth::as_of))
        .await
        .expect("the figures");
    let size = found.loaded.grouping.groups.len();
    let cells = (0..size * size).map(|cell| found.matrix.shown(cell / size, cell % size)).collect();
    let figures = found
        .figures
        .into_iter()
        .map(|figure| serde_json::to_string(&Stored::from(figure)).expect("JSON"))
        .collect();
    (figures, cells)
}

/// A company that reads in November and partly again in January.
struct Company {
    officer: Visitor,
    author: Visitor,
    readers: Vec<Visitor>,
    insights: Vec<i64>,
}

async fn company(app: &TestApp) -> Company {
    let officer = app.officer("Olive Example", "Customer Office").await;
    let author = app.employee("Ann Sample", "Sales").await;
    for at in 0..5 {
        app.employee(&format!("Sales {at} Sample"), "Sales").await;
    }
    let mut readers = Vec::new();
    for at in 0..14 {
        let department = if at % 2 == 0 { "Service" } else { "Finance" };
        let name = format!("Reader {at} Sample");
        readers.push(match at {
            0..5 => app.manager(&name, department).await,
            _ => app.employee(&name, department).await,
        });
    }
    let mut insights = Vec::new();
    for at in 0..6 {
        let text = format!("What customer {at} says of late parts. They forgive them, but not silence.");
        insights.push(app.insight_with(&author, &text, |draft| draft.segment = "Hospitals".into()).await);
    }
    for (at, reader) in readers.iter().enumerate() {
        for insight in insights.iter().take(2 + at % 4) {
            app.later(7);
            assert!(open(app, reader, *insight).await);
        }
    }
    Company { officer, author, readers, insights }
}

/// Ticks until nothing is left to forget, on two nodes that take turns at random.
async fn night(app: &TestApp) {
    let other = app.node(|_| ()).await;
    tick(app, "a", JOBS).await.expect("a tick");
    app.days_later(1);
    let (mine, yours) = tokio::join!(tick(app, "a", JOBS), tick(&other, "b", JOBS));
    for ran in mine.expect("a tick").into_iter().chain(yours.expect("a tick")) {
        ran.outcome.expect("no error");
    }
}

on_both!(a_month_keeps_its_figures_when_its_readers_are_forgotten, |app| async move {
    let company = company(&app).await;
    app.days_later(65);
    for reader in &company.readers[..3] {
        assert!(open(&app, reader, company.insights[0]).await);
    }
    let november = figures(&app, "2026-11-01", "2026-12-01").await;
    let january = figures(&app, "2027-01-01", "2027-02-01").await;
    night(&app).await;
    assert_eq!(app.count("retention_line").await, 0, "nothing is old enough");

    // 190 days after November began, less than 180 after the rest came back.
    app.days_later(124);
    let all = app.count("accesses").await;
    night(&app).await;
    let line: chrono::NaiveDate =
        app.ask(|c| Ok(retention_line::table.select(retention_line::before_day).first(c)?)).await;
    assert_eq!(line, "2026-11-03".parse::<chrono::NaiveDate>().expect("a day"));
    let (left, firsts, days) = app
        .ask(move |c| {
            let left: i64 = accesses::table.filter(accesses::day.lt(line)).count().get_result(c)?;
            let firsts: i64 = first_accesses::table.count().get_result(c)?;
            let days: i64 = person_daily::table.filter(person_daily::accesses.gt(0)).count().get_result(c)?;
            Ok((left, firsts, days))
        })
        .await;
    assert_eq!((left, app.count("accesses").await, firsts, days), (0, 3, 3, 3), "of {all}");
    assert_eq!(figures(&app, "2026-11-01", "2026-12-01").await, november);
    assert_eq!(figures(&app, "2027-01-01", "2027-02-01").await, january);
    assert_eq!(differences(&app).await, [], "a rebuild keeps what it cannot make again");
    assert_eq!(figures(&app, "2026-11-01", "2026-12-01").await, november);

    // Told in the log, and done once.
    let rows: Vec<String> = app
        .ask(|c| {
            Ok(audit_log::table
                .filter(audit_log::action.like("turned into counts%"))
                .select(audit_log::detail)
                .load(c)?)
        })
        .await;
    assert_eq!(rows, [format!("{} accesses of 2026-11-02 to 2026-11-02", all - 3)]);
    night(&app).await;
    assert_eq!(app.count("accesses").await, 3);

    // The insight still knows how many have read it.
    let readers: i64 = {
        let insight = company.insights[0];
        app.ask(move |c| {
            Ok(tradewind::archive::store::readers::by_department(c, insight, false)?
                .iter()
                .map(|one| one.people)
                .sum())
        })
        .await
    };
    assert_eq!(readers, 14, "three of them came back and count once");
});

on_both!(finer_periods_say_that_they_are_gone, |app| async move {
    let company = company(&app).await;
    app.days_later(200);
    for reader in &company.readers {
        open(&app, reader, company.insights[5]).await;
    }
    night(&app).await;
    let officer = &app.another_browser(&company.officer).await;
    let author = app.another_browser(&company.author).await;
    let month = "from=2026-11-01&to=2026-12-01";
    for path in ["/flow", "/flow/people", "/flow/csv/figures", "/flow/csv/matrix", "/flow/contributions"] {
        let answer = officer.get(&format!("{path}?{month}")).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.body);
    }
    let part = "from=2026-11-02&to=2026-11-20";
    for path in [
        "/flow",
        "/flow/people",
        "/flow/csv/figures",
        "/flow/csv/matrix",
        "/flow/accesses",
        "/flow/csv/accesses",
    ] {
        let answer = officer.get(&format!("{path}?{part}")).await;
        assert_eq!(answer.status.as_u16(), 410, "{path}");
        assert!(
            answer.body.contains("Of days before 3 Nov 2026 only whole months remain: November 2026."),
            "{path}: {}",
            answer.body
        );
    }
    for path in ["/flow/accesses", "/flow/csv/accesses"] {
        let answer = officer.get(&format!("{path}?{month}")).await;
        assert_eq!(answer.status.as_u16(), 410, "{path}");
        assert!(answer.body.contains("rows behind the openings of November 2026"), "{}", answer.body);
    }
    // What pages offer begins where everything is known.
    let answer = officer.get("/flow?weeks=52").await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    let answer = author.get("/transparency").await;
    assert_eq!(answer.status.as_u16(), 200);
    assert!(author.get("/help/privacy").await.body.contains("180 days"));
});

on_both!(whoever_comes_back_may_rate_and_is_not_counted_twice_at_once, |app| async move {
    let company = company(&app).await;
    app.days_later(200);
    night(&app).await;
    assert_eq!(app.count("first_accesses").await, 0);
    let (reader, insight) = (&app.another_browser(&company.readers[5]).await, company.insights[0]);
    let rated = reader.post(&format!("/insights/{insight}/rating"), &[("value", "4")]).await;
    assert_eq!(app.count("ratings").await, 0, "they have to open it first: {}", rated.status);
    assert_eq!(reader.get(&format!("/insights/{insight}")).await.status.as_u16(), 200);
    app.later(1);
    let rated = reader.post(&format!("/insights/{insight}/rating"), &[("value", "4")]).await;
    assert!(rated.status.as_u16() < 400, "{}", rated.body);
    assert_eq!(app.count("ratings").await, 1);
    assert_eq!(app.count("first_accesses").await, 1);
    assert!(!open(&app, reader, insight).await, "half an hour lies between");
});

on_both!(nothing_but_the_job_deletes_an_access, |app| async move {
    let company = company(&app).await;
    let delete = |app: TestApp| async move {
        app.db
            .write_alone(|c| Ok(diesel::delete(accesses::table).execute(c)?))
            .await
            .map_err(|error| error.to_string())
    };
    let said = delete(app.clone()).await.expect_err("refused");
    assert!(said.contains("append-only"), "{said}");
    app.days_later(200);
    open(&app, &company.readers[0], company.insights[0]).await;
    night(&app).await;
    delete(app.clone()).await.expect_err("still refused for what is young");
    let back = app
        .db
        .write_alone(|c| {
            let day = "2026-11-01".parse::<chrono::NaiveDate>().ok();
            Ok(diesel::update(retention_line::table)
                .set(retention_line::before_day.eq(day.unwrap_or_default()))
                .execute(c)?)
        })
        .await;
    assert!(back.is_err(), "the line only moves on");
    assert!(app.count("insight_reads").await > 0);
});
