//! Who hears what about an obstacle: whoever sees to it when it becomes theirs, when it is due, and when the
//! customer office changes it; whoever opened it when its owner says what was done; and the customer office why
//! people did not share.

use chrono::{Days, NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::accounts::person::{Actor, Role};
use crate::db::Conn;
use crate::db::schema::{obstacles, people};
use crate::error::AppResult;
use crate::flow::groups::FEWEST_PEOPLE;
use crate::notices::store::tell;
use crate::notices::{About, Kind, Notice};
use crate::obstacles::obstacle::Obstacle;
use crate::web::when;

fn about(obstacle: &Obstacle) -> About {
    About {
        thing: format!("obstacle:{}", obstacle.id),
        title: obstacle.content.description.clone(),
        path: format!("/obstacles/{}", obstacle.id),
    }
}

fn notice(obstacle: &Obstacle, person_id: i64, text: String, key: &str, at: NaiveDateTime) -> Notice {
    Notice {
        person_id,
        kind: Kind::Obstacle,
        about: about(obstacle),
        text,
        key: format!("obstacle:{}:{key}", obstacle.id),
        department: None,
        at,
    }
}

/// Its owner hears that it is theirs, unless they gave it to themselves.
///
/// # Errors
/// What the database says.
pub fn assigned(c: &mut Conn, obstacle: &Obstacle, actor: &Actor) -> QueryResult<()> {
    let owner = obstacle.content.owner_id;
    if owner == actor.person_id {
        return Ok(());
    }
    let due = when::day(obstacle.content.due_on, actor.day);
    let text = format!("“{}” is yours to see to, until {due}", obstacle.content.description);
    tell(c, &notice(obstacle, owner, text, &format!("owner:{}", obstacle.version), actor.at))
}

/// The other side hears of a change: its owner what the office did, whoever opened it what the owner did.
///
/// # Errors
/// What the database says.
pub fn changed(c: &mut Conn, obstacle: &Obstacle, actor: &Actor, what: &str) -> QueryResult<()> {
    let mut told = vec![obstacle.content.owner_id, obstacle.opened_by];
    told.sort_unstable();
    told.dedup();
    for person_id in told.into_iter().filter(|id| *id != actor.person_id) {
        let text = format!("“{}”: {what}", obstacle.content.description);
        let key = format!("change:{}:{}", obstacle.version, actor.at.and_utc().timestamp_micros());
        tell(c, &notice(obstacle, person_id, text, &key, actor.at))?;
    }
    Ok(())
}

/// The customer office hears that the answers of a month that is over are there: why people did not share. Once
/// a month, and only where as many answered as may be told of.
///
/// # Errors
/// What the database says.
pub fn reasons_are_there(c: &mut Conn, month: NaiveDate, now: NaiveDateTime) -> QueryResult<()> {
    if super::reasons::answered(c, month)? < FEWEST_PEOPLE as i64 {
        return Ok(());
    }
    let officers: Vec<i64> = people::table
        .filter(people::role.eq(Role::Cco.name()))
        .filter(people::disabled_at.is_null())
        .order(people::id)
        .select(people::id)
        .load(c)?;
    let name = month.format("%B %Y");
    for person_id in officers {
        tell(
            c,
            &Notice {
                person_id,
                kind: Kind::Obstacle,
                about: About {
                    thing: "obstacle:unshared".into(),
                    title: "Why people did not share".into(),
                    path: "/obstacles#unshared".into(),
                },
                text: format!("Why people did not share: what they said in {name} is there"),
                key: format!("obstacle:unshared:{}", month.format("%Y-%m")),
                department: None,
                at: now,
            },
        )?;
    }
    Ok(())
}

/// Owners hear some days before it is due, and on the day after. Named by the day: given more time they hear
/// again.
///
/// # Errors
/// What the database says.
pub fn due(c: &mut Conn, now: NaiveDateTime, today: NaiveDate, days_before: i64) -> AppResult<usize> {
    let soon = today.checked_add_days(Days::new(days_before.unsigned_abs())).unwrap_or(today);
    let ids: Vec<i64> = obstacles::table
        .filter(obstacles::undone.eq(false))
        .filter(obstacles::state.eq_any(["open", "acting"]))
        .filter(obstacles::due_on.le(soon))
        .order(obstacles::id)
        .limit(super::register::MOST)
        .select(obstacles::id)
        .load(c)?;
    for id in &ids {
        let obstacle = super::register::obstacle_of(c, *id)?;
        let (due_on, words) = (obstacle.content.due_on, &obstacle.content.description);
        let day = when::day(due_on, today);
        let (text, key) = if due_on < today {
            (format!("“{words}” was due on {day}: say what was done, or ask for more time"), "over")
        } else {
            (format!("“{words}” is due on {day}"), "soon")
        };
        let key = format!("due:{due_on}:{key}");
        tell(c, &notice(&obstacle, obstacle.content.owner_id, text, &key, now))?;
    }
    Ok(ids.len())
}
