//! What an import found and did: the same words on the command line and on the import page.

use std::fmt;

use super::problem::Problems;
use super::sheet::Seen;

/// What became of the rows of people or insights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Added.
    pub new: u64,
    /// There already, just so.
    pub same: u64,
    /// There already with other facts, and left as they are.
    pub different: u64,
}

/// What became of the rows of accesses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccessTally {
    /// They count and were added.
    pub new: u64,
    /// There already: same person, insight and time.
    pub same: u64,
    /// Not counted: by the author.
    pub own: u64,
    /// Not counted: less than half an hour from one that counts.
    pub too_soon: u64,
    /// Not counted: of days of which only counts are kept.
    pub too_old: u64,
    /// Added because a rating says that the insight was opened.
    pub implied: u64,
}

/// What became of the rows of ratings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RatingTally {
    /// Added.
    pub new: u64,
    /// Replaced an earlier one that was there.
    pub changed: u64,
    /// There already.
    pub same: u64,
    /// Replaced by a later row of the same person and insight.
    pub replaced: u64,
    /// Earlier than the one that is there.
    pub older: u64,
    /// Not counted: by the author.
    pub own: u64,
}

/// One line of the report: a file, how many rows it has, and what becomes of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub file: &'static str,
    pub rows: u64,
    /// Such as "12 new, 3 there already".
    pub outcome: String,
}

/// What an import found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What must be mended first; nothing is written while there is any.
    pub problems: Problems,
    /// What is worth knowing and stops nothing.
    pub notes: Problems,
    pub people_seen: Option<Seen>,
    pub insights_seen: Option<Seen>,
    pub accesses_seen: Option<Seen>,
    pub ratings_seen: Option<Seen>,
    pub people: Tally,
    pub insights: Tally,
    pub accesses: AccessTally,
    pub ratings: RatingTally,
    /// Departments that did not exist.
    pub departments: u64,
    /// Whether it was written, rather than only checked.
    pub written: bool,
}

impl Report {
    /// Whether everything was there already.
    pub fn changes_nothing(&self) -> bool {
        self.people.new
            + self.insights.new
            + self.accesses.new
            + self.accesses.implied
            + self.ratings.new
            + self.ratings.changed
            == 0
    }

    /// What is new, in a few words: "536 people, 316 insights, 29,416 accesses and 29,415 ratings".
    pub fn added(&self) -> String {
        let counts = [
            (self.people.new, "person", "people"),
            (self.insights.new, "insight", "insights"),
            (self.accesses.new + self.accesses.implied, "access", "accesses"),
            (self.ratings.new + self.ratings.changed, "rating", "ratings"),
        ];
        let mut words: Vec<String> = counts
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| format!("{} {}", number(count), if count == 1 { one } else { many }))
            .collect();
        match words.pop() {
            None => "nothing".into(),
            Some(last) if words.is_empty() => last,
            Some(last) => format!("{} and {last}", words.join(", ")),
        }
    }

    /// A line for each file that was read.
    pub fn lines(&self) -> Vec<Line> {
        let refused = !self.problems.is_empty();
        let (people, insights, accesses, ratings) = (self.people, self.insights, self.accesses, self.ratings);
        [
            (
                "people.csv",
                self.people_seen,
                words(&[
                    (people.new, "new"),
                    (people.same, "there already"),
                    (people.different, "there with other facts and left as they are"),
                ]),
            ),
            (
                "insights.csv",
                self.insights_seen,
                words(&[
                    (insights.new, "new"),
                    (insights.same, "there already"),
                    (insights.different, "there with other content and left as they are"),
                ]),
            ),
            (
                "accesses.csv",
                self.accesses_seen,
                words(&[
                    (accesses.new, "new"),
                    (accesses.same, "there already"),
                    (accesses.own, "not counted: own insight"),
                    (accesses.too_soon, "not counted: within 30 minutes of another"),
                    (accesses.too_old, "not counted: of days of which only counts are kept"),
                ]),
            ),
            (
                "ratings.csv",
                self.ratings_seen,
                words(&[
                    (ratings.new, "new"),
                    (ratings.changed, "in place of an earlier one"),
                    (ratings.same, "there already"),
                    (ratings.replaced, "replaced by a later one of the same person"),
                    (ratings.older, "earlier than the one that is there"),
                    (ratings.own, "not counted: own insight"),
                    (accesses.implied, "accesses added, since only what was opened can be rated"),
                ]),
            ),
        ]
        .into_iter()
        .filter_map(|(file, seen, outcome)| {
            let seen = seen?;
            let mut outcome = if refused { "read".to_owned() } else { outcome };
            if seen.empty > 0 {
                outcome = format!("{outcome}; {} empty rows passed over", number(seen.empty));
            }
            Some(Line { file, rows: seen.rows, outcome })
        })
        .collect()
    }

    /// What it comes to, in a sentence.
    pub fn verdict(&self) -> String {
        let problems = self.problems.len();
        match (problems, self.changes_nothing(), self.written) {
            (1, ..) => "Nothing was written: there is one problem.".into(),
            (2.., ..) => format!("Nothing was written: there are {} problems.", number(problems)),
            (0, true, _) => "Everything is there already: nothing changes.".into(),
            (0, false, true) => "Imported.".into(),
            (0, false, false) => "Everything is in order. Nothing was written yet.".into(),
        }
    }
}

/// "12 new, 3 there already"; "nothing" for nothing.
fn words(counts: &[(u64, &str)]) -> String {
    let words: Vec<_> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", number(*count)))
        .collect();
    if words.is_empty() { "nothing".into() } else { words.join(", ") }
}

/// A count with commas between thousands.
pub fn number(n: impl std::borrow::Borrow<u64>) -> String {
    let digits = n.borrow().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (title, list) in [("Problems", &self.problems), ("Notes", &self.notes)] {
            if list.is_empty() {
                continue;
            }
            writeln!(f, "{title}:")?;
            for problem in list.first() {
                writeln!(f, "  {problem}")?;
            }
            if list.rest() > 0 {
                writeln!(f, "  and {} more; in all:", number(list.rest()))?;
                for (kind, count) in list.kinds() {
                    writeln!(f, "  {:>9}  {kind}", number(count))?;
                }
            }
            writeln!(f)?;
        }
        for line in self.lines() {
            writeln!(f, "{:<13} {:>9} rows: {}", line.file, number(line.rows), line.outcome)?;
        }
        write!(f, "{}", self.verdict())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_like_this() {
        let mut report = Report {
            people_seen: Some(Seen { rows: 536, empty: 0 }),
            people: Tally { new: 536, ..Tally::default() },
            accesses_seen: Some(Seen { rows: 29_802, empty: 2 }),
            accesses: AccessTally { new: 29_416, own: 304, too_soon: 82, ..AccessTally::default() },
            written: true,
            ..Report::default()
        };
        assert_eq!(
            report.to_string(),
            "people.csv          536 rows: 536 new\n\
             accesses.csv     29,802 rows: 29,416 new, 304 not counted: own insight, 82 not counted: within 30 minutes of another; 2 empty rows passed over\n\
             Imported."
        );
        report.written = false;
        assert!(report.to_string().ends_with("Nothing was written yet."));
        report.people.new = 0;
        report.accesses.new = 0;
        assert!(report.to_string().ends_with("nothing changes."));
    }

    #[test]
    fn thousands_have_commas() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(n), text);
        }
    }
}
