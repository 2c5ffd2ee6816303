//! What lies idle in the demo company: insights that their own department values and no other has opened,
//! some of them just what somebody asks for.

use std::collections::{BTreeMap, HashSet};

use super::hours::Hours;
use super::story::{Deed, Shared, Story};

/// How many there are, and of one department.
const IDLE: usize = 9;
const OF_ONE: usize = 3;
/// Their age in days.
const AGES: (i64, i64) = (45, 175);
/// People of their own department who rated them.
const RATERS: usize = 4;
/// Topics that are asked for come first.
const ASKED: [&str; 4] = ["delivery", "spare-parts", "returns", "service-contract"];

/// Takes away what others opened of them, in a story that was told.
pub fn plant(story: &mut Story, hours: &Hours) {
    let divisions: Vec<String> = story.people.iter().map(|worker| division(&worker.department)).collect();
    let home: Vec<String> = story.insights.iter().map(|shared| divisions[shared.author].clone()).collect();
    let mut raters: BTreeMap<usize, usize> = BTreeMap::new();
    for rating in &story.ratings {
        if divisions[rating.deed.person] == home[rating.deed.insight] {
            *raters.entry(rating.deed.insight).or_default() += 1;
        }
    }
    let is_old = |shared: &Shared| {
        let days = (hours.now - shared.at).num_days();
        (AGES.0..=AGES.1).contains(&days)
    };
    let is_asked = |shared: &Shared| shared.text.tags.split(';').any(|tag| ASKED.contains(&tag));
    let mut order: Vec<usize> = (0..story.insights.len()).collect();
    order.sort_by_key(|at| !is_asked(&story.insights[*at]));
    let mut idle: HashSet<usize> = HashSet::new();
    let mut by_home: BTreeMap<&str, usize> = BTreeMap::new();
    for at in order {
        let many = by_home.entry(&home[at]).or_default();
        let enough = raters.get(&at).is_some_and(|raters| *raters >= RATERS);
        if idle.len() < IDLE && *many < OF_ONE && enough && is_old(&story.insights[at]) {
            *many += 1;
            idle.insert(at);
        }
    }
    let stays = |deed: &Deed| !idle.contains(&deed.insight) || divisions[deed.person] == home[deed.insight];
    story.accesses.retain(|deed| stays(deed));
    story.ratings.retain(|rating| stays(&rating.deed));
    story.uses.retain(|used| stays(&used.deed));
    story.remarks.retain(|remarked| stays(&remarked.deed));
    for rating in story.ratings.iter_mut().filter(|rating| idle.contains(&rating.deed.insight)) {
        rating.value = rating.value.max(4);
    }
}

/// The department at the top.
fn division(path: &str) -> String {
    path.split('/').next().unwrap_or_default().to_owned()
}
