//! `/flow/people`: who shared and who opened something, counted by department. There is no list of people
//! by what they share or read, for anybody.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::filters::FlowQuery;
use super::numbers::{Shown, grouped, percent, shown};
use super::rows::narrowed;
use super::tables;
use super::value::{Bars, named};
use crate::accounts::guard::Officer;
use crate::db::FlowReader;
use crate::error::AppResult;
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::metrics::shape::{self, Shape};
use crate::flow::metrics::{Loaded, People};
use crate::flow::store::figures::kept;
use crate::flow::store::looks::{self, Kind};
use crate::flow::store::shapes;
use crate::web::App;
use crate::web::charts::{self, Ink, Series, Svg};
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "flow/people.html")]
struct PeoplePage {
    page: Page,
    query: String,
    period: String,
    /// Departments, and everybody at the end.
    rows: Vec<PeopleRow>,
    withheld: bool,
    /// Whether the night has been over this period.
    is_known: bool,
    /// Days of the period, for the form that asks.
    from: String,
    to: String,
    ladder: Vec<Rung>,
    halves: Vec<Spread>,
}

/// A rung of the ladder: how many, and what part of the one above.
struct Rung {
    label: String,
    people: String,
    part: String,
    bar: Svg,
}

/// How one verb is spread over people.
struct Spread {
    heading: &'static str,
    reading: String,
    classes: Bars,
    curve: Option<Svg>,
    /// The curve in numbers: people from the least, and their part.
    points: Vec<(String, String)>,
    /// Words of both ends of the curve.
    ends: (&'static str, &'static str),
}

struct PeopleRow {
    name: String,
    href: String,
    there: String,
    shared: Count,
    opened: Count,
}

/// A number of people and what part of a department they are.
struct Count {
    people: String,
    part: String,
}

impl Count {
    fn of(figure: Option<&Figure>) -> Count {
        let Some(figure) = figure else { return Count { people: "-".into(), part: String::new() } };
        let Shown { value, is_number, .. } = shown(figure);
        let people = match figure.numerator {
            Some(count) => grouped(count as i64),
            None => value.clone(),
        };
        Count { people, part: if is_number { value } else { String::new() } }
    }
}

/// Shows the page.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    flow: FlowReader,
    officer: Officer,
    Query(typed): Query<FlowQuery>,
) -> AppResult<HttpResponse> {
    looks::note(&app, officer.actor, Kind::Figures, &[looks::department_of(&typed.department)]).await?;
    let (filters, question, _) = narrowed(&app, &flow, &officer, &typed).await?;
    let (loaded, figures, shapes, kept) = flow
        .read(move |c| {
            let loaded = Loaded::new(c, question)?;
            let figures = loaded.figures(&People::of(c, &question)?);
            Ok((loaded, figures, shapes::shapes(c, question.period)?, kept(c, question.period)?))
        })
        .await?;
    let query = filters.query();
    let row = |name: &str, whom: Whom, href: String| {
        let figure = |id: &str| tables::find(&figures, id, "", &whom);
        PeopleRow {
            name: name.to_owned(),
            href,
            there: figure("C3")
                .and_then(|figure| figure.denominator)
                .map_or_else(|| "under 5".into(), |count| grouped(count as i64)),
            shared: Count::of(figure("C3")),
            opened: Count::of(figure("C4")),
        }
    };
    let mut rows: Vec<PeopleRow> = loaded
        .grouping
        .groups
        .iter()
        .map(|group| {
            let href = format!("/flow/departments/{}?{query}", group.key);
            row(&group.name, Whom::Department(group.name.clone()), href)
        })
        .collect();
    rows.push(row("Everybody", Whom::All, String::new()));
    let page = PeoplePage {
        page: Page::new(&req, &officer, Place::Flow, "Who shared and who opened"),
        period: filters.in_words(),
        is_known: kept.computed_at.is_some(),
        from: filters.period.from.to_string(),
        to: filters.period.to.to_string(),
        ladder: ladder(named(&shapes, shape::LADDER)),
        halves: vec![
            spread(
                "Sharing",
                &shapes,
                shape::PEOPLE_CONTRIBUTIONS,
                shape::LORENZ_CONTRIBUTIONS,
                &kept.figures,
            ),
            spread("Opening", &shapes, shape::PEOPLE_ACCESSES, shape::LORENZ_ACCESSES, &kept.figures),
        ],
        withheld: figures.iter().any(|f| f.suppressed && (f.id == "C3" || f.id == "C4")),
        rows,
        query,
    };
    page::show(&page, &req)
}

fn ladder(shape: Option<&Shape>) -> Vec<Rung> {
    let points = shape.map(|shape| shape.points.as_slice()).unwrap_or_default();
    let top = points.first().and_then(|point| point.value).unwrap_or(1.0);
    points
        .iter()
        .enumerate()
        .map(|(at, point)| {
            let above = at.checked_sub(1).and_then(|above| points.get(above)).and_then(|point| point.value);
            Rung {
                label: point.label.clone(),
                people: point.value.map_or_else(|| "under 5".into(), |people| grouped(people as i64)),
                part: match (point.value, above) {
                    (Some(people), Some(above)) if above > 0.0 => {
                        format!("{} of the rung above", percent(people / above))
                    }
                    _ => String::new(),
                },
                bar: charts::bar(point.value.unwrap_or(0.0), top, Ink::Given),
            }
        })
        .collect()
}

fn spread(heading: &'static str, shapes: &[Shape], classes: &str, curve: &str, night: &[Figure]) -> Spread {
    let verb = if heading == "Sharing" { "shared" } else { "opened" };
    let points = named(shapes, curve).map(|shape| shape.points.as_slice()).unwrap_or_default();
    let part = if heading == "Sharing" { "gini_contributions" } else { "gini_accesses" };
    let gini = tables::find(night, "C5", part, &Whom::All).map(shown);
    let busiest = points.iter().rev().nth(1).and_then(|point| point.value.zip(point.of));
    let all = points.last().and_then(|point| point.of).unwrap_or(0);
    let reading = match busiest {
        Some((held, upto)) => format!(
            "The {} people who {verb} most, {} of all, hold {} of it.{}",
            grouped((all - upto) as i64),
            percent((all - upto) as f64 / all as f64),
            percent(1.0 - held),
            gini.filter(|gini| gini.is_number)
                .map_or_else(String::new, |gini| format!(" Gini {}, everybody counted.", gini.value))
        ),
        None => "Too few people, or nothing was done: a curve needs ten people.".into(),
    };
    Spread {
        heading,
        reading,
        classes: Bars::of(named(shapes, classes), ("person", "people")),
        curve: (!points.is_empty()).then(|| lorenz(heading, points)),
        points: points
            .iter()
            .map(|point| (point.label.clone(), point.value.map_or_else(String::new, percent)))
            .collect(),
        ends: if heading == "Sharing" { ("least", "most shared") } else { ("least", "most opened") },
    }
}

fn lorenz(heading: &str, points: &[shape::Point]) -> Svg {
    let held: Vec<Option<f64>> = points.iter().map(|point| point.value.map(|part| part * 100.0)).collect();
    let last = points.len().saturating_sub(1).max(1);
    let even: Vec<Option<f64>> = (0..points.len()).map(|at| Some(100.0 * at as f64 / last as f64)).collect();
    let labels: Vec<String> = points.iter().map(|point| format!("{} of people", point.label)).collect();
    let marks = vec![(0, "fewest".to_owned()), (last, "most".to_owned())];
    let title = format!("{heading}: percent of all that the people who do least hold, by percent of people");
    charts::line(
        &title,
        &labels,
        &marks,
        &[
            Series { name: "as it is", ink: Ink::Given, values: &held },
            Series { name: "evenly", ink: Ink::Plain, values: &even },
        ],
    )
}
