//! The page of notices, its bell, and the wishes about mail.

use super::{lines, unread, uses};
use crate::support::*;

/// An author with so many unread lines, each by a use of another insight.
async fn busy_author(app: &TestApp, lines: usize) -> (Visitor, Visitor, Vec<i64>) {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Service").await;
    let mut insights = Vec::new();
    for number in 0..lines {
        let insight = app.insight(&ann, &format!("Hospitals pay late {number}. Always in August.")).await;
        app.later(1);
        uses(&bob, insight, "", "name").await;
        insights.push(insight);
    }
    (ann, bob, insights)
}

on_both!(the_bell_counts_and_a_line_leads_on_and_is_read, |app| async move {
    let (ann, bob, insights) = busy_author(&app, 2).await;
    let page = ann.get("/").await.expect(200);
    assert_eq!(page.select(".bell .count"), ["2"]);
    assert_eq!(bob.get("/").await.select(".bell .count"), Vec::<String>::new());
    let page = ann.get("/notifications").await.expect(200);
    let texts = page.select(".told .is-new > a");
    assert_eq!(texts.len(), 2);
    assert!(texts[0].contains("Hospitals pay late 1"), "the latest first: {texts:?}");
    let first = page.attrs(".told .is-new > a", "href")[0].clone();
    // A prefetch leads on and marks nothing; nor does a stranger learn where it leads.
    let ahead = actix_web::test::TestRequest::get().uri(&first).insert_header(("sec-purpose", "prefetch"));
    ann.raw(ahead).await.sent_to(&format!("/insights/{}/uses", insights[1]));
    assert_eq!(unread(&app, ann.id).await, 2);
    bob.get(&first).await.expect(404);
    app.stranger().get(&first).await.expect(303);
    ann.get(&first).await.sent_to(&format!("/insights/{}/uses", insights[1]));
    ann.get(&first).await.expect(303);
    let page = ann.get("/notifications").await.expect(200);
    assert_eq!(page.select(".bell .count"), ["1"]);
    assert_eq!(page.select(".told .is-new").len(), 1);
    assert_eq!(page.select(".told li").len(), 2);
});

on_both!(all_are_marked_but_not_what_came_since, |app| async move {
    let (ann, bob, insights) = busy_author(&app, 2).await;
    let page = ann.get("/notifications").await.expect(200);
    app.later(1);
    let third = app.insight(&ann, "Schools pay early. Always in June.").await;
    uses(&bob, third, "", "name").await;
    let form = "form[action=\"/notifications/read\"]";
    ann.submit(&page, form, &[]).await.sent_to("/notifications");
    assert_eq!(unread(&app, ann.id).await, 1);
    let page = ann.get("/notifications").await.sees("Schools pay early");
    assert_eq!(page.select(".told .is-new").len(), 1);
    let one = page.attrs(".told .is-new form", "action")[0].clone();
    ann.post(&one, &[]).await.sent_to("/notifications");
    bob.post(&one, &[]).await.expect(404);
    assert_eq!(unread(&app, ann.id).await, 0);
    ann.get("/notifications").await.sees("All read.").sees_not("Mark all as read");
    // What happens after reading is a new line about the same insight.
    let cleo = app.employee("Cleo Example", "Finance").await;
    uses(&cleo, insights[0], "", "name").await;
    assert_eq!(unread(&app, ann.id).await, 1);
    assert_eq!(lines(&app, ann.id).await.len(), 4);
});

on_both!(nothing_yet_says_what_to_do, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    ann.get("/notifications").await.sees("All quiet").sees("Share an insight");
});

on_both!(pages_follow_each_other_without_gap_or_repeat, |app| async move {
    let (ann, _, _) = busy_author(&app, 64).await;
    let ann = app.another_browser(&ann).await; // the first sign-in has ended meanwhile
    // Half of them read, so that the border lies inside a page.
    let page = ann.get("/notifications").await;
    for href in page.attrs(".told .is-new > a", "href").iter().step_by(2) {
        ann.get(href).await.expect(303);
    }
    let mut seen = Vec::new();
    let mut address = "/notifications".to_owned();
    loop {
        let page = ann.get(&address).await.expect(200);
        seen.extend(page.attrs(".told li > a", "href"));
        match page.attrs("a[rel=next]", "href").first() {
            Some(next) => address = next.clone(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 64);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 64);
    ann.get("/notifications?after=1.2").await.expect(400);
});

on_both!(wishes_are_kept_and_shown, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let page = ann.get("/settings").await.sees("No mail is sent here");
    assert_eq!(page.attrs("input[name=rhythm][checked]", "value"), ["daily"]);
    assert_eq!(page.attrs("input[name=kind][checked]", "value").len(), 13);
    ann.post("/settings/mail", &[("rhythm", "weekly"), ("kind", "used"), ("kind", "mentioned")])
        .await
        .sent_to("/settings#mail");
    let page = ann.get("/settings").await;
    assert_eq!(page.attrs("input[name=rhythm][checked]", "value"), ["weekly"]);
    assert_eq!(page.attrs("input[name=kind][checked]", "value"), ["used", "mentioned"]);
    ann.post("/settings/mail", &[("rhythm", "hourly")]).await.expect(422).sees("Choose how often");
    assert_eq!(ann.get("/settings").await.attrs("input[name=rhythm][checked]", "value"), ["weekly"]);
});
