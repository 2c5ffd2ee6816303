//! Telling: once, gathered until read, and only what happened.

use tradewind::notices::store::{tell, untell};
use tradewind::notices::{About, Kind, Notice};

use super::{lines, sentences, unread, uses};
use crate::support::*;

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
    let left = lines(&app, ann.id).await;
    assert_eq!(left[0], ("Bob (Operations) used “Long lead times”".to_owned(), 1, false));
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

on_both!(twenty_at_once_from_two_nodes_are_one_line_and_one_in_the_bell, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let other = app.node(|_| ()).await;
    let now = app.now();
    let mut all = Vec::new();
    for number in 0..20 {
        // Each event is told by both nodes.
        for node in [&app, &other] {
            let notice = used(ann.id, 7, &format!("P{number}"), "Service", now);
            let db = node.db.clone();
            all.push(actix_rt::spawn(async move { db.write(move |c| Ok(tell(c, &notice)?)).await }));
        }
    }
    for told in all {
        told.await.expect("a task").expect("told");
    }
    let gathered = "20 colleagues in Service used “Long lead times”".to_owned();
    assert_eq!(lines(&app, ann.id).await, [(gathered, 20, false)]);
    assert_eq!(unread(&app, ann.id).await, 1);
});

on_both!(a_use_tells_the_authors_and_keeps_its_signature, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Service/North").await;
    let insight = app.insight(&ann, "Hospitals pay late. Always in August.").await;
    uses(&bob, insight, "", "name").await;
    assert_eq!(sentences(&app, ann.id).await, ["Bob Example (Service) used “Hospitals pay late”"]);
    // Signed with the department only after all: the name is gone where nobody has read it yet.
    uses(&bob, insight, "For the offer.", "department").await;
    assert_eq!(sentences(&app, ann.id).await, ["A colleague in Service used “Hospitals pay late”"]);
    assert_eq!(unread(&app, ann.id).await, 1);
    assert_eq!(sentences(&app, bob.id).await, Vec::<String>::new());
    // A slip of the finger was nothing.
    bob.post(&format!("/insights/{insight}/use"), &[("do", "take_back")]).await.expect(303);
    assert_eq!(sentences(&app, ann.id).await, Vec::<String>::new());
    assert_eq!(unread(&app, ann.id).await, 0);
});

on_both!(nobody_hears_of_a_rating, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Service").await;
    let insight = app.insight(&ann, "Hospitals pay late. Always in August.").await;
    bob.get(&format!("/insights/{insight}")).await.expect(200);
    bob.post(&format!("/insights/{insight}/rating"), &[("value", "2")]).await.expect(303);
    assert_eq!(sentences(&app, ann.id).await, Vec::<String>::new());
});

on_both!(a_remark_tells_the_author_unless_it_is_their_own, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Service").await;
    let insight = app.insight(&ann, "Hospitals pay late. Always in August.").await;
    let place = format!("/insights/{insight}/remarks");
    ann.post(&place, &[("key", "a"), ("remark", "And in September.")]).await.expect(303);
    assert_eq!(unread(&app, ann.id).await, 0);
    let sent = bob.post(&place, &[("key", "b"), ("remark", "Not ours.")]).await.expect(303);
    bob.post(&place, &[("key", "b"), ("remark", "Not ours.")]).await.expect(303);
    assert_eq!(sentences(&app, ann.id).await, ["Bob Example (Service) remarked on “Hospitals pay late”"]);
    bob.post(&place, &[("key", "c"), ("remark", "Except two.")]).await.expect(303);
    assert_eq!(sentences(&app, ann.id).await, ["2 remarks from Service on “Hospitals pay late”"]);
    // The line leads to the latest; a remark that is gone leads nowhere.
    let remark = sent.location().rsplit('-').next().expect("an id").to_owned();
    bob.post(&format!("{place}/{remark}/withdrawal"), &[]).await.expect(303);
    assert_eq!(sentences(&app, ann.id).await, ["Bob Example (Service) remarked on “Hospitals pay late”"]);
});

on_both!(somebody_disabled_is_told_nothing, |app| async move {
    let admin = app.admin("Ada Admin", "Office").await;
    let ann = app.employee("Ann Sample", "Sales").await;
    admin.post(&format!("/admin/people/{}/disabling", ann.id), &[]).await.expect(303);
    let notice = used(ann.id, 7, "Bob", "Operations", app.now());
    app.tell(move |c| Ok(tell(c, &notice)?)).await;
    assert_eq!(lines(&app, ann.id).await, []);
});
