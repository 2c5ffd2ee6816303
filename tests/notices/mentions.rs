//! Mentions: whom a text names, who is told, and what stays text.

use super::{lines, sentences, unread, uses};
use crate::support::*;

on_both!(a_mention_in_a_remark_tells_and_becomes_a_link, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Service").await;
    let cleo = app.employee("Cleo Example", "Finance").await;
    let insight = app.insight(&ann, "Hospitals pay late. Always in August.").await;
    let text = "Ask @Cleo.Example, not @nobody.here. `@bob.example` and @bob.example are code and me.\n\n    @ann.sample\n\nMail ann.sample@example.com.";
    let place = format!("/insights/{insight}/remarks");
    let sent = bob.post(&place, &[("key", "a"), ("remark", text)]).await.expect(303);
    // Who was told, and which handle nobody has, is said at once.
    let page = bob
        .get(sent.location().split('#').next().expect("a path"))
        .await
        .sees("Told: Cleo Example. Nobody here is @nobody.here.");
    let to_people = page.attrs(".remark .prose a, .remark p a", "href");
    let people: Vec<String> = to_people.into_iter().filter(|href| href.starts_with("/people/")).collect();
    assert_eq!(people, [format!("/people/{}", cleo.id), format!("/people/{}", bob.id)]);
    assert_eq!(
        sentences(&app, cleo.id).await,
        ["Bob Example (Service) mentioned you in a remark on “Hospitals pay late”"]
    );
    assert_eq!(unread(&app, bob.id).await, 0, "one does not tell oneself");
    assert_eq!(sentences(&app, ann.id).await, ["Bob Example (Service) remarked on “Hospitals pay late”"]);
    // Pressing twice tells once.
    bob.post(&place, &[("key", "a"), ("remark", text)]).await.expect(303);
    assert_eq!(lines(&app, cleo.id).await[0].1, 1);
});

on_both!(an_author_who_is_mentioned_is_told_once, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Service").await;
    let insight = app.insight(&ann, "Hospitals pay late. Always in August.").await;
    bob.post(&format!("/insights/{insight}/remarks"), &[("key", "a"), ("remark", "@ann.sample why?")])
        .await
        .expect(303);
    assert_eq!(
        sentences(&app, ann.id).await,
        ["Bob Example (Service) mentioned you in a remark on “Hospitals pay late”"]
    );
});

on_both!(an_insight_tells_whom_it_mentions_once_through_all_edits, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Service").await;
    let cleo = app.employee("Cleo Example", "Finance").await;
    let share =
        [("key", "a"), ("text", "Ask @bob.example about hospitals. They pay late."), ("source", "call")];
    let shared = ann.post("/insights", &share).await.expect(303);
    assert_eq!(shared.location(), "/");
    ann.get("/").await.sees("Told: Bob Example.");
    let told = ["Ann Sample (Sales) mentioned you in “Ask @bob.example about hospitals”"];
    assert_eq!(sentences(&app, bob.id).await, told);
    let id: i64 = app
        .ask(|c| {
            use diesel::prelude::*;
            use tradewind::db::schema::insights;
            Ok(insights::table.select(insights::id).first(c)?)
        })
        .await;
    let page = ann.get(&format!("/insights/{id}/edit")).await.expect(200);
    let form = format!("form[action=\"/insights/{id}/edit\"]");
    ann.submit(&page, &form, &[("text", "@bob.example and @cleo.example know more.")]).await.expect(303);
    assert_eq!(lines(&app, bob.id).await.len(), 1);
    assert_eq!(lines(&app, bob.id).await[0].1, 1);
    assert_eq!(unread(&app, cleo.id).await, 1);
    // Undone within ten minutes, it never was.
    ann.post(&format!("/insights/{id}/withdrawal"), &[]).await.expect(303);
    assert_eq!((unread(&app, bob.id).await, unread(&app, cleo.id).await), (0, 0));
});

on_both!(a_note_signed_by_the_department_names_nobody, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Service").await;
    let cleo = app.employee("Cleo Example", "Finance").await;
    let insight = app.insight(&ann, "Hospitals pay late. Always in August.").await;
    uses(&bob, insight, "Thanks to @cleo.example <b>", "department").await;
    assert_eq!(
        sentences(&app, cleo.id).await,
        ["A colleague in Service mentioned you, using “Hospitals pay late”"]
    );
    let page = ann.get(&format!("/insights/{insight}/uses")).await.sees("Thanks to @cleo.example <b>");
    assert_eq!(page.attrs(".as-typed a", "href"), [format!("/people/{}", cleo.id)]);
    page.sees_not("Bob Example");
});

on_both!(ten_people_are_enough, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let insight = app.insight(&ann, "Hospitals pay late. Always in August.").await;
    let mut crowd = Vec::new();
    for number in 10..22 {
        crowd.push(app.employee(&format!("P{number}"), "Service").await);
    }
    let text: String = (10..22).map(|number| format!("@p{number} @p{number} ")).collect();
    ann.post(&format!("/insights/{insight}/remarks"), &[("key", "a"), ("remark", &text)]).await.expect(303);
    let mut told = 0;
    for one in &crowd {
        told += unread(&app, one.id).await;
    }
    assert_eq!(told, 10);
});

on_both!(handles_repeat_for_nobody_and_stay, |app| async move {
    use tradewind::accounts::person::Role;
    use tradewind::accounts::store::{self, NewPerson};
    let admin = app.admin("Ada Admin", "Office").await;
    let ann = app.employee("Ann Sample", "Sales").await;
    let (now, today, department_id) = (app.now(), app.calendar().day(app.now()), ann.department_id);
    let second = app
        .tell(move |c| {
            store::add_person(
                c,
                &NewPerson {
                    email: "ann.sample@other.example".into(),
                    name: "Ann Sample".into(),
                    role: Role::Employee,
                    department_id,
                    manager: false,
                    joined_on: None,
                    left_on: None,
                    password_hash: Some(password_hash()),
                },
                now,
                today,
            )
        })
        .await;
    ann.get(&format!("/people/{}", ann.id)).await.sees("@ann.sample");
    ann.get(&format!("/people/{second}")).await.sees("@ann.sample2");
    // Another e-mail leaves the handle alone.
    let page = admin.get(&format!("/admin/people/{}", ann.id)).await;
    let form = format!("form[action=\"/admin/people/{}\"]", ann.id);
    admin.submit(&page, &form, &[("email", "ann.example@example.com")]).await.expect(303);
    ann.get(&format!("/people/{}", ann.id)).await.sees("@ann.sample");
});

#[test]
fn only_what_a_mention_becomes_may_lead_within_the_site() {
    use tradewind::archive::markdown::render;
    for text in [
        "[x](/admin/people)",
        "[x](/people/7/../../sign-out)",
        "[x](//evil.example)",
        "[x](/people/)",
        "[x](/people/7?x)",
    ] {
        let html = render(text).to_string();
        assert!(!html.contains("href"), "{text}: {html}");
    }
}
