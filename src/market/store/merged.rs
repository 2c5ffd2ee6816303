//! Ratings of an insight that was merged into another count for that one, each person's once: the latest.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use crate::archive::store::merging;
use crate::db::Conn;
use crate::db::fragments::{FEW, in_few};
use crate::db::schema::insight_authors;

/// Which insights stand for others.
#[derive(Debug, Default)]
pub(super) struct Merged {
    /// The one that stands for each merged one.
    to: HashMap<i64, i64>,
    kept: HashSet<i64>,
    /// The authors of those that stand for others, who have come with the merged ones.
    authors: HashSet<(i64, i64)>,
}

impl Merged {
    /// All of them: few.
    pub(super) fn all(c: &mut Conn) -> QueryResult<Merged> {
        let to = merging::stands_for(c)?;
        Merged::with(c, to)
    }

    /// What was merged into one insight.
    pub(super) fn of(c: &mut Conn, insight_id: i64) -> QueryResult<Merged> {
        let group = merging::group(c, insight_id)?;
        let gone = group.into_iter().filter(|id| *id != insight_id);
        Merged::with(c, gone.map(|id| (id, insight_id)).collect())
    }

    fn with(c: &mut Conn, to: HashMap<i64, i64>) -> QueryResult<Merged> {
        let mut kept: Vec<i64> = to.values().copied().collect();
        kept.sort_unstable();
        kept.dedup();
        let mut authors = HashSet::new();
        for part in kept.chunks(FEW) {
            let rows: Vec<(i64, i64)> = insight_authors::table
                .filter(in_few(insight_authors::insight_id, part))
                .select((insight_authors::insight_id, insight_authors::person_id))
                .load(c)?;
            authors.extend(rows);
        }
        Ok(Merged { to, kept: kept.into_iter().collect(), authors })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.to.is_empty()
    }

    /// The insight for which ratings of `insight` count.
    pub(super) fn kept(&self, insight: i64) -> i64 {
        self.to.get(&insight).copied().unwrap_or(insight)
    }

    /// Whether others were merged into this one.
    pub(super) fn stands_for_others(&self, insight: i64) -> bool {
        self.kept.contains(&insight)
    }

    /// Whether somebody is an author of an insight that stands for others.
    pub(super) fn is_author(&self, kept: i64, person: i64) -> bool {
        self.authors.contains(&(kept, person))
    }

    /// These insights, and those that count for them.
    pub(super) fn with_merged(&self, insights: &[i64]) -> Vec<i64> {
        let mut all = insights.to_vec();
        if !self.is_empty() {
            let wanted: HashSet<i64> = insights.iter().copied().collect();
            all.extend(self.to.iter().filter(|(_, kept)| wanted.contains(kept)).map(|(gone, _)| *gone));
            all.sort_unstable();
        }
        all
    }
}
