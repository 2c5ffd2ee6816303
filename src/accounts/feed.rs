//! The nightly feed from the personnel system: people as they should be, compared with people as they
//! are. Making the plan writes nothing; applying it does what the plan says, in the caller's transaction.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};

use super::department::DepartmentPath;
use super::person::Role;
use super::store::{self, NewPerson, PersonRow, State};
use super::{audit, person};
use crate::db::Conn;
use crate::error::{AppError, AppResult};
use crate::text;

/// Somebody as the personnel system lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub email: String,
    pub name: String,
    /// A path such as `Service/North`.
    pub department: String,
    /// Empty where the list does not say: a new person is an employee, anybody else stays what they are.
    pub role: Option<Role>,
    /// Empty where the list does not say, as above.
    pub manager: Option<bool>,
    /// Empty where the list does not say: a new person joins today, anybody else did when they did.
    pub joined_on: Option<NaiveDate>,
    /// The first day on which they are no longer here; from that day on they count as not listed. Empty where the
    /// list does not say, empty inside where it says that they do not leave.
    pub left_on: Option<Option<NaiveDate>>,
}

/// What is to change about somebody; empty parts stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub person_id: i64,
    pub email: String,
    pub name: Option<String>,
    /// From and to.
    pub department: Option<(String, String)>,
    /// From and to.
    pub role: Option<(Role, Role)>,
    /// To.
    pub manager: Option<bool>,
    /// Another first day than was known.
    pub joined_on: Option<NaiveDate>,
    /// A last day that is still to come, or no longer.
    pub left_on: Option<Option<NaiveDate>>,
}

impl Change {
    fn is_empty(&self) -> bool {
        self.name.is_none()
            && self.department.is_none()
            && self.role.is_none()
            && self.manager.is_none()
            && self.joined_on.is_none()
            && self.left_on.is_none()
    }
}

/// What the feed would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub add: Vec<Listed>,
    pub change: Vec<Change>,
    /// Id and e-mail of who is no longer listed.
    pub disable: Vec<(i64, String)>,
    /// Id and e-mail of who was disabled because the list, or their last day, said so, and is listed again.
    pub back: Vec<(i64, String)>,
    /// E-mails of people who are listed but were disabled by somebody, who decided that: the feed does not
    /// undo it.
    pub still_disabled: Vec<String>,
    /// The last administrator, who is not listed and stays all the same.
    pub spared: Option<String>,
    /// How many stay as they are.
    pub unchanged: usize,
    /// How many are not disabled now.
    pub people: usize,
}

impl Plan {
    /// Why this must not be applied: it would disable more than a tenth of all people, which is rather a
    /// broken list than a lay-off.
    pub fn refusal(&self, allow_mass_disable: bool) -> Option<String> {
        let too_many = self.disable.len() * 10 > self.people;
        (too_many && !allow_mass_disable).then(|| {
            format!(
                "this list would disable {} of {} people, more than a tenth; if that is meant, add --allow-mass-disable",
                self.disable.len(),
                self.people
            )
        })
    }

    /// What it does, in a sentence.
    pub fn summary(&self) -> String {
        let changes = |pick: fn(&Change) -> bool| self.change.iter().filter(|change| pick(change)).count();
        let mut words = format!(
            "{} added, {} moved, {} with another role, {} with another manager flag, {} renamed, {} disabled, {} back, {} unchanged",
            self.add.len(),
            changes(|change| change.department.is_some()),
            changes(|change| change.role.is_some()),
            changes(|change| change.manager.is_some()),
            changes(|change| change.name.is_some()),
            self.disable.len(),
            self.back.len(),
            self.unchanged
        );
        if !self.still_disabled.is_empty() {
            words.push_str(&format!(
                "; listed but disabled by hand, left so: {}",
                self.still_disabled.join(", ")
            ));
        }
        if let Some(email) = &self.spared {
            words.push_str(&format!("; {email} is the last administrator and stays"));
        }
        words
    }
}

/// Compares the list with the people there are. Writes nothing.
///
/// # Errors
/// 400 with every wrong line: no e-mail, no name, no path, the same e-mail twice.
pub fn plan(c: &mut Conn, listed: &[Listed], today: NaiveDate) -> AppResult<Plan> {
    check(listed)?;
    let known = store::people(c)?;
    let by_email: HashMap<&str, &(PersonRow, String)> =
        known.iter().map(|entry| (entry.0.folded_email.as_str(), entry)).collect();
    let mut plan = Plan {
        people: known.iter().filter(|(person, _)| person.disabled_at.is_none()).count(),
        ..Plan::default()
    };
    let mut present = HashSet::new();
    for entry in listed.iter().filter(|entry| entry.left_on.flatten().is_none_or(|day| day > today)) {
        let folded = text::fold(&entry.email);
        match by_email.get(folded.as_str()) {
            None => plan.add.push(entry.clone()),
            Some((person, _)) if person.disabled_at.is_some() && by_hand(c, person.id)? => {
                plan.still_disabled.push(person.email.clone());
            }
            Some((person, department)) => {
                let change = change(person, department, entry);
                if person.disabled_at.is_some() {
                    plan.back.push((person.id, person.email.clone()));
                    if !change.is_empty() {
                        plan.change.push(change);
                    }
                } else if change.is_empty() {
                    plan.unchanged += 1;
                } else {
                    plan.change.push(change);
                }
            }
        }
        present.insert(folded);
    }
    plan.disable = known
        .iter()
        .filter(|(person, _)| person.disabled_at.is_none() && !present.contains(&person.folded_email))
        .map(|(person, _)| (person.id, person.email.clone()))
        .collect();
    spare_an_administrator(&mut plan, &known);
    Ok(plan)
}

/// Whether somebody was disabled by a person: the list and the last day write down why.
fn by_hand(c: &mut Conn, id: i64) -> AppResult<bool> {
    Ok(audit::last_detail(c, &object(id), "disabled")?.is_some_and(|why| why.is_empty()))
}

fn check(listed: &[Listed]) -> AppResult<()> {
    let mut problems = Vec::new();
    let mut seen = HashSet::new();
    for entry in listed {
        let problem = person::email_of(&entry.email)
            .err()
            .or_else(|| DepartmentPath::parse(&entry.department).err())
            .or_else(|| entry.name.trim().is_empty().then(|| "the name is missing".to_owned()))
            .or_else(|| (!seen.insert(text::fold(&entry.email))).then(|| "listed twice".to_owned()));
        if let Some(problem) = problem {
            problems.push(format!("{}: {problem}", entry.email));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(AppError::BadRequest(problems.join("; "))) }
}

fn change(person: &PersonRow, department: &str, entry: &Listed) -> Change {
    let folded =
        |path: &str| DepartmentPath::parse(path).map_or_else(|_| text::fold(path), |path| path.folded());
    Change {
        person_id: person.id,
        email: person.email.clone(),
        name: (person.name != entry.name).then(|| entry.name.clone()),
        department: (folded(department) != folded(&entry.department))
            .then(|| (department.to_owned(), entry.department.clone())),
        role: entry.role.filter(|role| *role != person.role).map(|role| (person.role, role)),
        manager: entry.manager.filter(|manager| *manager != person.manager),
        joined_on: entry.joined_on.filter(|day| person.joined_on != Some(*day)),
        left_on: entry.left_on.filter(|left_on| *left_on != person.left_on),
    }
}

/// The administrator who set the company up is seldom on the list of the personnel system: the last one
/// is neither disabled nor made something else.
fn spare_an_administrator(plan: &mut Plan, known: &[(PersonRow, String)]) {
    let comes_in = |id: i64| {
        known.iter().any(|(person, _)| {
            person.id == id && person.role == Role::Admin && person.state() == State::Active
        })
    };
    let stays = known.iter().any(|(person, _)| {
        let leaves = plan.disable.iter().any(|(id, _)| *id == person.id);
        let demoted = plan.change.iter().any(|change| change.person_id == person.id && change.role.is_some());
        person.role == Role::Admin && person.state() == State::Active && !leaves && !demoted
    });
    // Whoever has not chosen a password yet, who came with this list or an earlier one, cannot sign in and does
    // not count.
    if stays {
        return;
    }
    if let Some(at) = plan.disable.iter().position(|(id, _)| comes_in(*id)) {
        plan.spared = Some(plan.disable.remove(at).1);
    } else if let Some(change) =
        plan.change.iter_mut().find(|change| change.role.is_some() && comes_in(change.person_id))
    {
        change.role = None;
        plan.spared = Some(change.email.clone());
    }
}

/// Does what the plan says. Memberships change from `today`; whoever is disabled or gets another role is
/// signed out. `actor` is empty for the command line.
///
/// # Errors
/// 400 with [`Plan::refusal`]; what the database says. Nothing may be kept then.
pub fn apply(
    c: &mut Conn,
    plan: &Plan,
    actor: Option<i64>,
    now: NaiveDateTime,
    today: NaiveDate,
    allow_mass_disable: bool,
) -> AppResult<()> {
    if let Some(refusal) = plan.refusal(allow_mass_disable) {
        return Err(AppError::BadRequest(refusal));
    }
    for entry in &plan.add {
        let department_id = store::department(c, &entry.department, today)?;
        let new = NewPerson {
            email: entry.email.trim().to_owned(),
            name: entry.name.clone(),
            role: entry.role.unwrap_or(Role::Employee),
            department_id,
            manager: entry.manager.unwrap_or(false),
            joined_on: Some(entry.joined_on.unwrap_or(today)),
            left_on: entry.left_on.flatten(),
            password_hash: None,
        };
        let id = store::add_person(c, &new, now, today)?;
        audit::record(c, actor, now, "added", &object(id), "personnel feed")?;
    }
    // First, since coming back forgets a last day that the list may set anew.
    for (id, _) in &plan.back {
        store::enable(c, *id)?;
        audit::record(c, actor, now, "enabled", &object(*id), "personnel feed")?;
    }
    for change in &plan.change {
        let id = change.person_id;
        if let Some(name) = &change.name {
            store::rename(c, id, name)?;
        }
        if let Some(day) = change.joined_on
            && let Some(moved_on) = store::set_joined_on(c, id, day)?
        {
            return Err(AppError::BadRequest(format!(
                "{}: joined_on {day} is not before {moved_on}, when they moved; nothing was written",
                change.email
            )));
        }
        if let Some(left_on) = change.left_on {
            store::set_left_on(c, id, left_on)?;
        }
        if change.department.is_some() || change.manager.is_some() {
            let person = store::person(c, id)?;
            let department_id = match &change.department {
                Some((_, to)) => store::department(c, to, today)?,
                None => person.department_id,
            };
            store::move_person(c, id, department_id, change.manager.unwrap_or(person.manager), today)?;
        }
        if let Some((_, role)) = change.role {
            store::set_role(c, id, role)?;
        }
        audit::record(c, actor, now, "changed", &object(id), &said(change))?;
    }
    for (id, _) in &plan.disable {
        store::disable(c, *id, now, today)?;
        audit::record(c, actor, now, "disabled", &object(*id), "no longer in the personnel feed")?;
    }
    Ok(())
}

fn object(id: i64) -> String {
    format!("person:{id}")
}

/// A change in words, without the name.
fn said(change: &Change) -> String {
    let mut words = vec!["personnel feed".to_owned()];
    if change.name.is_some() {
        words.push("name".into());
    }
    if let Some((from, to)) = &change.department {
        words.push(format!("{from} to {to}"));
    }
    if let Some((from, to)) = change.role {
        words.push(format!("{} to {}", from.name(), to.name()));
    }
    match change.manager {
        Some(true) => words.push("now a manager".into()),
        Some(false) => words.push("no longer a manager".into()),
        None => {}
    }
    if let Some(day) = change.joined_on {
        words.push(format!("joined on {day}"));
    }
    if change.left_on.is_some() {
        words.push("last day".into());
    }
    words.join(", ")
}
