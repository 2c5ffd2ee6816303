//! Stories of what runs by itself: on one node at a time, when it is due, and again when it failed.

use crate::support::*;
use diesel::prelude::*;
use tradewind::accounts::audit;
use tradewind::db::Conn;
use tradewind::db::schema::jobs;
use tradewind::error::{AppError, AppResult};
use tradewind::jobs::{Every, Job, Stores, Times, tick};

fn leave_a_trace(c: &mut Conn, times: &Times) -> AppResult<String> {
    // Slow enough for another node to look meanwhile.
    std::thread::sleep(std::time::Duration::from_millis(200));
    audit::record(c, None, times.now, "job", "trace", "")?;
    Ok("left a trace".into())
}

fn fail(c: &mut Conn, times: &Times) -> AppResult<String> {
    audit::record(c, None, times.now, "job", "trace", "")?;
    Err(AppError::Internal("the moon was full".into()))
}

/// Loses its lease while it runs, as a node that was stopped for an hour would.
fn lose_the_lease(c: &mut Conn, times: &Times) -> AppResult<String> {
    audit::record(c, None, times.now, "job", "trace", "")?;
    diesel::update(jobs::table).set(jobs::leased_by.eq(Some("another node"))).execute(c)?;
    Ok("too late".into())
}

const fn hourly(name: &'static str, run: fn(&mut Conn, &Times) -> AppResult<String>) -> Job {
    Job { name, every: Every::Minutes(60), lease_minutes: 10, run, reads: None }
}

/// Reads, and looks from another connection whether one may write meanwhile.
fn read_for_long(c: &mut Conn, _: &Times) -> AppResult<Option<Stores>> {
    let seen: i64 = tradewind::db::schema::audit_log::table.count().get_result(c)?;
    Ok(Some(Box::new(move |c, times| {
        audit::record(c, None, times.now, "job", "trace", "")?;
        Ok(format!("{seen} before"))
    })))
}

fn never(_: &mut Conn, _: &Times) -> AppResult<String> {
    Err(AppError::Internal("what was read is to be stored".into()))
}

fn writes_while_reading(c: &mut Conn, _: &Times) -> AppResult<Option<Stores>> {
    diesel::update(jobs::table).set(jobs::note.eq("from the reading part")).execute(c)?;
    Ok(None)
}

type Row = (Option<String>, Option<chrono::NaiveDateTime>, chrono::NaiveDateTime, String);

async fn row(app: &TestApp) -> Row {
    app.ask(|c| {
        Ok(jobs::table.select((jobs::leased_by, jobs::last_run_at, jobs::due_at, jobs::note)).first(c)?)
    })
    .await
}

on_both!(of_two_nodes_one_runs_what_is_due, |app| async move {
    const JOBS: &[Job] = &[hourly("trace", leave_a_trace)];
    let other = app.node(|_| ()).await;
    assert!(tick(&app, "a", JOBS).await.expect("a tick").is_empty(), "not due yet");
    for round in 1..=3 {
        app.later(60);
        let (mine, yours) = tokio::join!(tick(&app, "a", JOBS), tick(&other, "b", JOBS));
        let ran = mine.expect("a tick").len() + yours.expect("a tick").len();
        assert_eq!(ran, 1, "round {round}");
        assert_eq!(app.count("audit_log").await, round);
        let (leased_by, last_run_at, due_at, note) = row(&app).await;
        assert_eq!((leased_by, last_run_at, note.as_str()), (None, Some(app.now()), "left a trace"));
        assert_eq!(due_at, app.now() + chrono::Duration::hours(1));
    }
    assert!(tick(&other, "b", JOBS).await.expect("a tick").is_empty(), "done for this hour");
});

on_both!(what_failed_is_noted_and_tried_again, |app| async move {
    const JOBS: &[Job] = &[hourly("trace", fail)];
    tick(&app, "a", JOBS).await.expect("a tick");
    app.later(60);
    let ran = tick(&app, "a", JOBS).await.expect("a tick");
    assert_eq!(ran[0].outcome, Err("the moon was full".into()));
    assert_eq!(app.count("audit_log").await, 0, "what it did is taken back");
    let (leased_by, last_run_at, due_at, note) = row(&app).await;
    assert_eq!((leased_by, last_run_at), (None, None));
    assert_eq!(due_at, app.now() + chrono::Duration::minutes(5));
    assert!(note.contains("the moon was full"));
    assert!(tick(&app, "a", JOBS).await.expect("a tick").is_empty());
    app.later(5);
    let mended: &[Job] = &[hourly("trace", leave_a_trace)];
    assert_eq!(tick(&app, "b", mended).await.expect("a tick").len(), 1);
    assert_eq!(app.count("audit_log").await, 1);
});

on_both!(a_node_that_died_is_replaced_when_its_lease_ends, |app| async move {
    const JOBS: &[Job] = &[hourly("trace", leave_a_trace)];
    tick(&app, "a", JOBS).await.expect("a tick");
    app.later(60);
    let until = app.now() + chrono::Duration::minutes(10);
    app.tell(move |c| {
        diesel::update(jobs::table)
            .set((jobs::leased_by.eq(Some("dead")), jobs::leased_until.eq(Some(until))))
            .execute(c)?;
        Ok(())
    })
    .await;
    app.later(10);
    assert!(tick(&app, "a", JOBS).await.expect("a tick").is_empty(), "it may live still");
    app.later(1);
    assert_eq!(tick(&app, "a", JOBS).await.expect("a tick").len(), 1);
});

on_both!(a_node_that_lost_its_lease_takes_everything_back, |app| async move {
    const JOBS: &[Job] = &[hourly("trace", lose_the_lease)];
    tick(&app, "a", JOBS).await.expect("a tick");
    app.later(60);
    let ran = tick(&app, "a", JOBS).await.expect("a tick");
    assert!(ran[0].outcome.is_err());
    assert_eq!(app.count("audit_log").await, 0);
});

on_both!(what_takes_long_is_read_before_the_writer_is_held, |app| async move {
    const JOBS: &[Job] = &[Job { reads: Some(read_for_long), ..hourly("trace", never) }];
    tick(&app, "a", JOBS).await.expect("a tick");
    app.later(60);
    let ran = tick(&app, "a", JOBS).await.expect("a tick");
    assert_eq!(ran[0].outcome, Ok("0 before".into()));
    assert_eq!(app.count("audit_log").await, 1);
    let (leased_by, last_run_at, _, note) = row(&app).await;
    assert_eq!((leased_by, last_run_at, note.as_str()), (None, Some(app.now()), "0 before"));
});

on_both!(the_reading_part_of_a_job_leaves_nothing, |app| async move {
    const JOBS: &[Job] = &[Job { reads: Some(writes_while_reading), ..hourly("trace", leave_a_trace) }];
    tick(&app, "a", JOBS).await.expect("a tick");
    app.later(60);
    tick(&app, "a", JOBS).await.expect("a tick");
    assert_ne!(row(&app).await.3, "from the reading part");
});

on_both!(the_products_own_jobs_run, |app| async move {
    assert!(tick(&app, "a", tradewind::JOBS).await.expect("a tick").is_empty());
    // Those of a Monday too.
    app.days_later(7);
    let ran = tick(&app, "a", tradewind::JOBS).await.expect("a tick");
    assert_eq!(ran.len(), tradewind::JOBS.len());
    for job in ran {
        assert!(job.outcome.is_ok(), "{job:?}");
    }
});

on_both!(the_file_is_read_by_night_and_ready_tells_of_damage, |app| async move {
    const JOBS: &[Job] = &[tradewind::jobs::FILE_CHECK, tradewind::jobs::LARGE_FILE_CHECK];
    tick(&app, "a", JOBS).await.expect("a tick");
    app.days_later(7);
    let ran = tick(&app, "a", JOBS).await.expect("a tick");
    let notes: Vec<String> = ran.into_iter().map(|one| one.outcome.expect("no error")).collect();
    let is_file = app.full_url().starts_with("sqlite");
    let by_night = if is_file { "the file is sound" } else { "nothing to do by night" };
    assert_eq!(notes, [by_night, "nothing to do by week"], "a small file is read by night alone");
    let set = |job: &'static str, note: &'static str| {
        app.tell(move |c| Ok(diesel::update(jobs::table.find(job)).set(jobs::note.eq(note)).execute(c)?))
    };
    for job in JOBS {
        app.stranger().get("/ready").await.expect(200).sees_not("file check");
        set(job.name, "failed: database disk image is malformed").await;
        app.stranger().get("/ready").await.expect(200).sees("file check: failed");
        set(job.name, "the file is sound").await;
    }
});

on_both!(the_database_is_looked_after_each_night, |app| async move {
    const JOBS: &[Job] = &[tradewind::jobs::UPKEEP];
    let ann = app.employee("Ann Sample", "Sales").await;
    for at in 0..20 {
        app.insight(&ann, &format!("What customer {at} says.")).await;
    }
    assert!(tick(&app, "a", JOBS).await.expect("a tick").is_empty(), "not due yet");
    app.days_later(1);
    let ran = tick(&app, "a", JOBS).await.expect("a tick");
    let note = ran[0].outcome.clone().expect("no error");
    if app.full_url().starts_with("sqlite") {
        assert_eq!(note, "sizes of tables looked at");
        let known = app
            .ask(|c| {
                let known =
                    diesel::sql_query("SELECT DISTINCT tbl AS name FROM sqlite_stat1").load::<Name>(c)?;
                Ok(known.into_iter().map(|row| row.name).collect::<Vec<_>>())
            })
            .await;
        assert!(known.iter().any(|name| name == "insights"), "{known:?}");
    } else {
        assert_eq!(
            note, "3 months of accesses begun, 0 ended",
            "this month's table and those of the next two"
        );
        app.days_later(1);
        let ran = tick(&app, "a", JOBS).await.expect("a tick");
        let note = ran[0].outcome.clone().expect("no error");
        assert!(note.contains("itself"), "{note}");
    }
});

#[derive(diesel::QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}
