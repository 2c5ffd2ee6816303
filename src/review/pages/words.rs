//! Evidence in words.

use crate::review::case::{Evidence, StaleRule};
use crate::review::personal;
use crate::review::play::Community;

/// "Ann Sample, Bob Example and 2 others".
pub(super) fn names(names: &[String]) -> String {
    match names {
        [] => "Nobody".into(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, three] => format!("{one}, {two} and {three}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} others", rest.len()),
    }
}

/// What speaks for a case, in a line.
pub(super) fn evidence(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Reported => "Somebody reported it.".into(),
        Evidence::Personal { found } => format!("It seems to hold {}.", personal::in_words(found)),
        Evidence::Duplicate { alike } => format!("{alike} % of their words are the same."),
        Evidence::Stale { rule: StaleRule::Unopened, opened: None, .. } => {
            "Old, and nobody ever opened it.".into()
        }
        Evidence::Stale { rule: StaleRule::Unopened, .. } => "Old, and nobody opened it lately.".into(),
        Evidence::Stale { rule: StaleRule::Observed, .. } => "The customer said it long ago.".into(),
        Evidence::Community { community, departments, ratings, .. } => {
            format!("{}; {ratings} ratings in question.", bond(community, *departments))
        }
        Evidence::Serial { ratings, excess, .. } => {
            format!("{ratings} ratings of one author within days, {excess} more than count.")
        }
        Evidence::RoundTrip { round } => format!(
            "{} bounties between them, {} credits altogether.",
            round.from_one + round.from_two,
            round.credits
        ),
    }
}

/// "3 people in 3 departments rate each other 1.4 stars above what the model expects".
fn bond(community: &Community, departments: u32) -> String {
    let people = community.people.len();
    let across =
        if departments == 1 { "one department".into() } else { format!("{departments} departments") };
    let who = format!("{people} people in {across}");
    if community.favours.is_empty() {
        return format!("{who} rate the same insights in the same minutes");
    }
    format!("{who} rate each other {:.1} stars above what the model expects", mean(community))
}

/// The mean over all favours, by their ratings: at least three.
pub(super) fn mean(community: &Community) -> f64 {
    let (sum, count) = community.favours.iter().fold((0.0, 0_u32), |(sum, count), favour| {
        (sum + favour.above * f64::from(favour.ratings), count + favour.ratings)
    });
    if count == 0 { 0.0 } else { sum / f64::from(count) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::play::Favour;

    #[test]
    fn a_community_is_told_without_a_single_rating() {
        let favour = |from, to, above| Favour { from, to, ratings: 3, above };
        let community = Community {
            people: vec![1, 2, 3],
            favours: vec![favour(1, 2, 1.2), favour(2, 3, 1.5), favour(3, 1, 1.8)],
            together: Vec::new(),
        };
        let told = Evidence::Community { community, insights: 9, ratings: 9, departments: 3 };
        assert_eq!(
            evidence(&told),
            "3 people in 3 departments rate each other 1.5 stars above what the model expects; 9 ratings in question."
        );
    }

    #[test]
    fn names_are_told_in_a_line() {
        let all: Vec<String> = ["Ann", "Bob", "Cid", "Dot", "Eve"].map(str::to_owned).to_vec();
        assert_eq!(names(&all[..2]), "Ann and Bob");
        assert_eq!(names(&all[..3]), "Ann, Bob and Cid");
        assert_eq!(names(&all), "Ann, Bob and 3 others");
    }
}
