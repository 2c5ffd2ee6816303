//! What is asked of the figures.

use crate::clock::Calendar;
use crate::flow::groups::View;
use crate::flow::period::Period;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    pub period: Period,
    /// Only insights of this segment.
    pub segment: Option<i64>,
    pub view: View,
    pub calendar: Calendar,
}

impl Question {
    /// The same about as many days directly before.
    pub fn before(self) -> Question {
        Question { period: self.period.before(), ..self }
    }

    /// How many people a share needs to be more than a count.
    pub(super) fn fewest(&self, fewest: u64) -> u64 {
        if self.view.unsuppressed { 1 } else { fewest }
    }
}
