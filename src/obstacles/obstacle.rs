//! An obstacle, and who may do what with it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::target::Target;
use crate::error::AppError;

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Seen; nobody does anything about it yet.
    Open,
    /// Something is being done.
    Acting,
    /// It is gone.
    Removed,
    /// The company lives with it.
    Accepted,
}

impl State {
    /// In the order of the pages.
    pub const ALL: [State; 4] = [State::Open, State::Acting, State::Removed, State::Accepted];

    /// As the database and the forms write it.
    pub const fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Acting => "acting",
            State::Removed => "removed",
            State::Accepted => "accepted",
        }
    }

    /// The state of that name.
    pub fn named(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }

    /// As a page says it.
    pub const fn title(self) -> &'static str {
        match self {
            State::Open => "Open",
            State::Acting => "Being acted on",
            State::Removed => "Removed",
            State::Accepted => "Accepted",
        }
    }

    /// Whether nothing more is to be done.
    pub const fn is_over(self) -> bool {
        matches!(self, State::Removed | State::Accepted)
    }
}

/// What of an obstacle changes: as it is kept in its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub description: String,
    pub action: String,
    pub owner_id: i64,
    pub due_on: NaiveDate,
    pub state: State,
}

/// An obstacle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    pub id: i64,
    pub target: Target,
    pub content: Content,
    pub owner: String,
    /// Whether whoever sees to it can still come in.
    pub owner_is_here: bool,
    pub version: i32,
    pub opened_by: i64,
    pub opened_on: NaiveDate,
    /// Since when it is removed or accepted.
    pub ended_on: Option<NaiveDate>,
}

/// Who looks at an obstacle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub person_id: i64,
    /// Whether it is the customer office.
    pub is_officer: bool,
}

/// Longest description, in characters.
pub const DESCRIPTION: usize = 200;
/// Longest plan, in bytes.
pub const ACTION: usize = 4 * 1024;
/// Longest reason, in characters.
pub const WORDS: usize = 400;

impl Obstacle {
    /// Whether it is theirs to see: the customer office sees all, whoever sees to it their own.
    pub fn may_see(&self, viewer: Viewer) -> bool {
        viewer.is_officer || self.content.owner_id == viewer.person_id
    }

    /// Whether this is overdue on a day.
    pub fn is_overdue(&self, today: NaiveDate) -> bool {
        !self.content.state.is_over() && self.content.due_on < today
    }
}

/// Whether a state may be changed so. The owner does what is to be done and says so; to live with an
/// obstacle, or to open it again after that, is for the customer office to decide.
///
/// | from \ to | open | acting | removed | accepted |
/// |---|---|---|---|---|
/// | open | - | owner | owner | office |
/// | acting | owner | - | owner | office |
/// | removed | owner | owner | - | office |
/// | accepted | office | office | office | - |
///
/// # Errors
/// 409 where it is so already, 403 where it is the office's to decide.
pub fn may_change(from: State, to: State, is_officer: bool) -> Result<(), AppError> {
    if from == to {
        return Err(AppError::Conflict("It is in that state already. Look at it again."));
    }
    if !is_officer && (from == State::Accepted || to == State::Accepted) {
        return Err(AppError::Forbidden(
            "Only the customer office decides to live with an obstacle, or to take that back.",
        ));
    }
    Ok(())
}

/// Whether a change needs a reason: whatever ends it, and whatever begins it again.
pub fn needs_reason(from: State, to: State) -> bool {
    from.is_over() || to.is_over()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_change_what_is_as_the_table_says() {
        use State::{Accepted, Acting, Open, Removed};
        for (from, row) in [
            (Open, ["-", "owner", "owner", "office"]),
            (Acting, ["owner", "-", "owner", "office"]),
            (Removed, ["owner", "owner", "-", "office"]),
            (Accepted, ["office", "office", "office", "-"]),
        ] {
            for (to, who) in State::ALL.into_iter().zip(row) {
                assert_eq!(may_change(from, to, true).is_ok(), who != "-", "{from:?} {to:?}");
                assert_eq!(may_change(from, to, false).is_ok(), who == "owner", "{from:?} {to:?}");
            }
        }
    }

    #[test]
    fn an_end_and_a_new_beginning_are_explained() {
        assert!(needs_reason(State::Open, State::Removed) && needs_reason(State::Removed, State::Open));
        assert!(!needs_reason(State::Open, State::Acting));
        for state in State::ALL {
            assert_eq!(State::named(state.name()), Some(state));
        }
    }
}
