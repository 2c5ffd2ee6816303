//! Everything the pages tell about what people opened and searched in a period: which sums, not how much.
//! Asked of the same code as the pages ask, for every level, every department and managers.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::db::Conn;
use crate::error::AppResult;
use crate::flow::apart::Apart;
use crate::flow::groups::{Department, View};
use crate::flow::headcount::Stay;
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::metrics::{Loaded, People, Question};
use crate::flow::period::Period;
use crate::flow::scope::Scope;

/// `(from, to)`, half-open.
pub type Span = (NaiveDate, NaiveDate);

/// That a sum over these people and days is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// Departments in which what was done is added up, and the days of each.
    pub of: BTreeMap<i64, Span>,
    /// Only what managers did.
    pub managers: bool,
}

impl Fact {
    /// Of the same days everywhere.
    pub fn new(departments: impl IntoIterator<Item = i64>, managers: bool, days: Span) -> Fact {
        Fact { of: departments.into_iter().map(|department| (department, days)).collect(), managers }
    }
}

/// What decides which departments stand alone. The product has one; tests of this check bring others.
pub type Decide = fn(&[Department], &[Stay], Period) -> Apart;

/// The facts of a period.
///
/// # Errors
/// What the database says.
pub fn of(c: &mut Conn, base: &Loaded, period: Period, decide: Decide) -> AppResult<BTreeSet<Fact>> {
    let question = Question { period, segment: None, view: View::default(), ..base.question };
    let whole = base.about(c, question)?;
    let people = People::of(c, &question)?;
    let apart = decide(&whole.departments, &whole.stays, period);
    let mut facts = BTreeSet::new();
    let days = (period.from, period.to);
    let everybody: BTreeSet<i64> = whole.departments.iter().map(|department| department.id).collect();
    let mut views: Vec<View> =
        whole.grouping.levels.clone().map(|level| View { level: Some(level), ..View::default() }).collect();
    let parents = whole.departments.iter().filter(|one| {
        let below = format!("{}/", one.path);
        whole.departments.iter().any(|other| other.path.starts_with(&below))
    });
    views.extend(parents.map(|one| View { root: Some(one.id), ..View::default() }));
    for view in views {
        let loaded = whole.seen(view, apart.clone());
        let figures = loaded.figures(&people);
        for figure in figures.iter().filter(|figure| tells(figure)) {
            let (departments, managers) = match &figure.whom {
                Whom::All => (everybody.clone(), false),
                Whom::Managers => (everybody.clone(), true),
                Whom::Department(name) => {
                    let place = loaded.grouping.groups.iter().position(|group| group.name == *name);
                    let ids = place.map(|place| loaded.grouping.departments_of(place)).unwrap_or_default();
                    (ids.into_iter().collect::<BTreeSet<i64>>(), false)
                }
                Whom::Segment(_) => continue,
            };
            facts.insert(Fact::new(departments, managers, days));
        }
    }
    // Lists and pages of a single department, whatever the level.
    let loaded = whole.seen(View::default(), apart);
    for department in &loaded.departments {
        let told = Scope::of(&loaded, &department.id.to_string()).and_then(|scope| scope.told(false));
        if let Ok(Scope { departments: Some(ids), .. }) = told {
            facts.insert(Fact::new(ids, false, days));
        }
    }
    Ok(facts)
}

/// Whether it is a figure of openings or searches, and anything of it is told.
fn tells(figure: &Figure) -> bool {
    let about = matches!((figure.id, &*figure.part), ("C2" | "C4", _) | ("C17", "zero_results"));
    about && !figure.suppressed
}
