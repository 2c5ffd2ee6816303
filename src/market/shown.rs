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

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;

use super::label::Label;
use super::value::BAND;
use crate::db::schema::insight_values;

/// The thresholds, in one place.
#[derive(Clone, Copy, Debug)]
pub struct ShownRules {
    /// Counted raters from which there is a shown value and perhaps a word; never under 3, because two
    /// raters could tell each other's rating.
    pub word_from: i32,
    /// Counted raters from which the number and its ruler are shown.
    pub number_from: i32,
    /// Further raters after which the shown value moves. One would be readable by comparing two visits.
    pub further_raters: i32,
    /// Age at which the shown value moves in any case, in days.
    pub days: i64,
    /// From this many tenths of a star it is called valued.
    pub valued_tenths: i32,
    /// Below this many tenths of a star it is greyed, and never has a word.
    pub low_tenths: i32,
}

/// The rules in force.
pub const RULES: ShownRules = ShownRules {
    word_from: 3,
    number_from: 5,
    further_raters: 2,
    days: 7,
    valued_tenths: 35,
    low_tenths: 25,
};

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
    pub fn of(known: &Known, at: NaiveDateTime) -> Shown {
        if known.raters < RULES.word_from {
            return Shown::NOTHING;
        }
        let tenths = |stars: f64| (stars.clamp(1.0, 5.0) * 10.0).round() as i32;
        Shown {
            tenths: tenths(known.value),
            low_tenths: tenths(known.value - BAND * known.sd),
            high_tenths: tenths(known.value + BAND * known.sd),
            label: known.label,
            raters: known.raters,
            at: Some(at),
        }
    }

    fn is_due(&self, now: NaiveDateTime) -> bool {
        self.at.is_some_and(|at| now - at >= Duration::days(RULES.days))
    }

    /// What is shown after a rating changed the estimate from `before` to `after`.
    ///
    /// * First shown at three raters, moved by two further raters.
    /// * After seven days without a move, what is shown catches up with `before`, the state without this
    ///   rating: else the first rating after a quiet week would move it alone and could be read off.
    pub fn after_rating(self, before: &Known, after: &Known, now: NaiveDateTime) -> Shown {
        let first = self.at.is_none() && after.raters >= RULES.word_from;
        if first || (after.raters - self.raters).abs() >= RULES.further_raters && self.at.is_some() {
            return Shown::of(after, now);
        }
        if self.is_due(now) { Shown::of(before, now) } else { self }
    }

    /// What is shown after the nightly refit: moved where it never was, or is seven days old.
    pub fn after_refit(self, known: &Known, now: NaiveDateTime) -> Shown {
        let first = self.at.is_none() && known.raters >= RULES.word_from;
        let further = self.at.is_some() && (known.raters - self.raters).abs() >= RULES.further_raters;
        if first || further || self.is_due(now) { Shown::of(known, now) } else { self }
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
    pub fn has_number(&self) -> bool {
        has_number(self.raters, self.shown_raters, self.shown_tenths)
    }

    /// The word everybody sees from three raters, where it is a good one.
    pub fn word(&self) -> Option<&'static str> {
        if self.settled() < RULES.word_from || self.shown_tenths < RULES.low_tenths {
            return None;
        }
        match Label::named(&self.shown_label) {
            Some(Label::Broad) => Some("Valued across departments"),
            Some(Label::Mixed) => Some("Views differ"),
            _ if self.shown_tenths >= RULES.valued_tenths => Some("Valued"),
            _ => None,
        }
    }
}

/// A value as a page shows it to one person. `market/_value.html` draws it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueView {
    /// "4.4", where this person may see it.
    pub number: Option<String>,
    /// What the ruler shows, as a sentence for those who do not see it.
    pub label_sentence: String,
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
        if self.raters < i64::from(RULES.number_from) {
            format!("a number from {} ratings on", RULES.number_from)
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
pub fn has_number(raters: i32, shown_raters: i32, shown_tenths: i32) -> bool {
    shown_tenths > 0 && raters.min(shown_raters) >= RULES.number_from
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
pub fn view(row: &ShownRow, own: Option<i32>, is_author: bool, revealed: bool) -> ValueView {
    let sees = own.is_some() || is_author || revealed;
    let mut view = ValueView {
        word: row.word(),
        raters: i64::from(row.raters),
        own,
        uses: i64::from(row.uses),
        can_reveal: row.has_number() && !sees,
        ..ValueView::default()
    };
    if row.has_number() && sees {
        view.number = Some(stars(row.shown_tenths));
        view.needle = percent(row.shown_tenths);
        view.low = percent(row.shown_low_tenths);
        view.high = percent(row.shown_high_tenths);
        view.low_stars = stars(row.shown_low_tenths);
        view.high_stars = stars(row.shown_high_tenths);
        view.is_low = row.shown_tenths < RULES.low_tenths;
        view.label_sentence = format!(
            "Value {} of 5, likely between {} and {}",
            stars(row.shown_tenths),
            view.low_stars,
            view.high_stars
        );
        if let Some(own) = own {
            view.label_sentence.push_str(&format!(". You rated {own}"));
        }
    } else if view.can_reveal {
        view.label_sentence = "Value hidden until you rate".into();
    } else if row.raters == 0 {
        view.label_sentence = "Not rated yet".into();
    } else {
        view.label_sentence = format!("No number yet: {}", view.waiting_line());
    }
    view
}

#[cfg(test)]
#[path = "shown_tests.rs"]
mod tests;
