//! An attempt to work single people out of everything that is told: as the night makes it, and from the
//! files a Chief Customer Officer can take.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use tradewind::db::schema::{departments, notices, privacy_checks};
use tradewind::flow::apart::Apart;
use tradewind::flow::groups::{Department, View};
use tradewind::flow::headcount::Stay;
use tradewind::flow::metrics::{Loaded, Question};
use tradewind::flow::period::Period;
use tradewind::flow::store::readings;
use tradewind::jobs::{Job, tick};
use tradewind::privacy::facts::{Decide, Fact};
use tradewind::privacy::jobs::Rules;
use tradewind::privacy::{jobs, recover};

use super::company::*;
use crate::support::*;

const JOBS: &[Job] = &[jobs::CHECK];

async fn look(app: &TestApp, decide: Decide) -> i64 {
    look_by(app, Rules { decide, ..Rules::default() }).await
}

pub async fn look_by(app: &TestApp, rules: Rules) -> i64 {
    let (calendar, today) = (app.calendar(), app.calendar().day(app.now()));
    app.ask(move |c| jobs::look(c, calendar, today, rules)).await.findings
}

/// Everybody who is large enough stands alone, whatever that leaves: no second is withheld.
fn without_sisters(departments: &[Department], stays: &[Stay], period: Period) -> Apart {
    let right = Apart::new(departments, stays, period);
    let small = departments.iter().map(|d| d.path.clone()).filter(|path| {
        let below = format!("{path}/");
        let inside = |id: i64| {
            departments.iter().any(|d| d.id == id && (d.path == *path || d.path.starts_with(&below)))
        };
        stays.iter().filter(|stay| inside(stay.department_id) && stay.days_in(period) > 0).count() < 5
    });
    Apart::of_parts(small.collect(), right.managers)
}

/// Who is few on other days is no matter: only the last day is looked at.
fn by_the_last_day(departments: &[Department], stays: &[Stay], period: Period) -> Apart {
    let last = Period { from: period.last_day(), ..period };
    Apart::new(departments, stays, last)
}

fn managers_always(departments: &[Department], stays: &[Stay], period: Period) -> Apart {
    Apart::of_parts(Apart::new(departments, stays, period).together().clone(), true)
}

on_both!(the_night_finds_nothing_and_finds_planted_faults, |app| async move {
    let mut company = company(&app).await;
    tick(&app, "a", JOBS).await.expect("a tick");
    seven_weeks(&app, &mut company).await;
    tick(&app, "a", JOBS).await.expect("a tick");
    let checks: Vec<(i64, i64, i64, bool)> = app
        .ask(|c| {
            use privacy_checks as t;
            Ok(t::table.select((t::sums, t::cells, t::findings, t::complete)).load(c)?)
        })
        .await;
    let [(sums, cells, findings, complete)] = checks[..] else { panic!("one check: {checks:?}") };
    assert!(sums > 200 && cells > 50 && complete, "{checks:?}");
    assert_eq!(findings, 0, "somebody can be worked out");
    assert_eq!(app.count("notices").await, 0);
    for (what, decide) in [
        ("everything apart", (|_, _, _| Apart::everything()) as Decide),
        ("no sister withheld", without_sisters),
        ("the last day decides", by_the_last_day),
        ("managers always", managers_always),
    ] {
        assert!(look(&app, decide).await > 0, "not noticed: {what}");
    }
    // What was tried stands where everybody reads it.
    let ann = app.another_browser(&company.people[7]).await;
    let page = ann.get("/transparency").await.expect(200);
    let said = page.text();
    assert!(said.contains("Nothing about fewer people than may be told of could be worked out"), "{said}");
    assert!(said.contains(&format!("{sums} sums")) || sums > 999, "{said}");
});

on_both!(what_the_night_finds_is_told, |app| async move {
    let company = company(&app).await;
    tick(&app, "a", JOBS).await.expect("a tick");
    tick(&app, "a", &[tradewind::market::jobs::REFIT]).await.expect("a tick");
    let ann = company.people[7].clone();
    let insight = app.insight(&ann, "Crates are counted twice. It is short.").await;
    app.days_later(1);
    tick(&app, "a", &[tradewind::market::jobs::REFIT]).await.expect("a tick");
    let changed = app
        .tell(move |c| {
            use tradewind::db::schema::insight_values as t;
            // A value that is shown of two raters.
            let shown = (t::shown_tenths.eq(40), t::shown_raters.eq(2));
            Ok(diesel::update(t::table.find(insight)).set(shown).execute(c)?)
        })
        .await;
    assert_eq!(changed, 1);
    app.days_later(1);
    tick(&app, "a", JOBS).await.expect("a tick");
    let told: Vec<i64> = app
        .ask(|c| Ok(notices::table.filter(notices::kind.eq("privacy")).select(notices::person_id).load(c)?))
        .await;
    assert_eq!(told.iter().collect::<BTreeSet<_>>(), BTreeSet::from([&company.dora.id, &company.ada.id]));
    // In which kind of numbers, and not of whom.
    let words: Vec<String> = app
        .ask(|c| Ok(notices::table.filter(notices::kind.eq("privacy")).select(notices::text).load(c)?))
        .await;
    assert!(words.iter().all(|text| text.ends_with("than they may: values of insights (1)")), "{words:?}");
    let page = app.another_browser(&ann).await.get("/transparency").await.expect(200);
    page.sees("They are among these: values of insights (1).");
    let ann = app.another_browser(&ann).await;
    let said = ann.get("/transparency").await.expect(200).text();
    assert!(said.contains("One number tells of fewer people than it may"), "{said}");
    assert!(!said.contains("Crates"), "never what");
    let ready = app.stranger().get("/ready").await.expect(200);
    assert_eq!(ready.body, "ready\nprivacy check: 1 findings\n");
});

on_both!(readers_of_an_insight_are_not_told_of_a_department_of_two, |app| async move {
    let company = company(&app).await;
    tick(&app, "a", JOBS).await.expect("a tick");
    let author = company.people.iter().find(|p| p.name == "Staff 1").expect("somebody").clone();
    let insight = app.insight(&author, "Crates are counted twice. It is short.").await;
    // Both of Legal read it, and everybody of three larger departments.
    let read = ["Legal", "Operations", "Sales North", "Sales West"];
    for person in company.people.iter().filter(|p| read.iter().any(|name| p.name.starts_with(name))) {
        let actor = app.acting(person);
        app.tell(move |c| Ok(tradewind::flow::store::record_access(c, &actor, insight)?)).await;
    }
    app.days_later(7);
    let bob = app.another_browser(&company.people[7]).await;
    let path = format!("/insights/{insight}");
    let before = bob.get(&path).await.expect(200).text();
    assert!(before.contains("Legal and"), "told by name before the first night: {before}");
    // With what the flow tells of the others, two were left.
    assert!(look(&app, Apart::new).await > 0, "not noticed");
    tick(&app, "a", JOBS).await.expect("a tick");
    assert_eq!(look(&app, Apart::new).await, 0);
    let after = bob.get(&path).await.expect(200).sees("Operations").sees("Other departments");
    let bars = after.text();
    assert!(!bars.contains("Legal"), "{bars}");
    let lists: Vec<(i64, i64)> = app
        .ask(|c| {
            Ok(privacy_checks::table.select((privacy_checks::lists, privacy_checks::findings)).load(c)?)
        })
        .await;
    assert!(lists.last().is_some_and(|(lists, findings)| *lists > 0 && *findings == 0), "{lists:?}");
    // A list that tells a small department apart is found as well.
    assert!(look(&app, |_, _, _| Apart::everything()).await > 0);
});

/// The people and departments as whoever attacks knows them.
async fn known(app: &TestApp) -> (Vec<Stay>, Vec<(i64, String)>) {
    let calendar = app.calendar();
    app.ask(move |c| {
        let stays = readings::stays(c, calendar)?;
        Ok((stays, departments::table.select((departments::id, departments::path)).load(c)?))
    })
    .await
}

/// The departments a name of a file stands for.
fn behind(name: &str, listed: &[String], all: &[(i64, String)], root: Option<&str>) -> BTreeSet<i64> {
    let inside = |outer: &str, path: &str| path == outer || path.starts_with(&format!("{outer}/"));
    let others = |within: Option<&str>| {
        let apart = |path: &str| {
            listed.iter().any(|one| one != name && inside(one, path) && !one.contains(", other"))
        };
        let fits =
            |path: &&(i64, String)| within.is_none_or(|outer| inside(outer, &path.1)) && !apart(&path.1);
        all.iter().filter(fits).map(|(id, _)| *id).collect()
    };
    match name {
        "All departments" => all.iter().map(|(id, _)| *id).collect(),
        "Other departments" => others(None),
        "Rest of the company" => {
            let root = root.expect("a root");
            all.iter().filter(|(_, path)| !inside(root, path)).map(|(id, _)| *id).collect()
        }
        name => match name.strip_suffix(", other") {
            Some(outer) => others(Some(outer)),
            None => all.iter().filter(|(_, path)| inside(name, path)).map(|(id, _)| *id).collect(),
        },
    }
}

on_both!(files_of_all_levels_and_periods_together_tell_of_nobody, |app| async move {
    let mut company = company(&app).await;
    let begun = app.calendar().day(app.now());
    seven_weeks(&app, &mut company).await;
    let dora = app.another_browser(&company.dora).await;
    let (stays, all) = known(&app).await;
    let today = app.calendar().day(app.now());
    let changes: BTreeSet<NaiveDate> =
        stays.iter().flat_map(|stay| [stay.from, stay.to]).flatten().filter(|day| *day > begun).collect();
    assert!(changes.len() >= 3, "{changes:?}");
    let mut seen = 0;
    let mut shown = BTreeMap::new();
    for change in changes {
        let mut facts = BTreeSet::new();
        for (before, after) in [(0, 1), (1, 0), (1, 1), (7, 0), (0, 7), (7, 7), (14, 1)] {
            let (from, to) = (change - Days::new(before), (change + Days::new(after)).min(today));
            if from >= to || from < begun {
                continue;
            }
            let roots = all.iter().filter(|(_, path)| ["Sales", "Operations"].contains(&path.as_str()));
            let views = [String::new(), "&level=1".into(), "&level=2".into()].map(|view| (view, None));
            let views =
                views.into_iter().chain(roots.map(|(id, path)| (format!("&root={id}"), Some(path.as_str()))));
            for (view, root) in views {
                let file =
                    dora.get(&format!("/flow/csv/departments?from={from}&to={to}{view}")).await.expect(200);
                let rows: Vec<csv::StringRecord> = csv::Reader::from_reader(file.body.as_bytes())
                    .records()
                    .map(|row| row.expect("a row"))
                    .collect();
                let listed: Vec<String> = rows
                    .iter()
                    .filter_map(|row| row[3].strip_prefix("department:").map(str::to_owned))
                    .collect();
                for row in rows.iter().filter(|row| &row[0] == "C2" && &row[10] == "false") {
                    seen += 1;
                    let (departments, managers) = match &row[3] {
                        "all" => (all.iter().map(|(id, _)| *id).collect(), false),
                        "managers" => (all.iter().map(|(id, _)| *id).collect(), true),
                        group => {
                            let name = group.strip_prefix("department:").expect("a department");
                            (behind(name, &listed, &all, root), false)
                        }
                    };
                    let fact = Fact::new(departments, managers, (from, to));
                    // The same people and days are the same number wherever they stand.
                    let before = shown.insert(fact.clone(), row[6].to_owned());
                    assert!(before.is_none_or(|before| before == row[6]), "{fact:?}: {row:?}");
                    facts.insert(fact);
                }
            }
        }
        assert_eq!(recover::findings(&facts, &stays), 0, "around {change}");
    }
    assert!(seen > 100, "{seen} numbers");
});

on_both!(lists_of_a_department_that_is_told_with_others_are_refused, |app| async move {
    let mut company = company(&app).await;
    seven_weeks(&app, &mut company).await;
    let dora = app.another_browser(&company.dora).await;
    let (_, all) = known(&app).await;
    let id = |path: &str| all.iter().find(|(_, known)| known == path).expect("a department").0;
    for (path, status) in [("Legal", 400), ("Sales/South", 400), ("Sales", 200), ("Operations", 200)] {
        for list in ["accesses", "searches", "csv/accesses", "csv/searches"] {
            let found = dora.get(&format!("/flow/{list}?weeks=13&department={}", id(path))).await;
            assert_eq!(found.status, status, "{list} of {path}: {}", found.body);
        }
        dora.get(&format!("/flow/contributions?weeks=13&department={}", id(path))).await.expect(200);
        let page = dora.get(&format!("/flow/departments/{}?weeks=13", id(path))).await.expect(200);
        assert_eq!(page.body.contains("Here and in the company"), status == 200, "{path}");
    }
    let sales = id("Sales");
    dora.get(&format!("/flow/accesses?weeks=13&department={sales}&managers=yes")).await.expect(400);
    // The same as the pages decide it.
    let (calendar, today) = (app.calendar(), app.calendar().day(app.now()));
    let apart = app
        .ask(move |c| {
            let period = Period::last_weeks(13, today.pred_opt().unwrap_or(today));
            let question = Question { period, segment: None, view: View::default(), calendar };
            Ok(Loaded::new(c, question)?.grouping.apart)
        })
        .await;
    assert!(apart.may_tell("Sales") && !apart.may_tell("Legal") && !apart.may_tell("Sales/South"));
});
