//! `/insights/{id}/value`: how the value of this insight came about, as of the last move of what is shown.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::accounts::guard::Member;
use crate::archive::store::is_visible;
use crate::error::{AppError, AppResult};
use crate::market::account::Account;
use crate::market::shown::ValueView;
use crate::market::store::accounts::{self, Told};
use crate::market::store::values;
use crate::policy::ValuePolicy;
use crate::web::App;
use crate::web::ago::{When, ago};
use crate::web::page::{self, Page, Place};

/// A line of the table.
struct Line {
    name: String,
    /// Empty for the neutral votes.
    raters: String,
    votes: String,
    mean: String,
    /// Whether the mean lies outside the scale, by the correction.
    beyond: bool,
    /// Its place on a ruler; none for the sum.
    ruler: Option<ValueView>,
}

/// The numbers, for whoever may see them.
struct Shown {
    lines: Vec<Line>,
    votes: String,
    value: String,
    lower: String,
    /// "−0.1", "+0.2"; empty when they come to nothing.
    corrections: String,
    /// Departments of their own lines, and all of them.
    departments: usize,
    raters: usize,
    merged: bool,
    /// Whether a line's mean lies outside the scale.
    beyond: bool,
    /// Ratings since the last move.
    since: i64,
}

#[derive(Template)]
#[template(path = "market/account.html")]
struct AccountPage {
    page: Page,
    id: i64,
    title: String,
    value: ValueView,
    moved: Option<When>,
    shown: Option<Shown>,
    rules: ValuePolicy,
}

/// The page.
pub(super) async fn show(
    app: web::Data<App>,
    member: Member,
    id: web::Path<i64>,
    req: HttpRequest,
) -> AppResult<HttpResponse> {
    let (id, person) = (id.into_inner(), member.person.id);
    let (told, value, rules) = app
        .db
        .read(move |c| {
            if !is_visible(c, person, id)? {
                return Err(AppError::NotFound);
            }
            let value = values::view_for(c, id, person)?;
            Ok((accounts::told(c, id)?, value, values::policy(c)?))
        })
        .await?;
    let Told { title, moved_at, account } = told;
    let moved = moved_at.map(|at| ago(at, member.actor.at, app.calendar()));
    let shown = account.filter(|_| value.number.is_some()).map(|account| shown(&account, value.raters));
    let page = Page::new(&req, &member, Place::Archive, format!("How this value came about: {title}"));
    // The verdict on this page does not lead here.
    let value = ValueView { insight_id: 0, ..value };
    page::show(&AccountPage { page, id, title, value, moved, shown, rules }, &req)
}

/// `raters`: how many there are today.
fn shown(account: &Account, raters: i64) -> Shown {
    let mut lines: Vec<Line> = account
        .voices
        .iter()
        .map(|voice| line(voice.name.clone(), Some(voice.raters), voice.votes, voice.mean))
        .collect();
    if let Some(rest) = &account.rest {
        let name = match (lines.len(), rest.departments) {
            (0, 1) => "One department".to_owned(),
            (0, n) => format!("{n} departments together"),
            (_, 1) => "Another department".to_owned(),
            (_, n) => format!("{n} other departments together"),
        };
        lines.push(line(name, Some(rest.raters), rest.votes, rest.mean));
    }
    lines.push(line("Neutral votes".to_owned(), None, account.neutral, account.mu));
    let corrections = (account.corrections * 10.0).round() / 10.0;
    Shown {
        departments: account.voices.len() + account.rest.as_ref().map_or(0, |rest| rest.departments),
        raters: account.raters,
        merged: account.rest.is_some(),
        beyond: lines.iter().any(|line| line.beyond),
        since: raters - i64::try_from(account.raters).unwrap_or(i64::MAX).min(raters),
        lines,
        votes: format!("{:.2}", account.votes + account.neutral),
        value: format!("{:.1}", account.value.clamp(1.0, 5.0)),
        lower: format!("{:.1}", account.lower.clamp(1.0, 5.0)),
        corrections: if corrections == 0.0 {
            String::new()
        } else {
            format!("{corrections:+.1}").replace('-', "\u{2212}")
        },
    }
}

fn line(name: String, raters: Option<usize>, votes: f64, mean: f64) -> Line {
    // A corrected mean may lie outside the scale by the correction: the ruler ends at its ends.
    let place = (mean.clamp(1.0, 5.0) - 1.0) * 25.0;
    let ruler = ValueView {
        number: Some(String::new()),
        label_sentence: format!("{name}: {mean:.1} of 5").into(),
        needle: place,
        low: place,
        high: place,
        ..ValueView::default()
    };
    Line {
        name,
        raters: raters.map_or(String::new(), |raters| raters.to_string()),
        votes: format!("{votes:.2}"),
        beyond: !(0.95..5.05).contains(&mean),
        mean: format!("{mean:.1}"),
        ruler: Some(ruler),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::account::{Rest, Voice};

    #[test]
    fn the_table_names_what_may_be_named() {
        let account = Account {
            raters: 9,
            value: 4.04,
            lower: 3.449,
            neutral: 3.0,
            mu: 3.0,
            votes: 4.2,
            corrections: -0.12,
            voices: vec![Voice { name: "Sales".into(), raters: 5, votes: 1.875, mean: 4.61, view: 4.3 }],
            rest: Some(Rest { departments: 3, raters: 4, votes: 2.25, mean: 5.3 }),
        };
        let shown = shown(&account, 11);
        let names: Vec<&str> = shown.lines.iter().map(|line| line.name.as_str()).collect();
        assert_eq!(names, ["Sales", "3 other departments together", "Neutral votes"]);
        assert_eq!(
            (shown.votes.as_str(), shown.value.as_str(), shown.lower.as_str()),
            ("7.20", "4.0", "3.4")
        );
        assert_eq!((shown.corrections.as_str(), shown.departments), ("\u{2212}0.1", 4));
        assert_eq!((shown.beyond, shown.since), (true, 2), "5.3 of 5 is explained, and 11 ratings beside 9");
        assert_eq!(shown.lines[1].ruler.as_ref().map(|ruler| ruler.needle), Some(100.0));
    }
}
