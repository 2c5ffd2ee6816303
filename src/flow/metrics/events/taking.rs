//! What [`super::history`] found, as of the end of one of its periods.

use chrono::{NaiveDate, NaiveDateTime};

use super::history::{History, Read, Reading, earlier};
use super::reads::{FIRST_DAYS, Few, Item, Reader, Reads};
use crate::flow::store::retention;

impl History<'_> {
    /// What was read before the end of a period, by its number; once.
    pub fn take(&mut self, window: usize) -> Reads {
        let at = self.windows[window].end;
        let (day, end) = self.ends.0[at];
        let ends = self.ends.0.len();
        let mut items: Vec<Item> = self
            .reads
            .iter()
            .enumerate()
            .filter(|(_, read)| read.shared.contributed_at < end)
            .map(|(item, read)| {
                let cells = item * ends..=item * ends + at;
                Item {
                    home: read.home,
                    readers: self.readers[cells.clone()].iter().sum(),
                    reached: read.reached.iter().filter(|(_, by)| *by <= at).map(|(top, _)| *top).collect(),
                    first: read.first.filter(|first| *first < end),
                    first_outside: read.first_outside.filter(|first| *first < end),
                    last_day: self.last_day[cells.clone()].iter().copied().max().flatten(),
                    last_day_outside: self.last_day_outside[cells].iter().copied().max().flatten(),
                    ages: ages_before(read, day, end),
                    shared: read.shared,
                }
            })
            .collect();
        let (mut reached_people, mut old_readers) =
            (self.reached_people[at].clone(), self.old_readers[at].clone());
        self.add_remains(&mut items, end, (&mut reached_people, &mut old_readers));
        let of = &mut self.windows[window];
        let here = of.loaded.stays.iter().filter(|stay| stay.is_at_end_of(of.period));
        let readers = std::mem::take(&mut of.readers);
        Reads {
            end,
            people: self.people.clone(),
            items,
            readers: self
                .people
                .iter()
                .zip(readers)
                .filter_map(|(person, reader)| {
                    let Reading { flows, weight, crossing } = *reader?;
                    Some((*person, Reader { flows, weight, crossing }))
                })
                .collect(),
            departments: here
                .map(|stay| self.departments.get(stay.department_id).map_or(u32::MAX, |at| self.tops[at]))
                .collect(),
            read_by: std::mem::take(&mut of.read_by),
            ages: std::mem::take(&mut of.ages),
            new_readers: of.new_readers.len(),
            new_readers_outside: of.new_readers_outside.len(),
            reached_people: reached_people.len(),
            old_readers: old_readers.len(),
        }
    }

    /// Adds what remains of the openings before the line. Only a period after it is computed from events, so
    /// all of them were before its end, and none is of an insight shared in it.
    fn add_remains(&self, items: &mut [Item], end: NaiveDateTime, (reached, old): (&mut Few, &mut Few)) {
        let position = |items: &[Item], id: i64| items.binary_search_by_key(&id, |item| item.shared.id).ok();
        for remains in &self.remains {
            let Some(at) = position(items, remains.insight_id) else { continue };
            let to = self.departments.get(remains.department_id).map_or(u32::MAX, |at| self.tops[at]);
            let people = retention::stand_ins(remains.department_id, false, remains.readers);
            let item = &mut items[at];
            item.readers += u32::try_from(remains.readers).unwrap_or(u32::MAX);
            item.first = earlier(item.first, retention::long_ago().and_time(chrono::NaiveTime::MIN));
            item.last_day = item.last_day.max(Some(remains.last_day));
            if to != item.home {
                item.last_day_outside = item.last_day_outside.max(Some(remains.last_day));
                if !item.reached.contains(&to) {
                    item.reached.push(to);
                }
            }
            if item.shared.is_reaching(end) {
                people.for_each(|person| reached.add(person));
            } else if item.ages.is_some() {
                people.for_each(|person| old.add(person));
            }
        }
        for (insight, known) in &self.remaining_ages {
            let Some(at) = position(items, *insight) else { continue };
            if let Some(ages) = &mut items[at].ages {
                for (age, count) in known {
                    ages.extend(std::iter::repeat_n(*age, usize::try_from(*count).unwrap_or(0)));
                }
            }
        }
    }
}

/// The ages at the openings before an end; none of an insight too young for a half-life then.
fn ages_before(read: &Read, day: NaiveDate, end: NaiveDateTime) -> Option<Vec<u16>> {
    let ages = read.ages.as_ref().filter(|_| read.shared.is_older(FIRST_DAYS, end))?;
    let until = (day - read.shared.day).num_days();
    Some(ages.iter().copied().filter(|age| i64::from(*age) < until).collect())
}
