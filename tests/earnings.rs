//! Stories of what is earned: by authors for the use others make of their insights, by raters for first
//! ratings. Each amount once, explained to whoever was paid.

use crate::support::*;
use diesel::prelude::*;
use tradewind::db::schema::{earning_ratings, earnings, insight_authors, insight_values};
use tradewind::earnings::rule::{self, Readers, Worth};
use tradewind::earnings::store::{self, SettledWeek};
use tradewind::earnings::week::Week;
use tradewind::ledger::{self, Account, Reason};
use tradewind::policy::CreditPolicy;

/// The constants the formula was published with.
fn published() -> CreditPolicy {
    CreditPolicy { earn_floor: 300, earn_span: 150, ..CreditPolicy::default() }
}

#[test]
fn the_formula_pays_what_was_published() {
    let oracle: serde_json::Value =
        serde_json::from_str(include_str!("fixtures/oracles/ledger.json")).expect("the fixture");
    for case in oracle["author_earning"].as_array().expect("cases") {
        let policy = published();
        let home = case["home"].as_str().expect("a department");
        let readers = case["new_readers"].as_object().expect("departments").iter().map(|(name, n)| Readers {
            own: name == home,
            first: n.as_i64().expect("people"),
            noted_uses: 0,
        });
        let weighted = rule::weighted(&policy, readers);
        let lower_hundredths = (case["lower90"].as_f64().expect("stars") * 100.0).round() as i64;
        let worth = Worth { raters: 3, departments: 2, lower_hundredths };
        assert_eq!(weighted, case["weighted_readers"].as_i64().expect("U"), "{case}");
        assert_eq!(rule::quality_bp(&policy, lower_hundredths), case["q_bp"].as_i64().expect("q"), "{case}");
        let credits = rule::credits(&policy, &worth, weighted, 0);
        assert_eq!(credits, case["credits"].as_i64().expect("credits"), "{case}");
    }
}

/// An insight by Ann of Sales, opened and rated by five colleagues of two other departments.
struct Valued {
    ann: Visitor,
    insight: i64,
    raters: Vec<Visitor>,
}

const STARS: [&str; 5] = ["5", "5", "5", "5", "5"];

async fn valued(app: &TestApp) -> Valued {
    let ann = app.employee("Ann Sample", "Sales").await;
    let insight =
        app.insight(&ann, "Buyers ask for a part number before anything else. It saves a call.").await;
    let mut raters = Vec::new();
    for (n, department) in
        ["Service/North", "Service/South", "Service", "Product", "Product"].iter().enumerate()
    {
        let rater = app.employee(&format!("Rater Number{n}"), department).await;
        rater.get(&format!("/insights/{insight}")).await.expect(200);
        rater.post(&format!("/insights/{insight}/rating"), &[("value", STARS[n])]).await.expect(303);
        raters.push(rater);
        app.later(1);
    }
    Valued { ann, insight, raters }
}

/// Opens a page on a fresh browser: a session does not outlive the days of these stories.
async fn get(app: &TestApp, person: &Visitor, path: &str) -> Answer {
    app.another_browser(person).await.get(path).await
}

/// Sends a form from a fresh browser.
async fn post(app: &TestApp, person: &Visitor, path: &str, fields: &[(&str, &str)]) -> Answer {
    app.another_browser(person).await.post(path, fields).await
}

/// The Monday after the story's week.
fn next_monday(app: &TestApp) {
    app.days_later(7);
}

async fn settle(app: &TestApp, week: Week) -> SettledWeek {
    let (policy, calendar, now) = (app.config.policy.credits, app.calendar(), app.now());
    app.tell(move |c| store::settle_week(c, week, &policy, calendar, now)).await
}

async fn balance(app: &TestApp, person: &Visitor) -> i64 {
    let id = person.id;
    app.ask(move |c| Ok(ledger::store::balance(c, Account::Person(id))?)).await
}

async fn worth(app: &TestApp, insight: i64) -> Worth {
    let (raters, departments, lower_hundredths): (i32, i32, i32) = app
        .ask(move |c| {
            Ok(insight_values::table
                .find(insight)
                .select((
                    insight_values::raters,
                    insight_values::departments,
                    insight_values::lower_hundredths,
                ))
                .first(c)?)
        })
        .await;
    Worth {
        raters: raters.into(),
        departments: departments.into(),
        lower_hundredths: lower_hundredths.into(),
    }
}

fn this_week(app: &TestApp) -> Week {
    Week::of(app.calendar().day(app.now()))
}

on_both!(an_author_is_paid_for_new_readers_once, |app| async move {
    let Valued { ann, insight, .. } = valued(&app).await;
    let week = this_week(&app);
    // Two of her own department read it too.
    for name in ["Bob Example", "Eve Example"] {
        app.employee(name, "Sales/East").await.get(&format!("/insights/{insight}")).await.expect(200);
    }
    let early = {
        let (policy, calendar, now) = (app.config.policy.credits, app.calendar(), app.now());
        app.db.write(move |c| store::settle_week(c, week, &policy, calendar, now)).await
    };
    assert!(early.is_err(), "the week is not over");
    next_monday(&app);
    let worth = worth(&app, insight).await;
    assert_eq!((worth.raters, worth.departments), (5, 2), "the first part of a path is the department");
    // Three of Service and two of Product count double, two of her own once.
    let expected = rule::credits(&app.config.policy.credits, &worth, 2 * 3 + 2 * 2 + 2, 0);
    assert!(expected > 0, "{worth:?}");
    let settled = settle(&app, week).await;
    assert_eq!((settled.insights, settled.earning, settled.authors), (1, 1, 1));
    assert_eq!(settled.credits, expected);
    assert_eq!(balance(&app, &ann).await, expected);
    // Again, and from two nodes at once: nothing is left.
    let other = app.node(|_| ()).await;
    let (one, two) = tokio::join!(settle(&app, week), settle(&other, week));
    assert_eq!((one.insights, two.insights), (0, 0));
    assert_eq!(balance(&app, &ann).await, expected);
    // Whoever has read it once is no new reader in the week after.
    app.employee("Late Reader", "Product").await.get(&format!("/insights/{insight}")).await.expect(200);
    let again = app.employee("Another Reader", "Service").await;
    get(&app, &again, &format!("/insights/{insight}")).await.expect(200);
    next_monday(&app);
    get(&app, &again, &format!("/insights/{insight}")).await.expect(200);
    let second = settle(&app, week.after()).await;
    assert_eq!(second.credits, rule::credits(&app.config.policy.credits, &worth, 4, expected));
    next_monday(&app);
    assert_eq!(settle(&app, week.after().after()).await.insights, 0);
    assert!(app.ask(|c| Ok(ledger::store::check(c)?)).await.is_whole());
});

on_both!(an_insight_earns_no_more_in_its_life_than_its_cap, |app| async move {
    let Valued { ann, insight, .. } = valued(&app).await;
    let week = this_week(&app);
    next_monday(&app);
    let first = settle(&app, week).await.credits;
    assert!(first > 2);
    // One credit is left of its life, and the next week would earn more.
    let capped = app.node(|config| config.policy.credits.insight_cap = first + 1).await;
    for (name, department) in
        [("Late Reader", "Finance"), ("Another Reader", "IT"), ("Third Reader", "Legal")]
    {
        app.employee(name, department).await.get(&format!("/insights/{insight}")).await.expect(200);
    }
    next_monday(&app);
    assert_eq!(settle(&capped, week.after()).await.credits, 1);
    app.employee("Fourth Reader", "HR").await.get(&format!("/insights/{insight}")).await.expect(200);
    next_monday(&app);
    assert_eq!(settle(&capped, week.after().after()).await.credits, 0);
    assert_eq!(balance(&app, &ann).await, first + 1);
});

on_both!(who_became_an_author_is_no_reader_any_more, |app| async move {
    let Valued { insight, .. } = valued(&app).await;
    let week = this_week(&app);
    // She read it on Monday, and on Tuesday a curator found that she had said the same.
    let zoe = app.employee("Zoe Sample", "Finance").await;
    zoe.get(&format!("/insights/{insight}")).await.expect(200);
    let id = zoe.id;
    app.tell(move |c| {
        diesel::insert_into(insight_authors::table)
            .values((
                insight_authors::insight_id.eq(insight),
                insight_authors::person_id.eq(id),
                insight_authors::role.eq("corroborator"),
            ))
            .execute(c)?;
        Ok(())
    })
    .await;
    next_monday(&app);
    let worth = worth(&app, insight).await;
    let without_her = rule::credits(&app.config.policy.credits, &worth, 2 * 3 + 2 * 2, 0);
    assert_eq!(settle(&app, week).await.credits, without_her);
    let readers: i32 = app.ask(|c| Ok(earnings::table.select(earnings::readers).first(c)?)).await;
    assert_eq!(readers, 5);
});

on_both!(two_nodes_that_settle_at_once_pay_once, |app| async move {
    let Valued { ann, .. } = valued(&app).await;
    let week = this_week(&app);
    next_monday(&app);
    let other = app.node(|_| ()).await;
    let (one, two) = tokio::join!(settle(&app, week), settle(&other, week));
    assert_eq!(one.insights + two.insights, 1);
    assert_eq!(balance(&app, &ann).await, one.credits + two.credits);
    assert!(one.credits + two.credits > 0);
});

on_both!(a_use_with_a_note_by_another_department_counts_as_two_readers_once, |app| async move {
    let Valued { ann, insight, raters } = valued(&app).await;
    let week = this_week(&app);
    let uses = format!("/insights/{insight}/use");
    let note = [("note", "Put the part number first in our form.")];
    post(&app, &raters[0], &uses, &note).await.expect(303);
    post(&app, &raters[1], &uses, &[("note", "")]).await.expect(303);
    // Of her own department: told, not paid.
    let bob = app.employee("Bob Example", "Sales").await;
    get(&app, &bob, &format!("/insights/{insight}")).await;
    post(&app, &bob, &uses, &note).await.expect(303);
    next_monday(&app);
    let worth = worth(&app, insight).await;
    let policy = app.config.policy.credits;
    // Service: three readers and a use make five. Product: two. Her own: one.
    let expected = rule::credits(&policy, &worth, 2 * 5 + 2 * 2 + 1, 0);
    assert_eq!(settle(&app, week).await.credits, expected);
    // The note of the second comes a week later and counts then, once.
    post(&app, &raters[1], &uses, &note).await.expect(303);
    next_monday(&app);
    let second = settle(&app, week.after()).await;
    assert_eq!(second.credits, rule::credits(&policy, &worth, 2 * 2, expected));
    next_monday(&app);
    assert_eq!(settle(&app, week.after().after()).await.insights, 0);
    assert_eq!(balance(&app, &ann).await, expected + second.credits);
});

on_both!(what_cannot_earn_is_settled_with_nothing, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let unrated = app.insight(&ann, "Nobody has rated this yet.").await;
    let gone = app.insight(&ann, "This one is withdrawn. It had readers.").await;
    let reader = app.employee("Bob Example", "Service").await;
    for insight in [unrated, gone] {
        reader.get(&format!("/insights/{insight}")).await.expect(200);
    }
    app.days_later(1);
    post(&app, &ann, &format!("/insights/{gone}/withdrawal"), &[("reason", "It was wrong.")])
        .await
        .expect(303);
    let week = this_week(&app);
    next_monday(&app);
    let settled = settle(&app, week).await;
    assert_eq!((settled.insights, settled.earning, settled.credits), (1, 0, 0));
    let rows: Vec<(i64, i64)> =
        app.ask(|c| Ok(earnings::table.select((earnings::insight_id, earnings::credits)).load(c)?)).await;
    assert_eq!(rows, [(unrated, 0)]);
    let page = get(&app, &ann, &format!("/me/credits/{week}")).await.expect(200);
    assert!(page.body.contains("Not rated by 3 colleagues from 2 departments yet"), "{page:?}");
});

on_both!(several_authors_share_and_an_author_has_a_weekly_limit, |app| async move {
    let Valued { ann, insight, .. } = valued(&app).await;
    let week = this_week(&app);
    let carl = app.employee("Carl Sample", "Sales").await;
    let (second, author) = (carl.id, ann.id);
    app.tell(move |c| {
        diesel::insert_into(insight_authors::table)
            .values((
                insight_authors::insight_id.eq(insight),
                insight_authors::person_id.eq(second),
                insight_authors::role.eq("corroborator"),
            ))
            .execute(c)?;
        Ok(())
    })
    .await;
    next_monday(&app);
    let worth = worth(&app, insight).await;
    let policy = CreditPolicy { author_cap: 2, ..app.config.policy.credits };
    let whole = rule::credits(&policy, &worth, 2 * 5, 0);
    assert!(whole > 4, "{whole} must exceed both limits");
    let (calendar, now) = (app.calendar(), app.now());
    let settled = app.tell(move |c| store::settle_week(c, week, &policy, calendar, now)).await;
    assert_eq!((settled.authors, settled.credits), (2, 4));
    let mine = app.ask(move |c| Ok(store::explained_to(c, &Default::default(), author, week)?)).await;
    assert_eq!((mine[0].earned, mine[0].paid), ((whole + 1) / 2, 2), "the author has the odd one");
    assert_eq!((balance(&app, &ann).await, balance(&app, &carl).await), (2, 2));
});

on_both!(an_amount_is_explained_where_the_number_is_shown, |app| async move {
    let Valued { ann, insight, .. } = valued(&app).await;
    // Another of hers: three raters, so no number, but it earns.
    let quiet = app.insight(&ann, "Fitters photograph the label first. Then they call.").await;
    for (name, department) in [("Ida One", "Service"), ("Ina Two", "Service"), ("Ivo Three", "Product")] {
        let rater = app.employee(name, department).await;
        get(&app, &rater, &format!("/insights/{quiet}")).await;
        post(&app, &rater, &format!("/insights/{quiet}/rating"), &[("value", "5")]).await.expect(303);
    }
    let week = this_week(&app);
    next_monday(&app);
    let settled = settle(&app, week).await;
    let mine = get(&app, &ann, "/me/credits").await.expect(200);
    assert!(mine.body.contains(&format!("You have {} credits", settled.credits)), "{mine:?}");
    assert!(mine.body.contains("New readers of your insights, 2 to 8 November"));
    assert!(mine.body.contains(&format!("/me/credits/{week}")));
    let page = get(&app, &ann, &format!("/me/credits/{week}")).await.expect(200);
    let id = ann.id;
    let explained = app.ask(move |c| Ok(store::explained_to(c, &Default::default(), id, week)?)).await;
    let paid = |of: i64| explained.iter().find(|one| one.settled.insight_id == of).expect("a row").paid;
    assert_eq!(page.select("main tbody tr td b"), [paid(insight).to_string()]);
    assert!(page.select("main .told-title")[0].contains(&format!("together {} credit", paid(quiet))));
    // Another person sees their own week, not hers.
    let stranger = app.employee("Bob Example", "Service").await;
    let other = get(&app, &stranger, &format!("/me/credits/{week}")).await.expect(200);
    assert!(other.body.contains("No new readers in this week") && !other.body.contains("part number"));
    assert_eq!(get(&app, &stranger, "/me/credits/2026-W99").await.status, 404);
});

on_both!(a_rating_that_will_not_count_earns_nothing, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let insight = app.insight(&ann, "Observations of a long day.").await;
    let mut raters = Vec::new();
    for (name, department) in [("Bob Example", "Service"), ("Cy Sample", "IT"), ("Zoe Sample", "Finance")] {
        let rater = app.employee(name, department).await;
        rater.post(&format!("/insights/{insight}/rating"), &[("value", "4")]).await.expect(303);
        raters.push(rater);
    }
    // A curator voids Bob's, Zoe turns out to have said the same; what Cy gave only waits.
    let (now, today) = (app.now(), app.calendar().day(app.now()));
    let (bob, cy, zoe) = (raters[0].id, raters[1].id, raters[2].id);
    app.tell(move |c| {
        use tradewind::db::schema::ratings;
        use tradewind::market::store::standing;
        let of = |c: &mut tradewind::db::Conn, person: i64| {
            ratings::table.filter(ratings::person_id.eq(person)).select(ratings::id).first::<i64>(c)
        };
        let (one, other) = (of(c, bob)?, of(c, cy)?);
        standing::void(c, &[one], 9, now)?;
        standing::hold(c, other, today + chrono::Days::new(7), now)?;
        diesel::insert_into(insight_authors::table)
            .values((
                insight_authors::insight_id.eq(insight),
                insight_authors::person_id.eq(zoe),
                insight_authors::role.eq("corroborator"),
            ))
            .execute(c)?;
        Ok(())
    })
    .await;
    app.days_later(1);
    let (policy, calendar, now) = (app.config.policy.credits, app.calendar(), app.now());
    let paid = app.tell(move |c| store::settle_ratings(c, &policy, calendar, now)).await;
    assert_eq!((paid.ratings, paid.credits), (1, 1));
    for (rater, credits) in raters.iter().zip([0, 1, 0]) {
        assert_eq!(balance(&app, rater).await, credits, "{}", rater.name);
    }
});

on_both!(the_first_rating_of_an_insight_earns_a_credit_at_most_ten_a_week, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Service").await;
    let mut insights = Vec::new();
    for n in 0..12 {
        insights.push(app.insight(&ann, &format!("Observation {n} of a long day. There is more.")).await);
    }
    let rate = async |insight: i64, stars: &'static str| {
        get(&app, &bob, &format!("/insights/{insight}")).await.expect(200);
        post(&app, &bob, &format!("/insights/{insight}/rating"), &[("value", stars)]).await.expect(303);
    };
    let settle = async || {
        let (policy, calendar, now) = (app.config.policy.credits, app.calendar(), app.now());
        app.tell(move |c| store::settle_ratings(c, &policy, calendar, now)).await
    };
    // The stars do not matter, nor does changing one's mind.
    rate(insights[0], "1").await;
    rate(insights[0], "5").await;
    rate(insights[1], "3").await;
    assert_eq!(settle().await.ratings, 0, "today's are paid tomorrow");
    app.days_later(1);
    assert_eq!(settle().await.credits, 2);
    assert_eq!(settle().await.credits, 0, "once");
    // Taken back and given again: nothing new.
    post(&app, &bob, &format!("/insights/{}/rating/withdrawal", insights[0]), &[]).await.expect(303);
    rate(insights[0], "4").await;
    for insight in &insights[2..12] {
        rate(*insight, "4").await;
    }
    app.days_later(1);
    let paid = settle().await;
    assert_eq!((paid.ratings, paid.credits), (10, 8), "ten in the week");
    assert_eq!(balance(&app, &bob).await, 10);
    let unpaid: i64 = app
        .ask(|c| Ok(earning_ratings::table.filter(earning_ratings::paid.eq(false)).count().get_result(c)?))
        .await;
    assert_eq!(unpaid, 2);
    let id = bob.id;
    let (lines, _) = app.ask(move |c| ledger::store::lines(c, id, None, 10)).await;
    assert!(lines.iter().all(|line| matches!(line.reason, Reason::FirstRatings { .. })));
    let page = get(&app, &bob, "/me/credits").await.expect(200);
    assert!(page.body.contains("You have rated all that can earn this week"), "{page:?}");
    // Next week it begins anew; what lapsed does not come back.
    app.days_later(7);
    let late = app.insight(&ann, "One more of the next week. There is more.").await;
    rate(late, "2").await;
    app.days_later(1);
    assert_eq!(settle().await.credits, 1);
    assert!(app.ask(|c| Ok(ledger::store::check(c)?)).await.is_whole());
});

on_both!(the_page_tells_a_rater_what_their_ratings_did, |app| async move {
    let Valued { raters, .. } = valued(&app).await;
    for (rater, helped) in raters.iter().zip([1, 1, 1, 0, 0]) {
        let page = get(&app, rater, "/me/credits").await.expect(200);
        assert_eq!(page.select("dl.pairs dd"), ["1".to_owned(), "10".to_owned(), helped.to_string()]);
    }
});

on_both!(the_job_settles_each_monday_and_what_was_missed, |app| async move {
    let Valued { ann, insight, .. } = valued(&app).await;
    let job = tradewind::earnings::jobs::EARNINGS;
    let run = async || {
        let times =
            tradewind::jobs::Times { now: app.now(), calendar: app.calendar(), config: app.config.clone() };
        app.tell(move |c| (job.run)(c, &times)).await
    };
    next_monday(&app);
    assert!(run().await.starts_with("week 2026-W45: 1 of 1 insights"), "a note of what it did");
    let first = balance(&app, &ann).await;
    app.employee("Late Reader", "Product").await.get(&format!("/insights/{insight}")).await.expect(200);
    // No node ran on two Mondays.
    app.days_later(14);
    let note = run().await;
    assert!(note.contains("2026-W46: 1 of 1") && note.contains("2026-W47: nothing"), "{note}");
    assert!(balance(&app, &ann).await > first);
});

on_both!(an_administrator_settles_by_hand_and_sees_how_it_came_about, |app| async move {
    let Valued { insight, .. } = valued(&app).await;
    let week = this_week(&app);
    let admin = app.admin("Ada Admin", "Office").await;
    let page = get(&app, &admin, "/earnings").await.expect(200);
    assert!(page.body.contains("No week has been settled yet"), "{page:?}");
    let refused = post(&app, &admin, "/earnings", &[("week", &week.to_string())]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("This week is not over yet"));
    assert_eq!(post(&app, &admin, "/earnings", &[("week", "soon")]).await.status, 422);
    next_monday(&app);
    let page = get(&app, &admin, "/earnings").await.expect(200);
    let browser = app.another_browser(&admin).await;
    browser.submit(&page, "form[action='/earnings']", &[("week", &week.to_string())]).await.expect(303);
    let page = browser.get("/earnings").await.expect(200);
    page.sees("for 1 of 1 insights with new readers").sees("together they are 0");
    let detail = get(&app, &admin, &format!("/earnings/{week}")).await.expect(200);
    assert!(detail.body.contains(&format!("/insights/{insight}")) && !detail.body.contains("Ann Sample"));
    assert_eq!(app.count("audit_log").await, 1);
    post(&app, &admin, "/earnings", &[("week", &week.to_string())]).await.expect(303);
    assert_eq!(app.count("audit_log").await, 1, "nothing was left: nothing to note");
});

on_both!(without_credits_there_is_no_trace_of_them, |app| async move {
    let Valued { ann, insight, .. } = valued(&app).await;
    let week = this_week(&app);
    next_monday(&app);
    let off = app.node(|config| config.policy.credits.on = false).await;
    assert_eq!(settle(&off, week).await.insights, 0);
    let times =
        tradewind::jobs::Times { now: off.now(), calendar: off.calendar(), config: off.config.clone() };
    for job in [tradewind::earnings::jobs::EARNINGS, tradewind::earnings::jobs::RATERS] {
        let at = times.clone();
        assert_eq!(off.tell(move |c| (job.run)(c, &at)).await, "credits are off");
    }
    assert_eq!(off.count("ledger_transactions").await, 0);
    let admin = off.admin("Ada Admin", "Office").await;
    for path in ["/me/credits", "/me/credits/2026-W45"] {
        assert_eq!(get(&off, &ann, path).await.status, 404, "{path}");
    }
    for path in ["/earnings", "/earnings/2026-W45"] {
        assert_eq!(get(&off, &admin, path).await.status, 404, "{path}");
    }
    assert_eq!(post(&off, &admin, "/earnings", &[("week", "2026-W45")]).await.status, 404);
    let account = format!("/insights/{insight}/value");
    get(&app, &ann, &account).await.expect(200).sees("earns credits by that lower bound");
    get(&off, &ann, &account).await.expect(200).sees("worth at least");
    for path in ["/", "/me", "/archive", "/help/value", "/settings", &account] {
        let page = get(&off, &ann, path).await.expect(200);
        assert!(!page.body.to_lowercase().contains("credit"), "{path} speaks of credits");
    }
    assert!(!get(&off, &admin, "/admin/people").await.body.contains("/earnings"));
});

/// Five ratings of 4 by two departments of the demo company, and ten first readers elsewhere.
#[test]
fn in_the_demo_company_a_good_insight_earns_at_least_five_credits() {
    use tradewind::accounts::person::Actor;
    use tradewind::archive::draft::Draft;
    use tradewind::clock::Calendar;
    use tradewind::db::schema::{departments, people};
    use tradewind::db::{Conn, DatabaseUrl};
    use tradewind::demo::{file, hours::Hours, story::Scale};

    let folder = temporary_folder();
    let path = folder.path().join("demo.db");
    let calendar = Calendar { zone: chrono_tz::UTC };
    let now: chrono::NaiveDateTime = "2026-11-05T09:00:00".parse().expect("a time");
    file::make(&path, Scale::FULL, Hours { calendar, now }, &|_| ()).expect("a demo company");
    let mut conn = Conn::open(&DatabaseUrl::Sqlite(path.display().to_string())).expect("the demo");
    let c = &mut conn;
    let check = ledger::store::check(c).expect("a check");
    assert!(check.is_whole() && check.transactions > 2_000, "{check}");
    let mut all: Vec<(i64, i64, String)> = people::table
        .inner_join(departments::table)
        .order(people::id)
        .select((people::id, people::department_id, departments::path))
        .load(c)
        .expect("people");
    // People of a market department, the first ones first, each once.
    let mut take = |department: &str, number: usize| -> Vec<Actor> {
        let (taken, rest): (Vec<_>, Vec<_>) =
            all.drain(..).partition(|(_, _, path)| path.split('/').next() == Some(department));
        all = rest;
        assert!(taken.len() >= number, "{department} has {} people", taken.len());
        taken
            .into_iter()
            .take(number)
            .map(|(person_id, department_id, _)| Actor {
                person_id,
                department_id,
                manager: false,
                at: now,
                day: calendar.day(now),
            })
            .collect()
    };
    let author = take("Sales", 1)[0];
    let raters: Vec<Actor> = take("Support", 3).into_iter().chain(take("Product", 2)).collect();
    let readers: Vec<Actor> = take("Marketing", 5).into_iter().chain(take("Operations", 5)).collect();
    let draft =
        Draft { title: "A buyer counts the clicks".into(), body: "Twice.".into(), ..Draft::default() };
    let insight = tradewind::archive::store::share(c, &author, &draft).expect("an insight");
    tradewind::market::store::values::start(c, insight, now).expect("its value");
    for actor in raters.iter().chain(&readers) {
        tradewind::flow::store::record_access(c, actor, insight).expect("an access");
    }
    for actor in &raters {
        tradewind::market::store::ratings::put(c, actor, insight, 1, 4, true).expect("a rating");
    }
    let policy = CreditPolicy::default();
    let week = Week::of(calendar.day(now));
    let later = now + chrono::Duration::days(7);
    store::settle_week(c, week, &policy, calendar, later).expect("settled");
    let mine = store::explained_to(c, &Default::default(), author.person_id, week).expect("rows");
    let paid = mine.iter().find(|one| one.settled.insight_id == insight).expect("a row");
    // Without what the raters' own reading earns.
    let only_the_ten = rule::credits(
        &policy,
        &Worth {
            raters: paid.settled.raters.into(),
            departments: paid.settled.departments.into(),
            lower_hundredths: paid.settled.lower_hundredths.into(),
        },
        policy.other_department * 10,
        0,
    );
    assert!(only_the_ten >= 5, "{only_the_ten} credits at {}", paid.settled.lower_hundredths);
}
