//! Who began to read what in a week, and who used it: what a week is settled by.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::Duration;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Date};

use crate::clock::Calendar;
use crate::db::Conn;
use crate::db::schema::{
    departments, earning_shares, earning_uses, earnings, first_accesses, insight_authors, insight_values,
    insights, uses,
};
use crate::earnings::rule::{Readers, Worth};
use crate::earnings::week::Week;

/// For so long after a use its note may still be written to count; the table knows the time of the use,
/// not of the note.
const NOTE_WITHIN: Duration = Duration::weeks(4);

/// Insights of which a statement asks, from the first to the last of them.
const CHUNK: usize = 20_000;

/// Whether `$person` is an author of `$insight`: their own reading and using is nobody's.
macro_rules! is_author {
    ($insight:expr, $person:expr) => {
        exists(
            insight_authors::table
                .filter(insight_authors::insight_id.eq($insight))
                .filter(insight_authors::person_id.eq($person)),
        )
    };
}

/// Whether the week has been settled for `$insight`.
macro_rules! is_settled {
    ($insight:expr, $week:expr) => {
        exists(earnings::table.filter(earnings::insight_id.eq($insight)).filter(earnings::week.eq($week)))
    };
}

/// An insight with readers in the week.
#[derive(Clone, Debug, Default)]
pub struct Candidate {
    pub worth: Worth,
    /// By market department, the author's own marked.
    pub readers: BTreeMap<String, Readers>,
    /// People whose noted use counts from this week on.
    pub users: Vec<i64>,
    /// Credits paid for it before.
    pub already: i64,
    /// Who is paid: the author first, then who corroborates.
    pub authors: Vec<i64>,
}

/// Every insight that somebody began to read or said to have used in the week and that the week has not
/// been settled for, by id. Withdrawn ones earn nothing any more.
pub fn candidates(c: &mut Conn, week: Week, calendar: Calendar) -> QueryResult<BTreeMap<i64, Candidate>> {
    let mut found: BTreeMap<i64, Candidate> = BTreeMap::new();
    let departments = market_departments(c)?;
    first_readers(c, week, &departments, &mut found)?;
    noted_uses(c, week, calendar, &departments, &mut found)?;
    let ids: Vec<i64> = found.keys().copied().collect();
    for part in ids.chunks(CHUNK) {
        let Some(of) = part.first().copied().zip(part.last().copied()) else { continue };
        worth(c, of, &mut found)?;
        paid(c, of, &mut found)?;
        authors(c, of, &mut found)?;
    }
    Ok(found)
}

/// The market's department of every department: the first part of its path, after case folding.
fn market_departments(c: &mut Conn) -> QueryResult<HashMap<i64, String>> {
    let paths: Vec<(i64, String)> =
        departments::table.select((departments::id, departments::folded_path)).load(c)?;
    let first = |path: String| path.split('/').next().unwrap_or_default().to_owned();
    Ok(paths.into_iter().map(|(id, path)| (id, first(path))).collect())
}

/// Adds the people whose first access fell into the week.
fn first_readers(
    c: &mut Conn,
    week: Week,
    departments: &HashMap<i64, String>,
    found: &mut BTreeMap<i64, Candidate>,
) -> QueryResult<()> {
    #[derive(QueryableByName)]
    struct First {
        #[diesel(sql_type = BigInt)]
        insight_id: i64,
        #[diesel(sql_type = BigInt)]
        person_id: i64,
        #[diesel(sql_type = BigInt)]
        home: i64,
        #[diesel(sql_type = BigInt)]
        department: i64,
    }
    let left_out = LeftOut::load(c, week)?;
    // One short range of an index per pair of departments: there are as many rows as openings.
    let rows = diesel::sql_query(
        "SELECT a.insight_id, a.person_id, f.id AS home, t.id AS department \
         FROM departments f CROSS JOIN departments t CROSS JOIN first_accesses a \
         WHERE a.from_department_id = f.id AND a.to_department_id = t.id AND a.day >= $1 AND a.day < $2",
    )
    .bind::<Date, _>(week.monday())
    .bind::<Date, _>(week.end())
    .load::<First>(c)?;
    let mut people: HashMap<(i64, i64, i64), i64> = HashMap::new();
    for First { insight_id, person_id, home, department } in rows {
        if !left_out.holds(insight_id, person_id) {
            *people.entry((insight_id, home, department)).or_default() += 1;
        }
    }
    for ((insight, home, department), people) in people {
        let (home, department) = (departments.get(&home), departments.get(&department));
        let name = department.cloned().unwrap_or_default();
        let readers = found.entry(insight).or_default().readers.entry(name).or_default();
        readers.own = home == department;
        readers.first += people;
    }
    Ok(())
}

/// Who does not count as a reader, and where nobody does.
struct LeftOut {
    /// Withdrawn, or settled for the week.
    insights: HashSet<i64>,
    authors: HashSet<(i64, i64)>,
    /// Who had read what was merged into an insight has counted there.
    merged: HashSet<(i64, i64)>,
}

impl LeftOut {
    fn load(c: &mut Conn, week: Week) -> QueryResult<LeftOut> {
        let withdrawn = insights::table.filter(insights::withdrawn_at.is_not_null()).select(insights::id);
        let settled = earnings::table.filter(earnings::week.eq(week.monday())).select(earnings::insight_id);
        let mut left_out: HashSet<i64> = withdrawn.load::<i64>(c)?.into_iter().collect();
        left_out.extend(settled.load::<i64>(c)?);
        let authors =
            insight_authors::table.select((insight_authors::insight_id, insight_authors::person_id));
        let merged = insights::table
            .inner_join(first_accesses::table)
            .filter(insights::merged_into.is_not_null())
            .select((insights::merged_into.assume_not_null(), first_accesses::person_id));
        Ok(LeftOut {
            insights: left_out,
            authors: authors.load::<(i64, i64)>(c)?.into_iter().collect(),
            merged: merged.load::<(i64, i64)>(c)?.into_iter().collect(),
        })
    }

    fn holds(&self, insight: i64, person: i64) -> bool {
        self.insights.contains(&insight)
            || self.authors.contains(&(insight, person))
            || self.merged.contains(&(insight, person))
    }
}

/// Adds the uses with a note by other departments that have not counted yet.
fn noted_uses(
    c: &mut Conn,
    week: Week,
    calendar: Calendar,
    departments: &HashMap<i64, String>,
    found: &mut BTreeMap<i64, Candidate>,
) -> QueryResult<()> {
    let (begin, end) = (calendar.start_of(week.monday()), calendar.start_of(week.end()));
    let counted = exists(
        earning_uses::table
            .filter(earning_uses::insight_id.eq(uses::insight_id))
            .filter(earning_uses::person_id.eq(uses::person_id)),
    );
    let rows: Vec<(i64, i64, i64, i64)> = uses::table
        .inner_join(insights::table)
        .filter(uses::at.ge(begin - NOTE_WITHIN).and(uses::at.lt(end)))
        .filter(uses::note.ne(""))
        .filter(insights::withdrawn_at.is_null())
        .filter(not(counted))
        .filter(not(is_author!(uses::insight_id, uses::person_id)))
        .filter(not(is_settled!(uses::insight_id, week.monday())))
        .select((uses::insight_id, uses::person_id, insights::department_id, uses::department_id))
        .order((uses::insight_id, uses::person_id))
        .load(c)?;
    for (insight, person, home, department) in rows {
        let (home, department) = (departments.get(&home), departments.get(&department));
        if home == department {
            continue;
        }
        let name = department.cloned().unwrap_or_default();
        let candidate = found.entry(insight).or_default();
        candidate.readers.entry(name).or_default().noted_uses += 1;
        candidate.users.push(person);
    }
    Ok(())
}

fn worth(c: &mut Conn, of: (i64, i64), found: &mut BTreeMap<i64, Candidate>) -> QueryResult<()> {
    let rows: Vec<(i64, i32, i32, i32)> = insight_values::table
        .filter(insight_values::insight_id.ge(of.0).and(insight_values::insight_id.le(of.1)))
        .select((
            insight_values::insight_id,
            insight_values::raters,
            insight_values::departments,
            insight_values::lower_hundredths,
        ))
        .load(c)?;
    for (insight, raters, departments, lower_hundredths) in rows {
        if let Some(candidate) = found.get_mut(&insight) {
            candidate.worth = Worth {
                raters: raters.into(),
                departments: departments.into(),
                lower_hundredths: lower_hundredths.into(),
            };
        }
    }
    Ok(())
}

fn paid(c: &mut Conn, of: (i64, i64), found: &mut BTreeMap<i64, Candidate>) -> QueryResult<()> {
    let rows: Vec<(i64, i64)> = earning_shares::table
        .filter(earning_shares::insight_id.ge(of.0).and(earning_shares::insight_id.le(of.1)))
        .select((earning_shares::insight_id, earning_shares::paid))
        .load(c)?;
    for (insight, paid) in rows {
        if let Some(candidate) = found.get_mut(&insight) {
            candidate.already += paid;
        }
    }
    Ok(())
}

fn authors(c: &mut Conn, of: (i64, i64), found: &mut BTreeMap<i64, Candidate>) -> QueryResult<()> {
    // "author" sorts before "corroborator".
    let rows: Vec<(i64, i64)> = insight_authors::table
        .filter(insight_authors::insight_id.ge(of.0).and(insight_authors::insight_id.le(of.1)))
        .order((insight_authors::insight_id, insight_authors::role, insight_authors::person_id))
        .select((insight_authors::insight_id, insight_authors::person_id))
        .load(c)?;
    for (insight, person) in rows {
        if let Some(candidate) = found.get_mut(&insight) {
            candidate.authors.push(person);
        }
    }
    Ok(())
}
