//! A real consultation goes through the import, and the command line must print the figures another
//! program computed from it; and again after the archive has moved to an empty database.

use std::path::Path;

use chrono::DateTime;
use serde_json::Value;
use tradewind::db::{DatabaseUrl, migrate};
use tradewind::exchange::cell::Today;
use tradewind::exchange::import::{self, Files, Options};
use tradewind::exchange::progress::Silent;
use tradewind::exchange::{export, report::Report};
use tradewind::flow::statistics::network::Flows;

use crate::support::node::run;
use crate::support::*;

const PEOPLE: &str = include_str!("../fixtures/biodiversity/people.txt");
const INSIGHTS: &str = include_str!("../fixtures/biodiversity/insights.tsv");
const VOTES: &str = include_str!("../fixtures/biodiversity/votes.csv");
const EXPECTED: &str = include_str!("../fixtures/oracles/biodiversity.json");
/// The same consultation by another study, which leaves participants without a group out of its table.
const POLIS: &str = include_str!("../fixtures/oracles/polis.json");

fn time(milliseconds: i64) -> String {
    let at = DateTime::from_timestamp_millis(milliseconds).expect("a time");
    at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn email(number: &str) -> String {
    format!("p{number}@biodiversity.example")
}

/// The four files of an import, from the compact ones.
fn unfold(folder: &Path) {
    let write = |file: &str, header: &str, rows: Vec<Vec<String>>| {
        let mut writer = csv::Writer::from_path(folder.join(file)).expect("a file");
        writer.write_record(header.split(',')).expect("a header");
        rows.iter().for_each(|row| writer.write_record(row).expect("a row"));
        writer.flush().expect("a file");
    };
    let people = PEOPLE.trim().chars().enumerate().map(|(number, group)| {
        let department = match group {
            '-' => "No group".to_owned(),
            group => format!("Group {group}"),
        };
        vec![email(&number.to_string()), format!("Participant {number}"), department]
    });
    write("people.csv", "email,name,department", people.collect());
    let insights = INSIGHTS.lines().enumerate().map(|(number, line)| {
        let cells: Vec<&str> = line.splitn(3, '\t').collect();
        let at = time(cells[1].parse().expect("a time"));
        let text = cells[2].to_owned();
        vec![format!("c{number}"), email(cells[0]), at, text.clone(), text, "Public consultation".into()]
    });
    write("insights.csv", "ref,author,contributed_at,title,body,segment", insights.collect());
    let mut clock = 0;
    let (mut accesses, mut ratings) = (Vec::new(), Vec::new());
    for line in VOTES.lines() {
        let cells: Vec<&str> = line.split(',').collect();
        clock += cells[3].parse::<i64>().expect("milliseconds");
        let (insight, person, at) = (format!("c{}", cells[0]), email(cells[1]), time(clock));
        accesses.push(vec![insight.clone(), person.clone(), at.clone()]);
        ratings.push(vec![insight, person, cells[2].to_owned(), at]);
    }
    write("accesses.csv", "insight,reader,accessed_at", accesses);
    write("ratings.csv", "insight,rater,value,rated_at", ratings);
}

fn options(app: &TestApp) -> Options {
    Options {
        today: Today { calendar: app.calendar(), now: app.now() },
        write: true,
        actor: None,
        most_rows: None,
        credits: app.config.policy.credits,
    }
}

/// What the command line prints about the database at `url`.
fn printed(url: &str) -> Value {
    let said = run(
        &["flow", "--from", "2019-08-01", "--to", "2019-10-01", "--unsuppressed", "--format", "json"],
        &[("DATABASE_URL", url)],
    );
    assert_eq!(said.code, Some(0), "{}", said.err);
    serde_json::from_str(&said.out).expect("JSON")
}

/// Compares everything the other program computed.
fn compare(printed: &Value) {
    let expected: Value = serde_json::from_str(EXPECTED).expect("the fixture");
    let expected = &expected["expected"];
    let population = &printed["population"];
    assert_eq!(population["people"], expected["people"]);
    assert_eq!(population["contributions"], expected["contributions"]);
    assert_eq!(population["accesses"], expected["accesses"]);
    assert_eq!(population["ratings"], expected["ratings_counted"]);
    let figure = |id: &str, part: &str| {
        let metrics = printed["metrics"].as_array().expect("figures");
        let found = metrics.iter().find(|m| {
            m["id"] == id
                && m["group"] == "all"
                && m.get("part").and_then(Value::as_str).unwrap_or("") == part
        });
        found.unwrap_or_else(|| panic!("{id} {part} is not printed")).clone()
    };
    let close = |name: &str, found: &Value, wanted: &Value| {
        let (found, wanted) = (found.as_f64().expect(name), wanted.as_f64().expect(name));
        assert!((found - wanted).abs() < 1e-9, "{name}: {found} instead of {wanted}");
    };
    for id in ["C1", "C2", "C8", "C9"] {
        close(id, &figure(id, "")["value"], &expected[id]);
    }
    for id in ["C3", "C4", "C13"] {
        let (found, wanted) = (figure(id, ""), &expected[id]);
        close(id, &found["numerator"], &wanted["x"]);
        close(id, &found["denominator"], &wanted["n"]);
        close(id, &found["value"], &wanted["share"]);
        close(id, &found["low"], &wanted["wilson95"][0]);
        close(id, &found["high"], &wanted["wilson95"][1]);
    }
    for part in ["gini_contributions", "gini_accesses", "top1_contributions", "top10_contributions"] {
        close(part, &figure("C5", part)["value"], &expected["C5"][part]);
    }
    let triple = |id: &str, part: &str, wanted: &Value| {
        let found = figure(id, part);
        for (name, at) in [("value", 0), ("low", 1), ("high", 2)] {
            close(id, &found[name], &wanted[at]);
        }
        found["n"].clone()
    };
    for part in ["people", "departments"] {
        assert_eq!(triple("C6", part, &expected["C6"][part]), expected["C6"]["n"]);
    }
    assert_eq!(triple("C15", "age", &expected["C15"]["age"]), expected["C15"]["n"]);
    close("C11", &figure("C11", "")["value"], &expected["C11"]["median"]);
    close("C11", &figure("C11", "waiting_7d")["value"], &expected["C11"]["waiting_7d"]);
    for (name, whole) in [("numerator", "happened"), ("denominator", "n")] {
        close("C11", &figure("C11", "")[name], &expected["C11"][whole]);
    }
    for part in ["rating", "outside"] {
        close("C12", &figure("C12", part)["value"], &expected["C12"][part]);
        close("C12", &figure("C12", part)["numerator"], &expected["C12"]["happened"]);
    }
    let alpha = figure("C14", "");
    close("C14", &alpha["value"], &expected["C14"]["alpha"]);
    assert_eq!(alpha["n"], expected["C14"]["n"]);
    let within = |id: &str, part: &str| {
        let found = figure(id, part);
        let number = |name: &str| found[name].as_f64().unwrap_or_else(|| panic!("{id} {part} has no {name}"));
        assert!(number("low") < number("value") && number("value") < number("high"), "{found}");
    };
    for (id, part) in [("C1", ""), ("C5", "gini_accesses"), ("C8", ""), ("C9", ""), ("C14", "")] {
        within(id, part);
    }
    close("C21", &figure("C21", "")["numerator"], &expected["C21"]["x"]);
    close("C21", &figure("C21", "")["denominator"], &expected["C21"]["n"]);
    let cells = printed["matrix"].as_array().expect("cells");
    assert_eq!(cells.len(), 9);
    for cell in cells {
        let (from, to) = (cell["from"].as_str().expect("a name"), cell["to"].as_str().expect("a name"));
        assert_eq!(cell["value"], expected["C7"][from][to], "{from} to {to}");
    }
}

/// Compares what the study of the consultation published, by its own rules: its table of flows has the two
/// groups alone, and what follows from that table is reckoned from the cells that are printed.
fn compare_with_the_study(printed: &Value, report: &Report) {
    let polis: Value = serde_json::from_str(POLIS).expect("the fixture");
    let study = &polis["results"][0];
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    let close = |name: &str, found: f64, within: f64| {
        let wanted = number(&study[name]);
        assert!((found - wanted).abs() <= within, "{name}: {found} instead of {wanted}");
    };
    let figure = |id: &str, part: &str, field: &str| {
        let metrics = printed["metrics"].as_array().expect("figures");
        let found = metrics.iter().find(|m| {
            let own = m.get("part").and_then(Value::as_str).unwrap_or("");
            m["id"] == id && m["group"] == "all" && own == part
        });
        number(&found.unwrap_or_else(|| panic!("{id} {part} is not printed"))[field])
    };
    let exact = 1e-12;
    close("people", number(&printed["population"]["people"]), 0.0);
    close("contributions", number(&printed["population"]["contributions"]), 0.0);
    close("ratings_used", number(&printed["population"]["ratings"]), 0.0);
    close("ratings_self", report.ratings.own as f64, 0.0);
    close("ratings_duplicate_pairs", report.ratings.replaced as f64, 0.0);
    close("contributors", figure("C3", "", "numerator"), 0.0);
    close("raters", figure("C4", "", "numerator"), 0.0);
    close("active_contributor_ratio", figure("C3", "", "value"), exact);
    close("gini_contributions_all_people", figure("C5", "gini_contributions", "value"), exact);
    // Of openings, of which there is one more: somebody came back to a comment after half an hour.
    close("gini_ratings_all_people", figure("C5", "gini_accesses", "value"), 2e-5);
    close("top1pct_people", (0.01 * number(&study["people"])).ceil(), 0.0);
    close("top1pct_share_contributions", figure("C5", "top1_contributions", "value"), exact);
    close("top10pct_share_contributions", figure("C5", "top10_contributions", "value"), exact);
    let (rated, all) = (figure("C12", "rating", "numerator"), figure("C12", "rating", "denominator"));
    close("coverage_ge1", rated / all, exact);
    close("hours_to_first_rating_censored", all - rated, 0.0);
    close("hours_to_first_rating_km_median", figure("C12", "rating", "value"), 1e-9);
    close("alpha_ordinal", figure("C14", "", "value"), 1e-9);
    let cells = printed["matrix"].as_array().expect("cells");
    let read: f64 = cells.iter().map(|cell| number(&cell["value"])).sum();
    close("reach_mean", read / (number(&study["contributions"]) * (number(&study["people"]) - 1.0)), exact);
    let groups = ["Group A", "Group B"];
    let mut flows = Flows::new(2);
    for (from, giver) in groups.iter().enumerate() {
        for (to, taker) in groups.iter().enumerate() {
            let cell = cells.iter().find(|cell| cell["from"] == **giver && cell["to"] == **taker);
            let value = &cell.expect("a cell")["value"];
            assert_eq!(
                *value, study["flow_matrix_author_group_x_rater_group"][from][to],
                "{giver} to {taker}"
            );
            flows.add(from, to, number(value));
        }
    }
    let (ei, silo) = (flows.ei().expect("an index"), flows.silo().expect("an index"));
    close("EI", ei, exact);
    close("EI_expected_under_independence", silo + ei, exact);
    close("assortativity", flows.assortativity().expect("an index"), exact);
}

/// Both are from the fixture: what was imported, and how much was left out for being one's own.
fn told(report: &Report) {
    assert!(report.written, "{report}");
    let expected: Value = serde_json::from_str(EXPECTED).expect("the fixture");
    assert_eq!(Some(report.ratings.own), expected["expected"]["own_ratings_not_counted"].as_u64());
}

on_both!(a_real_consultation_has_the_published_figures, |app| async move {
    let (from, to) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    unfold(from.path());
    let files = Files::in_folder(from.path()).expect("the files");
    let chosen = options(&app);
    let report =
        app.db.write_alone(move |c| import::run(c, &files, chosen, &mut Silent)).await.expect("an import");
    told(&report);
    let found = printed(&app.full_url());
    compare(&found);
    compare_with_the_study(&found, &report);

    let (folder, calendar) = (to.path().to_owned(), app.calendar());
    app.db
        .read_alone(move |c| export::run(c, &folder, calendar, true, &mut Silent))
        .await
        .expect("an export");
    let other = to.path().join("other.db").display().to_string();
    let mut c = tradewind::db::Conn::open(&DatabaseUrl::Sqlite(other.clone())).expect("an empty database");
    migrate::run(&mut c).expect("its tables");
    let files = Files::in_folder(to.path()).expect("the exported files");
    let report = import::run(&mut c, &files, options(&app), &mut Silent).expect("an import");
    assert!(report.written, "{report}");
    drop(c);
    compare(&printed(&format!("sqlite:{other}")));
});

/// Every value by its insight.
async fn values(app: &TestApp) -> std::collections::BTreeMap<i64, f64> {
    use diesel::prelude::*;
    use tradewind::db::schema::insight_values;
    let rows = app
        .ask(|c| {
            let columns = (insight_values::insight_id, insight_values::value);
            Ok(insight_values::table.select(columns).load::<(i64, f64)>(c)?)
        })
        .await;
    rows.into_iter().collect()
}

// After the import, ratings are changed, taken back and given one by one as on a day in the office; the
// queue drains, and then every value is what a refit of all 29,000 says.
on_both!(values_of_a_real_consultation_settle_where_the_refit_says, |app| async move {
    use diesel::prelude::*;
    use tradewind::accounts::person::Actor;
    use tradewind::db::schema::{first_accesses, people, ratings};
    use tradewind::market::store::{self, queue, refit};
    use tradewind::policy::ValuePolicy;

    let from = tempfile::tempdir().expect("a folder");
    unfold(from.path());
    let (files, chosen) = (Files::in_folder(from.path()).expect("the files"), options(&app));
    app.db.write_alone(move |c| import::run(c, &files, chosen, &mut Silent)).await.expect("an import");
    let night = values(&app).await;
    let given: Vec<(i64, i64, i32, i64)> = app
        .ask(|c| {
            Ok(ratings::table
                .inner_join(people::table)
                .inner_join(
                    first_accesses::table.on(first_accesses::insight_id
                        .eq(ratings::insight_id)
                        .and(first_accesses::person_id.eq(ratings::person_id))),
                )
                .order(ratings::id)
                .select((ratings::insight_id, ratings::person_id, ratings::value, people::department_id))
                .load(c)?)
        })
        .await;
    assert!(given.len() > 29_000);
    let (now, day) = (app.now(), app.calendar().day(app.now()));
    for (at, (insight, person_id, value, department_id)) in given.iter().copied().step_by(487).enumerate() {
        let actor = Actor { person_id, department_id, manager: false, at: now, day };
        app.tell(move |c| match at % 3 {
            0 => store::ratings::withdraw(c, &actor, insight),
            1 => store::ratings::put(c, &actor, insight, 1, 6 - value, true),
            _ => {
                store::ratings::withdraw(c, &actor, insight)?;
                store::ratings::put(c, &actor, insight, 1, 1 + value % 5, true)
            }
        })
        .await;
    }
    let mut turns = 0;
    while app.tell(move |c| queue::drain(c, now)).await.more {
        turns += 1;
        assert!(turns < 500, "the queue does not run empty");
    }
    let incremental = values(&app).await;
    // The same epoch: its level weighs so much that it stays.
    let mu = app.ask(|c| Ok(store::values::epoch(c)?)).await.mu;
    let policy = ValuePolicy { mu, mu_weight: 1e5, ..ValuePolicy::default() };
    app.db.write_alone(move |c| refit::refit_with(c, now, &policy)).await.expect("a refit");
    let batch = values(&app).await;
    let worst = batch.iter().map(|(id, value)| (value - incremental[id]).abs()).fold(0.0, f64::max);
    let moved = batch.iter().map(|(id, value)| (value - night[id]).abs()).fold(0.0, f64::max);
    assert!(moved > 0.02, "nothing has moved: {moved}");
    assert!(worst <= 0.005, "{worst} star from the refit");
});
