//! Accesses by month, on PostgreSQL: each month has a table before its first day, no opening is lost where
//! one has none, and a month's table goes when it was turned into counts.

use chrono::NaiveDate;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use tradewind::db::{Conn, partitions};
use tradewind::jobs::{Job, tick};

use super::{differences, open, share};
use crate::support::*;

const UPKEEP: &[Job] = &[tradewind::jobs::UPKEEP];
const RETENTION: &[Job] = &[tradewind::market::jobs::RETENTION];

/// The tables under `accesses` with their rows, by name.
async fn tables(app: &TestApp) -> Vec<(String, i64)> {
    #[derive(QueryableByName)]
    struct Table {
        #[diesel(sql_type = Text)]
        name: String,
    }
    #[derive(QueryableByName)]
    struct Rows {
        #[diesel(sql_type = BigInt)]
        rows: i64,
    }
    app.ask(|c| {
        let tables: Vec<Table> = diesel::sql_query(
            "SELECT c.relname::text AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid \
             WHERE i.inhparent = 'accesses'::regclass ORDER BY 1",
        )
        .load(c)?;
        let mut found = Vec::new();
        for Table { name } in tables {
            let rows: Rows =
                diesel::sql_query(format!("SELECT COUNT(*) AS rows FROM {name}")).get_result(c)?;
            found.push((name, rows.rows));
        }
        Ok(found)
    })
    .await
}

fn names(tables: &[(String, i64)]) -> Vec<&str> {
    tables.iter().map(|(name, _)| name.trim_start_matches("accesses_")).collect()
}

/// The night's upkeep on two nodes at once; what was said.
async fn upkeep(app: &TestApp) -> Vec<String> {
    let other = app.node(|_| ()).await;
    let (mine, yours) = tokio::join!(tick(app, "a", UPKEEP), tick(&other, "b", UPKEEP));
    let ran = mine.expect("a tick").into_iter().chain(yours.expect("a tick"));
    ran.map(|ran| ran.outcome.expect("no error")).collect()
}

fn on_postgres(story: impl AsyncFnOnce(TestApp)) {
    run_on_postgres(|app| async move { story(app).await });
}

#[test]
fn the_tables_of_coming_months_are_made_ahead() {
    on_postgres(async |app| {
        tick(&app, "a", UPKEEP).await.expect("a tick");
        assert_eq!(names(&tables(&app).await), ["rest"]);
        app.days_later(1);
        assert_eq!(upkeep(&app).await, ["3 months of accesses begun, 0 ended"]);
        assert_eq!(names(&tables(&app).await), ["2026_11", "2026_12", "2027_01", "rest"]);
        app.days_later(1);
        assert_eq!(upkeep(&app).await, ["the database does this itself"]);
        app.clock.set("2026-12-31T05:00:00".parse().expect("a time"));
        assert_eq!(upkeep(&app).await, ["1 months of accesses begun, 0 ended"]);
        assert_eq!(names(&tables(&app).await), ["2026_11", "2026_12", "2027_01", "2027_02", "rest"]);
        // What holds for one access holds in each of them.
        let (ann, bob) =
            (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Service").await);
        let insight = share(&app, &ann, "Crates come late.").await;
        assert!(open(&app, &bob, insight).await);
        assert_eq!(tables(&app).await[1], ("accesses_2026_12".into(), 1));
        for statement in ["UPDATE accesses_2026_12 SET manager = TRUE", "DELETE FROM accesses_2026_12"] {
            let said =
                app.db.write_alone(move |c| Ok(c.batch_execute(statement)?)).await.expect_err(statement);
            assert!(said.to_string().contains("is append-only"), "{statement}: {said}");
        }
        let nowhere = "INSERT INTO accesses (insight_id, person_id, department_id, manager, segment_id, at, day) \
                       VALUES (999, 999, 999, FALSE, 0, '2026-12-05', '2026-12-05')";
        let said =
            app.db.write_alone(move |c| Ok(c.batch_execute(nowhere)?)).await.expect_err("no such insight");
        assert!(said.to_string().contains("foreign key"), "{said}");
    });
}

#[test]
fn an_opening_in_a_month_without_a_table_is_not_lost() {
    on_postgres(async |app| {
        let (ann, bob) =
            (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Service").await);
        let insight = share(&app, &ann, "Crates come late.").await;
        // Nobody has made a table of any month: no night has come.
        assert!(open(&app, &bob, insight).await);
        let november = app.calendar().day(app.now());
        app.tell(move |c| Ok(partitions::look_after(c, november)?)).await;
        // A month that has begun among the rest stays there: nothing is moved, nothing waits.
        assert_eq!(names(&tables(&app).await), ["2026_12", "2027_01", "rest"]);
        app.later(31);
        assert!(open(&app, &bob, insight).await);
        // A node that slept through the winter.
        app.clock.set("2027-03-08T09:00:00".parse().expect("a time"));
        assert!(open(&app, &bob, insight).await);
        assert_eq!(tables(&app).await.last(), Some(&("accesses_rest".into(), 3)));
        assert_eq!(app.count("accesses").await, 3);
        assert_eq!(differences(&app).await, []);
        // The tables that can be made are made; the month that has begun stays where it is.
        let march = app.calendar().day(app.now());
        let made = app.tell(move |c| Ok(partitions::look_after(c, march)?)).await;
        assert_eq!(made, (2, 0));
        app.days_later(30);
        assert!(open(&app, &bob, insight).await);
        assert_eq!(
            tables(&app).await.iter().find(|(name, _)| name == "accesses_2027_04"),
            Some(&("accesses_2027_04".into(), 1))
        );
        assert_eq!((app.count("accesses").await, differences(&app).await), (4, Vec::new()));
    });
}

#[test]
fn a_month_goes_when_it_was_turned_into_counts() {
    on_postgres(async |app| {
        let (ann, bob) =
            (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Service").await);
        let insight = share(&app, &ann, "Crates come late.").await;
        tick(&app, "a", UPKEEP).await.expect("a tick");
        tick(&app, "a", RETENTION).await.expect("a tick");
        // October lies among the rest, November to January in tables of their own.
        app.clock.set("2026-10-20T09:00:00".parse().expect("a time"));
        assert!(open(&app, &bob, insight).await);
        app.clock.set("2026-11-03T09:00:00".parse().expect("a time"));
        upkeep(&app).await;
        assert!(open(&app, &bob, insight).await);
        app.days_later(40);
        assert!(open(&app, &bob, insight).await);
        app.days_later(28);
        assert!(open(&app, &bob, insight).await);
        let days = app.config.policy.retention.days;
        // All of November is old enough, and a part of December.
        app.clock.set("2026-12-14T09:00:00".parse().expect("a time"));
        app.days_later(days);
        for ran in tick(&app, "a", RETENTION).await.expect("a tick") {
            ran.outcome.expect("no error");
        }
        let before = tables(&app).await;
        let rows = |name: &str| before.iter().find(|(known, _)| known == name).map(|(_, rows)| *rows);
        assert_eq!((rows("accesses_2026_11"), rows("accesses_rest")), (Some(0), Some(0)));
        assert_eq!(
            (rows("accesses_2026_12"), rows("accesses_2027_01")),
            (Some(0), Some(1)),
            "what is young stays"
        );
        let said = upkeep(&app).await;
        assert!(said.iter().any(|said| said.ends_with("1 ended")), "{said:?}");
        let after = tables(&app).await;
        assert!(!names(&after).contains(&"2026_11") && names(&after).contains(&"2026_12"), "{after:?}");
        assert!(names(&after).contains(&"2027_01"));
        assert!(names(&after).contains(&"rest"));
        assert_eq!(differences(&app).await, []);
        // An opening of those days that comes late, by an import, is not refused.
        let late: NaiveDate = "2026-11-05".parse().expect("a day");
        let (bob, department) = (bob.id, bob.department_id);
        app.tell(move |c| {
            diesel::sql_query(
                "INSERT INTO accesses (insight_id, person_id, department_id, manager, segment_id, at, day) \
                 VALUES ($1, $2, $3, FALSE, 0, '2026-11-05 09:00:00', $4)",
            )
            .bind::<BigInt, _>(insight)
            .bind::<BigInt, _>(bob)
            .bind::<BigInt, _>(department)
            .bind::<diesel::sql_types::Date, _>(late)
            .execute(c)?;
            Ok(())
        })
        .await;
        assert_eq!(tables(&app).await.last(), Some(&("accesses_rest".into(), 1)));
    });
}

/// The steps of a schema up to the one before the months, some accesses, then the rest.
#[test]
fn a_table_of_before_the_months_is_taken_over_whole() {
    let Some(schema) = Schema::empty() else { return };
    let mut c = Conn::open(&schema.url.parse().expect("an address")).expect("the schema");
    let mut steps: Vec<_> = std::fs::read_dir("migrations/postgres")
        .expect("the steps")
        .map(|step| step.expect("a step").path())
        .filter(|path| path.is_dir())
        .collect();
    steps.sort();
    let months =
        steps.iter().position(|path| path.ends_with("0015_retention")).expect("the step of the months");
    let mut run = |path: &std::path::Path| {
        let up = std::fs::read_to_string(path.join("up.sql")).expect("a way up");
        c.batch_execute(&up).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    };
    steps[..months].iter().for_each(|path| run(path));
    let mut c = Conn::open(&schema.url.parse().expect("an address")).expect("the schema");
    c.batch_execute(
        "INSERT INTO departments (id, path, folded_path, opened_on) VALUES (1, 'Sales', 'sales', '2026-01-01'); \
         INSERT INTO people (id, email, folded_email, name, folded_name, handle, role, department_id, manager, created_at) \
         SELECT n, 'p' || n || '@example.com', 'p' || n || '@example.com', 'Person ' || n, 'person ' || n, 'p' || n, \
                'employee', 1, FALSE, '2026-01-01' FROM generate_series(1, 2) n; \
         INSERT INTO insights (id, reference, author_id, department_id, manager, title, body, contributed_at, day) \
         SELECT n, 'i' || n, 1, 1, FALSE, 'Insight ' || n, '', '2026-01-01', '2026-01-01' FROM generate_series(1, 50) n; \
         INSERT INTO accesses (insight_id, person_id, department_id, manager, segment_id, at, day) \
         SELECT n, 2, 1, FALSE, 0, timestamp '2026-01-15' + n * interval '3 days', (timestamp '2026-01-15' + n * interval '3 days')::date \
         FROM generate_series(1, 50) n;",
    )
    .expect("rows of before");
    #[derive(QueryableByName, Debug, PartialEq)]
    struct Sum {
        #[diesel(sql_type = BigInt)]
        n: i64,
        #[diesel(sql_type = Text)]
        digest: String,
    }
    const SUM: &str = "SELECT COUNT(*) AS n, MD5(STRING_AGG(a::text, ';' ORDER BY id))::text AS digest FROM \
                       (SELECT id, insight_id, person_id, department_id, manager, segment_id, at, day FROM accesses) a";
    let before: Sum = diesel::sql_query(SUM).get_result(&mut c).expect("a sum");
    assert_eq!(before.n, 50);
    let up = std::fs::read_to_string(steps[months].join("up.sql")).expect("a way up");
    c.batch_execute(&up).expect("the months");
    let after: Sum = diesel::sql_query(SUM).get_result(&mut c).expect("a sum");
    assert_eq!(after, before);
    let rest: Sum = diesel::sql_query(SUM.replace("FROM accesses)", "FROM accesses_rest)"))
        .get_result(&mut c)
        .unwrap_or(Sum { n: 0, digest: String::new() });
    assert_eq!(rest.n, 0, "each lies in the table of its month");
    // The next number is a new one.
    c.batch_execute(
        "INSERT INTO accesses (insight_id, person_id, department_id, manager, segment_id, at, day) \
         VALUES (1, 2, 1, FALSE, 0, '2026-07-01', '2026-07-01')",
    )
    .expect("one more");
    #[derive(QueryableByName)]
    struct Most {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let most: Most =
        diesel::sql_query("SELECT MAX(id) AS n FROM accesses").get_result(&mut c).expect("a number");
    assert!(most.n > 50, "{}", most.n);
}
