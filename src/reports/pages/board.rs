//! `/reports/board`: one page that a board can read. Four charts and four sentences, from the reports of months
//! as they were told and from the figures of obstacles as they were measured; nothing is computed for it.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::guard::Officer;
use crate::db::FlowReader;
use crate::error::AppResult;
use crate::flow::period::in_words;
use crate::flow::store::looks::{self, Kind};
use crate::obstacles::store::{measures, register};
use crate::reports::board::{self, Numbers, Panel, Removed};
use crate::reports::periods;
use crate::reports::store::{baselines, kept};
use crate::web::App;
use crate::web::charts::Svg;
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "reports/board.html")]
struct BoardPage {
    page: Page,
    /// The month it is about; empty where there is none yet.
    month: String,
    /// Report and name of the baseline.
    baseline: Option<(i64, String)>,
    report: i64,
    panels: Vec<Panel>,
    unblocked: String,
    /// The register is told as it is, whatever month the charts end with.
    today: String,
    removed: Vec<(Removed, Option<Svg>)>,
    more_removed: usize,
    columns: Vec<String>,
    numbers: Vec<Numbers>,
}

/// Months that the charts reach back.
const MONTHS: i64 = 13;
/// Removed obstacles that are drawn; the others are counted.
const DRAWN: usize = 4;

/// Shows it.
pub async fn show(
    app: web::Data<App>,
    flow: FlowReader,
    req: HttpRequest,
    officer: Officer,
) -> AppResult<HttpResponse> {
    looks::note(&app, officer.actor, Kind::Report, &[looks::EVERYBODY]).await?;
    let today = officer.actor.day;
    let (months, baseline, obstacles) = flow
        .read(move |c| {
            let baseline = match baselines::baseline(c)? {
                Some(mark) => Some((mark.report, kept::report(c, mark.report)?.1)),
                None => None,
            };
            let mut obstacles = Vec::new();
            for obstacle in register::list(c, None)? {
                let (before, now) = measures::before_and_now(c, obstacle.id)?;
                obstacles.push((obstacle, before, now));
            }
            Ok((kept::months(c, MONTHS)?, baseline, obstacles))
        })
        .await?;
    let page = Page::new(&req, &officer, Place::Flow, "For the board");
    let found = board::of(&months, baseline.as_ref().map(|(_, frozen)| frozen), &obstacles, today);
    let latest = months.last();
    let mut removed = found.removed;
    let more_removed = removed.len().saturating_sub(DRAWN);
    removed.truncate(DRAWN);
    let shown = BoardPage {
        page,
        month: latest.map_or_else(String::new, |(_, frozen)| periods::name(frozen.period())),
        report: latest.map_or(0, |(id, _)| *id),
        baseline: baseline.map(|(id, frozen)| (id, periods::name(frozen.period()))),
        panels: found.panels,
        unblocked: found.unblocked,
        today: in_words(today),
        removed: removed.into_iter().map(|one| (one.clone(), one.draw())).collect(),
        more_removed,
        columns: found.columns,
        numbers: found.numbers,
    };
    page::show(&shown, &req)
}
