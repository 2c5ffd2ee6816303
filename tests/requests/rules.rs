//! The stores: each movement of credits, each end, and many at once.

use chrono::Duration;
use diesel::prelude::*;
use tradewind::accounts;
use tradewind::customers::{self, follows};
use tradewind::db::schema::{notice_events, rating_standings, request_events, requests};
use tradewind::error::AppError;
use tradewind::ledger::store::{balance, check, post};
use tradewind::ledger::{Account, Reason, Transaction};
use tradewind::policy::Policy;
use tradewind::requests::request::{Refusal, State};
use tradewind::requests::store::{self, Draft};
use tradewind::requests::ticket;

use crate::support::*;

pub async fn give(app: &TestApp, person: &Visitor, credits: i64) {
    let (id, at) = (person.id, app.now());
    let grant = Transaction::grant(format!("grant:test:{id}:{credits}"), Reason::Correction, id, credits, at);
    app.tell(move |c| post(c, &grant).map(|_| ())).await;
}

pub async fn holds(app: &TestApp, person: &Visitor) -> i64 {
    let id = person.id;
    app.ask(move |c| Ok(balance(c, Account::Person(id))?)).await
}

pub async fn escrow(app: &TestApp, id: i64) -> i64 {
    app.ask(move |c| Ok(balance(c, Account::Escrow(id))?)).await
}

pub async fn state(app: &TestApp, id: i64) -> State {
    let name: String = app.ask(move |c| Ok(requests::table.find(id).select(requests::state).first(c)?)).await;
    State::named(&name).expect("a state")
}

pub async fn is_whole(app: &TestApp) {
    let found = app.ask(|c| Ok(check(c)?)).await;
    assert!(found.is_whole(), "{found}");
}

/// Begins everything, then waits for it.
async fn at_once<T: 'static>(work: impl Iterator<Item = impl Future<Output = T> + 'static>) -> Vec<T> {
    let begun: Vec<_> = work.map(actix_rt::spawn).collect();
    let mut done = Vec::new();
    for one in begun {
        done.push(one.await.expect("it ends"));
    }
    done
}

fn policy() -> Policy {
    Policy::default()
}

/// A request asked now, with a bounty.
pub async fn asked(app: &TestApp, who: &Visitor, question: &str, bounty: i64) -> i64 {
    asked_with(app, who, question, bounty, |_| ()).await
}

async fn asked_with(
    app: &TestApp,
    who: &Visitor,
    question: &str,
    bounty: i64,
    adjust: impl FnOnce(&mut Draft),
) -> i64 {
    let mut draft = Draft { question: question.into(), bounty, ..Draft::default() };
    adjust(&mut draft);
    let actor = app.acting(who);
    app.tell(move |c| store::open(c, &actor, &draft, &policy())).await
}

/// Links an insight.
async fn answered(app: &TestApp, who: &Visitor, id: i64, insight: i64) {
    let actor = app.acting(who);
    let told = app.tell(move |c| store::answer(c, &actor, id, insight, &policy())).await;
    assert_eq!(told, Ok(true));
}

async fn funded(app: &TestApp, who: &Visitor, id: i64, credits: i64) {
    let actor = app.acting(who);
    assert_eq!(app.tell(move |c| store::cofund(c, &actor, id, credits, &policy())).await, Ok(()));
}

async fn award(app: &TestApp, who: &Visitor, id: i64, chosen: Vec<(i64, i64)>) -> Result<Vec<i64>, Refusal> {
    let actor = app.acting(who);
    app.tell(move |c| store::award(c, &actor, id, &chosen, &policy()))
        .await
        .map(|paid| paid.iter().map(|paid| paid.credits).collect())
}

async fn tick(app: &TestApp) -> (i64, i64) {
    let (now, calendar) = (app.now(), app.calendar());
    app.tell(move |c| store::tick(c, now, calendar, &policy())).await
}

/// Opens and rates an insight.
async fn rated(app: &TestApp, who: &Visitor, insight: i64, stars: i32) {
    let actor = app.acting(who);
    app.tell(move |c| {
        tradewind::flow::store::record_access(c, &actor, insight)?;
        Ok(())
    })
    .await;
    let answer = who.post(&format!("/insights/{insight}/rating"), &[("value", &stars.to_string())]).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.body);
}

/// What somebody was told, by the keys of the events.
async fn told(app: &TestApp, who: &Visitor) -> Vec<String> {
    let id = who.id;
    app.ask(move |c| {
        Ok(notice_events::table
            .filter(notice_events::person_id.eq(id))
            .order(notice_events::key)
            .select(notice_events::key)
            .load(c)?)
    })
    .await
}

on_both!(a_bounty_is_split_over_answers, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Support").await);
    let cid = app.manager("Cid Person", "Support").await;
    give(&app, &ann, 30).await;
    give(&app, &cid, 10).await;
    let id = asked(&app, &ann, "Why do controllers print our invoices?", 20).await;
    assert_eq!((holds(&app, &ann).await, escrow(&app, id).await), (10, 20));
    funded(&app, &cid, id, 5).await;
    let one = app.insight(&bob, "They file them by contract").await;
    let dee = app.employee("Dee Sample", "Product").await;
    let two = app.insight(&dee, "The portal shows one page at a time").await;
    answered(&app, &bob, id, one).await;
    answered(&app, &ann, id, two).await;
    assert_eq!(award(&app, &ann, id, vec![(one, 2), (two, 1)]).await, Ok(vec![17, 8]));
    assert_eq!(state(&app, id).await, State::Awarded);
    assert_eq!((escrow(&app, id).await, holds(&app, &bob).await, holds(&app, &dee).await), (0, 17, 8));
    assert_eq!(award(&app, &ann, id, vec![(one, 1)]).await, Err(Refusal::Closed));
    is_whole(&app).await;
    // Everybody heard of what was theirs.
    assert_eq!(told(&app, &ann).await, [format!("request:{id}:answer:{one}")]);
    assert_eq!(
        told(&app, &cid).await,
        [format!("request:{id}:answer:{one}"), format!("request:{id}:answer:{two}")]
    );
    assert_eq!(
        told(&app, &dee).await,
        [format!("request:{id}:answer:{two}"), format!("request:{id}:award:{two}")]
    );
    // The department and the flag of the time of each line.
    let cid_id = cid.id;
    let lines: Vec<(String, Option<i64>, bool)> = app
        .ask(move |c| {
            Ok(request_events::table
                .filter(request_events::actor_id.eq(cid_id))
                .select((request_events::kind, request_events::department_id, request_events::manager))
                .load(c)?)
        })
        .await;
    assert_eq!(lines, [("funded".to_owned(), Some(cid.department_id), true)]);
});

on_both!(nobody_spends_what_they_do_not_have, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    give(&app, &ann, 12).await;
    let actor = app.acting(&ann);
    let draft = Draft { question: "Who buys crates?".into(), bounty: 13, ..Draft::default() };
    let again = draft.clone();
    let refused = app.db.write(move |c| store::open(c, &actor, &again, &policy())).await;
    assert!(matches!(refused, Err(AppError::NotEnough { balance: 12, needed: 13 })), "{refused:?}");
    assert_eq!(app.count("requests").await, 0);
    for bounty in [4, 51] {
        let draft = Draft { bounty, ..draft.clone() };
        let refused = app.db.write(move |c| store::open(c, &actor, &draft, &policy())).await;
        assert!(matches!(refused, Err(AppError::BadRequest(_))), "{bounty}: {refused:?}");
    }
    is_whole(&app).await;
});

on_both!(three_are_open_at_a_time, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    give(&app, &ann, 100).await;
    let other = app.node(|_| ()).await;
    let actor = app.acting(&ann);
    let asks = (0..12).map(|n| {
        let node = if n % 2 == 0 { &app } else { &other };
        let draft = Draft { question: format!("Question {n}"), bounty: 5, ..Draft::default() };
        let db = node.db.clone();
        async move { db.write(move |c| store::open(c, &actor, &draft, &policy())).await }
    });
    let opened = at_once(asks).await;
    let fine: Vec<i64> = opened.into_iter().filter_map(Result::ok).collect();
    assert_eq!(fine.len(), 3);
    assert_eq!((holds(&app, &ann).await, app.count("requests").await), (85, 3));
    // One taken back makes room for one.
    let id = fine[0];
    assert_eq!(app.tell(move |c| store::cancel(c, &actor, id, &policy())).await, Ok(()));
    assert_eq!(holds(&app, &ann).await, 90);
    asked(&app, &ann, "Another", 5).await;
    is_whole(&app).await;
});

on_both!(of_fifty_at_once_one_ends_it, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Support").await);
    give(&app, &ann, 50).await;
    give(&app, &bob, 50).await;
    let other = app.node(|_| ()).await;
    for answers in [false, true] {
        let id = asked(&app, &ann, "Why do they print?", 20).await;
        let insight = app.insight(&bob, "They file them").await;
        let third = app.employee(if answers { "Cid Person" } else { "Dee Person" }, "Finance").await;
        if answers {
            answered(&app, &third, id, insight).await;
        }
        let before = holds(&app, &ann).await;
        let (asker, funder) = (app.acting(&ann), app.acting(&third));
        give(&app, &third, 100).await;
        let acts = (0..50).map(|n| {
            let node = if n % 2 == 0 { &app } else { &other };
            let db = node.db.clone();
            let act = move |c: &mut tradewind::db::Conn| {
                Ok(match n % 5 {
                    0 => store::cancel(c, &asker, id, &policy())?.is_ok(),
                    1 | 2 => store::award(c, &asker, id, &[(insight, 1)], &policy())?.is_ok(),
                    // What comes before the end is in it, what comes after is refused.
                    _ => {
                        let _ = store::cofund(c, &funder, id, 1, &policy())?;
                        false
                    }
                })
            };
            async move { db.write(act).await }
        });
        let ended = at_once(acts).await;
        let winners = ended.iter().filter(|outcome| matches!(outcome, Ok(true))).count();
        assert_eq!(winners, 1, "answered: {answers}, {ended:?}");
        assert!(ended.iter().all(Result::is_ok), "{ended:?}");
        assert_eq!(escrow(&app, id).await, 0);
        let paid = 100 - holds(&app, &third).await;
        if answers {
            assert_eq!(state(&app, id).await, State::Awarded);
            assert_eq!(holds(&app, &bob).await, 50 + 20 + paid);
        } else {
            assert_eq!(state(&app, id).await, State::Cancelled);
            assert_eq!((holds(&app, &ann).await, paid), (before + 20, 0));
        }
        is_whole(&app).await;
    }
});

on_both!(what_its_asker_forgets_the_ratings_award, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Support").await);
    give(&app, &ann, 20).await;
    let id = asked(&app, &ann, "Why do they print?", 20).await;
    let insight = app.insight(&bob, "They file them").await;
    answered(&app, &bob, id, insight).await;
    for (name, department) in [
        ("Cid Person", "Finance"),
        ("Dee Person", "Product"),
        ("Eve Person", "Operations"),
        ("Fay Person", "IT"),
    ] {
        let rater = app.employee(name, department).await;
        rated(&app, &rater, insight, 5).await;
    }
    app.days_later(14);
    assert_eq!(tick(&app).await, (0, 0), "seven days of grace");
    assert_eq!(told(&app, &ann).await.iter().filter(|key| key.contains(":passed:")).count(), 1);
    app.days_later(6);
    assert_eq!(tick(&app).await, (0, 0));
    app.days_later(1);
    let other = app.node(|_| ()).await;
    let (mine, yours) = tokio::join!(tick(&app), tick(&other));
    assert_eq!(mine.0 + yours.0, 1, "once, whoever comes first");
    assert_eq!(tick(&app).await, (0, 0));
    assert_eq!(state(&app, id).await, State::AutoAwarded);
    assert_eq!((escrow(&app, id).await, holds(&app, &bob).await), (0, 20));
    is_whole(&app).await;
});

on_both!(without_a_good_answer_everybody_has_theirs_back, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Support").await);
    let cid = app.employee("Cid Person", "Finance").await;
    give(&app, &ann, 20).await;
    give(&app, &cid, 20).await;
    let id = asked(&app, &ann, "Why do they print?", 15).await;
    funded(&app, &cid, id, 7).await;
    let insight = app.insight(&bob, "They file them").await;
    answered(&app, &bob, id, insight).await;
    // The funder's rating is no third person's.
    rated(&app, &cid, insight, 5).await;
    rated(&app, &ann, insight, 5).await;
    // Who asked leaves, and who pays too: the clock decides all the same, and their accounts are whole.
    let (ann_id, cid_id, now, today) = (ann.id, cid.id, app.now(), app.calendar().day(app.now()));
    app.tell(move |c| {
        accounts::store::disable(c, ann_id, now, today)?;
        accounts::store::disable(c, cid_id, now, today)?;
        Ok(())
    })
    .await;
    app.days_later(21);
    assert_eq!(tick(&app).await, (0, 1));
    assert_eq!(state(&app, id).await, State::Expired);
    assert_eq!((escrow(&app, id).await, holds(&app, &ann).await, holds(&app, &cid).await), (0, 20, 20));
    is_whole(&app).await;
});

on_both!(a_withdrawn_answer_is_none, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Support").await);
    let cur = app.curator("Cur Ator", "Product").await;
    give(&app, &ann, 40).await;
    for (name, by_author) in [("by its author", true), ("by a curator", false)] {
        let id = asked(&app, &ann, name, 5).await;
        let insight = app.insight(&bob, "They file them").await;
        answered(&app, &bob, id, insight).await;
        let actor = app.acting(&ann);
        let refused = app.tell(move |c| store::cancel(c, &actor, id, &policy())).await;
        assert_eq!(refused, Err(Refusal::AnsweredAlready), "{name}");
        app.later(15);
        // The last round was weeks ago: their sessions have ended.
        let who = app.another_browser(if by_author { &bob } else { &cur }).await;
        let gone = who.post(&format!("/insights/{insight}/withdrawal"), &[("reason", "wrong")]).await;
        assert_eq!(gone.status.as_u16(), 303);
        assert_eq!(award(&app, &ann, id, vec![(insight, 1)]).await, Err(Refusal::NoSuchAnswer), "{name}");
        let actor = app.acting(&ann);
        let cancelled = app.tell(move |c| store::cancel(c, &actor, id, &policy())).await;
        // What others took away from its author does not free the asker.
        assert_eq!(cancelled, if by_author { Ok(()) } else { Err(Refusal::AnsweredAlready) }, "{name}");
        app.days_later(21);
        tick(&app).await;
        assert_eq!(escrow(&app, id).await, 0);
    }
    assert_eq!(holds(&app, &ann).await, 40);
    is_whole(&app).await;
});

on_both!(two_who_pay_each_other_need_a_third, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Support").await);
    give(&app, &ann, 100).await;
    give(&app, &bob, 100).await;
    let mut turn = (&ann, &bob);
    for n in 0..3 {
        let (asker, author) = turn;
        let id = asked(&app, asker, &format!("Question {n}"), 5).await;
        let insight = app.insight(author, &format!("Answer {n}")).await;
        answered(&app, author, id, insight).await;
        let outcome = award(&app, asker, id, vec![(insight, 1)]).await;
        if n < 2 {
            assert_eq!(outcome, Ok(vec![5]), "{n}");
        } else {
            assert_eq!(outcome, Err(Refusal::NeedsThirdRater));
            let third = app.employee("Cid Person", "Finance").await;
            rated(&app, &third, insight, 2).await;
            // One that does not count is nobody's.
            let third = third.id;
            app.tell(move |c| {
                let void = (
                    rating_standings::insight_id.eq(insight),
                    rating_standings::person_id.eq(third),
                    rating_standings::case_id.eq(9),
                    rating_standings::standing.eq("void"),
                );
                Ok(diesel::insert_into(rating_standings::table).values(void).execute(c)?)
            })
            .await;
            assert_eq!(award(&app, asker, id, vec![(insight, 1)]).await, Err(Refusal::NeedsThirdRater));
            app.tell(|c| Ok(diesel::delete(rating_standings::table).execute(c)?)).await;
            assert_eq!(award(&app, asker, id, vec![(insight, 1)]).await, Ok(vec![5]));
        }
        turn = (turn.1, turn.0);
        app.later(5);
    }
    // Thirty days later they begin anew.
    app.days_later(31);
    let id = asked(&app, &ann, "Later", 5).await;
    let insight = app.insight(&bob, "Later still").await;
    answered(&app, &bob, id, insight).await;
    assert_eq!(award(&app, &ann, id, vec![(insight, 1)]).await, Ok(vec![5]));
    is_whole(&app).await;
});

on_both!(a_third_persons_rating_of_a_merged_answer_is_one_of_what_stands_for_it, |app| async move {
    let (ann, bob) =
        (app.employee("Ann Sample", "Sales").await, app.employee("Bob Example", "Support").await);
    let (dee, cur) = (app.employee("Dee Person", "Product").await, app.curator("Cur Ator", "Product").await);
    give(&app, &ann, 100).await;
    for n in 0..2 {
        let id = asked(&app, &ann, &format!("Question {n}"), 5).await;
        let insight = app.insight(&bob, &format!("Answer {n}")).await;
        answered(&app, &bob, id, insight).await;
        assert_eq!(award(&app, &ann, id, vec![(insight, 1)]).await, Ok(vec![5]), "{n}");
    }
    let id = asked(&app, &ann, "Question 2", 5).await;
    let (gone, kept) = (app.insight(&bob, "They file them").await, app.insight(&dee, "They file it").await);
    answered(&app, &bob, id, gone).await;
    assert_eq!(award(&app, &ann, id, vec![(gone, 1)]).await, Err(Refusal::NeedsThirdRater));
    // Of the two who rate it one pays and one becomes an author of what stands for it.
    rated(&app, &ann, gone, 4).await;
    rated(&app, &dee, gone, 4).await;
    let curator = app.acting(&cur);
    app.tell(move |c| tradewind::archive::store::merging::merge(c, &curator, kept, gone)).await;
    assert_eq!(award(&app, &ann, id, vec![(gone, 1)]).await, Err(Refusal::NeedsThirdRater));
    app.tell(move |c| {
        use tradewind::db::schema::ratings;
        // Somebody else had rated the merged one before it was.
        diesel::update(
            ratings::table.filter(ratings::insight_id.eq(gone).and(ratings::person_id.eq(dee.id))),
        )
        .set(ratings::person_id.eq(cur.id))
        .execute(c)?;
        Ok(())
    })
    .await;
    assert_eq!(award(&app, &ann, id, vec![(gone, 1)]).await, Ok(vec![5]));
    is_whole(&app).await;
});

on_both!(requests_reach_those_who_may_know, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let asked_of = app.employee("Bob Example", "Service/North").await;
    let follower = app.employee("Cid Person", "Finance").await;
    let author = app.employee("Dee Person", "Product").await;
    let stranger = app.employee("Eve Person", "Services").await;
    app.insight_with(&author, "Ottermoor prints everything", |draft| {
        draft.customer = "Ottermoor Foods".into()
    })
    .await;
    let (id, at) = (follower.id, app.now());
    app.tell(move |c| {
        let topic = customers::store::tag(c, "invoices", None, at)?;
        follows::follow(c, id, follows::Kind::Topic, topic, at)?;
        Ok(())
    })
    .await;
    let today = app.calendar().day(app.now());
    let service = app.tell(move |c| accounts::store::department(c, "Service", today)).await;
    give(&app, &ann, 20).await;
    let request = asked_with(&app, &ann, "Why do they print invoices?", 10, |draft| {
        draft.customer = "ottermoor foods".into();
        draft.tags = vec!["Invoices".into()];
        draft.departments = vec![service];
    })
    .await;
    let wanted = |who: &Visitor| {
        let (id, now, calendar) = (who.id, app.now(), app.calendar());
        app.ask(move |c| {
            let path: String = {
                use tradewind::db::schema::{departments, people};
                people::table
                    .inner_join(departments::table)
                    .filter(people::id.eq(id))
                    .select(departments::path)
                    .first(c)?
            };
            let row = accounts::store::person(c, id)?;
            let person = accounts::person::Person {
                id,
                email: row.email,
                name: row.name,
                role: row.role,
                department_id: row.department_id,
                department: path,
                manager: row.manager,
                unread: 0,
                wanted: 0,
            };
            let tickets = ticket::wanted(c, &person, now, calendar, 10)?;
            let count = store::wanted_count(c, &person, now)?;
            assert_eq!(count, tickets.len() as i64);
            Ok(tickets.into_iter().map(|ticket| (ticket.id, ticket.because)).collect::<Vec<_>>())
        })
    };
    assert_eq!(wanted(&ann).await, [], "not who asked");
    assert_eq!(wanted(&asked_of).await, [(request, "your department was asked")]);
    assert_eq!(wanted(&follower).await, [(request, "you follow it")]);
    assert_eq!(wanted(&author).await, [(request, "you have shared about it")]);
    assert_eq!(wanted(&stranger).await, [], "Services is not below Service");
    for (who, tells) in [(&asked_of, 1), (&follower, 1), (&author, 1), (&stranger, 0), (&ann, 0)] {
        assert_eq!(told(&app, who).await.len(), tells, "{}", who.name);
    }
    // The department is renamed: its people are those of the one that came after it.
    app.tell(move |c| {
        let to = accounts::department::DepartmentPath::parse("Field service").expect("a path");
        accounts::store::relocate(c, service, &to, today)?;
        Ok(())
    })
    .await;
    assert_eq!(wanted(&asked_of).await, [(request, "your department was asked")]);
    // Who has answered is not asked any more, and nobody is after the end.
    let insight = app.insight(&asked_of, "They file them").await;
    answered(&app, &asked_of, request, insight).await;
    assert_eq!(wanted(&asked_of).await, []);
    app.days_later(14);
    assert_eq!(wanted(&author).await, []);
});

on_both!(an_extension_gives_a_week_once, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    give(&app, &ann, 10).await;
    let id = asked(&app, &ann, "Why do they print?", 10).await;
    app.days_later(13);
    tick(&app).await;
    let soon = told(&app, &ann).await;
    assert_eq!(soon.iter().filter(|key| key.contains(":soon:")).count(), 1, "{soon:?}");
    let actor = app.acting(&ann);
    let until = app.tell(move |c| store::extend(c, &actor, id, &policy())).await.expect("more time");
    assert_eq!(until, app.now() + Duration::days(8));
    let again = app.tell(move |c| store::extend(c, &actor, id, &policy())).await;
    assert_eq!(again, Err(Refusal::ExtendedBefore));
    app.days_later(8);
    assert_eq!(tick(&app).await, (0, 0));
    app.days_later(7);
    assert_eq!(tick(&app).await, (0, 1));
    assert_eq!(holds(&app, &ann).await, 10);
    is_whole(&app).await;
});
