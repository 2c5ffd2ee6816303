//! What the people of the demo company say: texts written by hand, in `content/`.

use serde::Deserialize;

use crate::error::{AppError, AppResult};

/// One insight before it has an author and a date.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Text {
    /// The department that heard it: the first part of a path.
    pub department: String,
    pub segment: String,
    pub customer: String,
    pub source: String,
    /// Separated by semicolons, as in an import.
    pub tags: String,
    pub title: String,
    pub body: String,
    /// The customer's own words, or "".
    pub quote: String,
    /// Who said them, by their job, or "".
    pub heard_from: String,
    /// What it is worth to an average colleague, in stars: 1 to 5.
    pub worth: f64,
    /// The departments to whose work it matters more, separated by semicolons.
    appeal: String,
}

impl Text {
    /// A text that is not in the files: what curators are to find.
    pub fn planted(department: &str, title: &str, body: &str, worth: f64) -> Text {
        let none = String::new;
        Text {
            department: department.to_owned(),
            segment: none(),
            customer: none(),
            source: "other".to_owned(),
            tags: none(),
            title: title.to_owned(),
            body: body.to_owned(),
            quote: none(),
            heard_from: none(),
            worth,
            appeal: none(),
        }
    }

    /// Whether it matters to the work of `department` more than to others'.
    pub fn appeals_to(&self, department: &str) -> bool {
        self.appeal.split(';').any(|one| one == department)
    }

    /// How many departments it matters to.
    pub fn appeals(&self) -> usize {
        self.appeal.split(';').filter(|one| !one.is_empty()).count()
    }

    /// The customer's words with who said them beneath, as people write them down.
    pub fn signed_quote(&self) -> String {
        match (self.quote.as_str(), self.heard_from.as_str()) {
            ("", _) => String::new(),
            (quote, "") => quote.to_owned(),
            (quote, who) => format!("{quote}\n— {who}"),
        }
    }
}

/// What somebody of a department wrote under the insight with that title.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Note {
    pub title: String,
    pub department: String,
    #[serde(alias = "remark", alias = "note")]
    pub words: String,
}

/// What somebody of a department looked for.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Wanted {
    pub department: String,
    pub words: String,
    /// "yes" or "no".
    found: String,
}

impl Wanted {
    /// Whether the archive has something on it.
    pub fn is_found(&self) -> bool {
        self.found == "yes"
    }
}

/// A made-up name.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Name {
    pub first: String,
    pub last: String,
}

/// All of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    pub texts: Vec<Text>,
    pub remarks: Vec<Note>,
    pub uses: Vec<Note>,
    pub searches: Vec<Wanted>,
    pub names: Vec<Name>,
}

impl Content {
    /// Reads what is compiled in.
    ///
    /// # Errors
    /// Never in a build whose tests have passed.
    pub fn load() -> AppResult<Content> {
        Ok(Content {
            texts: rows(include_str!("content/insights.csv"))?,
            remarks: rows(include_str!("content/remarks.csv"))?,
            uses: rows(include_str!("content/uses.csv"))?,
            searches: rows(include_str!("content/searches.csv"))?,
            names: rows(include_str!("content/names.csv"))?,
        })
    }
}

fn rows<T: for<'a> Deserialize<'a>>(text: &str) -> AppResult<Vec<T>> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|error| AppError::Internal(format!("the demo's texts cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::demo::company::DEPARTMENTS;

    fn content() -> Content {
        Content::load().expect("the texts")
    }

    #[test]
    fn titles_are_unique_and_of_this_company() {
        let content = content();
        assert!(content.texts.len() >= 120);
        let titles: HashSet<_> = content.texts.iter().map(|text| &text.title).collect();
        assert_eq!(titles.len(), content.texts.len());
        let bodies: HashSet<_> = content.texts.iter().map(|text| &text.body).collect();
        assert_eq!(bodies.len(), content.texts.len());
        for text in &content.texts {
            assert!(DEPARTMENTS.iter().any(|known| known.name == text.department), "{}", text.title);
            assert!((1.0..=5.0).contains(&text.worth), "{}", text.title);
            assert!(text.title.chars().count() <= 140, "{}", text.title);
        }
    }

    #[test]
    fn notes_belong_to_an_insight() {
        let content = content();
        for note in content.remarks.iter().chain(&content.uses) {
            assert!(content.texts.iter().any(|text| text.title == note.title), "{}", note.title);
            assert!(!note.words.trim().is_empty(), "{}", note.title);
        }
    }

    #[test]
    fn every_department_finds_and_misses_something() {
        let content = content();
        for department in DEPARTMENTS {
            for found in [true, false] {
                assert!(
                    content
                        .searches
                        .iter()
                        .any(|wanted| wanted.department == department.name && wanted.is_found() == found),
                    "{} {found}",
                    department.name
                );
            }
        }
    }
}
