//! The walk against the batch fit: property 3 of the value.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::market::fit::{Rating, fit};
use crate::policy::ValuePolicy;

/// As close as values have to be to those of the batch fit, in stars.
const CLOSE: f64 = 0.005;

/// One rating given, changed (`Some`) or taken back (`None`).
type Step = (i64, i64, Option<u8>);

fn department(rater: i64) -> u32 {
    (rater % 4) as u32
}

fn steps(people: i64, items: i64, most: usize) -> impl Strategy<Value = Vec<Step>> {
    let stars = prop_oneof![6 => (1_u8..=5).prop_map(Some), 1 => Just(None)];
    proptest::collection::vec((0..people, 0..items, stars), 1..most)
}

/// Replays steps with at most `p_max` pops each, then lets the queue run empty; returns the market and the
/// ratings that are left.
fn replay(params: &Params, policy: &ValuePolicy, steps: &[Step]) -> (Memory, Vec<Rating>) {
    let mut memory = Memory::default();
    let mut given: BTreeMap<(i64, i64), Rating> = BTreeMap::new();
    let mut waiting = Vec::new();
    let mut go = |memory: &mut Memory, first: Vec<i64>, pops: usize| {
        let mut source = memory.clone();
        let mut walk = Walk::new(*params, policy.tau, &mut source);
        for rater in std::mem::take(&mut waiting).into_iter().chain(first) {
            walk.push(rater);
        }
        walk.run(pops).expect("memory never fails");
        let walked = walk.finish();
        memory.absorb(&walked);
        waiting = walked.waiting;
        waiting.len()
    };
    for (rater, item, stars) in steps {
        let mut first = memory.raters_of(*item);
        memory.remove(params, *rater, *item);
        given.remove(&(*rater, *item));
        if let Some(stars) = stars {
            let rating = Rating {
                item: *item,
                department: department(*rater),
                rater: *rater,
                stars: f64::from(*stars),
            };
            memory.add(params, &rating);
            given.insert((*rater, *item), rating);
        }
        first.insert(0, *rater);
        go(&mut memory, first, policy.p_max as usize);
    }
    while go(&mut memory, Vec::new(), 1_000) > 0 {}
    (memory, given.into_values().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Property 3: once the queue is empty, values are those of the batch fit within 0.005, whatever was
    /// given, changed and taken back, in whatever order.
    #[test]
    fn property_3_incremental_is_batch(steps in steps(14, 10, 90)) {
        let (params, policy) = (Params::V1, ValuePolicy::default());
        let (memory, ratings) = replay(&params, &policy, &steps);
        for (item, estimate) in fit(&params, ratings).items {
            let value = memory.value(&params, item);
            prop_assert!((value - estimate.value).abs() <= CLOSE, "{item}: {value} {}", estimate.value);
        }
    }

    /// The same with one pop a rating: nearly all of the work waits in the queue and is done at the end.
    #[test]
    fn property_3_incremental_is_batch_when_everything_waits(steps in steps(10, 8, 60)) {
        let (params, policy) = (Params::V1, ValuePolicy { p_max: 1, ..ValuePolicy::default() });
        let (memory, ratings) = replay(&params, &policy, &steps);
        for (item, estimate) in fit(&params, ratings).items {
            prop_assert!((memory.value(&params, item) - estimate.value).abs() <= CLOSE);
        }
    }
}

#[test]
fn property_3_incremental_is_batch_in_a_larger_market() {
    // 60 people, 200 insights, 2,000 ratings one after the other, as the design measured it.
    let mut state = 7_u64;
    let mut dice = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let steps: Vec<Step> = (0..1_000)
        .map(|_| (dice(60) as i64, dice(200) as i64, Some((1 + dice(5).max(dice(5))) as u8)))
        .collect();
    let (params, policy) = (Params::V1, ValuePolicy::default());
    let (memory, ratings) = replay(&params, &policy, &steps);
    let worst = fit(&params, ratings)
        .items
        .iter()
        .map(|(item, estimate)| (memory.value(&params, *item) - estimate.value).abs())
        .fold(0.0, f64::max);
    assert!(worst <= CLOSE, "{worst}");
}

#[test]
fn what_waits_is_bounded_by_the_residual() {
    // A strict and a generous colleague whose leniencies nobody has looked at yet.
    let params = Params::V1;
    let ratings: Vec<Rating> = (0..6)
        .flat_map(|item| {
            [(1, 1.0), (2, 5.0), (3, 3.0)].map(|(rater, stars)| Rating {
                item,
                department: department(rater),
                rater,
                stars,
            })
        })
        .collect();
    let mut memory = Memory::new(&params, &ratings, &[]);
    let solution = fit(&params, ratings);
    let mut walk = Walk::new(params, 1e-3, &mut memory);
    for rater in [1, 2, 3] {
        walk.push(rater);
    }
    let residual = walk.residual(10).expect("memory");
    let bound = residual / (1.0 - walk.q);
    let furthest = solution.raters.iter().map(|rater| rater.leniency.abs()).fold(0.0, f64::max);
    assert!(residual > 0.1 && furthest <= bound, "{furthest} {residual} {bound}");
    assert_eq!(walk.run(1).expect("memory"), 1);
    assert!(walk.residual(10).expect("memory") > 0.0, "somebody still waits");
    while walk.run(64).expect("memory") > 0 {}
    assert_eq!(walk.residual(10).expect("memory"), 0.0);
    let walked = walk.finish();
    assert!(walked.waiting.is_empty() && walked.touched.len() == 6);
    for (rater, leniency) in walked.moved {
        let solved = solution.raters.iter().find(|known| known.id == rater).expect("a rater").leniency;
        assert!((leniency - solved).abs() < 0.01, "{rater}: {leniency} {solved}");
    }
}

#[test]
fn a_small_move_is_left_to_the_night() {
    let params = Params::V1;
    let mut memory = Memory::new(&params, &[Rating { item: 1, department: 0, rater: 1, stars: 3.0 }], &[]);
    let mut walk = Walk::new(params, 1e-3, &mut memory);
    walk.push(1);
    walk.push(1);
    assert_eq!(walk.run(9).expect("memory"), 1, "one place each");
    let walked = walk.finish();
    assert!(walked.moved.is_empty() && walked.touched.is_empty());
}

/// Every vote of a real consultation (536 people, 316 comments, 29,802 votes in their order), with a turn of
/// the queue for every two hundred; now and then the queue runs empty, and every value must be the batch
/// fit's.
#[test]
fn property_3_incremental_is_batch_over_a_real_consultation() {
    let departments: Vec<u32> =
        include_str!("../../tests/fixtures/biodiversity/people.txt").trim().chars().map(u32::from).collect();
    let authors: Vec<i64> = include_str!("../../tests/fixtures/biodiversity/insights.tsv")
        .lines()
        .map(|line| line.split('\t').next().and_then(|author| author.parse().ok()).expect("an author"))
        .collect();
    let votes: Vec<[i64; 3]> = include_str!("../../tests/fixtures/biodiversity/votes.csv")
        .lines()
        .map(|line| {
            let mut cells = line.split(',').map(|cell| cell.parse::<i64>().expect("a number"));
            [(); 3].map(|()| cells.next().expect("a cell"))
        })
        .collect();
    assert_eq!((departments.len(), authors.len(), votes.len()), (536, 316, 29_802));

    let (params, policy) = (Params::V1, ValuePolicy::default());
    let mut memory = Memory::default();
    let mut given: BTreeMap<(i64, i64), Rating> = BTreeMap::new();
    let mut waiting: Vec<i64> = Vec::new();
    let turn = |memory: &mut Memory, first: Vec<i64>, waiting: Vec<i64>, pops: usize| {
        let mut walk = Walk::new(params, policy.tau, memory);
        for rater in waiting.into_iter().chain(first) {
            walk.push(rater);
        }
        walk.run(pops).expect("memory never fails");
        let walked = walk.finish();
        memory.absorb(&walked);
        walked.waiting
    };
    let (mut worst, mut first, mut changes) = (0.0_f64, Vec::new(), 0);
    for (at, [item, rater, stars]) in votes.iter().copied().enumerate() {
        if authors[item as usize] != rater {
            let department = departments[rater as usize];
            let rating = Rating { item, department, rater, stars: stars as f64 };
            if given.insert((rater, item), rating).is_some() {
                memory.remove(&params, rater, item);
            }
            memory.add(&params, &rating);
            first.extend(memory.raters_of(item));
            changes += 1;
        }
        if changes == 200 {
            let pops = changes * policy.p_max as usize;
            waiting = turn(&mut memory, std::mem::take(&mut first), waiting, pops);
            changes = 0;
        }
        if at % 6_000 == 5_999 || at + 1 == votes.len() {
            waiting.append(&mut first);
            while !waiting.is_empty() {
                waiting = turn(&mut memory, Vec::new(), waiting, 10_000);
            }
            for (item, estimate) in fit(&params, given.values().copied().collect()).items {
                worst = worst.max((memory.value(&params, item) - estimate.value).abs());
            }
            assert!(worst <= CLOSE, "{worst} star from the batch fit after {} votes", at + 1);
        }
    }
    assert!(given.len() > 29_000 && worst > 0.0, "{} ratings, {worst}", given.len());
}
