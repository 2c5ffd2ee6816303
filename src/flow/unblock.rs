//! Which flow is stuck, and why: what one group asks of another and does not get, with the four reasons
//! there may be. Rules only; what is asked and what is known comes from whoever calls.
//!
//! Whether a flow is stuck depends on what is asked in vain alone, never on how few people read something.

use std::collections::BTreeSet;

use crate::policy::StuckPolicy;

/// An open request that nobody has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub id: i64,
    /// The place of the group that asks.
    pub to: usize,
    /// Which of the parts that are told of the company asks: a group may be many of them.
    pub by: usize,
    /// The places of the groups that were asked by name.
    pub asked: BTreeSet<usize>,
    /// The insights that may answer it.
    pub matches: Vec<i64>,
    /// Whole days since it was asked.
    pub days: i64,
}

/// A request that was answered in the period.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    pub to: usize,
    /// The groups that could answer: those asked by name, and the one that did.
    pub from: BTreeSet<usize>,
    /// Until the first answer.
    pub days: f64,
}

/// An insight that may answer something.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    pub id: i64,
    /// The place of the group that shared it.
    pub from: usize,
    /// Raters of its shown value, and that value in stars; nothing where none is shown.
    pub shown: Option<(i64, f64)>,
    /// The parts that ask in which enough people to be told of opened it.
    pub found_by: BTreeSet<usize>,
}

impl Known {
    /// Whether every one of these who asks for it has found it.
    pub fn is_found<'a>(&self, waiting: impl IntoIterator<Item = &'a Waiting>) -> bool {
        waiting
            .into_iter()
            .filter(|one| one.matches.contains(&self.id))
            .all(|one| self.found_by.contains(&one.by))
    }
}

/// Why a flow is stuck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// What would answer is there and trusted, and those who ask have not opened it.
    NotFound,
    /// It is there, but too few have said what it is worth, or they think little of it.
    NotTrusted,
    /// Nothing that is there answers.
    NotKnown,
    /// It is answered, but late.
    Slow,
}

impl Why {
    /// As the page names it.
    pub const fn words(self) -> &'static str {
        match self {
            Why::NotFound => "Known, not found",
            Why::NotTrusted => "Known, not trusted",
            Why::NotKnown => "Nobody knows yet",
            Why::Slow => "Slow",
        }
    }
}

/// A flow that is stuck.
#[derive(Clone, Debug, PartialEq)]
pub struct Stuck {
    pub from: usize,
    pub to: usize,
    pub why: Why,
    /// The old requests of `to` that `from` could answer, the oldest first; those answered late have no ids.
    pub requests: Vec<i64>,
    /// How many there are.
    pub old: usize,
    /// For how many of them `from` shared something that may answer.
    pub known: usize,
    /// How long the oldest has waited; of a slow flow the median until an answer.
    pub days: f64,
    /// What `from` shared that may answer, by id; of a flow that is not found only what is trusted.
    pub insights: Vec<i64>,
    /// How many of these are found by those of `to` who ask.
    pub found: usize,
}

/// The flows that are stuck, those with most requests waiting first, then the oldest.
pub fn stuck(
    waiting: &[Waiting],
    answered: &[Answered],
    known: &[Known],
    groups: usize,
    policy: &StuckPolicy,
) -> Vec<Stuck> {
    let mut stuck: Vec<Stuck> = Vec::new();
    for (from, to) in
        (0..groups).flat_map(|from| (0..groups).map(move |to| (from, to))).filter(|(a, b)| a != b)
    {
        let pair = unanswered(waiting, known, from, to, policy).or_else(|| slow(answered, from, to, policy));
        stuck.extend(pair);
    }
    stuck.sort_by(|a, b| {
        b.old.cmp(&a.old).then(b.days.total_cmp(&a.days)).then((a.from, a.to).cmp(&(b.from, b.to)))
    });
    stuck
}

/// What `from` could answer: it was asked by name, or shared something that matches.
fn could_answer(one: &Waiting, mine: &[&Known], from: usize) -> bool {
    one.asked.contains(&from) || is_known(one, mine)
}

fn is_known(one: &Waiting, mine: &[&Known]) -> bool {
    mine.iter().any(|insight| one.matches.contains(&insight.id))
}

fn unanswered(
    waiting: &[Waiting],
    known: &[Known],
    from: usize,
    to: usize,
    policy: &StuckPolicy,
) -> Option<Stuck> {
    let mine: Vec<&Known> = known.iter().filter(|insight| insight.from == from).collect();
    let mut old: Vec<&Waiting> = waiting
        .iter()
        .filter(|one| one.to == to && one.days >= policy.days && could_answer(one, &mine, from))
        .collect();
    if (old.len() as i64) < policy.requests {
        return None;
    }
    old.sort_by_key(|one| (std::cmp::Reverse(one.days), one.id));
    let matching: Vec<&Known> = mine
        .iter()
        .filter(|insight| old.iter().any(|one| one.matches.contains(&insight.id)))
        .copied()
        .collect();
    let trusted: Vec<&Known> = matching
        .iter()
        .filter(|insight| {
            insight.shown.is_some_and(|(raters, stars)| {
                // 3.0 itself counts, also where tenths round below it.
                raters >= policy.trust_raters && stars >= policy.trust_value - 1e-9
            })
        })
        .copied()
        .collect();
    let found_of =
        |insights: &[&Known]| insights.iter().filter(|one| one.is_found(old.iter().copied())).count();
    let known = old.iter().filter(|one| is_known(one, &mine)).count();
    let few = |found: usize, all: usize| (found * 100) < all * policy.found_percent as usize;
    // A single match among many questions does not make them known.
    let (why, insights) = if known * 2 < old.len() {
        (Why::NotKnown, matching)
    } else if trusted.is_empty() {
        (Why::NotTrusted, matching)
    } else if few(found_of(&trusted), trusted.len()) {
        (Why::NotFound, trusted)
    } else {
        // They read it and ask on: it does not answer.
        (Why::NotKnown, matching)
    };
    Some(Stuck {
        from,
        to,
        why,
        requests: old.iter().map(|one| one.id).collect(),
        old: old.len(),
        known,
        days: old.first().map_or(0.0, |one| one.days as f64),
        found: found_of(&insights),
        insights: insights.iter().map(|insight| insight.id).collect(),
    })
}

fn slow(answered: &[Answered], from: usize, to: usize, policy: &StuckPolicy) -> Option<Stuck> {
    let mut days: Vec<f64> =
        answered.iter().filter(|one| one.to == to && one.from.contains(&from)).map(|one| one.days).collect();
    if (days.len() as i64) < policy.requests {
        return None;
    }
    days.sort_by(f64::total_cmp);
    let middle = days.len() / 2;
    let median = if days.len() % 2 == 1 { days[middle] } else { (days[middle - 1] + days[middle]) / 2.0 };
    (median > policy.slow_days as f64).then_some(Stuck {
        from,
        to,
        why: Why::Slow,
        requests: Vec::new(),
        old: days.len(),
        known: 0,
        days: median,
        insights: Vec::new(),
        found: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(id: i64, days: i64, matches: &[i64]) -> Waiting {
        Waiting { id, to: 1, by: 1, asked: BTreeSet::from([0]), matches: matches.to_vec(), days }
    }

    fn known(id: i64, shown: Option<(i64, f64)>, found: bool) -> Known {
        Known { id, from: 0, shown, found_by: if found { BTreeSet::from([1]) } else { BTreeSet::new() } }
    }

    fn five(matches: &[i64]) -> Vec<Waiting> {
        (1..=5).map(|id| waiting(id, 7 + id, matches)).collect()
    }

    #[test]
    fn each_reason_has_its_signs() {
        let policy = StuckPolicy::default();
        let good = Some((3, 3.0));
        type Case = (&'static str, Vec<Waiting>, Vec<Known>, Option<(Why, usize, usize)>);
        let table: [Case; 9] = [
            ("four are not stuck", five(&[1])[..4].to_vec(), vec![known(1, good, false)], None),
            (
                "nor are five that came this week",
                (1..=5).map(|id| waiting(id, 6, &[])).collect(),
                vec![],
                None,
            ),
            ("trusted, unread", five(&[1]), vec![known(1, good, false)], Some((Why::NotFound, 1, 0))),
            (
                "too few ratings",
                five(&[1]),
                vec![known(1, Some((2, 4.0)), false)],
                Some((Why::NotTrusted, 1, 0)),
            ),
            ("little value", five(&[1]), vec![known(1, Some((9, 2.9)), true)], Some((Why::NotTrusted, 1, 1))),
            ("no value shown", five(&[1]), vec![known(1, None, false)], Some((Why::NotTrusted, 1, 0))),
            ("no match", five(&[]), vec![known(1, good, false)], Some((Why::NotKnown, 0, 0))),
            ("read, and still asked", five(&[1]), vec![known(1, good, true)], Some((Why::NotKnown, 1, 1))),
            (
                "one match among five",
                [&five(&[])[..4], &[waiting(9, 20, &[1])]].concat(),
                vec![known(1, good, false)],
                Some((Why::NotKnown, 1, 0)),
            ),
        ];
        for (name, waiting, known, expected) in table {
            let found = stuck(&waiting, &[], &known, 2, &policy);
            let seen = found.first().map(|one| (one.why, one.insights.len(), one.found));
            assert_eq!(seen, expected, "{name}");
            assert!(found.iter().all(|one| (one.from, one.to) == (0, 1)), "{name}: {found:?}");
        }
    }

    #[test]
    fn one_in_five_opened_is_found() {
        let policy = StuckPolicy::default();
        let insights = |found: i64| -> Vec<Known> {
            (1..=10).map(|id| known(id, Some((4, 3.6)), id <= found)).collect()
        };
        let ids: Vec<i64> = (1..=10).collect();
        for (found, why) in [(0, Why::NotFound), (1, Why::NotFound), (2, Why::NotKnown)] {
            assert_eq!(stuck(&five(&ids), &[], &insights(found), 2, &policy)[0].why, why, "{found} of ten");
        }
    }

    #[test]
    fn a_match_is_enough_to_be_able_to_answer() {
        let policy = StuckPolicy::default();
        let asks_anybody: Vec<Waiting> =
            five(&[1]).into_iter().map(|one| Waiting { asked: BTreeSet::new(), ..one }).collect();
        let found = stuck(&asks_anybody, &[], &[known(1, Some((3, 3.5)), false)], 2, &policy);
        assert_eq!(found.iter().map(|one| (one.from, one.to, one.known)).collect::<Vec<_>>(), [(0, 1, 5)]);
        assert_eq!(stuck(&asks_anybody, &[], &[], 2, &policy), [], "nobody could");
    }

    #[test]
    fn a_group_of_many_finds_what_those_find_who_ask() {
        let policy = StuckPolicy::default();
        // Part 2 of the same group has read it; part 1 asks.
        let read_by = |parts: &[usize]| Known {
            found_by: parts.iter().copied().collect(),
            ..known(1, Some((3, 3.5)), false)
        };
        let by = |by: usize| five(&[1]).into_iter().map(move |one| Waiting { by, ..one }).collect::<Vec<_>>();
        let mixed = [&by(1)[..3], &by(2)[3..]].concat();
        for (name, waiting, parts, why) in [
            ("others found it", by(1), [2], Why::NotFound),
            ("they found it", by(2), [2], Why::NotKnown),
            ("some of them", mixed, [2], Why::NotFound),
        ] {
            assert_eq!(stuck(&waiting, &[], &[read_by(&parts)], 2, &policy)[0].why, why, "{name}");
        }
    }

    #[test]
    fn late_answers_are_slow_and_the_busiest_comes_first() {
        let policy = StuckPolicy::default();
        let late = |days: f64| Answered { to: 1, from: BTreeSet::from([2]), days };
        let answered: Vec<Answered> = [1.0, 15.0, 16.0, 20.0, 30.0].map(late).to_vec();
        let more: Vec<Waiting> = (1..=6).map(|id| waiting(id, 9, &[])).collect();
        let found = stuck(&more, &answered, &[], 3, &policy);
        assert_eq!(
            found.iter().map(|one| (one.from, one.why, one.days)).collect::<Vec<_>>(),
            [(0, Why::NotKnown, 9.0), (2, Why::Slow, 16.0)]
        );
        let soon: Vec<Answered> = [1.0, 13.0, 14.0, 20.0, 30.0].map(late).to_vec();
        assert_eq!(stuck(&[], &soon, &[], 3, &policy), [], "14 days are not more than 14");
        assert_eq!(stuck(&[], &answered[1..], &[], 3, &policy), [], "four are too few");
    }
}
