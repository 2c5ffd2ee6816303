//! Stories of requests: what people ask, who answers, and where the credits go.

mod support;

#[path = "requests/rules.rs"]
mod rules;
#[path = "requests/stories.rs"]
mod stories;
