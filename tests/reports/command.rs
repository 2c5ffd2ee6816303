//! `tradewind report`: the report of a month or of any period, made by hand, with clear words for whoever
//! asks for one that cannot be.

use super::company::*;
use crate::support::node::{Said, run as program};
use crate::support::*;

const MAIL: [(&str, &str); 2] =
    [("SMTP_URL", "smtp://127.0.0.1:9"), ("MAIL_FROM", "Tradewind <tradewind@test.example>")];

/// The command as an operator types it, with the settings of the story.
fn report(app: &TestApp, arguments: &[&str], more: &[(&str, &str)]) -> Said {
    let url = app.full_url();
    let settings = [("DATABASE_URL", url.as_str()), ("PUBLIC_URL", PUBLIC_URL), ("LOG", "warn")];
    program(&[&["report"], arguments].concat(), &[&settings[..], more].concat())
}

/// The path of the report whose address was printed, and nothing else.
#[track_caller]
fn made(said: &Said) -> String {
    assert_eq!(said.code, Some(0), "{}", said.err);
    let path = said.out.strip_prefix(PUBLIC_URL).and_then(|path| path.strip_suffix('\n'));
    let path = path.unwrap_or_else(|| panic!("not an address: {}", said.out));
    assert!(path.starts_with("/reports/") && !path.contains('\n'), "{path}");
    path.to_owned()
}

/// A month that is over by the clock of whoever runs this, too.
async fn a_busy_october(app: &TestApp) -> Company {
    app.clock.set(at("2025-09-29T12:00:00"));
    let company = company(app).await;
    a_month(app, &company, at("2025-10-06T09:00:00")).await;
    app.clock.set(at("2025-11-03T09:00:00"));
    company
}

on_both!(a_month_and_any_period_are_reported_by_hand_once, |app| async move {
    let company = a_busy_october(&app).await;
    let dora = app.another_browser(&company.dora).await;
    let month = made(&report(&app, &["--month", "2025-10"], &[]));
    dora.get(&month).await.expect(200).sees("October 2025");
    let again = report(&app, &["--month", "2025-10"], &[]);
    assert!(
        again.err.contains("the report of October 2025 was made before and stays as it is"),
        "{}",
        again.err
    );
    assert_eq!(made(&again), month);
    let weeks = ["--from", "2025-10-06", "--to", "2025-10-20"];
    let fortnight = made(&report(&app, &weeks, &[]));
    assert_ne!(fortnight, month);
    dora.get(&fortnight).await.expect(200).sees("6 Oct 2025 to 19 Oct 2025");
    let again = report(&app, &weeks, &[]);
    assert!(again.err.contains("6 Oct 2025 to 19 Oct 2025 was made before"), "{}", again.err);
    assert_eq!(made(&again), fortnight);
    // A period of a month's days is not the company's report of that month.
    assert_eq!(ids(&app).await.len(), 2);
    // Every file of it, with the numbers of the page; small groups are protected here as there.
    for ending in ["csv", "json", "xlsx"] {
        let file = dora.get(&format!("{fortnight}.{ending}")).await.expect(200);
        assert!(!file.bytes.is_empty());
    }
    let list = dora.get("/reports").await.sees("October 2025").sees("6 Oct 2025 to 19 Oct 2025");
    list.sees_not("by Dora Example");
    // The node that makes the month's report finds it there.
    app.clock.set(at("2025-11-01T00:10:00"));
    assert_eq!(ids(&app).await.len(), 2);
    let told: Vec<String> = app
        .ask(|c| {
            use diesel::prelude::*;
            use tradewind::db::schema::audit_log;
            Ok(audit_log::table.filter(audit_log::action.eq("made")).select(audit_log::detail).load(c)?)
        })
        .await;
    assert_eq!(told, ["from 2025-10-01 to 2025-10-31", "from 2025-10-06 to 2025-10-19"]);
});

on_both!(a_report_is_mailed_by_hand_once_to_each, |app| async move {
    let company = a_busy_october(&app).await;
    let october = ["--month", "2025-10", "--mail"];
    let without = report(&app, &october, &[]);
    assert_eq!(without.code, Some(2), "{}", without.err);
    assert_eq!(without.err.lines().count(), 1, "{}", without.err);
    assert!(without.err.contains("SMTP_URL and MAIL_FROM are not set"), "{}", without.err);
    assert!(ids(&app).await.is_empty(), "it was made before it was refused");
    let first = report(&app, &october, &MAIL);
    let path = made(&first);
    assert!(first.err.contains("put into the mail to 1 person"), "{}", first.err);
    let [(subject, body)] = &mails(&app).await[..] else { panic!("one mail") };
    assert!(subject.contains("October 2025") && body.contains(&format!("{PUBLIC_URL}{path}")), "{body}");
    let again = report(&app, &october, &MAIL);
    assert_eq!(made(&again), path);
    assert!(again.err.contains("every Chief Customer Officer has got it already"), "{}", again.err);
    app.officer("Olive Example", "Sales").await;
    let later = report(&app, &october, &MAIL);
    assert!(later.err.contains("put into the mail to 1 person"), "{}", later.err);
    assert_eq!(mails(&app).await.len(), 2);
    let dora = app.another_browser(&company.dora).await;
    dora.get(&path).await.expect(200).sees("Mailed to 2 people");
});

on_both!(before_anybody_came_a_report_says_so, |app| async move {
    let dora = app.officer("Dora Example", "Customer Office").await;
    let path = made(&report(&app, &["--month", "2025-10"], &[]));
    dora.get(&path).await.expect(200).sees("Too few people were here in October 2025");
    // Long before there was a company.
    let path = made(&report(&app, &["--month", "1999-01"], &[]));
    dora.get(&path).await.expect(200).sees("Too few people were here in January 1999");
});

on_both!(what_cannot_be_reported_is_one_clear_line, |app| async move {
    for (arguments, words) in [
        (&["--month", "2025-13"][..], "--month 2025-13 must be a month such as 2026-10"),
        (&["--month", "October"], "--month October must be a month such as 2026-10"),
        (&["--month", "2025-10-01"], "must be a month such as 2026-10"),
        (&["--month", "2199-01"], "the period must be over before today"),
        (&["--from", "2025-10-20", "--to", "2025-10-06"], "--to 2025-10-06 must be after --from 2025-10-20"),
        (&["--from", "2025-10-06", "--to", "2025-10-06"], "must be after --from 2025-10-06"),
        (&["--from", "2025-10-06", "--to", "2199-01-01"], "the period must be over before today"),
    ] {
        let said = report(&app, arguments, &[]);
        assert_eq!(said.code, Some(2), "{arguments:?}: {}", said.err);
        assert_eq!(said.err.lines().count(), 1, "{arguments:?}: {}", said.err);
        assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
        assert_eq!(said.out, "", "{arguments:?}");
    }
    for arguments in [
        &[][..],
        &["--from", "2025-10-06"],
        &["--to", "2025-10-06"],
        &["--from", "yesterday", "--to", "2025-10-06"],
        &["--month", "2025-10", "--from", "2025-10-06", "--to", "2025-10-07"],
        &["--moth", "2025-10"],
    ] {
        let said = report(&app, arguments, &[]);
        assert_eq!(said.code, Some(2), "{arguments:?}: {}", said.err);
        assert!(said.err.contains("--help"), "{arguments:?}: {}", said.err);
    }
    assert!(ids(&app).await.is_empty());
});

#[test]
fn a_mistyped_database_gets_no_report() {
    let folder = temporary_folder();
    let missing = folder.path().join("nope.db");
    let url = format!("sqlite:{}", missing.display());
    let said = program(&["report", "--month", "2025-10"], &[("DATABASE_URL", &url)]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("there is no database at"), "{}", said.err);
    assert!(!missing.exists());
}
