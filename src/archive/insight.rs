//! An insight, and the rules about it.

use chrono::{Duration, NaiveDate, NaiveDateTime};

use super::draft::Draft;
use crate::accounts::person::Person;
use crate::customers::store::Named;
use crate::error::{AppError, AppResult};

/// How long a thing just shared can be taken back as if it had never been.
pub const UNDO_MINUTES: i64 = 10;

/// How somebody knows what they share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Source {
    Call,
    Visit,
    Survey,
    Support,
    Social,
    Sales,
    Research,
    Complaint,
    #[default]
    Other,
}

impl Source {
    /// All of them, in the order of a list to choose from.
    pub const ALL: [Source; 9] = [
        Source::Call,
        Source::Visit,
        Source::Survey,
        Source::Support,
        Source::Social,
        Source::Sales,
        Source::Research,
        Source::Complaint,
        Source::Other,
    ];

    /// As the database and the files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Source::Call => "call",
            Source::Visit => "visit",
            Source::Survey => "survey",
            Source::Support => "support",
            Source::Social => "social",
            Source::Sales => "sales",
            Source::Research => "research",
            Source::Complaint => "complaint",
            Source::Other => "other",
        }
    }

    /// As a page says it, answering "How do you know?".
    pub const fn title(self) -> &'static str {
        match self {
            Source::Call => "A call",
            Source::Visit => "A visit",
            Source::Survey => "A survey",
            Source::Support => "A support case",
            Source::Social => "Social media",
            Source::Sales => "A sales talk",
            Source::Research => "Research",
            Source::Complaint => "A complaint",
            Source::Other => "Another way",
        }
    }

    /// The source of that name.
    pub fn named(name: &str) -> Option<Source> {
        Source::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// That and why something was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// UTC.
    pub at: NaiveDateTime,
    /// Who did it: the author or a curator.
    pub by: Option<i64>,
    /// In their words.
    pub reason: String,
    /// Within ten minutes of being shared: it never was a contribution.
    pub undone: bool,
    /// The insight that stands for it: a curator found that both say the same.
    pub merged_into: Option<i64>,
}

/// An insight as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insight {
    pub id: i64,
    pub title: String,
    /// Markdown.
    pub body: String,
    /// The customer's own words, plain.
    pub quote: String,
    pub segment: Option<Named>,
    pub customer: Option<Named>,
    pub tags: Vec<Named>,
    pub source: Source,
    pub observed_on: Option<NaiveDate>,
    /// http or https, or empty.
    pub evidence_url: String,
    pub author: Named,
    /// Who shared the same in their own words, and may not rate it either.
    pub corroborators: Vec<Named>,
    /// The author's department when it was shared: id and path.
    pub department: Named,
    /// Whether the author was a manager then.
    pub manager: bool,
    /// UTC.
    pub contributed_at: NaiveDateTime,
    /// The company's day of `contributed_at`.
    pub day: NaiveDate,
    /// 1 until the first edit.
    pub version: i32,
    pub edited_at: Option<NaiveDateTime>,
    pub withdrawn: Option<Withdrawal>,
    /// Whether the person it was read for is its author or corroborates it.
    pub is_own: bool,
    /// Whether another was merged into it.
    pub has_merged: bool,
}

impl Insight {
    /// Its content, as a form holds it.
    pub fn draft(&self) -> Draft {
        let name = |named: &Option<Named>| named.as_ref().map(|named| named.name.clone()).unwrap_or_default();
        Draft {
            title: self.title.clone(),
            body: self.body.clone(),
            quote: self.quote.clone(),
            segment: name(&self.segment),
            customer: name(&self.customer),
            tags: self.tags.iter().map(|tag| tag.name.clone()).collect(),
            source: self.source,
            observed_on: self.observed_on,
            evidence_url: self.evidence_url.clone(),
        }
    }

    /// How often it was edited.
    pub fn edits(&self) -> i32 {
        self.version - 1
    }

    /// Whether withdrawing it at `now` undoes it instead.
    pub fn can_be_undone(&self, person: &Person, now: NaiveDateTime) -> bool {
        person.id == self.author.id && now - self.contributed_at < Duration::minutes(UNDO_MINUTES)
    }
}

/// Splits a quote into the words and, where the last line or the end begins with a dash, who said them:
/// "We wait.\n— Planner at a dairy".
pub fn words_and_speaker(quote: &str) -> (&str, &str) {
    let cut = ["\n— ", "\n– ", "\n-- ", " — "]
        .into_iter()
        .filter_map(|dash| Some((quote.rfind(dash)?, dash)))
        // A dash in the middle of what was said is no signature: behind one, a sentence has ended.
        .find(|(at, dash)| dash.starts_with('\n') || quote[..*at].ends_with(['.', '!', '?', '…', '”', '"']));
    match cut {
        Some((at, dash)) if !quote[..at].trim().is_empty() && !quote[at + dash.len()..].contains('\n') => {
            (quote[..at].trim_end(), quote[at + dash.len()..].trim())
        }
        _ => (quote, ""),
    }
}

/// The customer's words in quotation marks, unless they were typed with some, and who said them.
pub fn quotation(quote: &str) -> (String, &str) {
    let (words, speaker) = words_and_speaker(quote);
    let marked = words.starts_with(['“', '"', '„', '«', '‘', '「']);
    (if marked { words.to_owned() } else { format!("“{words}”") }, speaker)
}

/// The first segment of a department's path: the market's "department".
pub fn department_of(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

/// Whether everything there is to read stands in a list: then rating it there counts as having opened
/// it. A body or a quote would be cut, and a cut title ends in an ellipsis.
pub fn is_one_sentence(title: &str, body: &str, quote: &str) -> bool {
    body.trim().is_empty() && quote.trim().is_empty() && !title.ends_with('…')
}

/// Its author and curators correct an insight; a withdrawn one must be restored first.
///
/// # Errors
/// 403 for others, 409 for a withdrawn one.
pub fn may_edit(person: &Person, insight: &Insight) -> AppResult<()> {
    if person.id != insight.author.id && !person.role.curates() {
        return Err(AppError::Forbidden(
            "Only its author and curators can edit an insight. Add a remark instead.",
        ));
    }
    match insight.withdrawn {
        Some(_) => Err(AppError::Conflict("This insight was withdrawn. Restore it, then edit it.")),
        None => Ok(()),
    }
}

/// Its author and curators withdraw an insight.
///
/// # Errors
/// 403 for others, 409 for one that is withdrawn already.
pub fn may_withdraw(person: &Person, insight: &Insight) -> AppResult<()> {
    if person.id != insight.author.id && !person.role.curates() {
        return Err(AppError::Forbidden("Only its author and curators can withdraw an insight."));
    }
    match insight.withdrawn {
        Some(_) => Err(AppError::Conflict("This insight was withdrawn already.")),
        None => Ok(()),
    }
}

/// An author takes back their own withdrawal; a curator any. What a curator withdrew, its author cannot
/// put back alone.
///
/// What was merged comes back where it was merged: on its case in the review.
///
/// # Errors
/// 403 for others, 409 for one that is not withdrawn, or merged.
pub fn may_restore(person: &Person, insight: &Insight) -> AppResult<()> {
    let Some(withdrawal) = &insight.withdrawn else {
        return Err(AppError::Conflict("This insight is in the archive already."));
    };
    if withdrawal.merged_into.is_some() {
        return Err(AppError::Conflict(
            "This insight was merged with another. A curator can take that back on its case in the review.",
        ));
    }
    let own = person.id == insight.author.id && withdrawal.by == Some(person.id);
    if own || person.role.curates() {
        Ok(())
    } else if person.id == insight.author.id {
        Err(AppError::Forbidden("A curator withdrew this insight. Ask them to restore it."))
    } else {
        Err(AppError::Forbidden("Only its author and curators can restore an insight."))
    }
}

/// Nobody says of their own insight that they used it, as nobody rates it.
///
/// # Errors
/// 403 for its author and corroborators.
pub fn may_use(insight: &Insight) -> AppResult<()> {
    if insight.is_own {
        return Err(AppError::Forbidden("It is your own insight: others say that they used it."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDateTime;

    use super::*;
    use crate::accounts::person::Role;

    fn person(id: i64, role: Role) -> Person {
        Person {
            id,
            email: format!("p{id}@example.com"),
            name: "Ann Sample".into(),
            role,
            department_id: 1,
            department: "Sales".into(),
            manager: false,
            unread: 0,
            wanted: 0,
        }
    }

    fn at(text: &str) -> NaiveDateTime {
        text.parse().expect("a time")
    }

    fn insight(withdrawn_by: Option<i64>) -> Insight {
        Insight {
            id: 7,
            title: "Controllers read eleven invoices as eleven suppliers".into(),
            body: String::new(),
            quote: String::new(),
            segment: None,
            customer: None,
            tags: Vec::new(),
            source: Source::Call,
            observed_on: None,
            evidence_url: String::new(),
            author: Named { id: 1, name: "Ann Sample".into() },
            corroborators: Vec::new(),
            department: Named { id: 1, name: "Sales".into() },
            manager: false,
            contributed_at: at("2026-11-20T09:00:00"),
            day: at("2026-11-20T09:00:00").date(),
            version: 1,
            edited_at: None,
            withdrawn: withdrawn_by.map(|by| Withdrawal {
                at: at("2026-11-21T09:00:00"),
                by: Some(by),
                reason: "wrong customer".into(),
                undone: false,
                merged_into: None,
            }),
            is_own: false,
            has_merged: false,
        }
    }

    #[test]
    fn who_may_change_what() {
        // person: 1 the author, 2 a colleague, 3 a curator; withdrawn by.
        //                                        edit   withdraw restore
        for (id, withdrawn_by, edit, withdraw, restore) in [
            (1, None, true, true, false),
            (2, None, false, false, false),
            (3, None, true, true, false),
            (1, Some(1), false, false, true),
            (1, Some(3), false, false, false),
            (2, Some(1), false, false, false),
            (3, Some(1), false, false, true),
            (3, Some(3), false, false, true),
        ] {
            let person = person(id, if id == 3 { Role::Curator } else { Role::Employee });
            let insight = insight(withdrawn_by);
            let case = format!("{id}, withdrawn by {withdrawn_by:?}");
            assert_eq!(may_edit(&person, &insight).is_ok(), edit, "edit: {case}");
            assert_eq!(may_withdraw(&person, &insight).is_ok(), withdraw, "withdraw: {case}");
            assert_eq!(may_restore(&person, &insight).is_ok(), restore, "restore: {case}");
        }
    }

    #[test]
    fn ten_minutes_and_only_for_the_author() {
        for (id, now, undone) in [
            (1, "2026-11-20T09:09:59", true),
            (1, "2026-11-20T09:10:00", false),
            (2, "2026-11-20T09:01:00", false),
        ] {
            let person = person(id, Role::Curator);
            assert_eq!(insight(None).can_be_undone(&person, at(now)), undone, "{id} at {now}");
        }
    }

    #[test]
    fn one_sentence_is_read_whole_in_a_list() {
        assert!(is_one_sentence("Shops ask for smaller crates", " \n", ""));
        assert!(!is_one_sentence("Shops ask for smaller crates", "In Kent.", ""));
        assert!(!is_one_sentence("Shops ask for smaller crates", "", "They do not fit."));
        assert!(!is_one_sentence("Shops ask for smaller crates and for…", "", ""));
    }

    #[test]
    fn a_quote_may_be_signed() {
        for (quote, words, speaker) in [
            ("We wait.\n— Planner at a dairy", "We wait.", "Planner at a dairy"),
            ("We wait. — Planner at a dairy", "We wait.", "Planner at a dairy"),
            ("We wait — and wait", "We wait — and wait", ""),
            ("We wait.\n- one\n- two", "We wait.\n- one\n- two", ""),
            ("— We wait", "— We wait", ""),
            ("", "", ""),
        ] {
            assert_eq!(words_and_speaker(quote), (words, speaker), "{quote:?}");
        }
    }

    #[test]
    fn a_source_is_found_by_its_name() {
        for source in Source::ALL {
            assert_eq!(Source::named(source.name()), Some(source));
        }
        assert_eq!(Source::named(""), None);
    }
}
