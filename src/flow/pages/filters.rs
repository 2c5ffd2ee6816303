//! Period, segment and level as the address has them.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::flow::groups::View;
use crate::flow::metrics::Question;
use crate::flow::period::{Period, in_words};
use crate::web::App;

/// The choices of a period, in weeks.
pub const WEEKS: [(u64, &str); 4] =
    [(4, "Last 4 weeks"), (13, "Last 13 weeks"), (26, "Last 26 weeks"), (52, "Last 52 weeks")];
const USUAL_WEEKS: u64 = 26;

/// As typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FlowQuery {
    /// `26` weeks up to today, or `dates`: those of `from` and `to`.
    pub weeks: String,
    pub from: String,
    /// The day after the last.
    pub to: String,
    pub segment: String,
    pub level: String,
    pub root: String,
    /// Of lists of rows: the key of a group.
    pub department: String,
    /// Of lists of rows: `yes` for managers only.
    pub managers: String,
    /// Of lists of rows: where the page begins.
    pub after: String,
}

/// What was meant. Whatever cannot be read is as if it were not there: a shortened link still opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filters {
    pub period: Period,
    /// Which choice of weeks it is; none for dates of one's own.
    pub weeks: Option<u64>,
    pub segment: Option<i64>,
    pub level: Option<usize>,
    pub root: Option<i64>,
}

impl Filters {
    /// From what was typed. `first` is the day of the first event: a choice of weeks does not reach
    /// before it, since a company is not silent before it begins.
    pub fn read(typed: &FlowQuery, today: NaiveDate, first: Option<NaiveDate>) -> Filters {
        let dates = typed.from.parse().ok().zip(typed.to.parse().ok());
        let own = dates.and_then(|(from, to)| Period::new(from, to)).filter(|period| {
            // Ten years, so that a mistyped year does not draw a thousand weeks.
            period.days() <= 3653
        });
        let chosen: Option<u64> =
            typed.weeks.parse().ok().filter(|weeks| WEEKS.iter().any(|(choice, _)| choice == weeks));
        let weeks = match (chosen, own) {
            (None, Some(_)) => None,
            (chosen, _) => Some(chosen.unwrap_or(USUAL_WEEKS)),
        };
        let period = match (weeks, own) {
            (Some(weeks), _) => {
                let period = Period::last_weeks(weeks, today);
                first.map_or(period, |first| period.since(first))
            }
            (None, Some(own)) => own,
            (None, None) => Period::last_weeks(USUAL_WEEKS, today),
        };
        let id = |text: &str| text.parse::<i64>().ok().filter(|id| *id >= 0);
        Filters {
            period,
            weeks,
            segment: id(&typed.segment),
            level: typed.level.parse().ok().filter(|level| (1..=20).contains(level)),
            root: id(&typed.root).filter(|id| *id > 0),
        }
    }

    /// The question these filters ask; never unsuppressed.
    pub fn question(&self, app: &App) -> Question {
        Question {
            period: self.period,
            segment: self.segment,
            view: View { root: self.root, level: self.level, unsuppressed: false },
            now: app.clock.now(),
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

    fn view(&self) -> String {
        let level = self.level.map_or_else(String::new, |level| format!("&level={level}"));
        let root = self.root.map_or_else(String::new, |root| format!("&root={root}"));
        level + &root
    }

    /// `2 Nov 2026 to 29 Nov 2026`, both inclusive.
    pub fn in_words(&self) -> String {
        format!("{} to {}", in_words(self.period.from), in_words(self.period.last_day()))
    }
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
        let filters = Filters::read(&typed, day("2026-11-25"), first.parse().ok());
        (filters.weeks, filters.query())
    }

    #[test]
    fn weeks_end_today_and_begin_with_the_company() {
        for (weeks, from, to, first, choice, query) in [
            ("", "", "", "", Some(26), "from=2026-06-01&to=2026-11-26"),
            ("4", "", "", "", Some(4), "from=2026-11-02&to=2026-11-26"),
            ("4", "", "", "2026-11-10", Some(4), "from=2026-11-10&to=2026-11-26"),
            ("", "2026-01-01", "2026-02-01", "2026-11-10", None, "from=2026-01-01&to=2026-02-01"),
            ("dates", "2026-01-01", "2026-02-01", "", None, "from=2026-01-01&to=2026-02-01"),
            ("26", "2026-01-01", "2026-02-01", "", Some(26), "from=2026-06-01&to=2026-11-26"),
            ("999", "2026-02-01", "2026-01-01", "", Some(26), "from=2026-06-01&to=2026-11-26"),
        ] {
            assert_eq!(
                read(weeks, from, to, first),
                (choice, query.to_owned()),
                "{weeks} {from} {to} {first}"
            );
        }
    }
}
