//! Choosing the baseline.

use actix_web::{HttpResponse, web};

use super::show::id_of;
use crate::accounts::guard::Officer;
use crate::error::AppResult;
use crate::reports::store::baselines;
use crate::web::App;
use crate::web::flash::Flash;
use crate::web::form::{Form, Nothing};
use crate::web::page;

/// `POST /reports/{id}/baseline`: once.
pub async fn choose(
    app: web::Data<App>,
    officer: Officer,
    id: web::Path<String>,
    Form(_): Form<Nothing>,
) -> AppResult<HttpResponse> {
    let id = id_of(&id)?;
    let actor = officer.actor;
    app.db.write(move |c| baselines::choose(c, id, actor.person_id, actor.at)).await?;
    let text = "Later reports are compared with this one.";
    page::see_other_saying(&app, &format!("/reports/{id}"), &Flash::say(text))
}
