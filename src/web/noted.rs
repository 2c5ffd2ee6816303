//! What this node has written down today, so that it need not be looked up: a memory for facts that are
//! written once a day.

use std::collections::HashSet;
use std::sync::Mutex;

use chrono::NaiveDate;

/// The facts of one day.
#[derive(Debug, Default)]
pub struct Noted(Mutex<(NaiveDate, HashSet<String>)>);

impl Noted {
    /// Whether this was written down on that day, by this node.
    pub fn knows(&self, day: NaiveDate, fact: &str) -> bool {
        self.0.lock().is_ok_and(|known| known.0 == day && known.1.contains(fact))
    }

    /// Remembers that it was; what was of another day is forgotten.
    pub fn remember(&self, day: NaiveDate, fact: String) {
        if let Ok(mut known) = self.0.lock() {
            if known.0 != day {
                *known = (day, HashSet::new());
            }
            known.1.insert(fact);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_remembered_and_the_next_begins_anew() {
        let noted = Noted::default();
        let (monday, tuesday) = ("2026-11-02".parse().expect("a day"), "2026-11-03".parse().expect("a day"));
        assert!(!noted.knows(monday, "x"));
        noted.remember(monday, "x".into());
        assert!(noted.knows(monday, "x") && !noted.knows(monday, "y") && !noted.knows(tuesday, "x"));
        noted.remember(tuesday, "y".into());
        assert!(noted.knows(tuesday, "y") && !noted.knows(tuesday, "x"));
    }
}
