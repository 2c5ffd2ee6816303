//! `/archive`: find what others know, by words and by what it is about.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::facets::Facets;
use super::finding::{ArchiveQuery, Wanted};
use crate::accounts::guard::Caller;
use crate::archive::store::about::{self, Known};
use crate::archive::store::listing::{self, Order, Slice};
use crate::customers;
use crate::db::Conn;
use crate::error::AppResult;
use crate::flow;
use crate::market::lot::{self, Lot};
use crate::requests::store as requests;
use crate::requests::ticket::{Ticket, ticket};
use crate::text::fold;
use crate::web::App;
use crate::web::form::Query;
use crate::web::page::{self, Page, Place};
use crate::web::visit;

/// How many customers, segments and topics of a name are shown above the insights.
const NAMES: i64 = 4;
/// How many open requests with the same words.
const ASKED: usize = 3;

/// A link of the page with its words.
struct Link {
    url: String,
    name: String,
}

/// An order above the list.
struct Tab {
    url: String,
    name: &'static str,
    chosen: bool,
}

/// A part of a facet as a link.
struct Choice {
    url: String,
    name: String,
    insights: i64,
}

/// A facet: its heading and its parts.
struct Facet {
    heading: &'static str,
    choices: Vec<Choice>,
}

/// A customer, segment or topic whose name was searched.
struct NameFound {
    kind: &'static str,
    url: String,
    name: String,
    insights: i64,
}

#[derive(Template)]
#[template(path = "archive/browse.html")]
struct BrowsePage {
    page: Page,
    query: ArchiveQuery,
    /// What is wrong with the words, if anything is.
    problem: Option<String>,
    /// Something was typed, but no letter or digit.
    no_words: bool,
    /// The page answers a search.
    is_search: bool,
    names: Vec<NameFound>,
    /// What narrows the list, each with the address without it.
    chosen: Vec<Link>,
    tabs: Vec<Tab>,
    facets: Vec<Facet>,
    insights: i64,
    lots: Vec<Lot>,
    older: Option<String>,
    first: bool,
    /// The same search with one of its words only, where all together find nothing.
    fewer: Vec<Link>,
    /// The same words without anything that narrows.
    everywhere: String,
    /// The form for sharing, with the words in it.
    share: String,
    /// The form for asking, with the words in it.
    ask: String,
    /// Open requests with all of the words.
    asked: Vec<Ticket>,
    /// The segment that narrows the list, to be browsed instead.
    segment: Option<Link>,
}

/// What the database knows about what is wanted.
#[derive(Default)]
struct Found {
    slice: Slice,
    lots: Vec<Lot>,
    facets: Facets,
    names: Vec<NameFound>,
    asked: Vec<Ticket>,
}

async fn browse(
    app: web::Data<App>,
    caller: Caller,
    req: HttpRequest,
    Query(query): Query<ArchiveQuery>,
) -> AppResult<HttpResponse> {
    let wanted = match query.check() {
        Ok(wanted) => wanted,
        Err(error) => return Err(caller.refuse(error).await),
    };
    let (now, calendar) = (caller.now(), app.calendar());
    let (member, (wanted, chosen, found)) = caller
        .read(move |c, member| {
            let viewer = member.id;
            let chosen = wanted.names(c)?;
            if wanted.problem.is_some() || wanted.no_words() {
                return Ok((wanted, chosen, Found::default()));
            }
            let slice = listing::slice(c, viewer, &wanted.filter, wanted.order, wanted.after.as_ref())?;
            let lots = lot::lots(c, viewer, &slice.ids, &wanted.filter.terms, now, calendar)?;
            let facets = facets(c, viewer, &wanted)?;
            let names =
                if wanted.is_submitted() { names_found(c, viewer, &wanted.words)? } else { Vec::new() };
            let asked = if wanted.is_submitted() {
                let filter = requests::Filter {
                    answerable: Some(true),
                    terms: wanted.filter.terms.clone(),
                    ..requests::Filter::default()
                };
                let (mut open, _) = requests::listed(c, &filter, requests::Order::Ending, now, None)?;
                open.truncate(ASKED);
                open.into_iter().map(|one| ticket(one, now, calendar, None)).collect()
            } else {
                Vec::new()
            };
            Ok((wanted, chosen, Found { slice, lots, facets, names, asked }))
        })
        .await?;
    // A word narrowed by a click is no other search; a prefetch is nobody's.
    if wanted.is_submitted() && visit::counts(&req) {
        let (actor, words, results) = (member.actor, wanted.words.clone(), found.facets.insights);
        app.db.write(move |c| Ok(flow::store::record_search(c, &actor, &words, results)?)).await?;
    }
    let status = if wanted.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut frame = Page::new(&req, &member, Place::Archive, title(&wanted));
    frame.query.clone_from(&wanted.words);
    let page = BrowsePage {
        page: frame,
        problem: wanted.problem.clone(),
        no_words: wanted.no_words(),
        is_search: !wanted.filter.terms.is_empty(),
        names: found.names,
        chosen: chosen
            .iter()
            .map(|(field, name)| Link { url: query.without(field).url(), name: name.clone() })
            .collect(),
        tabs: tabs(&query, &wanted),
        facets: links(&query, &found.facets),
        insights: found.facets.insights,
        lots: found.lots,
        older: found.slice.next.map(|next| query.with("after", &next.to_string()).url()),
        first: wanted.after.is_none(),
        fewer: fewer(&query, &wanted),
        everywhere: ArchiveQuery { q: wanted.words.clone(), ..ArchiveQuery::default() }.url(),
        share: share(&wanted.words),
        ask: ask(&wanted.words),
        asked: found.asked,
        segment: chosen
            .iter()
            .find(|(field, _)| *field == "segment")
            .map(|(_, name)| Link { url: format!("/segments/{}", query.segment), name: name.clone() }),
        query,
    };
    page::show_with(status, &page, &req)
}

fn title(wanted: &Wanted) -> String {
    if wanted.words.is_empty() { "Archive".into() } else { format!("“{}” in the archive", wanted.words) }
}

fn share(words: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("text", words);
    format!("/insights/new?{}", query.finish())
}

fn ask(words: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("q", words);
    format!("/requests/new?{}", query.finish())
}

fn facets(c: &mut Conn, viewer: i64, wanted: &Wanted) -> AppResult<Facets> {
    let groups = listing::groups(c, viewer, &wanted.filter)?;
    let segments: HashMap<i64, String> =
        customers::store::all_segments(c)?.into_iter().map(|segment| (segment.id, segment.name)).collect();
    let departments: HashMap<i64, String> = listing::department_paths(c)?.into_iter().collect();
    Ok(Facets::of(&groups, &segments, &departments, wanted.filter.department.as_deref()))
}

fn names_found(c: &mut Conn, viewer: i64, words: &str) -> AppResult<Vec<NameFound>> {
    let words = fold(words);
    let found = |kind, path: &str, known: Vec<Known>| {
        known
            .into_iter()
            .map(|one| NameFound {
                kind,
                url: format!("/{path}/{}", one.id),
                name: one.name,
                insights: one.insights,
            })
            .collect::<Vec<_>>()
    };
    let mut names = found("Customer", "customers", about::customers_named(c, viewer, &words, NAMES)?);
    names.extend(found("Segment", "segments", about::segments_named(c, viewer, &words, NAMES)?));
    names.extend(found("Topic", "topics", about::tags_named(c, viewer, &words, NAMES)?));
    Ok(names)
}

fn tabs(query: &ArchiveQuery, wanted: &Wanted) -> Vec<Tab> {
    let searched = !wanted.filter.terms.is_empty();
    let tab = |order: Order, value: &str, name| Tab {
        url: query.with("order", value).url(),
        name,
        chosen: wanted.order == order,
    };
    let mut tabs = Vec::new();
    if searched {
        tabs.push(tab(Order::Best, "", "Best match"));
    }
    tabs.push(tab(Order::Newest, if searched { "new" } else { "" }, "New"));
    tabs.push(tab(Order::Valued, "valued", "Most valued"));
    tabs
}

fn links(query: &ArchiveQuery, facets: &Facets) -> Vec<Facet> {
    [
        ("Segment", "segment", &facets.segments),
        ("Shared by", "department", &facets.departments),
        ("How we know", "source", &facets.sources),
    ]
    .into_iter()
    .map(|(heading, field, parts)| Facet {
        heading,
        choices: parts
            .iter()
            // What is chosen already stands above the list.
            .filter(|part| query.value(field) != part.value)
            .map(|part| Choice {
                url: query.with(field, &part.value).url(),
                name: part.name.clone(),
                insights: part.insights,
            })
            .collect(),
    })
    .filter(|facet| !facet.choices.is_empty())
    .collect()
}

fn fewer(query: &ArchiveQuery, wanted: &Wanted) -> Vec<Link> {
    if wanted.filter.terms.len() < 2 {
        return Vec::new();
    }
    let mut words: Vec<&str> =
        wanted.words.split_whitespace().filter(|word| word.chars().count() > 2).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.truncate(3);
    words.into_iter().map(|word| Link { url: query.with("q", word).url(), name: word.to_owned() }).collect()
}

/// `GET /archive`.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.route("/archive", web::get().to(browse));
}
