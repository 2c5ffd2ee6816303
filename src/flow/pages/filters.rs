//! Period, segment and level as the address has them.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::error::{AppError, AppResult};
use crate::flow::groups::View;
use crate::flow::metrics::Question;
use crate::flow::period::{Period, USUAL_WEEKS, WEEKS, in_words};
use crate::web::App;

/// As typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FlowQuery {
    /// `26` weeks up to today, or `dates`: those of `from` and `to`.
    pub weeks: String,
    pub from: String,
    /// The day after the last.
    pub to: String,
    /// What it is compared with: `year` for the same days a year before; else the period before.
    pub compare: String,
    pub segment: String,
    pub level: String,
    pub root: String,
    /// Of lists of rows: the key of a group.
    pub department: String,
    /// Of lists of rows: `yes` for managers only.
    pub managers: String,
    /// Of insights with ratings enough: `no` for those without.
    pub enough: String,
    /// Of lists of rows: where the page begins.
    pub after: String,
}

/// What was meant. A filter that is not there is as usual; one that cannot be read is an error, so that
/// nobody takes other figures for those they asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filters {
    pub period: Period,
    /// Which choice of weeks it is; none for dates of one's own.
    pub weeks: Option<u64>,
    pub compare: Compare,
    pub segment: Option<i64>,
    pub level: Option<usize>,
    pub root: Option<i64>,
}

/// What a period is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compare {
    /// What comes directly before ([`Period::previous`]).
    #[default]
    Before,
    /// The same days a year before.
    Year,
}

impl Compare {
    /// All of them.
    pub const ALL: [Compare; 2] = [Compare::Before, Compare::Year];

    /// As the address writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Compare::Before => "before",
            Compare::Year => "year",
        }
    }

    /// As the form says it.
    pub const fn words(self) -> &'static str {
        match self {
            Compare::Before => "The period before",
            Compare::Year => "A year before",
        }
    }

    /// Behind a number of that time.
    pub const fn then(self) -> &'static str {
        match self {
            Compare::Before => "in the period before",
            Compare::Year => "a year before",
        }
    }
}

/// Days of the longest period, so that a mistyped year does not draw a thousand weeks: ten years.
const MOST_DAYS: i64 = 3653;

impl Filters {
    /// From what was typed. Periods end with yesterday at the latest: a number that moved while one looks
    /// would tell a single opening. `first` is the day of the first event: a choice of weeks does not
    /// reach before it, since a company is not silent before it begins.
    ///
    /// # Errors
    /// A filter that is none, with what would be one.
    pub fn read(typed: &FlowQuery, today: NaiveDate, first: Option<NaiveDate>) -> AppResult<Filters> {
        let weeks = match typed.weeks.as_str() {
            "dates" => None,
            "" if !(typed.from.is_empty() && typed.to.is_empty()) => None,
            "" => Some(USUAL_WEEKS),
            chosen => Some(
                WEEKS
                    .iter()
                    .copied()
                    .find(|weeks| weeks.to_string() == chosen)
                    .ok_or_else(|| wrong("weeks", chosen, "4, 13, 26, 52 or \"dates\""))?,
            ),
        };
        let period = match weeks {
            Some(weeks) => {
                let period = Period::last_weeks(weeks, today.pred_opt().unwrap_or(today));
                first.map_or(period, |first| period.since(first))
            }
            None => own_dates(&typed.from, &typed.to, today)?,
        };
        let id = |name: &str, text: &str| match text {
            "" => Ok(None),
            text => match text.parse::<i64>() {
                Ok(id) if id >= 0 => Ok(Some(id)),
                _ => Err(wrong(name, text, "a number")),
            },
        };
        Ok(Filters {
            period,
            weeks,
            compare: match typed.compare.as_str() {
                "" => Compare::Before,
                text => Compare::ALL
                    .into_iter()
                    .find(|compare| compare.name() == text)
                    .ok_or_else(|| wrong("compare", text, "\"before\" or \"year\""))?,
            },
            segment: id("segment", &typed.segment)?,
            level: match typed.level.as_str() {
                "" => None,
                text => Some(
                    text.parse()
                        .ok()
                        .filter(|level| (1..=20).contains(level))
                        .ok_or_else(|| wrong("level", text, "a number from 1 to 20"))?,
                ),
            },
            root: id("root", &typed.root)?.filter(|id| *id > 0),
        })
    }

    /// The question these filters ask; never unsuppressed.
    pub fn question(&self, app: &App) -> Question {
        Question {
            period: self.period,
            segment: self.segment,
            view: View { root: self.root, level: self.level, unsuppressed: false },
            calendar: app.calendar(),
        }
    }

    /// As the query of an address, with the dates written out: the numbers behind a link do not move
    /// on with the days.
    pub fn query(&self) -> String {
        let mut query = format!("from={}&to={}", self.period.from, self.period.to);
        if let Some(segment) = self.segment {
            query.push_str(&format!("&segment={segment}"));
        }
        query + &self.view()
    }

    /// The same without the segment.
    pub fn query_of_any_segment(&self) -> String {
        Filters { segment: None, ..self.clone() }.query()
    }

    /// The period it is compared with; none where the company, which began on `first`, is too young: it is not
    /// silent before it begins.
    pub fn against(&self, first: Option<NaiveDate>) -> Option<Period> {
        let period = match self.compare {
            Compare::Before => self.period.previous(),
            Compare::Year => self.period.a_year_before(),
        };
        first.filter(|first| *first <= period.from).map(|_| period)
    }

    fn view(&self) -> String {
        let level = self.level.map_or_else(String::new, |level| format!("&level={level}"));
        let root = self.root.map_or_else(String::new, |root| format!("&root={root}"));
        let compare = if self.compare == Compare::Year { "&compare=year" } else { "" };
        level + &root + compare
    }

    /// `2 Nov 2026 to 29 Nov 2026`, both inclusive.
    pub fn in_words(&self) -> String {
        format!("{} to {}", in_words(self.period.from), in_words(self.period.last_day()))
    }
}

fn wrong(name: &str, typed: &str, right: &str) -> AppError {
    AppError::BadRequest(format!("In this address {name} is \"{typed}\"; it must be {right}."))
}

/// The period between two dates, as far as its days are over.
fn own_dates(from: &str, to: &str, today: NaiveDate) -> AppResult<Period> {
    let day = |name: &str, text: &str| {
        text.parse::<NaiveDate>().map_err(|_| wrong(name, text, "a day such as 2026-11-02"))
    };
    let (from, to) = (day("from", from)?, day("to", to)?);
    let period = Period::new(from, to).ok_or_else(|| {
        AppError::BadRequest(format!(
            "The period begins on {from} and ends before {to}: the end must be after the beginning."
        ))
    })?;
    if period.days() > MOST_DAYS {
        return Err(AppError::BadRequest(format!("From {from} to {to} are more than ten years.")));
    }
    period.until(today).ok_or_else(|| {
        AppError::BadRequest(format!(
            "The period begins on {from}. Figures count whole days up to the end of yesterday, so it must begin earlier."
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn read(weeks: &str, from: &str, to: &str, first: &str) -> (Option<u64>, String) {
        let typed =
            FlowQuery { weeks: weeks.into(), from: from.into(), to: to.into(), ..FlowQuery::default() };
        let filters = Filters::read(&typed, day("2026-11-25"), first.parse().ok()).expect("filters");
        (filters.weeks, filters.query())
    }

    #[test]
    fn weeks_end_yesterday_and_begin_with_the_company() {
        for (weeks, from, to, first, choice, query) in [
            ("", "", "", "", Some(26), "from=2026-06-01&to=2026-11-25"),
            ("4", "", "", "", Some(4), "from=2026-11-02&to=2026-11-25"),
            ("4", "", "", "2026-11-10", Some(4), "from=2026-11-10&to=2026-11-25"),
            ("", "2026-01-01", "2026-02-01", "2026-11-10", None, "from=2026-01-01&to=2026-02-01"),
            ("dates", "2026-01-01", "2026-02-01", "", None, "from=2026-01-01&to=2026-02-01"),
            ("26", "2026-01-01", "2026-02-01", "", Some(26), "from=2026-06-01&to=2026-11-25"),
            ("", "2026-11-02", "2026-12-01", "", None, "from=2026-11-02&to=2026-11-25"),
        ] {
            assert_eq!(
                read(weeks, from, to, first),
                (choice, query.to_owned()),
                "{weeks} {from} {to} {first}"
            );
        }
    }

    #[test]
    fn a_period_compares_with_what_lies_whole_in_the_life_of_the_company() {
        let typed = |compare: &str| FlowQuery {
            from: "2026-11-02".into(),
            to: "2026-11-12".into(),
            compare: compare.into(),
            ..FlowQuery::default()
        };
        for (compare, first, against) in [
            ("", "2026-10-19", Some("2026-10-19 2026-10-29")),
            ("before", "2026-10-20", None),
            ("", "", None),
            ("year", "2025-11-03", Some("2025-11-03 2025-11-13")),
            ("year", "2025-11-04", None),
        ] {
            let filters = Filters::read(&typed(compare), day("2026-11-25"), None).expect("filters");
            let found = filters.against(first.parse().ok()).map(|p| format!("{} {}", p.from, p.to));
            assert_eq!(found.as_deref(), against, "{compare} {first}");
            assert_eq!(filters.query().contains("compare=year"), compare == "year");
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error_that_says_so() {
        let typed = |weeks: &str, from: &str, to: &str| FlowQuery {
            weeks: weeks.into(),
            from: from.into(),
            to: to.into(),
            ..FlowQuery::default()
        };
        let number = |segment: &str, level: &str, root: &str| FlowQuery {
            segment: segment.into(),
            level: level.into(),
            root: root.into(),
            ..FlowQuery::default()
        };
        for (typed, words) in [
            (typed("abc", "", ""), "weeks is \"abc\"; it must be 4, 13, 26, 52"),
            (typed("999", "", ""), "weeks is \"999\""),
            (typed("", "2026-02-01", "2026-01-01"), "the end must be after the beginning"),
            (typed("", "2026-02-01", "2026-02-01"), "the end must be after the beginning"),
            (typed("", "2026-02-30", "2026-03-01"), "from is \"2026-02-30\"; it must be a day"),
            (typed("", "2026-02-01", ""), "to is \"\"; it must be a day"),
            (typed("dates", "", ""), "it must be a day"),
            (typed("", "1926-02-01", "2026-02-01"), "more than ten years"),
            (typed("", "2026-11-25", "2026-12-01"), "up to the end of yesterday"),
            (number("x", "", ""), "segment is \"x\"; it must be a number"),
            (number("", "0", ""), "level is \"0\""),
            (number("", "", "-1"), "root is \"-1\""),
            (FlowQuery { compare: "ever".into(), ..FlowQuery::default() }, "compare is \"ever\""),
        ] {
            let said = Filters::read(&typed, day("2026-11-25"), None).expect_err("an error").to_string();
            assert!(said.contains(words), "{words} is not in: {said}");
        }
    }
}
