//! Static files: embedded in the binary, named by their content, cached for ever.

use std::collections::HashMap;
use std::sync::OnceLock;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "static/"]
#[exclude = "fonts/VENDOR.toml"]
struct Files;

/// The address of a static file, as in `/static/3f2a91c0d4e5/app.css`.
///
/// A name that does not exist is left without a hash and answers 404; a test asks for each address that
/// a page contains.
pub fn url(name: &str) -> &'static str {
    static URLS: OnceLock<HashMap<String, String>> = OnceLock::new();
    URLS.get_or_init(|| {
        Files::iter()
            .filter_map(|name| {
                let file = Files::get(&name)?;
                let url = format!("/static/{}/{name}", digest(&file.metadata.sha256_hash()));
                Some((name.into_owned(), url))
            })
            .collect()
    })
    .get(name)
    .map_or("/static/missing", String::as_str)
}

fn digest(hash: &[u8; 32]) -> String {
    hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("woff2") => "font/woff2",
        Some("svg") => "image/svg+xml; charset=utf-8",
        Some("png") => "image/png",
        Some("csv") => "text/csv; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}

async fn serve(path: web::Path<(String, String)>) -> HttpResponse {
    let (hash, name) = path.into_inner();
    // A file of another version is gone: the page that names it is older than this binary. Fonts are
    // named by the stylesheet relative to itself, so they come with the stylesheet's hash.
    match Files::get(&name) {
        Some(file) if hash.len() == 12 => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, content_type(&name)))
            .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .body(file.data),
        _ => HttpResponse::NotFound().finish(),
    }
}

/// `/static/{hash}/{name}`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/static/{hash}/{name:.*}", web::get().to(serve));
}
