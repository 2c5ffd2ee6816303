//! The data inventory: what is kept in each table, whose it is, why, how long, and who sees it. For
//! whoever is written about, and for the works council; a test holds it to the tables there are.

/// What is kept in one table.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    pub table: &'static str,
    /// Under which heading it stands.
    pub area: Area,
    pub what: &'static str,
    /// Whose data it is; empty where it is nobody's.
    pub whose: &'static str,
    pub why: &'static str,
    pub how_long: &'static str,
    pub who_sees: &'static str,
    /// The columns that lead to a person.
    pub people: &'static [&'static str],
}

/// What a table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    Accounts,
    Archive,
    Reading,
    Rating,
    Credits,
    Requests,
    Notices,
    Review,
    Leadership,
    Machinery,
}

impl Area {
    /// All of them, in the order of the page.
    pub const ALL: [Area; 10] = [
        Area::Accounts,
        Area::Archive,
        Area::Reading,
        Area::Rating,
        Area::Credits,
        Area::Requests,
        Area::Notices,
        Area::Review,
        Area::Leadership,
        Area::Machinery,
    ];

    /// Where its heading stands on the page.
    pub const fn key(self) -> &'static str {
        match self {
            Area::Accounts => "accounts",
            Area::Archive => "archive",
            Area::Reading => "reading",
            Area::Rating => "rating",
            Area::Credits => "credits",
            Area::Requests => "requests",
            Area::Notices => "notices",
            Area::Review => "review",
            Area::Leadership => "leadership",
            Area::Machinery => "machinery",
        }
    }

    /// The heading.
    pub const fn title(self) -> &'static str {
        match self {
            Area::Accounts => "Accounts and signing in",
            Area::Archive => "What is shared",
            Area::Reading => "Opening and searching",
            Area::Rating => "Ratings and values",
            Area::Credits => "Credits and earnings",
            Area::Requests => "Requests",
            Area::Notices => "Notices and mail",
            Area::Review => "Review by curators",
            Area::Leadership => "What leadership sees",
            Area::Machinery => "Machinery",
        }
    }
}

const STAYS: &str = "stays";
const STAYS_WITH_ACCOUNT: &str = "stays, also when the account is disabled";
const FORGOTTEN: &str = "the set number of days, 180 if nothing else was set; then only counts";
const ACCOUNT: &str = "as long as the account";
const NOBODY: &str = "nobody on a page";
const EVERYBODY: &str = "everybody signed in";
const SELF: &str = "the person";

const fn kept(
    area: Area,
    table: &'static str,
    what: &'static str,
    (whose, people): (&'static str, &'static [&'static str]),
    why: &'static str,
    how_long: &'static str,
    who_sees: &'static str,
) -> Kept {
    Kept { table, area, what, whose, why, how_long, who_sees, people }
}

const PERSON: &[&str] = &["person_id"];
const NONE: (&str, &[&str]) = ("", &[]);

/// All of them.
#[rustfmt::skip]
pub const TABLES: &[Kept] = &[
    kept(Area::Accounts, "people", "name, e-mail address, role, department, whether somebody leads people, first and last day, hash of the password, number of unread notices", ("everybody with an account", &["id"]), "to sign in, to sign what is shared, to count people", "stays, also when the account is disabled; it cannot be erased yet", "name, department and handle: everybody signed in; the rest: administrators; the hash: nobody"),
    kept(Area::Accounts, "departments", "the tree of departments, and when each was opened and closed", NONE, "to tell where something happened", STAYS, EVERYBODY),
    kept(Area::Accounts, "memberships", "who was in which department from when to when", ("everybody with an account", PERSON), "so that figures of the past count people where they were", STAYS_WITH_ACCOUNT, "administrators"),
    kept(Area::Accounts, "seen_days", "who was signed in on which day", ("everybody with an account", PERSON), "to count how many of us are here at all", "the set number of days, 180 if nothing else was set", "nobody; counts of everybody from five people on"),
    kept(Area::Accounts, "sessions", "a digest of the session's cookie, when it began and was last used", ("who is signed in", PERSON), "to stay signed in, and to sign out everywhere", "until signing out, at most the set lifetime", NOBODY),
    kept(Area::Accounts, "sign_in_links", "a digest of each invitation or link to a new password", ("who was sent one", PERSON), "to join, or to choose a new password", "30 days after it ends", NOBODY),
    kept(Area::Accounts, "sign_in_failures", "a digest of the address that was tried, and the network address", ("who failed to sign in", &[]), "to slow down guessing", "counts for an hour, removed each night", NOBODY),
    kept(Area::Accounts, "link_requests", "a digest of the address that asked for a new password, and the network address", ("who asked", &[]), "to slow down asking", "counts for an hour, removed each night", NOBODY),
    kept(Area::Accounts, "submissions", "the key of each form that was sent, and where it led", ("who sent it", PERSON), "so that a form sent twice takes effect once", "30 days", NOBODY),
    kept(Area::Accounts, "audit_log", "who changed what and when: roles, departments, imports, exports, decisions", ("who changed something", &["actor_id"]), "so that every power leaves a trace", "stays, cannot be changed", "administrators"),

    kept(Area::Archive, "insights", "the insight: title, text, the customer's words, segment, customer, source, date", ("its author", &["author_id", "withdrawn_by"]), "it is what Tradewind is for", STAYS_WITH_ACCOUNT, EVERYBODY),
    kept(Area::Archive, "insight_authors", "who wrote an insight, and who corroborates it", ("authors", PERSON), "to sign it; authors never rate their own", STAYS_WITH_ACCOUNT, EVERYBODY),
    kept(Area::Archive, "insight_tags", "the topics of an insight", NONE, "to find it", STAYS, EVERYBODY),
    kept(Area::Archive, "insight_versions", "an insight as it was before each edit, and why it was edited", ("who edited it", &["edited_by"]), "so that nobody is quoted wrongly", STAYS_WITH_ACCOUNT, EVERYBODY),
    kept(Area::Archive, "remarks", "remarks on insights", ("who wrote them", PERSON), "to confirm, limit or contradict an insight", STAYS_WITH_ACCOUNT, EVERYBODY),
    kept(Area::Archive, "uses", "“I used this”, with the note", ("who used it", PERSON), "to tell what an insight led to", STAYS_WITH_ACCOUNT, "everybody signed in, signed as its writer chose"),
    kept(Area::Archive, "segments", "names of segments, and who added each", ("who added it", &["created_by"]), "to group insights", STAYS_WITH_ACCOUNT, "the names: everybody signed in"),
    kept(Area::Archive, "customers", "names of customers, and who added each", ("who added it; customers may be people", &["created_by"]), "to gather what is known about a customer", STAYS_WITH_ACCOUNT, "the names: everybody signed in"),
    kept(Area::Archive, "tags", "names of topics, and who added each", ("who added it", &["created_by"]), "to find insights", STAYS_WITH_ACCOUNT, "the names: everybody signed in"),
    kept(Area::Archive, "follows", "which customers, segments and topics somebody follows", ("who follows", PERSON), "to put their insights first", "until unfollowed", SELF),
    kept(Area::Archive, "checked_uploads", "files that were checked and wait to be imported", ("who uploaded it, and who is in the files", PERSON), "so that what was checked is what is imported", "until imported or replaced, an hour at most counts", "nobody: the page tells what the check found"),

    kept(Area::Reading, "accesses", "who opened which insight when, and from which department", ("who opened it", PERSON), "to tell where information is stuck", FORGOTTEN, "the person; others counts from five people on"),
    kept(Area::Reading, "first_accesses", "the first time somebody opened an insight, and the last time that counted", ("who opened it", PERSON), "to count readers once", "as long as the last time somebody opened it is; the day of the first time no longer than any other", "the person; others counts from five people on"),
    kept(Area::Reading, "searches", "submitted searches: the words and the number of results", ("who searched", PERSON), "to tell what is not known", STAYS_WITH_ACCOUNT, "words that five people searched: the Chief Customer Officer, never who"),
    kept(Area::Reading, "active_days", "who shared and who opened something on a day, as a set of people", ("everybody with an account", &[]), "to count quickly how many people take part", "as long as the days of people it is made from", "the person; others counts from five people on"),
    kept(Area::Reading, "activity_daily", "how often a department shared, opened and searched on a day", NONE, "so that figures need not read events", STAYS, "groups of five people and more: see what leadership sees"),
    kept(Area::Reading, "flow_daily", "how much one department opened of another's on a day", NONE, "so that figures need not read events", STAYS, "from five readers on: the Chief Customer Officer"),
    kept(Area::Reading, "own_brokerage", "how far somebody stands between others who read and answer each other: one number or two of half a year", ("everybody with an account", PERSON), "to show each of us our own", "until it is computed anew the next night", "the person, nobody else"),
    kept(Area::Reading, "person_daily", "how often somebody shared and opened on a day", ("everybody with an account", PERSON), "to count how many people take part", "what somebody opened: the set number of days, 180 if nothing else was set; what they shared: as long as the insights", "the person; others counts from five people on"),

    kept(Area::Reading, "retention_line", "the day before which who opened what was turned into counts", NONE, "so that nothing is forgotten twice, and nothing too early", STAYS, NOBODY),
    kept(Area::Reading, "kept_months", "the months of which only counts remain", NONE, "so that whole months keep their figures", STAYS, "Chief Customer Officers"),
    kept(Area::Reading, "month_readers", "how many people of a department opened something in such a month", NONE, "so that whole months keep their figures", STAYS, "groups of five people and more: see what leadership sees"),
    kept(Area::Reading, "month_flow_readers", "how many people stand behind the flow between two departments in such a month", NONE, "to withhold flows of fewer than five readers in old months too", STAYS, NOBODY),
    kept(Area::Reading, "insight_reads", "how often and by how many people of a department an insight was opened before that day, and when last", NONE, "so that an insight keeps its number of readers", "as long as the insight", "counts from five people on"),
    kept(Area::Reading, "insight_read_ages", "how old an insight was when it was opened before that day", NONE, "to tell how long insights are read", "as long as the insight", NOBODY),

    kept(Area::Rating, "ratings", "who rated which insight how, which version, and whether its value had been seen", ("who rated", PERSON), "to tell what an insight is worth", STAYS_WITH_ACCOUNT, "the person alone"),
    kept(Area::Rating, "value_reveals", "that somebody had the value shown without rating", ("who asked for it", PERSON), "such a rating counts as not blind", STAYS_WITH_ACCOUNT, NOBODY),
    kept(Area::Rating, "raters", "how generous somebody's ratings are, as the valuation reckons", ("who rated", PERSON), "so that strict and generous raters weigh alike", "recomputed every night", NOBODY),
    kept(Area::Rating, "insight_values", "the value of each insight, and what is shown of it", NONE, "to show it without computing", "as long as the insight", "as far as it is shown: everybody signed in"),
    kept(Area::Rating, "covered_days", "how many insights came to have ratings enough on a day", NONE, "to count quickly how far values can be trusted", "as long as the values it is made from", EVERYBODY),
    kept(Area::Rating, "value_epochs", "the settings by which values were computed", NONE, "to explain a value", STAYS, EVERYBODY),
    kept(Area::Rating, "value_cells", "sums of an insight's ratings by department", NONE, "to compute values one rating at a time", "as long as the insight", NOBODY),
    kept(Area::Rating, "value_changes", "which insights are to be computed anew", NONE, "the valuation's list of things to do", "until done", NOBODY),
    kept(Area::Rating, "value_queue", "whose ratings are to be computed anew", ("who rated", PERSON), "the valuation's list of things to do", "until done", NOBODY),
    kept(Area::Rating, "value_state", "how far the valuation has come", NONE, "to begin where it stopped", STAYS, NOBODY),
    kept(Area::Rating, "value_accounts", "how the value of each insight came about", NONE, "to explain a value", "as long as the insight", EVERYBODY),
    kept(Area::Rating, "rating_standings", "ratings that count less or not at all, by a curator's decision", ("who rated", PERSON), "so that arranged ratings do not move values", "as long as the decision", "curators: counts of at least three ratings"),

    kept(Area::Credits, "ledger_transactions", "every movement of credits and its reason", NONE, "so that every balance can be recomputed", "stays, cannot be changed", "one's own: the person"),
    kept(Area::Credits, "ledger_accounts", "the balance of every person, request and of the company", ("everybody with credits", &["owner_id"]), "to pay and be paid", STAYS_WITH_ACCOUNT, "one's own: the person"),
    kept(Area::Credits, "ledger_entries", "what each movement put into and took out of accounts", NONE, "so that every balance can be recomputed", "stays, cannot be changed", "one's own: the person"),
    kept(Area::Credits, "earnings", "what an insight earned in a week, and by what", NONE, "to pay its authors", STAYS, "its authors; administrators without names"),
    kept(Area::Credits, "earning_shares", "how an insight's earnings were divided", ("authors", PERSON), "to pay its authors", STAYS_WITH_ACCOUNT, SELF),
    kept(Area::Credits, "earning_uses", "which uses were counted in a week", ("who used it", PERSON), "so that a use pays once", STAYS_WITH_ACCOUNT, NOBODY),
    kept(Area::Credits, "earning_ratings", "which first ratings were paid", ("who rated", PERSON), "so that a rating pays once", STAYS_WITH_ACCOUNT, SELF),

    kept(Area::Requests, "requests", "what somebody asks for, the bounty and its end", ("who asked", &["asker_id"]), "to find who knows", STAYS_WITH_ACCOUNT, EVERYBODY),
    kept(Area::Requests, "request_departments", "whom a request asks", NONE, "to reach who may know", STAYS, EVERYBODY),
    kept(Area::Requests, "request_tags", "the topics of a request", NONE, "to reach who may know", STAYS, EVERYBODY),
    kept(Area::Requests, "request_funders", "who added how much to a bounty", ("who added to it", PERSON), "to pay it back if nobody answers", STAYS_WITH_ACCOUNT, EVERYBODY),
    kept(Area::Requests, "request_answers", "which insights answer a request, and who linked them", ("who answered", PERSON), "to choose the best, and to pay it", STAYS_WITH_ACCOUNT, EVERYBODY),
    kept(Area::Requests, "request_events", "what happened to a request", ("who did it", &["actor_id"]), "to explain how it ended", STAYS_WITH_ACCOUNT, "the request's page: everybody signed in"),
    kept(Area::Requests, "request_askers", "when somebody last asked", ("who asked", PERSON), "to keep one person from asking too often at once", "as long as the account", NOBODY),

    kept(Area::Requests, "request_matches", "which insights may answer an open request", NONE, "to tell where information is stuck", "until the request is answered or closed", "Chief Customer Officers"),
    kept(Area::Requests, "request_scans", "when a request was last compared with the archive", NONE, "to begin where it stopped", "until the request is answered or closed", NOBODY),

    kept(Area::Notices, "notices", "the lines on somebody's page of notices", ("who is told", PERSON), "to tell what happened to what one shared", "90 days after it was read, 400 days at most", SELF),
    kept(Area::Notices, "notice_events", "the events behind those lines", ("who is told", PERSON), "so that an event is told once", "as long as the line", SELF),
    kept(Area::Notices, "mail_wishes", "how often somebody wants mail, and about what", ("who chose", PERSON), "to write no more than wanted", ACCOUNT, SELF),
    kept(Area::Notices, "outbox", "mail that waits or was sent; the text is emptied when it is sent", ("who it is for", PERSON), "to lose no mail and send none twice", "30 days after it ended", "administrators: to whom, when and what for, never the text"),
    kept(Area::Notices, "unsubscribe_links", "a digest of the link that stops a mail", ("who got the mail", PERSON), "to stop mail without signing in", "400 days", NOBODY),

    kept(Area::Review, "review_cases", "what curators are to look at: reports, personal data, duplicates, patterns of ratings", ("who decided", &["decided_by"]), "to keep the archive good", STAYS_WITH_ACCOUNT, "curators; evidence is counts of at least three ratings"),
    kept(Area::Review, "review_decisions", "each decision and its reason", ("who decided or took it back", &["person_id", "undone_by"]), "so that every decision can be explained", STAYS_WITH_ACCOUNT, "curators"),
    kept(Area::Review, "review_people", "whom a case is about", ("whom it is about", PERSON), "to tell them what was decided", STAYS_WITH_ACCOUNT, "curators"),
    kept(Area::Review, "review_ratings", "which ratings a case is about", ("who rated", PERSON), "to treat them as was decided", STAYS_WITH_ACCOUNT, "nobody: curators see counts"),
    kept(Area::Review, "review_reports", "who reported what, and in which words", ("who reported", PERSON), "to look into it", STAYS_WITH_ACCOUNT, "curators"),
    kept(Area::Review, "review_bands", "hashes of the words of insights", NONE, "to find texts that say the same", "as long as the insight", NOBODY),
    kept(Area::Review, "review_scans", "how far a search for patterns has come", NONE, "to begin where it stopped", STAYS, NOBODY),

    kept(Area::Leadership, "figure_runs", "for which periods figures were computed, and when", NONE, "so that pages need not compute them", STAYS, "Chief Customer Officers"),
    kept(Area::Leadership, "figures", "figures of groups, never of people, as they were computed", NONE, "so that pages need not compute them", "until computed anew", "Chief Customer Officers"),
    kept(Area::Leadership, "figure_insights", "the insights behind a figure, such as those that are under-read", NONE, "so that a figure leads to what it counts", "until computed anew", "Chief Customer Officers"),
    kept(Area::Leadership, "figure_shapes", "curves and distributions of a period, of groups of people and never of fewer than five", NONE, "so that pages need not compute them", "until computed anew", "Chief Customer Officers"),
    kept(Area::Leadership, "insight_readers", "how many people of a department have opened an insight", NONE, "to tell who has seen it without naming anybody, and whether an answer was found", "as long as the insight", "everybody with an account, from five people on"),
    kept(Area::Leadership, "sendings", "which insights and requests a department was told of, by whom and when, and how many people were told", ("who sent it", PERSON), "so that nobody is told twice", STAYS_WITH_ACCOUNT, "Chief Customer Officers: the number of people from five on"),
    kept(Area::Leadership, "reports", "reports of a period as they were made: figures of groups, never of people; and who made each", ("who made it", &["made_by"]), "so that what was told stays what was told", "stays, cannot be changed", "Chief Customer Officers; everybody their own department's figures"),
    kept(Area::Leadership, "report_mails", "to whom a report was mailed and when", ("who got it", PERSON), "to mail it once", STAYS_WITH_ACCOUNT, "Chief Customer Officers: to how many"),
    kept(Area::Leadership, "privacy_checks", "what was tried each night to work single people out of the figures, and how much was found; never what", NONE, "so that protection is checked, not assumed", "400 days", EVERYBODY),
    kept(Area::Leadership, "privacy_thresholds", "changes of the numbers of raters from which values are shown: who proposed and who agreed", ("who proposed or decided", &["proposed_by", "decided_by"]), "so that nobody lowers them alone", STAYS_WITH_ACCOUNT, EVERYBODY),
    kept(Area::Leadership, "flow_looks", "who looked at figures of a department or of everybody, and on which day", ("who looked", PERSON), "so that looking leaves a trace", STAYS_WITH_ACCOUNT, "everybody signed in, about their own department"),

    kept(Area::Leadership, "obstacles", "what stands in the way of a figure of groups, what is planned about it, who sees to it, by when", ("who sees to it, who opened it", &["owner_id", "opened_by"]), "so that what is stuck has somebody who frees it", STAYS_WITH_ACCOUNT, "Chief Customer Officers; who sees to it"),
    kept(Area::Leadership, "obstacle_events", "what happened to an obstacle, and what it said before", ("who did it", &["actor_id"]), "to tell what was done, and to take it back", STAYS_WITH_ACCOUNT, "Chief Customer Officers; who sees to it"),
    kept(Area::Leadership, "obstacle_measures", "the figure of an obstacle, of groups, never of people, as it was computed", NONE, "to tell whether what was done helped", STAYS, "Chief Customer Officers; who sees to it"),
    kept(Area::Leadership, "trials", "which department was sent insights to see whether that helps, and how often each half was opened and used", ("who began or stopped it", &["started_by", "ended_by"]), "to tell whether sending helps", STAYS_WITH_ACCOUNT, "Chief Customer Officers; who sees to the obstacle"),
    kept(Area::Leadership, "trial_insights", "which insights were sent at once, and which waited", NONE, "to compare the two", STAYS, "Chief Customer Officers; who sees to the obstacle"),
    kept(Area::Leadership, "unshared_counts", "how many people of a department said why they did not share, by month; nobody is named, and no row leads to anybody", NONE, "to tell what keeps people from sharing", STAYS, "Chief Customer Officers, from five people on, when the month is over"),
    kept(Area::Leadership, "unshared_marks", "who has said this month why they did not share; not what they said", ("who said so", PERSON), "so that nobody counts twice", "until the month is over", NOBODY),
    kept(Area::Leadership, "report_baselines", "which report later ones are compared with, and who chose it", ("who chose it", &["marked_by"]), "so that what changed since the beginning can be told", STAYS_WITH_ACCOUNT, "Chief Customer Officers"),

    kept(Area::Machinery, "jobs", "what runs by itself and when it last did", NONE, "so that of several nodes one runs it", STAYS, NOBODY),
    kept(Area::Machinery, "facts", "what kind of database this is", NONE, "so that a demo is known as one", STAYS, NOBODY),
];
