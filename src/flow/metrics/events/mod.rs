//! Figures that no sum gives: from the events, one by one. Computed by night or by hand
//! ([`super::nightly`]), never for a page that waits.

mod ages;
mod beside;
mod brokers;
mod demand;
mod health;
mod history;
mod idle;
mod marks;
mod numbers;
mod quality;
mod raters;
mod reach;
mod reads;
mod shapes;
mod spread;
mod taking;
mod valuable;
mod waits;

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDateTime;
use diesel::QueryResult;

use self::history::{Ends, History};
use self::raters::{Judgements, Raters};
use self::reads::Reads;
use super::figure::{FEWEST_FOR_A_SHARE, Figure};
use super::inequality::inequality;
use super::loaded::Loaded;
use super::shape::Shape;
use super::small::is_few;
use super::worth::{AsOf, WorthAt};
use crate::db::Conn;
use crate::flow::period::Period;
use crate::flow::statistics::bootstrap::Stream;
use crate::flow::store::histories::{self, Asked, Credits};
use crate::flow::store::own::Own;
use crate::flow::store::readings::PersonSum;

/// What all of them need.
struct Study<'a> {
    loaded: &'a Loaded,
    reads: Reads,
    judged: &'a Judgements,
    raters: Raters,
    /// How many people opened something in the period.
    opened_by: usize,
}

impl Study<'_> {
    fn period(&self) -> Period {
        self.loaded.question.period
    }

    /// From how many things on a share is more than a count.
    fn fewest(&self) -> u64 {
        self.loaded.question.fewest(FEWEST_FOR_A_SHARE)
    }

    /// Whether a figure that comes from so many people must not be told.
    fn hides(&self, people: usize) -> bool {
        !self.loaded.question.view.unsuppressed && is_few(people)
    }
}

/// The draws of a figure: the same for the same period, whenever it is computed.
pub(super) fn draws(metric: &str, period: Period) -> Stream {
    Stream::of(&[metric, &period.from.to_string(), &period.to.to_string()])
}

/// A period whose figures are asked for.
pub(super) struct Wanted {
    pub loaded: Loaded,
    /// What everybody did in it.
    pub sums: Vec<PersonSum>,
    /// Whether all flow together may be told.
    pub tells_totals: bool,
    /// Whether each person is told of themselves over this period.
    pub with_own: bool,
}

/// What the night computes of a period.
#[derive(Default)]
pub(super) struct Night {
    pub figures: Vec<Figure>,
    /// The insights behind C20, by id.
    pub under_read: Vec<i64>,
    pub shapes: Vec<Shape>,
    /// What each person may see of themselves, and nobody else; none where nobody asked.
    pub own: Option<Vec<Own>>,
}

/// As many periods are computed in one pass as there are bits.
const AT_ONCE: usize = 64;

/// Everything that is computed by night of each of these periods, of the whole company, in one pass over the
/// events. Within a segment there is hardly any: it is about people and departments, and a segment is not. Shapes
/// are left out unless `with_shapes`.
pub(super) fn by_night(
    c: &mut Conn,
    wanted: &[Wanted],
    worth_at: WorthAt,
    with_shapes: bool,
) -> QueryResult<Vec<Night>> {
    let mut nights = Vec::with_capacity(wanted.len());
    for wanted in wanted.chunks(AT_ONCE) {
        let whole: Vec<&Wanted> = wanted.iter().filter(|one| one.loaded.question.segment.is_none()).collect();
        let mut found = of_whole(c, &whole, worth_at, with_shapes)?.into_iter();
        for one in wanted {
            let mut night = match one.loaded.question.segment {
                None => found.next().unwrap_or_default(),
                Some(_) => Night::default(),
            };
            night.figures.splice(0..0, inequality(&one.loaded, &one.sums));
            nights.push(night);
        }
    }
    Ok(nights)
}

/// Of the whole company.
fn of_whole(
    c: &mut Conn,
    wanted: &[&Wanted],
    worth_at: WorthAt,
    with_shapes: bool,
) -> QueryResult<Vec<Night>> {
    let Some(calendar) = wanted.first().map(|one| one.loaded.question.calendar) else {
        return Ok(Vec::new());
    };
    let ends = Ends::of(wanted.iter().map(|one| one.loaded.question.period), calendar);
    let shared = histories::shared(c, ends.times().max().unwrap_or_default())?;
    let questions: Vec<_> = wanted.iter().map(|one| one.loaded.question).collect();
    let mut judged: BTreeMap<NaiveDateTime, Judgements> = BTreeMap::new();
    let mut raters: Vec<(Period, Raters)> = Vec::with_capacity(wanted.len());
    let exactly = questions.iter().all(|question| question.view.unsuppressed);
    let times: Vec<NaiveDateTime> = ends.times().collect();
    worth_at(c, AsOf { ends: &times, calendar, exactly }, &mut |end, worth| {
        let of_end = |question: &&super::Question| calendar.start_of(question.period.to) == end;
        let questions: Vec<_> = questions.iter().filter(of_end).copied().collect();
        let (judgements, found) = raters::of_end(worth, &shared, &questions);
        judged.insert(end, judgements);
        raters.extend(questions.iter().map(|question| question.period).zip(found));
    })?;
    let weigh = |period: Period, insight_id: i64| {
        judged.get(&calendar.start_of(period.to)).map_or(0.0, |judged| judged.weight(insight_id))
    };
    let all: Vec<&Loaded> = wanted.iter().map(|one| &one.loaded).collect();
    let mut history = History::load(c, &all, ends, shared, weigh)?;
    let mut nights = Vec::with_capacity(wanted.len());
    let mut once = shapes::Once::default();
    for (first, few) in wanted.chunks(SIDE_BY_SIDE).enumerate() {
        let mut studies = Vec::with_capacity(few.len());
        for (at, one) in few.iter().enumerate() {
            let (loaded, period) = (&one.loaded, one.loaded.question.period);
            let known = raters.iter().position(|(of, _)| *of == period).map(|at| raters.swap_remove(at).1);
            let (Some(judged), Some(raters)) = (judged.get(&calendar.start_of(period.to)), known) else {
                continue;
            };
            let opened_by: HashSet<i64> =
                one.sums.iter().filter(|sum| sum.accesses > 0).map(|sum| sum.person_id).collect();
            let reads = history.take(first * SIDE_BY_SIDE + at);
            let study = Study { loaded, reads, judged, raters, opened_by: opened_by.len() };
            let beside = Beside::read(c, &study)?;
            studies.push((*one, study, beside));
        }
        nights.extend(side_by_side(c, &studies, with_shapes.then_some(&mut once))?);
    }
    Ok(nights)
}

/// Periods computed at a time: each takes as much memory as it has readers and insights.
const SIDE_BY_SIDE: usize = 2;

/// Computes these, each on a thread of its own, while the database is asked for their shapes.
fn side_by_side(
    c: &mut Conn,
    studies: &[(&Wanted, Study<'_>, Beside)],
    mut with_shapes: Option<&mut shapes::Once>,
) -> QueryResult<Vec<Night>> {
    std::thread::scope(|scope| {
        let running: Vec<_> = studies
            .iter()
            .map(|(wanted, study, beside)| {
                scope.spawn(move || {
                    let idle = idle::Idle::find(study, &beside.used);
                    let (figures, own) = figures(study, wanted, beside, &idle);
                    (figures, idle.under_read, own)
                })
            })
            .collect();
        let mut shapes = Vec::with_capacity(studies.len());
        for (wanted, study, _) in studies {
            shapes.push(match &mut with_shapes {
                Some(once) => shapes::all(c, study, &wanted.sums, once)?,
                None => Vec::new(),
            });
        }
        let found = running.into_iter().zip(shapes).map(|(running, shapes)| match running.join() {
            Ok((figures, under_read, own)) => Night { figures, under_read, shapes, own },
            Err(panic) => std::panic::resume_unwind(panic),
        });
        Ok(found.collect())
    })
}

/// What is asked of the database beside openings and ratings.
struct Beside {
    answers: Vec<(i64, i64)>,
    asked: Vec<Asked>,
    used: HashSet<i64>,
    credits: Credits,
    flagged: i64,
}

impl Beside {
    fn read(c: &mut Conn, study: &Study<'_>) -> QueryResult<Beside> {
        let (period, end) = (study.period(), study.reads.end);
        let from = study.loaded.question.calendar.start_of(period.from);
        Ok(Beside {
            answers: histories::answers(c, period)?,
            asked: histories::asked(c, period)?,
            used: histories::used_by_two(c, end)?,
            credits: histories::credits(c, from, end)?,
            flagged: histories::flagged_pairs(c, from, end)?,
        })
    }
}

fn figures(
    study: &Study<'_>,
    wanted: &Wanted,
    beside: &Beside,
    idle: &idle::Idle,
) -> (Vec<Figure>, Option<Vec<Own>>) {
    let mut figures = spread::rates(study.loaded, &wanted.sums);
    figures.extend(spread::indices(study, wanted.tells_totals));
    figures.extend(reach::figures(study));
    let (between, own) = brokers::figures(study, &beside.answers, wanted.with_own);
    figures.extend(between);
    figures.extend(waits::figures(study));
    figures.push(study.raters.reliability.clone());
    figures.extend(ages::figures(study));
    figures.extend(demand::figures(study, &beside.asked));
    figures.extend(valuable::figures(study));
    figures.extend(idle.figures(study));
    figures.extend(study.raters.quality.iter().cloned());
    figures.extend(health::figures(study, &beside.credits, beside.flagged));
    let question = study.loaded.question;
    let everybody = study.loaded.headcount(|_| true);
    let figures = figures
        .into_iter()
        .map(|figure| figure.unless_small(everybody, question.period, question.view.unsuppressed))
        .collect();
    (figures, own)
}
