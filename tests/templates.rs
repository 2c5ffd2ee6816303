//! What holds for every template, read as text, and for every page that can be reached by links, read as
//! a browser reads it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use crate::support::*;
use scraper::{ElementRef, Html, Selector};

/// Words a page never uses, with what is said instead (see the design's list of words).
const WORDS: [(&str, &str); 9] = [
    ("leaderboard", "there is none"),
    ("dark knowledge", "under-read"),
    ("silo index", "inward-looking"),
    ("library", "archive"),
    ("upvote", "rate"),
    ("lorem", "real text"),
    ("click here", "say where the link leads"),
    ("oops", "say what happened"),
    ("successfully", "say what was done"),
];

#[test]
fn templates_keep_to_the_rules() {
    let mut problems = Vec::new();
    for (file, text) in templates() {
        problems.extend(lint(&file, &text));
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn a_planted_fault_is_told_with_file_and_line() {
    for (text, words) in [
        ("<p style=\"x\">", "style"),
        ("<p>\n<style>p{}</style>", "style"),
        ("<script>alert(1)</script>", "script"),
        ("<button type=\"submit\" onclick=\"x()\">", "onclick"),
        ("<a href={{ url }}>x</a>", "quotes"),
        ("<a href=/x>x</a>", "quotes"),
        ("{{ body|safe }}", "safe"),
        ("<button>Go</button>", "type"),
        ("<a href=\"javascript:x\">", "javascript:"),
        ("<img src=\"https://elsewhere.example/x.png\">", "another site"),
        ("<p>Our leaderboard</p>", "leaderboard"),
    ] {
        let problems = lint("x.html", text);
        assert!(problems.iter().any(|problem| problem.contains(words)), "{text}: {problems:?}");
        assert!(problems[0].starts_with(if text.contains('\n') {
            "templates/x.html:2: "
        } else {
            "templates/x.html:1: "
        }));
    }
    assert_eq!(
        lint("x.html", "<button type=\"submit\" class=\"btn{% if a == b %} on{% endif %}\">"),
        Vec::<String>::new()
    );
}

on_both!(every_page_that_links_lead_to_is_sound, |app| async move {
    let company = furnished(&app).await;
    for visitor in &company {
        let problems = crawl(visitor, &["/"]).await;
        assert!(problems.is_empty(), "as {}:\n{}\n", visitor.name, problems.join("\n"));
    }
});

on_both!(every_page_of_an_empty_company_leads_on, |app| async move {
    // Where there is nothing to count a number has no link, so the lists behind them are starts of their own.
    let lists = [
        "/",
        "/flow/contributions",
        "/flow/accesses",
        "/flow/searches",
        "/flow/people",
        "/flow/coverage",
        "/flow/coverage?enough=no",
        "/flow/under-read",
        "/flow/sent",
    ];
    let officer = app.officer("Dora Example", "Customer Office").await;
    let problems = crawl(&officer, &lists).await;
    assert!(problems.is_empty(), "{}\n", problems.join("\n"));
});

#[test]
fn an_unsound_page_is_told() {
    let page = |body: &str| {
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><title>T - Tradewind</title></head><body>{body}</body></html>"
        )
    };
    for (body, words) in [
        ("<h1>A</h1><h1>B</h1>", "h1"),
        ("<h1 id=\"a\">A</h1><p id=\"a\"></p>", "id a"),
        ("<h1>A</h1><input name=\"q\">", "no label"),
        ("<h1>A</h1><button>Go</button>", "type"),
        ("<h1>A</h1><p style=\"x\">", "style"),
        ("<h1>A</h1><a href=\"/x\"></a>", "no text"),
        ("<h1>A</h1><p></div>", "parse"),
        ("<h1>A</h1><label for=\"b\">B</label>", "for b"),
        ("<h1>A</h1><form><input type=\"hidden\" name=\"q\"></form>", "method"),
    ] {
        let problems = unsound(&page(body));
        assert!(problems.iter().any(|problem| problem.contains(words)), "{body}: {problems:?}");
    }
    assert_eq!(unsound(&page("<h1>A</h1><label>Q <input name=\"q\"></label>")), Vec::<String>::new());
}

// --- Templates as text --------------------------------------------------------------------------------

fn lint(file: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    // What askama computes stands for a word; its own quotes are not the page's.
    let plain = without_expressions(text);
    let line_of = |at: usize| plain[..at].matches('\n').count() + 1;
    let mut tell =
        |at: usize, problem: String| problems.push(format!("templates/{file}:{}: {problem}", line_of(at)));
    for (at, tag) in tags(&plain) {
        if tag.starts_with('/') {
            continue;
        }
        let name: String = tag.chars().take_while(|c| c.is_alphanumeric()).collect();
        let attributes = attributes(tag);
        if name == "style" {
            tell(at, "no <style>: the policy refuses it; use app.css".into());
        }
        if name == "script" && !attributes.iter().any(|(name, ..)| name == "src") {
            tell(at, "no inline <script>: the policy refuses it".into());
        }
        if name == "button" && !attributes.iter().any(|(name, ..)| name == "type") {
            tell(at, "a button needs its type".into());
        }
        for (attribute, value, quoted) in &attributes {
            if attribute == "style" {
                tell(at, "no style attribute: the policy refuses it; use app.css".into());
            }
            if attribute.starts_with("on") && attribute.len() > 3 {
                tell(at, format!("no {attribute}: the policy refuses it"));
            }
            if !quoted && !value.is_empty() {
                tell(at, format!("{attribute} needs quotes around its value"));
            }
            if value.trim_start().to_ascii_lowercase().starts_with("javascript:") {
                tell(at, "no javascript: addresses".into());
            }
            let loads = matches!(attribute.as_str(), "src" | "srcset" | "action" | "poster" | "data");
            if (loads || (name == "link" && attribute == "href")) && value.contains("//") {
                tell(at, format!("{attribute} leads to another site"));
            }
        }
    }
    for (at, _) in text.match_indices("|safe") {
        let line = text[..at].matches('\n').count() + 1;
        problems.push(format!("templates/{file}:{line}: no |safe; sanitised Markdown has a type of its own"));
    }
    let lower = plain.to_lowercase();
    for (word, instead) in WORDS {
        for (at, _) in lower.match_indices(word) {
            let line = lower[..at].matches('\n').count() + 1;
            problems.push(format!("templates/{file}:{line}: not \"{word}\" ({instead})"));
        }
    }
    problems
}

/// The text with each `{{ … }}`, `{% … %}` and `{# … #}` replaced by as many word characters, line breaks
/// kept.
fn without_expressions(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min() {
        plain.push_str(&rest[..start]);
        let (end, filler) = match &rest[start..start + 2] {
            "{{" => ("}}", 'x'),
            "{%" => ("%}", ' '),
            _ => ("#}", ' '),
        };
        let stop = rest[start..].find(end).map_or(rest.len(), |at| start + at + 2);
        plain.extend(rest[start..stop].chars().map(|c| if c == '\n' { '\n' } else { filler }));
        rest = &rest[stop..];
    }
    plain.push_str(rest);
    plain
}

/// What stands between `<` and `>`, with where it begins.
fn tags(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('<') {
        let inner = &text[at + 1..];
        if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') {
            continue;
        }
        let mut quote = None;
        let end = inner.char_indices().find(|(_, c)| match (quote, c) {
            (None, '"' | '\'') => {
                quote = Some(*c);
                false
            }
            (Some(open), c) if open == *c => {
                quote = None;
                false
            }
            (None, '>') => true,
            _ => false,
        });
        if let Some((end, _)) = end {
            found.push((at, &inner[..end]));
        }
    }
    found
}

/// Name, value and whether the value is quoted, of each attribute of a tag.
fn attributes(tag: &str) -> Vec<(String, String, bool)> {
    let mut found = Vec::new();
    let mut rest = tag.trim_start_matches(|c: char| !c.is_whitespace()).trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = &rest[end..];
        let Some(value) = rest.strip_prefix('=') else {
            if !name.is_empty() && name != "/" {
                found.push((name, String::new(), true));
            }
            rest = rest.trim_start();
            continue;
        };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, after) = match quote {
            Some(quote) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            None => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        found.push((name, value.to_owned(), quote.is_some()));
        rest = after.trim_start();
    }
    found
}

fn templates() -> Vec<(String, String)> {
    fn walk(folder: &Path, prefix: &str, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = format!("{prefix}{}", path.file_name().expect("a name").to_string_lossy());
            if path.is_dir() {
                walk(&path, &format!("{name}/"), found);
            } else if name.ends_with(".html") {
                found.push((name, std::fs::read_to_string(&path).expect("a template")));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), "", &mut found);
    assert!(found.len() > 3, "no templates were found");
    found
}

// --- Pages as a browser reads them --------------------------------------------------------------------

/// A small company in which every list has something to show; one visitor per role.
async fn furnished(app: &TestApp) -> Vec<Visitor> {
    let ann = app.employee("Ann Sample", "Sales").await;
    let bob = app.manager("Bob Example", "Service/North").await;
    let cleo = app.curator("Cleo Sample", "Product").await;
    let dora = app.officer("Dora Example", "Customer Office").await;
    let eve = app.admin("Eve Sample", "IT").await;
    for (author, text) in [
        (
            &ann,
            "Hospitals order by fax on Fridays. **They** keep a paper trail for the auditor.\n\n* one\n* two",
        ),
        (&bob, "Night shifts call the wrong number. Their sticker shows the old one."),
        (
            &cleo,
            "A <b>tag</b> & \"quotes\" are part of what customers write. See https://example.com/a?b=c&d.",
        ),
    ] {
        app.insight_with(author, text, |draft| {
            draft.segment = "Hospitals".into();
            draft.customer = "Example Clinic".into();
            draft.tags = vec!["ordering".into()];
            draft.quote = "We fax it, then we pray.".into();
        })
        .await;
    }
    vec![app.stranger(), ann, bob, cleo, dora, eve]
}

/// Follows every link from the starts on, three pages per shape of address, and says what is wrong with each.
async fn crawl(visitor: &Visitor, starts: &[&str]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut queue: VecDeque<(String, String)> =
        starts.iter().map(|start| ((*start).to_owned(), "the start".to_owned())).collect();
    while let Some((path, from)) = queue.pop_front() {
        if !seen.insert(path.clone()) {
            continue;
        }
        // Three of each shape are enough, with and without a query.
        let count = known.entry(shape(&path)).or_default();
        *count += 1;
        if *count > 3 {
            continue;
        }
        let answer = visitor.get(&path).await;
        let status = answer.status.as_u16();
        if status == 303 {
            queue.push_back((answer.location().to_owned(), format!("{path} (sent on)")));
            continue;
        }
        if status != 200 {
            problems.push(format!("{path}: {status}, linked from {from}"));
            continue;
        }
        if !answer.header("content-type").starts_with("text/html") {
            continue;
        }
        problems.extend(unsound(&answer.body).into_iter().map(|problem| format!("{path}: {problem}")));
        let html = answer.html();
        for (css, attribute) in [("a[href]", "href"), ("link[href]", "href"), ("script[src]", "src")] {
            for element in html.select(&selector(css)) {
                let link = element.attr(attribute).unwrap_or_default();
                let link = link.split('#').next().unwrap_or_default();
                if link.starts_with('/') {
                    queue.push_back((link.to_owned(), path.clone()));
                } else if let Some(query) = link.strip_prefix('?') {
                    let base = path.split('?').next().unwrap_or_default();
                    queue.push_back((format!("{base}?{query}"), path.clone()));
                }
            }
        }
    }
    assert!(visitor.id == 0 || seen.len() > 3, "the crawl found nothing: {seen:?}");
    problems
}

/// An address with its numbers and hashes replaced and the values of its query left out.
fn shape(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<&str> = path
        .split('/')
        .map(|part| if part.chars().any(|c| c.is_ascii_digit()) { "*" } else { part })
        .collect();
    let names: BTreeSet<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    format!("{}?{}", parts.join("/"), names.into_iter().collect::<Vec<_>>().join("&"))
}

/// What a browser, or somebody who listens to the page, would stumble over.
fn unsound(body: &str) -> Vec<String> {
    let html = Html::parse_document(body);
    let mut problems: Vec<String> = html.errors.iter().map(|error| format!("parse error: {error}")).collect();
    let select = |css: &str| html.select(&selector(css)).collect::<Vec<_>>();
    if select("h1").len() != 1 {
        problems.push(format!("{} h1 instead of one", select("h1").len()));
    }
    if !select("title").iter().any(|title| text_of(*title).ends_with(" - Tradewind")) {
        problems.push("no title that ends with the product's name".into());
    }
    let mut ids = BTreeSet::new();
    for element in select("[id]") {
        let id = element.attr("id").unwrap_or_default();
        if !ids.insert(id.to_owned()) {
            problems.push(format!("the id {id} is there twice"));
        }
    }
    for label in select("label[for]") {
        let target = label.attr("for").unwrap_or_default();
        if !ids.contains(target) {
            problems.push(format!("a label for {target}, which is not there"));
        }
    }
    for css in ["[aria-labelledby]", "[aria-describedby]", "[aria-controls]"] {
        let name = css.trim_matches(['[', ']']);
        for element in select(css) {
            for target in element.attr(name).unwrap_or_default().split_whitespace() {
                if !ids.contains(target) {
                    problems.push(format!("{name} names {target}, which is not there"));
                }
            }
        }
    }
    for field in select("input:not([type=hidden]), select, textarea") {
        let labelled = field.attr("aria-label").is_some()
            || field.attr("aria-labelledby").is_some()
            || field.attr("id").is_some_and(|id| !select(&format!("label[for=\"{id}\"]")).is_empty())
            || field
                .ancestors()
                .any(|node| ElementRef::wrap(node).is_some_and(|parent| parent.value().name() == "label"));
        if !labelled {
            problems.push(format!("a field has no label: {}", short(field)));
        }
    }
    for element in select("a[href], button") {
        let named = !text_of(element).is_empty()
            || element.attr("aria-label").is_some()
            || element.select(&selector("img[alt], svg title")).next().is_some();
        if !named {
            problems.push(format!("no text to read aloud: {}", short(element)));
        }
    }
    for button in select("button:not([type])") {
        problems.push(format!("a button without a type: {}", short(button)));
    }
    for form in select("form:not([method]):not([role=search]):not([action])") {
        problems.push(format!("a form without method and action: {}", short(form)));
    }
    for element in select("[style], style, script:not([src])") {
        problems.push(format!("inline style or script: {}", short(element)));
    }
    for image in select("img:not([alt])") {
        problems.push(format!("a picture without alt: {}", short(image)));
    }
    for table in select("table") {
        if table.select(&selector("th")).next().is_none() {
            problems.push(format!("a table without headings: {}", short(table)));
        }
    }
    problems
}

fn short(element: ElementRef<'_>) -> String {
    element.html().chars().take(160).collect()
}

fn text_of(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|error| panic!("{css}: {error}"))
}
