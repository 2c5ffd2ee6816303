//! What honest play is and what is not: tables, and what must hold for any ratings.

use proptest::prelude::*;

use super::*;

fn at(minute: i64) -> NaiveDateTime {
    "2026-11-02T09:00:00".parse::<NaiveDateTime>().expect("a time") + Duration::minutes(minute)
}

/// Ratings of one person for another's insights `100 * author + n`, days apart.
fn praise(rater: i64, author: i64, above: &[f64]) -> Vec<Seen> {
    above
        .iter()
        .zip(0..)
        .map(|(above, n)| Seen {
            insight: 100 * author + n,
            author,
            rater,
            above: *above,
            at: at(n * 3000 + rater * 40),
            to_the_minute: true,
        })
        .collect()
}

fn found(rows: &[Seen]) -> Vec<Vec<i64>> {
    communities(rows, &PlayPolicy::default()).into_iter().map(|one| one.people).collect()
}

#[test]
fn two_who_praise_each_other_are_found_at_the_bounds() {
    for (there, back, together) in [
        (&[1.0, 1.0, 1.0][..], &[1.0, 1.0, 1.0][..], true),
        (&[2.0, 1.0, 0.1], &[1.5, 1.5, 1.5], true),
        (&[1.0, 1.0, 0.99], &[2.0, 2.0, 2.0], false),
        (&[2.0, 2.0], &[2.0, 2.0, 2.0], false),
        (&[2.0, 2.0, 2.0], &[0.2, 0.2, 0.2], false),
        (&[-2.0, -2.0, -2.0], &[-2.0, -2.0, -2.0], false),
    ] {
        let rows = [praise(1, 2, there), praise(2, 1, back)].concat();
        let expected = if together { vec![vec![1, 2]] } else { vec![] };
        assert_eq!(found(&rows), expected, "{there:?} {back:?}");
    }
}

#[test]
fn favours_that_go_around_are_found_without_a_pair() {
    let high = [1.5, 1.2, 1.8];
    let around = [praise(1, 2, &high), praise(2, 3, &high), praise(3, 1, &high)].concat();
    assert_eq!(found(&around), [[1, 2, 3]]);
    // Somebody whom they praise, and who does not praise them, is none of them.
    let more = [around.clone(), praise(1, 9, &high), praise(2, 9, &high)].concat();
    assert_eq!(found(&more), [[1, 2, 3]]);
    let community = &communities(&more, &PlayPolicy::default())[0];
    assert_eq!(community.favours.len(), 3);
    assert_eq!(community.weight(), 9);
    // A long thin round is chance.
    let thin: Vec<Seen> = (1..=8).flat_map(|n| praise(n, n % 8 + 1, &high)).collect();
    assert_eq!(found(&thin), Vec::<Vec<i64>>::new());
}

#[test]
fn everybody_of_a_large_ring_is_found() {
    let ring: Vec<Seen> = (1..=6)
        .flat_map(|one| (1..=6).filter(move |other| *other != one).map(move |other| (one, other)))
        .flat_map(|(one, other)| praise(one, other, &[1.1, 1.4, 1.3]))
        .collect();
    assert_eq!(found(&ring), [[1, 2, 3, 4, 5, 6]]);
}

#[test]
fn a_department_of_enthusiasts_is_none() {
    // Ten people who like each other's work: the model has corrected for their generosity, so that what is
    // left is small and goes both ways.
    let left = [0.6, -0.2, 0.4, 0.7, -0.5];
    let rows: Vec<Seen> = (1..=10)
        .flat_map(|one| (1..=10).filter(move |other| *other != one).map(move |other| (one, other)))
        .flat_map(|(one, other)| praise(one, other, &left))
        .collect();
    assert_eq!(found(&rows), Vec::<Vec<i64>>::new());
}

/// Three people and ten insights of somebody else; `close` of them rated within four minutes.
fn cluster(people: i64, common: i64, close: i64, minutes: i64) -> Vec<Seen> {
    (0..common)
        .flat_map(|insight| {
            (1..=people).map(move |rater| Seen {
                insight: 900 + insight,
                author: 99,
                rater,
                above: 0.1,
                at: at(insight * 2000 + if insight < close { rater * minutes } else { rater * 300 }),
                to_the_minute: true,
            })
        })
        .collect()
}

#[test]
fn three_who_rate_in_the_same_minutes_are_found_at_the_bounds() {
    for (people, common, close, minutes, is_found) in [
        (3, 5, 2, 5, true),
        (3, 5, 1, 5, false),
        (3, 4, 4, 5, false),
        (2, 9, 9, 5, false),
        (4, 10, 4, 3, true),
        (4, 10, 3, 3, false),
        // The first and the third are too far apart: a chain of twos, not three together.
        (3, 5, 5, 10, false),
    ] {
        let rows = cluster(people, common, close, minutes);
        let expected: Vec<Vec<i64>> = if is_found { vec![(1..=people).collect()] } else { vec![] };
        assert_eq!(found(&rows), expected, "{people} people, {close} of {common}, {minutes} min");
    }
    // Where a company begins to ask at four, three are left alone.
    let policy = PlayPolicy { cluster_raters: 4, ..PlayPolicy::default() };
    for (people, parts) in [(3, 0), (4, 1)] {
        assert_eq!(communities(&cluster(people, 5, 5, 2), &policy).len(), parts, "{people}");
    }
}

#[test]
fn an_import_of_days_and_a_meeting_of_many_say_nothing() {
    let mut days = cluster(4, 10, 10, 0);
    assert_eq!(found(&days), [[1, 2, 3, 4]]);
    days.iter_mut().for_each(|row| row.to_the_minute = false);
    assert_eq!(found(&days), Vec::<Vec<i64>>::new());
    let mut meeting = cluster(100, 10, 10, 0);
    for row in &mut meeting {
        row.at = at(row.insight * 2000) + Duration::seconds((row.rater * 7919 + row.insight * 104_729) % 300);
    }
    assert_eq!(found(&meeting), Vec::<Vec<i64>>::new());
}

#[test]
fn the_sixth_rating_of_an_author_in_a_week_is_too_many() {
    let week = |days: &[i64]| -> Vec<Seen> {
        days.iter()
            .zip(0..)
            .map(|(day, n)| Seen {
                insight: 100 + n,
                author: 2,
                rater: 1,
                above: 0.0,
                at: at(day * 1440),
                to_the_minute: true,
            })
            .collect()
    };
    for (days, excess) in [
        (&[0, 0, 1, 2, 6][..], vec![]),
        (&[0, 0, 1, 2, 6, 6], vec![vec![105]]),
        (&[0, 0, 1, 2, 6, 7], vec![]),
        (&[0, 0, 0, 0, 0, 0, 0, 0], vec![vec![105, 106, 107]]),
        (&[0, 1, 2, 3, 4, 5, 6, 30, 30, 30, 30, 30, 31], vec![vec![105, 106], vec![112]]),
    ] {
        let series = series(&week(days), &PlayPolicy::default());
        let found: Vec<Vec<i64>> = series.iter().map(|one| one.excess.clone()).collect();
        assert_eq!(found, excess, "{days:?}");
        for one in &series {
            assert_eq!(one.until - one.since, Duration::days(7));
            assert_eq!(one.ratings as usize, one.excess.len() + 5);
        }
    }
}

#[test]
fn bounties_that_go_back_and_forth_are_found() {
    let award = |request, from, to, day: i64| Award { request, from, to, credits: 10, at: at(day * 1440) };
    let policy = PlayPolicy::default();
    let rows = [award(1, 1, 2, 0), award(2, 2, 1, 10), award(3, 1, 2, 29), award(4, 3, 1, 5)];
    let found = round_trips(&rows, &policy);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].one, found[0].two, found[0].from_one, found[0].from_two), (1, 2, 2, 1));
    assert_eq!((found[0].credits, found[0].requests.as_slice()), (30, &[1, 2, 3][..]));
    for few in [
        vec![award(1, 1, 2, 0), award(2, 1, 2, 1)],
        vec![award(1, 1, 2, 0), award(2, 1, 2, 1), award(3, 2, 1, 30)],
    ] {
        assert_eq!(round_trips(&few, &policy), []);
    }
}

fn rows() -> impl Strategy<Value = Vec<Seen>> {
    let row = (1..6_i64, 1..6_i64, 0..4_i64, -2.0..3.0_f64, 0..60_i64).prop_map(
        |(rater, author, n, above, minute)| Seen {
            insight: author * 100 + n,
            author,
            rater,
            above,
            at: at(minute),
            to_the_minute: true,
        },
    );
    prop::collection::vec(row, 0..80).prop_map(|mut rows| {
        let mut once = HashSet::new();
        rows.retain(|row| once.insert((row.insight, row.rater)));
        rows
    })
}

proptest! {
    #[test]
    fn order_and_names_are_nothing(rows in rows()) {
        let policy = PlayPolicy::default();
        let mut turned = rows.clone();
        turned.reverse();
        prop_assert_eq!(
            communities(&rows, &policy).into_iter().map(|one| one.people).collect::<Vec<_>>(),
            communities(&turned, &policy).into_iter().map(|one| one.people).collect::<Vec<_>>()
        );
        // Other names for the same people, in another order.
        let renamed: Vec<Seen> =
            rows.iter().map(|row| Seen { rater: 50 - row.rater, author: 50 - row.author, ..*row }).collect();
        let mut back: Vec<Vec<i64>> = communities(&renamed, &policy)
            .into_iter()
            .map(|one| one.people.into_iter().rev().map(|id| 50 - id).collect())
            .collect();
        back.sort();
        prop_assert_eq!(found(&rows), back);
    }

    #[test]
    fn what_is_told_rests_on_three_ratings_and_names_each_person_once(rows in rows()) {
        let found = communities(&rows, &PlayPolicy::default());
        let mut people: Vec<i64> = found.iter().flat_map(|one| one.people.clone()).collect();
        let all = people.len();
        people.sort_unstable();
        people.dedup();
        prop_assert_eq!(people.len(), all);
        for community in &found {
            prop_assert!(community.people.len() >= 2);
            prop_assert!(community.favours.iter().all(|favour| favour.ratings >= FEWEST));
            prop_assert!(community.weight() > 0);
        }
    }

    #[test]
    fn a_series_never_holds_the_first_five(rows in rows()) {
        for one in series(&rows, &PlayPolicy::default()) {
            prop_assert!(!one.excess.is_empty());
            prop_assert_eq!(one.ratings as usize, one.excess.len() + 5);
        }
    }
}
