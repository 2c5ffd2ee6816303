//! What was told stays as it was told.

use diesel::prelude::*;
use tradewind::flow::period::Period;
use tradewind::market::store::ratings;
use tradewind::reports::frozen::Frozen;
use tradewind::reports::store::{freezing, kept};

use super::company::*;
use crate::support::*;

fn period(from: &str, to: &str) -> Period {
    Period::new(from.parse().expect("a day"), to.parse().expect("a day")).expect("a period")
}

/// A report as everybody reads it, in every form.
async fn read(dora: &Visitor, id: i64) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for ending in ["", ".csv", ".json", ".xlsx"] {
        let answer = dora.get(&format!("/reports/{id}{ending}")).await.expect(200);
        all.push(if ending.is_empty() { answer.text().into_bytes() } else { answer.bytes });
    }
    all
}

async fn frozen(app: &TestApp, id: i64) -> Frozen {
    app.ask(move |c| Ok(kept::report(c, id)?.1)).await
}

on_both!(what_happens_later_changes_nothing, |app| async move {
    app.clock.set(at("2026-09-28T12:00:00"));
    let company = company(&app).await;
    a_month(&app, &company, at("2026-10-05T09:00:00")).await;
    run(&app, "a").await;
    app.clock.set(at("2026-11-01T09:00:00"));
    run(&app, "a").await;
    let [id] = ids(&app).await[..] else { panic!("one report") };
    let dora = app.another_browser(&company.dora).await;
    let before = read(&dora, id).await;

    // Events of that very month that come late, as an import brings them; ratings; another name.
    let late = share(&app, &company.service[1], at("2026-10-20T09:00:00"), "Hospitals").await;
    for reader in &company.sales {
        open(&app, reader, late, at("2026-10-21T09:00:00")).await;
        let actor = app.acting(reader);
        app.tell(move |c| ratings::put(c, &actor, late, 1, 5, true)).await;
    }
    let department = company.sales[0].department_id;
    app.tell(move |c| {
        use tradewind::db::schema::departments;
        diesel::update(departments::table.find(department))
            .set(departments::path.eq("Renamed"))
            .execute(c)?;
        Ok(())
    })
    .await;
    assert_eq!(read(&dora, id).await, before);

    // Made again for the same period it tells the new numbers: the old ones are really kept.
    let fields = [("from", "2026-10-01"), ("last", "2026-10-31")];
    let again =
        dora.submit(&dora.get("/reports").await, "form[action='/reports']", &fields).await.expect(303);
    let again: i64 = again.location().rsplit('/').next().and_then(|id| id.parse().ok()).expect("a report");
    assert_ne!(frozen(&app, again).await.figures, frozen(&app, id).await.figures);
    dora.get(&format!("/reports/{again}")).await.sees("by Dora Example").sees("Renamed");
});

on_both!(the_database_refuses_to_change_or_remove_one, |app| async move {
    let calendar = app.calendar();
    let id = app
        .tell(move |c| {
            let wish = freezing::Wish { period: period("2026-10-01", "2026-11-01"), segment: None };
            let frozen = freezing::freeze(c, wish, calendar)?;
            let new = kept::New { month: None, wish, made_by: None, made_at: beginning(), frozen: &frozen };
            Ok(kept::keep(c, &new)?.expect("a report"))
        })
        .await;
    for statement in ["UPDATE reports SET sentence = 'Better.'", "DELETE FROM reports"] {
        let refused = app.db.write(move |c| Ok(diesel::sql_query(statement).execute(c)?)).await;
        assert!(refused.is_err(), "{statement}");
    }
    assert_eq!(ids(&app).await, [id]);
});

on_both!(a_figure_keeps_the_version_it_was_computed_by, |app| async move {
    app.clock.set(at("2026-08-31T12:00:00"));
    let company = company(&app).await;
    a_month(&app, &company, at("2026-09-01T09:00:00")).await;
    a_month(&app, &company, at("2026-10-05T09:00:00")).await;
    app.clock.set(at("2026-11-02T09:00:00"));
    let calendar = app.calendar();
    // A report of September that was made when C2 meant something else.
    let september = app
        .tell(move |c| {
            let wish = freezing::Wish { period: period("2026-09-01", "2026-10-01"), segment: None };
            let mut frozen = freezing::freeze(c, wish, calendar)?;
            for row in frozen.figures.iter_mut().filter(|row| row.id == "C2") {
                row.version = 0;
                row.value = row.value.map(|value| value * 2.0);
                row.shown.value = "twice".into();
            }
            for definition in frozen.definitions.iter_mut().filter(|definition| definition.id == "C2") {
                definition.version = 0;
                definition.since = "July 2024".into();
                definition.meaning = "Openings, each counted twice.".into();
            }
            let month = Some(wish.period.from);
            let new = kept::New { month, wish, made_by: None, made_at: beginning(), frozen: &frozen };
            Ok(kept::keep(c, &new)?.expect("a report"))
        })
        .await;
    let dora = app.another_browser(&company.dora).await;
    let page = dora.get(&format!("/reports/{september}")).await;
    let page = page.sees("Openings, each counted twice.").sees("version 0, since July 2024");
    assert_eq!(page.select("td[data-figure='C2//all']"), ["twice"]);
    // October's quotes it where the definition is the same, and says so where it is not.
    let october = app
        .tell(move |c| {
            let wish = freezing::Wish { period: period("2026-10-01", "2026-11-01"), segment: None };
            freezing::freeze(c, wish, calendar)
        })
        .await;
    assert_eq!(october.comparisons[0].report, Some(september));
    let before = |id: &str| {
        let row = october.figures.iter().find(|row| row.id == id && row.group == "all").expect("a row");
        row.compared[0].clone()
    };
    assert!(before("C1").value.is_some() && before("C1").why.is_empty());
    assert_eq!(before("C2").value, None);
    assert_eq!(before("C2").why, "It was computed by another definition then.");
});

on_both!(a_month_is_half_open_in_the_companys_time_zone, |app| async move {
    // Summer time ends on 25 October: the month begins at 22:00 UTC and ends at 23:00.
    let app = app.node(|config| config.time_zone = chrono_tz::Europe::Berlin).await;
    app.clock.set(at("2026-08-31T12:00:00"));
    let company = company(&app).await;
    for when in [
        "2026-09-30T21:59:59", // the last second of September
        "2026-09-30T22:00:00", // the first of October
        "2026-10-31T22:59:59", // the last of October
        "2026-10-31T23:00:00", // the first of November
    ] {
        share(&app, &company.sales[0], at(when), "").await;
    }
    run(&app, "a").await;
    app.clock.set(at("2026-10-31T12:00:00"));
    assert_eq!(run(&app, "a").await, ["report 1 of September 2026"]);
    app.clock.set(at("2026-11-01T02:39:00"));
    assert_eq!(run(&app, "a").await, Vec::<String>::new(), "3:39 in Berlin");
    app.clock.set(at("2026-11-01T02:41:00"));
    run(&app, "a").await;
    let [september, october] = ids(&app).await[..] else { panic!("two reports") };
    let count = |report: &Frozen| {
        report.figures.iter().find(|row| row.id == "C1" && row.group == "all").and_then(|row| row.numerator)
    };
    assert_eq!(count(&frozen(&app, september).await), Some(1.0));
    let report = frozen(&app, october).await;
    assert_eq!((report.from.to_string(), report.to.to_string()), ("2026-10-01".into(), "2026-11-01".into()));
    assert_eq!(report.time_zone, "Europe/Berlin");
    assert_eq!(count(&report), Some(2.0));
});

on_both!(a_small_group_is_suppressed_as_on_the_page, |app| async move {
    app.clock.set(at("2026-09-28T12:00:00"));
    let company = company(&app).await;
    let lone = app.employee("Lone Example", "Legal").await;
    a_month(&app, &company, at("2026-10-05T09:00:00")).await;
    let insight = share(&app, &company.sales[0], at("2026-10-06T09:00:00"), "Rare").await;
    open(&app, &lone, insight, at("2026-10-07T09:00:00")).await;
    app.clock.set(at("2026-11-02T09:00:00"));
    let calendar = app.calendar();
    let report = app
        .tell(move |c| {
            let wish = freezing::Wish { period: period("2026-10-01", "2026-11-01"), segment: None };
            freezing::freeze(c, wish, calendar)
        })
        .await;
    assert!(report.figures.iter().all(|row| row.group != "department:Legal"), "it is shown with others");
    let rare =
        report.figures.iter().find(|row| row.id == "C2" && row.group == "segment:Rare").expect("a row");
    assert_eq!((rare.value, rare.numerator, rare.shown.value.as_str()), (None, None, "under 5 people"));
    assert_eq!(rare.withheld, "It would tell of fewer than five people.");
});
