//! What the stores promise: history, links, keys.

use diesel::prelude::*;
use tradewind::accounts::department::DepartmentPath;
use tradewind::accounts::links::{self, Purpose};
use tradewind::accounts::{store, submission};
use tradewind::db::schema::memberships;

use super::day;
use crate::support::*;

on_both!(a_person_who_moves_keeps_their_history, |app| async move {
    let ann = app.employee("Ann Sample", "Service/North").await;
    let id = ann.id;
    let rows = app
        .tell(move |c| {
            let sales = store::department(c, "Sales", day("2026-11-04"))?;
            store::move_person(c, id, sales, true, day("2026-11-04"))?;
            // Corrected on the same day: no membership of no length.
            store::move_person(c, id, sales, false, day("2026-11-04"))?;
            // Nothing changes, nothing is written.
            store::move_person(c, id, sales, false, day("2026-11-09"))?;
            Ok(memberships::table
                .filter(memberships::person_id.eq(id))
                .order(memberships::id)
                .select((memberships::manager, memberships::from_day, memberships::to_day))
                .load::<(bool, Option<chrono::NaiveDate>, Option<chrono::NaiveDate>)>(c)?)
        })
        .await;
    assert_eq!(rows, [(false, None, Some(day("2026-11-04"))), (false, Some(day("2026-11-04")), None)]);
});

on_both!(a_department_moves_with_everything_below_it, |app| async move {
    let ann = app.employee("Ann Sample", "Service/North/Plant 4").await;
    let bob = app.employee("Bob Example", "Services").await;
    let id = ann.id;
    let (old, new, paths) = app
        .tell(move |c| {
            let old = store::person(c, id)?.department_id;
            let service = store::department(c, "service", day("2026-11-04"))?;
            let to = DepartmentPath::parse("Care/Service").expect("a path");
            store::relocate(c, service, &to, day("2026-11-04"))?;
            let new = store::person(c, id)?.department_id;
            let open = store::departments(c)?;
            Ok((
                store::department_of(c, old)?,
                store::department_of(c, new)?,
                open.iter().map(|branch| (branch.row.path.clone(), branch.people_below)).collect::<Vec<_>>(),
            ))
        })
        .await;
    assert_eq!((old.path.as_str(), old.closed_on), ("Service/North/Plant 4", Some(day("2026-11-04"))));
    assert_eq!(old.succeeded_by, Some(new.id));
    assert_eq!(new.path, "Care/Service/North/Plant 4");
    let expected = [
        ("Care", 1),
        ("Care/Service", 1),
        ("Care/Service/North", 1),
        ("Care/Service/North/Plant 4", 1),
        ("Services", 1),
    ];
    assert_eq!(paths, expected.map(|(path, people)| (path.to_owned(), people)));
    let id = bob.id;
    let refusals = app
        .tell(move |c| {
            let services = store::person(c, id)?.department_id;
            let mut refusals = Vec::new();
            for to in ["Services/Inner", "Care/service/NORTH"] {
                let to = DepartmentPath::parse(to).expect("a path");
                refusals.push(store::relocate(c, services, &to, day("2026-11-04")).is_err());
            }
            Ok(refusals)
        })
        .await;
    assert_eq!(refusals, [true, true]);
});

on_both!(a_link_works_once_and_not_for_ever, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let (id, now) = (ann.id, app.now());
    let dead = app
        .tell(move |c| {
            let older = links::create(c, Purpose::Reset, Some(id), now)?;
            let newer = links::create(c, Purpose::Reset, Some(id), now)?;
            let almost = now + chrono::Duration::minutes(29);
            let after = now + chrono::Duration::minutes(30);
            let mut seen = vec![
                links::look(c, Purpose::Reset, &older, now)?.is_none(),
                links::look(c, Purpose::Invitation, &newer, now)?.is_none(),
                links::look(c, Purpose::Reset, &newer, after)?.is_none(),
                links::look(c, Purpose::Reset, &newer, almost)?.is_some(),
                links::take(c, Purpose::Reset, &newer, almost)? == Some(Some(id)),
            ];
            seen.push(links::take(c, Purpose::Reset, &newer, almost)?.is_none());
            let demo = links::create(c, Purpose::Demo, Some(id), now)?;
            for _ in 0..2 {
                seen.push(links::take(c, Purpose::Demo, &demo, now)? == Some(Some(id)));
            }
            Ok(seen)
        })
        .await;
    assert_eq!(dead, [true; 8]);
});

on_both!(a_form_sent_twice_takes_effect_once, |app| async move {
    let ann = app.employee("Ann Sample", "Sales").await;
    let (id, now) = (ann.id, app.now());
    let places = app
        .tell(move |c| {
            let first = submission::once(c, id, "key", now, |_| Ok("/insights/1".into()))?;
            let second = submission::once(c, id, "key", now, |_| Ok("/insights/2".into()))?;
            let other = submission::once(c, id, "other", now, |_| Ok("/insights/3".into()))?;
            Ok([first, second, other])
        })
        .await;
    assert_eq!(places, ["/insights/1", "/insights/1", "/insights/3"]);
});

on_both!(the_last_administrator_stays, |app| async move {
    let eve = app.admin("Eve Sample", "IT").await;
    let max = app.admin("Max Example", "IT").await;
    let (eve, max, now) = (eve.id, max.id, app.now());
    app.tell(move |c| store::disable(c, max, now, now.date())).await;
    let refused = app
        .ask(move |c| {
            Ok([
                store::disable(c, eve, now, now.date()).is_err(),
                store::set_role(c, eve, tradewind::accounts::person::Role::Employee).is_err(),
                store::person(c, eve)?.disabled_at.is_some(),
                store::person(c, max)?.disabled_at.is_none(),
            ])
        })
        .await;
    assert_eq!(refused, [true, true, false, false]);
});
