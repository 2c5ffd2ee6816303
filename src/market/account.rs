//! How a shown value came about, in numbers that people may see: made when the shown value moves and kept
//! until it moves again, so that nothing in it changes with one rating.
//!
//! Departments with few raters are merged, and where the merged ones are few themselves, the smallest
//! shown one is merged with them: otherwise their ratings could be worked out from the others and the
//! total. What is merged away is not in the account at all.

use serde::{Deserialize, Serialize};

use super::value::{Estimate, Judgement, Params, estimate};

/// How a value came about. Stars, unrounded; pages show tenths.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub raters: usize,
    pub value: f64,
    /// With a probability of nine in ten the value is above this.
    pub lower: f64,
    /// The neutral votes, and where they stand.
    pub neutral: f64,
    pub mu: f64,
    /// Votes of all departments together.
    pub votes: f64,
    /// By how much all corrections for leniency together moved the value.
    pub corrections: f64,
    /// Departments with enough raters, most votes first.
    pub voices: Vec<Voice>,
    /// All others together.
    pub rest: Option<Rest>,
}

/// A department that is large enough to be shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Voice {
    /// The market's department, folded.
    pub name: String,
    pub raters: usize,
    pub votes: f64,
    /// The mean of its corrected ratings.
    pub mean: f64,
    /// What the insight is worth to it.
    pub view: f64,
}

/// Departments that are merged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rest {
    pub departments: usize,
    pub raters: usize,
    pub votes: f64,
    /// The mean of their votes.
    pub mean: f64,
}

/// The account of an estimate. `names[department]` is the voice's name, `None` for one that has none to
/// show (ratings that count as one while a case is open), which is merged whatever its size. `from`:
/// raters from which a department is shown.
pub fn account(
    params: &Params,
    judgements: &[Judgement],
    estimated: &Estimate,
    names: &[Option<String>],
    from: usize,
) -> Account {
    let mut voices = Vec::new();
    let mut merged = Vec::new();
    for view in &estimated.departments {
        let n = view.raters as f64;
        let name = names.get(view.department as usize).cloned().flatten();
        let voice = Voice {
            name: name.clone().unwrap_or_default(),
            raters: view.raters,
            votes: params.votes(n),
            mean: params.mu + view.sum / n,
            view: view.value,
        };
        if name.is_some() && view.raters >= from { voices.push(voice) } else { merged.push(voice) }
    }
    voices.sort_by(|a, b| b.raters.cmp(&a.raters).then_with(|| a.name.cmp(&b.name)));
    while !merged.is_empty() && merged.iter().map(|voice| voice.raters).sum::<usize>() < from {
        let Some(smallest) = voices.pop() else { break };
        merged.push(smallest);
    }
    let uncorrected: Vec<Judgement> =
        judgements.iter().map(|judgement| Judgement { leniency: 0.0, ..*judgement }).collect();
    Account {
        raters: estimated.raters,
        value: estimated.value,
        lower: estimated.lower,
        neutral: params.lambda_v,
        mu: params.mu,
        votes: estimated.votes,
        corrections: estimated.value - estimate(params, &uncorrected).value,
        voices,
        rest: rest(&merged),
    }
}

fn rest(merged: &[Voice]) -> Option<Rest> {
    let votes: f64 = merged.iter().map(|voice| voice.votes).sum();
    (!merged.is_empty()).then(|| Rest {
        departments: merged.len(),
        raters: merged.iter().map(|voice| voice.raters).sum(),
        votes,
        mean: merged.iter().map(|voice| voice.votes * voice.mean).sum::<f64>() / votes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Raters of departments 0, 1, 2 … and what of them is told: shown departments, merged raters.
    fn told(raters: &[usize], unnamed: Option<usize>) -> (Vec<usize>, Option<usize>) {
        let judgements: Vec<Judgement> = raters
            .iter()
            .enumerate()
            .flat_map(|(department, raters)| {
                (0..*raters).map(move |at| Judgement {
                    department: department as u32,
                    stars: 1.0 + (at % 5) as f64,
                    leniency: 0.2,
                    history: 5,
                })
            })
            .collect();
        let names: Vec<Option<String>> =
            (0..raters.len()).map(|at| (Some(at) != unnamed).then(|| format!("d{at}"))).collect();
        let params = Params::V1;
        let estimated = estimate(&params, &judgements);
        let account = account(&params, &judgements, &estimated, &names, 3);
        // What is told adds up to the value.
        let rest = account.rest.as_ref();
        let weighted: f64 = account.voices.iter().map(|voice| voice.votes * voice.mean).sum::<f64>()
            + rest.map_or(0.0, |rest| rest.votes * rest.mean)
            + account.neutral * account.mu;
        assert!((weighted / (account.neutral + account.votes) - account.value).abs() < 1e-12);
        (account.voices.iter().map(|voice| voice.raters).collect(), rest.map(|rest| rest.raters))
    }

    #[test]
    fn small_departments_are_merged_until_nobody_can_be_worked_out() {
        for (raters, shown, merged) in [
            (&[5, 4][..], vec![5, 4], None),
            (&[5, 4, 3], vec![5, 4, 3], None),
            (&[5, 4, 1, 1, 1], vec![5, 4], Some(3)),
            // Two alone could be worked out: the smallest shown one joins them.
            (&[5, 4, 2], vec![5], Some(6)),
            (&[3, 1], vec![], Some(4)),
            (&[1, 1, 1], vec![], Some(3)),
        ] {
            assert_eq!(told(raters, None), (shown, merged), "{raters:?}");
        }
    }

    #[test]
    fn a_case_under_review_has_no_name() {
        assert_eq!(told(&[5, 4], Some(0)), (vec![4], Some(5)));
    }

    #[test]
    fn corrections_are_told_as_a_total() {
        let judgements: Vec<Judgement> =
            (0..3).map(|_| Judgement { department: 0, stars: 4.0, leniency: 0.4, history: 9 }).collect();
        let params = Params::V1;
        let estimated = estimate(&params, &judgements);
        let account = account(&params, &judgements, &estimated, &[Some("sales".into())], 3);
        // 1.5 votes of 4.5, each 0.4 lower than given.
        assert!((account.corrections + 0.4 * 1.5 / 4.5).abs() < 1e-12, "{}", account.corrections);
        let text = serde_json::to_string(&account).expect("text");
        assert_eq!(serde_json::from_str::<Account>(&text).expect("an account"), account);
    }
}
