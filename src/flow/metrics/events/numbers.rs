//! Ids as small numbers, so that what is kept of each is a place in a list.

use std::collections::HashMap;

/// Up to so many places per id, a list finds them; a map is three times as slow, and is asked millions of times.
const SPARSE: usize = 8;

/// The place of each id in an ascending list.
pub(super) struct Numbers {
    first: i64,
    near: Vec<u32>,
    far: HashMap<i64, u32>,
}

const NONE: u32 = u32::MAX;

impl Numbers {
    /// Of ascending ids, each once.
    pub fn of(ids: &[i64]) -> Numbers {
        let (first, last) = (ids.first().copied().unwrap_or(0), ids.last().copied().unwrap_or(0));
        let span = usize::try_from(last.saturating_sub(first)).unwrap_or(usize::MAX).saturating_add(1);
        let mut numbers = Numbers { first, near: Vec::new(), far: HashMap::new() };
        if span > ids.len().saturating_mul(SPARSE).saturating_add(1_000) {
            numbers.far = ids.iter().enumerate().map(|(at, id)| (*id, at as u32)).collect();
            return numbers;
        }
        numbers.near = vec![NONE; span];
        for (at, id) in ids.iter().enumerate() {
            if let Some(place) = usize::try_from(id - first).ok().and_then(|at| numbers.near.get_mut(at)) {
                *place = at as u32;
            }
        }
        numbers
    }

    /// The place of an id.
    pub fn get(&self, id: i64) -> Option<usize> {
        let near = usize::try_from(id.wrapping_sub(self.first)).ok().and_then(|at| self.near.get(at));
        match near {
            Some(&NONE) => None,
            Some(place) => Some(*place as usize),
            None => self.far.get(&id).map(|place| *place as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_has_its_place_and_others_have_none() {
        for ids in [vec![], vec![7], vec![-3, 1, 2, 9], vec![1, 5_000_000, 9_000_000_000]] {
            let numbers = Numbers::of(&ids);
            for (at, id) in ids.iter().enumerate() {
                assert_eq!(numbers.get(*id), Some(at), "{ids:?}");
            }
            for id in [i64::MIN, -4, 0, 3, 6, 8, 10, 5_000_001, i64::MAX] {
                assert_eq!(numbers.get(id), None, "{id} of {ids:?}");
            }
        }
    }
}
