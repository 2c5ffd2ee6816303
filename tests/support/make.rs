//! People and insights of a story, made beforehand.

use diesel::prelude::*;
use tradewind::accounts::person::Role;
use tradewind::accounts::{session, store};
use tradewind::db::schema::{insight_authors, insights, people};
use tradewind::web::token;

use super::visitor::Known;
use super::{TestApp, Visitor};

impl TestApp {
    /// An employee of a department, signed in. The address is the name's words with dots:
    /// `ann@example.com`.
    pub async fn employee(&self, name: &str, department: &str) -> Visitor {
        self.person(name, department, Role::Employee, false).await
    }

    /// An employee who leads people.
    pub async fn manager(&self, name: &str, department: &str) -> Visitor {
        self.person(name, department, Role::Employee, true).await
    }

    /// A curator.
    pub async fn curator(&self, name: &str, department: &str) -> Visitor {
        self.person(name, department, Role::Curator, false).await
    }

    /// The Chief Customer Officer.
    pub async fn officer(&self, name: &str, department: &str) -> Visitor {
        self.person(name, department, Role::Cco, false).await
    }

    /// An administrator.
    pub async fn admin(&self, name: &str, department: &str) -> Visitor {
        self.person(name, department, Role::Admin, false).await
    }

    async fn person(&self, name: &str, department: &str, role: Role, manager: bool) -> Visitor {
        let email =
            format!("{}@example.com", name.to_lowercase().split_whitespace().collect::<Vec<_>>().join("."));
        let (who, path, address) = (name.to_owned(), department.to_owned(), email.clone());
        let now = self.now();
        let session = token::fresh().expect("randomness");
        let cookie = session.clone();
        let (id, department_id) = self
            .tell(move |c| {
                let department_id = store::department(c, &path, now.date())?;
                let new = store::NewPerson {
                    email: address.clone(),
                    name: who.clone(),
                    role,
                    department_id,
                    manager,
                    joined_on: None,
                    left_on: None,
                    password_hash: None,
                };
                let id = store::add_person(c, &new, now, now.date())?;
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
