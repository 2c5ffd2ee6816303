//! Who is told what, when something happens to an insight. Everything here runs in the transaction of
//! the event.

use diesel::prelude::*;

use super::insight::{Insight, department_of};
use super::mentions;
use crate::accounts::person::{Actor, Person};
use crate::accounts::{self};
use crate::db::Conn;
use crate::db::schema::insight_authors;
use crate::notices::store::{tell, untell};
use crate::notices::{About, Kind, Notice};

/// Who did it, as those who are told may know it.
#[derive(Clone, Debug)]
pub struct By {
    person_id: i64,
    /// `Ann Sample (Sales)`, or `A colleague in Sales`.
    words: String,
    department: String,
}

impl By {
    /// Somebody by name.
    pub fn name(person: &Person) -> By {
        let department = department_of(&person.department).to_owned();
        By { person_id: person.id, words: format!("{} ({department})", person.name), department }
    }

    /// Somebody of a department: whoever signs so is not named.
    pub fn department(person: &Person) -> By {
        let department = department_of(&person.department).to_owned();
        By { person_id: person.id, words: format!("A colleague in {department}"), department }
    }
}

/// Whom the mentions of a text told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub names: Vec<String>,
    /// Handles nobody has.
    pub unknown: Vec<String>,
}

impl Told {
    /// Added to what the page says after sending: who was told, and which handle nobody has. Begins with
    /// a blank where there is anything to say.
    pub fn sentence(&self) -> String {
        let mut said = String::new();
        if !self.names.is_empty() {
            said.push_str(&format!(" Told: {}.", self.names.join(", ")));
        }
        if !self.unknown.is_empty() {
            let handles: Vec<String> = self.unknown.iter().map(|handle| format!("@{handle}")).collect();
            said.push_str(&format!(" Nobody here is {}.", handles.join(" or ")));
        }
        said
    }
}

/// A use, to the authors. Said again with another signature, the words are corrected where nobody has
/// read them yet.
///
/// # Errors
/// What the database says.
pub fn used(c: &mut Conn, by: &By, insight: &Insight, at: &Actor) -> QueryResult<()> {
    let notice = Notice {
        person_id: 0,
        kind: Kind::Used,
        about: About::insight(insight.id, &insight.title)
            .leading_to(format!("/insights/{}/uses", insight.id)),
        text: format!("{} used “{}”", by.words, insight.title),
        key: use_key(insight.id, by.person_id),
        department: Some(by.department.clone()),
        at: at.at,
    };
    tell_authors(c, &notice, by.person_id, &[])
}

/// Nobody used it after all.
///
/// # Errors
/// What the database says.
pub fn not_used(c: &mut Conn, insight_id: i64, person_id: i64) -> QueryResult<()> {
    let key = use_key(insight_id, person_id);
    untell(c, &key)?;
    untell(c, &format!("mention:{key}"))
}

fn use_key(insight_id: i64, person_id: i64) -> String {
    format!("use:{insight_id}:{person_id}")
}

/// The mentions in the note of a use.
///
/// # Errors
/// What the database says.
pub fn mentioned_in_use(
    c: &mut Conn,
    by: &By,
    insight: &Insight,
    note: &str,
    at: &Actor,
) -> QueryResult<Told> {
    let place = Place {
        words: format!("{} mentioned you, using “{}”", by.words, insight.title),
        path: format!("/insights/{}/uses", insight.id),
        key: format!("mention:{}", use_key(insight.id, by.person_id)),
    };
    mentioned(c, by, insight, mentions::in_plain(note), place, at).map(|(told, _)| told)
}

/// A remark: whom it mentions, then the authors whom it does not.
///
/// # Errors
/// What the database says.
pub fn remarked(
    c: &mut Conn,
    by: &By,
    insight: &Insight,
    remark_id: i64,
    text: &str,
    at: &Actor,
) -> QueryResult<Told> {
    let path = format!("/insights/{}#remark-{remark_id}", insight.id);
    let place = Place {
        words: format!("{} mentioned you in a remark on “{}”", by.words, insight.title),
        path: path.clone(),
        key: format!("mention:remark:{remark_id}"),
    };
    let (told, ids) = mentioned(c, by, insight, mentions::in_markdown(text), place, at)?;
    let notice = Notice {
        person_id: 0,
        kind: Kind::Remarked,
        about: About::insight(insight.id, &insight.title).leading_to(path),
        text: format!("{} remarked on “{}”", by.words, insight.title),
        key: format!("remark:{remark_id}"),
        department: Some(by.department.clone()),
        at: at.at,
    };
    tell_authors(c, &notice, by.person_id, &ids)?;
    Ok(told)
}

/// A remark that was taken back.
///
/// # Errors
/// What the database says.
pub fn not_remarked(c: &mut Conn, remark_id: i64) -> QueryResult<()> {
    untell(c, &format!("remark:{remark_id}"))?;
    untell(c, &format!("mention:remark:{remark_id}"))
}

/// The mentions in an insight, when it is shared and again after each edit: who was told before is not
/// told again.
///
/// # Errors
/// What the database says.
pub fn mentioned_in_insight(c: &mut Conn, by: &By, insight: &Insight, at: &Actor) -> QueryResult<Told> {
    let place = Place {
        words: format!("{} mentioned you in “{}”", by.words, insight.title),
        path: format!("/insights/{}", insight.id),
        key: format!("mention:insight:{}", insight.id),
    };
    // The first sentence of what was typed is the title now.
    let mut handles = mentions::in_plain(&insight.title);
    handles.extend(mentions::in_markdown(&insight.body));
    mentioned(c, by, insight, handles, place, at).map(|(told, _)| told)
}

/// An insight that never was.
///
/// # Errors
/// What the database says.
pub fn not_shared(c: &mut Conn, insight_id: i64) -> QueryResult<()> {
    untell(c, &format!("mention:insight:{insight_id}"))
}

/// What a mention says, where it leads, and its key.
struct Place {
    words: String,
    path: String,
    key: String,
}

fn mentioned(
    c: &mut Conn,
    by: &By,
    insight: &Insight,
    mut handles: Vec<String>,
    place: Place,
    at: &Actor,
) -> QueryResult<(Told, Vec<i64>)> {
    handles.truncate(mentions::MOST);
    let found = accounts::store::by_handles(c, &handles)?;
    let mut told = Told::default();
    let mut ids = Vec::new();
    told.unknown =
        handles.into_iter().filter(|handle| !found.iter().any(|person| person.handle == *handle)).collect();
    // Whoever mentions themselves knows it, and whoever has left reads nothing here.
    for person in found.into_iter().filter(|person| person.id != by.person_id && person.is_here) {
        let notice = Notice {
            person_id: person.id,
            kind: Kind::Mentioned,
            about: About::insight(insight.id, &insight.title).leading_to(&place.path),
            text: place.words.clone(),
            key: place.key.clone(),
            department: None,
            at: at.at,
        };
        tell(c, &notice)?;
        told.names.push(person.name);
        ids.push(person.id);
    }
    Ok((told, ids))
}

/// Tells everybody who wrote an insight or corroborates it, but not whoever did it, and not those who are
/// told in another way.
fn tell_authors(c: &mut Conn, notice: &Notice, actor: i64, told: &[i64]) -> QueryResult<()> {
    let Some(insight_id) = notice.about.thing.strip_prefix("insight:").and_then(|id| id.parse::<i64>().ok())
    else {
        return Ok(());
    };
    let authors: Vec<i64> = insight_authors::table
        .filter(insight_authors::insight_id.eq(insight_id))
        .filter(insight_authors::person_id.ne(actor))
        .order(insight_authors::person_id)
        .select(insight_authors::person_id)
        .load(c)?;
    for person_id in authors.into_iter().filter(|id| !told.contains(id)) {
        tell(c, &Notice { person_id, ..notice.clone() })?;
    }
    Ok(())
}
