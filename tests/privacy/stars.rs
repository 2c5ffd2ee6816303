//! An attempt to work single ratings out of figures that tell of stars, by taking one period from another: it
//! succeeds without protection and fails with it.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use tradewind::db::schema::{figure_shapes, trials, unshared_counts};
use tradewind::flow::groups::View;
use tradewind::flow::metrics::figure::{Figure, Whom};
use tradewind::flow::metrics::{self, Question};
use tradewind::flow::period::Period;
use tradewind::flow::rounds::Rounds;
use tradewind::flow::store;
use tradewind::jobs::{Job, tick};
use tradewind::market::store::{ratings, worth};
use tradewind::obstacles::reasons::{Count, Told};
use tradewind::privacy::jobs::{self, Rules};

use super::company::*;
use super::recover::look_by;
use crate::support::*;

const JOBS: &[Job] = &[tradewind::market::jobs::FIGURES, jobs::CHECK];

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

async fn rate(app: &TestApp, rater: &Visitor, insight: i64, stars: i32) {
    let actor = app.acting(rater);
    app.tell(move |c| ratings::put(c, &actor, insight, 1, stars, true)).await;
}

async fn open(app: &TestApp, reader: &Visitor, insight: i64) {
    let actor = app.acting(reader);
    app.tell(move |c| Ok(store::record_access(c, &actor, insight)?)).await;
}

/// What the stars of the only rater of an insight follow from.
fn stars_of(worth: f64) -> f64 {
    3.0 + (worth - 3.0) * 2.0
}

/// An insight shared on a day and rated by one person.
struct Secret {
    shared: NaiveDate,
    stars: i32,
}

/// An insight a day for nine weeks, each opened by seven people on the next day and rated by one of them; the last
/// ones by three. Returns the days of the insights and their stars.
async fn nine_weeks(app: &TestApp, people: &[Visitor]) -> Vec<Secret> {
    let author = people[0].clone();
    let mut secrets: Vec<Secret> = Vec::new();
    let mut last = None;
    for day in 0..64_usize {
        if let Some((insight, stars)) = last {
            let rater = &people[1 + day % 7];
            for reader in people[8..14].iter().chain([rater]) {
                open(app, reader, insight).await;
            }
            rate(app, rater, insight, stars).await;
            if day > 57 {
                rate(app, &people[8], insight, 3).await;
                rate(app, &people[9], insight, 5).await;
            }
        }
        let insight = app.insight(&author, &format!("What was said on day {day}. It is short.")).await;
        let stars = [5, 4, 5, 2, 5, 1, 4][day % 7];
        secrets.push(Secret { shared: app.calendar().day(app.now()), stars });
        last = Some((insight, stars));
        app.days_later(1);
    }
    secrets
}

/// Two months after nine weeks in a company whose values are plain: who works there without being a manager, what
/// was rated, and the day.
async fn two_months_later(app: &TestApp) -> (Vec<Visitor>, Vec<Secret>, NaiveDate) {
    // A Monday.
    app.clock.set("2026-01-05T09:00:00".parse().expect("a time"));
    let company = company(app).await;
    plain_values(app).await;
    let people: Vec<Visitor> = company.people.iter().filter(|p| !p.manager).cloned().collect();
    let secrets = nine_weeks(app, &people).await;
    app.days_later(60);
    (people, secrets, app.calendar().day(app.now()))
}

fn about(app: &TestApp, period: Period, unsuppressed: bool) -> Question {
    let view = View { unsuppressed, ..View::default() };
    Question { period, segment: None, view, calendar: app.calendar() }
}

async fn figures(app: &TestApp, periods: Vec<Period>, unsuppressed: bool) -> Vec<Vec<Figure>> {
    let now = app.now();
    let questions: Vec<Question> =
        periods.into_iter().map(|period| about(app, period, unsuppressed)).collect();
    app.ask(move |c| {
        let computed = metrics::compute(c, &questions, worth::as_of, now)?;
        Ok(computed.into_iter().map(|one| one.figures).collect())
    })
    .await
}

fn find<'a>(figures: &'a [Figure], id: &str) -> &'a Figure {
    let same = |figure: &&Figure| figure.id == id && figure.part.is_empty() && figure.whom == Whom::All;
    figures.iter().find(same).unwrap_or_else(|| panic!("no {id}"))
}

/// Of each first day the mean of a period, as a sum, and over how many insights.
fn sums(from: &[NaiveDate], told: &[Vec<Figure>]) -> BTreeMap<NaiveDate, (f64, u64)> {
    let known = from.iter().zip(told).filter_map(|(from, figures)| {
        let figure = find(figures, "C22");
        let n = figure.n?;
        Some((*from, (figure.value? * n as f64, n)))
    });
    known.collect()
}

on_both!(no_rating_is_worked_out_from_two_periods, |app| async move {
    let (people, secrets, to) = two_months_later(&app).await;
    let from: Vec<NaiveDate> = secrets[..30].iter().map(|secret| secret.shared).collect();
    let periods: Vec<Period> = from.iter().map(|from| Period { from: *from, to }).collect();

    // C22, from one first day and the next: the early value of one insight, which one person rated.
    let bare = figures(&app, periods.clone(), true).await;
    let known = sums(&from, &bare);
    for (secret, next) in secrets.iter().zip(&from[1..]) {
        let ((all, n), (less, fewer)) = (known[&secret.shared], known[next]);
        assert_eq!(n - fewer, 1);
        let found = stars_of(all - less);
        assert!((found - f64::from(secret.stars)).abs() < 1e-6, "{found} instead of {}", secret.stars);
    }
    let told = figures(&app, periods.clone(), false).await;
    let known: Vec<(f64, u64)> = sums(&from, &told).into_values().collect();
    assert!(!known.is_empty(), "nothing is told at all");
    for (_, one) in &known {
        for (_, other) in &known {
            assert!(one.abs_diff(*other) == 0 || one.abs_diff(*other) >= 10, "{known:?}");
        }
    }

    // C19: on each day one insight was opened for the first time, by seven people.
    let weight = |figures: &[Vec<Figure>], day: usize| {
        let sum = |at: usize| find(&figures[at], "C19").numerator.expect("a sum");
        (sum(day + 1) - sum(day + 2)) / 7.0
    };
    for (day, secret) in secrets[..20].iter().enumerate().filter(|(_, secret)| secret.stars > 3) {
        let found = stars_of(3.0 + 1.5 * weight(&bare, day));
        assert!((found - f64::from(secret.stars)).abs() < 1e-6, "{found} instead of {}", secret.stars);
    }
    let weights: Vec<f64> = (0..20).map(|day| weight(&told, day)).collect();
    assert!(weights[0] > 0.0, "all weigh what they do on average");
    assert!(weights.iter().all(|one| (one - weights[0]).abs() < 1e-9), "{weights:?}");

    // C14 and C19 on the day before and after somebody rated alone, long after the others.
    let (before, rated) = (to + Days::new(8), people[8].clone());
    app.clock.set(before.and_hms_opt(9, 0, 0).expect("a time"));
    rate(&app, &rated, 1, 1).await;
    app.days_later(1);
    let first = from[0];
    let two = vec![Period { from: first, to: before }, Period { from: first, to: before + Days::new(1) }];
    let bare = figures(&app, two.clone(), true).await;
    let differs = |figures: &[Vec<Figure>], id: &str| {
        let of = |at: usize| {
            let Figure { value, low, high, numerator, .. } = find(&figures[at], id).clone();
            // Of sums: the rate itself falls with each day.
            if id == "C19" { vec![numerator] } else { vec![value, low, high] }
        };
        of(0) != of(1)
    };
    for id in ["C14", "C19"] {
        assert!(differs(&bare, id), "{id} does not tell of that rating anyway");
    }
    let told = figures(&app, two, false).await;
    for id in ["C14", "C19"] {
        assert!(find(&told[0], id).value.is_some(), "{id} is told");
        assert!(!differs(&told, id), "{id} tells of one rating");
    }
});

/// Computes the exact figures of a period now, and keeps them.
async fn keep(app: &TestApp, period: Period) {
    let (question, now) = (about(app, period, true), app.now());
    app.tell(move |c| metrics::compute_and_keep(c, &[question], worth::as_of, now).map(|_| ())).await;
}

on_both!(what_changed_between_two_runs_is_no_finding, |app| async move {
    let (people, secrets, to) = two_months_later(&app).await;
    let [longer, shorter] = [0, 1].map(|day| Period { from: secrets[day].shared, to });
    keep(&app, longer).await;
    app.later(60);
    keep(&app, shorter).await;
    let few = look_by(&app, Rules::default()).await;

    // In one of them the value of an insight is not what it was in the other.
    app.later(60);
    rate(&app, &people[2], 1, 2).await;
    keep(&app, shorter).await;
    let meanwhile = look_by(&app, Rules::default()).await;
    assert!(meanwhile < few, "{meanwhile} instead of fewer than {few}");
});

/// Every day ends a round.
fn each_day(_: &BTreeMap<NaiveDate, Vec<i64>>) -> Rounds {
    Rounds::any_day()
}

/// Everything at once, in a row for each group.
fn as_it_is(counts: &[Count], _: NaiveDate) -> Vec<Told> {
    let row = |count: &Count| Told {
        places: vec![count.place],
        people: count.people,
        cells: vec![(vec![count.reason], count.people)],
        made_of: vec![(count.place, count.month)],
    };
    counts.iter().map(row).collect()
}

on_both!(the_night_looks_at_stars_curves_trials_and_reasons, |app| async move {
    app.clock.set("2026-01-05T09:00:00".parse().expect("a time"));
    let company = company(&app).await;
    plain_values(&app).await;
    tick(&app, "a", JOBS).await.expect("a tick");
    let people: Vec<Visitor> = company.people.iter().filter(|p| !p.manager).cloned().collect();
    nine_weeks(&app, &people).await;
    let of = |name: &str| company.people.iter().find(|p| p.name == name).expect("somebody").department_id;
    let (legal, north, west) = (of("Legal 0"), of("Sales North 0"), of("Sales West 0"));
    let during = app.calendar().day(app.now());
    for reader in company.people.iter().filter(|p| [north, west].contains(&p.department_id)) {
        for insight in 1..=12 {
            open(&app, reader, insight).await;
        }
    }
    for (department, month, count) in [(legal, "2026-01-01", 2), (north, "2026-01-01", 6)] {
        let month: NaiveDate = month.parse().expect("a day");
        app.tell(move |c| {
            use tradewind::obstacles::reasons::Reason;
            use tradewind::obstacles::store::reasons;
            Ok(reasons::add(c, month, department, Reason::NoTime, count)?)
        })
        .await;
    }
    app.days_later(45);
    tick(&app, "a", JOBS).await.expect("a tick");
    let check = app.ask(|c| Ok(tradewind::privacy::store::checks::last(c)?)).await.expect("a check");
    assert!(check.rounds > 1 && check.points > 20 && check.reasons > 0, "{check:?}");
    assert_eq!(check.findings, 0, "{check:?}");
    for (what, rules) in [
        ("each day ends a round", Rules { cut: each_day, ..Rules::default() }),
        ("reasons as they are", Rules { tell: as_it_is, ..Rules::default() }),
    ] {
        assert!(look_by(&app, rules).await > 0, "not noticed: {what}");
    }
    let (ann, said) = (app.another_browser(&people[3]).await, "points of curves");
    ann.get("/transparency").await.expect(200).sees(said);
    ann.get("/help/privacy").await.expect(200).sees("rounds");

    // A trial with a department of two; with one that is told only with its sisters; and with one that is told.
    let obstacle = an_obstacle(&app, company.dora.id).await;
    let trial = a_trial(&app, obstacle, company.dora.id, (legal, during)).await;
    assert!(look_by(&app, Rules::default()).await > 0, "not noticed: a trial with two people");
    for (department, found) in [(west, true), (north, false)] {
        app.tell(move |c| {
            let trial = diesel::update(trials::table.find(trial));
            Ok(trial.set(trials::department_id.eq(department)).execute(c)?)
        })
        .await;
        assert_eq!(look_by(&app, Rules::default()).await > 0, found, "a trial with department {department}");
    }

    // A curve of a month whose events are gone, and a number of reasons, changed by hand.
    let changed = app
        .tell(|c| {
            use figure_shapes as t;
            let old: String = t::table.filter(t::name.eq("people_accesses")).select(t::shape).first(c)?;
            let new = r#"{"name":"people_accesses","points":[{"label":"none","value":9.0},{"label":"1","value":3.0},{"label":"2 and more","value":9.0}]}"#;
            assert_ne!(old, new);
            Ok(diesel::update(t::table.filter(t::name.eq("people_accesses"))).set(t::shape.eq(new)).execute(c)?)
        })
        .await;
    assert!(changed > 0);
    assert!(look_by(&app, Rules::default()).await > 0, "not noticed: a class of three people");
    assert_eq!(app.ask(|c| Ok(unshared_counts::table.count().get_result::<i64>(c)?)).await, 2);
});

async fn an_obstacle(app: &TestApp, officer: i64) -> i64 {
    let (now, today) = (app.now(), app.calendar().day(app.now()));
    app.tell(move |c| {
        use tradewind::db::schema::obstacles as t;
        let row = (
            (t::metric.eq("C4"), t::part.eq(""), t::whom.eq("all"), t::from_key.eq(""), t::from_name.eq("")),
            (
                t::to_key.eq(""),
                t::to_name.eq(""),
                t::description.eq("Nobody is reminded"),
                t::action.eq("Remind."),
            ),
            (t::owner_id.eq(officer), t::opened_by.eq(officer), t::opened_at.eq(now), t::opened_on.eq(today)),
            (
                t::due_on.eq(today),
                t::state.eq("open"),
                t::version.eq(1),
                t::undone.eq(false),
                t::weeks.eq(""),
            ),
        );
        Ok(diesel::insert_into(t::table).values(row).returning(t::id).get_result::<i64>(c)?)
    })
    .await
}

/// One of two weeks that ended and tells of both halves.
async fn a_trial(app: &TestApp, obstacle: i64, officer: i64, of: (i64, NaiveDate)) -> i64 {
    let (now, (department, first)) = (app.now(), of);
    let half = r#"{"insights":6,"openings":30,"uses":0}"#;
    let outcome = format!(
        r#"{{"pairs":6,"gone":0,"left_out":0,"verdict":"not_beyond_chance","at_once":{half},"later":{half},"openings":{{"mean":0.0,"low":null,"high":null,"findable":null}},"uses":null}}"#
    );
    app.tell(move |c| {
        use tradewind::db::schema::trial_insights as i;
        use trials as t;
        let row = (
            (t::obstacle_id.eq(obstacle), t::department_id.eq(department), t::seed.eq("x")),
            (t::started_by.eq(officer), t::started_at.eq(now), t::started_on.eq(first)),
            (t::ends_on.eq(first + Days::new(14)), t::state.eq("finished"), t::reason.eq("")),
            t::outcome.eq(&outcome),
        );
        let id = diesel::insert_into(t::table).values(row).returning(t::id).get_result::<i64>(c)?;
        for insight in 1..=12_i64 {
            let row = (
                i::trial_id.eq(id),
                i::insight_id.eq(insight),
                i::pair.eq((insight as i32 + 1) / 2),
                i::at_once.eq(insight % 2 == 0),
            );
            diesel::insert_into(i::table).values(row).execute(c)?;
        }
        Ok(id)
    })
    .await
}
