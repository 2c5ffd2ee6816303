//! People and insights of a story, made beforehand through the stores.

use tradewind::accounts::person::{Actor, Role};
use tradewind::accounts::store::NewPerson;
use tradewind::accounts::{password, session, store};
use tradewind::archive::draft::{self, Draft};
use tradewind::config::Hashing;
use tradewind::web::token;

use super::visitor::Known;
use super::{TestApp, Visitor};

/// What everybody in a story signs in with.
pub const PASSWORD: &str = "seven quiet harbours at dawn";

/// The hash of [`PASSWORD`], made once.
pub fn password_hash() -> String {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    HASH.get_or_init(|| password::hash(PASSWORD, Hashing::Cheap).expect("a hash")).clone()
}

impl TestApp {
    /// An employee of a department, signed in; the address is made of the name: `ann.sample@example.com`.
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

    /// Somebody with a role, signed in.
    pub async fn person(&self, name: &str, department: &str, role: Role, manager: bool) -> Visitor {
        let words: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
        let email = format!("{}@example.com", words.join("."));
        let (now, today) = (self.now(), self.calendar().day(self.now()));
        let new = NewPerson {
            email: email.clone(),
            name: name.to_owned(),
            role,
            department_id: 0,
            manager,
            joined_on: None,
            left_on: None,
            password_hash: Some(password_hash()),
        };
        let path = department.to_owned();
        let (id, department_id) = self
            .tell(move |c| {
                let department_id = store::department(c, &path, today)?;
                let id = store::add_person(c, &NewPerson { department_id, ..new.clone() }, now, today)?;
                Ok((id, department_id))
            })
            .await;
        self.browser(Known {
            id,
            name: name.to_owned(),
            email,
            department_id,
            manager,
            session: String::new(),
        })
        .await
    }

    /// Signs somebody in on another browser.
    pub async fn another_browser(&self, person: &Visitor) -> Visitor {
        self.browser(person.known()).await
    }

    async fn browser(&self, known: Known) -> Visitor {
        let session = token::fresh().expect("randomness");
        let (id, cookie, now) = (known.id, session.clone(), self.now());
        self.tell(move |c| Ok(session::start(c, &cookie, id, now)?)).await;
        Visitor::new(self.clone(), Some(Known { session, ..known }))
    }

    /// Somebody acting now, as a handler stores it.
    pub fn acting(&self, person: &Visitor) -> Actor {
        let at = self.now();
        Actor {
            person_id: person.id,
            department_id: person.department_id,
            manager: person.manager,
            at,
            day: self.calendar().day(at),
        }
    }

    /// An insight by somebody, shared now; returns its id. The first sentence is its title.
    pub async fn insight(&self, author: &Visitor, text: &str) -> i64 {
        self.insight_with(author, text, |_| ()).await
    }

    /// An insight with more than a text: `|draft| draft.segment = "Hospitals".into()`.
    pub async fn insight_with(&self, author: &Visitor, text: &str, adjust: impl FnOnce(&mut Draft)) -> i64 {
        let (title, body) = draft::title_and_rest(text);
        let mut draft = Draft { title, body, ..Draft::default() };
        adjust(&mut draft);
        let actor = self.acting(author);
        self.tell(move |c| {
            let id = tradewind::archive::store::share(c, &actor, &draft)?;
            tradewind::market::store::values::start(c, id, actor.at)?;
            Ok(id)
        })
        .await
    }
}
