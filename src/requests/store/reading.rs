//! Requests as pages show them.

use chrono::{DateTime, NaiveDateTime};
use diesel::dsl::{count_star, exists, not};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamp};

use crate::customers::store::Named;
use crate::db::Conn;
use crate::db::fragments::{FEW, before, in_few};
use crate::db::schema::{
    customers, departments, insights, people, request_answers, request_departments, request_events,
    request_funders, request_tags, requests, segments, tags,
};
use crate::each_db;
use crate::error::{AppError, AppResult};
use crate::requests::request::State;
use crate::web::paging::Cursor;

/// Requests on a page of a list.
const PAGE: usize = FEW;

/// A request as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub id: i64,
    pub asker: Named,
    /// The asker has left or was disabled: nobody awards it.
    pub asker_is_gone: bool,
    /// The path of the asker's department when it was asked.
    pub department: String,
    pub question: String,
    /// Markdown.
    pub why: String,
    pub segment: Option<Named>,
    pub customer: Option<Named>,
    pub tags: Vec<Named>,
    /// Departments asked, by path.
    pub departments: Vec<Named>,
    /// UTC, like every time here.
    pub asked_at: NaiveDateTime,
    pub closes_at: NaiveDateTime,
    pub extended: bool,
    pub edited_at: Option<NaiveDateTime>,
    pub state: State,
    pub closed_at: Option<NaiveDateTime>,
    /// All that was put in.
    pub bounty: i64,
}

type Head = (i64, String, String, NaiveDateTime, NaiveDateTime);
type Course = (Option<NaiveDateTime>, Option<NaiveDateTime>, String, Option<NaiveDateTime>, i64);
type Asker = (i64, String, Option<NaiveDateTime>);
type IdName = (i64, String);

/// The request with this id. Everybody may read every request.
///
/// # Errors
/// `NotFound`; what the database says.
pub fn request(c: &mut Conn, id: i64) -> AppResult<Request> {
    type Row = (Head, Course, Asker, String, Option<IdName>, Option<IdName>);
    let (head, course, asker, department, segment, customer): Row = requests::table
        .inner_join(people::table)
        .inner_join(departments::table)
        .left_join(segments::table)
        .left_join(customers::table)
        .filter(requests::id.eq(id))
        .select((
            (requests::id, requests::question, requests::why, requests::asked_at, requests::closes_at),
            (
                requests::extended_at,
                requests::edited_at,
                requests::state,
                requests::closed_at,
                requests::bounty,
            ),
            (people::id, people::name, people::disabled_at),
            departments::path,
            (segments::id, segments::name).nullable(),
            (customers::id, customers::name).nullable(),
        ))
        .first(c)?;
    let topics: Vec<IdName> = request_tags::table
        .inner_join(tags::table)
        .filter(request_tags::request_id.eq(id))
        .order((tags::folded_name, tags::id))
        .select((tags::id, tags::name))
        .load(c)?;
    let asked: Vec<IdName> = request_departments::table
        .inner_join(departments::table)
        .filter(request_departments::request_id.eq(id))
        .order((departments::folded_path, departments::id))
        .select((departments::id, departments::path))
        .load(c)?;
    let (id, question, why, asked_at, closes_at) = head;
    let (extended_at, edited_at, state, closed_at, bounty) = course;
    let state = State::named(&state)
        .ok_or_else(|| AppError::Internal(format!("request {id} is in the unknown state {state}")))?;
    Ok(Request {
        id,
        asker: Named { id: asker.0, name: asker.1 },
        asker_is_gone: asker.2.is_some(),
        department,
        question,
        why,
        segment: segment.map(Named::from),
        customer: customer.map(Named::from),
        tags: topics.into_iter().map(Named::from).collect(),
        departments: asked.into_iter().map(Named::from).collect(),
        asked_at,
        closes_at,
        extended: extended_at.is_some(),
        edited_at,
        state,
        closed_at,
        bounty,
    })
}

/// Somebody who put credits in.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Funder {
    pub id: i64,
    pub name: String,
    pub credits: i64,
}

/// Who put credits in, in the order in which they did.
///
/// # Errors
/// What the database says.
pub fn funders(c: &mut Conn, id: i64) -> QueryResult<Vec<Funder>> {
    request_funders::table
        .inner_join(people::table)
        .filter(request_funders::request_id.eq(id))
        .order((request_funders::first_at, request_funders::person_id))
        .select((people::id, people::name, request_funders::credits))
        .load(c)
}

/// An insight that was offered, and what it was paid. Withdrawn ones are left out: their texts are
/// nobody's to read.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Given {
    pub insight: i64,
    /// The insight it was merged into, which stands for it.
    pub merged_into: Option<i64>,
    pub title: String,
    /// Who is paid: the insight's author.
    pub author: i64,
    /// Who linked it.
    pub by: i64,
    pub by_name: String,
    /// When, UTC.
    pub at: NaiveDateTime,
    /// When it was shared: an answer written for this request, or one that was there before.
    pub contributed_at: NaiveDateTime,
    /// Of the award; 0: none.
    pub weight: i32,
    pub credits: i64,
}

/// The answers that stand, the awarded ones first, then in the order in which they came.
///
/// # Errors
/// What the database says.
pub fn answers(c: &mut Conn, id: i64) -> QueryResult<Vec<Given>> {
    request_answers::table
        .inner_join(insights::table)
        .inner_join(people::table)
        .filter(request_answers::request_id.eq(id))
        .filter(request_answers::withdrawn_at.is_null())
        .filter(insights::withdrawn_at.is_null().or(insights::merged_into.is_not_null()))
        .order((request_answers::weight.desc(), request_answers::at, request_answers::insight_id))
        .select((
            insights::id,
            insights::merged_into,
            insights::title,
            insights::author_id,
            people::id,
            people::name,
            request_answers::at,
            insights::contributed_at,
            request_answers::weight,
            request_answers::credits,
        ))
        .limit(FEW as i64)
        .load(c)
}

/// A line of the history.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Event {
    pub kind: String,
    /// Id and name; nobody: the clock.
    pub actor: Option<i64>,
    pub name: Option<String>,
    pub at: NaiveDateTime,
    pub credits: i64,
    pub insight: Option<i64>,
    /// Its title, while it is in the archive.
    pub title: Option<String>,
    pub detail: String,
}

/// The history of a request, from its beginning.
///
/// # Errors
/// What the database says.
pub fn events(c: &mut Conn, id: i64) -> QueryResult<Vec<Event>> {
    request_events::table
        .left_join(people::table)
        .left_join(
            insights::table.on(insights::id
                .nullable()
                .eq(request_events::insight_id)
                .and(insights::withdrawn_at.is_null())),
        )
        .filter(request_events::request_id.eq(id))
        .order(request_events::id)
        .select((
            request_events::kind,
            request_events::actor_id,
            people::name.nullable(),
            request_events::at,
            request_events::credits,
            request_events::insight_id,
            insights::title.nullable(),
            request_events::detail,
        ))
        .limit(500)
        .load(c)
}

/// A request of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub id: i64,
    pub question: String,
    pub asker: Named,
    /// The path of the asker's department when it was asked.
    pub department: String,
    pub asked_at: NaiveDateTime,
    pub closes_at: NaiveDateTime,
    pub state: State,
    pub closed_at: Option<NaiveDateTime>,
    pub bounty: i64,
    /// Answers that stand.
    pub answers: i64,
}

/// Which requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those that can be answered (`true`), those that cannot any more (`false`), or both.
    pub answerable: Option<bool>,
    /// Asked or paid for by this person.
    pub person: Option<i64>,
    /// Asked by this person.
    pub asker: Option<i64>,
    pub customer: Option<i64>,
    pub segment: Option<i64>,
    pub tag: Option<i64>,
    /// Each of these terms ([`crate::db::search::terms`]) begins a word of it.
    pub terms: Vec<String>,
}

/// In which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Whose time ends first.
    Ending,
    /// The highest bounty first.
    Bounty,
    /// What happened last first.
    Moved,
}

/// A page of the requests that fit, and where the next begins.
///
/// # Errors
/// What the database says.
pub fn listed(
    c: &mut Conn,
    filter: &Filter,
    order: Order,
    now: NaiveDateTime,
    after: Option<&Cursor>,
) -> AppResult<(Vec<Listed>, Option<Cursor>)> {
    let mut query = requests::table
        .select((requests::id, requests::closes_at, requests::bounty, requests::moved_at))
        .limit(PAGE as i64 + 1)
        .into_boxed();
    match filter.answerable {
        Some(true) => {
            query = query.filter(requests::state.eq(State::Open.name())).filter(requests::closes_at.gt(now));
        }
        Some(false) => {
            query = query.filter(requests::state.ne(State::Open.name()).or(requests::closes_at.le(now)));
        }
        None => {}
    }
    if let Some(id) = filter.person {
        let funded = request_funders::table
            .filter(request_funders::person_id.eq(id))
            .select(request_funders::request_id);
        query = query.filter(requests::asker_id.eq(id).or(requests::id.eq_any(funded)));
    }
    if let Some(id) = filter.asker {
        query = query.filter(requests::asker_id.eq(id));
    }
    if let Some(id) = filter.customer {
        query = query.filter(requests::customer_id.eq(id));
    }
    if let Some(id) = filter.segment {
        query = query.filter(requests::segment_id.eq(id));
    }
    if let Some(id) = filter.tag {
        let tagged = request_tags::table.filter(request_tags::tag_id.eq(id)).select(request_tags::request_id);
        query = query.filter(requests::id.eq_any(tagged));
    }
    for term in &filter.terms {
        // Terms are letters and digits: no wildcard is among them.
        query = query.filter(requests::words.like(format!("% {term}%")));
    }
    let place = after.map(|cursor| cursor.0.as_slice());
    query = match order {
        Order::Ending => {
            if let Some(&[at, id]) = place {
                let at = time(at);
                query = query.filter(
                    requests::closes_at.gt(at).or(requests::closes_at.eq(at).and(requests::id.gt(id))),
                );
            }
            query.order((requests::closes_at, requests::id))
        }
        Order::Bounty => {
            if let Some(&[bounty, id]) = place {
                let values = (bounty.into_sql::<BigInt>(), id.into_sql::<BigInt>());
                query = query.filter(before((requests::bounty, requests::id), values));
            }
            query.order((requests::bounty.desc(), requests::id.desc()))
        }
        Order::Moved => {
            if let Some(&[at, id]) = place {
                let values = (time(at).into_sql::<Timestamp>(), id.into_sql::<BigInt>());
                query = query.filter(before((requests::moved_at, requests::id), values));
            }
            query.order((requests::moved_at.desc(), requests::id.desc()))
        }
    };
    let mut rows: Vec<(i64, NaiveDateTime, i64, NaiveDateTime)> = query.load(c)?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| more).map(|(id, closes_at, bounty, moved_at)| {
        Cursor(match order {
            Order::Ending => vec![closes_at.and_utc().timestamp_micros(), *id],
            Order::Bounty => vec![*bounty, *id],
            Order::Moved => vec![moved_at.and_utc().timestamp_micros(), *id],
        })
    });
    let ids: Vec<i64> = rows.into_iter().map(|(id, ..)| id).collect();
    Ok((about_few(c, &ids)?, next))
}

fn time(micros: i64) -> NaiveDateTime {
    DateTime::from_timestamp_micros(micros).unwrap_or_default().naive_utc()
}

/// What a list shows of at most thirty requests, in the order of the ids.
///
/// # Errors
/// What the database says.
pub fn about_few(c: &mut Conn, ids: &[i64]) -> AppResult<Vec<Listed>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    type Row = (
        (i64, String, NaiveDateTime, NaiveDateTime, String, Option<NaiveDateTime>, i64),
        IdName,
        String,
        Option<i64>,
    );
    let answers = request_answers::table
        .inner_join(insights::table)
        .filter(request_answers::request_id.eq(requests::id))
        .filter(request_answers::withdrawn_at.is_null())
        .filter(insights::withdrawn_at.is_null().or(insights::merged_into.is_not_null()))
        .select(count_star())
        .single_value();
    let rows: Vec<Row> = requests::table
        .inner_join(people::table)
        .inner_join(departments::table)
        .filter(in_few(requests::id, ids))
        .select((
            (
                requests::id,
                requests::question,
                requests::asked_at,
                requests::closes_at,
                requests::state,
                requests::closed_at,
                requests::bounty,
            ),
            (people::id, people::name),
            departments::path,
            answers,
        ))
        .load(c)?;
    let mut listed = rows
        .into_iter()
        .map(|(head, asker, department, answers)| {
            let (id, question, asked_at, closes_at, state, closed_at, bounty) = head;
            Ok(Listed {
                id,
                question,
                asker: asker.into(),
                department,
                asked_at,
                closes_at,
                state: State::named(&state).ok_or_else(|| {
                    AppError::Internal(format!("request {id} is in the unknown state {state}"))
                })?,
                closed_at,
                bounty,
                answers: answers.unwrap_or(0),
            })
        })
        .collect::<AppResult<Vec<_>>>()?;
    listed.sort_by_key(|one| ids.iter().position(|id| *id == one.id));
    Ok(listed)
}

/// A request that an insight was offered to.
#[derive(Clone, Debug, PartialEq, Eq, Queryable)]
pub struct Answered {
    pub id: i64,
    pub question: String,
    /// It was awarded for it, whatever it was paid.
    pub awarded: bool,
    pub credits: i64,
}

/// The requests an insight answers, those that awarded it first.
///
/// # Errors
/// What the database says.
pub fn answered_by_insight(c: &mut Conn, insight_id: i64) -> QueryResult<Vec<Answered>> {
    let answered = request_answers::table
        .inner_join(requests::table)
        .filter(request_answers::insight_id.eq(insight_id))
        .filter(request_answers::withdrawn_at.is_null())
        .order((request_answers::weight.desc(), request_answers::at.desc()))
        .select((requests::id, requests::question, request_answers::weight.gt(0), request_answers::credits))
        .limit(10);
    each_db!(c, c => answered.load(c))
}

/// An open request without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    pub id: i64,
    pub question: String,
    pub asker: Named,
    /// Where the asker was when they asked: id and path.
    pub department: Named,
    /// Departments asked: ids and paths; none is everybody.
    pub asked: Vec<Named>,
    pub asked_at: NaiveDateTime,
    pub closes_at: NaiveDateTime,
    pub bounty: i64,
}

/// The open requests that nobody has answered, the oldest first, at most `limit`.
///
/// # Errors
/// What the database says.
pub fn unanswered(c: &mut Conn, now: NaiveDateTime, limit: i64) -> QueryResult<Vec<Unanswered>> {
    type Row = ((i64, String, NaiveDateTime, NaiveDateTime, i64), IdName, IdName);
    let answer = request_answers::table
        .inner_join(insights::table)
        .filter(request_answers::request_id.eq(requests::id))
        .filter(request_answers::withdrawn_at.is_null())
        .filter(insights::withdrawn_at.is_null().or(insights::merged_into.is_not_null()));
    let rows: Vec<Row> = requests::table
        .inner_join(people::table)
        .inner_join(departments::table)
        .filter(requests::state.eq(State::Open.name()))
        .filter(requests::asked_at.le(now))
        .filter(not(exists(answer)))
        .order((requests::asked_at, requests::id))
        .limit(limit)
        .select((
            (requests::id, requests::question, requests::asked_at, requests::closes_at, requests::bounty),
            (people::id, people::name),
            (departments::id, departments::path),
        ))
        .load(c)?;
    let ids: Vec<i64> = rows.iter().map(|(head, ..)| head.0).collect();
    let asked: Vec<(i64, i64, String)> = request_departments::table
        .inner_join(departments::table)
        .filter(request_departments::request_id.eq_any(&ids))
        .order((departments::folded_path, departments::id))
        .select((request_departments::request_id, departments::id, departments::path))
        .load(c)?;
    Ok(rows
        .into_iter()
        .map(|((id, question, asked_at, closes_at, bounty), asker, department)| Unanswered {
            id,
            question,
            asker: asker.into(),
            department: department.into(),
            asked: asked
                .iter()
                .filter(|(request, ..)| *request == id)
                .map(|(_, id, path)| Named { id: *id, name: path.clone() })
                .collect(),
            asked_at,
            closes_at,
            bounty,
        })
        .collect())
}
