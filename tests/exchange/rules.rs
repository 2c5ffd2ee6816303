//! The rules of the format: what counts, what replaces what, all or nothing.

use diesel::prelude::*;
use tradewind::db::schema::{accesses, first_accesses, ratings};
use tradewind::exchange::import::Files;
use tradewind::flow::store::rebuild;

use super::files::*;
use crate::support::*;

/// What the roll-ups say is what the events say.
async fn roll_ups_agree(app: &TestApp) {
    let differences = app.tell(|c| Ok(rebuild::check_and_mend(c)?)).await;
    assert!(differences.is_empty(), "{differences:?}");
}

on_both!(half_an_hour_counts_and_own_does_not, |app| async move {
    let files = Files {
        people: people(),
        insights: one_insight(),
        accesses: table(
            "insight,reader,accessed_at,department,manager",
            &[
                "s1|ann@example.com|2026-01-06T09:00:00Z||",
                "s1|BOB@example.com|2026-01-06T10:30:00+01:00||",
                "s1|bob@example.com|2026-01-06T09:59:59.999Z||",
                "s1|bob@example.com|2026-01-06T10:00:00Z|Service/South|no",
                "s1|bob@example.com|2026-01-06T10:00:00Z||",
            ],
        ),
        ratings: table(
            "insight,rater,value,rated_at,blind",
            &[
                "s1|bob@example.com|2|2026-01-07T09:00:00Z|",
                "s1|bob@example.com|5|2026-01-08T09:00:00Z|no",
                "s1|ann@example.com|5|2026-01-08T09:00:00Z|",
            ],
        ),
    };
    let report = import(&app, files.clone()).await;
    assert!(report.written && report.problems.is_empty(), "{report}");
    let (a, r) = (report.accesses, report.ratings);
    assert_eq!((a.new, a.same, a.own, a.too_soon, a.implied), (2, 1, 1, 1, 0), "{report}");
    assert_eq!((r.new, r.replaced, r.own), (1, 1, 1), "{report}");
    for told in [
        "accesses.csv, line 2, column reader: \"ann@example.com\": not counted: own insight",
        "ratings.csv, line 4, column rater: \"ann@example.com\": not counted: own insight",
    ] {
        assert!(report.to_string().contains(told), "{report}");
    }
    let (value, blind, first, last) = app
        .ask(|c| {
            Ok(ratings::table
                .select((ratings::value, ratings::blind, ratings::first_at, ratings::at))
                .first::<(i32, bool, chrono::NaiveDateTime, chrono::NaiveDateTime)>(c)?)
        })
        .await;
    assert_eq!((value, blind), (5, false));
    assert_eq!(
        (first.to_string(), last.to_string()),
        ("2026-01-07 09:00:00".into(), "2026-01-08 09:00:00".into())
    );
    roll_ups_agree(&app).await;

    let before = row_counts(&app).await;
    let again = import(&app, files).await;
    assert!(again.changes_nothing() && again.to_string().ends_with("nothing changes."), "{again}");
    assert_eq!(row_counts(&app).await, before, "the second time changes nothing");
});

on_both!(a_rating_implies_an_access, |app| async move {
    let ratings = table(
        "insight,rater,value,rated_at",
        &["s1|bob@example.com|4|2026-01-07", "s1|bob@example.com|3|2026-01-09"],
    );
    let files = Files { people: people(), insights: one_insight(), ratings, accesses: None };
    let report = import(&app, files.clone()).await;
    assert_eq!((report.accesses.implied, report.ratings.new), (1, 1), "{report}");
    let at = app.ask(|c| Ok(accesses::table.select(accesses::at).load::<chrono::NaiveDateTime>(c)?)).await;
    assert_eq!(at.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2026-01-07 00:00:00"]);
    roll_ups_agree(&app).await;
    assert!(import(&app, files).await.changes_nothing());
});

on_both!(earlier_accesses_move_the_first_one, |app| async move {
    let with = |rows: &[&str]| Files {
        accesses: table("insight,reader,accessed_at,department", rows),
        ..Files::default()
    };
    import(&app, Files { people: people(), insights: one_insight(), ..Files::default() }).await;
    import(&app, with(&["s1|bob@example.com|2026-01-10|Sales"])).await;
    let report =
        import(&app, with(&["s1|bob@example.com|2026-01-08|Service", "s1|bob@example.com|2026-01-12|Sales"]))
            .await;
    assert_eq!(report.accesses.new, 2, "{report}");
    let (first, last) = app
        .ask(|c| {
            Ok(first_accesses::table
                .select((first_accesses::at, first_accesses::last_at))
                .first::<(chrono::NaiveDateTime, chrono::NaiveDateTime)>(c)?)
        })
        .await;
    assert_eq!(
        (first.to_string(), last.to_string()),
        ("2026-01-08 00:00:00".into(), "2026-01-12 00:00:00".into())
    );
    roll_ups_agree(&app).await;
});

on_both!(what_is_there_stays_and_is_told, |app| async move {
    import(&app, Files { people: people(), insights: one_insight(), ..Files::default() }).await;
    let report = import(
        &app,
        Files {
            people: table(
                "email,name,department,role",
                &["Ann@Example.com|Anna Sample|Service/North|curator"],
            ),
            insights: table(
                "ref,author,contributed_at,title,body,tags",
                &["s1|ann@example.com|2026-01-05T09:00:00Z|Other crates|They count them.|new"],
            ),
            ..Files::default()
        },
    )
    .await;
    assert!(report.changes_nothing() && report.problems.is_empty(), "{report}");
    assert_eq!((report.people.different, report.insights.different), (1, 1));
    for told in [
        "people.csv, line 2, column name: \"Anna Sample\": differs from what is there; kept \"Ann Sample\"",
        "people.csv, line 2, column role: \"curator\"",
        "insights.csv, line 2, column title: \"s1\": differs from the insight that is there",
        "insights.csv, line 2, column tags",
    ] {
        assert!(report.to_string().contains(told), "{told}:\n{report}");
    }
});

on_both!(all_errors_are_told_and_nothing_is_written, |app| async move {
    let before = row_counts(&app).await;
    let files = Files {
        people: table(
            "email,name,department,role,manager,joined_on,left_on",
            &[
                "ann@example.com|Ann Sample|Service||||",
                "ANN@example.com|Ann Again|Service||||",
                "nobody|Bob Example||boss|maybe|2020-02-30|",
                "cy@example.com|Cy Sample|Sales|||2021-01-01|2020-01-01",
            ],
        ),
        insights: table(
            "ref,author,contributed_at,title,body,source,evidence_url,tags",
            &[
                "s1|ann@example.com|2026-01-05T09:00:00Z|Crates|Text|rumour|javascript:alert(1)|a;;b",
                "s2|stranger@example.com|2026-01-05|Crates|Text|||",
                "s3|ann@example.com|2026-01-05T09:00:00|Crates| |||",
                "s4|ann@example.com|2026-01-05|Crates|Text|||",
                "s4|ann@example.com|2026-01-05|Crates|Text|||",
            ],
        ),
        accesses: table(
            "insight,reader,accessed_at",
            &[
                "s4|ann@example.com|2026-01-06",
                "s9|cy@example.com|2026-01-06",
                "s4|stranger@example.com|2026-01-06",
                "s1|ann@example.com|2026-01-06",
            ],
        ),
        ratings: table("insight,rater,value,rated_at", &["s4|ann@example.com|6|yesterday"]),
    };
    let report = import(&app, files).await;
    let told = report.to_string();
    for line in [
        "people.csv, line 3, column email: \"ANN@example.com\": stands twice; line 2 has the same address",
        "people.csv, line 4, column email: \"nobody\": is not an email address",
        "people.csv, line 4, column department: is empty",
        "people.csv, line 4, column role: \"boss\": is not a role; write employee, curator, cco or admin",
        "people.csv, line 4, column manager: \"maybe\": is neither yes nor no",
        "people.csv, line 4, column joined_on: \"2020-02-30\": is not a day; write it as 2019-08-01",
        "people.csv, line 5, column left_on: \"2020-01-01\": is before joined_on",
        "insights.csv, line 2, column source: \"rumour\": is not a source; write one of call, visit",
        "insights.csv, line 2, column tags: \"a;;b\": has an empty tag",
        "insights.csv, line 2, column evidence_url: \"javascript:alert(1)\": is not a web address",
        "insights.csv, line 3, column author: \"stranger@example.com\": is nobody's address",
        "insights.csv, line 4, column contributed_at: \"2026-01-05T09:00:00\": is not a time; add the offset",
        "insights.csv, line 4, column body: \" \": is empty",
        "insights.csv, line 6, column ref: \"s4\": stands twice; line 5 has the same reference",
        "accesses.csv, line 3, column insight: \"s9\": is no insight's reference",
        "accesses.csv, line 4, column reader: \"stranger@example.com\": is nobody's address",
        "ratings.csv, line 2, column value: \"6\": is not a rating; write a whole number from 1 to 5",
        "ratings.csv, line 2, column rated_at: \"yesterday\": is not a time",
    ] {
        assert!(told.contains(line), "{line}\nis missing from:\n{told}");
    }
    // Cy's own row and s1 have their problems told; what names them is not blamed again.
    assert!(!told.contains("\"cy@example.com\": is nobody's") && !told.contains("\"s1\": is no"), "{told}");
    assert!(!report.written && told.ends_with("there are 18 problems."), "{told}");
    assert_eq!(row_counts(&app).await, before, "nothing half done");
});

on_both!(an_access_before_the_insight_is_refused, |app| async move {
    let report = import(
        &app,
        Files {
            people: people(),
            insights: one_insight(),
            accesses: table("insight,reader,accessed_at", &["s1|bob@example.com|2026-01-05T08:59:59Z"]),
            ..Files::default()
        },
    )
    .await;
    assert!(
        report
            .to_string()
            .contains("is before the insight was shared; it was shared at 2026-01-05T09:00:00Z")
    );
});

on_both!(a_hundred_errors_in_full_and_then_counts, |app| async move {
    let rows: Vec<String> = (0..1234).map(|n| format!("p{n}@example.com|P {n}|Sales|boss")).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let report =
        dry_run(&app, Files { people: table("email,name,department,role", &rows), ..Files::default() }).await;
    let told = report.to_string();
    assert_eq!(told.matches("is not a role; write").count(), 100);
    assert!(
        told.contains("and 1,134 more") && told.contains("1,234  people.csv, column role: is not a role"),
        "{told}"
    );
});

on_both!(a_dry_run_writes_nothing, |app| async move {
    let before = row_counts(&app).await;
    let report = dry_run(&app, Files { people: people(), insights: one_insight(), ..Files::default() }).await;
    assert!(!report.written && report.problems.is_empty() && report.insights.new == 1, "{report}");
    assert_eq!(row_counts(&app).await, before);
});
