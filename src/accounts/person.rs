//! A person, their role, and what a role may do.

use chrono::{NaiveDate, NaiveDateTime};

use crate::clock::Calendar;

/// What somebody is to the product. Every role includes what employees may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Reads, shares, rates, asks.
    Employee,
    /// Also moderates.
    Curator,
    /// Also sees flow and reports: the Chief Customer Officer.
    Cco,
    /// Also manages people, imports and settings; does not thereby see flow.
    Admin,
}

impl Role {
    /// All roles, lowest first.
    pub const ALL: [Role; 4] = [Role::Employee, Role::Curator, Role::Cco, Role::Admin];

    /// As the database and the files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Employee => "employee",
            Role::Curator => "curator",
            Role::Cco => "cco",
            Role::Admin => "admin",
        }
    }

    /// As a page says it.
    pub const fn title(self) -> &'static str {
        match self {
            Role::Employee => "Employee",
            Role::Curator => "Curator",
            Role::Cco => "Chief Customer Officer",
            Role::Admin => "Administrator",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// May decide about other people's insights.
    pub const fn curates(self) -> bool {
        matches!(self, Role::Curator)
    }

    /// May see the flow of the whole company.
    pub const fn sees_flow(self) -> bool {
        matches!(self, Role::Cco)
    }

    /// May manage people, imports and settings.
    pub const fn administers(self) -> bool {
        matches!(self, Role::Admin)
    }
}

/// Why a text is no role.
#[derive(Debug)]
pub struct UnknownRole(String);

impl std::fmt::Display for UnknownRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is no role \"{}\"", self.0)
    }
}

impl std::error::Error for UnknownRole {}

impl TryFrom<String> for Role {
    type Error = UnknownRole;

    fn try_from(name: String) -> Result<Role, UnknownRole> {
        Role::named(&name).ok_or(UnknownRole(name))
    }
}

/// An e-mail address as people write it: one `@` with something on both sides, no blanks. Whether it
/// exists, only a message to it can tell.
///
/// # Errors
/// A sentence for the field.
pub fn email_of(text: &str) -> Result<String, String> {
    let email = crate::text::one_line(text, 254)?;
    let whole = email.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !host.starts_with('.')
    });
    if whole && !email.chars().any(char::is_whitespace) {
        Ok(email)
    } else {
        Err("Write an e-mail address such as ann@example.com".into())
    }
}

/// Somebody signed in, as the database has them at this request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: i64,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub department_id: i64,
    /// The department's path, as in `Service/North/Plant 4`.
    pub department: String,
    /// Whether they lead people; a fact about the job, used in metrics, not a permission.
    pub manager: bool,
    /// Notices they have not read, for the bell.
    pub unread: i32,
    /// Open requests that are wanted from them, for the navigation.
    pub wanted: i64,
}

impl Person {
    /// Two letters for the corner of a page.
    pub fn initials(&self) -> String {
        initials(&self.name)
    }

    /// This person acting at `at`.
    pub fn acting(&self, at: NaiveDateTime, calendar: Calendar) -> Actor {
        Actor {
            person_id: self.id,
            department_id: self.department_id,
            manager: self.manager,
            at,
            day: calendar.day(at),
        }
    }
}

/// The first letters of the first and the last word of a name.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// Who does something, in which department, and when: stored with the event. People move, history does
/// not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    pub person_id: i64,
    pub department_id: i64,
    pub manager: bool,
    /// UTC.
    pub at: NaiveDateTime,
    /// The company's day of `at`.
    pub day: NaiveDate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_first_and_last() {
        for (name, letters) in
            [("Ada Sample", "AS"), ("Ada B. Sample", "AS"), ("ada", "A"), ("", ""), ("ßa x", "SSX")]
        {
            assert_eq!(initials(name), letters, "{name}");
        }
    }

    #[test]
    fn an_address_has_two_sides() {
        assert_eq!(email_of(" Ann@Example.com "), Ok("Ann@Example.com".into()));
        for wrong in ["", "ann", "@example.com", "ann@", "ann@b@c", "ann b@example.com", "a@.b"] {
            assert!(email_of(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_role_is_found_by_its_name() {
        for role in Role::ALL {
            assert_eq!(Role::named(role.name()), Some(role));
        }
        assert_eq!(Role::named("root"), None);
    }
}
