//! Somebody with a browser: keeps cookies, sends what a browser sends, and reads answers as pages.

use std::cell::RefCell;
use std::collections::BTreeMap;

use actix_web::body::to_bytes;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use actix_web::test::TestRequest;
use scraper::{ElementRef, Html, Selector};

use super::TestApp;

/// A person of the story, or a stranger, with a browser of their own.
#[derive(Clone)]
pub struct Visitor {
    app: TestApp,
    /// 0 for a stranger.
    pub id: i64,
    pub name: String,
    pub email: String,
    /// 0 for a stranger.
    pub department_id: i64,
    pub manager: bool,
    cookies: RefCell<BTreeMap<String, String>>,
}

/// Who a visitor is.
pub struct Known {
    pub id: i64,
    pub name: String,
    pub email: String,
    pub department_id: i64,
    pub manager: bool,
    pub session: String,
}

impl Visitor {
    /// A browser with nothing but, perhaps, a session.
    pub fn new(app: TestApp, known: Option<Known>) -> Visitor {
        let mut cookies = BTreeMap::new();
        let mut visitor = Visitor {
            app: app.clone(),
            id: 0,
            name: String::new(),
            email: String::new(),
            department_id: 0,
            manager: false,
            cookies: RefCell::default(),
        };
        if let Some(known) = known {
            let name = tradewind::web::token::session_cookie_name(app.config.is_secure());
            cookies.insert(name.to_owned(), known.session);
            visitor = Visitor {
                id: known.id,
                name: known.name,
                email: known.email,
                department_id: known.department_id,
                manager: known.manager,
                ..visitor
            };
        }
        visitor.cookies = RefCell::new(cookies);
        visitor
    }

    /// The same browser in front of another node.
    pub fn at(&self, app: &TestApp) -> Visitor {
        Visitor { app: app.clone(), ..self.clone() }
    }

    /// Who this is, without the session.
    pub fn known(&self) -> Known {
        Known {
            id: self.id,
            name: self.name.clone(),
            email: self.email.clone(),
            department_id: self.department_id,
            manager: self.manager,
            session: String::new(),
        }
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.raw(TestRequest::get().uri(path)).await
    }

    /// Sends a form, as a page of this site would.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = TestRequest::post()
            .uri(path)
            .insert_header((header::CONTENT_TYPE, "application/x-www-form-urlencoded"))
            .insert_header(("sec-fetch-site", "same-origin"))
            .set_payload(body);
        self.raw(request).await
    }

    /// Fills in the form that `css` finds on a page and sends it to where the form says, with its hidden
    /// and preset fields. Fails where the page has no such form, or the form no such field.
    #[track_caller]
    pub fn submit<'a>(
        &'a self,
        page: &Answer,
        css: &str,
        fields: &[(&str, &str)],
    ) -> impl Future<Output = Answer> + use<'a> {
        let html = page.html();
        let form = match html.select(&selector(css)).next() {
            Some(form) => form,
            None => panic!("no form {css} on this page:\n{page:?}"),
        };
        let mut values = preset(form);
        for (name, value) in fields {
            assert!(
                form.select(&selector(&format!("[name=\"{name}\"]"))).next().is_some(),
                "the form {css} has no field {name}: {}",
                form.html()
            );
            values.retain(|(known, _)| known != name);
            values.push(((*name).to_owned(), (*value).to_owned()));
        }
        let action = form.attr("action").unwrap_or_default().to_owned();
        let is_post = form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
        async move {
            let pairs: Vec<(&str, &str)> =
                values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            if is_post {
                return self.post(&action, &pairs).await;
            }
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            self.get(&format!("{action}?{query}")).await
        }
    }

    /// Sends a request as it is, with this browser's cookies, and keeps the cookies of the answer.
    pub async fn raw(&self, request: TestRequest) -> Answer {
        let mut request = request.peer_addr(([127, 0, 0, 1], 40_000).into());
        let jar: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !jar.is_empty() {
            request = request.insert_header((header::COOKIE, jar.join("; ")));
        }
        let answer = (self.app.door)(request.to_request()).await;
        let mut cookies = self.cookies.borrow_mut();
        for set in answer.headers.get_all(header::SET_COOKIE) {
            let Ok(cookie) = actix_web::cookie::Cookie::parse(set.to_str().unwrap_or_default()) else {
                continue;
            };
            let gone = cookie.max_age().is_some_and(|age| !age.is_positive()) || cookie.value().is_empty();
            if gone {
                cookies.remove(cookie.name());
            } else {
                cookies.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        answer
    }

    /// The value of a cookie this browser has.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().get(name).cloned()
    }

    /// Gives this browser a cookie, as an attacker or an older visit might have.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
    }
}

/// What was answered.
#[derive(Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Empty where it is no text.
    pub body: String,
    /// As it came.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// Reads a response to its end.
    pub async fn of(response: ServiceResponse<impl actix_web::body::MessageBody>) -> Answer {
        let (_, response) = response.into_parts();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = match to_bytes(response.into_body()).await {
            Ok(bytes) => bytes,
            Err(_) => panic!("the body of an answer broke off"),
        };
        let bytes = bytes.to_vec();
        Answer { status, headers, body: String::from_utf8(bytes.clone()).unwrap_or_default(), bytes }
    }

    /// Fails unless the status is `status`; shows what came instead.
    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert!(self.status.as_u16() == status, "expected {status}, got:\n{self:?}");
        self
    }

    /// Fails unless this sends the visitor on to `path`.
    #[track_caller]
    pub fn sent_to(self, path: &str) -> Answer {
        assert!(
            self.status == StatusCode::SEE_OTHER && self.location() == path,
            "expected 303 to {path}, got:\n{self:?}"
        );
        self
    }

    /// Fails unless a reader of the page finds `words` in its text.
    #[track_caller]
    pub fn sees(self, words: &str) -> Answer {
        assert!(self.text().contains(words), "expected to read \"{words}\" on:\n{self:?}");
        self
    }

    /// Fails if a reader of the page finds `words` in its text.
    #[track_caller]
    pub fn sees_not(self, words: &str) -> Answer {
        assert!(!self.text().contains(words), "expected not to read \"{words}\" on:\n{self:?}");
        self
    }

    /// The page.
    pub fn html(&self) -> Html {
        Html::parse_document(&self.body)
    }

    /// What a reader sees, with each run of white space as one blank.
    pub fn text(&self) -> String {
        text_of(self.html().root_element())
    }

    /// The texts of all elements that `css` finds.
    #[track_caller]
    pub fn select(&self, css: &str) -> Vec<String> {
        self.html().select(&selector(css)).map(text_of).collect()
    }

    /// Whether `css` finds anything.
    #[track_caller]
    pub fn has(&self, css: &str) -> bool {
        self.html().select(&selector(css)).next().is_some()
    }

    /// An attribute of every element that `css` finds and that has it.
    #[track_caller]
    pub fn attrs(&self, css: &str, name: &str) -> Vec<String> {
        let html = self.html();
        html.select(&selector(css)).filter_map(|element| element.attr(name)).map(str::to_owned).collect()
    }

    /// The value of the first field of that name: an input, a text area or a list.
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        let html = self.html();
        match html.select(&selector(&format!("[name=\"{name}\"]"))).next() {
            Some(field) => value_of(field),
            None => panic!("no field {name} on this page:\n{self:?}"),
        }
    }

    /// Where this sends the visitor; empty if nowhere.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// A header's text; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Short enough to read in a failed test.
impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.status)?;
        if !self.location().is_empty() {
            write!(f, " to {}", self.location())?;
        }
        let text = if self.header("content-type").starts_with("text/html") {
            self.text()
        } else {
            self.body.clone()
        };
        let short: String = text.chars().take(1500).collect();
        write!(f, "\n{short}{}", if short.len() < text.len() { " …" } else { "" })
    }
}

#[track_caller]
fn selector(css: &str) -> Selector {
    match Selector::parse(css) {
        Ok(selector) => selector,
        Err(error) => panic!("{css} is no CSS selector: {error}"),
    }
}

fn text_of(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn value_of(field: ElementRef<'_>) -> String {
    match field.value().name() {
        // The first line break after the tag belongs to the markup, not to the text.
        "textarea" => field.text().collect::<String>(),
        "select" => {
            let option = field
                .select(&selector("option[selected]"))
                .next()
                .or_else(|| field.select(&selector("option")).next());
            option
                .map(|option| option.attr("value").map_or_else(|| text_of(option), str::to_owned))
                .unwrap_or_default()
        }
        _ => field.attr("value").unwrap_or_default().to_owned(),
    }
}

/// The fields a browser would send if nobody touched the form.
fn preset(form: ElementRef<'_>) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for field in form.select(&selector("input[name], textarea[name], select[name]")) {
        let kind = field.attr("type").unwrap_or_default();
        let silent = matches!(kind, "submit" | "button" | "file")
            || (matches!(kind, "checkbox" | "radio") && field.attr("checked").is_none())
            || field.attr("disabled").is_some();
        if let (Some(name), false) = (field.attr("name"), silent) {
            fields.push((name.to_owned(), value_of(field)));
        }
    }
    fields
}
