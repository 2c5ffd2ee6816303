//! The measuring itself: rounds in which every page and the references take turns.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::fill::{COMMON_WORD, Filling, RARE_WORD};
use super::load::{self, Call, Client, Source};
use super::report::{Line, Target, median};
use super::server::Server;
use super::{Findings, Plan, Tokens, nightly, store};

/// The most rounds of a run.
const ROUNDS: u64 = 5;
/// Shortest stretch of load worth looking at.
const SHORTEST: f64 = 0.25;
/// Writes that share a commit in the product.
const GROUP: usize = 64;

/// A page that is measured: the n-th request to it, and the status of a good answer.
struct Kind<'a> {
    name: &'static str,
    status: u16,
    next: AtomicU64,
    call: Box<dyn Fn(u64) -> Option<Call> + Sync + 'a>,
}

impl Source for Kind<'_> {
    fn next(&self) -> Option<Call> {
        (self.call)(self.next.fetch_add(1, Ordering::Relaxed))
    }

    fn status(&self) -> u16 {
        self.status
    }
}

fn kind<'a>(name: &'static str, status: u16, call: impl Fn(u64) -> Option<Call> + Sync + 'a) -> Kind<'a> {
    Kind { name, status, next: AtomicU64::new(0), call: Box::new(call) }
}

const READING: &str = "reference: 30 rows and a page";
const MEMORY: &str = "reference: page from memory";
const ROW: &str = "reference: a row written";
const FEED: &str = "feed";
const INSIGHT: &str = "insight, access recorded";
const RATING: &str = "rating";
const ALONE: &str = "rating, a commit for each";
const FLOW: &str = "flow";
const PEOPLE: &str = "flow: people";
const OPENED: &str = "flow: insights opened";
const SHARED: &str = "flow: insights shared";
const SEARCHED: &str = "flow: searches";
const COVERED: &str = "flow: coverage";
const DEPARTMENT: &str = "flow: a department";
const PAIR: &str = "flow: from one to another";
const LESS_FLOW: &str = "flow, a tenth of the accesses";

/// Measures one database.
///
/// # Errors
/// Says in a sentence why a server could not be started or reached.
pub(super) fn measure(
    plan: &Plan,
    filling: &Filling,
    database: &str,
    tokens: &Tokens,
    less: Option<(&str, &Tokens)>,
    say: &dyn Fn(&str),
) -> Result<Findings, String> {
    let name = if database.starts_with("sqlite:") { "SQLite" } else { "PostgreSQL" };
    let mut first_answers = Vec::new();
    for _ in 0..4 {
        first_answers.push(Server::start(&plan.program, database, GROUP)?.first_answer_ms);
    }
    let server = Server::start(&plan.program, database, GROUP)?;
    first_answers.push(server.first_answer_ms);
    let single = Server::start(&plan.program, database, 1)?;
    let smaller = less.map(|(url, _)| Server::start(&plan.program, url, GROUP)).transpose()?;
    let feed_bytes = size_of_feed(&server, tokens)?;
    let before = store::accesses(database).map_err(|error| error.to_string())?;

    let kinds = kinds(filling, tokens, feed_bytes, &links(&server, tokens)?);
    let mut stands: Vec<(&Server, &Kind<'_>, Line)> =
        kinds.iter().map(|kind| (&server, kind, Line::named(kind.name))).collect();
    let alone = rating(ALONE, 1, filling, tokens);
    stands.push((&single, &alone, Line::named(ALONE)));
    let less_flow = less.map(|(_, tokens)| flow(LESS_FLOW, tokens));
    if let Some((smaller, kind)) = smaller.as_ref().zip(less_flow.as_ref()) {
        stands.push((smaller, kind, Line::named(LESS_FLOW)));
    }
    let stretch = (plan.seconds as f64 / (stands.len() as f64 * ROUNDS as f64 * 1.6)).max(SHORTEST);
    let began = Instant::now();
    let mut done = 0;
    while done < ROUNDS && (done == 0 || began.elapsed().as_secs() < plan.seconds) {
        done += 1;
        say(&format!("{name}: round {done} of {ROUNDS}, {:.1} s a page", stretch * 1.5));
        round(&mut stands, plan, stretch)?;
    }

    let written = store::accesses(database).map_err(|error| error.to_string())? - before;
    let lines: Vec<Line> = stands.into_iter().map(|(_, _, line)| line).collect();
    let (resident, highest) = server.resident_mb();
    let openings = lines.iter().find(|line| line.name == INSIGHT).map_or(0, |line| line.requests);
    let mut notes = vec![
        format!(
            "{openings} insight pages were answered, each to a person who had not opened it before; \
             {written} access rows were written"
        ),
        format!("resident memory after the run: {resident:.0} MB, at its highest {highest:.0} MB"),
        format!(
            "first answer after {:.0} ms (median of {} starts)",
            median(&first_answers),
            first_answers.len()
        ),
    ];
    let mut targets = vec![
        Target::at_least(
            "access rows written per insight page answered",
            written as f64 / openings as f64,
            1.0,
            "",
        )
        .promised(),
    ];
    let failures: u64 = lines.iter().map(|line| line.failures).sum();
    targets.push(Target::at_most("requests that failed", failures as f64, 0.0, "").promised());
    for line in lines.iter().filter(|line| line.name.starts_with("flow")) {
        let p99 = line.alone_ms(0.99);
        targets.push(Target::at_most(format!("{}, p99 over one connection", line.name), p99, 100.0, " ms"));
    }
    targets.extend(rollups(tokens));
    drop((server, single, smaller));
    notes.push(nightly::following(plan, database).map_err(|error| error.to_string())?);
    let (of_jobs, night) = nightly::measure(plan, database, say).map_err(|error| error.to_string())?;
    notes.extend(of_jobs);
    targets.extend(night);
    if name == "SQLite" {
        targets.extend(aims(&lines));
        targets.push(Target::at_most("resident memory", resident, 150.0, " MB"));
        targets.push(Target::at_most("first answer", median(&first_answers), 300.0, " ms"));
    }
    Ok(Findings { database: name.into(), lines, targets, notes })
}

/// The jobs of a night and nothing else.
///
/// # Errors
/// What the database says, in a sentence.
pub(super) fn jobs_alone(
    plan: &Plan,
    database: &str,
    tokens: &Tokens,
    say: &dyn Fn(&str),
) -> Result<Findings, String> {
    let name = if database.starts_with("sqlite:") { "SQLite" } else { "PostgreSQL" };
    let (notes, night) = nightly::measure(plan, database, say).map_err(|error| error.to_string())?;
    let targets = rollups(tokens).into_iter().chain(night).collect();
    Ok(Findings { database: name.into(), targets, notes, ..Findings::default() })
}

/// How long the roll-ups took, where this run made them.
fn rollups(tokens: &Tokens) -> Option<Target> {
    let seconds = tokens.rebuild_seconds;
    (!seconds.is_nan()).then(|| Target::at_most("all roll-ups made from the events", seconds, 180.0, " s"))
}

/// What is measured on the main server, references first.
fn kinds<'a>(filling: &'a Filling, tokens: &'a Tokens, feed_bytes: usize, links: &Links) -> Vec<Kind<'a>> {
    let someone = move |n: u64| tokens.of((n as usize).wrapping_mul(7) % filling.size.people.max(1));
    let search =
        move |word: &'static str| move |n: u64| Some(Call::get(format!("/archive?q={word}"), someone(n)));
    let mut kinds = vec![
        kind(READING, 200, |_| Some(Call::get("/bench/rows", ""))),
        kind(MEMORY, 200, move |_| Some(Call::get(format!("/bench/memory?bytes={feed_bytes}"), ""))),
        kind(ROW, 204, |_| Some(Call::post("/bench/row", "", String::new()))),
        kind(FEED, 200, move |n| Some(Call::get("/", someone(n)))),
        opening(filling, tokens),
        kind("search, common word", 200, search(COMMON_WORD)),
        kind("search, rare word", 200, search(RARE_WORD)),
        rating(RATING, 0, filling, tokens),
        kind("sharing", 303, move |n| {
            // Of this run alone, in one word: asked whether it is the same, nobody would answer.
            let number = format!("{}x{n}", std::process::id());
            let text =
                format!("Customers+ask+for+a+{COMMON_WORD}+number+{number}.+They+told+us+so+on+the+phone.");
            Some(Call::post("/insights", someone(n), format!("key={}&text={text}", key(n))))
        }),
        flow(FLOW, tokens),
        below_flow(PEOPLE, "people?weeks=13", tokens),
        below_flow(OPENED, "accesses?weeks=13", tokens),
        below_flow(SHARED, "contributions?weeks=13", tokens),
        below_flow(SEARCHED, "searches?weeks=13", tokens),
        below_flow(COVERED, "coverage", tokens),
    ];
    // In a small company no department stands alone.
    for (name, path) in [(DEPARTMENT, &links.department), (PAIR, &links.pair)] {
        kinds.extend(path.as_ref().map(|path| below_flow(name, &format!("{path}?weeks=13"), tokens)));
    }
    kinds
}

/// What the flow page leads to, below `/flow/`.
#[derive(Default)]
struct Links {
    department: Option<String>,
    pair: Option<String>,
}

/// The first department and the first pair of departments that the flow page links to.
fn links(server: &Server, tokens: &Tokens) -> Result<Links, String> {
    let reply = Client::connect(server.address)
        .and_then(|mut client| client.send(&Call::get("/flow?weeks=13", tokens.officer())))
        .map_err(|error| format!("the flow page does not answer: {error}"))?;
    let text = std::str::from_utf8(&reply.body).map_err(|error| format!("the flow page: {error}"))?;
    let mut links = Links::default();
    for path in text.split("href=\"/flow/").skip(1).filter_map(|rest| rest.split(['?', '"']).next()) {
        let is_key = |key: &str| key.starts_with(|first: char| first.is_ascii_digit());
        match path.split_once('/') {
            Some(("departments", key)) if is_key(key) => links.department.get_or_insert(path.to_owned()),
            Some((from, to)) if is_key(from) && is_key(to) => links.pair.get_or_insert(path.to_owned()),
            _ => continue,
        };
    }
    Ok(links)
}

/// A page behind a number of the flow page.
fn below_flow<'a>(name: &'static str, path: &str, tokens: &'a Tokens) -> Kind<'a> {
    let path = format!("/flow/{path}");
    kind(name, 200, move |_| Some(Call::get(path.clone(), tokens.officer())))
}

/// Every request a pair of person and insight that has not met before.
fn opening<'a>(filling: &'a Filling, tokens: &'a Tokens) -> Kind<'a> {
    let pairs = AtomicU64::new(tokens.used_pairs);
    kind(INSIGHT, 200, move |_| {
        loop {
            let (person, insight) = filling.fresh_pair(pairs.fetch_add(1, Ordering::Relaxed))?;
            // An author's opening of their own is never an access.
            if !filling.is_author(person, insight) {
                return Some(Call::get(format!("/insights/{}", tokens.insight(insight)), tokens.of(person)));
            }
        }
    })
}

/// Ratings of what the rater has opened, from a half of the pairs of its own: a rating that says what is
/// known already writes nothing, and looked like a very fast commit.
fn rating<'a>(name: &'static str, half: u64, filling: &'a Filling, tokens: &'a Tokens) -> Kind<'a> {
    let pairs = filling.opened_pairs();
    let next = AtomicU64::new(half * (pairs / 2));
    kind(name, 303, move |_| {
        // A tiny company has few pairs, but never none in a million.
        (0..1_000_000).find_map(|_| {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let (person, insight) = filling.opened_pair(n);
            // Another value where the pairs begin again.
            let value = (n + n / pairs) % 5 + 1;
            (!filling.is_author(person, insight)).then(|| {
                let path = format!("/insights/{}/rating", tokens.insight(insight));
                Call::post(path, tokens.of(person), format!("value={value}&back_to=%2F"))
            })
        })
    })
}

fn flow<'a>(name: &'static str, tokens: &'a Tokens) -> Kind<'a> {
    kind(name, 200, move |_| Some(Call::get("/flow", tokens.officer())))
}

/// An idempotency key as a form carries it: 43 characters that no other request has.
fn key(n: u64) -> String {
    let process = u64::from(std::process::id());
    format!("{process:020}{n:023}")
}

fn size_of_feed(server: &Server, tokens: &Tokens) -> Result<usize, String> {
    let feed =
        Client::connect(server.address).and_then(|mut client| client.send(&Call::get("/", tokens.of(0))));
    match feed {
        Ok(reply) if reply.status == 200 => Ok(reply.body.len()),
        Ok(reply) => Err(format!("the feed answers {} {}", reply.status, reply.location)),
        Err(error) => Err(format!("the feed does not answer: {error}")),
    }
}

/// Everybody's turn once, with many connections and with one.
fn round(stands: &mut [(&Server, &Kind<'_>, Line)], plan: &Plan, stretch: f64) -> Result<(), String> {
    let lost = |error: std::io::Error| format!("a server cannot be reached: {error}");
    for (server, kind, line) in stands.iter_mut() {
        server.settle();
        let cpu = server.cpu_ms();
        let many = load::run(server.address, plan.connections, Duration::from_secs_f64(stretch), *kind)
            .map_err(lost)?;
        server.settle();
        line.add(&many, server.cpu_ms() - cpu);
        let one =
            load::run(server.address, 1, Duration::from_secs_f64(stretch / 2.0), *kind).map_err(lost)?;
        line.add_alone(one);
    }
    let reference = stands.iter().find(|(_, kind, _)| kind.name == READING).map(|(.., line)| line);
    let Some((rate, cpu)) =
        reference.and_then(|line| line.rates.last().copied().zip(line.cpu.last().copied()))
    else {
        return Ok(());
    };
    for (.., line) in stands.iter_mut() {
        line.compare(rate, cpu);
    }
    Ok(())
}

/// What is to be reached, from the figures.
fn aims(lines: &[Line]) -> Vec<Target> {
    let line = |name: &str| lines.iter().find(|line| line.name == name);
    let ratio = |name: &str| line(name).map_or(f64::NAN, |line| median(&line.ratios));
    let rate = |name: &str| line(name).map_or(f64::NAN, |line| median(&line.rates));
    let mut targets = vec![
        Target::at_least("feed against the reading reference", ratio(FEED), 0.5, ""),
        Target::at_least("insight page against the reading reference", ratio(INSIGHT), 0.4, ""),
        Target::at_least(
            "ratings in group commits against single commits",
            rate(RATING) / rate(ALONE),
            3.0,
            "",
        ),
    ];
    for line in lines
        .iter()
        .filter(|line| ![READING, MEMORY, ROW, ALONE].contains(&line.name) && !line.name.starts_with("flow"))
    {
        targets.push(Target::at_most(
            format!("{}, p99 over one connection", line.name),
            line.alone_ms(0.99),
            50.0,
            " ms",
        ));
    }
    let time = |name: &str| line(name).map_or(f64::NAN, |line| line.alone_ms(0.5));
    targets.push(Target::at_most(
        "flow with ten times the accesses, time against",
        time(FLOW) / time(LESS_FLOW),
        1.2,
        "",
    ));
    targets
}
