//! The figures that take the events, each from a small company with the number worked out by hand; and the
//! same number on the page, in the file, in JSON and from the night.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use tradewind::flow::groups::View;
use tradewind::flow::metrics::figure::{Figure, Whom, Withheld};
use tradewind::flow::metrics::{self, Question};
use tradewind::flow::numbers::shown;
use tradewind::flow::period::Period;
use tradewind::flow::store::figures as kept;
use tradewind::ledger::{Account, Reason, Transaction};
use tradewind::market::store::{ratings, worth};

use super::{acting, open, share};
use crate::support::node::run;
use crate::support::*;

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

pub(super) fn question(app: &TestApp, from: &str, to: &str, unsuppressed: bool) -> Question {
    Question {
        period: Period::new(day(from), day(to)).expect("a period"),
        segment: None,
        view: View { unsuppressed, ..View::default() },
        calendar: app.calendar(),
    }
}

pub(super) async fn everything(app: &TestApp, question: Question) -> Vec<Figure> {
    app.ask(move |c| Ok(metrics::everything(c, question, worth::as_of)?.figures)).await
}

pub(super) fn find<'a>(figures: &'a [Figure], id: &str, part: &str, whom: &Whom) -> &'a Figure {
    figures
        .iter()
        .find(|figure| figure.id == id && figure.part == part && figure.whom == *whom)
        .unwrap_or_else(|| panic!("there is no {id} {part} of {whom:?}"))
}

/// The value of a figure about everybody.
#[track_caller]
fn is(figures: &[Figure], id: &str, part: &str, expected: f64) {
    let figure = find(figures, id, part, &Whom::All);
    let found = figure.value.unwrap_or_else(|| panic!("{id} {part} has no value: {figure:?}"));
    assert!((found - expected).abs() < 1e-9, "{id} {part}: {found} instead of {expected}");
    if let (Some(low), Some(high)) = (figure.low, figure.high) {
        assert!(low <= found + 1e-12 && found <= high + 1e-12, "{id} {part}: {figure:?}");
    }
}

/// Both ends of its interval.
#[track_caller]
fn within(figures: &[Figure], id: &str, part: &str, low: f64, high: f64) {
    let figure = find(figures, id, part, &Whom::All);
    let close =
        |found: Option<f64>, expected: f64| found.is_some_and(|found| (found - expected).abs() < 1e-4);
    assert!(close(figure.low, low) && close(figure.high, high), "{figure:?}");
}

fn withheld(figures: &[Figure], id: &str, part: &str) -> Option<Withheld> {
    find(figures, id, part, &Whom::All).withheld()
}

async fn rate(app: &TestApp, raters: &[Visitor], insight: i64, stars: &[i32]) {
    for (rater, stars) in raters.iter().zip(stars) {
        let (actor, stars) = (acting(app, rater, false), *stars);
        app.tell(move |c| ratings::put(c, &actor, insight, 1, stars, true)).await;
    }
}

/// Ratings that say what they say: no leniency, no doubt, every rating a vote, one neutral vote at 3 stars.
/// Then an insight with ratings r is worth 3 + sum(r - 3) / (1 + n), and that is its lower bound too.
async fn plain_values(app: &TestApp) {
    let now = app.now();
    app.tell(move |c| {
        use tradewind::db::schema::value_epochs as t;
        let policy = "VALUE_CAP=0 VALUE_Z=0 VALUE_LAMBDA_G=inf VALUE_LAMBDA_V=1";
        let row = (t::mu.eq(3.0), t::started_at.eq(now), t::policy.eq(policy));
        Ok(diesel::insert_into(t::table).values(row).execute(c)?)
    })
    .await;
}

pub(super) async fn request(app: &TestApp, asker: &Visitor, became: Option<(&'static str, NaiveDateTime)>) {
    let actor = acting(app, asker, false);
    app.tell(move |c| {
        use tradewind::db::schema::requests as t;
        let row = (
            (t::asker_id.eq(actor.person_id), t::department_id.eq(actor.department_id), t::manager.eq(false)),
            (t::question.eq("Why?"), t::words.eq(" why "), t::asked_at.eq(actor.at), t::day.eq(actor.day)),
            (t::closes_at.eq(actor.at + chrono::Duration::days(60)), t::moved_at.eq(actor.at)),
            t::state.eq(became.map_or("open", |(state, _)| state)),
            t::closed_at.eq(became.map(|(_, at)| at)),
        );
        Ok(diesel::insert_into(t::table).values(row).execute(c)?)
    })
    .await;
}

async fn pay(app: &TestApp, key: &str, reason: Reason, entries: Vec<(Account, i64)>) {
    let transaction = Transaction { key: key.into(), reason, entries, at: app.now() };
    app.tell(move |c| tradewind::ledger::store::post(c, &transaction)).await;
}

/// Seven people in Sales, the officer among them, and six in Service. Day 0: the first of Sales shares 12
/// insights, the first of Service one. Day 1: all of Service open the first six. Day 2: five of Sales open
/// the seventh and eighth, and one of them the first too. Day 3: five people rate four of them. Day 4: three
/// requests. The period is 40 days.
async fn company(app: &TestApp) -> Visitor {
    app.clock.set("2026-03-02T09:00:00".parse().expect("a time"));
    let officer = app.officer("Olive Example", "Sales").await;
    let (mut sales, mut service) = (vec![], vec![]);
    for at in 0..6 {
        sales.push(app.employee(&format!("Sal {at}"), "Sales").await);
        service.push(app.employee(&format!("Ser {at}"), "Service").await);
    }
    plain_values(app).await;
    let mut insights = vec![];
    for at in 0..12 {
        insights.push(share(app, &sales[0], &format!("What customer {at} says.")).await);
    }
    share(app, &service[0], "What nobody opens.").await;
    app.days_later(1);
    for reader in &service {
        for insight in &insights[..6] {
            open(app, reader, *insight).await;
        }
    }
    app.days_later(1);
    for reader in &sales[1..] {
        for insight in &insights[6..8] {
            open(app, reader, *insight).await;
        }
    }
    open(app, &sales[1], insights[0]).await;
    app.days_later(1);
    rate(app, &service[..5], insights[0], &[5, 5, 5, 5, 5]).await;
    rate(app, &service[..5], insights[1], &[5, 5, 5, 5, 1]).await;
    rate(app, &service[..5], insights[2], &[1, 1, 1, 1, 1]).await;
    rate(app, &sales[1..], insights[6], &[5, 5, 5, 5, 5]).await;
    app.days_later(1);
    let later = |days: i64| app.now() + chrono::Duration::days(days);
    request(app, &service[0], Some(("awarded", later(6)))).await;
    request(app, &service[1], Some(("cancelled", later(1)))).await;
    request(app, &service[1], None).await;
    let (one, other) = (Account::Person(sales[0].id), Account::Person(service[0].id));
    pay(app, "welcome", Reason::Welcome, vec![(Account::Issuance, -20), (one, 20)]).await;
    pay(app, "bounty", Reason::Bounty { request: 1 }, vec![(one, -8), (Account::Escrow(1), 8)]).await;
    let earned = Reason::Earned { week: day("2026-03-02") };
    pay(app, "earned", earned, vec![(Account::Issuance, -40), (one, 30), (other, 10)]).await;
    app.days_later(36);
    app.another_browser(&officer).await
}

const FROM: &str = "2026-03-02";
const TO: &str = "2026-04-11";

on_both!(each_figure_is_the_one_worked_out_by_hand, |app| async move {
    company(&app).await;
    let found = everything(&app, question(&app, FROM, TO, false)).await;
    let person_months = 13.0 * 40.0 / 30.4375;

    // Openings by person: 0, 0, 2, 2, 2, 2, 3 and six times 6, 47 in all. Ranks weigh -12 to 12 by twos:
    // (-8 -6 -4 -2) x 2 + 0 x 3 + (2 + 4 + 6 + 8 + 10 + 12) x 6 = 212, of 13 x 47.
    is(&found, "C5", "gini_accesses", 212.0 / (13.0 * 47.0));
    assert_eq!(
        withheld(&found, "C5", "top10_accesses"),
        Some(Withheld::FewPeople),
        "two are the busiest tenth"
    );
    is(&found, "C5", "zero_accesses", 2.0 / 13.0);
    assert!(find(&found, "C5", "gini_accesses", &Whom::All).low.is_some());

    // All 13 insights are 40 days old: five unread, two read by 5, five by 6, one by 7 of 12 others. Sorted,
    // the 4th, 7th and 10th are the quartiles. Six reached the one other department.
    is(&found, "C6", "people", 5.0 / 12.0);
    within(&found, "C6", "people", 0.0, 0.5);
    is(&found, "C6", "departments", 0.0);
    within(&found, "C6", "departments", 0.0, 1.0);

    // 36 first openings crossed, 11 stayed: (36 - 11) / 47. By chance: Sales gives all 47 and receives 11.
    is(&found, "C8", "", 25.0 / 47.0);
    is(&found, "C9", "", 0.0);
    assert!(find(&found, "C8", "", &Whom::All).low.is_some(), "drawn by reader");

    // Everybody who read is linked with the first of Sales and with nobody else. Of the 66 pairs of the
    // other twelve, 55 go through that person; the officer is alone. Seven people are in Sales.
    let sales = Whom::Department("Sales".into());
    let service = Whom::Department("Service".into());
    let near = |part: &str, whom: &Whom, expected: f64| {
        let found = find(&found, "C10", part, whom).value.expect("a mean");
        assert!((found - expected).abs() < 1e-9, "{part} of {whom:?}: {found}");
    };
    near("betweenness", &sales, 55.0 / 66.0 / 7.0);
    near("betweenness", &service, 0.0);
    // Who has one contact is wholly constrained by it; the middle has eleven: 11 x (1 / 11)^2.
    near("constraint", &sales, (5.0 + 1.0 / 11.0) / 6.0);
    near("constraint", &service, 1.0);

    // Six of 13 after 24 hours, two after 48, five never: 7/13, then 5/13.
    is(&found, "C11", "", 48.0);
    is(&found, "C11", "waiting_7d", 5.0 / 13.0);
    // Greenwood: 6 / (13 x 7) + 2 / (7 x 5) = 0.123077, error sqrt of it / ln(13/5) = 0.367158; (5/13) to the
    // powers of exp(+-1.959964 x 0.367158): 0.140538 and 0.627962.
    within(&found, "C11", "waiting_7d", 0.140_538, 0.627_962);
    // Only those six left their department: 7/13 still wait, the longest for 39 days and 15 hours.
    let outside = find(&found, "C12", "outside", &Whom::All);
    assert_eq!((outside.value, outside.beyond, outside.n), (None, Some(951.0), Some(13)));
    is(&found, "C12", "outside_waiting_7d", 7.0 / 13.0);
    // Four rated after 72 hours.
    is(&found, "C12", "rating_waiting_7d", 9.0 / 13.0);
    assert_eq!(find(&found, "C12", "rating", &Whom::All).beyond, Some(951.0));

    // Fives: 5 + 4 + 0 + 5, ones: 0 + 1 + 5 + 0. Coincidences of a one and a five: 1, n5 = 14, n1 = 6:
    // 1 - 19 x 1 / (14 x 6).
    is(&found, "C14", "", 0.77);
    assert_eq!(find(&found, "C14", "", &Whom::All).n, Some(4));

    // 36 openings at one day of age, 11 at two.
    is(&found, "C15", "age", 1.0);
    is(&found, "C15", "stale", 0.0);
    assert_eq!(withheld(&found, "C16", ""), Some(Withheld::Undefined), "nothing is a year old");

    is(&found, "C17", "requests", 3.0 / person_months);
    assert_eq!(find(&found, "C17", "requests", &service).numerator, Some(3.0));
    // One awarded after 6 days of the two that were not cancelled: too few for a share.
    let fill = find(&found, "C18", "fill_rate", &Whom::All);
    assert_eq!((fill.numerator, fill.denominator, fill.value), (Some(1.0), Some(2.0), None));
    assert_eq!(fill.withheld(), Some(Withheld::FewForAShare));
    // The cancelled one waited a day; of the two left, half waits no more after 6.
    is(&found, "C18", "time_to_fill", 6.0);

    // Values 3 + 10/6, 3 + 6/6, 3 - 10/6 and 3 + 10/6 weigh 1, 2/3, 0 and 1: seven openings of the first,
    // six of the second, five of the fourth, of which the first's six and the second's six crossed.
    is(&found, "C19", "", 16.0 / person_months);
    is(&found, "C19", "crossing", 10.0 / 16.0);
    // Three are worth 3.5 and one of them nobody outside Sales has opened.
    let dark = find(&found, "C20", "", &Whom::All);
    assert_eq!((dark.numerator, dark.denominator, dark.value), (Some(1.0), Some(3.0), None));
    is(&found, "C20", "count", 1.0);
    is(&found, "C21", "", 5.0 / 13.0);
    assert_eq!(withheld(&found, "C22", ""), Some(Withheld::Undefined), "four rated insights are under ten");

    is(&found, "C23", "issued", 60.0);
    is(&found, "C23", "spent", 8.0);
    is(&found, "C23", "in_escrow", 8.0);
    is(&found, "C23", "flagged_pairs", 0.0);
    assert_eq!(withheld(&found, "C23", "top10_earnings"), Some(Withheld::FewPeople), "two earned");
    let all = everything(&app, question(&app, FROM, TO, true)).await;
    // A tenth of 13 people, rounded up, are two.
    is(&all, "C5", "top10_accesses", 12.0 / 47.0);
    is(&all, "C23", "top10_earnings", 1.0);
    is(&all, "C14", "", 1.0 - 19.0 / 84.0);
    is(&all, "C19", "", 16.0 / person_months);
});

on_both!(a_figure_is_the_same_wherever_it_is_read, |app| async move {
    let officer = company(&app).await;
    let address = format!("/flow?weeks=dates&from={FROM}&to={TO}");
    let page = officer.get(&address).await.expect(200);
    assert!(page.body.contains("Compute the others for these days"), "{}", page.body);
    assert!(!page.body.contains("Time to first access"));
    officer.post("/flow/figures", &[("from", FROM), ("to", TO)]).await.expect(303);
    let page = officer.get(&address).await.expect(200);
    assert!(page.body.contains("computed within a few minutes"), "{}", page.body);
    // Two nodes: one of them computes it.
    let jobs = [tradewind::market::jobs::FIGURES_ASKED];
    tradewind::jobs::tick(&app, "one", &jobs).await.expect("a tick");
    app.later(2);
    let other = app.node(|_| ()).await;
    let ran = (
        tradewind::jobs::tick(&app, "one", &jobs).await.expect("a tick"),
        tradewind::jobs::tick(&other, "two", &jobs).await.expect("a tick"),
    );
    assert_eq!((ran.0.len(), ran.1.len()), (1, 0), "{ran:?}");

    let night = officer.get(&format!("/flow/csv/figures?from={FROM}&to={TO}")).await.expect(200);
    let said =
        run(&["flow", "--from", FROM, "--to", TO, "--format", "json"], &[("DATABASE_URL", &app.full_url())]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let printed: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    let printed: Vec<Figure> = serde_json::from_value(printed["metrics"].clone()).expect("figures");
    let table = run(&["flow", "--from", FROM, "--to", TO], &[("DATABASE_URL", &app.full_url())]).out;
    assert!(table.contains("Krippendorff's alpha") && table.contains("0.7700"), "{table}");

    let file = officer.get(&format!("/flow/csv/figures?from={FROM}&to={TO}")).await.expect(200);
    assert_eq!(night.body, file.body, "by night and by hand");
    let mut rows = csv::Reader::from_reader(file.body.as_bytes());
    let mut read = 0;
    for row in rows.records() {
        let row = row.expect("a row");
        let cell = |at: usize| row.get(at).expect("a cell");
        let whom = Whom::named(cell(3)).expect("a group");
        let figure = find(&printed, cell(0), cell(1), &whom);
        let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        assert_eq!(cell(2), figure.name());
        let numbers = [figure.value, figure.numerator, figure.denominator, figure.low, figure.high];
        for (at, value) in [4, 6, 7, 8, 9].into_iter().zip(numbers) {
            assert_eq!(cell(at), number(value), "column {at} of {} {}", cell(0), cell(1));
        }
        assert_eq!(cell(13), number(figure.beyond));
        read += 1;
    }
    let in_file = |figure: &&Figure| !matches!(figure.whom, Whom::Segment(_));
    assert_eq!(read, printed.iter().filter(in_file).count(), "{}", file.body);

    // The page that says what a figure means has its numbers too, and leads to the rows.
    for (id, behind) in
        [("C1", "contributions"), ("C5", "people"), ("C11", "contributions"), ("C19", "value")]
    {
        let page = officer.get(&format!("/flow/metrics/{id}?from={FROM}&to={TO}")).await.expect(200);
        let expected: Vec<String> = printed
            .iter()
            .filter(|figure| figure.id == id && matches!(figure.whom, Whom::All | Whom::Managers))
            .map(|figure| shown(figure).value)
            .collect();
        let values = page.select("#now tbody td:nth-child(2)");
        assert_eq!(values.len(), expected.len(), "{id}: {values:?}");
        for (value, expected) in values.iter().zip(&expected) {
            assert!(value.starts_with(expected.as_str()), "{id}: {value} is not {expected}");
        }
        let rows = page.attrs("#now header a", "href");
        assert_eq!(rows, [format!("/flow/{behind}?from={FROM}&to={TO}")], "{id}");
        officer.get(&rows[0]).await.expect(200);
    }
    // A department's page tells of the company what the flow page tells, interval and all.
    let everybody: Vec<String> = ["C1", "C2"]
        .iter()
        .map(|id| {
            let shown = shown(find(&printed, id, "", &Whom::All));
            format!("{} {}", shown.value, shown.interval)
        })
        .collect();
    let links =
        officer.get(&address).await.attrs("table.both tbody th a[href*='/flow/departments/']", "href");
    let page = officer.get(&links[0]).await.expect(200);
    let company = page.select("section table tbody td:nth-child(3)");
    assert_eq!(company[..2], everybody[..], "{company:?}");

    // By hand it is kept as by night, and at the time of the hand.
    let page = officer.get(&address).await.expect(200);
    assert!(page.body.contains("were computed on"), "{}", page.body);
    let names = page.select("table.figures tbody tr:not(.themed) th");
    let values = page.select("table.figures tbody tr:not(.themed) td:nth-child(2)");
    assert!(values.iter().any(|value| value.ends_with("hours")), "{values:?}");
    let told = |figure: &&Figure| match figure.whom {
        Whom::All | Whom::Managers => true,
        Whom::Department(_) => figure.id == "C10",
        Whom::Segment(_) => false,
    };
    let expected: Vec<(String, String)> = {
        let mut expected: Vec<_> = printed
            .iter()
            .filter(told)
            .map(|figure| {
                let shown = shown(figure);
                let has_unit = shown.is_number || figure.beyond.is_some();
                let unit = if has_unit { figure.unit.words() } else { "" };
                let value = format!("{} {unit}", shown.value).trim().to_owned();
                (format!("{} {}", figure.name(), who(&figure.whom)), value)
            })
            .collect();
        expected.sort();
        expected
    };
    let mut found: Vec<(String, String)> = names
        .iter()
        .zip(&values)
        .map(|(name, value)| {
            (format!("{} ", name.trim()), value.split_whitespace().collect::<Vec<_>>().join(" "))
        })
        .map(|(name, value)| {
            if name.ends_with("managers ") || name.ends_with("Sales ") || name.ends_with("Service ") {
                (name.trim_end().to_owned(), value)
            } else {
                (name, value)
            }
        })
        .collect();
    found.sort();
    assert_eq!(found, expected);
});

fn who(whom: &Whom) -> &str {
    match whom {
        Whom::Managers => "managers",
        Whom::Department(name) => name,
        _ => "",
    }
}

on_both!(old_insights_have_a_half_life_and_quality_counts_early_ratings_only, |app| async move {
    app.clock.set("2025-01-06T09:00:00".parse().expect("a time"));
    let mut people = vec![app.officer("Olive Example", "Sales").await];
    for at in 0..11 {
        people.push(app.employee(&format!("Sal {at}"), ["Sales", "Service"][at % 2]).await);
    }
    plain_values(&app).await;
    let mut insights = vec![];
    for at in 0..12 {
        insights.push(share(&app, &people[0], &format!("What customer {at} says.")).await);
    }
    // Six are worth 3 + 10/6 and six 3: a mean of 3.8333, every deviation 0.8333, t of 11 degrees 2.200985.
    for (at, insight) in insights.iter().enumerate() {
        let stars = if at % 2 == 0 { 5 } else { 3 };
        for reader in &people[1..6] {
            open(&app, reader, *insight).await;
        }
        rate(&app, &people[1..6], *insight, &[stars; 5]).await;
    }
    // Somebody's late opinion of all of them, after 31 days, changes no early value.
    for (days, reader) in [(1, 1), (1, 2), (28, 3)] {
        app.days_later(days);
        open(&app, &people[reader], insights[0]).await;
    }
    app.days_later(1);
    for insight in &insights {
        open(&app, &people[7], *insight).await;
        rate(&app, &people[7..8], *insight, &[1]).await;
    }
    // And that of four others: what is told of stars waits for five people.
    for reader in &people[8..12] {
        open(&app, reader, insights[1]).await;
        rate(&app, std::slice::from_ref(reader), insights[1], &[1]).await;
    }
    app.days_later(269);
    open(&app, &people[4], insights[0]).await;
    app.days_later(70);
    let exactly = everything(&app, question(&app, "2025-01-06", "2026-01-11", true)).await;
    is(&exactly, "C22", "", 3.0 + 5.0 / 6.0);
    let half = 2.200_985_160_082_949 * (12.0 * (5.0_f64 / 6.0).powi(2) / 11.0 / 12.0).sqrt();
    within(&exactly, "C22", "", 3.0 + 5.0 / 6.0 - half, 3.0 + 5.0 / 6.0 + half);
    is(&exactly, "C22", "2025-01", 3.0 + 5.0 / 6.0);
    // To a tenth; 3.3 to 4.4.
    let found = everything(&app, question(&app, "2025-01-06", "2026-01-11", false)).await;
    is(&found, "C22", "", 3.8);
    within(&found, "C22", "", 3.3, 4.4);
    is(&found, "C22", "2025-01", 3.8);
    // Each was opened by five people on its first day, when they rated it, and by one on day 31; the first
    // also on days 1, 2, 30 and 300. All halves are in the first day: 3 of 6, and 5 of 10.
    is(&found, "C16", "", 0.0);
    assert_eq!(find(&found, "C16", "", &Whom::All).n, Some(12));
    // Eleven were last opened 339 days before the end, the first 70 days.
    is(&found, "C15", "stale", 11.0 / 12.0);
});

on_both!(few_readers_and_nobody_at_all_are_not_told_of, |app| async move {
    app.clock.set("2026-03-02T09:00:00".parse().expect("a time"));
    let officer = app.officer("Olive Example", "Sales").await;
    let mut people = vec![];
    for at in 0..11 {
        people.push(app.employee(&format!("Sal {at}"), ["Sales", "Service"][at % 2]).await);
    }
    app.days_later(1);
    let nothing = everything(&app, question(&app, "2026-03-02", "2026-03-03", false)).await;
    for (id, part) in [
        ("C5", "gini_accesses"),
        ("C6", "people"),
        ("C6", "departments"),
        ("C8", ""),
        ("C9", ""),
        ("C11", ""),
        ("C11", "waiting_7d"),
        ("C12", "rating"),
        ("C12", "outside"),
        ("C14", ""),
        ("C15", "age"),
        ("C15", "stale"),
        ("C16", ""),
        ("C18", "fill_rate"),
        ("C18", "time_to_fill"),
        ("C19", "crossing"),
        ("C20", ""),
        ("C20", "count"),
        ("C21", ""),
        ("C22", ""),
        ("C23", "top10_earnings"),
    ] {
        assert_eq!(withheld(&nothing, id, part), Some(Withheld::Undefined), "{id} {part}");
    }
    // No request of 12 people in a day: 0, at most 3.69 over the person-months.
    is(&nothing, "C17", "requests", 0.0);
    within(&nothing, "C17", "requests", 0.0, 3.688_879_454 / (12.0 / 30.4375));
    is(&nothing, "C19", "", 0.0);

    let mut insights = vec![];
    for at in 0..12 {
        insights.push(share(&app, &people[0], &format!("What customer {at} says.")).await);
    }
    app.days_later(1);
    for reader in &people[1..4] {
        for insight in &insights {
            open(&app, reader, *insight).await;
            rate(&app, std::slice::from_ref(reader), *insight, &[4]).await;
        }
    }
    app.days_later(40);
    let found = everything(&app, question(&app, "2026-03-02", "2026-04-13", false)).await;
    for (id, part) in [
        ("C6", "people"),
        ("C8", ""),
        ("C9", ""),
        ("C11", ""),
        ("C11", "waiting_7d"),
        ("C12", "rating"),
        ("C12", "outside_waiting_7d"),
        ("C14", ""),
        ("C15", "age"),
        ("C22", ""),
    ] {
        assert_eq!(withheld(&found, id, part), Some(Withheld::FewPeople), "{id} {part}");
        let figure = find(&found, id, part, &Whom::All);
        assert_eq!(
            (figure.value, figure.low, figure.n, figure.beyond),
            (None, None, None, None),
            "{figure:?}"
        );
    }
    // The same three, on the page of the night.
    let now = app.now();
    let asked = question(&app, "2026-03-02", "2026-04-13", false);
    app.tell(move |c| metrics::compute_and_keep(c, &[asked], worth::as_of, now)).await;
    let officer = app.another_browser(&officer).await;
    let page = officer.get("/flow?weeks=dates&from=2026-03-02&to=2026-04-13").await.expect(200);
    assert!(page.body.contains("under 5 people") && !page.body.contains("24 hours"), "{}", page.body);
});

on_both!(the_night_computes_what_pages_offer_and_events_of_the_past_ask_for_it_again, |app| async move {
    company(&app).await;
    let jobs = [tradewind::market::jobs::FIGURES];
    tradewind::jobs::tick(&app, "one", &jobs).await.expect("a tick");
    app.days_later(1);
    let ran = tradewind::jobs::tick(&app, "one", &jobs).await.expect("a tick");
    assert!(ran[0].outcome.as_ref().is_ok_and(|note| note.contains("figures of")), "{ran:?}");
    // 4 weeks, all since the company began (13, 26 and 52 weeks), and March.
    assert_eq!(app.count("figure_runs").await, 3);
    let waiting = app.ask(|c| Ok(kept::waiting(c)?)).await;
    assert_eq!(waiting, [], "all in one night");
    let march = Period::new(day("2026-03-02"), day("2026-04-01")).expect("March");
    let whole = Period::new(day("2026-03-01"), day("2026-04-01")).expect("March");
    let of = async |period: Period| app.ask(move |c| kept::kept(c, period)).await;
    assert!(of(march).await.computed_at.is_none());
    let night = of(whole).await;
    assert!(night.computed_at == Some(app.now()) && night.figures.len() > 40, "{}", night.figures.len());
    // An import brings events of days long past.
    app.db.write_alone(|c| Ok(tradewind::flow::store::rebuild::recompute(c)?)).await.expect("a rebuild");
    assert_eq!(app.ask(|c| Ok(kept::waiting(c)?)).await.len(), 3);
    // What another version of a definition computed is not shown.
    app.tell(|c| {
        use tradewind::db::schema::figures;
        let old =
            figures::table.filter(figures::metric.eq("C14")).select(figures::figure).first::<String>(c)?;
        let new = old.replace("\"version\":2", "\"version\":1");
        Ok(diesel::update(figures::table.filter(figures::metric.eq("C14")))
            .set(figures::figure.eq(new))
            .execute(c)?)
    })
    .await;
    assert!(!of(whole).await.figures.iter().any(|figure| figure.id == "C14"));
});

on_both!(periods_computed_together_have_the_figures_of_each_alone, |app| async move {
    company(&app).await;
    app.days_later(40);
    let asked: Vec<Question> = [
        ("2026-03-02", "2026-03-20"),
        ("2026-03-02", "2026-03-09"),
        ("2026-03-09", "2026-04-06"),
        ("2026-03-02", "2026-04-06"),
        ("2026-04-01", "2026-04-06"),
    ]
    .map(|(from, to)| question(&app, from, to, true))
    .into();
    let now = app.now();
    let together = {
        let asked = asked.clone();
        app.ask(move |c| metrics::compute(c, &asked, worth::as_of, now)).await
    };
    for (at, question) in asked.into_iter().enumerate() {
        let alone = app.ask(move |c| metrics::compute(c, &[question], worth::as_of, now)).await;
        assert!(alone[0].figures.len() > 40, "{:?}", question.period);
        for (one, other) in alone[0].figures.iter().zip(&together[at].figures) {
            assert_eq!(format!("{one:?}"), format!("{other:?}"), "{:?}", question.period);
        }
        assert_eq!(alone[0].figures.len(), together[at].figures.len());
    }
});

/// The jobs that compute for long.
const LONG: [tradewind::jobs::Job; 5] = [
    tradewind::market::jobs::FIGURES,
    tradewind::market::jobs::FIGURES_ASKED,
    tradewind::market::jobs::RETENTION,
    tradewind::reports::jobs::MONTH,
    tradewind::reports::jobs::BASELINE,
];

on_both!(others_write_while_the_night_computes, |app| async move {
    company(&app).await;
    app.days_later(40);
    let now = app.now();
    app.tell(move |c| {
        let asked = Period { from: day("2026-03-02"), to: day("2026-03-20") };
        Ok(kept::ask(c, asked, now)?)
    })
    .await;
    let times = tradewind::jobs::Times { now, calendar: app.calendar(), config: app.config.clone() };
    for job in LONG {
        let (url, times) = (app.db.url().clone(), times.clone());
        let reads = job.reads.unwrap_or_else(|| panic!("{} computes where it stores", job.name));
        let left = app
            .db
            .read_alone(move |c| {
                let left = reads(c, &times)?;
                // Its transaction is still open: whoever had written in it would make this one wait in vain.
                let mut other = tradewind::db::Conn::open(&url).expect("a connection");
                tradewind::accounts::audit::record(&mut other, None, times.now, "wrote", "meanwhile", "")?;
                Ok(left.is_some())
            })
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", job.name));
        assert!(left || job.name == "retention", "{} has something to store", job.name);
    }
    let written = app
        .ask(|c| {
            use tradewind::db::schema::audit_log;
            Ok(audit_log::table.filter(audit_log::object.eq("meanwhile")).count().get_result::<i64>(c)?)
        })
        .await;
    assert_eq!(written, LONG.len() as i64);
});

on_both!(every_metric_has_a_page_that_explains_it, |app| async move {
    let eve = app.employee("Eve Sample", "Sales").await;
    let list = eve.get("/flow/metrics").await.expect(200);
    for number in 1..=23 {
        assert!(list.has(&format!("#C{number}")), "C{number}");
        let page = eve.get(&format!("/flow/metrics/C{number}")).await.expect(200);
        for words in ["How to read it", "How sure it is", "When it is computed", "Version"] {
            assert!(page.body.contains(words), "C{number}: {words}");
        }
        assert!(!page.has("#now"), "C{number}: the numbers are for the customer office");
    }
    eve.get("/flow/metrics/C24").await.expect(404);
    eve.post("/flow/figures", &[("from", FROM), ("to", TO)]).await.expect(403);
    let officer = app.officer("Olive Example", "Sales").await;
    officer.post("/flow/figures", &[("from", "2026-02-30"), ("to", TO)]).await.expect(400);
    officer.post("/flow/figures", &[("from", "2026-12-01"), ("to", "2026-12-02")]).await.expect(400);
    assert_eq!(app.count("figure_runs").await, 0);
    for at in 1..=13 {
        let to = format!("2026-10-{:02}", at + 1);
        let answer = officer.post("/flow/figures", &[("from", "2026-10-01"), ("to", &to)]).await;
        assert_eq!(answer.status.as_u16(), if at <= 12 { 303 } else { 409 }, "period {at}");
    }
});
