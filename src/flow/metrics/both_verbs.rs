//! C1 to C4 and C17's searches: both verbs, of everybody, managers and each group of departments.

use std::collections::HashSet;

use super::figure::{FEWEST_FOR_A_SHARE, FEWEST_SEARCHES, Figure, Whom};
use super::loaded::{Loaded, Sums};
use super::people::People;
use super::question::Question;
use super::small::{is_few, suppress_more};
use crate::flow::headcount::{self, Headcount, Stay};
use crate::flow::store::readings::Activity;

impl Loaded {
    /// C1 and C2 of a group.
    pub(super) fn rates(&self, whom: &Whom, sums: Sums, headcount: Headcount) -> [Figure; 2] {
        let Question { period, view, .. } = self.question;
        [("C1", sums.contributions), ("C2", sums.accesses)].map(|(id, count)| {
            Figure::rate(id, whom.clone(), count, headcount, period).unless_small(
                headcount,
                period,
                view.unsuppressed,
            )
        })
    }

    /// Everybody of whom it is counted how many did something: those who were there, and those who did something
    /// nevertheless, such as after leaving, where they were last known. C5 counts the same.
    pub(super) fn counted(&self, people: &People) -> Vec<Stay> {
        let is_there =
            |person: &i64| self.everybody.binary_search_by_key(person, |stay| stay.person_id).is_ok();
        let others: HashSet<i64> =
            people.contributed.union(&people.accessed).filter(|person| !is_there(person)).copied().collect();
        let mut counted = self.everybody.clone();
        if !others.is_empty() {
            let known: Vec<Stay> =
                self.stays.iter().filter(|stay| others.contains(&stay.person_id)).copied().collect();
            counted.extend(headcount::last_of_each(known.iter()));
        }
        counted
    }

    /// C3 and C4 of a group: people last in it who did something.
    pub(super) fn active(
        &self,
        whom: &Whom,
        people: &People,
        counted: &[Stay],
        fits: impl Fn(&Stay) -> bool,
    ) -> [Figure; 2] {
        let Question { period, view, .. } = self.question;
        let there: Vec<&Stay> = counted.iter().filter(|stay| fits(stay)).collect();
        let headcount = self.headcount(&fits);
        [("C3", &people.contributed), ("C4", &people.accessed)].map(|(id, active)| {
            let x = there.iter().filter(|stay| active.contains(&stay.person_id)).count() as i64;
            let fewest = self.question.fewest(FEWEST_FOR_A_SHARE);
            Figure::share(id, "", whom.clone(), x, there.len() as i64, fewest).unless_small(
                headcount,
                period,
                view.unsuppressed,
            )
        })
    }

    /// C17: searches that found nothing.
    fn zero_results(&self, whom: Whom, sums: Sums, headcount: Headcount) -> Figure {
        let Question { period, view, .. } = self.question;
        let fewest = self.question.fewest(FEWEST_SEARCHES);
        Figure::share("C17", "zero_results", whom, sums.zero_result_searches, sums.searches, fewest)
            .unless_small(headcount, period, view.unsuppressed)
    }

    /// People of a group who opened something in the period.
    fn readers_of(&self, people: &People, of_stay: impl Fn(&Stay) -> bool) -> HashSet<i64> {
        self.stays
            .iter()
            .filter(|stay| of_stay(stay) && stay.days_in(self.question.period) > 0)
            .map(|stay| stay.person_id)
            .filter(|person| people.accessed.contains(person))
            .collect()
    }

    /// Whether so few people of a group opened something that it must not be told: within a segment five
    /// may be all that keeps single people from being counted.
    fn has_few_readers(&self, people: &People, of_stay: impl Fn(&Stay) -> bool) -> bool {
        let Question { segment, view, .. } = self.question;
        segment.is_some() && !view.unsuppressed && is_few(self.readers_of(people, of_stay).len())
    }

    /// C1 to C4 and C17 of somebody.
    pub fn figures_of(
        &self,
        whom: &Whom,
        people: &People,
        of_row: impl Fn(&Activity) -> bool,
        of_stay: impl Fn(&Stay) -> bool,
    ) -> Vec<Figure> {
        self.figures_among(whom, (people, &self.counted(people)), of_row, of_stay)
    }

    fn figures_among(
        &self,
        whom: &Whom,
        (people, counted): (&People, &[Stay]),
        of_row: impl Fn(&Activity) -> bool,
        of_stay: impl Fn(&Stay) -> bool,
    ) -> Vec<Figure> {
        let (sums, headcount) = (self.sums(of_row), self.headcount(&of_stay));
        let few = self.has_few_readers(people, &of_stay);
        let mut figures = self.rates(whom, sums, headcount).to_vec();
        figures.extend(self.active(whom, people, counted, of_stay));
        figures.push(self.zero_results(whom.clone(), sums, headcount));
        if few {
            figures.iter_mut().filter(|figure| READING.contains(&figure.id)).for_each(Figure::suppress);
        }
        if *whom == Whom::Managers && !self.tells_managers() {
            let told = |figure: &&mut Figure| READING.contains(&figure.id) || figure.id == "C17";
            figures.iter_mut().filter(told).for_each(Figure::suppress);
        }
        figures
    }

    /// Whether what managers opened and searched leaves nobody who could be worked out from everybody's.
    pub fn tells_managers(&self) -> bool {
        self.grouping.apart.managers
    }

    /// C1 to C4 and C17 of everybody, of managers, and of each group of departments.
    pub fn figures(&self, people: &People) -> Vec<Figure> {
        let counted = self.counted(people);
        let among = (people, counted.as_slice());
        let mut figures = self.figures_among(&Whom::All, among, |_| true, |_| true);
        figures.extend(self.figures_among(&Whom::Managers, among, |row| row.manager, |stay| stay.manager));
        for (at, group) in self.grouping.groups.iter().enumerate() {
            let inside = |department: i64| self.grouping.place_of(department) == Some(at);
            figures.extend(self.figures_among(
                &Whom::Department(group.name.clone()),
                among,
                |row| inside(row.department_id),
                |stay| inside(stay.department_id),
            ));
        }
        let readers: Vec<HashSet<i64>> = (0..self.grouping.groups.len())
            .map(|at| {
                let inside = |stay: &Stay| self.grouping.place_of(stay.department_id) == Some(at);
                self.readers_of(people, inside)
            })
            .collect();
        for id in READING {
            let of_groups =
                figures.iter_mut().filter(|f| f.id == id && matches!(f.whom, Whom::Department(_)));
            suppress_more(of_groups.zip(&readers).collect());
        }
        figures
    }
}

/// Figures of openings, and of those who open.
const READING: [&str; 2] = ["C2", "C4"];
