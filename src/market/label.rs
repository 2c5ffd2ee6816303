//! A word for what the ratings of an insight say.

use super::value::Estimate;

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

/// Raters below which it is too early.
const SETTLED: usize = 3;
/// Valuable: a lower bound, or a department's view, of at least this many stars.
const VALUABLE: f64 = 3.5;
/// Departments differ when their views lie this many stars apart.
const APART: f64 = 1.5;
/// A label once given is kept until the number is this far beyond its threshold, so that it does not
/// flicker with every rating.
const HYSTERESIS: f64 = 0.05;

/// The label, decided in this order:
///
/// | label | when |
/// |---|---|
/// | early | fewer than 3 raters, or one department |
/// | broad | lower bound >= 3.50 and at least two departments other than the author's see >= 3.50 |
/// | local | lower bound >= 3.50 |
/// | mixed | views of departments with at least 2 raters are >= 1.50 apart |
/// | rated | else |
///
/// `before` is the label in force, whose thresholds count 0.05 in its favour.
pub fn label(estimate: &Estimate, author_department: Option<u32>, before: Option<Label>) -> Label {
    if estimate.raters < SETTLED || estimate.departments.len() < 2 {
        return Label::Early;
    }
    let ease = |held: bool| if held { HYSTERESIS } else { 0.0 };
    let was_valuable = matches!(before, Some(Label::Broad | Label::Local));
    if estimate.lower >= VALUABLE - ease(was_valuable) {
        let enough = VALUABLE - ease(before == Some(Label::Broad));
        let others = estimate
            .departments
            .iter()
            .filter(|view| Some(view.department) != author_department && view.value >= enough)
            .count();
        return if others >= 2 { Label::Broad } else { Label::Local };
    }
    let views = || estimate.departments.iter().filter(|view| view.raters >= 2).map(|view| view.value);
    let apart = views().fold(f64::MIN, f64::max) - views().fold(f64::MAX, f64::min);
    if apart >= APART - ease(before == Some(Label::Mixed)) { Label::Mixed } else { Label::Rated }
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
                .map(|&(department, raters, value)| DepartmentView { department, raters, value })
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
            assert_eq!(label(&estimate, author, before), expected, "{before:?} {estimate:?}");
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
