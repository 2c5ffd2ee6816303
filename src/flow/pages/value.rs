//! `/flow/value`: what insights are worth, and how far to trust that: the distribution of shown values, how
//! generous raters are, what ratings given blind say, and whether raters agree. Nobody's rating, ever.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::filters::FlowQuery;
use super::numbers::{Shown, counted, grouped, shown};
use super::rows::narrowed;
use super::tables;
use crate::accounts::guard::Officer;
use crate::db::FlowReader;
use crate::error::AppResult;
use crate::flow::metrics;
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::metrics::shape::{self, Point, Shape};
use crate::flow::store::figures::kept;
use crate::flow::store::looks::{self, Kind};
use crate::flow::store::shapes;
use crate::web::App;
use crate::web::charts::{self, Ink, Svg};
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "flow/value.html")]
struct ValuePage {
    page: Page,
    query: String,
    period: String,
    /// Whether the night has been over this period.
    is_known: bool,
    from: String,
    to: String,
    values: Bars,
    values_reading: String,
    generosity: Bars,
    blind: Vec<(String, String, String)>,
    blind_reading: String,
    figures: Vec<FigureRow>,
}

/// A distribution as bars with their numbers.
#[derive(Default)]
pub(super) struct Bars {
    pub rows: Vec<Bar>,
}

/// One bar.
pub(super) struct Bar {
    pub label: String,
    pub shown: String,
    pub svg: Svg,
}

impl Bars {
    /// Of a shape; `unit` is one and many of what is counted.
    pub(super) fn of(shape: Option<&Shape>, unit: (&str, &str)) -> Bars {
        let points = shape.map(|shape| shape.points.as_slice()).unwrap_or_default();
        let top = points.iter().filter_map(|point| point.value).fold(1.0, f64::max);
        let rows = points
            .iter()
            .map(|point| Bar {
                label: point.label.clone(),
                shown: match point.value {
                    Some(value) => counted(value as i64, unit.0, unit.1),
                    None => "under 5".into(),
                },
                svg: charts::bar(point.value.unwrap_or(0.0), top, Ink::Given),
            })
            .collect();
        Bars { rows }
    }
}

struct FigureRow {
    id: &'static str,
    name: String,
    shown: Shown,
    reading: &'static str,
}

/// The shape of that name.
pub(super) fn named<'a>(shapes: &'a [Shape], name: &str) -> Option<&'a Shape> {
    shapes.iter().find(|shape| shape.name == name)
}

/// Shows the page.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    flow: FlowReader,
    officer: Officer,
    Query(typed): Query<FlowQuery>,
) -> AppResult<HttpResponse> {
    looks::note(&app, officer.actor, Kind::Figures, &[looks::EVERYBODY]).await?;
    let (filters, question, _) = narrowed(&app, &flow, &officer, &typed).await?;
    let (shapes, kept, coverage) = flow
        .read(move |c| {
            Ok((
                shapes::shapes(c, question.period)?,
                kept(c, question.period)?,
                metrics::coverage(c, &question)?,
            ))
        })
        .await?;
    let values = named(&shapes, shape::VALUES);
    let blind = named(&shapes, shape::BLIND).map(|shape| shape.points.as_slice()).unwrap_or_default();
    let page = ValuePage {
        page: Page::new(&req, &officer, Place::Flow, "What insights are worth"),
        period: filters.in_words(),
        is_known: kept.computed_at.is_some(),
        from: filters.period.from.to_string(),
        to: filters.period.to.to_string(),
        values_reading: values_reading(values),
        values: Bars::of(values, ("insight", "insights")),
        generosity: Bars::of(named(&shapes, shape::GENEROSITY), ("rater", "raters")),
        blind_reading: blind_reading(blind),
        blind: blind
            .iter()
            .map(|point| {
                let mean = point.value.map_or_else(|| "too few".into(), |mean| format!("{mean:.1} stars"));
                let of = point
                    .of
                    .map_or_else(String::new, |of| format!("{} ratings and more", grouped(of as i64)));
                (point.label.clone(), mean, of)
            })
            .collect(),
        figures: figures(&kept.figures, &coverage),
        query: filters.query(),
    };
    page::show(&page, &req)
}

fn figures(night: &[Figure], coverage: &Figure) -> Vec<FigureRow> {
    let rows = [
        (
            "C19",
            "",
            "An opening weighs by what is known of the insight: nothing up to 3 stars, one from 4.5.",
        ),
        ("C19", "crossing", "How much of it crosses departments."),
        ("C14", "", "1 if all raters agree, 0 by chance. Low is normal: people's work differs."),
        ("C22", "", "What was shared in this period, by the ratings of its first 30 days."),
        ("C23", "flagged_pairs", "Pairs of people who praise each other, before a curator."),
    ];
    std::iter::once((coverage.id, "", "How far to trust everything here."))
        .chain(rows)
        .filter_map(|(id, part, reading)| {
            let figure = match id == coverage.id {
                true => coverage,
                false => tables::find(night, id, part, &Whom::All)?,
            };
            let mut shown = shown(figure);
            let unit = figure.unit.words();
            if shown.is_number && !unit.is_empty() {
                shown.value = format!("{} {unit}", shown.value);
            }
            Some(FigureRow { id: figure.id, name: figure.name(), shown, reading })
        })
        .collect()
}

/// "Half of the 184 insights with a number are worth 3.4 or more."
fn values_reading(values: Option<&Shape>) -> String {
    let points = values.map(|shape| shape.points.as_slice()).unwrap_or_default();
    let count = |point: &Point| point.value.unwrap_or(0.0);
    let total: f64 = points.iter().map(count).sum();
    if total < 1.0 {
        return "No insight has five raters yet: a value is shown as a number from the fifth on.".into();
    }
    let mut above = 0.0;
    let half = points.iter().rev().find(|point| {
        above += count(point);
        above * 2.0 >= total
    });
    let from = half.and_then(|point| point.label.split(' ').next()).unwrap_or_default();
    format!("Half of the {} insights that show a number are worth {from} or more.", grouped(total as i64))
}

/// What both kinds say, where both are told.
fn blind_reading(points: &[Point]) -> String {
    let means: Vec<f64> = points.iter().filter_map(|point| point.value).collect();
    match means[..] {
        [blind, seen] if (seen - blind).abs() < 0.1 => {
            "Whoever had seen the value rated about as whoever had not.".into()
        }
        [blind, seen] => format!(
            "Whoever had seen the value rated {:.1} stars {} than whoever had not.",
            (seen - blind).abs(),
            if seen > blind { "higher" } else { "lower" }
        ),
        _ => {
            "Most ratings are given before the value is seen; of the others there are too few to tell.".into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[(&str, Option<f64>)]) -> Vec<Point> {
        values
            .iter()
            .map(|(label, value)| Point { label: (*label).to_owned(), value: *value, of: None })
            .collect()
    }

    #[test]
    fn the_middle_insight_says_what_half_are_worth() {
        let shape = |values: &[(&str, Option<f64>)]| Shape { name: "values".into(), points: points(values) };
        let three = shape(&[("1.0 to 1.4", Some(2.0)), ("3.0 to 3.4", Some(5.0)), ("3.4 to 3.8", Some(6.0))]);
        assert_eq!(
            values_reading(Some(&three)),
            "Half of the 13 insights that show a number are worth 3.0 or more."
        );
        assert!(values_reading(None).starts_with("No insight has five raters"));
    }

    #[test]
    fn both_kinds_of_ratings_are_compared_where_both_are_told() {
        for (values, words) in [
            (vec![Some(3.2), Some(3.25)], "about as whoever had not"),
            (vec![Some(3.2), Some(3.9)], "0.7 stars higher"),
            (vec![Some(3.2), Some(2.2)], "1.0 stars lower"),
            (vec![Some(3.2), None], "too few to tell"),
            (vec![], "too few to tell"),
        ] {
            let values: Vec<_> = values.into_iter().map(|value| ("", value)).collect();
            assert!(blind_reading(&points(&values)).contains(words), "{words}");
        }
    }
}
