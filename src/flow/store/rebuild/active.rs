//! The sets of people of each day beside what the events say.

use std::collections::{BTreeMap, HashSet};

use chrono::{Days, NaiveDate};
use diesel::QueryResult;

use super::tables::Person;
use crate::db::Conn;
use crate::flow::store::active::{self, OfDays, Verbs};
use crate::flow::store::{readings, retention};

/// So many of the last days on which something happened may not be over yet.
const OPEN: u64 = 2;

/// Mends the days that are kept and differ, and returns how many these were; days that are not kept are made, but
/// for the last ones: that is no difference.
pub(super) fn settle(c: &mut Conn, people: &[Person]) -> QueryResult<i64> {
    let mut right = OfDays::new();
    for one in people {
        let did = (one.contributions, one.accesses);
        active::add(&mut right, one.day.0, one.segment_id, one.person_id, did);
    }
    let last =
        right.last_key_value().map(|(day, _)| *day).and_then(|day| day.checked_sub_days(Days::new(OPEN)));
    let nobody = BTreeMap::from([(retention::ANY_SEGMENT, Verbs::default())]);
    let mut differing = 0;
    let kept: HashSet<NaiveDate> = active::kept(c)?.into_iter().collect();
    for day in &kept {
        let of_day = right.remove(day).unwrap_or_else(|| nobody.clone());
        if active::of_day(c, *day)?.as_ref() != Some(&of_day) {
            differing += 1;
            active::keep(c, [(*day, &of_day)])?;
        }
    }
    if let Some((first, last)) = readings::first_event_day(c)?.zip(last) {
        let all = first.iter_days().take_while(|day| *day <= last);
        let missing = all.filter(|day| !kept.contains(day));
        active::keep(c, missing.map(|day| (day, right.get(&day).unwrap_or(&nobody))))?;
    }
    Ok(differing)
}
