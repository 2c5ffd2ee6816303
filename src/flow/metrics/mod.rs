//! The figures: what is loaded for a question, and what is computed from it. The page, the CSV files and
//! the command line ask here, so that the same number is the same everywhere.

pub mod definitions;
pub mod figure;

use std::collections::{HashMap, HashSet};

use diesel::QueryResult;

use self::definitions::Unit;
use self::figure::{FEWEST_FOR_A_SHARE, FEWEST_SEARCHES, Figure, Whom};
use super::groups::{Grouping, View};
use super::headcount::{Headcount, Stay};
use super::matrix::{FEWEST_READERS, Matrix};
use super::period::Period;
use super::statistics::inequality;
use super::statistics::network::Flows;
use super::store::readings::{self, Active, Activity, Day, PersonSum};
use crate::clock::Calendar;
use crate::db::Conn;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    pub period: Period,
    /// Only insights of this segment.
    pub segment: Option<i64>,
    pub view: View,
    pub calendar: Calendar,
}

impl Question {
    /// The same about as many days directly before.
    pub fn before(self) -> Question {
        Question { period: self.period.before(), ..self }
    }

    /// How many people a share needs to be more than a count.
    fn fewest(&self, fewest: u64) -> u64 {
        if self.view.unsuppressed { 1 } else { fewest }
    }
}

/// What every figure needs: the people, the departments, the sums.
pub struct Loaded {
    pub question: Question,
    pub stays: Vec<Stay>,
    pub grouping: Grouping,
    pub segments: Vec<(i64, String)>,
    activity: Vec<Activity>,
}

/// The sums of some rows of activity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub contributions: i64,
    pub accesses: i64,
    pub searches: i64,
    pub zero_result_searches: i64,
}

impl Loaded {
    /// Loads them.
    ///
    /// # Errors
    /// What the database says.
    pub fn new(c: &mut Conn, question: Question) -> QueryResult<Loaded> {
        let stays = readings::stays(c, question.calendar)?;
        let departments = readings::departments(c)?;
        let activity = readings::activity(c, question.period)?;
        let mut headcounts: HashMap<i64, Headcount> = HashMap::new();
        for stay in &stays {
            if stay.days_in(question.period) > 0 {
                let headcount = headcounts.entry(stay.department_id).or_default();
                *headcount = headcount.and(Headcount::of(std::iter::once(stay), question.period));
            }
        }
        for row in &activity {
            headcounts.entry(row.department_id).or_default();
        }
        let grouping = Grouping::new(&departments, &headcounts, question.period, question.view);
        Ok(Loaded { question, stays, grouping, segments: readings::segments(c)?, activity })
    }

    /// The same people and groups, about another period.
    ///
    /// # Errors
    /// What the database says.
    pub fn about(&self, c: &mut Conn, question: Question) -> QueryResult<Loaded> {
        let activity = readings::activity(c, question.period)?;
        let mut grouping = self.grouping.clone();
        for (place, group) in grouping.groups.iter_mut().enumerate() {
            let inside = |stay: &&Stay| self.grouping.place_of(stay.department_id) == Some(place);
            group.headcount = Headcount::of(self.stays.iter().filter(inside), question.period);
        }
        Ok(Loaded {
            question,
            stays: self.stays.clone(),
            grouping,
            segments: self.segments.clone(),
            activity,
        })
    }

    /// The headcount of the stays that fit.
    pub fn headcount(&self, fits: impl Fn(&Stay) -> bool) -> Headcount {
        Headcount::of(self.stays.iter().filter(|stay| fits(stay)), self.question.period)
    }

    /// The sums of the rows that fit, within the chosen segment. Searches have none, so they count
    /// whatever the segment.
    pub fn sums(&self, fits: impl Fn(&Activity) -> bool) -> Sums {
        self.activity.iter().filter(|row| fits(row)).fold(Sums::default(), |sum, row| {
            let chosen = self.question.segment.is_none_or(|segment| segment == row.segment_id);
            Sums {
                contributions: sum.contributions + if chosen { row.contributions } else { 0 },
                accesses: sum.accesses + if chosen { row.accesses } else { 0 },
                searches: sum.searches + row.searches,
                zero_result_searches: sum.zero_result_searches + row.zero_result_searches,
            }
        })
    }

    /// C1 and C2 of a group.
    fn rates(&self, whom: &Whom, sums: Sums, headcount: Headcount) -> [Figure; 2] {
        let Question { period, view, .. } = self.question;
        [("C1", sums.contributions), ("C2", sums.accesses)].map(|(id, count)| {
            Figure::rate(id, whom.clone(), count, headcount, period).unless_small(
                headcount,
                period,
                view.unsuppressed,
            )
        })
    }

    /// C3 and C4 of a group: people there at the end who did something.
    fn active(&self, whom: &Whom, people: &People, fits: impl Fn(&Stay) -> bool) -> [Figure; 2] {
        let Question { period, view, .. } = self.question;
        let there: Vec<&Stay> =
            self.stays.iter().filter(|stay| fits(stay) && stay.is_at_end_of(period)).collect();
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
        let (sums, headcount) = (self.sums(of_row), self.headcount(&of_stay));
        let few = self.has_few_readers(people, &of_stay);
        let mut figures = self.rates(whom, sums, headcount).to_vec();
        figures.extend(self.active(whom, people, of_stay));
        figures.push(self.zero_results(whom.clone(), sums, headcount));
        if few {
            figures.iter_mut().filter(|figure| READING.contains(&figure.id)).for_each(Figure::suppress);
        }
        figures
    }

    /// C1 to C4 and C17 of everybody, of managers, and of each group of departments.
    pub fn figures(&self, people: &People) -> Vec<Figure> {
        let mut figures = self.figures_of(&Whom::All, people, |_| true, |_| true);
        figures.extend(self.figures_of(&Whom::Managers, people, |row| row.manager, |stay| stay.manager));
        for (at, group) in self.grouping.groups.iter().enumerate() {
            let inside = |department: i64| self.grouping.place_of(department) == Some(at);
            figures.extend(self.figures_of(
                &Whom::Department(group.name.clone()),
                people,
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

    /// C1 and C2 of each segment: its insights' events, by everybody. `readers` says who opened something
    /// of it, at least five of them if there were so many; below five their openings are withheld, and as
    /// many more as it takes that the sum does not tell of few.
    ///
    /// # Errors
    /// What `readers` says.
    pub fn segment_rates(
        &self,
        mut readers: impl FnMut(i64) -> QueryResult<HashSet<i64>>,
    ) -> QueryResult<Vec<(i64, [Figure; 2])>> {
        let everybody = self.headcount(|_| true);
        let mut rates = Vec::new();
        let mut people = Vec::new();
        for (id, name) in self.segment_names() {
            let sums = self.sums(|row| row.segment_id == id);
            let [shared, mut opened] = self.rates(&Whom::Segment(name), sums, everybody);
            let unseen = sums.accesses == 0 || self.question.view.unsuppressed;
            let of_this = if unseen { HashSet::new() } else { readers(id)? };
            if !unseen && (of_this.len() as u64) < FEWEST_READERS {
                opened.suppress();
            }
            people.push(of_this);
            rates.push((id, [shared, opened]));
        }
        if !self.question.view.unsuppressed {
            suppress_more(rates.iter_mut().map(|(_, [_, opened])| opened).zip(&people).collect());
        }
        Ok(rates)
    }

    /// The segments that had something to count, and none at the end.
    fn segment_names(&self) -> impl Iterator<Item = (i64, String)> {
        let chosen = self.question.segment;
        let busy: HashSet<i64> = self
            .activity
            .iter()
            .filter(|row| row.contributions + row.accesses > 0)
            .map(|row| row.segment_id)
            .filter(|id| chosen.is_none_or(|chosen| chosen == *id))
            .collect();
        self.segments
            .iter()
            .cloned()
            .chain(std::iter::once((0, String::new())))
            .filter(move |(id, _)| busy.contains(id))
    }

    /// First accesses between departments, and where they belong; the busiest first.
    fn flow_sums(&self, c: &mut Conn) -> QueryResult<Vec<(usize, usize, readings::FlowSum)>> {
        let reading: HashSet<i64> =
            self.activity.iter().filter(|row| row.accesses > 0).map(|row| row.department_id).collect();
        let reading: Vec<i64> = reading.into_iter().collect();
        let mut sums = readings::flows(c, self.question.period, self.question.segment, &reading)?;
        sums.sort_by_key(|sum| std::cmp::Reverse(sum.first_accesses));
        Ok(sums
            .into_iter()
            .filter_map(|sum| {
                Some((self.grouping.place_of(sum.from_id)?, self.grouping.place_of(sum.to_id)?, sum))
            })
            .collect())
    }

    /// The flows between groups, without looking who may see them: for the indices.
    ///
    /// # Errors
    /// What the database says.
    pub fn flows(&self, c: &mut Conn) -> QueryResult<Flows> {
        let mut flows = Flows::new(self.grouping.groups.len());
        for (from, to, sum) in self.flow_sums(c)? {
            flows.add(from, to, sum.first_accesses as f64);
        }
        Ok(flows)
    }

    /// C7: who reads whose insights. Readers are counted up to five unless `exactly`.
    ///
    /// # Errors
    /// What the database says.
    pub fn matrix(&self, c: &mut Conn, exactly: bool) -> QueryResult<Matrix> {
        let Question { period, segment, view, .. } = self.question;
        let n = self.grouping.groups.len();
        let limit = if exactly { i64::MAX.unsigned_abs() } else { FEWEST_READERS };
        let mut flows = Flows::new(n);
        let mut readers: Vec<HashSet<i64>> = vec![HashSet::new(); n * n];
        // Busiest first: that pair of departments most likely shows five readers at once.
        for (from, to, sum) in self.flow_sums(c)? {
            flows.add(from, to, sum.first_accesses as f64);
            let people = &mut readers[from * n + to];
            if (people.len() as u64) < limit {
                people.extend(readings::readers(c, period, segment, sum.from_id, sum.to_id, limit)?);
            }
        }
        let mut shares = vec![false; n];
        for department in readings::sharing(c, period, segment)? {
            if let Some(place) = self.grouping.place_of(department) {
                shares[place] = true;
            }
        }
        Ok(Matrix::new(flows, &readers, &shares, view.unsuppressed))
    }

    /// The weeks of the period, with the days of each folded together.
    ///
    /// # Errors
    /// What the database says.
    pub fn weeks(&self, c: &mut Conn, departments: Option<&[i64]>) -> QueryResult<Vec<WeekSums>> {
        let Question { period, segment, view, .. } = self.question;
        let days = readings::days(c, period, segment, departments)?;
        let inside = |stay: &Stay| departments.is_none_or(|ids| ids.contains(&stay.department_id));
        Ok(period
            .weeks()
            .into_iter()
            .map(|week| {
                let headcount = |managers: bool| {
                    let stays = self.stays.iter().filter(|s| inside(s) && (s.manager || !managers));
                    Headcount::of(stays, week.part)
                };
                let sum = |of: fn(&Day) -> i64| {
                    days.iter().filter(|day| week.part.holds(day.day)).map(of).sum::<i64>()
                };
                let rates = |whom: Whom, contributions: i64, accesses: i64, headcount: Headcount| {
                    [("C1", contributions), ("C2", accesses)].map(|(id, count)| {
                        Figure::rate(id, whom.clone(), count, headcount, week.part).unless_small(
                            headcount,
                            week.part,
                            view.unsuppressed,
                        )
                    })
                };
                WeekSums {
                    monday: week.monday,
                    days: week.part.days(),
                    all: rates(Whom::All, sum(|d| d.contributions), sum(|d| d.accesses), headcount(false)),
                    managers: rates(
                        Whom::Managers,
                        sum(|d| d.manager_contributions),
                        sum(|d| d.manager_accesses),
                        headcount(true),
                    ),
                }
            })
            .collect())
    }
}

/// Figures of openings, and of those who open.
const READING: [&str; 2] = ["C2", "C4"];

/// Whether so many are some, but fewer than may be told of.
fn is_few(readers: usize) -> bool {
    (1..FEWEST_READERS).contains(&(readers as u64))
}

/// Suppresses the next smallest figures as long as what is suppressed follows from the sum of all, or
/// tells of few readers together.
fn suppress_more(mut figures: Vec<(&mut Figure, &HashSet<i64>)>) {
    loop {
        let hidden = figures.iter().filter(|(figure, _)| figure.suppressed);
        let readers: HashSet<i64> = hidden.clone().flat_map(|(_, readers)| readers.iter()).copied().collect();
        let count = hidden.count();
        if count == 0 || (count > 1 && !is_few(readers.len())) {
            return;
        }
        let next = figures
            .iter_mut()
            .filter(|(figure, _)| figure.numerator.is_some_and(|count| count > 0.0))
            .min_by(|(a, _), (b, _)| a.numerator.unwrap_or(0.0).total_cmp(&b.numerator.unwrap_or(0.0)));
        match next {
            Some((next, _)) => next.suppress(),
            None => return,
        }
    }
}

/// C1 and C2 of a week, or of the part of it that lies in the period.
#[derive(Clone, Debug, PartialEq)]
pub struct WeekSums {
    pub monday: chrono::NaiveDate,
    pub days: i64,
    pub all: [Figure; 2],
    pub managers: [Figure; 2],
}

/// Who did something in the period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    pub contributed: HashSet<i64>,
    pub accessed: HashSet<i64>,
}

impl People {
    /// Asks the index about everybody.
    ///
    /// # Errors
    /// What the database says.
    pub fn of(c: &mut Conn, question: &Question) -> QueryResult<People> {
        let mut people = People::default();
        for Active { person_id, contributed, accessed } in
            readings::active(c, question.period, question.segment)?
        {
            if contributed {
                people.contributed.insert(person_id);
            }
            if accessed {
                people.accessed.insert(person_id);
            }
        }
        Ok(people)
    }

    fn from_sums<'a>(sums: impl Iterator<Item = &'a PersonSum>) -> People {
        let mut people = People::default();
        for sum in sums {
            if sum.contributions > 0 {
                people.contributed.insert(sum.person_id);
            }
            if sum.accesses > 0 {
                people.accessed.insert(sum.person_id);
            }
        }
        people
    }
}

/// C8 and C9; withheld where all flow together would tell of few.
pub fn indices_of(matrix: &Matrix) -> Vec<Figure> {
    let mut figures = indices(&matrix.flows);
    if !matrix.tells_totals() {
        figures.iter_mut().for_each(Figure::suppress);
    }
    figures
}

/// C8 and C9, whoever reads: for a period in which at least five people did.
pub fn indices(flows: &Flows) -> Vec<Figure> {
    let (total, internal) = (flows.total(), flows.internal());
    let crossing = (Some(total - 2.0 * internal), Some(total));
    vec![
        Figure::plain("C8", "", Unit::Index, flows.ei(), crossing),
        Figure::plain("C9", "", Unit::Index, flows.silo(), (None, Some(total))),
        Figure::plain("C9", "assortativity", Unit::Index, flows.assortativity(), (None, Some(total))),
    ]
}

/// C13 at the end of the period.
///
/// # Errors
/// What the database says.
pub fn coverage(c: &mut Conn, question: &Question) -> QueryResult<Figure> {
    let end = question.calendar.start_of(question.period.to);
    let found = readings::coverage(c, end, question.segment)?;
    let fewest = question.fewest(FEWEST_FOR_A_SHARE);
    let figure = Figure::share("C13", "", Whom::All, found.covered, found.old_enough, fewest);
    Ok(Figure { excluded: found.too_young, ..figure })
}

/// C5: how unevenly contributions and accesses are spread over everybody who was there.
fn inequality(loaded: &Loaded, sums: &[PersonSum]) -> Vec<Figure> {
    let period = loaded.question.period;
    let mut counts: HashMap<i64, (u64, u64)> = loaded
        .stays
        .iter()
        .filter(|stay| stay.days_in(period) > 0)
        .map(|stay| (stay.person_id, (0, 0)))
        .collect();
    for sum in sums.iter().filter(|s| loaded.question.segment.is_none_or(|id| id == s.segment_id)) {
        // Somebody who did something without being there, such as after leaving, counts too.
        let (contributions, accesses) = counts.entry(sum.person_id).or_default();
        *contributions += sum.contributions.unsigned_abs();
        *accesses += sum.accesses.unsigned_abs();
    }
    let contributions: Vec<u64> = counts.values().map(|(c, _)| *c).collect();
    let accesses: Vec<u64> = counts.values().map(|(_, a)| *a).collect();
    let people = contributions.len();
    let parts = [
        (
            ["gini_contributions", "top1_contributions", "top10_contributions", "zero_contributions"],
            contributions,
        ),
        (["gini_accesses", "top1_accesses", "top10_accesses", "zero_accesses"], accesses),
    ];
    let mut figures = Vec::new();
    for ([gini, top1, top10, zero], counts) in parts {
        let total: u64 = counts.iter().sum();
        let of = (Some(total as f64), Some(people as f64));
        figures.push(Figure::plain("C5", gini, Unit::Gini, inequality::gini(&counts), of));
        for (part, percent) in [(top1, 1), (top10, 10)] {
            let (done, all) = inequality::top_sum(&counts, inequality::top_people(people, percent));
            let share = (all > 0).then(|| done as f64 / all as f64);
            figures.push(Figure::plain(
                "C5",
                part,
                Unit::Share,
                share,
                (Some(done as f64), Some(all as f64)),
            ));
        }
        let none = counts.iter().filter(|count| **count == 0).count();
        let fewest = loaded.question.fewest(FEWEST_FOR_A_SHARE);
        figures.push(Figure::share("C5", zero, Whom::All, none as i64, people as i64, fewest));
    }
    let everybody = loaded.headcount(|_| true);
    let unsuppressed = loaded.question.view.unsuppressed;
    figures.into_iter().map(|figure| figure.unless_small(everybody, period, unsuppressed)).collect()
}

/// What was counted altogether.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Population {
    /// On the last day.
    pub people: u64,
    pub contributions: i64,
    pub accesses: i64,
    /// Ratings given in the period that count at present.
    pub ratings: i64,
}

/// Every figure there is, for the command line.
pub struct Everything {
    pub loaded: Loaded,
    pub population: Population,
    pub figures: Vec<Figure>,
    pub matrix: Matrix,
}

/// Computes them all. Reads every person's days of the period, so it takes longer than the page.
///
/// # Errors
/// What the database says.
pub fn everything(c: &mut Conn, question: Question) -> QueryResult<Everything> {
    let loaded = Loaded::new(c, question)?;
    let sums = readings::people_sums(c, question.period)?;
    let chosen = |sum: &&PersonSum| question.segment.is_none_or(|id| id == sum.segment_id);
    let mut figures = loaded.figures(&People::from_sums(sums.iter().filter(chosen)));
    let of_segment = |id: i64| People::from_sums(sums.iter().filter(move |sum| sum.segment_id == id));
    for (id, rates) in loaded.segment_rates(|id| Ok(of_segment(id).accessed))? {
        let whom = rates[0].whom.clone();
        let withheld = rates[1].suppressed;
        figures.extend(rates);
        let [sharers, mut readers] = loaded.active(&whom, &of_segment(id), |_| true);
        if withheld {
            readers.suppress();
        }
        figures.extend([sharers, readers]);
    }
    figures.extend(inequality(&loaded, &sums));
    let matrix = loaded.matrix(c, true)?;
    figures.extend(indices_of(&matrix));
    figures.push(coverage(c, &question)?);
    // In the order of the definitions; a stable sort keeps groups in theirs.
    let place = |id: &str| definitions::DEFINITIONS.iter().position(|d| d.id == id);
    figures.sort_by_key(|figure| place(figure.id));
    let all = loaded.sums(|_| true);
    let population = Population {
        people: loaded.headcount(|_| true).at_end,
        contributions: all.contributions,
        accesses: all.accesses,
        ratings: readings::ratings_given(c, question.period)?,
    };
    Ok(Everything { loaded, population, figures, matrix })
}
