//! What is chosen for this browser alone: light, dark or as the device, from the footer; and whether single keys
//! act, from the settings. Two cookies.

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::{HttpRequest, HttpResponse, web};

use super::App;
use super::form::Form;
use crate::error::AppResult;

const THEME: &str = "theme";
const KEYS: &str = "keys";

/// The chosen theme: "light", "dark" or "" for the device's.
pub fn theme(req: &HttpRequest) -> &'static str {
    match req.cookie(THEME).as_ref().map(Cookie::value) {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "",
    }
}

/// Whether single keys act: somebody who speaks to their computer, or whose hand slips, switches them off.
pub fn keys_act(req: &HttpRequest) -> bool {
    req.cookie(KEYS).is_none_or(|cookie| cookie.value() != "off")
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
    keep(&app, THEME, theme, &form.back_to)
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct KeysForm {
    keys: String,
    back_to: String,
}

async fn switch_keys(app: web::Data<App>, Form(form): Form<KeysForm>) -> AppResult<HttpResponse> {
    keep(&app, KEYS, if form.keys == "off" { "off" } else { "on" }, &form.back_to)
}

fn keep(app: &App, name: &'static str, value: &'static str, back_to: &str) -> AppResult<HttpResponse> {
    let cookie = Cookie::build(name, value)
        .path("/")
        .http_only(true)
        .secure(app.config.is_secure())
        .same_site(SameSite::Lax)
        .max_age(time::Duration::days(365))
        .finish();
    let mut response = super::page::see_other(&super::back_to::safe(back_to));
    response.add_cookie(&cookie).map_err(|error| crate::error::AppError::Internal(error.to_string()))?;
    Ok(response)
}

/// `POST /theme`, `POST /keys`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/theme", web::post().to(choose)).route("/keys", web::post().to(switch_keys));
}
