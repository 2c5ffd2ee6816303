//! The form of an insight: the composer, the full form and the edit form send the same fields.

use chrono::{Datelike, NaiveDate};
use url::Url;

use crate::accounts::submission;
use crate::archive::draft::{BODY, Draft, LINK, NAME, QUOTE, TAGS, TITLE, title_and_rest};
use crate::archive::insight::{Insight, Source};
use crate::archive::store;
use crate::customers;
use crate::db::Conn;
use crate::error::AppResult;
use crate::text::{fold, many_lines, one_line};
use crate::web::form::FieldErrors;

/// What a browser sends when somebody shares or edits an insight. Everything is text as it was typed, so
/// that a refused form can be shown again unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContributeForm {
    /// Idempotency key.
    pub key: String,
    pub title: String,
    /// The one required field: its first sentence becomes the title where there is none.
    pub text: String,
    pub quote: String,
    pub segment: String,
    pub customer: String,
    pub source: String,
    pub observed_on: String,
    /// Separated by commas.
    pub tags: String,
    /// Evidence.
    pub url: String,
    /// "yes" from the composer, which asks for less than the full form.
    pub quick: String,
    /// "preview", or anything else to share.
    #[serde(rename = "do")]
    pub act: String,
    /// "yes" where somebody was shown what says nearly the same and shares it all the same.
    pub anyway: String,
    /// Edits only: the version that was edited.
    pub version: String,
    /// Edits only: what changed.
    pub reason: String,
}

impl ContributeForm {
    /// The form that holds an insight, for editing it.
    pub fn of(insight: &Insight) -> ContributeForm {
        let draft = insight.draft();
        ContributeForm {
            title: draft.title,
            text: draft.body,
            quote: draft.quote,
            segment: draft.segment,
            customer: draft.customer,
            source: draft.source.name().to_owned(),
            observed_on: draft.observed_on.map(|day| day.to_string()).unwrap_or_default(),
            tags: draft.tags.join(", "),
            url: draft.evidence_url,
            version: insight.version.to_string(),
            ..ContributeForm::default()
        }
    }

    /// The content in it, valid. `today` is the company's.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn check(&self, today: NaiveDate) -> Result<Draft, FieldErrors> {
        let mut errors = FieldErrors::new();
        let mut draft = Draft {
            title: line(&mut errors, "title", &self.title, TITLE),
            body: lines(&mut errors, "text", &self.text, BODY),
            quote: lines(&mut errors, "quote", &self.quote, QUOTE),
            segment: line(&mut errors, "segment", &self.segment, NAME),
            customer: line(&mut errors, "customer", &self.customer, NAME),
            ..Draft::default()
        };
        if self.title.trim().is_empty() {
            (draft.title, draft.body) = title_and_rest(&draft.body);
        }
        if draft.title.is_empty() && errors.is_empty() {
            errors.add("text", "Write what the customer said");
        }
        match self.source.as_str() {
            "" => {}
            name => match Source::named(name) {
                Some(source) => draft.source = source,
                None => errors.add("source", "Choose how you know it"),
            },
        }
        match day(self.observed_on.trim(), today) {
            Ok(day) => draft.observed_on = day,
            Err(why) => errors.add("observed_on", why),
        }
        match tags(&self.tags) {
            Ok(tags) => draft.tags = tags,
            Err(why) => errors.add("tags", why),
        }
        match link(self.url.trim()) {
            Ok(link) => draft.evidence_url = link,
            Err(why) => errors.add("url", why),
        }
        errors.or(draft)
    }
}

fn line(errors: &mut FieldErrors, field: &'static str, text: &str, max: usize) -> String {
    one_line(text, max).unwrap_or_else(|why| {
        errors.add(field, why);
        String::new()
    })
}

fn lines(errors: &mut FieldErrors, field: &'static str, text: &str, max: usize) -> String {
    many_lines(text, max).unwrap_or_else(|why| {
        errors.add(field, why);
        String::new()
    })
}

fn day(text: &str, today: NaiveDate) -> Result<Option<NaiveDate>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map_err(|_| "Write the date as year-month-day, as in 2026-11-18".to_owned())?;
    if day > today {
        return Err("This day has not come yet. Write when the customer said it".into());
    }
    if day.year() < 1900 {
        return Err("Check the year".into());
    }
    Ok(Some(day))
}

fn tags(text: &str) -> Result<Vec<String>, String> {
    let mut tags: Vec<String> = Vec::new();
    for part in text.split([',', ';', '\n']) {
        let tag = one_line(part.trim().trim_start_matches('#'), NAME)?;
        if !tag.is_empty() && !tags.iter().any(|known| fold(known) == fold(&tag)) {
            tags.push(tag);
        }
    }
    if tags.len() > TAGS {
        return Err(format!("Use at most {TAGS} tags; these are {}", tags.len()));
    }
    Ok(tags)
}

fn link(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let wrong = || "Give a whole address that begins with https:// or http://".to_owned();
    let url = Url::parse(&one_line(text, LINK)?).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(wrong());
    }
    // https://bank.example@evil.example/ reads as the bank's.
    if !url.username().is_empty() || url.password().is_some() {
        return Err("Leave out the name and password before the @ of the address".into());
    }
    let link = url.to_string();
    if link.chars().count() > LINK {
        return Err(format!("Use at most {LINK} characters"));
    }
    Ok(link)
}

/// Finds the customer of a draft whose author gave none: a known customer's name in the place of the
/// segment, or, from the composer, the only known customer that the text names. A known segment stays one.
///
/// # Errors
/// What the database says.
pub fn recognise(c: &mut Conn, draft: &mut Draft, quick: bool) -> AppResult<()> {
    if !draft.customer.is_empty() {
        return Ok(());
    }
    if !draft.segment.is_empty()
        && let Some(name) = customers::store::known_customer(c, &draft.segment)?
        && !customers::store::is_segment(c, &draft.segment)?
    {
        draft.customer = name;
        draft.segment = String::new();
    } else if quick
        && let [name] =
            &customers::store::customers_named_in(c, &format!("{} {}", draft.title, draft.body))?[..]
    {
        draft.customer = name.clone();
    }
    Ok(())
}

/// What the full form offers to choose from.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    pub segments: Vec<String>,
    pub customers: Vec<String>,
}

impl Choices {
    /// All segments and the first customers by name.
    ///
    /// # Errors
    /// What the database says.
    pub fn load(c: &mut Conn) -> AppResult<Choices> {
        Ok(Choices {
            segments: customers::store::segment_names(c)?,
            customers: customers::store::customer_names(c, 200)?,
        })
    }
}

/// The composer on top of the feed. A page that holds one includes `archive/_composer.html` and has it as
/// the field `composer`.
#[derive(Clone, Debug, Default)]
pub struct Composer {
    pub key: String,
    pub segments: Vec<String>,
    /// The latest; any known name is recognised.
    pub customers: Vec<String>,
    /// What was chosen last.
    pub segment: String,
    /// What was chosen last.
    pub source: Source,
}

impl Composer {
    /// The composer of a person, with a fresh key.
    ///
    /// # Errors
    /// What the database says.
    pub fn load(c: &mut Conn, person_id: i64) -> AppResult<Composer> {
        let last = store::last_used(c, person_id)?;
        Ok(Composer {
            key: submission::fresh_key()?,
            segments: customers::store::segment_names(c)?,
            customers: customers::store::latest_customers(c, 40)?,
            segment: last.segment,
            source: last.source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        "2026-11-18".parse().expect("a day")
    }

    #[test]
    fn one_field_is_enough() {
        let form =
            ContributeForm { text: "Shops ask for smaller crates. In Kent.".into(), ..Default::default() };
        let draft = form.check(today()).expect("a draft");
        assert_eq!((draft.title.as_str(), draft.body.as_str()), ("Shops ask for smaller crates", "In Kent."));
        assert_eq!(draft.source, Source::Other);
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        type Set = fn(&mut ContributeForm, &str);
        let cases: [(&str, Set, &str, &str); 14] = [
            ("text", |form, text| form.text = text.into(), "", "Write what the customer said"),
            ("text", |form, text| form.text = text.into(), "a\u{7}b", "control character"),
            ("title", |form, text| form.title = text.into(), "a\nb", "one line"),
            ("source", |form, text| form.source = text.into(), "hearsay", "Choose how"),
            ("observed_on", |form, text| form.observed_on = text.into(), "18.11.2026", "year-month-day"),
            ("observed_on", |form, text| form.observed_on = text.into(), "2026-11-19", "not come yet"),
            ("observed_on", |form, text| form.observed_on = text.into(), "0000-01-01", "year"),
            ("observed_on", |form, text| form.observed_on = text.into(), "+292277-01-01", "ear"),
            ("tags", |form, text| form.tags = text.into(), "a,b,c,d,e,f,g,h,i,j,k,l,m", "at most 12"),
            ("url", |form, text| form.url = text.into(), "javascript:alert(1)", "https://"),
            ("url", |form, text| form.url = text.into(), "java\tscript:alert(1)", "https://"),
            ("url", |form, text| form.url = text.into(), "/ticket/7", "https://"),
            ("url", |form, text| form.url = text.into(), "data:text/html,x", "https://"),
            ("url", |form, text| form.url = text.into(), "https://bank.example@evil.example", "before the @"),
        ];
        for (field, set, text, message) in cases {
            let mut form = ContributeForm { text: "Something".into(), ..Default::default() };
            set(&mut form, text);
            let errors = form.check(today()).expect_err("a fault");
            let said = errors.of(field).unwrap_or_default();
            assert!(said.contains(message), "{field} {text:?}: {said:?} in {errors}");
        }
        let long = ContributeForm { text: "x".repeat(BODY + 1), ..Default::default() };
        assert!(
            long.check(today()).expect_err("too long").of("text").is_some_and(|why| why.contains("64 KiB"))
        );
        let title = ContributeForm { title: "x".repeat(TITLE + 1), ..Default::default() };
        assert!(title.check(today()).expect_err("too long").of("title").is_some());
    }

    #[test]
    fn what_is_fine_is_taken_as_it_is_meant() {
        let form = ContributeForm {
            title: " Crates ".into(),
            text: "They do not fit.".into(),
            tags: "#delivery, Delivery; crates,,".into(),
            url: "HTTPS://Example.com/ticket?n=7".into(),
            observed_on: "2026-11-18".into(),
            source: "visit".into(),
            ..Default::default()
        };
        let draft = form.check(today()).expect("a draft");
        assert_eq!(draft.title, "Crates");
        assert_eq!(draft.tags, ["delivery", "crates"]);
        assert_eq!(draft.evidence_url, "https://example.com/ticket?n=7");
        assert_eq!(draft.source, Source::Visit);
        assert_eq!(draft.observed_on, Some(today()));
    }
}
