//! Whether a curve or a distribution that is kept tells of fewer than five people: those of the periods that pages
//! offer, and those of months whose events are gone, which nothing can compute again.

use super::store::kept;
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::metrics::shape::{self, Point, Shape};

/// Ratings of which a mean tells at least.
const FEWEST_RATINGS: u64 = 50;

/// Points that were looked at, and how many of them tell of too few.
///
/// # Errors
/// What the database says, or a shape that cannot be read.
pub fn findings(c: &mut Conn) -> AppResult<(usize, usize)> {
    let all = kept::shapes(c)?;
    let points = all.iter().map(|shape| shape.points.len()).sum();
    Ok((points, all.iter().map(telling).sum()))
}

/// How many of its points tell of too few people, or of single ratings.
fn telling(shape: &Shape) -> usize {
    let few = |people: f64| 0.0 < people && people < FEWEST_PEOPLE as f64;
    match shape.name.as_str() {
        shape::PEOPLE_CONTRIBUTIONS | shape::PEOPLE_ACCESSES => {
            // Of everybody it is told who did nothing, and so all others together.
            let classes: Vec<f64> = shape.points.iter().skip(1).filter_map(|point| point.value).collect();
            if classes.len() > 1 { classes.into_iter().filter(|people| few(*people)).count() } else { 0 }
        }
        shape::GENEROSITY => {
            let untold = shape.points.iter().filter(|point| point.value.is_none()).count();
            // Everybody together is told: a single one that is not follows.
            let follows = untold == 1 && shape.points.len() > 1;
            shape.points.iter().filter(|point| point.value.is_some_and(few)).count() + usize::from(follows)
        }
        shape::LADDER => shape.points.iter().filter(|point| point.value.is_some_and(few)).count(),
        shape::LORENZ_CONTRIBUTIONS | shape::LORENZ_ACCESSES => shape
            .points
            .windows(2)
            .filter(|pair| {
                let people = |point: &Point| point.of.unwrap_or(0);
                people(&pair[1]).saturating_sub(people(&pair[0])) < FEWEST_PEOPLE
            })
            .count(),
        shape::BLIND => shape.points.iter().filter(|point| is_too_fine(point)).count(),
        // Insights by values that everybody sees.
        shape::VALUES => 0,
        // What nobody has said how to look at.
        _ => shape.points.len(),
    }
}

/// Whether a mean of ratings tells of few, or to more than a tenth of a star; or its number with it their sum.
fn is_too_fine(point: &Point) -> bool {
    let Some(mean) = point.value else { return point.of.is_some() };
    let of = point.of.unwrap_or(0);
    of < FEWEST_RATINGS || !of.is_multiple_of(10) || (mean * 10.0 - (mean * 10.0).round()).abs() > 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::metrics::shape::{classes, lorenz};

    #[test]
    fn points_about_few_are_found() {
        let shape = |name: &str, points: &[(Option<f64>, Option<u64>)]| Shape {
            name: name.into(),
            points: points
                .iter()
                .map(|(value, of)| Point { label: String::new(), value: *value, of: *of })
                .collect(),
        };
        let people = |counts: &[Option<f64>]| counts.iter().map(|count| (*count, None)).collect::<Vec<_>>();
        for (shape, found) in [
            (shape(shape::PEOPLE_ACCESSES, &people(&[Some(3.0), Some(7.0), Some(0.0), Some(5.0)])), 0),
            (shape(shape::PEOPLE_ACCESSES, &people(&[Some(9.0), Some(4.0), Some(7.0)])), 1),
            (shape(shape::GENEROSITY, &people(&[None, Some(7.0)])), 1),
            (shape(shape::GENEROSITY, &people(&[None])), 0),
            (shape(shape::LADDER, &people(&[Some(12.0), None, None])), 0),
            (shape(shape::LADDER, &people(&[Some(12.0), Some(3.0)])), 1),
            (
                shape(
                    shape::LORENZ_ACCESSES,
                    &[(Some(0.0), Some(0)), (Some(0.2), Some(5)), (Some(1.0), Some(9))],
                ),
                1,
            ),
            (shape(shape::BLIND, &[(Some(3.4), Some(60)), (None, None)]), 0),
            (shape(shape::BLIND, &[(Some(3.4), Some(40)), (Some(3.45), Some(60)), (Some(3.4), Some(61))]), 3),
            (shape("new", &people(&[Some(9.0)])), 1),
        ] {
            assert_eq!(telling(&shape), found, "{shape:?}");
        }
        let counts = [vec![0; 7], vec![1; 2], vec![3; 6], vec![90; 9]].concat();
        assert_eq!(telling(&classes(shape::PEOPLE_ACCESSES, &counts, &[0, 1, 2, 5])), 0);
        assert_eq!(telling(&lorenz(shape::LORENZ_ACCESSES, counts)), 0);
    }
}
