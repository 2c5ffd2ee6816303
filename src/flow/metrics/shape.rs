//! What a period looks like beyond its figures: curves and distributions, of groups of people and never of
//! fewer than five. Computed by night and kept; see [`crate::flow::store::shapes`].

use serde::{Deserialize, Serialize};

use crate::flow::groups::FEWEST_PEOPLE;

/// A curve or a distribution.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    pub name: String,
    pub points: Vec<Point>,
}

/// One of its points.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// In words, such as "2 to 4".
    pub label: String,
    /// None where it would tell of fewer than five people.
    pub value: Option<f64>,
    /// How many things it was computed from, where that is not the value.
    #[serde(default)]
    pub of: Option<u64>,
}

/// The part of all contributions that the people who give least give, by tenths of the people.
pub const LORENZ_CONTRIBUTIONS: &str = "lorenz_contributions";
/// The same of openings.
pub const LORENZ_ACCESSES: &str = "lorenz_accesses";
/// People by how much they shared.
pub const PEOPLE_CONTRIBUTIONS: &str = "people_contributions";
/// People by how much they opened.
pub const PEOPLE_ACCESSES: &str = "people_accesses";
/// Of everybody who is there, those who take part more and more, in the last 30 days.
pub const LADDER: &str = "ladder";
/// Insights by their shown value.
pub const VALUES: &str = "values";
/// Raters by how generous they are.
pub const GENEROSITY: &str = "generosity";
/// The mean of ratings given without having seen the value, and of others.
pub const BLIND: &str = "blind";

/// The part of the whole that the lowest ones hold, at equal steps of people, from nobody to everybody. Each
/// step holds at least five people, so there are at most ten; none where there are fewer than ten people or
/// nothing was done.
pub fn lorenz(name: &str, mut counts: Vec<u64>) -> Shape {
    let people = counts.len();
    let steps = (people / FEWEST_PEOPLE as usize).min(10);
    let total: u64 = counts.iter().sum();
    let mut shape = Shape { name: name.to_owned(), points: Vec::new() };
    if steps < 2 || total == 0 {
        return shape;
    }
    counts.sort_unstable();
    for step in 0..=steps {
        let upto = people * step / steps;
        let held: u64 = counts.iter().take(upto).sum();
        shape.points.push(Point {
            label: format!("{}%", (100.0 * upto as f64 / people as f64).round()),
            value: Some(held as f64 / total as f64),
            of: Some(upto as u64),
        });
    }
    shape
}

/// How many people lie in each class. `ends` are the lowest values of the classes, the first of them 0. How many did
/// nothing stands by itself, since C4 and C5 tell it of everybody too; of the others, classes of fewer than five
/// people join the class below, the lowest the one above, so that all together are everybody. None where there are
/// fewer than five people at all.
pub fn classes(name: &str, counts: &[u64], ends: &[u64]) -> Shape {
    let mut classes: Vec<(u64, u64)> = ends.iter().map(|low| (*low, 0)).collect();
    for count in counts {
        if let Some(class) = classes.iter_mut().rev().find(|(low, _)| low <= count) {
            class.1 += 1;
        }
    }
    let mut shape = Shape { name: name.to_owned(), points: Vec::new() };
    if (counts.len() as u64) < FEWEST_PEOPLE || classes.is_empty() {
        return shape;
    }
    let active =
        joined(classes.split_off(1), |(_, people)| *people, |below, above| (below.0, below.1 + above.1));
    classes.extend(active);
    // Nobody did so much: what is below says so.
    let last = classes.iter().rposition(|(_, people)| *people > 0).unwrap_or(0);
    classes.truncate(last + 1);
    let label = |at: usize| match (classes[at].0, classes.get(at + 1).map(|(low, _)| *low)) {
        (0, Some(1)) | (0, None) => "none".to_owned(),
        (low, Some(next)) if low + 1 == next => low.to_string(),
        (low, Some(next)) => format!("{low} to {}", next - 1),
        (low, None) => format!("{low} and more"),
    };
    let point = |(at, (_, people)): (usize, &(u64, u64))| Point {
        label: label(at),
        value: Some(*people as f64),
        of: None,
    };
    shape.points = classes.iter().enumerate().map(point).collect();
    shape
}

/// Joins neighbours until each has nobody or at least five.
pub fn joined<T: Clone>(
    mut classes: Vec<T>,
    people: impl Fn(&T) -> u64,
    join: impl Fn(&T, &T) -> T,
) -> Vec<T> {
    while classes.len() > 1 {
        let Some(at) = classes.iter().rposition(|class| (1..FEWEST_PEOPLE).contains(&people(class))) else {
            break;
        };
        let below = at.saturating_sub(1);
        let one = join(&classes[below], &classes[below + 1]);
        classes.splice(below..below + 2, [one]);
    }
    classes
}

/// A number of people, as far as it may be told.
pub fn told(people: u64) -> Option<f64> {
    (people == 0 || people >= FEWEST_PEOPLE).then_some(people as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(shape: &Shape) -> Vec<(String, Option<f64>)> {
        shape.points.iter().map(|point| (point.label.clone(), point.value)).collect()
    }

    #[test]
    fn a_curve_goes_from_nobody_to_everybody_in_steps_of_five_people() {
        let shape = lorenz("x", [vec![0; 10], vec![1; 5], vec![3; 5]].concat());
        let points: Vec<(u64, f64)> =
            shape.points.iter().map(|p| (p.of.unwrap_or_default(), p.value.unwrap_or_default())).collect();
        assert_eq!(points, [(0, 0.0), (5, 0.0), (10, 0.0), (15, 0.25), (20, 1.0)]);
        assert_eq!(lorenz("x", vec![2; 9]).points, [], "nine are fewer than two times five");
        assert_eq!(lorenz("x", vec![0; 100]).points, [], "nothing was done");
        assert_eq!(lorenz("x", vec![1; 1000]).points.len(), 11);
    }

    #[test]
    fn a_class_of_few_joins_its_neighbour_and_who_did_nothing_stands_alone() {
        let named = |points: &[(&str, f64)]| -> Vec<(String, Option<f64>)> {
            points.iter().map(|(label, people)| ((*label).to_owned(), Some(*people))).collect()
        };
        for (counts, expected) in [
            (
                [vec![0; 6], vec![1; 5], vec![3; 2], vec![9; 7]].concat(),
                named(&[("none", 6.0), ("1 to 4", 7.0), ("5 and more", 7.0)]),
            ),
            // C5 tells of the three; of the two who did something once nothing tells.
            (
                [vec![0; 3], vec![1; 2], vec![3; 5], vec![9; 7]].concat(),
                named(&[("none", 3.0), ("1 to 4", 7.0), ("5 and more", 7.0)]),
            ),
            ([vec![0; 12], vec![1; 3]].concat(), named(&[("none", 12.0), ("1 and more", 3.0)])),
            (vec![0; 12], named(&[("none", 12.0)])),
            (vec![9; 12], named(&[("none", 0.0), ("1", 0.0), ("2 to 4", 0.0), ("5 and more", 12.0)])),
            (vec![1, 2, 3, 4], Vec::new()),
        ] {
            assert_eq!(values(&classes("x", &counts, &[0, 1, 2, 5])), expected, "{counts:?}");
        }
    }
}
