//! What people see of a value: rating is done blind, and no single rating can be read off.
//!
//! | counted raters | everybody sees | who has rated, authors, who asked to see it |
//! |---|---|---|
//! | 0 to 2 | the number of ratings | the same |
//! | 3, 4 | and a word, where it is a good one | the same |
//! | 5 and more | the same | and the number with its ruler |
//!
//! The shown value is stored beside the estimate and moves only after ratings by two further people or
//! seven days. Lists, search and "Most valued" use nothing else.

use std::borrow::Cow;

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use super::label::Label;
use crate::db::schema::insight_values;
use crate::policy::ValuePolicy;

/// The estimate as it is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Known {
    pub raters: i32,
    pub value: f64,
    pub sd: f64,
    pub label: Label,
}

/// The shown part of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    /// Tenths of a star from 10 to 50, 0 when there is none yet.
    pub tenths: i32,
    pub low_tenths: i32,
    pub high_tenths: i32,
    pub label: Label,
    /// How many counted raters it speaks for.
    pub raters: i32,
    pub at: Option<NaiveDateTime>,
}

impl Shown {
    /// Nothing is shown yet.
    pub const NOTHING: Shown =
        Shown { tenths: 0, low_tenths: 0, high_tenths: 0, label: Label::Early, raters: 0, at: None };

    /// What is shown of an estimate from `at` on: rounded to tenths and clipped to 1 to 5 stars, with the
    /// 90 % interval; nothing below three raters.
    pub fn of(policy: &ValuePolicy, known: &Known, at: NaiveDateTime) -> Shown {
        if i64::from(known.raters) < policy.word_from {
            return Shown::NOTHING;
        }
        let tenths = |stars: f64| (stars.clamp(1.0, 5.0) * 10.0).round() as i32;
        Shown {
            tenths: tenths(known.value),
            low_tenths: tenths(known.value - policy.band * known.sd),
            high_tenths: tenths(known.value + policy.band * known.sd),
            label: known.label,
            raters: known.raters,
            at: Some(at),
        }
    }

    /// Whether it has stood for so long that it moves in any case.
    pub fn is_due(&self, policy: &ValuePolicy, now: NaiveDateTime) -> bool {
        self.at.is_some_and(|at| now - at >= Duration::days(policy.shown_days))
    }

    /// Whether it speaks for the first time, or for so many more or fewer raters that none of them can be
    /// read off.
    fn has_further(&self, policy: &ValuePolicy, raters: i32) -> bool {
        match self.at {
            None => i64::from(raters) >= policy.word_from,
            Some(_) => i64::from((raters - self.raters).abs()) >= policy.further_raters,
        }
    }

    /// What is shown after a rating changed the estimate from `before` to `after`.
    ///
    /// * First shown at three raters, moved by two further raters.
    /// * After seven days without a move, what is shown catches up with `before`, the state without this
    ///   rating: else the first rating after a quiet week would move it alone and could be read off.
    pub fn after_rating(
        self,
        policy: &ValuePolicy,
        before: &Known,
        after: &Known,
        now: NaiveDateTime,
    ) -> Shown {
        if self.has_further(policy, after.raters) {
            return Shown::of(policy, after, now);
        }
        if self.is_due(policy, now) { Shown::of(policy, before, now) } else { self }
    }

    /// What is shown after the nightly refit: moved where it never was, is two raters behind, or is seven
    /// days old.
    pub fn after_refit(self, policy: &ValuePolicy, known: &Known, now: NaiveDateTime) -> Shown {
        if self.has_further(policy, known.raters) || self.is_due(policy, now) {
            Shown::of(policy, known, now)
        } else {
            self
        }
    }
}

/// The columns of `insight_values` that pages may read.
#[derive(Clone, Debug, Default, PartialEq, Queryable, Selectable)]
#[diesel(table_name = insight_values)]
pub struct ShownRow {
    /// Counted raters at present.
    pub raters: i32,
    pub shown_tenths: i32,
    pub shown_low_tenths: i32,
    pub shown_high_tenths: i32,
    pub shown_label: String,
    pub shown_raters: i32,
    pub uses: i32,
}

impl ShownRow {
    /// Counted raters that were there both at the last move and now: what the thresholds look at.
    fn settled(&self) -> i32 {
        self.raters.min(self.shown_raters)
    }

    /// Whether there is a number that somebody could see.
    pub fn has_number(&self, policy: &ValuePolicy) -> bool {
        has_number(policy, self.raters, self.shown_raters, self.shown_tenths)
    }

    /// A low value: grey, without a word.
    fn is_low(&self, policy: &ValuePolicy) -> bool {
        stars_of(self.shown_tenths) < policy.low
    }

    /// The word everybody sees from three raters, where it is a good one.
    pub fn word(&self, policy: &ValuePolicy) -> Option<&'static str> {
        if i64::from(self.settled()) < policy.word_from || self.is_low(policy) {
            return None;
        }
        match Label::named(&self.shown_label) {
            Some(Label::Broad) => Some("Valued across departments"),
            Some(Label::Mixed) => Some("Views differ"),
            _ if stars_of(self.shown_tenths) >= policy.valued => Some("Valued"),
            _ => None,
        }
    }
}

/// A value as a page shows it to one person. `market/_value.html` draws it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueView {
    /// Whose value it is; 0 in an example, which leads nowhere.
    pub insight_id: i64,
    /// "4.4", where this person may see it.
    pub number: Option<String>,
    /// What the ruler shows, as a sentence for those who do not see it.
    pub label_sentence: Cow<'static, str>,
    /// Place of the needle on the ruler, in percent: 1 star is 0, 5 stars are 100.
    pub needle: f64,
    /// Left end of the band, in percent.
    pub low: f64,
    /// Right end of the band, in percent.
    pub high: f64,
    /// The ends of the band in stars, "4.0" and "4.7"; empty without a number.
    pub low_stars: String,
    pub high_stars: String,
    /// "Valued", "Valued across departments", "Views differ".
    pub word: Option<&'static str>,
    /// Counted raters.
    pub raters: i64,
    /// This person's own rating.
    pub own: Option<i32>,
    /// How many people used it.
    pub uses: i64,
    /// A shown value below 2.5: grey.
    pub is_low: bool,
    /// There is a number that this person does not see yet, but may ask for.
    pub can_reveal: bool,
    /// Counted raters from which there is a number.
    pub number_from: i64,
}

impl ValueView {
    /// Width of the band, in percent.
    pub fn width(&self) -> f64 {
        self.high - self.low
    }

    /// "14 ratings, you 4", "1 rating", "not rated yet".
    pub fn ratings_line(&self) -> String {
        let ratings = match self.raters {
            0 => "not rated yet".to_owned(),
            1 => "1 rating".to_owned(),
            raters => format!("{raters} ratings"),
        };
        match self.own {
            Some(own) => format!("{ratings}, you {own}"),
            None => ratings,
        }
    }

    /// Why there is no number, and when there will be one.
    pub fn waiting_line(&self) -> String {
        if self.raters < self.number_from {
            format!("a number from {} ratings on", self.number_from)
        } else {
            "the number follows within a week".to_owned()
        }
    }

    /// "12 uses", "1 use", "no use yet".
    pub fn uses_line(&self) -> String {
        match self.uses {
            0 => "no use yet".to_owned(),
            1 => "1 use".to_owned(),
            uses => format!("{uses} uses"),
        }
    }
}

/// Whether a number is shown to whoever may see it: it was made from enough raters, and as many are there
/// still.
pub fn has_number(policy: &ValuePolicy, raters: i32, shown_raters: i32, shown_tenths: i32) -> bool {
    shown_tenths > 0 && i64::from(raters.min(shown_raters)) >= policy.number_from
}

/// A number of tenths of a star in stars.
fn stars_of(tenths: i32) -> f64 {
    f64::from(tenths) / 10.0
}

/// Place on the ruler of a number of tenths of a star, in percent.
fn percent(tenths: i32) -> f64 {
    f64::from(tenths - 10) * 2.5
}

/// Tenths of a star as "4.4".
fn stars(tenths: i32) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// What one person sees: the number only if they have rated, are an author, or have asked for it.
pub fn view(
    policy: &ValuePolicy,
    row: &ShownRow,
    own: Option<i32>,
    is_author: bool,
    revealed: bool,
) -> ValueView {
    let has_number = row.has_number(policy);
    let sees = own.is_some() || is_author || revealed;
    let mut view = ValueView {
        word: row.word(policy),
        raters: i64::from(row.raters),
        own,
        uses: i64::from(row.uses),
        can_reveal: has_number && !sees,
        number_from: policy.number_from,
        ..ValueView::default()
    };
    if has_number && sees {
        view.number = Some(stars(row.shown_tenths));
        view.needle = percent(row.shown_tenths);
        view.low = percent(row.shown_low_tenths);
        view.high = percent(row.shown_high_tenths);
        view.low_stars = stars(row.shown_low_tenths);
        view.high_stars = stars(row.shown_high_tenths);
        view.is_low = row.is_low(policy);
        let you = own.map_or_else(String::new, |own| format!(". You rated {own}"));
        view.label_sentence = format!(
            "Value {} of 5, likely between {} and {}{you}",
            stars(row.shown_tenths),
            view.low_stars,
            view.high_stars
        )
        .into();
    } else if view.can_reveal {
        view.label_sentence = "Value hidden until you rate".into();
    } else if row.raters == 0 {
        view.label_sentence = "Not rated yet".into();
    } else {
        view.label_sentence = format!("No number yet: {}", view.waiting_line()).into();
    }
    view
}

#[cfg(test)]
#[path = "shown_tests.rs"]
mod tests;
