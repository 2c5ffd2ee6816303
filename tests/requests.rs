//! Stories of requests: what people ask, who answers, and where the credits go.

mod histories;
mod model;
mod rules;
mod stories;
