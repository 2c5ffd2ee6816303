//! Honest play: who praises each other more than anybody else does, who rates the same things in the same
//! minutes, who rates one author again and again, and between which two people bounties go back and
//! forth. Pure rules over rows; what they find is a question to a curator, never a verdict.
//!
//! A finding holds counts, and means over at least three ratings: never a single one.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{Duration, NaiveDateTime};

use super::graph;
use crate::policy::PlayPolicy;

/// Fewest ratings behind a mean that is told.
pub const FEWEST: u32 = 3;

/// A counted rating.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    pub insight: i64,
    /// Who shared it.
    pub author: i64,
    pub rater: i64,
    /// Stars above what the model expects of this rater for this insight: `r - mu - v - b`.
    pub above: f64,
    /// UTC.
    pub at: NaiveDateTime,
    /// Whether the minute is known; an import may bring days only.
    pub to_the_minute: bool,
}

/// One person's ratings of another's insights.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Favour {
    pub from: i64,
    pub to: i64,
    pub ratings: u32,
    /// The mean over them of the stars above what the model expects.
    pub above: f64,
}

/// Two people who rate the same things at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Together {
    pub one: i64,
    pub two: i64,
    /// Insights both have rated.
    pub common: u32,
    /// Those rated within minutes of each other.
    pub close: u32,
}

/// People whose ratings of each other's insights, or of the same insights, do not look independent.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Community {
    /// Ids, ascending.
    pub people: Vec<i64>,
    pub favours: Vec<Favour>,
    pub together: Vec<Together>,
}

impl Community {
    /// How many ratings speak for it.
    pub fn weight(&self) -> u32 {
        let favours: u32 = self.favours.iter().map(|favour| favour.ratings).sum();
        let together: u32 = self.together.iter().map(|pair| pair.close).sum();
        favours + together
    }
}

/// More than this many people who rate one insight within the same minutes were told to, in a meeting or by
/// a mail: that says nothing about any two of them.
const CROWD: usize = 40;

/// The communities among counted ratings, by their first members. `people` is in at most one.
///
/// Two people are one when each has rated the other's insights at least `pair_ratings` times with a mean of
/// at least `pair_residual` stars too many. So are more, when favours go around: everybody who can reach
/// each other along favours (A praises B, B praises C, C praises A), as long as at least two fifths of all
/// possible favours among them are there; in a large company chance alone makes long thin rounds. And so
/// are three or more who have each rated at least `cluster_insights` insights in common with two others of
/// them, `cluster_percent` of those within `cluster_minutes`.
pub fn communities(rows: &[Seen], policy: &PlayPolicy) -> Vec<Community> {
    let favours = favours(rows, policy);
    let together = together(rows, policy);
    let people: BTreeSet<i64> = favours
        .iter()
        .flat_map(|favour| [favour.from, favour.to])
        .chain(together.iter().flat_map(|pair| [pair.one, pair.two]))
        .collect();
    let names: Vec<i64> = people.into_iter().collect();
    let number: HashMap<i64, usize> = names.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let edge = |from: i64, to: i64| number.get(&from).copied().zip(number.get(&to).copied());
    let praise: Vec<(usize, usize)> =
        favours.iter().filter_map(|favour| edge(favour.from, favour.to)).collect();
    let meet: Vec<(usize, usize)> = together.iter().filter_map(|pair| edge(pair.one, pair.two)).collect();

    let mut bonds: Vec<(usize, usize)> = Vec::new();
    let mut bind = |part: &[usize]| {
        for pair in part.windows(2) {
            bonds.extend([(pair[0], pair[1]), (pair[1], pair[0])]);
        }
    };
    for part in graph::strong_parts(names.len(), &praise) {
        for dense in dense(&part, &praise) {
            bind(&dense);
        }
    }
    for part in graph::triangle_parts(names.len(), &meet) {
        if part.len() as i64 >= policy.cluster_raters {
            bind(&part);
        }
    }
    graph::strong_parts(names.len(), &bonds)
        .into_iter()
        .map(|part| {
            let people: Vec<i64> = part.iter().filter_map(|at| names.get(*at).copied()).collect();
            let inside = |one: i64, two: i64| people.contains(&one) && people.contains(&two);
            Community {
                favours: favours.iter().filter(|favour| inside(favour.from, favour.to)).copied().collect(),
                together: together.iter().filter(|pair| inside(pair.one, pair.two)).copied().collect(),
                people,
            }
        })
        .collect()
}

/// A part itself where two fifths of its possible edges are there, else its parts by edges both ways.
fn dense(part: &[usize], edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let inside: HashSet<(usize, usize)> = edges
        .iter()
        .filter(|(from, to)| part.binary_search(from).is_ok() && part.binary_search(to).is_ok())
        .copied()
        .collect();
    if inside.len() * 5 >= part.len() * (part.len() - 1) * 2 {
        return vec![part.to_vec()];
    }
    let mutual: Vec<(usize, usize)> =
        inside.iter().filter(|(from, to)| inside.contains(&(*to, *from))).copied().collect();
    let nodes = part.last().map_or(0, |last| last + 1);
    graph::strong_parts(nodes, &mutual)
}

/// Who praises whom too much: at least `pair_ratings` ratings with a mean of at least `pair_residual`.
fn favours(rows: &[Seen], policy: &PlayPolicy) -> Vec<Favour> {
    let mut sums: BTreeMap<(i64, i64), (u32, f64)> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.rater != row.author) {
        let sum = sums.entry((row.rater, row.author)).or_default();
        sum.0 += 1;
        sum.1 += row.above;
    }
    sums.into_iter()
        .map(|((from, to), (ratings, sum))| Favour { from, to, ratings, above: sum / f64::from(ratings) })
        .filter(|favour| {
            i64::from(favour.ratings) >= policy.pair_ratings.max(i64::from(FEWEST))
                // A sum that is exactly the bound may come out a rounding error below it.
                && favour.above >= policy.pair_residual - 1e-9
        })
        .collect()
}

/// Who rates the same insights as somebody else, in the same minutes.
fn together(rows: &[Seen], policy: &PlayPolicy) -> Vec<Together> {
    let mut by_insight: HashMap<i64, Vec<(NaiveDateTime, i64)>> = HashMap::new();
    let mut rated: HashMap<i64, HashSet<i64>> = HashMap::new();
    for row in rows {
        rated.entry(row.rater).or_default().insert(row.insight);
        if row.to_the_minute {
            by_insight.entry(row.insight).or_default().push((row.at, row.rater));
        }
    }
    let minutes = Duration::minutes(policy.cluster_minutes);
    let mut close: BTreeMap<(i64, i64), u32> = BTreeMap::new();
    for times in by_insight.values_mut() {
        times.sort_unstable();
        let alone = |time: NaiveDateTime| {
            let from = times.partition_point(|(at, _)| *at < time - minutes);
            let to = times.partition_point(|(at, _)| *at <= time + minutes);
            to - from <= CROWD
        };
        for (at, (time, rater)) in times.iter().enumerate().filter(|(_, (time, _))| alone(*time)) {
            let near = times[at + 1..].iter().take_while(|(later, _)| *later - *time <= minutes);
            for (later, other) in near.filter(|(_, other)| other != rater) {
                if alone(*later) {
                    *close.entry((*rater.min(other), *rater.max(other))).or_default() += 1;
                }
            }
        }
    }
    let enough = |close: u32, common: i64| i64::from(close) * 100 >= common * policy.cluster_percent;
    close
        .into_iter()
        .filter(|(_, close)| enough(*close, policy.cluster_insights))
        .filter_map(|((one, two), close)| {
            let (a, b) = (rated.get(&one)?, rated.get(&two)?);
            let common = a.intersection(b).count() as i64;
            (common >= policy.cluster_insights && enough(close, common)).then_some(Together {
                one,
                two,
                common: common as u32,
                close,
            })
        })
        .collect()
}

/// The ratings a community is about, as insight and rater: what one member gave another where that is a
/// favour, and what two gave the same insight in the same minutes where they do that.
pub fn in_question(rows: &[Seen], community: &Community, policy: &PlayPolicy) -> Vec<(i64, i64)> {
    let favours: HashSet<(i64, i64)> =
        community.favours.iter().map(|favour| (favour.from, favour.to)).collect();
    let mut concerned: BTreeSet<(i64, i64)> = rows
        .iter()
        .filter(|row| favours.contains(&(row.rater, row.author)))
        .map(|row| (row.insight, row.rater))
        .collect();
    let minutes = Duration::minutes(policy.cluster_minutes);
    let mut times: HashMap<i64, HashMap<i64, NaiveDateTime>> = HashMap::new();
    for row in rows.iter().filter(|row| row.to_the_minute && community.people.contains(&row.rater)) {
        times.entry(row.rater).or_default().insert(row.insight, row.at);
    }
    for pair in &community.together {
        let (Some(one), Some(two)) = (times.get(&pair.one), times.get(&pair.two)) else { continue };
        for (insight, at) in one {
            if two.get(insight).is_some_and(|other| (*other - *at).abs() <= minutes) {
                concerned.extend([(*insight, pair.one), (*insight, pair.two)]);
            }
        }
    }
    concerned.into_iter().collect()
}

/// One person's many ratings of one author in a few days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serial {
    pub rater: i64,
    pub author: i64,
    /// How many there were in these days, the excess included.
    pub ratings: u32,
    /// Insights whose ratings are too many, in the order of time.
    pub excess: Vec<i64>,
    /// When the first of the days' ratings was given, UTC.
    pub since: NaiveDateTime,
    /// Until then the excess is held, UTC.
    pub until: NaiveDateTime,
}

/// The series among ratings: more than `serial_ratings` of one author by one rater within `serial_days`.
/// The first ones of such days stay what they are; only what is more is too many.
pub fn series(rows: &[Seen], policy: &PlayPolicy) -> Vec<Serial> {
    let mut by_pair: BTreeMap<(i64, i64), Vec<(NaiveDateTime, i64)>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.rater != row.author) {
        by_pair.entry((row.rater, row.author)).or_default().push((row.at, row.insight));
    }
    let days = Duration::days(policy.serial_days);
    let most = usize::try_from(policy.serial_ratings).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for ((rater, author), mut times) in by_pair {
        times.sort_unstable();
        let mut next = 0;
        while let Some((since, _)) = times.get(next).copied() {
            let of_days = times[next..].iter().take_while(|(at, _)| *at < since + days).count();
            if of_days <= most {
                next += 1;
                continue;
            }
            let all = &times[next..next + of_days];
            found.push(Serial {
                rater,
                author,
                ratings: of_days as u32,
                excess: all[most..].iter().map(|(_, insight)| *insight).collect(),
                since,
                until: since + days,
            });
            next += of_days;
        }
    }
    found
}

/// A bounty, or a part of one, that somebody paid somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Award {
    pub request: i64,
    pub from: i64,
    pub to: i64,
    pub credits: i64,
    /// UTC.
    pub at: NaiveDateTime,
}

/// Bounties between the same two people, in either direction.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RoundTrip {
    /// The lower id.
    pub one: i64,
    pub two: i64,
    pub from_one: u32,
    pub from_two: u32,
    pub credits: i64,
    /// In the order of time.
    pub requests: Vec<i64>,
    /// The last of them, UTC.
    pub last: NaiveDateTime,
}

/// Pairs with more than `reciprocal_awards` awards between them within `reciprocal_days`.
pub fn round_trips(awards: &[Award], policy: &PlayPolicy) -> Vec<RoundTrip> {
    let mut by_pair: BTreeMap<(i64, i64), Vec<&Award>> = BTreeMap::new();
    for award in awards.iter().filter(|award| award.from != award.to) {
        by_pair.entry((award.from.min(award.to), award.from.max(award.to))).or_default().push(award);
    }
    let days = Duration::days(policy.reciprocal_days);
    let mut found = Vec::new();
    for ((one, two), mut between) in by_pair {
        between.sort_by_key(|award| (award.at, award.request));
        let mut next = 0;
        while let Some(first) = between.get(next) {
            let count = between[next..].iter().take_while(|award| award.at - first.at < days).count();
            if count as i64 <= policy.reciprocal_awards {
                next += 1;
                continue;
            }
            let all = &between[next..next + count];
            found.push(RoundTrip {
                one,
                two,
                from_one: all.iter().filter(|award| award.from == one).count() as u32,
                from_two: all.iter().filter(|award| award.from == two).count() as u32,
                credits: all.iter().map(|award| award.credits).sum(),
                requests: all.iter().map(|award| award.request).collect(),
                last: all.last().map_or(first.at, |award| award.at),
            });
            next += count;
        }
    }
    found
}

#[cfg(test)]
#[path = "play_tests.rs"]
mod tests;
