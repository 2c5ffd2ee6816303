//! Every panel as a CSV file, with the filters of its page.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use super::filters::FlowQuery;
use super::load::Overview;
use super::rows::{self, narrowed};
use super::{accesses, coverage};
use crate::accounts::guard::Officer;
use crate::db::FlowReader;
use crate::error::{AppError, AppResult};
use crate::flow::merge::Merged;
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::metrics::{Loaded, is_refinement};
use crate::flow::store::looks::{self, Kind};
use crate::flow::store::rows::{self as store, PAGE, Searchers};
use crate::web::App;
use crate::web::form::Query;
use crate::web::formula;

/// Rows of a file, the header first.
type Table = Vec<Vec<String>>;

/// `/flow/csv/{panel}`.
pub async fn panel(
    app: web::Data<App>,
    flow: FlowReader,
    officer: Officer,
    panel: web::Path<String>,
    Query(typed): Query<FlowQuery>,
) -> AppResult<HttpResponse> {
    let flow = flow.never_old();
    looks::note(&app, officer.actor, Kind::Export, &[looks::department_of(&typed.department)]).await?;
    let (filters, question, scope) = narrowed(&app, &flow, &officer, &typed).await?;
    let name = panel.into_inner();
    let table = match name.as_str() {
        "contributions" => {
            let mut narrow = rows::narrow(&filters, &scope, &typed, false)?;
            flow.read(move |c| {
                let mut all = Vec::new();
                loop {
                    let mut found = store::contributions(c, &narrow)?;
                    let more = found.len() > PAGE;
                    found.truncate(PAGE);
                    narrow.after = found.last().map(store::Contribution::cursor);
                    all.extend(found);
                    if !more {
                        return Ok(contributions(&all));
                    }
                }
            })
            .await?
        }
        "coverage" => {
            let enough = typed.enough != "no";
            flow.read(move |c| {
                let mut all = Vec::new();
                let mut after = None;
                loop {
                    let mut found = coverage::load(c, question, enough, after)?;
                    let more = found.len() > PAGE;
                    found.truncate(PAGE);
                    after = found.last().map(store::Contribution::cursor);
                    all.extend(found);
                    if !more {
                        return Ok(contributions(&all));
                    }
                }
            })
            .await?
        }
        "accesses" => {
            let scope = scope.told(typed.managers == "yes")?;
            let (mut narrow, managers) = (accesses::narrow(&filters, &typed)?, typed.managers == "yes");
            flow.read(move |c| {
                let mut table = vec![row(&[
                    "insight",
                    "title",
                    "day",
                    "departments",
                    "openings",
                    "people",
                    "suppressed",
                ])];
                let list = accesses::List::new(c, question, scope, managers)?;
                let total = list.total(c, &typed.department)?.numerator;
                let mut told = 0;
                loop {
                    let mut found = list.page(c, &narrow)?;
                    let more = found.len() > PAGE;
                    found.truncate(PAGE);
                    narrow.after = found.last().map(|(insight, _)| insight.cursor());
                    table.extend(openings(&found, &list.loaded, managers));
                    told += found.iter().map(|(_, merged)| merged.openings()).sum::<i64>();
                    if !more {
                        // So that all rows add up to the total.
                        table.extend(
                            accesses::untold(total, told)
                                .map(|rest| row(&["", "", "", "", &rest.to_string(), "", "true"])),
                        );
                        return Ok(table);
                    }
                }
            })
            .await?
        }
        "searches" => {
            let scope = scope.told(typed.managers == "yes")?;
            let managers = typed.managers == "yes";
            flow.read(move |c| {
                let loaded = Loaded::new(c, question)?;
                let of = Searchers { departments: scope.departments.as_deref(), managers };
                let found = rows::missed(c, &loaded, of)?;
                Ok(searches(&found, &loaded, managers))
            })
            .await?
        }
        "matrix" | "figures" | "departments" | "segments" | "weeks" => {
            let panel = name.clone();
            flow.read(move |c| {
                let overview = Overview::load(c, question, None)?;
                Ok(of_overview(&panel, &overview))
            })
            .await?
        }
        _ => return Err(AppError::NotFound),
    };
    let file = format!("flow-{name}-{}-to-{}.csv", filters.period.from, filters.period.to);
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")))
        .body(written(&table)?))
}

fn of_overview(panel: &str, overview: &Overview) -> Table {
    match panel {
        "matrix" => matrix(overview),
        "weeks" => weeks(overview),
        "segments" => {
            figures(&overview.segments.iter().flat_map(|(_, rates)| rates.clone()).collect::<Vec<_>>())
        }
        "departments" => figures(
            &overview
                .figures
                .iter()
                .filter(|f| matches!(f.whom, Whom::Department(_) | Whom::Managers) || f.whom == Whom::All)
                .filter(|f| ["C1", "C2", "C3", "C4", "C17"].contains(&f.id))
                .cloned()
                .collect::<Vec<_>>(),
        ),
        _ => {
            let night = overview.kept.figures.iter().filter(|figure| !is_refinement(figure));
            figures(&overview.figures.iter().chain(night).cloned().collect::<Vec<_>>())
        }
    }
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn figures(figures: &[Figure]) -> Table {
    let mut table = vec![row(&[
        "id",
        "part",
        "name",
        "group",
        "value",
        "unit",
        "numerator",
        "denominator",
        "low",
        "high",
        "suppressed",
        "excluded",
        "n",
        "beyond",
        "estimate",
        "version",
    ])];
    table.extend(figures.iter().map(|figure| {
        vec![
            figure.id.to_owned(),
            figure.part.to_string(),
            figure.name(),
            text(&figure.whom.name()),
            number(figure.value),
            figure.unit.name().to_owned(),
            number(figure.numerator),
            number(figure.denominator),
            number(figure.low),
            number(figure.high),
            figure.suppressed.to_string(),
            figure.excluded.to_string(),
            figure.n.map_or_else(String::new, |n| n.to_string()),
            number(figure.beyond),
            if figure.is_estimate { "yes" } else { "" }.to_owned(),
            figure.version.to_string(),
        ]
    }));
    table
}

fn matrix(overview: &Overview) -> Table {
    let groups = &overview.loaded.grouping.groups;
    let mut table = vec![row(&["from", "to", "first_accesses", "suppressed"])];
    for (from, giver) in groups.iter().enumerate() {
        for (to, taker) in groups.iter().enumerate() {
            let shown = overview.matrix.shown(from, to);
            table.push(vec![
                text(&giver.name),
                text(&taker.name),
                shown.map_or_else(String::new, |amount| amount.to_string()),
                shown.is_none().to_string(),
            ]);
        }
    }
    table
}

fn weeks(overview: &Overview) -> Table {
    let mut table = vec![row(&[
        "week",
        "days",
        "contributions",
        "contributions_per_person_month",
        "accesses",
        "accesses_per_person_month",
        "manager_contributions_per_person_month",
        "manager_accesses_per_person_month",
    ])];
    table.extend(overview.weeks.iter().map(|week| {
        vec![
            week.monday.to_string(),
            week.days.to_string(),
            number(week.all[0].numerator),
            number(week.all[0].value),
            number(week.all[1].numerator),
            number(week.all[1].value),
            number(week.managers[0].value),
            number(week.managers[1].value),
        ]
    }));
    table
}

fn contributions(found: &[store::Contribution]) -> Table {
    let mut table = vec![row(&["insight", "title", "author", "department", "manager", "day", "withdrawn"])];
    table.extend(found.iter().map(|c| {
        let title = if c.is_withdrawn() { String::new() } else { text(&c.title) };
        vec![
            c.id.to_string(),
            title,
            text(&c.author),
            text(&c.department),
            if c.manager { "yes" } else { "no" }.to_owned(),
            c.day.to_string(),
            if c.is_withdrawn() { "yes" } else { "no" }.to_owned(),
        ]
    }));
    table
}

/// A row for each cell of at least five people; one that says so where there were fewer, or nobody.
fn openings(found: &[(store::Contribution, Merged)], loaded: &Loaded, managers: bool) -> Table {
    let line = |insight: &store::Contribution, departments: &str, counts: Option<(i64, usize)>| {
        let (openings, people) =
            counts.map_or_else(Default::default, |(o, p)| (o.to_string(), p.to_string()));
        vec![
            insight.id.to_string(),
            if insight.is_withdrawn() { String::new() } else { text(&insight.title) },
            insight.day.to_string(),
            text(departments),
            openings,
            people,
            counts.is_none().to_string(),
        ]
    };
    let mut table = Vec::new();
    for (insight, merged) in found {
        match merged {
            Merged::Few => table.push(line(insight, "", None)),
            Merged::Cells(cells) => table.extend(cells.iter().map(|cell| {
                let names =
                    if managers { "managers".to_owned() } else { accesses::names(cell, loaded).join("; ") };
                line(insight, &names, Some((cell.openings, cell.people)))
            })),
        }
    }
    table
}

/// A row for each cell of at least five people; words of fewer than five are one row without words.
fn searches(found: &store::AllMissed, loaded: &Loaded, managers: bool) -> Table {
    let mut table = vec![row(&["words", "departments", "searches", "people", "suppressed"])];
    for missed in &found.known {
        if let Merged::Cells(cells) = rows::by_place(missed, loaded, managers) {
            table.extend(cells.iter().map(|cell| {
                let names =
                    if managers { "managers".to_owned() } else { accesses::names(cell, loaded).join("; ") };
                vec![
                    text(&missed.words),
                    text(&names),
                    cell.openings.to_string(),
                    cell.people.to_string(),
                    "false".into(),
                ]
            }));
        }
    }
    if found.others > 0 {
        table.push(vec![
            String::new(),
            String::new(),
            found.others.to_string(),
            String::new(),
            "true".into(),
        ]);
    }
    table
}

/// Text that no spreadsheet runs as a formula.
fn text(text: &str) -> String {
    formula::guard(text).into_owned()
}

fn written(table: &Table) -> AppResult<Vec<u8>> {
    let failed = |error: String| AppError::Internal(format!("cannot write CSV: {error}"));
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    for row in table {
        writer.write_record(row).map_err(|error| failed(error.to_string()))?;
    }
    writer.into_inner().map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_becomes_a_formula() {
        for (typed, cell) in [("=1+1", "'=1+1"), ("@x", "'@x"), ("-2", "'-2"), ("a=b", "a=b"), ("", "")] {
            assert_eq!(text(typed), cell);
        }
        let table = vec![row(&["a", "b"]), vec![text("x,\"y\""), "1".into()]];
        assert_eq!(
            String::from_utf8(written(&table).expect("bytes")).expect("UTF-8"),
            "a,b\n\"x,\"\"y\"\"\",1\n"
        );
    }
}
