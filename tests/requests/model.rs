//! What should be: requests, what is put in, who answers, and how each of them ends, in plain values.
//! Written from the rules alone, so that it does not share a mistake with the program. People, insights and
//! requests are named by their place.

use std::collections::BTreeSet;

use chrono::{Duration, NaiveDateTime};
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

/// People who ask, answer and rate; one more curates.
pub const PEOPLE: usize = 5;
/// What each holds at the beginning.
pub const GIVEN: i64 = 60;

#[derive(Clone, Debug)]
pub enum Step {
    Ask {
        who: usize,
        bounty: i64,
    },
    Fund {
        who: usize,
        request: usize,
        credits: i64,
    },
    /// With a new insight, perhaps of two authors.
    AnswerNew {
        who: usize,
        with: Option<usize>,
        request: usize,
    },
    AnswerExisting {
        who: usize,
        insight: usize,
        request: usize,
    },
    /// With an insight that is or was an answer of this request.
    AnswerAgain {
        who: usize,
        request: usize,
        answer: usize,
    },
    /// `None`: the answer's author.
    Unlink {
        who: Option<usize>,
        request: usize,
        answer: usize,
    },
    Withdraw {
        insight: usize,
        by_curator: bool,
    },
    Restore {
        insight: usize,
    },
    /// The market says so of an insight.
    Judge {
        insight: usize,
        raters: BTreeSet<usize>,
        /// Whose rating of these does not count.
        void: usize,
        lower: i64,
    },
    /// Answers by their place on the request, with weights. `None`: who asked.
    Award {
        who: Option<usize>,
        request: usize,
        chosen: Vec<(usize, i64)>,
    },
    Extend {
        who: Option<usize>,
        request: usize,
    },
    Cancel {
        who: Option<usize>,
        request: usize,
    },
    Wait {
        minutes: i64,
    },
    /// Until a request closes, or its grace ends; or the minute before.
    WaitFor {
        request: usize,
        grace: bool,
        early: bool,
    },
    Tick,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Done before: nothing changes.
    Same,
    Refused,
    /// There is nothing of that kind to do it with.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Awarded,
    AutoAwarded,
    Expired,
    Cancelled,
}

#[derive(Clone, Debug)]
pub struct Insight {
    /// The first is paid.
    pub authors: Vec<usize>,
    /// Who took it out of the archive.
    pub withdrawn_by: Option<usize>,
    pub raters: BTreeSet<usize>,
    pub lower: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub insight: usize,
    pub by: usize,
    pub at: NaiveDateTime,
    pub taken_back: bool,
    pub weight: i64,
    pub paid: i64,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub asker: usize,
    pub closes: NaiveDateTime,
    pub extended: bool,
    /// When each first put in, who and how much.
    pub put_in: Vec<(NaiveDateTime, usize, i64)>,
    pub links: Vec<Link>,
    pub end: Option<(End, NaiveDateTime)>,
}

#[derive(Clone, Debug)]
pub struct Model {
    /// Whether there are credits.
    pub credits: bool,
    pub now: NaiveDateTime,
    pub holds: Vec<i64>,
    pub insights: Vec<Insight>,
    pub requests: Vec<Request>,
    /// How often credits moved.
    pub moves: i64,
}

impl Request {
    pub fn escrow(&self) -> i64 {
        if self.end.is_some() { 0 } else { self.bounty() }
    }

    pub fn bounty(&self) -> i64 {
        self.put_in.iter().map(|(.., credits)| credits).sum()
    }

    /// When the market decides.
    pub fn over(&self) -> NaiveDateTime {
        self.closes + Duration::days(7)
    }

    fn pays(&self, person: usize) -> bool {
        self.asker == person || self.put_in.iter().any(|(_, who, _)| *who == person)
    }

    /// Whether somebody would be paid for it.
    fn is_by_others(&self, insight: &Insight) -> bool {
        !insight.authors.iter().any(|author| self.pays(*author))
    }
}

impl Model {
    pub fn beginning(credits: bool) -> Model {
        Model {
            credits,
            now: crate::support::beginning(),
            holds: vec![if credits { GIVEN } else { 0 }; PEOPLE],
            insights: Vec::new(),
            requests: Vec::new(),
            moves: if credits { PEOPLE as i64 } else { 0 },
        }
    }

    /// The place of a request: open ones first, the latest first.
    pub fn request(&self, n: usize) -> Option<usize> {
        let mut places: Vec<usize> = (0..self.requests.len()).rev().collect();
        places.sort_by_key(|place| self.requests[*place].end.is_some());
        (!places.is_empty()).then(|| places[n % places.len()])
    }

    /// The place of an insight, the latest first.
    pub fn insight(&self, n: usize) -> Option<usize> {
        self.insights.len().checked_sub(1).map(|last| last - n % self.insights.len())
    }

    /// The insight of a request's answer; one that is no answer where there are none.
    pub fn answer(&self, request: usize, n: usize) -> Option<usize> {
        let links = &self.requests[request].links;
        if links.is_empty() { self.insight(n) } else { Some(links[n % links.len()].insight) }
    }

    pub fn by(&self, who: Option<usize>, request: usize) -> usize {
        who.unwrap_or(self.requests[request].asker)
    }

    /// When the clock stands after a wait; it never goes back.
    pub fn until(&self, step: &Step) -> Option<NaiveDateTime> {
        match step {
            Step::Wait { minutes } => Some(self.now + Duration::minutes(*minutes)),
            Step::WaitFor { request, grace, early } => {
                let request = &self.requests[self.request(*request)?];
                let end = if *grace { request.over() } else { request.closes };
                Some((end - Duration::minutes(i64::from(*early))).max(self.now))
            }
            _ => None,
        }
    }

    pub fn run(&mut self, step: &Step) -> Outcome {
        self.tried(step).unwrap_or(Outcome::Nothing)
    }

    fn tried(&mut self, step: &Step) -> Option<Outcome> {
        let done = match step {
            Step::Ask { who, bounty } => self.ask(*who, *bounty),
            Step::Fund { who, request, credits } => self.fund(*who, self.request(*request)?, *credits),
            Step::AnswerNew { who, with, request } => {
                let request = self.request(*request)?;
                let place = self.insights.len();
                let mut authors = vec![*who];
                authors.extend(with.filter(|other| other != who));
                self.insights.push(Insight {
                    authors,
                    withdrawn_by: None,
                    raters: BTreeSet::new(),
                    lower: 0,
                });
                let done = self.link(*who, request, place);
                if done != Outcome::Done {
                    // It is shared together with the answer, or not at all.
                    self.insights.pop();
                }
                return Some(done);
            }
            Step::AnswerExisting { who, insight, request } => {
                return Some(self.link(*who, self.request(*request)?, self.insight(*insight)?));
            }
            Step::AnswerAgain { who, request, answer } => {
                let request = self.request(*request)?;
                return Some(self.link(*who, request, self.answer(request, *answer)?));
            }
            Step::Unlink { who, request, answer } => {
                let request = self.request(*request)?;
                let insight = self.answer(request, *answer)?;
                self.unlink(who.unwrap_or(self.insights[insight].authors[0]), request, insight)
            }
            Step::Withdraw { insight, by_curator } => {
                let insight = self.insight(*insight)?;
                let insight = &mut self.insights[insight];
                let by = if *by_curator { PEOPLE } else { insight.authors[0] };
                insight.withdrawn_by.is_none().then(|| insight.withdrawn_by = Some(by))
            }
            Step::Restore { insight } => {
                let insight = self.insight(*insight)?;
                self.insights[insight].withdrawn_by.take().map(|_| ())
            }
            Step::Judge { insight, raters, void, lower } => {
                let insight = self.insight(*insight)?;
                let insight = &mut self.insights[insight];
                (insight.raters, insight.lower) = (raters.clone(), *lower);
                insight.raters.remove(void);
                Some(())
            }
            Step::Award { who, request, chosen } => {
                let request = self.request(*request)?;
                let chosen: Option<Vec<(usize, i64)>> = chosen
                    .iter()
                    .map(|(answer, weight)| Some((self.answer(request, *answer)?, *weight)))
                    .collect();
                self.award(self.by(*who, request), request, &chosen?)
            }
            Step::Extend { who, request } => {
                let request = self.request(*request)?;
                self.extend(self.by(*who, request), request)
            }
            Step::Cancel { who, request } => {
                let request = self.request(*request)?;
                self.cancel(self.by(*who, request), request)
            }
            Step::Wait { .. } | Step::WaitFor { .. } => {
                self.now = self.until(step)?;
                Some(())
            }
            Step::Tick => {
                self.tick();
                Some(())
            }
        };
        Some(if done.is_some() { Outcome::Done } else { Outcome::Refused })
    }

    /// Credits leave an account, if it holds them.
    fn pay_in(&mut self, who: usize, request: usize, credits: i64) {
        self.holds[who] -= credits;
        self.moves += 1;
        let put_in = &mut self.requests[request].put_in;
        match put_in.iter_mut().find(|(_, funder, _)| *funder == who) {
            Some((.., there)) => *there += credits,
            None => put_in.push((self.now, who, credits)),
        }
        put_in.sort();
    }

    fn ask(&mut self, who: usize, bounty: i64) -> Option<()> {
        let open = self.requests.iter().filter(|one| one.asker == who && one.end.is_none()).count();
        let affordable = (5..=50).contains(&bounty) && bounty <= self.holds[who];
        if open >= 3 || self.credits && !affordable {
            return None;
        }
        let closes = self.now + Duration::days(14);
        let (put_in, links) = (Vec::new(), Vec::new());
        self.requests.push(Request { asker: who, closes, extended: false, put_in, links, end: None });
        if self.credits {
            self.pay_in(who, self.requests.len() - 1, bounty);
        }
        Some(())
    }

    /// Whether its time to answer has not passed.
    fn is_answering(&self, request: usize) -> bool {
        let request = &self.requests[request];
        request.end.is_none() && self.now < request.closes
    }

    /// Whether its asker still decides.
    fn is_the_askers(&self, who: usize, request: usize) -> bool {
        let request = &self.requests[request];
        request.end.is_none() && request.asker == who && self.now < request.over()
    }

    fn stands(&self, link: &Link) -> bool {
        !link.taken_back && self.insights[link.insight].withdrawn_by.is_none()
    }

    fn fund(&mut self, who: usize, request: usize, credits: i64) -> Option<()> {
        let there = &self.requests[request];
        let before: i64 = there.put_in.iter().filter(|(_, one, _)| *one == who).map(|(.., n)| n).sum();
        // Who is in line to be paid does not pay; the asker is never in line.
        let answered = who != there.asker
            && there
                .links
                .iter()
                .any(|link| self.stands(link) && self.insights[link.insight].authors.contains(&who));
        let fits = credits >= 1 && before + credits <= 50 && credits <= self.holds[who];
        if !self.credits || !self.is_answering(request) || answered || !fits {
            return None;
        }
        self.pay_in(who, request, credits);
        Some(())
    }

    fn link(&mut self, by: usize, request: usize, insight: usize) -> Outcome {
        if !self.is_answering(request) || self.insights[insight].withdrawn_by.is_some() {
            return Outcome::Refused;
        }
        let link = Link { insight, by, at: self.now, taken_back: false, weight: 0, paid: 0 };
        let links = &mut self.requests[request].links;
        match links.iter_mut().find(|link| link.insight == insight) {
            Some(there) if there.taken_back => *there = link,
            Some(_) => return Outcome::Same,
            None => links.push(link),
        }
        Outcome::Done
    }

    fn unlink(&mut self, who: usize, request: usize, insight: usize) -> Option<()> {
        let now = self.now;
        let is_author = self.insights[insight].authors.contains(&who);
        let request = &mut self.requests[request];
        let link = request.links.iter_mut().find(|link| link.insight == insight && !link.taken_back)?;
        let lately = link.by == who && now < link.at + Duration::minutes(10);
        (request.end.is_none() && (is_author || lately)).then(|| link.taken_back = true)
    }

    /// Awards by which one of two paid the other in the last thirty days.
    fn awards_between(&self, one: usize, other: usize) -> usize {
        let since = self.now - Duration::days(30);
        let paid = |request: &&Request| {
            request.end.is_some_and(|(_, at)| at >= since)
                && request.links.iter().any(|link| {
                    let author = self.insights[link.insight].authors[0];
                    link.paid > 0 && [(one, other), (other, one)].contains(&(request.asker, author))
                })
        };
        self.requests.iter().filter(paid).count()
    }

    /// Raters who neither pay nor wrote it.
    fn third_raters(&self, request: usize, insight: usize) -> usize {
        let (request, insight) = (&self.requests[request], &self.insights[insight]);
        insight.raters.iter().filter(|who| !request.pays(**who) && !insight.authors.contains(who)).count()
    }

    fn award(&mut self, who: usize, request: usize, chosen: &[(usize, i64)]) -> Option<()> {
        let there = &self.requests[request];
        let fine = |(insight, weight): &(usize, i64)| {
            let known = there.links.iter().any(|link| link.insight == *insight && self.stands(link));
            let author = self.insights[*insight].authors[0];
            let often = there.bounty() > 0 && self.awards_between(who, author) >= 2;
            known
                && (1..=1000).contains(weight)
                && there.is_by_others(&self.insights[*insight])
                && (!often || self.third_raters(request, *insight) > 0)
        };
        let different: BTreeSet<usize> = chosen.iter().map(|(insight, _)| *insight).collect();
        let few = (1..=5).contains(&chosen.len()) && different.len() == chosen.len();
        if !self.is_the_askers(who, request) || !few || !chosen.iter().all(fine) {
            return None;
        }
        self.close(request, End::Awarded, chosen);
        Some(())
    }

    fn extend(&mut self, who: usize, request: usize) -> Option<()> {
        let now = self.now;
        if !self.is_the_askers(who, request) || self.requests[request].extended {
            return None;
        }
        let there = &mut self.requests[request];
        there.closes = there.closes.max(now) + Duration::days(7);
        there.extended = true;
        Some(())
    }

    fn cancel(&mut self, who: usize, request: usize) -> Option<()> {
        let there = &self.requests[request];
        // What its author took back is no answer; what a curator took out of the archive was one.
        let answered = there.links.iter().any(|link| {
            let insight = &self.insights[link.insight];
            let gone = insight.withdrawn_by.is_some_and(|by| by == insight.authors[0]);
            !link.taken_back && !gone && there.is_by_others(insight)
        });
        if !self.is_the_askers(who, request) || answered {
            return None;
        }
        self.close(request, End::Cancelled, &[]);
        Some(())
    }

    fn tick(&mut self) {
        for place in 0..self.requests.len() {
            let request = &self.requests[place];
            if request.end.is_some() || self.now < request.over() {
                continue;
            }
            let best = request
                .links
                .iter()
                .filter(|link| {
                    let insight = &self.insights[link.insight];
                    self.stands(link)
                        && request.is_by_others(insight)
                        && insight.lower >= 300
                        && self.third_raters(place, link.insight) >= 2
                })
                .map(|link| (-self.insights[link.insight].lower, link.at, link.insight))
                .min();
            match best {
                Some((.., insight)) => self.close(place, End::AutoAwarded, &[(insight, 1)]),
                None => self.close(place, End::Expired, &[]),
            }
        }
    }

    /// Everything that was put in goes to those chosen, or back.
    fn close(&mut self, request: usize, end: End, chosen: &[(usize, i64)]) {
        let there = &mut self.requests[request];
        let escrow = there.escrow();
        there.end = Some((end, self.now));
        self.moves += i64::from(escrow > 0);
        if chosen.is_empty() {
            // The escrow is what was put in, so pro rata is each one's own.
            for (_, who, credits) in &there.put_in {
                self.holds[*who] += credits;
            }
            return;
        }
        let weights: Vec<i64> = chosen.iter().map(|(_, weight)| *weight).collect();
        for ((insight, weight), credits) in chosen.iter().zip(divided(escrow, &weights)) {
            self.holds[self.insights[*insight].authors[0]] += credits;
            for link in there.links.iter_mut().filter(|link| link.insight == *insight) {
                (link.weight, link.paid) = (*weight, credits);
            }
        }
    }
}

/// By the largest remainder, of equal ones the first.
fn divided(credits: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i64 = weights.iter().sum();
    let mut parts: Vec<i64> = weights.iter().map(|weight| credits * weight / sum).collect();
    let mut left: Vec<usize> = (0..weights.len()).collect();
    left.sort_by_key(|place| -(credits * weights[*place] % sum));
    let rest = (credits - parts.iter().sum::<i64>()) as usize;
    for place in &left[..rest] {
        parts[*place] += 1;
    }
    parts
}

impl ReferenceStateMachine for Model {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        prop_oneof![7 => Just(true), 1 => Just(false)].prop_map(Model::beginning).boxed()
    }

    fn transitions(state: &Model) -> BoxedStrategy<Step> {
        let who = 0..PEOPLE;
        let asker = prop_oneof![6 => Just(None), 1 => (0..PEOPLE).prop_map(Some)];
        let request = prop_oneof![3 => Just(0_usize), 2 => Just(1), 1 => 2_usize..5];
        let insight = 0_usize..6;
        let odd = prop::sample::select(vec![3_i64, 4, 5, 50, 51, 52]);
        let bounty = prop_oneof![5 => 5_i64..16, 1 => odd];
        let credits = prop_oneof![6 => 1_i64..12, 1 => -1_i64..53];
        let weight = prop_oneof![8 => 1_i64..5, 1 => prop::sample::select(vec![-1_i64, 0, 1000, 1001])];
        let chosen = prop_oneof![
            5 => prop::collection::vec((insight.clone(), weight.clone()), 1..3),
            1 => prop::collection::vec((insight.clone(), weight), 0..7),
        ];
        let raters = prop_oneof![
            3 => Just((0..PEOPLE).collect::<BTreeSet<usize>>()),
            2 => prop::collection::btree_set(0..PEOPLE, 0..5),
        ];
        let lower = prop::sample::select(vec![299_i64, 300, 300, 301, 340]);
        let wait = prop::sample::select(vec![1_i64, 9, 10, 60, 1440, 3 * 1440, 31 * 1440]);
        // With nothing open there is little else to do.
        let asks = if state.requests.iter().all(|one| one.end.is_some()) { 40 } else { 3 };
        prop_oneof![
            asks => (who.clone(), bounty).prop_map(|(who, bounty)| Step::Ask { who, bounty }),
            3 => (who.clone(), request.clone(), credits)
                .prop_map(|(who, request, credits)| Step::Fund { who, request, credits }),
            10 => (who.clone(), prop::option::weighted(0.2, who.clone()), request.clone())
                .prop_map(|(who, with, request)| Step::AnswerNew { who, with, request }),
            2 => (who.clone(), insight.clone(), request.clone())
                .prop_map(|(who, insight, request)| Step::AnswerExisting { who, insight, request }),
            2 => (who.clone(), request.clone(), insight.clone())
                .prop_map(|(who, request, answer)| Step::AnswerAgain { who, request, answer }),
            2 => (prop::option::weighted(0.4, who), request.clone(), insight.clone())
                .prop_map(|(who, request, answer)| Step::Unlink { who, request, answer }),
            1 => (insight.clone(), any::<bool>())
                .prop_map(|(insight, by_curator)| Step::Withdraw { insight, by_curator }),
            1 => insight.clone().prop_map(|insight| Step::Restore { insight }),
            7 => (insight, raters, 0..3 * PEOPLE, lower)
                .prop_map(|(insight, raters, void, lower)| Step::Judge { insight, raters, void, lower }),
            4 => (asker.clone(), request.clone(), chosen)
                .prop_map(|(who, request, chosen)| Step::Award { who, request, chosen }),
            1 => (asker.clone(), request.clone()).prop_map(|(who, request)| Step::Extend { who, request }),
            1 => (asker, request.clone()).prop_map(|(who, request)| Step::Cancel { who, request }),
            1 => wait.prop_map(|minutes| Step::Wait { minutes }),
            2 => (request, any::<bool>(), any::<bool>())
                .prop_map(|(request, grace, early)| Step::WaitFor { request, grace, early }),
            3 => Just(Step::Tick),
        ]
        .boxed()
    }

    fn apply(mut state: Model, step: &Step) -> Model {
        state.run(step);
        state
    }
}
