//! Stories of requests: what people ask, who answers, and where the credits go.

mod support;

#[path = "requests/histories.rs"]
mod histories;
#[path = "requests/model.rs"]
mod model;
#[path = "requests/rules.rs"]
mod rules;
#[path = "requests/stories.rs"]
mod stories;
