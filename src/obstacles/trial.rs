//! Whether sending insights to a department helps. Half of the insights are sent at once, half wait: what is
//! drawn are insights, never people, and what is told are counts of the two halves.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::statistics::permutation::{self, FEWEST_PAIRS};

/// Insights a trial needs: the fewest pairs that have an interval.
pub const FEWEST_INSIGHTS: usize = 2 * FEWEST_PAIRS;

/// Where a trial stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Running,
    Finished,
    Stopped,
}

impl State {
    /// As the database writes it.
    pub const fn name(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Finished => "finished",
            State::Stopped => "stopped",
        }
    }

    /// The state of that name.
    pub fn named(name: &str) -> Option<State> {
        [State::Running, State::Finished, State::Stopped].into_iter().find(|state| state.name() == name)
    }
}

/// An insight of a trial at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// Counted from 1; 0 without a partner.
    pub pair: u32,
    pub at_once: bool,
    /// Withdrawn meanwhile, or merged into another.
    pub is_gone: bool,
    /// Who of the department opened it for the first time while the trial ran.
    pub readers: HashSet<i64>,
    /// How often somebody of the department said that they used it.
    pub uses: i64,
}

/// What a trial says in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Fewer than five people opened any of it, or could be worked out: nothing is told.
    TooFewReaders,
    /// So many were withdrawn that there is no interval.
    TooFewPairs,
    /// What was sent was opened more, beyond chance.
    More,
    /// Less, beyond chance.
    Less,
    NotBeyondChance,
}

/// A half of the insights that are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Half {
    pub insights: usize,
    /// First openings by the department; none where fewer than five people did.
    pub openings: Option<i64>,
    pub uses: i64,
}

/// A difference an insight, what was sent minus what waited.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    pub mean: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// What would have been found 8 times in 10.
    pub findable: Option<f64>,
}

/// What a trial found; kept as it was computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub pairs: usize,
    /// Insights that were withdrawn meanwhile.
    pub gone: usize,
    /// Insights that are in no pair that is compared.
    pub left_out: usize,
    pub verdict: Verdict,
    /// None of it where nothing is told.
    pub at_once: Option<Half>,
    pub later: Option<Half>,
    /// None where one of the halves is not told.
    pub openings: Option<Difference>,
    pub uses: Option<Difference>,
}

/// Compares the halves by pairs; a pair of which one is gone is left out. Nothing is compared where what the
/// department opens may not be told.
pub fn judge(drawn: &[Drawn], seed: &str, may_tell: bool) -> Outcome {
    let numbers: Vec<u32> = {
        let mut all: Vec<u32> = drawn.iter().map(|one| one.pair).filter(|pair| *pair > 0).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let whole = |pair: &u32| {
        let of = |at_once: bool| {
            drawn.iter().find(|one| one.pair == *pair && one.at_once == at_once && !one.is_gone)
        };
        Some((of(true)?, of(false)?))
    };
    let pairs: Vec<(&Drawn, &Drawn)> = numbers.iter().filter_map(whole).collect();
    let gone = drawn.iter().filter(|one| one.is_gone).count();
    let nothing = Outcome {
        pairs: pairs.len(),
        gone,
        left_out: drawn.len() - 2 * pairs.len(),
        verdict: Verdict::TooFewReaders,
        at_once: None,
        later: None,
        openings: None,
        uses: None,
    };
    let everybody: HashSet<i64> = drawn.iter().flat_map(|one| one.readers.iter().copied()).collect();
    if (everybody.len() as u64) < FEWEST_PEOPLE || !may_tell {
        return nothing;
    }
    let half = |of: fn(&(&Drawn, &Drawn)) -> usize, sides: Vec<&Drawn>| {
        let people: HashSet<i64> = sides.iter().flat_map(|one| one.readers.iter().copied()).collect();
        let openings: usize = sides.iter().map(|one| one.readers.len()).sum();
        debug_assert_eq!(openings, pairs.iter().map(of).sum::<usize>());
        Half {
            insights: sides.len(),
            openings: (people.len() as u64 >= FEWEST_PEOPLE).then_some(openings as i64),
            uses: sides.iter().map(|one| one.uses).sum(),
        }
    };
    let at_once = half(|pair| pair.0.readers.len(), pairs.iter().map(|pair| pair.0).collect());
    let later = half(|pair| pair.1.readers.len(), pairs.iter().map(|pair| pair.1).collect());
    let effect = |of: &dyn Fn(&Drawn) -> f64| {
        let differences: Vec<f64> = pairs.iter().map(|(sent, waited)| of(sent) - of(waited)).collect();
        permutation::effect(&differences, seed)
    };
    let opened = effect(&|one| one.readers.len() as f64);
    let used = effect(&|one| one.uses as f64);
    let verdict = match opened {
        Some(effect) if effect.interval.is_none() => Verdict::TooFewPairs,
        Some(effect) if effect.is_beyond_chance() && effect.mean > 0.0 => Verdict::More,
        Some(effect) if effect.is_beyond_chance() => Verdict::Less,
        Some(_) => Verdict::NotBeyondChance,
        None => Verdict::TooFewPairs,
    };
    let told = |effect: permutation::Effect| Difference {
        mean: effect.mean,
        low: effect.interval.map(|ends| ends.0),
        high: effect.interval.map(|ends| ends.1),
        findable: effect.findable,
    };
    let both = at_once.openings.is_some() && later.openings.is_some();
    Outcome {
        verdict,
        at_once: Some(at_once),
        later: Some(later),
        openings: opened.filter(|_| both).map(told),
        uses: used.map(told),
        ..nothing
    }
}

/// `+1.2`, with a minus as wide.
pub fn signed(value: f64) -> String {
    let text = format!("{:.1}", value.abs());
    match value {
        _ if text == "0.0" => "0".into(),
        v if v < 0.0 => format!("\u{2212}{text}"),
        _ => format!("+{text}"),
    }
}

/// The finding in a sentence.
pub fn sentence(outcome: &Outcome, department: &str) -> String {
    let by = |difference: &Difference| match (difference.low, difference.high) {
        (Some(low), Some(high)) => {
            format!(" by {} an insight (likely {} to {})", signed(difference.mean), signed(low), signed(high))
        }
        _ => String::new(),
    };
    let size = outcome.openings.as_ref().map_or_else(String::new, by);
    match outcome.verdict {
        Verdict::TooFewReaders => {
            format!(
                "Too few to tell: fewer than five people of {department} opened any of them, or could be worked out."
            )
        }
        Verdict::TooFewPairs => format!(
            "Too few to tell: {} are left to compare, and it takes {FEWEST_PAIRS}.",
            crate::flow::numbers::counted(outcome.pairs as i64, "pair", "pairs")
        ),
        Verdict::More => {
            format!("Sending helped: what was sent was opened more{size}, beyond what the draw explains.")
        }
        Verdict::Less => {
            format!(
                "Sending did not help: what was sent was opened less{size}, beyond what the draw explains."
            )
        }
        Verdict::NotBeyondChance => {
            let findable = outcome.openings.and_then(|difference| difference.findable);
            let missed = findable.map_or_else(String::new, |size| {
                format!(
                    " A difference of {} would have been found 8 times in 10.",
                    signed(size).trim_start_matches('+')
                )
            });
            format!("No difference beyond what the draw explains{}.{missed}", size.replacen(" by ", ": ", 1))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pairs with so many openings each, by people numbered from 0.
    fn trial(openings: &[(usize, usize)]) -> Vec<Drawn> {
        let one = |pair: usize, at_once: bool, readers: usize| Drawn {
            pair: pair as u32 + 1,
            at_once,
            readers: (0..readers as i64).collect(),
            uses: i64::from(at_once),
            ..Drawn::default()
        };
        openings
            .iter()
            .enumerate()
            .flat_map(|(pair, (sent, waited))| [one(pair, true, *sent), one(pair, false, *waited)])
            .collect()
    }

    #[test]
    fn what_a_trial_says() {
        for (openings, verdict, told) in [
            (vec![(9, 5), (8, 5), (12, 7), (9, 6), (10, 5), (11, 5), (9, 7)], Verdict::More, true),
            (vec![(5, 9), (5, 8), (7, 12), (6, 9), (5, 10), (5, 11), (7, 9)], Verdict::Less, true),
            (vec![(9, 5), (5, 8), (7, 7), (5, 6), (6, 5), (5, 5), (9, 7)], Verdict::NotBeyondChance, true),
            (vec![(9, 5), (8, 5), (12, 7), (9, 6), (10, 5)], Verdict::TooFewPairs, true),
            (vec![(4, 0), (3, 1), (4, 0), (4, 0), (4, 0), (4, 0), (4, 0)], Verdict::TooFewReaders, false),
            // Whoever opened what waited is not told, nor what would give it away.
            (vec![(9, 2), (8, 1), (12, 0), (9, 4), (10, 1), (11, 2), (9, 3)], Verdict::More, false),
        ] {
            let outcome = judge(&trial(&openings), "seed", true);
            assert_eq!(outcome.verdict, verdict, "{openings:?}");
            assert_eq!(outcome.openings.is_some(), told, "{openings:?}");
        }
        let few = judge(&trial(&[(9, 2), (8, 1), (12, 0), (9, 4), (10, 1), (11, 2), (9, 3)]), "seed", true);
        assert_eq!(few.later.and_then(|half| half.openings), None);
        assert_eq!(few.at_once.and_then(|half| half.openings), Some(68));
        assert!(!sentence(&few, "Sales").contains("likely"), "{}", sentence(&few, "Sales"));
    }

    #[test]
    fn what_was_withdrawn_leaves_with_its_partner() {
        let mut drawn = trial(&[(9, 5), (8, 5), (12, 7), (9, 6), (10, 5), (11, 5), (9, 7)]);
        drawn[0].is_gone = true;
        drawn.push(Drawn { pair: 0, at_once: true, ..Drawn::default() });
        let outcome = judge(&drawn, "seed", true);
        assert_eq!((outcome.pairs, outcome.gone, outcome.left_out), (6, 1, 3));
        assert_eq!(outcome.at_once.map(|half| half.insights), Some(6));
        let text = serde_json::to_string(&outcome).expect("JSON");
        assert_eq!(serde_json::from_str::<Outcome>(&text).expect("an outcome"), outcome);
    }

    proptest! {
        #[test]
        fn never_tells_of_fewer_than_five(
            openings in prop::collection::vec((0_usize..9, 0_usize..9), 0..14),
        ) {
            let drawn = trial(&openings);
            let outcome = judge(&drawn, "seed", true);
            for (half, at_once) in [(outcome.at_once, true), (outcome.later, false)] {
                let people: HashSet<i64> = drawn
                    .iter()
                    .filter(|one| one.at_once == at_once)
                    .flat_map(|one| one.readers.iter().copied())
                    .collect();
                if let Some(openings) = half.and_then(|half| half.openings) {
                    prop_assert!(people.len() >= 5);
                    prop_assert!(openings >= 5);
                } else {
                    prop_assert_eq!(outcome.openings, None, "a difference gives it away");
                }
            }
        }
    }
}
