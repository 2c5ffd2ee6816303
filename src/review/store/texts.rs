//! Texts: personal data in them, and others that say the same. Looked at when one is shared or edited; what
//! came another way is looked at by a job.

use chrono::NaiveDateTime;
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::cases::{self, NewCase};
use crate::archive::draft::Draft;
use crate::archive::markdown;
use crate::archive::visible::visible_to;
use crate::db::Conn;
use crate::db::fragments::{self, Prepared};
use crate::db::schema::{departments, insights, remarks, review_bands, review_scans};
use crate::db::search;
use crate::each_db;
use crate::error::AppResult;
use crate::policy::ReviewPolicy;
use crate::review::case::{Decision, Evidence, Kind};
use crate::review::personal::{self, Found};
use crate::review::similar::Shingles;

/// How many texts are compared with one: those with most bands in common.
const CANDIDATES: i64 = fragments::FEW as i64;

/// An insight that says the same, or nearly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    pub id: i64,
    pub title: String,
    /// The path of the author's department when it was shared.
    pub department: String,
    /// Of the words of both, in percent.
    pub percent: u32,
}

/// Everything somebody wrote about an insight, in one text.
fn text_of(title: &str, quote: &str, body: &str) -> String {
    [title, quote, body].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Personal data in what somebody is about to share.
pub fn personal_in(draft: &Draft) -> Vec<Found> {
    personal::find(&text_of(&draft.title, &draft.quote, &draft.body))
}

/// The insights that resemble what somebody is about to share, or what they make of the insight `but`, the
/// likest first: from `alike_percent` on. For a reader: up to thirty texts are compared, and the one
/// writer has everybody waiting.
///
/// # Errors
/// What the database says.
pub fn alike_to(
    c: &mut Conn,
    viewer: i64,
    draft: &Draft,
    but: Option<i64>,
    policy: &ReviewPolicy,
) -> QueryResult<Vec<Alike>> {
    let text = text_of(&draft.title, &draft.quote, &markdown::plain(&draft.body));
    alike(c, viewer, &text, but, policy.alike_percent)
}

/// Those of them that say nearly the same: from `identical_percent` on.
pub fn identical(alike: &[Alike], policy: &ReviewPolicy) -> Vec<Alike> {
    alike.iter().filter(|one| i64::from(one.percent) >= policy.identical_percent).cloned().collect()
}

/// The insights in the archive whose words are at least `percent` the same, the likest first. Looked for
/// among those that have most bands in common.
fn alike(c: &mut Conn, viewer: i64, text: &str, but: Option<i64>, percent: i64) -> QueryResult<Vec<Alike>> {
    let own = Shingles::of(text);
    let common = Prepared(
        review_bands::table
            .inner_join(insights::table)
            .filter(review_bands::band.eq_any(own.bands()))
            .filter(review_bands::insight_id.ne(but.unwrap_or_default()))
            .filter(visible_to(viewer))
            .group_by(review_bands::insight_id)
            .select(review_bands::insight_id)
            .order((count_star().desc(), review_bands::insight_id.desc()))
            .limit(CANDIDATES),
    );
    let ids: Vec<i64> = each_db!(&mut *c, c => common.load(c))?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let words: std::collections::HashMap<i64, String> = search::texts(c, &ids)?.into_iter().collect();
    let titles: Vec<(i64, String, String)> = insights::table
        .inner_join(departments::table)
        .filter(fragments::in_few(insights::id, &ids))
        .select((insights::id, insights::title, departments::path))
        .load(c)?;
    let mut found: Vec<Alike> = titles
        .into_iter()
        .filter_map(|(id, title, department)| {
            let other = text_of(&title, "", words.get(&id).map_or("", String::as_str));
            let percent_of = (own.likeness(&Shingles::of(&other)) * 100.0).floor() as u32;
            (i64::from(percent_of) >= percent).then_some(Alike { id, title, department, percent: percent_of })
        })
        .collect();
    found.sort_by(|a, b| b.percent.cmp(&a.percent).then(a.id.cmp(&b.id)));
    Ok(found)
}

/// Looks at an insight as [`look`], and looks for others that say the same.
///
/// # Errors
/// What the database says.
pub fn look_around(
    c: &mut Conn,
    at: NaiveDateTime,
    insight_id: i64,
    policy: &ReviewPolicy,
) -> AppResult<Vec<Found>> {
    let text: Option<(String, String, String, i64)> = insights::table
        .find(insight_id)
        .select((insights::title, insights::quote, insights::body, insights::author_id))
        .first(c)
        .optional()?;
    let same = match text {
        None => Vec::new(),
        Some((title, quote, body, author)) => {
            let text = text_of(&title, &quote, &markdown::plain(&body));
            alike(c, author, &text, Some(insight_id), policy.alike_percent)?
        }
    };
    look(c, at, insight_id, &same)
}

/// Looks at an insight that was shared, edited or restored: opens the cases its text gives rise to, renews
/// them, and closes those whose reason is gone. `same` is what resembles it ([`alike_to`]). Returns the
/// personal data found in it.
///
/// # Errors
/// What the database says.
pub fn look(c: &mut Conn, at: NaiveDateTime, insight_id: i64, same: &[Alike]) -> AppResult<Vec<Found>> {
    let text: Option<(String, String, String)> = insights::table
        .filter(insights::id.eq(insight_id))
        .filter(insights::withdrawn_at.is_null())
        .select((insights::title, insights::quote, insights::body))
        .first(c)
        .optional()?;
    let Some((title, quote, body)) = text else {
        gone(c, at, insight_id)?;
        return Ok(Vec::new());
    };
    put_bands(c, insight_id, &text_of(&title, &quote, &markdown::plain(&body)))?;
    let found = personal::find(&text_of(&title, &quote, &body));
    if found.is_empty() {
        close(c, at, insight_id, &[Kind::Personal], Decision::Mended)?;
    } else {
        let evidence = Evidence::Personal { found: found.clone() };
        cases::open(c, &NewCase::about(Kind::Personal, insight_id, evidence, at))?;
    }
    let mut pending = cases::pending_of(c, insight_id, &[Kind::Duplicate])?;
    for other in same {
        let (first, second) = (insight_id.min(other.id), insight_id.max(other.id));
        let new = NewCase {
            key: format!("duplicate:{first}:{second}"),
            other_id: Some(second),
            weight: other.percent,
            ..NewCase::about(Kind::Duplicate, first, Evidence::Duplicate { alike: other.percent }, at)
        };
        if let cases::Opened::Known(id) = cases::open(c, &new)? {
            pending.retain(|(known, _)| *known != id);
        }
    }
    for (id, _) in pending {
        cases::settle(c, None, at, id, Decision::Mended, "")?;
    }
    Ok(found)
}

/// Keeps the bands by which others find this text.
fn put_bands(c: &mut Conn, insight_id: i64, text: &str) -> QueryResult<()> {
    let bands = Shingles::of(text).bands();
    diesel::delete(review_bands::table.filter(review_bands::insight_id.eq(insight_id))).execute(c)?;
    let rows: Vec<_> = bands
        .into_iter()
        .map(|band| (review_bands::band.eq(band), review_bands::insight_id.eq(insight_id)))
        .collect();
    each_db!(c, c => diesel::insert_into(review_bands::table)
        .values(&rows)
        .on_conflict_do_nothing()
        .execute(c))
    .map(|_| ())
}

/// Looks at a remark that was just written. Returns the personal data found in it.
///
/// # Errors
/// What the database says.
pub fn look_at_remark(
    c: &mut Conn,
    at: NaiveDateTime,
    insight_id: i64,
    remark_id: i64,
) -> AppResult<Vec<Found>> {
    let body: Option<String> = remarks::table
        .filter(remarks::id.eq(remark_id))
        .filter(remarks::withdrawn_at.is_null())
        .select(remarks::body)
        .first(c)
        .optional()?;
    let found = personal::find(&body.unwrap_or_default());
    if !found.is_empty() {
        let evidence = Evidence::Personal { found: found.clone() };
        cases::open(
            c,
            &NewCase {
                key: format!("personal:{insight_id}:remark:{remark_id}"),
                remark_id: Some(remark_id),
                ..NewCase::about(Kind::Personal, insight_id, evidence, at)
            },
        )?;
    }
    Ok(found)
}

/// Closes the case of a remark that was taken back.
///
/// # Errors
/// What the database says.
pub fn remark_gone(c: &mut Conn, at: NaiveDateTime, remark_id: i64) -> AppResult<()> {
    for id in cases::pending_of_remark(c, remark_id)? {
        cases::settle(c, None, at, id, Decision::Gone, "")?;
    }
    Ok(())
}

/// Closes what was open about the text of an insight that left the archive.
///
/// # Errors
/// What the database says.
pub fn gone(c: &mut Conn, at: NaiveDateTime, insight_id: i64) -> AppResult<()> {
    let kinds = [Kind::Reported, Kind::Personal, Kind::Duplicate, Kind::Stale];
    for (id, _) in cases::pending_of(c, insight_id, &kinds)? {
        cases::settle(c, None, at, id, Decision::Gone, "")?;
    }
    Ok(())
}

/// Closes the undecided cases of some kinds about the text itself, not about a remark.
fn close(c: &mut Conn, at: NaiveDateTime, insight_id: i64, kinds: &[Kind], why: Decision) -> AppResult<()> {
    for (id, _) in cases::pending_of(c, insight_id, kinds)? {
        if cases::case(c, id)?.remark_id.is_none() {
            cases::settle(c, None, at, id, why, "")?;
        }
    }
    Ok(())
}

/// The name under which the search through the archive keeps its place.
const SCAN: &str = "texts";
/// How many insights are looked at in one transaction: a few milliseconds, since others wait to write.
const AT_ONCE: i64 = 20;

/// Looks at the insights that came after the last run, however they came: what an import or an earlier
/// version brought. Returns how many there were; none when it has come to the end.
///
/// # Errors
/// What the database says.
pub fn scan(c: &mut Conn, at: NaiveDateTime, policy: &ReviewPolicy) -> AppResult<usize> {
    let upto: i64 =
        review_scans::table.find(SCAN).select(review_scans::upto).first(c).optional()?.unwrap_or_default();
    let ids: Vec<i64> = insights::table
        .filter(insights::id.gt(upto))
        .order(insights::id)
        .limit(AT_ONCE)
        .select(insights::id)
        .load(c)?;
    let Some(last) = ids.last().copied() else { return Ok(0) };
    for id in &ids {
        look_around(c, at, *id, policy)?;
    }
    scanned(c, last)?;
    Ok(ids.len())
}

/// Keeps the bands of all texts without looking for others alike, as if all had been looked at: for a company that
/// was made up.
///
/// # Errors
/// What the database says.
pub fn remember_all(c: &mut Conn, told: &mut dyn FnMut(usize)) -> QueryResult<()> {
    let (mut last, mut done) = (0, 0);
    loop {
        let texts: Vec<(i64, String, String, String)> = insights::table
            .filter(insights::id.gt(last))
            .order(insights::id)
            .limit(1_000)
            .select((insights::id, insights::title, insights::quote, insights::body))
            .load(c)?;
        let Some((id, ..)) = texts.last() else { return scanned(c, last) };
        last = *id;
        for (id, title, quote, body) in &texts {
            put_bands(c, *id, &text_of(title, quote, &markdown::plain(body)))?;
        }
        done += texts.len();
        told(done);
    }
}

fn scanned(c: &mut Conn, upto: i64) -> QueryResult<()> {
    let row = (review_scans::name.eq(SCAN), review_scans::upto.eq(upto));
    each_db!(c, c => diesel::insert_into(review_scans::table)
        .values(row)
        .on_conflict(review_scans::name)
        .do_update()
        .set(review_scans::upto.eq(upto))
        .execute(c))
    .map(|_| ())
}
