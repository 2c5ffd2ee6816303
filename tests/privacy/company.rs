//! A company with small departments in which people come, move and leave.

use chrono::NaiveDateTime;
use tradewind::accounts::person::Actor;
use tradewind::accounts::store as accounts;
use tradewind::flow::store;

use crate::support::*;

pub struct Company {
    pub people: Vec<Visitor>,
    pub dora: Visitor,
    pub ada: Visitor,
}

/// Departments with their people. All of the board lead, and the first of two others: not so many that they
/// could be told from everybody.
pub const DEPARTMENTS: [(&str, usize); 9] = [
    ("Board", 5),
    ("Legal", 2),
    ("Operations", 14),
    ("Operations/Night", 4),
    ("Sales", 1),
    ("Sales/North", 8),
    ("Sales/South", 3),
    ("Sales/West", 6),
    ("Staff", 6),
];

fn acting(app: &TestApp, person: &Visitor, at: NaiveDateTime) -> Actor {
    Actor {
        person_id: person.id,
        department_id: person.department_id,
        manager: person.manager,
        at,
        day: app.calendar().day(at),
    }
}

pub async fn company(app: &TestApp) -> Company {
    let mut people = Vec::new();
    for (department, count) in DEPARTMENTS {
        for at in 0..count {
            let name = format!("{} {at}", department.replace('/', " "));
            people.push(match (department, at) {
                ("Board", _) | ("Operations" | "Staff", 0) => app.manager(&name, department).await,
                _ => app.employee(&name, department).await,
            });
        }
    }
    let dora = app.officer("Dora Example", "Staff").await;
    let ada = app.admin("Ada Example", "Operations").await;
    Company { people, dora, ada }
}

/// Somebody goes to another department today.
pub async fn moves(app: &TestApp, person: &mut Visitor, department: &str) {
    let (id, manager, path) = (person.id, person.manager, department.to_owned());
    let today = app.calendar().day(app.now());
    let to = app
        .tell(move |c| {
            let to = accounts::department(c, &path, today)?;
            accounts::move_person(c, id, to, manager, today)?;
            Ok(to)
        })
        .await;
    person.department_id = to;
}

/// Somebody new, from today on.
async fn joins(app: &TestApp, name: &str, department: &str) -> Visitor {
    use diesel::prelude::*;
    use tradewind::db::schema::people;
    let new = app.employee(name, department).await;
    let (id, today) = (new.id, app.calendar().day(app.now()));
    app.tell(move |c| {
        diesel::update(people::table.find(id)).set(people::joined_on.eq(Some(today))).execute(c)?;
        Ok(())
    })
    .await;
    new
}

/// A day on which those who have `opens` open the insights so many of.
pub async fn a_day(app: &TestApp, company: &Company, insights: &[i64], number: usize) {
    let now = app.now();
    for (at, person) in company.people.iter().enumerate() {
        for insight in insights.iter().take((at * 7 + number * 3) % 4) {
            let (actor, insight) = (acting(app, person, now), *insight);
            app.tell(move |c| Ok(store::record_access(c, &actor, insight)?)).await;
        }
    }
}

/// Seven weeks: everybody who leads shares, all open, two move, one leaves, six come.
pub async fn seven_weeks(app: &TestApp, company: &mut Company) {
    let mut insights = Vec::new();
    for week in 0..7 {
        for at in [0, 7, 21, 30 + week] {
            let segment = ["Hospitals", "Schools", ""][(at + week) % 3];
            let author = company.people[at].clone();
            let text = format!("What was said in week {week} to {at}. It is short.");
            insights
                .insert(0, app.insight_with(&author, &text, |draft| draft.segment = segment.into()).await);
        }
        for day in 0..2 {
            a_day(app, company, &insights, week * 2 + day).await;
            app.days_later(1);
        }
        match week {
            2 => {
                let mut mover = company.people[22].clone();
                moves(app, &mut mover, "Legal").await;
                company.people[22] = mover;
            }
            4 => {
                let gone = company.people.pop().expect("somebody");
                let (now, today) = (app.now(), app.calendar().day(app.now()));
                app.tell(move |c| accounts::disable(c, gone.id, now, today)).await;
            }
            5 => {
                let night = ["Nico", "Nils", "Noah", "Nora", "Nyla"].map(|name| (name, "Operations/Night"));
                for (name, department) in night.into_iter().chain([("Nell", "Sales/South")]) {
                    company.people.push(joins(app, &format!("{name} Newcomer"), department).await);
                }
                let mut mover = company.people[10].clone();
                moves(app, &mut mover, "Operations/Night").await;
                company.people[10] = mover;
            }
            _ => {}
        }
        app.days_later(5);
    }
}
