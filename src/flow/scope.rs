//! Whom a list is about, by the key of a group or a department.

use super::groups;
use super::metrics::Loaded;
use crate::error::{AppError, AppResult};

/// Which people, in words and as departments.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub name: String,
    /// None for everybody.
    pub departments: Option<Vec<i64>>,
    /// Whether its people are told only together with others: what they share is signed and open to
    /// everybody, what they open and search is not told.
    pub is_hidden: bool,
}

impl Scope {
    /// The scope of a group's key, or of a department; an empty key is everybody.
    ///
    /// # Errors
    /// 404 for a key that is none.
    pub fn of(loaded: &Loaded, key: &str) -> AppResult<Scope> {
        if key.is_empty() {
            return Ok(Scope::default());
        }
        if let Some(place) = loaded.grouping.with_key(key) {
            let name = loaded.grouping.groups[place].name.clone();
            let departments = Some(loaded.grouping.departments_of(place));
            return Ok(Scope { name, departments, is_hidden: false });
        }
        let id: i64 = key.parse().map_err(|_| AppError::NotFound)?;
        let (name, ids) = groups::subtree(&loaded.departments, id).ok_or(AppError::NotFound)?;
        let is_hidden = !loaded.grouping.apart.may_tell(&name);
        Ok(Scope { name, departments: Some(ids), is_hidden })
    }

    /// This scope, where what its people (of managers: its managers) open and search may be told.
    ///
    /// # Errors
    /// 400 that says why it may not.
    pub fn told(self, of_managers: bool) -> AppResult<Scope> {
        match (self.is_hidden, of_managers && self.departments.is_some()) {
            (true, _) => Err(AppError::BadRequest(format!(
                "What {} opens and searches is told only together with its neighbours: alone, fewer than five people could be worked out.",
                self.name
            ))),
            (_, true) => Err(AppError::BadRequest(
                "Managers are counted in the whole company only: in one department they may be few.".into(),
            )),
            _ => Ok(self),
        }
    }
}
