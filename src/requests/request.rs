//! The rules of a request: its states, who may do what when, and how a bounty ends. Pure; the table of
//! the tests is the state machine.
//!
//! | | answering (until `closes_at`) | awarding (the days of grace) | over |
//! |---|---|---|---|
//! | answer, co-fund | anybody | no | no |
//! | edit | asker, while unanswered | no | no |
//! | extend, once | asker | asker | no |
//! | cancel | asker, while unanswered | the same | no |
//! | award | asker | asker | no |
//! | the clock | - | - | auto-award, else expire with a refund |
//!
//! A request is answered while an answer is there that somebody who does not pay would be paid for. The
//! whole of what was put in goes to answers, or back to those who put it in: nothing stays.

use chrono::{Duration, NaiveDateTime};

use crate::error::AppError;
use crate::ledger::split::hamilton;
use crate::policy::{PlayPolicy, RequestPolicy};

/// Longest question, in characters.
pub const QUESTION: usize = 200;
/// Longest reason, in bytes.
pub const WHY: usize = 4 * 1024;
/// Most departments asked.
pub const DEPARTMENTS: usize = 12;
/// Most topics.
pub const TAGS: usize = 6;
/// Largest weight of an answer in an award.
pub const WEIGHT: i64 = 1000;

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Open,
    /// Its asker said which answers helped.
    Awarded,
    /// Its asker did not, and an answer was good by its ratings.
    AutoAwarded,
    /// Nothing was good enough: everybody has their credits back.
    Expired,
    /// Taken back by its asker before anybody answered.
    Cancelled,
}

impl State {
    /// All of them.
    pub const ALL: [State; 5] =
        [State::Open, State::Awarded, State::AutoAwarded, State::Expired, State::Cancelled];

    /// As the database writes it.
    pub const fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Awarded => "awarded",
            State::AutoAwarded => "auto_awarded",
            State::Expired => "expired",
            State::Cancelled => "cancelled",
        }
    }

    /// As a page says it.
    pub const fn title(self) -> &'static str {
        match self {
            State::Open => "Open",
            State::Awarded => "Awarded",
            State::AutoAwarded => "Awarded by its ratings",
            State::Expired => "Ended without an award",
            State::Cancelled => "Taken back",
        }
    }

    /// The state of that name.
    pub fn named(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// Where the clock of an open request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Answers are welcome.
    Answering,
    /// The time to answer has passed; the asker may still award.
    Awarding,
    /// The clock decides at its next look.
    Over,
}

/// An insight offered as an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub insight: i64,
    /// Who is paid.
    pub author: i64,
    /// Author and corroborators.
    pub authors: Vec<i64>,
    /// When it was linked, UTC.
    pub at: NaiveDateTime,
    /// It is in the archive and the link was not taken back: it can be awarded.
    pub stands: bool,
    /// It was not taken back by its own author: it counts against a cancellation even when a curator
    /// took it out of the archive.
    pub was_given: bool,
    /// Lower bound of its value, in hundredths of a star.
    pub lower: i64,
    /// Counted raters who neither pay for it nor wrote it.
    pub raters: i64,
    /// Awards between the asker and its author in the days that count.
    pub awards_lately: i64,
}

/// Everything about a request that its rules look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: State,
    pub asker: i64,
    /// UTC.
    pub closes_at: NaiveDateTime,
    pub extended: bool,
    /// Who put in how many credits altogether; nobody where there are none.
    pub funders: Vec<(i64, i64)>,
    pub answers: Vec<Answer>,
}

/// What an answer is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    pub insight: i64,
    pub author: i64,
    pub weight: i64,
    /// Perhaps 0: a small weight of a small bounty, or credits are off.
    pub credits: i64,
}

/// How the clock ends a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything goes to one answer.
    AutoAward(Paid),
    /// Everything goes back.
    Expire,
}

/// Why something is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    NotTheAsker,
    Closed,
    TimeIsUp,
    ExtendedBefore,
    AnsweredAlready,
    TooManyOpen { most: i64 },
    Amount { least: i64, most: i64 },
    AnswersItself,
    NoAnswerChosen,
    TooManyAnswers { most: i64 },
    NoSuchAnswer,
    Weight,
    PaysThemselves,
    NeedsThirdRater,
}

impl Refusal {
    /// What was wrong and what would be right, for a field of a form.
    pub fn words(self) -> String {
        match self {
            Refusal::NotTheAsker => "Only who asked can do this.".into(),
            Refusal::Closed => "This request is closed.".into(),
            Refusal::TimeIsUp => "The time to answer has passed. Share what you know in the archive.".into(),
            Refusal::ExtendedBefore => "It was extended once already.".into(),
            Refusal::AnsweredAlready => {
                "Somebody has answered: a request can be taken back only before. Award the answer, or let \
                 the time pass."
                    .into()
            }
            Refusal::TooManyOpen { most } => {
                format!("You have {most} open requests. Award or take back one of them first")
            }
            Refusal::Amount { least, most } if least == most => format!("Give {least} credits"),
            Refusal::Amount { least, most } => format!("Give {least} to {most} credits"),
            Refusal::AnswersItself => {
                "You have answered this request: who puts credits in cannot be paid, so keep yours".into()
            }
            Refusal::NoAnswerChosen => "Choose at least one answer".into(),
            Refusal::TooManyAnswers { most } => format!("Choose at most {most} answers"),
            Refusal::NoSuchAnswer => "An answer you chose is not there any more. Choose again".into(),
            Refusal::Weight => format!("A share is a whole number from 1 to {WEIGHT}"),
            Refusal::PaysThemselves => {
                "You and those who put credits in cannot be paid. Choose another answer".into()
            }
            Refusal::NeedsThirdRater => {
                "You two have paid each other often lately. Somebody else has to rate this answer first"
                    .into()
            }
        }
    }

    /// The whole answer, where there is no form to lead back to.
    pub fn error(self) -> AppError {
        match self {
            Refusal::NotTheAsker => AppError::Forbidden("Only who asked can do this."),
            Refusal::Closed => {
                AppError::Conflict("This request is closed meanwhile. Open it again to see how.")
            }
            Refusal::TimeIsUp => AppError::Conflict(
                "The time of this request has passed. Share what you know in the archive: it helps all the same.",
            ),
            Refusal::ExtendedBefore => AppError::Conflict("This request was extended once already."),
            Refusal::AnsweredAlready => AppError::Conflict(
                "Somebody has answered meanwhile. A request can be taken back only while nobody has.",
            ),
            Refusal::TooManyOpen { .. } => AppError::Conflict(
                "You have as many open requests as one person may. Award or take back one of them first.",
            ),
            Refusal::NoSuchAnswer => {
                AppError::Conflict("An answer you chose is not there any more. Open the request again.")
            }
            other => AppError::BadRequest(other.words()),
        }
    }
}

impl Standing {
    /// Where the clock stands at `now`.
    pub fn phase(&self, now: NaiveDateTime, policy: &RequestPolicy) -> Phase {
        if now < self.closes_at {
            Phase::Answering
        } else if now < self.ends_at(policy) {
            Phase::Awarding
        } else {
            Phase::Over
        }
    }

    /// When the clock decides, UTC.
    pub fn ends_at(&self, policy: &RequestPolicy) -> NaiveDateTime {
        self.closes_at + Duration::days(policy.grace_days)
    }

    /// The credits in it.
    pub fn bounty(&self) -> i64 {
        self.funders.iter().map(|(_, credits)| credits).sum()
    }

    /// Whether somebody pays for the answers: the asker always, credits or not.
    pub fn pays(&self, person: i64) -> bool {
        person == self.asker || self.funders.iter().any(|(funder, _)| *funder == person)
    }

    /// Whether an answer may be awarded at all, whoever chooses it.
    pub fn may_be_paid(&self, answer: &Answer) -> bool {
        answer.stands && !answer.authors.iter().any(|author| self.pays(*author))
    }

    /// Whether an answer is there that somebody would be paid for.
    pub fn is_answered(&self) -> bool {
        self.answers
            .iter()
            .any(|answer| answer.was_given && !answer.authors.iter().any(|author| self.pays(*author)))
    }

    fn open_until(&self, now: NaiveDateTime, policy: &RequestPolicy, last: Phase) -> Result<(), Refusal> {
        match (self.state, self.phase(now, policy), last) {
            (State::Open, Phase::Answering, _) | (State::Open, Phase::Awarding, Phase::Awarding) => Ok(()),
            (State::Open, ..) => Err(Refusal::TimeIsUp),
            _ => Err(Refusal::Closed),
        }
    }

    /// Whether insights may be linked as answers.
    ///
    /// # Errors
    /// Closed, or its time has passed.
    pub fn may_answer(&self, now: NaiveDateTime, policy: &RequestPolicy) -> Result<(), Refusal> {
        self.open_until(now, policy, Phase::Answering)
    }

    /// Whether `person` may put `credits` in: at most as many altogether as an asker.
    ///
    /// # Errors
    /// Closed, its time has passed, too many, or they have answered it themselves.
    pub fn may_fund(
        &self,
        person: i64,
        credits: i64,
        now: NaiveDateTime,
        policy: &RequestPolicy,
    ) -> Result<(), Refusal> {
        self.open_until(now, policy, Phase::Answering)?;
        if person != self.asker
            && self.answers.iter().any(|answer| answer.stands && answer.authors.contains(&person))
        {
            return Err(Refusal::AnswersItself);
        }
        let before =
            self.funders.iter().find(|(funder, _)| *funder == person).map_or(0, |(_, credits)| *credits);
        let most = policy.bounty_max - before;
        if (1..=most).contains(&credits) { Ok(()) } else { Err(Refusal::Amount { least: 1.min(most), most }) }
    }

    /// Whether `person` may correct its words: an asker while nobody has answered, a curator at any time.
    ///
    /// # Errors
    /// Somebody else's, answered, closed, or its time has passed.
    pub fn may_edit(
        &self,
        person: i64,
        curates: bool,
        now: NaiveDateTime,
        policy: &RequestPolicy,
    ) -> Result<(), Refusal> {
        if curates {
            return Ok(());
        }
        self.asked_by(person)?;
        self.open_until(now, policy, Phase::Answering)?;
        if self.is_answered() { Err(Refusal::AnsweredAlready) } else { Ok(()) }
    }

    fn asked_by(&self, person: i64) -> Result<(), Refusal> {
        if person == self.asker { Ok(()) } else { Err(Refusal::NotTheAsker) }
    }

    /// Whether `person` may extend it, and until when it is open then.
    ///
    /// # Errors
    /// Somebody else's, extended before, closed, or over.
    pub fn may_extend(
        &self,
        person: i64,
        now: NaiveDateTime,
        policy: &RequestPolicy,
    ) -> Result<NaiveDateTime, Refusal> {
        self.asked_by(person)?;
        self.open_until(now, policy, Phase::Awarding)?;
        if self.extended {
            return Err(Refusal::ExtendedBefore);
        }
        // In the days of grace it opens again: the days count from today then.
        Ok(self.closes_at.max(now) + Duration::days(policy.extension_days))
    }

    /// Whether `person` may take it back.
    ///
    /// # Errors
    /// Somebody else's, answered, closed, or over.
    pub fn may_cancel(&self, person: i64, now: NaiveDateTime, policy: &RequestPolicy) -> Result<(), Refusal> {
        self.asked_by(person)?;
        self.open_until(now, policy, Phase::Awarding)?;
        if self.is_answered() { Err(Refusal::AnsweredAlready) } else { Ok(()) }
    }

    /// What each chosen answer (insight and weight) is paid of `escrow` when `person` awards.
    ///
    /// # Errors
    /// Somebody else's, closed, over; no, too many or unknown answers; a weight that is none; an answer by
    /// who pays; the same two people too often without a third person's rating.
    pub fn award(
        &self,
        person: i64,
        chosen: &[(i64, i64)],
        escrow: i64,
        now: NaiveDateTime,
        policy: &RequestPolicy,
        play: &PlayPolicy,
    ) -> Result<Vec<Paid>, Refusal> {
        self.asked_by(person)?;
        self.open_until(now, policy, Phase::Awarding)?;
        if chosen.is_empty() {
            return Err(Refusal::NoAnswerChosen);
        }
        if chosen.len() as i64 > policy.award_answers {
            return Err(Refusal::TooManyAnswers { most: policy.award_answers });
        }
        let mut answers = Vec::with_capacity(chosen.len());
        for (place, (insight, weight)) in chosen.iter().enumerate() {
            if !(1..=WEIGHT).contains(weight) {
                return Err(Refusal::Weight);
            }
            let twice = chosen.iter().take(place).any(|(earlier, _)| earlier == insight);
            let answer = self.answers.iter().find(|answer| answer.insight == *insight && answer.stands);
            let Some(answer) = answer.filter(|_| !twice) else { return Err(Refusal::NoSuchAnswer) };
            if !self.may_be_paid(answer) {
                return Err(Refusal::PaysThemselves);
            }
            if escrow > 0 && answer.awards_lately >= play.reciprocal_awards && answer.raters == 0 {
                return Err(Refusal::NeedsThirdRater);
            }
            answers.push((answer, *weight));
        }
        let weights: Vec<i64> = answers.iter().map(|(_, weight)| *weight).collect();
        let shares = split(escrow, &weights);
        Ok(answers
            .into_iter()
            .zip(shares)
            .map(|((answer, weight), credits)| Paid {
                insight: answer.insight,
                author: answer.author,
                weight,
                credits,
            })
            .collect())
    }

    /// How the clock ends it at `now`; `None` while it is not over, or closed already. The best lower
    /// bound has all of it, of equal ones the older answer.
    pub fn ending(&self, escrow: i64, now: NaiveDateTime, policy: &RequestPolicy) -> Option<Ending> {
        if self.state != State::Open || self.phase(now, policy) != Phase::Over {
            return None;
        }
        let best = self
            .answers
            .iter()
            .filter(|answer| self.may_be_paid(answer))
            .filter(|answer| answer.lower >= policy.auto_award_lower)
            .filter(|answer| answer.raters >= policy.auto_award_raters)
            .min_by_key(|answer| (-answer.lower, answer.at, answer.insight));
        Some(match best {
            Some(best) => Ending::AutoAward(Paid {
                insight: best.insight,
                author: best.author,
                weight: 1,
                credits: escrow,
            }),
            None => Ending::Expire,
        })
    }

    /// What each funder gets back of `escrow`, pro rata.
    pub fn refund(&self, escrow: i64) -> Vec<(i64, i64)> {
        if self.funders.is_empty() {
            // Nobody is written down: what is there all the same goes to who asked, it must not stay.
            return vec![(self.asker, escrow)];
        }
        let weights: Vec<i64> = self.funders.iter().map(|(_, credits)| *credits).collect();
        self.funders.iter().map(|(person, _)| *person).zip(split(escrow, &weights)).collect()
    }
}

/// Whether somebody with `open` requests may ask another.
///
/// # Errors
/// Too many.
pub fn may_ask(open: i64, policy: &RequestPolicy) -> Result<(), Refusal> {
    if open < policy.open_max { Ok(()) } else { Err(Refusal::TooManyOpen { most: policy.open_max }) }
}

/// Whether a bounty is one a request may begin with.
///
/// # Errors
/// Too few or too many credits.
pub fn may_offer(bounty: i64, policy: &RequestPolicy) -> Result<(), Refusal> {
    if (policy.bounty_min..=policy.bounty_max).contains(&bounty) {
        Ok(())
    } else {
        Err(Refusal::Amount { least: policy.bounty_min, most: policy.bounty_max })
    }
}

/// Whole credits by weight. Where there is nothing to divide everybody gets nothing.
fn split(credits: i64, weights: &[i64]) -> Vec<i64> {
    hamilton(credits, weights).unwrap_or_else(|| vec![0; weights.len()])
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
