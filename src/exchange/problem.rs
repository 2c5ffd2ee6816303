//! What is wrong with a file: each problem names file, line, column and value and says what would be
//! right. All of them are counted, the first hundred are kept in full.

use std::collections::BTreeMap;
use std::fmt;

/// How many problems are told in full; of the rest, how many of each kind.
pub const IN_FULL: usize = 100;

/// One thing that is wrong, or worth saying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, such as `insights.csv`.
    pub file: &'static str,
    /// The line of the file, from 1; 0 where it concerns the file as a whole.
    pub line: u64,
    /// The column; empty where it concerns the whole row.
    pub column: String,
    /// The value as it stands in the file, shortened and with invisible characters escaped.
    pub value: String,
    /// What kind of problem it is, for counting: "not a time".
    pub kind: &'static str,
    /// What would be right.
    pub right: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ", line {}", self.line)?;
        }
        if !self.column.is_empty() {
            write!(f, ", column {}", self.column)?;
        }
        write!(f, ": ")?;
        if !self.value.is_empty() {
            write!(f, "\"{}\": ", self.value)?;
        }
        write!(f, "{}", self.kind)?;
        if !self.right.is_empty() {
            write!(f, "; {}", self.right)?;
        }
        Ok(())
    }
}

/// A collection of problems.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    first: Vec<Problem>,
    counts: BTreeMap<(&'static str, String, &'static str), u64>,
    all: u64,
}

impl Problems {
    /// Adds one.
    pub fn add(&mut self, problem: Problem) {
        self.all += 1;
        *self.counts.entry((problem.file, problem.column.clone(), problem.kind)).or_default() += 1;
        if self.first.len() < IN_FULL {
            self.first.push(problem);
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all == 0
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.all
    }

    /// The first hundred.
    pub fn first(&self) -> &[Problem] {
        &self.first
    }

    /// How many are not among [`Problems::first`].
    pub fn rest(&self) -> u64 {
        self.all - self.first.len() as u64
    }

    /// How many there are of each kind: a sentence and a count.
    pub fn kinds(&self) -> impl Iterator<Item = (String, u64)> + '_ {
        self.counts.iter().map(|((file, column, kind), count)| {
            let place =
                if column.is_empty() { (*file).to_owned() } else { format!("{file}, column {column}") };
            (format!("{place}: {kind}"), *count)
        })
    }
}

/// A value for a message: at most sixty characters, what cannot be seen is escaped.
pub fn shown(value: &str) -> String {
    const LONGEST: usize = 60;
    let mut text = String::new();
    for (n, c) in value.chars().enumerate() {
        if n == LONGEST {
            text.push('…');
            break;
        }
        match c {
            '"' | '\'' => text.push(c),
            ' ' => text.push(' '),
            _ if c.is_whitespace() => text.extend(c.escape_unicode_or_short()),
            _ => text.extend(c.escape_debug()),
        }
    }
    text
}

trait EscapeShort {
    fn escape_unicode_or_short(self) -> std::vec::IntoIter<char>;
}

impl EscapeShort for char {
    /// `\n`, `\t` and the like; other blanks by their number.
    fn escape_unicode_or_short(self) -> std::vec::IntoIter<char> {
        let text: Vec<char> = match self {
            '\n' | '\r' | '\t' => self.escape_debug().collect(),
            _ => self.escape_unicode().collect(),
        };
        text.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: u64) -> Problem {
        Problem {
            file: "people.csv",
            line,
            column: "joined_on".into(),
            value: shown("31.12.2020"),
            kind: "not a date",
            right: "write 2020-12-31".into(),
        }
    }

    #[test]
    fn a_problem_names_its_place() {
        assert_eq!(
            problem(3).to_string(),
            "people.csv, line 3, column joined_on: \"31.12.2020\": not a date; write 2020-12-31"
        );
    }

    #[test]
    fn a_hundred_in_full_and_the_rest_by_kind() {
        let mut problems = Problems::default();
        for line in 1..=250 {
            problems.add(problem(line));
        }
        assert_eq!((problems.first().len(), problems.rest(), problems.len()), (100, 150, 250));
        let kinds: Vec<_> = problems.kinds().collect();
        assert_eq!(kinds, [("people.csv, column joined_on: not a date".to_owned(), 250)]);
    }

    #[test]
    fn nothing_invisible_reaches_a_message() {
        assert_eq!(shown("a\u{202e}b\u{0}\n\u{a0}c"), "a\\u{202e}b\\0\\n\\u{a0}c");
        assert_eq!(shown(&"x".repeat(100)).chars().count(), 61);
    }
}
