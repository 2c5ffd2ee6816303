//! An honest trial, from its start to its end.

use chrono::Duration;
use diesel::prelude::*;
use tradewind::db::schema::{accesses, notices, trial_insights, trials};
use tradewind::flow::store::sending::{self, Reason, Sending, Sent};
use tradewind::jobs::{Job, tick};
use tradewind::market::jobs::RETENTION;

use super::company::{Company, at, company, open, share};
use crate::support::*;

const JOBS: &[Job] = &[tradewind::obstacles::jobs::CLOCK];

async fn run(app: &TestApp, node: &str) {
    // The first one notes when it is due.
    tick(app, node, JOBS).await.expect("a tick");
    app.later(11);
    for ran in tick(app, node, JOBS).await.expect("a tick") {
        ran.outcome.expect("a job that works");
    }
}

/// Sixteen insights of Sales, and an obstacle about their way to Service.
async fn begun(app: &TestApp) -> (Company, String, Vec<i64>) {
    let company = company(app).await;
    let mut insights = Vec::new();
    for number in 0..16 {
        let author = &company.sales[number % 7];
        insights
            .push(share(app, author, at("2026-10-05T08:00:00") + Duration::hours(number as i64), "").await);
    }
    // Service knows some of them a little.
    for reader in &company.service {
        open(app, reader, insights[0], at("2026-10-12T08:00:00")).await;
    }
    app.clock.set(at("2026-11-02T10:00:00"));
    let (sales, service) = (company.sales[0].department_id, company.service[0].department_id);
    let page = company.dora.get(&format!("/obstacles/new?from={sales}&to={service}")).await.expect(200);
    let fields = [
        ("description", "Service does not look at what Sales hears"),
        ("action", "Send it to them."),
        ("owner", "@ann.sales"),
        ("due", "2026-12-20"),
    ];
    let answer = company.dora.submit(&page, "form[action=\"/obstacles\"]", &fields).await.expect(303);
    let path = answer.location().to_owned();
    (company, path, insights)
}

async fn start(dora: &Visitor, path: &str, insights: &[i64]) -> Answer {
    let page = dora.get(&format!("{path}/trial")).await.expect(200);
    let mut pairs = vec![
        ("key".to_owned(), page.field("key")),
        ("department".to_owned(), { page.attrs("form.form input[name=department]", "value").remove(0) }),
    ];
    pairs.extend(insights.iter().map(|id| ("insight".to_owned(), id.to_string())));
    let fields: Vec<(&str, &str)> =
        pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let first = dora.post(&format!("{path}/trial"), &fields).await;
    // Sent again after an unknown outcome: the same trial.
    if first.status.as_u16() == 303 {
        dora.post(&format!("{path}/trial"), &fields).await.sent_to(path);
    }
    first
}

/// The insights of the two halves, sent and waiting.
async fn halves(app: &TestApp) -> (Vec<i64>, Vec<i64>) {
    app.ask(|c| {
        let half = |c: &mut tradewind::db::Conn, at_once: bool| {
            trial_insights::table
                .filter(trial_insights::at_once.eq(at_once))
                .filter(trial_insights::pair.gt(0))
                .order(trial_insights::insight_id)
                .select(trial_insights::insight_id)
                .load::<i64>(c)
        };
        Ok((half(c, true)?, half(c, false)?))
    })
    .await
}

/// How many lines of people's notices tell of insights that were sent.
async fn sent(app: &TestApp) -> i64 {
    app.ask(|c| Ok(notices::table.filter(notices::kind.eq("recommended")).count().get_result::<i64>(c)?))
        .await
}

on_both!(half_is_sent_half_waits_and_the_difference_is_told, |app| async move {
    let (company, path, insights) = begun(&app).await;
    let (dora, ann) = (&company.dora, &company.sales[0]);
    dora.get(&format!("{path}/trial")).await.sees("six pairs, the fewest").sees("What a customer said");
    start(dora, &path, &insights[..11]).await.expect(422).sees("You chose 11");
    start(dora, &path, &insights).await.sent_to(&path);
    assert_eq!((app.count("trials").await, app.count("trial_insights").await), (1, 16));
    let (at_once, later) = halves(&app).await;
    assert_eq!((at_once.len(), later.len()), (8, 8));
    // The managers of Service heard of one half; nobody follows anything here.
    let first = sent(&app).await;
    assert_eq!(first, 8 * 3);
    let page =
        dora.get(&path).await.sees("It runs until 15 November").sees("8 of 16 insights sent to =Service");
    assert!(!page.has("#trial-1 th[scope=row] + td + td + td.n"), "no numbers before its end");
    // Another one there would spoil this one, and what waits is offered to none.
    dora.get(&format!("{path}/trial")).await.sees("Too few insights").sees("there are 0");
    let service = company.service[0].department_id.to_string();
    let ids: Vec<String> = later.iter().chain(&at_once).map(i64::to_string).collect();
    let fields: Vec<(&str, &str)> =
        ids.iter().map(|id| ("insight", id.as_str())).chain([("department", service.as_str())]).collect();
    dora.post(&format!("{path}/trial"), &fields).await.expect(409).sees("runs already");

    // Nor does anybody else send what is in it, to Service or into it, until it ends.
    let (to, all, now) = (company.service[0].department_id, insights.clone(), app.now());
    let (other, held) = app
        .tell(move |c| {
            let sending =
                Sending { things: &all, department_id: to, reason: Reason::UnderRead, by: None, at: now };
            Ok((sending::send(c, &sending)?, sending::held(c, &[to])?))
        })
        .await;
    assert_eq!(other, Sent::default(), "the halves stay as they were drawn");
    assert_eq!((held.len(), held[0].until.to_string()), (16, "2026-11-16".to_owned()));
    let elsewhere = company.sales[0].department_id;
    assert!(app.ask(move |c| Ok(sending::held(c, &[elsewhere])?)).await.is_empty());
    assert_eq!(sent(&app).await, first);

    // Service opens what was sent, and a little of the rest.
    for (number, reader) in company.service.iter().enumerate() {
        for insight in &at_once {
            open(&app, reader, *insight, at("2026-11-05T08:00:00")).await;
        }
        open(&app, reader, later[number % 8], at("2026-11-06T08:00:00")).await;
        // After the end it does not count.
        open(&app, reader, later[(number + 1) % 8], at("2026-11-16T08:00:00")).await;
    }
    app.clock.set(at("2026-11-15T20:00:00"));
    run(&app, "one").await;
    let (dora, ann) = (&app.another_browser(dora).await, &app.another_browser(ann).await);
    dora.get(&path).await.sees("It runs until");
    assert_eq!(sent(&app).await, first);
    app.clock.set(at("2026-11-16T00:10:00"));
    // Two nodes at once: one ends it.
    let other = app.node(|_| ()).await;
    run(&app, "one").await;
    run(&other, "two").await;
    let (dora, ann) = (&app.another_browser(dora).await, &app.another_browser(ann).await);
    let ended = dora
        .get(&path)
        .await
        .sees("Sending helped: what was sent was opened more")
        .sees("8 pairs are compared");
    let rows = ended.select("#trial-1 table tbody tr");
    assert!(rows[0].starts_with("Sent at once856") || rows[0].starts_with("Sent at once849"), "{}", rows[0]);
    assert!(rows[2].starts_with("Difference an insight, openings+"), "{}", rows[2]);
    // Half of nobody's reading shows: counts alone.
    for reader in &company.service {
        assert!(!ended.text().contains(&reader.name), "{}", reader.name);
    }
    assert_eq!(sent(&app).await, 16 * 3, "what waited was sent, once");
    ann.get(&path).await.expect(200).sees("Sending helped");
    ann.get("/notifications").await.sees("its trial has ended");
    run(&other, "two").await;
    assert_eq!(sent(&app).await, 16 * 3);
    assert!(app.ask(move |c| Ok(sending::held(c, &[to])?)).await.is_empty(), "free again");
});

on_both!(who_opened_what_is_remembered_until_the_trial_has_counted_it, |app| async move {
    let (company, path, insights) = begun(&app).await;
    start(&company.dora, &path, &insights).await.sent_to(&path);
    let (at_once, _) = halves(&app).await;
    for reader in &company.service {
        for insight in &at_once {
            open(&app, reader, *insight, at("2026-11-05T08:00:00")).await;
        }
    }
    // Five days are remembered from now on: fewer than since the trial began.
    let node = app.node(|config| config.policy.retention.days = 5).await;
    let night = async |day: &str| {
        app.clock.set(at(&format!("{day}T10:00:00")));
        for ran in tick(&node, "one", &[RETENTION]).await.expect("a tick") {
            ran.outcome.expect("a job that works");
        }
        app.ask(|c| {
            Ok(accesses::table
                .select(accesses::day)
                .distinct()
                .order(accesses::day)
                .load::<chrono::NaiveDate>(c)?)
        })
        .await
    };
    let day = |day: &str| day.parse::<chrono::NaiveDate>().expect("a day");
    assert_eq!(night("2026-11-13").await, [day("2026-10-12"), day("2026-11-05")], "due tonight");
    assert_eq!(night("2026-11-14").await, [day("2026-11-05")], "what no trial counts is forgotten");
    app.clock.set(at("2026-11-16T00:10:00"));
    run(&app, "one").await;
    let dora = app.another_browser(&company.dora).await;
    dora.get(&path).await.sees("Sending helped: what was sent was opened more");
    assert_eq!(night("2026-11-17").await, [], "and this, once it is counted");
});

on_both!(fewer_than_five_readers_are_too_few_to_tell, |app| async move {
    let (company, path, insights) = begun(&app).await;
    start(&company.dora, &path, &insights).await.sent_to(&path);
    let (at_once, _) = halves(&app).await;
    for reader in &company.service[..4] {
        for insight in &at_once {
            open(&app, reader, *insight, at("2026-11-05T08:00:00")).await;
        }
    }
    app.clock.set(at("2026-11-17T08:00:00"));
    run(&app, "one").await;
    let page = app
        .another_browser(&company.dora)
        .await
        .get(&path)
        .await
        .sees("Too few to tell: fewer than five people");
    assert!(!page.has("#trial-1 table tbody tr th + td.n + td.n + td.n"), "no half is told");
});

on_both!(a_department_that_is_too_small_is_not_tried, |app| async move {
    let (company, path, insights) = begun(&app).await;
    let tiny = app.employee("Tom Tiny", "Tiny").await;
    let page = company.dora.get(&format!("{path}/trial?department={}", tiny.department_id)).await;
    page.expect(200).sees("fewer than five people");
    let department = tiny.department_id.to_string();
    let ids: Vec<String> = insights.iter().map(i64::to_string).collect();
    let mut fields = vec![("department", department.as_str())];
    fields.extend(ids.iter().map(|id| ("insight", id.as_str())));
    company.dora.post(&format!("{path}/trial"), &fields).await.expect(409).sees("fewer than five people");
    assert_eq!(app.count("trials").await, 0);
});

on_both!(what_is_withdrawn_leaves_with_its_partner_and_what_is_stopped_is_not_compared, |app| async move {
    let (company, path, insights) = begun(&app).await;
    let dora = &company.dora;
    start(dora, &path, &insights).await.sent_to(&path);
    let (at_once, later) = halves(&app).await;
    let gone = later[0];
    app.tell(move |c| {
        use tradewind::db::schema::insights;
        diesel::update(insights::table.find(gone))
            .set((
                insights::withdrawn_at.eq(at("2026-11-04T08:00:00")),
                insights::withdrawn_reason.eq("Wrong."),
            ))
            .execute(c)?;
        Ok(())
    })
    .await;
    for reader in &company.service {
        for insight in at_once.iter().chain(&later) {
            open(&app, reader, *insight, at("2026-11-05T08:00:00")).await;
        }
    }
    app.clock.set(at("2026-11-17T08:00:00"));
    run(&app, "one").await;
    let dora = &app.another_browser(dora).await;
    dora.get(&path)
        .await
        .sees("7 pairs are compared")
        .sees("1 insight was withdrawn meanwhile")
        .sees("No difference beyond what the draw explains");
    assert_eq!(sent(&app).await, 15 * 3, "what is withdrawn is not sent");

    // A second trial, stopped: nothing is compared, and what waits may stay unsent.
    let mut more = Vec::new();
    for number in 0..12 {
        let author = &company.sales[number % 7];
        more.push(share(&app, author, at("2026-11-18T08:00:00") + Duration::hours(number as i64), "").await);
    }
    app.clock.set(at("2026-11-20T08:00:00"));
    let dora = &app.another_browser(dora).await;
    start(dora, &path, &more).await.sent_to(&path);
    let before = sent(&app).await;
    let stopping = format!("{path}/trials/2/stopping");
    dora.post(&stopping, &[]).await.expect(400);
    let ann = app.another_browser(&company.sales[0]).await;
    ann.post(&stopping, &[("reason", "x")]).await.expect(403);
    dora.post(&stopping, &[("reason", "Service is away")]).await.sent_to(&path);
    dora.post(&stopping, &[("reason", "Service is away")]).await.expect(409);
    dora.get(&path)
        .await
        .sees("It was stopped, so nothing is compared. Service is away")
        .sees("what waited was not sent");
    app.clock.set(at("2026-12-20T08:00:00"));
    run(&app, "one").await;
    assert_eq!(sent(&app).await, before);
    let outcomes =
        app.ask(|c| Ok(trials::table.order(trials::id).select(trials::outcome).load::<String>(c)?)).await;
    assert!(!outcomes[0].is_empty() && outcomes[1].is_empty());
});
