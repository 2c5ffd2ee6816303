//! Stories of the market: rating, what is shown of a value, and the command that prints it.

use crate::support::*;
use diesel::prelude::*;
use tradewind::db::schema::{accesses, insight_values, insights, raters, ratings, value_epochs};
use tradewind::market::shown::ValueView;
use tradewind::market::store::ratings::Given;
use tradewind::market::store::{ratings as store, refit, values};

/// A text that a list would cut, so that it has to be opened before it can be rated.
const STORY: &str = "Buyers ask for one invoice. They pay eleven for one contract, and their controller \
                     takes us for eleven suppliers.";

/// Opens an insight's page.
async fn open_it(_: &TestApp, reader: &Visitor, insight: i64) {
    reader.get(&format!("/insights/{insight}")).await.expect(200);
}

async fn press(rater: &Visitor, insight: i64, value: i32) -> Answer {
    let value = value.to_string();
    rater
        .post(&format!("/insights/{insight}/rating"), &[("value", &value), ("back_to", "/archive?q=x")])
        .await
}

/// Everything an insight's page says to somebody: its words, what its drawings say, what is pressed.
async fn read(reader: &Visitor, insight: i64) -> (String, Vec<String>, Vec<String>) {
    let page = reader.get(&format!("/insights/{insight}")).await.expect(200);
    let needles = page.attrs(".ruler .needle", "x1");
    let labels = page.attrs("[aria-label]", "aria-label");
    assert_eq!(page.attrs(".rate-steps [aria-pressed]", "aria-pressed"), Vec::<String>::new());
    (page.text(), labels, needles)
}

/// Opens and rates.
async fn rate(app: &TestApp, rater: &Visitor, insight: i64, value: i32) {
    open_it(app, rater, insight).await;
    press(rater, insight, value).await.expect(303);
}

/// Somebody of that department who opens and rates.
async fn rated_by(app: &TestApp, name: &str, department: &str, insight: i64, value: i32) -> Visitor {
    let rater = app.employee(name, department).await;
    rate(app, &rater, insight, value).await;
    rater
}

async fn seen_by(app: &TestApp, person: &Visitor, insight: i64) -> ValueView {
    let id = person.id;
    app.ask(move |c| Ok(values::view_for(c, insight, id)?)).await
}

/// The estimate as it is stored: raters, value, sd, lower, label.
async fn stored(app: &TestApp, insight: i64) -> (i32, f64, f64, f64, String) {
    app.ask(move |c| {
        Ok(insight_values::table
            .find(insight)
            .select((
                insight_values::raters,
                insight_values::value,
                insight_values::sd,
                insight_values::lower,
                insight_values::label,
            ))
            .first(c)?)
    })
    .await
}

async fn refit_now(app: &TestApp) -> refit::Refitted {
    let now = app.now();
    app.tell(move |c| refit::refit(c, now)).await
}

async fn blind(app: &TestApp, rater: &Visitor, insight: i64) -> bool {
    let id = rater.id;
    app.ask(move |c| {
        Ok(ratings::table
            .filter(ratings::insight_id.eq(insight).and(ratings::person_id.eq(id)))
            .select(ratings::blind)
            .first(c)?)
    })
    .await
}

on_both!(a_rating_is_given_changed_and_taken_back, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Support").await;
    let insight = app.insight(&ann, STORY).await;

    press(&bob, insight, 4).await.expect(403).sees("Open the insight first");
    open_it(&app, &bob, insight).await;
    let answer = press(&bob, insight, 4).await.expect(303);
    assert_eq!(answer.location(), format!("/archive?q=x#insight-{insight}"));
    assert_eq!(seen_by(&app, &bob, insight).await.own, Some(4));
    let page = bob.get(&format!("/insights/{insight}")).await.expect(200).sees("your rating counts");
    assert_eq!(page.attrs(".rate-steps [aria-pressed=true]", "value"), ["4"]);
    assert!(!ann.get(&format!("/insights/{insight}")).await.expect(200).has(".rate"), "it is her own");
    let (n, value, ..) = stored(&app, insight).await;
    // One vote of 0.75 for a 4 among three of 3.0, and nothing known of the rater.
    assert_eq!((n, value), (1, 3.0 + 0.75 / 3.75));

    press(&bob, insight, 4).await.expect(303);
    press(&bob, insight, 5).await.expect(303);
    assert_eq!(seen_by(&app, &bob, insight).await.own, Some(5));
    assert_eq!(app.count("ratings").await, 1);
    assert_eq!(stored(&app, insight).await.1, 3.0 + 1.5 / 3.75);
    let history = |c: &mut tradewind::db::Conn| Ok(raters::table.select(raters::ratings).load::<i32>(c)?);
    assert_eq!(app.ask(history).await, [1], "one rating, however often it was changed");

    let undo = format!("/insights/{insight}/rating/withdrawal?back_to=%2F");
    let answer = bob.post(&undo, &[]).await.expect(303);
    assert_eq!(answer.location(), format!("/#insight-{insight}"));
    assert_eq!(app.count("ratings").await, 0);
    assert_eq!(stored(&app, insight).await.1, 3.0);
    assert_eq!(app.ask(history).await, [0]);
    bob.post(&undo, &[]).await.expect(404);
});

on_both!(an_insight_of_one_sentence_is_opened_by_rating_it, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Support").await;
    let insight = app.insight(&ann, "Buyers ask for one invoice per contract.").await;
    press(&bob, insight, 4).await.expect(303);
    press(&bob, insight, 5).await.expect(303);
    let opened = app
        .ask(move |c| {
            Ok(accesses::table.select((accesses::insight_id, accesses::person_id)).load::<(i64, i64)>(c)?)
        })
        .await;
    assert_eq!(opened, [(insight, bob.id)]);
});

on_both!(what_may_not_be_rated_is_not, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Support").await;
    let insight = app.insight(&ann, "Buyers ask for one invoice per contract.").await;
    press(&ann, insight, 5).await.expect(403).sees("for your colleagues to say");
    for wrong in ["0", "6", "4.5", ""] {
        let path = format!("/insights/{insight}/rating");
        bob.post(&path, &[("value", wrong)]).await.expect(422).sees("1 to 5");
    }
    press(&bob, insight + 1_000, 5).await.expect(404);
    app.stranger().post(&format!("/insights/{insight}/rating"), &[("value", "5")]).await.expect(303);
    app.tell(move |c| {
        let now = chrono::NaiveDateTime::default();
        diesel::update(insights::table.find(insight)).set(insights::withdrawn_at.eq(now)).execute(c)?;
        Ok(())
    })
    .await;
    press(&bob, insight, 5).await.expect(404);
    bob.post(&format!("/insights/{insight}/reveal"), &[]).await.expect(404);
    assert_eq!(app.count("ratings").await + app.count("accesses").await, 0);
});

on_both!(a_word_from_three_and_a_number_from_five, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let eve = app.employee("Eve Onlooker", "Finance").await;
    let insight = app.insight(&ann, STORY).await;
    let mut raters = Vec::new();
    for (place, department) in
        ["Support", "Finance", "Product", "Service", "Research"].into_iter().enumerate()
    {
        raters.push(rated_by(&app, &format!("Rater {place}"), department, insight, 5).await);
        let everybody = seen_by(&app, &eve, insight).await;
        assert_eq!(everybody.raters, place as i64 + 1);
        assert_eq!(everybody.number, None, "she has not rated");
        let word = match place {
            0 | 1 => None,
            // At five the lower bound is above 3.5 for the first time.
            4 => Some("Valued across departments"),
            _ => Some("Valued"),
        };
        assert_eq!(everybody.word, word, "{place}");
        assert_eq!(everybody.can_reveal, place >= 4);
        for person in raters.iter().chain([&ann]) {
            let number = seen_by(&app, person, insight).await.number;
            // Five departments with 0.75 votes each for a 5, and three neutral votes.
            assert_eq!(number.as_deref(), (place >= 4).then_some("4.1"), "{place}");
        }
    }
});

on_both!(the_shown_value_moves_after_two_further_people, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let insight = app.insight(&ann, STORY).await;
    for place in 0..5 {
        rated_by(&app, &format!("Rater {place}"), "Support", insight, 5).await;
    }
    let first = seen_by(&app, &ann, insight).await;
    assert!(first.number.is_some());
    let sixth = rated_by(&app, "Rater six", "Finance", insight, 1).await;
    let after_one = seen_by(&app, &ann, insight).await;
    assert_eq!(after_one.number, first.number, "one rating must not be readable");
    assert_eq!((after_one.low, after_one.high), (first.low, first.high));
    assert!(stored(&app, insight).await.1 < 4.0, "the estimate itself has moved");
    press(&sixth, insight, 2).await.expect(303);
    assert_eq!(seen_by(&app, &ann, insight).await.number, first.number, "nor a changed one");
    rated_by(&app, "Rater seven", "Product", insight, 1).await;
    assert!(seen_by(&app, &ann, insight).await.needle < first.needle);
});

on_both!(the_shown_value_moves_after_seven_days, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let insight = app.insight(&ann, STORY).await;
    for place in 0..5 {
        rated_by(&app, &format!("Rater {place}"), "Support", insight, 5).await;
    }
    rated_by(&app, "Rater six", "Finance", insight, 1).await;
    let first = seen_by(&app, &ann, insight).await;
    app.days_later(6);
    refit_now(&app).await;
    assert_eq!(seen_by(&app, &ann, insight).await.number, first.number);
    app.days_later(1);
    let refitted = refit_now(&app).await;
    assert_eq!(refitted.shown, 1);
    assert!(seen_by(&app, &ann, insight).await.needle < first.needle);
});

on_both!(ratings_are_blind_until_the_number_could_be_known, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Support").await;
    let eve = app.employee("Eve Onlooker", "Finance").await;
    let insight = app.insight(&ann, STORY).await;
    rate(&app, &bob, insight, 3).await;
    press(&bob, insight, 4).await.expect(303);
    assert!(blind(&app, &bob, insight).await, "there was no number to know");
    open_it(&app, &eve, insight).await;
    let reveal = format!("/insights/{insight}/reveal");
    eve.post(&reveal, &[("back_to", "/")]).await.expect(303);
    assert_eq!(app.count("value_reveals").await, 0, "nothing to reveal yet");
    for place in 0..4 {
        rated_by(&app, &format!("Rater {place}"), "Support", insight, 5).await;
    }
    assert!(seen_by(&app, &eve, insight).await.can_reveal);
    eve.post(&reveal, &[("back_to", "/")]).await.expect(303);
    eve.post(&reveal, &[("back_to", "/")]).await.expect(303);
    assert!(seen_by(&app, &eve, insight).await.number.is_some());
    press(&eve, insight, 4).await.expect(303);
    assert!(!blind(&app, &eve, insight).await, "she had asked to see it");
    assert!(blind(&app, &bob, insight).await);
    press(&bob, insight, 5).await.expect(303);
    assert!(!blind(&app, &bob, insight).await, "he could see it once he had rated");

    let zoe = rated_by(&app, "Zoe Sample", "Product", insight, 2).await;
    assert!(blind(&app, &zoe, insight).await);
    zoe.post(&format!("/insights/{insight}/rating/withdrawal"), &[]).await.expect(303);
    press(&zoe, insight, 4).await.expect(303);
    assert!(!blind(&app, &zoe, insight).await, "taking a rating back does not make her forget");
});

on_both!(nobody_sees_anothers_rating, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Support").await;
    let insight = app.insight(&ann, STORY).await;
    let boss = app.manager("Max Manager", "Support").await;
    let chief = app.officer("Cleo Chief", "Office").await;
    let curator = app.curator("Cora Curator", "Office").await;
    let admin = app.admin("Ada Admin", "Office").await;
    rate(&app, &bob, insight, 1).await;
    for others in 0..6 {
        let everybody = [&ann, &boss, &chief, &curator, &admin];
        for person in everybody {
            // Having opened it counts as an access, which the page tells; from here on nothing changes.
            open_it(&app, person, insight).await;
        }
        let mut before = Vec::new();
        for person in everybody {
            before.push((seen_by(&app, person, insight).await, read(person, insight).await));
        }
        assert!(before.iter().all(|(view, _)| view.own.is_none()));
        // One person changes their mind as far as one can: nobody else can tell.
        let opposite = if others % 2 == 0 { 5 } else { 1 };
        press(&bob, insight, opposite).await.expect(303);
        for (person, before) in everybody.into_iter().zip(before) {
            let after = (seen_by(&app, person, insight).await, read(person, insight).await);
            assert_eq!(after, before, "{others} others have rated");
        }
        rated_by(&app, &format!("Rater {others}"), "Finance", insight, 4).await;
    }
});

on_both!(ratings_at_once_on_two_nodes_are_all_counted, |app| async move {
    let other = app.node(|_| ()).await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let insight = app.insight(&ann, STORY).await;
    let mut people = Vec::new();
    for place in 0..12 {
        let rater =
            app.employee(&format!("Rater {place}"), ["Support", "Finance", "Product"][place % 3]).await;
        open_it(&app, &rater, insight).await;
        people.push(if place % 2 == 0 { rater.at(&other) } else { rater });
    }
    let mut presses = Vec::new();
    for (place, rater) in people.iter().enumerate() {
        presses.push(Box::pin(press(rater, insight, place as i32 % 5 + 1)));
    }
    for answer in together(presses).await {
        answer.expect(303);
    }
    let before = stored(&app, insight).await;
    assert_eq!(before.0, 12);
    // What the twelve left behind, one after the other, is what all of them together say.
    let last = people.last().expect("somebody");
    press(last, insight, 1).await.expect(303);
    press(last, insight, 12 % 5).await.expect(303);
    let again = stored(&app, insight).await;
    assert_eq!(
        (before.0, before.1.to_bits(), before.2.to_bits()),
        (again.0, again.1.to_bits(), again.2.to_bits())
    );
});

/// Drives futures together, in one task.
async fn together<T>(futures: Vec<std::pin::Pin<Box<impl Future<Output = T>>>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.into_iter().map(Some).collect();
    let mut done: Vec<Option<T>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        let mut all = true;
        for (slot, result) in waiting.iter_mut().zip(&mut done) {
            if let Some(future) = slot {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => {
                        *result = Some(value);
                        *slot = None;
                    }
                    std::task::Poll::Pending => all = false,
                }
            }
        }
        if all {
            std::task::Poll::Ready(done.iter_mut().filter_map(Option::take).collect())
        } else {
            std::task::Poll::Pending
        }
    })
    .await
}

on_both!(the_refit_replaces_the_days_values, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let insight = app.insight(&ann, STORY).await;
    let unrated = app.insight(&ann, "Nobody has read this. It has two sentences.").await;
    let strict = app.employee("Sam Strict", "Support").await;
    for place in 0..4 {
        let other = app.insight(&ann, &format!("Story {place}. It has two sentences.")).await;
        rate(&app, &strict, other, 1).await;
    }
    rate(&app, &strict, insight, 4).await;
    rated_by(&app, "Rater one", "Finance", insight, 4).await;
    let day = stored(&app, insight).await;
    let first = refit_now(&app).await;
    assert_eq!((first.ratings, first.raters, first.insights), (6, 2, 6));
    assert!(first.error_bound < 1e-9);
    // (90 + 12) / 36 stars: lower than 3.0 by more than a twentieth.
    assert!(first.new_epoch && (first.mu - 102.0 / 36.0).abs() < 1e-12);
    let night = stored(&app, insight).await;
    assert!(night.1 != day.1 && night.0 == day.0);
    assert_eq!(stored(&app, unrated).await.1, first.mu);
    let lenient = app
        .ask(|c| {
            Ok(raters::table.order(raters::person_id).select((raters::leniency, raters::ratings)).load::<(
                f64,
                i32,
            )>(
                c
            )?)
        })
        .await;
    assert!(lenient[0].0 < -0.3 && lenient[0].1 == 5, "{lenient:?}");

    let again = refit_now(&app).await;
    assert!(!again.new_epoch);
    assert_eq!(app.ask(|c| Ok(value_epochs::table.count().get_result::<i64>(c)?)).await, 2);
    assert_eq!(stored(&app, insight).await.1.to_bits(), night.1.to_bits(), "the same ratings, the same bits");

    // A rating more and less again, then the night: nothing is left of it.
    let bob = rated_by(&app, "Bob Example", "Product", insight, 5).await;
    refit_now(&app).await;
    assert!(stored(&app, insight).await.1 > night.1);
    bob.post(&format!("/insights/{insight}/rating/withdrawal"), &[]).await.expect(303);
    refit_now(&app).await;
    let restored = stored(&app, insight).await;
    assert!((restored.1 - night.1).abs() < 1e-9 && (restored.2 - night.2).abs() < 1e-9);
});

// Property 4.
on_both!(an_authors_own_rating_never_counts, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let insight = app.insight(&ann, STORY).await;
    let bob = rated_by(&app, "Bob Example", "Support", insight, 2).await;
    rated_by(&app, "Rater one", "Finance", insight, 4).await;
    refit_now(&app).await;
    let before = stored(&app, insight).await;
    let (actor, department_id) = (app.acting(&ann), ann.department_id);
    app.tell(move |c| {
        let own = Given {
            insight_id: insight,
            person_id: actor.person_id,
            department_id,
            manager: false,
            value: 5,
            version: 1,
            blind: true,
            first_at: actor.at,
            at: actor.at,
            day: actor.day,
        };
        Ok(store::put_many(c, &[own])?)
    })
    .await;
    refit_now(&app).await;
    assert_eq!(stored(&app, insight).await, before, "bit for bit");
    press(&bob, insight, 3).await.expect(303);
    press(&bob, insight, 2).await.expect(303);
    assert_eq!(stored(&app, insight).await, before, "nor in the closed form");
});

on_both!(how_value_is_worked_out, |app| async move {
    app.stranger().get("/help/value").await.expect(303);
    let ann = app.employee("Ann Sample", "Sales").await;
    let page = ann.get("/help/value").await.expect(200);
    assert!(page.has(".verdict .ruler .needle") && page.has("h1"));
    // Support's three raters have 1.5 votes.
    let page = page.sees("Support").sees("1.50");
    assert!(!page.has("script:not([src])") && !page.has("[style]"));
});

/// The oracle's cases through the program itself: database, loading, fit, output.
#[derive(serde::Deserialize)]
struct Oracle {
    tolerance: f64,
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    set: std::collections::BTreeMap<String, f64>,
    ratings: Vec<(String, String, String, i32)>,
    items: std::collections::BTreeMap<String, Expected>,
}

#[derive(serde::Deserialize)]
struct Expected {
    n: usize,
    departments: std::collections::BTreeMap<String, f64>,
    value: f64,
    sd: f64,
    lower: f64,
}

#[derive(Debug, serde::Deserialize)]
struct Printed {
    r#ref: String,
    n: usize,
    departments: usize,
    value: f64,
    sd: f64,
    lower: f64,
    label: String,
}

on_both!(the_value_command_agrees_with_a_dense_solver, |app| async move {
    let oracle: Oracle =
        serde_json::from_str(include_str!("fixtures/oracles/valuation.json")).expect("the fixture");
    let author = app.employee("Ann Author", "Authors").await;
    let mut kept = std::collections::HashMap::new();
    for case in oracle.cases {
        app.tell(|c| Ok(diesel::delete(ratings::table).execute(c)?)).await;
        for (rater, department, item, value) in &case.ratings {
            let person = format!("{} {rater}", case.name);
            if !kept.contains_key(&person) {
                let id = app.employee(&person.replace('&', "and"), department).await.id;
                kept.insert(person.clone(), id);
            }
            let reference = format!("{}:{item}", case.name);
            if !kept.contains_key(&reference) {
                let id = app.insight(&author, &format!("{reference}. It has two sentences.")).await;
                let name = reference.clone();
                app.tell(move |c| {
                    diesel::update(insights::table.find(id)).set(insights::reference.eq(&name)).execute(c)?;
                    Ok(())
                })
                .await;
                kept.insert(reference.clone(), id);
            }
            let (person_id, insight_id, value) = (kept[&person], kept[&reference], *value);
            let (now, day, path) = (app.now(), app.calendar().day(app.now()), department.clone());
            app.tell(move |c| {
                let department_id = tradewind::accounts::store::department(c, &path, day)?;
                let given = Given {
                    insight_id,
                    person_id,
                    department_id,
                    manager: false,
                    value,
                    version: 1,
                    blind: true,
                    first_at: now,
                    at: now,
                    day,
                };
                Ok(store::put_many(c, &[given])?)
            })
            .await;
        }
        let pairs: Vec<String> = case.set.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let printed = printed(&app, &["--set", &pairs.join(","), "--format", "json"]);
        for (item, expected) in &case.items {
            let reference = format!("{}:{item}", case.name);
            let got = printed.iter().find(|row| row.r#ref == reference).expect("a row for every insight");
            assert_eq!((got.n, got.departments), (expected.n, expected.departments.len()), "{reference}");
            for (got, expected) in
                [(got.value, expected.value), (got.sd, expected.sd), (got.lower, expected.lower)]
            {
                assert!((got - expected).abs() <= oracle.tolerance, "{reference}: {got} {expected}");
            }
        }
    }
    assert_eq!(app.count("value_epochs").await, 1, "nothing is stored");
    let before = printed(&app, &["--format", "json"]);
    assert!(before.iter().all(|row| row.n == 0 && row.label == "early"));
    let after = printed(&app, &["--refit", "--format", "json"]);
    assert_eq!(after.iter().map(|row| row.n).sum::<usize>(), 52);
    let stored = printed(&app, &["--format", "json"]);
    assert_eq!(format!("{stored:?}"), format!("{after:?}"));
    let answer = program(&app, &["--set", "lambda_v=0"]);
    assert_eq!(answer.status.code(), Some(2));
    assert!(
        std::str::from_utf8(&answer.stderr).expect("UTF-8").contains("lambda_v must be a positive number")
    );
});

fn program(app: &TestApp, args: &[&str]) -> std::process::Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_tradewind"))
        .arg("value")
        .args(args)
        .env("DATABASE_URL", app.full_url())
        .output()
        .expect("the program")
}

fn printed(app: &TestApp, args: &[&str]) -> Vec<Printed> {
    let answer = program(app, args);
    assert!(answer.status.success(), "{}", std::str::from_utf8(&answer.stderr).expect("UTF-8"));
    serde_json::from_slice(&answer.stdout).expect("an array of objects")
}
