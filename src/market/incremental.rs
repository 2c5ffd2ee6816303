//! The fit between two nights: after a rating, the leniencies it could move are corrected one after the
//! other, until the corrections are too small to matter.
//!
//! The map `T` from leniencies to leniencies is a contraction (see [`super::fit`]), so corrections in any
//! order lead to the same solution, and what is left of the error is at most
//! `max |T(b) - b| / (1 - q)` over the raters that still wait. A [`Walk`] pops a rater, computes their
//! leniency from the cells (number and sum of corrected stars) of what they rated, and where it moved by
//! more than `tau` subtracts the move from these cells and puts those of their co-raters into the queue
//! whose own leniency could move by more than `tau`, given how many insights they share. It stops after so many pops; the rest waits.
//!
//! Where raters and cells come from is a [`Source`]'s affair: tables, or memory in tests and measurements.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use super::value::Params;

/// A counted rating as its rater has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Own {
    pub item: i64,
    /// The department, or the case, it speaks with.
    pub voice: u32,
    pub stars: f64,
}

/// All raters of one voice of an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    pub voice: u32,
    pub n: f64,
    /// Of stars less `mu` less leniency.
    pub sum: f64,
}

/// Somebody who rated an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoRater {
    pub rater: i64,
    /// How many ratings of theirs count.
    pub ratings: u32,
}

/// Where the walk finds what it needs.
pub trait Source {
    type Error;
    /// A rater's leniency and counted ratings.
    fn rater(&mut self, rater: i64) -> Result<(f64, Vec<Own>), Self::Error>;
    /// The cells of items, each with its item.
    fn cells(&mut self, items: &[i64]) -> Result<Vec<(i64, Cell)>, Self::Error>;
    /// Everybody who rated one of the items, each with the item.
    fn raters_of(&mut self, items: &[i64]) -> Result<Vec<(i64, CoRater)>, Self::Error>;
}

/// What part of a rater's move arrives in a co-rater's prediction of an insight, at the most.
const CARRIED: f64 = 0.6;

/// Steps after which a rater's own echo has surely died away: each is at most six tenths of the last.
const OWN_STEPS: usize = 24;

struct Known {
    leniency: f64,
    own: Vec<Own>,
}

/// Corrects leniencies, beginning with whoever is in the queue.
pub struct Walk<'a, S: Source> {
    params: Params,
    tau: f64,
    source: &'a mut S,
    queue: VecDeque<i64>,
    waiting: HashSet<i64>,
    raters: HashMap<i64, Known>,
    items: HashMap<i64, Vec<Cell>>,
    /// Who rated an item, of those that were asked for.
    raters_of: HashMap<i64, Vec<CoRater>>,
    /// New leniencies by rater.
    moved: BTreeMap<i64, f64>,
    /// Items whose cells moved.
    touched: BTreeSet<i64>,
    q: f64,
}

/// What a walk came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Walked {
    /// New leniencies by rater.
    pub moved: Vec<(i64, f64)>,
    /// Items whose value moved with them.
    pub touched: Vec<i64>,
    /// The new cells of those items.
    pub cells: Vec<(i64, Vec<Cell>)>,
    /// Who still waits, first come first served.
    pub waiting: Vec<i64>,
    /// The largest factor by which a look at one of the raters shrinks what is left.
    pub q: f64,
}

impl<'a, S: Source> Walk<'a, S> {
    /// A walk with an empty queue.
    pub fn new(params: Params, tau: f64, source: &'a mut S) -> Walk<'a, S> {
        Walk {
            params,
            tau,
            source,
            queue: VecDeque::new(),
            waiting: HashSet::new(),
            raters: HashMap::new(),
            items: HashMap::new(),
            raters_of: HashMap::new(),
            moved: BTreeMap::new(),
            touched: BTreeSet::new(),
            q: 0.0,
        }
    }

    /// Puts a rater at the end of the queue; who waits already keeps their place.
    pub fn push(&mut self, rater: i64) {
        if self.waiting.insert(rater) {
            self.queue.push_back(rater);
        }
    }

    /// Looks at up to `pops` raters; returns at how many.
    ///
    /// # Errors
    /// What the source says.
    pub fn run(&mut self, pops: usize) -> Result<usize, S::Error> {
        let mut popped = 0;
        while popped < pops {
            let Some(rater) = self.queue.pop_front() else { break };
            self.waiting.remove(&rater);
            popped += 1;
            self.look_at(rater)?;
        }
        Ok(popped)
    }

    /// How far the waiting are from where one look would put them, at the most, in stars; of at most
    /// `sample` of them.
    ///
    /// # Errors
    /// What the source says.
    pub fn residual(&mut self, sample: usize) -> Result<f64, S::Error> {
        let waiting: Vec<i64> = self.queue.iter().copied().take(sample).collect();
        let mut largest = 0.0_f64;
        for rater in waiting {
            let target = self.target(rater)?;
            largest = largest.max((target - self.leniency(rater)).abs());
        }
        Ok(largest)
    }

    /// The end: what moved, and who still waits.
    pub fn finish(mut self) -> Walked {
        let cells =
            self.touched.iter().map(|item| (*item, self.items.remove(item).unwrap_or_default())).collect();
        Walked {
            moved: self.moved.into_iter().collect(),
            touched: self.touched.into_iter().collect(),
            cells,
            waiting: self.queue.into(),
            q: self.q,
        }
    }

    fn leniency(&self, rater: i64) -> f64 {
        self.raters.get(&rater).map_or(0.0, |known| known.leniency)
    }

    fn load(&mut self, rater: i64) -> Result<(), S::Error> {
        if !self.raters.contains_key(&rater) {
            let (leniency, own) = self.source.rater(rater)?;
            self.raters.insert(rater, Known { leniency, own });
        }
        let missing: Vec<i64> = self.raters[&rater]
            .own
            .iter()
            .map(|own| own.item)
            .filter(|item| !self.items.contains_key(item))
            .collect();
        if !missing.is_empty() {
            for (item, cell) in self.source.cells(&missing)? {
                self.items.entry(item).or_default().push(cell);
            }
        }
        Ok(())
    }

    /// `T(b)` of a rater, and along the way how much a look shrinks what is left.
    fn target(&mut self, rater: i64) -> Result<f64, S::Error> {
        self.load(rater)?;
        let params = &self.params;
        let own = &self.raters[&rater].own;
        let (mut rest, mut shrunk) = (0.0, 0.0);
        for rating in own {
            let cells = self.items.get(&rating.item).map_or(&[][..], Vec::as_slice);
            let (mut votes, mut weighted) = (0.0, 0.0);
            let mut voice = (0.0, 0.0);
            for cell in cells.iter().filter(|cell| cell.n > 0.0) {
                let s = params.votes(cell.n);
                votes += s;
                weighted += s / cell.n * cell.sum;
                if cell.voice == rating.voice {
                    voice = (cell.n, cell.sum / cell.n);
                }
            }
            let strength = params.lambda_v + votes;
            let v = weighted / strength;
            let (n, mean) = voice;
            let alpha = params.own_voice(n);
            rest += rating.stars - params.mu - v - (mean - v) * alpha;
            shrunk += alpha + (1.0 - alpha) * votes / strength;
        }
        let strength = own.len() as f64 + params.lambda_u;
        if strength <= 0.0 {
            return Ok(0.0);
        }
        self.q = self.q.max(shrunk / strength);
        Ok((rest / strength).clamp(-params.cap, params.cap))
    }

    fn look_at(&mut self, rater: i64) -> Result<(), S::Error> {
        let before = {
            self.load(rater)?;
            self.leniency(rater)
        };
        // A leniency stands in the very cells it is computed from: where it moved, it moves again, each
        // time by a part of the last.
        for _ in 0..OWN_STEPS {
            let step = self.target(rater)? - self.leniency(rater);
            if step.abs() <= self.tau {
                break;
            }
            self.apply(rater, step);
        }
        let moved = self.leniency(rater) - before;
        if moved == 0.0 {
            return Ok(());
        }
        self.moved.insert(rater, self.leniency(rater));
        let items: Vec<i64> = self.raters[&rater].own.iter().map(|rating| rating.item).collect();
        let carried = CARRIED * moved.abs();
        let shared = items.len() as f64;
        // Not even somebody who rated all of it, and nothing else, could move by more.
        if carried * shared / (shared + self.params.lambda_u) <= self.tau {
            return Ok(());
        }
        let mut common: BTreeMap<i64, (f64, u32)> = BTreeMap::new();
        let missing: Vec<i64> =
            items.iter().copied().filter(|item| !self.raters_of.contains_key(item)).collect();
        if !missing.is_empty() {
            for (item, other) in self.source.raters_of(&missing)? {
                self.raters_of.entry(item).or_default().push(other);
            }
        }
        for other in items.iter().filter_map(|item| self.raters_of.get(item)).flatten() {
            common.entry(other.rater).or_insert((0.0, other.ratings)).0 += 1.0;
        }
        for (other, (items, ratings)) in common {
            let could = carried * items / (f64::from(ratings).max(items) + self.params.lambda_u);
            if other != rater && could > self.tau {
                self.push(other);
            }
        }
        Ok(())
    }

    /// Moves a rater's leniency and the cells it stands in.
    fn apply(&mut self, rater: i64, step: f64) {
        let Some(known) = self.raters.get_mut(&rater) else { return };
        known.leniency += step;
        for rating in &known.own {
            let cells = self.items.get_mut(&rating.item);
            if let Some(cell) =
                cells.and_then(|cells| cells.iter_mut().find(|cell| cell.voice == rating.voice))
            {
                cell.sum -= step;
                self.touched.insert(rating.item);
            }
        }
    }
}

/// A market in memory: what tests compare with the batch fit, and what is measured.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    leniency: HashMap<i64, f64>,
    of_rater: HashMap<i64, Vec<Own>>,
    cells: HashMap<i64, Vec<Cell>>,
    of_item: HashMap<i64, Vec<i64>>,
}

impl Memory {
    /// A market with these ratings and leniencies.
    pub fn new(params: &Params, ratings: &[super::fit::Rating], raters: &[super::fit::Rater]) -> Memory {
        let mut memory = Memory {
            leniency: raters.iter().map(|rater| (rater.id, rater.leniency)).collect(),
            ..Memory::default()
        };
        for rating in ratings {
            memory.add(params, rating);
        }
        memory
    }

    /// Adds a rating; its cell counts it with the rater's present leniency.
    pub fn add(&mut self, params: &Params, rating: &super::fit::Rating) {
        let leniency = self.leniency.get(&rating.rater).copied().unwrap_or(0.0);
        let own = Own { item: rating.item, voice: rating.department, stars: rating.stars };
        self.of_rater.entry(rating.rater).or_default().push(own);
        self.of_item.entry(rating.item).or_default().push(rating.rater);
        let cells = self.cells.entry(rating.item).or_default();
        let above = rating.stars - params.mu - leniency;
        match cells.iter_mut().find(|cell| cell.voice == rating.department) {
            Some(cell) => {
                cell.n += 1.0;
                cell.sum += above;
            }
            None => cells.push(Cell { voice: rating.department, n: 1.0, sum: above }),
        }
    }

    /// Takes a rating away.
    pub fn remove(&mut self, params: &Params, rater: i64, item: i64) {
        let Some(own) = self.of_rater.get_mut(&rater) else { return };
        let Some(at) = own.iter().position(|own| own.item == item) else { return };
        let gone = own.remove(at);
        if let Some(raters) = self.of_item.get_mut(&item) {
            raters.retain(|other| *other != rater);
        }
        let leniency = self.leniency.get(&rater).copied().unwrap_or(0.0);
        if let Some(cells) = self.cells.get_mut(&item) {
            for cell in cells.iter_mut().filter(|cell| cell.voice == gone.voice) {
                cell.n -= 1.0;
                cell.sum -= gone.stars - params.mu - leniency;
            }
            cells.retain(|cell| cell.n > 0.0);
        }
    }

    /// Everybody who rated an item.
    pub fn raters_of(&self, item: i64) -> Vec<i64> {
        self.of_item.get(&item).cloned().unwrap_or_default()
    }

    /// The value of an item in stars.
    pub fn value(&self, params: &Params, item: i64) -> f64 {
        let (mut votes, mut weighted) = (0.0, 0.0);
        for cell in self.cells.get(&item).into_iter().flatten() {
            let s = params.votes(cell.n);
            votes += s;
            weighted += s / cell.n * cell.sum;
        }
        params.mu + weighted / (params.lambda_v + votes)
    }

    /// Takes over what a walk came to.
    pub fn absorb(&mut self, walked: &Walked) {
        self.leniency.extend(walked.moved.iter().copied());
        self.cells.extend(walked.cells.iter().cloned());
    }
}

impl Source for Memory {
    type Error = std::convert::Infallible;

    fn rater(&mut self, rater: i64) -> Result<(f64, Vec<Own>), Self::Error> {
        let leniency = self.leniency.get(&rater).copied().unwrap_or(0.0);
        Ok((leniency, self.of_rater.get(&rater).cloned().unwrap_or_default()))
    }

    fn cells(&mut self, items: &[i64]) -> Result<Vec<(i64, Cell)>, Self::Error> {
        let of = |item: &i64| {
            let item = *item;
            self.cells.get(&item).into_iter().flatten().map(move |cell| (item, *cell))
        };
        Ok(items.iter().flat_map(of).collect())
    }

    fn raters_of(&mut self, items: &[i64]) -> Result<Vec<(i64, CoRater)>, Self::Error> {
        let mut all = Vec::new();
        for item in items {
            for rater in self.of_item.get(item).into_iter().flatten() {
                let ratings = self.of_rater.get(rater).map_or(0, |own| own.len() as u32);
                all.push((*item, CoRater { rater: *rater, ratings }));
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
#[path = "incremental_tests.rs"]
mod tests;
