//! Who was active on each day that is over, kept as sets of people: asking `person_daily` about everybody took a
//! page a tenth of a second in a company of ten thousand.
//!
//! A day is made when it has been over for some minutes ([`make_next`]) and nothing is added to it any more.
//! Whatever adds to a past day nevertheless, or takes back, or forgets, removes the day in its own transaction
//! ([`changed`]), and it is made again. A day that is not there is looked up, so what a page tells never depends
//! on which days are kept.

use std::collections::{BTreeMap, HashSet};

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date};

use super::readings::{self, Active};
use super::retention::ANY_SEGMENT;
use crate::db::quick::Day;
use crate::db::schema::active_days;
use crate::db::{Conn, exclude_writers};
use crate::each_db;
use crate::flow::period::Period;

/// Days that are made at a time.
const AT_ONCE: u64 = 7;
/// So many days before a new one are made anew with it: a changed `TIME_ZONE` gives the present a day that was
/// over before.
const ANEW: u64 = 2;

/// A set of people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids(BTreeMap<u64, u64>);

impl Ids {
    /// Adds somebody.
    pub fn add(&mut self, id: i64) {
        let id = id.unsigned_abs();
        *self.0.entry(id / 64).or_default() |= 1 << (id % 64);
    }

    /// Adds those of another set.
    pub fn join(&mut self, other: &Ids) {
        for (at, word) in &other.0 {
            *self.0.entry(*at).or_default() |= word;
        }
    }

    /// In ascending order.
    pub fn iter(&self) -> impl Iterator<Item = i64> {
        self.0.iter().flat_map(|(at, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| (at * 64 + bit).cast_signed())
        })
    }

    /// Sixty-four people at a time: how many such groups nobody of whom is in it come before, then who is.
    fn written(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 9);
        let mut next = 0;
        for (at, word) in &self.0 {
            let mut gap = at - next;
            while gap >= 128 {
                bytes.push((gap % 128) as u8 | 128);
                gap /= 128;
            }
            bytes.push(gap as u8);
            bytes.extend(word.to_le_bytes());
            next = at + 1;
        }
        bytes
    }

    /// Adds those of a set that was written; `None` where it was not.
    fn read(&mut self, mut bytes: &[u8]) -> Option<()> {
        let mut at = 0_u64;
        while !bytes.is_empty() {
            let mut shift = 0;
            loop {
                let (byte, rest) = bytes.split_first()?;
                bytes = rest;
                at = at.checked_add(u64::from(byte & 127).checked_shl(shift)?)?;
                shift += 7;
                if byte & 128 == 0 {
                    break;
                }
            }
            let (word, rest) = bytes.split_first_chunk::<8>()?;
            bytes = rest;
            *self.0.entry(at).or_default() |= u64::from_le_bytes(*word);
            at += 1;
        }
        Some(())
    }
}

/// Those who shared, and those who opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verbs {
    pub contributed: Ids,
    pub accessed: Ids,
}

impl Verbs {
    /// Counts what somebody did.
    pub fn add(&mut self, person: i64, contributions: i64, accesses: i64) {
        if contributions > 0 {
            self.contributed.add(person);
        }
        if accesses > 0 {
            self.accessed.add(person);
        }
    }
}

/// By day: of all segments together, and of each in which somebody was active.
pub type OfDays = BTreeMap<NaiveDate, BTreeMap<i64, Verbs>>;

/// Adds what somebody did on a day to its segment and to all together.
pub fn add(days: &mut OfDays, day: NaiveDate, segment: i64, person: i64, (shared, opened): (i64, i64)) {
    let of_day = days.entry(day).or_default();
    for segment in [ANY_SEGMENT, segment] {
        of_day.entry(segment).or_default().add(person, shared, opened);
    }
}

/// Who contributed and who accessed in a period, of one segment or all.
///
/// # Errors
/// What the database says.
pub fn of(c: &mut Conn, period: Period, segment: Option<i64>) -> QueryResult<Verbs> {
    use active_days as t;
    let segment = segment.unwrap_or(ANY_SEGMENT);
    let mut verbs = Verbs::default();
    // Before the first event there is nobody to be looked up.
    let Some(first) = readings::first_event_day(c)? else { return Ok(verbs) };
    let inside =
        |segment: i64| t::segment_id.eq(segment).and(t::day.ge(period.from)).and(t::day.lt(period.to));
    let rows = t::table.filter(inside(segment)).select((t::day, t::contributed, t::accessed));
    let rows: Vec<(Day, Vec<u8>, Vec<u8>)> = each_db!(&mut *c, c => rows.load(c))?;
    let kept: HashSet<NaiveDate> = match segment {
        ANY_SEGMENT => rows.iter().map(|(day, ..)| day.0).collect(),
        _ => {
            let days = t::table.filter(inside(ANY_SEGMENT)).select(t::day);
            let days: Vec<Day> = each_db!(&mut *c, c => days.load(c))?;
            days.into_iter().map(|day| day.0).collect()
        }
    };
    let mut missing: Vec<NaiveDate> =
        days(period.from.max(first), period.to).filter(|day| !kept.contains(day)).collect();
    for (day, contributed, accessed) in rows {
        let read = verbs.contributed.read(&contributed).and_then(|()| verbs.accessed.read(&accessed));
        if read.is_none() {
            missing.push(day.0);
        }
    }
    let (from, last) = (missing.iter().min().copied(), missing.iter().max().copied());
    if let Some((from, to)) = from.zip(last.and_then(|last| last.succ_opt())) {
        let segment = (segment != ANY_SEGMENT).then_some(segment);
        for Active { person_id, contributed, accessed } in readings::active(c, Period { from, to }, segment)?
        {
            verbs.add(person_id, contributed.into(), accessed.into());
        }
    }
    Ok(verbs)
}

fn days(from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    from.iter_days().take_while(move |day| *day < to)
}

/// Something of a past day changed: it is to be made anew.
///
/// # Errors
/// What the database says.
pub fn changed(c: &mut Conn, days: impl IntoIterator<Item = NaiveDate>) -> QueryResult<()> {
    let days: HashSet<NaiveDate> = days.into_iter().collect();
    for day in days {
        diesel::delete(active_days::table.filter(active_days::day.eq(day))).execute(c)?;
    }
    Ok(())
}

/// Every day that is kept.
///
/// # Errors
/// What the database says.
pub fn kept(c: &mut Conn) -> QueryResult<Vec<NaiveDate>> {
    active_days::table
        .filter(active_days::segment_id.eq(ANY_SEGMENT))
        .order(active_days::day)
        .select(active_days::day)
        .load(c)
}

/// What is kept of a day, as it was written; none where that cannot be read.
///
/// # Errors
/// What the database says.
pub fn of_day(c: &mut Conn, day: NaiveDate) -> QueryResult<Option<BTreeMap<i64, Verbs>>> {
    let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = active_days::table
        .filter(active_days::day.eq(day))
        .select((active_days::segment_id, active_days::contributed, active_days::accessed))
        .load(c)?;
    let read = |(segment, contributed, accessed): (i64, Vec<u8>, Vec<u8>)| {
        let mut verbs = Verbs::default();
        verbs.contributed.read(&contributed)?;
        verbs.accessed.read(&accessed)?;
        Some((segment, verbs))
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Keeps days in the place of what there was of them.
///
/// # Errors
/// What the database says.
pub fn keep<'a>(
    c: &mut Conn,
    days: impl IntoIterator<Item = (NaiveDate, &'a BTreeMap<i64, Verbs>)>,
) -> QueryResult<()> {
    for (day, segments) in days {
        changed(c, [day])?;
        for (segment, verbs) in segments {
            diesel::insert_into(active_days::table)
                .values((
                    active_days::segment_id.eq(segment),
                    active_days::day.eq(day),
                    active_days::contributed.eq(verbs.contributed.written()),
                    active_days::accessed.eq(verbs.accessed.written()),
                ))
                .execute(c)?;
        }
    }
    Ok(())
}

/// Makes some of the days before `until` that are not there, the latest first. Returns which, and whether there
/// are more; none where all are there.
///
/// # Errors
/// What the database says.
pub fn make_next(c: &mut Conn, until: NaiveDate) -> QueryResult<Option<(Period, bool)>> {
    let missing = |c: &mut Conn| -> QueryResult<Vec<NaiveDate>> {
        let Some(first) = readings::first_event_day(c)? else { return Ok(Vec::new()) };
        let kept: HashSet<NaiveDate> = kept(c)?.into_iter().collect();
        Ok(days(first, until).filter(|day| !kept.contains(day)).collect())
    };
    if missing(c)?.is_empty() {
        return Ok(None);
    }
    // Whoever adds to a past day waits, or is waited for.
    exclude_writers(c, &["person_daily", "active_days"])?;
    let missing = missing(c)?;
    let Some((first, last)) = readings::first_event_day(c)?.zip(missing.last().copied()) else {
        return Ok(None);
    };
    let back = |days: u64| last.checked_sub_days(Days::new(days)).unwrap_or(last);
    let earliest = missing.iter().copied().find(|day| *day > back(AT_ONCE)).unwrap_or(last);
    let made = Period { from: earliest.min(back(ANEW)).max(first), to: last.succ_opt().unwrap_or(last) };
    let found = from_days_of_people(c, made)?;
    let nobody = BTreeMap::from([(ANY_SEGMENT, Verbs::default())]);
    let of = |day: NaiveDate| (day, found.get(&day).unwrap_or(&nobody));
    keep(c, days(made.from, made.to).map(of))?;
    Ok(Some((made, missing.iter().any(|day| *day < made.from))))
}

/// Makes every day before `until` anew: after the past was written as if it were the present.
///
/// # Errors
/// What the database says.
pub fn make_all(c: &mut Conn, until: NaiveDate) -> QueryResult<()> {
    diesel::delete(active_days::table).execute(c)?;
    while make_next(c, until)?.is_some_and(|(_, more)| more) {}
    Ok(())
}

fn from_days_of_people(c: &mut Conn, period: Period) -> QueryResult<OfDays> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        person_id: i64,
        #[diesel(sql_type = Date)]
        day: Day,
        #[diesel(sql_type = BigInt)]
        segment_id: i64,
        #[diesel(sql_type = Bool)]
        contributed: bool,
        #[diesel(sql_type = Bool)]
        accessed: bool,
    }
    // A short range of everybody's days, instead of all days of everybody.
    let rows = diesel::sql_query(
        "SELECT d.person_id, d.day, d.segment_id, d.contributions > 0 AS contributed, d.accesses > 0 AS accessed \
         FROM people p CROSS JOIN person_daily d WHERE d.person_id = p.id AND d.day >= $1 AND d.day < $2",
    )
    .bind::<Date, _>(period.from)
    .bind::<Date, _>(period.to);
    let rows: Vec<Row> = each_db!(c, c => rows.load(c))?;
    let mut days = OfDays::new();
    for row in rows.into_iter().filter(|row| row.contributed || row.accessed) {
        let did = (row.contributed.into(), row.accessed.into());
        add(&mut days, row.day.0, row.segment_id, row.person_id, did);
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_read_as_it_was_written() {
        for of in [
            vec![],
            vec![0],
            vec![1, 63, 64, 65],
            (1..1000).collect(),
            vec![5, 1 << 20, (1 << 20) + 64, 1 << 40],
            vec![i64::MAX],
        ] {
            let mut one = Ids::default();
            of.iter().for_each(|id| one.add(*id));
            assert_eq!(one.iter().collect::<Vec<_>>(), of);
            let mut other = Ids::default();
            other.add(7);
            assert_eq!(other.read(&one.written()), Some(()));
            one.add(7);
            assert_eq!(other, one);
        }
        let mut many = Ids::default();
        (1..=10_000).for_each(|id| many.add(id));
        assert_eq!(many.written().len(), 157 * 9, "a bit for each, and an eighth");
    }

    #[test]
    fn what_was_not_written_is_not_read() {
        for bytes in [&[0][..], &[0, 1, 2, 3, 4, 5, 6, 7], &[128], &[255; 30]] {
            assert_eq!(Ids::default().read(bytes), None, "{bytes:?}");
        }
    }
}
