//! Reading: the feed, the archive and its search, the pages of customers, segments and topics, one's own
//! page.

use crate::support::*;
use actix_web::test::TestRequest;
use diesel::prelude::*;
use tradewind::archive::insight::Source;
use tradewind::db::schema::{accesses, insight_values, insights, searches};

/// The ids of the insights a page lists, in its order.
fn listed(page: &Answer) -> Vec<i64> {
    page.attrs(".lot", "id").iter().filter_map(|id| id.strip_prefix("insight-")?.parse().ok()).collect()
}

/// The address of the next page.
fn next(page: &Answer) -> Option<String> {
    page.attrs("a[rel=next]", "href").into_iter().next()
}

/// Every search that was recorded: its words and how many insights it found.
async fn recorded(app: &TestApp) -> Vec<(String, i32)> {
    app.ask(|c| {
        Ok(searches::table.order(searches::id).select((searches::words, searches::results)).load(c)?)
    })
    .await
}

/// Gives an insight a shown value, as enough ratings would.
async fn valued(app: &TestApp, id: i64, tenths: i32, uses: i32) {
    app.tell(move |c| {
        diesel::update(insight_values::table.find(id))
            .set((
                insight_values::shown_tenths.eq(tenths),
                insight_values::shown_raters.eq(6),
                insight_values::raters.eq(6),
                insight_values::uses.eq(uses),
            ))
            .execute(c)?;
        Ok(())
    })
    .await;
}

on_both!(the_feed_has_three_orders, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Product/Design").await);
    let mut ids = Vec::new();
    for text in ["The first thing heard", "The second thing heard", "The third thing heard", "The fourth"] {
        ids.push(app.insight(&ann, text).await);
        app.later(10);
    }
    let own = app.insight(&bob, "What Bob heard himself").await;
    valued(&app, ids[1], 44, 0).await;
    valued(&app, ids[0], 31, 2).await;
    valued(&app, ids[2], 31, 3).await;
    let newest = bob.get("/").await.expect(200).sees("The first thing heard").sees("10 minutes ago");
    assert_eq!(listed(&newest), [own, ids[3], ids[2], ids[1], ids[0]]);
    assert_eq!(newest.select(".tabs [aria-current]"), ["New"]);
    let by_value = bob.get("/?order=valued").await.expect(200);
    assert_eq!(listed(&by_value), [ids[1], ids[2], ids[0], own, ids[3]]);
    // What one shared or rated oneself is not to be rated.
    let to_rate = bob.get("/?order=to-rate").await.expect(200);
    assert_eq!(listed(&to_rate), [ids[3], ids[2], ids[1], ids[0]]);
    bob.submit(&to_rate, &format!("#insight-{} .rate", ids[3]), &[]).await.expect(422);
    bob.post(&format!("/insights/{}/rating", ids[3]), &[("value", "4"), ("back_to", "/?order=to-rate")])
        .await
        .sent_to(&format!("/?order=to-rate#insight-{}", ids[3]));
    assert_eq!(listed(&bob.get("/?order=to-rate").await), [ids[2], ids[1], ids[0]]);
    // An order nobody offers, or a page nobody linked to.
    for address in ["/?order=password_hash", "/?after=1", "/?after=x.y", "/?order=valued&after=1.2"] {
        bob.get(address).await.expect(400);
    }
});

on_both!(a_number_is_hidden_until_one_has_rated, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Product").await);
    let id = app.insight(&ann, "Shops ask for smaller crates").await;
    valued(&app, id, 44, 1).await;
    let before = bob
        .get("/")
        .await
        .expect(200)
        .sees_not("4.4")
        .sees("The word is for everybody; rate it to see the number");
    assert!(before.has(".value.is-blind"));
    assert_eq!(ann.get("/").await.select(".value-num"), ["Value 4.4"]);
    assert!(!ann.get("/").await.has(".rate"));
});

on_both!(rating_a_sentence_in_the_feed_opens_it, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Product").await);
    let short = app.insight(&ann, "Shops ask for smaller crates").await;
    let long = app.insight(&ann, "Shops ask for smaller crates. Two of them told us why.").await;
    let used = app.insight(&ann, "Drivers wait an hour at the gate").await;
    let feed = bob.get("/").await.expect(200);
    assert!(feed.has(&format!("#insight-{short} .rate")));
    assert!(!feed.has(&format!("#insight-{long} .rate")));
    assert_eq!(feed.select(&format!("#insight-{long} .lot-open")), ["Open to rate"]);
    assert_eq!(app.count("accesses").await, 0);
    bob.post(&format!("/insights/{short}/rating"), &[("value", "5"), ("back_to", "/")])
        .await
        .sent_to(&format!("/#insight-{short}"));
    let feed = bob.get("/").await.sees("your rating counts");
    assert_eq!(
        feed.select(&format!("#insight-{short} .rate [aria-pressed=true]")),
        ["5: Changes what I will do"]
    );
    bob.submit(&feed, &format!("#insight-{used} .lot-acts"), &[]).await.expect(303);
    bob.get("/").await.sees("You used this");
    let opened = app
        .ask(|c| Ok(accesses::table.order(accesses::id).select(accesses::insight_id).load::<i64>(c)?))
        .await;
    assert_eq!(opened, [short, used]);
    // What has to be opened first cannot be rated from a list.
    bob.post(&format!("/insights/{long}/rating"), &[("value", "5"), ("back_to", "/")]).await.expect(403);
    bob.get(&format!("/insights/{long}")).await.expect(200);
    assert!(bob.get("/").await.has(&format!("#insight-{long} .rate")));
});

on_both!(paging_neither_skips_nor_repeats, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Product").await);
    let mut all = Vec::new();
    for n in 0..70 {
        all.push(app.insight(&ann, &format!("Thing number {n} was heard")).await);
        // Several at the same instant: the id decides.
        if n % 3 == 0 {
            app.later(1);
        }
    }
    for (n, insight) in (0..).zip(&all) {
        valued(&app, *insight, 30 + n % 4, n % 2).await;
    }
    for order in [
        "/",
        "/?order=valued",
        "/?order=to-rate",
        "/archive",
        "/archive?q=heard",
        "/archive?q=heard&order=new",
    ] {
        let mut seen = Vec::new();
        let mut address = order.to_owned();
        let mut added = Vec::new();
        loop {
            let page = bob.get(&address).await.expect(200);
            seen.extend(listed(&page));
            assert!(listed(&page).len() <= 30);
            let Some(more) = next(&page) else { break };
            address = more;
            // Somebody shares while somebody reads.
            if order == "/" {
                added.push(app.insight(&ann, "A late arrival").await);
            }
        }
        for id in added {
            app.tell(move |c| {
                diesel::update(insights::table.find(id))
                    .set(insights::withdrawn_at.eq(insights::contributed_at.nullable()))
                    .execute(c)?;
                Ok(())
            })
            .await;
        }
        let mut sorted = seen.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, all, "{order}");
    }
});

on_both!(every_word_has_to_be_there_and_its_beginning_is_enough, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Product").await);
    let late =
        app.insight(&ann, "Late deliveries stop the line. The Café in München waited for 50% of them.").await;
    let early = app.insight(&ann, "Early deliveries block the yard").await;
    for (words, found) in [
        ("deliver", vec![early, late]),
        ("DELIVERIES stop", vec![late]),
        ("line late", vec![late]),
        ("cafe munchen", vec![late]),
        ("Café", vec![late]),
        ("stop yard", vec![]),
        ("liveries", vec![]),
        // Operators of either engine are plain words or nothing.
        ("late OR early", vec![]),
        ("late NOT line", vec![]),
        ("\"late\" & | ! deliveries:*", vec![late]),
        ("NEAR(late deliveries, 3)", vec![]),
        ("title: late", vec![]),
        ("50%", vec![late]),
        ("'; DROP TABLE insights; --", vec![]),
    ] {
        let query = url::form_urlencoded::byte_serialize(words.as_bytes()).collect::<String>();
        let page = bob.get(&format!("/archive?q={query}")).await.expect(200);
        let mut ids = listed(&page);
        ids.sort_unstable();
        let mut expected = found.clone();
        expected.sort_unstable();
        assert_eq!(ids, expected, "{words}");
        assert_eq!(page.field("q"), words);
    }
    for nothing in ["%25", "_", "*", "()", "%F0%9F%98%80"] {
        bob.get(&format!("/archive?q={nothing}")).await.expect(200).sees("no word in this");
    }
    let page = bob.get("/archive?q=munchen+line").await;
    assert_eq!(page.select("mark"), ["line", "München"]);
});

on_both!(found_words_are_marked_and_nothing_else_is_markup, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    app.insight(
        &ann,
        "The <b>bold</b> \u{2}claim\u{3} of a buyer. He said <script>alert(1)</script> prices & terms.",
    )
    .await;
    let page = ann.get("/archive?q=bold+prices").await.expect(200);
    assert!(!page.body.contains("<b>bold"));
    assert!(!page.body.contains("<script>alert"));
    assert!(page.body.contains("&#60;<mark>b</mark>") || page.select("mark").contains(&"bold".to_owned()));
    assert!(page.select("mark").contains(&"prices".to_owned()));
});

on_both!(a_search_is_recorded_once, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Product").await);
    let id = app.insight(&ann, "Shops ask for smaller crates").await;
    bob.get("/archive?q=crates").await.expect(200).sees("1 insight");
    let none = bob
        .get("/archive?q=pallet+heights")
        .await
        .expect(200)
        .sees("No insight says this")
        .sees("Your search was noted")
        .sees("Try fewer");
    assert!(none.attrs("main a", "href").contains(&"/insights/new?text=pallet+heights".to_owned()));
    assert!(none.attrs("main a", "href").contains(&"/archive?q=heights".to_owned()));
    let expected = vec![("crates".to_owned(), 1), ("pallet heights".to_owned(), 0)];
    assert_eq!(recorded(&app).await, expected);
    // Orders, parts, later pages, prefetches, HEAD and what holds no word are no further search.
    for address in [
        "/archive?q=crates&order=new",
        "/archive?q=crates&source=call",
        "/archive?q=crates&after=30",
        "/archive?q=%25",
        "/archive",
        "/archive?q=",
    ] {
        bob.get(address).await.expect(200);
    }
    bob.raw(TestRequest::get().uri("/archive?q=crates").insert_header(("sec-purpose", "prefetch")))
        .await
        .expect(200);
    bob.raw(TestRequest::default().method(actix_web::http::Method::HEAD).uri("/archive?q=crates"))
        .await
        .expect(200);
    let long = "word+".repeat(60);
    let page = bob.get(&format!("/archive?q={long}")).await.expect(422).sees("at most 200 characters");
    assert!(page.field("q").starts_with("word word"));
    assert_eq!(recorded(&app).await, expected);
    // Looking is not opening.
    assert_eq!(app.count("accesses").await, 0);
    // What is hidden is not found, not counted and not named.
    app.tell(move |c| {
        tradewind::db::search::remove(c, id)?;
        diesel::update(insights::table.find(id))
            .set(insights::withdrawn_at.eq(insights::contributed_at.nullable()))
            .execute(c)?;
        Ok(())
    })
    .await;
    bob.get("/archive?q=crates").await.expect(200).sees("No insight says this");
    bob.get("/archive").await.expect(200).sees("The archive is empty");
    bob.get("/").await.expect(200).sees("Nothing has been shared yet");
});

on_both!(the_archive_is_narrowed_by_links, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Service/North").await, app.employee("Bob Example", "Product").await);
    let one = app
        .insight_with(&ann, "Trucks wait at the gate", |draft| {
            draft.segment = "Retail".into();
            draft.customer = "Ottermoor Foods".into();
            draft.source = Source::Call;
            draft.tags = vec!["delivery".into()];
        })
        .await;
    app.later(1);
    let two = app
        .insight_with(&bob, "Trucks are washed at night", |draft| {
            draft.segment = "retail".into();
            draft.source = Source::Visit;
            draft.tags = vec!["Delivery".into(), "fleet".into()];
        })
        .await;
    app.later(1);
    let three = app.insight_with(&bob, "Invoices come late", |draft| draft.segment = "Trade".into()).await;
    let all = ann.get("/archive").await.expect(200).sees("3 insights");
    assert_eq!(listed(&all), [three, two, one]);
    let facets: Vec<String> = all.select(".facet li");
    for part in ["Retail2", "Trade1", "Product2", "Service1", "A call1", "A visit1", "Another way1"] {
        assert!(facets.contains(&part.to_owned()), "{part} in {facets:?}");
    }
    for (address, ids) in [
        ("/archive?segment=1", vec![two, one]),
        ("/archive?segment=1&source=call", vec![one]),
        ("/archive?department=Product", vec![three, two]),
        ("/archive?department=service", vec![one]),
        ("/archive?department=Service%2FNorth", vec![one]),
        ("/archive?department=Serv", vec![]),
        ("/archive?department=%25", vec![]),
        ("/archive?customer=1", vec![one]),
        ("/archive?tag=1", vec![two, one]),
        ("/archive?q=trucks&department=Product", vec![two]),
        ("/archive?q=retail", vec![two, one]),
        ("/archive?q=ottermoor", vec![one]),
    ] {
        let page = ann.get(address).await.expect(200);
        let mut found = listed(&page);
        found.sort_unstable_by(|a, b| b.cmp(a));
        assert_eq!(found, ids, "{address}");
        if !ids.is_empty() {
            page.sees(&format!("{} insight", ids.len()));
        }
    }
    // Every link of a facet leads to as many insights as it says.
    for (link, part) in all.attrs(".facet li a", "href").iter().zip(&facets) {
        let count: usize = part.chars().last().and_then(|c| c.to_digit(10)).unwrap_or(0) as usize;
        assert_eq!(listed(&ann.get(link).await.expect(200)).len(), count, "{link}");
    }
    let chosen = ann.get("/archive?segment=1&source=call").await;
    assert_eq!(chosen.attrs(".chips a", "href"), ["/archive?source=call", "/archive?segment=1"]);
    for address in [
        "/archive?segment=retail",
        "/archive?source=rumour",
        "/archive?order=password_hash",
        "/archive?after=999999999",
        "/archive?customer=1%27--",
    ] {
        ann.get(address).await.expect(400);
    }
    ann.get("/archive?segment=99").await.expect(404);
    // Names are found too.
    let named = ann.get("/archive?q=otter").await.expect(200);
    assert_eq!(named.select(".found a"), ["Customer: Ottermoor Foods, 1 insight"]);
    let topic = ann.get("/archive?q=deliv").await.expect(200);
    assert_eq!(topic.select(".found a"), ["Topic: delivery, 2 insights"]);
});

on_both!(a_page_serves_before_a_meeting, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Service/North").await, app.employee("Bob Example", "Product").await);
    let mut ids = Vec::new();
    for (text, who) in [
        ("Trucks wait at the gate", &ann),
        ("Invoices come late", &bob),
        ("The new buyer is an engineer", &ann),
    ] {
        ids.push(
            app.insight_with(who, text, |draft| {
                draft.customer = "Ottermoor Foods".into();
                draft.segment = "Retail".into();
                draft.tags = vec!["delivery".into()];
            })
            .await,
        );
        app.later(10);
    }
    let hidden =
        app.insight_with(&ann, "A thing withdrawn", |draft| draft.customer = "Gone Foods".into()).await;
    app.tell(move |c| {
        diesel::update(insights::table.find(hidden))
            .set(insights::withdrawn_at.eq(insights::contributed_at.nullable()))
            .execute(c)?;
        Ok(())
    })
    .await;
    valued(&app, ids[0], 42, 0).await;
    let page = bob.get("/customers/1").await.expect(200).sees("3 insights from 2 people in 2 departments");
    assert_eq!(page.select("h1"), ["Ottermoor Foods"]);
    assert_eq!(listed(&page), [ids[2], ids[1], ids[0]]);
    assert_eq!(listed(&bob.get("/customers/1?order=valued").await), [ids[0], ids[2], ids[1]]);
    assert_eq!(page.select(".facet li"), ["Ann SampleService2 insights", "Bob ExampleProduct1 insight"]);
    assert_eq!(page.attrs(".tags a", "href"), ["/topics/1"]);
    assert!(page.attrs("main a", "href").contains(&"/insights/new?customer=Ottermoor+Foods".to_owned()));
    for address in ["/segments/1", "/topics/1"] {
        let page = bob.get(address).await.expect(200).sees("3 insights").sees("Who knows more");
        assert_eq!(listed(&page), [ids[2], ids[1], ids[0]], "{address}");
        assert!(page.attrs("aside a", "href").contains(&"/customers/1".to_owned()), "{address}");
    }
    // A customer all of whose insights are hidden looks like one that never was.
    for address in ["/customers/2", "/customers/99", "/segments/99", "/topics/99", "/customers/x"] {
        bob.get(address).await.expect(404);
    }
    let list = bob.get("/customers").await.expect(200).sees_not("Gone Foods");
    assert_eq!(list.select("tbody th"), ["Ottermoor Foods"]);
    assert_eq!(list.select("tbody .n"), ["3"]);
    assert_eq!(bob.get("/customers?q=foods").await.select("tbody th"), ["Ottermoor Foods"]);
    bob.get("/customers?q=%25").await.expect(200).sees("No customer of this name");
    bob.get("/archive?q=gone").await.expect(200).sees_not("Gone Foods");
});

on_both!(customers_are_paged_by_name, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let mut names = Vec::new();
    for n in 0..65 {
        let name = format!("Customer {:02}", (n * 37) % 65);
        let customer = name.clone();
        app.insight_with(&ann, "Something was heard", move |draft| draft.customer = customer).await;
        names.push(name);
    }
    names.sort();
    let first = ann.get("/customers").await.expect(200);
    let second = ann.get(&next(&first).expect("a second page")).await.expect(200);
    let mut seen = first.select("tbody th");
    seen.extend(second.select("tbody th"));
    assert_eq!(seen, names);
    assert_eq!(next(&second), None);
});

on_both!(ones_own_page_says_what_others_see, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Product").await);
    let id = app.insight(&ann, "Shops ask for smaller crates").await;
    bob.post(&format!("/insights/{id}/rating"), &[("value", "4"), ("back_to", "/")]).await.expect(303);
    bob.post(&format!("/insights/{id}/use"), &[("back_to", "/")]).await.expect(303);
    let page =
        ann.get("/me").await.expect(200).sees("Shops ask for smaller crates").sees("What others can see");
    assert_eq!(page.select("tbody td.n"), ["under 5", "1"]);
    assert_eq!(page.select(".tally dd"), ["1", "0", "1"]);
    assert_eq!(bob.get("/me").await.select(".tally dd"), ["0", "1", "0"]);
    assert!(page.attrs("aside a", "href").contains(&"/help/privacy".to_owned()));
    let mut more = Vec::new();
    for name in ["Cleo Sample", "Dan Sample", "Eva Sample", "Finn Sample"] {
        more.push(app.employee(name, "Service").await);
    }
    for reader in &more {
        reader.get(&format!("/insights/{id}")).await.expect(200);
    }
    assert_eq!(ann.get("/me").await.select("tbody td.n"), ["5", "1"]);
    // The month is the company's; last month's is not in it.
    app.days_later(30);
    let ann = app.another_browser(&ann).await;
    assert_eq!(ann.get("/me").await.select(".tally dd"), ["0", "0", "0"]);
    ann.get("/me?after=1").await.expect(400);
});

on_both!(newcomers_see_their_first_steps, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Product").await);
    let id = app.insight(&ann, "Shops ask for smaller crates").await;
    assert_eq!(bob.get("/").await.expect(200).sees("Your first steps").select(".steps .is-done").len(), 0);
    bob.post(&format!("/insights/{id}/rating"), &[("value", "4"), ("back_to", "/")]).await.expect(303);
    bob.post(&format!("/insights/{id}/use"), &[("back_to", "/")]).await.expect(303);
    assert_eq!(bob.get("/").await.select(".steps .is-done").len(), 2);
    app.insight(&bob, "Drivers wait an hour").await;
    bob.get("/").await.sees_not("Your first steps").sees_not("Used by others lately");
    // Others see that it was used, not by whom.
    let feed = ann.get("/").await.sees("Used by others lately");
    assert!(!feed.select("aside").concat().contains("Bob Example"));
});

on_both!(strangers_read_nothing, |app| async move {
    let stranger = app.stranger();
    for (address, back) in [
        ("/", "/sign-in"),
        ("/archive?q=late", "/sign-in?back_to=%2Farchive%3Fq%3Dlate"),
        ("/customers", "/sign-in?back_to=%2Fcustomers"),
        ("/me", "/sign-in?back_to=%2Fme"),
        ("/topics/1", "/sign-in?back_to=%2Ftopics%2F1"),
    ] {
        stranger.get(address).await.sent_to(back);
    }
    assert_eq!(app.count("searches").await, 0);
});
