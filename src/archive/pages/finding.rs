//! What the address of the archive asks for: words, filters, an order and a page.

use crate::archive::insight::Source;
use crate::archive::store::listing::{Filter, Order};
use crate::customers;
use crate::db::Conn;
use crate::db::search;
use crate::error::{AppError, AppResult};
use crate::text::one_line;
use crate::web::paging::Cursor;

/// Longest search, in characters.
pub const LONGEST: usize = 200;

/// The query of `/archive`, as it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct ArchiveQuery {
    pub q: String,
    pub segment: String,
    pub customer: String,
    pub tag: String,
    pub department: String,
    pub source: String,
    pub order: String,
    pub after: String,
}

impl ArchiveQuery {
    /// What it asks for. Wrong words are a value, since they can be mended in the field; a malformed
    /// filter is an address nobody's page has.
    ///
    /// # Errors
    /// 400 for a filter, order or page that cannot be read.
    pub fn check(&self) -> AppResult<Wanted> {
        let (words, problem) = match one_line(&self.q, LONGEST) {
            Ok(words) => (words, None),
            Err(problem) => (self.q.trim().chars().take(LONGEST).collect(), Some(problem)),
        };
        let terms = if problem.is_none() { search::terms(&words) } else { Vec::new() };
        let source = match self.source.as_str() {
            "" => None,
            name => Some(Source::named(name).ok_or_else(|| refused("source"))?),
        };
        let order = match (self.order.as_str(), terms.is_empty()) {
            ("" | "best", false) => Order::Best,
            ("" | "best", true) | ("new", _) => Order::Newest,
            ("valued", _) => Order::Valued,
            _ => return Err(refused("order")),
        };
        let department = match self.department.as_str() {
            "" => None,
            path => Some(one_line(path, 400).map_err(|_| refused("department"))?),
        };
        let filter = Filter {
            segment: id("segment", &self.segment)?,
            customer: id("customer", &self.customer)?,
            tag: id("topic", &self.tag)?,
            department,
            source,
            author: None,
            terms,
        };
        let after = Cursor::parse(&self.after, order.cursor_parts())?;
        Ok(Wanted { words, problem, filter, order, after })
    }

    /// The value of a field by its name.
    pub fn value(&self, field: &str) -> &str {
        match field {
            "q" => &self.q,
            "segment" => &self.segment,
            "customer" => &self.customer,
            "tag" => &self.tag,
            "department" => &self.department,
            "source" => &self.source,
            "order" => &self.order,
            _ => &self.after,
        }
    }

    /// The same list with one field changed, from its first page.
    pub fn with(&self, field: &str, value: &str) -> ArchiveQuery {
        let mut query = ArchiveQuery { after: String::new(), ..self.clone() };
        let place = match field {
            "q" => &mut query.q,
            "segment" => &mut query.segment,
            "customer" => &mut query.customer,
            "tag" => &mut query.tag,
            "department" => &mut query.department,
            "source" => &mut query.source,
            "order" => &mut query.order,
            _ => &mut query.after,
        };
        value.clone_into(place);
        query
    }

    /// The same list without one field.
    pub fn without(&self, field: &str) -> ArchiveQuery {
        self.with(field, "")
    }

    /// Its address.
    pub fn url(&self) -> String {
        const FIELDS: [&str; 8] =
            ["q", "segment", "customer", "tag", "department", "source", "order", "after"];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for field in FIELDS {
            if !self.value(field).is_empty() {
                query.append_pair(field, self.value(field));
            }
        }
        let query = query.finish();
        if query.is_empty() { "/archive".into() } else { format!("/archive?{query}") }
    }
}

fn id(field: &str, text: &str) -> AppResult<Option<i64>> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| refused(field)),
    }
}

fn refused(field: &str) -> AppError {
    AppError::BadRequest(format!(
        "The {field} in this address is none the archive has. Open the archive and choose from its lists."
    ))
}

/// What is asked for, typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The words as typed, on one line.
    pub words: String,
    /// What is wrong with them.
    pub problem: Option<String>,
    pub filter: Filter,
    pub order: Order,
    pub after: Option<Cursor>,
}

impl Wanted {
    /// Something was typed that holds no letter or digit.
    pub fn no_words(&self) -> bool {
        !self.words.is_empty() && self.filter.terms.is_empty()
    }

    /// Whether this is a search somebody submitted, not a page, an order or a part of one.
    pub fn is_submitted(&self) -> bool {
        let plain = Filter { terms: self.filter.terms.clone(), ..Filter::default() };
        !self.filter.terms.is_empty()
            && self.after.is_none()
            && self.order == Order::Best
            && self.filter == plain
    }

    /// What narrows the list: the field of the address and the name to show.
    ///
    /// # Errors
    /// 404 when a segment, customer or topic is none.
    pub fn names(&self, c: &mut Conn) -> AppResult<Vec<(&'static str, String)>> {
        let mut names = Vec::new();
        if let Some(id) = self.filter.customer {
            names.push(("customer", customers::store::customer_of(c, id)?.name));
        }
        if let Some(id) = self.filter.segment {
            names.push(("segment", customers::store::segment_of(c, id)?.name));
        }
        if let Some(id) = self.filter.tag {
            names.push(("tag", format!("#{}", customers::store::tag_of(c, id)?.name)));
        }
        if let Some(path) = &self.filter.department {
            names.push(("department", path.clone()));
        }
        if let Some(source) = self.filter.source {
            names.push(("source", source.title().to_owned()));
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(address: &str) -> AppResult<Wanted> {
        serde_html_form::from_str::<ArchiveQuery>(address).expect("a query").check()
    }

    #[test]
    fn an_address_is_read_or_refused() {
        for (address, order, terms) in [
            ("", Order::Newest, 0),
            ("q=late+parts", Order::Best, 2),
            ("q=late&order=new", Order::Newest, 1),
            ("order=best", Order::Newest, 0),
            ("q=%25%25", Order::Newest, 0),
            ("order=valued&after=35.2.1700000000000000.9", Order::Valued, 0),
            ("q=late&after=30", Order::Best, 1),
            ("unknown=1&utm_source=mail", Order::Newest, 0),
        ] {
            let wanted = asked(address).unwrap_or_else(|error| panic!("{address}: {error}"));
            assert_eq!((wanted.order, wanted.filter.terms.len()), (order, terms), "{address}");
        }
        for address in [
            "segment=retail",
            "customer=1%20OR%201",
            "tag=99999999999999999999",
            "source=hearsay",
            "order=password_hash",
            "after=999999999",
            "q=late&after=1.2",
        ] {
            assert!(matches!(asked(address), Err(AppError::BadRequest(_))), "{address}");
        }
    }

    #[test]
    fn only_a_plain_first_page_is_a_search_somebody_submitted() {
        for (address, submitted) in [
            ("q=late", true),
            ("q=late&segment=1", false),
            ("q=late&after=30", false),
            ("q=late&order=new", false),
            ("q=()", false),
            ("", false),
        ] {
            assert_eq!(asked(address).is_ok_and(|wanted| wanted.is_submitted()), submitted, "{address}");
        }
        let long = asked(&format!("q={}", "word+".repeat(60))).expect("a value");
        assert!(long.problem.is_some() && !long.is_submitted());
    }

    #[test]
    fn an_address_is_written_as_it_was_read() {
        let query = ArchiveQuery {
            q: "a&b".into(),
            department: "Service/North".into(),
            after: "3".into(),
            ..Default::default()
        };
        assert_eq!(query.url(), "/archive?q=a%26b&department=Service%2FNorth&after=3");
        assert_eq!(
            query.with("source", "call").url(),
            "/archive?q=a%26b&department=Service%2FNorth&source=call"
        );
        assert_eq!(ArchiveQuery::default().url(), "/archive");
    }
}
