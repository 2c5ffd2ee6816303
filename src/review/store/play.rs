//! Looking for dishonest play: reads the counted ratings and the awards, asks the rules, and opens the
//! cases.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{Duration, NaiveDateTime, NaiveTime};
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::cases::{self, Case, NewCase, Opened};
use super::effects;
use crate::archive::store::merging;
use crate::clock::Calendar;
use crate::db::Conn;
use crate::db::schema::{
    departments, insight_authors, insight_values, insights, ledger_accounts, ledger_entries,
    ledger_transactions, people, raters, ratings, requests, review_cases, review_people,
};
use crate::each_db;
use crate::error::AppResult;
use crate::jobs::Times;
use crate::policy::PlayPolicy;
use crate::review::case::{Evidence, Kind, State};
use crate::review::play::{self, Award, Community, Seen};

/// Ratings read at once.
const PAGE: i64 = 20_000;

/// Every rating that counts or would, with how far it lies above what the model expects of its rater for
/// its insight. Ratings of a merged insight are measured against the one that stands for it.
fn rows(c: &mut Conn, calendar: Calendar) -> AppResult<Vec<Seen>> {
    let stands_for = merging::stands_for(c)?;
    let values: HashMap<i64, f64> = insight_values::table
        .select((insight_values::insight_id, insight_values::value))
        .load(c)?
        .into_iter()
        .collect();
    let leniency: HashMap<i64, f64> =
        raters::table.select((raters::person_id, raters::leniency)).load(c)?.into_iter().collect();
    let shared: HashMap<i64, i64> = insights::table
        .filter(insights::undone.eq(false))
        .select((insights::id, insights::author_id))
        .load(c)?
        .into_iter()
        .collect();
    let authors: HashSet<(i64, i64)> = insight_authors::table
        .inner_join(
            ratings::table.on(ratings::insight_id
                .eq(insight_authors::insight_id)
                .and(ratings::person_id.eq(insight_authors::person_id))),
        )
        .select((insight_authors::insight_id, insight_authors::person_id))
        .load(c)?
        .into_iter()
        .collect();
    let mut all = Vec::new();
    let mut last = 0;
    loop {
        let page: Vec<(i64, i64, i64, i32, NaiveDateTime)> = ratings::table
            .filter(ratings::id.gt(last))
            .order(ratings::id)
            .limit(PAGE)
            .select((ratings::id, ratings::insight_id, ratings::person_id, ratings::value, ratings::at))
            .load(c)?;
        let Some((id, ..)) = page.last() else { return Ok(all) };
        last = *id;
        for (_, insight, rater, stars, at) in page {
            let Some(author) = shared.get(&insight) else { continue };
            if authors.contains(&(insight, rater)) {
                continue;
            }
            let measured = stands_for.get(&insight).copied().unwrap_or(insight);
            let expected = values.get(&measured).copied().unwrap_or_default()
                + leniency.get(&rater).copied().unwrap_or_default();
            all.push(Seen {
                insight,
                author: *author,
                rater,
                above: f64::from(stars) - expected,
                at,
                to_the_minute: calendar.local(at).time() != NaiveTime::MIN,
            });
        }
    }
}

/// What a search found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    pub new: usize,
    /// There already, with newer evidence.
    pub renewed: usize,
}

impl std::fmt::Display for Findings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} new, {} known", self.new, self.renewed)
    }
}

impl Findings {
    fn count(&mut self, opened: Opened) {
        match opened {
            Opened::New(_) => self.new += 1,
            Opened::Known(_) => self.renewed += 1,
            Opened::Settled => {}
        }
    }
}

/// Opens a case for every community among the raters. One that is open already and shares two people with
/// it takes the new evidence instead.
///
/// # Errors
/// What the database says.
pub fn find_communities(c: &mut Conn, times: &Times) -> AppResult<Findings> {
    let policy = times.config.policy.play;
    let rows = rows(c, times.calendar)?;
    let mut findings = Findings::default();
    for community in play::communities(&rows, &policy) {
        let concerned = play::in_question(&rows, &community, &policy);
        let new = case_of(c, community, concerned, times.now)?;
        let opened = match pending_with(c, &new.people)? {
            Some(case) => {
                cases::renew(c, case.id, &new)?;
                if case.state == State::Watched {
                    effects::stand(c, &case, case.decision, times.now)?;
                }
                Opened::Known(case.id)
            }
            None => cases::open(c, &new)?,
        };
        findings.count(opened);
    }
    Ok(findings)
}

fn case_of(
    c: &mut Conn,
    community: Community,
    concerned: Vec<(i64, i64)>,
    at: NaiveDateTime,
) -> AppResult<NewCase> {
    let people_in = community.people.clone();
    let paths: Vec<String> = people::table
        .inner_join(departments::table)
        .filter(people::id.eq_any(people_in.clone()))
        .select(departments::folded_path)
        .load(c)?;
    let market: BTreeSet<&str> =
        paths.iter().map(|path| path.split('/').next().unwrap_or_default()).collect();
    let insights: BTreeSet<i64> = concerned.iter().map(|(insight, _)| *insight).collect();
    let ids: Vec<String> = people_in.iter().map(i64::to_string).collect();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Ok(NewCase {
        kind: if people_in.len() > 2 { Kind::Ring } else { Kind::Pair },
        // One key for both kinds: a pair that a third joins is no other case.
        key: format!("community:{}", ids.join(",")),
        insight_id: None,
        other_id: None,
        remark_id: None,
        weight: community.weight(),
        evidence: Evidence::Community {
            insights: count(insights.len()),
            ratings: count(concerned.len()),
            departments: count(market.len()),
            community,
        },
        people: people_in,
        ratings: concerned,
        at,
    })
}

/// The undecided community that shares at least two people with these.
fn pending_with(c: &mut Conn, people_in: &[i64]) -> AppResult<Option<Case>> {
    let rows: Vec<(i64, i64)> = review_people::table
        .inner_join(review_cases::table)
        .filter(review_cases::kind.eq_any([Kind::Ring.name(), Kind::Pair.name()]))
        .filter(review_cases::state.ne(State::Done.name()))
        .filter(review_people::person_id.eq_any(people_in.to_vec()))
        .order(review_people::case_id)
        .select((review_people::case_id, review_people::person_id))
        .load(c)?;
    let found = rows.chunk_by(|a, b| a.0 == b.0).find(|same| same.len() >= 2).map(|same| same[0].0);
    found.map(|id| cases::case(c, id)).transpose()
}

/// Opens a case for every series of ratings of one author by one rater, and makes the excess count as the
/// rules say: not at all until its days have passed, then as one vote.
///
/// # Errors
/// What the database says.
pub fn find_series(c: &mut Conn, times: &Times) -> AppResult<Findings> {
    let rows = rows(c, times.calendar)?;
    let findings = open_series(c, &rows, &times.config.policy.play, times.now)?;
    let open: Vec<i64> = review_cases::table
        .filter(review_cases::kind.eq(Kind::Serial.name()))
        .filter(review_cases::state.eq(State::Open.name()))
        .order(review_cases::id)
        .select(review_cases::id)
        .load(c)?;
    for id in open {
        let case = cases::case(c, id)?;
        effects::stand(c, &case, None, times.now)?;
    }
    Ok(findings)
}

/// After a rating: where it is one too many of this author's insights by this rater in these days, its
/// series is a case at once and the excess is held, so that it never counts before the night. One small
/// question to the database where it is not.
///
/// # Errors
/// What the database says.
pub fn after_rating(
    c: &mut Conn,
    rater: i64,
    insight_id: i64,
    now: NaiveDateTime,
    policy: &PlayPolicy,
) -> AppResult<()> {
    let author: i64 = insights::table.find(insight_id).select(insights::author_id).first(c)?;
    // From two indexes alone: what the author has shared, undone or not, and what the rater has rated lately.
    let of_author = insights::table.filter(insights::author_id.eq(author)).select(insights::id);
    let lately = ratings::table
        .filter(ratings::person_id.eq(rater))
        .filter(ratings::at.gt(now - Duration::days(policy.serial_days)))
        .filter(ratings::insight_id.eq_any(of_author))
        .select(count_star());
    let lately: i64 = each_db!(&mut *c, c => lately.first(c))?;
    if author == rater || lately <= policy.serial_ratings {
        return Ok(());
    }
    let given = ratings::table
        .inner_join(insights::table)
        .filter(ratings::person_id.eq(rater))
        .filter(insights::author_id.eq(author))
        .filter(insights::undone.eq(false));
    let rows: Vec<Seen> = given
        .order(ratings::id)
        .select((ratings::insight_id, ratings::at))
        .load::<(i64, NaiveDateTime)>(c)?
        .into_iter()
        .map(|(insight, at)| Seen { insight, author, rater, above: 0.0, at, to_the_minute: true })
        .collect();
    open_series(c, &rows, policy, now)?;
    let open: Vec<i64> = review_cases::table
        .filter(review_cases::kind.eq(Kind::Serial.name()))
        .filter(review_cases::state.eq(State::Open.name()))
        .filter(review_cases::key.like(format!("serial:{rater}:{author}:%")))
        .order(review_cases::id)
        .select(review_cases::id)
        .load(c)?;
    for id in open {
        let case = cases::case(c, id)?;
        effects::stand(c, &case, None, now)?;
    }
    Ok(())
}

fn open_series(c: &mut Conn, rows: &[Seen], policy: &PlayPolicy, now: NaiveDateTime) -> AppResult<Findings> {
    let mut findings = Findings::default();
    for series in play::series(rows, policy) {
        let excess = u32::try_from(series.excess.len()).unwrap_or(u32::MAX);
        let new = NewCase {
            kind: Kind::Serial,
            key: format!("serial:{}:{}:{}", series.rater, series.author, series.since.and_utc().timestamp()),
            insight_id: None,
            other_id: None,
            remark_id: None,
            weight: excess,
            evidence: Evidence::Serial {
                rater: series.rater,
                author: series.author,
                ratings: series.ratings,
                excess,
                since: series.since,
                until: series.until,
            },
            people: vec![series.rater],
            ratings: series.excess.iter().map(|insight| (*insight, series.rater)).collect(),
            at: now,
        };
        findings.count(cases::open(c, &new)?);
    }
    Ok(findings)
}

/// Opens a case for every two people between whom bounties went more often than the rules allow.
///
/// # Errors
/// What the database says.
pub fn find_round_trips(c: &mut Conn, times: &Times) -> AppResult<Findings> {
    let rows: Vec<(i64, i64, i64, i64, NaiveDateTime)> = ledger_transactions::table
        .inner_join(ledger_entries::table)
        .inner_join(ledger_accounts::table.on(ledger_accounts::id.eq(ledger_entries::account_id)))
        .inner_join(requests::table.on(requests::id.nullable().eq(ledger_transactions::request_id)))
        .filter(ledger_transactions::reason.eq("award"))
        .filter(ledger_accounts::kind.eq("person"))
        .filter(ledger_entries::amount.gt(0))
        .order(ledger_entries::id)
        .select((
            requests::id,
            requests::asker_id,
            ledger_accounts::owner_id,
            ledger_entries::amount,
            ledger_transactions::at,
        ))
        .load(c)?;
    let awards: Vec<Award> = rows
        .into_iter()
        .map(|(request, from, to, credits, at)| Award { request, from, to, credits, at })
        .collect();
    let mut findings = Findings::default();
    for round in play::round_trips(&awards, &times.config.policy.play) {
        let first = round.requests.first().copied().unwrap_or_default();
        let new = NewCase {
            kind: Kind::RoundTrip,
            key: format!("round_trip:{}:{}:{first}", round.one, round.two),
            insight_id: None,
            other_id: None,
            remark_id: None,
            weight: round.from_one + round.from_two,
            people: vec![round.one, round.two],
            evidence: Evidence::RoundTrip { round },
            ratings: Vec::new(),
            at: times.now,
        };
        findings.count(cases::open(c, &new)?);
    }
    Ok(findings)
}
