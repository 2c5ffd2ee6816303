//! People and insights of a story, made beforehand.

use diesel::prelude::*;
use tradewind::accounts::session;
use tradewind::db::Conn;
use tradewind::db::schema::{departments, insight_authors, insights, memberships, people};
use tradewind::error::AppResult;
use tradewind::web::token;

use super::visitor::Known;
use super::{TestApp, Visitor};

impl TestApp {
    /// An employee of a department, signed in. The address is the name's words with dots:
    /// `ann@example.com`.
    pub async fn employee(&self, name: &str, department: &str) -> Visitor {
        self.person(name, department, "employee", false).await
    }

    /// An employee who leads people.
    pub async fn manager(&self, name: &str, department: &str) -> Visitor {
        self.person(name, department, "employee", true).await
    }

    /// A curator.
    pub async fn curator(&self, name: &str, department: &str) -> Visitor {
        self.person(name, department, "curator", false).await
    }

    /// The Chief Customer Officer.
    pub async fn officer(&self, name: &str, department: &str) -> Visitor {
        self.person(name, department, "cco", false).await
    }

    /// An administrator.
    pub async fn admin(&self, name: &str, department: &str) -> Visitor {
        self.person(name, department, "admin", false).await
    }

    async fn person(&self, name: &str, department: &str, role: &'static str, manager: bool) -> Visitor {
        let email =
            format!("{}@example.com", name.to_lowercase().split_whitespace().collect::<Vec<_>>().join("."));
        let (who, path, address) = (name.to_owned(), department.to_owned(), email.clone());
        let now = self.now();
        let session = token::fresh().expect("randomness");
        let cookie = session.clone();
        let (id, department_id) = self
            .tell(move |c| {
                let department_id = department_of(c, &path, now)?;
                let id = diesel::insert_into(people::table)
                    .values((
                        people::email.eq(&address),
                        people::folded_email.eq(address.to_lowercase()),
                        people::name.eq(&who),
                        people::role.eq(role),
                        people::department_id.eq(department_id),
                        people::manager.eq(manager),
                        people::created_at.eq(now),
                    ))
                    .returning(people::id)
                    .get_result::<i64>(c)?;
                diesel::insert_into(memberships::table)
                    .values((
                        memberships::person_id.eq(id),
                        memberships::department_id.eq(department_id),
                        memberships::manager.eq(manager),
                    ))
                    .execute(c)?;
                session::start(c, &cookie, id, now)?;
                Ok((id, department_id))
            })
            .await;
        Visitor::new(self.clone(), Some(Known { id, name: name.to_owned(), email, department_id, session }))
    }

    /// Signs somebody in on another browser.
    pub async fn another_browser(&self, person: &Visitor) -> Visitor {
        let session = token::fresh().expect("randomness");
        let (id, cookie, now) = (person.id, session.clone(), self.now());
        self.tell(move |c| Ok(session::start(c, &cookie, id, now)?)).await;
        Visitor::new(
            self.clone(),
            Some(Known {
                id,
                name: person.name.clone(),
                email: person.email.clone(),
                department_id: person.department_id,
                session,
            }),
        )
    }

    /// An insight by somebody, shared now; returns its id.
    pub async fn insight(&self, author: &Visitor, text: &str) -> i64 {
        let now = self.now();
        let day = self.calendar().day(now);
        let (author_id, department_id, body) = (author.id, author.department_id, text.to_owned());
        let title: String =
            text.split_inclusive(['.', '?', '!']).next().unwrap_or(text).chars().take(140).collect();
        let reference = token::fresh().expect("randomness");
        self.tell(move |c| {
            let manager = people::table.find(author_id).select(people::manager).first::<bool>(c)?;
            let id = diesel::insert_into(insights::table)
                .values((
                    insights::reference.eq(&reference),
                    insights::title.eq(&title),
                    insights::body.eq(&body),
                    insights::author_id.eq(author_id),
                    insights::department_id.eq(department_id),
                    insights::manager.eq(manager),
                    insights::contributed_at.eq(now),
                    insights::day.eq(day),
                ))
                .returning(insights::id)
                .get_result::<i64>(c)?;
            diesel::insert_into(insight_authors::table)
                .values((
                    insight_authors::insight_id.eq(id),
                    insight_authors::person_id.eq(author_id),
                    insight_authors::role.eq("author"),
                ))
                .execute(c)?;
            Ok(id)
        })
        .await
    }
}

fn department_of(c: &mut Conn, path: &str, now: chrono::NaiveDateTime) -> AppResult<i64> {
    let folded = path.to_lowercase();
    let open = departments::table
        .filter(departments::folded_path.eq(&folded))
        .filter(departments::closed_on.is_null())
        .select(departments::id)
        .first::<i64>(c)
        .optional()?;
    if let Some(id) = open {
        return Ok(id);
    }
    if let Some((parent, _)) = path.rsplit_once('/') {
        department_of(c, parent, now)?;
    }
    Ok(diesel::insert_into(departments::table)
        .values((
            departments::path.eq(path),
            departments::folded_path.eq(folded),
            departments::opened_on.eq(now.date()),
        ))
        .returning(departments::id)
        .get_result(c)?)
}
