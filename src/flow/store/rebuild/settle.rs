//! What is stored beside what should be: the rows that differ, and how they are mended.

use std::iter::Peekable;

use diesel::QueryResult;

use super::tables::Rollup;
use crate::db::Conn;

/// How many rows differed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Differing {
    /// What should be and was not, and what was and should not be. A row with another number is both.
    missing: usize,
    surplus: usize,
}

impl Differing {
    pub fn add(&mut self, other: Differing) {
        self.missing += other.missing;
        self.surplus += other.surplus;
    }

    pub fn rows(self) -> i64 {
        self.missing.max(self.surplus) as i64
    }
}

/// Rows as they should be, met by those that are stored. Both come in the order of their keys.
pub(super) struct Settling<R: Rollup, I: Iterator<Item = R>> {
    right: Peekable<I>,
    missing: Vec<R>,
    surplus: Vec<R>,
    /// Stored with another number, as they should be.
    changed: Vec<R>,
    /// Stored as zeros, which says nothing.
    blank: Vec<R>,
}

impl<R: Rollup, I: Iterator<Item = R>> Settling<R, I> {
    pub fn new(right: I) -> Self {
        Settling {
            right: right.peekable(),
            missing: Vec::new(),
            surplus: Vec::new(),
            changed: Vec::new(),
            blank: Vec::new(),
        }
    }

    /// The next row that is stored.
    pub fn stored(&mut self, row: R) {
        while let Some(one) = self.right.next_if(|one| one.key() < row.key()) {
            self.missing.push(one);
        }
        match self.right.next_if(|one| one.key() == row.key()) {
            None if row.says_something() => self.surplus.push(row),
            Some(one) if one != row && row.says_something() => self.changed.push(one),
            Some(one) if one != row => self.blank.push(one),
            _ => {}
        }
    }

    /// Writes what differs, after the last stored row.
    pub fn finish(mut self, c: &mut Conn) -> QueryResult<Differing> {
        self.missing.extend(self.right);
        let differing = Differing {
            missing: self.missing.len() + self.changed.len() + self.blank.len(),
            surplus: self.surplus.len() + self.changed.len(),
        };
        for row in self.surplus.iter().chain(&self.changed).chain(&self.blank) {
            row.remove(c)?;
        }
        for rows in [self.missing, self.changed, self.blank] {
            if !rows.is_empty() {
                R::add(rows, c)?;
            }
        }
        Ok(differing)
    }
}
