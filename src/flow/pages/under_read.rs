//! `/flow/under-read`: what is worth reading and is not read outside its department, as a list of things to
//! do: each line sends one insight to the departments that ask or search for it.

use std::collections::{BTreeMap, HashSet};

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDateTime;
use serde::Deserialize;

use super::filters::{Filters, FlowQuery};
use super::numbers::{counted, grouped};
use super::rows::{missed, narrowed};
use super::sending::sent_words;
use crate::accounts::guard::Officer;
use crate::archive::insight::department_of as department_of_path;
use crate::db::{Conn, FlowReader, search};
use crate::error::{AppError, AppResult};
use crate::flow::groups::FEWEST_PEOPLE;
use crate::flow::metrics::{Loaded, Question};
use crate::flow::period::{Period, in_words};
use crate::flow::store::figures::kept;
use crate::flow::store::looks::{self, EVERYBODY, Kind, department_of};
use crate::flow::store::rows::{self, Contribution, PAGE, Searchers};
use crate::flow::store::sending::{self, Reason, Sending, Sent};
use crate::flow::store::{readings, shapes};
use crate::requests::near;
use crate::requests::store as requests;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{Form, Query};
use crate::web::page::{self, Page, Place};

/// The figure whose rows these are.
const METRIC: &str = "C20";
/// Lines on the overview.
const BRIEF: usize = 4;
/// Searched words that are compared with the insights of a page.
const WORDS: usize = 200;

/// The list in a few lines, for the overview.
#[derive(Default)]
pub(super) struct Brief {
    pub rows: Vec<BriefRow>,
    pub total: String,
}

/// A line of it.
pub(super) struct BriefRow {
    pub id: i64,
    pub title: String,
    pub department: String,
    /// "Support asked twice", "no match yet".
    pub could: String,
}

/// The first lines: those that most requests ask for.
pub(super) fn brief(c: &mut Conn, period: Period) -> AppResult<Brief> {
    let (ids, asks) = listed(c, period)?;
    let total = counted(ids.len() as i64, "insight", "insights");
    let ids = &ids[..ids.len().min(BRIEF)];
    let known = rows::by_ids(c, ids)?;
    let names: BTreeMap<i64, String> =
        readings::departments(c)?.into_iter().map(|department| (department.id, department.path)).collect();
    let rows = ids
        .iter()
        .filter_map(|id| known.iter().find(|one| one.id == *id))
        .map(|one| {
            // Of departments at the top, without the author's own.
            let mut asking: BTreeMap<&str, i64> = BTreeMap::new();
            for (_, department, count) in asks.iter().filter(|ask| ask.0 == one.id) {
                let name = names.get(department).map_or("", |path| department_of_path(path));
                if name != department_of_path(&one.department) {
                    *asking.entry(name).or_default() += count;
                }
            }
            let asking: Vec<String> =
                asking.into_iter().map(|(name, count)| asked_words(name, count)).collect();
            BriefRow {
                id: one.id,
                title: one.title.clone(),
                department: one.department.clone(),
                could: if asking.is_empty() { "no match yet".into() } else { asking.join(", ") },
            }
        })
        .collect();
    Ok(Brief { rows, total })
}

/// "Support asked twice".
fn asked_words(name: &str, count: i64) -> String {
    match count {
        1 => format!("{name} asked once"),
        2 => format!("{name} asked twice"),
        more => format!("{name} asked {more} times"),
    }
}

/// Insight, department that asks, and how many requests.
type Asks = Vec<(i64, i64, i64)>;

/// All of them, those most asked for first, then the newest; and who asks.
fn listed(c: &mut Conn, period: Period) -> AppResult<(Vec<i64>, Asks)> {
    let mut ids = shapes::insights_behind(c, period, METRIC)?;
    let mut asks = requests::asked_about(c, &ids)?;
    // Who asks at home can read it there: it is other departments that lack it.
    let markets: BTreeMap<i64, String> = readings::departments(c)?
        .into_iter()
        .map(|one| (one.id, department_of_path(&one.path).to_owned()))
        .collect();
    let homes: BTreeMap<i64, i64> = rows::home_of(c, &ids)?.into_iter().collect();
    let home = |insight: &i64| homes.get(insight).and_then(|department| markets.get(department));
    asks.retain(|(insight, department, _)| home(insight) != markets.get(department));
    by_demand(&mut ids, &asks);
    Ok((ids, asks))
}

/// Those most asked for first, then the newest.
fn by_demand(ids: &mut [i64], asks: &Asks) {
    let mut many: BTreeMap<i64, i64> = BTreeMap::new();
    for (insight, _, count) in asks {
        *many.entry(*insight).or_default() += count;
    }
    ids.sort_by_key(|id| (std::cmp::Reverse(many.get(id).copied().unwrap_or(0)), std::cmp::Reverse(*id)));
}

#[derive(Template)]
#[template(path = "flow/under_read.html")]
struct UnderReadPage {
    page: Page,
    query: String,
    period: String,
    rows: Vec<Row>,
    total: String,
    /// Whether the night has found them for this period.
    is_known: bool,
    next: Option<String>,
    from: String,
    to: String,
}

struct Row {
    contribution: Contribution,
    day: String,
    /// "4.1 by 6 raters", "valued".
    worth: String,
    /// "Support asked twice", "5 people of Sales and more searched for it".
    wanted: Vec<String>,
    /// What the button says; empty where it has been sent to all that want it.
    label: String,
    /// Departments to choose from, by key and name, since none is known to want it: those it was not sent to.
    choices: Vec<(String, String)>,
    /// "Sent to Support on 12 Nov 2026".
    done: Vec<String>,
}

/// What a page of the list needs.
struct Found {
    loaded: Loaded,
    /// Of the page, in its order.
    contributions: Vec<Contribution>,
    shown: Vec<(i64, i32, i32)>,
    wants: Vec<Wants>,
    sent: Vec<sending::Known>,
    held: Vec<sending::Held>,
    total: usize,
    is_known: bool,
}

/// The groups that want an insight, by their place: requests, and whether enough people searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wants {
    insight: i64,
    by: BTreeMap<usize, (i64, bool)>,
}

fn load(c: &mut Conn, question: Question, skip: usize) -> AppResult<Found> {
    let loaded = Loaded::new(c, question)?;
    let (all, asks) = listed(c, question.period)?;
    let ids: Vec<i64> = all.iter().skip(skip).take(PAGE + 1).copied().collect();
    let mut contributions = rows::by_ids(c, &ids)?;
    contributions.sort_by_key(|one| ids.iter().position(|id| *id == one.id));
    let wants = wants(c, &loaded, &ids, &asks)?;
    let to: Vec<i64> = loaded.grouping.groups.iter().map(|group| department_of(&group.key)).collect();
    Ok(Found {
        shown: rows::shown_of(c, &ids)?,
        sent: sending::sent_insights(c, &to)?,
        held: sending::held(c, &to)?,
        total: all.len(),
        is_known: kept(c, question.period)?.computed_at.is_some(),
        contributions,
        wants,
        loaded,
    })
}

/// Which groups want these insights: their open requests or their searches in vain come near.
fn wants(c: &mut Conn, loaded: &Loaded, ids: &[i64], asks: &Asks) -> AppResult<Vec<Wants>> {
    let homes: BTreeMap<i64, Option<usize>> = rows::home_of(c, ids)?
        .into_iter()
        .map(|(id, department)| (id, loaded.grouping.place_of(department)))
        .collect();
    let missed = missed(c, loaded, Searchers::default())?;
    let texts = search::texts(c, ids)?;
    let mut found: Vec<Wants> = Vec::new();
    for id in ids {
        let mut wants = Wants { insight: *id, by: BTreeMap::new() };
        for (_, department, count) in asks.iter().filter(|ask| ask.0 == *id) {
            if let Some(place) = loaded.grouping.place_of(*department) {
                wants.by.entry(place).or_default().0 += count;
            }
        }
        let text = texts.iter().find(|(of, _)| of == id).map(|(_, text)| text.as_str()).unwrap_or_default();
        for words in missed.known.iter().take(WORDS).filter(|words| says(text, &words.words)) {
            // Only where five people of that group searched: fewer might be told apart.
            let mut people: BTreeMap<usize, HashSet<i64>> = BTreeMap::new();
            for (department, person, _) in &words.by {
                if let Some(place) = loaded.grouping.place_of(*department) {
                    people.entry(place).or_default().insert(*person);
                }
            }
            for (place, _) in people.iter().filter(|(_, people)| people.len() as u64 >= FEWEST_PEOPLE) {
                wants.by.entry(*place).or_default().1 = true;
            }
        }
        let home = homes.get(id).copied().flatten();
        wants.by.retain(|place, _| Some(*place) != home);
        found.push(wants);
    }
    Ok(found)
}

/// Whether a text has all words of a search, each at the beginning of a word.
fn says(text: &str, words: &str) -> bool {
    let terms = near::terms(words);
    let bare = search::bare(text);
    let there: Vec<&str> = bare.split(|c: char| !c.is_alphanumeric()).collect();
    !terms.is_empty() && terms.iter().all(|term| there.iter().any(|word| word.starts_with(term.as_str())))
}

/// Shows the list.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    flow: FlowReader,
    officer: Officer,
    Query(typed): Query<FlowQuery>,
) -> AppResult<HttpResponse> {
    looks::note(&app, officer.actor, Kind::Rows, &[looks::EVERYBODY]).await?;
    let (filters, question, _) = narrowed(&app, &flow, &officer, &typed).await?;
    let skip: usize = match typed.after.as_str() {
        "" => 0,
        text => text
            .parse()
            .map_err(|_| AppError::BadRequest("In this address after must be a number.".into()))?,
    };
    let mut found = flow.read(move |c| load(c, question, skip)).await?;
    let more = found.contributions.len() > PAGE;
    found.contributions.truncate(PAGE);
    let query = filters.query();
    let next = more.then(|| format!("/flow/under-read?{query}&after={}", skip + PAGE));
    let on = |at: NaiveDateTime| in_words(question.calendar.day(at));
    let page = UnderReadPage {
        page: Page::new(&req, &officer, Place::Flow, "Under-read"),
        period: filters.in_words(),
        rows: found.contributions.iter().map(|one| row(one, &found, &on)).collect(),
        total: grouped(found.total as i64),
        is_known: found.is_known,
        next,
        from: filters.period.from.to_string(),
        to: filters.period.to.to_string(),
        query,
    };
    page::show(&page, &req)
}

fn row(one: &Contribution, found: &Found, on: &impl Fn(NaiveDateTime) -> String) -> Row {
    let groups = &found.loaded.grouping.groups;
    let none = Wants::default();
    let wants = found.wants.iter().find(|wants| wants.insight == one.id).unwrap_or(&none);
    let held = |id: i64| found.held.iter().find(|row| row.thing == one.id && row.department_id == id);
    let is_sent = |id: i64| {
        held(id).is_some() || found.sent.iter().any(|row| row.thing == one.id && row.department_id == id)
    };
    let mut wanted = Vec::new();
    let mut left: Vec<&str> = Vec::new();
    for (place, (asked, searched)) in &wants.by {
        let name = &groups[*place].name;
        if *asked > 0 {
            wanted.push(asked_words(name, *asked));
        }
        if *searched {
            wanted.push(format!("five people of {name} and more searched for it"));
        }
        let id = department_of(&groups[*place].key);
        if id != EVERYBODY && !is_sent(id) {
            left.push(name);
        }
    }
    let mut done: Vec<String> = found
        .sent
        .iter()
        .filter(|row| row.thing == one.id)
        .filter_map(|row| {
            let group = groups.iter().find(|group| department_of(&group.key) == row.department_id)?;
            Some(format!("Sent to {} on {}", group.name, on(row.at)))
        })
        .collect();
    done.extend(groups.iter().filter_map(|group| {
        let until = held(department_of(&group.key))?.until;
        let last = in_words(until.pred_opt().unwrap_or(until));
        Some(format!("In a trial with {} until {last}", group.name))
    }));
    let worth = match found.shown.iter().find(|(id, ..)| *id == one.id) {
        Some((_, raters, tenths)) if *raters as u64 >= FEWEST_PEOPLE => {
            format!("{:.1} by {raters} raters", f64::from(*tenths) / 10.0)
        }
        Some((_, _, tenths)) if *tenths >= 35 => "valued".into(),
        _ => "valued at home, or used".into(),
    };
    let is_home = |name: &str| {
        one.department.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let choices: Vec<(String, String)> = groups
        .iter()
        .filter(|group| !is_home(&group.name))
        .filter(|group| {
            let id = department_of(&group.key);
            id != EVERYBODY && !is_sent(id)
        })
        .map(|group| (group.key.clone(), group.name.clone()))
        .collect();
    Row {
        contribution: one.clone(),
        day: in_words(one.day),
        worth,
        label: match &left[..] {
            [] => String::new(),
            [only] => format!("Send it to {only}"),
            [first, second] => format!("Send it to {first} and {second}"),
            more => format!("Send it to {} departments", more.len()),
        },
        choices: if wants.by.is_empty() { choices } else { Vec::new() },
        wanted,
        done,
    }
}

/// One insight, and the department that was chosen for it; none: those that want it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnderReadForm {
    insight: i64,
    department: String,
}

/// `POST /flow/under-read`: sends one insight to the departments that want it, or to one that was chosen.
pub async fn send(
    app: web::Data<App>,
    officer: Officer,
    Query(typed): Query<FlowQuery>,
    Form(form): Form<UnderReadForm>,
) -> AppResult<HttpResponse> {
    let first = app.db.read(|c| Ok(readings::first_day(c)?)).await?;
    let filters = Filters::read(&typed, officer.actor.day, first)?;
    let question = filters.question(&app);
    let back = format!("/flow/under-read?{}#insight-{}", filters.query(), form.insight);
    let (by, at) = (officer.actor.person_id, officer.actor.at);
    let said = app.db.write(move |c| send_one(c, question, &form, by, at)).await?;
    page::see_other_saying(&app, &back, &Flash::say(said))
}

fn send_one(
    c: &mut Conn,
    question: Question,
    form: &UnderReadForm,
    by: i64,
    at: NaiveDateTime,
) -> AppResult<String> {
    let loaded = Loaded::new(c, question)?;
    let (ids, asks) = listed(c, question.period)?;
    if !ids.contains(&form.insight) {
        return Err(AppError::Conflict("This insight is not under-read any more: nothing was sent."));
    }
    let groups = &loaded.grouping.groups;
    let places: Vec<usize> = match form.department.as_str() {
        "" => wants(c, &loaded, &[form.insight], &asks)?
            .into_iter()
            .flat_map(|wants| wants.by.into_keys().collect::<Vec<_>>())
            .collect(),
        key => vec![loaded.grouping.with_key(key).ok_or(AppError::NotFound)?],
    };
    let (mut sent, mut names) = (Sent::default(), Vec::new());
    for place in places {
        let department_id = department_of(&groups[place].key);
        if department_id == EVERYBODY {
            continue;
        }
        let things = [form.insight];
        let sending = Sending { things: &things, department_id, reason: Reason::UnderRead, by: Some(by), at };
        let one = sending::send(c, &sending)?;
        names.push(groups[place].name.clone());
        sent.people += one.people;
        sent.things.extend(one.things);
    }
    sent.things.dedup();
    if names.is_empty() {
        return Err(AppError::Conflict("Nobody is known to want it. Choose a department: nothing was sent."));
    }
    Ok(sent_words(&sent, &names.join(" and ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_answered_by_a_text_with_all_its_words() {
        let text = "night shifts print our dashboard, and file the printouts";
        for (words, expected) in [
            ("print dashboards", true),
            ("Night", true),
            ("printing ink", false),
            ("the", false),
            ("", false),
        ] {
            assert_eq!(says(text, words), expected, "{words}");
        }
    }

    #[test]
    fn what_most_ask_for_comes_first_and_then_the_newest() {
        let mut ids = [1, 2, 3, 4];
        by_demand(&mut ids, &vec![(2, 10, 1), (1, 10, 1), (1, 11, 2)]);
        assert_eq!(ids, [1, 2, 4, 3]);
    }
}
