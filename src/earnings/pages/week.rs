//! `/me/credits/{week}`: how what somebody earned in a week came about.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::{Account, credits, terms};
use crate::accounts::guard::Member;
use crate::earnings::store::{self, RatedThen};
use crate::earnings::week::Week;
use crate::error::{AppError, AppResult};
use crate::policy::CreditPolicy;
use crate::web::App;
use crate::web::page::{self, Page, Place};

#[derive(Template)]
#[template(path = "earnings/week.html")]
struct WeekPage {
    page: Page,
    words: String,
    /// Whether the week is over, so that it has been or will be settled.
    over: bool,
    account: Account,
    ratings: Vec<RatedThen>,
    terms: CreditPolicy,
}

impl WeekPage {
    fn earned(&self) -> String {
        credits(self.account.paid)
    }

    fn untold(&self) -> String {
        credits(self.account.untold_paid)
    }

    /// Credits for the ratings of the list.
    fn rated(&self) -> String {
        let paid = self.ratings.iter().filter(|rated| rated.paid).count();
        credits(i64::try_from(paid).unwrap_or(i64::MAX).saturating_mul(self.terms.rater_credit))
    }

    /// Whether the weekly limit took something.
    fn is_capped(&self) -> bool {
        self.account.shown.iter().any(|one| one.paid < one.earned)
    }
}

/// `GET /me/credits/{week}`.
pub async fn show(
    req: HttpRequest,
    app: web::Data<App>,
    member: Member,
    week: web::Path<String>,
) -> AppResult<HttpResponse> {
    let terms = terms(&app)?;
    let week = Week::parse(&week).ok_or(AppError::NotFound)?;
    let (person, value) = (member.actor.person_id, app.config.policy.value);
    let (explained, ratings) = app
        .db
        .read(move |c| {
            Ok((store::explained_to(c, &value, person, week)?, store::ratings_of(c, person, week)?))
        })
        .await?;
    let words = week.words(member.actor.day);
    let shown = WeekPage {
        page: Page::new(&req, &member, Place::You, format!("What you earned, {words}")),
        words,
        over: week.end() <= member.actor.day,
        account: Account::of(&terms, explained),
        ratings,
        terms,
    };
    page::show(&shown, &req)
}
