//! Every figure of a period by theme, and asking for those that take the events.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::filters::{Filters, FlowQuery};
use super::numbers::{Shown, counted, shown};
use crate::accounts::guard::Officer;
use crate::clock::Calendar;
use crate::error::{AppError, AppResult};
use crate::flow::metrics::definitions::{Definition, Theme, definition};
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::metrics::is_refinement;
use crate::flow::period::in_words;
use crate::flow::store::figures::{self as store, Kept};
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::Form;
use crate::web::page;

/// So many periods may wait to be computed at a time.
const MOST_WAITING: usize = 12;

/// Every figure, with what it takes to have those that are not there.
#[derive(Default)]
pub(super) struct Board {
    pub themes: Vec<ThemeRows>,
    /// "computed 3 Nov 2026 at 04:12", or why some are missing.
    pub computed: String,
    /// Whether they can be asked for: nobody has, or what there is may be computed again.
    pub may_ask: bool,
    /// Whether there are none yet.
    pub is_empty: bool,
    /// Whether they wait for their turn.
    pub waits: bool,
    /// Days of the form that asks.
    pub from: String,
    pub to: String,
}

/// The figures of a theme.
pub(super) struct ThemeRows {
    pub name: &'static str,
    pub rows: Vec<FigureRow>,
}

/// A figure in a table.
pub(super) struct FigureRow {
    pub id: &'static str,
    pub name: String,
    /// Whom it is about, where not everybody.
    pub whom: String,
    pub shown: Shown,
    /// "hours"; empty where the number says it, or there is none.
    pub unit: &'static str,
    /// "0.1 to 0.2", or in which half of the things lie.
    pub interval: String,
    /// "12 of 312", "312 insights".
    pub of: String,
    pub estimate: bool,
}

impl Board {
    /// From what is computed at once and what the night has left. `is_whole` says whether the page is about
    /// the whole company as the night saw it.
    pub fn new(
        at_once: &[Figure],
        kept: &Kept,
        filters: &Filters,
        is_whole: bool,
        calendar: Calendar,
    ) -> Board {
        let when = |at: chrono::NaiveDateTime| {
            let local = calendar.local(at);
            format!("{} at {}", in_words(local.date()), local.format("%H:%M"))
        };
        let told = |whom: &Whom, id: &str| match whom {
            Whom::All | Whom::Managers => true,
            Whom::Department(_) => id == "C10",
            Whom::Segment(_) => false,
        };
        let night = kept.figures.iter().filter(|figure| !is_refinement(figure));
        let all: Vec<&Figure> =
            at_once.iter().chain(night).filter(|figure| told(&figure.whom, figure.id)).collect();
        let themes = Theme::ALL
            .into_iter()
            .map(|theme| {
                let of_theme = |figure: &&&Figure| definition(figure.id).is_some_and(|d| d.theme == theme);
                let mut rows: Vec<&Figure> = all.iter().filter(of_theme).copied().collect();
                rows.sort_by_key(|figure| number_of(figure.id));
                ThemeRows { name: theme.name(), rows: rows.into_iter().map(row).collect() }
            })
            .filter(|theme| !theme.rows.is_empty())
            .collect();
        let computed = match (kept.computed_at, kept.waiting_since) {
            _ if !is_whole => "the others are about the whole company only".to_owned(),
            (_, Some(since)) => format!("asked for on {}: computed within a few minutes", when(since)),
            (Some(at), None) => format!("those of the night were computed on {}", when(at)),
            (None, None) => {
                "some are computed by night only, for the usual periods, and for others when asked".to_owned()
            }
        };
        Board {
            themes,
            computed,
            may_ask: is_whole && kept.waiting_since.is_none(),
            is_empty: kept.computed_at.is_none(),
            waits: is_whole && kept.waiting_since.is_some(),
            from: filters.period.from.to_string(),
            to: filters.period.to.to_string(),
        }
    }
}

/// C9 comes before C10.
fn number_of(id: &str) -> u32 {
    id.trim_start_matches('C').parse().unwrap_or(u32::MAX)
}

fn row(figure: &Figure) -> FigureRow {
    let shown = shown(figure);
    let of = match figure.n {
        Some(n) if shown.of.is_empty() && !figure.suppressed => {
            let many = definition(figure.id).map_or("", |definition| definition.of);
            let one = if many == "people" { "person" } else { many.trim_end_matches('s') };
            counted(n as i64, one, many)
        }
        _ => shown.of.clone(),
    };
    FigureRow {
        id: figure.id,
        name: figure.name(),
        whom: match &figure.whom {
            Whom::Managers => "managers".into(),
            Whom::Department(name) => name.clone(),
            _ => String::new(),
        },
        of,
        unit: if shown.is_number || figure.beyond.is_some() { figure.unit.words() } else { "" },
        interval: match shown.interval.as_str() {
            "" => String::new(),
            ends if is_spread(figure) => format!("half of them {ends}"),
            ends => ends.to_owned(),
        },
        estimate: figure.is_estimate,
        shown,
    }
}

/// Whether its interval is quartiles: how far things spread, not how sure the number is.
fn is_spread(figure: &Figure) -> bool {
    matches!((figure.id, &*figure.part), ("C6" | "C16", _) | ("C15", "age"))
}

/// The definitions by theme, for the page that explains them.
pub(super) fn by_theme(definitions: &'static [Definition]) -> Vec<(&'static str, Vec<&'static Definition>)> {
    Theme::ALL
        .into_iter()
        .map(|theme| (theme.name(), definitions.iter().filter(|d| d.theme == theme).collect()))
        .collect()
}

/// The days whose figures are asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AskForm {
    from: String,
    to: String,
}

/// `POST /flow/figures`: asks for the figures of a period, or for them once more.
pub async fn ask(
    app: web::Data<App>,
    officer: Officer,
    Form(typed): Form<AskForm>,
) -> AppResult<HttpResponse> {
    let typed = FlowQuery { from: typed.from, to: typed.to, weeks: "dates".into(), ..FlowQuery::default() };
    let filters = Filters::read(&typed, officer.actor.day, None)?;
    let (period, now) = (filters.period, officer.actor.at);
    app.db
        .write(move |c| {
            let waiting = store::waiting(c)?;
            if !waiting.contains(&period) {
                if waiting.len() >= MOST_WAITING {
                    return Err(AppError::Conflict(
                        "Twelve periods wait to be computed. Try again in some minutes.",
                    ));
                }
                store::ask(c, period, now)?;
            }
            Ok(())
        })
        .await?;
    let to = format!("/flow?{}#figures", filters.query());
    page::see_other_saying(
        &app,
        &to,
        &Flash::say("Asked for. The figures are computed within a few minutes."),
    )
}
