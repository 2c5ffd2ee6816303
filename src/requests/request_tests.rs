use super::*;

const POLICY: fn() -> RequestPolicy = RequestPolicy::default;
const PLAY: fn() -> PlayPolicy = PlayPolicy::default;

/// People: 1 asks, 2 funds, 3 and 4 answer, 9 does nothing.
const ASKER: i64 = 1;
const FUNDER: i64 = 2;

fn at(text: &str) -> NaiveDateTime {
    text.parse().expect("a time")
}

/// Asked on the 1st, closes on the 15th at nine.
fn standing(answers: Vec<Answer>) -> Standing {
    Standing {
        state: State::Open,
        asker: ASKER,
        closes_at: at("2026-11-15T09:00:00"),
        extended: false,
        funders: vec![(ASKER, 20), (FUNDER, 10)],
        answers,
    }
}

fn answer(insight: i64, author: i64) -> Answer {
    Answer {
        insight,
        author,
        authors: vec![author],
        at: at("2026-11-03T09:00:00"),
        stands: true,
        was_given: true,
        lower: 320,
        raters: 2,
        awards_lately: 0,
    }
}

/// A day while answers are welcome, one of grace, one after it.
const ANSWERING: &str = "2026-11-10T09:00:00";
const AWARDING: &str = "2026-11-15T09:00:00";
const OVER: &str = "2026-11-22T09:00:00";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Answer,
    Fund,
    Edit,
    Extend,
    Cancel,
    Award,
}
use Act::{Answer as Answers, Award, Cancel, Edit, Extend, Fund};

fn tried(standing: &Standing, act: Act, person: i64, now: NaiveDateTime) -> Result<(), Refusal> {
    let policy = POLICY();
    match act {
        Answers => standing.may_answer(now, &policy),
        Fund => standing.may_fund(person, 5, now, &policy),
        Edit => standing.may_edit(person, false, now, &policy),
        Extend => standing.may_extend(person, now, &policy).map(|_| ()),
        Cancel => standing.may_cancel(person, now, &policy),
        Award => {
            let chosen: Vec<(i64, i64)> =
                standing.answers.iter().take(1).map(|answer| (answer.insight, 1)).collect();
            standing.award(person, &chosen, standing.bounty(), now, &policy, &PLAY()).map(|_| ())
        }
    }
}

/// The state machine: act, who, answered, and what it meets while answering, while awarding, when over.
#[test]
fn who_may_do_what_when() {
    use Refusal::{AnsweredAlready, NoAnswerChosen, NotTheAsker, TimeIsUp};
    type Met = Result<(), Refusal>;
    let ok: Met = Ok(());
    let no = |refusal: Refusal| -> Met { Err(refusal) };
    let table: [(Act, i64, bool, [Met; 3]); 20] = [
        (Answers, 9, false, [ok, no(TimeIsUp), no(TimeIsUp)]),
        (Answers, 9, true, [ok, no(TimeIsUp), no(TimeIsUp)]),
        (Answers, ASKER, true, [ok, no(TimeIsUp), no(TimeIsUp)]),
        (Fund, 9, false, [ok, no(TimeIsUp), no(TimeIsUp)]),
        (Fund, 9, true, [ok, no(TimeIsUp), no(TimeIsUp)]),
        (Fund, ASKER, true, [ok, no(TimeIsUp), no(TimeIsUp)]),
        (Fund, 3, true, [no(Refusal::AnswersItself), no(TimeIsUp), no(TimeIsUp)]),
        (Edit, ASKER, false, [ok, no(TimeIsUp), no(TimeIsUp)]),
        (Edit, ASKER, true, [no(AnsweredAlready), no(TimeIsUp), no(TimeIsUp)]),
        (Edit, FUNDER, false, [no(NotTheAsker); 3]),
        (Extend, ASKER, false, [ok, ok, no(TimeIsUp)]),
        (Extend, ASKER, true, [ok, ok, no(TimeIsUp)]),
        (Extend, FUNDER, false, [no(NotTheAsker); 3]),
        (Cancel, ASKER, false, [ok, ok, no(TimeIsUp)]),
        (Cancel, ASKER, true, [no(AnsweredAlready), no(AnsweredAlready), no(TimeIsUp)]),
        (Cancel, FUNDER, false, [no(NotTheAsker); 3]),
        (Award, ASKER, false, [no(NoAnswerChosen), no(NoAnswerChosen), no(TimeIsUp)]),
        (Award, ASKER, true, [ok, ok, no(TimeIsUp)]),
        (Award, FUNDER, true, [no(NotTheAsker); 3]),
        (Award, 3, true, [no(NotTheAsker); 3]),
    ];
    for (act, person, answered, met) in table {
        let mut standing = standing(if answered { vec![answer(70, 3)] } else { Vec::new() });
        for (time, expected) in [ANSWERING, AWARDING, OVER].into_iter().zip(met) {
            let case = format!("{act:?} by {person}, answered: {answered}, at {time}");
            assert_eq!(tried(&standing, act, person, at(time)), expected, "{case}");
        }
        for state in State::ALL {
            standing.state = state;
            if state != State::Open {
                let met = tried(&standing, act, person, at(ANSWERING));
                assert!(matches!(met, Err(Refusal::Closed | NotTheAsker)), "{act:?} when {state:?}: {met:?}");
            }
        }
    }
}

#[test]
fn the_clock_ends_what_its_asker_did_not() {
    type Adjust = fn(&mut Standing);
    // What is different from one answer of 3.20 by two raters, and which answer is awarded.
    let table: [(&str, Adjust, Option<i64>); 10] = [
        ("nothing", |_| (), Some(70)),
        ("no answer", |s| s.answers.clear(), None),
        ("2.99", |s| s.answers[0].lower = 299, None),
        ("3.00", |s| s.answers[0].lower = 300, Some(70)),
        ("one rater", |s| s.answers[0].raters = 1, None),
        ("withdrawn", |s| s.answers[0].stands = false, None),
        ("by a funder", |s| s.answers[0].authors = vec![3, FUNDER], None),
        ("by the asker", |s| s.answers[0].authors = vec![ASKER], None),
        ("a better one", |s| s.answers.push(Answer { lower: 321, ..answer(71, 4) }), Some(71)),
        (
            "an older one of the same",
            |s| s.answers.push(Answer { at: at("2026-11-02T09:00:00"), ..answer(71, 4) }),
            Some(71),
        ),
    ];
    for (case, adjust, awarded) in table {
        let mut standing = standing(vec![answer(70, 3)]);
        adjust(&mut standing);
        for time in [ANSWERING, AWARDING] {
            assert_eq!(standing.ending(30, at(time), &POLICY()), None, "{case} at {time}");
        }
        let expected = match awarded {
            Some(insight) => Ending::AutoAward(Paid {
                insight,
                author: if insight == 70 { 3 } else { 4 },
                weight: 1,
                credits: 30,
            }),
            None => Ending::Expire,
        };
        assert_eq!(standing.ending(30, at(OVER), &POLICY()), Some(expected), "{case}");
        for state in State::ALL.into_iter().filter(|state| *state != State::Open) {
            standing.state = state;
            assert_eq!(standing.ending(30, at(OVER), &POLICY()), None, "{case}, {state:?} already");
        }
    }
}

#[test]
fn the_whole_escrow_is_awarded() {
    let standing = standing(vec![answer(70, 3), answer(71, 4), answer(72, 3)]);
    for (chosen, credits) in [
        (vec![(70, 1)], vec![30]),
        (vec![(70, 1), (71, 1)], vec![15, 15]),
        (vec![(71, 2), (70, 1)], vec![20, 10]),
        (vec![(70, 1), (71, 1), (72, 5)], vec![4, 4, 22]),
        (vec![(70, 1000), (71, 1)], vec![30, 0]),
    ] {
        let paid = standing
            .award(ASKER, &chosen, 30, at(ANSWERING), &POLICY(), &PLAY())
            .unwrap_or_else(|refusal| panic!("{chosen:?}: {refusal:?}"));
        assert_eq!(paid.iter().map(|paid| paid.credits).collect::<Vec<_>>(), credits, "{chosen:?}");
        assert_eq!(credits.iter().sum::<i64>(), 30);
    }
    // Without credits an award says which answers helped.
    let paid = standing.award(ASKER, &[(70, 1), (71, 3)], 0, at(ANSWERING), &POLICY(), &PLAY());
    assert_eq!(paid.expect("an award").iter().map(|paid| paid.credits).collect::<Vec<_>>(), [0, 0]);
}

#[test]
fn what_cannot_be_awarded() {
    let many: Vec<Answer> = (70..77).map(|insight| answer(insight, 3)).collect();
    let all: Vec<(i64, i64)> = many.iter().map(|answer| (answer.insight, 1)).collect();
    let six = Refusal::TooManyAnswers { most: 5 };
    type Adjust = fn(&mut Standing);
    /// Answers with their weights.
    type Shares<'a> = &'a [(i64, i64)];
    let table: [(Shares<'_>, Adjust, Refusal); 11] = [
        (&[], |_| (), Refusal::NoAnswerChosen),
        (&all[..6], |_| (), six),
        (&[(70, 0)], |_| (), Refusal::Weight),
        (&[(70, -1)], |_| (), Refusal::Weight),
        (&[(70, 1001)], |_| (), Refusal::Weight),
        (&[(99, 1)], |_| (), Refusal::NoSuchAnswer),
        (&[(70, 1), (70, 1)], |_| (), Refusal::NoSuchAnswer),
        (&[(70, 1)], |s| s.answers[0].stands = false, Refusal::NoSuchAnswer),
        (&[(70, 1)], |s| s.answers[0].authors = vec![ASKER], Refusal::PaysThemselves),
        (&[(71, 1), (70, 1)], |s| s.answers[0].authors = vec![3, FUNDER], Refusal::PaysThemselves),
        (
            &[(70, 1)],
            |s| {
                s.answers[0].awards_lately = 2;
                s.answers[0].raters = 0;
            },
            Refusal::NeedsThirdRater,
        ),
    ];
    for (chosen, adjust, refusal) in table {
        let mut standing = standing(many.clone());
        adjust(&mut standing);
        let met = standing.award(ASKER, chosen, 30, at(ANSWERING), &POLICY(), &PLAY());
        assert_eq!(met, Err(refusal), "{chosen:?}");
    }
    // Twice in thirty days is no ring yet; a third person's rating settles it; no credits, no ring.
    for (lately, raters, escrow) in [(1, 0, 30), (2, 1, 30), (9, 1, 30), (9, 0, 0)] {
        let mut standing = standing(many.clone());
        standing.answers[0] = Answer { awards_lately: lately, raters, ..answer(70, 3) };
        let met = standing.award(ASKER, &[(70, 1)], escrow, at(ANSWERING), &POLICY(), &PLAY());
        assert!(met.is_ok(), "{lately} awards, {raters} raters, {escrow} credits: {met:?}");
    }
}

#[test]
fn what_was_put_in_goes_back_to_whom_it_came_from() {
    assert_eq!(standing(Vec::new()).refund(30), [(ASKER, 20), (FUNDER, 10)]);
    // Whatever is there is given back, and all of it.
    assert_eq!(standing(Vec::new()).refund(10), [(ASKER, 7), (FUNDER, 3)]);
    assert_eq!(Standing { funders: Vec::new(), ..standing(Vec::new()) }.refund(3), [(ASKER, 3)]);
}

#[test]
fn it_is_extended_once_from_its_end_or_from_today() {
    let policy = POLICY();
    let mut standing = standing(Vec::new());
    for (now, until) in [(ANSWERING, "2026-11-22T09:00:00"), ("2026-11-17T10:00:00", "2026-11-24T10:00:00")] {
        assert_eq!(standing.may_extend(ASKER, at(now), &policy), Ok(at(until)), "{now}");
    }
    standing.extended = true;
    assert_eq!(standing.may_extend(ASKER, at(ANSWERING), &policy), Err(Refusal::ExtendedBefore));
}

#[test]
fn nobody_puts_in_more_than_an_asker_may() {
    let policy = POLICY();
    let standing = standing(Vec::new());
    let fund = |person, credits| standing.may_fund(person, credits, at(ANSWERING), &policy);
    assert_eq!(fund(9, 1), Ok(()));
    assert_eq!(fund(9, 50), Ok(()));
    assert_eq!(fund(9, 51), Err(Refusal::Amount { least: 1, most: 50 }));
    assert_eq!(fund(9, 0), Err(Refusal::Amount { least: 1, most: 50 }));
    assert_eq!(fund(ASKER, 30), Ok(()));
    assert_eq!(fund(ASKER, 31), Err(Refusal::Amount { least: 1, most: 30 }));
    assert_eq!(fund(FUNDER, -3), Err(Refusal::Amount { least: 1, most: 40 }));
}

#[test]
fn an_answer_of_who_pays_and_one_taken_back_leave_a_request_unanswered() {
    type Adjust = fn(&mut Standing);
    let table: [(&str, Adjust, bool); 5] = [
        ("an answer", |_| (), true),
        ("the asker's own", |s| s.answers[0].authors = vec![ASKER], false),
        ("a funder's own", |s| s.answers[0].authors = vec![FUNDER], false),
        (
            "taken back by its author",
            |s| {
                s.answers[0].stands = false;
                s.answers[0].was_given = false;
            },
            false,
        ),
        ("taken out by a curator", |s| s.answers[0].stands = false, true),
    ];
    for (case, adjust, answered) in table {
        let mut standing = standing(vec![answer(70, 3)]);
        adjust(&mut standing);
        assert_eq!(standing.is_answered(), answered, "{case}");
    }
}

#[test]
fn bounties_and_open_requests_have_bounds() {
    let policy = POLICY();
    for (bounty, fine) in [(4, false), (5, true), (50, true), (51, false), (-5, false)] {
        assert_eq!(may_offer(bounty, &policy).is_ok(), fine, "{bounty}");
    }
    for (open, fine) in [(0, true), (2, true), (3, false), (4, false)] {
        assert_eq!(may_ask(open, &policy).is_ok(), fine, "{open}");
    }
}

#[test]
fn a_state_is_found_by_its_name() {
    for state in State::ALL {
        assert_eq!(State::named(state.name()), Some(state));
    }
    assert_eq!(State::named("lost"), None);
}
