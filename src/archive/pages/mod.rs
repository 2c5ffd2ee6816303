//! The pages of the archive.

mod browse;
mod contribute;
mod edit;
mod facets;
mod feed;
mod finding;
pub mod form;
mod history;
mod me;
mod remarks;
mod show;
mod uses;
mod withdrawal;

use actix_web::web::{self, ServiceConfig};

use crate::web::back_to;

pub(super) fn routes(cfg: &mut ServiceConfig) {
    browse::routes(cfg);
    feed::routes(cfg);
    me::routes(cfg);
    // /insights/new stands before /insights/{id}: the first that fits answers.
    cfg.route("/insights/new", web::get().to(contribute::ask))
        .route("/insights", web::post().to(contribute::share))
        .route("/insights/{id}", web::get().to(show::show))
        .route("/insights/{id}/use", web::post().to(uses::put))
        .route("/insights/{id}/uses", web::get().to(uses::list))
        .route("/insights/{id}/remarks", web::post().to(remarks::add))
        .route("/insights/{id}/remarks/{remark}/withdrawal", web::post().to(remarks::withdraw))
        .route("/insights/{id}/edit", web::get().to(edit::ask))
        .route("/insights/{id}/edit", web::post().to(edit::keep))
        .route("/insights/{id}/history", web::get().to(history::show))
        .route("/insights/{id}/withdrawal", web::get().to(withdrawal::ask))
        .route("/insights/{id}/withdrawal", web::post().to(withdrawal::withdraw))
        .route("/insights/{id}/restoration", web::post().to(withdrawal::restore));
}

/// Where an act on an insight leads: back to the list it was done in, at the insight; else to its page.
fn back(to: &str, id: i64) -> String {
    let path = back_to::safe(to);
    let page = format!("/insights/{id}");
    if to.is_empty() || path == page { page } else { format!("{path}#insight-{id}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_leads_back_to_where_it_was_done() {
        for (to, path) in [
            ("", "/insights/7"),
            ("/", "/#insight-7"),
            ("/?order=rate", "/?order=rate#insight-7"),
            ("/insights/7", "/insights/7"),
            ("https://evil.example/", "/#insight-7"),
        ] {
            assert_eq!(back(to, 7), path, "{to}");
        }
    }
}
