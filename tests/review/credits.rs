//! Credits that dishonest play brought in: a curator takes them back, no more than is there, and gives them
//! again when the decision is taken back.

use super::{all_cases, kinds, rate, refitted, times};
use crate::support::*;

use diesel::prelude::*;
use tradewind::db::schema::{insight_values, ledger_transactions};
use tradewind::earnings::store::settle_week;
use tradewind::earnings::week::Week;
use tradewind::ledger::store::{balance, check, post};
use tradewind::ledger::{Account, Reason, Transaction};
use tradewind::review::store::play;

async fn holds(app: &TestApp, person: &Visitor) -> i64 {
    let id = person.id;
    app.ask(move |c| Ok(balance(c, Account::Person(id))?)).await
}

async fn give(app: &TestApp, person: &Visitor, credits: i64) {
    let grant = Transaction::grant(
        format!("grant:test:{}", person.id),
        Reason::Correction,
        person.id,
        credits,
        app.now(),
    );
    app.tell(move |c| post(c, &grant).map(|_| ())).await;
}

async fn is_whole(app: &TestApp) {
    let found = app.ask(|c| Ok(check(c)?)).await;
    assert!(found.is_whole(), "{found}");
}

/// How many transactions take others back.
async fn reversals(app: &TestApp) -> i64 {
    app.ask(|c| {
        Ok(ledger_transactions::table
            .filter(ledger_transactions::reason.eq("reversal"))
            .count()
            .get_result(c)?)
    })
    .await
}

/// What an insight with eighteen weighted readers earns at the value it has now.
async fn due(app: &TestApp, insights: &[i64]) -> i64 {
    let ids = insights.to_vec();
    let lower: Vec<i32> = app
        .ask(move |c| {
            Ok(insight_values::table
                .filter(insight_values::insight_id.eq_any(ids))
                .select(insight_values::lower_hundredths)
                .load(c)?)
        })
        .await;
    // Eight readers of three other departments and the friend, each counting two; the published formula.
    let earned = |lower: i32| 2 * 18 * ((i64::from(lower) - 290) * 10_000 / 150).clamp(0, 10_000) / 10_000;
    lower.into_iter().map(earned).sum()
}

/// Two who praise each other's three insights, which eight others read and find middling.
async fn friends(app: &TestApp) -> ([Visitor; 2], [Vec<i64>; 2]) {
    let pair = [app.employee("Rex Sample", "Sales").await, app.employee("Sue Example", "Support").await];
    let mut honest = Vec::new();
    for n in 0..8 {
        let department = ["Finance", "IT", "Legal"][n % 3];
        honest.push(app.employee(&format!("Honest Number{n}"), department).await);
    }
    let mut shared = [Vec::new(), Vec::new()];
    for (own, friend) in shared.iter_mut().zip(&pair) {
        for n in 0..3 {
            own.push(app.insight(friend, &format!("Insight {n} of {}.", friend.name)).await);
        }
    }
    let mut others = Vec::new();
    for (n, one) in honest.iter().enumerate().take(6) {
        others.push(app.insight(one, &format!("A sound observation with the number {n}.")).await);
    }
    for (at, friend) in pair.iter().enumerate() {
        for insight in &shared[1 - at] {
            app.later(35);
            rate(app, friend, *insight, 5).await;
        }
        for insight in &others {
            app.later(35);
            rate(app, friend, *insight, 3).await;
        }
    }
    for (at, one) in honest.iter().enumerate() {
        for (n, insight) in shared.iter().flatten().enumerate() {
            app.later(11);
            rate(app, one, *insight, if (n + at) % 3 == 0 { 3 } else { 4 }).await;
        }
        for (n, insight) in others.iter().enumerate().filter(|(n, _)| *n != at) {
            app.later(11);
            rate(app, one, *insight, 3 + ((n + at) % 2) as i32).await;
        }
    }
    refitted(app).await;
    (pair, shared)
}

on_both!(what_voided_ratings_earned_goes_back_and_comes_again, |app| async move {
    let (pair, shared) = friends(&app).await;
    let cleo = app.curator("Cleo Sample", "Support").await;
    let promised = [due(&app, &shared[0]).await, due(&app, &shared[1]).await];
    app.days_later(7);
    let (policy, calendar, now) = (app.config.policy.credits, app.calendar(), app.now());
    let week = Week::of("2026-11-02".parse().expect("a Monday"));
    app.tell(move |c| settle_week(c, week, &policy, calendar, now)).await;
    let earned = [holds(&app, &pair[0]).await, holds(&app, &pair[1]).await];
    assert_eq!(earned, promised);
    assert!(earned.iter().all(|credits| *credits >= 5), "{earned:?}");
    // One of them has spent all but one of it.
    let (sue, spent) = (pair[1].id, earned[1] - 1);
    let gone = Transaction {
        key: "spent".into(),
        reason: Reason::Bounty { request: 77 },
        entries: vec![(Account::Person(sue), -spent), (Account::Escrow(77), spent)],
        at: now,
    };
    app.tell(move |c| post(c, &gone).map(|_| ())).await;

    let at = times(&app);
    assert_eq!(app.tell(move |c| play::find_communities(c, &at)).await.new, 1);
    let cases = all_cases(&app).await;
    assert_eq!(kinds(&cases), ["pair"]);
    let case = cases[0].0;
    let cleo = app.another_browser(&cleo).await;
    let page = cleo.get(&format!("/review/{case}")).await.expect(200).sees("take back credits");
    let fields = [("decision", "void"), ("reason", "They agreed on it."), ("take_back", "yes")];
    cleo.submit(&page, ".ruling", &fields).await.sent_to("/review");

    // What stays is what the same readers are worth at the value without these ratings.
    let stays = [due(&app, &shared[0]).await, due(&app, &shared[1]).await];
    assert!(stays[0] < earned[0] && stays[1] < earned[1], "{stays:?} of {earned:?}");
    assert_eq!(holds(&app, &pair[0]).await, stays[0]);
    assert_eq!(holds(&app, &pair[1]).await, 0, "no more than is there");
    let short = earned[1] - stays[1] - 1;
    let page = cleo.get(&format!("/review/{case}")).await.expect(200);
    page.sees(&format!("{short} credits could not be taken back"));
    assert_eq!(reversals(&app).await, 2);
    is_whole(&app).await;
    // The one it was taken from reads why.
    let rex = app.another_browser(&pair[0]).await;
    rex.get("/me/credits").await.expect(200).sees("Taken back: new readers of your insights");

    cleo.post(&format!("/review/{case}/reopening"), &[]).await.expect(303);
    assert_eq!([holds(&app, &pair[0]).await, holds(&app, &pair[1]).await], [earned[0], 1]);
    is_whole(&app).await;
    // Voided again without the credits, nothing moves.
    let page = cleo.get(&format!("/review/{case}")).await.expect(200);
    cleo.submit(&page, ".ruling", &[("decision", "void"), ("reason", "Still.")]).await.sent_to("/review");
    assert_eq!([holds(&app, &pair[0]).await, holds(&app, &pair[1]).await], [earned[0], 1]);
    is_whole(&app).await;
});

/// One asks and offers ten, the other answers and is paid, all in their browsers.
async fn round(app: &TestApp, from: &Visitor, to: &Visitor, n: usize, third: Option<&Visitor>) {
    let (from, to) = (app.another_browser(from).await, app.another_browser(to).await);
    let (question, key) = (format!("What is the matter number {n}?"), format!("ask {n}"));
    let form = [("question", question.as_str()), ("bounty", "10"), ("seen", &question), ("key", &key)];
    let path = from.post("/requests", &form).await.expect(303).location().to_owned();
    let answered =
        to.post(&format!("{path}/answers"), &[("text", &format!("It is the matter {n}."))]).await.expect(303);
    let insight = answered.location().rsplit('-').next().expect("an insight").to_owned();
    let award = [("answer", insight.as_str()), ("share", "1")];
    if let Some(third) = third {
        let refused = from.post(&format!("{path}/award"), &award).await.expect(422);
        refused.sees("Somebody else has to rate this answer first");
        let third = app.another_browser(third).await;
        let rated = third.post(&format!("/insights/{insight}/rating"), &[("value", "3")]).await;
        rated.sent_to(&format!("/insights/{insight}"));
    }
    from.post(&format!("{path}/award"), &award).await.expect(303);
    app.later(60);
}

on_both!(bounties_that_go_back_and_forth_are_found_and_taken_back, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Support").await);
    let cid = app.employee("Cid Person", "Finance").await;
    let cleo = app.curator("Cleo Sample", "Product").await;
    give(&app, &ann, 20).await;
    give(&app, &bob, 20).await;
    let find = |app: &TestApp| {
        let at = times(app);
        app.tell(move |c| play::find_round_trips(c, &at))
    };
    round(&app, &ann, &bob, 1, None).await;
    round(&app, &bob, &ann, 2, None).await;
    assert_eq!(find(&app).await.new, 0, "two are no ring");
    round(&app, &ann, &bob, 3, Some(&cid)).await;
    assert_eq!((holds(&app, &ann).await, holds(&app, &bob).await), (10, 30));
    assert_eq!(find(&app).await.new, 1);
    let again = find(&app).await;
    assert_eq!((again.new, again.renewed), (0, 1), "the same case");
    let cases = all_cases(&app).await;
    assert_eq!(kinds(&cases), ["round_trip"]);
    let case = cases[0].0;

    // Bob spends most of it before anybody looks.
    let (bob, cleo) = (app.another_browser(&bob).await, app.another_browser(&cleo).await);
    let question = "What do porters wear?";
    bob.post("/requests", &[("question", question), ("bounty", "25"), ("seen", question)]).await.expect(303);
    let page = cleo.get(&format!("/review/{case}")).await.expect(200);
    let page = page.sees("Are these bounties paid back and forth?").sees("Ann Sample").sees("Bob Example");
    cleo.submit(&page, ".ruling", &[("decision", "void"), ("reason", "They take turns.")])
        .await
        .sent_to("/review");
    assert_eq!((holds(&app, &ann).await, holds(&app, &bob).await), (0, 0));
    let page = cleo.get(&format!("/review/{case}")).await.expect(200);
    page.sees("15 credits could not be taken back");
    bob.get("/me/credits").await.expect(200).sees("Taken back: for your answer, chosen by whoever asked");
    is_whole(&app).await;

    cleo.post(&format!("/review/{case}/reopening"), &[]).await.expect(303);
    assert_eq!((holds(&app, &ann).await, holds(&app, &bob).await), (10, 5));
    let page = cleo.get(&format!("/review/{case}")).await.expect(200);
    cleo.submit(&page, ".ruling", &[("decision", "dismiss"), ("reason", "They know their trade.")])
        .await
        .sent_to("/review");
    assert_eq!((holds(&app, &ann).await, holds(&app, &bob).await), (10, 5));
    assert_eq!(find(&app).await.new, 0, "decided: it does not come again by itself");
    is_whole(&app).await;
});
