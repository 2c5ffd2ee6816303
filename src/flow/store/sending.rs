//! Telling a department what it should read, and its managers what is asked of them: each thing once for
//! each department, whoever sends it. Who is told is never shown, and how many only from five on.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Text};

use crate::accounts::audit;
use crate::db::Conn;
use crate::db::schema::{departments, insights, people, requests, sendings, trial_insights, trials};
use crate::each_db;
use crate::notices::store::tell;
use crate::notices::{About, Kind, Notice};

/// Most people who are told of one thing.
const TOLD: i64 = 200;

/// Why something is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is worth reading, and nobody outside its department does.
    UnderRead,
    /// It may answer what the department asks, and was not found.
    NotFound,
    /// The same, and nobody knows yet how far to trust it: readers are asked to rate it.
    NotTrusted,
    /// Nobody seems to know an answer: managers of the asked department are asked.
    NotKnown,
    /// A trial sends it to see whether sending helps.
    Trial,
}

impl Reason {
    /// As the list of what was sent says it.
    pub const fn words(self) -> &'static str {
        match self {
            Reason::UnderRead => "valued, and unread there",
            Reason::NotFound => "may answer what is asked there",
            Reason::NotTrusted => "to be judged there",
            Reason::NotKnown => "asked of the managers",
            Reason::Trial => "by a trial",
        }
    }

    /// All of them.
    pub const ALL: [Reason; 5] =
        [Reason::UnderRead, Reason::NotFound, Reason::NotTrusted, Reason::NotKnown, Reason::Trial];

    /// As the database and the forms write it.
    pub const fn name(self) -> &'static str {
        match self {
            Reason::UnderRead => "under_read",
            Reason::NotFound => "not_found",
            Reason::NotTrusted => "not_trusted",
            Reason::NotKnown => "not_known",
            Reason::Trial => "trial",
        }
    }

    /// The reason of that name.
    pub fn named(name: &str) -> Option<Reason> {
        Reason::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// What is to be sent to a department.
#[derive(Clone, Copy, Debug)]
pub struct Sending<'a> {
    /// Ids of insights, or of requests where managers are asked.
    pub things: &'a [i64],
    /// This department and everything below it.
    pub department_id: i64,
    pub reason: Reason,
    /// Who sends it; nobody where it happens by itself.
    pub by: Option<i64>,
    /// UTC.
    pub at: NaiveDateTime,
}

/// What was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Those that had not been sent there before and that somebody was told of, in their order.
    pub things: Vec<i64>,
    /// People told of at least one of them. Show it from five on.
    pub people: usize,
}

/// A department as it is told.
struct Taker {
    folded_path: String,
    name: String,
}

/// Sends insights to a department: who asked what they may answer and who follows what they are about hears
/// of them, or its managers where nobody does. An insight that is not in the archive any more, that was sent
/// there before, that a trial there holds back, or that nobody there can be told of is left out. In the
/// caller's transaction.
///
/// # Errors
/// `NotFound` when there is no such department; what the database says.
pub fn send(c: &mut Conn, sending: &Sending<'_>) -> QueryResult<Sent> {
    let taker = taker(c, sending.department_id)?;
    let mut sent = Sent::default();
    let mut told: Vec<i64> = Vec::new();
    // Whoever else sends what waits in a trial would make its halves alike, and nobody would see it.
    let held = if sending.reason == Reason::Trial { Vec::new() } else { held(c, &[sending.department_id])? };
    for id in sending.things.iter().filter(|id| held.iter().all(|held| held.thing != **id)) {
        let found: Option<(String, String)> = insights::table
            .inner_join(departments::table)
            .filter(insights::id.eq(*id))
            .filter(insights::withdrawn_at.is_null())
            .filter(insights::merged_into.is_null())
            .select((insights::title, departments::path))
            .first(c)
            .optional()?;
        let Some((title, giver)) = found else { continue };
        let people = readers(c, *id, &taker)?;
        if people.is_empty() || !keep(c, "insight", *id, sending, people.len())? {
            continue;
        }
        for reader in &people {
            let notice = Notice {
                person_id: reader.id,
                kind: Kind::Recommended,
                about: About::insight(*id, &title),
                text: words(reader, sending.reason, &title, &giver, &taker.name),
                key: format!("sent:insight:{id}"),
                department: None,
                at: sending.at,
            };
            tell(c, &notice)?;
        }
        told.extend(people.iter().map(|reader| reader.id));
        log(c, "sent", &format!("insight:{id}"), sending)?;
        sent.things.push(*id);
    }
    sent.people = distinct(told);
    keep_together(c, "insight", sending, &sent)?;
    Ok(sent)
}

/// How many people a sending of these insights would tell now. Show it from five on.
///
/// # Errors
/// `NotFound` when there is no such department; what the database says.
pub fn audience(c: &mut Conn, things: &[i64], department_id: i64) -> QueryResult<usize> {
    let taker = taker(c, department_id)?;
    let mut people = Vec::new();
    for id in things {
        people.extend(readers(c, *id, &taker)?.into_iter().map(|reader| reader.id));
    }
    Ok(distinct(people))
}

/// Asks the managers of a department to see to requests: each of them once. In the caller's transaction.
///
/// # Errors
/// `NotFound` when there is no such department; what the database says.
pub fn ask_managers(c: &mut Conn, sending: &Sending<'_>) -> QueryResult<Sent> {
    let taker = taker(c, sending.department_id)?;
    let managers: Vec<Id> = sql_query(MANAGERS).bind::<Text, _>(&taker.folded_path).load(c)?;
    let mut sent = Sent::default();
    let mut told: Vec<i64> = Vec::new();
    for id in sending.things {
        let found: Option<(String, i64, String)> = requests::table
            .inner_join(departments::table)
            .filter(requests::id.eq(*id))
            .filter(requests::state.eq("open"))
            .select((requests::question, requests::asker_id, departments::path))
            .first(c)
            .optional()?;
        let Some((question, asker, asking)) = found else { continue };
        let people: Vec<i64> = managers.iter().map(|row| row.id).filter(|person| *person != asker).collect();
        if people.is_empty() || !keep(c, "request", *id, sending, people.len())? {
            continue;
        }
        for person_id in &people {
            let notice = Notice {
                person_id: *person_id,
                kind: Kind::RequestMatches,
                about: About::request(*id, &question),
                text: format!("{asking} waits for an answer to “{question}”: who in {} knows?", taker.name),
                key: format!("sent:request:{id}"),
                department: None,
                at: sending.at,
            };
            tell(c, &notice)?;
        }
        told.extend(people);
        log(c, "asked managers about", &format!("request:{id}"), sending)?;
        sent.things.push(*id);
    }
    sent.people = distinct(told);
    keep_together(c, "request", sending, &sent)?;
    Ok(sent)
}

fn distinct(mut people: Vec<i64>) -> usize {
    people.sort_unstable();
    people.dedup();
    people.len()
}

fn taker(c: &mut Conn, id: i64) -> QueryResult<Taker> {
    let (folded_path, name) = departments::table
        .find(id)
        .select((departments::folded_path, departments::path))
        .first::<(String, String)>(c)?;
    Ok(Taker { folded_path, name })
}

/// Writes it down; false where it was sent there before.
fn keep(c: &mut Conn, kind: &str, id: i64, sending: &Sending<'_>, people: usize) -> QueryResult<bool> {
    let row = (
        sendings::kind.eq(kind),
        sendings::object_id.eq(id),
        sendings::department_id.eq(sending.department_id),
        sendings::reason.eq(sending.reason.name()),
        sendings::person_id.eq(sending.by),
        sendings::people.eq(i32::try_from(people).unwrap_or(i32::MAX)),
        sendings::at.eq(sending.at),
    );
    let new = each_db!(c, c => diesel::insert_into(sendings::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(new > 0)
}

/// Writes down how many people the whole sending told.
fn keep_together(c: &mut Conn, kind: &str, sending: &Sending<'_>, sent: &Sent) -> QueryResult<()> {
    let of_this = sendings::table
        .filter(sendings::kind.eq(kind))
        .filter(sendings::object_id.eq_any(sent.things.clone()))
        .filter(sendings::department_id.eq(sending.department_id));
    diesel::update(of_this)
        .set(sendings::together.eq(i32::try_from(sent.people).unwrap_or(i32::MAX)))
        .execute(c)?;
    Ok(())
}

fn log(c: &mut Conn, action: &str, object: &str, sending: &Sending<'_>) -> QueryResult<()> {
    let detail = format!("to department:{}, {}", sending.department_id, sending.reason.name());
    audit::record(c, sending.by, sending.at, action, object, &detail)
}

/// Somebody who is told, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
struct Reader {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Bool)]
    asked: bool,
    #[diesel(sql_type = Bool)]
    followed: bool,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// The people of the department with folded path $2 who asked what the insight $1 may answer, or follow what
/// it is about; and its managers.
const READERS: &str = "SELECT id, asked, followed FROM (SELECT p.id, p.manager, \
     p.id IN (SELECT r.asker_id FROM request_matches m JOIN requests r ON r.id = m.request_id \
         WHERE m.insight_id = $1 AND r.state = 'open') AS asked, \
     p.id IN (SELECT f.person_id FROM follows f JOIN insights i ON i.id = $1 \
         WHERE (f.kind = 'customer' AND f.object_id = i.customer_id) \
         OR (f.kind = 'segment' AND f.object_id = i.segment_id) \
         OR (f.kind = 'topic' AND f.object_id IN \
             (SELECT it.tag_id FROM insight_tags it WHERE it.insight_id = $1))) AS followed \
     FROM people p JOIN departments o ON o.id = p.department_id \
     WHERE p.disabled_at IS NULL AND substr(o.folded_path || '/', 1, length($2) + 1) = $2 || '/' \
     AND p.id NOT IN (SELECT a.person_id FROM insight_authors a WHERE a.insight_id = $1)) w \
     WHERE asked OR followed OR manager \
     ORDER BY CASE WHEN asked THEN 0 WHEN followed THEN 1 ELSE 2 END, id LIMIT $3";

/// Who is told of an insight: its managers only where nobody asked and nobody follows.
fn readers(c: &mut Conn, insight: i64, taker: &Taker) -> QueryResult<Vec<Reader>> {
    let all: Vec<Reader> = sql_query(READERS)
        .bind::<BigInt, _>(insight)
        .bind::<Text, _>(&taker.folded_path)
        .bind::<BigInt, _>(TOLD)
        .load(c)?;
    let (wanting, managers): (Vec<Reader>, Vec<Reader>) =
        all.into_iter().partition(|reader| reader.asked || reader.followed);
    Ok(if wanting.is_empty() { managers } else { wanting })
}

const MANAGERS: &str = "SELECT p.id FROM people p JOIN departments o ON o.id = p.department_id \
     WHERE p.disabled_at IS NULL AND p.manager \
     AND substr(o.folded_path || '/', 1, length($1) + 1) = $1 || '/' ORDER BY p.id LIMIT 200";

fn words(reader: &Reader, reason: Reason, title: &str, giver: &str, taker: &str) -> String {
    let why = match reader {
        Reader { asked: true, .. } => "may answer what you asked".to_owned(),
        Reader { followed: true, .. } => format!("is about what you follow, and hardly read in {taker}"),
        _ => format!("is worth reading for {taker}"),
    };
    let wish = if reason == Reason::NotTrusted { ": say what it is worth to your work" } else { "" };
    format!("“{title}” from {giver} {why}{wish}")
}

/// What was sent where, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable)]
pub struct Known {
    pub thing: i64,
    pub department_id: i64,
    /// Who were told. Show it from five on.
    pub people: i32,
    /// UTC.
    pub at: NaiveDateTime,
}

/// Something that was sent, as the list of it shows it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Row {
    /// `insight`, or `request` where managers were asked.
    pub kind: String,
    pub thing: i64,
    pub department: String,
    pub reason: String,
    /// Who sent it; none where it happened by itself.
    pub by: Option<String>,
    /// Who were told of it. Show it from five on.
    pub people: i32,
    /// Who were told of anything that was sent with it; none where that was not written down yet. Show it from five on.
    pub together: Option<i32>,
    /// UTC.
    pub at: NaiveDateTime,
}

impl Row {
    /// Whether both were sent by the same press of a button.
    pub fn is_with(&self, other: &Row) -> bool {
        (self.at, &self.kind, &self.department, &self.reason, &self.by)
            == (other.at, &other.kind, &other.department, &other.reason, &other.by)
    }
}

/// Everything that was sent before a time, the latest first.
///
/// # Errors
/// What the database says.
pub fn all(c: &mut Conn, before: Option<NaiveDateTime>, limit: i64) -> QueryResult<Vec<Row>> {
    let mut query = sendings::table
        .inner_join(departments::table)
        .left_join(people::table)
        .order((sendings::at.desc(), sendings::kind, sendings::department_id, sendings::object_id))
        .limit(limit)
        .select((
            sendings::kind,
            sendings::object_id,
            departments::path,
            sendings::reason,
            people::name.nullable(),
            sendings::people,
            sendings::together,
            sendings::at,
        ))
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(sendings::at.lt(before));
    }
    query.load(c)
}

/// What these requests ask.
///
/// # Errors
/// What the database says.
pub fn questions(c: &mut Conn, ids: &[i64]) -> QueryResult<Vec<(i64, String)>> {
    requests::table
        .filter(requests::id.eq_any(ids.to_vec()))
        .select((requests::id, requests::question))
        .load(c)
}

/// The insights that were sent to these departments, the latest first.
///
/// # Errors
/// What the database says.
pub fn sent_insights(c: &mut Conn, to: &[i64]) -> QueryResult<Vec<Known>> {
    known(c, "insight", to)
}

/// The requests that managers of these departments were asked about, the latest first.
///
/// # Errors
/// What the database says.
pub fn asked_of_managers(c: &mut Conn, of: &[i64]) -> QueryResult<Vec<Known>> {
    known(c, "request", of)
}

fn known(c: &mut Conn, kind: &str, departments: &[i64]) -> QueryResult<Vec<Known>> {
    sendings::table
        .filter(sendings::department_id.eq_any(departments.to_vec()))
        .filter(sendings::kind.eq(kind))
        .order((sendings::at.desc(), sendings::object_id))
        .limit(5_000)
        .select((sendings::object_id, sendings::department_id, sendings::people, sendings::at))
        .load(c)
}

/// An insight that a running trial sends to a department, now or at its end: nobody else sends it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub thing: i64,
    /// The department that was asked about; the trial is with it, or with one above or below it.
    pub department_id: i64,
    /// The first day on which it is free again.
    pub until: NaiveDate,
}

/// What running trials hold back from these departments.
///
/// # Errors
/// What the database says.
pub fn held(c: &mut Conn, from: &[i64]) -> QueryResult<Vec<Held>> {
    let running: Vec<(i64, String, NaiveDate)> = trial_insights::table
        .inner_join(trials::table.inner_join(departments::table))
        .filter(trials::state.eq("running"))
        .order((trials::ends_on, trial_insights::insight_id))
        .select((trial_insights::insight_id, departments::folded_path, trials::ends_on))
        .load(c)?;
    if running.is_empty() {
        return Ok(Vec::new());
    }
    let takers: Vec<(i64, String)> = departments::table
        .filter(departments::id.eq_any(from.to_vec()))
        .select((departments::id, departments::folded_path))
        .load(c)?;
    let lies_in = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    Ok(running
        .iter()
        .flat_map(|(thing, tried, until)| {
            takers
                .iter()
                .filter(|(_, path)| lies_in(path, tried) || lies_in(tried, path))
                .map(|(id, _)| Held { thing: *thing, department_id: *id, until: *until })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_told_why_it_is_for_them() {
        let reader = |asked, followed| Reader { id: 1, asked, followed };
        for (reader, reason, text) in [
            (reader(true, true), Reason::NotFound, "“T” from Support may answer what you asked"),
            (
                reader(true, false),
                Reason::NotTrusted,
                "“T” from Support may answer what you asked: say what it is worth to your work",
            ),
            (
                reader(false, true),
                Reason::UnderRead,
                "“T” from Support is about what you follow, and hardly read in Sales",
            ),
            (reader(false, false), Reason::Trial, "“T” from Support is worth reading for Sales"),
        ] {
            assert_eq!(words(&reader, reason, "T", "Support", "Sales"), text);
        }
        for reason in Reason::ALL {
            assert_eq!(Reason::named(reason.name()), Some(reason));
        }
    }
}
