//! A word for what the ratings of an insight say.

use super::value::Estimate;
use crate::policy::ValuePolicy;

/// What kind of value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// Fewer than three raters, or all of one department: too early to tell.
    Early,
    /// Settled, and none of the others.
    Rated,
    /// Valuable, but not to two departments beside the author's.
    Local,
    /// Valuable to at least two departments beside the author's.
    Broad,
    /// Departments differ by 1.5 stars or more.
    Mixed,
}

impl Label {
    /// All of them.
    pub const ALL: [Label; 5] = [Label::Early, Label::Rated, Label::Local, Label::Broad, Label::Mixed];

    /// As the database and the files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Label::Early => "early",
            Label::Rated => "rated",
            Label::Local => "local",
            Label::Broad => "broad",
            Label::Mixed => "mixed",
        }
    }

    /// The label of that name.
    pub fn named(name: &str) -> Option<Label> {
        Label::ALL.into_iter().find(|label| label.name() == name)
    }
}

/// The label, decided in this order (the numbers are the policy's defaults):
///
/// | label | when |
/// |---|---|
/// | early | fewer than 3 raters, or one department |
/// | broad | lower bound >= 3.50 and at least two departments other than the author's see >= 3.50 |
/// | local | lower bound >= 3.50 |
/// | mixed | views of departments with at least 2 raters are >= 1.50 apart |
/// | rated | else |
///
/// `before` is the label in force, whose thresholds count 0.05 in its favour, so that it does not flicker
/// with every rating; the counts of raters and departments are whole numbers and need no such ease.
pub fn label(
    policy: &ValuePolicy,
    estimate: &Estimate,
    author_department: Option<u32>,
    before: Option<Label>,
) -> Label {
    let at_least = |count: usize, threshold: i64| i64::try_from(count).is_ok_and(|count| count >= threshold);
    if !at_least(estimate.raters, policy.settled_raters) || estimate.departments.len() < 2 {
        return Label::Early;
    }
    let ease = |held: bool| if held { policy.hysteresis } else { 0.0 };
    let was_valuable = matches!(before, Some(Label::Broad | Label::Local));
    if estimate.lower >= policy.valuable - ease(was_valuable) {
        let enough = policy.valuable - ease(before == Some(Label::Broad));
        let others = estimate
            .departments
            .iter()
            .filter(|view| Some(view.department) != author_department && view.value >= enough)
            .count();
        return if at_least(others, policy.broad_departments) { Label::Broad } else { Label::Local };
    }
    let views = || {
        let counted =
            |view: &&crate::market::value::DepartmentView| at_least(view.raters, policy.mixed_raters);
        estimate.departments.iter().filter(counted).map(|view| view.value)
    };
    let apart = views().fold(f64::MIN, f64::max) - views().fold(f64::MAX, f64::min);
    if apart >= policy.apart - ease(before == Some(Label::Mixed)) { Label::Mixed } else { Label::Rated }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::value::DepartmentView;

    fn settled(lower: f64, views: &[(u32, usize, f64)]) -> Estimate {
        Estimate {
            raters: views.iter().map(|(_, raters, _)| raters).sum(),
            votes: 3.0,
            value: lower + 0.5,
            sd: 0.4,
            lower,
            departments: views
                .iter()
                .map(|&(department, raters, value)| DepartmentView { department, raters, value, sum: 0.0 })
                .collect(),
        }
    }

    #[test]
    fn the_table_of_labels() {
        let author = Some(0);
        for (estimate, before, expected) in [
            (settled(4.0, &[(1, 1, 4.0), (2, 1, 4.0)]), None, Label::Early),
            (settled(4.0, &[(1, 5, 4.0)]), None, Label::Early),
            (settled(3.5, &[(1, 2, 3.5), (2, 1, 3.5)]), None, Label::Broad),
            (settled(3.5, &[(0, 2, 3.9), (2, 1, 3.5)]), None, Label::Local),
            (settled(3.5, &[(1, 2, 3.49), (2, 1, 3.5)]), None, Label::Local),
            (settled(3.5, &[(1, 2, 3.46), (2, 1, 3.5)]), Some(Label::Broad), Label::Broad),
            (settled(3.5, &[(1, 2, 3.44), (2, 1, 3.5)]), Some(Label::Broad), Label::Local),
            (settled(3.46, &[(1, 2, 3.5), (2, 1, 3.5)]), None, Label::Rated),
            (settled(3.46, &[(1, 2, 3.5), (2, 1, 3.5)]), Some(Label::Local), Label::Broad),
            (settled(3.44, &[(1, 2, 3.5), (2, 1, 3.5)]), Some(Label::Local), Label::Rated),
            (settled(2.5, &[(1, 2, 4.0), (2, 2, 2.5)]), None, Label::Mixed),
            (settled(2.5, &[(1, 2, 4.0), (2, 1, 2.5)]), None, Label::Rated),
            (settled(2.5, &[(1, 2, 4.0), (2, 2, 2.54)]), None, Label::Rated),
            (settled(2.5, &[(1, 2, 4.0), (2, 2, 2.54)]), Some(Label::Mixed), Label::Mixed),
            (settled(2.5, &[(1, 2, 4.0), (2, 2, 2.56)]), Some(Label::Mixed), Label::Rated),
            (settled(2.5, &[(1, 1, 4.0), (2, 1, 1.0), (3, 1, 2.0)]), None, Label::Rated),
        ] {
            assert_eq!(
                label(&ValuePolicy::default(), &estimate, author, before),
                expected,
                "{before:?} {estimate:?}"
            );
        }
    }

    #[test]
    fn a_label_is_found_by_its_name() {
        for label in Label::ALL {
            assert_eq!(Label::named(label.name()), Some(label));
        }
        assert_eq!(Label::named("worthless"), None);
    }
}
