//! The report that later ones are compared with.

use tradewind::jobs::{Job, tick};

use super::company::{a_month, at, company, open, share};
use crate::support::*;

const JOBS: &[Job] = &[tradewind::reports::jobs::BASELINE, tradewind::reports::jobs::MONTH];

async fn nights(app: &TestApp, days: i64) {
    for _ in 0..days {
        app.days_later(1);
        for ran in tick(app, "node", JOBS).await.expect("a tick") {
            ran.outcome.expect("a job that works");
        }
    }
}

async fn made(dora: &Visitor, from: &str, last: &str) -> String {
    let page = dora.get("/reports").await;
    let fields = [("from", from), ("last", last)];
    dora.submit(&page, "form[action=\"/reports\"]", &fields).await.expect(303).location().to_owned()
}

on_both!(the_first_four_full_weeks_become_the_baseline_by_themselves, |app| async move {
    app.clock.set(at("2026-10-01T12:00:00"));
    let company = company(&app).await;
    let dora = &company.dora;
    // Begun on a Tuesday: the first full week begins on the Monday after it.
    a_month(&app, &company, at("2026-10-06T08:00:00")).await;
    app.clock.set(at("2026-11-02T12:00:00"));
    nights(&app, 6).await;
    assert_eq!(app.count("report_baselines").await, 0, "until 8 November is over");
    // Dora opened nothing: where everybody must, these weeks are no beginning.
    let strict = app.node(|config| config.policy.reports.baseline_percent = 100).await;
    nights(&strict, 2).await;
    assert_eq!(app.count("report_baselines").await, 0, "BASELINE_PERCENT");
    nights(&app, 1).await;
    assert_eq!(app.count("report_baselines").await, 1);
    let dora = &app.another_browser(dora).await;
    let list = dora.get("/reports").await;
    let baseline = list.select("th:has(.range)").join("; ");
    assert_eq!(baseline, "12 Oct 2026 to 8 Nov 2026 baseline");
    nights(&app, 3).await;
    assert_eq!(app.count("report_baselines").await, 1);
    // A later report has it beside the period before and the year before; one of its own days has not.
    a_month(&app, &company, at("2026-11-16T08:00:00")).await;
    app.clock.set(at("2026-12-20T12:00:00"));
    let dora = &app.another_browser(dora).await;
    let later = made(dora, "2026-11-16", "2026-12-13").await;
    dora.get(&later).await.expect(200).sees("Baseline, 12 Oct 2026 to 8 Nov 2026");
    let csv = dora.get(&format!("{later}.csv")).await;
    assert!(
        csv.body.lines().next().is_some_and(|line| line.contains("baseline")),
        "{}",
        csv.body.lines().next().unwrap_or("")
    );
    let inside = made(dora, "2026-10-12", "2026-11-08").await;
    dora.get(&inside).await.expect(200).sees_not("Baseline, ");
});

on_both!(weeks_in_which_hardly_anybody_opened_anything_are_no_baseline, |app| async move {
    app.clock.set(at("2026-08-03T12:00:00"));
    let company = company(&app).await;
    // Filled beforehand and tried by three people; the others come in the middle of October.
    let first = share(&app, &company.sales[0], at("2026-08-03T09:00:00"), "").await;
    for reader in company.service.iter().take(3) {
        open(&app, reader, first, at("2026-08-10T08:00:00")).await;
    }
    a_month(&app, &company, at("2026-10-06T08:00:00")).await;
    app.clock.set(at("2026-10-17T12:00:00"));
    nights(&app, 1).await;
    assert_eq!(app.count("report_baselines").await, 0, "three people are no beginning");
    app.clock.set(at("2026-11-06T12:00:00"));
    nights(&app, 2).await;
    assert_eq!(app.count("report_baselines").await, 0, "the weeks before have a few of those days only");
    nights(&app, 2).await;
    let list = app.another_browser(&company.dora).await.get("/reports").await;
    let baseline = list.select("th:has(.range)").join("; ");
    assert_eq!(baseline, "12 Oct 2026 to 8 Nov 2026 baseline");
});

on_both!(another_is_chosen_once_with_a_trace, |app| async move {
    let company = company(&app).await;
    a_month(&app, &company, at("2026-09-07T08:00:00")).await;
    app.clock.set(at("2026-11-02T12:00:00"));
    let dora = &app.another_browser(&company.dora).await;
    let short = made(dora, "2026-09-07", "2026-09-20").await;
    let page = dora.get(&short).await;
    assert!(!page.has("form[action$=\"/baseline\"]"), "two weeks are too few");
    dora.post(&format!("{short}/baseline"), &[]).await.expect(409).sees("four weeks");
    let long = made(dora, "2026-09-07", "2026-10-04").await;
    let page = dora.get(&long).await;
    dora.submit(&page, "form[action$=\"/baseline\"]", &[]).await.sent_to(&long);
    dora.get(&long).await.sees("This is the baseline").sees("by Dora Example");
    let other = made(dora, "2026-09-07", "2026-10-11").await;
    assert!(!dora.get(&other).await.has("form[action$=\"/baseline\"]"));
    dora.post(&format!("{other}/baseline"), &[]).await.expect(409).sees("done once");
    let ann = app.another_browser(&company.sales[0]).await;
    ann.post(&format!("{other}/baseline"), &[]).await.expect(403);
    assert_eq!(app.count("report_baselines").await, 1);
    let log = app.ask(|c| {
        use diesel::prelude::*;
        use tradewind::db::schema::audit_log;
        Ok(audit_log::table
            .filter(audit_log::action.eq("marked as the baseline"))
            .select((audit_log::actor_id, audit_log::object))
            .load::<(Option<i64>, String)>(c)?)
    });
    assert_eq!(log.await, [(Some(dora.id), long.trim_start_matches('/').replace("reports/", "report:"))]);
});
