//! The batch fit against independent expectations, and what must hold for any ratings.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(serde::Deserialize)]
struct Oracle {
    tolerance: f64,
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    set: BTreeMap<String, f64>,
    /// Rater, department, item, stars.
    ratings: Vec<(String, String, String, f64)>,
    items: BTreeMap<String, Expected>,
    raters: BTreeMap<String, f64>,
}

#[derive(serde::Deserialize)]
struct Expected {
    n: usize,
    departments: BTreeMap<String, f64>,
    votes: f64,
    value: f64,
    sd: f64,
    lower: f64,
}

fn place(names: &[&str], name: &str) -> i64 {
    names.iter().position(|known| *known == name).expect("a known name") as i64
}

fn sorted<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[test]
fn property_1_the_fit_agrees_with_a_dense_solver() {
    let oracle: Oracle = serde_json::from_str(include_str!("../../tests/fixtures/oracles/valuation.json"))
        .expect("the fixture");
    for case in &oracle.cases {
        let pairs: Vec<String> = case.set.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let params = Params::V1.with(&pairs.join(",")).expect("constants");
        let people = sorted(case.ratings.iter().map(|rating| &rating.0));
        let departments = sorted(case.ratings.iter().map(|rating| &rating.1));
        let items = sorted(case.ratings.iter().map(|rating| &rating.2));
        let ratings = case
            .ratings
            .iter()
            .map(|(rater, department, item, stars)| Rating {
                item: place(&items, item),
                department: place(&departments, department) as u32,
                rater: place(&people, rater),
                stars: *stars,
            })
            .collect();
        let fit = fit(&params, ratings);
        let close = |got: f64, expected: f64, what: &str| {
            let distance = (got - expected).abs();
            assert!(distance <= oracle.tolerance, "{}: {what} {got} is not {expected}", case.name);
        };
        assert_eq!(fit.items.len(), case.items.len(), "{}", case.name);
        assert_eq!(fit.raters.len(), case.raters.len(), "{}", case.name);
        for (name, expected) in &case.items {
            let (_, got) = &fit.items[place(&items, name) as usize];
            assert_eq!(got.raters, expected.n, "{} {name}", case.name);
            assert_eq!(got.departments.len(), expected.departments.len(), "{} {name}", case.name);
            close(got.votes, expected.votes, "votes");
            close(got.value, expected.value, "value");
            close(got.sd, expected.sd, "sd");
            close(got.lower, expected.lower, "lower");
            for view in &got.departments {
                close(view.value, expected.departments[departments[view.department as usize]], "view");
            }
        }
        for (name, expected) in &case.raters {
            close(fit.raters[place(&people, name) as usize].leniency, *expected, "leniency");
        }
        assert!(fit.error_bound < 1e-9, "{}: {}", case.name, fit.error_bound);
    }
}

/// What is minimised, to check the solution without knowing it.
fn loss(params: &Params, ratings: &[Rating], b: &[f64], v: &[f64], g: &BTreeMap<(i64, u32), f64>) -> f64 {
    let fitted: f64 = ratings
        .iter()
        .map(|r| {
            let rest = r.stars
                - params.mu
                - b[r.rater as usize]
                - v[r.item as usize]
                - g.get(&(r.item, r.department)).copied().unwrap_or(0.0);
            rest * rest
        })
        .sum();
    let squares = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>();
    let views =
        if params.lambda_g.is_finite() { params.lambda_g * squares(&mut g.values().copied()) } else { 0.0 };
    fitted
        + params.lambda_u * squares(&mut b.iter().copied())
        + params.lambda_v * squares(&mut v.iter().copied())
        + views
}

/// A small market: people with a department each, and each rates an item or not.
#[derive(Clone, Debug)]
struct Small {
    ratings: Vec<Rating>,
    people: usize,
    items: usize,
}

const PEOPLE: usize = 7;
const ITEMS: usize = 5;

fn small() -> impl Strategy<Value = Small> {
    let departments = proptest::collection::vec(0_u32..3, PEOPLE);
    let stars = proptest::collection::vec(proptest::option::weighted(0.6, 1_u8..=5), PEOPLE * ITEMS);
    (departments, stars).prop_map(|(departments, stars)| {
        let ratings = stars
            .iter()
            .enumerate()
            .filter_map(|(at, stars)| {
                let rater = at % PEOPLE;
                stars.map(|stars| Rating {
                    item: (at / PEOPLE) as i64,
                    department: departments[rater],
                    rater: rater as i64,
                    stars: f64::from(stars),
                })
            })
            .collect();
        Small { ratings, people: PEOPLE, items: ITEMS }
    })
}

fn constants() -> impl Strategy<Value = Params> {
    let lambda = || 0.5_f64..12.0;
    let lambda_g = prop_oneof![3 => 0.5_f64..12.0, 1 => Just(f64::INFINITY)];
    (lambda(), lambda(), lambda_g, 2.0_f64..4.0, prop_oneof![Just(0.2), Just(1.0), Just(f64::INFINITY)])
        .prop_map(|(lambda_u, lambda_v, lambda_g, mu, cap)| Params {
            lambda_u,
            lambda_v,
            lambda_g,
            mu,
            cap,
            ..Params::V1
        })
}

fn value_of(fit: &Fit, item: i64) -> Option<&Estimate> {
    fit.items.iter().find(|(id, _)| *id == item).map(|(_, estimate)| estimate)
}

fn same_solution(a: &Fit, b: &Fit) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.raters.len(), b.raters.len());
    for (a, b) in a.raters.iter().zip(&b.raters) {
        prop_assert_eq!(a.id, b.id);
        prop_assert!((a.leniency - b.leniency).abs() < 1e-9, "{} {}", a.leniency, b.leniency);
    }
    prop_assert_eq!(a.items.len(), b.items.len());
    for ((_, a), (_, b)) in a.items.iter().zip(&b.items) {
        prop_assert!((a.value - b.value).abs() < 1e-9 && (a.sd - b.sd).abs() < 1e-9, "{:?} {:?}", a, b);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// No nearby point within the cap is better: the fit is the minimum of what it says it minimises,
    /// also where the cap holds and where departments do not matter.
    #[test]
    fn the_solution_is_the_minimum(small in small(), params in constants(), wiggle in proptest::collection::vec(-1.0_f64..1.0, 40)) {
        let fit = fit(&params, small.ratings.clone());
        let mut b = vec![0.0; small.people];
        for rater in &fit.raters {
            b[rater.id as usize] = rater.leniency;
        }
        let mut v = vec![0.0; small.items];
        let mut g = BTreeMap::new();
        for (item, estimate) in &fit.items {
            v[*item as usize] = estimate.value - params.mu;
            for view in &estimate.departments {
                g.insert((*item, view.department), view.value - estimate.value);
            }
        }
        let best = loss(&params, &small.ratings, &b, &v, &g);
        for size in [1e-1, 1e-2, 1e-3] {
            let mut at = 0;
            let mut next = || { at += 1; wiggle[at % wiggle.len()] * size };
            let b: Vec<f64> = b.iter().map(|b| (b + next()).clamp(-params.cap, params.cap)).collect();
            let v: Vec<f64> = v.iter().map(|v| v + next()).collect();
            let step = if params.lambda_g.is_finite() { 1.0 } else { 0.0 };
            let g = g.iter().map(|(cell, g)| (*cell, g + step * next())).collect();
            let other = loss(&params, &small.ratings, &b, &v, &g);
            prop_assert!(other >= best - 1e-9, "{} is better than {}", other, best);
        }
    }

    /// The order of the ratings changes not one bit; where the iteration begins changes nothing.
    #[test]
    fn property_2_order_and_start_do_not_matter(small in small(), params in constants(), seed in any::<u64>(), start in -1.0_f64..1.0) {
        let first = fit(&params, small.ratings.clone());
        let mut shuffled = small.ratings.clone();
        let mut state = seed | 1;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(at, (state >> 33) as usize % (at + 1));
        }
        let second = fit(&params, shuffled);
        prop_assert_eq!(&first.raters, &second.raters);
        prop_assert_eq!(&first.items, &second.items);
        let third = fit_from(&params, small.ratings, |rater| if rater % 2 == 0 { start } else { -start });
        same_solution(&first, &third)?;
    }

    /// A rating more and less again: nothing is left of it.
    #[test]
    fn property_3_adding_and_removing_restores_the_state(small in small(), params in constants()) {
        prop_assume!(!small.ratings.is_empty());
        let whole = fit(&params, small.ratings.clone());
        let mut less = small.ratings.clone();
        let removed = less.pop().expect("a rating");
        let without = fit_from(&params, less.clone(), |rater| whole.raters.iter().find(|r| r.id == rater).map_or(0.0, |r| r.leniency));
        same_solution(&without, &fit(&params, less.clone()))?;
        less.push(removed);
        same_solution(&whole, &fit_from(&params, less, |rater| without.raters.iter().find(|r| r.id == rater).map_or(0.0, |r| r.leniency)))?;
    }

    /// Raising one rating never lowers the value of what it is about.
    #[test]
    fn property_5_raising_a_rating_never_lowers_the_value(small in small(), params in constants(), at in any::<prop::sample::Index>()) {
        prop_assume!(!small.ratings.is_empty());
        let before = fit(&params, small.ratings.clone());
        let mut raised = small.ratings.clone();
        let at = at.index(raised.len());
        raised[at].stars += 1.0;
        let item = raised[at].item;
        let after = fit(&params, raised);
        let (before, after) = (value_of(&before, item).expect("rated"), value_of(&after, item).expect("rated"));
        prop_assert!(after.value >= before.value - 1e-9, "{} {}", before.value, after.value);
    }

    /// One rating moves the value by at most its weight with leniencies frozen (see the closed form), and
    /// by a quarter more when everything is fitted again.
    #[test]
    fn property_6_one_rating_has_little_influence(small in small(), at in any::<prop::sample::Index>()) {
        prop_assume!(!small.ratings.is_empty());
        let params = Params::V1;
        let before = fit(&params, small.ratings.clone());
        let mut changed = small.ratings.clone();
        let at = at.index(changed.len());
        let Rating { item, department, .. } = changed[at];
        let moved = 6.0 - 2.0 * changed[at].stars;
        changed[at].stars += moved;
        let after = fit(&params, changed);
        let (before, after) = (value_of(&before, item).expect("rated"), value_of(&after, item).expect("rated"));
        let n = before.departments.iter().find(|view| view.department == department).expect("a view").raters as f64;
        let weight = params.votes(n) / n / (params.lambda_v + before.votes);
        prop_assert!((after.value - before.value).abs() <= 1.25 * weight * moved.abs() + 1e-9);
    }

    /// Turning the scale round turns values and leniencies round; moving it moves nothing.
    #[test]
    fn property_10_reflection_and_shift(small in small(), params in constants(), shift in -2.0_f64..2.0) {
        let plain = fit(&params, small.ratings.clone());
        let reflected = small.ratings.iter().map(|r| Rating { stars: 6.0 - r.stars, ..*r }).collect();
        let reflected = fit(&Params { mu: 6.0 - params.mu, ..params }, reflected);
        let shifted = small.ratings.iter().map(|r| Rating { stars: r.stars + shift, ..*r }).collect();
        let shifted = fit(&Params { mu: params.mu + shift, ..params }, shifted);
        for ((plain, reflected), shifted) in plain.raters.iter().zip(&reflected.raters).zip(&shifted.raters) {
            prop_assert!((plain.leniency + reflected.leniency).abs() < 1e-9);
            prop_assert!((plain.leniency - shifted.leniency).abs() < 1e-9);
        }
        for (((_, plain), (_, reflected)), (_, shifted)) in plain.items.iter().zip(&reflected.items).zip(&shifted.items) {
            prop_assert!((plain.value + reflected.value - 6.0).abs() < 1e-9);
            prop_assert!((plain.value + shift - shifted.value).abs() < 1e-9);
        }
    }

    /// Names mean nothing: other numbers for people, departments and items give the same values.
    #[test]
    fn property_10_relabelling_changes_nothing(small in small(), params in constants()) {
        let plain = fit(&params, small.ratings.clone());
        let other = small.ratings.iter().map(|r| Rating {
            item: 1_000 - r.item,
            department: 50 - r.department,
            rater: 9_000 - r.rater,
            stars: r.stars,
        }).collect();
        let other = fit(&params, other);
        for (item, estimate) in &plain.items {
            let twin = value_of(&other, 1_000 - item).expect("the same item");
            prop_assert!((estimate.value - twin.value).abs() < 1e-9 && (estimate.sd - twin.sd).abs() < 1e-9);
        }
    }

    /// Ratings in a part of the market that shares no rater and no item change nothing here.
    #[test]
    fn property_10_an_unconnected_part_changes_nothing(here in small(), there in small(), params in constants()) {
        let alone = fit(&params, here.ratings.clone());
        let mut both = here.ratings.clone();
        both.extend(there.ratings.iter().map(|r| Rating { item: r.item + 100, rater: r.rater + 100, ..*r }));
        let both = fit(&params, both);
        for (item, estimate) in &alone.items {
            let twin = value_of(&both, *item).expect("the same item");
            prop_assert!((estimate.value - twin.value).abs() < 1e-9 && (estimate.sd - twin.sd).abs() < 1e-9);
        }
    }

    /// More departments behind the same ratings make the value larger, where it is above the level.
    #[test]
    fn property_8_breadth_is_worth_more_than_numbers(people in 2_usize..9, stars in 4_u8..=5) {
        let of = |departments: usize| {
            let ratings = (0..people).map(|rater| Rating {
                item: 1,
                department: (rater % departments) as u32,
                rater: rater as i64,
                stars: f64::from(stars),
            });
            let fit = fit(&Params::V1, ratings.collect());
            (fit.items[0].1.value, fit.items[0].1.sd)
        };
        let (narrow, broad) = (of(1), of(people));
        prop_assert!(broad.0 > narrow.0 && broad.1 < narrow.1, "{narrow:?} {broad:?}");
    }

    /// Who is stricter elsewhere has their stars count for more here, by one star at the most.
    #[test]
    fn property_9_the_same_stars_from_a_strict_rater_are_worth_more(
        others in proptest::collection::vec(1_u8..=4, 1..12),
        stars in 1_u8..=5,
    ) {
        // Two people rate the same things, the second always one star more; then each rates one of two.
        let mut ratings = Vec::new();
        for (at, given) in others.iter().enumerate() {
            for rater in 0..2_i64 {
                ratings.push(Rating {
                    item: at as i64,
                    department: 0,
                    rater,
                    stars: f64::from(*given) + rater as f64,
                });
            }
        }
        for rater in 0..2_i64 {
            ratings.push(Rating { item: 100 + rater, department: 0, rater, stars: f64::from(stars) });
        }
        let fit = fit(&Params::V1, ratings);
        let strict = value_of(&fit, 100).expect("rated").value;
        let generous = value_of(&fit, 101).expect("rated").value;
        prop_assert!(strict > generous, "{strict} {generous}");
        prop_assert!(fit.raters.iter().all(|rater| rater.leniency.abs() <= Params::V1.cap));
    }

    /// Corrected ratings lie within the cap of the scale, and so do values; corrections within the cap.
    #[test]
    fn property_11_values_and_corrections_are_bounded(small in small()) {
        let fit = fit(&Params::V1, small.ratings);
        prop_assert!(fit.raters.iter().all(|rater| rater.leniency.abs() <= 1.0));
        prop_assert!(fit.items.iter().all(|(_, estimate)| (0.0..=6.0).contains(&estimate.value)));
        prop_assert!(fit.error_bound < 1e-9);
    }
}

#[test]
fn nothing_rated_is_no_fit() {
    let fit = fit(&Params::V1, Vec::new());
    assert!(fit.raters.is_empty() && fit.items.is_empty());
    assert_eq!(fit.error_bound, 0.0);
}

#[test]
fn a_few_who_rate_everything_still_converge() {
    // Three of one department rate 400 items: the slowest kind of market, q near 1.
    let ratings = (0..400_i64)
        .flat_map(|item| {
            (0..3_i64).map(move |rater| Rating {
                item,
                department: 0,
                rater,
                stars: 1.0 + ((item * 7 + rater * rater * 3) % 5) as f64,
            })
        })
        .collect();
    let fit = fit(&Params::V1, ratings);
    assert!(fit.error_bound < 1e-8, "{} after {} sweeps", fit.error_bound, fit.sweeps);
}

/// What a refit of a large company costs; run by hand with `--release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a check"]
fn a_million_ratings() {
    let mut state = 1_u64;
    let mut dice = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let ratings: Vec<Rating> = (0..1_000_000)
        .map(|at| {
            let rater = dice(10_000) as i64;
            Rating {
                item: (at % 100_000) as i64,
                department: (rater % 12) as u32,
                rater: rater * 100 + (at / 100_000) as i64,
                stars: 1.0 + dice(5) as f64,
            }
        })
        .collect();
    let begin = std::time::Instant::now();
    let fit = fit(&Params::V1, ratings);
    println!("{} sweeps in {:?}, error at most {:e}", fit.sweeps, begin.elapsed(), fit.error_bound);
}
