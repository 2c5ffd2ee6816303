use super::*;
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::period::Period;
use crate::obstacles::obstacle::Content;
use crate::obstacles::target::Target;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// So many of 100, over four weeks from a day on.
fn measure(from: &str, of_hundred: i64) -> Measure {
    let from = day(from);
    let period = Period { from, to: from + chrono::Days::new(28) };
    Measure { period, figure: Figure::share("C4", "", Whom::All, of_hundred, 100, 10) }
}

/// An obstacle to "People who read", due in the middle of November, with its figure then and now.
fn obstacle(state: State, then_and_now: (i64, i64)) -> (Obstacle, Option<Measure>, Option<Measure>) {
    let content = Content {
        description: "Nobody is reminded".into(),
        action: "Remind them.".into(),
        owner_id: 1,
        due_on: day("2026-11-15"),
        state,
    };
    let obstacle = Obstacle {
        id: 1,
        target: Target::of_code("C4").expect("a target"),
        content,
        owner: "Ann Sample".into(),
        owner_is_here: true,
        version: 1,
        opened_by: 1,
        opened_on: day("2026-08-31"),
        ended_on: None,
    };
    let (then, now) = then_and_now;
    (obstacle, Some(measure("2026-08-03", then)), Some(measure("2026-10-05", now)))
}

fn sentence(all: &[(Obstacle, Option<Measure>, Option<Measure>)], today: &str) -> String {
    of(&[], None, all, day(today)).unblocked
}

#[test]
fn what_was_unblocked_is_said_with_whether_it_helped() {
    let (better, worse, same) = ((20, 60), (60, 20), (20, 22));
    let removed = |moved| obstacle(State::Removed, moved);
    for (all, words) in [
        (vec![], "No obstacle is recorded yet."),
        (vec![obstacle(State::Open, same)], "0 obstacles were removed. 1 is to be removed."),
        (
            vec![removed(better)],
            "1 obstacle was removed; of 1 the figure became better by more than chance. 0 are to be removed.",
        ),
        (
            vec![removed(worse), removed(better), removed(better), obstacle(State::Acting, same)],
            "3 obstacles were removed; of 2 the figure became better by more than chance, of 1 worse. 1 is to be removed.",
        ),
        (
            vec![removed(same), obstacle(State::Accepted, better)],
            "1 obstacle was removed; no figure has moved beyond chance since. 0 are to be removed.",
        ),
    ] {
        assert_eq!(sentence(&all, "2026-11-10"), words);
    }
    // Late is what is due and not over; what was accepted is not waited for.
    let all = [
        obstacle(State::Open, same),
        obstacle(State::Acting, same),
        removed(better),
        obstacle(State::Accepted, same),
    ];
    assert!(sentence(&all, "2026-11-15").ends_with(" 2 are to be removed."));
    assert!(sentence(&all, "2026-11-16").ends_with(" 2 are to be removed, 2 of them overdue."));
}

#[test]
fn a_removed_obstacle_is_told_with_both_numbers() {
    // What was closed without action was not removed.
    let all = [
        obstacle(State::Removed, (20, 60)),
        obstacle(State::Open, (20, 60)),
        obstacle(State::Accepted, (20, 60)),
    ];
    let found = of(&[], None, &all, day("2026-11-10"));
    assert_eq!(found.removed.len(), 1);
    assert_eq!(found.removed[0].sentence(), "20%, in the weeks up to 1 Nov 2026 60%: better");
    let less = (
        Obstacle { target: Target::of_code("C21").expect("a target"), ..all[0].0.clone() },
        all[0].1.clone(),
        all[0].2.clone(),
    );
    assert_eq!(
        of(&[], None, &[less], day("2026-11-10")).removed[0].sentence(),
        "20%, in the weeks up to 1 Nov 2026 60%: worse"
    );
}
