//! The office of the Chief Customer Officer: which flow is stuck and why, what is done about it, and what
//! lies idle.

use diesel::prelude::*;
use tradewind::db::schema::{notices, requests as requests_table};
use tradewind::flow::metrics;
use tradewind::flow::store::shapes;
use tradewind::market::store::{ratings, worth};
use tradewind::requests::store as requests;

use super::adds_up::css;
use super::{acting, open, share};
use crate::support::*;

/// Support and Operations, six people each with a manager among them, and the officer.
struct Company {
    officer: Visitor,
    support: Vec<Visitor>,
    operations: Vec<Visitor>,
}

async fn company(app: &TestApp) -> Company {
    let officer = app.officer("Olive Example", "Office").await;
    let (mut support, mut operations) = (vec![], vec![]);
    for (people, department) in [(&mut support, "Support"), (&mut operations, "Operations")] {
        people.push(app.manager(&format!("Mia {department}"), department).await);
        for at in 1..6 {
            people.push(app.employee(&format!("Sal {at} {department}"), department).await);
        }
    }
    for at in 0..5 {
        app.employee(&format!("Olaf {at}"), "Office").await;
    }
    // A period that can be looked at: one insight of each, opened by all of the other.
    for (giver, readers) in [(&support[1], &operations), (&operations[1], &support)] {
        let insight = share(app, giver, "Pallets are wrapped twice.").await;
        for reader in readers.iter() {
            open(app, reader, insight).await;
        }
    }
    app.days_later(28);
    Company { officer, support, operations }
}

/// One open request of each asker, of Support.
async fn ask(app: &TestApp, askers: &[Visitor], of: i64, words: &str) {
    for (at, asker) in askers.iter().enumerate() {
        let actor = acting(app, asker, false);
        let draft = requests::Draft {
            question: format!("{words} {at}?"),
            departments: vec![of],
            ..requests::Draft::default()
        };
        app.tell(move |c| {
            let mut policy = tradewind::policy::Policy::default();
            policy.credits.on = false;
            requests::open(c, &actor, &draft, &policy)
        })
        .await;
    }
}

async fn compare(app: &TestApp) {
    let now = app.now();
    app.tell(move |c| requests::compare(c, now)).await;
}

/// Lines of what somebody was told that have these words.
async fn told(app: &TestApp, person: &Visitor, words: &str) -> usize {
    let id = person.id;
    let lines = app
        .ask(move |c| {
            Ok(notices::table.filter(notices::person_id.eq(id)).select(notices::text).load::<String>(c)?)
        })
        .await;
    lines.iter().filter(|line| line.contains(words)).count()
}

fn pair(company: &Company) -> String {
    format!("/flow/{}/{}", company.support[0].department_id, company.operations[0].department_id)
}

on_both!(
    a_flow_is_stuck_where_five_old_requests_wait_and_each_reason_has_one_thing_to_do,
    |app| async move {
        let company = company(&app).await;
        let Company { officer, support, operations } = &company;
        let department = support[0].department_id;
        ask(&app, &operations[1..], department, "Why do controllers print invoices").await;
        compare(&app).await;
        app.days_later(6);
        let officer = app.another_browser(officer).await;
        let page = officer.get("/flow").await.expect(200);
        assert!(page.body.contains("No flow is stuck"), "not old yet: {}", page.body);

        // Old: nothing in the archive comes near.
        app.days_later(2);
        let officer = app.another_browser(&officer).await;
        let page = officer.get("/flow").await.expect(200);
        assert_eq!(page.select(".answer mark"), ["nobody answers"]);
        assert!(
            page.text().contains("5 requests from Operations have waited longer than a week."),
            "{}",
            page.text()
        );
        assert_eq!(page.select("#unblock .stuck p b"), ["Nobody knows yet."]);
        assert_eq!(page.select("#matrix td.is-stuck small"), ["5 open"]);
        assert_eq!(page.select("#unblock .stuck .open"), ["5 open"]);
        // An obstacle to it is recorded from here, and stands here from then on.
        let record = page.attrs("#unblock .stuck-acts a[href^='/obstacles/new']", "href");
        let form = officer.get(&record[0]).await.expect(200);
        let fields = [
            ("description", "Nobody of Support is asked"),
            ("action", "Ask them."),
            ("owner", "@olive.example"),
        ];
        officer.submit(&form, "form[action='/obstacles']", &fields).await.sent_to("/obstacles/1");
        let page = officer.get("/flow").await.expect(200);
        assert_eq!(page.select("#unblock .stuck-acts a[href='/obstacles/1']"), ["Its obstacle, open"]);
        assert!(!page.has("#unblock .stuck-acts a[href^='/obstacles/new']"));
        assert!(page.text().contains("1 obstacle to be removed"), "{}", page.text());
        // The rows behind it are as many.
        let rows = page.attrs("#unblock .stuck-acts a:not(.btn)", "href");
        let list = officer.get(&rows[0]).await.expect(200);
        assert_eq!(list.select("tbody tr").len(), 5, "{}", list.body);
        // What would be done is read before it is done.
        assert_eq!(page.select("#unblock .stuck-acts a.btn"), ["Ask the managers of Support"]);
        let page = officer.get(&page.attrs("#unblock .stuck-acts a.btn", "href")[0]).await.expect(200);
        assert!(page.text().contains("The managers of Support are told of each question"), "{}", page.text());
        let act = page.attrs("#stuck form", "action");
        assert_eq!(page.select("#stuck button"), ["Ask the managers of Support"]);
        for _ in 0..2 {
            officer.post(&act[0], &[]).await.expect(303);
            assert_eq!(told(&app, &support[0], "who in Support knows?").await, 5, "each request once");
        }
        let page = officer.get(&pair(&company)).await.expect(200);
        assert!(page.text().contains("Its managers were asked on"), "{}", page.text());
        assert!(!page.has("form[action*='/sending']"), "nothing is left to ask");

        // Support writes it down: known, and nobody knows yet what it is worth.
        let known = share(&app, &support[1], "Controllers print invoices twice and file them.").await;
        app.days_later(1);
        compare(&app).await;
        let officer = app.another_browser(&officer).await;
        let page = officer.get("/flow").await.expect(200);
        assert_eq!(page.select("#unblock .stuck p b"), ["Known, not trusted."]);
        assert_eq!(page.select("#unblock .stuck-acts a.btn"), ["Ask Operations to judge it"]);

        // Support and the office have rated it: known, trusted, not found.
        for rater in &support[2..5] {
            open(&app, rater, known).await;
            let actor = acting(&app, rater, false);
            app.tell(move |c| ratings::put(c, &actor, known, 1, 5, true)).await;
        }
        let page = officer.get("/flow").await.expect(200);
        assert_eq!(page.select("#unblock .stuck p b"), ["Known, not found."], "{}", page.body);
        assert_eq!(page.select(".answer mark"), ["Operations does not find it"]);
        let page = officer.get(&page.attrs("#unblock .stuck-acts a.btn", "href")[0]).await.expect(200);
        assert_eq!(page.attrs("#near input[name=insight][form=send][checked]", "value").len(), 1);
        let page = page.sees("That would be 5 people now");
        assert_eq!(page.select("#stuck button"), ["Send those marked to Operations"]);
        let act = page.attrs("#stuck form", "action");
        // Nothing is marked, or something that would not be sent: nothing goes.
        officer.post(&act[0], &[("marked", "yes")]).await.expect(400);
        officer.post(&act[0], &[("marked", "yes"), ("insight", "x")]).await.expect(400);
        officer.post(&act[0], &[("marked", "yes"), ("insight", "999")]).await.expect(303);
        assert_eq!(told(&app, &operations[1], "may answer what you asked").await, 0);
        let marked = page.attrs("#near input[name=insight]", "value");
        let answer =
            officer.post(&act[0], &[("marked", "yes"), ("insight", marked[0].as_str())]).await.expect(303);
        assert!(answer.location().starts_with(&pair(&company)));
        let words = "may answer what you asked";
        assert_eq!(
            (told(&app, &operations[1], words).await, told(&app, &operations[0], words).await),
            (1, 0)
        );
        let page = officer.get(&pair(&company)).await.expect(200);
        assert!(page.text().contains("Sent on") && page.text().contains("sent on"), "{}", page.text());
        assert!(!page.has("#near input[name=insight]"), "it was sent");
        // The list of it: an insight, and before it the five requests of which managers were asked.
        let sent = officer.get("/flow/sent").await.expect(200);
        assert_eq!(sent.select("tbody tr").len(), 6, "{}", sent.body);
        assert_eq!(
            sent.select("section h2, header p + p"),
            ["1 insight to Operations", "5 people told", "5 requests to Support", "under 5 people told"],
            "each press of a button, and whom it told"
        );
        let sent =
            sent.sees("may answer what is asked there").sees("asked of the managers").sees(&officer.name);
        assert_eq!(sent.select("tbody td.n"), ["5", "under 5", "under 5", "under 5", "under 5", "under 5"]);
        assert_eq!(page.select("#near tbody td.n"), ["under 5"]);
        assert_eq!(page.select("#asked tbody tr").len(), 5);

        // Five of Operations read it and ask on: then it does not answer.
        for reader in &operations[1..6] {
            open(&app, reader, known).await;
        }
        app.days_later(1);
        compare(&app).await;
        let officer = app.another_browser(&officer).await;
        let page = officer.get("/flow").await.expect(200);
        assert_eq!(page.select("#unblock .stuck p b"), ["Nobody knows yet."]);

        // Nobody waits any more: nothing is stuck, and nothing can be sent.
        app.tell(|c| {
            let closed = diesel::update(requests_table::table).set((
                requests_table::state.eq("cancelled"),
                requests_table::closed_at.eq(requests_table::closes_at.nullable()),
            ));
            Ok(closed.execute(c)?)
        })
        .await;
        officer.post(&format!("{}/sending", pair(&company)), &[]).await.expect(409);
    }
);

on_both!(a_panel_that_fails_says_so_alone, |app| async move {
    let company = company(&app).await;
    app.days_later(1);
    app.tell(|c| Ok(diesel::sql_query("ALTER TABLE request_matches RENAME TO elsewhere").execute(c)?)).await;
    let officer = app.another_browser(&company.officer).await;
    let page = officer.get("/flow").await.expect(200);
    assert!(page.text().contains("What is asked in vain could not be read just now"), "{}", page.body);
    assert!(page.has("#matrix table.matrix") && page.select(".kpi").len() == 8);
});

on_both!(too_early_says_what_is_needed, |app| async move {
    let officer = app.officer("Olive Example", "Office").await;
    let page = officer.get("/flow").await.expect(200);
    assert!(page.text().contains("Too early to say."), "{}", page.text());
    assert!(page.text().contains("At least five people: 1 was there on 1 Nov 2026"), "{}", page.text());
    for at in 0..6 {
        app.employee(&format!("Sal {at}"), "Sales").await;
    }
    let ann = app.employee("Ann Sample", "Support").await;
    share(&app, &ann, "Crates are counted twice.").await;
    app.days_later(10);
    let page = app.another_browser(&officer).await.get("/flow").await.expect(200);
    assert!(page.text().contains("Four weeks, 28 days: 10 days so far."), "{}", page.text());
    assert!(!page.has("#matrix"));
});

on_both!(what_lies_idle_is_sent_to_those_who_ask_for_it, |app| async move {
    let company = company(&app).await;
    let Company { officer, support, operations } = &company;
    let known = share(&app, &support[1], "Controllers print invoices twice and file them.").await;
    for rater in &support[2..5] {
        open(&app, rater, known).await;
        let actor = acting(&app, rater, false);
        app.tell(move |c| ratings::put(c, &actor, known, 1, 5, true)).await;
    }
    // Nothing is told of stars until five people have rated.
    let other = share(&app, &support[1], "Drivers call before they come.").await;
    for rater in &operations[..2] {
        open(&app, rater, other).await;
        let actor = acting(&app, rater, false);
        app.tell(move |c| ratings::put(c, &actor, other, 1, 2, true)).await;
    }
    app.days_later(31);
    ask(&app, &operations[1..2], support[0].department_id, "Why do controllers print invoices").await;
    compare(&app).await;
    app.days_later(1);
    let officer = app.another_browser(officer).await;
    let page = officer.get("/flow/under-read").await.expect(200);
    assert!(page.text().contains("computed by night"), "{}", page.text());
    let (from, to) = (page.field("from"), page.field("to"));
    let question = {
        let day = |text: &str| text.parse().expect("a day");
        let period = tradewind::flow::period::Period::new(day(&from), day(&to)).expect("a period");
        let view = tradewind::flow::groups::View::default();
        metrics::Question { period, segment: None, view, calendar: app.calendar() }
    };
    let now = app.now();
    let computed = app.tell(move |c| metrics::compute_and_keep(c, &[question], worth::as_of, now)).await;
    let figures = &computed[0].figures;
    let counted = figures.iter().find(|f| f.id == "C20" && f.part == "count").and_then(|f| f.value);
    let behind = app.ask(move |c| Ok(shapes::insights_behind(c, question.period, "C20")?)).await;
    assert_eq!((counted, behind), (Some(1.0), vec![known]), "the rows behind the number make it up");

    let page = officer.get("/flow/under-read").await.expect(200);
    assert_eq!(page.select(".work h2"), ["Controllers print invoices twice and file them"]);
    assert!(page.text().contains("Operations asked once"), "{}", page.text());
    assert_eq!(page.select(".work button"), ["Send it to Operations"]);
    let send = [("insight", known.to_string()), ("department", String::new())];
    let send: Vec<(&str, &str)> = send.iter().map(|(name, value)| (*name, value.as_str())).collect();
    officer.post("/flow/under-read", &send).await.expect(303);
    officer.post("/flow/under-read", &send).await.expect(303);
    assert_eq!(told(&app, &operations[1], "may answer what you asked").await, 1);
    let page = officer.get("/flow/under-read").await.expect(200);
    assert!(page.text().contains("Sent to Operations on"), "{}", page.text());
    assert!(!page.has(".work button"), "once for each department");
    let overview = officer.get("/flow").await.expect(200);
    assert!(overview.text().contains("Operations asked once"), "{}", overview.text());
    officer.post("/flow/under-read", &[("insight", "999"), ("department", "")]).await.expect(409);

    // What the period looks like, and nobody of fewer than five.
    for path in ["/flow/people", "/flow/value"] {
        let page = officer.get(path).await.expect(200);
        assert!(!page.text().contains("Compute it"), "{path}: {}", page.text());
        for bars in page.html().select(&css(".bars")) {
            let numbers: Vec<String> =
                bars.select(&css(".n")).map(|number| number.text().collect()).collect();
            // How many did something at all, and how many nothing, C4 and C5 tell.
            let told_anyway = match (path, numbers.len()) {
                ("/flow/people", 0..=2) => numbers.len(),
                ("/flow/people", _) => 1,
                _ => 0,
            };
            for number in &numbers[told_anyway..] {
                let count: Option<i64> = number.split(' ').next().and_then(|n| n.parse().ok());
                let counts_people = number.ends_with("people") || number.ends_with("person");
                assert!(!counts_people || count.is_none_or(|n| n == 0 || n >= 5), "{path}: {numbers:?}");
            }
        }
    }
    let people = officer.get("/flow/people").await.expect(200);
    assert!(people.text().contains("The ladder") && people.text().contains("hold"), "{}", people.text());
    assert!(!people.body.contains("Sal 1"), "never a table of names");
});
