//! C10: which departments connect others.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;

use super::super::definitions::Unit;
use super::super::figure::{Figure, Whom};
use super::{Study, draws};
use crate::db::Conn;
use crate::flow::statistics::brokerage::{EXACT_UP_TO, Graph};
use crate::flow::store::histories;
use crate::flow::store::own::Own;

/// The figures of departments, and what each person may see of themselves.
pub(super) fn figures(c: &mut Conn, study: &Study<'_>) -> QueryResult<(Vec<Figure>, Vec<Own>)> {
    let (loaded, period) = (study.loaded, study.period());
    let answers = histories::answers(c, period)?;
    let there = loaded.stays.iter().filter(|stay| stay.days_in(period) > 0);
    let mut people: BTreeSet<i64> = there.clone().map(|stay| stay.person_id).collect();
    let pairs = || {
        let reads = study.reads.readers.iter();
        reads
            .flat_map(|(reader, of)| of.authors.iter().map(|author| (*reader, *author)))
            .chain(answers.iter().copied())
    };
    people.extend(pairs().flat_map(|(one, other)| [one, other]));
    let people: Vec<i64> = people.into_iter().collect();
    let number = |person: i64| people.binary_search(&person).unwrap_or_default();
    let graph = Graph::new(people.len(), pairs().map(|(one, other)| (number(one), number(other))));
    // Where somebody was last in the period.
    let mut places: BTreeMap<i64, (Option<chrono::NaiveDate>, usize)> = BTreeMap::new();
    for stay in there {
        if let Some(place) = loaded.grouping.place_of(stay.department_id) {
            let known = places.entry(stay.person_id).or_insert((stay.from, place));
            if stay.from >= known.0 {
                *known = (stay.from, place);
            }
        }
    }
    let betweenness = graph.betweenness(draws("C10", period));
    let groups = &loaded.grouping.groups;
    let mut figures = Vec::new();
    for (place, group) in groups.iter().enumerate().filter(|_| groups.len() > 1) {
        let inside = || places.iter().filter(|(_, (_, at))| *at == place).map(|(person, _)| number(*person));
        let whom = Whom::Department(group.name.clone());
        let figure = |part: &'static str, values: Vec<f64>| {
            let n = values.len();
            let value = (n > 0).then(|| values.iter().sum::<f64>() / n as f64);
            Figure { value, ..Figure::unknown("C10", part, whom.clone(), Unit::Gini) }.of(n).unless_small(
                group.headcount,
                period,
                loaded.question.view.unsuppressed,
            )
        };
        let between = figure("betweenness", inside().map(|node| betweenness.of[node]).collect());
        figures.push(Figure { is_estimate: betweenness.is_estimate && !between.suppressed, ..between });
        let linked: Vec<f64> = match people.len() {
            n if n > EXACT_UP_TO => Vec::new(),
            _ => inside().filter_map(|node| graph.constraint(node)).collect(),
        };
        // Of few who are linked it would tell about single people.
        let hidden = study.hides(linked.len());
        figures.push(figure("constraint", linked).unless(hidden));
    }
    let is_small = people.len() <= EXACT_UP_TO;
    let own = people
        .iter()
        .enumerate()
        .map(|(node, person_id)| Own {
            person_id: *person_id,
            betweenness: betweenness.of[node],
            constraint: is_small.then(|| graph.constraint(node)).flatten(),
            is_estimate: betweenness.is_estimate,
        })
        .collect();
    Ok((figures, own))
}
