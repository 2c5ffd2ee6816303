//! Recording an obstacle, seeing to it, and whether its figure moved.

use chrono::Duration;
use tradewind::jobs::{Job, tick};

use super::company::{a_month, at, company, open, share};
use crate::support::*;

const JOBS: &[Job] = &[
    tradewind::market::jobs::FIGURES_ASKED,
    tradewind::obstacles::jobs::MEASURES,
    tradewind::obstacles::jobs::CLOCK,
];

/// Lets what is due run, twice: figures that are asked for are there the second time.
async fn run(app: &TestApp) {
    for _ in 0..3 {
        app.later(11);
        for ran in tick(app, "node", JOBS).await.expect("a tick") {
            ran.outcome.expect("a job that works");
        }
    }
}

const NEW: &[(&str, &str)] = &[
    ("description", "Service cannot find what Sales writes about invoices"),
    ("action", "Sales tags what it shares."),
    ("due", "2026-11-20"),
];

async fn record(visitor: &Visitor, query: &str, owner: &str) -> String {
    let page = visitor.get(&format!("/obstacles/new?{query}")).await.expect(200);
    let fields: Vec<(&str, &str)> = NEW.iter().copied().chain([("owner", owner)]).collect();
    let answer = visitor.submit(&page, "form[action=\"/obstacles\"]", &fields).await.expect(303);
    answer.location().to_owned()
}

on_both!(an_obstacle_is_recorded_from_a_flow_and_seen_to_by_its_owner, |app| async move {
    let company = company(&app).await;
    a_month(&app, &company, at("2026-10-05T08:00:00")).await;
    app.clock.set(at("2026-11-02T10:00:00"));
    // Sales reads the one insight of Service, so that every flow may be told.
    for reader in &company.sales {
        open(&app, reader, 8, at("2026-10-20T08:00:00")).await;
    }
    let (dora, ann, bob) = (&company.dora, &company.sales[0], &company.sales[1]);
    let (sales, service) = (company.sales[0].department_id, company.service[0].department_id);
    let query = format!("from={sales}&to={service}");
    dora.get(&format!("/obstacles/new?{query}"))
        .await
        .sees("First openings in =Service of what Sales shares");
    let path = record(dora, &query, &ann.name.to_lowercase()).await;

    dora.get(&path)
        .await
        .expect(200)
        .sees("Service cannot find what Sales writes about invoices")
        .sees("Sales to =Service")
        .sees("5 Oct 2026 to 1 Nov 2026")
        .sees("The next whole week brings the first number");
    // Its owner was told, sees this obstacle and its figure, and nothing else of the flow.
    ann.get("/notifications").await.sees("is yours to see to, until 20 November");
    ann.get(&path).await.expect(200).sees("Sales to =Service").sees_not("Send insights to a department");
    assert!(!ann.get(&path).await.has("main a[href^=\"/flow\"]"));
    ann.get("/obstacles").await.expect(200).sees("Obstacles you see to").sees("open");
    ann.get("/flow").await.expect(403);
    ann.get(&format!("{path}/trial")).await.expect(403);
    bob.get(&path).await.expect(404);
    bob.get("/obstacles").await.expect(200).sees("None is yours to see to");
    bob.post(&format!("{path}/state"), &[("state", "removed"), ("version", "1"), ("reason", "x")])
        .await
        .expect(404);
    // That the owner looked is written down for everybody to read, and at what.
    app.days_later(1);
    let (dora, ann) = (&app.another_browser(dora).await, &app.another_browser(ann).await);
    let log = ann.get("/transparency").await.select("#log tbody tr");
    let of_ann: Vec<&String> = log.iter().filter(|line| line.contains("Ann Sales")).collect();
    assert!(of_ann.len() == 1 && of_ann[0].ends_with("Employeean obstacle’s figure of Sales"), "{log:?}");

    // The owner acts; the chart's list marks the day; whoever opened it hears.
    let page = ann.get(&path).await;
    ann.submit(&page, "form[action$=\"/actions\"]", &[("words", "All of Sales was shown how to tag")])
        .await
        .sent_to(&path);
    ann.get(&path).await.sees("Being acted on").sees("All of Sales was shown how to tag");
    dora.get("/notifications").await.sees("All of Sales was shown how to tag");
    // Pressed twice is done once.
    let page = ann.get(&path).await;
    let key = page.field("key");
    for _ in 0..2 {
        ann.post(
            &format!("{path}/actions"),
            &[("key", &key), ("words", "Once more"), ("done", "2026-11-03")],
        )
        .await
        .sent_to(&path);
    }
    assert_eq!(ann.get(&path).await.select(".acts li").len(), 2);
    // What is to come was not done.
    ann.post(&format!("{path}/actions"), &[("words", "Later"), ("done", "2026-12-24")])
        .await
        .expect(422)
        .sees("still to come");

    // To live with it is for the office to decide; an end needs a reason.
    let version = ann.get(&path).await.field("version");
    ann.post(&format!("{path}/state"), &[("state", "accepted"), ("version", &version), ("reason", "x")])
        .await
        .expect(403);
    ann.post(&format!("{path}/state"), &[("state", "removed"), ("version", &version)])
        .await
        .expect(422)
        .sees("Say why in a sentence");
    ann.post(
        &format!("{path}/state"),
        &[("state", "removed"), ("version", &version), ("reason", "Tags are there")],
    )
    .await
    .sent_to(&path);
    // Somebody with the page of before is told so, and nothing happens twice.
    dora.post(&format!("{path}/state"), &[("state", "accepted"), ("version", &version), ("reason", "x")])
        .await
        .expect(409);
    dora.get("/obstacles").await.sees("Removed or accepted").sees("1 obstacle: 1 removed.");

    // Taken back by the button of the message, as it was.
    ann.post(&format!("{path}/reversal"), &[]).await.sent_to(&path);
    ann.get(&path).await.sees("Being acted on").sees("took the change before back");
    ann.post(&format!("{path}/reversal"), &[]).await.expect(409);
    let log = app.ask(|c| {
        use diesel::prelude::*;
        use tradewind::db::schema::audit_log;
        Ok(audit_log::table
            .filter(audit_log::object.like("obstacle:%"))
            .order(audit_log::id)
            .select(audit_log::action)
            .load::<String>(c)?)
    });
    assert_eq!(log.await, ["opened", "acted on", "changed", "acted on", "changed", "changed"]);
});

on_both!(two_who_change_it_at_once_see_both_versions, |app| async move {
    let company = company(&app).await;
    let (dora, ann) = (&company.dora, &company.sales[0]);
    let path = record(dora, "metric=C9", "ann.sales@example.com").await;
    let (hers, his) = (dora.get(&format!("{path}/edit")).await, ann.get(&format!("{path}/edit")).await);
    dora.submit(&hers, "form.form", &[("action", "A new plan of the office"), ("reason", "Budget")])
        .await
        .sent_to(&path);
    let both = ann.submit(&his, "form.form", &[("action", "A plan of Sales")]).await.expect(409);
    let both = both.sees("Two changes at once").sees("A new plan of the office");
    assert_eq!(both.field("action"), "A plan of Sales");
    ann.submit(&both, "form.form", &[("action", "Both plans")]).await.sent_to(&path);
    dora.get(&path).await.sees("Both plans").sees("changed the plan").sees("Budget");
    // An owner changes the plan alone, whatever is sent.
    let page = ann.get(&format!("{path}/edit")).await;
    assert!(!page.has("[name=due]") && !page.has("[name=owner]"));
    let version = page.field("version");
    let fields =
        [("version", version.as_str()), ("action", "x"), ("due", "2030-01-01"), ("owner", "@bob.sales")];
    ann.post(&format!("{path}/edit"), &fields).await.sent_to(&path);
    dora.get(&path).await.sees("due 20 November").sees("Ann Sales sees to it");
    // Named as people are: one of the name is enough, of two each handle is told.
    let (namesake, name) = (company.sales[2].id, company.sales[1].name.clone());
    app.tell(move |c| Ok(tradewind::accounts::store::rename(c, namesake, &name)?)).await;
    let page = dora.get(&format!("{path}/edit")).await.expect(200);
    let name = company.sales[1].name.to_uppercase();
    let refused = dora.submit(&page, "form.form", &[("owner", &name)]).await.expect(422);
    refused.sees("Several people are called").sees("@bob.sales");
    // Reassigned: the new owner hears, the old one sees it no more.
    let page = dora.get(&format!("{path}/edit")).await;
    dora.submit(&page, "form.form", &[("owner", "@bob.sales")]).await.sent_to(&path);
    company.sales[1].get("/notifications").await.sees("is yours to see to");
    ann.get(&path).await.expect(404);
});

on_both!(what_cannot_be_meant_leads_back_to_its_field, |app| async move {
    let company = company(&app).await;
    let dora = &company.dora;
    let page = dora.get("/obstacles/new?metric=C1m").await.expect(200);
    assert_eq!(page.field("metric"), "C1m");
    for (field, value, says) in [
        ("metric", "", "Choose the figure"),
        ("description", " ", "Say in a sentence"),
        ("action", "", "Say what is planned"),
        ("owner", "@nobody", "Nobody here is called nobody"),
        ("owner", "nobody@example.com", "Nobody here has this e-mail address"),
        ("owner", "", "Name who sees to it"),
        ("due", "2026-11-01", "That day is past"),
        ("due", "tomorrow", "Write the day"),
    ] {
        let fields: Vec<(&str, &str)> =
            NEW.iter().copied().filter(|(name, _)| *name != field).chain([(field, value)]).collect();
        let answer = dora.submit(&page, "form[action=\"/obstacles\"]", &fields).await.expect(422).sees(says);
        assert!(answer.has(&format!("a[href=\"#{field}\"]")), "{field}");
    }
    assert_eq!(app.count("obstacles").await, 0);
    dora.get("/obstacles/new?from=999&to=998").await.expect(404);
    // Recorded by mistake: taken back by the button, and gone for everybody.
    let path = record(dora, "metric=C9", "@ann.sales").await;
    dora.post(&format!("{path}/reversal"), &[]).await.sent_to("/obstacles");
    dora.get(&path).await.expect(404);
    company.sales[0].get(&path).await.expect(404);
});

on_both!(the_figure_is_measured_each_week_and_says_whether_it_moved, |app| async move {
    let company = company(&app).await;
    a_month(&app, &company, at("2026-10-05T08:00:00")).await;
    app.clock.set(at("2026-11-02T10:00:00"));
    let dora = &company.dora;
    let shared = record(dora, "metric=C1", "@ann.sales").await;
    dora.get(&shared).await.sees("within a few minutes");
    run(&app).await;
    // 8 insights by 15 people in 28 days.
    let before = dora.get(&shared).await.sees("0.58 a person a month").sees("8 times");
    assert_eq!(before.select("table tbody tr").len(), 1 + before.select(".data tbody tr").len());
    // Four weeks later everybody shares six times as much.
    for number in 0..48 {
        let author = &company.sales[number % 7];
        share(&app, author, at("2026-11-03T08:00:00") + Duration::hours(number as i64 * 12), "").await;
    }
    for reader in company.service.iter().chain(&company.sales) {
        open(&app, reader, 1, at("2026-11-10T08:00:00")).await;
    }
    app.clock.set(at("2026-12-01T10:00:00"));
    run(&app).await;
    let dora = &app.another_browser(dora).await;
    dora.get(&shared)
        .await
        .sees("It rose from 0.58 a person a month to")
        .sees("better by more than chance explains")
        .sees("2 Nov 2026 to 29 Nov 2026");
    dora.get("/obstacles").await.sees("better").sees("1 overdue");
    let ann = app.another_browser(&company.sales[0]).await;
    ann.get("/notifications").await.sees("was due on 20 November");
    // The same figure as the flow page of these days.
    let page = dora.get("/flow?from=2026-11-02&to=2026-11-30").await.expect(200);
    let is = dora.get(&shared).await.select("table tbody tr")[1].clone();
    let value =
        is.split("29 Nov 2026").nth(1).and_then(|rest| rest.split(' ').next()).expect("a value").to_owned();
    assert!(page.text().contains(&value), "{value} is not on the flow page");

    // Nothing is measured twice, and a week later it is measured anew.
    let measured = app.count("obstacle_measures").await;
    run(&app).await;
    assert_eq!(app.count("obstacle_measures").await, measured);
    app.days_later(7);
    run(&app).await;
    let dora = &app.another_browser(dora).await;
    assert_eq!(app.count("obstacle_measures").await, measured + 1);
    // After its end too: whether it lasts.
    let version = dora.get(&shared).await.field("version");
    let gone = [("state", "removed"), ("version", version.as_str()), ("reason", "They share")];
    dora.post(&format!("{shared}/state"), &gone).await.sent_to(&shared);
    app.days_later(70);
    run(&app).await;
    assert_eq!(app.count("obstacle_measures").await, measured + 2);
    app.another_browser(dora).await.get(&shared).await.sees("18 Jan 2027 to 14 Feb 2027");
});

on_both!(a_flow_is_told_beside_all_flows_of_the_same_weeks, |app| async move {
    let company = company(&app).await;
    // Sales reads one insight of Service in each month; Service one of Sales in the first, three in the second.
    for (month, of_sales) in [("2026-10", 1), ("2026-11", 3)] {
        let day = |number: i64| at(&format!("{month}-06T08:00:00")) + Duration::days(number);
        let of_service = share(&app, &company.service[0], day(0), "").await;
        for reader in &company.sales {
            open(&app, reader, of_service, day(2)).await;
        }
        for number in 0..of_sales {
            let insight = share(&app, &company.sales[0], day(number), "").await;
            for reader in &company.service {
                open(&app, reader, insight, day(5)).await;
            }
        }
        if month == "2026-10" {
            app.clock.set(at("2026-11-02T10:00:00"));
            let (sales, service) = (company.sales[0].department_id, company.service[0].department_id);
            record(&company.dora, &format!("from={sales}&to={service}"), "@ann.sales").await;
            run(&app).await;
        }
    }
    app.clock.set(at("2026-12-01T10:00:00"));
    run(&app).await;
    // Fourteen first openings became twenty-eight, seven of this flow twenty-one.
    let dora = app.another_browser(&company.dora).await;
    dora.get("/obstacles/1").await.sees(
        "All flows between departments together changed by +100 % in the same weeks, this one by +200 %.",
    );
});

on_both!(a_flow_of_fewer_than_five_readers_is_not_told, |app| async move {
    let company = company(&app).await;
    a_month(&app, &company, at("2026-10-05T08:00:00")).await;
    app.clock.set(at("2026-11-02T10:00:00"));
    let (sales, service) = (company.sales[0].department_id, company.service[0].department_id);
    // Nobody of Sales has read what Service shared.
    let path = record(&company.dora, &format!("from={service}&to={sales}"), "@ann.sales").await;
    company.sales[0].get(&path).await.sees("under 5 people").sees_not("times");
});
