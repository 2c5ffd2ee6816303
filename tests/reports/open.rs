//! What everybody may know: the figures of their own department, who looked, and what is kept of whom.

use std::collections::{BTreeMap, BTreeSet};

use diesel::RunQueryDsl;
use diesel::sql_types::Text;
use tradewind::reports::inventory::TABLES;

use super::company::*;
use crate::support::*;

on_both!(everybody_sees_what_leadership_sees_of_their_department, |app| async move {
    app.clock.set(at("2026-09-28T12:00:00"));
    let company = company(&app).await;
    a_month(&app, &company, at("2026-10-05T09:00:00")).await;
    run(&app, "a").await;
    app.clock.set(at("2026-11-02T09:00:00"));
    run(&app, "a").await;
    let dora = app.another_browser(&company.dora).await;
    let ann = app.another_browser(&company.service[4]).await;
    let seen = ann
        .get("/transparency")
        .await
        .expect(200)
        .sees("=Service, now")
        .sees("In the report of October 2026");
    // The very numbers of the flow page, in the same order as its file.
    let rows = dora.get("/flow/csv/departments").await.expect(200).body;
    let of_service: Vec<&str> = rows.lines().filter(|line| line.contains("department:=Service")).collect();
    let figures = seen.select("table[class='table'] tbody tr th a[href^='/flow/metrics#']");
    assert!(of_service.len() >= 5 && figures.len() >= 2 * of_service.len(), "{figures:?}\n{rows}");
    let flow = dora.get("/flow").await;
    let row = flow.html();
    let row = row
        .select(&scraper::Selector::parse("table.both tbody tr").expect("a selector"))
        .map(|row| row.text().collect::<Vec<_>>().join(" "))
        .find(|row| row.contains("=Service"))
        .expect("a row");
    let rate = seen.select("tbody tr:nth-child(1) td.n:nth-child(2)")[0].clone();
    assert!(row.contains(&rate), "{rate} is not in {row}");
    // Not those of another department, and not in what a colleague may not open.
    seen.sees_not("Sales, now");
    for path in ["/flow", "/reports", "/reports/1"] {
        ann.get(path).await.expect(403);
    }
    ann.get("/transparency?before=soon").await.expect(400);
    ann.get("/me").await.sees("What leadership sees of your department");
    ann.get("/help/privacy").await.sees("what is kept, of whom, and for how long");
});

on_both!(who_looked_is_told_by_day, |app| async move {
    app.clock.set(at("2026-09-28T12:00:00"));
    let company = company(&app).await;
    a_month(&app, &company, at("2026-10-05T09:00:00")).await;
    run(&app, "a").await;
    app.clock.set(at("2026-11-02T09:00:00"));
    run(&app, "a").await;
    let dora = app.another_browser(&company.dora).await;
    let (sales, service) = (company.sales[0].department_id, company.service[0].department_id);
    let ann = app.another_browser(&company.sales[4]).await;
    let log = |page: Answer| page.select("#log tbody tr");
    assert_eq!(log(ann.get("/transparency").await), Vec::<String>::new());
    for _ in 0..3 {
        dora.get("/flow").await.expect(200);
        dora.get("/flow/csv/figures").await.expect(200);
        dora.get(&format!("/flow/accesses?department={service}")).await.expect(200);
        dora.get(&format!("/flow/departments/{sales}")).await.expect(200);
        dora.get("/reports/1").await.expect(200);
    }
    assert_eq!(app.count("flow_looks").await, 5, "one row for each kind of page, department and day");
    assert_eq!(
        log(ann.get("/transparency").await),
        ["2 NovemberDora Example Chief Customer Officerfigures, 3 files, a report of the whole company; \
             figures of Sales"]
    );
    let bob = app.another_browser(&company.service[5]).await;
    assert_eq!(
        log(bob.get("/transparency").await),
        ["2 NovemberDora Example Chief Customer Officerfigures, 3 files, a report of the whole company; \
             the rows behind a figure of =Service"]
    );
    // The next day, another row; another node writes none twice.
    app.days_later(1);
    let other = app.node(|_| ()).await;
    let (dora, ann, bob) = (
        app.another_browser(&company.dora).await,
        app.another_browser(&ann).await,
        app.another_browser(&bob).await,
    );
    dora.get("/flow").await.expect(200);
    dora.at(&other).get("/flow").await.expect(200);
    assert_eq!(app.count("flow_looks").await, 6);
    assert_eq!(log(bob.get("/transparency").await).len(), 2);
    assert_eq!(log(bob.get("/transparency?before=2026-11-03").await).len(), 1);
    // A manager who opens the own department is in the log like everybody.
    let eve = app.another_browser(&company.sales[1]).await;
    eve.get(&format!("/flow/departments/{sales}")).await.expect(200);
    let told = log(ann.get("/transparency").await);
    assert!(told.iter().any(|line| line == "3 NovemberBob Sales Managerfigures of Sales"), "{told:?}");
});

on_both!(looking_again_asks_and_writes_nothing, |app| async move {
    use tradewind::flow::store::looks::{self, Kind};
    let dora = app.officer("Dora Example", "Sales").await;
    let actor = app.acting(&dora);
    looks::note(&app, actor, Kind::Figures, &[0]).await.expect("noted");
    let writes = app.db.write_counts();
    for _ in 0..5 {
        looks::note(&app, actor, Kind::Figures, &[0]).await.expect("noted");
    }
    assert_eq!(app.db.write_counts(), writes, "nothing is written");
    // Nor read: the row may even be gone, this node does not ask.
    app.tell(|c| Ok(diesel::sql_query("DELETE FROM flow_looks").execute(c)?)).await;
    looks::note(&app, actor, Kind::Figures, &[0]).await.expect("noted");
    assert_eq!(app.count("flow_looks").await, 0);
});

on_both!(what_is_taken_out_without_protection_is_told, |app| async move {
    use tradewind::accounts::audit;
    use tradewind::flow::store::looks::{EXPORTED, PRINTED};
    let ann = app.employee("Ann Sample", "Sales").await;
    ann.get("/transparency").await.sees("were never printed without the protection");
    let now = app.now();
    app.tell(move |c| {
        audit::record(c, None, now, PRINTED, "flow", "")?;
        audit::record(c, None, now, EXPORTED, "archive", "")?;
        Ok(())
    })
    .await;
    ann.get("/transparency")
        .await
        .sees("2 November: figures without the protection")
        .sees("2 November: who opened");
});

/// The tables and columns of `src/db/schema.rs`.
fn schema() -> BTreeMap<String, BTreeSet<String>> {
    let text = include_str!("../../src/db/schema.rs");
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines().map(str::trim) {
        if let Some((name, _)) = line.strip_suffix('{').and_then(|line| line.split_once(" (")) {
            current = name.to_owned();
            tables.entry(current.clone()).or_default();
        } else if let Some((name, _)) = line.strip_suffix(',').and_then(|line| line.split_once(" -> ")) {
            tables.entry(current.clone()).or_default().insert(name.to_owned());
        }
    }
    assert!(tables.len() > 50, "no tables were found");
    tables
}

#[test]
fn every_table_is_in_the_inventory() {
    let tables = schema();
    let told: BTreeSet<&str> = TABLES.iter().map(|kept| kept.table).collect();
    assert_eq!(told.len(), TABLES.len(), "one is there twice");
    let there: BTreeSet<&str> = tables.keys().map(String::as_str).collect();
    assert_eq!(told, there, "src/reports/inventory.rs (left), src/db/schema.rs (right)");
    for kept in TABLES {
        for text in [kept.what, kept.why, kept.how_long, kept.who_sees] {
            assert!(!text.is_empty(), "{} leaves something unsaid", kept.table);
        }
        let columns = &tables[kept.table];
        for column in kept.people {
            assert!(columns.contains(*column), "{} has no column {column}", kept.table);
        }
        assert!(kept.people.is_empty() || !kept.whose.is_empty(), "{}: whose is it?", kept.table);
        // A name alone gives it away, whatever the database says of it.
        let leads = |column: &&String| {
            ["person_id", "author_id", "actor_id", "asker_id", "owner_id", "made_by", "created_by"]
                .contains(&column.as_str())
        };
        for column in columns.iter().filter(leads) {
            assert!(kept.people.contains(&column.as_str()), "{}.{column} is not told", kept.table);
        }
    }
}

on_both!(every_column_that_leads_to_a_person_is_in_the_inventory, |app| async move {
    #[derive(diesel::QueryableByName)]
    struct Column {
        #[diesel(sql_type = Text)]
        table_name: String,
        #[diesel(sql_type = Text)]
        column_name: String,
    }
    let columns: Vec<Column> = app
        .ask(|c| {
            let statement = if c.is_sqlite() {
                "SELECT m.name AS table_name, f.\"from\" AS column_name FROM sqlite_master AS m \
                 JOIN pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' AND f.\"table\" = 'people'"
            } else {
                "SELECT t.relname::text AS table_name, a.attname::text AS column_name FROM pg_constraint AS k \
                 JOIN pg_class AS t ON t.oid = k.conrelid \
                 JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) \
                 WHERE k.contype = 'f' AND k.confrelid = 'people'::regclass AND NOT t.relispartition"
            };
            Ok(diesel::sql_query(statement).load(c)?)
        })
        .await;
    assert!(columns.len() > 30, "{} columns lead to people", columns.len());
    for Column { table_name, column_name } in columns {
        let kept = TABLES.iter().find(|kept| kept.table == table_name);
        let kept = kept.unwrap_or_else(|| panic!("{table_name} is not in the inventory"));
        assert!(kept.people.contains(&column_name.as_str()), "{table_name}.{column_name} is not told");
    }
});

on_both!(the_inventory_is_open_to_everybody, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let page = ann.get("/help/data").await.expect(200);
    assert_eq!(page.select("table.kept tbody tr").len(), TABLES.len());
    page.sees("who rated which insight how").sees("the person alone");
});
