//! Random histories of the ledger against a model of sixty lines, shrunk to the shortest that fails.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::Config;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use tradewind::db::{Conn, DatabaseUrl};
use tradewind::error::{AppError, AppResult};
use tradewind::ledger::split::hamilton;
use tradewind::ledger::store::{self, TakenBack};
use tradewind::ledger::{Account, Posted, Reason, Transaction};

use crate::support::{Schema, template, temporary_folder};

const PEOPLE: i64 = 4;
const REQUESTS: i64 = 3;

#[derive(Clone, Debug)]
pub enum Step {
    /// New credits, also under a key that has been used.
    Grant {
        key: usize,
        person: i64,
        credits: i64,
    },
    /// A person pays into what is offered for a request.
    Fund {
        key: usize,
        person: i64,
        request: i64,
        credits: i64,
    },
    /// All that is offered is divided.
    Award {
        key: usize,
        request: i64,
        weights: Vec<i64>,
    },
    /// Several at once, all or nothing.
    Both(Box<Step>, Box<Step>),
    Reverse {
        key: usize,
    },
    TakeBack {
        key: usize,
    },
}

/// What should be: balances, and what each key did.
#[derive(Clone, Debug, Default)]
pub struct Model {
    balances: BTreeMap<Account, i64>,
    keys: BTreeMap<String, BTreeMap<Account, i64>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    New,
    Same,
    OtherContent,
    TooLittle,
    Unknown,
    Nothing,
    TakenBack(i64, i64),
}

impl Model {
    fn of(&self, account: Account) -> i64 {
        self.balances.get(&account).copied().unwrap_or(0)
    }

    fn post(&mut self, key: &str, entries: &BTreeMap<Account, i64>) -> Outcome {
        if let Some(there) = self.keys.get(key) {
            return if there == entries { Outcome::Same } else { Outcome::OtherContent };
        }
        if entries.iter().any(|(account, amount)| !account.may_owe() && self.of(*account) + amount < 0) {
            return Outcome::TooLittle;
        }
        for (account, amount) in entries {
            *self.balances.entry(*account).or_default() += amount;
        }
        self.keys.insert(key.to_owned(), entries.clone());
        Outcome::New
    }

    /// What a step is to post, as the model has the balances.
    fn entries(&self, step: &Step) -> Option<(String, BTreeMap<Account, i64>)> {
        let (key, list) = match step {
            Step::Grant { key, person, credits } => {
                (key, vec![(Account::Issuance, -credits), (Account::Person(*person), *credits)])
            }
            Step::Fund { key, person, request, credits } => {
                (key, vec![(Account::Person(*person), -credits), (Account::Escrow(*request), *credits)])
            }
            Step::Award { key, request, weights } => {
                let offered = self.of(Account::Escrow(*request));
                let mut list = vec![(Account::Escrow(*request), -offered)];
                let parts = hamilton(offered, weights)?;
                list.extend((1..).map(Account::Person).zip(parts));
                (key, list)
            }
            _ => return None,
        };
        let net: BTreeMap<Account, i64> = list.into_iter().filter(|(_, amount)| *amount != 0).collect();
        (!net.is_empty()).then(|| (format!("k{key}"), net))
    }

    fn apply(&mut self, step: &Step) -> Outcome {
        match step {
            Step::Both(one, two) => {
                let before = self.clone();
                for part in [one, two] {
                    let outcome = self.apply(part);
                    if !matches!(outcome, Outcome::New | Outcome::Same | Outcome::Nothing) {
                        *self = before;
                        return outcome;
                    }
                }
                Outcome::New
            }
            Step::Reverse { key } => {
                let Some(there) = self.keys.get(&format!("k{key}")) else { return Outcome::Unknown };
                let back = there.iter().map(|(account, amount)| (*account, -amount)).collect();
                self.post(&format!("reverse:k{key}"), &back)
            }
            Step::TakeBack { key } => self.take_back(&format!("k{key}")),
            _ => match self.entries(step) {
                Some((key, entries)) => self.post(&key, &entries),
                None => Outcome::Nothing,
            },
        }
    }

    fn take_back(&mut self, key: &str) -> Outcome {
        let Some(there) = self.keys.get(key).cloned() else { return Outcome::Unknown };
        let gains = |entries: &BTreeMap<Account, i64>| entries.values().filter(|a| **a > 0).sum::<i64>();
        let paid = gains(&there);
        let reversal = format!("reverse:{key}");
        if let Some(back) = self.keys.get(&reversal) {
            return Outcome::TakenBack(gains(back), paid - gains(back));
        }
        let payer = *there.iter().find(|(_, amount)| **amount < 0).expect("somebody paid").0;
        let mut back: BTreeMap<Account, i64> = there
            .iter()
            .filter(|(_, amount)| **amount > 0)
            .map(|(account, amount)| (*account, -self.of(*account).min(*amount)))
            .filter(|(_, amount)| *amount != 0)
            .collect();
        let credits = -back.values().sum::<i64>();
        if credits > 0 {
            back.insert(payer, credits);
            self.post(&reversal, &back);
        }
        Outcome::TakenBack(credits, paid - credits)
    }
}

impl ReferenceStateMachine for Model {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model::default()).boxed()
    }

    fn transitions(_: &Model) -> BoxedStrategy<Step> {
        // Few keys, so that they are used again; credits around what a balance may be.
        let key = 0_usize..24;
        let one = prop_oneof![
            3 => (key.clone(), 1..=PEOPLE, 1_i64..30)
                .prop_map(|(key, person, credits)| Step::Grant { key, person, credits }),
            4 => (key.clone(), 1..=PEOPLE, 1..=REQUESTS, 1_i64..30)
                .prop_map(|(key, person, request, credits)| Step::Fund { key, person, request, credits }),
            2 => (key.clone(), 1..=REQUESTS, proptest::collection::vec(0_i64..9, 1..4))
                .prop_map(|(key, request, weights)| Step::Award { key, request, weights }),
        ];
        prop_oneof![
            6 => one.clone(),
            2 => (one.clone(), one).prop_map(|(a, b)| Step::Both(Box::new(a), Box::new(b))),
            1 => key.clone().prop_map(|key| Step::Reverse { key }),
            1 => key.prop_map(|key| Step::TakeBack { key }),
        ]
        .boxed()
    }

    fn apply(mut state: Model, step: &Step) -> Model {
        Model::apply(&mut state, step);
        state
    }
}

/// The ledger itself, in step with its own copy of the model.
pub struct Ledger {
    conn: Conn,
    model: Model,
    _home: Box<dyn std::any::Any>,
}

fn outcome(result: AppResult<Posted>) -> Outcome {
    match result {
        Ok(Posted::New(_)) => Outcome::New,
        Ok(Posted::Same(_)) => Outcome::Same,
        Err(AppError::NotEnough { .. }) => Outcome::TooLittle,
        Err(AppError::NotFound) => Outcome::Unknown,
        Err(AppError::Conflict(words)) if words.contains("other amounts") => Outcome::OtherContent,
        Err(AppError::Conflict(_)) => Outcome::TooLittle,
        Err(error) => panic!("{error}"),
    }
}

impl Ledger {
    fn run(&mut self, step: &Step) -> Outcome {
        let at = crate::support::beginning();
        match step {
            Step::Both(one, two) => {
                // The second is meant as the first leaves the balances.
                let mut between = self.model.clone();
                let mut posts: Vec<Transaction> = Vec::new();
                for part in [one, two] {
                    posts.extend(transaction(&between, part));
                    Model::apply(&mut between, part);
                }
                let done = in_transaction(&mut self.conn, |c| store::post_all(c, &posts).map(|_| ()));
                outcome(done.map(|()| Posted::New(0)))
            }
            Step::Reverse { key } => {
                outcome(in_transaction(&mut self.conn, |c| store::reverse(c, &format!("k{key}"), at)))
            }
            Step::TakeBack { key } => {
                match in_transaction(&mut self.conn, |c| store::take_back(c, &format!("k{key}"), at)) {
                    Ok(TakenBack { credits, shortfall, .. }) => Outcome::TakenBack(credits, shortfall),
                    Err(error) => outcome(Err(error)),
                }
            }
            _ => match transaction(&self.model, step) {
                Some(post) => outcome(in_transaction(&mut self.conn, |c| store::post(c, &post))),
                None => Outcome::Nothing,
            },
        }
    }
}

fn transaction(model: &Model, step: &Step) -> Option<Transaction> {
    let (key, entries) = model.entries(step)?;
    let at = crate::support::beginning();
    Some(Transaction { key, reason: Reason::Correction, entries: entries.into_iter().collect(), at })
}

#[allow(clippy::disallowed_methods)] // one connection alone: no other writer that a deferred BEGIN could meet
fn in_transaction<T>(c: &mut Conn, work: impl FnOnce(&mut Conn) -> AppResult<T>) -> AppResult<T> {
    diesel::Connection::transaction(c, work)
}

fn apply(mut ledger: Ledger, step: &Step) -> Ledger {
    let done = ledger.run(step);
    let expected = Model::apply(&mut ledger.model, step);
    // Of two that are both refused, the ledger may name the second's reason first.
    let refused = |outcome| matches!(outcome, Outcome::TooLittle | Outcome::OtherContent);
    let either = matches!(step, Step::Both(..)) && refused(done) && refused(expected);
    assert!(done == expected || either, "{step:?} was {done:?} instead of {expected:?}");
    ledger
}

fn check(ledger: &mut Ledger) {
    let check = store::check(&mut ledger.conn).expect("a check");
    assert!(check.is_whole(), "{check}");
    assert_eq!(check.transactions, ledger.model.keys.len() as i64);
    let replayed = store::replay(&mut ledger.conn).expect("a replay");
    assert_eq!(replayed, ledger.model.balances);
    for (account, balance) in &ledger.model.balances {
        assert_eq!(store::balance(&mut ledger.conn, *account), Ok(*balance), "{account:?}");
    }
    assert_eq!(replayed.values().sum::<i64>(), 0);
}

struct OnSqlite;

impl StateMachineTest for OnSqlite {
    type SystemUnderTest = Ledger;
    type Reference = Model;

    fn init_test(_: &Model) -> Ledger {
        let folder = temporary_folder();
        let file = folder.path().join("ledger.db");
        std::fs::write(&file, template()).expect("a copy of the template");
        let conn = Conn::open(&DatabaseUrl::Sqlite(file.display().to_string())).expect("SQLite");
        Ledger { conn, model: Model::default(), _home: Box::new(folder) }
    }

    fn apply(ledger: Ledger, _: &Model, step: Step) -> Ledger {
        let mut ledger = apply(ledger, &step);
        check(&mut ledger);
        ledger
    }
}

struct OnPostgres;

impl StateMachineTest for OnPostgres {
    type SystemUnderTest = Option<Ledger>;
    type Reference = Model;

    fn init_test(_: &Model) -> Option<Ledger> {
        let schema = Schema::fresh()?;
        let conn = Conn::open(&DatabaseUrl::Postgres(schema.url.clone())).expect("PostgreSQL");
        Some(Ledger { conn, model: Model::default(), _home: Box::new(schema) })
    }

    fn apply(ledger: Option<Ledger>, _: &Model, step: Step) -> Option<Ledger> {
        ledger.map(|ledger| apply(ledger, &step))
    }

    fn teardown(ledger: Option<Ledger>, _: Model) {
        if let Some(mut ledger) = ledger {
            check(&mut ledger);
        }
    }
}

fn histories(cases: u32) -> Config {
    // A history that failed is told in the panic; no file of regressions is kept.
    Config { cases, failure_persistence: None, ..Config::default() }
}

prop_state_machine! {
    #![proptest_config(histories(48))]
    #[test]
    fn any_history_follows_the_model_on_sqlite(sequential 1..40 => OnSqlite);
}

prop_state_machine! {
    // Each history makes a schema with all tables, which takes longer than the history.
    #![proptest_config(histories(8))]
    #[test]
    fn any_history_follows_the_model_on_postgres(sequential 20..60 => OnPostgres);
}
