//! Notices: what people are told, once, and by which way.

mod support;

use support::*;
use tradewind::notices::store::{tell, untell};
use tradewind::notices::{About, Kind, Notice};

/// What stands on somebody's page: sentence, number of events, and whether it was read.
async fn lines(app: &TestApp, person_id: i64) -> Vec<(String, i32, bool)> {
    use diesel::prelude::*;
    use tradewind::db::schema::notices;
    app.ask(move |c| {
        Ok(notices::table
            .filter(notices::person_id.eq(person_id))
            .order(notices::id)
            .select((notices::text, notices::events, notices::read_at.is_not_null()))
            .load(c)?)
    })
    .await
}

/// The number in the bell.
async fn unread(app: &TestApp, person_id: i64) -> i32 {
    app.ask(move |c| Ok(tradewind::accounts::store::person(c, person_id)?.unread_notices)).await
}

fn used(person_id: i64, insight: i64, who: &str, department: &str, at: chrono::NaiveDateTime) -> Notice {
    Notice {
        person_id,
        kind: Kind::Used,
        about: About::insight(insight, "Long lead times"),
        text: format!("{who} ({department}) used “Long lead times”"),
        key: format!("use:{insight}:{who}"),
        department: Some(department.to_owned()),
        at,
    }
}

on_both!(the_same_event_tells_once_and_several_are_gathered, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let now = app.now();
    for who in ["Bob", "Bob", "Cleo", "Dan"] {
        let department = if who == "Dan" { "Service" } else { "Operations" };
        let notice = used(ann.id, 7, who, department, now);
        app.tell(move |c| Ok(tell(c, &notice)?)).await;
    }
    let gathered = "3 colleagues in Operations and Service used “Long lead times”";
    assert_eq!(lines(&app, ann.id).await, [(gathered.to_owned(), 3, false)]);
    assert_eq!(unread(&app, ann.id).await, 1);
    // Another thing is another line.
    let notice = used(ann.id, 8, "Bob", "Operations", now);
    app.tell(move |c| Ok(tell(c, &notice)?)).await;
    assert_eq!(unread(&app, ann.id).await, 2);
    // Taken back, what is left is told as if the rest had never been.
    app.tell(|c| Ok(untell(c, "use:7:Dan")?)).await;
    app.tell(|c| Ok(untell(c, "use:7:Cleo")?)).await;
    let lines = lines(&app, ann.id).await;
    assert_eq!(lines[0], ("Bob (Operations) used “Long lead times”".to_owned(), 1, false));
    app.tell(|c| Ok(untell(c, "use:7:Bob")?)).await;
    app.tell(|c| Ok(untell(c, "use:7:Bob")?)).await;
    assert_eq!(unread(&app, ann.id).await, 1);
});

on_both!(an_event_that_did_not_happen_tells_nobody, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let notice = used(ann.id, 7, "Bob", "Operations", app.now());
    let refused = app
        .db
        .write(move |c| {
            tell(c, &notice)?;
            Err::<(), _>(tradewind::error::AppError::Conflict("it did not happen"))
        })
        .await;
    assert!(refused.is_err());
    assert_eq!(lines(&app, ann.id).await, []);
    assert_eq!(unread(&app, ann.id).await, 0);
});
