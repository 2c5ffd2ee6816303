//! Reports are made once, mailed once, and asked for by whoever may see them.

use diesel::prelude::*;
use tradewind::db::schema::{people, report_mails};

use super::company::*;
use crate::support::*;

on_both!(two_nodes_at_once_make_one_and_mail_it_once, |app| async move {
    let app = with_mail(&app).await;
    let other = with_mail(&app).await;
    app.clock.set(at("2026-09-28T12:00:00"));
    let company = company(&app).await;
    app.officer("Olive Example", "Sales").await;
    a_month(&app, &company, at("2026-10-05T09:00:00")).await;
    run(&app, "a").await;
    // The first is a Sunday: made in its night, mailed on Monday at eight.
    app.clock.set(at("2026-11-01T04:00:00"));
    let (mine, yours) = tokio::join!(run(&app, "a"), run(&other, "b"));
    assert_eq!([mine, yours].concat(), ["report 1 of October 2026"]);
    assert_eq!(ids(&app).await.len(), 1);
    for early in ["2026-11-01T12:00:00", "2026-11-02T07:59:00"] {
        app.clock.set(at(early));
        let (mine, yours) = tokio::join!(run(&app, "a"), run(&other, "b"));
        assert_eq!([mine, yours].concat(), Vec::<String>::new(), "{early}");
    }
    app.clock.set(at("2026-11-02T08:10:00"));
    let (mine, yours) = tokio::join!(run(&app, "a"), run(&other, "b"));
    let said: Vec<String> = [mine, yours].concat();
    assert!(said.contains(&"report 1 mailed to 2".to_owned()), "{said:?}");
    assert_eq!((mails(&app).await.len(), app.count("report_mails").await), (2, 2));
    for day in 1..=27 {
        app.clock.set(at("2026-11-02T09:00:00") + chrono::Duration::days(day));
        tokio::join!(run(&app, "a"), run(&other, "b"));
    }
    assert_eq!((mails(&app).await.len(), ids(&app).await.len()), (2, 1));
    // The next month has one of its own.
    app.clock.set(at("2026-12-01T09:00:00"));
    run(&app, "a").await;
    app.later(11);
    run(&other, "b").await;
    assert_eq!((mails(&app).await.len(), ids(&app).await.len()), (4, 2));
    let dora = app.another_browser(&company.dora).await;
    dora.get("/reports").await.sees("October 2026").sees("November 2026").sees("by itself");
});

on_both!(a_node_that_dies_leaves_no_half_report, |app| async move {
    let app = with_mail(&app).await;
    app.clock.set(at("2026-09-28T12:00:00"));
    let company = company(&app).await;
    a_month(&app, &company, at("2026-10-05T09:00:00")).await;
    run(&app, "a").await;
    app.clock.set(at("2026-11-02T09:00:00"));
    let times =
        tradewind::jobs::Times { now: app.now(), calendar: app.calendar(), config: app.config.clone() };
    // It has the lease, has made the report and mailed it, and dies before it commits.
    let until = app.now() + chrono::Duration::minutes(60);
    app.tell(move |c| {
        use tradewind::db::schema::jobs;
        diesel::update(jobs::table)
            .set((jobs::leased_by.eq(Some("dead")), jobs::leased_until.eq(Some(until))))
            .execute(c)?;
        Ok(())
    })
    .await;
    let died = app
        .db
        .write_alone(move |c| {
            for job in JOBS {
                (job.run)(c, &times)?;
            }
            assert_eq!(people_mailed(c)?, 1);
            Err::<(), _>(tradewind::error::AppError::Internal("the power went off".into()))
        })
        .await;
    assert!(died.is_err());
    assert_eq!((ids(&app).await.len(), mails(&app).await.len(), app.count("report_mails").await), (0, 0, 0));
    let other = with_mail(&app).await;
    assert_eq!(run(&other, "b").await, Vec::<String>::new(), "it may live still");
    app.later(61);
    run(&other, "b").await;
    assert_eq!((ids(&app).await.len(), mails(&app).await.len(), app.count("report_mails").await), (1, 1, 1));
});

fn people_mailed(c: &mut tradewind::db::Conn) -> QueryResult<i64> {
    report_mails::table.count().get_result(c)
}

on_both!(an_empty_archive_has_no_report_and_says_so, |app| async move {
    let dora = app.officer("Dora Example", "Customer Office").await;
    run(&app, "a").await;
    app.days_later(1);
    assert_eq!(run(&app, "a").await, ["nothing had happened last month"]);
    let dora = app.another_browser(&dora).await;
    let list = dora.get("/reports").await.sees("Make the first report");
    let fields = [("from", "2026-10-01"), ("last", "2026-10-31")];
    let made = dora.submit(&list, "form[action='/reports']", &fields).await.expect(303);
    let path = made.location().to_owned();
    dora.get(&path).await.expect(200).sees("Too few people were here in October 2026");
    for ending in [".csv", ".xlsx", ".json"] {
        dora.get(&format!("{path}{ending}")).await.expect(200);
    }
    dora.get("/reports").await.sees("by Dora Example").sees_not("Make the first report");
});

on_both!(a_form_makes_one_report, |app| async move {
    let dora = app.officer("Dora Example", "Customer Office").await;
    let list = dora.get("/reports").await.expect(200);
    assert_eq!((list.field("from"), list.field("last")), ("2026-11-01".into(), "2026-11-01".into()));
    let fields = [("from", "2026-10-01"), ("last", "2026-10-31")];
    let first = dora.submit(&list, "form[action='/reports']", &fields).await.expect(303);
    let again = dora.submit(&list, "form[action='/reports']", &fields).await.expect(303);
    assert_eq!(first.location(), again.location());
    assert_eq!(ids(&app).await.len(), 1);
    for (from, last, segment, words) in [
        ("2026-10-31", "2026-10-01", "", "must not be before the first"),
        ("yesterday", "2026-10-01", "", "year-month-day"),
        ("2026-10-01", "", "", "year-month-day"),
        ("2026-10-01", "2026-11-02", "", "yesterday at the latest"),
        ("2001-10-01", "2026-10-01", "", "ten years at most"),
        ("2026-10-01", "2026-10-02", "999", "no such segment"),
    ] {
        let fields = [("from", from), ("last", last), ("segment", segment)];
        let list = dora.get("/reports").await;
        let refused = dora.submit(&list, "form[action='/reports']", &fields).await.expect(422);
        let refused = refused.sees(words);
        assert_eq!(refused.field("from"), from, "what was typed is kept");
    }
    assert_eq!(ids(&app).await.len(), 1);
});

on_both!(a_mail_reaches_only_who_may_see_reports, |app| async move {
    use tradewind::notices::store::outbox;
    let app = with_mail(&app).await;
    app.clock.set(at("2026-09-28T12:00:00"));
    let company = company(&app).await;
    a_month(&app, &company, at("2026-10-05T09:00:00")).await;
    run(&app, "a").await;
    app.clock.set(at("2026-11-02T09:00:00"));
    run(&app, "a").await;
    let now = app.now();
    let waiting = app.ask(move |c| Ok(outbox::due(c, now, 9)?)).await;
    let [mail] = waiting[..] else { panic!("one mail: {waiting:?}") };
    // Between writing and sending somebody else becomes Chief Customer Officer.
    let id = company.dora.id;
    let taken = app
        .tell(move |c| {
            diesel::update(people::table.find(id)).set(people::role.eq("employee")).execute(c)?;
            outbox::take(c, mail, "a", now, PUBLIC_URL)
        })
        .await;
    assert!(taken.is_none(), "the mail is dropped");
});
