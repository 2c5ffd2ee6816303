//! Light, dark, or as the device: a cookie, set from the footer.

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::{HttpRequest, HttpResponse, web};

use super::App;
use super::form::Form;
use crate::error::AppResult;

const COOKIE: &str = "theme";

/// The chosen theme: "light", "dark" or "" for the device's.
pub fn of(req: &HttpRequest) -> &'static str {
    match req.cookie(COOKIE).as_ref().map(Cookie::value) {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "",
    }
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ThemeForm {
    theme: String,
    back_to: String,
}

async fn choose(app: web::Data<App>, Form(form): Form<ThemeForm>) -> AppResult<HttpResponse> {
    let theme = match form.theme.as_str() {
        "light" => "light",
        "dark" => "dark",
        _ => "",
    };
    let cookie = Cookie::build(COOKIE, theme)
        .path("/")
        .http_only(true)
        .secure(app.config.is_secure())
        .same_site(SameSite::Lax)
        .max_age(time::Duration::days(365))
        .finish();
    let mut response = super::page::see_other(&super::back_to::safe(&form.back_to));
    response.add_cookie(&cookie).map_err(|error| crate::error::AppError::Internal(error.to_string()))?;
    Ok(response)
}

/// `POST /theme`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/theme", web::post().to(choose));
}
