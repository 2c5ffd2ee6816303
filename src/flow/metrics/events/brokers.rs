//! C10: which departments connect others.

use std::collections::BTreeMap;

use super::super::definitions::Unit;
use super::super::figure::{Figure, Whom};
use super::marks::Marks;
use super::{Study, draws};
use crate::flow::statistics::brokerage::{EXACT_UP_TO, Graph};
use crate::flow::store::own::Own;

/// Steps that everybody's own constraint may take, about two seconds: enough for 10,000 people with a hundred contacts
/// each many times over. Where everybody reads everybody, those with the most contacts are told none.
const MOST_STEPS: u64 = 1_000_000_000;

/// The figures of departments, and `with_own` what each person may see of themselves. `answers` are who answered whose
/// requests in the period.
pub(super) fn figures(
    study: &Study<'_>,
    answers: &[(i64, i64)],
    with_own: bool,
) -> (Vec<Figure>, Option<Vec<Own>>) {
    let (loaded, period) = (study.loaded, study.period());
    let there = loaded.stays.iter().filter(|stay| stay.days_in(period) > 0);
    // Nodes are whoever was there, and whoever read of, was read by, answered or asked somebody.
    let everybody = &study.reads.people;
    let place = |person: i64| everybody.binary_search(&person).ok();
    let read_by = study.reads.read_by.iter().map(Marks::list).enumerate();
    let mut edges: Vec<(usize, Vec<u32>)> = read_by.filter(|(_, readers)| !readers.is_empty()).collect();
    edges.extend(answers.iter().filter_map(|(one, other)| Some((place(*one)?, vec![place(*other)? as u32]))));
    let mut is_node = vec![false; everybody.len()];
    there.clone().filter_map(|stay| place(stay.person_id)).for_each(|at| is_node[at] = true);
    for (one, others) in &edges {
        is_node[*one] = true;
        others.iter().for_each(|other| is_node[*other as usize] = true);
    }
    let mut nodes = 0;
    let node_of: Vec<usize> = is_node
        .iter()
        .map(|is| {
            nodes += usize::from(*is);
            nodes.saturating_sub(1)
        })
        .collect();
    let number = |person: i64| place(person).map_or(0, |at| node_of[at]);
    let pairs = edges
        .iter()
        .flat_map(|(one, others)| others.iter().map(|other| (node_of[*one], node_of[*other as usize])));
    let graph = Graph::new(nodes, pairs);
    drop(edges);
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
        let linked: Vec<f64> = match nodes {
            n if n > EXACT_UP_TO => Vec::new(),
            _ => inside().filter_map(|node| graph.constraint(node)).collect(),
        };
        // Of few who are linked it would tell about single people.
        let hidden = study.hides(linked.len());
        figures.push(figure("constraint", linked).unless(hidden));
    }
    if !with_own {
        return (figures, None);
    }
    let constraints = graph.constraints(MOST_STEPS);
    let own = everybody
        .iter()
        .enumerate()
        .filter(|(at, _)| is_node[*at])
        .map(|(at, person_id)| Own {
            person_id: *person_id,
            betweenness: betweenness.of[node_of[at]],
            constraint: constraints[node_of[at]],
            is_estimate: betweenness.is_estimate,
        })
        .collect();
    (figures, Some(own))
}
