//! Stories of the ledger: what was posted stays, takes effect once, sums to zero and overdraws nobody.

mod model;

use std::collections::BTreeMap;

use crate::support::*;
use diesel::RunQueryDsl;
use tradewind::error::AppError;
use tradewind::ledger::split::hamilton;
use tradewind::ledger::store::{self, Line};
use tradewind::ledger::{Account, Posted, Reason, Transaction};
use tradewind::policy::CreditPolicy;

fn oracle() -> serde_json::Value {
    serde_json::from_str(include_str!("fixtures/oracles/ledger.json")).expect("the fixture")
}

fn numbers(value: &serde_json::Value) -> Vec<i64> {
    value.as_array().expect("a list").iter().map(|n| n.as_i64().expect("a whole number")).collect()
}

#[test]
fn whole_credits_are_divided_as_published() {
    for case in oracle()["largest_remainder"].as_array().expect("cases") {
        let parts = hamilton(case["total"].as_i64().expect("a total"), &numbers(&case["weights"]));
        assert_eq!(parts, Some(numbers(&case["split"])), "{case}");
    }
    let refund = &oracle()["refund_example"];
    let funded = [&refund["funded"]["ana"], &refund["funded"]["bo"]].map(|n| n.as_i64().expect("credits"));
    let back =
        [&refund["refund_25"]["ana"], &refund["refund_25"]["bo"]].map(|n| n.as_i64().expect("credits"));
    assert_eq!(hamilton(25, &funded), Some(back.to_vec()));
    assert_eq!(hamilton(13, &funded), Some(numbers(&refund["partial_refund_13"])));
}

/// `user:ana`, `escrow:7`, `issuance` of the fixture.
fn account(name: &str) -> Account {
    match name.split_once(':') {
        Some(("escrow", request)) => Account::Escrow(request.parse().expect("a number")),
        Some(("user", name)) => {
            let place = ["ana", "bo", "cy", "di"].iter().position(|known| *known == name);
            Account::Person(1 + place.expect("somebody of the fixture") as i64)
        }
        _ => Account::Issuance,
    }
}

on_both!(the_published_history_has_the_published_balances, |app| async move {
    for step in oracle()["ledger_steps"].as_array().expect("steps").clone() {
        let key = step["key"].as_str().expect("a key").to_owned();
        let entries: Vec<(Account, i64)> = step["postings"]
            .as_array()
            .expect("postings")
            .iter()
            .map(|p| (account(p[0].as_str().expect("a name")), p[1].as_i64().expect("credits")))
            .collect();
        let at = app.now();
        let posted = match key.strip_prefix("reverse:") {
            Some(key) => {
                let key = key.to_owned();
                app.tell(move |c| store::reverse(c, &key, at)).await
            }
            None => {
                let transaction = Transaction { key, reason: Reason::Correction, entries, at };
                app.tell(move |c| store::post(c, &transaction)).await
            }
        };
        let expected = step["result"].as_str().expect("a result");
        assert_eq!(matches!(posted, Posted::New(_)), expected == "ok", "{step}");
        let balances: BTreeMap<Account, i64> = step["balances"]
            .as_object()
            .expect("balances")
            .iter()
            .map(|(name, balance)| (account(name), balance.as_i64().expect("credits")))
            .collect();
        let (replayed, kept, check) = app
            .ask({
                let accounts: Vec<Account> = balances.keys().copied().collect();
                move |c| {
                    let kept = accounts
                        .iter()
                        .map(|account| Ok((*account, store::balance(c, *account)?)))
                        .collect::<diesel::QueryResult<BTreeMap<_, _>>>()?;
                    Ok((store::replay(c)?, kept, store::check(c)?))
                }
            })
            .await;
        assert_eq!(replayed, balances, "{step}");
        assert_eq!(kept, balances, "{step}");
        assert!(check.is_whole(), "{check}");
        assert_eq!(kept.values().sum::<i64>(), step["total"].as_i64().expect("a total"));
    }
});

fn grant(person: i64, credits: i64, key: &str, app: &TestApp) -> Transaction {
    Transaction::grant(key.to_owned(), Reason::Correction, person, credits, app.now())
}

fn payment(from: Account, to: Account, credits: i64, key: &str, app: &TestApp) -> Transaction {
    let reason = match (from, to) {
        (_, Account::Escrow(request)) => Reason::Bounty { request },
        (Account::Escrow(request), _) => Reason::Award { request },
        _ => Reason::Correction,
    };
    Transaction { key: key.to_owned(), reason, entries: vec![(from, -credits), (to, credits)], at: app.now() }
}

on_both!(a_key_takes_effect_once_and_stands_for_one_thing, |app| async move {
    let first = grant(1, 20, "grant:1", &app);
    let same = first.clone();
    let one = app.tell(move |c| store::post(c, &first)).await;
    app.later(5);
    // The time is not part of what it is: an answer that got lost is asked for again later.
    let again = Transaction { at: app.now(), ..same.clone() };
    let two = app.tell(move |c| store::post(c, &again)).await;
    assert_eq!((one, two), (Posted::New(one.id()), Posted::Same(one.id())));
    for other in [
        Transaction { reason: Reason::Welcome, ..same.clone() },
        grant(1, 21, "grant:1", &app),
        grant(2, 20, "grant:1", &app),
    ] {
        let refused = app.db.write(move |c| store::post(c, &other)).await;
        assert!(matches!(refused, Err(AppError::Conflict(_))), "{refused:?}");
    }
    assert_eq!(app.ask(|c| Ok(store::balance(c, Account::Person(1))?)).await, 20);
    assert_eq!(app.count("ledger_transactions").await, 1);
});

on_both!(nobody_pays_what_they_do_not_hold, |app| async move {
    let given = grant(1, 20, "grant:1", &app);
    app.tell(move |c| store::post(c, &given)).await;
    let too_much = payment(Account::Person(1), Account::Escrow(7), 21, "bounty:7", &app);
    let refused = app.db.write(move |c| store::post(c, &too_much)).await.expect_err("too much");
    let words = refused.to_string();
    assert!(words.contains("takes 21 credits and the balance is 20"), "{words}");
    assert_eq!(actix_web::ResponseError::status_code(&refused).as_u16(), 409);
    assert_eq!(app.count("ledger_transactions").await, 1, "nothing of it is kept");
    assert_eq!(app.count("ledger_entries").await, 2);
    // The key is free again: the same form with fewer credits goes through.
    let fits = payment(Account::Person(1), Account::Escrow(7), 20, "bounty:7", &app);
    app.tell(move |c| store::post(c, &fits)).await;
    for _ in 0..2 {
        let award = payment(Account::Escrow(7), Account::Person(2), 20, "bounty:7:award", &app);
        app.tell(move |c| store::post(c, &award)).await;
    }
    let twice = payment(Account::Escrow(7), Account::Person(3), 20, "bounty:7:again", &app);
    assert!(matches!(app.db.write(move |c| store::post(c, &twice)).await, Err(AppError::Conflict(_))));
    assert_eq!(app.ask(|c| Ok(store::balance(c, Account::Escrow(7))?)).await, 0);
    assert!(app.ask(|c| Ok(store::check(c)?)).await.is_whole());
});

on_both!(what_was_posted_cannot_be_changed, |app| async move {
    let given = grant(1, 20, "grant:1", &app);
    app.tell(move |c| store::post(c, &given)).await;
    for statement in [
        "UPDATE ledger_entries SET amount = 1000 WHERE amount = 20",
        "UPDATE ledger_entries SET id = id + 1",
        "DELETE FROM ledger_entries",
        "UPDATE ledger_transactions SET reason = 'welcome'",
        "DELETE FROM ledger_transactions",
    ] {
        let done = app.db.write(move |c| Ok(diesel::sql_query(statement).execute(c)?)).await;
        let words = format!("{done:?}");
        assert!(done.is_err() && words.contains("append-only"), "{statement}: {words}");
    }
    let owing = "UPDATE ledger_accounts SET balance = -1 WHERE kind = 'person'";
    let done = app.db.write(move |c| Ok(diesel::sql_query(owing).execute(c)?)).await;
    assert!(done.is_err(), "a person may not owe, whoever writes it");
    assert!(app.ask(|c| Ok(store::check(c)?)).await.is_whole());
});

on_both!(the_check_and_its_job_find_what_does_not_agree, |app| async move {
    let given = grant(1, 20, "grant:1", &app);
    app.tell(move |c| store::post(c, &given)).await;
    let times =
        tradewind::jobs::Times { now: app.now(), calendar: app.calendar(), config: app.config.clone() };
    let job = tradewind::ledger::jobs::CHECK;
    let at = times.clone();
    let note = app.tell(move |c| (job.run)(c, &at)).await;
    assert_eq!(note, "1 transactions on 2 accounts: all balances are the sums of their entries, together 0");
    for (statement, problem) in [
        ("UPDATE ledger_accounts SET balance = 21 WHERE kind = 'person'", "1 balances differ"),
        (
            "INSERT INTO ledger_entries (transaction_id, account_id, amount, balance) \
             SELECT 1, id, 5, 99 FROM ledger_accounts WHERE kind = 'person'",
            "1 transactions are unbalanced",
        ),
    ] {
        app.tell(move |c| Ok(diesel::sql_query(statement).execute(c)?)).await;
        let at = times.clone();
        let words = app.db.write(move |c| (job.run)(c, &at)).await.expect_err("a finding").to_string();
        assert!(words.contains(problem), "{words}");
    }
    let check = app.ask(|c| Ok(store::check(c)?)).await;
    assert_eq!((check.broken, check.sum), (1, 1), "{check}");
});

on_both!(a_reversal_takes_back_no_more_than_is_there, |app| async move {
    let given = grant(1, 9, "earn:1:2026-10-26", &app);
    let spent = payment(Account::Person(1), Account::Escrow(7), 4, "bounty:7", &app);
    app.tell(move |c| store::post_all(c, &[given.clone(), spent.clone()])).await;
    let at = app.now();
    let whole = app.db.write(move |c| store::reverse(c, "earn:1:2026-10-26", at)).await;
    assert!(matches!(whole, Err(AppError::NotEnough { balance: 5, needed: 9 })), "{whole:?}");
    for _ in 0..2 {
        let taken = app.tell(move |c| store::take_back(c, "earn:1:2026-10-26", at)).await;
        assert_eq!((taken.credits, taken.shortfall), (5, 4), "once, however often");
    }
    assert_eq!(app.ask(|c| Ok(store::balance(c, Account::Person(1))?)).await, 0);
    let (lines, _) = app.ask(|c| store::lines(c, 1, None, 10)).await;
    assert_eq!(lines[0].reversed, Some(Reason::Correction));
    let unknown = app.db.write(move |c| store::take_back(c, "earn:2", at)).await;
    assert!(matches!(unknown, Err(AppError::NotFound)));
    // Nothing left: nothing is posted.
    let given = grant(2, 3, "earn:2", &app);
    let spent = payment(Account::Person(2), Account::Escrow(8), 3, "bounty:8", &app);
    app.tell(move |c| store::post_all(c, &[given.clone(), spent.clone()])).await;
    let taken = app.tell(move |c| store::take_back(c, "earn:2", at)).await;
    assert_eq!((taken.transaction, taken.credits, taken.shortfall), (None, 0, 3));
    assert!(app.ask(|c| Ok(store::check(c)?)).await.is_whole());
});

on_both!(many_at_once_are_posted_as_one_by_one, |app| async move {
    // One is there already, with the same content.
    let there = grant(3, 3, "earn:3", &app);
    app.tell(move |c| store::post(c, &there).map(|_| ())).await;
    let mut many: Vec<Transaction> =
        (1..=20).map(|person| grant(person, person, &format!("earn:{person}"), &app)).collect();
    many.push(grant(7, 7, "earn:7", &app));
    many.push(payment(Account::Person(20), Account::Escrow(9), 15, "bounty:9", &app));
    many.push(payment(Account::Person(19), Account::Escrow(9), 4, "bounty:9:2", &app));
    let again = many.clone();
    let posted = app.tell(move |c| store::post_all(c, &many)).await;
    let new: Vec<bool> = posted.iter().map(|one| matches!(one, Posted::New(_))).collect();
    let expected: Vec<bool> = (0..23).map(|at| at != 2 && at != 20).collect();
    assert_eq!(new, expected);
    assert_eq!(posted[20], Posted::Same(posted[6].id()));
    let balances = || async {
        let mut held = Vec::new();
        for account in (1..=20).map(Account::Person).chain([Account::Escrow(9), Account::Issuance]) {
            held.push(app.ask(move |c| Ok(store::balance(c, account)?)).await);
        }
        held
    };
    let mut right: Vec<i64> = (1..=18).collect();
    right.extend([15, 5, 19, -210]);
    assert_eq!(balances().await, right);
    let same = again.clone();
    let posted = app.tell(move |c| store::post_all(c, &same)).await;
    assert!(posted.iter().all(|one| matches!(one, Posted::Same(_))), "{posted:?}");
    assert_eq!(balances().await, right);

    // One among many that asks for too much keeps all of them back, as does one with another content.
    let more = |key: &str| -> Vec<Transaction> {
        (1..=20).map(|person| grant(person, 1, &format!("{key}:{person}"), &app)).collect()
    };
    let mut many = more("more");
    many.push(payment(Account::Person(1), Account::Escrow(9), 3, "bounty:9:3", &app));
    let done = app.db.write(move |c| store::post_all(c, &many)).await;
    assert!(matches!(done, Err(AppError::NotEnough { balance: 2, needed: 3 })), "{done:?}");
    let mut many = more("more");
    many[11] = grant(12, 1, "earn:4", &app);
    let done = app.db.write(move |c| store::post_all(c, &many)).await;
    assert!(matches!(done, Err(AppError::Conflict(_))), "{done:?}");
    assert_eq!(balances().await, right);
    assert!(app.ask(|c| Ok(store::check(c)?)).await.is_whole());
});

on_both!(an_account_is_read_page_by_page, |app| async move {
    for day in 0..7 {
        let given = grant(1, 1, &format!("grant:{day}"), &app);
        let other = grant(2, 5, &format!("other:{day}"), &app);
        app.tell(move |c| store::post_all(c, &[given.clone(), other.clone()])).await;
        app.days_later(1);
    }
    let mut all: Vec<Line> = Vec::new();
    let mut after = None;
    loop {
        let (lines, next) = app.ask(move |c| store::lines(c, 1, after.as_ref(), 3)).await;
        all.extend(lines);
        if next.is_none() {
            break;
        }
        after = next;
    }
    let balances: Vec<i64> = all.iter().map(|line| line.balance).collect();
    assert_eq!(balances, [7, 6, 5, 4, 3, 2, 1]);
    assert!(all.iter().all(|line| line.amount == 1));
    assert!(app.ask(|c| store::lines(c, 3, None, 3)).await.0.is_empty());
});

on_both!(everybody_begins_with_a_grant_once, |app| async move {
    let at = app.now();
    let credits = CreditPolicy::default();
    app.tell(move |c| store::welcome_all(c, &credits, &[1, 2, 3], at)).await;
    for _ in 0..2 {
        // A setting changed later gives nobody more.
        let more = CreditPolicy { welcome: 30, ..credits };
        app.tell(move |c| store::welcome(c, &more, 2, at)).await;
    }
    assert_eq!(app.ask(|c| Ok(store::balance(c, Account::Person(2))?)).await, 20);
    assert_eq!(app.ask(|c| Ok(store::issued(c)?)).await, 60);
    let off = CreditPolicy { on: false, ..credits };
    app.tell(move |c| store::welcome(c, &off, 4, at)).await;
    assert_eq!(app.count("ledger_transactions").await, 3);
});

on_both!(fifty_at_once_from_two_nodes_spend_what_is_there, |app| async move {
    let other = app.node(|_| ()).await;
    let given = grant(1, 20, "grant:1", &app);
    app.tell(move |c| store::post(c, &given)).await;
    let spends = (0..50).map(|n| {
        let spend = payment(Account::Person(1), Account::Escrow(n % 3), 1, &format!("spend:{n}"), &app);
        let node = if n % 2 == 0 { app.clone() } else { other.clone() };
        async move { node.db.write(move |c| store::post(c, &spend)).await }
    });
    let outcomes = at_once(spends).await;
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused =
        outcomes.iter().filter(|outcome| matches!(outcome, Err(AppError::NotEnough { .. }))).count();
    assert_eq!((done, refused), (20, 30), "{outcomes:?}");
    assert_eq!(app.ask(|c| Ok(store::balance(c, Account::Person(1))?)).await, 0);
    // One key, fifty times: one transaction.
    let given = grant(1, 5, "grant:again", &app);
    let same = (0..50).map(|n| {
        let (given, node) = (given.clone(), if n % 2 == 0 { app.clone() } else { other.clone() });
        async move { node.db.write(move |c| store::post(c, &given)).await.expect("the same") }
    });
    let new = at_once(same).await.iter().filter(|posted| matches!(posted, Posted::New(_))).count();
    assert_eq!(new, 1);
    let check = app.ask(|c| Ok(store::check(c)?)).await;
    assert!(check.is_whole(), "{check}");
});

/// Runs them all at the same time, on this thread.
async fn at_once<F: Future + 'static>(futures: impl Iterator<Item = F>) -> Vec<F::Output>
where
    F::Output: 'static,
{
    let handles: Vec<_> = futures.map(actix_rt::spawn).collect();
    let mut outcomes = Vec::new();
    for handle in handles {
        outcomes.push(handle.await.expect("a result"));
    }
    outcomes
}

on_both!(credits_come_with_the_first_sign_in_or_the_import, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    assert_eq!(app.count("ledger_transactions").await, 0, "nobody has signed in");
    let stranger = app.stranger();
    for _ in 0..2 {
        let page = stranger.get("/sign-in").await;
        let answer = stranger
            .submit(&page, "form[action='/sign-in']", &[("email", &ann.email), ("password", PASSWORD)])
            .await;
        assert_eq!(answer.status, 303, "{answer:?}");
        stranger.post("/sign-out", &[]).await;
    }
    let id = ann.id;
    assert_eq!(app.ask(move |c| Ok(store::balance(c, Account::Person(id))?)).await, 20);
    assert_eq!(app.count("ledger_transactions").await, 1);
});
