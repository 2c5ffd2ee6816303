//! Random histories of a small company, by several people at once on two nodes: whatever they do in whatever
//! order, the roll-ups are what a rebuild makes of the events.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, TestRunner};
use tradewind::accounts::store as accounts;
use tradewind::jobs::{Job, tick};

use super::differences;
use crate::support::*;

const FORGET: &[Job] = &[tradewind::market::jobs::RETENTION];
const DEPARTMENTS: [&str; 3] = ["Sales", "Service/North", "Service"];
const PEOPLE: usize = 5;
const SEGMENTS: [&str; 3] = ["", "Hospitals", "Schools"];

/// What somebody does. An insight is named by its place; beyond the last one, counted round.
#[derive(Clone, Debug)]
enum Step {
    Share {
        who: usize,
        segment: usize,
    },
    Open {
        who: usize,
        insight: usize,
    },
    Rate {
        who: usize,
        insight: usize,
        value: u8,
    },
    Use {
        who: usize,
        insight: usize,
        take_back: bool,
    },
    /// Within ten minutes it never was, later it stays a contribution.
    Withdraw {
        who: usize,
        insight: usize,
    },
    Restore {
        who: usize,
        insight: usize,
    },
    /// To another segment: what was opened before stays where it was counted.
    Edit {
        who: usize,
        insight: usize,
        segment: usize,
    },
    Search {
        who: usize,
        finds: bool,
    },
    Move {
        who: usize,
        to: usize,
        manager: bool,
    },
    Merge {
        insight: usize,
        with: usize,
    },
}

/// A part of a history: some who act at once, then time goes by.
#[derive(Clone, Debug)]
struct Scene {
    steps: Vec<Step>,
    minutes: i64,
    /// The night forgets what is old.
    night: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let (who, insight) = (0..PEOPLE, 0_usize..6);
    let both = (who.clone(), insight.clone());
    prop_oneof![
        4 => (who.clone(), 0..SEGMENTS.len()).prop_map(|(who, segment)| Step::Share { who, segment }),
        8 => both.clone().prop_map(|(who, insight)| Step::Open { who, insight }),
        3 => (both.clone(), 1_u8..=5).prop_map(|((who, insight), value)| Step::Rate { who, insight, value }),
        3 => (both.clone(), any::<bool>())
            .prop_map(|((who, insight), take_back)| Step::Use { who, insight, take_back }),
        2 => both.clone().prop_map(|(who, insight)| Step::Withdraw { who, insight }),
        2 => both.clone().prop_map(|(who, insight)| Step::Restore { who, insight }),
        2 => (both, 0..SEGMENTS.len())
            .prop_map(|((who, insight), segment)| Step::Edit { who, insight, segment }),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, finds)| Step::Search { who, finds }),
        1 => (who, 0..DEPARTMENTS.len(), any::<bool>())
            .prop_map(|(who, to, manager)| Step::Move { who, to, manager }),
        1 => (insight.clone(), insight).prop_map(|(insight, with)| Step::Merge { insight, with }),
    ]
}

fn scene() -> impl Strategy<Value = Scene> {
    let minutes = prop_oneof![
        5 => 0_i64..12,
        3 => 25_i64..120,
        2 => Just(24 * 60),
        1 => (30_i64..60).prop_map(|days| days * 24 * 60),
    ];
    (vec(step(), 1..5), minutes, prop::bool::weighted(0.2)).prop_map(|(steps, minutes, night)| Scene {
        steps,
        minutes,
        night,
    })
}

struct World {
    app: TestApp,
    /// The same people in front of both nodes.
    people: [Vec<Visitor>; 2],
    curator: Visitor,
    insights: std::cell::RefCell<Vec<i64>>,
    number: std::cell::Cell<usize>,
}

impl World {
    async fn new(app: &TestApp) -> World {
        let policy = |config: &mut tradewind::config::Config| {
            config.policy.retention.days = 35;
        };
        let (app, other) = (app.node(policy).await, app.node(policy).await);
        let mut people = Vec::new();
        for at in 0..PEOPLE {
            people.push(app.employee(&format!("Person {at}"), DEPARTMENTS[at % DEPARTMENTS.len()]).await);
        }
        let there: Vec<Visitor> = people.iter().map(|one| one.at(&other)).collect();
        let curator = app.curator("Cleo Example", "Office").await;
        tick(&app, "a", FORGET).await.expect("a tick");
        World {
            app,
            people: [people, there],
            curator,
            insights: std::cell::RefCell::default(),
            number: std::cell::Cell::default(),
        }
    }

    fn insight(&self, place: usize) -> Option<i64> {
        let all = self.insights.borrow();
        (!all.is_empty()).then(|| all[place % all.len()])
    }

    fn new_number(&self) -> usize {
        self.number.set(self.number.get() + 1);
        self.number.get()
    }

    /// Does it on a node. A refusal is an answer, an error of the product is not.
    async fn run(&self, step: &Step, node: usize) {
        let people = &self.people[node];
        let answer = match step {
            Step::Share { who, segment } => {
                let n = self.new_number();
                // Not alike: whoever shares what is there already is asked first.
                let words: Vec<String> = (0..9).map(|word| format!("word{}", n * 9 + word)).collect();
                let (key, text) = (format!("key{n}"), format!("Insight {n} of crates. {}", words.join(" ")));
                let form = [("key", &*key), ("text", &*text), ("segment", SEGMENTS[*segment])];
                let answer = people[*who].post("/insights", &form).await;
                self.note_new(&text).await;
                answer
            }
            Step::Open { who, insight } => {
                let Some(id) = self.insight(*insight) else { return };
                people[*who].get(&format!("/insights/{id}")).await
            }
            Step::Rate { who, insight, value } => {
                let Some(id) = self.insight(*insight) else { return };
                let value = value.to_string();
                people[*who]
                    .post(&format!("/insights/{id}/rating"), &[("value", &value), ("back_to", "/")])
                    .await
            }
            Step::Use { who, insight, take_back } => {
                let Some(id) = self.insight(*insight) else { return };
                let act = if *take_back { "take_back" } else { "" };
                let form = [("note", ""), ("sign", ""), ("do", act), ("back_to", "/")];
                people[*who].post(&format!("/insights/{id}/use"), &form).await
            }
            Step::Withdraw { who, insight } => {
                let Some(id) = self.insight(*insight) else { return };
                people[*who].post(&format!("/insights/{id}/withdrawal"), &[("reason", "said wrongly")]).await
            }
            Step::Restore { who, insight } => {
                let Some(id) = self.insight(*insight) else { return };
                people[*who].post(&format!("/insights/{id}/restoration"), &[]).await
            }
            Step::Edit { who, insight, segment } => {
                let Some(id) = self.insight(*insight) else { return };
                let form = people[*who].get(&format!("/insights/{id}/edit")).await;
                if form.status != 200 {
                    return;
                }
                let n = self.new_number();
                let title = format!("Edited {n}");
                let fields = [("title", &*title), ("segment", SEGMENTS[*segment])];
                let path = format!("form[action='/insights/{id}/edit']");
                if !form.has(&path) {
                    return;
                }
                people[*who].submit(&form, &path, &fields).await
            }
            Step::Search { who, finds } => {
                let word = if *finds { "crates" } else { "zeppelin" };
                people[*who].get(&format!("/archive?q={word}")).await
            }
            Step::Move { who, to, manager } => {
                let (id, manager, path) = (people[*who].id, *manager, DEPARTMENTS[*to]);
                let today = self.app.calendar().day(self.app.now());
                self.app
                    .tell(move |c| {
                        let to = accounts::department(c, path, today)?;
                        accounts::move_person(c, id, to, manager, today)
                    })
                    .await;
                return;
            }
            Step::Merge { insight, with } => {
                let (Some(kept), Some(gone)) = (self.insight(*insight), self.insight(*with)) else { return };
                if kept == gone {
                    return;
                }
                let actor = self.app.acting(&self.curator);
                // Refused where one of them is gone already.
                let merged = self
                    .app
                    .db
                    .write(move |c| tradewind::archive::store::merging::merge(c, &actor, kept, gone))
                    .await;
                assert!(!matches!(merged, Err(tradewind::error::AppError::Internal(_))), "{merged:?}");
                return;
            }
        };
        assert!(answer.status.as_u16() < 500, "{step:?}: {answer:?}");
    }

    async fn note_new(&self, text: &str) {
        use diesel::prelude::*;
        use tradewind::db::schema::insights;
        let title = text.split(". ").next().unwrap_or_default().to_owned();
        let id: Option<i64> = self
            .app
            .ask(move |c| {
                let found = insights::table.filter(insights::title.like(format!("{title}%")));
                Ok(found.select(insights::id).first(c).optional()?)
            })
            .await;
        self.insights.borrow_mut().extend(id);
    }

    async fn play(&self, scenes: &[Scene]) {
        for scene in scenes {
            // Four at once at the most, on two nodes by turns.
            let mut steps = scene.steps.iter().enumerate().map(|(at, step)| self.run(step, at % 2));
            let nobody = || async {};
            match (steps.next(), steps.next(), steps.next(), steps.next()) {
                (Some(a), Some(b), Some(c), Some(d)) => drop(tokio::join!(a, b, c, d)),
                (Some(a), Some(b), Some(c), None) => drop(tokio::join!(a, b, c)),
                (Some(a), Some(b), None, None) => drop(tokio::join!(a, b)),
                (Some(a), ..) => a.await,
                (None, ..) => nobody().await,
            }
            self.app.later(scene.minutes);
            if scene.night {
                self.app.days_later(1);
                for ran in tick(&self.app, "a", FORGET).await.expect("a tick") {
                    ran.outcome.expect("no error");
                }
            }
        }
    }
}

fn histories(cases: u32, run: impl Fn(Vec<Scene>)) {
    let runs = Runs { cases, max_shrink_iters: 200, failure_persistence: None, ..Runs::default() };
    let done = TestRunner::new(runs).run(&vec(scene(), 1..14), |scenes| {
        run(scenes);
        Ok(())
    });
    if let Err(error) = done {
        panic!("{error}");
    }
}

async fn agrees(app: TestApp, scenes: Vec<Scene>) {
    let world = World::new(&app).await;
    world.play(&scenes).await;
    let found = differences(&world.app).await;
    assert!(found.is_empty(), "{found:?} after {scenes:?}");
}

#[test]
fn roll_ups_agree_after_any_history_on_sqlite() {
    histories(40, |scenes| run_on_sqlite(|app| agrees(app, scenes)));
}

#[test]
fn roll_ups_agree_after_any_history_on_postgres() {
    if postgres_url().is_some() {
        histories(6, |scenes| run_on_postgres(|app| agrees(app, scenes)));
    }
}
