//! Writes what was checked, each table through the store that owns it.

use chrono::NaiveDate;

use super::Run;
use super::names::place;
use crate::accounts::audit;
use crate::accounts::person::{Actor, Role};
use crate::accounts::store::{self as accounts, NewPerson};
use crate::archive;
use crate::archive::draft::Draft;
use crate::error::{AppError, AppResult};
use crate::flow::event::{Place, Segment};
use crate::flow::store::openings;
use crate::ledger;
use crate::market::store::{ratings, refit};

/// The ids that placeholders stand for.
#[derive(Default)]
struct Ids {
    departments: Vec<Option<i64>>,
    people: Vec<i64>,
    insights: Vec<i64>,
}

pub(super) fn write(run: &mut Run<'_>) -> AppResult<()> {
    if run.report.changes_nothing() {
        return Ok(());
    }
    let today = run.options.today.calendar.day(run.options.today.now);
    let mut ids = Ids { departments: vec![None; run.names.new_departments()], ..Ids::default() };
    write_people(run, &mut ids, today)?;
    write_insights(run, &mut ids, today)?;
    write_openings(run, &mut ids, today)?;
    write_ratings(run, &mut ids, today)?;
    run.progress.at("working out values", 0, 1);
    refit::refit(run.c, run.options.today.now)?;
    let (actor, now) = (run.options.actor, run.options.today.now);
    Ok(audit::record(run.c, actor, now, "imported into", "archive", &run.report.added())?)
}

impl Ids {
    /// The department behind an id or a placeholder; a new one is opened when it is first needed.
    fn department(&mut self, run: &mut Run<'_>, id: i64, today: NaiveDate) -> AppResult<i64> {
        let Some(place) = place(id) else {
            return Ok(id);
        };
        if let Some(Some(known)) = self.departments.get(place) {
            return Ok(*known);
        }
        let path = run.names.new_department(place).unwrap_or_default();
        let made = accounts::department(run.c, path, today)?;
        if let Some(slot) = self.departments.get_mut(place) {
            *slot = Some(made);
        }
        Ok(made)
    }
}

/// What an id or a placeholder stands for.
fn real(ids: &[i64], id: i64) -> AppResult<i64> {
    match place(id) {
        None => Ok(id),
        Some(place) => ids
            .get(place)
            .copied()
            .ok_or_else(|| AppError::Internal("an import speaks of something it has not written".into())),
    }
}

fn write_people(run: &mut Run<'_>, ids: &mut Ids, today: NaiveDate) -> AppResult<()> {
    let newcomers = std::mem::take(&mut run.plan.people);
    let all = newcomers.len() as u64;
    for (done, newcomer) in newcomers.into_iter().enumerate() {
        let department_id = ids.department(run, newcomer.department_id, today)?;
        let record = newcomer.record;
        let person = NewPerson {
            email: record.email,
            name: record.name,
            role: record.role.unwrap_or(Role::Employee),
            department_id,
            manager: record.manager.unwrap_or(false),
            joined_on: record.joined_on,
            left_on: record.left_on,
            password_hash: None,
        };
        ids.people.push(accounts::add_person(run.c, &person, run.options.today.now, today)?);
        run.progress.at("writing people", done as u64 + 1, all);
    }
    ledger::store::welcome_all(run.c, &run.options.credits, &ids.people, run.options.today.now)
}

fn write_insights(run: &mut Run<'_>, ids: &mut Ids, today: NaiveDate) -> AppResult<()> {
    let new = std::mem::take(&mut run.plan.insights);
    let all = new.len() as u64;
    let mut contributions = Vec::with_capacity(new.len());
    for (done, insight) in new.into_iter().enumerate() {
        let department_id = ids.department(run, insight.department_id, today)?;
        let record = insight.record;
        let author = Actor {
            person_id: real(&ids.people, insight.author_id)?,
            department_id,
            manager: insight.manager,
            at: record.contributed_at,
            day: run.options.today.calendar.day(record.contributed_at),
        };
        let imported = archive::store::Imported {
            reference: record.reference,
            draft: Draft {
                title: record.title,
                body: record.body,
                quote: String::new(),
                segment: record.segment.unwrap_or_default(),
                customer: record.customer.unwrap_or_default(),
                tags: record.tags,
                source: record.source,
                observed_on: record.observed_on,
                evidence_url: record.evidence_url,
            },
            author,
            withdrawn_at: record.withdrawn_at,
        };
        let (id, segment) = archive::store::import(run.c, &imported)?;
        ids.insights.push(id);
        if !imported.undone() {
            contributions.push((author.person_id, Place::of(&author, Segment(segment))));
        }
        run.progress.at("writing insights", done as u64 + 1, all);
    }
    Ok(openings::add_contributions(run.c, &contributions)?)
}

fn write_openings(run: &mut Run<'_>, ids: &mut Ids, today: NaiveDate) -> AppResult<()> {
    let mut all = std::mem::take(&mut run.plan.openings);
    for opening in &mut all {
        opening.department_id = ids.department(run, opening.department_id, today)?;
        opening.person_id = real(&ids.people, opening.person_id)?;
        opening.insight_id = real(&ids.insights, opening.insight_id)?;
    }
    // Placeholders sort the other way round than the ids they became.
    all.sort_unstable_by_key(|opening| (opening.insight_id, opening.person_id, opening.at));
    let (count, progress) = (all.len() as u64, &mut *run.progress);
    openings::add_openings(run.c, &all, &mut |done| progress.at("writing accesses", done, count))?;
    Ok(())
}

fn write_ratings(run: &mut Run<'_>, ids: &mut Ids, today: NaiveDate) -> AppResult<()> {
    let mut all = std::mem::take(&mut run.plan.ratings);
    for rating in &mut all {
        rating.department_id = ids.department(run, rating.department_id, today)?;
        rating.person_id = real(&ids.people, rating.person_id)?;
        rating.insight_id = real(&ids.insights, rating.insight_id)?;
    }
    run.progress.at("writing ratings", 0, all.len() as u64);
    Ok(ratings::put_many(run.c, &all)?)
}
