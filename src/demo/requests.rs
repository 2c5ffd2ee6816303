//! What the demo company asks: requests in every state, among them those that Operations asks Support and
//! nobody answers. Told after the insights, through the same functions as the pages use.

use chrono::Duration;
use diesel::prelude::*;

use super::hours::Hours;
use super::ledger::Settler;
use crate::accounts::person::Actor;
use crate::accounts::store as accounts;
use crate::archive::draft::{Draft as Text, title_and_rest};
use crate::archive::insight::Source;
use crate::archive::store as archive;
use crate::customers::follows::{self, Kind};
use crate::db::Conn;
use crate::db::schema::{departments, people, tags};
use crate::error::AppResult;
use crate::ledger;
use crate::market::store::{ratings, values};
use crate::policy::Policy;
use crate::requests::near;
use crate::requests::store::{self, Draft};

/// A request of the story.
struct Asked {
    /// The first part of the asker's department, and who of it.
    from: (&'static str, usize),
    days_ago: i64,
    question: &'static str,
    why: &'static str,
    segment: &'static str,
    tags: &'static [&'static str],
    of: &'static [&'static str],
    bounty: i64,
    /// Others who want to know: department, who of it, credits.
    funders: &'static [(&'static str, usize, i64)],
    answers: &'static [Answer],
    then: Then,
}

/// An answer: department and who of it, how many days after the question.
enum Answer {
    New(&'static str, usize, i64, &'static str, Source),
    /// What the archive has that comes nearest.
    Known(&'static str, usize, i64),
}

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Open still, or left to the clock.
    Nothing,
    /// The asker split it, so many days after the question.
    Awarded(i64, &'static [i64]),
    /// The asker gave all of it to the first answer, after somebody else had to rate that: department and
    /// who of it.
    AwardedAfterRating(i64, (&'static str, usize)),
    /// Taken back after so many days.
    TakenBack(i64),
}

use Answer::{Known, New};
use Source::{Call, Sales, Support, Visit};
use Then::{Awarded, AwardedAfterRating, Nothing, TakenBack};

/// In place of a department and a number in it: the employee of the sign-in link.
const EMPLOYEE: (&str, usize) = ("", 0);

const TOLD: &[Asked] = &[
    // What the employee asked: one that was paid, so that their statement has something going out, and one
    // that waits for their award.
    Asked {
        from: EMPLOYEE,
        days_ago: 16,
        question: "Who decides about a service contract in the end, purchasing or the plant?",
        why: "Two renewals are due before Christmas, and so far I have talked to purchasing only.",
        segment: "",
        tags: &["contract"],
        of: &["Support"],
        bounty: 15,
        funders: &[("Sales", 3, 5)],
        answers: &[
            New(
                "Support",
                5,
                2,
                "The plant manager decides, and purchasing only says when. At three of four sites purchasing had signed a cheaper contract once and the plant had sent it back.",
                Call,
            ),
            New(
                "Operations",
                6,
                4,
                "On site the maintenance lead is asked first. Purchasing calls him before every renewal and wants to know how often he had to wait for us.",
                Visit,
            ),
        ],
        then: Awarded(6, &[2, 1]),
    },
    Asked {
        from: EMPLOYEE,
        days_ago: 5,
        question: "What do plant managers need to hear when a delivery date moves for the second time?",
        why: "I have to write to four of them this week.",
        segment: "",
        tags: &["delivery"],
        of: &["Operations"],
        bounty: 10,
        funders: &[],
        answers: &[New(
            "Operations",
            8,
            2,
            "Plant managers forgive the second delay when they get a date they can tell their own boss. The two who shouted had got an apology and no date.",
            Visit,
        )],
        then: Nothing,
    },
    // Operations asks Support, and nobody answers: the flow that is stuck.
    Asked {
        from: ("Operations", 1),
        days_ago: 13,
        question: "Which spare parts do hotline callers ask for that we do not stock?",
        why: "We renew the list for the northern depot at the end of the month. What callers ask for and do not get never reaches us.",
        segment: "",
        tags: &["spare-parts"],
        of: &["Support"],
        bounty: 15,
        funders: &[("Operations", 2, 5)],
        answers: &[],
        then: Nothing,
    },
    Asked {
        from: ("Operations", 4),
        days_ago: 12,
        question: "What do night shifts do when a machine stops and nobody answers the hotline?",
        why: "",
        segment: "",
        tags: &[],
        of: &["Support"],
        bounty: 10,
        funders: &[],
        answers: &[],
        then: Nothing,
    },
    Asked {
        from: ("Operations", 7),
        days_ago: 11,
        question: "How do customers unpack a gearbox that arrives without a crane on site?",
        why: "Two transport damages in October; both happened after the lorry had left.",
        segment: "",
        tags: &["delivery"],
        of: &["Support", "Sales"],
        bounty: 10,
        funders: &[],
        answers: &[],
        then: Nothing,
    },
    Asked {
        from: ("Operations", 10),
        days_ago: 10,
        question: "Do customers keep the delivery note, or do they photograph the label?",
        why: "If they photograph the label, we print the order number larger and save a sheet per crate.",
        segment: "",
        tags: &[],
        of: &["Support"],
        bounty: 5,
        funders: &[],
        answers: &[],
        then: Nothing,
    },
    Asked {
        from: ("Operations", 13),
        days_ago: 9,
        question: "Which error codes make customers order a part they do not need?",
        why: "Every fourth return of a sensor is a sensor that works.",
        segment: "",
        tags: &["returns"],
        of: &["Support"],
        bounty: 20,
        funders: &[("Operations", 1, 3)],
        answers: &[],
        then: Nothing,
    },
    Asked {
        from: ("Operations", 16),
        days_ago: 8,
        question: "When a repair takes longer than promised, what do customers say they would have needed?",
        why: "",
        segment: "",
        tags: &[],
        of: &["Support"],
        bounty: 10,
        funders: &[],
        answers: &[],
        then: Nothing,
    },
    // Open, and wanted from Sales.
    Asked {
        from: ("Product", 2),
        days_ago: 11,
        question: "Why did customers who saw the new dashboard not switch it on?",
        why: "We decide on the next release on Thursday. One thing somebody said in a meeting is worth more than our click counts.",
        segment: "",
        tags: &["dashboard"],
        of: &["Sales"],
        bounty: 25,
        funders: &[("Marketing", 3, 10)],
        answers: &[New(
            "Support",
            5,
            3,
            "The shift leader may not install anything on the office computer. He asked whether the dashboard could be a plain web page, then he would open it on the tablet at the machine.",
            Support,
        )],
        then: Nothing,
    },
    Asked {
        from: ("Finance", 1),
        days_ago: 4,
        question: "What do customers say when they pay late, in their own words?",
        why: "We rewrite the reminder letters and would like to begin with what is true for most.",
        segment: "",
        tags: &["billing"],
        of: &["Sales", "Support"],
        bounty: 15,
        funders: &[],
        answers: &[Known("Sales", 8, 1)],
        then: Nothing,
    },
    Asked {
        from: ("Marketing", 2),
        days_ago: 2,
        question: "Which sentence do customers use when they recommend us to a colleague?",
        why: "",
        segment: "",
        tags: &[],
        of: &["Sales"],
        bounty: 20,
        funders: &[("Product", 6, 5)],
        answers: &[],
        then: Nothing,
    },
    Asked {
        from: ("Sales", 6),
        days_ago: 1,
        question: "Does anybody know who decides about service contracts at hospitals?",
        why: "First meeting with a hospital group next week; in industry it is the plant manager, here I do not know.",
        segment: "",
        tags: &["service-contract"],
        of: &[],
        bounty: 10,
        funders: &[],
        answers: &[],
        then: Nothing,
    },
    // The time to answer has passed, and the asker has not awarded yet.
    Asked {
        from: ("Sales", 11),
        days_ago: 16,
        question: "What do buyers compare our quotation with, line by line?",
        why: "",
        segment: "",
        tags: &["quotation"],
        of: &["Product", "Finance"],
        bounty: 10,
        funders: &[],
        answers: &[New(
            "Finance",
            3,
            6,
            "Two buyers sent us their own spreadsheet with our lines typed in by hand. The column they added is the price per operating hour.",
            Sales,
        )],
        then: Nothing,
    },
    // Awarded.
    Asked {
        from: ("Product", 4),
        days_ago: 40,
        question: "How do service partners find the right manual on site?",
        why: "We print four languages in one binder. Somebody said nobody opens it.",
        segment: "",
        tags: &["manual"],
        of: &["Support"],
        bounty: 20,
        funders: &[("Support", 9, 5)],
        answers: &[
            New(
                "Support",
                2,
                2,
                "A partner photographs the type plate and sends it to the office; the office sends back one page. The binder stays in the van. She showed me forty such messages of one week.",
                Visit,
            ),
            New(
                "Sales",
                4,
                5,
                "They search the part number on the web and take the first hit, which is a manual of 2019. He knew it was old and used it all the same, because it was the only one that opened on a phone.",
                Call,
            ),
        ],
        then: Awarded(9, &[3, 2]),
    },
    Asked {
        from: ("Marketing", 5),
        days_ago: 55,
        question: "What did visitors of the spring fair remember a month later?",
        why: "",
        segment: "",
        tags: &["fair"],
        of: &["Sales"],
        bounty: 15,
        funders: &[],
        answers: &[New(
            "Sales",
            9,
            4,
            "She remembered the machine that we had opened with a saw, and that she could put her hand in. Of the brochure she remembered the colour.",
            Call,
        )],
        then: Awarded(6, &[1]),
    },
    Asked {
        from: ("Finance", 4),
        days_ago: 72,
        question: "Why do some customers split one order into three?",
        why: "Three invoices cost us three times the work, and them as well.",
        segment: "",
        tags: &["billing"],
        of: &["Sales"],
        bounty: 10,
        funders: &[],
        answers: &[New(
            "Sales",
            12,
            3,
            "Above 5,000 a plant manager needs two signatures. Three orders need none.",
            Sales,
        )],
        then: Awarded(8, &[1]),
    },
    // Left to the clock: one is awarded by its ratings, where they are good enough, one goes back.
    Asked {
        from: ("Sales", 14),
        days_ago: 48,
        question: "What do controllers do with our invoices before they pay them?",
        why: "",
        segment: "",
        tags: &["billing"],
        of: &["Finance", "Support"],
        bounty: 15,
        funders: &[("Sales", 3, 5)],
        answers: &[Known("Support", 11, 4)],
        then: Nothing,
    },
    Asked {
        from: ("Support", 7),
        days_ago: 60,
        question: "Is there a customer who has replaced every machine of one hall at once?",
        why: "",
        segment: "",
        tags: &[],
        of: &["Sales", "Operations"],
        bounty: 5,
        funders: &[],
        answers: &[],
        then: Nothing,
    },
    Asked {
        from: ("Product", 8),
        days_ago: 30,
        question: "Who has the list of customers with the old controller?",
        why: "Found it: it is on the second sheet of the service plan.",
        segment: "",
        tags: &[],
        of: &["Support"],
        bounty: 5,
        funders: &[],
        answers: &[],
        then: TakenBack(1),
    },
    // Two who pay each other's answers, back and forth: for the curator.
    Asked {
        from: ("Marketing", 9),
        days_ago: 26,
        question: "Which colour do visitors of our stand mention first?",
        why: "",
        segment: "",
        tags: &["fair"],
        of: &["Finance"],
        bounty: 10,
        funders: &[],
        answers: &[New("Finance", 8, 1, "Blue, said the one I asked.", Call)],
        then: Awarded(1, &[1]),
    },
    Asked {
        from: ("Finance", 8),
        days_ago: 20,
        question: "What do customers call our invoices?",
        why: "",
        segment: "",
        tags: &["billing"],
        of: &["Marketing"],
        bounty: 10,
        funders: &[],
        answers: &[New("Marketing", 9, 1, "Bills, mostly.", Call)],
        then: Awarded(1, &[1]),
    },
    Asked {
        from: ("Marketing", 9),
        days_ago: 13,
        question: "On which day of the week do accountants read the newsletter?",
        why: "",
        segment: "",
        tags: &[],
        of: &["Finance"],
        bounty: 10,
        funders: &[],
        answers: &[New("Finance", 8, 1, "On Fridays, I think.", Call)],
        then: AwardedAfterRating(2, ("Support", 4)),
    },
];

/// Tells them, in the order of time; then the clock has moved.
///
/// # Errors
/// What the database refuses.
pub fn tell(c: &mut Conn, hours: Hours, settler: &mut Settler) -> AppResult<()> {
    let policy = Policy::default();
    let mut told: Vec<&Asked> = TOLD.iter().collect();
    told.sort_by_key(|asked| std::cmp::Reverse(asked.days_ago));
    for asked in told {
        let at = hours.now - Duration::days(asked.days_ago);
        // What was earned by then can be offered; what was over by then has ended.
        settler.up_to(c, at)?;
        store::tick(c, at, hours.calendar, &policy)?;
        ask(c, asked, hours, &policy)?;
    }
    for name in ["billing", "delivery"] {
        follow(c, name, hours)?;
    }
    store::tick(c, hours.now, hours.calendar, &policy)?;
    Ok(())
}

/// Somebody of a department, by their number in it, as they act so many days before today.
fn actor(
    c: &mut Conn,
    (department, who): (&str, usize),
    days_ago: i64,
    hours: Hours,
) -> AppResult<Option<Actor>> {
    let at = hours.now - Duration::days(days_ago) - Duration::minutes(37 + 11 * who as i64);
    let day = hours.calendar.day(at);
    if (department, who) == EMPLOYEE {
        let all = people::table.order(people::id).limit(1);
        let found: Option<(i64, i64, bool)> =
            all.select((people::id, people::department_id, people::manager)).first(c).optional()?;
        return Ok(found.map(|(person_id, department_id, manager)| Actor {
            person_id,
            department_id,
            manager,
            at,
            day,
        }));
    }
    let here: Vec<(i64, i64, bool)> = people::table
        .inner_join(departments::table)
        .filter(departments::path.eq(department).or(departments::path.like(format!("{department}/%"))))
        .filter(people::disabled_at.is_null())
        .filter(people::joined_on.is_null().or(people::joined_on.le(day)))
        .order(people::id)
        .select((people::id, people::department_id, people::manager))
        .load(c)?;
    // The first of a department may be whose eyes a visitor looks through: nobody speaks for them.
    let place = who % here.len().saturating_sub(1).max(1) + 1;
    Ok(here.get(place.min(here.len().saturating_sub(1))).map(|(person_id, department_id, manager)| Actor {
        person_id: *person_id,
        department_id: *department_id,
        manager: *manager,
        at,
        day,
    }))
}

fn ask(c: &mut Conn, asked: &Asked, hours: Hours, policy: &Policy) -> AppResult<bool> {
    let Some(asker) = actor(c, asked.from, asked.days_ago, hours)? else { return Ok(false) };
    let mut of = Vec::with_capacity(asked.of.len());
    for department in asked.of {
        of.push(accounts::department(c, department, asker.day)?);
    }
    if policy.credits.on && !holds(c, asker.person_id, asked.bounty)? {
        return Ok(false);
    }
    let draft = Draft {
        question: asked.question.into(),
        why: asked.why.into(),
        segment: asked.segment.into(),
        customer: String::new(),
        tags: asked.tags.iter().map(|tag| (*tag).to_owned()).collect(),
        departments: of,
        bounty: asked.bounty,
    };
    let id = store::open(c, &asker, &draft, policy)?;
    for (department, who, credits) in asked.funders {
        let days = (asked.days_ago - 1).max(0);
        let Some(funder) = actor(c, (department, *who), days, hours)? else { continue };
        if funder.person_id != asker.person_id && policy.credits.on && holds(c, funder.person_id, *credits)? {
            let _ = store::cofund(c, &funder, id, *credits, policy)?;
        }
    }
    let mut given = Vec::new();
    for answer in asked.answers {
        if let Some(insight) = answer_it(c, asked, id, answer, hours, policy)? {
            given.push(insight);
        }
    }
    match asked.then {
        Nothing => {}
        Awarded(after, weights) => {
            let at = later(asker, after, hours);
            let chosen: Vec<(i64, i64)> = given.into_iter().zip(weights.iter().copied()).collect();
            let _ = store::award(c, &at, id, &chosen, policy)?;
        }
        AwardedAfterRating(after, third) => {
            let (at, third) = (later(asker, after, hours), actor(c, third, asked.days_ago - after, hours)?);
            if let (Some(insight), Some(third)) = (given.first().copied(), third) {
                ratings::rate(c, &third, insight, 3)?;
                let _ = store::award(c, &at, id, &[(insight, 1)], policy)?;
            }
        }
        TakenBack(after) => {
            let _ = store::cancel(c, &later(asker, after, hours), id, policy)?;
        }
    }
    Ok(true)
}

fn later(actor: Actor, days: i64, hours: Hours) -> Actor {
    let at = actor.at + Duration::days(days);
    Actor { at, day: hours.calendar.day(at), ..actor }
}

fn answer_it(
    c: &mut Conn,
    asked: &Asked,
    id: i64,
    answer: &Answer,
    hours: Hours,
    policy: &Policy,
) -> AppResult<Option<i64>> {
    let (New(department, who, after, ..) | Known(department, who, after)) = answer;
    let Some(by) = actor(c, (department, *who), asked.days_ago - after, hours)? else { return Ok(None) };
    let insight = match answer {
        New(.., text, source) => {
            let (title, body) = title_and_rest(text);
            let draft = Text {
                title,
                body,
                source: *source,
                tags: asked.tags.iter().map(|tag| (*tag).to_owned()).collect(),
                ..Text::default()
            };
            let insight = archive::share(c, &by, &draft)?;
            values::start(c, insight, by.at)?;
            insight
        }
        Known(..) => match near::insights(c, by.person_id, asked.question, 1)?.first() {
            Some(insight) => *insight,
            None => return Ok(None),
        },
    };
    Ok(store::answer(c, &by, id, insight, policy)?.ok().map(|_| insight))
}

fn holds(c: &mut Conn, person_id: i64, credits: i64) -> AppResult<bool> {
    Ok(ledger::store::balance(c, ledger::Account::Person(person_id))? >= credits)
}

/// The employee of the sign-in link follows something, so that the list is not empty.
fn follow(c: &mut Conn, topic: &str, hours: Hours) -> AppResult<()> {
    let guide: i64 = people::table.order(people::id).select(people::id).first(c)?;
    let tag: Option<i64> =
        tags::table.filter(tags::folded_name.eq(topic)).select(tags::id).first(c).optional()?;
    if let Some(tag) = tag {
        follows::follow(c, guide, Kind::Topic, tag, hours.now)?;
    }
    Ok(())
}
