//! Over HTTP: ask, answer, fund, award, as people do it with their browsers.

use super::rules::{escrow, give, holds, is_whole, state};
use crate::support::*;
use tradewind::requests::request::State;

async fn ask(who: &Visitor, question: &str, bounty: &str) -> Answer {
    who.post(
        "/requests",
        &[("question", question), ("bounty", bounty), ("seen", question), ("key", question)],
    )
    .await
}

fn id_of(answer: &Answer) -> i64 {
    let path = answer.location().trim_start_matches("/requests/").to_owned();
    path.split(['#', '/']).next().unwrap_or_default().parse().unwrap_or_else(|_| panic!("{path}"))
}

on_both!(ask_answer_award, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Support").await);
    give(&app, &ann, 30).await;
    let asked = ask(&ann, "Why do controllers print invoices?", "20").await.expect(303);
    let id = id_of(&asked);
    let path = format!("/requests/{id}");
    // Sent again, it is one request.
    let again = ask(&ann, "Why do controllers print invoices?", "20").await.expect(303);
    assert_eq!(id_of(&again), id);
    assert_eq!((app.count("requests").await, holds(&app, &ann).await), (1, 10));
    let read = bob.get(&path).await.expect(200);
    for words in ["Why do controllers print invoices?", "14 days left", "Be the first", "Ann Sample"] {
        assert!(read.body.contains(words), "{words}");
    }
    assert!(!read.body.contains("/award\""), "only who asked awards");
    // An empty answer leads back with what was typed.
    let empty = bob.post(&format!("{path}/answers"), &[("quote", "We print all.")]).await.expect(422);
    assert!(empty.body.contains("Write what you know") && empty.body.contains("We print all."));
    let answer = [("text", "They file them by contract. Paper has holes."), ("key", "k1")];
    let given = bob.post(&format!("{path}/answers"), &answer).await.expect(303);
    bob.post(&format!("{path}/answers"), &answer).await.expect(303);
    assert_eq!(app.count("insights").await, 1, "once, however often it is sent");
    let insight: i64 = given.location().rsplit('-').next().and_then(|n| n.parse().ok()).expect("an insight");
    let read = ann.get(&path).await.expect(200);
    assert!(read.body.contains("1 answer") && read.body.contains("Award 20 credits"));
    assert!(!read.body.contains("Take it back"), "it is answered");
    ann.post(&format!("{path}/cancellation"), &[]).await.expect(409);
    bob.post(&format!("{path}/award"), &[("answer", &insight.to_string()), ("share", "1")]).await.expect(403);
    let nothing = ann.post(&format!("{path}/award"), &[]).await.expect(422);
    assert!(nothing.body.contains("Choose at least one answer"));
    let half =
        ann.post(&format!("{path}/award"), &[("answer", &insight.to_string()), ("share", "half")]).await;
    assert!(half.expect(422).body.contains("value=\"half\""), "what was typed is kept");
    ann.post(&format!("{path}/award"), &[("answer", &insight.to_string()), ("share", "1")]).await.expect(303);
    assert_eq!(state(&app, id).await, State::Awarded);
    assert_eq!((escrow(&app, id).await, holds(&app, &bob).await), (0, 20));
    let read = bob.get(&path).await.expect(200);
    assert!(read.body.contains("Awarded 20 credits") && !read.body.contains("Be the first"));
    let read = ann.get(&format!("/insights/{insight}")).await.expect(200);
    assert!(read.body.contains("Awarded 20 credits for"));
    ann.post(&format!("{path}/answers"), &[("text", "Late"), ("key", "k2")]).await.expect(409);
    is_whole(&app).await;
});

on_both!(an_answer_is_looked_at_like_every_contribution, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Support").await);
    let cleo = app.employee("Cleo Example", "Support").await;
    give(&app, &ann, 30).await;
    let id = id_of(&ask(&ann, "Whom do controllers ring?", "10").await.expect(303));
    let text = "Nobody. They write to jo.sample@example.com, says @cleo.example.";
    let path = format!("/requests/{id}/answers");
    let to = bob.post(&path, &[("text", text), ("key", "k")]).await.expect(303).location().to_owned();
    bob.get(&to).await.sees("It seems to hold an e-mail address").sees("Told: Cleo Example");
    cleo.get("/notifications").await.sees("mentioned you");
    assert_eq!(app.count("review_cases").await, 1);
});

on_both!(a_forged_key_is_refused, |app| async move {
    let (ann, bob) = (app.employee("Ann Sample", "Sales").await, app.admin("Bob Example", "IT").await);
    let long = "k".repeat(9_000);
    ann.post("/insights", &[("text", "They wait."), ("key", &long)]).await.expect(400);
    bob.post("/admin/departments", &[("path", "Sales/North"), ("key", &long)]).await.expect(400);
    assert_eq!((app.count("insights").await, app.count("submissions").await), (0, 0));
});

on_both!(what_is_known_stands_before_the_question, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Support").await);
    give(&app, &ann, 30).await;
    let known = app.insight(&bob, "Controllers print our invoices twice. One goes to the tax office.").await;
    let form =
        [("question", "Why do controllers print invoices?"), ("bounty", "10"), ("why", "For <b>us</b>")];
    let shown = ann.post("/requests", &form).await.expect(200);
    assert!(shown.body.contains("Is it known already?") && shown.body.contains("Ask anyway"));
    assert!(shown.body.contains(&format!("/insights/{known}#use")));
    assert!(shown.body.contains("For &#60;b&#62;us&#60;/b&#62;"), "what was typed is kept: {}", shown.body);
    assert_eq!(app.count("requests").await, 0);
    // The same form again, as the page sends it.
    let again = [&form[..], &[("seen", "Why do controllers print invoices?")]].concat();
    ann.post("/requests", &again).await.expect(303);
    // Who asks much the same is shown it; and a link may bring the words.
    let shown = bob.get("/requests/new?q=controllers+print+invoices").await.expect(200);
    assert!(shown.body.contains("Somebody asks much the same"));
    assert!(shown.body.contains("value=\"controllers print invoices\""));
    // A question of which nothing is known is asked at once.
    let new = [("question", "Do porters wear gloves?"), ("bounty", "5")];
    ann.post("/requests", &new).await.expect(303);
    // A search without a result leads there.
    let none = bob.get("/archive?q=gloves").await.expect(200);
    assert!(none.body.contains("/requests/new?q=gloves") && none.body.contains("Somebody asks for this"));
});

on_both!(credits_set_the_bounds, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Support").await);
    let poor = ann.get("/requests/new").await.expect(200);
    assert!(poor.body.contains("You have 0 credits") && poor.body.contains("/me/credits"));
    let refused = ask(&ann, "Who prints?", "5").await.expect(422);
    assert!(refused.body.contains("offer at most that") && refused.body.contains("value=\"Who prints?\""));
    give(&app, &ann, 30).await;
    give(&app, &bob, 10).await;
    for bounty in ["4", "51", "ten", "", "-5", "5.5"] {
        ask(&ann, "Who prints?", bounty).await.expect(422);
    }
    let id = id_of(&ask(&ann, "Who prints?", "5").await.expect(303));
    let fund = format!("/requests/{id}/funding");
    for (credits, said) in [("11", "You have 10 credits"), ("0", "Give 1 to 50"), ("x", "whole number")] {
        let refused = bob.post(&fund, &[("credits", credits), ("key", credits)]).await.expect(422);
        assert!(refused.body.contains(said), "{credits}");
    }
    bob.post(&fund, &[("credits", "7"), ("key", "once")]).await.expect(303);
    bob.post(&fund, &[("credits", "7"), ("key", "once")]).await.expect(303);
    assert_eq!((holds(&app, &bob).await, escrow(&app, id).await), (3, 12));
    // Who pays may answer, and cannot be paid.
    bob.post(&format!("/requests/{id}/answers"), &[("text", "I do.")]).await.expect(303);
    let read = ann.get(&format!("/requests/{id}")).await.expect(200);
    assert!(read.body.contains("it cannot be awarded") && !read.body.contains("Award 12"));
    ann.post(&format!("/requests/{id}/cancellation"), &[]).await.expect(303);
    assert_eq!((holds(&app, &ann).await, holds(&app, &bob).await, escrow(&app, id).await), (30, 10, 0));
    is_whole(&app).await;
});

on_both!(without_credits_requests_work_all_the_same, |app| async move {
    let app = app.node(|config| config.policy.credits.on = false).await;
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Support").await);
    let form = ann.get("/requests/new").await.expect(200);
    assert!(!form.body.contains("Bounty") && !form.body.contains("credit"), "{}", form.body);
    let asked = ann.post("/requests", &[("question", "Who prints?")]).await.expect(303);
    let id = id_of(&asked);
    let path = format!("/requests/{id}");
    let insight = app.insight(&bob, "The night shift does").await;
    bob.post(&format!("{path}/answers"), &[("insight", &format!("/insights/{insight}")), ("do", "link")])
        .await
        .expect(303);
    bob.post(&format!("{path}/funding"), &[("credits", "5")]).await.expect(422);
    let read = ann.get(&path).await.expect(200);
    assert!(read.body.contains("These answers helped"));
    assert!(!ann.get("/requests?tab=ending").await.expect(200).body.contains("Highest bounty"));
    ann.post(&format!("{path}/award"), &[("answer", &insight.to_string()), ("share", "1")]).await.expect(303);
    assert_eq!(state(&app, id).await, State::Awarded);
    assert!(bob.get(&path).await.expect(200).body.contains("This helped"));
    assert_eq!(app.count("ledger_transactions").await, 0);
});

on_both!(words_can_be_corrected_until_somebody_answers, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Support").await);
    give(&app, &ann, 30).await;
    let id = id_of(&ask(&ann, "Who prnts?", "5").await.expect(303));
    let edit = format!("/requests/{id}/edit");
    bob.get(&edit).await.expect(403);
    ann.get(&edit).await.expect(200);
    ann.post(&edit, &[("question", "")]).await.expect(422);
    ann.post(&edit, &[("question", "Who prints?"), ("tags", "paper")]).await.expect(303);
    let read = bob.get(&format!("/requests/{id}")).await.expect(200);
    assert!(read.body.contains("edited") && read.body.contains("Who prnts?"), "the history keeps it");
    assert!(bob.get("/requests?q=paper").await.expect(200).body.contains("Who prints?"));
    bob.post(&format!("/requests/{id}/answers"), &[("text", "The night shift.")]).await.expect(303);
    ann.post(&edit, &[("question", "Who scans?")]).await.expect(409);
});

on_both!(lists_show_what_is_whose, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Support").await);
    give(&app, &ann, 50).await;
    app.insight_with(&bob, "Paper has holes", |draft| draft.tags = vec!["paper".into()]).await;
    let form = [("question", "Who prints?"), ("bounty", "10"), ("tags", "paper"), ("seen", "Who prints?")];
    let id = id_of(&ann.post("/requests", &form).await.expect(303));
    ask(&ann, "Do porters wear gloves?", "5").await.expect(303);
    for (who, list, there) in [
        (&bob, "/requests", vec!["Who prints?"]),
        (&ann, "/requests", vec![]),
        (&ann, "/requests?tab=mine", vec!["Who prints?", "Do porters wear gloves?"]),
        (&bob, "/requests?tab=mine", vec![]),
        (&bob, "/requests?tab=ending", vec!["Who prints?", "Do porters wear gloves?"]),
        (&bob, "/requests?tab=bounty", vec!["Who prints?", "Do porters wear gloves?"]),
        (&bob, "/requests?tab=closed", vec![]),
        (&bob, "/requests?q=porter", vec!["Do porters wear gloves?"]),
        (&bob, "/topics/1", vec!["Who prints?"]),
    ] {
        let read = who.get(list).await.expect(200);
        for question in ["Who prints?", "Do porters wear gloves?"] {
            assert_eq!(read.body.contains(question), there.contains(&question), "{question} in {list}");
        }
    }
    let feed = bob.get("/").await.expect(200);
    assert!(feed.body.contains("Wanted from you") && feed.body.contains("1<span class=\"vh\"> open request"));
    assert!(!ann.get("/").await.expect(200).body.contains("Wanted from you"));
    // Followed and not any more.
    let cid = app.employee("Cid Person", "Finance").await;
    cid.post("/topics/1/following", &[("do", "follow")]).await.expect(303);
    assert!(cid.get("/requests").await.expect(200).body.contains("you follow it"));
    cid.post("/topics/1/following", &[("do", "stop")]).await.expect(303);
    assert!(!cid.get("/requests").await.expect(200).body.contains("Who prints?"));
    cid.post("/topics/99/following", &[("do", "follow")]).await.expect(404);
    // The officer sees what waits.
    let dora = app.officer("Dora Example", "Customer Office").await;
    assert!(dora.get("/flow/requests").await.expect(200).body.contains("Who prints?"));
    bob.get("/flow/requests").await.expect(403);
    ann.post(&format!("/requests/{id}/cancellation"), &[]).await.expect(303);
    assert!(bob.get("/requests?tab=closed").await.expect(200).body.contains("Who prints?"));
    for wrong in ["/requests?tab=loudest", "/requests?after=x"] {
        bob.get(wrong).await.expect(400);
    }
});

on_both!(what_was_refused_for_want_of_credits_is_sent_again_and_counts_once, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Support").await);
    give(&app, &ann, 4).await;
    give(&app, &bob, 10).await;
    // Asking: the form as it was sent stays good.
    ask(&ann, "Who prints?", "5").await.expect(422);
    give(&app, &ann, 6).await;
    let id = id_of(&ask(&ann, "Who prints?", "5").await.expect(303));
    assert_eq!(id_of(&ask(&ann, "Who prints?", "5").await.expect(303)), id);
    assert_eq!((holds(&app, &ann).await, escrow(&app, id).await), (5, 5));
    // Adding: too few, then enough.
    let fund = format!("/requests/{id}/funding");
    let form = [("credits", "12"), ("key", "too few")];
    bob.post(&fund, &form).await.expect(422).sees("You have 10 credits");
    give(&app, &bob, 60).await;
    for _ in 0..2 {
        bob.post(&fund, &form).await.expect(303);
        assert_eq!((holds(&app, &bob).await, escrow(&app, id).await), (58, 17), "once");
    }
    // More than anybody may: refused by the rule, and the form is as good as new.
    bob.post(&fund, &[("credits", "39"), ("key", "too many")]).await.expect(422).sees("Give 1 to 38 credits");
    bob.post(&fund, &[("credits", "38"), ("key", "too many")]).await.expect(303);
    assert_eq!((holds(&app, &bob).await, escrow(&app, id).await), (20, 55));
    is_whole(&app).await;
});
