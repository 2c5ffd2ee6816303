//! The page for a board tells what the report tells, and which way it went.

use chrono::Duration;
use tradewind::jobs::{Job, tick};

use super::company::{a_month, at, company, open};
use crate::support::*;

const JOBS: &[Job] = &[tradewind::reports::jobs::BASELINE, tradewind::reports::jobs::MONTH];

async fn night(app: &TestApp) {
    app.days_later(1);
    for ran in tick(app, "node", JOBS).await.expect("a tick") {
        ran.outcome.expect("a job that works");
    }
}

on_both!(the_board_reads_the_numbers_of_the_report_and_which_way_they_went, |app| async move {
    let company = company(&app).await;
    app.another_browser(&company.dora)
        .await
        .get("/reports/board")
        .await
        .expect(200)
        .sees("There is no month yet");
    a_month(&app, &company, at("2026-09-21T08:00:00")).await;
    app.clock.set(at("2026-11-02T12:00:00"));
    night(&app).await;
    night(&app).await;
    assert_eq!(app.count("report_baselines").await, 1);
    // In November everybody opens everything of Sales, three times over.
    for (number, reader) in company.sales.iter().chain(&company.service).enumerate() {
        for insight in 1..=7 {
            for time in 0..3 {
                let when = at("2026-11-04T08:00:00") + Duration::hours(24 * time * 7 + number as i64);
                open(&app, reader, insight, when).await;
            }
        }
    }
    app.clock.set(at("2026-11-30T12:00:00"));
    night(&app).await;
    let dora = app.another_browser(&company.dora).await;
    let list = dora.get("/reports").await;
    let newest = list.attrs("th[scope=row] a", "href")[0].clone();
    let report = dora.get(&newest).await.expect(200).sees("How information flowed: November 2026");
    let board = dora.get("/reports/board").await.expect(200).sees("November 2026");
    let cell = |page: &Answer, key: &str| page.select(&format!("td[data-figure='{key}'] data"))[0].clone();
    let keys = ["C1//managers", "C2//managers", "C1//all", "C2//all"];
    let told: Vec<String> = keys.iter().map(|key| cell(&board, key)).collect();
    for (key, told) in keys.iter().zip(&told) {
        assert_eq!(cell(&report, key), *told, "{key}");
    }
    let sentence = format!(
        "Managers shared {} and opened {} insights a month each, everybody {} and {}.",
        told[0], told[1], told[2], told[3]
    );
    let board = board.sees(&sentence);
    // What the report says of the baseline, the board says in words: it rose from there.
    let row = "tr:has(td[data-figure='C2//managers'])";
    let compared = report.select(&format!("{row} td[data-label^='Baseline']"))[0].clone();
    let before = compared.strip_prefix("up from ").expect("a figure that rose").to_owned();
    board
        .sees(&format!("since the beginning it rose from {before}, by more than chance explains"))
        .sees("No obstacle is recorded yet");
    // A year before there was nothing: no column of it, only the reason.
    let heads = report.select("thead th").join("; ");
    assert!(!heads.contains("November 2025"), "{heads}");
    report.sees("November 2025: n/a.");
});
