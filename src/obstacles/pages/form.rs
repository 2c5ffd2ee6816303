//! The form of an obstacle, as typed and as meant.

use chrono::{Days, NaiveDate};
use serde::Deserialize;

use crate::accounts::store as accounts;
use crate::clock::Calendar;
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::groups::View;
use crate::flow::metrics::{Loaded, Question};
use crate::obstacles::measure::weeks_before;
use crate::obstacles::obstacle::{ACTION, DESCRIPTION, Obstacle};
use crate::obstacles::target::{Flow, Target};
use crate::text::{many_lines, one_line};
use crate::web::form::FieldErrors;

/// Days until a new obstacle is due, as the form suggests.
const USUAL_DAYS: u64 = 28;
/// Years until the last day that can be meant.
const MOST_DAYS: u64 = 3653;

/// As typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ObstacleForm {
    pub key: String,
    /// The code of a metric; empty for a flow.
    pub metric: String,
    /// Both ends of a flow.
    pub from: String,
    pub to: String,
    pub description: String,
    /// A name, a handle or an e-mail address.
    pub owner: String,
    pub action: String,
    pub due: String,
    /// The version that was seen.
    pub version: String,
    pub reason: String,
}

/// What was meant, but for the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meant {
    pub description: String,
    pub action: String,
    pub owner: String,
    pub due_on: NaiveDate,
}

impl ObstacleForm {
    /// A new one: due in four weeks.
    pub fn suggested(today: NaiveDate, owner: &str) -> ObstacleForm {
        let due = today.checked_add_days(Days::new(USUAL_DAYS)).unwrap_or(today);
        ObstacleForm { owner: format!("@{owner}"), due: due.to_string(), ..ObstacleForm::default() }
    }

    /// As it stands.
    pub fn of(obstacle: &Obstacle, owner: &str) -> ObstacleForm {
        let content = &obstacle.content;
        ObstacleForm {
            description: content.description.clone(),
            owner: format!("@{owner}"),
            action: content.action.clone(),
            due: content.due_on.to_string(),
            version: obstacle.version.to_string(),
            ..ObstacleForm::default()
        }
    }

    /// What was meant. A day that is past is refused unless it is the one that was there.
    pub fn check(&self, today: NaiveDate, known: Option<NaiveDate>) -> Result<Meant, FieldErrors> {
        let mut errors = FieldErrors::new();
        let description = match one_line(&self.description, DESCRIPTION) {
            Ok(text) if text.is_empty() => {
                errors.add("description", "Say in a sentence what stands in the way.");
                text
            }
            Ok(text) => text,
            Err(why) => {
                errors.add("description", why);
                String::new()
            }
        };
        let action = match many_lines(&self.action, ACTION) {
            Ok(text) if text.trim().is_empty() => {
                errors.add("action", "Say what is planned, if only to find out more.");
                text
            }
            Ok(text) => text,
            Err(why) => {
                errors.add("action", why);
                String::new()
            }
        };
        let owner = self.owner.trim().trim_start_matches('@').to_owned();
        if owner.is_empty() {
            errors.add(
                "owner",
                "Name who sees to it: by name, by handle such as @ann.sample, or by e-mail address.",
            );
        }
        let far = today.checked_add_days(Days::new(MOST_DAYS)).unwrap_or(today);
        let due_on = match self.due.trim().parse::<NaiveDate>() {
            Ok(day) if day < today && known != Some(day) => {
                errors.add("due", "That day is past. Choose today or a later one.");
                day
            }
            Ok(day) if day > far => {
                errors.add("due", "That is more than ten years ahead. Choose an earlier day.");
                day
            }
            Ok(day) => day,
            Err(_) => {
                errors.add("due", "Write the day as year-month-day, such as 2026-11-30.");
                today
            }
        };
        errors.or(Meant { description, action, owner, due_on })
    }
}

/// Who is called so; the error says why nobody is.
///
/// # Errors
/// What the database says.
pub fn owner(c: &mut Conn, typed: &str) -> AppResult<Result<i64, FieldErrors>> {
    if typed.contains('@') {
        return Ok(match accounts::person_by_email(c, typed)? {
            Some(row) if row.disabled_at.is_none() => Ok(row.id),
            _ => Err(FieldErrors::one(
                "owner",
                "Nobody here has this e-mail address. Look for a typing mistake.",
            )),
        });
    }
    let found = accounts::by_handles(c, &[typed.to_lowercase()])?;
    if let Some(person) = found.first() {
        return Ok(if person.is_here {
            Ok(person.id)
        } else {
            Err(FieldErrors::one(
                "owner",
                format!("{} is not here any more. Name somebody else.", person.name),
            ))
        });
    }
    // A name is as good as a handle as long as one person has it.
    let named = accounts::by_name(c, typed)?;
    Ok(match &named[..] {
        [only] => Ok(only.id),
        [] => Err(FieldErrors::one(
            "owner",
            format!(
                "Nobody here is called {typed}. Write the name as it stands on the person's page, or the handle below it."
            ),
        )),
        several => {
            let handles: Vec<String> = several.iter().map(|one| format!("@{}", one.handle)).collect();
            Err(FieldErrors::one(
                "owner",
                format!("Several people are called {typed}. Write the handle: {}.", handles.join(", ")),
            ))
        }
    })
}

/// Both ends of a flow as the flow page names them now; none where there is no such pair.
///
/// # Errors
/// What the database says.
pub fn flow(
    c: &mut Conn,
    (from, to): (&str, &str),
    (today, weeks): (NaiveDate, i64),
    calendar: Calendar,
) -> AppResult<Option<Target>> {
    let question =
        Question { period: weeks_before(today, weeks), segment: None, view: View::default(), calendar };
    let loaded = Loaded::new(c, question)?;
    let name = |key: &str| {
        let place = loaded.grouping.with_key(key)?;
        Some(loaded.grouping.groups[place].name.clone())
    };
    let (Some(from_name), Some(to_name)) = (name(from), name(to)) else { return Ok(None) };
    Ok(Some(Target::Flow(Flow { from_key: from.to_owned(), from_name, to_key: to.to_owned(), to_name })))
}
