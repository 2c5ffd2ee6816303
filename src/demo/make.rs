//! Makes the demo company in a database.

use std::collections::HashSet;

use diesel::prelude::*;

use super::company::GUIDES;
use super::hours::Hours;
use super::ledger::Settler;
use super::notices;
use super::play;
use super::story::{Scale, Shared, Story};
use super::write::Writer;
use crate::accounts::links::{self, Purpose};
use crate::accounts::password;
use crate::accounts::person::Role;
use crate::accounts::store::NewPerson;
use crate::archive::draft::Draft;
use crate::archive::insight::Source;
use crate::archive::store as archive;
use crate::config::Hashing;
use crate::db::schema::{facts, people, person_daily};
use crate::db::{Conn, search};
use crate::error::AppResult;
use crate::flow;
use crate::flow::groups::View;
use crate::flow::metrics::{self, Question, nightly};
use crate::flow::store::{active, readings};
use crate::market::store::{values, worth};
use crate::privacy::store::checks;
use crate::web::token;

/// Days back of which it is known who was signed in.
const SEEN_DAYS: u64 = 35;

/// The fact that tells a demo's database from others.
const KIND: (&str, &str) = ("kind", "demo");

/// Fills an empty database with the demo company, in the caller's transaction. `say` is told what is being
/// done.
///
/// # Errors
/// What the database refuses.
pub fn fill(c: &mut Conn, scale: Scale, hours: Hours, say: &dyn Fn(&str)) -> AppResult<()> {
    say("telling the story");
    let mut story = Story::tell(scale, hours)?;
    play::plant(&mut story, &hours);
    super::idle::plant(&mut story, &hours);
    // Nobody waits for an invitation here. The password is known to nobody: the links are the way in.
    let password_hash = Some(password::hash(&token::fresh()?, Hashing::Cheap)?);
    let mut writer = Writer::new(c, hours.calendar, hours.ago(scale.weeks * 7), hours.now);
    say(&format!("{} people", story.people.len()));
    for worker in &story.people {
        let new = NewPerson {
            email: worker.email.clone(),
            name: worker.name.clone(),
            role: worker.role,
            department_id: 0,
            manager: worker.manager,
            joined_on: worker.joined_on,
            left_on: worker.left_on,
            password_hash: password_hash.clone(),
        };
        writer.person(&worker.department, new)?;
    }
    say(&format!("{} insights", story.insights.len()));
    for shared in &story.insights {
        writer.insight(shared.author, shared.at, &draft(shared, &hours))?;
    }
    say(&format!("{} openings, {} ratings", story.accesses.len(), story.ratings.len()));
    writer.openings(story.accesses.iter().copied())?;
    writer.ratings(&story.ratings)?;
    say(&format!(
        "{} uses, {} remarks, {} searches",
        story.uses.len(),
        story.remarks.len(),
        story.searches.len()
    ));
    speak(&mut writer, &story)?;
    say("notices");
    let (guide, colleague) = (writer.actor(0, hours.now)?.person_id, writer.actor(3, hours.now)?.person_id);
    notices::tell(writer.conn(), guide, colleague, hours.now, hours.calendar)?;
    say("values and roll-ups");
    writer.finish()?;
    play::report(&mut writer, &story, &hours)?;
    say("credits and requests");
    let mut settler = Settler::begin(c, hours, scale.weeks)?;
    super::requests::tell(c, hours, &mut settler)?;
    settler.up_to(c, hours.now)?;
    // What the archive has for the open requests: the job would find it within ten minutes.
    while crate::requests::store::compare(c, hours.now)?.1 {}
    say("obstacles and trials");
    super::obstacles::tell(c, hours)?;
    // All that was told happened in the past.
    active::make_all(c, hours.today())?;
    say("reports of past months");
    super::reports::make(c, hours)?;
    say("what curators are to look at");
    play::find(c, &hours)?;
    say("who was signed in");
    seen(c, &hours)?;
    say("figures");
    figures(c, &hours)?;
    say("the nightly check");
    privacy(c, &hours)?;
    diesel::insert_into(facts::table).values((facts::name.eq(KIND.0), facts::value.eq(KIND.1))).execute(c)?;
    Ok(())
}

/// The figures that take the events, as the night would leave them.
fn figures(c: &mut Conn, hours: &Hours) -> AppResult<()> {
    let today = hours.calendar.day(hours.now);
    let Some(first) = readings::first_day(c)?.filter(|first| *first < today) else { return Ok(()) };
    let questions: Vec<Question> = nightly::offered(today, first)
        .into_iter()
        .map(|period| Question { period, segment: None, view: View::default(), calendar: hours.calendar })
        .collect();
    metrics::compute_and_keep(c, &questions, worth::as_of, hours.now)?;
    Ok(())
}

/// Who was signed in on which of the last days: nearly everybody, some without opening anything.
fn seen(c: &mut Conn, hours: &Hours) -> AppResult<()> {
    let people: Vec<i64> =
        people::table.filter(people::disabled_at.is_null()).order(people::id).select(people::id).load(c)?;
    let opened: HashSet<i64> = person_daily::table
        .filter(person_daily::accesses.gt(0))
        .select(person_daily::person_id)
        .distinct()
        .load::<i64>(c)?
        .into_iter()
        .collect();
    for (number, person) in people.iter().enumerate() {
        // Of those who open nothing every other has never come.
        if !opened.contains(person) && number % 2 == 0 {
            continue;
        }
        for ago in (1..=SEEN_DAYS).filter(|ago| (*ago as usize + number).is_multiple_of(4)) {
            let day = hours.working_from(hours.ago(ago));
            if day < hours.today() {
                crate::accounts::seen::keep(c, *person, day)?;
            }
        }
    }
    Ok(())
}

/// The last run of the nightly check, so that its result stands where everybody reads it.
fn privacy(c: &mut Conn, hours: &Hours) -> AppResult<()> {
    let found =
        crate::privacy::jobs::look(c, hours.calendar, hours.today(), crate::privacy::jobs::Rules::default())?;
    checks::keep(c, &checks::Check { at: hours.now, ..found })?;
    Ok(())
}

fn draft(shared: &Shared, hours: &Hours) -> Draft {
    let text = &shared.text;
    Draft {
        title: text.title.clone(),
        body: text.body.clone(),
        quote: text.signed_quote(),
        segment: text.segment.clone(),
        customer: text.customer.clone(),
        tags: text.tags.split(';').filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
        source: Source::named(&text.source).unwrap_or_default(),
        // What a customer said is written down within a few days.
        observed_on: (!text.quote.is_empty())
            .then(|| hours.calendar.day(shared.at - chrono::Duration::days(text.title.len() as i64 % 4))),
        evidence_url: String::new(),
    }
}

/// Uses, remarks and searches.
fn speak(writer: &mut Writer<'_>, story: &Story) -> AppResult<()> {
    for used in &story.uses {
        let (actor, id) = (writer.actor(used.deed.person, used.deed.at)?, writer.id_of(used.deed.insight)?);
        if archive::uses::put(writer.conn(), &actor, id, &used.note, used.signed)? {
            flow::store::record_use(writer.conn(), &actor, id)?;
            values::count_use(writer.conn(), id, 1)?;
        }
    }
    for remarked in &story.remarks {
        let (actor, id) =
            (writer.actor(remarked.deed.person, remarked.deed.at)?, writer.id_of(remarked.deed.insight)?);
        archive::remarks::add(writer.conn(), &actor, id, &remarked.body)?;
    }
    let mut found = std::collections::HashMap::new();
    for searched in &story.searches {
        let results = match found.get(&searched.words) {
            Some(results) => *results,
            None => {
                let results = results(writer.conn(), &searched.words)?;
                found.insert(&searched.words, results);
                results
            }
        };
        let actor = writer.actor(searched.person, searched.at)?;
        flow::store::record_search(writer.conn(), &actor, &searched.words, results)?;
    }
    Ok(())
}

/// How many insights a search finds.
fn results(c: &mut Conn, words: &str) -> AppResult<i64> {
    Ok(search::count(c, &search::terms(words))?)
}

/// Whether this database was made by [`fill`].
///
/// # Errors
/// What the database says, also where it has no such table.
pub fn is_demo(c: &mut Conn) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(facts::table.find(KIND.0).filter(facts::value.eq(KIND.1))))
        .get_result(c)
}

/// Fresh sign-in links, one per guide: role or "manager", name and address. Earlier ones go on working.
///
/// # Errors
/// What the database refuses.
pub fn links(
    c: &mut Conn,
    public_url: &str,
    now: chrono::NaiveDateTime,
) -> AppResult<Vec<(&'static str, String, String)>> {
    let guides: Vec<(i64, String, bool, String)> = people::table
        .order(people::id)
        .limit(i64::try_from(GUIDES.len()).unwrap_or(i64::MAX))
        .select((people::id, people::role, people::manager, people::name))
        .load(c)?;
    let mut links = Vec::with_capacity(guides.len());
    for (id, role, manager, name) in guides {
        let token = links::create(c, Purpose::Demo, Some(id), now)?;
        let role = match Role::named(&role).unwrap_or(Role::Employee) {
            Role::Employee if manager => "manager",
            role => role.name(),
        };
        links.push((role, name, links::url(public_url, Purpose::Demo, &token)));
    }
    Ok(links)
}
