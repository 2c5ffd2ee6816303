//! The writing half of the archive, and the page of an insight: share, open, rate, use, remark, edit,
//! withdraw.

use crate::support::*;
use actix_web::test::TestRequest;
use diesel::prelude::*;
use tradewind::db::schema::{activity_daily, audit_log, insight_versions, insights, ratings};
use tradewind::db::search;

const CRATES: &str = "Shops ask for smaller crates. Two in Kent said that ours block the aisle.";

/// How many insights the archive finds for a word.
async fn found(app: &TestApp, words: &'static str) -> i64 {
    app.ask(move |c| Ok(search::count(c, &search::terms(words))?)).await
}

/// What the daily counts say of all contributions and uses.
async fn counted(app: &TestApp) -> (i64, i64) {
    app.ask(|c| {
        let rows: Vec<(i64, i64)> =
            activity_daily::table.select((activity_daily::contributions, activity_daily::uses)).load(c)?;
        Ok(rows.into_iter().fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1)))
    })
    .await
}

on_both!(one_field_shares_an_insight, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales/North").await, app.employee("Bob Example", "Product").await);
    let answer = ann.post("/insights", &[("key", "k1"), ("text", CRATES)]).await.sent_to("/");
    assert_eq!(answer.status.as_u16(), 303);
    let page = bob.get("/insights/1").await.expect(200);
    assert_eq!(page.select("h1"), ["Shops ask for smaller crates"]);
    let page = page
        .sees("Two in Kent said that ours block the aisle.")
        .sees("Ann Sample")
        .sees("Sales/North")
        .sees("2 November, 09:00");
    assert_eq!(page.attrs("main time", "datetime")[0], "2026-11-02T09:00");
    assert_eq!(found(&app, "kent").await, 1);
    assert_eq!(counted(&app).await, (1, 0));
    let (reference, version) = app
        .ask(|c| {
            Ok((
                insights::table.select(insights::reference).first::<String>(c)?,
                insight_versions::table.select(insight_versions::version).first::<i32>(c)?,
            ))
        })
        .await;
    assert_eq!((reference.as_str(), version), ("i1", 1));
});

on_both!(sharing_says_so_and_can_be_taken_back_for_ten_minutes, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Product").await);
    ann.post("/insights", &[("key", "k1"), ("text", CRATES)]).await.sent_to("/");
    // The next page of any kind shows the message with its button and the way to the insight.
    let next = ann.get("/insights/new").await.sees("Shared.");
    assert_eq!(next.attrs("#live a", "href"), ["/insights/1"]);
    assert_eq!(next.attrs("#live form", "action"), ["/insights/1/withdrawal"]);
    app.later(9);
    ann.submit(&next, "#live form", &[]).await.sent_to("/");
    assert_eq!(counted(&app).await, (0, 0), "it never was a contribution");
    assert_eq!(found(&app, "crates").await, 0);
    let missing = bob.get("/insights/999").await.expect(404);
    let undone = bob.get("/insights/1").await.expect(404);
    assert_eq!(undone.select("h1"), missing.select("h1"), "for others it never was");
    // Its author can still put it back, and then it counts on the day it was shared.
    let own = ann.get("/insights/1").await.expect(200).sees("Taken back");
    ann.submit(&own, ".withdrawn form", &[]).await.sent_to("/insights/1");
    assert_eq!(counted(&app).await, (1, 0));
    assert_eq!(found(&app, "crates").await, 1);
    bob.get("/insights/1").await.expect(200);
    // After ten minutes it takes a reason.
    app.later(2);
    ann.post("/insights/1/withdrawal", &[]).await.expect(422).sees("Say why");
});

on_both!(a_button_pressed_twice_shares_once, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let form = ann.get("/insights/new").await.expect(200);
    for _ in 0..2 {
        ann.submit(&form, "form.form", &[("text", CRATES)]).await.sent_to("/");
    }
    assert_eq!(app.count("insights").await, 1);
    let next = ann.get("/insights/new").await;
    assert_eq!(next.attrs("#live a", "href"), ["/insights/1"]);
    // Ten requests at once with one key: still one.
    let at_once = (0..10).map(|_| ann.post("/insights", &[("key", "same"), ("text", "Another thing.")]));
    for answer in futures_of(at_once).await {
        answer.sent_to("/");
    }
    assert_eq!(app.count("insights").await, 2);
    // The keys of two people have nothing to do with each other.
    let bob = app.employee("Bob Example", "Product").await;
    bob.post("/insights", &[("key", "same"), ("text", "Mine.")]).await.sent_to("/");
    assert_eq!(app.count("insights").await, 3);
});

/// Runs several requests at once.
async fn futures_of<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    use std::task::Poll;
    let mut waiting: Vec<_> = all.map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(move |cx| {
        for (one, answer) in &mut waiting {
            if answer.is_none()
                && let Poll::Ready(value) = one.as_mut().poll(cx)
            {
                *answer = Some(value);
            }
        }
        if waiting.iter().all(|(_, answer)| answer.is_some()) {
            return Poll::Ready(waiting.drain(..).filter_map(|(_, answer)| answer).collect());
        }
        Poll::Pending
    })
    .await
}

on_both!(a_link_from_the_crm_fills_the_form_in_and_writes_nothing, |app| async move {
    let link = "/insights/new?text=They%20wait%20long&customer=Otter%20Ltd&source=call&url=https%3A%2F%2Fcrm.example.com%2F7&segment=Retail&utm_source=mail";
    let stranger = app.stranger().get(link).await.expect(303);
    let back = stranger.location().to_owned();
    assert!(back.starts_with("/sign-in?back_to="), "{back}");
    let back = url::Url::parse("http://test.example").and_then(|base| base.join(&back)).expect("a URL");
    let after = back.query_pairs().find(|(name, _)| name == "back_to").expect("a way back").1.into_owned();
    let ann = app.employee("Ann Sample", "Sales").await;
    let form = ann.get(&after).await.expect(200);
    for (field, value) in [
        ("text", "They wait long"),
        ("customer", "Otter Ltd"),
        ("source", "call"),
        ("url", "https://crm.example.com/7"),
        ("segment", "Retail"),
    ] {
        assert_eq!(form.field(field), value, "{field}");
    }
    assert_eq!(app.count("customers").await + app.count("segments").await + app.count("insights").await, 0);
    ann.submit(&form, "form.form", &[]).await.sent_to("/");
    let page =
        ann.get("/insights/1").await.expect(200).sees("Otter Ltd").sees("Retail").sees("crm.example.com");
    assert_eq!(page.attrs("dd a[rel]", "rel"), ["nofollow noopener noreferrer"]);
    // What was chosen last is chosen again.
    let next = ann.get("/insights/new").await;
    assert_eq!((next.field("segment").as_str(), next.field("source").as_str()), ("Retail", "call"));
    // A source of somebody else's making is no error of the person who follows the link.
    ann.get("/insights/new?source=Salesforce&text=%3Cb%3Ex").await.expect(200);
});

on_both!(a_refused_form_keeps_everything, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let typed = [
        ("key", "k1"),
        ("title", "A title"),
        ("text", "Some <b>text</b> & more"),
        ("quote", "We “wait”"),
        ("segment", "Retail"),
        ("customer", "Otter Ltd"),
        ("source", "visit"),
        ("observed_on", "2026-11-03"),
        ("tags", "one, two"),
        ("url", "ftp://example.com/x"),
    ];
    let again = ann.post("/insights", &typed).await.expect(422);
    for (field, value) in typed {
        assert_eq!(again.field(field), value, "{field}");
    }
    let again = again.sees("This day has not come yet").sees("https://");
    assert_eq!(again.attrs(".problem a", "href"), ["#f-observed_on", "#f-url"]);
    assert!(again.select("title")[0].starts_with("Error:"));
    assert_eq!(app.count("insights").await, 0);
    // Mended, the same form goes through.
    let mended = [("observed_on", "2026-11-01"), ("url", "https://example.com/x")];
    ann.submit(&again, "form.form", &mended).await.sent_to("/");
    // The composer sends three fields and gets the full form.
    let empty =
        ann.post("/insights", &[("key", "k2"), ("text", "  "), ("segment", "Retail"), ("source", "call")]);
    let empty = empty.await.expect(422).sees("Write what the customer said");
    assert_eq!(empty.field("segment"), "Retail");
});

on_both!(what_no_form_sends_is_refused, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    for field in ["author_id", "status", "created_at", "credits", "is_admin", "withdrawn_at", "department_id"]
    {
        ann.post("/insights", &[("text", "Something."), (field, "1")]).await.expect(400);
    }
    ann.post("/insights", &[("text", "a\0b")]).await.expect(400);
    ann.post("/insights", &[("text", "one"), ("text", "two")]).await.expect(400);
    ann.post("/insights", &[("text", "a\u{7}b")]).await.expect(422);
    ann.post("/insights", &[("text", &"x".repeat(65 * 1024))]).await.expect(422).sees("64 KiB");
    assert_eq!(app.count("insights").await, 0);
    let long = format!("A long one.\n\n{}", "ä".repeat(31 * 1024));
    ann.post("/insights", &[("key", "k"), ("text", &long)]).await.sent_to("/");
    let kept: String = app.ask(|c| Ok(insights::table.select(insights::body).first(c)?)).await;
    assert_eq!(kept.chars().count(), 31 * 1024);
});

on_both!(text_comes_out_as_it_was_typed_and_never_as_code, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let nasty = "<script>alert(1)</script> \"><svg onload=alert(1)> {{ 7 * 7 }}";
    let fields = [
        ("key", "k"),
        ("title", nasty),
        (
            "text",
            "**bold** <img src=x onerror=alert(1)> [x](javascript:alert(1)) ![p](https://example.com/p.png)",
        ),
        ("quote", nasty),
        ("segment", "<b>Seg</b>"),
        ("customer", "\"><i>Cust"),
        ("tags", "<u>tag</u>"),
        ("url", "https://example.com/\"><script>"),
    ];
    ann.post("/insights", &fields).await.sent_to("/");
    ann.post("/insights/1/remarks", &[("remark", "*fine* <script>alert(2)</script>")]).await.expect(303);
    for path in [
        "/insights/1",
        "/insights/1/edit",
        "/insights/1/history",
        "/insights/1/uses",
        "/insights/1/withdrawal",
    ] {
        let page = ann.get(path).await.expect(200);
        for active in ["main script", "main svg[onload]", "main img", "main i", "main u", "main [onerror]"] {
            assert!(!page.has(active), "{path}: {active}");
        }
        assert!(page.attrs("main a", "href").iter().all(|href| !href.starts_with("javascript")), "{path}");
    }
    let page = ann.get("/insights/1").await.sees("{{ 7 * 7 }}").sees("<script>alert(1)</script>");
    assert!(page.has(".prose strong") && page.has(".remark em"));
    assert_eq!(page.attrs(".prose a[href]", "href"), ["https://example.com/p.png"], "a picture is a link");
});

on_both!(a_preview_shows_and_writes_nothing, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let form = ann.get("/insights/new").await;
    let quote = "Too long.\n— Planner at a dairy";
    let preview = [("text", "They wait. And *how*."), ("quote", quote), ("tags", "waiting")];
    let fields: Vec<_> = preview.into_iter().chain([("do", "preview")]).collect();
    let page = ann.submit(&form, "form.form", &fields).await.expect(200);
    assert_eq!(page.select(".preview h2"), ["They wait"]);
    assert_eq!(page.select(".preview em"), ["how"]);
    // As its page will show them: the words marked, who said them below.
    assert_eq!(page.select(".preview blockquote"), ["“Too long.”"]);
    assert_eq!(page.select(".preview figcaption"), ["Planner at a dairy"]);
    assert_eq!(page.field("tags"), "waiting");
    assert_eq!(app.count("insights").await + app.count("tags").await, 0);
    ann.submit(&page, "form.form", &[]).await.sent_to("/");
    assert_eq!(app.count("insights").await, 1);

    // Without a title the first sentence is it, in the preview of an edit too.
    let id: i64 = app.ask(|c| Ok(insights::table.select(insights::id).first(c)?)).await;
    let form = ann.get(&format!("/insights/{id}/edit")).await;
    let edit = [("text", "They wait longer. And *why*."), ("title", ""), ("do", "preview")];
    let page = ann.submit(&form, "form.form", &edit).await.expect(200);
    assert_eq!(page.select(".preview h2"), ["They wait longer"]);
    assert_eq!(page.select(".preview figcaption"), ["Planner at a dairy"]);
});

on_both!(opening_is_recorded_before_the_page_is_answered, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Product").await);
    let id = app.insight(&ann, CRATES).await;
    let path = format!("/insights/{id}");
    bob.get(&path).await.expect(200);
    assert_eq!(app.count("accesses").await, 1);
    app.later(29);
    bob.get(&path).await.expect(200);
    assert_eq!(app.count("accesses").await, 1, "within thirty minutes it is one reading");
    app.later(2);
    bob.get(&path).await.expect(200);
    assert_eq!(app.count("accesses").await, 2);
    ann.get(&path).await.expect(200);
    assert_eq!(app.count("accesses").await, 2, "an author's own look is no access");
    let cleo = app.employee("Cleo Dummy", "Legal").await;
    cleo.raw(TestRequest::get().uri(&path).insert_header(("sec-purpose", "prefetch"))).await.expect(200);
    cleo.raw(TestRequest::with_uri(&path).method(actix_web::http::Method::HEAD)).await.expect(200);
    cleo.raw(TestRequest::get().uri(&path).insert_header(("user-agent", "Slackbot-LinkExpanding"))).await;
    assert_eq!(app.count("accesses").await, 2, "nobody was looking");
    cleo.get("/insights/999").await.expect(404);
    app.stranger().get(&path).await.expect(303);
    assert_eq!(app.count("accesses").await, 2);
});

on_both!(who_has_seen_it_is_told_by_department, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let id = app.insight(&ann, CRATES).await;
    let path = format!("/insights/{id}");
    ann.get(&path).await.sees("Nobody has opened it yet");
    for n in 0..3 {
        app.employee(&format!("Product {n}"), "Product").await.get(&path).await.expect(200);
    }
    let page = ann.get(&path).await.sees("Fewer than 5 people have opened it");
    assert_eq!(page.select(".bars .n"), ["under 5"]);
    for n in 0..6 {
        let reader = app.employee(&format!("Service {n}"), &format!("Service/Team {n}")).await;
        reader.get(&path).await.expect(200);
    }
    let page = ann.get(&path).await.sees("9 people in 2 departments");
    assert_eq!(page.select(".bars .n"), ["9"], "three could be found by subtraction, so both stand together");
});

on_both!(a_colleague_opens_and_rates, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Product").await);
    let id = app.insight(&ann, CRATES).await;
    let path = format!("/insights/{id}");
    let rating = format!("{path}/rating");
    bob.post(&rating, &[("value", "4")]).await.expect(403).sees("Open the insight first");
    let page = bob.get(&path).await.expect(200).sees("How valuable?");
    bob.submit(&page, "form.rate", &[("value", "4")]).await.sent_to(&path);
    let page = bob.get(&path).await.sees("your rating counts").sees("Your rating");
    assert_eq!(page.select(".rate [aria-pressed=true]"), ["4: Very useful"]);
    bob.post(&rating, &[("value", "2"), ("back_to", "/?order=to-rate")])
        .await
        .sent_to(&format!("/?order=to-rate#insight-{id}"));
    let stored: Vec<(i32, i32)> =
        app.ask(|c| Ok(ratings::table.select((ratings::value, ratings::version)).load(c)?)).await;
    assert_eq!(stored, [(2, 1)], "one rating per person, and the last holds");
    for wrong in ["0", "6", "-1", "NaN", "1e9", "", "4.5", "٣"] {
        bob.post(&rating, &[("value", wrong)]).await.expect(422);
    }
    ann.post(&rating, &[("value", "5")]).await.expect(403);
    assert!(!ann.get(&path).await.expect(200).has("form.rate"), "nobody judges their own");
    bob.post("/insights/999/rating", &[("value", "4")]).await.expect(404);
    bob.post(&rating, &[("value", "4"), ("version", "7")]).await.expect(400);
    assert_eq!(app.count("ratings").await, 1);
});

on_both!(one_sentence_is_read_whole_in_the_feed, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Product").await);
    let short = app.insight(&ann, "Shops ask for smaller crates.").await;
    let long = app.insight(&ann, CRATES).await;
    bob.post(&format!("/insights/{short}/rating"), &[("value", "4"), ("back_to", "/")])
        .await
        .sent_to(&format!("/#insight-{short}"));
    assert_eq!((app.count("accesses").await, app.count("ratings").await), (1, 1));
    bob.post(&format!("/insights/{short}/use"), &[("back_to", "/")]).await.expect(303);
    assert_eq!(app.count("accesses").await, 1, "read once");
    bob.post(&format!("/insights/{long}/use"), &[("back_to", "/")]).await.expect(403);
    bob.post(&format!("/insights/{long}/rating"), &[("value", "4"), ("back_to", "/")]).await.expect(403);
    assert_eq!((app.count("accesses").await, app.count("uses").await), (1, 1));
    // A refused rating leaves no access behind: both or neither.
    ann.post(&format!("/insights/{short}/rating"), &[("value", "4")]).await.expect(403);
    assert_eq!(app.count("accesses").await, 1);
});

on_both!(the_number_is_for_those_who_rated_or_asked, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let id = app.insight(&ann, CRATES).await;
    let path = format!("/insights/{id}");
    let mut raters = Vec::new();
    for n in 0..7 {
        let rater = app.employee(&format!("Rater {n}"), if n % 2 == 0 { "Product" } else { "Service" }).await;
        rater.get(&path).await.expect(200);
        rater.post(&format!("{path}/rating"), &[("value", "4")]).await.expect(303);
        raters.push(rater);
    }
    let number = |page: &Answer| page.select(".verdict .value-num").join("");
    let mine = number(&raters[0].get(&path).await);
    assert!(mine.parse::<f64>().is_ok(), "a rater sees the number: {mine}");
    assert_eq!(number(&ann.get(&path).await), mine, "so does its author");
    let cleo = app.employee("Cleo Dummy", "Legal").await;
    let page = cleo.get(&path).await.sees("Show without rating").sees("7 ratings");
    assert!(number(&page).parse::<f64>().is_err(), "hidden until they rate");
    cleo.submit(&page, &format!("form[action=\"{path}/reveal\"]"), &[]).await.sent_to(&path);
    assert_eq!(number(&cleo.get(&path).await), mine);
    cleo.post(&format!("{path}/rating"), &[("value", "5")]).await.expect(303);
    let blind: bool = {
        let cleo = cleo.id;
        app.ask(move |c| {
            Ok(ratings::table.filter(ratings::person_id.eq(cleo)).select(ratings::blind).first(c)?)
        })
        .await
    };
    assert!(!blind, "who has seen the number does not rate blind");
});

on_both!(a_use_is_told_and_taken_back, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Product/Shop").await);
    let id = app.insight(&ann, CRATES).await;
    let path = format!("/insights/{id}");
    let form = format!("form[action=\"{path}/use\"]");
    let page = bob.get(&path).await.expect(200);
    bob.submit(&page, &form, &[("note", "Ordered a sample of the small crate.")]).await.sent_to(&path);
    assert_eq!(counted(&app).await, (1, 1));
    let seen = ann.get(&path).await.sees("Ordered a sample").sees("Bob Example").sees("1 use");
    assert!(!seen.has("#use"), "nobody uses their own");
    ann.post(&format!("{path}/use"), &[]).await.expect(403).sees("your own insight");
    // The note and the signature can change; it stays one use.
    let page = bob.get(&path).await.sees("You used this");
    assert_eq!(page.field("note"), "Ordered a sample of the small crate.");
    bob.submit(&page, &form, &[("note", "Ordered two."), ("sign", "department")]).await.sent_to(&path);
    let all = ann
        .get(&format!("{path}/uses"))
        .await
        .expect(200)
        .sees("Ordered two.")
        .sees("Product")
        .sees("1 use by 1 department");
    assert!(!all.text().contains("Bob Example"), "signed with the department only");
    ann.get(&path).await.sees_not("Bob Example");
    assert_eq!(counted(&app).await, (1, 1));
    let page = bob.get(&path).await;
    bob.submit(&page, &form, &[("do", "take_back")]).await.sent_to(&path);
    bob.post(&format!("{path}/use"), &[("do", "take_back")]).await.sent_to(&path);
    assert_eq!(counted(&app).await, (1, 0));
    assert_eq!(app.count("uses").await, 0);
    ann.get(&path).await.sees("Nobody has said yet");
    bob.post(&format!("{path}/use"), &[("note", &"x".repeat(3000))]).await.expect(422).sees("Use at most");
});

on_both!(remarks_are_added_and_taken_back, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Product").await);
    let cleo = app.curator("Cleo Dummy", "Legal").await;
    let id = app.insight(&ann, CRATES).await;
    let path = format!("/insights/{id}");
    let page = bob.get(&path).await.sees("Confirm it, limit it or contradict it");
    for _ in 0..2 {
        bob.submit(&page, ".remark-form", &[("remark", "Only in *Kent*.")])
            .await
            .sent_to(&format!("{path}#remark-1"));
    }
    let page = ann.get(&path).await.sees("Only in Kent.").sees("Bob Example");
    assert_eq!(page.select(".remark em"), ["Kent"]);
    assert!(!page.has(".remark form"), "not Ann's to take back");
    let empty = bob.post(&format!("{path}/remarks"), &[("remark", " \n ")]).await.expect(422);
    assert!(empty.sees("Write what you know").select("title")[0].starts_with("Error:"));
    let withdrawal = format!("{path}/remarks/1/withdrawal");
    ann.post(&withdrawal, &[]).await.expect(403);
    let other = app.insight(&ann, "Another.").await;
    cleo.post(&format!("/insights/{other}/remarks/1/withdrawal"), &[]).await.expect(404);
    cleo.post(&withdrawal, &[]).await.sent_to(&format!("{path}#remarks"));
    ann.get(&path).await.sees_not("Only in Kent.");
    bob.post(&withdrawal, &[]).await.expect(404);
    let audit: Vec<(String, String)> =
        app.ask(|c| Ok(audit_log::table.select((audit_log::action, audit_log::object)).load(c)?)).await;
    assert!(audit.contains(&("withdrew".into(), "remark:1".into())), "{audit:?}");
});

on_both!(an_edit_keeps_every_version, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Product").await);
    let id = app.insight_with(&ann, CRATES, |draft| draft.segment = "Retail".into()).await;
    let path = format!("/insights/{id}");
    bob.get(&path).await.expect(200);
    bob.post(&format!("{path}/rating"), &[("value", "4")]).await.expect(303);
    app.later(60);
    bob.get(&format!("{path}/edit")).await.expect(403);
    ann.get(&format!("{path}/history")).await.sees("only version");
    let form = ann.get(&format!("{path}/edit")).await.expect(200);
    assert_eq!(form.field("title"), "Shops ask for smaller crates");
    ann.submit(&form, "form.form", &[]).await.sent_to(&path);
    ann.get(&path).await.sees("Nothing was changed");
    let change = [
        ("text", "Three in Kent said that ours block the aisle."),
        ("segment", "Shops"),
        ("reason", "one more call"),
    ];
    ann.submit(&form, "form.form", &change).await.sent_to(&path);
    ann.get(&path).await.sees("Three in Kent").sees("edited once").sees("Shops");
    let history =
        bob.get(&format!("{path}/history")).await.expect(200).sees("one more call").sees("Ann Sample");
    assert_eq!(history.select(".version ins"), ["Three", "Shops"]);
    assert_eq!(history.select(".version del"), ["Two", "Retail"]);
    assert_eq!((found(&app, "three").await, found(&app, "two").await), (1, 0));
    // The contribution moved to the other segment; nothing was counted twice.
    assert_eq!(counted(&app).await, (1, 0));
    let (segments, raters): (i64, i64) = app
        .ask(|c| {
            Ok((
                activity_daily::table
                    .filter(activity_daily::contributions.gt(0))
                    .select(activity_daily::segment_id)
                    .first(c)?,
                ratings::table.count().get_result(c)?,
            ))
        })
        .await;
    assert_eq!((segments, raters), (2, 1), "the second segment; the rating goes on counting");
    // Taking the segment away is a change too.
    let form = ann.get(&format!("{path}/edit")).await;
    ann.submit(&form, "form.form", &[("segment", ""), ("tags", "aisle")]).await.sent_to(&path);
    let page = ann.get(&path).await.sees("edited twice").sees("aisle");
    assert!(!page.has("dd a[href^='/segments/']"));
});

on_both!(two_people_who_edit_at_once_get_both_versions, |app| async move {
    let (ann, cleo) = (app.employee("Ann Sample", "Sales").await, app.curator("Cleo Dummy", "Legal").await);
    let id = app.insight(&ann, CRATES).await;
    let path = format!("/insights/{id}");
    let edit = format!("{path}/edit");
    let (hers, his) = (ann.get(&edit).await, cleo.get(&edit).await);
    cleo.submit(&his, "form.form", &[("text", "Four in Kent."), ("reason", "counted again")])
        .await
        .sent_to(&path);
    let both =
        ann.submit(&hers, "form.form", &[("text", "Five in Essex."), ("tags", "crates")]).await.expect(409);
    let both =
        both.sees("Four in Kent.").sees("Cleo Dummy").sees("counted again").sees("Theirs").sees("Yours");
    assert_eq!((both.field("text").as_str(), both.field("tags").as_str()), ("Five in Essex.", "crates"));
    ann.get(&path).await.sees("Four in Kent.");
    ann.submit(&both, "form.form", &[]).await.sent_to(&path);
    ann.get(&path).await.sees("Five in Essex.").sees("edited twice");
    // Withdrawn meanwhile: what was typed is still there.
    let form = ann.get(&edit).await;
    cleo.post(&format!("{path}/withdrawal"), &[("reason", "names a person")]).await.expect(303);
    let refused = ann.submit(&form, "form.form", &[("text", "Six in Essex.")]).await.expect(409);
    assert_eq!(refused.sees("withdrawn").field("text"), "Six in Essex.");
});

on_both!(a_withdrawn_insight_says_when_and_why_and_nothing_else, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Product").await);
    let cleo = app.curator("Cleo Dummy", "Legal").await;
    let id = app.insight(&ann, CRATES).await;
    let path = format!("/insights/{id}");
    bob.get(&path).await.expect(200);
    app.later(30);
    bob.get(&format!("{path}/withdrawal")).await.expect(403);
    bob.post(&format!("{path}/withdrawal"), &[("reason", "mine")]).await.expect(403);
    let form = ann.get(&format!("{path}/withdrawal")).await.expect(200);
    ann.submit(&form, "form.form", &[]).await.expect(422).sees("Say why");
    ann.submit(&form, "form.form", &[("reason", "wrong customer")]).await.sent_to("/");
    assert_eq!(found(&app, "crates").await, 0);
    assert_eq!(counted(&app).await, (1, 0), "it stays a contribution");
    app.later(20);
    let gone =
        bob.get(&path).await.expect(404).sees("withdrawn").sees("wrong customer").sees("2 November, 09:30");
    assert!(!gone.body.contains("crates"), "neither title nor text");
    assert_eq!(app.count("accesses").await, 1, "nothing was opened");
    for (verb, fields) in [
        ("rating", vec![("value", "4")]),
        ("use", vec![]),
        ("reveal", vec![]),
        ("remarks", vec![("remark", "x")]),
        ("withdrawal", vec![("reason", "x")]),
        ("restoration", vec![]),
    ] {
        let answer = bob.post(&format!("{path}/{verb}"), &fields).await.expect(404);
        assert!(!answer.body.contains("crates"), "{verb}");
    }
    for page in ["edit", "history", "uses", "withdrawal"] {
        assert!(!bob.get(&format!("{path}/{page}")).await.expect(404).body.contains("crates"), "{page}");
    }
    // Its author and curators see it marked; they cannot act on it but restore it.
    cleo.get(&path).await.expect(200).sees("Shops ask for smaller crates").sees("wrong customer");
    let own = ann.get(&path).await.expect(200).sees("Withdrawn");
    assert!(!own.has(".remark-form") && !own.has("form.rate"));
    cleo.post(&format!("{path}/rating"), &[("value", "4")]).await.expect(404);
    ann.post(&format!("{path}/withdrawal"), &[("reason", "again")]).await.expect(409);
    ann.submit(&own, ".withdrawn form", &[]).await.sent_to(&path);
    bob.get(&path).await.expect(200).sees("Shops ask for smaller crates");
    assert_eq!(found(&app, "crates").await, 1);
    assert_eq!(counted(&app).await, (1, 0));
    ann.post(&format!("{path}/restoration"), &[]).await.expect(409);
});

on_both!(what_a_curator_withdraws_stands_in_the_audit_log, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let cleo = app.curator("Cleo Dummy", "Legal").await;
    let (admin, officer) = (app.admin("Adam Test", "IT").await, app.officer("Otto Test", "Board").await);
    let id = app.insight(&ann, CRATES).await;
    let path = format!("/insights/{id}");
    for other in [&admin, &officer] {
        other.post(&format!("{path}/withdrawal"), &[("reason", "x")]).await.expect(403);
        other.get(&format!("{path}/edit")).await.expect(403);
    }
    cleo.post(&format!("{path}/withdrawal"), &[("reason", "names a person")]).await.expect(303);
    for other in [&admin, &officer] {
        assert!(!other.get(&path).await.expect(404).body.contains("crates"));
    }
    assert_eq!(counted(&app).await, (1, 0), "a curator never undoes, also within ten minutes");
    ann.get(&path).await.expect(200).sees("names a person");
    ann.post(&format!("{path}/restoration"), &[]).await.expect(403);
    cleo.post(&format!("{path}/restoration"), &[]).await.expect(303);
    let audit: Vec<(Option<i64>, String, String)> = app
        .ask(|c| {
            Ok(audit_log::table
                .order(audit_log::id)
                .select((audit_log::actor_id, audit_log::action, audit_log::object))
                .load(c)?)
        })
        .await;
    let of_cleo: Vec<_> = audit
        .iter()
        .filter(|row| row.2 == format!("insight:{id}"))
        .map(|row| (row.0, row.1.as_str()))
        .collect();
    assert_eq!(of_cleo, [(Some(cleo.id), "withdrew"), (Some(cleo.id), "restored")]);
});

on_both!(near_insights_share_customer_topic_or_segment, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let same_segment = app.insight_with(&ann, "Same segment.", |draft| draft.segment = "Retail".into()).await;
    let same_tag = app.insight_with(&ann, "Same topic.", |draft| draft.tags = vec!["Crates".into()]).await;
    let same_customer =
        app.insight_with(&ann, "Same customer.", |draft| draft.customer = "OTTER ltd".into()).await;
    let withdrawn = app.insight_with(&ann, "Gone.", |draft| draft.customer = "Otter Ltd".into()).await;
    let other = app.insight(&ann, "Something else.").await;
    app.later(11);
    ann.post(&format!("/insights/{withdrawn}/withdrawal"), &[("reason", "x")]).await.expect(303);
    let id = app
        .insight_with(&ann, CRATES, |draft| {
            draft.segment = "Retail".into();
            draft.customer = "Otter Ltd".into();
            draft.tags = vec!["crates".into()];
        })
        .await;
    let near = ann.get(&format!("/insights/{id}")).await.attrs(".mini a", "href");
    assert_eq!(near, [same_customer, same_tag, same_segment].map(|id| format!("/insights/{id}")));
    assert!(!ann.get(&format!("/insights/{other}")).await.has(".mini"));
});

on_both!(a_reference_that_an_import_took_is_left_to_it, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    app.insight(&ann, "One.").await;
    app.tell(|c| {
        diesel::update(insights::table).set(insights::reference.eq("i2")).execute(c)?;
        Ok(())
    })
    .await;
    app.insight(&ann, "Two.").await;
    let references: Vec<String> =
        app.ask(|c| Ok(insights::table.order(insights::id).select(insights::reference).load(c)?)).await;
    assert_eq!(references, ["i2", "i2-2"]);
});

on_both!(a_share_that_names_a_known_customer_reaches_its_page, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let of = |draft: &mut tradewind::archive::draft::Draft| draft.customer = "Ottermoor Foods".into();
    app.insight_with(&ann, "They count crates twice.", of).await;
    let of = |draft: &mut tradewind::archive::draft::Draft| draft.segment = "Retail".into();
    app.insight_with(&ann, "Shops want smaller crates.", of).await;
    let feed = ann.get("/").await.expect(200);
    let offered = feed.select("#c-segments option");
    assert!(offered.contains(&"Ottermoor Foods, customer".to_owned()), "{offered:?}");
    assert!(offered.contains(&"Retail, segment".to_owned()), "{offered:?}");
    let page = feed.attrs("#c-segment", "required");
    assert!(page.is_empty() && feed.has("details #c-customer"));
    let share = async |fields: &[(&str, &str)]| {
        let key = ann.get("/").await.field("key");
        let mut all = vec![("key", key.as_str())];
        all.extend(fields);
        ann.post("/insights", &all).await.expect(303)
    };
    let customer = async || ann.get("/customers/1").await.expect(200).body;
    // Its name in the place of the segment.
    let said = share(&[("text", "Pallets arrive wet."), ("segment", "OTTERMOOR foods")]).await;
    let told = ann.get(said.location()).await.expect(200);
    assert!(told.body.contains("It stands on the page of Ottermoor Foods"), "{}", told.body);
    assert!(customer().await.contains("Pallets arrive wet"));
    // Its name in the text, from the composer only.
    share(&[("text", "Ottermoor Foods asks for invoices by mail."), ("quick", "yes")]).await;
    assert!(customer().await.contains("asks for invoices by mail"));
    share(&[("text", "Ottermoor Foods was in the news.")]).await;
    assert!(!customer().await.contains("was in the news"));
    // A segment stays one, and somebody new is named as what the field says.
    share(&[("text", "Queues are short."), ("segment", "retail")]).await;
    share(&[("text", "Boxes are heavy."), ("segment", "Retail"), ("customer", "Larchfield Stores")]).await;
    assert!(ann.get("/customers/2").await.expect(200).body.contains("Boxes are heavy"));
    assert!(ann.get("/segments/1").await.expect(200).body.contains("Queues are short"));
    // The author is offered to add it where none was recognised.
    let own = ann.get("/insights/5").await.expect(200);
    assert!(own.has("a[href='/insights/5/edit#f-customer']"), "{}", own.body);
    // A slip of the pen is a new customer, and is told.
    let said =
        share(&[("text", "Labels fall off."), ("segment", "Retail"), ("customer", "Otermoor Foods")]).await;
    let told = ann.get(said.location()).await.expect(200).text();
    assert!(told.contains("Otermoor Foods is a new customer here. If you meant Ottermoor Foods"), "{told}");
});

on_both!(nothing_happened_is_zero_everywhere, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Service").await);
    let id = app.insight(&ann, "Crates are counted twice.").await;
    let cells = ann.get("/me").await.expect(200).select("tbody td.n");
    assert_eq!(cells, ["0", "0"]);
    assert!(ann.get(&format!("/insights/{id}")).await.body.contains("Nobody has opened it yet"));
    bob.get(&format!("/insights/{id}")).await.expect(200);
    assert_eq!(ann.get("/me").await.expect(200).select("tbody td.n"), ["under 5", "0"]);
});

on_both!(a_use_signed_with_the_department_tells_the_day_only, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Service").await);
    let cid = app.employee("Cid Sample", "Service").await;
    let id = app.insight(&ann, "Crates are counted twice.").await;
    for (person, sign) in [(&bob, "department"), (&cid, "name")] {
        person.get(&format!("/insights/{id}")).await.expect(200);
        person
            .post(&format!("/insights/{id}/use"), &[("note", "For the visit"), ("sign", sign)])
            .await
            .expect(303);
    }
    for path in [format!("/insights/{id}"), format!("/insights/{id}/uses")] {
        let times = ann.get(&path).await.expect(200).attrs(".use time", "datetime");
        let lengths: Vec<usize> = times.iter().map(String::len).collect();
        assert!(lengths.contains(&10) && lengths.contains(&16) && lengths.len() == 2, "{path}: {times:?}");
    }
});

on_both!(within_ten_minutes_it_is_taken_back_and_later_withdrawn, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let key = ann.get("/").await.field("key");
    let said = ann.post("/insights", &[("key", key.as_str()), ("text", "Crates are counted twice.")]).await;
    let feed = ann.get(said.expect(303).location()).await.expect(200);
    assert_eq!(feed.select("#live button"), ["Take it back"]);
    let id = app
        .ask(|c| {
            use tradewind::db::schema::insights;
            Ok(insights::table.select(insights::id).order(insights::id.desc()).first::<i64>(c)?)
        })
        .await;
    let page = format!("/insights/{id}");
    assert!(ann.get(&page).await.select(".actions a").contains(&"Take back".to_owned()));
    let asked = ann.get(&format!("{page}/withdrawal")).await.expect(200);
    assert!(
        asked.body.contains("Take this insight back?") && !asked.text().contains("Withdraw"),
        "{}",
        asked.body
    );
    app.later(11);
    assert!(ann.get(&page).await.select(".actions a").contains(&"Withdraw".to_owned()));
    let asked = ann.get(&format!("{page}/withdrawal")).await.expect(200);
    assert!(asked.body.contains("Withdraw this insight?") && !asked.text().contains("ake it back"));
});
