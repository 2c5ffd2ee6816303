//! The review: reports, personal data, duplicates, what is old, and dishonest play; who sees it, what a
//! decision does, and that it can be taken back.

use crate::support::*;

mod credits;
mod series;

use std::sync::Arc;

use diesel::prelude::*;
use tradewind::accounts::person::Actor;
use tradewind::db::schema::{
    audit_log, insight_authors, insight_values, insights, notices, review_cases, value_epochs,
};
use tradewind::flow;
use tradewind::jobs::Times;
use tradewind::market::store::{ratings, refit};
use tradewind::review::store::{play, stale, texts};

/// The value, the lower bound and the raters of an insight, as stored.
async fn value(app: &TestApp, id: i64) -> (f64, f64, i32) {
    app.ask(move |c| {
        Ok(insight_values::table
            .find(id)
            .select((insight_values::value, insight_values::lower, insight_values::raters))
            .first(c)?)
    })
    .await
}

async fn refitted(app: &TestApp) {
    let now = app.now();
    app.tell(move |c| refit::refit(c, now).map(|_| ())).await;
}

/// Somebody opens an insight and rates it.
async fn rate(app: &TestApp, who: &Visitor, insight: i64, stars: i32) {
    let actor = app.acting(who);
    app.tell(move |c| opened_and_rated(c, &actor, insight, stars)).await;
}

fn opened_and_rated(
    c: &mut tradewind::db::Conn,
    actor: &Actor,
    insight: i64,
    stars: i32,
) -> tradewind::error::AppResult<()> {
    flow::store::record_access(c, actor, insight)?;
    ratings::put(c, actor, insight, 1, stars, true)
}

/// Ids, kinds and states of all cases.
async fn all_cases(app: &TestApp) -> Vec<(i64, String, String)> {
    app.ask(|c| {
        Ok(review_cases::table
            .order(review_cases::id)
            .select((review_cases::id, review_cases::kind, review_cases::state))
            .load(c)?)
    })
    .await
}

fn kinds(cases: &[(i64, String, String)]) -> Vec<&str> {
    cases.iter().map(|(_, kind, _)| kind.as_str()).collect()
}

fn times(app: &TestApp) -> Times {
    Times { now: app.now(), calendar: app.calendar(), config: Arc::new(app.config.as_ref().clone()) }
}

on_both!(a_report_reaches_the_curators_and_nobody_else, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Product").await;
    let cleo = app.curator("Cleo Sample", "Support").await;
    let id = app.insight(&ann, "Shops pay in cash only. All of them do.").await;

    bob.get(&format!("/insights/{id}")).await.expect(200).sees("Report");
    let form = bob.get(&format!("/insights/{id}/report")).await.expect(200);
    bob.submit(&form, "main form", &[("words", "I know better.")])
        .await
        .expect(422)
        .sees("Choose what is wrong");
    let answer =
        bob.submit(&form, "main form", &[("reason", "wrong"), ("words", "Two of mine pay by card.")]);
    answer.await.sent_to(&format!("/insights/{id}"));
    bob.submit(&form, "main form", &[("reason", "wrong")]).await.sent_to(&format!("/insights/{id}"));
    assert_eq!(app.count("review_reports").await, 1, "once per person");
    ann.get(&format!("/insights/{id}/report")).await.expect(403);
    ann.get(&format!("/insights/{id}")).await.expect(200).sees_not("Two of mine");

    let case = all_cases(&app).await[0].0;
    for other in [&ann, &bob] {
        other.get("/review").await.expect(403);
        other.get(&format!("/review/{case}")).await.expect(403).sees_not("Two of mine");
    }
    cleo.get("/review").await.expect(200).sees("One case waits").sees("Shops pay in cash only");
    let page = cleo.get(&format!("/review/{case}")).await.expect(200);
    let page = page.sees("Bob Example").sees("Two of mine pay by card.").sees("It is wrong or misleading");

    let css = ".ruling";
    cleo.submit(&page, css, &[("decision", "withdraw")]).await.expect(422).sees("Say why, in a few words");
    cleo.submit(&page, css, &[("reason", "No.")]).await.expect(422).sees("Choose what to do");
    cleo.submit(&page, css, &[("decision", "void"), ("reason", "No.")]).await.expect(422);
    let fields = [("decision", "withdraw"), ("reason", "Two customers pay by card.")];
    cleo.submit(&page, css, &fields).await.sent_to("/review");
    cleo.get("/review").await.expect(200).sees("Queue empty");
    ann.get(&format!("/insights/{id}")).await.expect(200).sees("Two customers pay by card.");
    bob.get(&format!("/insights/{id}")).await.expect(404);
    let told: Vec<(i64, String)> =
        app.ask(|c| Ok(notices::table.select((notices::person_id, notices::text)).load(c)?)).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, ann.id);
    assert!(told[0].1.contains("Two customers pay by card"), "{told:?}");

    // Somebody else was slower, and is told so with nothing changed.
    let dan = app.curator("Dan Example", "Support").await;
    let answer = dan.submit(&page, css, &[("decision", "dismiss"), ("reason", "Fine.")]).await;
    answer.expect(409).sees("Already decided by Cleo Sample: withdrawn");
    let done = dan.get("/review?show=done").await.expect(200).sees("Withdrawn by Cleo Sample");
    dan.submit(&done, ".queue form", &[]).await.sent_to(&format!("/review/{case}"));
    bob.get(&format!("/insights/{id}")).await.expect(200);
    dan.post(&format!("/review/{case}/reopening"), &[]).await.expect(409);
    let rows: Vec<(Option<i64>, String, String)> = app
        .ask(move |c| {
            Ok(audit_log::table
                .filter(audit_log::object.eq(format!("case:{case}")))
                .order(audit_log::id)
                .select((audit_log::actor_id, audit_log::action, audit_log::detail))
                .load(c)?)
        })
        .await;
    let expected = [
        (Some(cleo.id), "decided".to_owned(), "withdraw".to_owned()),
        (Some(dan.id), "took back the decision of".to_owned(), "withdraw".to_owned()),
    ];
    assert_eq!(rows, expected);
});

on_both!(two_curators_at_once_are_one_decision, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Product").await;
    let id = app.insight(&ann, "Shops pay in cash only.").await;
    let fields = [("reason", "offensive"), ("words", "")];
    bob.post(&format!("/insights/{id}/report"), &fields).await.expect(303);
    let case = all_cases(&app).await[0].0;
    let path = format!("/review/{case}/decision");
    let mut curators = Vec::new();
    for name in ["Cleo Sample", "Dan Example", "Eve Sample", "Fay Example"] {
        curators.push(app.curator(name, "Support").await);
    }
    let fields = [("decision", "dismiss"), ("reason", "It is not."), ("seen", "open")];
    let (a, b, c, d) = futures(&curators, &path, &fields).await;
    let mut statuses = [a, b, c, d];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409, 409, 409]);
    assert_eq!(app.count("review_decisions").await, 1);
});

async fn futures(curators: &[Visitor], path: &str, fields: &[(&str, &str)]) -> (u16, u16, u16, u16) {
    let send = |curator: Visitor| async move { curator.post(path, fields).await.status.as_u16() };
    tokio::join!(
        send(curators[0].clone()),
        send(curators[1].clone()),
        send(curators[2].clone()),
        send(curators[3].clone())
    )
}

on_both!(personal_data_is_told_and_the_case_closes_when_it_is_mended, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let cleo = app.curator("Cleo Sample", "Support").await;
    let text = "The buyer wants a call. Ring her at +44 1632 960 471 before noon.";
    let preview = ann.post("/insights", &[("text", text), ("do", "preview")]).await.expect(200);
    preview.sees("It seems to hold a telephone number");
    assert_eq!(app.count("review_cases").await, 0);
    ann.post("/insights", &[("text", text)]).await.expect(303);
    ann.get("/").await.expect(200).sees("It seems to hold a telephone number");
    let cases = all_cases(&app).await;
    assert_eq!(kinds(&cases), ["personal"]);
    let case = cases[0].0;
    let page = cleo.get(&format!("/review/{case}")).await.expect(200);
    page.sees("+44 … 71").sees("Does this text tell something about a person?");
    let kept: String =
        app.ask(move |c| Ok(review_cases::table.find(case).select(review_cases::evidence).first(c)?)).await;
    assert!(!kept.contains("960"), "{kept}");

    let id: i64 = app.ask(|c| Ok(insights::table.select(insights::id).first(c)?)).await;
    let form = ann.get(&format!("/insights/{id}/edit")).await.expect(200);
    let answer =
        ann.submit(&form, "main form", &[("text", "Ring her before noon; the number is in the CRM.")]);
    answer.await.expect(303);
    assert_eq!(all_cases(&app).await[0].2, "done");
    cleo.get(&format!("/review/{case}")).await.expect(200).sees("Mended by an edit");

    // It comes again when it comes again; a remark has a case of its own.
    let form = ann.get(&format!("/insights/{id}/edit")).await.expect(200);
    let fields = [("text", "Write to jo.sample@example.com"), ("version", "2"), ("do", "preview")];
    let preview = ann.post(&format!("/insights/{id}/edit"), &fields).await.expect(200);
    preview.sees("It seems to hold an e-mail address").sees("Preview: not saved yet");
    ann.submit(&form, "main form", &[("text", "Write to jo.sample@example.com")]).await.expect(303);
    ann.get(&format!("/insights/{id}")).await.sees("It seems to hold an e-mail address");
    ann.post(&format!("/insights/{id}/remarks"), &[("remark", "Card 4111 1111 1111 1111 was refused.")])
        .await
        .expect(303);
    let cases = all_cases(&app).await;
    let states: Vec<&str> = cases.iter().map(|(.., state)| state.as_str()).collect();
    assert_eq!((kinds(&cases), states), (vec!["personal"; 3], vec!["done", "open", "open"]));
    let remark = cases[2].0;
    let page = cleo.get(&format!("/review/{remark}")).await.expect(200).sees("… 1111");
    cleo.submit(&page, ".ruling", &[("decision", "withdraw"), ("reason", "A card number.")])
        .await
        .expect(303);
    ann.get(&format!("/insights/{id}")).await.sees_not("4111");
    cleo.post(&format!("/review/{remark}/reopening"), &[]).await.expect(303);
    ann.get(&format!("/insights/{id}")).await.sees("4111");

    // What a curator looked at and dismissed is not asked again, until there is something else in it.
    let page = cleo.get(&format!("/review/{}", cases[1].0)).await.expect(200);
    cleo.submit(&page, ".ruling", &[("decision", "dismiss"), ("reason", "A made-up address.")])
        .await
        .expect(303);
    let (now, policy) = (app.now(), app.config.policy.review);
    app.tell(move |c| texts::look_around(c, now, id, &policy).map(|_| ())).await;
    assert_eq!(app.count("review_cases").await, 3);
});

on_both!(what_says_the_same_is_asked_about_and_merged_as_one, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Product").await;
    let cleo = app.curator("Cleo Sample", "Support").await;
    let text = "Shops ask for smaller crates because the big ones do not fit through the back door.";
    ann.post("/insights", &[("text", text)]).await.expect(303);
    let first = 1;
    let key = "the key of a form";
    let again = "Shops ask for smaller crates, because big ones do not fit through the back door!";
    let asked = bob.post("/insights", &[("text", again), ("key", key)]).await.expect(422);
    let asked = asked.sees("says nearly this").sees("Share it all the same");
    assert_eq!(app.count("insights").await, 1);
    bob.submit(&asked, "main form", &[]).await.expect(303);
    // Pressed twice is shared once, and not asked about itself.
    bob.post("/insights", &[("text", again), ("key", key)]).await.expect(303);
    assert_eq!(app.count("insights").await, 2);
    let cases = all_cases(&app).await;
    assert_eq!(kinds(&cases), ["duplicate"]);
    let (case, second) = (cases[0].0, first + 1);

    // Five read and rate; one of them both, one is the author of the other.
    let mut readers = Vec::new();
    for (name, department) in [
        ("Dan Sample", "Support"),
        ("Eve Example", "Finance"),
        ("Fay Sample", "Sales"),
        ("Gil Example", "IT"),
    ] {
        readers.push(app.employee(name, department).await);
    }
    rate(&app, &readers[0], first, 4).await;
    rate(&app, &readers[1], first, 2).await;
    rate(&app, &bob, first, 5).await;
    app.later(40);
    rate(&app, &readers[1], second, 5).await;
    rate(&app, &readers[2], second, 4).await;
    rate(&app, &readers[3], second, 3).await;
    refitted(&app).await;
    let (apart, other) = (value(&app, first).await, value(&app, second).await);
    assert_eq!((apart.2, other.2), (3, 3));
    let accesses = app.count("accesses").await;

    let page = cleo.get(&format!("/review/{case}")).await.expect(200);
    let page = page.sees("Do these two insights say the same?").sees("Ann Sample").sees("Bob Example");
    let fields = [("decision", "merge_into_first"), ("reason", "The same crates.")];
    cleo.submit(&page, ".ruling", &fields).await.expect(303);
    readers[0].get(&format!("/insights/{second}")).await.sent_to(&format!("/insights/{first}"));
    bob.get(&format!("/insights/{second}")).await.sent_to(&format!("/insights/{first}"));
    let kept = readers[0].get(&format!("/insights/{first}")).await.expect(200);
    kept.sees("corroborated by Bob Example");
    readers[0].get("/archive?q=crates").await.expect(200).sees("1 insight");
    // Dan, Eve (her later five), Fay, Gil; not Bob, who stands for it now.
    let (merged, _, raters) = value(&app, first).await;
    assert_eq!(raters, 4);
    assert!(merged > apart.0, "{merged} and {}", apart.0);
    assert_eq!(value(&app, second).await.2, 0);
    refitted(&app).await;
    let fitted = value(&app, first).await;
    assert_eq!(fitted.2, 4);
    bob.post(&format!("/insights/{first}/rating"), &[("value", "5")]).await.expect(403);
    assert_eq!(app.count("accesses").await, accesses + 1, "Dan's look just now; no event moved");
    let told: Vec<i64> = app
        .ask(|c| {
            Ok(notices::table.filter(notices::kind.eq("case_decided")).select(notices::person_id).load(c)?)
        })
        .await;
    assert_eq!(told.len(), 2, "both authors");

    cleo.post(&format!("/review/{case}/reopening"), &[]).await.expect(303);
    readers[0].get(&format!("/insights/{second}")).await.expect(200).sees("Bob Example");
    readers[0].get("/archive?q=crates").await.expect(200).sees("2 insights");
    refitted(&app).await;
    let (back, back_other) = (value(&app, first).await, value(&app, second).await);
    for (now, then) in [(back, apart), (back_other, other)] {
        assert!(
            (now.0 - then.0).abs() < 1e-9 && (now.1 - then.1).abs() < 1e-9 && now.2 == then.2,
            "{now:?} {then:?}"
        );
    }
    let authors: Vec<i64> = app
        .ask(move |c| {
            Ok(insight_authors::table
                .filter(insight_authors::insight_id.eq(first))
                .select(insight_authors::person_id)
                .load(c)?)
        })
        .await;
    assert_eq!(authors, [ann.id]);
    // Both stay: nobody asks again, whatever is edited.
    let page = cleo.get(&format!("/review/{case}")).await.expect(200);
    cleo.submit(&page, ".ruling", &[("decision", "dismiss"), ("reason", "Two shops.")]).await.expect(303);
    let (now, policy) = (app.now(), app.config.policy.review);
    app.tell(move |c| texts::look_around(c, now, second, &policy).map(|_| ())).await;
    assert_eq!(app.count("review_cases").await, 1);
});

on_both!(what_is_old_is_asked_about_once_a_year, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Product").await;
    let cleo = app.curator("Cleo Sample", "Support").await;
    let read = app.insight(&ann, "People read this again and again.").await;
    let unread = app.insight(&ann, "Nobody looks at this any more.").await;
    app.days_later(364);
    let find = |app: &TestApp| {
        let times = times(app);
        app.tell(move |c| stale::find(c, &times))
    };
    assert_eq!(find(&app).await, 0);
    let actor = app.acting(&bob);
    app.tell(move |c| Ok(flow::store::record_access(c, &actor, read).map(|_| ())?)).await;
    app.days_later(1);
    assert_eq!(find(&app).await, 1);
    assert_eq!(find(&app).await, 0, "not twice");
    let ann = app.another_browser(&ann).await;
    let bob = app.another_browser(&bob).await;
    let cleo = app.another_browser(&cleo).await;
    bob.get(&format!("/insights/{unread}")).await.expect(200).sees_not("Is this still true?");
    bob.post(&format!("/insights/{unread}/confirmation"), &[]).await.expect(403);
    let page = ann.get(&format!("/insights/{unread}")).await.expect(200).sees("Is this still true?");
    ann.submit(&page, ".asked form", &[]).await.sent_to(&format!("/insights/{unread}"));
    ann.get(&format!("/insights/{unread}")).await.expect(200).sees_not("Is this still true?");
    cleo.get("/review?show=done").await.expect(200).sees("Still true by Ann Sample");
    app.days_later(300);
    assert_eq!(find(&app).await, 1, "the other one; this one was confirmed within a year");
    app.days_later(70);
    assert_eq!(find(&app).await, 1, "a year after it was confirmed");
});

/// A ring of three across departments and honest others; returns the ring and an insight of each.
async fn ring(app: &TestApp) -> (Vec<Visitor>, Vec<Vec<i64>>, Vec<Visitor>) {
    let mut members = Vec::new();
    for (name, department) in [("Rex Sample", "Sales"), ("Sue Example", "Support"), ("Tom Sample", "Product")]
    {
        members.push(app.employee(name, department).await);
    }
    let mut honest = Vec::new();
    for n in 0..9 {
        let department = ["Finance", "IT", "Legal"][n % 3];
        honest.push(app.employee(&format!("Honest Number{n}"), department).await);
    }
    let mut shared = Vec::new();
    for member in &members {
        let mut own = Vec::new();
        for n in 0..3 {
            own.push(app.insight(member, &format!("Thin insight {n} of {}.", member.name)).await);
        }
        shared.push(own);
    }
    let mut good = Vec::new();
    for (n, one) in honest.iter().enumerate().take(6) {
        good.push(app.insight(one, &format!("A sound observation with the number {n}.")).await);
    }
    for (at, member) in members.iter().enumerate() {
        app.later(60);
        for (of, own) in shared.iter().enumerate() {
            for insight in own.iter().filter(|_| of != at) {
                app.later(45);
                rate(app, member, *insight, 5).await;
            }
        }
        // They rate the others as everybody does.
        for insight in &good {
            app.later(45);
            rate(app, member, *insight, 3).await;
        }
    }
    for (at, one) in honest.iter().enumerate() {
        for (n, insight) in shared.iter().flatten().enumerate() {
            app.later(17);
            rate(app, one, *insight, if (n + at) % 3 == 0 { 1 } else { 2 }).await;
        }
        for (n, insight) in good.iter().enumerate().filter(|(n, _)| *n != at) {
            app.later(17);
            rate(app, one, *insight, if (n + at) % 2 == 0 { 3 } else { 4 }).await;
        }
    }
    refitted(app).await;
    (members, shared, honest)
}

on_both!(a_ring_is_found_treated_as_one_voided_and_given_back, |app| async move {
    let (members, shared, honest) = ring(&app).await;
    let cleo = app.curator("Cleo Sample", "Support").await;
    let find = |app: &TestApp| {
        let times = times(app);
        app.tell(move |c| play::find_communities(c, &times))
    };
    let found = find(&app).await;
    assert_eq!((found.new, found.renewed), (1, 0));
    let again = find(&app).await;
    assert_eq!((again.new, again.renewed), (0, 1), "the same case");
    let cases = all_cases(&app).await;
    assert_eq!(kinds(&cases), ["ring"]);
    let case = cases[0].0;
    for one in [&members[0], &honest[0]] {
        let one = app.another_browser(one).await;
        one.get(&format!("/review/{case}")).await.expect(403);
    }
    let page = cleo.get(&format!("/review/{case}")).await.expect(200);
    let page =
        page.sees("3 people in 3 departments rate each other").sees("18 of 9 insights").sees("Rex Sample");
    let text = page.text();
    for one in &honest {
        assert!(!text.contains(&one.name), "{}", one.name);
    }
    // Means over at least three, and nothing that tells one rating.
    let counts: Vec<String> = page.select("td.n").into_iter().step_by(2).collect();
    assert_eq!(counts, ["3"; 6]);

    let insight = shared[0][0];
    let before = value(&app, insight).await;
    let fields = [("decision", "as_one"), ("reason", "Looks agreed."), ("seen", "open")];
    cleo.submit(&page, ".ruling", &fields).await.sent_to(&format!("/review/{case}"));
    refitted(&app).await;
    let one = value(&app, insight).await;
    // The row for one department, computed with the published formula and the leniencies in force.
    let expected = closed_form(&app, insight, &members, true).await;
    assert!((one.0 - expected).abs() < 1e-9, "{} is not {expected}", one.0);
    assert!(one.0 < before.0 - 0.03, "{} and {}", one.0, before.0);
    cleo.get("/review?show=watched").await.expect(200).sees("Treated as one department by Cleo Sample");

    let page = cleo.get(&format!("/review/{case}")).await.expect(200);
    let fields = [("decision", "void"), ("reason", "They agreed on it.")];
    cleo.submit(&page, ".ruling", &fields).await.expect(303);
    let voided = value(&app, insight).await;
    assert!(voided.0 < one.0 && voided.2 == before.2 - 2, "{voided:?} {before:?}");
    let told: Vec<(i64, String)> = app
        .ask(|c| {
            let rows = notices::table.filter(notices::kind.eq("case_decided"));
            Ok(rows.order(notices::person_id).select((notices::person_id, notices::text)).load(c)?)
        })
        .await;
    assert_eq!(
        told.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        members.iter().map(|m| m.id).collect::<Vec<_>>()
    );
    assert!(told[0].1.contains("6 ratings of yours do not count"), "{told:?}");
    assert_eq!(find(&app).await.new, 0, "decided: it does not come again by itself");

    cleo.post(&format!("/review/{case}/reopening"), &[]).await.expect(303);
    refitted(&app).await;
    let back = value(&app, insight).await;
    assert!((back.0 - before.0).abs() < 1e-9 && (back.1 - before.1).abs() < 1e-9, "{back:?} {before:?}");
    assert_eq!(back.2, before.2);
    let page = cleo.get(&format!("/review/{case}")).await.expect(200).sees("Ratings voided, taken back");
    cleo.submit(&page, ".ruling", &[("decision", "dismiss"), ("reason", "A workshop.")]).await.expect(303);
    assert_eq!(find(&app).await.new, 0);
    assert!((value(&app, insight).await.0 - before.0).abs() < 1e-9);
});

/// The closed form of an insight's value, with the leniencies in the table.
async fn closed_form(app: &TestApp, insight: i64, one_voice: &[Visitor], as_one: bool) -> f64 {
    use tradewind::db::schema::{departments, raters, ratings};
    let ring: Vec<i64> = one_voice.iter().map(|member| member.id).collect();
    let (mu, rows): (f64, Vec<(i64, i32, String, f64)>) = app
        .ask(move |c| {
            let mu = value_epochs::table.order(value_epochs::id.desc()).select(value_epochs::mu).first(c)?;
            let rows = ratings::table
                .inner_join(departments::table.on(departments::id.eq(ratings::department_id)))
                .inner_join(raters::table.on(raters::person_id.eq(ratings::person_id)))
                .filter(ratings::insight_id.eq(insight))
                .select((ratings::person_id, ratings::value, departments::folded_path, raters::leniency))
                .load(c)?;
            Ok((mu, rows))
        })
        .await;
    let mut cells: std::collections::BTreeMap<String, (f64, f64)> = std::collections::BTreeMap::new();
    for (person, stars, path, leniency) in rows {
        let voice = if as_one && ring.contains(&person) { "ring".to_owned() } else { path };
        let cell = cells.entry(voice).or_default();
        cell.0 += 1.0;
        cell.1 += f64::from(stars) - mu - leniency;
    }
    let votes = |n: f64| 3.0 * n / (n + 3.0);
    let weighted: f64 = cells.values().map(|(n, sum)| votes(*n) * sum / n).sum();
    let strength: f64 = cells.values().map(|(n, _)| votes(*n)).sum();
    mu + weighted / (3.0 + strength)
}

on_both!(a_department_that_likes_its_own_work_is_left_alone, |app| async move {
    let mut team = Vec::new();
    for n in 0..6 {
        team.push(app.employee(&format!("Glad Number{n}"), "Marketing").await);
    }
    let mut others = Vec::new();
    for n in 0..6 {
        others.push(app.employee(&format!("Sober Number{n}"), ["Sales", "Support", "IT"][n % 3]).await);
    }
    let mut shared = Vec::new();
    for (at, one) in team.iter().enumerate() {
        for n in 0..4 {
            shared.push((at, app.insight(one, &format!("Observation {n} by number {at}.")).await));
        }
    }
    for (n, (author, insight)) in shared.iter().enumerate() {
        for (at, one) in team.iter().enumerate().filter(|(at, _)| at != author) {
            app.later(19);
            rate(&app, one, *insight, if (n + at) % 4 == 0 { 4 } else { 5 }).await;
        }
        for one in others.iter().skip(n % 3) {
            app.later(19);
            rate(&app, one, *insight, 3 + (n % 2) as i32).await;
        }
    }
    refitted(&app).await;
    let times = times(&app);
    let found = app.tell(move |c| play::find_communities(c, &times)).await;
    assert_eq!((found.new, found.renewed), (0, 0));
    assert_eq!(app.count("review_cases").await, 0);
});

on_both!(the_sixth_rating_of_a_week_waits_and_then_counts_as_one, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.employee("Bob Example", "Product").await;
    let dan = app.employee("Dan Example", "Support").await;
    let cleo = app.curator("Cleo Sample", "Support").await;
    let mut all = Vec::new();
    for n in 0..8 {
        all.push(app.insight(&ann, &format!("Something new with the number {n}.")).await);
        rate(&app, &dan, all[n], 3).await;
        app.days_later(2);
    }
    let bob = app.another_browser(&bob).await;
    for insight in &all {
        app.later(31);
        rate(&app, &bob, *insight, 5).await;
    }
    refitted(&app).await;
    let raters = |app: &TestApp| {
        let all = all.clone();
        app.ask(move |c| {
            all.iter()
                .map(|id| {
                    Ok(insight_values::table.find(*id).select(insight_values::raters).first::<i32>(c)?)
                })
                .collect::<tradewind::error::AppResult<Vec<i32>>>()
        })
    };
    assert_eq!(raters(&app).await, [2; 8]);
    let find = |app: &TestApp| {
        let times = times(app);
        app.tell(move |c| play::find_series(c, &times))
    };
    assert_eq!(find(&app).await.new, 1);
    assert_eq!(raters(&app).await, [2, 2, 2, 2, 2, 1, 1, 1], "held");
    app.days_later(8);
    let again = find(&app).await;
    assert_eq!((again.new, again.renewed), (0, 1));
    assert_eq!(raters(&app).await, [2, 2, 2, 2, 2, 1, 1, 2], "the latest speaks for the three");
    let case = all_cases(&app).await[0].0;
    let cleo = app.another_browser(&cleo).await;
    let page = cleo.get(&format!("/review/{case}")).await.expect(200).sees("3 are too many");
    cleo.submit(&page, ".ruling", &[("decision", "dismiss"), ("reason", "He read them on the train.")])
        .await
        .expect(303);
    assert_eq!(raters(&app).await, [2; 8]);
    cleo.post(&format!("/review/{case}/reopening"), &[]).await.expect(303);
    assert_eq!(raters(&app).await, [2, 2, 2, 2, 2, 1, 1, 2]);
    let page = cleo.get(&format!("/review/{case}")).await.expect(200);
    cleo.submit(&page, ".ruling", &[("decision", "void"), ("reason", "A favour.")]).await.expect(303);
    assert_eq!(raters(&app).await, [2, 2, 2, 2, 2, 1, 1, 1]);
});

on_both!(a_curator_does_not_decide_about_themselves, |app| async move {
    let cleo = app.curator("Cleo Sample", "Support").await;
    let bob = app.employee("Bob Example", "Product").await;
    let id = app.insight(&cleo, "My own insight.").await;
    let fields = [("reason", "other"), ("words", "A secret reason.")];
    bob.post(&format!("/insights/{id}/report"), &fields).await.expect(303);
    let case = all_cases(&app).await[0].0;
    cleo.get("/review").await.expect(200).sees("A case you are part of").sees_not("My own insight");
    let page = cleo.get(&format!("/review/{case}")).await.expect(200);
    page.sees("You are part of this case").sees_not("A secret reason").sees_not("Bob Example");
    let fields = [("decision", "dismiss"), ("reason", "Fine."), ("seen", "open")];
    cleo.post(&format!("/review/{case}/decision"), &fields).await.expect(403);
    assert_eq!(all_cases(&app).await[0].2, "open");
});

on_both!(what_an_import_brings_is_looked_at_by_the_job, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    app.insight(&ann, "Call the buyer. Her number is +44 1632 960 471.").await;
    app.insight(&ann, "Shops ask for smaller crates for the back door of the store.").await;
    app.insight(&ann, "Shops ask for smaller crates for the back door of their store.").await;
    let (now, policy) = (app.now(), app.config.policy.review);
    assert_eq!(app.tell(move |c| texts::scan(c, now, &policy)).await, 3);
    assert_eq!(app.tell(move |c| texts::scan(c, now, &policy)).await, 0);
    assert_eq!(kinds(&all_cases(&app).await), ["personal", "duplicate"]);
});
