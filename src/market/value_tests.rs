//! The closed form: worked examples, and what must hold with leniencies frozen.

use proptest::prelude::*;

use super::*;

fn judged(department: u32, stars: f64) -> Judgement {
    Judgement { department, stars, leniency: 0.0, history: 1 }
}

fn all_of(departments: &[u32], stars: f64) -> Estimate {
    let judgements: Vec<Judgement> =
        departments.iter().map(|&department| judged(department, stars)).collect();
    estimate(&Params::V1, &judgements)
}

#[test]
fn property_12_unrated_is_the_common_level_with_its_prior_width() {
    let nothing = estimate(&Params::V1, &[]);
    assert_eq!((nothing.raters, nothing.votes, nothing.value), (0, 0.0, 3.0));
    assert!((nothing.sd - (0.8_f64 / 3.0).sqrt()).abs() < 1e-12);
    assert!(nothing.departments.is_empty());
}

#[test]
fn property_8_breadth_is_worth_more_than_numbers() {
    let one = all_of(&[0, 0, 0, 0], 5.0);
    let four = all_of(&[0, 1, 2, 3], 5.0);
    assert!((one.votes - 12.0 / 7.0).abs() < 1e-12 && (four.votes - 3.0).abs() < 1e-12);
    assert!(four.value > one.value && four.sd < one.sd);
}

#[test]
fn without_departments_every_rating_is_a_vote() {
    let params = Params { lambda_g: f64::INFINITY, ..Params::V1 };
    let judgements: Vec<Judgement> = [0, 0, 0, 1].into_iter().map(|d| judged(d, 5.0)).collect();
    let got = estimate(&params, &judgements);
    assert!((got.votes - 4.0).abs() < 1e-12);
    assert!((got.value - (3.0 + 8.0 / 7.0)).abs() < 1e-12);
    assert!(got.departments.iter().all(|view| (view.value - got.value).abs() < 1e-12));
}

#[test]
fn property_9_the_same_stars_from_a_strict_rater_are_worth_more() {
    let by = |leniency: f64| {
        estimate(&Params::V1, &[Judgement { department: 0, stars: 4.0, leniency, history: 9 }]).value
    };
    assert!(by(-0.8) > by(0.0) && by(0.0) > by(0.8));
}

/// How many stars a ring of `k` in one department can move a value, against `s_other` honest votes: the
/// table of the design, as `s(k) / (3 + S_other + s(k))` times the stars they move.
#[test]
fn property_7_a_ring_in_one_department_moves_little() {
    for (honest, expected) in [
        (0, [0.200, 0.333, 0.385, 0.435]),
        (3, [0.125, 0.222, 0.263, 0.305]),
        (5, [0.100, 0.182, 0.217, 0.255]),
    ] {
        for (k, bound) in [1_u32, 3, 5, 10].into_iter().zip(expected) {
            let with = |ring: f64| {
                let mut judgements: Vec<Judgement> = (0..honest).map(|d| judged(d, 3.0)).collect();
                judgements.extend((0..k).map(|_| judged(99, ring)));
                estimate(&Params::V1, &judgements).value
            };
            let moved = with(5.0) - with(1.0);
            assert!((moved / 4.0 - bound).abs() < 5e-4, "{honest} {k}: {}", moved / 4.0);
        }
    }
}

#[test]
fn property_13_sd_falls_with_every_rating_by_a_rater_of_equal_history() {
    for history in [1, 2, 5, 50] {
        for a in 0..=6_u32 {
            for b in 0..=6_u32 {
                let of = |a: u32, b: u32| {
                    let judgements: Vec<Judgement> = (0..a)
                        .map(|_| 0)
                        .chain((0..b).map(|_| 1))
                        .map(|department| Judgement { department, stars: 4.0, leniency: 0.0, history })
                        .collect();
                    estimate(&Params::V1, &judgements).sd
                };
                assert!(of(a + 1, b) < of(a, b) && of(a, b + 1) < of(a, b), "{a} {b} {history}");
            }
        }
    }
}

#[test]
fn an_epoch_begins_when_mu_would_move_by_a_twentieth() {
    for (in_force, sum, n, new) in [
        (3.0, 0.0, 0.0, None),
        (3.0, 5.0, 1.0, Some(95.0 / 31.0)),
        (3.0, 4.0, 1.0, None),
        (3.0, 400.0, 100.0, Some(490.0 / 130.0)),
        (3.77, 400.0, 100.0, None),
        (3.8, 300.0, 100.0, Some(3.0)),
    ] {
        assert_eq!(new_mu(&ValuePolicy::default(), in_force, sum, n), new, "{in_force} {sum} {n}");
    }
}

#[test]
fn constants_are_read_or_refused_with_a_reason() {
    let read = |pairs: &str| Params::V1.with(pairs);
    assert_eq!(read(""), Ok(Params::V1));
    assert_eq!(
        read(" lambda_u=1.5, lambda_g=inf ,mu=3.2,cap=0"),
        Ok(Params { lambda_u: 1.5, lambda_g: f64::INFINITY, mu: 3.2, cap: 0.0, ..Params::V1 })
    );
    for (pairs, part) in [
        ("lambda_v", "name=number"),
        ("lambda_v=x", "\"x\" is not a number"),
        ("lambda_v=nan", "is not a number"),
        ("lambda_v=0", "lambda_v must be a positive number"),
        ("lambda_v=inf", "lambda_v"),
        ("lambda_g=0", "or inf"),
        ("lambda_u=-1", "lambda_u"),
        ("mu=inf", "mu"),
        ("cap=-1", "cap"),
        ("sigma2=0", "sigma2"),
        ("z=inf", "z must"),
        ("lambda=3", "these are: lambda_u"),
    ] {
        let problem = read(pairs).expect_err(pairs);
        assert!(problem.contains(part), "{pairs}: {problem}");
    }
}

proptest! {
    /// With leniencies frozen a rating moves the value by exactly its weight times its own move.
    #[test]
    fn property_6_the_influence_of_a_rating_is_its_weight(
        stars in proptest::collection::vec((0_u32..4, 1_u8..=5, -1.0_f64..1.0), 1..12),
        at in any::<prop::sample::Index>(),
        to in 1_u8..=5,
    ) {
        let judgements: Vec<Judgement> = stars
            .iter()
            .map(|&(department, stars, leniency)| Judgement { department, stars: f64::from(stars), leniency, history: 4 })
            .collect();
        let at = at.index(judgements.len());
        let before = estimate(&Params::V1, &judgements);
        let mut changed = judgements.clone();
        changed[at].stars = f64::from(to);
        let after = estimate(&Params::V1, &changed);
        let n = judgements.iter().filter(|judgement| judgement.department == judgements[at].department).count() as f64;
        let weight = Params::V1.votes(n) / n / (Params::V1.lambda_v + before.votes);
        let moved = changed[at].stars - judgements[at].stars;
        prop_assert!((after.value - before.value - weight * moved).abs() < 1e-12);
    }

    /// Any order of the ratings gives the same value.
    #[test]
    fn property_2_order_does_not_matter(stars in proptest::collection::vec((0_u32..4, 1_u8..=5), 0..12)) {
        let judgements: Vec<Judgement> = stars.iter().map(|&(department, stars)| judged(department, f64::from(stars))).collect();
        let mut reversed = judgements.clone();
        reversed.reverse();
        let (a, b) = (estimate(&Params::V1, &judgements), estimate(&Params::V1, &reversed));
        prop_assert!((a.value - b.value).abs() < 1e-12 && (a.sd - b.sd).abs() < 1e-12);
    }

    /// A ring of `k` in one department that moves its ratings by `moved` stars moves the value by at most
    /// `moved s(k) / (3 + S_other + s(k))`, whoever else rated.
    #[test]
    fn property_7_a_ring_moves_no_more_than_its_voice(
        others in proptest::collection::vec((0_u32..4, 1_u8..=5, -1.0_f64..1.0), 0..10),
        k in 1_u32..12,
        moved in 0.0_f64..4.0,
    ) {
        let with = |stars: f64| {
            let mut judgements: Vec<Judgement> = others
                .iter()
                .map(|&(department, stars, leniency)| Judgement { department, stars: f64::from(stars), leniency, history: 4 })
                .collect();
            judgements.extend((0..k).map(|_| judged(99, stars)));
            estimate(&Params::V1, &judgements)
        };
        let (before, after) = (with(1.0), with(1.0 + moved));
        let own = Params::V1.votes(f64::from(k));
        let bound = moved * own / (3.0 + before.votes);
        prop_assert!((after.value - before.value - bound).abs() < 1e-12 && own < 3.0);
    }
}
