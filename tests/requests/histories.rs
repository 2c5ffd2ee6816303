//! Random histories of requests and the ledger under them against the model, shrunk to the shortest that
//! fails.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use tradewind::accounts::person::{Actor, Person, Role};
use tradewind::accounts::store::{NewPerson, add_person, department};
use tradewind::archive;
use tradewind::archive::draft::Draft as Text;
use tradewind::clock::Calendar;
use tradewind::db::schema::{
    insight_authors, insight_values, notice_events, rating_standings, ratings as rating_rows,
    request_answers, request_events, request_funders, requests,
};
use tradewind::db::{Conn, DatabaseUrl};
use tradewind::error::{AppError, AppResult};
use tradewind::ledger::store::{balance, check, post, replay};
use tradewind::ledger::{Account, Reason, Transaction};
use tradewind::market;
use tradewind::policy::Policy;
use tradewind::requests::request::State;
use tradewind::requests::store::{self, Draft, Told};

use super::model::{End, GIVEN, Link, Model, Outcome, PEOPLE, Step};
use crate::support::{Schema, template, temporary_folder};

/// The requests themselves, in step with their own copy of the model.
pub struct World {
    conn: Conn,
    model: Model,
    policy: Policy,
    /// Ids and departments of the people and the curator; ids of insights and requests, by their place.
    people: Vec<(i64, i64)>,
    insights: Vec<i64>,
    requests: Vec<i64>,
    _home: Box<dyn std::any::Any>,
}

/// What a refused step must leave as it was.
#[derive(Debug, PartialEq, Eq)]
struct Lines {
    events: i64,
    notices: i64,
    moves: i64,
}

#[allow(clippy::disallowed_methods)] // one connection alone: no other writer that a deferred BEGIN could meet
fn in_transaction<T>(c: &mut Conn, work: impl FnOnce(&mut Conn) -> AppResult<T>) -> AppResult<T> {
    diesel::Connection::transaction(c, work)
}

fn outcome<T>(told: Told<T>) -> (Outcome, Option<T>) {
    match told {
        Ok(Ok(done)) => (Outcome::Done, Some(done)),
        Ok(Err(_)) => (Outcome::Refused, None),
        Err(error @ (AppError::Internal(_) | AppError::Database(_))) => panic!("{error}"),
        Err(_) => (Outcome::Refused, None),
    }
}

impl World {
    fn new(mut conn: Conn, model: Model, home: Box<dyn std::any::Any>) -> World {
        let (now, today) = (model.now, model.now.date());
        let mut policy = Policy::default();
        policy.credits.on = model.credits;
        let people = (0..=PEOPLE)
            .map(|n| {
                let path = ["Sales", "Support", "Product"][n % 3];
                let department_id = department(&mut conn, path, today).expect("a department");
                let new = NewPerson {
                    email: format!("person{n}@example.com"),
                    name: format!("Person {n}"),
                    role: if n == PEOPLE { Role::Curator } else { Role::Employee },
                    department_id,
                    manager: false,
                    joined_on: None,
                    left_on: None,
                    password_hash: None,
                };
                let id = add_person(&mut conn, &new, now, today).expect("a person");
                if n < PEOPLE && model.credits {
                    let grant = Transaction::grant(format!("grant:{n}"), Reason::Correction, id, GIVEN, now);
                    in_transaction(&mut conn, |c| post(c, &grant)).expect("credits");
                }
                (id, department_id)
            })
            .collect();
        World { conn, model, policy, people, insights: Vec::new(), requests: Vec::new(), _home: home }
    }

    fn actor(&self, who: usize) -> Actor {
        let (person_id, department_id) = self.people[who];
        let at = self.model.now;
        Actor { person_id, department_id, manager: false, at, day: at.date() }
    }

    /// Does to the requests what `step` is; the model stands where it stood before.
    fn run(&mut self, step: &Step) -> Option<Outcome> {
        let policy = self.policy;
        let done = match step {
            Step::Ask { who, bounty } => {
                let (actor, n) = (self.actor(*who), self.requests.len());
                let draft = Draft { question: format!("Question {n}?"), bounty: *bounty, ..Draft::default() };
                let told =
                    in_transaction(&mut self.conn, |c| store::open(c, &actor, &draft, &policy).map(Ok));
                let (done, id) = outcome(told);
                self.requests.extend(id);
                done
            }
            Step::Fund { who, request, credits } => {
                let (actor, id) = (self.actor(*who), self.requests[self.model.request(*request)?]);
                outcome(in_transaction(&mut self.conn, |c| store::cofund(c, &actor, id, *credits, &policy))).0
            }
            Step::AnswerNew { who, with, request } => {
                let (actor, id) = (self.actor(*who), self.requests[self.model.request(*request)?]);
                let with = with.filter(|other| other != who).map(|other| self.people[other].0);
                let title = format!("Answer {}", self.insights.len());
                let told = in_transaction(&mut self.conn, |c| {
                    let insight = shared(c, &actor, title, with)?;
                    // As the page does it: refused, the whole is.
                    store::answer(c, &actor, id, insight, &policy)?.map_err(|refusal| refusal.error())?;
                    Ok(Ok(insight))
                });
                let (done, insight) = outcome(told);
                self.insights.extend(insight);
                done
            }
            Step::AnswerExisting { who, insight, request } => {
                let (actor, id) = (self.actor(*who), self.requests[self.model.request(*request)?]);
                let insight = self.insights[self.model.insight(*insight)?];
                let told = in_transaction(&mut self.conn, |c| store::answer(c, &actor, id, insight, &policy));
                match outcome(told) {
                    (_, Some(false)) => Outcome::Same,
                    (done, _) => done,
                }
            }
            Step::AnswerAgain { who, request, answer } => {
                let request = self.model.request(*request)?;
                let (actor, id) = (self.actor(*who), self.requests[request]);
                let insight = self.insights[self.model.answer(request, *answer)?];
                let told = in_transaction(&mut self.conn, |c| store::answer(c, &actor, id, insight, &policy));
                match outcome(told) {
                    (_, Some(false)) => Outcome::Same,
                    (done, _) => done,
                }
            }
            Step::Unlink { who, request, answer } => {
                let request = self.model.request(*request)?;
                let place = self.model.answer(request, *answer)?;
                let who = who.unwrap_or(self.model.insights[place].authors[0]);
                let (actor, id, insight) = (self.actor(who), self.requests[request], self.insights[place]);
                outcome(in_transaction(&mut self.conn, |c| store::unlink(c, &actor, id, insight, &policy))).0
            }
            Step::Withdraw { insight, by_curator } => {
                let place = self.model.insight(*insight)?;
                let by = if *by_curator { PEOPLE } else { self.model.insights[place].authors[0] };
                self.moved(place, by, |c, actor, insight| {
                    archive::store::withdraw(c, actor, insight, "wrong", false)
                })
            }
            Step::Restore { insight } => {
                let place = self.model.insight(*insight)?;
                self.moved(place, PEOPLE, archive::store::restore)
            }
            Step::Judge { insight, raters, void, lower } => {
                let insight = self.insights[self.model.insight(*insight)?];
                let raters: Vec<Actor> = raters.iter().map(|who| self.actor(*who)).collect();
                let void = self.people.get(*void).map(|(id, _)| *id);
                in_transaction(&mut self.conn, |c| judged(c, insight, &raters, void, *lower))
                    .expect("a judgement");
                Outcome::Done
            }
            Step::Award { who, request, chosen } => {
                let request = self.model.request(*request)?;
                let (actor, id) = (self.actor(self.model.by(*who, request)), self.requests[request]);
                let chosen: Option<Vec<(i64, i64)>> = chosen
                    .iter()
                    .map(|(answer, weight)| {
                        Some((self.insights[self.model.answer(request, *answer)?], *weight))
                    })
                    .collect();
                let chosen = chosen?;
                outcome(in_transaction(&mut self.conn, |c| store::award(c, &actor, id, &chosen, &policy))).0
            }
            Step::Extend { who, request } => {
                let request = self.model.request(*request)?;
                let (actor, id) = (self.actor(self.model.by(*who, request)), self.requests[request]);
                outcome(in_transaction(&mut self.conn, |c| store::extend(c, &actor, id, &policy))).0
            }
            Step::Cancel { who, request } => {
                let request = self.model.request(*request)?;
                let (actor, id) = (self.actor(self.model.by(*who, request)), self.requests[request]);
                outcome(in_transaction(&mut self.conn, |c| store::cancel(c, &actor, id, &policy))).0
            }
            Step::Wait { .. } | Step::WaitFor { .. } => self.model.until(step).map(|_| Outcome::Done)?,
            Step::Tick => {
                let now = self.model.now;
                in_transaction(&mut self.conn, |c| {
                    store::tick(c, now, Calendar { zone: chrono_tz::Tz::UTC }, &policy)
                })
                .expect("a tick");
                Outcome::Done
            }
        };
        Some(done)
    }

    /// Takes an insight out of the archive, or puts it back.
    fn moved(
        &mut self,
        place: usize,
        by: usize,
        work: impl FnOnce(&mut Conn, &Actor, &archive::insight::Insight) -> AppResult<()>,
    ) -> Outcome {
        let (actor, id) = (self.actor(by), self.insights[place]);
        let viewer = Person {
            id: actor.person_id,
            email: String::new(),
            name: String::new(),
            role: Role::Curator,
            department_id: actor.department_id,
            department: String::new(),
            manager: false,
            unread: 0,
            wanted: 0,
        };
        let told = in_transaction(&mut self.conn, |c| {
            let insight = archive::store::insight(c, &viewer, id)?;
            work(c, &actor, &insight).map(Ok)
        });
        outcome(told).0
    }

    fn lines(&mut self) -> Lines {
        Lines {
            events: request_events::table.count().get_result(&mut self.conn).expect("a count"),
            notices: notice_events::table.count().get_result(&mut self.conn).expect("a count"),
            moves: check(&mut self.conn).expect("a check").transactions,
        }
    }
}

/// A new insight, perhaps with a second author.
fn shared(c: &mut Conn, actor: &Actor, title: String, with: Option<i64>) -> AppResult<i64> {
    let insight = archive::store::share(c, actor, &Text { title, ..Text::default() })?;
    market::store::values::start(c, insight, actor.at)?;
    if let Some(other) = with {
        diesel::insert_into(insight_authors::table)
            .values((
                insight_authors::insight_id.eq(insight),
                insight_authors::person_id.eq(other),
                insight_authors::role.eq("corroborator"),
            ))
            .execute(c)?;
    }
    Ok(insight)
}

/// What the market found, without its finding it.
fn judged(c: &mut Conn, insight: i64, raters: &[Actor], void: Option<i64>, lower: i64) -> AppResult<()> {
    let standings = rating_standings::table.filter(rating_standings::insight_id.eq(insight));
    diesel::delete(standings).execute(c)?;
    if let Some(person) = void {
        diesel::insert_into(rating_standings::table)
            .values((
                rating_standings::insight_id.eq(insight),
                rating_standings::person_id.eq(person),
                rating_standings::case_id.eq(9),
                rating_standings::standing.eq("void"),
            ))
            .execute(c)?;
    }
    diesel::delete(rating_rows::table.filter(rating_rows::insight_id.eq(insight))).execute(c)?;
    let given: Vec<market::store::ratings::Given> = raters
        .iter()
        .map(|rater| market::store::ratings::Given {
            insight_id: insight,
            person_id: rater.person_id,
            department_id: rater.department_id,
            manager: false,
            value: 4,
            version: 1,
            blind: true,
            first_at: rater.at,
            at: rater.at,
            day: rater.day,
        })
        .collect();
    market::store::ratings::put_many(c, &given)?;
    diesel::update(insight_values::table.filter(insight_values::insight_id.eq(insight)))
        .set(insight_values::lower_hundredths.eq(lower as i32))
        .execute(c)?;
    Ok(())
}

fn apply(mut world: World, step: &Step) -> World {
    let before = world.lines();
    let done = world.run(step).unwrap_or(Outcome::Nothing);
    let expected = world.model.run(step);
    assert_eq!(done, expected, "{step:?}");
    if done != Outcome::Done {
        assert_eq!(world.lines(), before, "{step:?} was {done:?} and left something");
    }
    agrees(&mut world);
    world
}

/// Everything stands as the model says.
fn agrees(world: &mut World) {
    let World { conn, model, people, insights, requests: ids, .. } = world;
    let person: BTreeMap<i64, usize> = people.iter().map(|(id, _)| *id).zip(0..).collect();
    let place: BTreeMap<i64, usize> = insights.iter().copied().zip(0..).collect();
    type Row = (i64, String, NaiveDateTime, Option<NaiveDateTime>, Option<NaiveDateTime>, i64);
    let rows: Vec<Row> = requests::table
        .order(requests::id)
        .select((
            requests::id,
            requests::state,
            requests::closes_at,
            requests::extended_at,
            requests::closed_at,
            requests::bounty,
        ))
        .load(conn)
        .expect("requests");
    assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), *ids);
    for ((id, state, closes_at, extended_at, closed_at, bounty), expected) in
        rows.into_iter().zip(&model.requests)
    {
        let state = State::named(&state).expect("a state");
        let end = match state {
            State::Open => None,
            State::Awarded => Some(End::Awarded),
            State::AutoAwarded => Some(End::AutoAwarded),
            State::Expired => Some(End::Expired),
            State::Cancelled => Some(End::Cancelled),
        };
        assert_eq!(
            (end.zip(closed_at), closes_at, extended_at.is_some(), bounty),
            (expected.end, expected.closes, expected.extended, expected.bounty()),
            "request {id}"
        );
        let held = balance(conn, Account::Escrow(id)).expect("a balance");
        assert_eq!(held, expected.escrow(), "the escrow of request {id}");
        let funders: Vec<(NaiveDateTime, i64, i64)> = request_funders::table
            .filter(request_funders::request_id.eq(id))
            .order((request_funders::first_at, request_funders::person_id))
            .select((request_funders::first_at, request_funders::person_id, request_funders::credits))
            .load(conn)
            .expect("funders");
        let funders: Vec<_> = funders.into_iter().map(|(at, who, n)| (at, person[&who], n)).collect();
        assert_eq!(funders, expected.put_in, "the funders of request {id}");
        type Answer = (i64, i64, NaiveDateTime, Option<NaiveDateTime>, i32, i64);
        let answers: Vec<Answer> = request_answers::table
            .filter(request_answers::request_id.eq(id))
            .select((
                request_answers::insight_id,
                request_answers::person_id,
                request_answers::at,
                request_answers::withdrawn_at,
                request_answers::weight,
                request_answers::credits,
            ))
            .load(conn)
            .expect("answers");
        let mut links: Vec<Link> = answers
            .into_iter()
            .map(|(insight, by, at, back, weight, paid)| Link {
                insight: place[&insight],
                by: person[&by],
                at,
                taken_back: back.is_some(),
                weight: i64::from(weight),
                paid,
            })
            .collect();
        links.sort_by_key(|link| link.insight);
        let mut expected = expected.links.clone();
        expected.sort_by_key(|link| link.insight);
        assert_eq!(links, expected, "the answers of request {id}");
    }
    let whole = check(conn).expect("a check");
    assert!(whole.is_whole(), "{whole}");
    assert_eq!(whole.transactions, model.moves, "credits moved as often as they should");
    let replayed = replay(conn).expect("a replay");
    assert_eq!(replayed.values().sum::<i64>(), 0);
    for ((id, _), holds) in people.iter().zip(&model.holds) {
        let held = balance(conn, Account::Person(*id)).expect("a balance");
        assert_eq!((held, replayed.get(&Account::Person(*id)).copied().unwrap_or(0)), (*holds, *holds));
    }
}

struct OnSqlite;

impl StateMachineTest for OnSqlite {
    type SystemUnderTest = World;
    type Reference = Model;

    fn init_test(model: &Model) -> World {
        let folder = temporary_folder();
        let file = folder.path().join("requests.db");
        std::fs::write(&file, template()).expect("a copy of the template");
        let conn = Conn::open(&DatabaseUrl::Sqlite(file.display().to_string())).expect("SQLite");
        World::new(conn, model.clone(), Box::new(folder))
    }

    fn apply(world: World, _: &Model, step: Step) -> World {
        apply(world, &step)
    }
}

struct OnPostgres;

impl StateMachineTest for OnPostgres {
    type SystemUnderTest = Option<World>;
    type Reference = Model;

    fn init_test(model: &Model) -> Option<World> {
        let schema = Schema::fresh()?;
        let conn = Conn::open(&DatabaseUrl::Postgres(schema.url.clone())).expect("PostgreSQL");
        Some(World::new(conn, model.clone(), Box::new(schema)))
    }

    fn apply(world: Option<World>, _: &Model, step: Step) -> Option<World> {
        world.map(|world| apply(world, &step))
    }
}

fn histories(cases: u32) -> Config {
    // A history that failed is told in the panic; no file of regressions is kept.
    Config { cases, failure_persistence: None, ..Config::default() }
}

prop_state_machine! {
    #![proptest_config(histories(48))]
    #[test]
    fn any_history_of_requests_follows_the_model_on_sqlite(sequential 20..60 => OnSqlite);
}

prop_state_machine! {
    // Each history makes a schema with all tables, which takes longer than the history.
    #![proptest_config(histories(6))]
    #[test]
    fn any_history_of_requests_follows_the_model_on_postgres(sequential 40..80 => OnPostgres);
}

/// What is never tried proves nothing: the histories do everything there is, and meet every refusal.
#[test]
fn histories_reach_every_end() {
    let mut runner = TestRunner::deterministic();
    let histories = Model::sequential_strategy(20..60);
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..300 {
        let (mut model, steps, _) = histories.new_tree(&mut runner).expect("a history").current();
        for step in steps {
            let done = model.run(&step);
            let words = format!("{step:?}");
            let kind = words.split([' ', '{']).next().unwrap_or_default();
            *met.entry(format!("{kind} {done:?}")).or_default() += 1;
        }
        for request in &model.requests {
            *met.entry(format!("{:?}", request.end.map(|(end, _)| end))).or_default() += 1;
            let mut weights: Vec<i64> = request.links.iter().map(|link| link.weight).collect();
            weights.retain(|weight| *weight > 0);
            weights.dedup();
            *met.entry("unequal shares".to_owned()).or_default() += usize::from(weights.len() > 1);
        }
    }
    for act in [
        "Ask",
        "Fund",
        "AnswerNew",
        "AnswerExisting",
        "AnswerAgain",
        "Unlink",
        "Withdraw",
        "Restore",
        "Award",
        "Extend",
        "Cancel",
    ] {
        for outcome in ["Done", "Refused"] {
            let times = met.get(&format!("{act} {outcome}")).copied().unwrap_or(0);
            assert!(times >= 10, "{act} was {outcome} {times} times: {met:?}");
        }
    }
    assert!(met["unequal shares"] >= 10, "{met:?}");
    for end in ["None", "Some(Awarded)", "Some(AutoAwarded)", "Some(Expired)", "Some(Cancelled)"] {
        let times = met.get(end).copied().unwrap_or(0);
        assert!(times >= 20, "{times} requests ended with {end}: {met:?}");
    }
}
