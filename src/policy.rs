//! The market's constants as settings: what a company may choose about value, credits, requests, honest
//! play and notices, each with its default, its range and its reason.
//!
//! One line of [`policies!`] is a field, an environment variable, a row of the README's table and what a
//! wrong value is answered with. `app.config.policy` has them all.

use std::fmt;

/// A type a setting may have.
pub trait Constant: Copy {
    /// Reads what somebody typed; `None` when it is no such thing.
    fn parse(text: &str) -> Option<Self>;
    /// As it is typed.
    fn text(self) -> String;
    /// Whether it lies in the range.
    fn is_within(self, low: Self, high: Self) -> bool;
    /// "a number from 1 to 5".
    fn right(low: Self, high: Self) -> String;
    /// "1 to 5", for the table.
    fn range(low: Self, high: Self) -> String;
}

impl Constant for bool {
    fn parse(text: &str) -> Option<bool> {
        match text {
            "on" => Some(true),
            "off" => Some(false),
            _ => None,
        }
    }

    fn text(self) -> String {
        if self { "on" } else { "off" }.to_owned()
    }

    fn is_within(self, _: bool, _: bool) -> bool {
        true
    }

    fn right(_: bool, _: bool) -> String {
        "on or off".to_owned()
    }

    fn range(_: bool, _: bool) -> String {
        "on, off".to_owned()
    }
}

impl Constant for i64 {
    fn parse(text: &str) -> Option<i64> {
        text.parse().ok()
    }

    fn text(self) -> String {
        self.to_string()
    }

    fn is_within(self, low: i64, high: i64) -> bool {
        (low..=high).contains(&self)
    }

    fn right(low: i64, high: i64) -> String {
        format!("a whole number from {low} to {high}")
    }

    fn range(low: i64, high: i64) -> String {
        format!("{low} to {high}")
    }
}

impl Constant for f64 {
    fn parse(text: &str) -> Option<f64> {
        text.parse().ok().filter(|number: &f64| !number.is_nan())
    }

    fn text(self) -> String {
        self.to_string()
    }

    fn is_within(self, low: f64, high: f64) -> bool {
        (low..=high).contains(&self)
    }

    fn right(low: f64, high: f64) -> String {
        format!("a number from {low} to {high}")
    }

    fn range(low: f64, high: f64) -> String {
        format!("{low} to {high}")
    }
}

/// A setting as the README and the help print it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub name: &'static str,
    pub default: String,
    pub range: String,
    /// What it is, and why the default is what it is.
    pub meaning: &'static str,
}

/// Structs of constants: `field: type = default, low => high, "VARIABLE", "meaning and reason";`
macro_rules! policies {
    ($($(#[$about:meta])* $policy:ident in $list:ident {
        $($field:ident: $kind:ty = $default:expr, $low:expr => $high:expr, $name:literal, $meaning:literal;)*
    })*) => {
        $(
            $(#[$about])*
            #[derive(Clone, Copy, Debug, PartialEq)]
            pub struct $policy {
                $(#[doc = $meaning] pub $field: $kind,)*
            }

            impl Default for $policy {
                fn default() -> $policy {
                    $policy { $($field: $default,)* }
                }
            }

            impl $policy {
                /// Reads each constant by the name of its variable; where `given` has none, the default
                /// holds. What is wrong goes to `problems`, a line each.
                pub fn read(
                    given: &dyn Fn(&'static str) -> Option<String>,
                    problems: &mut Vec<String>,
                ) -> $policy {
                    $policy { $($field: read_one::<$kind>($name, $default, $low, $high, given, problems),)* }
                }

                /// Every constant as `NAME=value`, separated by spaces: what it takes to compute the same
                /// again. [`Self::from_text`] reads it.
                pub fn to_text(self) -> String {
                    [$(format!("{}={}", $name, self.$field.text()),)*].join(" ")
                }

                /// Reads [`Self::to_text`]; a constant that is missing or unreadable has its default, so
                /// that an older program's text is read by a newer one.
                pub fn from_text(text: &str) -> $policy {
                    let mut policy = $policy::default();
                    for (name, value) in text.split(' ').filter_map(|pair| pair.split_once('=')) {
                        match name {
                            $($name => policy.$field = <$kind>::parse(value).unwrap_or(policy.$field),)*
                            _ => {}
                        }
                    }
                    policy
                }
            }

            fn $list() -> Vec<Setting> {
                vec![$(Setting {
                    name: $name,
                    default: <$kind>::text($default),
                    range: <$kind>::range($low, $high),
                    meaning: $meaning,
                },)*]
            }
        )*

        /// Every setting of the market, in the order of the README.
        pub fn settings() -> Vec<Setting> {
            let mut all = Vec::new();
            $(all.extend($list());)*
            all
        }
    };
}

policies! {
    /// How ratings become a value, its word, and what is shown of it.
    ValuePolicy in value_settings {
        lambda_u: f64 = 3.0, 0.0 => 1000.0, "VALUE_LAMBDA_U",
            "neutral ratings every rater begins with; a rater explains a third as much variance as noise, near the best of 64 combinations on public rating data";
        lambda_v: f64 = 3.0, 0.1 => 1000.0, "VALUE_LAMBDA_V",
            "neutral votes every insight begins with, so that one rating cannot make or break anything";
        lambda_g: f64 = 3.0, 0.1 => f64::INFINITY, "VALUE_LAMBDA_G",
            "most votes a department can have, however many of it rate; `inf`: each rating is a vote. Team-mates vote alike (correlation 0.42 in peer assessment), so ten of them are not ten votes";
        cap: f64 = 1.0, 0.0 => 4.0, "VALUE_CAP",
            "most by which a rating is corrected for the rater's leniency, in stars";
        sigma2: f64 = 0.8, 0.01 => 16.0, "VALUE_SIGMA2",
            "variance of a single rating around what the model expects, in squared stars; measured on public rating data";
        z: f64 = 1.281_551_565_544_600_4, 0.0 => 4.0, "VALUE_Z",
            "standard deviations from the value down to its lower bound; the default makes it hold nine times in ten";
        band: f64 = 1.6449, 0.0 => 4.0, "VALUE_BAND",
            "standard deviations to each side that the ruler's band shows; the default holds 90 %";
        mu: f64 = 3.0, 1.0 => 5.0, "VALUE_MU",
            "the common level the company begins with, in stars";
        mu_weight: f64 = 30.0, 0.0 => 100_000.0, "VALUE_MU_WEIGHT",
            "ratings that the first common level weighs as much as";
        epoch_step: f64 = 0.05, 0.001 => 4.0, "VALUE_EPOCH_STEP",
            "by how many stars the common level must differ before an epoch begins: inside one it is frozen, so that nothing is silently rescaled";
        tau: f64 = 0.001, 0.000_001 => 0.1, "VALUE_TAU",
            "a leniency that would move by less is left to the nightly refit, in stars; values then stay within 0.001 of it";
        p_max: i64 = 64, 1 => 1_000_000, "VALUE_PMAX",
            "raters looked at in one turn of the queue that follows ratings; the rest waits for the next. No rating needed more on average";
        settled_raters: i64 = 3, 1 => 100, "VALUE_SETTLED_RATERS",
            "raters below which a value is early";
        valuable: f64 = 3.5, 1.0 => 5.0, "VALUE_VALUABLE",
            "a lower bound or a department's view of at least so many stars is valuable: half a star above the middle";
        broad_departments: i64 = 2, 1 => 100, "VALUE_BROAD_DEPARTMENTS",
            "departments beside the author's that must find it valuable to call it broad";
        apart: f64 = 1.5, 0.1 => 4.0, "VALUE_APART",
            "views of departments so many stars apart are mixed";
        mixed_raters: i64 = 2, 1 => 100, "VALUE_MIXED_RATERS",
            "raters a department needs for its view to make a value mixed";
        hysteresis: f64 = 0.05, 0.0 => 1.0, "VALUE_HYSTERESIS",
            "stars by which a threshold must be missed before a label in force falls, so that none flickers";
        word_from: i64 = 3, 3 => 100, "SHOWN_WORD_FROM",
            "raters from which there is a shown value and perhaps a word; of two, each could tell the other's rating";
        number_from: i64 = 5, 3 => 100, "SHOWN_NUMBER_FROM",
            "raters from which the number with its ruler is shown";
        further_raters: i64 = 2, 2 => 100, "SHOWN_FURTHER_RATERS",
            "further raters after which the shown value moves; with one, the last rating could be read off";
        shown_days: i64 = 7, 1 => 365, "SHOWN_DAYS",
            "days after which the shown value moves in any case";
        department_from: i64 = 3, 3 => 100, "SHOWN_DEPARTMENT_FROM",
            "raters of a department from which its view is shown; smaller ones are merged";
        valued: f64 = 3.5, 1.0 => 5.0, "SHOWN_VALUED",
            "stars from which a shown value is called valued";
        low: f64 = 2.5, 1.0 => 5.0, "SHOWN_LOW",
            "stars below which a shown value is grey and never has a word";
    }

    /// What credits are paid for.
    CreditPolicy in credit_settings {
        on: bool = true, false => true, "CREDITS",
            "whether there are credits at all; without them requests carry no bounty";
        welcome: i64 = 20, 0 => 1000, "CREDIT_WELCOME",
            "credits everybody gets once, at the first sign-in or import: enough for a few requests";
        earn_raters: i64 = 3, 1 => 100, "EARN_RATERS",
            "counted raters an insight needs to earn";
        earn_departments: i64 = 2, 1 => 100, "EARN_DEPARTMENTS",
            "departments of these raters, so that no department pays itself";
        earn_floor: i64 = 290, 100 => 500, "EARN_FLOOR",
            "lower bound of the value from which an insight earns, in hundredths of a star; so that in the demo company five ratings of 4 and ten first readers elsewhere earn at least 5 credits";
        earn_span: i64 = 150, 1 => 400, "EARN_SPAN",
            "hundredths of a star above the floor at which it earns in full";
        readers_per_department: i64 = 5, 1 => 1000, "EARN_READERS",
            "first readers of a department that count in a week: a whole department reading is not ten times the use";
        own_department: i64 = 1, 0 => 100, "EARN_OWN_DEPARTMENT",
            "weight of a reader of the author's department";
        other_department: i64 = 2, 0 => 100, "EARN_OTHER_DEPARTMENT",
            "weight of a reader of another department: crossing a border is what is to be rewarded";
        earn_factor: i64 = 2, 1 => 100, "EARN_FACTOR",
            "credits for a weighted reader at full value";
        use_readers: i64 = 2, 0 => 100, "EARN_USE_READERS",
            "readers that a use with a note by another department counts for, once per person";
        insight_cap: i64 = 200, 1 => 1_000_000, "EARN_INSIGHT_CAP",
            "most credits an insight earns in its life";
        author_cap: i64 = 100, 1 => 1_000_000, "EARN_AUTHOR_CAP",
            "most credits an author earns in a week: slicing a thought into ten pays nothing";
        rater_credit: i64 = 1, 0 => 100, "RATER_CREDIT",
            "credits for the first rating of an insight, whatever the stars: paying for agreement would pay for herding";
        rater_weekly: i64 = 10, 0 => 1000, "RATER_WEEKLY",
            "most of these in a week";
    }

    /// Requests and their bounties.
    RequestPolicy in request_settings {
        bounty_min: i64 = 5, 1 => 1_000_000, "BOUNTY_MIN",
            "least bounty of a request, in credits";
        bounty_max: i64 = 50, 1 => 1_000_000, "BOUNTY_MAX",
            "largest bounty of a request; at least BOUNTY_MIN";
        open_max: i64 = 3, 1 => 1000, "REQUEST_OPEN_MAX",
            "requests a person may have open at a time";
        days: i64 = 14, 1 => 365, "REQUEST_DAYS",
            "days a request is open";
        extension_days: i64 = 7, 1 => 365, "REQUEST_EXTENSION_DAYS",
            "days the one extension adds";
        grace_days: i64 = 7, 0 => 365, "REQUEST_GRACE_DAYS",
            "days after the end to award in, before the market does";
        award_answers: i64 = 5, 1 => 100, "AWARD_ANSWERS",
            "answers an award may be split over";
        auto_award_lower: i64 = 300, 100 => 500, "AUTO_AWARD_LOWER",
            "lower bound of an answer's value from which the silent asker's bounty goes to it, in hundredths of a star";
        auto_award_raters: i64 = 2, 1 => 100, "AUTO_AWARD_RATERS",
            "counted raters of that answer who do not pay for it";
    }

    /// Honest play: what is brought before a curator. Nothing is decided by these numbers alone.
    PlayPolicy in play_settings {
        pair_ratings: i64 = 3, 3 => 1000, "RING_PAIR_RATINGS",
            "ratings each way from which two people who praise each other are looked at";
        pair_residual: f64 = 1.0, 0.1 => 4.0, "RING_PAIR_RESIDUAL",
            "mean stars above what the model expects, in both directions";
        cluster_raters: i64 = 3, 3 => 1000, "RING_CLUSTER_RATERS",
            "people who rate the same things at the same time, from which they are looked at";
        cluster_insights: i64 = 5, 2 => 1000, "RING_CLUSTER_INSIGHTS",
            "insights they have all rated";
        cluster_minutes: i64 = 10, 1 => 1440, "RING_CLUSTER_MINUTES",
            "minutes within which that is the same time";
        cluster_percent: i64 = 40, 1 => 100, "RING_CLUSTER_PERCENT",
            "percent of these insights rated so";
        serial_ratings: i64 = 5, 1 => 1000, "SERIAL_RATINGS",
            "ratings of one author by one rater; the excess is held, then counts as one vote";
        serial_days: i64 = 7, 1 => 365, "SERIAL_DAYS",
            "days in which that many are too many";
        reciprocal_awards: i64 = 2, 1 => 1000, "RECIPROCAL_AWARDS",
            "awards between the same two people; a further one needs a third person's rating";
        reciprocal_days: i64 = 30, 1 => 365, "RECIPROCAL_DAYS",
            "days in which they count";
    }
    /// What curators are asked to look at in the archive.
    ReviewPolicy in review_settings {
        identical_percent: i64 = 70, 1 => 100, "REVIEW_IDENTICAL_PERCENT",
            "percent of words two insights share, from which whoever shares the second is asked first: from here on, in the demo's texts, it was always the same observation";
        alike_percent: i64 = 40, 1 => 100, "REVIEW_ALIKE_PERCENT",
            "percent of words two insights share, from which a curator is asked whether they are one";
        stale_days: i64 = 365, 30 => 3650, "REVIEW_STALE_DAYS",
            "days after which an insight that nobody opened lately is asked about again; an older one is asked about once more as long after it was confirmed";
        unopened_days: i64 = 180, 7 => 3650, "REVIEW_UNOPENED_DAYS",
            "days without an opening that make an old insight one to ask about";
        observed_days: i64 = 1095, 30 => 36500, "REVIEW_OBSERVED_DAYS",
            "days since the customer said it, after which it is asked about though people open it: three years, in which a product and a buyer change";
    }

    /// From when on a flow between departments counts as stuck, and why.
    StuckPolicy in stuck_settings {
        requests: i64 = 5, 1 => 1000, "STUCK_REQUESTS",
            "requests of a department that another could answer, from which the flow between them is stuck; one or two may have other reasons";
        days: i64 = 7, 1 => 365, "STUCK_DAYS",
            "days such a request must have waited without an answer";
        found_percent: i64 = 20, 1 => 100, "STUCK_FOUND_PERCENT",
            "percent of the insights that may answer, below which a department has not found them";
        trust_raters: i64 = 3, 3 => 100, "STUCK_TRUST_RATERS",
            "raters from which an insight may be trusted; below three nothing is shown of a value either";
        trust_value: f64 = 3.0, 1.0 => 5.0, "STUCK_TRUST_VALUE",
            "shown stars from which it is: the middle of the scale";
        slow_days: i64 = 14, 1 => 365, "STUCK_SLOW_DAYS",
            "days of the median answer above which a flow is slow";
    }

    /// How long is remembered who opened what.
    RetentionPolicy in retention_settings {
        days: i64 = 180, 35 => 3650, "RETENTION_DAYS",
            "days after which who opened what is turned into counts: whole months and reports keep their numbers, finer periods before that are no longer available. 180, because reach and staleness look back so far. Made shorter, it takes effect the next night; made longer, what was forgotten stays so";
    }

    /// Obstacles and trials.
    ObstaclePolicy in obstacle_settings {
        weeks: i64 = 4, 1 => 26, "OBSTACLE_WEEKS",
            "whole weeks over which the figure of an obstacle is measured when it is opened, and each Monday since: four even out a week of holidays";
        due_days: i64 = 3, 0 => 30, "OBSTACLE_DUE_DAYS",
            "days before it is due at which whoever sees to an obstacle is told";
        trial_days: i64 = 14, 7 => 90, "TRIAL_DAYS",
            "days that half of the insights of a trial wait: long enough to be read, short enough to be fair to what waits";
        trial_insights: i64 = 40, 12 => 200, "TRIAL_INSIGHTS",
            "insights that a trial sends at the most";
        trial_from_days: i64 = 180, 14 => 3650, "TRIAL_FROM_DAYS",
            "days back from which a trial suggests insights: what is older may no longer be so";
    }

    /// Reports.
    ReportPolicy in report_settings {
        baseline_percent: i64 = 10, 1 => 100, "BASELINE_PERCENT",
            "percent of the people who must open something in four weeks for these to become the baseline: the first weeks of an archive that nobody knows of yet are nothing to compare with. Never fewer than five people";
    }

    /// What people are told, and when.
    NoticePolicy in notice_settings {
        ending_days: i64 = 2, 1 => 30, "NOTICE_ENDING_DAYS",
            "days before its end at which an unanswered or unawarded request is told of";
        mail_after_minutes: i64 = 5, 0 => 1440, "MAIL_AFTER_MINUTES",
            "minutes that mail sent at once waits for more of the same: three colleagues in a row are one mail, and what is read on the page meanwhile none";
        mail_hour: i64 = 8, 0 => 23, "MAIL_HOUR",
            "hour of the company's day at which daily and weekly mail is made up; weekly mail on Mondays";
        mail_tries: i64 = 20, 1 => 100, "MAIL_TRIES",
            "tries after which a mail counts as failed and waits for an administrator; 20 are about two days";
    }
}

fn read_one<T: Constant>(
    name: &'static str,
    default: T,
    low: T,
    high: T,
    given: &dyn Fn(&'static str) -> Option<String>,
    problems: &mut Vec<String>,
) -> T {
    let Some(text) = given(name) else { return default };
    match T::parse(text.trim()) {
        Some(value) if value.is_within(low, high) => value,
        _ => {
            problems.push(format!("{name}: \"{}\" must be {}", text.trim(), T::right(low, high)));
            default
        }
    }
}

/// All constants of the market.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Policy {
    pub value: ValuePolicy,
    pub credits: CreditPolicy,
    pub requests: RequestPolicy,
    pub play: PlayPolicy,
    pub review: ReviewPolicy,
    pub stuck: StuckPolicy,
    pub obstacles: ObstaclePolicy,
    pub reports: ReportPolicy,
    pub notices: NoticePolicy,
    pub retention: RetentionPolicy,
}

impl Policy {
    /// Reads all of them; see [`ValuePolicy::read`].
    pub fn read(given: &dyn Fn(&'static str) -> Option<String>, problems: &mut Vec<String>) -> Policy {
        let policy = Policy {
            value: ValuePolicy::read(given, problems),
            credits: CreditPolicy::read(given, problems),
            requests: RequestPolicy::read(given, problems),
            play: PlayPolicy::read(given, problems),
            review: ReviewPolicy::read(given, problems),
            stuck: StuckPolicy::read(given, problems),
            obstacles: ObstaclePolicy::read(given, problems),
            reports: ReportPolicy::read(given, problems),
            notices: NoticePolicy::read(given, problems),
            retention: RetentionPolicy::read(given, problems),
        };
        let pairs: [(&str, i64, &str, i64); 2] = [
            ("BOUNTY_MAX", policy.requests.bounty_max, "BOUNTY_MIN", policy.requests.bounty_min),
            ("SHOWN_NUMBER_FROM", policy.value.number_from, "SHOWN_WORD_FROM", policy.value.word_from),
        ];
        for (large, high, small, low) in pairs {
            if high < low {
                problems.push(format!("{large}: \"{high}\" must be at least {small}, which is {low}"));
            }
        }
        let days = policy.retention.days;
        let spans = [
            (
                "TRIAL_DAYS",
                policy.obstacles.trial_days,
                "days",
                1,
                "who opened what in a trial is compared at its end",
            ),
            (
                "OBSTACLE_WEEKS",
                policy.obstacles.weeks,
                "weeks",
                7,
                "the figure of an obstacle is measured over them",
            ),
        ];
        for (span, long, unit, of_days, why) in spans {
            let needed = long * of_days + MEASURED_WITHIN;
            if days < needed {
                problems.push(format!(
                    "RETENTION_DAYS: \"{days}\" must be at least {needed} with {span}, which is {long} {unit}: {why}, and a week later at the latest"
                ));
            }
        }
        policy
    }
}

/// Days after its end in which something is measured at the latest: a node that was away for a few days must
/// still find the rows.
const MEASURED_WITHIN: i64 = 7;

/// The README's table of market settings.
pub struct Table;

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| setting | default | range | |\n|---|---|---|---|")?;
        for Setting { name, default, range, meaning } in settings() {
            writeln!(f, "| `{name}` | `{default}` | {range} | {meaning} |")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> (Policy, Vec<String>) {
        let mut problems = Vec::new();
        let given = |name: &'static str| {
            pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        (Policy::read(&given, &mut problems), problems)
    }

    #[test]
    fn nothing_given_is_the_defaults() {
        assert_eq!(read(&[]), (Policy::default(), Vec::new()));
    }

    #[test]
    fn every_name_is_there_once() {
        let mut names: Vec<&str> = settings().iter().map(|setting| setting.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn every_default_is_within_its_range() {
        for setting in settings() {
            let given = |name: &'static str| (name == setting.name).then(|| setting.default.clone());
            let mut problems = Vec::new();
            assert_eq!(Policy::read(&given, &mut problems), Policy::default());
            assert_eq!(problems, Vec::<String>::new());
        }
    }

    #[test]
    fn what_is_given_is_read_or_refused_with_what_would_be_right() {
        let (policy, problems) =
            read(&[("VALUE_LAMBDA_G", "inf"), ("CREDITS", "off"), ("BOUNTY_MIN", " 7 ")]);
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(
            (policy.value.lambda_g, policy.credits.on, policy.requests.bounty_min),
            (f64::INFINITY, false, 7)
        );
        for (name, value, right) in [
            ("VALUE_LAMBDA_U", "nan", "a number from 0 to 1000"),
            ("VALUE_LAMBDA_V", "0", "a number from 0.1 to 1000"),
            ("VALUE_PMAX", "6.5", "a whole number from 1 to 1000000"),
            ("CREDITS", "yes", "on or off"),
            ("SHOWN_WORD_FROM", "2", "a whole number from 3 to 100"),
            ("BOUNTY_MAX", "4", "at least BOUNTY_MIN, which is 5"),
            ("SHOWN_NUMBER_FROM", "3000", "from 3 to 100"),
            ("SHOWN_WORD_FROM", "9", "at least SHOWN_WORD_FROM, which is 9"),
        ] {
            let (_, problems) = read(&[(name, value)]);
            assert_eq!(problems.len(), 1, "{name}: {problems:?}");
            assert!(problems[0].contains(right), "{name}: {problems:?}");
        }
    }

    #[test]
    fn what_is_measured_is_remembered_so_long() {
        for (given, right) in [
            (&[("RETENTION_DAYS", "35")][..], None),
            (&[("RETENTION_DAYS", "35"), ("TRIAL_DAYS", "28")][..], None),
            (
                &[("RETENTION_DAYS", "35"), ("TRIAL_DAYS", "29")][..],
                Some("RETENTION_DAYS: \"35\" must be at least 36 with TRIAL_DAYS, which is 29 days"),
            ),
            (&[("OBSTACLE_WEEKS", "24")][..], None),
            (
                &[("OBSTACLE_WEEKS", "25")][..],
                Some("must be at least 182 with OBSTACLE_WEEKS, which is 25 weeks"),
            ),
            (&[("OBSTACLE_WEEKS", "26"), ("RETENTION_DAYS", "189")][..], None),
        ] {
            let (_, problems) = read(given);
            assert_eq!(problems.len(), usize::from(right.is_some()), "{given:?}: {problems:?}");
            assert!(right.is_none_or(|right| problems[0].contains(right)), "{given:?}: {problems:?}");
        }
    }

    #[test]
    fn constants_come_back_from_their_text() {
        let policy =
            ValuePolicy { lambda_g: f64::INFINITY, tau: 0.1 + 0.2, p_max: 7, ..ValuePolicy::default() };
        assert_eq!(ValuePolicy::from_text(&policy.to_text()), policy);
        assert_eq!(ValuePolicy::from_text(""), ValuePolicy::default());
        assert_eq!(ValuePolicy::from_text("VALUE_CAP=x OTHER=1"), ValuePolicy::default());
    }

    /// `UPDATE_README=1 cargo test --lib policy` writes the table.
    #[test]
    fn the_readme_has_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
        let readme = std::fs::read_to_string(path).expect("the README");
        let (before, rest) = readme.split_once("<!-- market settings -->\n").expect("where the table begins");
        let (table, after) = rest.split_once("<!-- end of market settings -->").expect("where it ends");
        if std::env::var_os("UPDATE_README").is_some() {
            let written =
                format!("{before}<!-- market settings -->\n{Table}<!-- end of market settings -->{after}");
            std::fs::write(path, written).expect("written");
        } else {
            assert_eq!(table, Table.to_string(), "run UPDATE_README=1 cargo test --lib policy");
        }
    }
}
