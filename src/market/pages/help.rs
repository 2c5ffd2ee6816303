//! `/help/value`: how a value is worked out, with an example that the model itself computes.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::guard::Member;
use crate::error::AppResult;
use crate::market::label::Label;
use crate::market::shown::{self, Known, Shown, ShownRow, ValueView};
use crate::market::store::state::{self, Health};
use crate::market::store::values;
use crate::market::value::{Estimate, Judgement, Params, estimate};
use crate::policy::ValuePolicy;
use crate::web::App;
use crate::web::ago::{When, ago};
use crate::web::page::{self, Page, Place};

/// The colleagues of the example: who, department, stars, leniency in stars, ratings so far.
const COLLEAGUES: [(&str, &str, f64, f64, u32); 6] = [
    ("a generous colleague", "Sales", 5.0, 0.6, 40),
    ("a colleague in the middle", "Sales", 4.0, 0.0, 25),
    ("a strict colleague", "Support", 4.0, -0.5, 30),
    ("another strict colleague", "Support", 4.0, -0.3, 18),
    ("a new colleague", "Support", 5.0, 0.0, 1),
    ("a colleague in the middle", "Finance", 3.0, 0.1, 22),
];

/// One rating of the example.
struct Given {
    who: &'static str,
    department: &'static str,
    stars: String,
    /// "+0.6", "0.0".
    leniency: String,
    counts_as: String,
}

/// One department of the example.
struct Voice {
    department: &'static str,
    raters: usize,
    mean: String,
    votes: String,
    view: String,
}

#[derive(Template)]
#[template(path = "help/value.html")]
struct ValueHelp {
    page: Page,
    rules: ValuePolicy,
    /// "3.5": where "valued" begins.
    valued: String,
    /// The lower bound and the views that make it valued across departments.
    valuable: String,
    /// How far views that differ lie apart.
    apart: String,
    scale: [(i32, &'static str); 5],
    /// The common level in force, in stars.
    mu: String,
    neutral: String,
    neutrals: String,
    ceiling: String,
    given: Vec<Given>,
    voices: Vec<Voice>,
    votes: String,
    all_votes: String,
    value: ValueView,
    /// The plain mean of the example's stars, for comparison.
    mean: String,
    /// The value with two digits, and what it were had the lowest rating been the highest.
    exact: String,
    one_up: String,
    /// Votes of a department by its number of raters.
    ladder: Vec<(usize, String)>,
    /// Four times 5, from one department and from four.
    fives: [(&'static str, ValueView); 2],
    /// A blank ruler: what is seen before rating.
    hidden: ValueView,
    early: ValueView,
    /// "under 0.001": how far leniencies may be from those of a full computation at this moment, in stars.
    exact_to: String,
    /// Insights and raters that wait to be looked at.
    waiting: i64,
    refit: Option<When>,
    /// Since when which common level holds, the latest first.
    levels: Vec<(When, String)>,
    /// Means of ratings given before their raters could know the number, and of the others.
    blind: Option<(String, String)>,
}

/// How many common levels the page tells.
const LEVELS: usize = 5;
/// Ratings of both kinds from which their means are compared: before, one rating would move them.
const COMPARED: i64 = 50;

/// A bound in stars, in words.
fn bound(stars: f64) -> String {
    if stars < 0.001 { "0.001".to_owned() } else { format!("{stars:.3}") }
}

fn blind(health: &Health) -> Option<(String, String)> {
    let enough = health.blind.ratings >= COMPARED && health.seen.ratings >= COMPARED;
    enough.then(|| (format!("{:.1}", health.blind.mean), format!("{:.1}", health.seen.mean)))
}

/// The page.
pub(super) async fn show(app: web::Data<App>, member: Member, req: HttpRequest) -> AppResult<HttpResponse> {
    let (epoch, health) = app.db.read(|c| Ok((values::epoch(c)?, state::health(c)?))).await?;
    let page = Page::new(&req, &member, Place::Elsewhere, "How value is worked out");
    let (now, calendar) = (member.actor.at, app.calendar());
    let help = ValueHelp {
        exact_to: bound(health.bound),
        waiting: health.changed + health.waiting,
        refit: health.refit_at.map(|at| ago(at, now, calendar)),
        levels: health
            .epochs
            .iter()
            .take(LEVELS)
            .map(|(at, mu)| (ago(*at, now, calendar), format!("{mu:.2}")))
            .collect(),
        blind: blind(&health),
        ..explained(page, &epoch.policy, &epoch.params())
    };
    page::show(&help, &req)
}

fn explained(page: Page, policy: &ValuePolicy, params: &Params) -> ValueHelp {
    let departments = departments();
    let judgements = example();
    let result = estimate(params, &judgements);
    let given = COLLEAGUES
        .iter()
        .map(|&(who, department, stars, leniency, _)| Given {
            who,
            department,
            stars: format!("{stars:.0}"),
            leniency: signed(leniency),
            counts_as: format!("{:.1}", stars - leniency),
        })
        .collect();
    let voices = result
        .departments
        .iter()
        .map(|view| {
            let of: Vec<&Judgement> =
                judgements.iter().filter(|judgement| judgement.department == view.department).collect();
            let sum: f64 = of.iter().map(|judgement| judgement.stars - judgement.leniency).sum();
            Voice {
                department: departments[view.department as usize],
                raters: view.raters,
                mean: format!("{:.2}", sum / of.len() as f64),
                votes: format!("{:.2}", params.votes(of.len() as f64)),
                view: format!("{:.1}", view.value),
            }
        })
        .collect();
    let mut raised = judgements.clone();
    if let Some(lowest) = raised.iter_mut().min_by(|a, b| a.stars.total_cmp(&b.stars)) {
        lowest.stars = 5.0;
    }
    let raised = estimate(params, &raised);
    let mean = COLLEAGUES.iter().map(|(_, _, stars, ..)| stars).sum::<f64>() / COLLEAGUES.len() as f64;
    let value = seen(policy, &result, 0);
    ValueHelp {
        page,
        rules: *policy,
        valued: tenths(policy.valued),
        valuable: tenths(policy.valuable),
        apart: tenths(policy.apart),
        scale: crate::market::rating::SCALE,
        mu: format!("{:.2}", params.mu),
        neutral: format!("{:.2}", params.lambda_v),
        neutrals: format!("{:.0}", params.lambda_v),
        ceiling: format!("{:.0}", params.lambda_g),
        given,
        voices,
        votes: format!("{:.2}", result.votes),
        all_votes: format!("{:.2}", params.lambda_v + result.votes),
        mean: format!("{mean:.2}"),
        exact: format!("{:.2}", result.value),
        one_up: format!("{:.2}", raised.value),
        value,
        ladder: [1_u8, 2, 3, 5, 10, 50]
            .into_iter()
            // A hair more, so that the five's 1.875 is not printed as the 1.87 below it.
            .map(|n| (usize::from(n), format!("{:.2}", params.votes(f64::from(n)) + 1e-9)))
            .collect(),
        fives: [("from one department", [0, 0, 0, 0]), ("from four departments", [0, 1, 2, 3])].map(
            |(where_from, departments)| {
                (where_from, seen(policy, &estimate(params, &four_fives(departments)), 0))
            },
        ),
        hidden: shown::view(policy, &shown_row(policy, &result, 12), None, false, false),
        early: shown::view(
            policy,
            &ShownRow { raters: 2, uses: 1, shown_label: Label::Early.name().into(), ..ShownRow::default() },
            None,
            false,
            false,
        ),
        exact_to: String::new(),
        waiting: 0,
        refit: None,
        levels: Vec::new(),
        blind: None,
    }
}

/// Stars with one digit.
fn tenths(stars: f64) -> String {
    format!("{stars:.1}")
}

/// Stars with their sign; a minus as wide as the plus.
fn signed(stars: f64) -> String {
    match stars {
        0.0 => "0.0".into(),
        _ => format!("{stars:+.1}").replace('-', "\u{2212}"),
    }
}

/// The example's departments, each once, numbered by their place.
fn departments() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = COLLEAGUES.iter().map(|(_, department, ..)| *department).collect();
    names.dedup();
    names
}

fn example() -> Vec<Judgement> {
    let departments = departments();
    COLLEAGUES
        .iter()
        .map(|&(_, department, stars, leniency, history)| Judgement {
            department: departments.iter().position(|name| *name == department).unwrap_or_default() as u32,
            stars,
            leniency,
            history,
        })
        .collect()
}

fn four_fives(departments: [u32; 4]) -> Vec<Judgement> {
    departments
        .into_iter()
        .map(|department| Judgement { department, stars: 5.0, leniency: 0.0, history: 20 })
        .collect()
}

/// What the ruler shows of an estimate; the thresholds for showing do not hold for an example.
fn shown_row(policy: &ValuePolicy, estimate: &Estimate, uses: i32) -> ShownRow {
    let known = Known {
        raters: i32::try_from(policy.number_from.max(estimate.raters as i64)).unwrap_or(i32::MAX),
        value: estimate.value,
        sd: estimate.sd,
        label: Label::Rated,
    };
    let shown = Shown::of(policy, &known, chrono::NaiveDateTime::default());
    ShownRow {
        raters: known.raters,
        shown_tenths: shown.tenths,
        shown_low_tenths: shown.low_tenths,
        shown_high_tenths: shown.high_tenths,
        shown_label: known.label.name().into(),
        shown_raters: known.raters,
        uses,
    }
}

fn seen(policy: &ValuePolicy, estimate: &Estimate, uses: i32) -> ValueView {
    let raters = i64::try_from(estimate.raters).unwrap_or_default();
    ValueView {
        raters,
        word: None,
        ..shown::view(policy, &shown_row(policy, estimate, uses), None, false, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_what_the_model_says() {
        let result = estimate(&Params::V1, &example());
        // By hand: Sales (4.4 + 4.0) / 2 with 1.2 votes, Support (4.5 + 4.3 + 5.0) / 3 with 1.5, Finance
        // 2.9 with 0.75, and 3 votes of 3.0.
        let by_hand = (3.0 * 3.0 + 1.2 * 4.2 + 1.5 * 4.6 + 0.75 * 2.9) / (3.0 + 3.45);
        assert!((result.value - by_hand).abs() < 1e-12, "{} {by_hand}", result.value);
    }

    #[test]
    fn four_departments_are_worth_more_than_one() {
        let one = estimate(&Params::V1, &four_fives([0, 0, 0, 0]));
        let four = estimate(&Params::V1, &four_fives([0, 1, 2, 3]));
        assert!(four.value > one.value, "{} {}", four.value, one.value);
    }
}
