//! `/flow/people`: who shared and who opened something, counted by department. There is no list of people
//! by what they share or read, for anybody.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::filters::FlowQuery;
use super::numbers::{Shown, grouped, shown};
use super::rows::narrowed;
use super::tables;
use crate::accounts::guard::Officer;
use crate::error::AppResult;
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::metrics::{Loaded, People};
use crate::flow::store::looks::{self, Kind};
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "flow/people.html")]
struct PeoplePage {
    page: Page,
    query: String,
    period: String,
    last_day: String,
    /// Departments, and everybody at the end.
    rows: Vec<PeopleRow>,
    withheld: bool,
}

struct PeopleRow {
    name: String,
    href: String,
    /// On the last day.
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
    officer: Officer,
    Query(typed): Query<FlowQuery>,
) -> AppResult<HttpResponse> {
    looks::note(&app, officer.actor, Kind::Figures, &[looks::department_of(&typed.department)]).await?;
    let (filters, question, _) = narrowed(&app, &officer, &typed).await?;
    let (loaded, figures) = app
        .db
        .read(move |c| {
            let loaded = Loaded::new(c, question)?;
            let figures = loaded.figures(&People::of(c, &question)?);
            Ok((loaded, figures))
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
        last_day: crate::flow::period::in_words(filters.period.last_day()),
        withheld: figures.iter().any(|f| f.suppressed && (f.id == "C3" || f.id == "C4")),
        rows,
        query,
    };
    page::show(&page, &req)
}
