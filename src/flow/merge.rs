//! Counts of people, merged until no cell tells of fewer than five.

use std::collections::{BTreeMap, HashSet};

use super::groups::FEWEST_PEOPLE;

/// Openings by the people of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The places of the groups in it; several where they were merged.
    pub places: Vec<usize>,
    pub openings: i64,
    pub people: usize,
}

/// What one insight's openings may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// Nobody opened it, or fewer than five people did. Which of them is not told: where nobody did it in all rows
    /// but one, the total of a list would be about that one.
    Few,
    /// Cells of at least five people each, largest first.
    Cells(Vec<Cell>),
}

impl Merged {
    /// The openings it tells.
    pub fn openings(&self) -> i64 {
        match self {
            Merged::Few => 0,
            Merged::Cells(cells) => cells.iter().map(|cell| cell.openings).sum(),
        }
    }
}

/// Merges `(place, person, openings)` into cells of at least five people: the small ones with each other,
/// and with the smallest of the others if they are still too few.
pub fn merge(openings: impl Iterator<Item = (usize, i64, i64)>) -> Merged {
    let mut groups: BTreeMap<usize, (HashSet<i64>, i64)> = BTreeMap::new();
    let mut everybody = HashSet::new();
    for (place, person, count) in openings {
        let (people, sum) = groups.entry(place).or_default();
        people.insert(person);
        everybody.insert(person);
        *sum += count;
    }
    let fewest = FEWEST_PEOPLE as usize;
    if everybody.len() < fewest {
        return Merged::Few;
    }
    let (mut large, small): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|(_, (people, _))| people.len() >= fewest);
    large.sort_by_key(|(place, (people, sum))| (std::cmp::Reverse((*sum, people.len())), *place));
    let mut rest: (Vec<usize>, HashSet<i64>, i64) = Default::default();
    for (place, (people, sum)) in small {
        rest.0.push(place);
        rest.1.extend(people);
        rest.2 += sum;
    }
    while !rest.0.is_empty() && rest.1.len() < fewest {
        // Everybody together is enough, so there is a large one to join.
        let Some((place, (people, sum))) = large.pop() else { return Merged::Few };
        rest.0.push(place);
        rest.1.extend(people);
        rest.2 += sum;
    }
    let mut cells: Vec<Cell> = large
        .into_iter()
        .map(|(place, (people, openings))| Cell { places: vec![place], openings, people: people.len() })
        .collect();
    if !rest.0.is_empty() {
        cells.push(Cell { places: rest.0, openings: rest.2, people: rest.1.len() });
    }
    Merged::Cells(cells)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_cells_join_until_they_are_five() {
        let readers = |place: usize, people: std::ops::Range<i64>| people.map(move |p| (place, p, 2));
        assert_eq!(merge(std::iter::empty()), Merged::Few);
        assert_eq!(merge(readers(0, 0..4)), Merged::Few);
        let one = readers(0, 0..9).chain(readers(1, 10..12));
        assert_eq!(merge(one), Merged::Cells(vec![Cell { places: vec![1, 0], openings: 22, people: 11 }]));
        let two = readers(0, 0..9).chain(readers(1, 10..12)).chain(readers(2, 20..23));
        let Merged::Cells(cells) = merge(two) else { panic!("cells") };
        assert_eq!(
            cells.iter().map(|cell| (cell.places.clone(), cell.people)).collect::<Vec<_>>(),
            [(vec![0], 9), (vec![1, 2], 5)]
        );
    }

    proptest! {
        #[test]
        fn no_cell_has_fewer_than_five_people(
            openings in prop::collection::vec((0_usize..6, 0_i64..30, 1_i64..5), 0..60),
        ) {
            let total: i64 = openings.iter().map(|(_, _, count)| count).sum();
            if let Merged::Cells(cells) = merge(openings.into_iter()) {
                prop_assert!(cells.iter().all(|cell| cell.people >= 5));
                prop_assert_eq!(cells.iter().map(|cell| cell.openings).sum::<i64>(), total);
            }
        }
    }
}
