//! Taking a rating, taking it back, and showing the number to somebody who does not want to rate. The
//! buttons stand on the feed, in lists and on the insight's page, so each answer leads back to where
//! they stood.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use crate::accounts::guard::{Caller, Member};
use crate::archive::store::is_visible;
use crate::error::{AppError, AppResult};
use crate::market::rating::{BackTo, RatingForm};
use crate::market::store::ratings::{self, Taken};
use crate::market::store::values;
use crate::review::store::play::after_rating;
use crate::web::flash::Flash;
use crate::web::form::{Form, Query};
use crate::web::page::{self, ErrorPage};
use crate::web::{App, back_to};

/// `POST /insights/{id}/rating`
pub(super) async fn rate(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<i64>,
    form: Form<RatingForm>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let value = match form.0.check() {
        Ok(value) => value,
        // The buttons send nothing else, so there is no field to lead back to.
        Err(errors) => {
            caller.read(|_, _| Ok(())).await?;
            return Ok(ErrorPage::respond(
                StatusCode::UNPROCESSABLE_ENTITY,
                "That is not a rating",
                errors.of("value").unwrap_or_default(),
            ));
        }
    };
    let play = app.config.policy.play;
    let (_, taken) = caller
        .write(move |c, member| {
            let taken = ratings::rate(c, &member.actor, id, value)?;
            if taken != Taken::Same {
                after_rating(c, member.id, id, member.actor.at, &play)?;
            }
            Ok(taken)
        })
        .await?;
    let place = place(id, &form.0.back_to);
    let flash = match taken {
        Taken::First => Flash::with_undo(
            "Thank you, your rating counts.",
            format!("/insights/{id}/rating/withdrawal?{}", back_to_query(&form.0.back_to)),
        ),
        Taken::Changed => Flash::say(format!("Your rating is now {value}.")),
        Taken::Same => Flash::say(format!("Your rating is {value} already.")),
    };
    page::see_other_saying(&app, &place, &flash)
}

/// `POST /insights/{id}/rating/withdrawal`
pub(super) async fn withdraw(
    app: web::Data<App>,
    member: Member,
    id: web::Path<i64>,
    back: Query<BackTo>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let actor = member.actor;
    app.db.write(move |c| ratings::withdraw(c, &actor, id)).await?;
    let flash = Flash::say("Your rating is taken back. It no longer counts.");
    page::see_other_saying(&app, &place(id, &back.0.back_to), &flash)
}

/// `POST /insights/{id}/reveal`
pub(super) async fn reveal(
    app: web::Data<App>,
    member: Member,
    id: web::Path<i64>,
    form: Form<BackTo>,
) -> AppResult<HttpResponse> {
    let id = id.into_inner();
    let actor = member.actor;
    let there = app
        .db
        .write(move |c| {
            if !is_visible(c, actor.person_id, id)? {
                return Err(AppError::NotFound);
            }
            Ok(values::reveal(c, &actor, id)?)
        })
        .await?;
    let place = place(id, &form.0.back_to);
    if there {
        return Ok(page::see_other(&place));
    }
    let flash = Flash::say("There is no number yet: it takes five ratings.");
    page::see_other_saying(&app, &place, &flash)
}

/// Back to where the buttons stood.
fn place(id: i64, back: &str) -> String {
    back_to::list_or_page(back, format!("/insights/{id}"), &format!("insight-{id}"))
}

fn back_to_query(back: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new()).append_pair("back_to", back).finish()
}
