//! What flow is made of: somebody of a department shares, opens, uses or looks for something on a day.

use chrono::{Duration, NaiveDate};

use crate::accounts::person::Actor;

/// The segment of an insight as events and roll-ups store it: 0 stands for none, because a NULL cannot
/// be part of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Segment(pub Option<i64>);

impl Segment {
    /// As the database stores it.
    pub const fn key(self) -> i64 {
        match self.0 {
            Some(id) => id,
            None => 0,
        }
    }

    /// From what the database stores.
    pub const fn of_key(key: i64) -> Segment {
        if key == 0 { Segment(None) } else { Segment(Some(key)) }
    }
}

/// Two openings of one insight by one person count as one unless this much time lies between them.
pub const BETWEEN_ACCESSES: Duration = Duration::minutes(30);

/// Where an event is counted: whose department, whether they led people, on which day, about which
/// segment. All of it is of the time of the event: people move, history does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub department_id: i64,
    pub manager: bool,
    pub day: NaiveDate,
    pub segment: Segment,
}

impl Place {
    /// Where something counts that `actor` does now.
    pub fn of(actor: &Actor, segment: Segment) -> Place {
        Place { department_id: actor.department_id, manager: actor.manager, day: actor.day, segment }
    }
}

/// What is added to a day's counts; negative to take back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub contributions: i64,
    pub accesses: i64,
    pub uses: i64,
    pub searches: i64,
    pub zero_result_searches: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_segment_is_zero_and_comes_back() {
        for segment in [Segment(None), Segment(Some(7))] {
            assert_eq!(Segment::of_key(segment.key()), segment);
        }
    }
}
